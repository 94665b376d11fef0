//! Themes of the vendor's console: kept for organisations, made and changed by administrators of the
//! installation.

use axum::extract::Request;
use directory::{
    Fault, NewExtension, NewRecord, Operation, Permission, Predicate, Query, Record, RecordChange,
    RecordField, RecordRef, Test,
};
use kit::{Authenticated, HandlerResult, Path, RequestError};
use serde_json::{Map, Value, json};

use crate::catalogue::PLATFORM;
use crate::errors::Failure;
use crate::fields::{Values, path_id};
use crate::request::{self, success};
use crate::specification::operations as specified;
use crate::{map, wire};

/// The record's kind.
const KIND: &str = "theme";
/// The term and the member that say which organisations see a theme.
const ORGANISATIONS: &str = "organization_ids";
/// How many themes are listed at most.
const MOST: u32 = 1_000;

fn shown(record: &Record) -> wire::Theme {
    let text = |name: &str| record.document.get(name).and_then(Value::as_str);
    let logo = record.document.get("logo_file_id").and_then(Value::as_i64);
    wire::Theme {
        id: record.number,
        name: text("name").unwrap_or_default().to_owned(),
        organization_ids: organisations(record),
        settings: text("settings_json").unwrap_or_default().to_owned(),
        // The file itself is not held here.
        logo_file: logo.map(|id| wire::LogoFile {
            id,
            download_url: None,
        }),
        created_at: map::time(record.created_at),
        updated_at: map::time(record.updated_at),
    }
}

fn organisations(record: &Record) -> Vec<i64> {
    let ids = record.document.get(ORGANISATIONS).and_then(Value::as_array);
    ids.into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .collect()
}

/// `GET /users/me/themes`
pub async fn list(request: Authenticated) -> HandlerResult {
    let home = request.caller.home().to_string();
    let field = RecordField::Term(PLATFORM, ORGANISATIONS.to_owned());
    let query = Query {
        predicate: Predicate::Is(field, Test::Equals(home.into())),
        sort: Some(RecordField::Number),
        limit: MOST,
        seen_by: Some(Permission::SignedIn),
        ..Query::default()
    };
    let found = request.records(KIND, &query).await?;
    let rows: Vec<wire::ThemeSummary> = found
        .items
        .iter()
        .map(shown)
        .map(|theme| wire::ThemeSummary {
            id: theme.id,
            name: theme.name,
            created_at: theme.created_at,
            updated_at: theme.updated_at,
        })
        .collect();
    Ok(success(&specified::LIST_THEMES, &rows))
}

/// `GET /users/me/themes/{id}`
pub async fn show(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let which = RecordRef::Number(path_id(&id)?);
    let seen_by = Some(Permission::SignedIn);
    let record = request.record(KIND, which, seen_by).await?;
    if !organisations(&record).contains(&request.caller.home().number()) {
        return Err(Failure::no_object().into());
    }
    Ok(success(&specified::SHOW_THEME, &shown(&record)))
}

/// What a request puts over the members of a theme's document.
fn content(values: &Values, mut members: Map<String, Value>) -> Result<NewExtension, Failure> {
    if let Some(name) = values.text("name") {
        if name.trim().is_empty() {
            return Err(Failure::validation("name can't be blank"));
        }
        members.insert("name".to_owned(), name.into());
    }
    if let Some(settings) = values.text("settings_json") {
        // It is kept as it was sent, but no client could read what is no JSON.
        if kit::parse_json(settings.as_bytes()).is_err() {
            return Err(Failure::validation("settings_json must be JSON"));
        }
        members.insert("settings_json".to_owned(), settings.into());
    }
    if let Some(ids) = values.integers(ORGANISATIONS) {
        members.insert(ORGANISATIONS.to_owned(), json!(ids));
    }
    match values.text_change("logo_file_id") {
        None => {}
        Some(None) => {
            members.shift_remove("logo_file_id");
        }
        Some(Some(text)) => {
            let id = text.parse::<i64>().ok().filter(|id| *id > 0);
            let id = id.ok_or_else(|| Failure::validation("logo_file_id must be a number"))?;
            members.insert("logo_file_id".to_owned(), id.into());
        }
    }
    let ids = members.get(ORGANISATIONS).and_then(Value::as_array);
    let terms = ids
        .into_iter()
        .flatten()
        .map(|id| (ORGANISATIONS.to_owned(), id.to_string()))
        .collect();
    Ok(NewExtension {
        document: Value::Object(members),
        terms,
    })
}

/// `POST /admin/themes`
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    let operation = &specified::CREATE_THEME;
    let values = request::body(&request, Operation::WriteSharedRecord, operation, raw).await?;
    let new = NewRecord {
        kind: KIND.to_owned(),
        content: content(&values, Map::new())?,
        ..NewRecord::default()
    };
    let record = request.create_record(new).await?;
    Ok(success(operation, &shown(&record)))
}

/// `PATCH /admin/themes/{id}`
pub async fn update(request: Authenticated, Path(id): Path<String>, raw: Request) -> HandlerResult {
    let operation = &specified::CHANGE_THEME;
    let values = request::body(&request, Operation::WriteSharedRecord, operation, raw).await?;
    let record = changed(&request, KIND, &id, |members| content(&values, members)).await?;
    Ok(success(operation, &shown(&record)))
}

/// Puts members over the document of a record of the installation.
pub async fn changed(
    request: &Authenticated,
    kind: &str,
    id: &str,
    content: impl Fn(Map<String, Value>) -> Result<NewExtension, Failure>,
) -> Result<Record, RequestError> {
    let which = RecordRef::Number(path_id(id)?);
    let present = request.record(kind, which, None).await?;
    let members = present.document.as_object().cloned().unwrap_or_default();
    let change = RecordChange {
        content: Some(content(members)?),
        if_version: Some(present.version),
        ..RecordChange::default()
    };
    Ok(request.update_record(kind, which, change).await?)
}

/// Refuses callers who do not administer the whole installation.
pub fn everywhere(request: &Authenticated, permission: Permission) -> Result<(), Fault> {
    if request.caller.holds_everywhere(permission.word()) {
        Ok(())
    } else {
        Err(Fault::Forbidden(permission))
    }
}
