//! Who is in which group, who manages it, and which groups an organisation's administrators may
//! hand out.

use std::collections::HashMap;

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Fault, Group, GroupCount, GroupId, GroupManager, GroupRef, Kind, Manager, ManagerLevel,
    OrganisationId, OrganisationRef, Page, Permission, Predicate, Query, Scope, Test, User,
    UserField, UserId, UserRef,
};
use crate::outcome::Outcome;
use crate::rules::limits;
use crate::store::select::Sql;
use crate::store::{groups, managers, members, organisations};

use crate::operations::groups::sharing::named;
use crate::operations::groups::visibility::changeable;
use crate::operations::groups::visibility::reaches;
use crate::operations::groups::visibility::seen_ids;
use crate::operations::groups::visibility::visible;
use crate::operations::roles::covering::{self, Holder};
use crate::operations::roles::owners;
use crate::pending::Pending;

impl Handle {
    /// The groups of those people, as far as the caller sees both.
    pub fn groups_of<'a>(&'a self, of: &'a [UserId]) -> Pending<'a, Vec<(UserId, GroupId)>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowUser, async |work: &mut Work<'_>| {
                let people = work.seen_users(&of).await?;
                let scopes = work.scopes_of(Permission::ReadGroups);
                let (limit, platform) = (work.limit(), work.shown_platform());
                let own = (work.caller.user, work.caller.platform);
                let everything = limit.is_none() && scopes.contains(&Scope::All);
                let narrow = |sql: &mut Sql| {
                    groups::push_platform(sql, platform);
                    if !everything {
                        groups::seen_or_own(sql, &scopes, limit, own);
                    }
                };
                let pairs = members::groups_of(&mut work.tx, &people, narrow).await?;
                Ok(pairs
                    .into_iter()
                    .map(|(user, group, _)| (user, group))
                    .collect())
            })
            .await
        })
    }

    /// One page of a group's members, as far as the caller sees them.
    pub fn members<'a>(
        &'a self,
        group: impl Into<GroupRef>,
        query: &'a Query<UserField>,
    ) -> Pending<'a, Page<User>> {
        fn inner<'a>(
            handle: &'a Handle,
            group: GroupRef,
            query: &'a Query<UserField>,
        ) -> Pending<'a, Page<User>> {
            Box::pin(async move {
                let (group, mut query) = (group, query.clone());
                handle
                    .read_slow(Operation::ShowGroup, async move |work: &mut Work<'_>| {
                        let group = visible(work, &group)
                            .await?
                            .ok_or(Fault::NotFound(Kind::Group))?;
                        let in_it =
                            Predicate::Is(UserField::Group, Test::Equals(group.id.0.into()));
                        query.predicate = in_it.and(query.predicate.clone());
                        crate::operations::users::list::page(work, &query).await
                    })
                    .await
            })
        }
        inner(self, group.into(), query)
    }

    /// The members of those groups, as far as the caller sees both.
    pub fn members_of<'a>(&'a self, of: &'a [GroupId]) -> Pending<'a, Vec<(GroupId, UserId)>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowGroup, async |work: &mut Work<'_>| {
                let seen = seen_ids(work, &of).await?;
                let pairs = members::members_of(&mut work.tx, &seen).await?;
                let mut people: Vec<UserId> = pairs.iter().map(|(_, user)| *user).collect();
                people.sort_unstable();
                people.dedup();
                let mut people = work.seen_users(&people).await?;
                people.sort_unstable();
                Ok(pairs
                    .into_iter()
                    .filter(|(_, user)| people.binary_search(user).is_ok())
                    .collect())
            })
            .await
        })
    }

    /// How many members those groups have, counting whom the caller sees.
    pub fn member_counts<'a>(&'a self, of: &'a [GroupId]) -> Pending<'a, Vec<GroupCount>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read_slow(Operation::ShowGroup, async move |work: &mut Work<'_>| {
                let seen = seen_ids(work, &of).await?;
                let scopes = work.reading(Permission::ReadUsers);
                let (limit, now) = (work.limit(), work.now);
                let counts = members::counts(&mut work.tx, &seen, &scopes, limit, now).await?;
                Ok(counts
                    .into_iter()
                    .map(|(group, total, active)| GroupCount {
                        group,
                        total,
                        active,
                    })
                    .collect())
            })
            .await
        })
    }

    /// Puts somebody into a group; false when they were in it already.
    pub fn add_member(
        &self,
        group: impl Into<GroupRef>,
        user: impl Into<UserRef>,
    ) -> Pending<'_, bool> {
        fn inner(handle: &Handle, group: GroupRef, user: UserRef) -> Pending<'_, bool> {
            Box::pin(async move { Ok(handle.add_members(group, vec![user]).await? > 0) })
        }
        inner(self, group.into(), user.into())
    }

    /// Takes somebody out of a group; false when they were not in it.
    pub fn remove_member(
        &self,
        group: impl Into<GroupRef>,
        user: impl Into<UserRef>,
    ) -> Pending<'_, bool> {
        fn inner(handle: &Handle, group: GroupRef, user: UserRef) -> Pending<'_, bool> {
            Box::pin(async move { Ok(handle.remove_members(group, vec![user]).await? > 0) })
        }
        inner(self, group.into(), user.into())
    }

    /// Who manages those groups, as far as the caller sees the groups: at the caller's dialect, and
    /// natively at any.
    pub fn managers<'a>(&'a self, of: &'a [GroupId]) -> Pending<'a, Vec<GroupManager>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowManagers, async |work: &mut Work<'_>| {
                let seen = seen_ids(work, &of).await?;
                let mut managers = managers::managers(&mut work.tx, &seen).await?;
                if let Some(platform) = work.shown_platform() {
                    managers.retain(|one| {
                        let only = one.platform.as_deref();
                        only.is_none_or(|only| only == platform.word())
                    });
                }
                Ok(managers)
            })
            .await
        })
    }

    /// Ends a manager's part; false when there was none.
    pub fn remove_manager(
        &self,
        group: impl Into<GroupRef>,
        manager: Manager,
    ) -> Pending<'_, bool> {
        fn inner(handle: &Handle, group: GroupRef, manager: Manager) -> Pending<'_, bool> {
            Box::pin(async move {
                handle
                    .write(
                        Operation::ChangeManagers,
                        async move |work: &mut Work<'_>| {
                            let group = changeable(work, &group, ManagerLevel::Manage).await?;
                            let gone =
                                managers::delete_manager(&mut work.tx, group.id, manager).await?;
                            if gone {
                                let detail = json!({ "before": { "manager": named(manager) } });
                                work.event(
                                    "group.manager_removed",
                                    About::group(&group),
                                    Some(detail),
                                )
                                .await?;
                            }
                            Ok(gone)
                        },
                    )
                    .await
            })
        }
        inner(self, group.into(), manager)
    }

    /// The groups that those organisations let their administrators hand out.
    pub fn grantable_groups<'a>(
        &'a self,
        of: &'a [OrganisationId],
    ) -> Pending<'a, Vec<(OrganisationId, GroupId)>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ShowOrganisation, async |work: &mut Work<'_>| {
                let seen = crate::operations::extensions::seen_organisations(work, &of).await?;
                Ok(groups::grantable(&mut work.tx, &seen).await?)
            })
            .await
        })
    }

    /// Replaces the groups that an organisation lets its administrators hand out. Letting others hand
    /// a group out is granting: whoever decides it must hold what the groups bring.
    pub fn set_grantable_groups<'a>(
        &'a self,
        organisation: impl Into<OrganisationRef>,
        wanted: &'a [GroupId],
    ) -> Pending<'a, ()> {
        fn inner<'a>(
            handle: &'a Handle,
            organisation: OrganisationRef,
            wanted: &'a [GroupId],
        ) -> Pending<'a, ()> {
            Box::pin(async move {
                limits::check_references("groups", wanted.len())?;
                let (organisation, wanted) = (organisation, wanted.to_vec());
                handle
                    .write(
                        Operation::ChangeGrantableGroups,
                        async move |work: &mut Work<'_>| {
                            let organisation = work.target_organisation(&organisation).await?;
                            let before: Vec<GroupId> =
                                groups::grantable(&mut work.tx, &[organisation.id])
                                    .await?
                                    .into_iter()
                                    .map(|(_, group)| group)
                                    .collect();
                            work.look_up_groups(&wanted).await?;
                            for group in wanted.iter().filter(|group| !before.contains(group)) {
                                if work.seen_group(*group).await?.is_none() {
                                    return Err(Fault::UnknownReference(Kind::Group).into());
                                }
                                if !covering::covers_group(work, *group, Holder::Anybody).await? {
                                    return Err(Fault::ExceedsOwn.into());
                                }
                            }
                            if before != wanted {
                                groups::put_grantable(&mut work.tx, organisation.id, &wanted)
                                    .await?;
                                let detail = json!({
                                    "before": { "groups": before }, "after": { "groups": wanted },
                                });
                                work.event(
                                    "organisation.grantable_groups_set",
                                    About::organisation(&organisation),
                                    Some(detail),
                                )
                                .await?;
                            }
                            Ok(())
                        },
                    )
                    .await
            })
        }
        inner(self, organisation.into(), wanted)
    }
}

