use serde_json::{Value, json};

use super::{column, fault, owner, stable, with_key};
use crate::world;

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_revoked() {
    let world = world().await;
    let (user, own) = world.powerless("ada@example.org").await;
    let sent = json!({
        "name": "night job", "read_only": true, "expires_at": "2027-01-01T00:00:00.000Z",
        "addresses": ["192.0.2.0/24", "2001:db8::1"],
    });
    let made = owner(&world, "POST", "/users/ada@example.org/keys", sent).await;
    assert_eq!(made.status, 201, "{made:?}");
    let body = made.json();
    let secret = body["secret"].as_str().unwrap().to_owned();
    assert_eq!(secret.len(), 40);
    assert_eq!(body["user"], user.id.number());
    assert_eq!(
        body["addresses"],
        json!(["192.0.2.0/24", "2001:db8::1/128"])
    );
    assert_eq!(body["expires_at"], "2027-01-01T00:00:00.000Z");
    let id = body["id"].as_str().unwrap().to_owned();
    assert_eq!(
        made.header("location"),
        Some(format!("/api/v1/keys/{id}").as_str())
    );
    assert_eq!(
        with_key(&world, &secret, "GET", "/me", Value::Null)
            .await
            .status,
        200
    );
    let limited = with_key(&world, &secret, "PATCH", "/me", json!({"title": "x"})).await;
    assert_eq!(fault(&limited).1, "key-limit");
    // Later nobody is shown the text, not even by their own list.
    for (key, path) in [
        (&own, "/me/keys"),
        (&world.key, "/keys?user=2"),
        (&world.key, "/users/2/keys"),
    ] {
        let list = with_key(&world, key, "GET", path, Value::Null).await;
        assert_eq!(column(&list, "name"), ["", "night job"], "{path} {list:?}");
        assert!(
            !list.text.contains(&secret) && !list.text.contains(&own),
            "{path}"
        );
    }
    let changed = owner(
        &world,
        "PATCH",
        &format!("/keys/{id}"),
        json!({"name": "day job", "expires_at": null}),
    )
    .await;
    assert_eq!(
        (&changed.json()["name"], &changed.json()["expires_at"]),
        (&json!("day job"), &Value::Null)
    );
    assert_eq!(
        owner(&world, "DELETE", &format!("/keys/{id}"), Value::Null)
            .await
            .status,
        204
    );
    let refused = with_key(&world, &secret, "GET", "/me", Value::Null).await;
    assert_eq!(
        fault(&refused),
        (401, "unknown-credential".to_owned(), None)
    );
    let shown = owner(&world, "GET", &format!("/keys/{id}"), Value::Null).await;
    assert_eq!(shown.json()["active"], false);
    insta::assert_snapshot!("key_revoked", stable(&shown));
    // Others' keys are not there for the powerless.
    let hidden = with_key(&world, &own, "GET", "/keys/1", Value::Null).await;
    assert_eq!(fault(&hidden), (404, "not-found".to_owned(), None));
    let all = owner(&world, "DELETE", "/users/2/keys", Value::Null).await;
    assert_eq!(all.json(), json!({"revoked": 1}));
    assert_eq!(
        with_key(&world, &own, "GET", "/me", Value::Null)
            .await
            .status,
        401
    );
    // One's own key in use stays.
    owner(&world, "DELETE", "/users/1/keys", Value::Null).await;
    assert_eq!(owner(&world, "GET", "/me", Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_key_ends_later_than_it_is_made_and_with_the_day_that_is_named() {
    let world = world().await;
    // The clock stands at the beginning of 2026-01-01.
    let made = owner(
        &world,
        "POST",
        "/me/keys",
        json!({"expires_at": "2026-01-01"}),
    )
    .await;
    let end = made.json()["expires_at"].as_str().unwrap().to_owned();
    assert!(
        end.starts_with("2026-01-01T23:59:59") || end == "2026-01-02T00:00:00.000Z",
        "{end}"
    );
    for past in ["2025-12-31", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"] {
        let refused = owner(&world, "POST", "/me/keys", json!({"expires_at": past})).await;
        let expected = (422, "invalid".to_owned(), Some("expires_at".to_owned()));
        assert_eq!(fault(&refused), expected, "{past}");
    }
}

#[tokio::test]
async fn a_refused_reference_is_named_as_it_was_sent() {
    let world = world().await;
    for (path, body) in [
        ("/me/keys", json!({"organisation": "Moonbase"})),
        (
            "/users",
            json!({"email": "ada@example.org", "home": "Moonbase"}),
        ),
        (
            "/users",
            json!({"email": "ada@example.org", "groups": ["Moonbase"]}),
        ),
    ] {
        let refused = owner(&world, "POST", path, body.clone()).await;
        assert_eq!(fault(&refused).1, "unknown-reference", "{body}");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("`Moonbase`"), "{detail}");
    }
}

#[tokio::test]
async fn a_key_that_stopped_says_why_and_since_when() {
    let world = world().await;
    owner(
        &world,
        "POST",
        "/users",
        json!({"email": "ada@example.org"}),
    )
    .await;
    let made = owner(&world, "POST", "/users/ada@example.org/keys", json!({})).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let why = async || {
        let key = owner(&world, "GET", &format!("/keys/{id}"), Value::Null).await;
        let members = [
            "active",
            "inactive_because",
            "inactive_since",
            "owner_standing",
            "revoked_by",
        ];
        json!(members.map(|member| key.json()[member].clone()))
    };
    assert_eq!(why().await, json!([true, null, null, null, null]));
    world.clock.advance(1_000);
    let off = json!({"status": "suspended"});
    owner(&world, "PATCH", "/users/ada@example.org", off).await;
    world.clock.advance(1_000);
    assert_eq!(
        why().await,
        json!([
            false,
            "owner",
            "2026-01-01T00:00:01.000Z",
            "suspended",
            null
        ])
    );
    owner(&world, "DELETE", &format!("/keys/{id}"), Value::Null).await;
    assert_eq!(
        why().await,
        json!([false, "revoked", "2026-01-01T00:00:02.000Z", null, 1])
    );
}

#[tokio::test]
async fn refused_keys_name_their_field() {
    let world = world().await;
    for (body, field) in [
        (json!({"addresses": ["everywhere"]}), "addresses"),
        (json!({"expires_at": 7}), "expires_at"),
        (
            json!({"constraints": [{"kind": "regex", "pattern": "(", "methods": ["GET"]}]}),
            "constraints",
        ),
        (
            json!({"constraints": [{"kind": "x", "pattern": "", "methods": []}]}),
            "constraints",
        ),
        (
            json!({"constraints": [{"kind": "exact", "paths": "x", "methods": []}]}),
            "constraints",
        ),
        (json!({"secret": "chosen"}), "secret"),
        (json!({"organisation": 9}), "organisation"),
    ] {
        let reply = owner(&world, "POST", "/me/keys", body.clone()).await;
        let (status, _, at) = fault(&reply);
        assert_eq!(
            (status, at.as_deref()),
            (422, Some(field)),
            "{body} {reply:?}"
        );
    }
}
