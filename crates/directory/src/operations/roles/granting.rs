//! The rules of granting and revoking, as the use-cases of this folder share them.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use crate::access::work::Work;
use crate::audit::About;
use crate::model::{
    Fault, HeldRole, Kind, OrganisationId, Permission, Place, Platform, PlatformSpec, Role, RoleId,
    RolePaths, Time, User, UserId, shown_roles,
};
use crate::outcome::Outcome;
use crate::store::{grants, members};

use crate::operations::roles::covering::{Holder, may_grant, spec_of};
use crate::operations::roles::owners;

/// A role as a request refers to it: on a platform the caller's dialect speaks of, and visible.
pub(crate) async fn referenced(work: &mut Work<'_>, id: RoleId) -> Outcome<Role> {
    let unknown = Fault::UnknownReference(Kind::Role);
    let role = work
        .role(id)
        .await?
        .filter(|role| work.inner.platform_named(&role.platform).is_some())
        .ok_or_else(|| unknown.clone())?;
    let platform = work.caller.platform;
    if platform != Platform::USHER && role.platform != platform.word() {
        return Err(unknown.into());
    }
    if let Some(organisation) = role.organisation {
        let mut scopes = work.scopes_of(Permission::ReadRoles);
        scopes.extend(work.scopes_of(Permission::GrantRoles));
        if !work.scope_holds(&scopes, organisation).await? {
            return Err(unknown.into());
        }
    }
    Ok(role)
}

/// Where a grant goes: at the home for platforms with exactly one role; else where the request says,
/// the organisation of a custom role, or the caller's highest reach.
async fn place_of(
    work: &mut Work<'_>,
    spec: &PlatformSpec,
    role: &Role,
    user: &User,
    wanted: Option<OrganisationId>,
) -> Outcome<OrganisationId> {
    if role.platform == Platform::USHER.word() && role.word == owners::OWNER {
        return match wanted {
            None | Some(crate::ROOT) => Ok(crate::ROOT),
            Some(_) => {
                Err(Fault::invalid("organisation", "owners own the whole installation").into())
            }
        };
    }
    if spec.paths == RolePaths::ExactlyOne {
        return match wanted {
            Some(other) if other != user.home => Err(Fault::invalid(
                "organisation",
                "must be the home, where the one role counts",
            )
            .into()),
            _ => Ok(user.home),
        };
    }
    let organisation = match wanted.or(role.organisation) {
        Some(organisation) => organisation,
        None => work.highest_reach(Permission::GrantRoles).await?,
    };
    work.require_named_organisation(organisation).await?;
    Ok(organisation)
}

/// Custom roles of an organisation go only to its own people, and count only there.
pub(crate) async fn check_custom(
    work: &mut Work<'_>,
    role: &Role,
    user: Option<&User>,
    organisation: OrganisationId,
) -> Outcome<()> {
    let Some(owner) = role.organisation else {
        return Ok(());
    };
    for within in user.map(|user| user.home).into_iter().chain([organisation]) {
        let above = work.ancestors(within).await?;
        if !above.contains(&owner) {
            return Err(Fault::invalid("role", "belongs to another organisation").into());
        }
    }
    Ok(())
}

/// Whether the caller may change what somebody holds in an organisation: by reach over their home,
/// or over an organisation of the grant that they belong to.
pub(super) async fn reaches_grant(
    work: &mut Work<'_>,
    user: &User,
    organisation: OrganisationId,
) -> Outcome<bool> {
    if work.reaches_user(Permission::GrantRoles, user).await? {
        return Ok(true);
    }
    Ok(work
        .reaches_organisation(Permission::GrantRoles, organisation)
        .await?
        && members::belongs(&mut work.tx, user.id, organisation).await?)
}

/// A grant to make.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub role: RoleId,
    pub organisation: Option<OrganisationId>,
    pub expires_at: Option<Time>,
}

/// A direct grant: the role, where it counts, and when it ends.
pub(super) type DirectGrant = (RoleId, OrganisationId, Option<Time>);

/// What one user holds directly while a request changes it, by platform: read once, and kept true.
#[derive(Default)]
pub(crate) struct Direct {
    known: HashMap<String, Vec<DirectGrant>>,
    /// Whether the take-over guard has let the caller take roles from the user.
    guarded: bool,
}

impl Direct {
    pub(super) async fn of(
        &mut self,
        work: &mut Work<'_>,
        user: UserId,
        platform: &str,
    ) -> Outcome<&mut Vec<DirectGrant>> {
        if !self.known.contains_key(platform) {
            let found = grants::direct(&mut work.tx, user, platform).await?;
            let rows = found
                .into_iter()
                .map(|one| (one.role, one.organisation, one.expires_at));
            self.known.insert(platform.to_owned(), rows.collect());
        }
        Ok(self.known.entry(platform.to_owned()).or_default())
    }
}