/// A group whose members the caller may change: by reach, as its manager, or because an organisation
/// they administer lists it. Which people they may put in is decided by [`may_hand_out`].
pub(super) async fn handed_out(work: &mut Work<'_>, which: &GroupRef) -> Outcome<Group> {
    let refused = match changeable(work, which, ManagerLevel::Manage).await {
        Ok(group) => return Ok(group),
        Err(stop) => stop,
    };
    if let Some(group) = visible(work, which).await?
        && !delegating(work, group.id).await?.is_empty()
    {
        return Ok(group);
    }
    Err(refused)
}

/// The organisations within the caller's administration that list a group to be handed out: within
/// the reach of managing members, or administered by the membership's flag.
async fn delegating(work: &mut Work<'_>, group: GroupId) -> Outcome<Vec<OrganisationId>> {
    let flagged: Vec<OrganisationId> = work
        .own_memberships()
        .await?
        .into_iter()
        .filter(|membership| membership.administrator)
        .map(|membership| membership.organisation)
        .collect();
    let mut found = Vec::new();
    for organisation in work.listed_by(group).await? {
        if (flagged.contains(&organisation) && work.within_limit(organisation).await?)
            || work
                .reaches_organisation(Permission::ManageMembers, organisation)
                .await?
        {
            found.push(organisation);
        }
    }
    Ok(found)
}

