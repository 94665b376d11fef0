//! Writes the specification as the Swagger 2.0 document that the client reads.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::operations::OPERATIONS;
use super::{Answer, Field, Kind, Object, Operation, Place, integer, text};

/// The parameters of every list that is cut into pages, in the vendor's order.
pub(super) static PAGING: [Field; 4] = [
    integer("limit", ""),
    integer("page_num", "The page, from 1."),
    text("order", ""),
    text("order_dir", ""),
];

/// The document, for a server that is reached at `host` below `base_path` by `scheme`.
#[must_use]
pub fn document(scheme: &str, host: &str, base_path: &str) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let item = paths
            .entry(operation.path)
            .or_insert_with(|| Value::Object(Map::new()));
        item[operation.method.to_ascii_lowercase()] = operation_item(operation);
    }
    json!({
        "swagger": "2.0",
        "info": { "title": "Usher", "version": "1" },
        "host": host,
        "basePath": if base_path.is_empty() { "/" } else { base_path },
        "schemes": [scheme],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": paths,
        "definitions": definitions(),
        "securityDefinitions": {
            "api_key": { "type": "apiKey", "name": "Authorization", "in": "header" },
        },
        "security": [{ "api_key": [] }],
    })
}

fn operation_item(operation: &Operation) -> Value {
    let mut parameters: Vec<Value> = operation
        .parameters
        .iter()
        .map(|parameter| {
            let place = match parameter.place {
                Place::Path => "path",
                Place::Query => "query",
            };
            parameter_item(&parameter.field, place, parameter.field.about)
        })
        .collect();
    if let Some(paging) = operation.paging {
        let direction = if paging.descending { "desc" } else { "asc" };
        let abouts = [
            format!(
                "Rows of a page, {} unless given, {} at most.",
                paging.default, paging.maximum
            ),
            PAGING[1].about.to_owned(),
            format!(
                "What to order by, the first unless given: {}.",
                paging.orders.join(", ")
            ),
            format!("The direction: asc or desc, {direction} unless given."),
        ];
        for (field, about) in PAGING.iter().zip(&abouts) {
            parameters.push(parameter_item(field, "query", about));
        }
    }
    if let Some(body) = operation.body {
        parameters.push(json!({
            "name": body.name,
            "in": "body",
            "required": body.fields.iter().any(|field| field.required),
            "schema": reference(body),
        }));
    }
    let mut response = json!({ "description": "success" });
    match operation.answer {
        Answer::Nothing | Answer::Undescribed => {}
        Answer::One(object) => response["schema"] = reference(object),
        // Quirk: a list is one for the client only if its schema says so (civis.md §2).
        Answer::Many(object) => {
            response["schema"] = json!({ "type": "array", "items": reference(object) });
        }
    }
    json!({
        "summary": operation.summary,
        "deprecated": false,
        "parameters": parameters,
        "responses": { operation.status.to_string(): response },
        "x-examples": null,
        "x-deprecation-warning": null,
    })
}

fn parameter_item(field: &Field, place: &str, about: &str) -> Value {
    let mut item = json!({ "name": field.name, "in": place, "required": field.required });
    if !about.is_empty() {
        item["description"] = about.into();
    }
    put_type(&mut item, field.kind);
    item
}

fn reference(object: &Object) -> Value {
    json!({ "$ref": format!("#/definitions/{}", object.name) })
}

fn property(field: &Field) -> Value {
    let mut item = json!({});
    if let Kind::Object(object) = field.kind {
        item = reference(object);
    }
    if !field.about.is_empty() {
        item["description"] = field.about.into();
    }
    put_type(&mut item, field.kind);
    if field.nullable {
        item["x-nullable"] = true.into();
    }
    item
}

/// Every property has one string type: the client knows no other (civis.md §2).
fn put_type(item: &mut Value, kind: Kind) {
    let (kind, format, items) = match kind {
        Kind::Text => ("string", None, None),
        Kind::Integer => ("integer", None, None),
        Kind::Flag => ("boolean", None, None),
        Kind::DateTime => ("string", Some("date-time"), None),
        Kind::Time => ("string", Some("time"), None),
        Kind::Document => ("object", None, None),
        Kind::Object(_) => return,
        Kind::Texts => ("array", None, Some(json!({ "type": "string" }))),
        Kind::Integers => ("array", None, Some(json!({ "type": "integer" }))),
        Kind::Documents => ("array", None, Some(json!({ "type": "object" }))),
        Kind::Objects(object) => ("array", None, Some(reference(object))),
    };
    item["type"] = kind.into();
    if let Some(format) = format {
        item["format"] = format.into();
    }
    if let Some(items) = items {
        item["items"] = items;
    }
}

/// Every object that an operation reads or answers, by name.
fn definitions() -> Value {
    let mut found: BTreeMap<&str, &Object> = BTreeMap::new();
    for operation in OPERATIONS {
        if let Some(body) = operation.body {
            collect(body, &mut found);
        }
        match operation.answer {
            Answer::One(object) | Answer::Many(object) => collect(object, &mut found),
            Answer::Nothing | Answer::Undescribed => {}
        }
    }
    let definitions: Map<String, Value> = found
        .into_iter()
        .map(|(name, object)| (name.to_owned(), definition(object)))
        .collect();
    Value::Object(definitions)
}

fn collect(object: &'static Object, found: &mut BTreeMap<&str, &'static Object>) {
    if found.insert(object.name, object).is_some() {
        return;
    }
    for field in object.fields {
        if let Kind::Object(inner) | Kind::Objects(inner) = field.kind {
            collect(inner, found);
        }
    }
}

fn definition(object: &Object) -> Value {
    let properties: Map<String, Value> = object
        .fields
        .iter()
        .map(|field| (field.name.to_owned(), property(field)))
        .collect();
    let required: Vec<&str> = object
        .fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name)
        .collect();
    let mut definition = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        definition["required"] = json!(required);
    }
    definition
}
