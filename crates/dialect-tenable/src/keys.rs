//! The caller's API key.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use directory::{Credential, NewKey, Operation};

use super::body::document;
use super::reader::Fields;
use super::{voice, wire};
use kit::{Answer, Signed, answer};

/// The name under which the directory lists keys made here.
const KEY_NAME: &str = "Tenable Identity Exposure";

/// `GET /api/api-key`: the key that was presented. It is kept nowhere in clear, so who came by a
/// session is given another.
pub async fn show(signed: Signed, headers: HeaderMap) -> Answer {
    let key = match signed.caller.credential() {
        Credential::Key(_) => voice::key_header(&headers).map(str::to_owned),
        Credential::Session(..) | Credential::System => None,
    };
    let key = match key {
        Some(key) => key,
        None => {
            let new = NewKey {
                name: KEY_NAME.to_owned(),
                ..NewKey::default()
            };
            signed.create_key(signed.caller.user(), new).await?.secret
        }
    };
    Ok(answer::json(StatusCode::OK, &wire::ApiKey { key }))
}

/// `POST /api/api-key`: another key in place of the one presented; by a session, in place of those
/// made here.
pub async fn renew(signed: Signed, request: Request) -> Answer {
    let body = document(&signed, Operation::CreateKey, request).await?;
    // The client sends an empty object.
    Fields::closed(&body, &[])?;
    let replaced = match signed.caller.credential() {
        Credential::Key(key) => Some(key),
        Credential::Session(..) | Credential::System => None,
    };
    let key = signed.renew_own_key(replaced, KEY_NAME).await?.secret;
    Ok(answer::json(StatusCode::OK, &wire::ApiKey { key }))
}
