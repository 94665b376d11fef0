//! What is counted of requests, for metrics. Nothing here holds a person, a key, an address or a path.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use directory::{Fault, Refusal};

use super::rejection::Rejection;

/// A request that was answered.
#[derive(Debug)]
pub struct Answered<'a> {
    /// The dialect's name.
    pub dialect: &'static str,
    /// The method.
    pub method: &'a Method,
    /// The pattern of its route with the mount in front; none where nothing is served.
    pub route: Option<String>,
    /// The status.
    pub status: u16,
    /// From its head to the head of the answer.
    pub took: Duration,
}

/// Counts what happens to requests.
pub trait Observer: Send + Sync + 'static {
    /// A request began.
    fn begun(&self);
    /// It was answered.
    fn answered(&self, answered: &Answered<'_>);
    /// It was refused, for this reason.
    fn refused(&self, code: &'static str);
    /// It was refused for coming too often: by `key` or by `address`.
    fn rate_limited(&self, by: &'static str);
}

/// The observer, if there is one.
#[derive(Clone, Default)]
pub struct Observing(pub Option<Arc<dyn Observer>>);

impl fmt::Debug for Observing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Observing"
        } else {
            "Unobserved"
        })
    }
}

/// The word of a fault, as the native API spells it.
pub(super) fn code_of_fault(fault: &Fault) -> &'static str {
    match fault {
        Fault::Unauthenticated(refusal) => match refusal {
            Refusal::Missing => "no-credential",
            Refusal::Unknown => "unknown-credential",
            Refusal::Address => "wrong-address",
            Refusal::Standing(_) => "not-active",
            Refusal::SecondFactorNeeded => "second-factor-needed",
            Refusal::SecondFactorWrong => "second-factor-wrong",
            Refusal::SecondFactorMissing => "second-factor-missing",
            Refusal::LockedOut => "locked-out",
        },
        Fault::Forbidden(_) => "forbidden",
        Fault::KeyLimit => "key-limit",
        Fault::ExceedsOwn => "exceeds-own",
        Fault::OutranksCaller => "outranks-you",
        Fault::NotFound(_) => "not-found",
        Fault::UnknownReference(_) => "unknown-reference",
        Fault::Taken { .. } => "taken",
        Fault::Invalid { .. } => "invalid",
        Fault::WeakPassword(_) => "weak-password",
        Fault::PasswordChangeNeeded => "password-change-needed",
        Fault::WrongPassword => "wrong-password",
        Fault::InUse(_) => "in-use",
        Fault::Protected(_) => "protected",
        Fault::LastOwner => "last-owner",
        Fault::Stale => "stale",
        Fault::TooMany { .. } => "too-many-requests",
        Fault::Unavailable(_) => "unavailable",
        Fault::Internal(_) => "internal",
    }
}

/// The word of a request that could not be read.
pub(super) fn code_of_rejection(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::NoRoute => "no-such-path",
        Rejection::WrongMethod => "method-not-allowed",
        Rejection::BadPath => "bad-path",
        Rejection::BadQuery => "invalid-parameter",
        Rejection::TooLarge(_) => "too-large",
        Rejection::Incomplete => "incomplete",
        Rejection::WrongContentType => "unsupported-media-type",
        Rejection::Malformed(_) | Rejection::TooDeep => "malformed-body",
    }
}
