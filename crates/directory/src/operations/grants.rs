//! Granting roles: what may be granted, and how a grant is placed.

use crate::handle::{Outcome, Work};
use crate::model::{
    Fault, Kind, Line, OrganisationId, Platform, Reach, RoleId, Scope, Time, UserId,
};
use crate::store::{StoreError, Whom};

/// A role's rows that granting needs.
pub(crate) struct Brought {
    pub platform: String,
    pub organisation: Option<OrganisationId>,
    pub lines: Vec<Line>,
}

/// Loads what a role brings.
pub(crate) async fn brought(work: &mut Work<'_>, role: RoleId) -> Outcome<Brought> {
    let row = work
        .tx
        .one(
            "SELECT platform, organisation_id, lines FROM roles WHERE id = $1",
            &[role.0.into()],
            |row| Ok((row.string(0)?, row.opt_int(1)?, row.string(2)?)),
        )
        .await?;
    let Some((platform, organisation, lines)) = row else {
        return Err(Fault::UnknownReference(Kind::Role).into());
    };
    let lines = serde_json::from_str(&lines)
        .map_err(|error| StoreError::Bug(format!("stored lines: {error}")))?;
    Ok(Brought {
        platform,
        organisation: organisation.map(OrganisationId),
        lines,
    })
}

/// Nobody grants more than they hold: every word the role brings, at its reach in that
/// organisation, must be covered by the caller's own.
pub(crate) async fn may_grant(
    work: &mut Work<'_>,
    brought: &Brought,
    organisation: OrganisationId,
) -> Outcome<()> {
    let platform = work
        .inner
        .platforms
        .iter()
        .map(|spec| spec.platform)
        .find(|platform| platform.word() == brought.platform)
        .ok_or(Fault::UnknownReference(Kind::Role))?;
    for line in &brought.lines {
        if !covers_line(work, platform, line, organisation).await? {
            return Err(Fault::ExceedsOwn.into());
        }
    }
    Ok(())
}

async fn covers_line(
    work: &mut Work<'_>,
    platform: Platform,
    line: &Line,
    organisation: OrganisationId,
) -> Outcome<bool> {
    let scope = match &line.reach {
        // A right over oneself is covered by holding the word at all.
        Reach::Own | Reach::ManagedGroups => {
            let caller = std::sync::Arc::clone(&work.caller);
            return Ok(caller.held.iter().any(|held| {
                (held.platform == Platform::USHER || held.platform == platform)
                    && crate::model::word_covers(&held.word, &line.word)
            }));
        }
        Reach::Listed(users) => Scope::Users(users.iter().copied().map(UserId).collect()),
        Reach::Organisation => Scope::Organisation(organisation),
        Reach::Subtree if organisation == crate::ROOT => Scope::All,
        Reach::Subtree => Scope::Subtree(organisation),
        Reach::All => Scope::All,
    };
    work.covers(platform, &line.word, &scope).await
}

/// Places a grant without asking anything: the caller of this has. A second one of the same role in
/// the same organisation only changes its end.
pub(crate) async fn place(
    work: &mut Work<'_>,
    user: UserId,
    role: RoleId,
    organisation: OrganisationId,
    expires_at: Option<Time>,
) -> Outcome<()> {
    let (now, actor) = (work.now, work.actor());
    work.tx
        .exec_for(
            Whom::User(user.0),
            "INSERT INTO grants (user_id, role_id, organisation_id, expires_at, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (user_id, role_id, organisation_id) DO UPDATE SET expires_at = excluded.expires_at",
            &[
                user.0.into(), role.0.into(), organisation.0.into(), expires_at.map(|t| t.0).into(), now.0.into(),
                actor.map(|user| user.0).into(),
            ],
        )
        .await?;
    Ok(())
}

/// The roles that newcomers at the caller's door get: the platform's `default_roles` setting, else
/// its catalogue's.
pub(crate) async fn door_roles(work: &mut Work<'_>) -> Outcome<Vec<RoleId>> {
    let platform = work.caller.platform;
    let name = default_roles_setting(platform);
    let stored = work
        .tx
        .one(
            "SELECT document FROM settings WHERE name = $1",
            &[(&name).into()],
            |row| row.string(0),
        )
        .await?;
    if let Some(stored) = stored {
        let ids: Vec<i64> = serde_json::from_str(&stored)
            .map_err(|error| StoreError::Bug(format!("stored default roles: {error}")))?;
        return Ok(ids.into_iter().map(RoleId).collect());
    }
    let words = work
        .inner
        .platform(platform)
        .map_or(&[][..], |spec| spec.default_roles);
    let mut roles = Vec::new();
    for word in words {
        let id = work
            .tx
            .one(
                "SELECT id FROM roles WHERE platform = $1 AND word = $2",
                &[platform.word().into(), (*word).into()],
                |row| row.int(0),
            )
            .await?;
        roles.extend(id.map(RoleId));
    }
    Ok(roles)
}

/// The name of the setting that holds a platform's default roles.
pub(crate) fn default_roles_setting(platform: Platform) -> String {
    format!("{}.default_roles", platform.word())
}