/// Grants a role directly, with every rule that granting has. `newly_made` users are still without
/// rights, and whoever may make them may give them what they hold themselves.
pub(crate) async fn give(
    work: &mut Work<'_>,
    user: &User,
    wanted: Wanted,
    newly_made: bool,
) -> Outcome<bool> {
    give_beside(work, user, wanted, newly_made, &mut Direct::default()).await
}

/// Grants one of several roles, beside what the request has granted and revoked already.
pub(crate) async fn give_beside(
    work: &mut Work<'_>,
    user: &User,
    wanted: Wanted,
    newly_made: bool,
    direct: &mut Direct,
) -> Outcome<bool> {
    let inner = Arc::clone(&work.inner);
    let role = referenced(work, wanted.role).await?;
    let spec = spec_of(&inner, &role)?;
    if spec.paths == RolePaths::GroupsOnly {
        return Err(Fault::invalid("role", "is carried by groups only").into());
    }
    let organisation = place_of(work, spec, &role, user, wanted.organisation).await?;
    let owner = role.platform == Platform::USHER.word() && role.word == owners::OWNER;
    if owner && wanted.expires_at.is_some() {
        return Err(Fault::invalid("expires_at", "owners do not expire").into());
    }
    if wanted.expires_at.is_some_and(|end| end <= work.now) {
        return Err(Fault::invalid("expires_at", "has passed").into());
    }
    check_custom(work, &role, Some(user), organisation).await?;
    if !newly_made && !reaches_grant(work, user, organisation).await? {
        return Err(Fault::Forbidden(Permission::GrantRoles).into());
    }
    let present = direct.of(work, user.id, &role.platform).await?;
    let count = present.len();
    let others: Vec<DirectGrant> = match spec.paths {
        RolePaths::ExactlyOne => present.clone(),
        RolePaths::Direct | RolePaths::Either | RolePaths::GroupsOnly => Vec::new(),
    };
    let old = present
        .iter()
        .find(|(id, place, _)| (*id, *place) == (role.id, organisation))
        .copied();
    if let Some((_, _, expires_at)) = old {
        if expires_at == wanted.expires_at && (spec.paths != RolePaths::ExactlyOne || count == 1) {
            return Ok(false);
        }
        if expires_at.is_none() && owners::is_owner_role(work, user.id, role.id).await? {
            return Err(Fault::Protected(Kind::Grant).into());
        }
    }
    may_grant(work, &role, Place::In(organisation), Holder::Person(user)).await?;
    if spec.paths == RolePaths::ExactlyOne {
        for (id, place, _) in others {
            if id != role.id || place != organisation {
                work.guard_takeover(user).await?;
                if id != role.id && owners::is_owner_role(work, user.id, id).await? {
                    return Err(Fault::Protected(Kind::Grant).into());
                }
                grants::delete(&mut work.tx, user.id, id, place).await?;
            }
        }
    }
    let (now, actor) = (work.now, work.actor());
    grants::upsert(
        &mut work.tx,
        user.id,
        role.id,
        organisation,
        wanted.expires_at,
        now,
        actor,
    )
    .await?;
    let present = direct.of(work, user.id, &role.platform).await?;
    match spec.paths {
        RolePaths::ExactlyOne => present.clear(),
        _ => present.retain(|(id, place, _)| (*id, *place) != (role.id, organisation)),
    }
    present.push((role.id, organisation, wanted.expires_at));
    if owner {
        owners::grant_owner_roles(work, user.id).await?;
        direct.known.clear();
    }
    if !newly_made {
        // Of somebody new, the event of their making tells the roles.
        let mut detail = json!({ "after": described(&role, organisation, wanted.expires_at) });
        if let Some((_, _, expires_at)) = old {
            detail["before"] = described(&role, organisation, expires_at);
        }
        work.event("role.granted", About::user(user), Some(detail))
            .await?;
    }
    Ok(true)
}

fn described(
    role: &Role,
    organisation: OrganisationId,
    expires_at: Option<Time>,
) -> serde_json::Value {
    json!({
        "platform": role.platform, "role": role.name, "role_number": role.number,
        "organisation": organisation.0, "expires_at": expires_at,
    })
}

