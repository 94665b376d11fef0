//! What is done to a group with several people or roles at once: all or none.

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{Group, GroupRef, GroupRoleScope, RoleId, UserRef};
use crate::operations::roles::grants::{described, group_and_role};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::{grants, members};

use super::members::{handed_out, join, leave, may_hand_out};

/// Puts somebody into a group, with every rule; false when they were in it already.
pub(crate) async fn add(work: &mut Work<'_>, group: &GroupRef, user: &UserRef) -> Outcome<bool> {
    let group = handed_out(work, group).await?;
    change_member(work, &group, user, true).await
}

/// Takes somebody out of a group, with every rule; false when they were not in it.
pub(crate) async fn remove(work: &mut Work<'_>, group: &GroupRef, user: &UserRef) -> Outcome<bool> {
    let group = handed_out(work, group).await?;
    change_member(work, &group, user, false).await
}

async fn change_member(
    work: &mut Work<'_>,
    group: &Group,
    user: &UserRef,
    add: bool,
) -> Outcome<bool> {
    let user = work.visible_user(user).await?;
    if members::is_in(&mut work.tx, user.id, group.id).await? == add {
        return Ok(false);
    }
    let membership = json!({ "group": group.name, "group_id": group.id });
    let (verb, detail) = if add {
        join(work, &user, group).await?;
        ("member.added", json!({ "after": membership }))
    } else {
        may_hand_out(work, &user, group).await?;
        leave(work, &user, group.id).await?;
        ("member.removed", json!({ "before": membership }))
    };
    work.event(verb, About::user(&user), Some(detail)).await?;
    Ok(true)
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
            self.write(operation, async move |work: &mut Work<'_>| {
                let group = handed_out(work, &group).await?;
                let mut changed = 0;
                for user in &users {
                    changed += usize::from(change_member(work, &group, user, add).await?);
                }
                Ok(changed)
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
            self.write(operation, async move |work: &mut Work<'_>| {
                let mut count = 0;
                for role in &roles {
                    let (group, role) = group_and_role(work, &group, *role, scope).await?;
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
