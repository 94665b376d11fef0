//! What hangs on groups: their managers, the roles they bring, and which of them an organisation's
//! administrators may hand out.

use std::sync::Arc;

use directory::{
    GroupId, GroupRef, GroupRole, GroupRoleId, GroupRoleScope, Kind, Manager, ManagerLevel,
    OrganisationId, UserId,
};
use schemars::JsonSchema;
use serde::Serialize;

use kit::Authenticated;

use super::answers;
use super::bodies::{Sent, Word, Worded, body};
use super::errors::Problem;
use super::fields::Named;
use super::groups::GroupBody;
use super::lists;
use super::references;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::roles::RoleBody;

/// The words of what managers may do.
impl Worded for ManagerLevel {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("read", ManagerLevel::Read),
        ("write", ManagerLevel::Write),
        ("manage", ManagerLevel::Manage),
    ];
}

body! {
    pub struct ManagerLevelBody as "ManagerLevel" {
        level: needed Word<ManagerLevel>,
    }
}

/// A manager of a group: a user, or everybody in a group.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Manager")]
pub struct ManagerBody {
    user: Option<i64>,
    group: Option<i64>,
    level: ManagerLevel,
    /// The platform at whose API alone this counts; none is every API.
    platform: Option<String>,
}

impl ManagerBody {
    fn of(manager: Manager, level: ManagerLevel, platform: Option<String>) -> Self {
        let (user, group) = match manager {
            Manager::User(user) => (Some(user.0), None),
            Manager::Group(group) => (None, Some(group.0)),
        };
        Self {
            user,
            group,
            level,
            platform,
        }
    }
}

/// `GET /groups/{group}/managers`
pub async fn managers(request: Authenticated) -> Answer {
    let group = request.group(request.reference::<GroupId>(0)).await?.id;
    let managers = request.managers(&[group]).await?;
    lists::sliced(
        &request,
        &managers,
        |row| match row.manager {
            Manager::User(user) => format!("u{}", lists::numbered(user.0)),
            Manager::Group(group) => format!("g{}", lists::numbered(group.0)),
        },
        |row| ManagerBody::of(row.manager, row.level, row.platform.clone()),
    )
}

/// `PUT /groups/{group}/managers/users/{user}`, body `{"level": "manage"}`.
pub async fn put_user(request: Authenticated, body: Sent<ManagerLevelBody>) -> Answer {
    let level = level(&request, body)?;
    let user = Some(request.user(request.reference::<UserId>(1)).await?.id);
    put(request, user.map(Manager::User), level).await
}

/// `PUT /groups/{group}/managers/groups/{manager}`
pub async fn put_group(request: Authenticated, body: Sent<ManagerLevelBody>) -> Answer {
    let level = level(&request, body)?;
    let group = Some(request.group(request.reference::<GroupId>(1)).await?.id);
    put(request, group.map(Manager::Group), level).await
}

fn level(request: &Authenticated, body: Sent<ManagerLevelBody>) -> Result<ManagerLevel, Problem> {
    lists::only(&request.query()?.0, &[])?;
    Ok(body.read()?.level.0)
}

async fn put(request: Authenticated, manager: Option<Manager>, level: ManagerLevel) -> Answer {
    let manager = manager.ok_or_else(|| Problem::not_found(Kind::User))?;
    let group: GroupRef = request.reference(0);
    request.set_manager(group, manager, level).await?;
    Reply::shown(&ManagerBody::of(manager, level, None))
}

/// `DELETE /groups/{group}/managers/users/{user}`
pub async fn remove_user(request: Authenticated) -> Answer {
    let user = Some(request.user(request.reference::<UserId>(1)).await?.id);
    remove(request, user.map(Manager::User)).await
}

/// `DELETE /groups/{group}/managers/groups/{manager}`
pub async fn remove_group(request: Authenticated) -> Answer {
    let group = Some(request.group(request.reference::<GroupId>(1)).await?.id);
    remove(request, group.map(Manager::Group)).await
}

async fn remove(request: Authenticated, manager: Option<Manager>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let manager = manager.ok_or_else(|| Problem::not_found(Kind::User))?;
    let group: GroupRef = request.reference(0);
    request.remove_manager(group, manager).await?;
    Reply::nothing()
}

/// A role that a group brings.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GroupRole")]
pub struct GroupRoleBody<'a> {
    /// Null in a dry run: there is no such row.
    number: Option<i64>,
    role: Option<RoleBody<'a>>,
    organisation: Option<i64>,
    collection: Option<i64>,
}

impl<'a> GroupRoleBody<'a> {
    fn of(row: &GroupRole, role: Option<&'a directory::Role>) -> Self {
        let (organisation, collection) = match row.scope {
            GroupRoleScope::Organisation(organisation) => (Some(organisation.0), None),
            GroupRoleScope::Collection(collection) => (None, Some(collection.0)),
        };
        Self {
            number: Some(row.id.0).filter(|number| *number != 0),
            role: role.map(RoleBody::of),
            organisation,
            collection,
        }
    }
}

