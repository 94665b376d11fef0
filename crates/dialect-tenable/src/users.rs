//! Users: list, make, show, change, delete, and the roles they hold.

use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::Response;
use directory::{
    Cursor, Extended, Fault, Handle, HeldRole, Kind, Permission, Position, Query, Related, User,
    UserField, UserId, Wanted,
};

use super::map::{self, Profile};
use super::{reader, roles, wire};
use kit::reply::Chunk;
use kit::{Authenticated, HandlerResult, JsonBody, Path, reply};

/// How many users are read at a time for the list, which has no pages of its own.
const CHUNK: u32 = 1_000;

/// `GET /api/users`: everybody, as they are read.
pub async fn list(request: Authenticated) -> HandlerResult {
    Ok(reply::json_list(&request, "[", "]", part).await?)
}

async fn part(handle: Authenticated, from: Option<Cursor>) -> Result<Chunk<Cursor>, Fault> {
    let query = Query::<UserField> {
        from: from.map_or(Position::Start, Position::After),
        limit: CHUNK,
        ..Query::default()
    };
    let page = handle.users(&query).await?;
    let ids: Vec<UserId> = page.items.iter().map(|user| user.id).collect();
    let related = handle.related(&ids, SHOWN).await?;
    Chunk::of(shown(&handle, &page.items, &related), page.next)
}

/// What users are shown with.
const SHOWN: Wanted = Wanted {
    documents: true,
    held: true,
    ..Wanted::NOTHING
};

/// Users with their roles and what only this dialect knows of them.
fn shown(handle: &Handle, users: &[User], related: &Related) -> Vec<wire::User> {
    let mut numbers = role_numbers(handle, &related.held);
    let now = handle.now();
    users
        .iter()
        .map(|user| {
            let profile = Profile::read(related.documents.get(&user.id));
            let roles = numbers.remove(&user.id).unwrap_or_default();
            map::user(user, roles, profile, now)
        })
        .collect()
}

/// The vendor's numbers of the roles that users hold, by whatever path, each once and in order.
pub fn role_numbers(handle: &Handle, held: &[HeldRole]) -> HashMap<UserId, Vec<i64>> {
    let mut numbers: HashMap<UserId, Vec<i64>> = HashMap::new();
    for role in handle.shown_roles(held) {
        numbers.entry(role.user).or_default().push(role.number);
    }
    for numbers in numbers.values_mut() {
        numbers.sort_unstable();
        numbers.dedup();
    }
    numbers
}

fn shown_one(handle: &Handle, user: &User, related: &Related) -> Result<wire::User, Fault> {
    let mut shown = shown(handle, std::slice::from_ref(user), related);
    shown.pop().ok_or(Fault::NotFound(Kind::User))
}

/// `POST /api/users`: one or several, all or none.
pub async fn create(request: Authenticated, JsonBody(body): JsonBody) -> HandlerResult {
    let new = wire::new_users(&body)?
        .into_iter()
        .map(map::new_user)
        .collect();
    let (made, related) = request.create_users_and_show(new, SHOWN).await?;
    Ok(reply::json(
        StatusCode::CREATED,
        &shown(&request, &made, &related),
    ))
}

/// `GET /api/users/{id}`.
pub async fn show(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let id = UserId(reader::path_id(&id)?);
    let user = request.user(id).await?;
    let related = request.related(&[id], SHOWN).await?;
    Ok(reply::json(
        StatusCode::OK,
        &shown_one(&request, &user, &related)?,
    ))
}

/// `PATCH /api/users/{id}`.
pub async fn update(
    request: Authenticated,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> HandlerResult {
    let id = UserId(reader::path_id(&id)?);
    let mut change = wire::user_change(&body)?;
    if map::needs_present(&change) {
        let present = request.user(id).await?;
        change = map::without_echo(change, &present, request.now())?;
    }
    may_change(&request, id, &change)?;
    let change = map::user_change(change);
    let (changed, related) = request.update_user_and_show(id, change, SHOWN).await?;
    Ok(reply::json(
        StatusCode::OK,
        &shown_one(&request, &changed, &related)?,
    ))
}

/// Refuses what no permission over oneself alone brings.
///
/// Quirk: one's own password is changed with the old one, and whether an account may sign in is decided by who
/// administers it (tenable.md §10); to edit oneself is to edit one's profile.
fn may_change(request: &Authenticated, id: UserId, change: &wire::UserChange) -> Result<(), Fault> {
    let needed = Permission::ResetCredentials;
    let own = id == request.caller.user();
    let of_the_profile = change.password.is_none() && change.active.is_none();
    if !own || of_the_profile || request.caller.holds(needed.word()) {
        Ok(())
    } else {
        Err(Fault::Forbidden(needed))
    }
}

/// What the dialect knows of one user.
pub async fn profile_of(handle: &Handle, id: UserId) -> Result<Profile, Fault> {
    let documents = handle.extensions(Extended::User, &[id.number()]).await?;
    Ok(Profile::read(documents.get(&id.number())))
}

/// `DELETE /api/users/{id}`.
pub async fn delete(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let id = UserId(reader::path_id(&id)?);
    // Quirk: nobody deletes themselves here (tenable.md §10).
    if id == request.caller.user() {
        return Err(Fault::Protected(Kind::User).into());
    }
    request.delete_user(id).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `PUT /api/users/{id}/roles`: exactly these roles from now on.
pub async fn replace_roles(
    request: Authenticated,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> HandlerResult {
    let id = UserId(reader::path_id(&id)?);
    let wanted = roles::numbered(&request, &wire::role_ids(&body)?).await?;
    let replaced = request.replace_direct_roles_and_show(id, &wanted, None);
    let (_, held) = replaced.await?;
    let roles = role_numbers(&request, &held).remove(&id);
    let roles = roles.unwrap_or_default();
    Ok(reply::json(StatusCode::OK, &wire::Roles { roles }))
}

/// `GET /api/users/whoami`: the caller, with their roles whole.
pub async fn whoami(request: Authenticated) -> HandlerResult {
    let id = request.caller.user();
    let user = request.user(id).await?;
    let roles = roles::assigned(&request, &request.grants_of(&[id]).await?).await?;
    let profile = profile_of(&request, id).await?;
    let me = map::me(&user, roles, profile, request.now());
    Ok(reply::json(StatusCode::OK, &me))
}

/// The answer of calls that have nothing to say.
///
/// Quirk: these calls answer the JSON value `null`, not an empty body (tenable.md §3).
pub fn nothing() -> Response {
    reply::json(StatusCode::OK, &())
}
