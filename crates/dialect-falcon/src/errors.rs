//! Errors: the directory's faults as the vendor's statuses and sentences (falcon.md §3).

#![deny(clippy::wildcard_enum_match_arm)]

use directory::{Fault, Kind, Weakness};

/// The field of refusals whose sentence is whole already.
const REQUEST: &str = "request";
/// The field of refused roles: the sentence is the id.
const ROLE_ID: &str = "roleID";

const GATEWAY: Option<&str> = Some("crowdstrike-api-gateway");
const FLIGHT_CONTROL: Option<&str> = Some("cs.flightcontrolapi");
const TOKENS: Option<&str> = Some("csam");

/// A refusal on its way to the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The status, which is the error's code as well.
    pub status: u16,
    /// The sentence.
    pub message: String,
    /// The part of the vendor's system that says so.
    pub powered_by: Option<&'static str>,
    /// When to come back, in milliseconds from now.
    pub retry_after: Option<i64>,
}

impl Failure {
    /// A refusal with a status and a sentence.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            powered_by: None,
            retry_after: None,
        }
    }

    fn by(mut self, part: Option<&'static str>) -> Self {
        self.powered_by = part;
        self
    }
}

/// Which of the vendor's services a path belongs to: they answer alike faults differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Tokens.
    Tokens,
    /// The older operations on users and their roles.
    Legacy,
    /// API clients.
    Clients,
    /// All others.
    Other,
}

impl Service {
    /// The service of a path below the mount.
    pub fn of(path: &str) -> Service {
        match path.split('/').find(|segment| !segment.is_empty()) {
            Some("oauth2") => Service::Tokens,
            Some("users" | "user-roles") => Service::Legacy,
            Some("api-clients") => Service::Clients,
            Some(_) | None => Service::Other,
        }
    }
}

/// A request that cannot be accepted as it is, with a whole sentence why.
pub fn refused(why: impl Into<String>) -> Fault {
    Fault::invalid(REQUEST, why)
}

/// A user id that is none, or nobody's whom the caller sees.
pub fn unknown_user(id: &str) -> Fault {
    refused(format!("invalid user uuid='{}' specified", shortened(id)))
}

/// A role id that is none, or one that cannot be granted there.
pub fn unknown_role(id: &str) -> Fault {
    Fault::invalid(ROLE_ID, shortened(id))
}

/// A text of the request's own, as far as it is worth repeating.
pub fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// What a fault amounts to in this dialect.
pub fn failure_of(fault: &Fault, service: Service) -> Failure {
    match fault {
        // A wrong secret, an unknown client and a person who may not sign in are not told apart.
        Fault::Unauthenticated(_) if service == Service::Tokens => Failure::new(
            403,
            "Failed to issue access token - Client authentication failed",
        )
        .by(TOKENS),
        Fault::Unauthenticated(_) => {
            Failure::new(401, "access denied, invalid bearer token").by(GATEWAY)
        }
        // Tokens are got with keys, which owe nobody a new password.
        Fault::Forbidden(_) | Fault::KeyLimit | Fault::PasswordChangeNeeded => {
            Failure::new(403, "access denied, authorization failed").by(GATEWAY)
        }
        Fault::ExceedsOwn => Failure::new(
            403,
            "access denied, a role or scope would give more than you hold",
        ),
        Fault::OutranksCaller => {
            Failure::new(403, "access denied, the user's roles exceed your own")
        }
        Fault::NotFound(kind) => {
            let status = match service {
                Service::Legacy | Service::Clients => 404,
                Service::Tokens | Service::Other => 400,
            };
            Failure::new(status, format!("{} not found", named(*kind)))
        }
        Fault::UnknownReference(kind) => {
            Failure::new(400, format!("unknown {} specified", named(*kind)))
        }
        Fault::Taken { field } => {
            let status = if service == Service::Clients {
                409
            } else {
                400
            };
            Failure::new(status, format!("{} already exists", shown(field)))
        }
        Fault::Invalid {
            field: REQUEST,
            why,
        } => Failure::new(400, why.clone()),
        Fault::Invalid {
            field: ROLE_ID,
            why,
        } => Failure::new(400, format!("invalid roleID='{why}' specified")).by(FLIGHT_CONTROL),
        Fault::Invalid { field, why } => {
            Failure::new(400, format!("invalid {}: {why}", shown(field)))
        }
        Fault::WeakPassword(weakness) => {
            Failure::new(400, format!("invalid password: it {}", weak(*weakness)))
        }
        Fault::WrongPassword => Failure::new(400, "the password is wrong"),
        Fault::InUse(kind) => Failure::new(400, format!("the {} is still in use", named(*kind))),
        Fault::Protected(kind) => {
            Failure::new(400, format!("this {} cannot be changed", named(*kind)))
        }
        Fault::LastOwner => Failure::new(400, "the last active administrator stays"),
        Fault::Stale => Failure::new(409, "it was changed at the same time; read it again"),
        Fault::TooMany { retry_after } => Failure {
            retry_after: Some(*retry_after),
            ..Failure::new(429, "API rate limit exceeded.").by(GATEWAY)
        },
        Fault::Unavailable(_) => Failure::new(503, "come back in a moment; nothing was changed"),
        Fault::Internal(_) => Failure::new(500, "internal error; the log tells what, by trace id"),
    }
}