/// `GET /groups/{group}/roles`
pub async fn roles(request: Authenticated) -> Answer {
    let group = request.group(request.reference::<GroupId>(0)).await?.id;
    let rows = request.group_roles(&[group]).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.role).collect();
    let roles = request.roles_by_id(&ids).await?;
    lists::sliced(
        &request,
        &rows,
        |row| lists::numbered(row.id.0),
        |row| GroupRoleBody::of(row, roles.iter().find(|role| role.id == row.role)),
    )
}

body! {
    pub struct NewGroupRoleBody as "NewGroupRole" {
        role: needed Named,
        organisation: optional Named,
        collection: optional Named,
    }
}

/// `POST /groups/{group}/roles`: a role, in an organisation (the group's unless said otherwise) or in
/// each organisation of a collection.
pub async fn add_role(request: Authenticated, body: Sent<NewGroupRoleBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let handle = &request;
    let group = handle.group(request.reference::<GroupId>(0)).await?;
    let role = references::role(handle, "role", Some(sent.role)).await?;
    let organisation = references::organisation(handle, "organisation", sent.organisation).await?;
    let collection = references::collection(handle, "collection", sent.collection).await?;
    let scope = match (organisation, collection) {
        (Some(_), Some(_)) => {
            let why = "cannot stand beside `organisation`";
            return Err(Problem::invalid("collection", why));
        }
        (None, Some(collection)) => GroupRoleScope::Collection(collection),
        (organisation, None) => {
            GroupRoleScope::Organisation(organisation.unwrap_or(group.organisation))
        }
    };
    let Some(role) = role else {
        return Err(Problem::invalid("role", "is needed"));
    };
    let roles = handle.roles_by_id(&[role]).await?;
    let (info, is_dry_run) = (Arc::clone(&request.info), request.is_dry_run());
    let (group, uuid) = (group.id, group.uuid);
    let show = move |(fresh, row): &(bool, GroupRole)| {
        let mut row = row.clone();
        if *fresh && is_dry_run {
            // It is gone again, and has no number.
            row.id = GroupRoleId(0);
        }
        let location = format!("/groups/{uuid}/roles/{}", row.id);
        let body = GroupRoleBody::of(&row, roles.first());
        let mut reply = Reply::made(&info, &location, None, &body)?;
        if !fresh {
            // The group brought it before: nothing was made.
            reply.status = 200;
        }
        Ok(reply)
    };
    answers::once(&request, handle, show, |handle| {
        handle.add_group_role_and_show(group, role, scope)
    })
    .await
}

/// `DELETE /groups/{group}/roles/{number}`
pub async fn remove_role(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let group = request.group(request.reference::<GroupId>(0)).await?.id;
    let Named::Number(number) = request.named(1) else {
        return Err(Problem::not_found(Kind::Grant));
    };
    let rows = request.group_roles(&[group]).await?;
    let Some(row) = rows.iter().find(|row| row.id.0 == number) else {
        return Err(Problem::not_found(Kind::Grant));
    };
    request
        .remove_group_role(group, row.role, row.scope)
        .await?;
    Reply::nothing()
}

/// `GET /organisations/{organisation}/grantable-groups`
pub async fn grantable(request: Authenticated) -> Answer {
    let organisation = request
        .organisation(request.reference::<OrganisationId>(0))
        .await?
        .id;
    shown_grantable(&request, organisation).await
}

body! {
    pub struct GrantableGroupsBody as "GrantableGroups" {
        groups: needed Vec<Named>,
    }
}

/// `PUT /organisations/{organisation}/grantable-groups`, body `{"groups": [...]}`.
pub async fn put_grantable(request: Authenticated, body: Sent<GrantableGroupsBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let GrantableGroupsBody { groups } = body.read()?;
    let organisation = request
        .organisation(request.reference::<OrganisationId>(0))
        .await?
        .id;
    let groups = references::groups(&request, "groups", Some(groups)).await?;
    request.set_grantable_groups(organisation, &groups).await?;
    if request.is_dry_run() {
        return show_groups(&request, &groups).await;
    }
    shown_grantable(&request, organisation).await
}

async fn shown_grantable(request: &Authenticated, organisation: OrganisationId) -> Answer {
    let rows = request.grantable_groups(&[organisation]).await?;
    let ids: Vec<GroupId> = rows.iter().map(|(_, group)| *group).collect();
    show_groups(request, &ids).await
}

async fn show_groups(request: &Authenticated, ids: &[GroupId]) -> Answer {
    let groups = request.groups_by_id(ids).await?;
    lists::sliced(
        request,
        &groups,
        |group| lists::numbered(group.id.0),
        GroupBody::of,
    )
}
