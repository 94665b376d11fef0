//! What is done to a group with several people or roles at once: all or none.

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{GroupRef, GroupRoleScope, RoleId, UserRef};
use crate::operations::roles::grants::{described, group_and_role};
use crate::pending::Pending;
use crate::store::{grants, members};

use super::members::{handed_out, join, leave, may_hand_out};

impl Handle {
    /// Puts several people into a group, all or none; tells how many of them were not in it yet.
    pub fn add_members(
        &self,
        group: impl Into<GroupRef>,
        users: Vec<UserRef>,
    ) -> Pending<'_, usize> {
        fn inner(handle: &Handle, group: GroupRef, users: Vec<UserRef>) -> Pending<'_, usize> {
            Box::pin(async move {
                handle
                    .write(Operation::AddMember, async move |work: &mut Work<'_>| {
                        let group = handed_out(work, &group).await?;
                        let mut added = 0;
                        for user in &users {
                            let user = work.visible_user(user).await?;
                            if members::is_in(&mut work.tx, user.id, group.id).await? {
                                continue;
                            }
                            join(work, &user, &group).await?;
                            let group = json!({ "group": group.name, "group_id": group.id });
                            let detail = json!({ "after": group });
                            work.event("member.added", About::user(&user), Some(detail))
                                .await?;
                            added += 1;
                        }
                        Ok(added)
                    })
                    .await
            })
        }
        inner(self, group.into(), users)
    }

    /// Takes several people out of a group, all or none; tells how many of them were in it.
    pub fn remove_members(
        &self,
        group: impl Into<GroupRef>,
        users: Vec<UserRef>,
    ) -> Pending<'_, usize> {
        fn inner(handle: &Handle, group: GroupRef, users: Vec<UserRef>) -> Pending<'_, usize> {
            Box::pin(async move {
                handle
                    .write(Operation::RemoveMember, async move |work: &mut Work<'_>| {
                        let group = handed_out(work, &group).await?;
                        let mut removed = 0;
                        for user in &users {
                            let user = work.visible_user(user).await?;
                            if !members::is_in(&mut work.tx, user.id, group.id).await? {
                                continue;
                            }
                            may_hand_out(work, &user, &group).await?;
                            leave(work, &user, group.id).await?;
                            let group = json!({ "group": group.name, "group_id": group.id });
                            let detail = json!({ "before": group });
                            work.event("member.removed", About::user(&user), Some(detail))
                                .await?;
                            removed += 1;
                        }
                        Ok(removed)
                    })
                    .await
            })
        }
        inner(self, group.into(), users)
    }

    /// Lets a group bring several roles to its members, all or none; tells how many were new.
    pub fn add_group_roles(
        &self,
        group: impl Into<GroupRef>,
        roles: Vec<RoleId>,
        scope: GroupRoleScope,
    ) -> Pending<'_, usize> {
        fn inner(
            handle: &Handle,
            group: GroupRef,
            roles: Vec<RoleId>,
            scope: GroupRoleScope,
        ) -> Pending<'_, usize> {
            Box::pin(async move {
                let operation = Operation::ChangeGroupRoles;
                handle
                    .write(operation, async move |work: &mut Work<'_>| {
                        let mut added = 0;
                        for role in &roles {
                            let (group, role) = group_and_role(work, &group, *role, scope).await?;
                            let (now, actor) = (work.now, work.actor());
                            let tx = &mut work.tx;
                            let id =
                                grants::put_group_role(tx, group.id, role.id, scope, now, actor)
                                    .await?;
                            if id.is_some() {
                                added += 1;
                                let detail = json!({ "after": described(&role, scope) });
                                work.event("group.role_added", About::group(&group), Some(detail))
                                    .await?;
                            }
                        }
                        Ok(added)
                    })
                    .await
            })
        }
        inner(self, group.into(), roles, scope)
    }

    /// Takes several roles from a group, all or none; tells how many it had brought.
    pub fn remove_group_roles(
        &self,
        group: impl Into<GroupRef>,
        roles: Vec<RoleId>,
        scope: GroupRoleScope,
    ) -> Pending<'_, usize> {
        fn inner(
            handle: &Handle,
            group: GroupRef,
            roles: Vec<RoleId>,
            scope: GroupRoleScope,
        ) -> Pending<'_, usize> {
            Box::pin(async move {
                let operation = Operation::ChangeGroupRoles;
                handle
                    .write(operation, async move |work: &mut Work<'_>| {
                        let mut removed = 0;
                        for role in &roles {
                            let (group, role) = group_and_role(work, &group, *role, scope).await?;
                            let tx = &mut work.tx;
                            if grants::delete_group_role(tx, group.id, role.id, scope).await? {
                                removed += 1;
                                let detail = json!({ "before": described(&role, scope) });
                                let about = About::group(&group);
                                work.event("group.role_removed", about, Some(detail))
                                    .await?;
                            }
                        }
                        Ok(removed)
                    })
                    .await
            })
        }
        inner(self, group.into(), roles, scope)
    }
}
