//! API clients: keys that open this dialect alone, in one customer and within scopes (falcon.md §7).
//!
//! A client is its creator's key: it never does more than its creator may, and ends with them.

use std::collections::HashMap;

use axum::extract::Request;
use axum::http::StatusCode;
use directory::{
    Fault, Key, KeyChange, KeyField, Kind, NewKey, Operation, Predicate, Query, Test, UserId,
};
use kit::{Authenticated, HandlerResult, Pairs};
use uuid::Uuid;

use super::body::{Fields, document};
use super::catalogue::PLATFORM;
use super::control::few;
use super::customers::{self, Customer};
use super::envelope;
use super::errors::{refused, shortened};
use super::parameters::{self, LARGEST_CONTROL_PAGE};
use super::sorting;
use super::{map, scopes, wire};

/// `GET /api-clients/entities/accessible-scopes/v1`: the scopes that the caller's own client may hand
/// on.
pub async fn accessible_scopes(request: Authenticated) -> HandlerResult {
    let own = &request.caller.limits().scopes;
    let shown: Vec<_> = scopes::ALL
        .iter()
        .filter(|scope| own.is_empty() || own.iter().any(|word| word == scope.id))
        .map(|scope| wire::AccessibleScope {
            id: scope.id,
            action: scope.action,
            group: scope.group,
        })
        .collect();
    Ok(envelope::resources(&request.info, StatusCode::OK, &shown))
}

/// The clients of a customer that are not deleted.
fn of_customer(at: &Customer) -> Predicate<KeyField> {
    Predicate::And(vec![
        Predicate::Is(KeyField::Platform, Test::Equals(PLATFORM.word().into())),
        Predicate::Is(KeyField::Organisation, Test::Equals(at.id.number().into())),
        Predicate::Is(KeyField::Revoked, Test::Equals(false.into())),
    ])
}

/// A key has one text for people: the client's name, and its description on the lines below.
fn key_name(name: &str, description: Option<&str>) -> Result<String, Fault> {
    if name.contains('\n') {
        return Err(refused("name must be one line"));
    }
    Ok(match description {
        Some(description) => format!("{name}\n{description}"),
        None => name.to_owned(),
    })
}

fn name_and_description(key: &Key) -> (&str, &str) {
    key.name.split_once('\n').unwrap_or((&key.name, ""))
}

async fn shown(
    request: &Authenticated,
    keys: &[Key],
    at: &Customer,
) -> Result<Vec<wire::ApiClient>, Fault> {
    let mut owners: Vec<UserId> = keys.iter().map(|key| key.user).collect();
    owners.sort_unstable();
    owners.dedup();
    let owners: HashMap<UserId, String> = request
        .users_by_id(&owners)
        .await?
        .iter()
        .map(|user| (user.id, map::uid(user)))
        .collect();
    Ok(keys
        .iter()
        .map(|key| {
            let owner = owners.get(&key.user).cloned();
            shown_one(key, at, owner.unwrap_or_default())
        })
        .collect())
}

/// One client, with the address of its owner.
fn shown_one(key: &Key, at: &Customer, owner: String) -> wire::ApiClient {
    let (name, description) = name_and_description(key);
    wire::ApiClient {
        id: key.uuid.simple().to_string(),
        client_id: key.uuid.simple().to_string(),
        name: name.to_owned(),
        description: description.to_owned(),
        scopes: key.scopes.clone(),
        cid: at.cid.shown(),
        created_by: owner,
        created_timestamp: key.created_at.rfc3339(),
        client_secret: None,
    }
}

fn client_sort(property: &str) -> Option<KeyField> {
    Some(match property {
        "id" => KeyField::Uuid,
        "name" => KeyField::Name,
        "created_by" | "updated_by" => KeyField::UserEmail,
        "created_timestamp" | "last_modified" => KeyField::CreatedAt,
        _ => return None,
    })
}

/// `GET /api-clients/queries/api-clients/v1`.
pub async fn query(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let page = parameters::page(&pairs, 10, LARGEST_CONTROL_PAGE)?;
    let order = sorting::order(&pairs, "created_timestamp", client_sort)?;
    let at = customers::own(&request).await?;
    let query = page.query(of_customer(&at), order);
    let found = request.keys(&query).await?;
    let ids: Vec<String> = found
        .items
        .iter()
        .map(|key| key.uuid.simple().to_string())
        .collect();
    Ok(envelope::page(&request.info, &ids, page.of(found.total)))
}

/// The clients of the customer with these ids, in their order. One that is none refuses them all.
async fn find(request: &Authenticated, ids: &[String], at: &Customer) -> Result<Vec<Key>, Fault> {
    let missing = || Fault::NotFound(Kind::Key);
    let uuids = ids
        .iter()
        .map(|id| Uuid::try_parse(id).map_err(|_| missing()))
        .collect::<Result<Vec<_>, _>>()?;
    let values = uuids.iter().map(|uuid| uuid.to_string().into());
    let named = Predicate::Is(KeyField::Uuid, Test::OneOf(values.collect()));
    let query = Query {
        predicate: named.and(of_customer(at)),
        limit: u32::try_from(uuids.len()).unwrap_or(u32::MAX - 1),
        ..Query::default()
    };
    let found = request.keys(&query).await?.items;
    let found: HashMap<Uuid, Key> = found.into_iter().map(|key| (key.uuid, key)).collect();
    uuids
        .iter()
        .map(|uuid| found.get(uuid).cloned().ok_or_else(missing))
        .collect()
}

