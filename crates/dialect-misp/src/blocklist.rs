//! The list of blocked organisations (misp.md §8). It keeps events of those organisations out in the vendor's
//! product; there are no events here, so it is kept and shown.

use directory::{
    Cursor, Fault, Kind, NewExtension, NewRecord, Position, Predicate, Query, Record, RecordChange,
    RecordField, RecordRef,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::body::{Fields, Sent};
use super::index_filter::IndexFilter;
use super::{protocol, wire};
use kit::reply::Chunk;
use kit::{Authenticated, HandlerResult, Path, RequestError, retry_stale};

/// What records of blocked organisations are called. Their UUIDs are the organisations'.
const KIND: &str = "blocked_organisation";

/// Entries read at a time.
const CHUNK: u32 = 500;

/// Entries made by one request.
const MOST: usize = 1_000;

/// Bytes of a name or comment.
const LONGEST: usize = 10_000;

const FILTERS: &[&str] = &["org_uuid", "org_name", "comment"];

fn shown(record: &Record) -> Value {
    let text = |name: &str| record.document.get(name).cloned().unwrap_or_default();
    json!({
        "id": record.number.to_string(),
        "org_uuid": record.uuid,
        "created": record.created_at.plain(),
        "org_name": text("org_name"),
        "comment": text("comment"),
        "blocked_data": { "blocked_amount": false, "blocked_last_time": false },
    })
}

/// `orgBlocklists/index`. Quirk: rows stand bare (misp.md §8).
pub async fn list(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let address = protocol::address(&request.info)?;
    let fields = Fields::of(body, "OrgBlocklist");
    let filter = IndexFilter::read(address, &fields, FILTERS)?;
    let response = wire::streamed(&request, move |handle, cursor: Option<Cursor>| {
        let filter = filter.clone();
        async move {
            let query = Query {
                predicate: Predicate::<RecordField>::All,
                sort: Some(RecordField::Number),
                from: cursor.map_or(Position::Start, Position::After),
                limit: CHUNK,
                ..Query::default()
            };
            let page = handle.records(KIND, &query).await?;
            let rows = page.items.iter().map(shown).filter(|row| {
                FILTERS
                    .iter()
                    .all(|name| filter.matches(name, row[*name].as_str().unwrap_or_default()))
            });
            Chunk::of(rows, page.next)
        }
    })
    .await?;
    Ok(response)
}

/// A name or comment of a request.
fn text(fields: &mut Fields, name: &str) -> Option<String> {
    let text = fields.text(name)?;
    if text.len() > LONGEST {
        fields.refuse(name, "too long");
        return None;
    }
    Some(text)
}

fn content(org_name: &str, comment: &str) -> NewExtension {
    NewExtension {
        document: json!({ "org_name": org_name, "comment": comment }),
        terms: Vec::new(),
    }
}

/// `orgBlocklists/add`: several UUIDs at once; what is listed already or is no UUID fails by itself.
pub async fn add(request: Authenticated, Sent(body): Sent) -> HandlerResult {
    let place = protocol::place(&request.info);
    let mut fields = Fields::of(body, "OrgBlocklist");
    let uuids = fields.list("uuids", true).unwrap_or_default();
    let org_name = text(&mut fields, "org_name").unwrap_or_default();
    let comment = text(&mut fields, "comment").unwrap_or_default();
    if uuids.len() > MOST {
        fields.refuse("uuids", "too many");
    }
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let (mut successes, mut fails) = (Vec::new(), Vec::new());
    for text in uuids {
        let uuid = Uuid::parse_str(&text).ok().filter(|_| text.len() == 36);
        let Some(uuid) = uuid else {
            fails.push(text);
            continue;
        };
        let new = NewRecord {
            uuid: Some(uuid),
            kind: KIND.to_owned(),
            content: content(&org_name, &comment),
            ..NewRecord::default()
        };
        match request.create_record(new).await {
            Ok(_) => successes.push(text),
            Err(Fault::Taken { .. }) => fails.push(text),
            Err(fault) => return Err(fault.into()),
        }
    }
    let message = format!(
        "Done. Added {} new entries to the blocklist. {} entries could not be saved.",
        successes.len(),
        fails.len()
    );
    let body = json!({
        "result": { "successes": successes, "fails": fails },
        "message": message,
    });
    Ok(wire::shown(&request, &body))
}

/// An entry, by its organisation's UUID or by its number.
fn which(id: &str) -> Result<RecordRef, Fault> {
    match (Uuid::parse_str(id), id.parse()) {
        (Ok(uuid), _) => Ok(RecordRef::Uuid(uuid)),
        (Err(_), Ok(number)) => Ok(RecordRef::Number(number)),
        (Err(_), Err(_)) => Err(Fault::NotFound(Kind::Record)),
    }
}

/// `orgBlocklists/edit`: the name and the comment; what is not sent stays.
pub async fn edit(
    request: Authenticated,
    Path(id): Path<String>,
    Sent(body): Sent,
) -> HandlerResult {
    let place = protocol::place(&request.info);
    let which = which(&id)?;
    let mut fields = Fields::of(body, "OrgBlocklist");
    let org_name = text(&mut fields, "org_name");
    let comment = text(&mut fields, "comment");
    if let Some(errors) = fields.errors() {
        return Ok(protocol::said(&request.info, place.failure(errors)));
    }
    let record = retry_stale(RequestError::is_stale, || async {
        let record = request.record(KIND, which, None).await?;
        let kept = |name: &str| {
            record.document[name]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let org_name = org_name.clone().unwrap_or_else(|| kept("org_name"));
        let comment = comment.clone().unwrap_or_else(|| kept("comment"));
        let change = RecordChange {
            content: Some(content(&org_name, &comment)),
            if_version: Some(record.version),
            ..RecordChange::default()
        };
        Ok(request.update_record(KIND, which, change).await?)
    })
    .await?;
    let body = json!({ "OrgBlocklist": shown(&record) });
    Ok(wire::shown(&request, &body))
}

/// `orgBlocklists/delete`.
pub async fn delete(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let record = request.delete_record(KIND, which(&id)?).await?;
    let uuid = record.uuid;
    let url = format!("/org_blocklists/delete/{uuid}");
    let body = wire::success("Blocklist entry removed", &url, Some(json!(uuid)));
    Ok(wire::shown(&request, &body))
}
