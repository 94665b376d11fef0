//! How the dialect finds credentials, and how its refusals go out.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use directory::{Accepts, Fault};

use super::errors::{Refused, refused};
use kit::{Presented, Protocol, Rejection, RequestInfo, bearer, reply};

/// Tenable's voice.
pub struct Tenable;

impl Protocol for Tenable {
    /// A key or a session in `X-API-Key`, then a session as bearer.
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        let key = key_header(headers).map(|text| (text, Accepts::Both));
        let token = bearer(headers).map(|text| (text, Accepts::Sessions));
        key.into_iter()
            .chain(token)
            .map(|(text, accepts)| Presented {
                text: text.to_owned(),
                accepts,
            })
            .collect()
    }

    fn render_fault(&self, fault: &Fault, _: &RequestInfo) -> Response {
        said(&refused(fault))
    }

    fn render_rejection(&self, rejection: &Rejection, _: &RequestInfo) -> Response {
        said(&Refused::new(
            rejection.status().as_u16(),
            rejection.to_string(),
        ))
    }
}

/// What stands in `X-API-Key`: a key, or the token of a session.
pub fn key_header(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get("x-api-key")?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
}

fn said(refused: &Refused) -> Response {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = reply::json(status, &refused.body());
    if let Some(seconds) = refused.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
