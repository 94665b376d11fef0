//! Errors: the directory's faults in the vendor's status, shape and sentences (misp.md §3, §4.3,
//! §5, §6, §7).

#![deny(clippy::wildcard_enum_match_arm)]

use directory::{Fault, Kind, Refusal, Weakness};
use serde_json::{Value, json};

use super::action::Action;
use super::wire;

/// Where a fault happened: decides the words that the vendor finds for it.
#[derive(Clone, Copy, Debug)]
pub struct ErrorContext<'a> {
    /// What was being done.
    pub act: Action,
    /// The request's path below the mount.
    pub path: &'a str,
    /// The number in the path, where the vendor repeats it.
    pub id: Option<i64>,
}

/// A status and a body.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorReply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// Seconds to wait, for the `Retry-After` header.
    pub retry_after: Option<i64>,
}

impl ErrorReply {
    fn new(status: u16, body: Value) -> ErrorReply {
        ErrorReply {
            status,
            body,
            retry_after: None,
        }
    }
}

/// No key, an unknown, ended or unfit one.
const UNAUTHENTICATED: &str = "Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization header.";
const DISABLED: &str = "Authentication failed. Your user account has been disabled.";
const WRONG_ADDRESS: &str = "It is not possible to use this Auth key from your IP address";
/// The caller may not.
pub const FORBIDDEN: &str = "You do not have permission to use this functionality.";
/// Somebody else's keys.
const FOREIGN_KEY: &str =
    "Invalid user or insufficient privileges to interact with an authkey for the given user.";
const WEAK_OWN: &str = "The password could not be updated. Make sure you meet the minimum password length / complexity requirements.";
const SAME: &str = "Submitted new password cannot be the same as the current one";
const CHANGE_PASSWORD: &str = "Please change your password first.";
const PROFILE: &str = "The profile could not be updated. Please, try again.";

