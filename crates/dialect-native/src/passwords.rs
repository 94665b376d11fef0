//! Passwords, mailed tokens, and access mails: one's own and those of others.

use directory::{AccessLink, Platform, TokenPurpose, User, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use kit::{Anonymous, Authenticated};

use super::answers;
use super::bodies::{Sent, body};
use super::lists;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::times::Moment;
use super::users::{UserBody, new_password};

body! {
    pub struct OwnPasswordBody as "OwnPassword" {
        current_password: optional String,
        password: needed String,
    }
}

/// `PUT /me/password`: a caller with a session gives the present one too.
pub async fn change_own(request: Authenticated, body: Sent<OwnPasswordBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    request
        .change_own_password(sent.current_password.as_deref(), &sent.password)
        .await?;
    Reply::nothing()
}

body! {
    pub struct SetPasswordBody as "SetPassword" {
        password: needed String,
        must_change_password: optional bool,
    }
}

/// `PUT /users/{user}/password`: to be changed at the next sign-in, unless said otherwise.
pub async fn set(request: Authenticated, body: Sent<SetPasswordBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let password = new_password(Some(sent.password), sent.must_change_password);
    let user = request.reference::<UserId>(0);
    request.set_password(user, password).await?;
    Reply::nothing()
}

body! {
    pub struct PasswordResetBody as optional "PasswordReset" {
        invalidate: optional bool,
    }
}

/// `POST /users/{user}/password-reset`: mails a link; `{"invalidate": true}` makes the present
/// password useless at once.
pub async fn send_reset(request: Authenticated, body: Sent<PasswordResetBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let invalidate = body.read()?.invalidate.unwrap_or(false);
    let user = request.reference::<UserId>(0);
    answers::once(
        &request,
        &request,
        |()| Reply::accepted(),
        |handle| handle.send_password_reset(user, invalidate),
    )
    .await
}

/// `POST /users/{user}/access-mail`: the activation to who never signed in, a reset link to others.
pub async fn send_access_mail(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let user = request.reference::<UserId>(0);
    answers::once(
        &request,
        &request,
        |()| Reply::accepted(),
        |handle| handle.send_access_mail(user),
    )
    .await
}

/// `POST /users/{user}/unlock`: lifts a lock-out after wrong passwords.
pub async fn unlock(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let (which, now) = (request.reference::<UserId>(0), request.now());
    let show = move |user: &User| Reply::revised(user.revision, &UserBody::of(user, now));
    answers::once(&request, &request, show, |handle| handle.unlock(which)).await
}

body! {
    pub struct LoginBody as "Login" {
        login: needed String,
    }
}

/// `POST /password-resets`: always accepted, whether or not anybody is meant.
pub async fn request_reset(request: Anonymous, body: Sent<LoginBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let LoginBody { login } = body.read()?;
    request
        .state
        .directory()
        .request_password_reset(&login, Platform::USHER, request.context())
        .await?;
    Reply::accepted()
}

body! {
    pub struct RedeemBody as "Redeem" {
        token: needed String,
        password: needed String,
    }
}

/// `POST /password-resets/redeem`: a mailed token and the new password.
pub async fn redeem(request: Anonymous, body: Sent<RedeemBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let RedeemBody { token, password } = body.read()?;
    request
        .state
        .directory()
        .redeem_reset(&token, &password, Platform::USHER, request.context())
        .await?;
    Reply::nothing()
}

body! {
    pub struct SentTokenBody as "Token" {
        token: needed String,
    }
}

/// `POST /email-confirmations`: a mailed token.
pub async fn confirm_email(request: Anonymous, body: Sent<SentTokenBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let SentTokenBody { token } = body.read()?;
    request
        .state
        .directory()
        .confirm_email(&token, Platform::USHER, request.context())
        .await?;
    Reply::nothing()
}

/// What a mailed token is for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TokenState")]
pub struct TokenBody<'a> {
    #[schemars(extend("enum" = ["reset", "activate", "confirm_email"]))]
    purpose: &'static str,
    login: &'a str,
    expires_at: Moment,
}

/// `POST /tokens/inspect`: what a mailed token is still good for. In the body, since addresses are
/// logged and tokens must not be.
pub async fn inspect(request: Anonymous, body: Sent<SentTokenBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let SentTokenBody { token } = body.read()?;
    let state = request.state.directory().token_state(&token).await?;
    let purpose: TokenPurpose = state.purpose;
    Reply::shown(&TokenBody {
        purpose: purpose.word(),
        login: &state.login,
        expires_at: Moment(state.expires_at),
    })
}

/// The way to a password, shown once.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "AccessLink",
    description = "The link that an access mail would hold, shown this once."
)]
pub struct LinkBody {
    link: String,
    #[schemars(extend("enum" = ["activate", "reset"]))]
    purpose: &'static str,
    expires_at: Moment,
}

/// `POST /users/{user}/access-link`: the link that an access mail would hold, for installations that
/// send no mail.
pub async fn create_link(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let user = request.reference::<UserId>(0);
    let url = request.state().public_url();
    let show = move |made: &AccessLink| {
        let page = match made.purpose {
            TokenPurpose::Activate => "activate",
            _ => "reset",
        };
        let mut reply = Reply::shown(&LinkBody {
            link: format!("{url}/account/{page}?token={}", made.token),
            purpose: page,
            expires_at: Moment(made.expires_at),
        })?;
        reply.status = 201;
        Ok(reply)
    };
    answers::once(&request, &request, show, |handle| {
        handle.create_access_link(user)
    })
    .await
}
