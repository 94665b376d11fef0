//! Announcements: made by administrators of the installation, read by everybody once released.

use axum::extract::Request;
use directory::{
    NewExtension, NewRecord, Operation, Permission, Predicate, Query, Record, RecordField, Test,
    Time,
};
use kit::{Authenticated, HandlerResult, Pairs, Path};
use serde_json::{Map, Value};

use crate::catalogue::PLATFORM;
use crate::errors::Failure;
use crate::fields::Values;
use crate::request::{self, list as answer_list, paged, success};
use crate::specification::operations as specified;
use crate::{map, themes, wire};

/// The record's kind.
const KIND: &str = "announcement";
/// The term and the member that say when an announcement is released.
const RELEASED_AT: &str = "released_at";

fn shown(record: &Record) -> wire::Announcement {
    let text = |name: &str| {
        let text = record.document.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    wire::Announcement {
        id: record.number,
        subject: text("subject"),
        body: text("body"),
        released_at: text(RELEASED_AT),
        created_at: map::time(record.created_at),
        updated_at: map::time(record.updated_at),
    }
}

fn released() -> RecordField {
    RecordField::Term(PLATFORM, RELEASED_AT.to_owned())
}

/// `GET /announcements/`
pub async fn list(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let operation = &specified::LIST_ANNOUNCEMENTS;
    let (_, page) = request::page(&request, Operation::ReadRecords, operation, &pairs)?;
    let now = request.now().rfc3339();
    let query = Query {
        predicate: Predicate::Is(released(), Test::AtMost(now.into())),
        sort: Some(released()),
        seen_by: Some(Permission::SignedIn),
        ..paged(page)
    };
    let found = request.records(KIND, &query).await?;
    let rows: Vec<wire::Announcement> = found.items.iter().map(shown).collect();
    Ok(answer_list(&rows, page, found.total))
}

fn content(
    values: &Values,
    now: Time,
    mut members: Map<String, Value>,
) -> Result<NewExtension, Failure> {
    for name in ["subject", "body"] {
        if let Some(text) = values.text(name) {
            if text.trim().is_empty() {
                return Err(Failure::validation(format_args!("{name} can't be blank")));
            }
            members.insert(name.to_owned(), text.into());
        }
    }
    if let Some(time) = values.text(RELEASED_AT) {
        members.insert(RELEASED_AT.to_owned(), time.into());
    }
    let released = members
        .entry(RELEASED_AT)
        .or_insert_with(|| now.rfc3339().into());
    // Times of this one form sort as texts.
    let terms = released
        .as_str()
        .map(|time| (RELEASED_AT.to_owned(), time.to_owned()));
    Ok(NewExtension {
        terms: terms.into_iter().collect(),
        document: Value::Object(members),
    })
}

/// `POST /admin/announcements`
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    let operation = &specified::CREATE_ANNOUNCEMENT;
    let values = request::body(&request, Operation::WriteSharedRecord, operation, raw).await?;
    let new = NewRecord {
        kind: KIND.to_owned(),
        content: content(&values, request.now(), Map::new())?,
        ..NewRecord::default()
    };
    let record = request.create_record(new).await?;
    Ok(success(operation, &shown(&record)))
}

/// `PATCH /admin/announcements/{id}`
pub async fn update(request: Authenticated, Path(id): Path<String>, raw: Request) -> HandlerResult {
    let operation = &specified::CHANGE_ANNOUNCEMENT;
    let values = request::body(&request, Operation::WriteSharedRecord, operation, raw).await?;
    let now = request.now();
    let record = themes::changed(&request, KIND, &id, |members| {
        content(&values, now, members)
    });
    Ok(success(operation, &shown(&record.await?)))
}
