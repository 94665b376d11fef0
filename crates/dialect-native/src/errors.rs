//! Faults as problem documents (RFC 9457): what is wrong, which field, and what to do next. Nothing
//! here tells a caller of things they may not see.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use directory::{Accepts, Fault, Kind, Refusal, Standing, Weakness};
use serde::Serialize;

use kit::{
    Authenticated, Presented, Protocol, Rejection, RenderError, RequestError, RequestInfo, bearer,
    reply,
};

use super::reply::unfinished;

/// A refusal, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The last part of the problem's type: `urn:usher:problem:<kind>`.
    pub kind: &'static str,
    /// The kind of problem in a few words; the same for every occurrence.
    pub title: &'static str,
    /// This occurrence, and what to do next.
    pub detail: String,
    /// The field or parameter at fault.
    pub field: Option<String>,
    /// When to come back, in whole seconds.
    pub retry_after: Option<u32>,
    /// What the log is told, and the wire never.
    pub cause: Option<Box<str>>,
}

impl Problem {
    /// A problem of one kind.
    pub fn new(
        status: u16,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind,
            title,
            detail: detail.into(),
            field: None,
            retry_after: None,
            cause: None,
        }
    }

    /// Names the field at fault, unless one is named already.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        if self.field.is_none() {
            self.field = Some(field.into());
        }
        self
    }

    /// A field of the body that cannot be accepted.
    pub fn invalid(field: impl Into<String>, why: impl std::fmt::Display) -> Self {
        let field = field.into();
        let detail = format!("`{field}` {why}.");
        Self::new(422, "invalid", "A value cannot be accepted", detail).at(field)
    }

    /// What the path names is not there: the path's fault, not that of the body.
    pub fn on_path(fault: Fault) -> Self {
        match fault {
            Fault::UnknownReference(kind) => Self::not_found(kind),
            fault => fault.into(),
        }
    }

    /// A parameter of the query that cannot be accepted.
    pub fn parameter(name: &str, why: impl std::fmt::Display) -> Self {
        let detail = format!("The parameter `{name}` {why}.");
        Self::new(
            400,
            "invalid-parameter",
            "A parameter cannot be accepted",
            detail,
        )
        .at(name)
    }

    /// The body is not what it should be, as a whole.
    pub fn body(detail: impl Into<String>) -> Self {
        Self::new(400, "malformed-body", "The body cannot be read", detail)
    }

    /// The thing's address leads nowhere, or nowhere the caller may look.
    pub fn not_found(kind: Kind) -> Self {
        let word = kind.word();
        Self::new(
            404,
            "not-found",
            "Not found",
            format!(
                "There is no such {word}, or you may not see it. Check the id; a list shows the ones you may see."
            ),
        )
    }
}

/// The name of a field on this wire, where the directory's own word differs.
fn field_name(field: &str) -> &str {
    match field {
        "display" => "display_name",
        "given" => "given_name",
        "family" => "family_name",
        other => other,
    }
}

