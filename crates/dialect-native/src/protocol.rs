//! How this API finds credentials, and how it shows faults, refusals and repeated requests.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use directory::{Accepts, Fault};
use kit::{
    Authenticated, Preparation, Presented, Protocol, Rejection, RequestError, RequestInfo, bearer,
};

use super::errors::{problem, show, unread};
use super::repeats::{self, Repeats};
use super::reply::unfinished;

/// How this API finds credentials and shows what went wrong.
pub struct Native;

impl Protocol for Native {
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        let token = bearer(headers);
        token
            .map(|text| Presented {
                text: text.to_owned(),
                accepts: Accepts::Both,
            })
            .into_iter()
            .collect()
    }

    fn check_session(&self, request: &Authenticated) -> Result<(), RequestError> {
        match unfinished(request) {
            Some(problem) => Err(RequestError::Own(Arc::new(problem))),
            None => Ok(()),
        }
    }

    fn render_fault(&self, fault: &Fault, info: &RequestInfo) -> Response {
        let mut problem = problem(fault);
        // The dispatcher has written it to the log already.
        problem.cause = None;
        show(&problem, info)
    }

    fn preparation(&self) -> Option<&dyn Preparation> {
        Some(&Repeats)
    }

    fn finish(&self, response: &mut Response, info: &RequestInfo) {
        repeats::finish(response, info);
    }

    fn render_rejection(&self, rejection: &Rejection, info: &RequestInfo) -> Response {
        show(&unread(rejection), info)
    }

    fn states_rate_limits(&self) -> bool {
        true
    }
}
