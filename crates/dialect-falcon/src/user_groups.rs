//! Flight Control: user groups, which are the directory's shared groups of the token's customer, and
//! their members (falcon.md §7).

use std::collections::HashMap;

use axum::extract::Request;
use directory::{
    Fault, Group, GroupChange, GroupField, GroupId, Kind, NewGroup, Operation, OrganisationId,
    Predicate, Query, Ref, Test, UserRef,
};
use kit::{Authenticated, HandlerResult, Pairs};
use uuid::Uuid;

use super::body::Fields;
use super::control;
use super::customers::{self, Customer};
use super::envelope;
use super::groups::{self, Groups};
use super::map::group_id;
use super::parameters::{self, LARGEST_CONTROL_PAGE, Page, read_uuid};
use super::sorting;
use super::users::user_fault;
use super::wire;

fn of_customer(at: &Customer) -> Predicate<GroupField> {
    Predicate::Is(
        GroupField::Organisation,
        Test::Equals(at.id.number().into()),
    )
}

/// What groups are sorted by.
fn group_sort(property: &str) -> Option<GroupField> {
    match property {
        "name" => Some(GroupField::Name),
        "last_modified_timestamp" => Some(GroupField::UpdatedAt),
        _ => None,
    }
}

async fn paged(
    request: &Authenticated,
    pairs: &Pairs,
    page: Page,
    narrowed: Predicate<GroupField>,
    default_sort: &str,
) -> HandlerResult {
    let order = sorting::order(pairs, default_sort, group_sort)?;
    let query = page.query(narrowed, order);
    let found = request.groups(&query).await?;
    let ids: Vec<String> = found
        .items
        .iter()
        .map(|group| group_id(group.uuid))
        .collect();
    Ok(envelope::page(&request.info, &ids, page.of(found.total)))
}

/// `GET /mssp/queries/user-groups/v1`.
pub async fn query(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListGroups)?;
    let page = parameters::page(&pairs, 10, LARGEST_CONTROL_PAGE)?;
    let mut narrowed = of_customer(&customers::own(&request).await?);
    if let Some(name) = parameters::text(&pairs, "name")? {
        narrowed = narrowed.and(Predicate::Is(GroupField::Name, Test::Equals(name.into())));
    }
    paged(&request, &pairs, page, narrowed, "name|asc").await
}

/// `GET /mssp/queries/user-group-members/v1`: the groups that a user is in.
pub async fn query_members(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListGroups)?;
    let page = parameters::page(&pairs, 10, LARGEST_CONTROL_PAGE)?;
    let mut narrowed = of_customer(&customers::own(&request).await?);
    if parameters::text(&pairs, "user_uuid")?.is_some() {
        let id = parameters::user_uuid(&pairs)?;
        let user = request.user(Ref::Uuid(id)).await;
        let user = user.map_err(|fault| user_fault(fault, id))?;
        let number = user.id.number().into();
        narrowed = narrowed.and(Predicate::Is(GroupField::Member, Test::Equals(number)));
    }
    paged(
        &request,
        &pairs,
        page,
        narrowed,
        "last_modified_timestamp|desc",
    )
    .await
}

/// User groups.
pub struct UserGroups;

impl Groups for UserGroups {
    type Group = Group;
    type Shown = wire::UserGroup;
    type Members = wire::UserGroupMembers;
    const KIND: Kind = Kind::Group;
    const LIST: Operation = Operation::ListGroups;
    const CREATE: Operation = Operation::CreateGroup;
    const UPDATE: Operation = Operation::UpdateGroup;
    const DELETE: Operation = Operation::DeleteGroup;
    const ADD: Operation = Operation::AddMember;
    const REMOVE: Operation = Operation::RemoveMember;
    const ID: &'static str = "user_group_id";
    const IDS: &'static str = "user_group_ids";

    async fn known(
        request: &Authenticated,
        uuids: &[Uuid],
        at: &Customer,
    ) -> Result<HashMap<Uuid, Group>, Fault> {
        let values = uuids.iter().map(|uuid| uuid.to_string().into());
        let named = Predicate::Is(GroupField::Uuid, Test::OneOf(values.collect()));
        let query = Query {
            predicate: named.and(of_customer(at)),
            limit: u32::try_from(uuids.len()).unwrap_or(u32::MAX - 1),
            ..Query::default()
        };
        let found = request.groups(&query).await?.items;
        Ok(found.into_iter().map(|group| (group.uuid, group)).collect())
    }

