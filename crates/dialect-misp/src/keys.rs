//! API keys (misp.md §7).

use std::collections::HashMap;

use directory::{
    Credential, Cursor, Fault, FreshKey, Handle, Key, KeyChange, KeyField, KeyId, Kind,
    MADE_UP_DOMAIN, Message, NewKey, Position, Predicate, Query, Test, Time, User, UserId,
};
use ipnet::IpNet;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{Fields, Sent};
use super::catalogue::{ADMIN, SITE_ADMIN};
use super::dates;
use super::index_filter::{IndexFilter, pattern};
use super::map::shown_email;
use super::people::{Person, Roles, user_number};
use super::{protocol, wire};
use kit::reply::Chunk;
use kit::{Authenticated, HandlerResult, Path};

/// What keys are filtered by.
const FILTERS: &[&str] = &[
    "User.id",
    "user_id",
    "User.email",
    "comment",
    "authkey_start",
    "authkey_end",
];

/// Keys read at a time.
const CHUNK: u32 = 1_000;

/// A key with the vendor's columns.
fn shown(key: &Key) -> Map<String, Value> {
    let addresses: Vec<String> = key.addresses.iter().map(address).collect();
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("id", json!(key.id.to_string()));
    put("uuid", json!(key.uuid));
    put("authkey_start", json!(key.hint_start));
    put("authkey_end", json!(key.hint_end));
    put("created", json!(key.created_at.seconds().to_string()));
    // A key that another took the place of stays listed, ended then (misp.md §7).
    let end = match (key.revoked_at, key.expires_at) {
        (Some(revoked), Some(end)) => Some(revoked.min(end)),
        (revoked, end) => revoked.or(end),
    };
    let end = end.map_or(0, Time::seconds);
    put("expiration", json!(end.to_string()));
    put("read_only", json!(key.read_only));
    put("user_id", json!(key.user.to_string()));
    put(
        "comment",
        json!(Some(&key.name).filter(|name| !name.is_empty())),
    );
    put(
        "allowed_ips",
        json!(Some(addresses).filter(|list| !list.is_empty())),
    );
    put("unique_ips", json!(key.seen_addresses));
    body
}

fn address(net: &IpNet) -> String {
    if net.prefix_len() == net.max_prefix_len() {
        net.addr().to_string()
    } else {
        net.to_string()
    }
}

fn fresh(request: &Authenticated, fresh: &FreshKey) -> axum::response::Response {
    let mut body = shown(&fresh.key);
    body.insert("authkey_raw".to_owned(), json!(fresh.secret));
    wire::shown(request, &json!({ "AuthKey": body }))
}

/// `auth_keys/index`: all the caller sees, at once; filters stand in the path.
pub async fn list(request: Authenticated) -> HandlerResult {
    listed(&request, &Fields::default()).await
}

/// The same by POST: filters stand in the body too.
pub async fn search(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    listed(&request, &Fields::of(body, "AuthKey")).await
}

async fn listed(request: &Authenticated, fields: &Fields) -> HandlerResult {
    let address = protocol::address(&request.info)?;
    let filter = IndexFilter::read(address, fields, FILTERS)?;
    let user = match address.first() {
        Some(user) => of_user(own_or(user, request).ok()),
        None => Predicate::All,
    };
    let predicate = Predicate::all([
        listed_at_all(),
        user,
        filter.number("User.id", &KeyField::User),
        filter.number("user_id", &KeyField::User),
        filter.condition("User.email", owner_email),
        filter.text("comment", &KeyField::Name),
        filter.text("authkey_start", &KeyField::HintStart),
        filter.text("authkey_end", &KeyField::HintEnd),
    ]);
    let response = wire::streamed(request, move |handle, cursor: Option<Cursor>| {
        let query = Query {
            predicate: predicate.clone(),
            from: cursor.map_or(Position::Start, Position::After),
            limit: CHUNK,
            ..Query::default()
        };
        async move { rows(&handle, &query).await }
    })
    .await?;
    Ok(response)
}

/// Keys by their owner's address as it is shown.
fn owner_email(text: &str) -> Predicate<KeyField> {
    let stored = pattern(text, &KeyField::UserEmail);
    let may_be_made_up = text.contains('%') || text.to_lowercase().ends_with(MADE_UP_DOMAIN);
    if !may_be_made_up {
        return stored;
    }
    Predicate::any([stored, pattern(text, &KeyField::UserMadeUpEmail)])
}

/// Keys that are there: revoked ones are not, unless another took their place.
fn listed_at_all() -> Predicate<KeyField> {
    Predicate::any([
        Predicate::equals(KeyField::Revoked, false),
        Predicate::equals(KeyField::Replaced, true),
    ])
}