/// `GET /api-clients/entities/api-clients/v1`.
pub async fn show(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let ids = few(parameters::needed_list(&pairs, "ids")?)?;
    let at = customers::own(&request).await?;
    let keys = find(&request, &ids, &at).await?;
    let shown = shown(&request, &keys, &at).await?;
    Ok(envelope::resources(&request.info, StatusCode::OK, &shown))
}

fn known_scopes(scopes: Vec<String>) -> Result<Vec<String>, Fault> {
    match scopes
        .iter()
        .find(|word| !scopes::ALL.iter().any(|scope| scope.id == *word))
    {
        Some(unknown) => Err(refused(format!(
            "invalid scope='{}' specified",
            shortened(unknown)
        ))),
        None => Ok(scopes),
    }
}

/// `POST /api-clients/entities/api-clients/v1`: the secret is in the answer and nowhere else.
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::CreateKey, raw).await?;
    let fields = Fields::of(&body)?;
    let name = fields.needed("name")?.trim().to_owned();
    let description = fields.text(&["description"])?;
    let scopes = known_scopes(fields.needed_texts("scopes")?)?;
    let at = customers::own(&request).await?;
    let new = NewKey {
        name: key_name(&name, description.as_deref())?,
        scopes,
        organisation: Some(at.id),
        ..NewKey::default()
    };
    // Read before the write: an answer that failed behind it would lose the secret.
    let owner = request.user(request.caller.user()).await?;
    let made = request.create_key(owner.id, new).await?;
    let client = wire::ApiClient {
        client_secret: Some(made.secret),
        ..shown_one(&made.key, &at, map::uid(&owner))
    };
    Ok(envelope::written(
        &request.info,
        StatusCode::CREATED,
        &[client],
        1,
    ))
}

/// `PATCH /api-clients/entities/api-clients/v1`; the secret stays.
pub async fn update(request: Authenticated, pairs: Pairs, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::UpdateKey, raw).await?;
    let fields = Fields::of(&body)?;
    let ids = parameters::needed_list(&pairs, "ids")?;
    let [_] = ids.as_slice() else {
        return Err(refused("ids must be one API client's").into());
    };
    let at = customers::own(&request).await?;
    let found = find(&request, &ids, &at).await?;
    let old = found.first().ok_or(Fault::NotFound(Kind::Key))?;
    let (old_name, old_description) = name_and_description(old);
    let name = fields.text(&["name"])?;
    let name = name.as_deref().map_or(old_name, str::trim);
    let description = fields.text(&["description"])?;
    let description = description.as_deref().unwrap_or(old_description);
    let scopes = known_scopes(fields.texts("scopes")?)?;
    let change = KeyChange {
        name: Some(key_name(
            name,
            Some(description).filter(|text| !text.is_empty()),
        )?),
        scopes: (!scopes.is_empty()).then_some(scopes),
        ..KeyChange::default()
    };
    let (changed, owner) = request.update_key_and_show(old.id, change).await?;
    let client = shown_one(&changed, &at, map::uid(&owner));
    Ok(envelope::written(
        &request.info,
        StatusCode::OK,
        &[client],
        1,
    ))
}

/// `DELETE /api-clients/entities/api-clients/v1`: the clients and all their tokens end at once.
pub async fn delete(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::RevokeKey)?;
    let ids = few(parameters::needed_list(&pairs, "ids")?)?;
    let at = customers::own(&request).await?;
    let keys = find(&request, &ids, &at).await?;
    let own = own_key(&request);
    // The client that asks goes last: its own end ends its token.
    let (last, first): (Vec<&Key>, Vec<&Key>) = keys.iter().partition(|key| Some(key.id) == own);
    for key in first.into_iter().chain(last) {
        request.revoke_key(key.id).await?;
    }
    Ok(envelope::written(
        &request.info,
        StatusCode::ACCEPTED,
        &ids,
        ids.len(),
    ))
}

fn own_key(request: &Authenticated) -> Option<directory::KeyId> {
    match request.caller.credential() {
        directory::Credential::Key(key) | directory::Credential::Session(_, Some(key)) => Some(key),
        directory::Credential::Session(_, None) | directory::Credential::System => None,
    }
}

/// `POST /api-clients/entities/api-clients-actions/v1`: another secret; the old one and every token got
/// with it open nothing from then on.
pub async fn act(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::UpdateKey)?;
    match parameters::text(&pairs, "action_name")? {
        Some("reset_secret") => {}
        other => {
            let name = shortened(other.unwrap_or_default());
            return Err(refused(format!("invalid action_name='{name}' specified")).into());
        }
    }
    let ids = parameters::needed_list(&pairs, "ids")?;
    let [_] = ids.as_slice() else {
        return Err(refused("ids must be one API client's").into());
    };
    let at = customers::own(&request).await?;
    let mut clients = Vec::new();
    for key in find(&request, &ids, &at).await? {
        let (fresh, owner) = request.renew_key_text_and_show(key.id).await?;
        clients.push(wire::ApiClient {
            client_secret: Some(fresh.secret),
            ..shown_one(&fresh.key, &at, map::uid(&owner))
        });
    }
    Ok(envelope::written(
        &request.info,
        StatusCode::CREATED,
        &clients,
        clients.len(),
    ))
}
