//! Groups: list, make, show, change, delete, and their members.

use std::collections::{BTreeMap, HashMap};

use axum::extract::Request;
use directory::{
    Extended, Fault, GroupChange, GroupField, GroupId, GroupRoleScope, Handle, Kind, ManagerLevel,
    NewExtension, NewGroup, Operation, OrganisationId, Predicate, Query, Ref, RoleId, Test,
    UserField, UserId,
};
use kit::{Authenticated, HandlerResult, Pairs, Path, RequestError};
use serde_json::{Map, Value};

use crate::catalogue::PLATFORM;
use crate::errors::Failure;
use crate::fields::{Values, one_of, path_id};
use crate::people::{self, People};
use crate::request::{self, after_writing, done, list as answer_list, paged, success};
use crate::specification::operations as specified;
use crate::{map, wire};

/// How many members an answer lists at most.
const MEMBERS: u32 = 10_000;

/// What a group's document keeps: what only this dialect knows of it.
const DOCUMENT: [&str; 5] = [
    "default_otp_required_for_login",
    "default_time_zone",
    "default_jobs_label",
    "default_notebooks_label",
    "default_services_label",
];

/// `GET /groups/`
pub async fn list(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let operation = &specified::LIST_GROUPS;
    let (values, page) = request::page(&request, Operation::ListGroups, operation, &pairs)?;
    let query = Query {
        predicate: filter(&values),
        sort: Some(match page.order {
            "created_at" => GroupField::CreatedAt,
            _ => GroupField::Name,
        }),
        ..paged(page)
    };
    let permission = match values.text("permission") {
        None => None,
        Some(word) => Some(one_of("permission", word, &["read", "write", "manage"])?),
    };
    let found = match permission {
        Some("write") => {
            request
                .groups_managed_at(ManagerLevel::Write, &query)
                .await?
        }
        Some("manage") => {
            request
                .groups_managed_at(ManagerLevel::Manage, &query)
                .await?
        }
        _ => request.groups(&query).await?,
    };
    let ids: Vec<GroupId> = found.items.iter().map(|group| group.id).collect();
    let mut members: HashMap<GroupId, Vec<wire::SimpleUser>> = HashMap::new();
    if values.flag("include_members") == Some(true) {
        let pairs = request.members_of(&ids).await?;
        let users: Vec<UserId> = pairs.iter().map(|(_, user)| *user).collect();
        let simple = people::simple_users(&request, &unique(users)).await?;
        for (group, user) in pairs {
            members
                .entry(group)
                .or_default()
                .extend(simple.get(&user).cloned());
        }
    }
    let states = states(&request, &found.items).await?;
    let rows: Vec<wire::GroupSummary> = found
        .items
        .iter()
        .zip(states)
        .map(|(group, state)| wire::GroupSummary {
            state,
            last_updated_by_id: group.updated_by.map(|id| id.number()),
            created_by_id: group.created_by.map(|id| id.number()),
            members: members.remove(&group.id).unwrap_or_default(),
        })
        .collect();
    Ok(answer_list(&rows, page, found.total))
}

fn unique(mut users: Vec<UserId>) -> Vec<UserId> {
    users.sort_unstable();
    users.dedup();
    users
}

fn filter(values: &Values) -> Predicate<GroupField> {
    let mut predicate = Predicate::All;
    if let Some(text) = values.text("query").filter(|text| !text.is_empty()) {
        let part = Test::Contains(text.to_owned());
        predicate = predicate.and(Predicate::Is(GroupField::Name, part));
    }
    if let Some(organisation) = values.integer("organization_id") {
        let test = Test::Equals(organisation.into());
        predicate = predicate.and(Predicate::Is(GroupField::Organisation, test));
    }
    if let Some(users) = values.integers("user_ids") {
        let users = users.into_iter().map(Into::into).collect();
        predicate = predicate.and(Predicate::Is(GroupField::Member, Test::OneOf(users)));
    }
    predicate
}

/// What every answer tells of groups, in their order.
async fn states(
    handle: &Handle,
    groups: &[directory::Group],
) -> Result<Vec<wire::GroupState>, Fault> {
    let ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
    let labels = handle.organisation_labels(&[], &ids).await?;
    let names: HashMap<OrganisationId, String> = labels
        .into_iter()
        .map(|label| (label.id, label.name))
        .collect();
    let counts = handle.member_counts(&ids).await?;
    let counts: HashMap<GroupId, (i64, i64)> = counts
        .into_iter()
        .map(|count| (count.group, (count.active, count.total)))
        .collect();
    Ok(groups
        .iter()
        .map(|group| {
            let (active, total) = counts.get(&group.id).copied().unwrap_or_default();
            wire::GroupState {
                id: group.id.number(),
                name: group.name.clone(),
                created_at: map::time(group.created_at),
                updated_at: map::time(group.updated_at),
                description: group.description.clone().filter(|text| !text.is_empty()),
                slug: group.slug.clone(),
                organization_id: group.organisation.number(),
                organization_name: names.get(&group.organisation).cloned().unwrap_or_default(),
                member_count: active,
                total_member_count: total,
            }
        })
        .collect())
}