/// Revokes a direct grant, with every rule that revoking has.
pub(crate) async fn revoke(
    work: &mut Work<'_>,
    user: &User,
    role: RoleId,
    organisation: Option<OrganisationId>,
) -> Outcome<()> {
    take_beside(work, user, role, organisation, &mut Direct::default()).await
}

/// Revokes one of several direct grants, beside what the request has granted and revoked already.
pub(crate) async fn take_beside(
    work: &mut Work<'_>,
    user: &User,
    role: RoleId,
    organisation: Option<OrganisationId>,
    direct: &mut Direct,
) -> Outcome<()> {
    let inner = Arc::clone(&work.inner);
    let role = referenced(work, role).await?;
    spec_of(&inner, &role)?;
    let gone: Vec<OrganisationId> = direct
        .of(work, user.id, &role.platform)
        .await?
        .iter()
        .filter(|(id, place, _)| *id == role.id && organisation.is_none_or(|at| at == *place))
        .map(|(_, place, _)| *place)
        .collect();
    if gone.is_empty() {
        return Err(Fault::NotFound(Kind::Grant).into());
    }
    let owner = role.platform == Platform::USHER.word() && role.word == owners::OWNER;
    for organisation in gone {
        if !reaches_grant(work, user, organisation).await? {
            return Err(Fault::Forbidden(Permission::GrantRoles).into());
        }
        // What is left after one role is taken is less, so the guard is asked once.
        if !direct.guarded {
            work.guard_takeover(user).await?;
            direct.guarded = true;
        }
        if !owner
            && (organisation == crate::ROOT || organisation == user.home)
            && owners::is_owner_role(work, user.id, role.id).await?
        {
            return Err(Fault::Protected(Kind::Grant).into());
        }
        grants::delete(&mut work.tx, user.id, role.id, organisation).await?;
        let present = direct.of(work, user.id, &role.platform).await?;
        present.retain(|(id, place, _)| (*id, *place) != (role.id, organisation));
        let detail = json!({ "before": described(&role, organisation, None) });
        work.event("role.revoked", About::user(user), Some(detail))
            .await?;
    }
    if owner {
        owners::revoke_owner_roles(work, user).await?;
        direct.known.clear();
        owners::one_stays(work).await?;
    }
    Ok(())
}

/// Makes somebody's direct roles of the caller's platform exactly these. What is shown only for the
/// sake of an `usher` role is not granted by being written back.
pub(crate) async fn replace(
    work: &mut Work<'_>,
    user: &User,
    wanted: &[RoleId],
    organisation: Option<OrganisationId>,
) -> Outcome<bool> {
    let inner = Arc::clone(&work.inner);
    let platform = work.caller.platform;
    let Some(spec) = inner.platform(platform) else {
        return Err(Fault::UnknownReference(Kind::Role).into());
    };
    if spec.paths == RolePaths::ExactlyOne && wanted.len() > 1 {
        return Err(Fault::invalid("role", "must be exactly one").into());
    }
    work.look_up_roles(wanted).await?;
    let mut direct = Direct::default();
    let present: Vec<DirectGrant> = direct.of(work, user.id, platform.word()).await?.clone();
    let held = held_by(work, &[user.id], Some(platform)).await?;
    let shown: Vec<i64> = shown_roles(&held, spec)
        .into_iter()
        .filter(|shown| shown.path.is_none())
        .map(|shown| shown.number)
        .collect();
    let mut changed = false;
    for role in wanted {
        if present.iter().any(|(id, _, _)| id == role) {
            continue;
        }
        let known = referenced(work, *role).await?;
        if known.platform == platform.word() && shown.contains(&known.number) {
            continue;
        }
        let wanted = Wanted {
            role: *role,
            organisation,
            expires_at: None,
        };
        changed |= give_beside(work, user, wanted, false, &mut direct).await?;
    }
    for (role, place, _) in direct.of(work, user.id, platform.word()).await?.clone() {
        let echoed = spec.paths == RolePaths::ExactlyOne && !shown.is_empty() && !changed;
        if !wanted.contains(&role) && !echoed {
            take_beside(work, user, role, Some(place), &mut direct).await?;
            changed = true;
        }
    }
    Ok(changed)
}

/// What those people hold, by every path, of one platform and `usher`, or of all.
pub(crate) async fn held_by(
    work: &mut Work<'_>,
    users: &[UserId],
    only: Option<Platform>,
) -> Outcome<Vec<HeldRole>> {
    let known: Vec<Platform> = work
        .inner
        .platforms
        .iter()
        .map(|spec| spec.platform)
        .collect();
    let now = work.now;
    Ok(grants::list_held(&mut work.tx, users, only, &known, now).await?)
}
