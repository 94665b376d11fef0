//! Signing in and out, and one's own password.

use axum::extract::Request;
use axum::http::StatusCode;
use directory::{Credential, Fault, Operation, SessionKind, SessionRequest};

use super::body::document;
use super::catalogue::PLATFORM;
use super::users::nothing;
use super::wire;
use kit::{Answer, Document, Signed, Visitor, answer};

/// `POST /api/login`.
pub async fn login(visitor: Visitor, Document(body): Document) -> Answer {
    let (email, password) = wire::sign_in(&body)?;
    let wanted = SessionRequest::of(SessionKind::Bearer);
    let directory = visitor.shared.directory();
    let fresh = directory
        .sign_in(PLATFORM, &email, &password, None, wanted, visitor.context())
        .await?;
    let answered = wire::SignedIn {
        auth_token: fresh.secret,
        need_password_reset: fresh.must_change_password,
    };
    Ok(answer::json(StatusCode::OK, &answered))
}

/// `POST /api/logout`: ends the session; a key has none to end.
pub async fn logout(signed: Signed) -> Answer {
    match signed.caller.credential() {
        Credential::Session(..) => signed.sign_out().await?,
        Credential::Key(_) | Credential::System => {}
    }
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// `POST /api/users/forgotten-password`: the same answer whoever is asked for.
pub async fn forgotten_password(visitor: Visitor, Document(body): Document) -> Answer {
    let email = wire::forgotten(&body)?;
    let directory = visitor.shared.directory();
    directory
        .request_password_reset(&email, PLATFORM, visitor.context())
        .await?;
    Ok(nothing())
}

/// `POST /api/users/retrieve-password`: a mailed token sets the password, once.
pub async fn retrieve_password(visitor: Visitor, Document(body): Document) -> Answer {
    let (token, password) = wire::retrieved(&body)?;
    let directory = visitor.shared.directory();
    directory
        .redeem_reset(&token, &password, PLATFORM, visitor.context())
        .await
        .map_err(|fault| match fault {
            // Quirk: a bad token is refused like a bad credential (tenable.md §6).
            Fault::NotFound(_) => Fault::Unauthenticated(directory::Refusal::Unknown),
            other => other,
        })?;
    Ok(nothing())
}

/// `PATCH /api/users/password`: one's own.
pub async fn change_password(signed: Signed, request: Request) -> Answer {
    let body = document(&signed, Operation::ChangeOwnPassword, request).await?;
    let (old, new) = wire::own_password(&body)?;
    signed.change_own_password(Some(&old), &new).await?;
    Ok(nothing())
}