/// The grant rule for groups: the caller holds everything the group brings, or an organisation they
/// administer lists the group and the person is homed there. The caller must also be one who may
/// change the group's members at all.
pub(crate) async fn may_hand_out(work: &mut Work<'_>, user: &User, group: &Group) -> Outcome<()> {
    if delegating(work, group.id).await?.contains(&user.home)
        && covering::hands_on_group(work, group.id).await?
    {
        return Ok(());
    }
    let mut scopes = work.scopes_of(Permission::ManageMembers);
    if work.operation == Operation::CreateUser {
        scopes.extend(work.scopes());
    }
    let platform = work.caller.platform;
    let manages = work.managed().await?.iter().any(|one| {
        one.group == group.id && one.level >= ManagerLevel::Manage && one.counts_at(platform)
    }) && work.within_limit(group.organisation).await?;
    if !manages && !reaches(work, &scopes, group).await? {
        return Err(Fault::Forbidden(Permission::ManageMembers).into());
    }
    if covering::covers_group(work, group.id, Holder::Person(user)).await? {
        Ok(())
    } else {
        Err(Fault::ExceedsOwn.into())
    }
}

/// Puts a user into a group that a request names, with every rule. `places` are the organisations that the
/// user belongs to.
pub(crate) async fn join(
    work: &mut Work<'_>,
    user: &User,
    group: &Group,
    places: &[OrganisationId],
) -> Outcome<()> {
    let mut belongs = false;
    for place in places {
        belongs |= work.ancestors(*place).await?.contains(&group.organisation);
    }
    if !belongs {
        return Err(Fault::invalid(
            "group",
            "takes only people of its organisation and those below",
        )
        .into());
    }
    may_hand_out(work, user, group).await?;
    covering::may_manage_by_joining(work, user, group.id).await?;
    let now = work.now;
    members::insert(&mut work.tx, user.id, group.id, now).await?;
    Ok(())
}

