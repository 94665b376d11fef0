//! Errors: the directory's faults in the vendor's codes and sentences (opencti.md §5).

#![warn(clippy::wildcard_enum_match_arm)]

use directory::{Fault, Kind, Standing, Weakness};

use graphql::Refusal;

fn business(code: &'static str, status: u16, message: impl Into<String>) -> Refusal {
    Refusal::new(code, message)
        .with("http_status", status)
        .with("genre", "BUSINESS")
}

fn technical(code: &'static str, status: u16, message: impl Into<String>) -> Refusal {
    Refusal::new(code, message)
        .with("http_status", status)
        .with("genre", "TECHNICAL")
}

/// Nobody is signed in.
pub fn unauthenticated() -> Refusal {
    technical("AUTH_REQUIRED", 401, "You must be logged in to do this.")
}

/// A sign-in that failed.
pub fn bad_login(message: &str) -> Refusal {
    technical("AUTH_FAILURE", 401, message)
}

/// The caller may not.
pub fn forbidden() -> Refusal {
    technical("FORBIDDEN_ACCESS", 403, "You are not allowed to do this.")
}

/// A rule of the business says no.
pub fn functional(message: impl Into<String>) -> Refusal {
    business("FUNCTIONAL_ERROR", 400, message)
}

/// A relation points to something that is not there.
pub fn missing_reference(ids: &[&str]) -> Refusal {
    business("MISSING_REFERENCE_ERROR", 404, "Element(s) not found").with("unresolvedIds", ids)
}

/// Somebody else changed it in between; nothing was done, so it may be tried again.
pub fn stale() -> Refusal {
    functional("The element was changed by somebody else")
}

/// Something to delete is gone.
pub fn already_deleted(id: &str) -> Refusal {
    business("ALREADY_DELETED_ERROR", 400, "Already deleted elements").with("id", id)
}

/// A value, filter or template the platform does not know.
pub fn unsupported(message: impl Into<String>) -> Refusal {
    business("UNSUPPORTED_ERROR", 500, message)
}

/// A field's value is not acceptable.
pub fn validation(field: &str, message: impl Into<String>) -> Refusal {
    business("VALIDATION_ERROR", 500, message).with("field", field)
}

/// A defect; what it was stands in the log.
pub fn internal() -> Refusal {
    technical("INTERNAL_SERVER_ERROR", 500, "Internal Server Error")
}

/// What a fault is called in this dialect when its operation has no special sentence for it.
pub fn refusal(fault: &Fault) -> Refusal {
    match fault {
        Fault::Unauthenticated(reason) => match reason {
            directory::Refusal::SecondFactorNeeded | directory::Refusal::SecondFactorWrong => {
                technical(
                    "OTP_REQUIRED",
                    401,
                    "You must validate your account with OTP.",
                )
            }
            directory::Refusal::SecondFactorMissing => technical(
                "OTP_REQUIRED_ACTIVATION",
                401,
                "You must activate your account with OTP.",
            ),
            directory::Refusal::Missing
            | directory::Refusal::Unknown
            | directory::Refusal::Address
            | directory::Refusal::Standing(_)
            | directory::Refusal::LockedOut => unauthenticated(),
        },
        Fault::Forbidden(_) | Fault::KeyLimit | Fault::ExceedsOwn | Fault::OutranksCaller => {
            forbidden()
        }
        Fault::NotFound(kind) => functional(missing(*kind)),
        Fault::UnknownReference(_) => missing_reference(&[]),
        Fault::Taken { field } => functional(taken(field)),
        Fault::Invalid {
            field: field @ ("filter" | "search" | "after"),
            why,
        } => unsupported(format!("Invalid {field}: {why}")),
        Fault::Invalid { field, why } => {
            let field = attribute(field);
            validation(field, format!("Validation error: {field} {why}"))
        }
        Fault::WeakPassword(weakness) => {
            functional(format!("Invalid password: {}", weak(*weakness)))
        }
        Fault::PasswordChangeNeeded => functional("You must change your password first"),
        Fault::WrongPassword => functional("The current password you have provided is not valid"),
        Fault::InUse(kind) => functional(format!(
            "Cannot delete the {}: it is still in use",
            kind.word()
        )),
        Fault::Protected(kind) => functional(format!("This {} cannot be changed", kind.word())),
        Fault::LastOwner => functional("Cannot remove the last active administrator"),
        Fault::Stale => stale(),
        Fault::TooMany { retry_after } => technical(
            "TOO_MANY_REQUESTS",
            429,
            "Too many requests, please try again later.",
        )
        .with("retry_after", *retry_after),
        Fault::Unavailable(_) => technical(
            "DATABASE_ERROR",
            500,
            "The platform is temporarily not available; nothing was changed.",
        ),
        Fault::Internal(_) => internal(),
    }
}

/// What the vendor calls a field of the directory.
fn attribute(field: &str) -> &str {
    match field {
        "display" => "name",
        "given" => "firstname",
        "family" => "lastname",
        "email" | "email_domain" | "login" => "user_email",
        "kind" => "user_service_account",
        "status" => "account_status",
        "second_factor" => "otp_activated",
        "lock_after" => "account_lock_after_date",
        other => other,
    }
}

fn missing(kind: Kind) -> &'static str {
    if kind == Kind::User {
        "User cannot be found."
    } else if matches!(kind, Kind::Key | Kind::Token) {
        "Token not found"
    } else {
        "Element(s) not found"
    }
}

fn taken(field: &str) -> String {
    match field {
        "email" | "login" => "User already exists".to_owned(),
        _ => format!("An element with this {field} already exists"),
    }
}

fn weak(weakness: Weakness) -> String {
    match weakness {
        Weakness::TooShort(minimum) => format!("required at least {minimum} characters"),
        Weakness::TooLong(maximum) => format!("required at most {maximum} characters"),
        Weakness::Common => "this password is among the most common ones".to_owned(),
        Weakness::OwnNames => "it must not be made of your own names".to_owned(),
        Weakness::Composition => {
            "required more kinds of characters (lower and upper case, numbers, symbols)".to_owned()
        }
        Weakness::Unchanged => "it must differ from the current one".to_owned(),
    }
}

/// What a login is told about an account that is not active: the status text.
pub fn standing_text(standing: Standing) -> &'static str {
    match standing {
        Standing::Active | Standing::LockedOut => "Bad login or password",
        Standing::Inactive | Standing::Suspended => {
            "Your account is currently inactive. If you believe this is an error, please contact your administrator."
        }
        Standing::Locked => {
            "Your account is currently locked. If you believe this is an error, please contact your administrator."
        }
        Standing::Expired => {
            "Your account has expired. If you would like to reactivate your account, please contact your administrator."
        }
    }
}

/// A fault in the vendor's words; defects go to the log.
pub fn refused(fault: &Fault) -> Refusal {
    if let Fault::Internal(why) = fault {
        tracing::error!(why, "a GraphQL field failed");
    }
    refusal(fault)
}

/// The directory's results in the vendor's words.
pub trait OrRefuse<T> {
    /// The value, or the refusal that the fault amounts to.
    fn or_refuse(self) -> Result<T, Refusal>;
}

impl<T> OrRefuse<T> for Result<T, Fault> {
    fn or_refuse(self) -> Result<T, Refusal> {
        self.map_err(|fault| refused(&fault))
    }
}
