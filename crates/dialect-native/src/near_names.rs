//! What was perhaps meant by a name that leads nowhere: a refusal says which name that was, and which others are near to it.

use axum::body::{Body, to_bytes};
use axum::http::header;
use axum::response::Response;
use directory::{Handle, Kind, UnknownName};
use kit::RequestInfo;
use serde_json::Value;

use super::codes::Code;
use super::errors::Problem;
use super::fields::{Named, shortened};
use super::lost::{Lost, Unknown};

/// Bytes of a refusal at most.
const LARGEST: usize = 1 << 20;

/// What a request names, where it is by name.
pub fn unknown(kind: Kind, named: &Named) -> Option<Unknown> {
    match named {
        Named::Name(name) => Some(Unknown {
            kind,
            name: name.clone(),
        }),
        Named::Number(_) | Named::Uuid(_) => None,
    }
}

/// Refuses a name by which a row refers to something, and says what was perhaps meant where that was looked up.
pub fn refuse(unknown: &UnknownName) -> Problem {
    let lost = Unknown {
        kind: unknown.kind,
        name: unknown.name.clone(),
    };
    let detail = match unknown.near.as_slice() {
        [] => format!(
            "The {} `{}` does not exist, or you may not see it. Check the id.",
            unknown.kind.word(),
            shortened(&unknown.name),
        ),
        near => detail(&lost, near),
    };
    let mut problem = Problem::of(Code::UnknownReference, detail).at(unknown.field);
    problem.lost = Some(Box::new(Lost::Named(lost)));
    problem
}

/// What the path names of that kind, by the route's pattern and the path's variable segments.
fn unknown_on_path(kind: Kind, pattern: &str, segments: &[String]) -> Option<Unknown> {
    let variable = format!("{{{}}}", kind.word());
    let mut variables = pattern
        .split('/')
        .filter(|segment| segment.starts_with('{'));
    let place = variables.position(|segment| segment == variable)?;
    unknown(kind, &Named::of(segments.get(place)?))
}

/// Whether any variable segment of a path is a name.
pub fn any_name(segments: &[String]) -> bool {
    let mut named = segments.iter().map(|segment| Named::of(segment));
    named.any(|named| matches!(named, Named::Name(_)))
}

/// Says in a refusal which name led nowhere, and what was perhaps meant. It costs three short lists, once a request.
pub async fn tell(
    response: Response,
    handle: &Handle,
    segments: &[String],
    info: &RequestInfo,
) -> Response {
    let unknown = match response.extensions().get::<Lost>() {
        Some(Lost::Named(unknown)) => Some(unknown.clone()),
        Some(Lost::OnPath(kind)) => info
            .route_pattern()
            .and_then(|pattern| unknown_on_path(*kind, pattern, segments)),
        None => None,
    };
    let Some(unknown) = unknown else {
        return response;
    };
    // A refusal stands as it is where nothing is near, or where the names cannot be looked up.
    let near = match handle.near_names(unknown.kind, &unknown.name).await {
        Ok(near) if !near.is_empty() => near,
        _ => return response,
    };
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let bytes = match serde_json::from_slice::<Value>(&bytes) {
        Ok(Value::Object(mut document)) => {
            document.insert("detail".to_owned(), Value::from(detail(&unknown, &near)));
            serde_json::to_vec(&document).map_or(bytes, Into::into)
        }
        _ => bytes,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(bytes))
}

fn detail(unknown: &Unknown, near: &[String]) -> String {
    let (kind, name) = (unknown.kind.word(), shortened(&unknown.name));
    let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    match near.split_last() {
        None => String::new(),
        Some((only, [])) => {
            format!("There is no {kind} `{name}`, or you may not see it. Did you mean {only}?")
        }
        Some((last, others)) => format!(
            "There is no {kind} `{name}`, or you may not see it. Did you mean {} or {last}?",
            others.join(", ")
        ),
    }
}
