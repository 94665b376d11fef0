//! Who manages a group, and which groups somebody may change because of it.

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Fault, Group, GroupField, GroupId, GroupRef, Kind, Manager, ManagerLevel, Page, Permission,
    Query, Scope,
};
use crate::operations::roles::covering;
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::select::Sql;
use crate::store::{groups, pages, users};

use super::visibility::{changeable, seen, seen_ids, visible};

impl Handle {
    /// One page of the groups that the caller may change so far: by the reach of managing groups, or as
    /// one of their managers at that level.
    pub fn groups_managed_at<'a>(
        &'a self,
        level: ManagerLevel,
        query: &'a Query<GroupField>,
    ) -> Pending<'a, Page<Group>> {
        Box::pin(async move {
            let query = query.clone();
            self.read_slow(Operation::ListGroups, async move |work: &mut Work<'_>| {
                let (limit, now, user) = (work.limit(), work.now, work.caller.user);
                let platform = work.shown_platform();
                let scopes = work.scopes_of(Permission::ManageGroups);
                let narrow = |sql: &mut Sql| {
                    groups::shown(sql, platform);
                    groups::managed_at(sql, &scopes, limit, user, level);
                };
                // What shows is decided by `narrow`, which knows about managers.
                let all = [Scope::All];
                let statements = pages::compile::<groups::Groups>(&query, narrow, &all, None, now)?;
                Ok(pages::run::<groups::Groups>(&mut work.tx, &statements).await?)
            })
            .await
        })
    }

    /// The groups that a group's members manage, and how far, as far as the caller sees the groups.
    pub fn groups_managed_by(
        &self,
        group: impl Into<GroupRef>,
    ) -> Pending<'_, Vec<(Group, ManagerLevel)>> {
        fn inner(handle: &Handle, which: GroupRef) -> Pending<'_, Vec<(Group, ManagerLevel)>> {
            Box::pin(async move {
                handle
                    .read(Operation::ShowManagers, async |work: &mut Work<'_>| {
                        let group = visible(work, &which)
                            .await?
                            .ok_or(Fault::NotFound(Kind::Group))?;
                        let managed = groups::managed_by_group(&mut work.tx, group.id).await?;
                        let ids: Vec<i64> = managed.iter().map(|(id, _)| id.0).collect();
                        let level_of = |id: GroupId| managed.iter().find(|(one, _)| *one == id);
                        Ok(seen(work, &ids)
                            .await?
                            .into_iter()
                            .filter_map(|group| {
                                level_of(group.id).map(|(_, level)| (group, *level))
                            })
                            .collect())
                    })
                    .await
            })
        }
        inner(self, group.into())
    }

    /// Makes a user or a group the manager of a group, or changes how far.
    pub fn set_manager(
        &self,
        group: impl Into<GroupRef>,
        manager: Manager,
        level: ManagerLevel,
    ) -> Pending<'_, ()> {
        self.set_managers(group, vec![manager], level)
    }

    /// Makes several users or groups managers of a group, or changes how far: all of them, or none.
    pub fn set_managers(
        &self,
        group: impl Into<GroupRef>,
        managers: Vec<Manager>,
        level: ManagerLevel,
    ) -> Pending<'_, ()> {
        fn inner(
            handle: &Handle,
            group: GroupRef,
            managers: Vec<Manager>,
            level: ManagerLevel,
        ) -> Pending<'_, ()> {
            Box::pin(async move {
                handle
                    .write(
                        Operation::ChangeManagers,
                        async move |work: &mut Work<'_>| {
                            let group = changeable(work, &group, ManagerLevel::Manage).await?;
                            for manager in &managers {
                                put_manager(work, &group, *manager, level).await?;
                            }
                            Ok(())
                        },
                    )
                    .await
            })
        }
        inner(self, group.into(), managers, level)
    }
}

/// Makes one user or group that the caller sees a manager of a group that the caller manages.
pub(super) async fn put_manager(
    work: &mut Work<'_>,
    group: &Group,
    manager: Manager,
    level: ManagerLevel,
) -> Outcome<()> {
    match manager {
        Manager::User(user) => {
            let user = users::by_id(&mut work.tx, user).await?;
            let seen = match &user {
                Some(user) => work.sees_user(user).await?,
                None => false,
            };
            if !seen {
                return Err(Fault::UnknownReference(Kind::User).into());
            }
        }
        Manager::Group(other) => {
            if seen_ids(work, &[other]).await?.is_empty() {
                return Err(Fault::UnknownReference(Kind::Group).into());
            }
        }
    }
    if level == ManagerLevel::Manage {
        covering::may_make_manager(work, manager, group.id).await?;
    }
    groups::put_manager(&mut work.tx, group.id, manager, level).await?;
    let detail = json!({ "after": { "manager": named(manager), "level": level } });
    work.event("group.manager_set", About::group(group), Some(detail))
        .await
}

/// A manager as an event names it.
pub(super) fn named(manager: Manager) -> serde_json::Value {
    match manager {
        Manager::User(user) => json!({ "user": user }),
        Manager::Group(group) => json!({ "group": group }),
    }
}
