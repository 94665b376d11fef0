//! The API's description (OpenAPI 3.1): schemas kept by hand in `openapi.json`, paths made from the
//! table of routes. A test holds every answer of the other tests to it.

use std::sync::OnceLock;

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use kit::{Anonymous, Route, Serves};

use super::lists;
use super::reply::{Answer, Reply};
use super::routes::ROUTES;
use super::{events, groups, keys, organisations, roles, users};

/// What stands in it beside the paths.
const BASE: &str = include_str!("openapi.json");

/// `GET /openapi.json`
pub async fn show(request: Anonymous) -> Answer {
    static DOCUMENT: OnceLock<Result<Bytes, String>> = OnceLock::new();
    lists::only(&request.query()?.0, &[])?;
    let version = request.state.version();
    match DOCUMENT.get_or_init(|| written(version)) {
        Ok(document) => Ok(Reply {
            status: 200,
            body: Some(document.clone()),
            ..Reply::default()
        }),
        Err(error) => Err(directory::Fault::Internal(error.clone()).into()),
    }
}

/// `GET /`: where to begin.
pub async fn index(request: Anonymous) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let base = request.base_url();
    Reply::shown(&json!({
        "name": "Usher",
        "version": request.state.version(),
        "description": format!("{base}/openapi.json"),
    }))
}

/// Written once: an answer that a client does not take costs no copy of it.
fn written(version: &str) -> Result<Bytes, String> {
    let document = document(version).map_err(|error| error.to_string())?;
    Ok(document.into())
}

fn document(version: &str) -> serde_json::Result<Vec<u8>> {
    let mut document: Value = serde_json::from_str(BASE)?;
    let mut paths = Map::new();
    for route in ROUTES {
        let operations = paths
            .entry(route.path)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(operations) = operations {
            let open = route.serves == Serves::Open;
            operations.insert(route.method.to_ascii_lowercase(), operation(route, open));
        }
    }
    document["info"]["version"] = version.into();
    document["paths"] = Value::Object(paths);
    serde_json::to_vec(&document)
}

fn operation(route: &Route, open: bool) -> Value {
    let mut operation = json!({
        "operationId": identifier(route),
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": {
            route.status(): answered(route),
            "default": {
                "description": "A problem",
                "content": { "application/problem+json": { "schema": reference("Problem") } },
            },
        },
    });
    if !route.takes.is_empty() {
        operation["requestBody"] = json!({
            "content": { "application/json": { "schema": reference(route.takes) } },
        });
    }
    if open {
        operation["security"] = json!([]);
    }
    operation
}

/// `get_users_user_keys`: the method and the path's words.
fn identifier(route: &Route) -> String {
    let words: Vec<&str> = route
        .path
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    format!("{}_{}", route.method.to_ascii_lowercase(), words.join("_"))
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn answered(route: &Route) -> Value {
    let schema = route.answer();
    if schema.is_empty() {
        return json!({ "description": route.summary });
    }
    let schema = match schema
        .strip_prefix('[')
        .and_then(|schema| schema.strip_suffix(']'))
    {
        None => reference(schema),
        Some(item) => json!({
            "type": "object",
            "properties": {
                "items": { "type": "array", "items": reference(item) },
                "next": {
                    "type": ["string", "null"],
                    "description": "The `cursor` of the next page; null after the last.",
                },
                "total": { "type": "integer", "description": "All matches, with `total=true`." },
            },
            "required": ["items", "next"],
            "additionalProperties": false,
        }),
    };
    json!({
        "description": route.summary,
        "content": { "application/json": { "schema": schema } },
    })
}

fn parameters(route: &Route) -> Value {
    let mut parameters = Vec::new();
    for segment in route.path.split('/') {
        let name = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        if let Some(name) = name {
            parameters.push(json!({
                "name": name, "in": "path", "required": true, "schema": { "type": "string" },
            }));
        }
    }
    let query = |name: &str, description: &str| {
        json!({
            "name": name, "in": "query", "description": description, "schema": { "type": "string" },
        })
    };
    if let Some((filters, sorts)) = listing(route) {
        let sorts = sorts.join(", ");
        parameters.push(query("q", "Words that must all occur."));
        parameters.push(query(
            "sort",
            &format!("One of number, {sorts}; with a - before it downwards."),
        ));
        parameters.push(json!({
            "name": "limit", "in": "query",
            "schema": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 },
        }));
        parameters.push(query("cursor", "The `next` of an earlier page."));
        parameters.push(json!({
            "name": "total", "in": "query", "schema": { "type": "boolean", "default": false },
        }));
        for filter in filters {
            let description = "Narrows the list. Several values are alternatives; an empty one matches what has none.";
            parameters.push(query(filter, description));
        }
    }
    for name in options(route) {
        parameters.push(query(name, "See the description of the API."));
    }
    Value::Array(parameters)
}

/// Parameters of a route's own.
fn options(route: &Route) -> &'static [&'static str] {
    match (route.method, route.path) {
        ("POST", "/users") => &["dry_run"],
        ("DELETE", "/roles/{role}") => &["take_away"],
        ("GET", "/mails") => &["before", "limit"],
        _ => &[],
    }
}

/// The filters and sorts of a route that lists.
fn listing(route: &Route) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    if route.method != "GET" {
        return None;
    }
    match route.path {
        "/users" | "/organisations/{organisation}/members" | "/groups/{group}/members" => {
            Some(users::LISTING.words())
        }
        "/organisations" => Some(organisations::LISTING.words()),
        "/groups" | "/users/{user}/groups" => Some(groups::LISTING.words()),
        "/roles" => Some(roles::LISTING.words()),
        "/keys" | "/users/{user}/keys" | "/me/keys" => Some(keys::LISTING.words()),
        "/events" => Some(events::LISTING.words()),
        _ => None,
    }
}
