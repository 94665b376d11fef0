//! Faults as problem documents (RFC 9457): what is wrong, which field, and what to do next. Nothing
//! here tells a caller of things they may not see.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use directory::filter::FilterFault;
use directory::{FORM_TOKEN, Fault, IDEMPOTENCY_KEY, Kind, Refusal, Standing, Weakness};
use schemars::JsonSchema;
use serde::Serialize;

use kit::{Rejection, RenderError, RequestInfo, reply};

use super::codes::{Code, CodeWord};
use super::lost::Lost;

/// A refusal, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// Its kind.
    pub code: Code,
    /// This occurrence, and what to do next.
    pub detail: String,
    /// The field or parameter at fault.
    pub field: Option<String>,
    /// Each member at fault, where more than one is.
    pub errors: Box<[FieldProblem]>,
    /// What an earlier request did, where that is the problem.
    pub done: Box<[DoneBody]>,
    /// When to come back, in whole seconds.
    pub retry_after: Option<u32>,
    /// The cause, for the log alone: no answer holds it.
    pub cause: Option<Box<str>>,
    /// What was not found, where that is the problem.
    pub lost: Option<Box<Lost>>,
}

/// What is wrong with one member of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "FieldProblem")]
pub struct FieldProblem {
    /// The member.
    pub field: String,
    /// The code of its own problem.
    #[schemars(with = "CodeWord")]
    pub code: &'static str,
    /// What is wrong, and what to do.
    pub detail: String,
}

/// Something that an earlier request did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(
    rename = "DoneByRequest",
    description = "Something that the first request of an idempotency key did, whose answer was lost: the verb of its event, and the kind and number of what it was done to."
)]
pub struct DoneBody {
    /// The event's verb.
    pub verb: String,
    /// The kind of what it was done to.
    pub entity: String,
    /// Its number.
    pub number: Option<i64>,
}