fn of_user(user: Option<UserId>) -> Predicate<KeyField> {
    match user {
        Some(user) => Predicate::Is(KeyField::User, Test::Equals(user.0.into())),
        None => Predicate::Nothing,
    }
}

async fn rows(handle: &Handle, query: &Query<KeyField>) -> Result<Chunk<Cursor>, Fault> {
    let page = handle.keys(query).await?;
    let mut owners: Vec<UserId> = page.items.iter().map(|key| key.user).collect();
    owners.sort_unstable();
    owners.dedup();
    let owners: HashMap<UserId, User> = owners_of(handle, &owners).await?;
    let rows = page.items.iter().map(|key| {
        let email = owners.get(&key.user).map(shown_email);
        json!({ "AuthKey": shown(key), "User": { "id": key.user.to_string(), "email": email } })
    });
    Chunk::of(rows, page.next)
}

/// The owners of keys. Whoever sees just themselves asks for just themselves.
async fn owners_of(handle: &Handle, owners: &[UserId]) -> Result<HashMap<UserId, User>, Fault> {
    let users = match owners {
        [one] => vec![handle.user(*one).await?],
        several => handle.users_by_id(several).await?,
    };
    Ok(users.into_iter().map(|user| (user.id, user)).collect())
}

/// A key that is there: revoked ones are as good as gone, unless another took their place.
async fn standing(request: &Authenticated, id: &str) -> Result<Key, Fault> {
    let missing = Fault::NotFound(Kind::Key);
    let number: i64 = id.parse().map_err(|_| missing.clone())?;
    let key = request.key(KeyId(number)).await?;
    if key.revoked_at.is_some() && !key.replaced {
        return Err(missing);
    }
    Ok(key)
}

/// `auth_keys/view`.
pub async fn view(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let key = standing(&request, &id).await?;
    let owner = request.user(key.user).await?;
    let owner = json!({ "id": owner.id.to_string(), "email": shown_email(&owner) });
    Ok(wire::shown(
        &request,
        &json!({ "AuthKey": shown(&key), "User": owner }),
    ))
}

/// What a request says of a key.
struct Wanted {
    uuid: Option<Uuid>,
    name: Option<String>,
    expires_at: Option<Option<Time>>,
    read_only: Option<bool>,
    addresses: Option<Vec<IpNet>>,
}

impl Wanted {
    fn read(fields: &mut Fields, now: Time) -> Wanted {
        let uuid = fields.filled("uuid").and_then(|text| {
            let uuid = Uuid::parse_str(text.trim()).ok();
            if uuid.is_none() {
                fields.refuse("uuid", "Please provide a valid RFC 4122 UUID");
            }
            uuid
        });
        Wanted {
            uuid,
            name: fields.text("comment"),
            expires_at: expiration(fields, now),
            read_only: fields.flag("read_only"),
            addresses: addresses(fields),
        }
    }
}

/// When a key ends: a date, seconds, or a phrase; `0` and an empty text mean never.
fn expiration(fields: &mut Fields, now: Time) -> Option<Option<Time>> {
    let text = fields.text("expiration")?;
    let text = text.trim();
    if text.is_empty() || text == "0" {
        return Some(None);
    }
    let time = dates::read(text, now);
    if time.is_none() {
        fields.refuse("expiration", "Expiration must be in YYYY-MM-DD format.");
    }
    time.map(Some)
}

/// Where a key may come from: addresses and networks.
fn addresses(fields: &mut Fields) -> Option<Vec<IpNet>> {
    let mut nets = Vec::new();
    for text in fields.list("allowed_ips", true)? {
        let net = text
            .parse::<IpNet>()
            .ok()
            .or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from));
        match net {
            Some(net) => nets.push(net),
            None => fields.refuse("allowed_ips", &format!("{text} is not valid IP range")),
        }
    }
    Some(nets)
}

fn own_or(id: &str, request: &Authenticated) -> Result<UserId, Fault> {
    if id == "me" {
        Ok(request.caller.user())
    } else {
        user_number(id)
    }
}

/// `auth_keys/add` without a number makes a key of one's own.
pub async fn add_own(request: Authenticated, sent: Sent) -> HandlerResult {
    let own = request.caller.user();
    made(request, own, sent).await
}

/// `auth_keys/add/{user}`. A user named in the body is ignored (misp.md §7).
pub async fn add(request: Authenticated, Path(id): Path<String>, sent: Sent) -> HandlerResult {
    let user = own_or(&id, &request)?;
    if user != request.caller.user() && !makes_keys_of(&request, user).await? {
        return Err(Fault::OutranksCaller.into());
    }
    made(request, user, sent).await
}

