//! API keys: one's own and those of others. A key's text is shown once, when it is made.

use std::sync::Arc;

use directory::filter::{BY_NUMBER, KEY_FIELDS, KEY_SORTS};
use directory::{
    Constraint, ConstraintKind, FreshKey, Key, KeyChange, KeyField, KeyId, KeyInactive, KeyRef,
    NewKey, Predicate, Proof, Standing, Test, Time, UserId,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use kit::Authenticated;

use super::answers;
use super::bodies::{Describe, Schemas, Sent, Within, Word, Worded, body};
use super::errors::Problem;
use super::fields::{EndTime, Named, Read};
use super::lists::{self, Listing};
use super::references;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::second_factors::ProofBody;
use super::times::Moment;

/// A key as shown; never its text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub struct KeyBody<'a> {
    id: Uuid,
    number: i64,
    user: i64,
    name: &'a str,
    hint: String,
    origin: &'a str,
    platform: Option<&'a str>,
    active: bool,
    inactive_because: Option<KeyInactive>,
    inactive_since: Option<Moment>,
    /// What the owner's account amounts to, where that is why.
    owner_standing: Option<Standing>,
    read_only: bool,
    #[schemars(with = "[String]")]
    addresses: &'a [ipnet::IpNet],
    constraints: &'a [Constraint],
    scopes: &'a [String],
    organisation: Option<i64>,
    expires_at: Option<Moment>,
    revoked_at: Option<Moment>,
    revoked_by: Option<i64>,
    created_at: Moment,
    created_by: Option<i64>,
    use_count: i64,
    last_used_at: Option<Moment>,
    last_address: Option<&'a str>,
    seen_addresses: &'a [String],
    revision: i64,
}

impl<'a> KeyBody<'a> {
    fn of(key: &'a Key, now: Time) -> Self {
        let because = key.inactive_because(now);
        Self {
            id: key.uuid,
            number: key.id.0,
            user: key.user.0,
            name: &key.name,
            hint: format!("{}…{}", key.hint_start, key.hint_end),
            origin: &key.origin,
            platform: key.platform.as_deref(),
            active: because.is_none(),
            inactive_because: because,
            inactive_since: Moment::maybe(key.inactive_since(now)),
            owner_standing: (because == Some(KeyInactive::Owner)).then(|| key.owner.standing(now)),
            read_only: key.read_only,
            addresses: &key.addresses,
            constraints: &key.constraints,
            scopes: &key.scopes,
            organisation: key.organisation.map(|organisation| organisation.0),
            expires_at: Moment::maybe(key.expires_at),
            revoked_at: Moment::maybe(key.revoked_at),
            revoked_by: key.revoked_by.map(|user| user.0),
            created_at: Moment(key.created_at),
            created_by: key.created_by.map(|user| user.0),
            use_count: key.use_count,
            last_used_at: Moment::maybe(key.last_used_at),
            last_address: key.last_address.as_deref(),
            seen_addresses: &key.seen_addresses,
            revision: key.version,
        }
    }
}

/// A key just made, with its text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FreshKey", description = "The one showing of a key's text.")]
pub struct FreshBody<'a> {
    #[serde(flatten)]
    key: KeyBody<'a>,
    /// Null in a dry run: there is no such key.
    secret: Option<&'a str>,
}

/// The words of how a path is limited.
impl Worded for ConstraintKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("exact", ConstraintKind::Exact),
        ("prefix", ConstraintKind::Prefix),
        ("regex", ConstraintKind::Regex),
        ("verb", ConstraintKind::Verb),
    ];
}

/// An address or a network as sent: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`.
pub struct Network(ipnet::IpNet);

impl Read for Network {
    fn read(value: serde_json::Value) -> Result<Self, String> {
        let text = value.as_str().unwrap_or_default();
        let net = text
            .parse::<ipnet::IpNet>()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from));
        net.map(Network)
            .map_err(|_| "must hold addresses or networks such as 192.0.2.0/24".to_owned())
    }
}

impl Describe for Network {
    fn schema(_: &mut Schemas) -> serde_json::Value {
        serde_json::json!({ "type": "string", "pattern": "^[0-9a-fA-F:.]+(/[0-9]{1,3})?$", "minLength": 2 })
    }
}

body! {
    pub struct NewConstraintBody as "NewConstraint" {
        kind: needed Word<ConstraintKind>,
        pattern: optional String,
        methods: needed Vec<String>,
    }
}

/// How keys are listed.
pub const LISTING: Listing<KeyField> = Listing {
    fields: KEY_FIELDS,
    usual: BY_NUMBER,
    sorts: KEY_SORTS,
    facets: &[
        "user",
        "origin",
        "platform",
        "revoked",
        "active",
        "read_only",
        "organisation",
        "created_by",
    ],
    downwards: false,
};

/// `GET /keys`: one's own, and those of people whose keys one manages.
pub async fn list(request: Authenticated) -> Answer {
    page(&request, None).await
}

/// `GET /users/{user}/keys`
pub async fn of_user(request: Authenticated) -> Answer {
    let user = request.user(request.reference::<UserId>(0)).await?.id;
    page(&request, Some(user)).await
}

/// `GET /me/keys`
pub async fn own(request: Authenticated) -> Answer {
    let user = request.caller().user();
    page(&request, Some(user)).await
}

