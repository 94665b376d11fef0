//! Groups: list, make, show, change, delete, and their members.

use std::collections::{BTreeMap, HashMap};

use axum::extract::Request;
use directory::{
    Extended, Fault, GroupChange, GroupDetail, GroupField, GroupId, GroupRole, GroupRoleScope,
    GroupWanted, Handle, Kind, ManagerLevel, NewExtension, NewGroup, Operation, OrganisationId,
    Predicate, Query, Ref, Role, RoleId, Test, UserId,
};
use kit::{Authenticated, HandlerResult, Pairs, Path, RequestError};
use serde_json::{Map, Value};

use crate::catalogue::PLATFORM;
use crate::errors::Failure;
use crate::fields::{Values, one_of, path_id};
use crate::people::{self, People};
use crate::request::{self, done, list as answer_list, paged, success};
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
            let name = names.get(&group.organisation).cloned();
            state(group, name, counts.get(&group.id).copied())
        })
        .collect())
}

/// What every answer tells of a group: what its organisation is called, and how many members are active and are there.
fn state(
    group: &directory::Group,
    organisation: Option<String>,
    counts: Option<(i64, i64)>,
) -> wire::GroupState {
    let (active, total) = counts.unwrap_or_default();
    wire::GroupState {
        id: group.id.number(),
        name: group.name.clone(),
        created_at: map::time(group.created_at),
        updated_at: map::time(group.updated_at),
        description: group.description.clone().filter(|text| !text.is_empty()),
        slug: group.slug.clone(),
        organization_id: group.organisation.number(),
        organization_name: organisation.unwrap_or_default(),
        member_count: active,
        total_member_count: total,
    }
}

/// What one group is shown with.
const DETAIL: GroupWanted = GroupWanted {
    members: MEMBERS,
    of_members: People::wanted(false),
};

/// One group, with what was read as [`DETAIL`].
fn shown(handle: &Handle, detail: GroupDetail) -> wire::Group {
    let (group, document) = (&detail.group, detail.document.as_ref());
    let text = |name: &str| {
        let text = document.and_then(|document| document.get(name));
        text.and_then(Value::as_str).map(str::to_owned)
    };
    let otp = document.and_then(|document| document.get(DOCUMENT[0]));
    let organisation = detail.organisation.as_ref().map(|label| label.name.clone());
    let counts = (detail.count.active, detail.count.total);
    let people = People::of(handle, detail.related);
    let now = handle.now();
    let members = detail.members.iter().map(|user| wire::GroupMember {
        user: map::simple_user(user, people.profile(user.id)),
        email: map::email(user),
        primary_group_id: people.primary_group(user).unwrap_or_default(),
        active: map::is_active(user.standing(now)),
    });
    wire::Group {
        state: state(group, organisation, Some(counts)),
        default_otp_required_for_login: otp.and_then(Value::as_bool),
        role_ids: role_numbers(group, &detail.brought, &detail.roles),
        default_time_zone: text(DOCUMENT[1]),
        default_jobs_label: text(DOCUMENT[2]),
        default_notebooks_label: text(DOCUMENT[3]),
        default_services_label: text(DOCUMENT[4]),
        last_updated_by_id: group.updated_by.map(|id| id.number()),
        created_by_id: group.created_by.map(|id| id.number()),
        members: members.collect(),
    }
}

/// The vendor's numbers of the roles that a group brings in its organisation.
fn role_numbers(group: &directory::Group, brought: &[GroupRole], roles: &[Role]) -> Vec<i64> {
    let scope = GroupRoleScope::Organisation(group.organisation);
    let here = |role: &Role| {
        let mut brought = brought.iter();
        brought.any(|one| one.role == role.id && one.scope == scope)
    };
    let mut numbers: Vec<i64> = roles
        .iter()
        .filter(|role| role.platform == PLATFORM.word() && here(role))
        .map(|role| role.number)
        .collect();
    numbers.sort_unstable();
    numbers
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
    let made = request.create_group_and_show(new, DETAIL).await?;
    Ok(success(operation, &shown(&request, made)))
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
    let id = GroupId(path_id(&id)?);
    let detail = request.group_detail(id, DETAIL).await?;
    Ok(success(&specified::SHOW_GROUP, &shown(&request, detail)))
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
    let changed = changed(&request, id, &values, change).await?;
    Ok(success(operation, &shown(&request, changed)))
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
    let changed = changed(&request, id, &values, change).await?;
    Ok(success(operation, &shown(&request, changed)))
}

/// Makes a change of a group, with the names that a request sends.
async fn changed(
    request: &Authenticated,
    id: GroupId,
    values: &Values,
    change: GroupChange,
) -> Result<GroupDetail, RequestError> {
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
    Ok(request.update_group_and_show(id, change, DETAIL).await?)
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
    let joined = request.add_member_and_show(id, user, DETAIL).await?;
    Ok(success(operation, &shown(&request, joined)))
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
