use std::net::IpAddr;
use std::time::Duration;

use directory::{Credential, Fault, KeyId};
use serde_json::json;

use super::rate_limit::{Client, RateLimiter};
use super::{Rejection, fold_path, parse_json, parse_pairs};

#[test]
fn paths_fold() {
    for (path, folded) in [
        ("/", "/"),
        ("", "/"),
        ("//", "/"),
        ("/users", "/users"),
        ("/users/", "/users"),
        ("//users///view//1/", "/users/view/1"),
        ("/a%2F/b", "/a%2F/b"),
    ] {
        assert_eq!(fold_path(path), folded, "{path}");
    }
}

#[test]
fn queries_keep_order_and_repeats() {
    let pairs = parse_pairs("ids=1&name=Ada+L&ids=%C3%A4&flag&&e=a=b").unwrap();
    assert_eq!(pairs.all("ids").collect::<Vec<_>>(), ["1", "ä"]);
    assert_eq!(pairs.first("name"), Some("Ada L"));
    assert_eq!(pairs.last("ids"), Some("ä"));
    assert_eq!(pairs.first("flag"), Some(""));
    assert_eq!(pairs.first("e"), Some("a=b"));
    assert_eq!(pairs.first("missing"), None);
    for broken in ["a=%ff", "a=%00", "%00"] {
        assert_eq!(parse_pairs(broken), Err(Rejection::BadQuery), "{broken}");
    }
    assert_eq!(parse_pairs(&"a&".repeat(1_001)), Err(Rejection::BadQuery));
}

#[test]
fn json_is_read_strictly() {
    let text = br#"{"b":[1,-2,2.5,"x\"[",null,true],"a":{}}"#;
    let value = parse_json(text).unwrap();
    assert_eq!(
        value,
        json!({"b": [1, -2, 2.5, "x\"[", null, true], "a": {}})
    );
    let names: Vec<_> = value.as_object().unwrap().keys().collect();
    assert_eq!(names, ["b", "a"], "the order is kept");
    assert!(parse_json(format!("{}{}", "[".repeat(64), "]".repeat(64)).as_bytes()).is_ok());
    assert_eq!(
        parse_json("[".repeat(65).as_bytes()),
        Err(Rejection::TooDeep)
    );
    for broken in [
        "",
        "{",
        "nul",
        "[1] 2",
        "{\"a\":1,\"a\":2}",
        "[{\"a\":{\"b\":1,\"\\u0062\":2}}]",
        "\u{feff}1",
        "1e999",
        "[\"a\\u0000\"]",
        "{\"a\\u0000\":1}",
    ] {
        let read = parse_json(broken.as_bytes());
        assert!(
            matches!(read, Err(Rejection::Malformed(_))),
            "{broken}: {read:?}"
        );
    }
}

#[test]
fn buckets_empty_and_refill() {
    let rate_limiter = RateLimiter::default();
    let client = |dialect, key| Client::Credential(dialect, Credential::Key(KeyId(key)));
    let take = |at: u64| {
        let taken = rate_limiter.take(client("native", 1), 60, Duration::from_millis(at));
        taken.map(|_| ())
    };
    for _ in 0..60 {
        assert_eq!(take(0), Ok(()));
    }
    assert_eq!(take(0), Err(Fault::TooMany { retry_after: 1_000 }));
    assert_eq!(take(400), Err(Fault::TooMany { retry_after: 600 }));
    assert_eq!(take(1_000), Ok(()));
    assert_eq!(take(1_000), Err(Fault::TooMany { retry_after: 1_000 }));
    // Another key, another dialect, and the same key a minute later have full buckets.
    assert_eq!(
        rate_limiter.take(client("native", 2), 60, Duration::from_millis(1_000)),
        Ok(59)
    );
    assert_eq!(
        rate_limiter.take(client("other", 1), 60, Duration::from_millis(1_000)),
        Ok(59)
    );
    for _ in 0..60 {
        assert_eq!(take(61_001), Ok(()));
    }
    assert!(take(61_001).is_err());
}

#[test]
fn addresses_stand_for_their_networks() {
    let at = |text: &str| Client::at(text.parse().unwrap());
    assert_eq!(at("2001:db8::1"), at("2001:db8::2"));
    assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
    assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
}

