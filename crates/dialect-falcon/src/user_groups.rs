//! Flight Control: user groups, which are the directory's shared groups of the token's customer, and
//! their members (falcon.md §7).

use std::collections::HashMap;

use axum::extract::Request;
use directory::{
    Direction, Fault, Group, GroupChange, GroupField, GroupId, Kind, NewGroup, Operation, Position,
    Predicate, Query, Ref, Test, UserRef,
};
use kit::{Authenticated, HandlerResult, Pairs};
use uuid::Uuid;

use super::body::{Fields, document};
use super::control::{self, Outcomes};
use super::customers::{self, Customer};
use super::envelope::{self, Pagination};
use super::errors::refused;
use super::map::{group_id, read_group_id};
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

fn shown(group: &Group, at: &Customer) -> wire::UserGroup {
    wire::UserGroup {
        user_group_id: group_id(group.uuid),
        name: group.name.clone(),
        description: group.description.clone().unwrap_or_default(),
        cid: at.cid.shown(),
    }
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
    let sort = sorting::sort(parameters::text(pairs, "sort")?, default_sort, group_sort);
    let (sort, descending) = sort.map_err(refused)?;
    let query = Query {
        predicate: narrowed,
        sort: Some(sort),
        direction: if descending {
            Direction::Down
        } else {
            Direction::Up
        },
        from: Position::Offset(page.offset),
        limit: page.limit,
        total: true,
        ..Query::default()
    };
    let found = request.groups(&query).await?;
    let ids: Vec<String> = found
        .items
        .iter()
        .map(|group| group_id(group.uuid))
        .collect();
    let pagination = Pagination {
        offset: page.offset,
        limit: page.limit,
        total: found.total.unwrap_or(0),
    };
    Ok(envelope::page(&request.info, &ids, pagination))
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

/// The groups of the customer with these ids, in their order; ids of no group give an error each.
pub async fn find(
    request: &Authenticated,
    ids: &[String],
    at: &Customer,
) -> Result<(Vec<Group>, Vec<envelope::ErrorEntry>), Fault> {
    let uuids: Vec<Uuid> = ids.iter().filter_map(|id| read_group_id(id)).collect();
    let values = uuids.iter().map(|uuid| uuid.to_string().into());
    let named = Predicate::Is(GroupField::Uuid, Test::OneOf(values.collect()));
    let query = Query {
        predicate: named.and(of_customer(at)),
        limit: u32::try_from(uuids.len()).unwrap_or(u32::MAX - 1),
        ..Query::default()
    };
    let mut found: HashMap<Uuid, Group> = HashMap::new();
    if !uuids.is_empty() {
        let items = request.groups(&query).await?.items;
        found.extend(items.into_iter().map(|group| (group.uuid, group)));
    }
    let (mut groups, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        match read_group_id(id).and_then(|uuid| found.get(&uuid)) {
            Some(group) => groups.push(group.clone()),
            None => errors.push(control::unknown("user_group_id", id)),
        }
    }
    Ok((groups, errors))
}

/// `GET /mssp/entities/user-groups/v1`, by `user_group_ids`.
pub async fn show_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    show(&request, &pairs, "user_group_ids").await
}

/// `GET /mssp/entities/user-groups/v2`, by `ids`.
pub async fn show_v2(request: Authenticated, pairs: Pairs) -> HandlerResult {
    show(&request, &pairs, "ids").await
}

async fn show(request: &Authenticated, pairs: &Pairs, name: &str) -> HandlerResult {
    request.admit(Operation::ListGroups)?;
    let ids = control::few(parameters::needed_list(pairs, name)?)?;
    let at = customers::own(request).await?;
    let (groups, errors) = find(request, &ids, &at).await?;
    let shown: Vec<_> = groups.iter().map(|group| shown(group, &at)).collect();
    control::answered(&request.info, &shown, errors)
}

/// `GET /mssp/entities/user-group-members/v1`, by `user_group_ids`.
pub async fn members_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    members(&request, &pairs, "user_group_ids").await
}