impl Problem {
    /// A problem of one kind: this occurrence, and what to do next.
    pub fn of(code: Code, detail: impl Into<String>) -> Self {
        Self {
            status: code.facts().status,
            code,
            detail: detail.into(),
            field: None,
            errors: Box::default(),
            done: Box::default(),
            retry_after: None,
            cause: None,
            lost: None,
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
        Self::of(Code::Invalid, detail).at(field)
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
        Self::of(Code::InvalidParameter, detail).at(name)
    }

    /// A fault of what a list was asked for is its parameter's.
    pub fn on_parameter(fault: Fault) -> Self {
        match fault {
            Fault::Invalid { field, why } => Self::parameter(field, why),
            fault => fault.into(),
        }
    }

    /// A filter that is not understood, or whose look-ups failed.
    pub fn filter(fault: FilterFault) -> Self {
        match fault {
            FilterFault::Filter(error) => {
                Self::of(Code::InvalidFilter, format!("The filter is wrong {error}.")).at("filter")
            }
            FilterFault::Fault(fault) => Self::on_parameter(fault),
        }
    }

    /// The body is not what it should be, as a whole.
    pub fn body(detail: impl Into<String>) -> Self {
        Self::of(Code::MalformedBody, detail)
    }

    /// The thing's address leads nowhere, or nowhere the caller may look.
    pub fn not_found(kind: Kind) -> Self {
        let word = kind.word();
        let mut problem = Self::of(
            Code::NotFound,
            format!(
                "There is no such {word}, or you may not see it. Check the id; a list shows the ones you may see."
            ),
        );
        problem.lost = Some(Box::new(Lost::OnPath(kind)));
        problem
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
        Fault::Forbidden(permission) => Problem::of(
            Code::Forbidden,
            format!(
                "This needs the permission {} where the target is. Ask an administrator for a role that brings it.",
                permission.word()
            ),
        ),
        Fault::KeyLimit => Problem::of(
            Code::KeyLimit,
            "Your key is read-only or limited to other paths. Use another key, or ask for its limits to be widened.",
        ),
        Fault::ExceedsOwn => Problem::of(
            Code::ExceedsOwn,
            "This would give rights that you do not hold there yourself. Ask somebody who holds them.",
        ),
        Fault::OutranksCaller => Problem::of(
            Code::OutranksYou,
            "You may see this account but not change its sign-in, status or existence. Ask somebody with at least its rights.",
        ),
        Fault::NotFound(kind) => Problem::not_found(*kind),
        Fault::UnknownReference(kind) => Problem::of(
            Code::UnknownReference,
            format!(
                "The {} that the request names does not exist, or you may not see it. Check the id.",
                kind.word()
            ),
        ),
        Fault::Taken {
            field: IDEMPOTENCY_KEY,
        } => under_way(),
        Fault::Taken { field: FORM_TOKEN } => Problem::of(
            Code::FormTokenUsed,
            "The form was sent already, and was done. Look at what it did, and ask for a new token to send another one.",
        ),
        Fault::Taken { field } => {
            let field = field_name(field);
            Problem::of(
                Code::Taken,
                format!("Another one has this `{field}` already. Choose a different one."),
            )
            .at(field)
        }
        Fault::Invalid {
            field: FORM_TOKEN, ..
        } => Problem::of(
            Code::FormTokenInvalid,
            "The Form-Token was made for another request or another credential, or has ended. Ask for a new one: \
             POST /form-tokens with `form` as the method and the path of this request.",
        ),
        // The store's word on a cursor that was made for another order.
        Fault::Invalid {
            field: "cursor",
            why,
        } => Problem::parameter("cursor", why),
        Fault::Invalid { field, why } => Problem::invalid(field_name(field), why),
        Fault::WeakPassword(weakness) => {
            Problem::of(Code::WeakPassword, weak(*weakness)).at("password")
        }
        Fault::PasswordChangeNeeded => Problem::of(
            Code::PasswordChangeNeeded,
            "The password was set by somebody else. Choose your own first: PUT /me/password.",
        ),
        Fault::WrongPassword => Problem::of(
            Code::WrongPassword,
            "The present password does not match. Try again, or have a reset link mailed to you.",
        )
        .at("current_password"),
        Fault::InUse(kind) => Problem::of(
            Code::InUse,
            format!(
                "The {} is still in use. Move or remove whatever depends on it first.",
                kind.word()
            ),
        ),
        Fault::Protected(kind) => Problem::of(
            Code::Protected,
            format!(
                "This {} is built in, or belongs to what you hold yourself, and cannot be changed or removed this way.",
                kind.word()
            ),
        ),
        Fault::LastOwner => Problem::of(Code::LastOwner, "Make somebody else an owner first."),
        Fault::Stale => Problem::of(
            Code::Stale,
            "It has changed since you read it. Read it again, look at the difference, and repeat the change with the new ETag.",
        ),
        Fault::TooMany { retry_after } => {
            let seconds = u32::try_from(*retry_after / 1000)
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            let mut problem =
                Problem::of(Code::TooManyRequests, format!("Come back in {seconds} s."));
            problem.retry_after = Some(seconds);
            problem
        }
        Fault::Unavailable(_) => {
            let mut problem = Problem::of(
                Code::Unavailable,
                "Nothing was changed. Try again in a moment; if it goes on, tell the operator the request id.",
            );
            problem.retry_after = Some(1);
            problem
        }
        Fault::Internal(why) => {
            let mut problem = Problem::of(
                Code::Internal,
                "The server failed, and nothing was changed. Tell the operator the request id; the log explains it.",
            );
            problem.cause = Some(why.as_str().into());
            problem
        }
    }
}

#[deny(clippy::wildcard_enum_match_arm)]
/// An earlier request with this key has no answer yet.
pub(super) fn under_way() -> Problem {
    let detail = "A request with this Idempotency-Key is under way. Come back in a second.";
    let mut problem = Problem::of(Code::IdempotencyKeyInUse, detail);
    problem.retry_after = Some(1);
    problem
}

fn unauthenticated(refusal: Refusal) -> Problem {
    let (code, detail) = match refusal {
        Refusal::Missing => (
            Code::NoCredential,
            "Send an API key or a session token: Authorization: Bearer <token>.",
        ),
        Refusal::Unknown => (
            Code::UnknownCredential,
            "The credential is unknown, expired or revoked. Check it, or sign in again.",
        ),
        Refusal::Address => (
            Code::WrongAddress,
            "The key may be used from certain addresses only. Call from one of them, or ask for this one to be added.",
        ),
        Refusal::Standing(standing) => (
            Code::NotActive,
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
            Code::SecondFactorNeeded,
            "Repeat the sign-in with `code`: the six digits of your authenticator, or a recovery code.",
        ),
        Refusal::SecondFactorWrong => (
            Code::SecondFactorWrong,
            "The code is wrong, too old or was used before. Wait for the next one and try again.",
        ),
        Refusal::SecondFactorMissing => (
            Code::SecondFactorMissing,
            "This account must have a second factor. Enrol one, or ask an administrator.",
        ),
        Refusal::LockedOut => (
            Code::LockedOut,
            "Too many wrong passwords. Wait a few minutes, reset the password by mail, or ask an administrator to unlock the account.",
        ),
    };
    let mut problem = Problem::of(code, detail);
    problem.status = 401;
    problem
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

    fn code(&self) -> Option<&'static str> {
        Some(self.code.facts().code)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        problem(&fault)
    }
}

