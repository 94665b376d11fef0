//! How a dialect speaks when something goes wrong.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use directory::{Accepts, Caller, Fault};

use super::signed::Seen;

/// What a handler returns.
pub type Answer = Result<Response, Problem>;

/// A dialect's way of finding credentials and of showing what went wrong.
pub trait Voice: Send + Sync + 'static {
    /// The credentials a request presents, in the order they are tried; the first that opens counts.
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented>;

    /// Whether somebody who is signed in may use the dialect at all.
    fn admit(&self, caller: &Caller) -> Result<(), Fault> {
        let _ = caller;
        Ok(())
    }

    /// The path that the table of routes knows a request's path by, for vendors whose URLs have a
    /// grammar of their own. [`Seen::path`] stays as it was sent.
    fn route<'a>(&self, path: &'a str) -> std::borrow::Cow<'a, str> {
        std::borrow::Cow::Borrowed(path)
    }

    /// The vendor's status and body for a fault: one exhaustive match without a wildcard. The text
    /// of [`Fault::Internal`] is in the log already and never goes onto the wire.
    fn fault(&self, fault: &Fault, seen: &Seen) -> Response;

    /// The vendor's status and body for a request that could not be read or has no route.
    fn trouble(&self, trouble: &Trouble, seen: &Seen) -> Response;
}

/// A credential as a request presents it.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// The key or token.
    pub text: String,
    /// What it may be.
    pub accepts: Accepts,
}

impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Presented({:?})", self.accepts)
    }
}

/// The token of an `Authorization: Bearer` header.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers
        .get(axum::http::header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Why a request did not get as far as a use-case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing is served at the path.
    NoRoute,
    /// The path is served, but not by this method; the `Allow` header is added to the answer.
    WrongMethod,
    /// A segment of the path cannot be decoded or contains NUL, or the path is too long.
    BadPath,
    /// The query cannot be decoded, or has too many parts.
    BadQuery,
    /// The body is larger than that many bytes.
    TooLarge(usize),
    /// The body did not arrive whole in time.
    Incomplete,
    /// The body's content type is not one the dialect reads.
    WrongContentType,
    /// The body is not well-formed, or not of the shape that is read here: what is wrong, for people.
    Malformed(String),
    /// The JSON nests deeper than is read.
    TooDeep,
}

impl Trouble {
    /// The usual status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Trouble::NoRoute => StatusCode::NOT_FOUND,
            Trouble::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Trouble::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Trouble::Incomplete => StatusCode::REQUEST_TIMEOUT,
            Trouble::WrongContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Trouble::BadPath | Trouble::BadQuery | Trouble::Malformed(_) | Trouble::TooDeep => {
                StatusCode::BAD_REQUEST
            }
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::NoRoute => f.write_str("nothing is served at this path"),
            Trouble::WrongMethod => f.write_str("the path does not know this method"),
            Trouble::BadPath => f.write_str("the path cannot be read"),
            Trouble::BadQuery => f.write_str("the query cannot be read"),
            Trouble::TooLarge(limit) => write!(f, "the body is larger than {limit} bytes"),
            Trouble::Incomplete => f.write_str("the body did not arrive whole"),
            Trouble::WrongContentType => f.write_str("the body must be JSON"),
            Trouble::Malformed(why) => f.write_str(why),
            Trouble::TooDeep => f.write_str("the JSON nests too deeply"),
        }
    }
}

/// Why a handler gives no ordinary answer. The dialect's voice turns it into one on the way out.
#[derive(Debug)]
pub enum Problem {
    /// The directory refused or failed.
    Fault(Fault),
    /// The request could not be read.
    Trouble(Trouble),
    /// The dialect has said it already.
    Said(Box<Response>),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Problem::Fault(fault)
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        Problem::Trouble(trouble)
    }
}

impl From<Response> for Problem {
    fn from(response: Response) -> Self {
        Problem::Said(Box::new(response))
    }
}

/// A problem on its way out, in the extensions of an answer that is not sent as it is.
#[derive(Clone, Debug)]
pub(super) enum Unvoiced {
    Fault(Fault),
    Trouble(Trouble),
}

impl Unvoiced {
    pub fn voiced(&self, voice: &dyn Voice, seen: &Seen) -> Response {
        match self {
            Unvoiced::Fault(fault) => {
                if let Fault::Internal(why) = fault {
                    tracing::error!(request_id = %seen.request_id, why, "internal error");
                }
                voice.fault(fault, seen)
            }
            Unvoiced::Trouble(trouble) => voice.trouble(trouble, seen),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let unvoiced = match self {
            Problem::Fault(fault) => Unvoiced::Fault(fault),
            Problem::Trouble(trouble) => Unvoiced::Trouble(trouble),
            Problem::Said(response) => return *response,
        };
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(unvoiced);
        response
    }
}