/// Every fault, in this API's words.
#[deny(clippy::wildcard_enum_match_arm)]
pub fn problem(fault: &Fault) -> Problem {
    match fault {
        Fault::Unauthenticated(refusal) => unauthenticated(*refusal),
        Fault::Forbidden(permission) => Problem::new(
            403,
            "forbidden",
            "Not permitted",
            format!(
                "This needs the permission {} where the target is. Ask an administrator for a role that brings it.",
                permission.word()
            ),
        ),
        Fault::KeyLimit => Problem::new(
            403,
            "key-limit",
            "The key's own limits forbid this",
            "Your key is read-only or limited to other paths. Use another key, or ask for its limits to be widened.",
        ),
        Fault::ExceedsOwn => Problem::new(
            403,
            "exceeds-own",
            "Nobody grants more than they hold",
            "This would give rights that you do not hold there yourself. Ask somebody who holds them.",
        ),
        Fault::OutranksCaller => Problem::new(
            403,
            "outranks-you",
            "The account's rights exceed your own",
            "You may see this account but not change its sign-in, status or existence. Ask somebody with at least its rights.",
        ),
        Fault::NotFound(kind) => Problem::not_found(*kind),
        Fault::UnknownReference(kind) => Problem::new(
            422,
            "unknown-reference",
            "Something the request names does not exist",
            format!(
                "The {} that the request names does not exist, or you may not see it. Check the id.",
                kind.word()
            ),
        ),
        Fault::Taken { field } => {
            let field = field_name(field);
            Problem::new(
                409,
                "taken",
                "Already taken",
                format!("Another one has this `{field}` already. Choose a different one."),
            )
            .at(field)
        }
        Fault::Invalid { field, why } => Problem::invalid(field_name(field), why),
        Fault::WeakPassword(weakness) => Problem::new(
            422,
            "weak-password",
            "The password is not acceptable",
            weak(*weakness),
        )
        .at("password"),
        Fault::PasswordChangeNeeded => Problem::new(
            403,
            "password-change-needed",
            "The password must be changed first",
            "The password was set by somebody else. Choose your own first: PUT /me/password.",
        ),
        Fault::WrongPassword => Problem::new(
            422,
            "wrong-password",
            "The present password is wrong",
            "The present password does not match. Try again, or have a reset link mailed to you.",
        )
        .at("current_password"),
        Fault::InUse(kind) => Problem::new(
            409,
            "in-use",
            "Still in use",
            format!(
                "The {} is still in use. Move or remove whatever depends on it first.",
                kind.word()
            ),
        ),
        Fault::Protected(kind) => Problem::new(
            409,
            "protected",
            "Protected",
            format!(
                "This {} is built in, or belongs to what you hold yourself, and cannot be changed or removed this way.",
                kind.word()
            ),
        ),
        Fault::LastOwner => Problem::new(
            409,
            "last-owner",
            "The last active owner stays",
            "Make somebody else an owner first.",
        ),
        Fault::Stale => Problem::new(
            412,
            "stale",
            "Changed by somebody else",
            "It has changed since you read it. Read it again, look at the difference, and repeat the change with the new ETag.",
        ),
        Fault::TooMany { retry_after } => {
            let seconds = u32::try_from(*retry_after / 1000)
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            let mut problem = Problem::new(
                429,
                "too-many-requests",
                "Too many requests",
                format!("Come back in {seconds} s."),
            );
            problem.retry_after = Some(seconds);
            problem
        }
        Fault::Unavailable(_) => {
            let mut problem = Problem::new(
                503,
                "unavailable",
                "The directory is not available",
                "Nothing was changed. Try again in a moment; if it goes on, tell the operator the request id.",
            );
            problem.retry_after = Some(1);
            problem
        }
        Fault::Internal(why) => {
            let mut problem = Problem::new(
                500,
                "internal",
                "A defect",
                "The server failed, and nothing was changed. Tell the operator the request id; the log explains it.",
            );
            problem.cause = Some(why.as_str().into());
            problem
        }
    }
}

#[deny(clippy::wildcard_enum_match_arm)]
fn unauthenticated(refusal: Refusal) -> Problem {
    let (kind, title, detail) = match refusal {
        Refusal::Missing => (
            "no-credential",
            "Not signed in",
            "Send an API key or a session token: Authorization: Bearer <token>.",
        ),
        Refusal::Unknown => (
            "unknown-credential",
            "Not signed in",
            "The credential is unknown, expired or revoked. Check it, or sign in again.",
        ),
        Refusal::Address => (
            "wrong-address",
            "Not valid from this address",
            "The key may be used from certain addresses only. Call from one of them, or ask for this one to be added.",
        ),
        Refusal::Standing(standing) => (
            "not-active",
            "The account is not active",
            match standing {
                Standing::Active => "The account cannot be used. Ask an administrator.",
                Standing::Inactive => {
                    "The account is switched off. Ask an administrator to activate it."
                }
                Standing::Suspended => {
                    "The account is suspended. Ask an administrator to activate it."
                }
                Standing::Expired => "The account has expired. Ask an administrator to extend it.",
                Standing::Locked => {
                    "The account is locked by an administrator. Ask one to unlock it."
                }
                Standing::LockedOut => {
                    "The account is locked out for a while after wrong passwords. Wait, or ask an administrator to unlock it."
                }
            },
        ),
        Refusal::SecondFactorNeeded => (
            "second-factor-needed",
            "A second factor is needed",
            "Repeat the sign-in with `code`: the six digits of your authenticator, or a recovery code.",
        ),
        Refusal::SecondFactorWrong => (
            "second-factor-wrong",
            "The code is wrong",
            "The code is wrong, too old or was used before. Wait for the next one and try again.",
        ),
        Refusal::SecondFactorMissing => (
            "second-factor-missing",
            "A second factor must be enrolled first",
            "This account must have a second factor. Enrol one, or ask an administrator.",
        ),
        Refusal::LockedOut => (
            "locked-out",
            "Locked out",
            "Too many wrong passwords. Wait a few minutes, reset the password by mail, or ask an administrator to unlock the account.",
        ),
    };
    Problem::new(401, kind, title, detail)
}