    async fn get(request: &Authenticated, uuid: Uuid) -> Result<Group, Fault> {
        request.group(Ref::Uuid(uuid)).await
    }

    fn organisation(group: &Group) -> OrganisationId {
        group.organisation
    }

    async fn create(
        request: &Authenticated,
        at: &Customer,
        name: String,
        description: Option<String>,
    ) -> Result<Group, Fault> {
        let new = NewGroup {
            organisation: Some(at.id),
            name,
            description,
            ..NewGroup::default()
        };
        request.create_group(new).await
    }

    async fn update(
        request: &Authenticated,
        group: &Group,
        name: Option<String>,
        description: Option<String>,
    ) -> Result<Group, Fault> {
        let change = GroupChange {
            name,
            description: description.map(Some),
            ..GroupChange::default()
        };
        request.update_group(group.id, change).await
    }

    async fn delete(request: &Authenticated, group: &Group) -> Result<(), Fault> {
        request.delete_group(group.id).await?;
        Ok(())
    }

    async fn change_members(
        request: &Authenticated,
        group: &Group,
        fields: Fields<'_>,
        add: bool,
    ) -> Result<(), Fault> {
        let texts = control::few(fields.needed_texts("user_uuids")?)?;
        let uuids = texts.iter().map(|text| read_uuid(text).map(Ref::Uuid));
        let users = uuids.collect::<Result<Vec<UserRef>, _>>()?;
        if add {
            request.add_members(group.id, users).await?;
        } else {
            request.remove_members(group.id, users).await?;
        }
        Ok(())
    }

    fn shown(group: &Group, at: &Customer) -> wire::UserGroup {
        wire::UserGroup {
            user_group_id: group_id(group.uuid),
            name: group.name.clone(),
            description: group.description.clone().unwrap_or_default(),
            cid: at.cid.shown(),
        }
    }

    async fn with_members(
        request: &Authenticated,
        groups: &[Group],
    ) -> Result<Vec<wire::UserGroupMembers>, Fault> {
        let ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
        let pairs = request.members_of(&ids).await?;
        let mut people: Vec<_> = pairs.iter().map(|(_, user)| *user).collect();
        people.sort_unstable();
        people.dedup();
        let mut uuids = HashMap::new();
        for chunk in people.chunks(1_000) {
            let users = request.users_by_id(chunk).await?;
            uuids.extend(users.into_iter().map(|user| (user.id, user.uuid)));
        }
        Ok(groups
            .iter()
            .map(|group| wire::UserGroupMembers {
                user_group_id: group_id(group.uuid),
                user_uuids: pairs
                    .iter()
                    .filter(|(of, _)| *of == group.id)
                    .filter_map(|(_, user)| uuids.get(user).copied())
                    .collect(),
            })
            .collect())
    }
}

/// `GET /mssp/entities/user-groups/v1`, by `user_group_ids`.
pub async fn show_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    groups::show::<UserGroups>(&request, &pairs, "user_group_ids").await
}

/// `GET /mssp/entities/user-groups/v2`, by `ids`.
pub async fn show_v2(request: Authenticated, pairs: Pairs) -> HandlerResult {
    groups::show::<UserGroups>(&request, &pairs, "ids").await
}

/// `GET /mssp/entities/user-group-members/v1`, by `user_group_ids`.
pub async fn members_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    groups::members::<UserGroups>(&request, &pairs, "user_group_ids").await
}

/// `GET /mssp/entities/user-group-members/v2`, by `ids`.
pub async fn members_v2(request: Authenticated, pairs: Pairs) -> HandlerResult {
    groups::members::<UserGroups>(&request, &pairs, "ids").await
}

/// `POST /mssp/entities/user-groups/v1`.
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    groups::create::<UserGroups>(request, raw).await
}

/// `PATCH /mssp/entities/user-groups/v1`.
pub async fn update(request: Authenticated, raw: Request) -> HandlerResult {
    groups::update::<UserGroups>(request, raw).await
}

/// `DELETE /mssp/entities/user-groups/v1`.
pub async fn delete(request: Authenticated, pairs: Pairs) -> HandlerResult {
    groups::delete::<UserGroups>(request, pairs).await
}

/// `POST /mssp/entities/user-group-members/v1`.
pub async fn add_members(request: Authenticated, raw: Request) -> HandlerResult {
    groups::change_members::<UserGroups>(request, raw, true).await
}

/// `DELETE /mssp/entities/user-group-members/v1`.
pub async fn remove_members(request: Authenticated, raw: Request) -> HandlerResult {
    groups::change_members::<UserGroups>(request, raw, false).await
}
