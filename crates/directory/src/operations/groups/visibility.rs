//! Which groups the caller sees, and which they may change.

use crate::access::work::Work;
use crate::model::{Fault, Group, GroupId, GroupRef, Kind, ManagerLevel, Permission, Ref, Scope};
use crate::outcome::Outcome;
use crate::rules;
use crate::store::select::Sql;
use crate::store::{groups, pages};

/// Reads those of the groups that the caller sees.
pub(crate) async fn load_seen(work: &mut Work<'_>, ids: &[i64]) -> Outcome<Vec<Group>> {
    let mut scopes = work.scopes_of(Permission::ReadGroups);
    let own = work.operation.access().permission;
    if matches!(
        own,
        Permission::ManageGroups | Permission::ManageMembers | Permission::GrantRoles
    ) {
        scopes.extend(work.scopes_of(own));
    }
    let (limit, platform) = (work.limit(), work.shown_platform());
    let own = (work.caller.user, work.caller.platform);
    let narrow = |sql: &mut Sql| {
        groups::push_platform(sql, platform);
        groups::seen_or_own(sql, &scopes, limit, own);
    };
    Ok(pages::by_ids::<groups::Groups>(&mut work.tx, ids, narrow).await?)
}

/// The numbers of those of the groups that the caller sees.
pub(crate) async fn seen_ids(work: &mut Work<'_>, ids: &[GroupId]) -> Outcome<Vec<GroupId>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    Ok(load_seen(work, &ids)
        .await?
        .into_iter()
        .map(|group| group.id)
        .collect())
}

/// A group the caller sees. Of several with the name, the one nearest to the caller's home counts:
/// their home's, else the oldest.
pub(crate) async fn visible(work: &mut Work<'_>, which: &GroupRef) -> Outcome<Option<Group>> {
    let ids: Vec<i64> = match which {
        Ref::Id(id) => return work.seen_group(*id).await,
        Ref::Uuid(uuid) => groups::by_uuid(&mut work.tx, *uuid)
            .await?
            .map(|group| group.id.0)
            .into_iter()
            .collect(),
        Ref::Name(name) => groups::find_by_name(&mut work.tx, &rules::fold(name))
            .await?
            .into_iter()
            .map(|id| id.0)
            .collect(),
    };
    let home = work.caller.organisation.unwrap_or(work.caller.home);
    let mut found = load_seen(work, &ids).await?;
    found.sort_by_key(|group| (group.organisation != home, group.id));
    Ok(found.into_iter().next())
}

/// A group that the caller may change: by the reach of the operation's permission, or as one of its
/// managers at that level. A caller who may change no group anywhere is forbidden, for every name.
pub(crate) async fn changeable(
    work: &mut Work<'_>,
    which: &GroupRef,
    level: ManagerLevel,
) -> Outcome<Group> {
    let permission = work.operation.access().permission;
    let scopes = work.scopes();
    let platform = work.caller.platform;
    let mut managed = work.managed().await?;
    managed.retain(|one| one.counts_at(platform));
    if scopes.is_empty() && managed.is_empty() {
        return Err(Fault::Forbidden(permission).into());
    }
    let group = visible(work, which)
        .await?
        .ok_or(Fault::NotFound(Kind::Group))?;
    let manages = managed
        .iter()
        .any(|one| one.group == group.id && one.level >= level)
        && work.within_limit(group.organisation).await?;
    if manages || reaches(work, &scopes, &group).await? {
        Ok(group)
    } else {
        Err(Fault::Forbidden(permission).into())
    }
}

/// Whether scopes reach a group: by its organisation, or by its name among managed groups.
pub(crate) async fn reaches(work: &mut Work<'_>, scopes: &[Scope], group: &Group) -> Outcome<bool> {
    let named = scopes
        .iter()
        .any(|scope| matches!(scope, Scope::Groups { groups, .. } if groups.contains(&group.id)));
    if named {
        let above = work.ancestors(group.organisation).await?;
        let counts = |scope: &Scope| match scope {
            Scope::Groups { groups, within } => {
                groups.contains(&group.id) && above.contains(within)
            }
            _ => false,
        };
        let limit = work.limit().map(crate::model::OrganisationId);
        if scopes.iter().any(counts) && limit.is_none_or(|limit| above.contains(&limit)) {
            return Ok(true);
        }
    }
    work.scope_holds(scopes, group.organisation).await
}
