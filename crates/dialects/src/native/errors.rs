//! Faults as RFC 9457 problems.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use directory::{Accepts, Fault};
use serde_json::json;

use crate::kit::{Presented, Seen, Trouble, Voice, answer, bearer};

/// The native API's voice.
pub struct Native;

impl Voice for Native {
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        bearer(headers)
            .map(|text| Presented {
                text: text.to_owned(),
                accepts: Accepts::Both,
            })
            .into_iter()
            .collect()
    }

    fn fault(&self, fault: &Fault, seen: &Seen) -> Response {
        let detail = match fault {
            Fault::Internal(_) => "an internal error".to_owned(),
            other => other.to_string(),
        };
        problem(status(fault), &detail, seen)
    }

    fn trouble(&self, trouble: &Trouble, seen: &Seen) -> Response {
        problem(trouble.status(), &trouble.to_string(), seen)
    }
}

fn problem(status: StatusCode, detail: &str, seen: &Seen) -> Response {
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
        "request_id": seen.request_id,
    });
    answer::with_type(status, "application/problem+json", body.to_string())
}

fn status(fault: &Fault) -> StatusCode {
    match fault {
        Fault::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Fault::Forbidden(_)
        | Fault::KeyLimit
        | Fault::ExceedsOwn
        | Fault::OutranksCaller
        | Fault::Protected(_)
        | Fault::LastOwner => StatusCode::FORBIDDEN,
        Fault::NotFound(_) => StatusCode::NOT_FOUND,
        Fault::Taken { .. } | Fault::InUse(_) => StatusCode::CONFLICT,
        Fault::Stale => StatusCode::PRECONDITION_FAILED,
        Fault::UnknownReference(_)
        | Fault::Invalid { .. }
        | Fault::WeakPassword(_)
        | Fault::WrongPassword => StatusCode::UNPROCESSABLE_ENTITY,
        Fault::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Fault::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
