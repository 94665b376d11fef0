//! Bodies: bounded in size and time, of a content type the dialect reads, then parsed.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::app_state::AppState;
use super::dialect::ContentRule;
use super::json::{parse_json, typed_json};
use super::pairs::{Pairs, parse_pairs};
use super::protocol::RequestError;
use super::rejection::Rejection;
use super::request::request_info;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The body's bytes, whatever they are.
#[derive(Clone, Debug)]
pub struct RawBody(pub Bytes);

/// The body as JSON; `Null` when it is empty.
#[derive(Clone, Debug)]
pub struct JsonBody(pub Value);

/// The body as JSON of a known shape.
#[derive(Clone, Debug)]
pub struct TypedBody<T>(pub T);

/// The body as a form, as HTML sends it.
#[derive(Clone, Debug)]
pub struct FormBody(pub Pairs);

impl FromRequest<AppState> for RawBody {
    type Rejection = RequestError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, RequestError> {
        let limit = request_info(request.extensions())?.dialect.limits.body;
        Ok(RawBody(read_body(request.into_body(), limit).await?))
    }
}

impl FromRequest<AppState> for JsonBody {
    type Rejection = RequestError;

    async fn from_request(mut request: Request, state: &AppState) -> Result<Self, RequestError> {
        // A dialect that reads every body has read this one.
        if let Some(read) = request.extensions_mut().remove::<JsonBody>() {
            return Ok(read);
        }
        let bytes = json_body(request, state).await?;
        if bytes.is_empty() {
            return Ok(JsonBody(Value::Null));
        }
        Ok(JsonBody(parse_json(&bytes)?))
    }
}

impl<T: DeserializeOwned> FromRequest<AppState> for TypedBody<T> {
    type Rejection = RequestError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, RequestError> {
        Ok(TypedBody(typed_json(&json_body(request, state).await?)?))
    }
}

impl FromRequest<AppState> for FormBody {
    type Rejection = RequestError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, RequestError> {
        let fitting = content_type(request.headers()) == "application/x-www-form-urlencoded";
        let RawBody(bytes) = RawBody::from_request(request, state).await?;
        if !fitting && !bytes.is_empty() {
            return Err(Rejection::WrongContentType.into());
        }
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Rejection::Malformed("the form is not UTF-8".to_owned()))?;
        parse_pairs(text)
            .map(FormBody)
            .map_err(|_| Rejection::Malformed("the form cannot be read".to_owned()).into())
    }
}

async fn json_body(request: Request, state: &AppState) -> Result<Bytes, RequestError> {
    let rule = request_info(request.extensions())?.dialect.limits.content;
    let acceptable = acceptable(rule, request.headers());
    let RawBody(bytes) = RawBody::from_request(request, state).await?;
    // A request without a body needs no content type.
    if !acceptable && !bytes.is_empty() {
        return Err(Rejection::WrongContentType.into());
    }
    Ok(bytes)
}

fn acceptable(rule: ContentRule, headers: &HeaderMap) -> bool {
    if !headers.contains_key(header::CONTENT_TYPE) {
        return rule != ContentRule::Json;
    }
    let essence = content_type(headers);
    rule == ContentRule::Any
        || essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The content type without its parameters, in lower case.
#[must_use]
pub fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let text = value.and_then(|value| value.to_str().ok());
    let essence = text.and_then(|text| text.split(';').next());
    essence.unwrap_or_default().trim().to_ascii_lowercase()
}

/// A body, once it is there as a whole: no larger than the limit, and not waited for without end.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, Rejection> {
    // One that says it is larger is not begun: a client that waits to be told to go on is not told so.
    if body.size_hint().lower() > limit as u64 {
        return Err(Rejection::TooLarge(limit));
    }
    match tokio::time::timeout(PATIENCE, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Rejection::TooLarge(limit)),
        Ok(Err(error)) if is_malformed(&*error) => Err(Rejection::Malformed(
            "the chunked body is malformed".to_owned(),
        )),
        Ok(Err(_)) | Err(_) => Err(Rejection::Incomplete),
    }
}

/// Whether a body broke off because of what was sent, and not because sending ended.
fn is_malformed(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return matches!(
                error.kind(),
                std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput
            );
        }
        cause = error.source();
    }
    false
}