/// `GET /mssp/entities/user-group-members/v2`, by `ids`.
pub async fn members_v2(request: Authenticated, pairs: Pairs) -> HandlerResult {
    members(&request, &pairs, "ids").await
}

async fn members(request: &Authenticated, pairs: &Pairs, name: &str) -> HandlerResult {
    request.admit(Operation::ListGroups)?;
    let ids = control::few(parameters::needed_list(pairs, name)?)?;
    let at = customers::own(request).await?;
    let (groups, errors) = find(request, &ids, &at).await?;
    let shown = with_members(request, &groups).await?;
    control::answered(&request.info, &shown, errors)
}

/// Groups with those of their members that the caller sees.
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

/// `POST /mssp/entities/user-groups/v1`.
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::CreateGroup, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let made = async {
            let new = NewGroup {
                organisation: Some(at.id),
                name: fields.needed("name")?,
                description: fields.text(&["description"])?,
                ..NewGroup::default()
            };
            request.create_group(new).await
        };
        outcomes.note(made.await.map(|group| shown(&group, &at)))?;
    }
    outcomes.answered(&request.info)
}

/// The group of the customer that a resource names.
async fn named(request: &Authenticated, fields: Fields<'_>, at: &Customer) -> Result<Group, Fault> {
    let id = fields.needed("user_group_id")?;
    by_id(request, &id, at).await
}

/// The group of the customer with that id.
pub async fn by_id(request: &Authenticated, id: &str, at: &Customer) -> Result<Group, Fault> {
    let missing = || control::unknown_fault("user_group_id", id);
    let uuid = read_group_id(id).ok_or_else(missing)?;
    match request.group(Ref::Uuid(uuid)).await {
        Ok(group) if group.organisation == at.id => Ok(group),
        Ok(_) | Err(Fault::NotFound(Kind::Group)) => Err(missing()),
        Err(fault) => Err(fault),
    }
}

/// `PATCH /mssp/entities/user-groups/v1`.
pub async fn update(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::UpdateGroup, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let changed = async {
            let group = named(&request, fields, &at).await?;
            let change = GroupChange {
                name: fields.text(&["name"])?,
                description: fields.text(&["description"])?.map(Some),
                ..GroupChange::default()
            };
            request.update_group(group.id, change).await
        };
        outcomes.note(changed.await.map(|group| shown(&group, &at)))?;
    }
    outcomes.answered(&request.info)
}

/// `DELETE /mssp/entities/user-groups/v1`.
pub async fn delete(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::DeleteGroup)?;
    let ids = control::few(parameters::needed_list(&pairs, "user_group_ids")?)?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for id in ids {
        let gone = async {
            let group = by_id(&request, &id, &at).await?;
            request.delete_group(group.id).await?;
            Ok(id.clone())
        };
        outcomes.note(gone.await)?;
    }
    outcomes.answered(&request.info)
}

/// `POST /mssp/entities/user-group-members/v1`.
pub async fn add_members(request: Authenticated, raw: Request) -> HandlerResult {
    change_members(request, raw, true).await
}

/// `DELETE /mssp/entities/user-group-members/v1`.
pub async fn remove_members(request: Authenticated, raw: Request) -> HandlerResult {
    change_members(request, raw, false).await
}

async fn change_members(request: Authenticated, raw: Request, add: bool) -> HandlerResult {
    let operation = if add {
        Operation::AddMember
    } else {
        Operation::RemoveMember
    };
    let body = document(&request, operation, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let changed = async {
            let group = named(&request, fields, &at).await?;
            let texts = control::few(fields.needed_texts("user_uuids")?)?;
            let uuids = texts
                .iter()
                .map(|text| read_uuid(text))
                .collect::<Result<Vec<_>, _>>()?;
            let users: Vec<UserRef> = uuids.into_iter().map(Ref::Uuid).collect();
            if add {
                request.add_members(group.id, users).await?;
            } else {
                request.remove_members(group.id, users).await?;
            }
            let mut shown = with_members(&request, &[group]).await?;
            shown.pop().ok_or(Fault::NotFound(Kind::Group))
        };
        outcomes.note(changed.await)?;
    }
    outcomes.answered(&request.info)
}
