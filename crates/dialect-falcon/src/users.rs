//! Users: query, read, make, rename, delete, and reset what they sign in with.

use axum::extract::Request;
use axum::http::StatusCode;
use directory::{
    Fault, Kind, Operation, Predicate, Query, ROOT, Ref, Test, User, UserField, UserRef, Wanted,
};
use kit::{Authenticated, HandlerResult, Pairs};
use serde_json::Value;
use uuid::Uuid;

use super::body::{Fields, document};
use super::customers::{self, Customer};
use super::envelope;
use super::errors::{refused, shortened, unknown_user};
use super::filter::{self, Generation};
use super::parameters::{self, LARGEST_PAGE};
use super::sorting;
use super::{map, wire};

/// The most users whose passwords or factors are reset at once: each gets a mail.
const MOST_RESET: usize = 500;

/// `GET /user-management/queries/users/v1`.
pub async fn query_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    query(&request, &pairs, Generation::V1).await
}

/// `GET /user-management/queries/users/v2`.
pub async fn query_v2(request: Authenticated, pairs: Pairs) -> HandlerResult {
    query(&request, &pairs, Generation::V2).await
}

async fn query(request: &Authenticated, pairs: &Pairs, generation: Generation) -> HandlerResult {
    let page = parameters::page(pairs, 100, LARGEST_PAGE)?;
    let order = sorting::order(pairs, "uid|asc", sorting::user_sort)?;
    let query = page.query(narrowed(request, pairs, generation).await?, order);
    let found = request.users(&query).await?;
    let ids: Vec<Uuid> = found.items.iter().map(|user| user.uuid).collect();
    Ok(envelope::page(&request.info, &ids, page.of(found.total)))
}

/// The users that a query's filter and kind of user leave.
pub async fn narrowed(
    request: &Authenticated,
    pairs: &Pairs,
    generation: Generation,
) -> Result<Predicate<UserField>, Fault> {
    let filtered = filtered(request, parameters::filter(pairs), generation).await?;
    let kind = match generation {
        Generation::V1 => Some("internal"),
        Generation::V2 => parameters::text(pairs, "user_type")?,
    };
    Ok(of_kind(request, kind)?.and(filtered))
}

/// The users of one kind: of the token's customers, or let in from elsewhere.
fn of_kind(request: &Authenticated, kind: Option<&str>) -> Result<Predicate<UserField>, Fault> {
    let own = request.caller.organisation();
    // Everybody is at home below the root.
    let internal = if own == ROOT {
        Predicate::All
    } else {
        Predicate::Is(UserField::HomeSubtree, Test::Equals(own.number().into()))
    };
    match kind {
        None => Ok(Predicate::All),
        Some("internal") => Ok(internal),
        Some("external") if own == ROOT => Ok(Predicate::Nothing),
        Some("external") => Ok(Predicate::Not(Box::new(internal))),
        Some(other) => Err(refused(format!(
            "invalid user_type='{}': internal or external was expected",
            shortened(other)
        ))),
    }
}

/// The users that a filter leaves.
pub async fn filtered(
    request: &Authenticated,
    text: Option<&str>,
    generation: Generation,
) -> Result<Predicate<UserField>, Fault> {
    let Some(text) = text else {
        return Ok(Predicate::All);
    };
    let read = filter::read(text).map_err(refused)?;
    let cids = filter::customers_in(&read, generation).map_err(refused)?;
    let customers = customers::looked_up(request, &cids).await?;
    filter::users(&read, &customers, generation).map_err(refused)
}

/// `POST /user-management/entities/users/GET/v1` and `v2`.
pub async fn retrieve(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::ListUsers, raw).await?;
    let ids = Fields::of(&body)?.needed_texts("ids")?;
    let users = by_uuid(&request, &ids).await?;
    let shown = shown(&request, &users).await?;
    Ok(envelope::resources(&request.info, StatusCode::OK, &shown))
}

/// The users of those ids that the caller sees, in the order of the ids. Ids of nobody, and texts that
/// are no ids, are left out (falcon.md §6).
pub async fn by_uuid(request: &Authenticated, ids: &[String]) -> Result<Vec<User>, Fault> {
    let uuids: Vec<Uuid> = ids
        .iter()
        .filter_map(|id| Uuid::try_parse(id).ok())
        .collect();
    let values = uuids.iter().map(|uuid| uuid.to_string().into()).collect();
    let mut users = matching(request, UserField::Uuid, values, uuids.len()).await?;
    let order: std::collections::HashMap<Uuid, usize> = uuids
        .iter()
        .enumerate()
        .map(|(at, uuid)| (*uuid, at))
        .collect();
    users.sort_by_key(|user| order.get(&user.uuid).copied());
    Ok(users)
}

/// The users whose field has one of these values.
pub async fn matching(
    request: &Authenticated,
    field: UserField,
    values: Vec<directory::Value>,
    most: usize,
) -> Result<Vec<User>, Fault> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let query = Query {
        predicate: Predicate::Is(field, Test::OneOf(values)),
        limit: u32::try_from(most).unwrap_or(u32::MAX - 1),
        ..Query::default()
    };
    Ok(request.users(&query).await?.items)
}

