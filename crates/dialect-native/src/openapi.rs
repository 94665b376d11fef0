//! The API's description (OpenAPI 3.1). The schemas of answers and settings are made from the types that are written and read,
//! those of requests from the declarations of their bodies, and everything else from the table of routes, the tables of lists
//! and the table of problems. Tests hold every request and every answer to the description.

use std::sync::OnceLock;

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use kit::{Anonymous, Route, Serves};

use super::bodies::{BodyFacts, Schemas, reference};
use super::codes;
use super::lists;
use super::openapi_examples::example;
use super::openapi_parameters::{self as parameters, changes};
use super::reply::{Answer, Reply};
use super::routes::{BODIES, ROUTES};
use super::schemas;

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
    if let Some(Value::Object(schemas)) = document["components"].get_mut("schemas") {
        schemas.extend(of_requests());
        schemas.extend(schemas::of_answers());
    }
    let schemas = document["components"]["schemas"].clone();
    let mut paths = Map::new();
    for route in ROUTES {
        let operations = paths
            .entry(route.path)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(operations) = operations {
            let described = operation(route, &schemas);
            operations.insert(route.method.to_ascii_lowercase(), described);
        }
    }
    document["info"]["version"] = version.into();
    document["paths"] = Value::Object(paths);
    serde_json::to_vec(&document)
}

/// The schemas of all bodies that are taken, by name.
fn of_requests() -> Map<String, Value> {
    let mut schemas = Schemas::default();
    for body in BODIES {
        (body.describe)(&mut schemas);
    }
    schemas.all()
}

fn operation(route: &Route, schemas: &Value) -> Value {
    let mut stated = parameters::of(route);
    stated.extend(header_parameters(route));
    let mut operation = json!({
        "operationId": identifier(route),
        "tags": [tag(route)],
        "summary": route.summary,
        "parameters": stated,
        "responses": responses(route, schemas),
    });
    if !route.takes.is_empty() {
        let schema = reference(route.takes);
        let shown = example(&schema, schemas);
        let taken = |body: &&BodyFacts| body.name == route.takes;
        let may_be_missing = BODIES.iter().find(taken).is_some_and(|body| body.optional);
        let schema = match may_be_missing {
            true => json!({ "anyOf": [schema, { "type": "null" }] }),
            false => schema,
        };
        operation["requestBody"] = json!({
            "required": !may_be_missing,
            "content": { "application/json": { "schema": schema, "example": shown } },
        });
    }
    if (route.method, route.path) == ("POST", "/imports") {
        let file = json!({ "schema": { "type": "string" }, "example": "email,title\nada@example.org,Analyst\n" });
        let lines = json!({ "schema": { "type": "string" }, "example": "{\"email\": \"ada@example.org\"}\n" });
        operation["requestBody"] = json!({
            "required": true,
            "content": { "text/csv": file, "application/x-ndjson": lines },
        });
    }
    if route.serves == Serves::Open {
        operation["security"] = json!([]);
    }
    operation
}

/// The resource that a route belongs to.
fn tag(route: &Route) -> &'static str {
    match route.path.split('/').nth(1).unwrap_or_default() {
        "" | "openapi.json" | "problems" | "docs" => "description",
        "sign-in" | "sign-out" | "password-resets" | "email-confirmations" | "tokens" => "sign-in",
        "permissions" => "roles",
        "mail-templates" => "mails",
        segment => segment,
    }
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

/// The schema of an answer: `[X]` stands for a page of X.
fn schema_of(answer: &str) -> Value {
    let item = answer
        .strip_prefix('[')
        .and_then(|answer| answer.strip_suffix(']'));
    let Some(item) = item else {
        return reference(answer);
    };
    json!({
        "type": "object",
        "properties": {
            "items": { "type": "array", "items": reference(item) },
            "next": {
                "type": ["string", "null"],
                "description": "The `cursor` of the next page; null after the last.",
            },
            "previous": {
                "type": ["string", "null"],
                "description": "The `cursor` of the page before; null before the first.",
            },
            "total": { "type": "integer", "description": "All matches, with `total=true` or `total=bounded`." },
            "facets": {
                "type": "object",
                "description": "How many rows have each value, with `facets`.",
                "additionalProperties": { "type": "array", "items": reference("FacetCount") },
            },
            "total_exceeded": {
                "type": "boolean",
                "description": "Whether there are more matches than were counted, with `total=bounded`.",
            },
        },
        "required": ["items", "next", "previous"],
        "additionalProperties": false,
    })
}

