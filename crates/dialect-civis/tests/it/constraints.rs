//! Constraints bind at every route of this door.

use dialect_civis::DIALECT;
use directory::{Constraint, ConstraintKind, NewKey, Platform};
use serde_json::json;
use test_support::target;

use super::{keyed, owner_sends, shaped, sign, world};

/// A key for one path that no route has opens no route at all, and another door neither.
#[tokio::test]
async fn a_constrained_key_opens_nothing_else() {
    let world = world().await;
    let body = json!({
        "expires_in": 3600, "name": "narrow",
        "constraints": [{
            "constraint": "nowhere", "constraint_type": "exact", "get_allowed": true, "head_allowed": true,
            "post_allowed": true, "put_allowed": true, "patch_allowed": true, "delete_allowed": true,
        }],
    });
    let made = owner_sends(&world, "POST", "users/me/api_keys", body).await;
    assert_eq!(made.status, 200, "{made:?}");
    let key = made.json()["token"].as_str().unwrap().to_owned();
    let before = world.contents().await;
    for route in DIALECT.routes {
        let (name, value) = sign(&key);
        let target = target(&DIALECT, route, "1");
        let call = world.request(route.method, &target).header(name, &value);
        let reply = call.json(&json!({})).send().await;
        assert_eq!(
            (reply.status, shaped(&reply)),
            (403, true),
            "{route:?}: {reply:?}"
        );
    }
    assert_eq!(world.contents().await, before);
    let elsewhere = world.directory.authenticate(
        Platform::USHER,
        &key,
        directory::Accepts::Keys,
        directory::RequestContext::default(),
    );
    assert!(elsewhere.await.is_err());
}

/// The verbs count one by one, whatever the kind.
#[tokio::test]
async fn every_verb_is_a_flag_of_its_own() {
    let world = world().await;
    for verb in ["get", "head", "post", "put", "patch", "delete"] {
        let name = format!("{verb}_allowed");
        let body = json!({
            "expires_in": 3600, "name": verb,
            "constraints": [{ "constraint_type": "verb", name: true }],
        });
        let made = owner_sends(&world, "POST", "users/me/api_keys", body).await;
        let key = made.json()["token"].as_str().unwrap().to_owned();
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            let path = if method == "POST" {
                "users/424242/unsuspend"
            } else {
                "groups/424242"
            };
            let reply = keyed(&world, method, path, &key).send().await;
            let open = method.eq_ignore_ascii_case(verb);
            // What is let in finds nothing of that number.
            assert_eq!(reply.status != 403, open, "{verb} {method}: {reply:?}");
        }
    }
}

/// A key made natively with constraints of another door does not open this one.
#[tokio::test]
async fn limited_keys_of_other_doors_stay_out() {
    let world = world().await;
    let new = NewKey {
        constraints: vec![Constraint {
            kind: ConstraintKind::Verb,
            pattern: String::new(),
            methods: vec!["GET".to_owned()],
        }],
        ..NewKey::default()
    };
    let made = world.system().create_key(directory::FIRST_OWNER, new).await;
    let reply = keyed(&world, "GET", "users/me", &made.unwrap().secret)
        .send()
        .await;
    assert_eq!(reply.status, 401);
}
