//! Saved views: lists as a person likes to look at them, for oneself or for all people of an organisation. A view is
//! the list's word and the parameters of its address; it holds no rows and gives no rights.

use std::sync::Arc;

use directory::{
    Fault, Kind, NewExtension, NewRecord, Permission, Platform, Predicate, Query, Record,
    RecordChange, RecordField, RecordRef, Test,
};
use kit::{Authenticated, parse_pairs};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::answers;
use super::bodies::{Describe, Name, Schemas, Sent, body};
use super::errors::Problem;
use super::fields::{Named, Read};
use super::lists;
use super::pages;
use super::references;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::times::Moment;

/// The kind of record that a view is.
const KIND: &str = "view";
/// Characters of a view's name.
const NAME: usize = 100;
/// Bytes of a view's parameters.
const PARAMETERS: usize = 8_000;

/// The lists that have views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List(&'static str);

/// The words of the lists that have views.
pub const LISTS: &[&str] = &[
    "users",
    "organisations",
    "groups",
    "roles",
    "keys",
    "sessions",
    "events",
    "mails",
    "collections",
];

impl Read for List {
    fn read(value: serde_json::Value) -> Result<Self, String> {
        let text = value.as_str().unwrap_or_default();
        let known = LISTS.iter().find(|word| **word == text);
        let refused = || format!("must be one of {}", LISTS.join(", "));
        known.map(|word| List(word)).ok_or_else(refused)
    }
}

impl Describe for List {
    fn schema(_: &mut Schemas) -> serde_json::Value {
        serde_json::json!({ "type": "string", "enum": LISTS })
    }
}

/// A view as shown.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "View",
    description = "A list as somebody likes to look at it. `parameters` are what stands behind the list's `?`."
)]
pub struct ViewBody<'a> {
    id: Uuid,
    number: i64,
    name: &'a str,
    #[schemars(extend("enum" = LISTS))]
    list: &'a str,
    /// The parameters as they stand behind the list's `?`.
    parameters: &'a str,
    /// Null where it is shared.
    owner: Option<i64>,
    organisation: Option<i64>,
    revision: i64,
    created_at: Moment,
    updated_at: Moment,
}

impl<'a> ViewBody<'a> {
    fn of(record: &'a Record) -> Self {
        let text = |member: &str| record.document[member].as_str().unwrap_or_default();
        Self {
            id: record.uuid,
            number: record.number,
            name: text("name"),
            list: text("list"),
            parameters: text("parameters"),
            owner: record.owner.map(|owner| owner.0),
            organisation: record.organisation.map(|place| place.0),
            revision: record.version,
            created_at: Moment(record.created_at),
            updated_at: Moment(record.updated_at),
        }
    }
}

/// What a view says, checked.
fn content(name: &str, list: &str, parameters: &str) -> Result<NewExtension, Problem> {
    if name.trim().is_empty() || name.chars().count() > NAME {
        return Err(Problem::invalid(
            "name",
            format!("must have 1 to {NAME} characters"),
        ));
    }
    if parameters.len() > PARAMETERS {
        return Err(Problem::invalid(
            "parameters",
            format!("is longer than {PARAMETERS} bytes"),
        ));
    }
    if parse_pairs(parameters).is_err() {
        return Err(Problem::invalid(
            "parameters",
            "must be the parameters of an address: name=value&…",
        ));
    }
    Ok(NewExtension {
        document: serde_json::json!({ "name": name.trim(), "list": list, "parameters": parameters }),
        terms: vec![("list".to_owned(), list.to_owned())],
    })
}

/// `GET /views`: one's own, and those shared in the organisations one belongs to or manages.
pub async fn list(request: Authenticated) -> Answer {
    let given = &request.query()?.0;
    lists::only(given, &["list", "limit", "cursor", "total"])?;
    let (limit, from) = pages::page_of(&request, given)?;
    let (total, count_limit) = pages::total(given)?;
    let of_list = given.iter().rfind(|(name, _)| name == "list");
    let predicate = match of_list {
        None => Predicate::All,
        Some((name, list)) => {
            let List(list) =
                List::read(list.as_str().into()).map_err(|why| Problem::parameter(name, why))?;
            let field = RecordField::Term(Platform::USHER, "list".to_owned());
            Predicate::Is(field, Test::Equals(list.into()))
        }
    };
    let query = Query {
        predicate,
        limit,
        from,
        total,
        count_limit,
        seen_by: Some(Permission::SignedIn),
        ..Query::default()
    };
    let page = request.records(KIND, &query).await?;
    lists::page(&request, &page, ViewBody::of)
}

body! {
    /// For oneself, or with `organisation` for everybody there.
    pub struct NewViewBody as "NewView" {
        name: needed Name,
        list: needed List,
        parameters: optional String,
        organisation: optional Named,
    }
}

/// `POST /views`: for oneself, or for all people of an organisation.
pub async fn create(request: Authenticated, body: Sent<NewViewBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let organisation =
        references::organisation(&request, "organisation", sent.organisation).await?;
    let new = NewRecord {
        kind: KIND.to_owned(),
        owner: organisation.is_none().then(|| request.caller().user()),
        organisation,
        content: content(
            &sent.name.0,
            sent.list.0,
            &sent.parameters.unwrap_or_default(),
        )?,
        ..NewRecord::default()
    };
    let info = Arc::clone(&request.info);
    let show = move |record: &Record| {
        let location = format!("/views/{}", record.uuid);
        let body = ViewBody::of(record);
        Reply::made(&info, &location, Some(record.version), &body)
    };
    answers::once(&request, &request, show, |handle| handle.create_record(new)).await
}

/// The view that the path names.
async fn found(request: &Authenticated) -> Result<Record, Fault> {
    let which = match request.named(0) {
        Named::Number(number) => RecordRef::Number(number),
        Named::Uuid(uuid) => RecordRef::Uuid(uuid),
        Named::Name(_) => return Err(Fault::NotFound(Kind::Record)),
    };
    request
        .record(KIND, which, Some(Permission::SignedIn))
        .await
}

/// `GET /views/{view}`
pub async fn show(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let record = found(&request).await?;
    Reply::revised(record.version, &ViewBody::of(&record))
}

body! {
    pub struct ViewChangeBody as "ViewChange" {
        name: change Name,
        parameters: change String,
    }
}

/// `PATCH /views/{view}`
pub async fn update(request: Authenticated, body: Sent<ViewChangeBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let ViewChangeBody { name, parameters } = body.read()?;
    let record = found(&request).await?;
    let before = ViewBody::of(&record);
    let content = content(
        name.as_ref().map_or(before.name, |name| &name.0),
        before.list,
        parameters.as_deref().unwrap_or(before.parameters),
    )?;
    let change = RecordChange {
        content: Some(content),
        if_version: request.revision(),
        ..RecordChange::default()
    };
    let record = request
        .update_record(KIND, RecordRef::Uuid(record.uuid), change)
        .await?;
    Reply::revised(record.version, &ViewBody::of(&record))
}

/// `DELETE /views/{view}`
pub async fn delete(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let record = found(&request).await?;
    request
        .delete_record(KIND, RecordRef::Uuid(record.uuid))
        .await?;
    Reply::nothing()
}