/// The statuses of a route that are no success, beside those of every one.
fn refusals(route: &Route) -> Vec<&'static str> {
    let mut refusals = vec!["400", "429"];
    if route.serves != Serves::Open || route.path == "/sign-in" {
        refusals.push("401");
    }
    if route.serves != Serves::Open {
        refusals.push("403");
    }
    if route.path.contains('{') {
        refusals.push("404");
    }
    if route.method != "GET" {
        refusals.extend(["404", "408", "409", "413", "415", "422"]);
    }
    if is_versioned(route) && changes(route) {
        refusals.push("412");
    }
    refusals.sort_unstable();
    refusals.dedup();
    refusals
}

/// What an answer is written in.
fn media_type(answer: &str) -> &'static str {
    match answer {
        "Lines" => "application/x-ndjson",
        "File" => "text/csv",
        _ => "application/json",
    }
}

fn responses(route: &Route, schemas: &Value) -> Value {
    let mut responses = Map::new();
    let mut success = json!({ "description": route.summary, "headers": headers(route) });
    let answer = route.answer();
    if answer == "Page" {
        let kind = match route.path {
            "/docs" => "text/html",
            "/docs/page.css" => "text/css",
            _ => "text/javascript",
        };
        success["content"] = json!({ kind: { "schema": { "type": "string" } } });
    } else if !answer.is_empty() {
        let schema = schema_of(answer);
        success["content"] = json!({ media_type(answer): {
            "example": example(&schema, schemas),
            "schema": schema,
        } });
    }
    if also_found(route) {
        let mut found = success.clone();
        found["description"] = "It was there before: nothing was made.".into();
        if let Some(headers) = found["headers"].as_object_mut() {
            headers.remove("Location");
        }
        responses.insert("200".to_owned(), found);
    }
    responses.insert(route.status().to_owned(), success);
    if let Some((status, answer, when)) = also(route) {
        let schema = reference(answer);
        let content = json!({ "application/json": {
            "example": example(&schema, schemas),
            "schema": schema,
        } });
        let described =
            json!({ "description": when, "headers": headers(route), "content": content });
        responses.insert(status.to_owned(), described);
    }
    if has_tag(route) && route.method == "GET" {
        let unchanged =
            json!({ "description": "It is as `If-None-Match` says.", "headers": headers(route) });
        responses.insert("304".to_owned(), unchanged);
    }
    for status in refusals(route) {
        responses.insert(status.to_owned(), refused(status));
    }
    responses.insert("414".to_owned(), oversized());
    responses.insert("431".to_owned(), oversized());
    // A server that fails, and requests that are refused before it is known what they ask for.
    responses.insert("default".to_owned(), refused("default"));
    Value::Object(responses)
}

/// The answer to a head that is too large, which is refused before it is known what it asks for.
fn oversized() -> Value {
    json!({
        "description": "The address and the headers together are too large.",
        "content": { "application/json": { "schema": {
            "type": "object",
            "properties": { "message": { "type": "string" } },
            "required": ["message"],
        } } },
    })
}

/// Another success of a route: its status, its answer and when it comes.
fn also(route: &Route) -> Option<(&'static str, &'static str, &'static str)> {
    match (route.method, route.path) {
        ("POST", "/users/actions") => Some((
            "202",
            "Job",
            "A job: more people than one request takes, or `job` asks for one.",
        )),
        ("POST", "/users/batch") => {
            Some(("200", "BatchReport", "Each by itself, with `mode` each."))
        }
        _ => None,
    }
}

