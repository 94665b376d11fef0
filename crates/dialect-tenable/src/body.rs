//! Bodies in the vendor's order of checks: who asks, what they may, and only then what was sent.

use axum::extract::{FromRequest as _, Request};
use directory::{Caller, Fault, Operation, Permission, Platform};
use serde_json::Value;

use super::catalogue::{self, Action};
use kit::{Authenticated, JsonBody, RequestError};

/// The body of a request, once its caller may do the operation at all.
///
/// Quirk: 403 comes before 400 (tenable.md §5), so bodies are not read by an extractor.
pub async fn document(
    request: &Authenticated,
    operation: Operation,
    raw: Request,
) -> Result<Value, RequestError> {
    request.admit(operation)?;
    let JsonBody(body) = JsonBody::from_request(raw, request.state()).await?;
    Ok(body)
}

/// Whether the caller's roles name an action on an entity, or a stronger one. The directory's own
/// permissions behind it are looked at by the directory.
pub fn permitted(caller: &Caller, entity: &str, action: Action) -> Result<(), Fault> {
    let named = Action::ALL
        .into_iter()
        .filter(|stronger| *stronger >= action)
        .any(|stronger| caller.holds(&catalogue::word(entity, stronger)));
    let meaning = catalogue::meaning(entity, action, false);
    let strongest = meaning.last().copied().unwrap_or(Permission::SignedIn);
    // The directory's own roles know no entities: what they permit, they permit on all.
    if named || caller.holds_by(Platform::USHER, strongest.word()) {
        Ok(())
    } else {
        Err(Fault::Forbidden(strongest))
    }
}

/// A failure to read back what was just written.
///
/// Quirk: the client sends writes again after a 503 (tenable.md §2), and this one was done.
pub fn after_writing(fault: Fault) -> Fault {
    match fault {
        Fault::Unavailable(why) => {
            Fault::Internal(format!("written, but not read back: unavailable: {why}"))
        }
        other => other,
    }
}
