//! Passwords, mailed tokens, and access mails: one's own and those of others.

use directory::{AccessLink, NewPassword, Platform, TokenPurpose, User, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use kit::{Anonymous, Authenticated, JsonBody};

use super::answers;
use super::lists;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::times::Moment;
use super::users::UserBody;

/// `PUT /me/password`: whoever comes with a session gives the present one too.
pub async fn change_own(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let current: Option<String> = fields.value("current_password")?;
    let password: String = fields.need("password")?;
    fields.end()?;
    request
        .change_own_password(current.as_deref(), &password)
        .await?;
    Reply::nothing()
}

/// `PUT /users/{user}/password`: to be changed at the next sign-in, unless said otherwise.
pub async fn set(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let password: String = fields.need("password")?;
    let must_change = fields.value("must_change_password")?.unwrap_or(true);
    fields.end()?;
    let password = if must_change {
        NewPassword::MustChange(password)
    } else {
        NewPassword::Chosen(password)
    };
    let user = request.reference::<UserId>(0);
    request.set_password(user, password).await?;
    Reply::nothing()
}

/// `POST /users/{user}/password-reset`: mails a link; `{"invalidate": true}` makes the present
/// password useless at once.
pub async fn send_reset(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::optional(body)?;
    let invalidate = fields.value("invalidate")?.unwrap_or(false);
    fields.end()?;
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

/// `POST /password-resets`: always accepted, whether or not anybody is meant.
pub async fn request_reset(request: Anonymous, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let login: String = fields.need("login")?;
    fields.end()?;
    request
        .state
        .directory()
        .request_password_reset(&login, Platform::USHER, request.context())
        .await?;
    Reply::accepted()
}

/// `POST /password-resets/redeem`: a mailed token and the new password.
pub async fn redeem(request: Anonymous, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let token: String = fields.need("token")?;
    let password: String = fields.need("password")?;
    fields.end()?;
    request
        .state
        .directory()
        .redeem_reset(&token, &password, Platform::USHER, request.context())
        .await?;
    Reply::nothing()
}

/// `POST /email-confirmations`: a mailed token.
pub async fn confirm_email(request: Anonymous, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let token: String = fields.need("token")?;
    fields.end()?;
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
pub async fn inspect(request: Anonymous, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let token: String = fields.need("token")?;
    fields.end()?;
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