impl ErrorContext<'_> {
    /// Something that is neither a success nor a refused change.
    pub fn exception(&self, status: u16, message: &str) -> ErrorReply {
        ErrorReply::new(status, wire::exception(message, self.path))
    }

    /// A refused change.
    pub fn failure(&self, errors: Value) -> ErrorReply {
        let url = self.act.url(self.path, self.id);
        let id = self.id.and_then(|id| self.act.repeats(id));
        let title = format!("Could not {}", self.act.title());
        ErrorReply::new(403, wire::failure(&title, &url, errors, id))
    }

    /// A refused field.
    pub fn field(&self, name: &str, why: &str) -> ErrorReply {
        // Quirk: editing oneself tells one sentence for everything (misp.md §4.3).
        if self.act == Action::EditProfile {
            return self.failure(json!(PROFILE));
        }
        self.failure(json!({ name: [why] }))
    }

    /// What a fault is here.
    pub fn render(&self, fault: &Fault) -> ErrorReply {
        if self.act == Action::ResetKey
            && matches!(
                fault,
                Fault::NotFound(_) | Fault::Forbidden(_) | Fault::OutranksCaller
            )
        {
            return self.exception(405, "Invalid user.");
        }
        match fault {
            Fault::Unauthenticated(refusal) => self.exception(403, refused(*refusal)),
            Fault::Forbidden(_) | Fault::KeyLimit => self.exception(403, FORBIDDEN),
            Fault::ExceedsOwn => self.exception(403, FORBIDDEN),
            Fault::OutranksCaller if self.act.about_keys() => self.exception(405, FOREIGN_KEY),
            Fault::OutranksCaller => self.exception(404, self.act.missing(Kind::User)),
            Fault::NotFound(kind) => self.not_found(*kind),
            Fault::UnknownReference(kind) => self.unknown_reference(*kind),
            Fault::Taken { field } => self.taken(field),
            Fault::Invalid { field, why } => self.invalid(field, why),
            Fault::WeakPassword(weakness) => self.weak(*weakness),
            Fault::PasswordChangeNeeded => self.exception(403, CHANGE_PASSWORD),
            Fault::WrongPassword => self.failure(json!("The current password is wrong.")),
            Fault::InUse(kind) => self.in_use(*kind),
            Fault::Protected(kind) => {
                self.failure(json!(format!("This {} cannot be changed.", kind.word())))
            }
            Fault::LastOwner => {
                self.failure(json!("The last active site administrator has to stay."))
            }
            Fault::Stale => self.failure(json!("Changed by somebody else. Please, try again.")),
            Fault::TooMany { retry_after } => ErrorReply {
                retry_after: Some(retry_after.div_euclid(1000).saturating_add(1)),
                ..self.exception(429, "Rate limit exceeded.")
            },
            Fault::Unavailable(_) => {
                self.exception(503, "Temporarily not available, nothing was changed.")
            }
            Fault::Internal(_) => self.exception(500, "An Internal Error Has Occurred."),
        }
    }

    fn not_found(&self, kind: Kind) -> ErrorReply {
        if self.act == Action::SetDefaultRole {
            return self.failure(json!("Invalid Role."));
        }
        if self.act == Action::AddKey && kind == Kind::User {
            return self.failure(json!({ "user_id": ["User doesn't exists"] }));
        }
        self.exception(404, self.act.missing(kind))
    }

    fn unknown_reference(&self, kind: Kind) -> ErrorReply {
        match (self.act, kind) {
            (Action::AddUser, Kind::Role) => self.exception(405, "Invalid role"),
            (Action::AddUser, Kind::Organisation) => self.failure(json!(["Invalid organisation"])),
            (_, Kind::Role) => self.field("role_id", "Invalid role"),
            (_, Kind::Organisation) => self.field("org_id", "Invalid organisation"),
            (_, other) => self.failure(json!(format!("Invalid {}", other.word()))),
        }
    }

    fn taken(&self, field: &str) -> ErrorReply {
        let (name, why) = match (self.act.model(), field) {
            ("Organisation", "uuid") => ("uuid", "An organisation with this UUID already exists."),
            ("Organisation", _) => ("name", "An organisation with this name already exists."),
            ("Role", _) => ("name", "A role with this name already exists."),
            (_, "email" | "login") => (
                "email",
                "An account with this email address already exists.",
            ),
            _ => ("uuid", "This UUID is taken."),
        };
        self.field(name, why)
    }

    fn invalid(&self, field: &str, why: &str) -> ErrorReply {
        let said = format!("{field} {why}.");
        match field {
            "email" | "login" => self.field("email", "Please enter a valid email address."),
            "email_domain" if self.act == Action::EditProfile => {
                self.failure(json!(format!("Invalid e-mail domain. It {why}.")))
            }
            "email_domain" => self.field("email", &format!("Invalid e-mail domain. It {why}.")),
            "addresses" => self.field("allowed_ips", &said),
            "expires_at" => self.field("expiration", "Expiration must be in YYYY-MM-DD format."),
            "home" => self.field("org_id", "Invalid organisation"),
            "role" | "roles" => self.field("role_id", "Invalid role"),
            "kind" if self.act.model() == "Organisation" => self.field("type", &said),
            "domains" => self.field("restricted_to_domain", &said),
            other => self.field(other, &said),
        }
    }

    fn weak(&self, weakness: Weakness) -> ErrorReply {
        if self.act == Action::ChangePassword {
            let why = match weakness {
                Weakness::Unchanged => SAME,
                Weakness::TooShort(_)
                | Weakness::TooLong(_)
                | Weakness::Common
                | Weakness::OwnNames
                | Weakness::Composition => WEAK_OWN,
            };
            return self.failure(json!(why));
        }
        let why = match weakness {
            Weakness::TooShort(_) | Weakness::TooLong(_) => "Password length requirement not met.",
            Weakness::Composition | Weakness::Common | Weakness::OwnNames => {
                "Password complexity requirement not met."
            }
            Weakness::Unchanged => SAME,
        };
        self.field("password", why)
    }

    fn in_use(&self, kind: Kind) -> ErrorReply {
        // Quirk: the vendor says nothing at all about what still uses it (misp.md §5.1).
        if kind == Kind::Organisation {
            return self.failure(json!([]));
        }
        if kind == Kind::Role {
            let why = "It is not possible to delete role that is assigned to users.";
            return self.failure(json!(why));
        }
        self.failure(json!(format!("The {} is still in use.", kind.word())))
    }
}

fn refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Missing
        | Refusal::Unknown
        | Refusal::SecondFactorNeeded
        | Refusal::SecondFactorWrong
        | Refusal::SecondFactorMissing
        | Refusal::LockedOut => UNAUTHENTICATED,
        Refusal::Address => WRONG_ADDRESS,
        Refusal::Standing(_) => DISABLED,
    }
}

#[cfg(test)]
mod tests;
