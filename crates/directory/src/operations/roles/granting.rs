//! The rules of granting and revoking, as the use-cases of this folder share them.

use std::sync::Arc;

use serde_json::json;

use crate::access::work::Work;
use crate::audit::About;
use crate::model::{
    Fault, HeldRole, Kind, OrganisationId, Permission, Place, Platform, PlatformSpec, Role, RoleId,
    RolePaths, Time, User, UserId, shown_roles,
};
use crate::outcome::Outcome;
use crate::store::{grants, members, roles};

use crate::operations::roles::covering::{Holder, may_grant, spec_of};
use crate::operations::roles::owners;

/// A role as a request refers to it: on a platform the caller's dialect speaks of, and visible.
pub(crate) async fn referenced(work: &mut Work<'_>, id: RoleId) -> Outcome<Role> {
    let unknown = Fault::UnknownReference(Kind::Role);
    let role = roles::by_id(&mut work.tx, id)
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
    if work.sees_organisation(organisation).await? {
        Ok(organisation)
    } else {
        Err(Fault::UnknownReference(Kind::Organisation).into())
    }
}

/// Custom roles of an organisation go only to its own people, and count only there.
pub(super) async fn check_custom(
    work: &mut Work<'_>,
    role: &Role,
    user: Option<&User>,
    organisation: OrganisationId,
) -> Outcome<()> {
    let Some(owner) = role.organisation else {
        return Ok(());
    };
    for within in user.map(|user| user.home).into_iter().chain([organisation]) {
        let above = crate::store::organisations::ancestors(&mut work.tx, within).await?;
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

/// Grants a role directly, with every rule that granting has. `newly_made` users are still without
/// rights, and whoever may make them may give them what they hold themselves.
pub(crate) async fn give(
    work: &mut Work<'_>,
    user: &User,
    wanted: Wanted,
    newly_made: bool,
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
    let present = grants::direct(&mut work.tx, user.id, &role.platform).await?;
    let same = |role: RoleId, place: OrganisationId| {
        move |one: &&crate::model::Grant| one.role == role && one.organisation == place
    };
    if let Some(old) = present.iter().find(same(role.id, organisation)) {
        if old.expires_at == wanted.expires_at
            && (spec.paths != RolePaths::ExactlyOne || present.len() == 1)
        {
            return Ok(false);
        }
        if old.expires_at.is_none() && owners::is_regal_role(work, user.id, role.id).await? {
            return Err(Fault::Protected(Kind::Grant).into());
        }
    }
    may_grant(work, &role, Place::In(organisation), Holder::Person(user)).await?;
    if spec.paths == RolePaths::ExactlyOne {
        for old in &present {
            if old.role != role.id || old.organisation != organisation {
                work.guard_takeover(user).await?;
                if old.role != role.id && owners::is_regal_role(work, user.id, old.role).await? {
                    return Err(Fault::Protected(Kind::Grant).into());
                }
                grants::delete(&mut work.tx, user.id, old.role, old.organisation).await?;
            }
        }
    }
    let (now, actor) = (work.now, work.actor());
    grants::put(
        &mut work.tx,
        user.id,
        role.id,
        organisation,
        wanted.expires_at,
        now,
        actor,
    )
    .await?;
    if owner {
        owners::crown(work, user.id).await?;
    }
    if !newly_made {
        // Of somebody new, the event of their making tells the roles.
        let detail = json!({ "after": described(&role, organisation, wanted.expires_at) });
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
pub(crate) async fn take(
    work: &mut Work<'_>,
    user: &User,
    role: RoleId,
    organisation: Option<OrganisationId>,
) -> Outcome<()> {
    let inner = Arc::clone(&work.inner);
    let role = referenced(work, role).await?;
    spec_of(&inner, &role)?;
    let present = grants::direct(&mut work.tx, user.id, &role.platform).await?;
    let gone: Vec<OrganisationId> = present
        .iter()
        .filter(|one| one.role == role.id && organisation.is_none_or(|at| at == one.organisation))
        .map(|one| one.organisation)
        .collect();
    if gone.is_empty() {
        return Err(Fault::NotFound(Kind::Grant).into());
    }
    let owner = role.platform == Platform::USHER.word() && role.word == owners::OWNER;
    for organisation in gone {
        if !reaches_grant(work, user, organisation).await? {
            return Err(Fault::Forbidden(Permission::GrantRoles).into());
        }
        work.guard_takeover(user).await?;
        if !owner
            && (organisation == crate::ROOT || organisation == user.home)
            && owners::is_regal_role(work, user.id, role.id).await?
        {
            return Err(Fault::Protected(Kind::Grant).into());
        }
        grants::delete(&mut work.tx, user.id, role.id, organisation).await?;
        let detail = json!({ "before": described(&role, organisation, None) });
        work.event("role.revoked", About::user(user), Some(detail))
            .await?;
    }
    if owner {
        owners::uncrown(work, user).await?;
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
    let present = grants::direct(&mut work.tx, user.id, platform.word()).await?;
    let held = held_by(work, &[user.id], Some(platform)).await?;
    let shown: Vec<i64> = shown_roles(&held, spec)
        .into_iter()
        .filter(|shown| shown.path.is_none())
        .map(|shown| shown.number)
        .collect();
    let mut changed = false;
    for role in wanted {
        if present.iter().any(|one| one.role == *role) {
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
        changed |= give(work, user, wanted, false).await?;
    }
    for old in grants::direct(&mut work.tx, user.id, platform.word()).await? {
        let echoed = spec.paths == RolePaths::ExactlyOne && !shown.is_empty() && !changed;
        if !wanted.contains(&old.role) && !echoed {
            take(work, user, old.role, Some(old.organisation)).await?;
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
    Ok(grants::held(&mut work.tx, users, only, &known, now).await?)
}