/// The organisations that users belong to, with where these stand in the tree.
pub(super) async fn places_of(
    work: &mut Work<'_>,
    users: &[UserId],
) -> Outcome<HashMap<UserId, Vec<OrganisationId>>> {
    let mut places: HashMap<UserId, Vec<OrganisationId>> = HashMap::new();
    for one in organisations::memberships(&mut work.tx, users).await? {
        places.entry(one.user).or_default().push(one.organisation);
    }
    let all: Vec<OrganisationId> = places.values().flatten().copied().collect();
    work.look_up_organisations(&all).await?;
    Ok(places)
}

/// Puts a user into groups by number, which a request refers to beside its target.
pub(crate) async fn join_named(work: &mut Work<'_>, user: &User, named: &[GroupId]) -> Outcome<()> {
    if named.is_empty() {
        return Ok(());
    }
    limits::check_references("groups", named.len())?;
    work.look_up_groups(named).await?;
    let places = places_of(work, &[user.id]).await?;
    let places = places.get(&user.id).map_or(&[][..], Vec::as_slice);
    for id in named {
        let group = work
            .seen_group(*id)
            .await?
            .ok_or(Fault::UnknownReference(Kind::Group))?;
        join(work, user, &group, places).await?;
    }
    Ok(())
}

/// Takes somebody out of a group, unless it is one that they are in as an owner.
pub(crate) async fn leave(work: &mut Work<'_>, user: &User, group: GroupId) -> Outcome<()> {
    if owners::is_regal_group(work, user.id, group).await? {
        return Err(Fault::Protected(Kind::Grant).into());
    }
    members::delete(&mut work.tx, user.id, group).await?;
    Ok(())
}

/// Makes somebody's groups, among those the dialect shows and the caller may change members of,
/// exactly these. Tells the numbers before and after when that changed anything.
pub(crate) async fn replace(
    work: &mut Work<'_>,
    user: &User,
    wanted: &[GroupId],
) -> Outcome<Option<(Vec<GroupId>, Vec<GroupId>)>> {
    limits::check_references("groups", wanted.len())?;
    let platform = work.shown_platform();
    let narrow = |sql: &mut Sql| groups::push_platform(sql, platform);
    let present: Vec<GroupId> = members::groups_of(&mut work.tx, &[user.id], narrow)
        .await?
        .into_iter()
        .map(|(_, group, _)| group)
        .collect();
    let mut after = present.clone();
    work.look_up_groups(&present).await?;
    for id in &present {
        if wanted.contains(id) || user.primary_group == Some(*id) {
            continue;
        }
        let Some(group) = visible(work, &(*id).into()).await? else {
            continue;
        };
        match may_hand_out(work, user, &group).await {
            Ok(()) => {
                leave(work, user, *id).await?;
                after.retain(|one| one != id);
            }
            // What the caller may not change stays.
            Err(crate::outcome::Abort::Fault(Fault::Forbidden(_))) => {}
            Err(stop) => return Err(stop),
        }
    }
    let mut joined: Vec<GroupId> = Vec::new();
    for id in wanted.iter().filter(|id| !present.contains(id)) {
        if !joined.contains(id) {
            joined.push(*id);
        }
    }
    join_named(work, user, &joined).await?;
    after.extend(joined);
    Ok((after != present).then_some((present, after)))
}
