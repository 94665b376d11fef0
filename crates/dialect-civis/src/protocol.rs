//! How the dialect finds keys, and how its errors go out.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use directory::{Accepts, Fault};
use kit::{Presented, Protocol, Rejection, RequestError, RequestInfo, bearer, reply};

use crate::errors::{Failure, failure};

/// The vendor's way of speaking.
pub struct Civis;

impl Protocol for Civis {
    /// A key as the user of `Basic` with an empty password, or as bearer.
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        basic_user(headers)
            .or_else(|| bearer(headers).map(str::to_owned))
            .map(|text| Presented {
                text,
                accepts: Accepts::Keys,
            })
            .into_iter()
            .collect()
    }

    fn render_fault(&self, fault: &Fault, _: &RequestInfo) -> Response {
        render(&failure(fault))
    }

    fn render_rejection(&self, rejection: &Rejection, _: &RequestInfo) -> Response {
        render(&match rejection {
            Rejection::NoRoute | Rejection::BadPath => Failure::no_endpoint(),
            Rejection::BadQuery
            | Rejection::Malformed(_)
            | Rejection::TooDeep
            | Rejection::WrongMethod
            | Rejection::TooLarge(_)
            | Rejection::Incomplete
            | Rejection::WrongContentType => {
                Failure::new(rejection.status().as_u16(), rejection.to_string())
            }
        })
    }
}

/// The user's name of a `Basic` header.
///
/// Quirk: the client sends its key there, with an empty password, on every call (civis.md §1).
fn basic_user(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(text.trim())
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let user = text.split_once(':').map_or(text.as_str(), |(user, _)| user);
    (!user.is_empty()).then(|| user.to_owned())
}

/// An error on the wire.
pub fn render(failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = reply::json(status, &failure.body());
    let headers = response.headers_mut();
    // Quirk: the client shows this header as the reason, and fails without it (civis.md §7).
    if failure.status == 401 {
        headers.insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"Civis Platform\", error=\"invalid_token\""),
        );
    }
    if let Some(seconds) = failure.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

impl From<Failure> for RequestError {
    fn from(failure: Failure) -> Self {
        render(&failure).into()
    }
}
