//! Errors: the directory's faults as the vendor's statuses with one body (tenable.md §6).

#![deny(clippy::wildcard_enum_match_arm)]

use directory::{Fault, Weakness};
use serde::Serialize;

/// A refusal on its way to the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status.
    pub status: u16,
    /// The sentence.
    pub message: String,
    /// When to come back, in whole seconds.
    pub retry_after: Option<i64>,
}

/// The body of every error: the client only prints it, scripts look at `error`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Body<'a> {
    status_code: u16,
    error: &'static str,
    message: &'a str,
}

impl Refused {
    /// A refusal with a status and a sentence.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            retry_after: None,
        }
    }

    fn after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Its body.
    pub fn body(&self) -> Body<'_> {
        Body {
            status_code: self.status,
            error: phrase(self.status),
            message: &self.message,
        }
    }
}

/// The reason phrase of the statuses this dialect uses.
fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Payload Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

/// What a fault amounts to in this dialect.
pub fn refused(fault: &Fault) -> Refused {
    match fault {
        // The same words for a missing, wrong and dead key, an unknown address, a wrong password, an
        // inactive and a locked account: none can be told from the others.
        Fault::Unauthenticated(_) => {
            Refused::new(401, "Not signed in, or not with these credentials")
        }
        Fault::Forbidden(_) => Refused::new(403, "Your roles do not permit this"),
        Fault::KeyLimit => Refused::new(403, "The API key does not permit this"),
        Fault::ExceedsOwn => Refused::new(403, "Nobody gives more permissions than they hold"),
        Fault::OutranksCaller => Refused::new(403, "This user's permissions exceed your own"),
        Fault::NotFound(kind) => Refused::new(404, format!("No such {}", kind.word())),
        Fault::UnknownReference(kind) => Refused::new(400, format!("Unknown {}", kind.word())),
        Fault::Taken { field } => {
            Refused::new(409, format!("This {} is already used", shown(field)))
        }
        Fault::Invalid { field, why } => Refused::new(400, format!("{} {why}", shown(field))),
        Fault::WeakPassword(weakness) => Refused::new(400, format!("password {}", weak(*weakness))),
        Fault::PasswordChangeNeeded => Refused::new(403, "Change your password first"),
        Fault::WrongPassword => Refused::new(400, "The old password is wrong"),
        Fault::InUse(kind) => Refused::new(400, format!("The {} is still in use", kind.word())),
        Fault::Protected(kind) => Refused::new(
            400,
            format!("This {} cannot be changed or deleted", kind.word()),
        ),
        Fault::LastOwner => Refused::new(400, "The last active administrator stays"),
        Fault::Stale => Refused::new(409, "Somebody else changed this at the same time"),
        // Quirk: the client reads Retry-After as a number and fails on a date (tenable.md §2).
        Fault::TooMany { retry_after } => Refused::new(429, "Too many requests")
            .after(retry_after.saturating_add(999).div_euclid(1000).max(1)),
        Fault::Unavailable(_) => {
            Refused::new(503, "Come back in a moment; nothing was changed").after(1)
        }
        Fault::Internal(_) => Refused::new(500, "Something went wrong; the log tells what"),
    }
}

/// The vendor's name of a field.
fn shown(field: &'static str) -> &'static str {
    match field {
        "given" | "display" => "name",
        "family" => "surname",
        "login" | "email_domain" => "email",
        "server" => "smtpServerAddress",
        "account" => "smtpAccount",
        "sender" => "emailSender",
        other => other,
    }
}

fn weak(weakness: Weakness) -> String {
    match weakness {
        Weakness::TooShort(minimum) => format!("needs {minimum} characters or more"),
        Weakness::TooLong(maximum) => format!("may have {maximum} characters at most"),
        Weakness::Common => "is one of the most common ones".to_owned(),
        Weakness::OwnNames => "is made of the user's own names".to_owned(),
        Weakness::Composition => {
            "needs a lower-case and an upper-case letter, a digit and a special character"
                .to_owned()
        }
        Weakness::Unchanged => "is the present one".to_owned(),
    }
}
