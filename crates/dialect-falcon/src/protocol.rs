//! How the dialect finds credentials, whom it lets in, and how its failures go out.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use directory::{Accepts, Caller, Fault, Permission};
use kit::{Presented, Protocol, Rejection, RequestInfo, bearer};

use super::errors::{Failure, Service, failure_of};
use super::{catalogue, envelope, scopes};

/// Falcon's protocol.
pub struct Falcon;

const TRACE_ID: HeaderName = HeaderName::from_static("x-cs-traceid");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RETRY_AFTER: HeaderName = HeaderName::from_static("x-ratelimit-retryafter");

impl Protocol for Falcon {
    /// Short-lived tokens only: a key gets one first.
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        bearer(headers)
            .map(|text| Presented {
                text: text.to_owned(),
                accepts: Accepts::Sessions,
            })
            .into_iter()
            .collect()
    }

    /// Whoever holds a role, within the scopes of the client their token belongs to.
    fn admit(&self, caller: &Caller) -> Result<(), Fault> {
        if !catalogue::lets_in(&caller.words()) {
            return Err(Fault::Forbidden(Permission::ReadUsers));
        }
        let context = caller.context();
        if scopes::permit(&caller.limits().scopes, &context.method, &context.path) {
            Ok(())
        } else {
            Err(Fault::KeyLimit)
        }
    }

    fn render_fault(&self, fault: &Fault, info: &RequestInfo) -> Response {
        rendered(&failure_of(fault, Service::of(&info.path)), info)
    }

    fn render_rejection(&self, rejection: &Rejection, info: &RequestInfo) -> Response {
        let failure = Failure::new(rejection.status().as_u16(), rejection.to_string());
        rendered(&failure, info)
    }

    /// Quirk: clients read the trace's id and what is left of the minute from every answer
    /// (falcon.md §3).
    fn finish(&self, response: &mut Response, info: &RequestInfo) {
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&info.request_id) {
            headers.insert(TRACE_ID, id);
        }
        let allowance = info.allowance();
        headers.insert(LIMIT, HeaderValue::from(allowance.limit));
        headers.insert(REMAINING, HeaderValue::from(allowance.remaining));
    }
}

fn rendered(failure: &Failure, info: &RequestInfo) -> Response {
    let mut response = envelope::failure(info, failure);
    if let Some(milliseconds) = failure.retry_after {
        let at = info.state.directory().now().plus(milliseconds + 999);
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(at.seconds()));
    }
    response
}