#[tokio::test]
async fn forwarded_addresses_are_believed_only_from_listed_proxies() {
    let state = super::AppState::new(
        directory::Directory::open(directory::Configuration {
            location: directory::StoreLocation::Temporary,
            platforms: vec![directory::usher_platform(&[])],
            passwords: directory::PasswordPolicy::Default,
            secret: [1; 32],
            connections: 1,
            seams: directory::Seams::default(),
        })
        .await
        .unwrap(),
        super::ServerOptions {
            unset_url: None,
            public_url: String::new(),
            proxies: vec!["10.0.0.0/8".parse().unwrap()],
            unlimited: false,
            per_key: None,
            per_address: 0,
            observer: super::Observing::default(),
            dialects: Vec::new(),
            import_limit: None,
        },
    );
    for (peer, forwarded, address) in [
        ("192.0.2.1", Some("198.51.100.7"), "192.0.2.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", Some("198.51.100.7"), "198.51.100.7"),
        ("::ffff:10.0.0.1", Some("198.51.100.7"), "198.51.100.7"),
        // What the client wrote before the first stranger does not count.
        (
            "10.0.0.1",
            Some("203.0.113.1, 198.51.100.7, 10.0.0.2"),
            "198.51.100.7",
        ),
        ("10.0.0.1", Some("198.51.100.7, nonsense"), "10.0.0.1"),
    ] {
        let mut headers = axum::http::HeaderMap::new();
        if let Some(forwarded) = forwarded {
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        let info = state.client_address(Some(peer.parse().unwrap()), &headers);
        assert_eq!(
            info,
            Some(address.parse::<IpAddr>().unwrap()),
            "{peer} {forwarded:?}"
        );
    }
}

#[test]
fn fields_are_read_under_a_policy() {
    use super::fields::{FieldFault, Fields, Policy};
    let body = json!({"text": "a", "number": "3", "flag": 1, "nothing": null, "list": [1, "x"], "more": 1});
    let read = |policy| Fields::of(body.clone(), policy).unwrap();
    // What a text, a number, a flag and null are read as: `None` for left out, an error otherwise.
    for (policy, number, flag, nothing) in [
        (Policy::Closed, false, false, Ok(None)),
        (Policy::Patch, false, false, Err(())),
        (Policy::Lenient, true, true, Ok(None)),
    ] {
        let mut fields = read(policy);
        assert_eq!(fields.take::<String>("text").unwrap().as_deref(), Some("a"));
        assert_eq!(fields.take::<i64>("number").is_ok(), number, "{policy:?}");
        assert_eq!(fields.take::<bool>("flag").is_ok(), flag, "{policy:?}");
        let taken = fields.take::<String>("nothing").map_err(|_| ());
        assert_eq!(taken, nothing, "{policy:?}");
        assert_eq!(fields.take::<i64>("absent").unwrap(), None);
        let error = fields.take::<Vec<i64>>("list").unwrap_err();
        assert_eq!(error.to_string(), "`list` must be a whole number");
        let end = fields.end();
        match policy {
            Policy::Lenient => assert_eq!(end, Ok(())),
            Policy::Closed | Policy::Patch => {
                let unknown = FieldFault::Unknown(vec!["more".to_owned()]);
                assert_eq!(end.unwrap_err().fault, unknown);
            }
        }
    }
    let mut change = read(Policy::Patch);
    assert_eq!(
        change.take::<Option<String>>("nothing").unwrap(),
        Some(None)
    );
    assert_eq!(
        change.need::<String>("absent").unwrap_err().fault,
        FieldFault::Missing
    );
    assert!(change.only(&["number", "flag", "list", "text"]).is_err());
    let mut form = read(Policy::Lenient);
    assert_eq!(form.get_or_note::<i64>("text", "numeric"), None);
    assert_eq!(form.get_or_note::<bool>("list", "boolean"), None);
    assert_eq!(
        json!(form.noted()),
        json!({"text": ["numeric"], "list": ["boolean"]})
    );
    let wrapped = Fields::of(json!({"request": {"User": {"a": 1}}}), Policy::Lenient).unwrap();
    let inner = wrapped.unwrapped(&["request", "User"]);
    assert_eq!(inner.unread().collect::<Vec<_>>(), ["a"]);
    assert!(Fields::of(json!([1]), Policy::Patch).is_err());
    assert!(Fields::of(json!([1]), Policy::Lenient).is_ok());
}