/// What kept a request from its handler, in this API's words.
#[deny(clippy::wildcard_enum_match_arm)]
pub(super) fn unread(rejection: &Rejection) -> Problem {
    let (code, detail) = match rejection {
        Rejection::NoRoute => (Code::NoSuchPath,
            "Nothing is served at this path. See openapi.json at the root of this API for all paths."
                .to_owned(),
        ),
        Rejection::WrongMethod => (Code::MethodNotAllowed,
            "This path does not take that method. The Allow header names those it takes.".to_owned(),
        ),
        Rejection::BadPath => (Code::BadPath,
            "Write other characters than letters, digits and -._~ in UTF-8, percent-encoded.".to_owned(),
        ),
        Rejection::BadQuery => (Code::InvalidParameter,
            "Write parameters as name=value in UTF-8, percent-encoded, at most 1,000 of them.".to_owned(),
        ),
        Rejection::TooLarge(limit) => (Code::TooLarge,
            format!("At most {limit} bytes are read. Send less at a time."),
        ),
        Rejection::Incomplete => (Code::Incomplete,
            "Send the request again.".to_owned(),
        ),
        Rejection::WrongContentType => (Code::UnsupportedMediaType,
            "Send JSON with the header Content-Type: application/json.".to_owned(),
        ),
        Rejection::Malformed(why) => (Code::MalformedBody, format!("{why}.")),
        Rejection::TooDeep => (Code::MalformedBody,
            "The JSON nests too deeply.".to_owned(),
        ),
    };
    Problem::of(code, detail)
}

/// A problem document.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "Problem",
    description = "A problem document (RFC 9457). `code` says what kind it is (`GET /problems` explains each) and `type` is `urn:usher:problem:` and the code; `field` is the field or parameter at fault, and `errors` names each where more than one is."
)]
pub struct Document<'a> {
    r#type: String,
    #[schemars(with = "CodeWord")]
    code: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "str")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "<[FieldProblem]>::is_empty")]
    errors: &'a [FieldProblem],
    #[serde(skip_serializing_if = "<[DoneBody]>::is_empty")]
    done: &'a [DoneBody],
    request_id: &'a str,
}

/// Shows a problem.
pub(super) fn show(problem: &Problem, info: &RequestInfo) -> Response {
    if let Some(why) = &problem.cause {
        tracing::error!(request_id = %info.request_id, why, "internal error");
    }
    let facts = problem.code.facts();
    let document = Document {
        r#type: format!("urn:usher:problem:{}", facts.code),
        code: facts.code,
        title: facts.title,
        status: problem.status,
        detail: &problem.detail,
        field: problem.field.as_deref(),
        errors: &problem.errors,
        done: &problem.done,
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
    if let Some(lost) = &problem.lost {
        response.extensions_mut().insert(Lost::clone(lost));
    }
    response
}
