use serde_json::{Value, json};

use super::{by_owner, column, fault, owner, stable, with_key};
use crate::world;

#[tokio::test]
async fn a_user_goes_round_field_by_field() {
    let world = world().await;
    let sent = json!({
        "id": "6f1c0c52-3d1e-4b52-9b9a-0a1b2c3d4e5f",
        "login": "ada", "email": "Ada@example.org",
        "display_name": "Ada L.", "given_name": "Ada", "family_name": "Lovelace",
        "kind": "person", "status": "inactive", "locked": true,
        "lock_after": "2030-01-31T12:00:00.000Z",
        "department": "Engines", "title": "Analyst", "time_zone": "Europe/London",
        "second_factor_required": true,
    });
    let made = owner(&world, "POST", "/users", sent.clone()).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        made.header("location"),
        Some("/api/v1/users/6f1c0c52-3d1e-4b52-9b9a-0a1b2c3d4e5f")
    );
    let body = made.json();
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(&body[field], value, "{field}");
    }
    insta::assert_snapshot!("user_made", stable(&made));
    // Every name it has leads to the same answer.
    let number = body["number"].to_string();
    for name in [
        "6f1c0c52-3d1e-4b52-9b9a-0a1b2c3d4e5f",
        "6f1c0c523d1e4b529b9a0a1b2c3d4e5f",
        &number,
        "ADA",
        "ada@EXAMPLE.org",
        "ada%40example.org",
    ] {
        let shown = owner(&world, "GET", &format!("/users/{name}"), Value::Null).await;
        assert_eq!(shown.json(), body, "{name}");
        assert_eq!(shown.header("etag"), Some("\"1\""));
    }
    let change = json!({
        "login": "countess", "email": "countess@example.org",
        "display_name": null, "given_name": "Augusta", "family_name": "King",
        "status": "active", "locked": false, "lock_after": null,
        "department": null, "title": "Countess", "time_zone": null, "second_factor_required": null,
    });
    let changed = owner(&world, "PATCH", "/users/ada", change.clone()).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    for (field, value) in change.as_object().unwrap() {
        assert_eq!(&changed.json()[field], value, "{field}");
    }
    assert_eq!(changed.json()["name"], "Augusta King");
    insta::assert_snapshot!("user_changed", stable(&changed));
    // Echoing the shown values changes nothing.
    let echo = owner(&world, "PATCH", "/users/countess", change).await;
    assert_eq!(echo.json(), changed.json());
    let deleted = owner(&world, "DELETE", "/users/countess", Value::Null).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    let gone = owner(&world, "GET", "/users/countess", Value::Null).await;
    assert_eq!(fault(&gone), (404, "not-found".to_owned(), None));
    insta::assert_snapshot!("user_gone", stable(&gone));
}