async fn shown(handle: &Handle, group: &directory::Group) -> Result<wire::Group, Fault> {
    let number = group.id.number();
    let mut states = states(handle, std::slice::from_ref(group)).await?;
    let state = states.pop().ok_or(Fault::NotFound(Kind::Group))?;
    let documents = handle.extensions(Extended::Group, &[number]).await?;
    let document = documents.get(&number);
    let text = |name: &str| {
        let text = document.and_then(|document| document.get(name));
        text.and_then(Value::as_str).map(str::to_owned)
    };
    let otp = document.and_then(|document| document.get(DOCUMENT[0]));
    Ok(wire::Group {
        state,
        default_otp_required_for_login: otp.and_then(Value::as_bool),
        role_ids: role_numbers(handle, group).await?,
        default_time_zone: text(DOCUMENT[1]),
        default_jobs_label: text(DOCUMENT[2]),
        default_notebooks_label: text(DOCUMENT[3]),
        default_services_label: text(DOCUMENT[4]),
        last_updated_by_id: group.updated_by.map(|id| id.number()),
        created_by_id: group.created_by.map(|id| id.number()),
        members: members(handle, group.id).await?,
    })
}

/// The vendor's numbers of the roles that a group brings in its organisation.
async fn role_numbers(handle: &Handle, group: &directory::Group) -> Result<Vec<i64>, Fault> {
    let scope = GroupRoleScope::Organisation(group.organisation);
    let brought = handle.group_roles(&[group.id]).await?;
    let ids: Vec<RoleId> = brought
        .into_iter()
        .filter(|role| role.scope == scope)
        .map(|role| role.role)
        .collect();
    let roles = handle.roles_by_id(&ids).await?;
    let mut numbers: Vec<i64> = roles
        .into_iter()
        .filter(|role| role.platform == PLATFORM.word())
        .map(|role| role.number)
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

async fn members(handle: &Handle, group: GroupId) -> Result<Vec<wire::GroupMember>, Fault> {
    let query = Query {
        sort: Some(UserField::Id),
        limit: MEMBERS,
        ..Query::default()
    };
    let users = handle.members(group, &query).await?.items;
    let people = People::load(handle, &users, false).await?;
    let now = handle.now();
    Ok(users
        .iter()
        .map(|user| wire::GroupMember {
            user: map::simple_user(user, people.profile(user.id)),
            email: map::email(user),
            primary_group_id: people.primary_group(user).unwrap_or_default(),
            active: map::is_active(user.standing(now)),
        })
        .collect())
}

/// `POST /groups/`
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    let operation = &specified::CREATE_GROUP;
    let values = request::body(&request, Operation::CreateGroup, operation, raw).await?;
    let uuid = request.state().directory().seams().random_uuid();
    let new = NewGroup {
        uuid: Some(uuid),
        organisation: values.integer("organization_id").map(OrganisationId),
        name: values.needed("name"),
        // Quirk: a group without a slug gets a UUID for one (civis.md §5).
        slug: Some(
            values
                .text("slug")
                .map_or_else(|| uuid.to_string(), str::to_owned),
        ),
        description: values.text_change("description").flatten(),
        roles: role_ids(&request, &values).await?.unwrap_or_default(),
        managed_by_creator: true,
        extension: Some(document(&values, Map::new())),
        ..NewGroup::default()
    };
    let group = request.create_group(new).await?;
    let shown = shown(&request, &group).await.map_err(after_writing)?;
    Ok(success(operation, &shown))
}

/// The roles that a body names by the vendor's numbers.
async fn role_ids(
    request: &Authenticated,
    values: &Values,
) -> Result<Option<Vec<RoleId>>, RequestError> {
    let Some(numbers) = values.integers("role_ids") else {
        return Ok(None);
    };
    let mut ids = Vec::with_capacity(numbers.len());
    for number in numbers {
        let role = request.role_by_number(PLATFORM, number).await;
        ids.push(role.map_err(people::unknown(Kind::Role))?.id);
    }
    Ok(Some(ids))
}

/// The document of a group after a request, from the one before it.
fn document(values: &Values, mut before: Map<String, Value>) -> NewExtension {
    for name in DOCUMENT {
        match values.raw(name) {
            None => {}
            Some(Value::Null) => {
                before.shift_remove(name);
            }
            Some(value) => {
                before.insert(name.to_owned(), value.clone());
            }
        }
    }
    NewExtension {
        document: Value::Object(before),
        ..NewExtension::default()
    }
}

/// `GET /groups/{id}`
pub async fn show(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let group = request.group(GroupId(path_id(&id)?)).await?;
    Ok(success(
        &specified::SHOW_GROUP,
        &shown(&request, &group).await?,
    ))
}