/// Users with their customers.
pub async fn shown(request: &Authenticated, users: &[User]) -> Result<Vec<wire::User>, Fault> {
    let customers = customers::seen(request, users.iter().map(|user| user.home)).await?;
    let now = request.now();
    Ok(users
        .iter()
        .map(|user| map::user(user, &customers, now))
        .collect())
}

/// Reads a user to make.
///
/// Quirk: both spellings of the names are read: the vendor's own examples mix them (falcon.md §4).
pub fn new_user(fields: Fields<'_>) -> Result<wire::NewUser, Fault> {
    let uid = fields.needed("uid")?;
    if map::is_made_up(&uid) {
        return Err(refused("invalid uid: this domain is the server's own"));
    }
    Ok(wire::NewUser {
        uid: uid.trim().to_owned(),
        first_name: fields.text(&["first_name", "firstName"])?,
        last_name: fields.text(&["last_name", "lastName"])?,
        password: fields.text(&["password"])?,
    })
}

/// Reads another name for a user; what is absent stays.
pub fn name_change(body: &Value) -> Result<wire::NameChange, Fault> {
    let fields = Fields::of(body)?;
    Ok(wire::NameChange {
        first_name: fields.text(&["first_name", "firstName"])?,
        last_name: fields.text(&["last_name", "lastName"])?,
    })
}

/// `POST /user-management/entities/users/v1`.
pub async fn create(request: Authenticated, pairs: Pairs, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::CreateUser, raw).await?;
    let validate_only = parameters::flag(&pairs, "validate_only")?;
    let fields = Fields::of(&body)?;
    let new = new_user(fields)?;
    let cid = fields.text(&["cid"])?;
    let home = customers::named(&request, cid.as_deref()).await?;
    let new = map::new_user(new, Some(home.id));
    if validate_only {
        request.validate_user(new).await?;
        let none: [wire::User; 0] = [];
        return Ok(envelope::written(
            &request.info,
            StatusCode::CREATED,
            &none,
            0,
        ));
    }
    let made = request.create_user(new).await?;
    let shown = map::user(&made, &only(&home), request.now());
    Ok(envelope::written(
        &request.info,
        StatusCode::CREATED,
        &[shown],
        1,
    ))
}

/// What users of one customer are shown with.
pub fn only(customer: &Customer) -> map::Customers {
    map::Customers::from([(customer.id, customer.cid)])
}

/// A user that is not found, in the words of the newer operations: a bad request that repeats the id.
pub fn user_fault(fault: Fault, id: Uuid) -> Fault {
    match fault {
        Fault::NotFound(Kind::User) => unknown_user(&id.to_string()),
        other => other,
    }
}

/// What a changed user is shown with: the customer.
pub const SHOWN: Wanted = Wanted {
    homes: true,
    ..Wanted::NOTHING
};

/// `PATCH /user-management/entities/users/v1`.
pub async fn update(request: Authenticated, pairs: Pairs, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::UpdateUser, raw).await?;
    let id = parameters::user_uuid(&pairs)?;
    let change = name_change(&body)?;
    if change.first_name.is_none() && change.last_name.is_none() {
        return Err(refused("first_name or last_name must be provided").into());
    }
    let change = map::user_change(change);
    let (user, related) = request
        .update_user_and_show(Ref::Uuid(id), change, SHOWN)
        .await
        .map_err(|fault| user_fault(fault, id))?;
    let shown = map::user(&user, &customers::of(&related.homes), request.now());
    Ok(envelope::written(
        &request.info,
        StatusCode::OK,
        &[shown],
        1,
    ))
}

/// `DELETE /user-management/entities/users/v1`.
pub async fn delete(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::DeleteUser)?;
    let id = parameters::user_uuid(&pairs)?;
    request
        .delete_user(Ref::Uuid(id))
        .await
        .map_err(|fault| user_fault(fault, id))?;
    Ok(envelope::done(&request.info, 1))
}

/// `POST /user-management/entities/user-actions/v1`: resets passwords or second factors, of all those
/// named or of none.
pub async fn act(request: Authenticated, raw: Request) -> HandlerResult {
    // Either action needs the same permission.
    let body = document(&request, Operation::SendPasswordReset, raw).await?;
    let fields = Fields::of(&body)?;
    let action = fields.object("action")?.needed("action_name")?;
    let ids = fields.needed_texts("ids")?;
    if ids.len() > MOST_RESET {
        return Err(refused(format!("ids may have {MOST_RESET} entries at most")).into());
    }
    let uuids = ids
        .iter()
        .map(|id| parameters::read_uuid(id))
        .collect::<Result<Vec<_>, _>>()?;
    let users: Vec<UserRef> = uuids.iter().copied().map(Ref::Uuid).collect();
    let unknown = |fault| match uuids.as_slice() {
        [only] => user_fault(fault, *only),
        _ => fault,
    };
    match action.as_str() {
        // Quirk: the old password is dead at once, not when the mailed link is used (falcon.md §6).
        "reset_password" => {
            let reset = request.send_password_resets(users, true).await;
            reset.map_err(unknown)?;
        }
        "reset_2fa" => {
            request
                .remove_second_factors(users)
                .await
                .map_err(unknown)?;
        }
        other => {
            let why = format!("invalid action_name='{}' specified", shortened(other));
            return Err(refused(why).into());
        }
    }
    Ok(envelope::done(&request.info, ids.len()))
}