#[tokio::test]
async fn refused_values_name_their_field() {
    let world = world().await;
    owner(
        &world,
        "POST",
        "/users",
        json!({"email": "taken@example.org"}),
    )
    .await;
    let before = world.state().await;
    for (body, expected) in [
        (json!({}), (422, "invalid", Some("email"))),
        (json!({"email": "no-at"}), (422, "invalid", Some("email"))),
        (json!({"email": 7}), (422, "invalid", Some("email"))),
        (
            json!({"email": "TAKEN@example.org"}),
            (409, "taken", Some("email")),
        ),
        (
            json!({"email": "a@example.org", "emial": 1}),
            (422, "unknown-field", Some("emial")),
        ),
        (
            json!({"email": "a@example.org", "kind": "robot"}),
            (422, "invalid", Some("kind")),
        ),
        (
            json!({"email": "a@example.org", "status": "locked"}),
            (422, "invalid", Some("status")),
        ),
        (
            json!({"email": "a@example.org", "locked": "yes"}),
            (422, "invalid", Some("locked")),
        ),
        (
            json!({"email": "a@example.org", "lock_after": "soon"}),
            (422, "invalid", Some("lock_after")),
        ),
        (
            json!({"email": "a@example.org", "id": "x"}),
            (422, "invalid", Some("id")),
        ),
        (
            json!({"email": "a@example.org", "home": "Nowhere"}),
            (422, "unknown-reference", Some("home")),
        ),
        (
            json!({"email": "a@example.org", "home": 99}),
            (422, "unknown-reference", Some("home")),
        ),
        (
            json!({"email": "a@example.org", "organisations": [1, 99]}),
            (422, "unknown-reference", Some("organisations")),
        ),
        (
            json!({"email": "a@example.org", "password": "short"}),
            (422, "weak-password", Some("password")),
        ),
        (json!([]), (400, "malformed-body", None)),
        (Value::Null, (400, "malformed-body", None)),
    ] {
        let reply = owner(&world, "POST", "/users", body.clone()).await;
        let (status, kind, field) = fault(&reply);
        assert_eq!(
            (status, kind.as_str(), field.as_deref()),
            expected,
            "{body} {reply:?}"
        );
    }
    for (body, expected) in [
        (
            json!({"email": "TAKEN@example.org"}),
            (409, "taken", Some("email")),
        ),
        (json!({"login": null}), (422, "invalid", Some("login"))),
        (
            json!({"password": "x"}),
            (422, "unknown-field", Some("password")),
        ),
        (json!({"number": 3}), (422, "unknown-field", Some("number"))),
    ] {
        let reply = owner(&world, "PATCH", "/users/1", body.clone()).await;
        let (status, kind, field) = fault(&reply);
        assert_eq!(
            (status, kind.as_str(), field.as_deref()),
            expected,
            "{body} {reply:?}"
        );
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn stale_writes_are_refused() {
    let world = world().await;
    owner(
        &world,
        "POST",
        "/users",
        json!({"email": "ada@example.org"}),
    )
    .await;
    let send = async |method: &str, tag: &str, body: Value| {
        let call = by_owner(&world, method, "/users/ada@example.org").header("If-Match", tag);
        let call = if body.is_null() {
            call
        } else {
            call.json(&body)
        };
        call.send().await
    };
    let first = send("PATCH", "\"1\"", json!({"title": "One"})).await;
    assert_eq!((first.status, first.header("etag")), (200, Some("\"2\"")));
    for tag in [
        "\"1\"",
        "W/\"1\"",
        "\"x\"",
        "2",
        "\"1\", \"2\"",
        "\"9999999999999999999999\"",
    ] {
        let stale = send("PATCH", tag, json!({"title": "Two"})).await;
        assert_eq!(fault(&stale), (412, "stale".to_owned(), None), "{tag}");
        assert_eq!(send("DELETE", tag, Value::Null).await.status, 412, "{tag}");
    }
    assert_eq!(
        send("PATCH", "*", json!({"title": "Three"})).await.status,
        200
    );
    assert_eq!(send("DELETE", "\"3\"", Value::Null).await.status, 204);
}

#[tokio::test]
async fn several_are_made_at_once_or_none() {
    let world = world().await;
    let items: Vec<Value> = (0..20)
        .map(|number| json!({"email": format!("many{number}@example.org")}))
        .collect();
    let made = owner(&world, "POST", "/users/batch", json!({"items": items})).await;
    assert_eq!((made.status, column(&made, "email").len()), (201, 20));
    let before = world.state().await;
    let half = json!({"items": [{"email": "new@example.org"}, {"email": "many3@example.org"}]});
    assert_eq!(
        fault(&owner(&world, "POST", "/users/batch", half).await).0,
        409
    );
    let wrong =
        json!({"items": [{"email": "new@example.org"}, {"email": "n@example.org", "kind": "x"}]});
    let wrong = owner(&world, "POST", "/users/batch", wrong).await;
    assert_eq!(fault(&wrong).2.as_deref(), Some("items[1].kind"));
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn people_see_and_change_themselves() {
    let world = world().await;
    let (user, key) = world.powerless("ada@example.org").await;
    let me = with_key(&world, &key, "GET", "/me", Value::Null).await;
    assert_eq!(me.json()["id"], user.uuid.to_string());
    assert_eq!(me.json()["credential"]["kind"], "key");
    insta::assert_snapshot!("me", stable(&me));
    let change = json!({"display_name": "Ada", "department": "Engines"});
    let changed = with_key(&world, &key, "PATCH", "/me", change).await;
    assert_eq!(changed.json()["name"], "Ada");
    for reserved in [
        "login",
        "email",
        "kind",
        "status",
        "locked",
        "home",
        "lock_after",
    ] {
        let reply = with_key(&world, &key, "PATCH", "/me", json!({ reserved: null })).await;
        assert_eq!(fault(&reply).2.as_deref(), Some(reserved));
    }
    // One sees oneself by one's own address too, and nobody else: hidden and missing are alike.
    let own = with_key(&world, &key, "GET", "/users/ada@example.org", Value::Null).await;
    assert_eq!(own.status, 200);
    let texts: Vec<Value> = {
        let mut texts = Vec::new();
        for path in [
            "/users/1",
            "/users/999",
            "/users/owner@example.org",
            "/users/nobody@example.org",
        ] {
            let mut json = with_key(&world, &key, "GET", path, Value::Null)
                .await
                .json();
            json["request_id"] = Value::Null;
            texts.push(json);
        }
        texts
    };
    assert!(
        texts
            .iter()
            .all(|text| *text == texts[0] && text["status"] == 404),
        "{texts:?}"
    );
    let list = with_key(&world, &key, "GET", "/users?total=true", Value::Null).await;
    assert!(list.status == 403 || list.json()["total"] == 1, "{list:?}");
}
