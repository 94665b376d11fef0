//! Invitations of users from elsewhere: records of this dialect. No operation of the vendor's makes
//! one, so there are those that were filed by other means (falcon.md §4).

use std::collections::HashMap;

use axum::extract::{FromRequest as _, Request};
use axum::http::StatusCode;
use directory::{Permission, Predicate, Query, Record, RecordField, Test};
use kit::{Authenticated, HandlerResult, JsonBody, Pairs};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::Fields;
use super::envelope;
use super::errors::refused;
use super::filter;
use super::parameters::{self, LARGEST_PAGE};
use super::sorting;

/// The records' kind.
pub const KIND: &str = "invitation";

fn shown(record: &Record) -> Value {
    let mut members = match &record.document {
        Value::Object(members) => members.clone(),
        _ => Map::new(),
    };
    members.insert("id".to_owned(), json!(record.uuid));
    members.insert("created_at".to_owned(), json!(record.created_at.rfc3339()));
    Value::Object(members)
}

/// `GET /user-management/queries/user-invitations/v1`.
pub async fn query(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let page = parameters::page(&pairs, 100, LARGEST_PAGE)?;
    let order = sorting::order(&pairs, "created_at|asc", sorting::invitation_sort)?;
    let predicate = match parameters::filter(&pairs) {
        Some(text) => {
            let read = filter::read(text).map_err(refused)?;
            filter::invitations(&read).map_err(refused)?
        }
        None => Predicate::All,
    };
    let query = Query {
        seen_by: Some(Permission::ReadUsers),
        ..page.query(predicate, order)
    };
    let found = request.records(KIND, &query).await?;
    let ids: Vec<Uuid> = found.items.iter().map(|record| record.uuid).collect();
    Ok(envelope::page(&request.info, &ids, page.of(found.total)))
}

/// `POST /user-management/entities/user-invitations/GET/v1`.
pub async fn retrieve(request: Authenticated, raw: Request) -> HandlerResult {
    let JsonBody(body) = JsonBody::from_request(raw, request.state()).await?;
    let ids = Fields::of(&body)?.needed_texts("ids")?;
    let uuids: Vec<Uuid> = ids
        .iter()
        .filter_map(|id| Uuid::try_parse(id).ok())
        .collect();
    let values = uuids.iter().map(|uuid| uuid.to_string().into());
    let query = Query {
        predicate: Predicate::Is(RecordField::Uuid, Test::OneOf(values.collect())),
        limit: u32::try_from(uuids.len()).unwrap_or(u32::MAX - 1),
        seen_by: Some(Permission::ReadUsers),
        ..Query::default()
    };
    let found = request.records(KIND, &query).await?.items;
    let found: HashMap<Uuid, Record> = found.into_iter().map(|one| (one.uuid, one)).collect();
    let shown: Vec<Value> = uuids
        .iter()
        .filter_map(|uuid| found.get(uuid))
        .map(shown)
        .collect();
    Ok(envelope::resources(&request.info, StatusCode::OK, &shown))
}
