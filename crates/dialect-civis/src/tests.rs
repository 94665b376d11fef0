use directory::{Fault, Kind, Permission, Refusal, Standing, Weakness};
use kit::parse_pairs;
use serde_json::json;

use crate::errors::{Failure, failure};
use crate::fields::{Values, path_id, snake_case};
use crate::specification::{bodies, operations};

#[test]
fn names_are_written_as_the_client_writes_them() {
    for (wire, snake) in [
        ("primaryGroupId", "primary_group_id"),
        ("prefersSmsOtp", "prefers_sms_otp"),
        (
            "organizationSSODisableCapable",
            "organization_sso_disable_capable",
        ),
        ("aiSQLAssistDisabled", "ai_sql_assist_disabled"),
        (
            "standardSQLAutocompleteDisabled",
            "standard_sql_autocomplete_disabled",
        ),
        ("already_snake", "already_snake"),
        ("id", "id"),
        ("", ""),
    ] {
        assert_eq!(snake_case(wire), snake, "{wire}");
    }
}

#[test]
fn queries_are_read_by_the_specification() {
    let read = |text: &str| Values::of_query(&operations::LIST_USERS, &parse_pairs(text).unwrap());
    let values =
        read("group_ids%5B%5D=1&group_ids[]=2&exclude_groups=True&query=a&limit=5").unwrap();
    assert_eq!(values.integers("group_ids"), Some(vec![1, 2]));
    assert_eq!(values.flag("exclude_groups"), Some(true));
    assert_eq!(values.text("query"), Some("a"));
    // The plain repeated name and the camelCase of other clients are read too.
    let values = read("group_ids=2&group_ids=1&pageNum=3&exclude_groups=0").unwrap();
    assert_eq!(values.integers("group_ids"), Some(vec![1, 2]));
    assert_eq!(values.integer("page_num"), Some(3));
    assert_eq!(values.flag("exclude_groups"), Some(false));
    for (query, description) in [
        ("limit=x", "invalid 'limit' x - must be an integer"),
        ("limit=1&limit=2", "invalid 'limit' 2 - must be given once"),
        (
            "exclude_groups=yes",
            "invalid 'exclude_groups' yes - must be true or false",
        ),
        (
            "colour=red",
            "invalid 'colour' red - is not a parameter here",
        ),
        (
            "group_ids[]=a",
            "invalid 'group_ids' a - must be an integer",
        ),
        (
            "group_id=99999999999999999999",
            "invalid 'group_id' 99999999999999999999 - must be an integer",
        ),
    ] {
        let failure = read(query).unwrap_err();
        assert_eq!(failure.error, "invalid", "{query}");
        assert_eq!(failure.description, description, "{query}");
    }
}

#[test]
fn pages_are_bounded() {
    let page = |text: &str| {
        let values = Values::of_query(&operations::LIST_USERS, &parse_pairs(text).unwrap())?;
        values.page(&operations::LIST_USERS.paging.unwrap())
    };
    let first = page("").unwrap();
    assert_eq!((first.limit, first.number, first.offset()), (20, 1, 0));
    assert_eq!((first.order, first.descending), ("name", false));
    let other =
        page("limit=99999999&page_num=9223372036854775807&order=user&order_dir=desc").unwrap();
    assert_eq!(
        (other.limit, other.order, other.descending),
        (10_000, "user", true)
    );
    assert!(other.offset() > 1 << 62);
    for (query, description) in [
        (
            "page_num=0",
            "invalid 'page_num' 0 - must be an integer greater than zero",
        ),
        (
            "page_num=-1",
            "invalid 'page_num' -1 - must be an integer greater than zero",
        ),
        (
            "limit=0",
            "invalid 'limit' 0 - must be an integer greater than zero",
        ),
        (
            "order=email",
            "invalid 'order' email - must be one of name, user",
        ),
        (
            "order_dir=up",
            "invalid 'order_dir' up - must be one of asc, desc",
        ),
    ] {
        assert_eq!(page(query).unwrap_err().description, description, "{query}");
    }
}

