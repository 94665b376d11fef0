//! Users as the older operations know them: below `/users`, in camel case, of the token's customer.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use directory::{
    Fault, Kind, Operation, Predicate, Query, Ref, Test, User, UserChunks, UserField, Value,
};
use kit::reply::{self, Chunk};
use kit::{Authenticated, HandlerResult, Pairs};
use serde::Serialize;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::body::{Fields, document};
use super::envelope;
use super::parameters;
use super::users::{SHOWN, by_uuid, matching, name_change, new_user, only};
use super::{customers, map, wire};

/// How many users are read at a time for lists that have no pages.
const CHUNK: u32 = 1_000;

/// `GET /users/entities/users/v1`.
pub async fn retrieve(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListUsers)?;
    let ids = parameters::needed_list(&pairs, "ids")?;
    let users = by_uuid(&request, &ids).await?;
    if users.is_empty() {
        return Err(Fault::NotFound(Kind::User).into());
    }
    let shown = shown(&request, &users).await?;
    Ok(envelope::resources(&request.info, StatusCode::OK, &shown))
}

async fn shown(request: &Authenticated, users: &[User]) -> Result<Vec<wire::LegacyUser>, Fault> {
    let customers = customers::seen(request, users.iter().map(|user| user.home)).await?;
    let now = request.now();
    Ok(users
        .iter()
        .map(|user| map::legacy_user(user, &customers, now))
        .collect())
}

/// `POST /users/entities/users/v1`.
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::CreateUser, raw).await?;
    let new = new_user(Fields::of(&body)?)?;
    let home = customers::own(&request).await?;
    let made = request
        .create_user(map::new_user(new, Some(home.id)))
        .await?;
    let shown = map::legacy_user(&made, &only(&home), request.now());
    Ok(envelope::written(
        &request.info,
        StatusCode::CREATED,
        &[shown],
        1,
    ))
}

/// `PATCH /users/entities/users/v1`.
pub async fn update(request: Authenticated, pairs: Pairs, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::UpdateUser, raw).await?;
    let id = parameters::user_uuid(&pairs)?;
    let change = map::user_change(name_change(&body)?);
    let changed = request.update_user_and_show(Ref::Uuid(id), change, SHOWN);
    let (user, related) = changed.await?;
    let shown = map::legacy_user(&user, &customers::of(&related.homes), request.now());
    Ok(envelope::written(
        &request.info,
        StatusCode::OK,
        &[shown],
        1,
    ))
}

/// `DELETE /users/entities/users/v1`.
pub async fn delete(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::DeleteUser)?;
    let id = parameters::user_uuid(&pairs)?;
    request.delete_user(Ref::Uuid(id)).await?;
    Ok(envelope::done(&request.info, 1))
}

/// `GET /users/queries/emails-by-cid/v1`: the addresses of everybody at home in the token's customer.
pub async fn emails(request: Authenticated) -> HandlerResult {
    everybody(request, map::uid).await
}

/// `GET /users/queries/user-uuids-by-cid/v1`: their ids.
pub async fn uuids(request: Authenticated) -> HandlerResult {
    everybody(request, |user: &User| user.uuid).await
}

/// A list of everybody at home in the token's customer, sent as it is read.
async fn everybody<T: Serialize + 'static>(
    request: Authenticated,
    show: fn(&User) -> T,
) -> HandlerResult {
    request.admit(Operation::ListUsers)?;
    let home = customers::own(&request).await?.id.number();
    let query = Query {
        predicate: Predicate::Is(UserField::Home, Test::Equals(home.into())),
        ..Query::default()
    };
    let chunks = Arc::new(Mutex::new(request.user_chunks(&query, CHUNK)));
    let (open, close) = envelope::around(&request.info);
    let list = reply::json_list(&request, open, close, move |_, _: Option<()>| {
        next_chunk(Arc::clone(&chunks), show)
    });
    Ok(list.await?)
}

async fn next_chunk<T: Serialize>(
    chunks: Arc<Mutex<UserChunks>>,
    show: fn(&User) -> T,
) -> Result<Chunk<()>, Fault> {
    match chunks.lock().await.next_chunk().await? {
        Some(users) => Chunk::of(users.iter().map(show), Some(())),
        None => Chunk::of(std::iter::empty::<T>(), None),
    }
}

/// `GET /users/queries/user-uuids-by-email/v1`.
///
/// Quirk: addresses of nobody give 404 without resources, which scripts look for (falcon.md §3).
pub async fn by_address(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListUsers)?;
    let uids: Vec<String> = parameters::needed_list(&pairs, "uid")?
        .iter()
        .map(|uid| uid.to_lowercase())
        .collect();
    let addresses: Vec<Value> = uids.iter().map(|uid| uid.as_str().into()).collect();
    let mut users = matching(&request, UserField::Email, addresses, uids.len()).await?;
    let made_up: Vec<Value> = uids
        .iter()
        .filter_map(|uid| map::made_up_for(uid))
        .map(|uuid| uuid.to_string().into())
        .collect();
    let most = made_up.len();
    let without = matching(&request, UserField::Uuid, made_up, most).await?;
    users.extend(without.into_iter().filter(|user| user.email.is_none()));
    if users.is_empty() {
        return Err(Fault::NotFound(Kind::User).into());
    }
    let order: std::collections::HashMap<&str, usize> = uids
        .iter()
        .enumerate()
        .map(|(at, uid)| (uid.as_str(), at))
        .collect();
    users.sort_by_key(|user| order.get(map::uid(user).as_str()).copied());
    let ids: Vec<Uuid> = users.iter().map(|user| user.uuid).collect();
    Ok(envelope::resources(&request.info, StatusCode::OK, &ids))
}
