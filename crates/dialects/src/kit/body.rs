//! Bodies: bounded in size and time, of a content type the dialect reads, then parsed.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::dialect::ContentRule;
use super::json::{parse_json, typed_json};
use super::shared::Shared;
use super::signed::seen;
use super::voice::{Problem, Trouble};

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The body's bytes, whatever they are.
#[derive(Clone, Debug)]
pub struct RawBody(pub Bytes);

/// The body as JSON; `Null` when it is empty.
#[derive(Clone, Debug)]
pub struct Document(pub Value);

/// The body as JSON of a known shape.
#[derive(Clone, Debug)]
pub struct Typed<T>(pub T);

impl FromRequest<Shared> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        let limit = seen(request.extensions())?.dialect.limits.body;
        Ok(RawBody(arrived(request.into_body(), limit).await?))
    }
}

impl FromRequest<Shared> for Document {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Problem> {
        let bytes = json_body(request, shared).await?;
        if bytes.is_empty() {
            return Ok(Document(Value::Null));
        }
        Ok(Document(parse_json(&bytes)?))
    }
}

impl<T: DeserializeOwned> FromRequest<Shared> for Typed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Problem> {
        Ok(Typed(typed_json(&json_body(request, shared).await?)?))
    }
}

async fn json_body(request: Request, shared: &Shared) -> Result<Bytes, Problem> {
    let rule = seen(request.extensions())?.dialect.limits.content;
    let acceptable = acceptable(rule, request.headers());
    let RawBody(bytes) = RawBody::from_request(request, shared).await?;
    // A request without a body needs no content type.
    if !acceptable && !bytes.is_empty() {
        return Err(Trouble::WrongContentType.into());
    }
    Ok(bytes)
}

fn acceptable(rule: ContentRule, headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return rule != ContentRule::Json;
    };
    let text = value.to_str().unwrap_or_default();
    let essence = text
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    rule == ContentRule::Any
        || essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

async fn arrived(body: Body, limit: usize) -> Result<Bytes, Trouble> {
    match tokio::time::timeout(PATIENCE, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Trouble::TooLarge(limit)),
        Ok(Err(_)) | Err(_) => Err(Trouble::Incomplete),
    }
}
