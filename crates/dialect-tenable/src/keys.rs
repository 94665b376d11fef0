//! The caller's API key.

use axum::http::{HeaderMap, StatusCode};
use directory::{Credential, NewKey};

use super::reader::Fields;
use super::{protocol, wire};
use kit::{Authenticated, HandlerResult, JsonBody, reply};

/// The name under which the directory lists keys made here.
const KEY_NAME: &str = "Tenable Identity Exposure";

/// `GET /api/api-key`: the key that was presented. It is kept nowhere in clear, so who came by a
/// session is given another.
pub async fn show(request: Authenticated, headers: HeaderMap) -> HandlerResult {
    let key = match request.caller.credential() {
        Credential::Key(_) => protocol::key_header(&headers).map(str::to_owned),
        Credential::Session(..) | Credential::System => None,
    };
    let key = match key {
        Some(key) => key,
        None => {
            let new = NewKey {
                name: KEY_NAME.to_owned(),
                ..NewKey::default()
            };
            request.create_key(request.caller.user(), new).await?.secret
        }
    };
    Ok(reply::json(StatusCode::OK, &wire::ApiKey { key }))
}

/// `POST /api/api-key`: another key in place of the one presented; by a session, in place of those
/// made here.
pub async fn renew(request: Authenticated, JsonBody(body): JsonBody) -> HandlerResult {
    // The client sends an empty object.
    Fields::closed(&body, &[])?;
    let replaced = match request.caller.credential() {
        Credential::Key(key) => Some(key),
        Credential::Session(..) | Credential::System => None,
    };
    let key = request.renew_own_key(replaced, KEY_NAME).await?.secret;
    Ok(reply::json(StatusCode::OK, &wire::ApiKey { key }))
}
