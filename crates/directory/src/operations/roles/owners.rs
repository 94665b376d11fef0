//! Owners: the last active one stays, and every platform shows each of them as its administrator.

use crate::access::work::Work;
use crate::audit::About;
use crate::model::{Fault, GroupId, RoleId, RolePaths, User, UserId};
use crate::outcome::Outcome;
use crate::store::{grants, groups, members, roles, users};

/// The word of the `usher` role that owns the installation.
pub(crate) const OWNER: &str = "owner";

/// Whether somebody is an owner, active or not.
pub(crate) async fn is_owner(work: &mut Work<'_>, user: UserId) -> Outcome<bool> {
    Ok(grants::is_owner(&mut work.tx, user).await?)
}

/// Refuses when no active owner is left; called after a change that may have taken the last one, so
/// that the transaction undoes it.
pub(crate) async fn one_stays(work: &mut Work<'_>) -> Outcome<()> {
    let now = work.now;
    if grants::an_owner_is_left(&mut work.tx, now).await? {
        Ok(())
    } else {
        Err(Fault::LastOwner.into())
    }
}

/// What comes with being an owner.
#[derive(Default)]
struct OwnerRoles {
    /// Direct roles, and whether the platform's other roles give way to it.
    roles: Vec<(RoleId, &'static str, bool)>,
    groups: Vec<GroupId>,
}

/// Every platform's administrator role, or the groups that bring it, so that each vendor's console
/// shows an administrator.
async fn owner_roles(work: &mut Work<'_>) -> Outcome<OwnerRoles> {
    let inner = std::sync::Arc::clone(&work.inner);
    let mut owner_roles = OwnerRoles::default();
    for spec in &inner.platforms {
        if let Some(word) = spec.owner_role
            && let Some(role) = roles::by_word(&mut work.tx, spec.platform.word(), word).await?
        {
            let alone = spec.paths == RolePaths::ExactlyOne;
            owner_roles
                .roles
                .push((role.id, spec.platform.word(), alone));
        }
        for group in spec.groups.iter().filter(|group| group.owners) {
            let id = groups::builtin(&mut work.tx, spec.platform, group.word, crate::ROOT).await?;
            owner_roles.groups.extend(id);
        }
    }
    Ok(owner_roles)
}

/// Gives a new owner what comes with it.
pub(crate) async fn grant_owner_roles(work: &mut Work<'_>, user: UserId) -> Outcome<()> {
    let (now, actor) = (work.now, work.actor());
    let owner_roles = owner_roles(work).await?;
    for (role, platform, alone) in owner_roles.roles {
        if alone {
            for old in grants::direct(&mut work.tx, user, platform).await? {
                grants::delete(&mut work.tx, user, old.role, old.organisation).await?;
            }
        }
        grants::upsert(&mut work.tx, user, role, crate::ROOT, None, now, actor).await?;
    }
    for group in owner_roles.groups {
        members::insert(&mut work.tx, user, group, now).await?;
    }
    Ok(())
}

/// Takes away what came with being an owner.
pub(crate) async fn revoke_owner_roles(work: &mut Work<'_>, user: &User) -> Outcome<()> {
    let owner_roles = owner_roles(work).await?;
    for (role, platform, _) in owner_roles.roles {
        for grant in grants::direct(&mut work.tx, user.id, platform).await? {
            if grant.role == role
                && (grant.organisation == crate::ROOT || grant.organisation == user.home)
            {
                grants::delete(&mut work.tx, user.id, role, grant.organisation).await?;
            }
        }
    }
    for group in owner_roles.groups {
        members::delete(&mut work.tx, user.id, group).await?;
    }
    Ok(())
}

/// Whether a role is one that an owner has as an owner: it leaves only with the ownership.
pub(crate) async fn is_owner_role(
    work: &mut Work<'_>,
    user: UserId,
    role: RoleId,
) -> Outcome<bool> {
    if !is_owner(work, user).await? {
        return Ok(false);
    }
    let owner_roles = owner_roles(work).await?;
    Ok(owner_roles.roles.iter().any(|(id, _, _)| *id == role))
}

/// The same for a group.
pub(crate) async fn is_regal_group(
    work: &mut Work<'_>,
    user: UserId,
    group: GroupId,
) -> Outcome<bool> {
    if !is_owner(work, user).await? {
        return Ok(false);
    }
    Ok(owner_roles(work).await?.groups.contains(&group))
}

/// Gives every owner what a platform that came later brings for owners.
pub(crate) async fn complete(work: &mut Work<'_>) -> Outcome<()> {
    let owner_roles = owner_roles(work).await?;
    for owner in grants::owners(&mut work.tx).await? {
        let mut complete = true;
        for (role, platform, _) in &owner_roles.roles {
            let direct = grants::direct(&mut work.tx, owner, platform).await?;
            complete &= direct.iter().any(|grant| grant.role == *role);
        }
        for group in &owner_roles.groups {
            complete &= members::is_in(&mut work.tx, owner, *group).await?;
        }
        if complete {
            continue;
        }
        grant_owner_roles(work, owner).await?;
        if let Some(user) = users::by_id(&mut work.tx, owner).await? {
            work.event("owner.completed", About::user(&user), None)
                .await?;
        }
    }
    Ok(())
}