/// Whether the caller makes keys in another's name. Quirk: an administrator of an organisation does so
/// for its plain people, and not for its other administrators (misp.md §6).
async fn makes_keys_of(request: &Authenticated, user: UserId) -> Result<bool, Fault> {
    if !protocol::acts_with(request, ADMIN) {
        return Ok(false);
    }
    if protocol::acts_with(request, SITE_ADMIN) {
        return Ok(true);
    }
    let person = match Person::read(request, user).await {
        // That there is nobody is told by whoever makes the key.
        Err(Fault::NotFound(_)) => return Ok(true),
        person => person?,
    };
    let roles = Roles::read(request).await?;
    Ok(!roles.view(person.role).administers)
}

async fn made(request: Authenticated, user: UserId, Sent(body): Sent) -> HandlerResult {
    let place = protocol::place(&request.info);
    let mut fields = Fields::of(body, "AuthKey");
    let wanted = Wanted::read(&mut fields, request.now());
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let new = NewKey {
        uuid: wanted.uuid,
        name: wanted.name.unwrap_or_default(),
        expires_at: wanted.expires_at.flatten(),
        read_only: wanted.read_only.unwrap_or(false),
        addresses: wanted.addresses.unwrap_or_default(),
        ..NewKey::default()
    };
    let key = request.create_key(user, new).await?;
    Ok(fresh(&request, &key))
}

/// `auth_keys/edit`: what is not sent stays.
pub async fn edit(
    request: Authenticated,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> HandlerResult {
    let place = protocol::place(&request.info);
    let key = standing(&request, &id).await?;
    let mut fields = Fields::of(body, "AuthKey");
    let wanted = Wanted::read(&mut fields, request.now());
    if key.replaced {
        fields.refuse(
            "expiration",
            "A key that another took the place of stays ended.",
        );
    }
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let change = KeyChange {
        name: wanted.name,
        expires_at: wanted.expires_at,
        read_only: wanted.read_only,
        addresses: wanted.addresses,
        ..KeyChange::default()
    };
    let (key, owner) = request.update_key_and_show(key.id, change).await?;
    let owner = json!({ "id": owner.id.to_string(), "org_id": owner.home.to_string() });
    Ok(wire::shown(
        &request,
        &json!({ "AuthKey": shown(&key), "User": owner }),
    ))
}

/// `auth_keys/delete`.
pub async fn delete(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let key = standing(&request, &id).await?;
    request.revoke_key(key.id).await?;
    // Quirk: a number where everything else is text (misp.md §3).
    let url = format!("/auth_keys/delete/{}", key.id);
    let body = wire::success("AuthKey deleted.", &url, Some(json!(key.id.0)));
    Ok(wire::shown(&request, &body))
}

/// `users/resetauthkey` without a number is about oneself.
pub async fn reset_own(request: Authenticated) -> HandlerResult {
    let Credential::Key(own) = request.caller.credential() else {
        return Err(Fault::NotFound(Kind::Key).into());
    };
    let key = request.renew_own_key(Some(own), "").await?;
    Ok(renewed(&request, request.caller.user(), &key))
}

/// `users/resetauthkey/{user}[/{alert}]`: all older keys of the user end; with `me` only the one in use. An
/// alert tells the user by mail that it was done; the key itself is not mailed.
pub async fn reset(request: Authenticated) -> HandlerResult {
    let mut segments = request.segments.iter().map(String::as_str);
    let id = segments.next().unwrap_or_default();
    let alert = segments
        .next()
        .is_some_and(|alert| !matches!(alert, "" | "0" | "false"));
    if id == "me" {
        return reset_own(request).await;
    }
    let user = user_number(id)?;
    let key = request.replace_keys_of(user).await?;
    if alert && user != request.caller.user() {
        let message = Message {
            subject: "Your API key was replaced".to_owned(),
            body: "An administrator replaced your API keys. The old ones no longer work; ask your administrator for the new one.".to_owned(),
            ..Message::default()
        };
        request.send_message(&[user.into()], message).await?;
    }
    Ok(renewed(&request, user, &key))
}

// Quirk: the new key stands in the message (misp.md §7).
fn renewed(request: &Authenticated, user: UserId, key: &FreshKey) -> axum::response::Response {
    let message = format!("Authkey updated: {}", key.secret);
    let id = json!(user.to_string());
    wire::shown(
        request,
        &wire::success(&message, &request.info.path, Some(id)),
    )
}
