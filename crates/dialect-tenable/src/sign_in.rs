//! Signing in and out, and one's own password.

use axum::http::StatusCode;
use directory::{Credential, Fault, SessionKind, SessionRequest};

use super::catalogue::PLATFORM;
use super::users::nothing;
use super::wire;
use kit::{Anonymous, Authenticated, HandlerResult, JsonBody, reply};

/// `POST /api/login`.
pub async fn login(request: Anonymous, JsonBody(body): JsonBody) -> HandlerResult {
    let (email, password) = wire::sign_in(&body)?;
    let wanted = SessionRequest::of(SessionKind::Bearer);
    let directory = request.state.directory();
    let fresh = directory
        .sign_in(PLATFORM, &email, &password, None, wanted, request.context())
        .await?;
    let answered = wire::SignedIn {
        auth_token: fresh.secret,
        need_password_reset: fresh.must_change_password,
    };
    Ok(reply::json(StatusCode::OK, &answered))
}

/// `POST /api/logout`: ends the session; a key has none to end.
pub async fn logout(request: Authenticated) -> HandlerResult {
    match request.caller.credential() {
        Credential::Session(..) => request.sign_out().await?,
        Credential::Key(_) | Credential::System => {}
    }
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// `POST /api/users/forgotten-password`: the same answer whoever is asked for.
pub async fn forgotten_password(request: Anonymous, JsonBody(body): JsonBody) -> HandlerResult {
    let email = wire::forgotten(&body)?;
    let directory = request.state.directory();
    directory
        .request_password_reset(&email, PLATFORM, request.context())
        .await?;
    Ok(nothing())
}

/// `POST /api/users/retrieve-password`: a mailed token sets the password, once.
pub async fn retrieve_password(request: Anonymous, JsonBody(body): JsonBody) -> HandlerResult {
    let (token, password) = wire::retrieved(&body)?;
    let directory = request.state.directory();
    directory
        .redeem_reset(&token, &password, PLATFORM, request.context())
        .await
        .map_err(|fault| match fault {
            // Quirk: a bad token is refused like a bad credential (tenable.md §6).
            Fault::NotFound(_) => Fault::Unauthenticated(directory::Refusal::Unknown),
            other => other,
        })?;
    Ok(nothing())
}

/// `PATCH /api/users/password`: one's own.
pub async fn change_password(request: Authenticated, JsonBody(body): JsonBody) -> HandlerResult {
    let (old, new) = wire::own_password(&body)?;
    request.change_own_password(Some(&old), &new).await?;
    Ok(nothing())
}