#[deny(clippy::wildcard_enum_match_arm)]
fn weak(weakness: Weakness) -> String {
    match weakness {
        Weakness::TooShort(least) => format!("Use at least {least} characters."),
        Weakness::TooLong(most) => format!("Use at most {most} characters."),
        Weakness::Common => {
            "It is among the passwords that are tried first. Choose one that nobody else has."
                .to_owned()
        }
        Weakness::OwnNames => {
            "It is made of names of the person, the organisation or the product. Choose other words."
                .to_owned()
        }
        Weakness::Composition => {
            "It lacks kinds of characters: mix lower and upper case, digits and special characters."
                .to_owned()
        }
        Weakness::Unchanged => "It is the present password. Choose a new one.".to_owned(),
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        unread(&rejection)
    }
}

impl RenderError for Problem {
    fn render(&self, info: &RequestInfo) -> Response {
        show(self, info)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        problem(&fault)
    }
}

/// What kept a request from its handler, in this API's words.
#[deny(clippy::wildcard_enum_match_arm)]
fn unread(rejection: &Rejection) -> Problem {
    let (kind, title, detail) = match rejection {
        Rejection::NoRoute => (
            "no-such-path",
            "No such path",
            "Nothing is served at this path. See openapi.json at the root of this API for all paths."
                .to_owned(),
        ),
        Rejection::WrongMethod => (
            "method-not-allowed",
            "Method not allowed",
            "This path does not take that method. The Allow header names those it takes.".to_owned(),
        ),
        Rejection::BadPath => (
            "bad-path",
            "The path cannot be read",
            "Write other characters than letters, digits and -._~ in UTF-8, percent-encoded.".to_owned(),
        ),
        Rejection::BadQuery => (
            "invalid-parameter",
            "The parameters cannot be read",
            "Write parameters as name=value in UTF-8, percent-encoded, at most 1,000 of them.".to_owned(),
        ),
        Rejection::TooLarge(limit) => (
            "too-large",
            "The body is too large",
            format!("At most {limit} bytes are read. Send less at a time."),
        ),
        Rejection::Incomplete => (
            "incomplete",
            "The body did not arrive whole",
            "Send the request again.".to_owned(),
        ),
        Rejection::WrongContentType => (
            "unsupported-media-type",
            "The body must be JSON",
            "Send JSON with the header Content-Type: application/json.".to_owned(),
        ),
        Rejection::Malformed(why) => ("malformed-body", "The body cannot be read", format!("{why}.")),
        Rejection::TooDeep => (
            "malformed-body",
            "The body cannot be read",
            "The JSON nests too deeply.".to_owned(),
        ),
    };
    Problem::new(rejection.status().as_u16(), kind, title, detail)
}

/// A problem document.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    request_id: &'a str,
}

/// Shows a problem.
fn show(problem: &Problem, info: &RequestInfo) -> Response {
    if let Some(why) = &problem.cause {
        tracing::error!(request_id = %info.request_id, why, "internal error");
    }
    let document = Document {
        r#type: format!("urn:usher:problem:{}", problem.kind),
        title: problem.title,
        status: problem.status,
        detail: &problem.detail,
        field: problem.field.as_deref(),
        request_id: &info.request_id,
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(&document).unwrap_or_default();
    let mut response = reply::with_type(status, "application/problem+json", body);
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, scheme);
    }
    if let Some(seconds) = problem.retry_after {
        let seconds = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// How this API finds credentials and shows what went wrong.
pub struct Native;

impl Protocol for Native {
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        let token = bearer(headers);
        token
            .map(|text| Presented {
                text: text.to_owned(),
                accepts: Accepts::Both,
            })
            .into_iter()
            .collect()
    }

    fn check_session(&self, request: &Authenticated) -> Result<(), RequestError> {
        match unfinished(request) {
            Some(problem) => Err(RequestError::Own(Arc::new(problem))),
            None => Ok(()),
        }
    }

    fn render_fault(&self, fault: &Fault, info: &RequestInfo) -> Response {
        let mut problem = problem(fault);
        // The dispatcher has written it to the log already.
        problem.cause = None;
        show(&problem, info)
    }

    fn render_rejection(&self, rejection: &Rejection, info: &RequestInfo) -> Response {
        show(&unread(rejection), info)
    }
}