/// The vendor's name of a kind of thing.
fn named(kind: Kind) -> &'static str {
    if kind == Kind::Organisation {
        "cid"
    } else if kind == Kind::Collection {
        "cid group"
    } else if kind == Kind::Key {
        "API client"
    } else {
        kind.word()
    }
}

/// The vendor's name of a field.
fn shown(field: &'static str) -> &'static str {
    match field {
        "email" | "login" => "uid",
        "given" | "display" => "first_name",
        "family" => "last_name",
        "organisation" | "home" => "cid",
        "role" => "role_ids",
        "second_factor" => "factors",
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
            "needs an upper-case and a lower-case letter, a digit and one of #?!@$ %^&*-".to_owned()
        }
        Weakness::Unchanged => "is the present one".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use directory::{Permission, Refusal, Standing};

    use super::*;

    /// Every fault, and its status for the newer operations, the older ones, API clients and tokens.
    #[test]
    fn faults_have_their_statuses() {
        let table: Vec<(Fault, [u16; 4])> = vec![
            (
                Fault::Unauthenticated(Refusal::Missing),
                [401, 401, 401, 403],
            ),
            (
                Fault::Unauthenticated(Refusal::Unknown),
                [401, 401, 401, 403],
            ),
            (
                Fault::Unauthenticated(Refusal::Address),
                [401, 401, 401, 403],
            ),
            (
                Fault::Unauthenticated(Refusal::LockedOut),
                [401, 401, 401, 403],
            ),
            (
                Fault::Unauthenticated(Refusal::Standing(Standing::Suspended)),
                [401, 401, 401, 403],
            ),
            (Fault::Forbidden(Permission::ReadUsers), [403; 4]),
            (Fault::KeyLimit, [403; 4]),
            (Fault::PasswordChangeNeeded, [403; 4]),
            (Fault::ExceedsOwn, [403; 4]),
            (Fault::OutranksCaller, [403; 4]),
            (Fault::NotFound(Kind::User), [400, 404, 404, 400]),
            (Fault::NotFound(Kind::Key), [400, 404, 404, 400]),
            (Fault::UnknownReference(Kind::Organisation), [400; 4]),
            (Fault::Taken { field: "email" }, [400, 400, 409, 400]),
            (Fault::invalid("given", "is too long"), [400; 4]),
            (refused("a whole sentence"), [400; 4]),
            (unknown_role("nope"), [400; 4]),
            (unknown_user("nope"), [400; 4]),
            (Fault::WeakPassword(Weakness::TooShort(12)), [400; 4]),
            (Fault::WeakPassword(Weakness::TooLong(200)), [400; 4]),
            (Fault::WeakPassword(Weakness::Common), [400; 4]),
            (Fault::WeakPassword(Weakness::OwnNames), [400; 4]),
            (Fault::WeakPassword(Weakness::Composition), [400; 4]),
            (Fault::WeakPassword(Weakness::Unchanged), [400; 4]),
            (Fault::WrongPassword, [400; 4]),
            (Fault::InUse(Kind::Role), [400; 4]),
            (Fault::Protected(Kind::Group), [400; 4]),
            (Fault::LastOwner, [400; 4]),
            (Fault::Stale, [409; 4]),
            (Fault::TooMany { retry_after: 5 }, [429; 4]),
            (Fault::Unavailable("busy"), [503; 4]),
            (Fault::Internal("secret detail".to_owned()), [500; 4]),
        ];
        let services = [
            Service::Other,
            Service::Legacy,
            Service::Clients,
            Service::Tokens,
        ];
        let mut shown = Vec::new();
        for (fault, statuses) in &table {
            for (service, status) in services.into_iter().zip(statuses) {
                let failure = failure_of(fault, service);
                assert_eq!(failure.status, *status, "{fault} {service:?}");
                assert!(!failure.message.is_empty() && !failure.message.contains("secret"));
            }
            let failure = failure_of(fault, Service::Other);
            shown.push(format!(
                "{} {} {:?}",
                failure.status, failure.message, failure.powered_by
            ));
        }
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn what_is_repeated_of_a_request_is_short_and_plain() {
        let long = "x".repeat(1_000);
        assert_eq!(shortened(&long).len(), 100);
        assert_eq!(shortened("a\r\nb\u{0}c"), "abc");
    }
}
