//! The caller's own second factor: begun by `otpGeneration`, confirmed, validated, taken away.

use directory::{Fault, Kind, Proof, Ref};

use super::super::errors;
use super::super::errors::{OrRefuse as _, refused};
use super::super::graph::Session;
use super::{Answer, input_text};
use graphql::{Call, Link};

/// Confirms the second factor that the caller has begun to enrol.
pub async fn activate(session: &Session, call: &Call<'_>) -> Answer {
    let code = input_text(call, "code").unwrap_or_default();
    match session.handle.confirm_second_factor(&code).await {
        Ok(_) => session.me(call.field).await,
        Err(Fault::NotFound(Kind::SecondFactor)) => Err(errors::functional(
            "No second factor is being set up; ask for otpGeneration first",
        )),
        Err(fault) => Err(refused(&fault)),
    }
}

/// Takes the caller's second factor away.
pub async fn deactivate(session: &Session, call: &Call<'_>) -> Answer {
    let own = Ref::Id(session.caller.user());
    match session.handle.remove_second_factor(own, None).await {
        Ok(_) | Err(Fault::NotFound(Kind::SecondFactor)) => session.me(call.field).await,
        Err(fault) => Err(refused(&fault)),
    }
}

/// Validates a code of the second factor for the session the request came with.
pub async fn validate(session: &Session, call: &Call<'_>) -> Answer {
    let code = input_text(call, "code").unwrap_or_default();
    let user = session
        .handle
        .user(session.caller.user())
        .await
        .or_refuse()?;
    let by_session = matches!(
        session.caller.credential(),
        directory::Credential::Session(_, None)
    );
    if !user.second_factor || !by_session || code.trim().is_empty() {
        return Err(errors::bad_login(
            "You must validate your account with OTP.",
        ));
    }
    match session.handle.proven(Some(Proof::Code(code))).await {
        Ok(_) => Ok(Link::Leaf(true.into())),
        Err(Fault::WrongPassword) => Err(errors::bad_login("The code is not the one shown now")),
        Err(fault) => Err(refused(&fault)),
    }
}