/// `PUT /groups/{id}`: what is not sent is cleared.
pub async fn replace(
    request: Authenticated,
    Path(id): Path<String>,
    raw: Request,
) -> HandlerResult {
    let operation = &specified::REPLACE_GROUP;
    let values = request::body(&request, Operation::UpdateGroup, operation, raw).await?;
    let id = GroupId(path_id(&id)?);
    let change = GroupChange {
        description: Some(values.text_change("description").flatten()),
        roles: Some(role_ids(&request, &values).await?.unwrap_or_default()),
        extension: Some(document(&values, Map::new())),
        ..GroupChange::default()
    };
    let group = changed(&request, id, &values, change).await?;
    Ok(success(operation, &shown(&request, &group).await?))
}

/// `PATCH /groups/{id}`: only what is sent changes.
pub async fn update(request: Authenticated, Path(id): Path<String>, raw: Request) -> HandlerResult {
    let operation = &specified::CHANGE_GROUP;
    let values = request::body(&request, Operation::UpdateGroup, operation, raw).await?;
    let id = GroupId(path_id(&id)?);
    let documented = DOCUMENT.iter().any(|name| values.has(name));
    let extension = if documented {
        let number = id.number();
        let stored = request.extensions(Extended::Group, &[number]).await?;
        let before = stored.get(&number).and_then(Value::as_object).cloned();
        Some(document(&values, before.unwrap_or_default()))
    } else {
        None
    };
    let change = GroupChange {
        description: values.text_change("description"),
        roles: role_ids(&request, &values).await?,
        extension,
        ..GroupChange::default()
    };
    let group = changed(&request, id, &values, change).await?;
    Ok(success(operation, &shown(&request, &group).await?))
}

/// Makes a change of a group, with the names that a request sends.
async fn changed(
    request: &Authenticated,
    id: GroupId,
    values: &Values,
    change: GroupChange,
) -> Result<directory::Group, RequestError> {
    if let Some(organisation) = values.integer("organization_id") {
        let present = request.group(id).await?;
        if present.organisation.number() != organisation {
            return Err(Failure::validation("a group's organization cannot be changed").into());
        }
    }
    let change = GroupChange {
        name: values.text("name").map(str::to_owned),
        slug: values.text("slug").map(str::to_owned),
        ..change
    };
    Ok(request.update_group(id, change).await?)
}

/// `DELETE /groups/{id}`
pub async fn delete(request: Authenticated, Path(id): Path<String>, raw: Request) -> HandlerResult {
    let operation = &specified::DELETE_GROUP;
    request::body(&request, Operation::DeleteGroup, operation, raw).await?;
    request.delete_group(GroupId(path_id(&id)?)).await?;
    Ok(done())
}

/// `PUT /groups/{id}/members/{user_id}`
pub async fn add_member(
    request: Authenticated,
    Path((id, user)): Path<(String, String)>,
    raw: Request,
) -> HandlerResult {
    let operation = &specified::ADD_MEMBER;
    request::body(&request, Operation::AddMember, operation, raw).await?;
    let (id, user) = (GroupId(path_id(&id)?), UserId(path_id(&user)?));
    request.add_member(id, user).await?;
    let group = request.group(id).await?;
    Ok(success(operation, &shown(&request, &group).await?))
}

/// `DELETE /groups/{id}/members/{user_id}`
pub async fn remove_member(
    request: Authenticated,
    Path((id, user)): Path<(String, String)>,
    raw: Request,
) -> HandlerResult {
    let operation = &specified::REMOVE_MEMBER;
    request::body(&request, Operation::RemoveMember, operation, raw).await?;
    let (id, user) = (GroupId(path_id(&id)?), UserId(path_id(&user)?));
    // The primary group is one of the user's groups for as long as it is the primary one.
    if request.user(user).await?.primary_group == Some(id) {
        return Err(Failure::validation("this is the user's primary group").into());
    }
    request.remove_member(id, user).await?;
    Ok(done())
}

/// `GET /groups/{id}/child_groups`
pub async fn children(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let managed = request.groups_managed_by(GroupId(path_id(&id)?)).await?;
    let mut children = wire::ChildGroups::default();
    for (group, level) in managed {
        let list = match level {
            ManagerLevel::Read => &mut children.readable,
            ManagerLevel::Write => &mut children.writeable,
            ManagerLevel::Manage => &mut children.manageable,
        };
        list.push(named(&group));
    }
    Ok(success(&specified::SHOW_CHILD_GROUPS, &children))
}

/// A group by number and name.
pub fn named(group: &directory::Group) -> wire::Named {
    wire::Named {
        id: group.id.number(),
        name: group.name.clone(),
    }
}

/// Groups of those numbers by number and name, as far as the caller sees them.
pub async fn named_groups(
    handle: &Handle,
    ids: &[GroupId],
) -> Result<BTreeMap<GroupId, wire::Named>, Fault> {
    let groups = handle.groups_by_id(ids).await?;
    Ok(groups
        .iter()
        .map(|group| (group.id, named(group)))
        .collect())
}

/// A group that a path names, if the caller sees it.
pub async fn seen(request: &Authenticated, id: &str) -> Result<GroupId, RequestError> {
    Ok(request.group(Ref::Id(GroupId(path_id(id)?))).await?.id)
}
