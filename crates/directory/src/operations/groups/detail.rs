//! Groups with what belongs to them, read in one transaction: that of the write whose answer shows them, if there is one.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    Extended, Fault, Group, GroupChange, GroupCount, GroupDetail, GroupRef, GroupWanted, Kind,
    NewGroup, Permission, Predicate, Query, Test, User, UserField, UserId, UserRef,
};
use crate::operations::users::list;
use crate::operations::users::related::load_related;
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::{extensions, grants, members, organisation_labels};

use super::visibility::visible;
use super::{batch, create, update};
use crate::operations::roles;

impl Handle {
    /// One group the caller sees, with what belongs to it.
    pub fn group_detail(
        &self,
        which: impl Into<GroupRef>,
        wanted: GroupWanted,
    ) -> Pending<'_, GroupDetail> {
        fn inner(
            handle: &Handle,
            which: GroupRef,
            wanted: GroupWanted,
        ) -> Pending<'_, GroupDetail> {
            Box::pin(
                handle.read_slow(Operation::ShowGroup, async move |work: &mut Work<'_>| {
                    let group = visible(work, &which).await?;
                    detail_of(work, group.ok_or(Fault::NotFound(Kind::Group))?, wanted).await
                }),
            )
        }
        inner(self, which.into(), wanted)
    }

    /// Makes a group as [`Handle::create_group`] does, and reads what belongs to it: in one transaction.
    pub fn create_group_and_show(
        &self,
        new: NewGroup,
        wanted: GroupWanted,
    ) -> Pending<'_, GroupDetail> {
        let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
        Box::pin(
            self.write(Operation::CreateGroup, async move |work: &mut Work<'_>| {
                let group = create(work, &new, uuid).await?;
                detail_of(work, group, wanted).await
            }),
        )
    }

    /// Changes a group as [`Handle::update_group`] does, and reads what belongs to it: in one transaction.
    pub fn update_group_and_show(
        &self,
        which: impl Into<GroupRef>,
        change: GroupChange,
        wanted: GroupWanted,
    ) -> Pending<'_, GroupDetail> {
        fn inner(
            handle: &Handle,
            which: GroupRef,
            change: GroupChange,
            wanted: GroupWanted,
        ) -> Pending<'_, GroupDetail> {
            Box::pin(
                handle.write(Operation::UpdateGroup, async move |work: &mut Work<'_>| {
                    let group = update(work, &which, &change).await?;
                    detail_of(work, group, wanted).await
                }),
            )
        }
        inner(self, which.into(), change, wanted)
    }

    /// Puts a user into a group, and reads what belongs to the group: in one transaction.
    pub fn add_member_and_show(
        &self,
        group: impl Into<GroupRef>,
        user: impl Into<UserRef>,
        wanted: GroupWanted,
    ) -> Pending<'_, GroupDetail> {
        fn inner(
            handle: &Handle,
            which: GroupRef,
            user: UserRef,
            wanted: GroupWanted,
        ) -> Pending<'_, GroupDetail> {
            Box::pin(
                handle.write(Operation::AddMember, async move |work: &mut Work<'_>| {
                    batch::add(work, &which, &user).await?;
                    let group = visible(work, &which).await?;
                    detail_of(work, group.ok_or(Fault::NotFound(Kind::Group))?, wanted).await
                }),
            )
        }
        inner(self, group.into(), user.into(), wanted)
    }
}

/// What belongs to a group that the caller sees.
async fn detail_of(work: &mut Work<'_>, group: Group, wanted: GroupWanted) -> Outcome<GroupDetail> {
    let (id, number) = (group.id, [group.id.0]);
    let platform = work.caller.platform.word();
    let documents = extensions::documents(&mut work.tx, Extended::Group, &number, platform).await?;
    let labels = organisation_labels::load(&mut work.tx, &[group.organisation]).await?;
    let scopes = work.reading(Permission::ReadUsers);
    let (limit, now) = (work.limit(), work.now);
    let counts = members::counts(&mut work.tx, &[id], &scopes, limit, now).await?;
    let (total, active) = counts
        .first()
        .map_or((0, 0), |(_, total, active)| (*total, *active));
    let brought = grants::group_roles(&mut work.tx, &[id]).await?;
    let roles: Vec<_> = brought.iter().map(|one| one.role).collect();
    let roles = roles::visible_roles(work, &roles).await?;
    let members = match total {
        0 => Vec::new(),
        _ => members_of(work, &group, wanted.members).await?,
    };
    let ids: Vec<UserId> = members.iter().map(|user| user.id).collect();
    let related = load_related(work, &ids, wanted.of_members).await?;
    Ok(GroupDetail {
        group,
        document: documents.into_iter().next().map(|(_, document)| document),
        organisation: labels.into_iter().next(),
        count: GroupCount {
            group: id,
            total,
            active,
        },
        brought,
        roles,
        members,
        related,
    })
}

async fn members_of(work: &mut Work<'_>, group: &Group, limit: u32) -> Outcome<Vec<User>> {
    let query = Query {
        predicate: Predicate::Is(UserField::Group, Test::Equals(group.id.0.into())),
        sort: Some(UserField::Id),
        limit,
        ..Query::default()
    };
    Ok(list::page(work, &query).await?.items)
}
