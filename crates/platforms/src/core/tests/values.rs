//! Secrets, masks, changes, lenient reading, values in addresses.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::core::change::{Change, Members};
use crate::core::lenient::{self, Other};
use crate::core::secret::Secret;
use crate::core::{mask, path};

#[test]
fn secrets_are_masked_wherever_they_stand() {
    let body = json!({
        "User": {"authkey": "canary", "email": "ana@corp.example", "password": "canary"},
        "list": [{"plaintext_token": "canary"}, {"Token": "canary", "key": {"token": "canary"}}],
        "newPassword": "canary", "client_secret": "canary", "access_token": "canary",
        "authkey_raw": "canary", "oldPassword": "canary", "password_reset": false,
    });
    let masked = mask::body(body.to_string().as_bytes(), 10_000);
    assert!(!masked.contains("canary"), "{masked}");
    assert!(masked.contains("ana@corp.example"));
    assert!(masked.contains("password_reset"));
}

#[test]
fn secrets_are_masked_in_what_was_cut_off() {
    let body = r#"{"user": "ana", "authkey" : "canarycanary", "empty": "", "token":"canary"#;
    for end in 0..=body.len() {
        let kept = mask::body(&body.as_bytes()[..end], 10_000);
        assert!(!kept.contains("canary"), "{kept}");
    }
    assert!(mask::excerpt(body.as_bytes(), 512).contains("ana"));
    assert_eq!(mask::excerpt("ä".repeat(400).as_bytes(), 511).len(), 510);
}

#[test]
fn unknown_members_are_shown_without_secrets() {
    let other: Other = serde_json::from_value(json!({"token": "canary", "a": 1})).unwrap();
    assert_eq!(format!("{other:?}"), r#"{"token":"…","a":1}"#);
    assert_eq!(other["token"], "canary");
}

#[test]
fn secrets_from_elsewhere() {
    let folder = std::env::temp_dir().join(format!("usher-platforms-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("secret");
    std::fs::write(&file, "canary\r\n").unwrap();
    assert_eq!(Secret::from_file(&file).unwrap().expose(), "canary");
    std::fs::write(&file, "\n").unwrap();
    assert!(Secret::from_file(&file).is_err());
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(Secret::from_file(&file).is_err());
    assert!(Secret::from_env("USHER_PLATFORMS_SURELY_UNSET").is_err());
    assert_eq!(format!("{:?}", Secret::new("canary")), "Secret(…)");
}

#[test]
fn changes() {
    let body = Members::new()
        .set("a", 1)
        .set_if("b", None::<&i64>)
        .set_if("c", Some(&"x"))
        .change("d", &Change::<String>::Keep)
        .change("e", &Change::<String>::Clear)
        .change("f", &Change::To(vec![1]))
        .into_value();
    assert_eq!(body.to_string(), r#"{"a":1,"c":"x","e":null,"f":[1]}"#);
    assert!(Change::<i64>::default().is_keep());
}

#[test]
fn lenient_reading() {
    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Row {
        #[serde(deserialize_with = "lenient::maybe_integer")]
        number: Option<i64>,
        #[serde(deserialize_with = "lenient::truth")]
        truth: bool,
        #[serde(deserialize_with = "lenient::maybe_text")]
        text: Option<String>,
        #[serde(deserialize_with = "lenient::list")]
        list: Vec<i64>,
    }
    let read = |value: Value| serde_json::from_value::<Row>(value);
    assert_eq!(read(json!({})).unwrap(), Row::default());
    assert_eq!(
        read(json!({"number": null, "truth": null, "text": null, "list": null})).unwrap(),
        Row::default()
    );
    for (number, wanted) in [
        (json!(7), Some(7)),
        (json!("7"), Some(7)),
        (json!(""), None),
        (json!("-1"), Some(-1)),
    ] {
        assert_eq!(read(json!({"number": number})).unwrap().number, wanted);
    }
    for bad in [json!("seven"), json!(1.5), json!([]), json!({})] {
        assert!(read(json!({"number": bad})).is_err());
    }
    for (truth, wanted) in [
        (json!(true), true),
        (json!(1), true),
        (json!("1"), true),
        (json!("true"), true),
        (json!(0), false),
        (json!("0"), false),
        (json!(""), false),
        (json!("false"), false),
    ] {
        assert_eq!(
            read(json!({"truth": truth})).unwrap().truth,
            wanted,
            "{truth}"
        );
    }
    // What is neither must not pass for either: it may be the word for "disabled".
    for bad in [json!("maybe"), json!([]), json!({})] {
        assert!(read(json!({"truth": bad})).is_err());
    }
    assert_eq!(read(json!({"text": 5})).unwrap().text.as_deref(), Some("5"));
}

proptest! {
    /// Whatever a value holds, it stays one segment and comes out again as it went in.
    #[test]
    fn a_segment_stays_one(value in "\\PC{0,40}") {
        let segment = path::segment(&value);
        prop_assert!(!segment.contains(['/', '?', '#', ' ', '+']));
        prop_assert!(segment != "." && segment != "..");
        let decoded = percent_encoding::percent_decode_str(&segment).decode_utf8().unwrap();
        prop_assert_eq!(decoded.as_ref(), value.as_str());
        let parsed = ["/a/", &segment, "/b"].concat().parse::<http::Uri>();
        prop_assert!(parsed.is_ok());
    }

    /// No bytes make the reading of an answer's headers or the masking of its body fail.
    #[test]
    fn nothing_makes_the_mask_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200), limit in 0_usize..100) {
        prop_assert!(mask::body(&bytes, limit).len() <= limit.max(512));
        prop_assert!(mask::excerpt(&bytes, limit).len() <= limit);
    }

    #[test]
    fn nothing_makes_the_pace_fail(value in "[ -~]{0,30}") {
        let mut headers = http::HeaderMap::new();
        for name in ["retry-after", "retry-after-ms", "x-ratelimit-retryafter", "x-ratelimit-limit", "ratelimit-reset", "date"] {
            headers.insert(name, http::HeaderValue::from_str(&value).unwrap());
        }
        crate::core::pace::read(&headers, jiff::Timestamp::UNIX_EPOCH);
    }
}
