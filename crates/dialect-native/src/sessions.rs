//! Signing in and out, and the sessions that come of it.

use directory::filter::{BY_NUMBER, SESSION_FIELDS};
use directory::{
    Credential, FreshSession, Platform, Predicate, Session, SessionField, SessionId, SessionKind,
    SessionRequest, Time, UserId,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use kit::{Anonymous, Authenticated};

use super::bodies::{Sent, body};
use super::lists::{self, Listing};
use super::reply::{Answer, NativeRequest as _, Reply};
use super::times::Moment;

/// A session as shown; never its token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct SessionBody<'a> {
    id: Uuid,
    number: i64,
    user: i64,
    platform: &'a str,
    kind: SessionKind,
    key: Option<i64>,
    organisation: Option<i64>,
    second_factor: bool,
    address: Option<&'a str>,
    agent: Option<&'a str>,
    created_at: Moment,
    last_seen_at: Moment,
    idle_ends_at: Moment,
    ends_at: Moment,
    /// Whether it is the one this request came with.
    current: bool,
}

impl<'a> SessionBody<'a> {
    fn of(session: &'a Session, current: Option<SessionId>) -> Self {
        let idle: Time = session.last_seen_at.plus(session.idle);
        Self {
            id: session.uuid,
            number: session.id.0,
            user: session.user.0,
            platform: &session.platform,
            kind: session.kind,
            key: session.key.map(|key| key.0),
            organisation: session.organisation.map(|organisation| organisation.0),
            second_factor: session.second_factor,
            address: session.address.as_deref(),
            agent: session.agent.as_deref(),
            created_at: Moment(session.created_at),
            last_seen_at: Moment(session.last_seen_at),
            idle_ends_at: Moment(idle.min(session.expires_at)),
            ends_at: Moment(session.expires_at),
            current: current == Some(session.id),
        }
    }
}

/// A session just begun, with its token.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FreshSession")]
pub struct FreshBody<'a> {
    token: &'a str,
    /// The password must be changed first (`PUT /me/password`); nothing else works until then.
    must_change_password: bool,
    /// A second factor must be enrolled first (`POST /me/second-factor`).
    must_enrol_second_factor: bool,
    session: SessionBody<'a>,
}

body! {
    pub struct SignInBody as "SignIn" {
        login: needed String,
        password: needed String,
        code: optional String,
    }
}

/// `POST /sign-in`: a login or e-mail address and a password, and `code` where a second factor is
/// enrolled.
pub async fn sign_in(request: Anonymous, body: Sent<SignInBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let wanted = SessionRequest {
        may_enrol: true,
        ..SessionRequest::of(SessionKind::Bearer)
    };
    let fresh: FreshSession = request
        .state
        .directory()
        .sign_in(
            Platform::USHER,
            &sent.login,
            &sent.password,
            sent.code.as_deref(),
            wanted,
            request.context(),
        )
        .await?;
    Reply::shown(&FreshBody {
        token: &fresh.secret,
        must_change_password: fresh.must_change_password,
        must_enrol_second_factor: fresh.session.enrolment,
        session: SessionBody::of(&fresh.session, Some(fresh.session.id)),
    })
}

/// `POST /sign-out`: ends the session that the request comes with.
pub async fn sign_out(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    request.sign_out().await?;
    Reply::nothing()
}

/// The session that a request came with.
fn current(request: &Authenticated) -> Option<SessionId> {
    match request.caller().credential() {
        Credential::Session(session, _) => Some(session),
        _ => None,
    }
}

/// How sessions are listed.
pub const LISTING: Listing<SessionField> = Listing {
    fields: SESSION_FIELDS,
    usual: BY_NUMBER,
    sorts: &[
        ("user", SessionField::User),
        ("created_at", SessionField::CreatedAt),
        ("last_seen_at", SessionField::LastSeenAt),
        ("ends_at", SessionField::EndsAt),
    ],
    facets: &["user", "platform", "kind", "organisation", "second_factor"],
    downwards: false,
};

/// `GET /sessions`: all people's, as far as the caller manages them, and one's own.
pub async fn list(request: Authenticated) -> Answer {
    page(&request, None).await
}

/// `GET /users/{user}/sessions`
pub async fn of_user(request: Authenticated) -> Answer {
    let user = request.user(request.reference::<UserId>(0)).await?.id;
    page(&request, Some(user)).await
}

/// `GET /me/sessions`
pub async fn own(request: Authenticated) -> Answer {
    let user = request.caller().user();
    page(&request, Some(user)).await
}

async fn page(request: &Authenticated, user: Option<UserId>) -> Answer {
    let mut query = LISTING.query(request, &request.query()?.0).await?;
    if let Some(user) = user {
        let theirs = Predicate::equals(SessionField::User, user.0);
        query.narrow(&theirs);
    }
    let sessions = request.session_page(&query).await?;
    let current = current(request);
    LISTING
        .page(request, &sessions, |session| {
            SessionBody::of(session, current)
        })
        .await
}

/// `DELETE /sessions/{session}`
pub async fn end(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    request
        .revoke_session(request.reference::<SessionId>(0))
        .await?;
    Reply::nothing()
}

/// How many sessions were ended.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Ended")]
pub struct Ended {
    ended: u64,
}

/// `DELETE /users/{user}/sessions`: all of them, but the one the request comes with.
pub async fn end_all(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let user = request.reference::<UserId>(0);
    let ended = request.revoke_sessions_of(user, current(&request)).await?;
    Reply::shown(&Ended { ended })
}

/// `DELETE /me/sessions`: all others of one's own.
pub async fn end_others(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let user = request.caller().user();
    let ended = request.revoke_sessions_of(user, current(&request)).await?;
    Reply::shown(&Ended { ended })
}