async fn page(request: &Authenticated, user: Option<UserId>) -> Answer {
    let mut query = LISTING.query(request, &request.query()?.0).await?;
    if let Some(user) = user {
        let theirs = Predicate::Is(KeyField::User, Test::Equals(user.0.into()));
        query.narrow(&theirs);
    }
    let page = request.keys(&query).await?;
    let now = request.now();
    LISTING
        .page(request, &page, |key| KeyBody::of(key, now))
        .await
}

/// `GET /keys/{key}`
pub async fn show(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let key = request.key(request.reference::<KeyId>(0)).await?;
    Reply::revised(key.version, &KeyBody::of(&key, request.now()))
}

body! {
    pub struct NewKeyBody as "NewKey" {
        id: optional Uuid,
        name: optional String,
        expires_at: optional EndTime,
        read_only: optional bool,
        addresses: optional Vec<Network>,
        constraints: optional Vec<Within<NewConstraintBody>>,
        organisation: optional Named,
        proof: members ProofBody,
    }
}

/// `POST /users/{user}/keys`. A session that was not begun just now gives the present password, or a
/// code of the second factor, too; so it does to change a key.
pub async fn create(request: Authenticated, body: Sent<NewKeyBody>) -> Answer {
    let (new, proof) = read_new(&request, body).await?;
    let user = request.reference::<UserId>(0);
    let handle = request.proven(proof).await?;
    let show = made(&request);
    answers::once(&request, &handle, show, |handle| {
        handle.create_key(user, new)
    })
    .await
}

/// `POST /me/keys`
pub async fn create_own(request: Authenticated, body: Sent<NewKeyBody>) -> Answer {
    let (new, proof) = read_new(&request, body).await?;
    let own = request.caller().user();
    let handle = request.proven(proof).await?;
    let show = made(&request);
    answers::once(&request, &handle, show, |handle| {
        handle.create_key(own, new)
    })
    .await
}

fn made(request: &Authenticated) -> impl Fn(&FreshKey) -> Answer + Send + Sync + use<> + 'static {
    let (info, now) = (Arc::clone(&request.info), request.now());
    let is_dry_run = request.is_dry_run();
    move |fresh| {
        let body = FreshBody {
            key: KeyBody::of(&fresh.key, now),
            secret: (!is_dry_run).then_some(fresh.secret.as_str()),
        };
        let location = format!("/keys/{}", fresh.key.uuid);
        Reply::made(&info, &location, Some(fresh.key.version), &body)
    }
}

async fn read_new(
    request: &Authenticated,
    body: Sent<NewKeyBody>,
) -> Result<(NewKey, Option<Proof>), Problem> {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let mut new = NewKey {
        uuid: sent.id,
        name: sent.name.unwrap_or_default(),
        expires_at: sent.expires_at.map(|end| end.0),
        read_only: sent.read_only.unwrap_or(false),
        addresses: addresses(sent.addresses.unwrap_or_default()),
        constraints: constraints(sent.constraints.unwrap_or_default()),
        ..NewKey::default()
    };
    if new.expires_at.is_some_and(|end| end <= request.now()) {
        return Err(Problem::invalid("expires_at", "has passed already"));
    }
    new.organisation = references::organisation(request, "organisation", sent.organisation).await?;
    Ok((new, sent.proof.proof()))
}

fn addresses(sent: Vec<Network>) -> Vec<ipnet::IpNet> {
    sent.into_iter().map(|network| network.0).collect()
}

fn constraints(sent: Vec<Within<NewConstraintBody>>) -> Vec<Constraint> {
    let constraint = |Within(one): Within<NewConstraintBody>| Constraint {
        kind: one.kind.0,
        pattern: one.pattern.unwrap_or_default(),
        methods: one.methods,
    };
    sent.into_iter().map(constraint).collect()
}

body! {
    pub struct KeyChangeBody as "KeyChange" {
        name: change String,
        expires_at: clearable EndTime,
        read_only: change bool,
        addresses: change Vec<Network>,
        constraints: change Vec<Within<NewConstraintBody>>,
        proof: members ProofBody,
    }
}

/// `PATCH /keys/{key}`
pub async fn update(request: Authenticated, body: Sent<KeyChangeBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let change = KeyChange {
        name: sent.name,
        expires_at: sent.expires_at.map(|end| end.map(|end| end.0)),
        read_only: sent.read_only,
        addresses: sent.addresses.map(addresses),
        constraints: sent.constraints.map(constraints),
        ..KeyChange::default()
    };
    let which: KeyRef = request.reference(0);
    let handle = request.proven(sent.proof.proof()).await?;
    let key = handle.update_key(which, change).await?;
    Reply::revised(key.version, &KeyBody::of(&key, request.now()))
}

/// `DELETE /keys/{key}`: revoked for good; it stays in the lists.
pub async fn revoke(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let which: KeyRef = request.reference(0);
    request.revoke_key(which).await?;
    Reply::nothing()
}

/// `DELETE /users/{user}/keys`: all of them, but the one in use.
pub async fn revoke_all(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let in_use = match request.caller().credential() {
        directory::Credential::Key(key) => Some(key),
        directory::Credential::Session(_, key) => key,
        directory::Credential::System => None,
    };
    let user = request.reference::<UserId>(0);
    let revoked = request.revoke_keys_of(user, in_use).await?;
    Reply::shown(&Revoked { revoked })
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Revoked")]
pub struct Revoked {
    revoked: u64,
}
