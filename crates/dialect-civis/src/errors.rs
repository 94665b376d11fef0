//! Errors: the directory's faults and what a request got wrong, in the vendor's one envelope
//! (civis.md §7).

#![deny(clippy::wildcard_enum_match_arm)]

use directory::{Fault, Kind, Refusal, Weakness};
use serde::Serialize;

/// An error on its way to the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The status.
    pub status: u16,
    /// The vendor's word for it.
    pub error: &'static str,
    /// The sentence, which the client shows.
    pub description: String,
    /// When to come back, in whole seconds.
    pub retry_after: Option<i64>,
}

/// The body of every error.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Body<'a> {
    error: &'static str,
    error_description: &'a str,
    code: u16,
}

/// What the vendor says of an object that is missing or hidden.
const NO_OBJECT: &str = "The requested resource could not be found.";
/// What the vendor says of a path that it does not serve.
const NO_ENDPOINT: &str = "The requested endpoint could not be found.";

impl Failure {
    /// An error of a status.
    #[must_use]
    pub fn new(status: u16, description: impl Into<String>) -> Self {
        Self {
            status,
            error: word(status),
            description: description.into(),
            retry_after: None,
        }
    }

    /// A body that cannot be accepted: what is wrong, as a clause that begins with the field.
    #[must_use]
    pub fn validation(what: impl std::fmt::Display) -> Self {
        Self::new(
            400,
            format!("The given request was not as expected: Validation failed: {what}"),
        )
    }

    /// A parameter of the query that cannot be accepted.
    #[must_use]
    pub fn parameter(name: &str, value: &str, wanted: &str) -> Self {
        // Quirk: parameters have a word and a sentence of their own (civis.md §6).
        let shown: String = value.chars().take(100).collect();
        Self {
            error: "invalid",
            ..Self::new(400, format!("invalid '{name}' {shown} - {wanted}"))
        }
    }

    /// An object that is missing or hidden.
    #[must_use]
    pub fn no_object() -> Self {
        Self::new(404, NO_OBJECT)
    }

    /// A path that is not served.
    #[must_use]
    pub fn no_endpoint() -> Self {
        Self::new(404, NO_ENDPOINT)
    }

    fn after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> Body<'_> {
        Body {
            error: self.error,
            error_description: &self.description,
            code: self.status,
        }
    }
}

fn word(status: u16) -> &'static str {
    match status {
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        405 => "method_not_allowed",
        408 => "request_timeout",
        409 => "conflict",
        413 => "payload_too_large",
        415 => "unsupported_media_type",
        429 => "too_many_requests",
        500 => "internal_server_error",
        503 => "service_unavailable",
        _ => "bad_request",
    }
}

/// What a fault amounts to in this dialect.
#[must_use]
pub fn failure(fault: &Fault) -> Failure {
    match fault {
        Fault::Unauthenticated(refusal) => Failure::new(401, refused(*refusal)),
        Fault::Forbidden(_) => Failure::new(403, "You do not have permission to do this."),
        Fault::KeyLimit => Failure::new(403, "This API key does not permit the request."),
        Fault::ExceedsOwn => Failure::new(403, "You cannot give more than you hold yourself."),
        Fault::OutranksCaller => Failure::new(403, "The rights of this user exceed your own."),
        Fault::NotFound(_) => Failure::no_object(),
        Fault::UnknownReference(kind) => Failure::validation(format_args!(
            "{} could not be found",
            title(reference(*kind))
        )),
        Fault::Taken { field } => Failure::validation(format_args!(
            "{} has already been taken",
            title(shown(field))
        )),
        Fault::Invalid { field, why } => {
            Failure::validation(format_args!("{} {why}", title(shown(field))))
        }
        Fault::WeakPassword(weakness) => {
            Failure::validation(format_args!("Password {}", weak(*weakness)))
        }
        Fault::PasswordChangeNeeded => Failure::new(403, "Change your password first."),
        Fault::WrongPassword => Failure::validation("The present password is needed"),
        Fault::InUse(kind) => {
            Failure::validation(format_args!("The {} is still in use", kind.word()))
        }
        Fault::Protected(kind) => {
            Failure::validation(format_args!("This {} cannot be changed", kind.word()))
        }
        Fault::LastOwner => {
            Failure::validation("The last active owner of the installation has to stay")
        }
        Fault::Stale => Failure::new(409, "Somebody else changed this at the same time."),
        Fault::TooMany { retry_after } => Failure::new(429, "Too many requests.")
            .after(retry_after.saturating_add(999).div_euclid(1000).max(1)),
        Fault::Unavailable(_) => {
            Failure::new(503, "Come back in a moment; nothing was changed.").after(1)
        }
        Fault::Internal(_) => {
            Failure::new(500, "Something went wrong; the server's log says what.")
        }
    }
}

/// The same words for a missing, unknown and ended key and for every state of the account: none can be
/// told from the others.
fn refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Missing
        | Refusal::Unknown
        | Refusal::Address
        | Refusal::Standing(_)
        | Refusal::SecondFactorNeeded
        | Refusal::SecondFactorWrong
        | Refusal::SecondFactorMissing
        | Refusal::LockedOut => "The API key is missing, wrong or no longer valid.",
    }
}

/// The vendor's name of what a request refers to.
fn reference(kind: Kind) -> &'static str {
    if kind == Kind::Organisation {
        "organization"
    } else {
        kind.word()
    }
}

/// The vendor's name of a field.
fn shown(field: &'static str) -> &'static str {
    match field {
        "display" | "given" | "family" => "name",
        "login" => "user",
        "email_domain" => "email",
        "time_zone" => "time zone",
        "second_factor_required" => "otp required for login",
        "home" | "organisation" => "organization",
        "primary_group" => "primary group",
        "expires_at" => "expires in",
        other => other,
    }
}

fn title(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn weak(weakness: Weakness) -> String {
    match weakness {
        Weakness::TooShort(minimum) => format!("is too short (minimum is {minimum} characters)"),
        Weakness::TooLong(maximum) => format!("is too long (maximum is {maximum} characters)"),
        Weakness::Common => "is one of the most common ones".to_owned(),
        Weakness::OwnNames => "is made of the user's own names".to_owned(),
        Weakness::Composition => {
            "must have lower-case and upper-case letters, digits and special characters".to_owned()
        }
        Weakness::Unchanged => "is the present one".to_owned(),
    }
}