/// Whether what would be made may be there already, which is answered by 200.
fn also_found(route: &Route) -> bool {
    matches!(
        (route.method, route.path),
        (
            "POST",
            "/users/{user}/grants"
                | "/groups/{group}/roles"
                | "/users/ensure"
                | "/organisations/ensure"
                | "/groups/ensure"
        )
    )
}

fn refused(status: &str) -> Value {
    let described = match status {
        "default" => {
            "The server failed or is not available, or the request could not be read.".to_owned()
        }
        status => codes::ALL
            .iter()
            .map(|code| code.facts())
            .filter(|facts| facts.status.to_string() == status)
            .map(|facts| format!("`{}`", facts.code))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let mut refused = json!({
        "description": described,
        "headers": { "X-Request-Id": { "schema": { "type": "string" } } },
        "content": { "application/problem+json": { "schema": reference("Problem") } },
    });
    if matches!(status, "429" | "default") {
        refused["headers"]["Retry-After"] = json!({
            "description": "Seconds after which to come back.", "schema": { "type": "integer" },
        });
    }
    if status == "401" {
        refused["headers"]["WWW-Authenticate"] = json!({ "schema": { "type": "string" } });
    }
    refused
}

/// Whether a route's thing has a revision that `If-Match` can name.
fn is_versioned(route: &Route) -> bool {
    matches!(
        route.path,
        "/me"
            | "/users/{user}"
            | "/organisations/{organisation}"
            | "/groups/{group}"
            | "/roles/{role}"
            | "/collections/{collection}"
            | "/keys/{key}"
            | "/settings/{setting}"
            | "/views/{view}"
    )
}

/// Whether the answer of a route carries an `ETag`.
fn has_tag(route: &Route) -> bool {
    let made = matches!(
        (route.method, route.path),
        (
            "POST",
            "/users" | "/organisations" | "/groups" | "/roles" | "/collections"
        )
    );
    made || is_versioned(route) && route.method != "DELETE"
}

fn headers(route: &Route) -> Value {
    let text = json!({ "type": "string" });
    let mut headers = json!({ "X-Request-Id": { "schema": text } });
    if has_tag(route) {
        headers["ETag"] =
            json!({ "description": "The revision, in quotation marks.", "schema": text });
    }
    if route.status() == "201" && !route.answer().starts_with('[') {
        headers["Location"] = json!({ "description": "Where the thing made is.", "schema": text });
    }
    if route.answer().starts_with('[') && route.method == "GET" {
        headers["Link"] = json!({ "description": "The whole addresses of the pages beside this one.", "schema": text });
    }
    if changes(route) {
        if route.method == "POST" {
            headers["Idempotency-Replayed"] = json!({
                "description": "`true` where the request was answered before.", "schema": text,
            });
        }
        headers["Usher-Dry-Run"] =
            json!({ "description": "`true` where nothing was changed.", "schema": text });
    }
    headers
}

fn header_parameters(route: &Route) -> Vec<Value> {
    let header = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "header", "description": description, "schema": schema });
    let mut stated = Vec::new();
    if is_versioned(route) && route.method != "GET" {
        stated.push(header(
            "If-Match",
            "The `ETag` that was read: with another one nothing is changed (412).",
            json!({ "type": "string" }),
        ));
    }
    if route.method == "POST" && route.serves != Serves::Open {
        stated.push(header(
            "Idempotency-Key",
            "The same request under the same key happens once within 24 hours and gets the first answer again.",
            json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" }),
        ));
    }
    if changes(route) {
        stated.push(header(
            "Form-Token",
            "A token of `POST /form-tokens` for this method and path: the request is done once with it.",
            json!({ "type": "string", "minLength": 1, "maxLength": 1000, "pattern": "^[A-Za-z0-9_-]+$" }),
        ));
    }
    if has_tag(route) && route.method == "GET" {
        stated.push(header(
            "If-None-Match",
            "The `ETag` that was read: while it stands the answer is 304 without a body.",
            json!({ "type": "string" }),
        ));
    }
    stated
}
