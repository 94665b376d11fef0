//! Roles: list, make, show, change, copy, delete, and what they permit.

use axum::http::StatusCode;
use directory::{
    Fault, Handle, HeldRole, NewRole, Permission, Predicate, Query, Role, RoleChange, RoleField,
    RoleId, RoleInUse, Test,
};

use super::body::permitted;
use super::catalogue::{Action, PLATFORM};
use super::{map, reader, wire};
use kit::{Authenticated, HandlerResult, JsonBody, Path, reply};

const ENTITY: &str = "role";

/// `GET /api/roles`.
pub async fn list(request: Authenticated) -> HandlerResult {
    let mut query = Query::<RoleField> {
        sort: Some(RoleField::Number),
        limit: 1_000,
        ..Query::default()
    };
    let mut shown = Vec::new();
    loop {
        let page = request.roles(&query).await?;
        shown.extend(page.items.iter().map(map::role));
        match page.next {
            Some(next) => query.from = directory::Position::After(next),
            None => return Ok(reply::json(StatusCode::OK, &shown)),
        }
    }
}

/// `GET /api/roles/user-creation-defaults`.
pub async fn defaults(request: Authenticated) -> HandlerResult {
    let roles = request.default_roles().await?;
    let shown: Vec<wire::Role> = roles.iter().map(map::role).collect();
    Ok(reply::json(StatusCode::OK, &shown))
}

/// A role by the vendor's number.
async fn by_number(handle: &Handle, number: i64) -> Result<Role, Fault> {
    handle.role_by_number(PLATFORM, number).await
}

/// The directory's numbers of roles, named by the vendor's.
pub async fn numbered(handle: &Handle, numbers: &[i64]) -> Result<Vec<RoleId>, Fault> {
    map::role_ids(numbers, &known(handle, numbers).await?)
}

/// The roles of the vendor that somebody holds, whole, by number.
pub async fn assigned(handle: &Handle, held: &[HeldRole]) -> Result<Vec<wire::Role>, Fault> {
    let shown = handle.shown_roles(held);
    let ids: Vec<RoleId> = held
        .iter()
        .filter(|one| one.platform == PLATFORM)
        .map(|one| one.role)
        .collect();
    let mut roles = handle.roles_by_id(&ids).await?;
    // What is shown for the sake of a role of the directory is not among them.
    for one in shown {
        if roles.iter().all(|role| role.number != one.number) {
            roles.push(by_number(handle, one.number).await?);
        }
    }
    roles.sort_unstable_by_key(|role| role.number);
    Ok(roles.iter().map(map::role).collect())
}

async fn known(handle: &Handle, numbers: &[i64]) -> Result<Vec<Role>, Fault> {
    let wanted = numbers.iter().copied().map(Into::into).collect();
    let query = Query {
        predicate: Predicate::Is(RoleField::Number, Test::OneOf(wanted)),
        sort: Some(RoleField::Number),
        limit: u32::try_from(reader::MOST).unwrap_or(u32::MAX),
        ..Query::default()
    };
    Ok(handle.roles(&query).await?.items)
}

/// `POST /api/roles`: one or several, permitting nothing yet.
pub async fn create(request: Authenticated, JsonBody(body): JsonBody) -> HandlerResult {
    let new = wire::new_roles(&body)?
        .into_iter()
        .map(|(name, description)| NewRole {
            name,
            description,
            ..NewRole::default()
        })
        .collect();
    let made = request.create_roles(new).await?;
    let shown: Vec<wire::Role> = made.iter().map(map::role).collect();
    Ok(reply::json(StatusCode::CREATED, &shown))
}

/// `GET /api/roles/{id}`.
pub async fn show(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let found = match reader::path_id(&id) {
        Ok(number) => by_number(&request, number).await,
        Err(fault) => Err(fault),
    };
    let role = found.map_err(|fault| {
        // Quirk: who may read no roles but their own is told so, whatever else is asked for
        // (tenable.md §5, §10).
        let needed = Permission::ReadRoles;
        match fault {
            Fault::NotFound(_) | Fault::Invalid { .. } if !request.caller.holds(needed.word()) => {
                Fault::Forbidden(needed)
            }
            other => other,
        }
    })?;
    Ok(reply::json(StatusCode::OK, &map::role(&role)))
}

/// `PATCH /api/roles/{id}`.
pub async fn update(
    request: Authenticated,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> HandlerResult {
    let number = reader::path_id(&id)?;
    let (name, description) = wire::role_change(&body)?;
    let change = RoleChange {
        name,
        description,
        ..RoleChange::default()
    };
    changed(&request, number, change).await
}

/// `PUT /api/roles/{id}/permissions`: exactly these from now on.
pub async fn replace_permissions(
    request: Authenticated,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> HandlerResult {
    let number = reader::path_id(&id)?;
    let change = RoleChange {
        lines: Some(map::lines(&wire::permissions(&body)?)),
        ..RoleChange::default()
    };
    changed(&request, number, change).await
}

async fn changed(request: &Authenticated, number: i64, change: RoleChange) -> HandlerResult {
    let role = by_number(request, number).await?;
    let role = request.update_role(role.id, change).await?;
    Ok(reply::json(StatusCode::OK, &map::role(&role)))
}

/// `DELETE /api/roles/{id}`: whoever holds it loses it.
pub async fn delete(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let role = by_number(&request, reader::path_id(&id)?).await?;
    request.delete_role(role.id, RoleInUse::TakeAway).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `POST /api/roles/from/{id}`: another that permits the same.
///
/// Quirk: the vendor's documents promise 204 with a body; 201 with the role is what the client can
/// read (tenable.md §7).
pub async fn copy(
    request: Authenticated,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> HandlerResult {
    let number = reader::path_id(&id)?;
    let name = wire::copy_name(&body)?;
    let source = by_number(&request, number).await?;
    let new = NewRole {
        name,
        description: source.description,
        lines: source.lines,
        ..NewRole::default()
    };
    let made = request.create_role(new).await?;
    Ok(reply::json(StatusCode::CREATED, &map::role(&made)))
}

/// Refuses callers whose roles do not name that they make roles.
pub fn may_create(request: &Authenticated) -> Result<(), Fault> {
    permitted(&request.caller, ENTITY, Action::Create)
}

/// Refuses callers whose roles do not name that they change roles.
pub fn may_edit(request: &Authenticated) -> Result<(), Fault> {
    permitted(&request.caller, ENTITY, Action::Edit)
}
