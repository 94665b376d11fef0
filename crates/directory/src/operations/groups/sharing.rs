//! Who manages a group, and which groups somebody may change because of it.

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Fault, Group, GroupField, GroupId, GroupManager, GroupRef, Kind, Manager, ManagerLevel, Page,
    Permission, Platform, Query, Scope,
};
use crate::operations::roles::covering;
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::rules::limits;
use crate::store::select::Sql;
use crate::store::{groups, managers, named_users, pages};

use super::visibility::{changeable, load_seen, visible};

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
                let (limit, now) = (work.limit(), work.now);
                let user = (work.caller.user, work.caller.platform);
                let platform = work.shown_platform();
                let scopes = work.scopes_of(Permission::ManageGroups);
                let narrow = |sql: &mut Sql| {
                    groups::push_platform(sql, platform);
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
                        let platform = work.caller.platform;
                        let mut managed = work.managed_by_group(group.id).await?;
                        managed.retain(|one| one.counts_at(platform));
                        let ids: Vec<i64> = managed.iter().map(|one| one.group.0).collect();
                        let level_of = |id: GroupId| managed.iter().find(|one| one.group == id);
                        Ok(load_seen(work, &ids)
                            .await?
                            .into_iter()
                            .filter_map(|group| level_of(group.id).map(|one| (group, one.level)))
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
                limits::check_references("managers", managers.len())?;
                handle
                    .write(
                        Operation::ChangeManagers,
                        async move |work: &mut Work<'_>| {
                            let group = changeable(work, &group, ManagerLevel::Manage).await?;
                            put_managers(work, &group, &managers, level).await
                        },
                    )
                    .await
            })
        }
        inner(self, group.into(), managers, level)
    }
}

/// Makes users and groups that the caller sees managers of a group that the caller manages.
pub(super) async fn put_managers(
    work: &mut Work<'_>,
    group: &Group,
    managers: &[Manager],
    level: ManagerLevel,
) -> Outcome<()> {
    let (mut people, mut others) = (Vec::new(), Vec::new());
    for manager in managers {
        match manager {
            Manager::User(user) => people.push(*user),
            Manager::Group(other) => others.push(*other),
        }
    }
    let known = named_users::by_ids(&mut work.tx, &people).await?;
    let seen = work.seen_of(&known).await?;
    if !people.iter().all(|user| seen.contains(user)) {
        return Err(Fault::UnknownReference(Kind::User).into());
    }
    work.look_up_groups(&others).await?;
    for other in others {
        if work.seen_group(other).await?.is_none() {
            return Err(Fault::UnknownReference(Kind::Group).into());
        }
    }
    let present = managers::managers(&mut work.tx, &[group.id]).await?;
    // All are looked at before the first is written, which gives up what has been looked up.
    let mut rows = Vec::with_capacity(managers.len());
    for manager in managers {
        rows.push(checked_manager(work, group, *manager, level, &present).await?);
    }
    for row in rows {
        managers::put_manager(&mut work.tx, &row).await?;
        let shown = |row: &GroupManager| json!({ "manager": named(row.manager), "level": row.level, "platform": row.platform });
        let mut detail = json!({ "after": shown(&row) });
        if let Some(old) = present.iter().find(|old| old.manager == row.manager) {
            detail["before"] = shown(old);
        }
        work.event("group.manager_set", About::group(group), Some(detail))
            .await?;
    }
    Ok(())
}

/// The row of a manager that the caller may make. Who may do so only at this dialect makes managers of this
/// dialect alone.
async fn checked_manager(
    work: &mut Work<'_>,
    group: &Group,
    manager: Manager,
    level: ManagerLevel,
    present: &[GroupManager],
) -> Outcome<GroupManager> {
    let mut row = GroupManager {
        group: group.id,
        manager,
        level,
        platform: None,
    };
    let at = match counts_everywhere(work, &row, present).await? {
        true => Platform::USHER,
        false => work.caller.platform,
    };
    if at != Platform::USHER {
        row.platform = Some(at.word().to_owned());
    }
    covering::may_make_manager(work, &row, at).await?;
    Ok(row)
}

/// Whether a manager that the caller makes counts at every dialect: when the caller may do at every one
/// what managers may do, or the manager could do as much already.
async fn counts_everywhere(
    work: &mut Work<'_>,
    wanted: &GroupManager,
    present: &[GroupManager],
) -> Outcome<bool> {
    if work.caller.platform == Platform::USHER {
        return Ok(true);
    }
    let already = present.iter().any(|one| {
        one.manager == wanted.manager && one.platform.is_none() && one.level >= wanted.level
    });
    if already {
        return Ok(true);
    }
    if work.caller.limits.platform.is_some() {
        return Ok(false);
    }
    work.covers_managing(wanted.group, wanted.level, Platform::USHER)
        .await
}

/// A manager as an event names it.
pub(super) fn named(manager: Manager) -> serde_json::Value {
    match manager {
        Manager::User(user) => json!({ "user": user }),
        Manager::Group(group) => json!({ "group": group }),
    }
}
