//! Registrations: people who ask for an account, and what site administrators make of it (misp.md §8).

use directory::{
    Cursor, Fault, Handle, Kind, NewExtension, NewRecord, NewUser, Position, Predicate,
    ProvisioningDefaults, Query, Record, RecordField, RecordRef, Ref, Refusal, check_email, limits,
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::body::{Fields, Sent};
use super::catalogue::PLATFORM;
use super::people::{self, Roles};
use super::server_settings::ServerSettings;
use super::{protocol, wire};
use kit::reply::Chunk;
use kit::{Anonymous, Authenticated, HandlerResult};

/// What records of registrations are called.
const KIND: &str = "registration";

/// Registrations read at a time.
const CHUNK: u32 = 500;

/// Registrations accepted or discarded by one request.
const MOST: usize = 100;

/// What a request for an account may say, beside the address.
const FIELDS: &[&str] = &[
    "org_name",
    "org_uuid",
    "message",
    "custom_perms",
    "perm_sync",
    "perm_publish",
    "perm_admin",
    "pgp",
];

/// Bytes that one field of a registration may have.
const LONGEST: usize = 10_000;

const SENT: &str = "Request sent. The administrators of this community have been notified.";
const MISSING_EMAIL: &str = "We require at least the email field to be filled.";
const NO_ORGANISATION: &str = "No organisation selected. Supply an Organisation ID";

/// `users/register`, without a key. Refused unless a site administrator has allowed it.
pub async fn register(Anonymous(info): Anonymous, Sent(body): Sent) -> HandlerResult {
    let place = protocol::place(&info);
    let directory = info.state.directory();
    if !ServerSettings::of(directory).await?.self_registration {
        return Err(Fault::Unauthenticated(Refusal::Missing).into());
    }
    let mut fields = Fields::of(body, "User");
    let Some(email) = fields.filled("email") else {
        return Ok(protocol::said(&info, place.exception(400, MISSING_EMAIL)));
    };
    let refused = |errors: Value| {
        let why = format!("Request could not be created.Errors: {errors}");
        Ok(protocol::said(&info, place.failure(json!(why))))
    };
    let email = email.trim().to_owned();
    if check_email(&email).is_err() {
        return refused(json!({ "email": ["Please enter a valid email address."] }));
    }
    let mut data = Map::new();
    data.insert("email".to_owned(), json!(email));
    for name in FIELDS {
        if let Some(text) = fields.text(name) {
            if text.len() > LONGEST {
                return refused(json!({ *name: ["too long"] }));
            }
            data.insert((*name).to_owned(), json!(text.trim()));
        }
    }
    data.entry("message").or_insert_with(|| json!(""));
    if let Some(errors) = fields.errors() {
        return refused(errors);
    }
    let agent: String = info
        .agent
        .as_deref()
        .unwrap_or_default()
        .chars()
        .take(255)
        .collect();
    let new = NewRecord {
        kind: KIND.to_owned(),
        content: NewExtension {
            document: json!({
                "data": data,
                "ip": info.address.map(|address| address.to_string()).unwrap_or_default(),
                "user_agent": agent,
            }),
            terms: Vec::new(),
        },
        ..NewRecord::default()
    };
    directory.file_record(PLATFORM, new, info.address).await?;
    let body = wire::success(SENT, "/users/register", None);
    Ok(wire::with_status(&info, axum::http::StatusCode::OK, &body))
}

fn shown(record: &Record) -> Value {
    let text = |name: &str| record.document.get(name).cloned().unwrap_or_default();
    let data = text("data");
    let agent = text("user_agent");
    let agent_digest: String = Sha256::digest(agent.as_str().unwrap_or_default().as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({
        "id": record.number.to_string(),
        "uuid": record.uuid,
        "title": format!("User registration for {}.", data["email"].as_str().unwrap_or_default()),
        "type": KIND,
        "ip": text("ip"),
        "user_agent": agent,
        "user_agent_sha256": agent_digest,
        "comment": data["message"],
        "deleted": false,
        "timestamp": record.created_at.seconds().to_string(),
        "store_as_file": false,
        "data": data,
    })
}

/// `users/registrations`: all that wait, oldest first; `value` looks for a text in them.
pub async fn list(request: Authenticated) -> HandlerResult {
    let address = protocol::address(&request.info)?;
    let known = super::filter::all_known(address, &["value"]);
    let wanted = address
        .named("value")
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    limits::check_length("filter", &wanted)?;
    let response = wire::streamed(&request, move |handle, cursor: Option<Cursor>| {
        let wanted = wanted.clone();
        async move {
            let page = handle.records(KIND, &part(known, cursor)).await?;
            let rows = page
                .items
                .iter()
                .map(shown)
                .filter(|row| holds(row, &wanted));
            Chunk::of(rows.map(|row| json!({ "Inbox": row })), page.next)
        }
    })
    .await?;
    Ok(response)
}

fn part(known: bool, cursor: Option<Cursor>) -> Query<RecordField> {
    Query {
        predicate: if known {
            Predicate::All
        } else {
            Predicate::Nothing
        },
        sort: Some(RecordField::Number),
        from: cursor.map_or(Position::Start, Position::After),
        limit: CHUNK,
        ..Query::default()
    }
}

/// Whether a registration holds a text where the vendor looks for it.
fn holds(row: &Value, wanted: &str) -> bool {
    ["data", "user_agent", "ip"]
        .iter()
        .any(|name| match &row[*name] {
            Value::Object(fields) => fields
                .values()
                .filter_map(Value::as_str)
                .any(|text| text.to_lowercase().contains(wanted)),
            Value::String(text) => text.to_lowercase().contains(wanted),
            _ => false,
        })
}

/// The registrations that a request names: by the path, else `id:` in it or `ids` in the body.
async fn named(request: &Authenticated, fields: &mut Fields) -> Result<Vec<Record>, Fault> {
    let address = protocol::address(&request.info).map_err(|_| Fault::NotFound(Kind::Record))?;
    let mut names: Vec<String> = address.passed.clone();
    if names.is_empty() {
        names.extend(address.named("id").map(str::to_owned));
        names.extend(fields.list("ids", true).unwrap_or_default());
    }
    if names.len() > MOST {
        let why = format!("names more than {MOST} registrations");
        return Err(Fault::invalid("ids", why));
    }
    let mut found: Vec<Record> = Vec::new();
    for name in &names {
        let uuid = Uuid::parse_str(name).ok();
        let which = match (uuid, name.parse()) {
            (Some(uuid), _) => RecordRef::Uuid(uuid),
            (None, Ok(number)) => RecordRef::Number(number),
            (None, Err(_)) => continue,
        };
        match request.record(KIND, which, None).await {
            Ok(record) if found.iter().all(|one| one.id != record.id) => found.push(record),
            Ok(_) => {}
            // Quirk: a UUID of no registration is not found, a number is none (misp.md §8).
            Err(Fault::NotFound(_)) if uuid.is_none() => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(found)
}

/// `users/acceptRegistrations`: makes an account of each, in the organisation and with the role that the
/// request names, and mails the person the way in.
pub async fn accept(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let place = protocol::place(&request.info);
    let mut fields = Fields::of(body, "User");
    let registrations = named(&request, &mut fields).await?;
    let roles = Roles::read(&request).await?;
    let role = fields.filled_number("role_id", "numeric");
    let Some(organisation) = fields.filled("org_id") else {
        return Ok(protocol::said(
            &request.info,
            place.exception(400, NO_ORGANISATION),
        ));
    };
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let home = match people::organisation_ref(organisation.trim()) {
        Ref::Name(_) => return Err(Fault::UnknownReference(Kind::Organisation).into()),
        known => match request.organisation(known).await {
            Ok(organisation) => organisation.id,
            Err(Fault::NotFound(kind)) => return Err(Fault::UnknownReference(kind).into()),
            Err(fault) => return Err(fault.into()),
        },
    };
    let role = role.map(|number| roles.wanted(number)).transpose()?;
    let (mut added, mut failed) = (0, 0);
    for record in &registrations {
        let email = record.document["data"]["email"]
            .as_str()
            .unwrap_or_default();
        let new = NewUser {
            email: Some(email.to_owned()),
            home: Some(home),
            roles: role.into_iter().collect(),
            door: ProvisioningDefaults {
                mail: Some("activation".to_owned()),
                ..ProvisioningDefaults::default()
            },
            ..NewUser::default()
        };
        let which = RecordRef::Uuid(record.uuid);
        match request.create_user_from_record(new, KIND, which).await {
            Ok(_) => added += 1,
            // Another request took it meanwhile.
            Err(Fault::NotFound(Kind::Record)) => {}
            Err(Fault::Taken { .. } | Fault::Invalid { .. }) => failed += 1,
            Err(fault) => return Err(fault.into()),
        }
    }
    let mut said = Vec::new();
    if added > 0 {
        said.push(format!("Added {added} user(s)."));
    }
    if failed > 0 {
        let why = "reasons for the failure have been logged.";
        said.push(format!("Could not add {failed} user(s), {why}"));
    }
    if said.is_empty() {
        said.push("No new users added - there was nothing to add.".to_owned());
    }
    let said = said.join(" ");
    if failed > 0 || added == 0 {
        return Ok(protocol::said(&request.info, place.failure(json!(said))));
    }
    let body = wire::success(&said, "/users/acceptRegistrations", None);
    Ok(wire::shown(&request, &body))
}

/// Takes a registration away; one that went meanwhile is gone as well.
async fn gone(handle: &Handle, record: &Record) -> Result<bool, Fault> {
    match handle
        .delete_record(KIND, RecordRef::Uuid(record.uuid))
        .await
    {
        Ok(_) => Ok(true),
        Err(Fault::NotFound(_)) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// `users/discardRegistrations`.
pub async fn discard(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let mut fields = Fields::of(body, "User");
    let mut count = 0;
    for record in named(&request, &mut fields).await? {
        count += usize::from(gone(&request, &record).await?);
    }
    let said = format!("{count} registration(s) discarded.");
    let body = wire::success(&said, "/users/discardRegistrations", None);
    Ok(wire::shown(&request, &body))
}