#[test]
fn bodies_are_read_by_the_specification() {
    let read = |body: serde_json::Value| Values::of_body(&bodies::NEW_USER, &body);
    let whole = json!({
        "name": "Ada", "email": "ada@example.org", "primary_group_id": 3.0, "user": "ada",
        "group_ids": [2, 1, 2], "vpnEnabled": null, "city": null, "sendEmail": false,
    });
    let values = read(whole.clone()).unwrap();
    assert_eq!(values.integer("primary_group_id"), Some(3));
    assert_eq!(values.integers("group_ids"), Some(vec![1, 2]));
    assert_eq!(values.flag_change("vpn_enabled"), Some(None));
    assert_eq!(values.flag_change("sso_disabled"), None);
    assert_eq!(values.text_change("city"), Some(None));
    for (name, value, what) in [
        ("name", json!(7), "name must be a text"),
        ("name", json!(null), "name must be given a value"),
        ("active", json!("yes"), "active must be true or false"),
        (
            "primary_group_id",
            json!("3"),
            "primary_group_id must be an integer",
        ),
        (
            "primary_group_id",
            json!(3.5),
            "primary_group_id must be an integer",
        ),
        (
            "group_ids",
            json!([1, "2"]),
            "group_ids must be a list of integers, 1000 at most",
        ),
        (
            "group_ids",
            json!(vec![1; 1_001]),
            "group_ids must be a list of integers, 1000 at most",
        ),
        (
            "primaryGroupId",
            json!(4),
            "primary_group_id is given twice",
        ),
        ("password", json!("x"), "password is not known here"),
    ] {
        let mut body = whole.clone();
        body[name] = value;
        let description = read(body).unwrap_err().description;
        let prefix = "The given request was not as expected: Validation failed: ";
        assert_eq!(description.strip_prefix(prefix), Some(what), "{name}");
    }
    for missing in ["name", "email", "primary_group_id", "user"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().shift_remove(missing);
        let description = read(body).unwrap_err().description;
        assert!(
            description.ends_with(&format!("{missing} is missing")),
            "{description}"
        );
    }
    assert!(read(json!([])).is_err());
    assert!(read(json!(null)).is_err(), "required members are missing");
    assert_eq!(
        Values::of_body(&bodies::USER_CHANGE, &json!(null)).unwrap(),
        Values::default()
    );
}

#[test]
fn numbers_that_nothing_has_are_not_found() {
    for (text, id) in [
        ("7", Some(7)),
        ("0", Some(0)),
        ("-1", None),
        ("+1", None),
        ("me", None),
        ("99999999999999999999", None),
        ("1.0", None),
        ("", None),
    ] {
        match id {
            Some(id) => assert_eq!(path_id(text), Ok(id)),
            None => assert_eq!(path_id(text), Err(Failure::no_object()), "{text}"),
        }
    }
}

/// Every fault with its status, word and sentence.
#[test]
fn every_fault_has_the_vendors_shape() {
    let mut faults = vec![
        Fault::Unauthenticated(Refusal::Missing),
        Fault::Unauthenticated(Refusal::Unknown),
        Fault::Unauthenticated(Refusal::Address),
        Fault::Unauthenticated(Refusal::Standing(Standing::Suspended)),
        Fault::Unauthenticated(Refusal::SecondFactorNeeded),
        Fault::Unauthenticated(Refusal::SecondFactorWrong),
        Fault::Unauthenticated(Refusal::SecondFactorMissing),
        Fault::Unauthenticated(Refusal::LockedOut),
        Fault::Forbidden(Permission::EditUsers),
        Fault::KeyLimit,
        Fault::ExceedsOwn,
        Fault::OutranksCaller,
        Fault::NotFound(Kind::User),
        Fault::UnknownReference(Kind::Group),
        Fault::UnknownReference(Kind::Organisation),
        Fault::invalid("name", "must not be empty"),
        Fault::PasswordChangeNeeded,
        Fault::WrongPassword,
        Fault::InUse(Kind::Group),
        Fault::Protected(Kind::Group),
        Fault::LastOwner,
        Fault::Stale,
        Fault::TooMany { retry_after: 1_001 },
        Fault::Unavailable("busy"),
        Fault::Internal("a secret".to_owned()),
    ];
    for field in ["login", "email", "name", "slug", "uuid"] {
        faults.push(Fault::Taken { field });
    }
    for weakness in [
        Weakness::TooShort(12),
        Weakness::TooLong(1_024),
        Weakness::Common,
        Weakness::OwnNames,
        Weakness::Composition,
        Weakness::Unchanged,
    ] {
        faults.push(Fault::WeakPassword(weakness));
    }
    let lines: Vec<String> = faults
        .iter()
        .map(|fault| {
            let failure = failure(fault);
            let body = serde_json::to_string(&failure.body()).unwrap();
            format!("{fault:?}\n    {:?} {body}", failure.retry_after)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}
