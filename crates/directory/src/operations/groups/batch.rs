//! What is done to a group with several people or roles at once: all or none.

use std::collections::HashSet;

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Fault, Group, GroupRef, GroupRole, GroupRoleScope, Kind, RoleId, User, UserId, UserRef,
};
use crate::operations::roles::grants::{described, group_and_role};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::rules::limits;
use crate::store::{grants, members};

use super::members::{handed_out, join, leave, may_hand_out, places_of};

/// Puts a person into a group, with every rule; false when they were in it already.
pub(crate) async fn add(work: &mut Work<'_>, group: &GroupRef, user: &UserRef) -> Outcome<bool> {
    let group = handed_out(work, group).await?;
    let user = work.visible_user(user).await?;
    Ok(change_members(work, &group, vec![user], true).await? > 0)
}

/// Takes a person out of a group, with every rule; false when they were not in it.
pub(crate) async fn remove(work: &mut Work<'_>, group: &GroupRef, user: &UserRef) -> Outcome<bool> {
    let group = handed_out(work, group).await?;
    let user = work.visible_user(user).await?;
    Ok(change_members(work, &group, vec![user], false).await? > 0)
}

/// Puts users into a group or takes them out, with every rule; tells how many of them that changed.
async fn change_members(
    work: &mut Work<'_>,
    group: &Group,
    users: Vec<User>,
    add: bool,
) -> Outcome<usize> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let inside = members::those_in(&mut work.tx, group.id, &ids).await?;
    let mut inside: HashSet<UserId> = inside.into_iter().collect();
    let places = places_of(work, &ids).await?;
    let mut changed = 0;
    for user in users {
        let changes = match add {
            true => inside.insert(user.id),
            false => inside.remove(&user.id),
        };
        if !changes {
            continue;
        }
        let membership = json!({ "group": group.name, "group_id": group.id });
        let (verb, detail) = if add {
            let places = places.get(&user.id).map_or(&[][..], Vec::as_slice);
            join(work, &user, group, places).await?;
            ("member.added", json!({ "after": membership }))
        } else {
            may_hand_out(work, &user, group).await?;
            leave(work, &user, group.id).await?;
            ("member.removed", json!({ "before": membership }))
        };
        work.event(verb, About::user(&user), Some(detail)).await?;
        changed += 1;
    }
    Ok(changed)
}

impl Handle {
    /// Puts several people into a group, all or none; tells how many of them were not in it yet.
    pub fn add_members(
        &self,
        group: impl Into<GroupRef>,
        users: Vec<UserRef>,
    ) -> Pending<'_, usize> {
        self.change_members(group.into(), users, true)
    }

    /// Takes several people out of a group, all or none; tells how many of them were in it.
    pub fn remove_members(
        &self,
        group: impl Into<GroupRef>,
        users: Vec<UserRef>,
    ) -> Pending<'_, usize> {
        self.change_members(group.into(), users, false)
    }

    /// Lets a group bring several roles to its members, all or none; tells how many were new.
    pub fn add_group_roles(
        &self,
        group: impl Into<GroupRef>,
        roles: Vec<RoleId>,
        scope: GroupRoleScope,
    ) -> Pending<'_, usize> {
        self.change_group_roles(group.into(), roles, scope, true)
    }

    /// Takes several roles from a group, all or none; tells how many it had brought.
    pub fn remove_group_roles(
        &self,
        group: impl Into<GroupRef>,
        roles: Vec<RoleId>,
        scope: GroupRoleScope,
    ) -> Pending<'_, usize> {
        self.change_group_roles(group.into(), roles, scope, false)
    }

    fn change_members(
        &self,
        group: GroupRef,
        users: Vec<UserRef>,
        add: bool,
    ) -> Pending<'_, usize> {
        let operation = if add {
            Operation::AddMember
        } else {
            Operation::RemoveMember
        };
        Box::pin(async move {
            limits::check_references("users", users.len())?;
            self.write(operation, async move |work: &mut Work<'_>| {
                let group = handed_out(work, &group).await?;
                let users = work.visible_users(&users).await?;
                change_members(work, &group, users, add).await
            })
            .await
        })
    }

    pub(crate) fn put_group_role(
        &self,
        group: GroupRef,
        role: RoleId,
        scope: GroupRoleScope,
    ) -> Pending<'_, (bool, GroupRole)> {
        let operation = Operation::ChangeGroupRoles;
        Box::pin(async move {
            self.write(operation, async move |work: &mut Work<'_>| {
                let (group, role) = group_and_role(work, &group, role, scope, true).await?;
                let (now, actor) = (work.now, work.actor());
                let tx = &mut work.tx;
                let put = grants::put_group_role(tx, group.id, role.id, scope, now, actor);
                let fresh = put.await?.is_some();
                let rows = grants::group_roles(tx, &[group.id]).await?;
                let row = rows
                    .into_iter()
                    .find(|row| row.role == role.id && row.scope == scope)
                    .ok_or(Fault::NotFound(Kind::Grant))?;
                if fresh {
                    let detail = json!({ "after": described(&role, scope) });
                    let about = About::group(&group);
                    work.event("group.role_added", about, Some(detail)).await?;
                }
                Ok((fresh, row))
            })
            .await
        })
    }

    fn change_group_roles(
        &self,
        group: GroupRef,
        roles: Vec<RoleId>,
        scope: GroupRoleScope,
        add: bool,
    ) -> Pending<'_, usize> {
        let operation = Operation::ChangeGroupRoles;
        Box::pin(async move {
            limits::check_references("roles", roles.len())?;
            self.write(operation, async move |work: &mut Work<'_>| {
                // All are looked at before the first is written, which gives up what has been looked up.
                work.look_up_roles(&roles).await?;
                let mut checked = Vec::with_capacity(roles.len());
                for role in &roles {
                    checked.push(group_and_role(work, &group, *role, scope, add).await?);
                }
                let mut count = 0;
                for (group, role) in checked {
                    let (now, actor) = (work.now, work.actor());
                    let tx = &mut work.tx;
                    let changed = if add {
                        let put = grants::put_group_role(tx, group.id, role.id, scope, now, actor);
                        put.await?.is_some()
                    } else {
                        grants::delete_group_role(tx, group.id, role.id, scope).await?
                    };
                    if changed {
                        count += 1;
                        let brought = described(&role, scope);
                        let (verb, detail) = if add {
                            ("group.role_added", json!({ "after": brought }))
                        } else {
                            ("group.role_removed", json!({ "before": brought }))
                        };
                        work.event(verb, About::group(&group), Some(detail)).await?;
                    }
                }
                Ok(count)
            })
            .await
        })
    }
}
