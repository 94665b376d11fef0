//! Favourites of people and of organisations. They point at things of the vendor's product by type and
//! number; nothing of that kind is held here, so they are kept and shown as the client sent them.

use axum::extract::Request;
use directory::{
    Fault, NewExtension, NewRecord, Operation, Permission, Predicate, Query, Record, RecordChange,
    RecordField, RecordRef, Test,
};
use kit::{Authenticated, HandlerResult, Pairs, Path, RequestError};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::catalogue::PLATFORM;
use crate::errors::Failure;
use crate::fields::{Values, path_id};
use crate::request::{self, done, list as answer_list, paged, success};
use crate::specification::{Operation as Specified, operations as specified};
use crate::{map, people, wire};

/// The record's kind for people's favourites.
const OWN: &str = "favorite";
/// The record's kind for organisations' favourites.
const SHARED: &str = "organization_favorite";

/// What may be a favourite. `Table` is in the vendor's newest specification alone.
const TYPES: [&str; 16] = [
    "Container Script",
    "Identity Resolution",
    "Import",
    "Python Script",
    "R Script",
    "dbt Script",
    "JavaScript Script",
    "SQL Script",
    "Template Script",
    "Project",
    "Workflow",
    "Tableau Report",
    "Service Report",
    "HTML Report",
    "SQL Report",
    "Table",
];

const TYPE: &str = "object_type";
const NUMBER: &str = "object_id";

fn term(name: &str) -> RecordField {
    RecordField::Term(PLATFORM, name.to_owned())
}

/// A number as a term: terms are compared as texts.
fn sortable(number: i64) -> String {
    format!("{number:019}")
}

/// Which favourites a list is narrowed to.
fn filter(values: &Values) -> Result<Predicate<RecordField>, Failure> {
    let mut predicate = Predicate::All;
    if let Some(kind) = values.text(TYPE) {
        let test = Test::Equals(kind.into());
        predicate = predicate.and(Predicate::Is(term(TYPE), test));
    }
    if let Some(number) = values.integer(NUMBER) {
        if !values.has(TYPE) {
            let why = "must be given together with object_type";
            return Err(Failure::parameter(NUMBER, &number.to_string(), why));
        }
        let test = Test::Equals(sortable(number).into());
        predicate = predicate.and(Predicate::Is(term(NUMBER), test));
    }
    Ok(predicate)
}

/// The object that a body names.
fn object(values: &Values) -> Result<(i64, String), Failure> {
    let number = values.integer(NUMBER).unwrap_or_default();
    if number < 1 {
        return Err(Failure::validation("object_id must be greater than 0"));
    }
    let kind = values.needed(TYPE);
    if !TYPES.contains(&kind.as_str()) {
        let types = TYPES.join(", ");
        return Err(Failure::validation(format_args!(
            "object_type must be one of {types}"
        )));
    }
    Ok((number, kind))
}

/// The UUID that one owner's favourite of one object always has, so that there is only one.
fn identity(owner: Uuid, number: i64, kind: &str) -> Uuid {
    Uuid::new_v5(&owner, format!("{OWN}:{kind}:{number}").as_bytes())
}

fn content(number: i64, kind: &str, author: i64) -> NewExtension {
    NewExtension {
        document: json!({ "object_id": number, "object_type": kind, "author": author }),
        terms: vec![
            (TYPE.to_owned(), kind.to_owned()),
            (NUMBER.to_owned(), sortable(number)),
        ],
    }
}

/// Makes a favourite, or finds the one of the same object.
async fn made(request: &Authenticated, new: NewRecord) -> Result<Record, RequestError> {
    let (kind, uuid) = (new.kind.clone(), new.uuid.unwrap_or_default());
    match request.create_record(new).await {
        Err(Fault::Taken { field: "uuid" }) => {
            let which = RecordRef::Uuid(uuid);
            let seen_by = Some(Permission::SignedIn);
            Ok(request.record(&kind, which, seen_by).await?)
        }
        made => Ok(made?),
    }
}

fn shown(record: &Record, author: wire::SimpleUser, position: Option<i64>) -> wire::Favorite {
    let text = |name: &str| record.document.get(name).and_then(Value::as_str);
    let number = record.document.get(NUMBER).and_then(Value::as_i64);
    let (number, kind) = (number.unwrap_or_default(), text(TYPE).unwrap_or_default());
    wire::Favorite {
        id: record.number,
        object_id: number,
        object_type: kind.to_owned(),
        object_name: format!("{kind} {number}"),
        created_at: map::time(record.created_at),
        object_updated_at: map::time(record.updated_at),
        object_author: author,
        position,
    }
}

/// `GET /users/me/favorites`
pub async fn list(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let operation = &specified::LIST_FAVORITES;
    let (values, page) = request::page(&request, Operation::ReadRecords, operation, &pairs)?;
    let own = Test::Equals(request.caller.user().number().into());
    let query = Query {
        predicate: filter(&values)?.and(Predicate::Is(RecordField::Owner, own)),
        sort: Some(match page.order {
            "created_at" => RecordField::CreatedAt,
            _ => RecordField::Position,
        }),
        ..paged(page)
    };
    let found = request.records(OWN, &query).await?;
    let author = people::simple_self(&request).await?;
    let rows: Vec<wire::Favorite> = found
        .items
        .iter()
        .map(|record| shown(record, author.clone(), Some(record.position)))
        .collect();
    Ok(answer_list(&rows, page, found.total))
}

