//! Every fault in this API's words.

use directory::{Fault, Kind, Permission, Refusal, Standing, Weakness};

use kit::fields::Policy;

use super::errors::{Problem, problem};
use super::fields::{Fields, Named};

#[test]
fn every_fault_has_its_status_kind_and_field() {
    let table = [
        (
            Fault::Unauthenticated(Refusal::Missing),
            401,
            "no-credential",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::Unknown),
            401,
            "unknown-credential",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::Address),
            401,
            "wrong-address",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::Standing(Standing::Active)),
            401,
            "not-active",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::Standing(Standing::Inactive)),
            401,
            "not-active",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::Standing(Standing::Suspended)),
            401,
            "not-active",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::Standing(Standing::Expired)),
            401,
            "not-active",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::Standing(Standing::Locked)),
            401,
            "not-active",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::Standing(Standing::LockedOut)),
            401,
            "not-active",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::SecondFactorNeeded),
            401,
            "second-factor-needed",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::SecondFactorWrong),
            401,
            "second-factor-wrong",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::SecondFactorMissing),
            401,
            "second-factor-missing",
            None,
        ),
        (
            Fault::Unauthenticated(Refusal::LockedOut),
            401,
            "locked-out",
            None,
        ),
        (
            Fault::Forbidden(Permission::EditUsers),
            403,
            "forbidden",
            None,
        ),
        (Fault::KeyLimit, 403, "key-limit", None),
        (Fault::ExceedsOwn, 403, "exceeds-own", None),
        (Fault::OutranksCaller, 403, "outranks-you", None),
        (Fault::NotFound(Kind::User), 404, "not-found", None),
        (
            Fault::UnknownReference(Kind::Group),
            422,
            "unknown-reference",
            None,
        ),
        (Fault::Taken { field: "email" }, 409, "taken", Some("email")),
        (
            Fault::Taken { field: "display" },
            409,
            "taken",
            Some("display_name"),
        ),
        (
            Fault::invalid("given", "must be shorter"),
            422,
            "invalid",
            Some("given_name"),
        ),
        (
            Fault::WeakPassword(Weakness::TooShort(12)),
            422,
            "weak-password",
            Some("password"),
        ),
        (
            Fault::WeakPassword(Weakness::TooLong(1024)),
            422,
            "weak-password",
            Some("password"),
        ),
        (
            Fault::WeakPassword(Weakness::Common),
            422,
            "weak-password",
            Some("password"),
        ),
        (
            Fault::WeakPassword(Weakness::OwnNames),
            422,
            "weak-password",
            Some("password"),
        ),
        (
            Fault::WeakPassword(Weakness::Composition),
            422,
            "weak-password",
            Some("password"),
        ),
        (
            Fault::WeakPassword(Weakness::Unchanged),
            422,
            "weak-password",
            Some("password"),
        ),
        (
            Fault::PasswordChangeNeeded,
            403,
            "password-change-needed",
            None,
        ),
        (
            Fault::WrongPassword,
            422,
            "wrong-password",
            Some("current_password"),
        ),
        (Fault::InUse(Kind::Role), 409, "in-use", None),
        (Fault::Protected(Kind::Group), 409, "protected", None),
        (Fault::LastOwner, 409, "last-owner", None),
        (Fault::Stale, 412, "stale", None),
        (
            Fault::TooMany { retry_after: 1_500 },
            429,
            "too-many-requests",
            None,
        ),
        (Fault::Unavailable("busy"), 503, "unavailable", None),
        (
            Fault::Internal("a secret cause".to_owned()),
            500,
            "internal",
            None,
        ),
    ];
    for (fault, status, kind, field) in table {
        let shown = problem(&fault);
        assert_eq!(
            (
                shown.status,
                shown.code.facts().code,
                shown.field.as_deref()
            ),
            (status, kind, field),
            "{fault:?}"
        );
        // Whole sentences, the last of which says what to do.
        assert!(shown.detail.ends_with('.'), "{}", shown.detail);
        assert!(!shown.detail.contains("secret"), "{}", shown.detail);
    }
    assert_eq!(
        problem(&Fault::TooMany { retry_after: 1_500 }).retry_after,
        Some(2)
    );
    assert_eq!(
        problem(&Fault::TooMany { retry_after: 0 }).retry_after,
        Some(1)
    );
    assert_eq!(problem(&Fault::Unavailable("full")).retry_after, Some(1));
    assert_eq!(
        problem(&Fault::Internal("a secret cause".to_owned()))
            .cause
            .as_deref(),
        Some("a secret cause")
    );
}

#[test]
fn things_are_named_by_number_uuid_or_name() {
    let uuid = "0190a5b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b";
    for (text, named) in [
        ("1", Named::Number(1)),
        ("007", Named::Number(7)),
        ("99999999999999999999", Named::Number(i64::MAX)),
        (uuid, Named::Uuid(uuid.parse().unwrap())),
        (
            "0190a5b27c3d7e4f8a5b6c7d8e9f0a1b",
            Named::Uuid(uuid.parse().unwrap()),
        ),
        ("-1", Named::Name("-1".to_owned())),
        ("", Named::Name(String::new())),
        ("ada@example.org", Named::Name("ada@example.org".to_owned())),
        (
            "{0190a5b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b}",
            Named::Name("{0190a5b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b}".to_owned()),
        ),
    ] {
        assert_eq!(Named::of(text), named, "{text}");
    }
}

#[test]
fn fields_are_read_or_refused_by_name() {
    let body = serde_json::json!({
        "name": "Ada", "age": "old", "gone": null, "flag": true, "typo": 1, "other": 2,
    });
    let mut fields = Fields::of(body, Policy::Patch).unwrap();
    assert_eq!(
        fields.take::<String>("name").unwrap(),
        Some("Ada".to_owned())
    );
    assert_eq!(fields.take::<String>("name").unwrap(), None);
    assert_eq!(fields.take::<Option<String>>("gone").unwrap(), Some(None));
    assert_eq!(fields.take::<bool>("flag").unwrap(), Some(true));
    let wrong = Problem::from(fields.take::<i64>("age").unwrap_err());
    assert_eq!((wrong.status, wrong.field.as_deref()), (422, Some("age")));
    let unknown = Problem::from(fields.end().unwrap_err());
    assert_eq!(
        (unknown.status, unknown.code.facts().code),
        (422, "unknown-field")
    );
    assert!(unknown.detail.contains("`typo`") && unknown.detail.contains("`other`"));
    for not_an_object in [
        serde_json::json!([]),
        serde_json::json!("x"),
        serde_json::json!(null),
    ] {
        assert_eq!(
            Problem::from(Fields::of(not_an_object, Policy::Patch).unwrap_err()).status,
            400
        );
    }
}
