//! Faults in MISP's shape.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use directory::{Accepts, Fault};
use serde_json::json;

use crate::kit::{Presented, Seen, Trouble, Voice, answer};

/// MISP's voice.
pub struct Misp;

impl Voice for Misp {
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .map(|text| Presented {
                text: text.to_owned(),
                accepts: Accepts::Keys,
            })
            .into_iter()
            .collect()
    }

    fn fault(&self, fault: &Fault, seen: &Seen) -> Response {
        let message = match fault {
            Fault::Internal(_) => "An Internal Error Has Occurred.".to_owned(),
            other => other.to_string(),
        };
        shown(status(fault), &message, seen)
    }

    fn trouble(&self, trouble: &Trouble, seen: &Seen) -> Response {
        shown(trouble.status(), &trouble.to_string(), seen)
    }
}

fn shown(status: StatusCode, message: &str, seen: &Seen) -> Response {
    answer::json(
        status,
        &json!({ "name": message, "message": message, "url": seen.path }),
    )
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