/// `POST /users/me/favorites`
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    let operation = &specified::CREATE_FAVORITE;
    let values = request::body(&request, Operation::WriteOwnRecord, operation, raw).await?;
    let (number, kind) = object(&values)?;
    let caller = &request.caller;
    let new = NewRecord {
        uuid: Some(identity(caller.uuid(), number, &kind)),
        kind: OWN.to_owned(),
        owner: Some(caller.user()),
        content: content(number, &kind, caller.user().number()),
        ..NewRecord::default()
    };
    let record = made(&request, new).await?;
    let author = people::simple_self(&request).await?;
    Ok(success(operation, &shown(&record, author, None)))
}

/// `DELETE /users/me/favorites/{id}`
pub async fn delete(request: Authenticated, Path(id): Path<String>, raw: Request) -> HandlerResult {
    let operation = &specified::DELETE_FAVORITE;
    request::body(&request, Operation::WriteOwnRecord, operation, raw).await?;
    let which = RecordRef::Number(path_id(&id)?);
    request.delete_record(OWN, which).await?;
    Ok(done())
}

async fn ranked(
    request: Authenticated,
    id: &str,
    operation: &'static Specified,
    raw: Request,
    change: RecordChange,
) -> HandlerResult {
    request::body(&request, Operation::WriteOwnRecord, operation, raw).await?;
    let which = RecordRef::Number(path_id(id)?);
    request.update_record(OWN, which, change).await?;
    Ok(done())
}

fn to(position: i64) -> RecordChange {
    RecordChange {
        position: Some(position),
        ..RecordChange::default()
    }
}

fn by(places: i64) -> RecordChange {
    RecordChange {
        move_by: Some(places),
        ..RecordChange::default()
    }
}

/// `PATCH /users/me/favorites/{id}/ranking/top`
pub async fn top(request: Authenticated, Path(id): Path<String>, raw: Request) -> HandlerResult {
    ranked(request, &id, &specified::RANK_TOP, raw, to(1)).await
}

/// `PATCH /users/me/favorites/{id}/ranking/bottom`
pub async fn bottom(request: Authenticated, Path(id): Path<String>, raw: Request) -> HandlerResult {
    ranked(request, &id, &specified::RANK_BOTTOM, raw, to(i64::MAX)).await
}

/// `PATCH /users/me/favorites/{id}/ranking/higher`
pub async fn higher(request: Authenticated, Path(id): Path<String>, raw: Request) -> HandlerResult {
    ranked(request, &id, &specified::RANK_HIGHER, raw, by(-1)).await
}

/// `PATCH /users/me/favorites/{id}/ranking/lower`
pub async fn lower(request: Authenticated, Path(id): Path<String>, raw: Request) -> HandlerResult {
    ranked(request, &id, &specified::RANK_LOWER, raw, by(1)).await
}

/// `GET /organizations/favorites`
pub async fn list_shared(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let operation = &specified::LIST_ORGANIZATION_FAVORITES;
    let (values, page) = request::page(&request, Operation::ReadRecords, operation, &pairs)?;
    let home = Test::Equals(request.caller.home().number().into());
    let query = Query {
        predicate: filter(&values)?.and(Predicate::Is(RecordField::Organisation, home)),
        sort: Some(match page.order {
            "object_type" => term(TYPE),
            "object_id" => term(NUMBER),
            _ => RecordField::CreatedAt,
        }),
        seen_by: Some(Permission::SignedIn),
        ..paged(page)
    };
    let found = request.records(SHARED, &query).await?;
    let authors: Vec<_> = found
        .items
        .iter()
        .filter_map(|one| one.created_by)
        .collect();
    let known = people::simple_users(&request, &authors).await?;
    let caller = people::simple_self(&request).await?;
    let rows: Vec<wire::Favorite> = found
        .items
        .iter()
        .map(|record| {
            let author = record.created_by.and_then(|author| known.get(&author));
            // Quirk: whoever asks stands for an author that cannot be shown (civis.md §8).
            let author = author.unwrap_or(&caller).clone();
            shown(record, author, Some(record.number))
        })
        .collect();
    Ok(answer_list(&rows, page, found.total))
}

/// `POST /organizations/favorites`
pub async fn create_shared(request: Authenticated, raw: Request) -> HandlerResult {
    let operation = &specified::CREATE_ORGANIZATION_FAVORITE;
    let values = request::body(&request, Operation::WriteSharedRecord, operation, raw).await?;
    let (number, kind) = object(&values)?;
    let home = request.own_organisation().await?;
    let new = NewRecord {
        uuid: Some(identity(home.uuid, number, &kind)),
        kind: SHARED.to_owned(),
        organisation: Some(home.id),
        content: content(number, &kind, request.caller.user().number()),
        ..NewRecord::default()
    };
    let record = made(&request, new).await?;
    let author = people::simple_self(&request).await?;
    Ok(success(operation, &shown(&record, author, None)))
}

/// `DELETE /organizations/favorites/{id}`
pub async fn delete_shared(
    request: Authenticated,
    Path(id): Path<String>,
    raw: Request,
) -> HandlerResult {
    let operation = &specified::DELETE_ORGANIZATION_FAVORITE;
    request::body(&request, Operation::WriteSharedRecord, operation, raw).await?;
    let which = RecordRef::Number(path_id(&id)?);
    let record = request
        .record(SHARED, which, Some(Permission::SignedIn))
        .await?;
    if record.organisation != Some(request.caller.home()) {
        return Err(Failure::no_object().into());
    }
    request.delete_record(SHARED, which).await?;
    Ok(done())
}
