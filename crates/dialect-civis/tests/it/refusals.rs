//! What is refused, to whom, and in which order it is looked at.

use dialect_civis::DIALECT;
use directory::NewUser;
use serde_json::json;
use test_support::{Reply, coverage, hostile};

use super::{keyed, owner, owner_sends, person, place, shaped, sign, world};

#[tokio::test]
async fn every_route_without_and_with_powerless_credentials() {
    coverage(&DIALECT, sign, |reply| reply.status == 401 && shaped(reply)).await;
}

#[tokio::test]
async fn hostile_input() {
    hostile(&DIALECT, sign, shaped).await;
}

#[tokio::test]
async fn refusals_before_any_use_case() {
    let world = world().await;
    let mut shown = Vec::new();
    let mut note = |what: &str, reply: Reply| {
        assert!(shaped(&reply), "{what}: {reply:?}");
        shown.push(json!({
            "what": what, "body": reply.json(), "allow": reply.header("allow"),
            "authenticate": reply.header("www-authenticate"),
        }));
    };
    note("no key", world.get("/civis/users").send().await);
    note(
        "an unknown key",
        keyed(&world, "GET", "users", "nope").send().await,
    );
    let malformed = world
        .get("/civis/users")
        .header("Authorization", "Basic %%%");
    note("no base 64", malformed.send().await);
    note("an unknown path", owner(&world, "GET", "nothing").await);
    note(
        "a method not offered",
        owner(&world, "DELETE", "users").await,
    );
    note("a malformed id", owner(&world, "GET", "users/abc").await);
    note(
        "a huge id",
        owner(&world, "GET", "users/999999999999999999999").await,
    );
    note(
        "a query that cannot be read",
        owner(&world, "GET", "users?query=%ff").await,
    );
    note(
        "an unknown parameter",
        owner(&world, "GET", "users?colour=red").await,
    );
    note(
        "another format",
        owner(&world, "GET", "endpoints?openapi_version=3.0").await,
    );
    let text = keyed(&world, "POST", "users", &world.key).header("Content-Type", "text/plain");
    note("no JSON", text.body("name=Ada").send().await);
    let broken =
        keyed(&world, "POST", "users", &world.key).header("Content-Type", "application/json");
    note("broken JSON", broken.body("{").send().await);
    note(
        "a list for a body",
        owner_sends(&world, "POST", "users", json!([])).await,
    );
    note(
        "a body where none is read",
        owner_sends(&world, "POST", "users/1/unsuspend", json!({ "a": 1 })).await,
    );
    insta::assert_json_snapshot!(shown);
}

/// Who may not do it at all is told so before the body is looked at.
#[tokio::test]
async fn forbidden_comes_before_what_was_sent() {
    let world = world().await;
    let place = place(&world, "Acme").await;
    let (_, key) = person(&world, &place, "uma", &[place.base]).await;
    for (method, path) in [
        ("POST", "users"),
        ("PATCH", "users/1"),
        ("PATCH", "users/999999"),
        ("DELETE", "users/999999/sessions"),
        ("DELETE", "users/999999/2fa"),
        ("POST", "users/999999/unsuspend"),
        ("POST", "users/999999/access_email"),
        ("POST", "groups"),
        ("POST", "admin/themes"),
        ("POST", "organizations/favorites"),
    ] {
        let call = keyed(&world, method, path, &key).json(&json!({ "nonsense": true }));
        let reply = call.send().await;
        assert_eq!(
            (reply.status, shaped(&reply)),
            (403, true),
            "{method} {path}: {reply:?}"
        );
    }
}

/// A person whose home is elsewhere is missing, not forbidden; and nothing is changed.
#[tokio::test]
async fn strangers_are_missing() {
    let world = world().await;
    let (acme, other) = (place(&world, "Acme").await, place(&world, "Other").await);
    let (_, key) = person(&world, &acme, "adele", &[acme.base, acme.admins]).await;
    let (stranger, _) = person(&world, &other, "stig", &[other.base]).await;
    let before = world.contents().await;
    for (method, path, body) in [
        ("GET", format!("users/{}", stranger.id), json!(null)),
        (
            "PATCH",
            format!("users/{}", stranger.id),
            json!({ "city": "x" }),
        ),
        (
            "DELETE",
            format!("users/{}/sessions", stranger.id),
            json!({}),
        ),
        ("DELETE", format!("users/{}/2fa", stranger.id), json!({})),
        (
            "POST",
            format!("users/{}/unsuspend", stranger.id),
            json!({}),
        ),
        (
            "POST",
            format!("users/{}/access_email", stranger.id),
            json!({}),
        ),
        (
            "GET",
            format!("users/{}/api_keys", stranger.id),
            json!(null),
        ),
        ("GET", format!("groups/{}", other.base), json!(null)),
        (
            "PUT",
            format!("groups/{}/members/{}", acme.base, stranger.id),
            json!({}),
        ),
        ("GET", format!("groups/{}/shares", other.base), json!(null)),
    ] {
        let call = keyed(&world, method, &path, &key);
        let call = if body.is_null() {
            call
        } else {
            call.json(&body)
        };
        let reply = call.send().await;
        assert_eq!(
            (reply.status, shaped(&reply)),
            (404, true),
            "{method} {path}: {reply:?}"
        );
        let missing = path.replace(&stranger.id.to_string(), "424242");
        let missing = missing.replace(&format!("groups/{}", other.base), "groups/424242");
        let call = keyed(&world, method, &missing, &key);
        let call = if body.is_null() {
            call
        } else {
            call.json(&body)
        };
        assert_eq!(call.send().await.text, reply.text, "{method} {path}");
    }
    assert_eq!(world.contents().await, before);
}

#[tokio::test]
async fn what_is_shown_of_people_without_an_address() {
    let world = world().await;
    let new = NewUser {
        login: Some("robot".to_owned()),
        kind: Some(directory::UserKind::Service),
        ..NewUser::default()
    };
    let (robot, _) = world.person(new).await;
    let shown = owner(&world, "GET", &format!("users/{}", robot.id))
        .await
        .json();
    assert!(shown["email"].as_str().unwrap().ends_with("@usher.invalid"));
    // A made-up address is no address to anybody else.
    let new = json!({ "name": "X", "email": shown["email"], "user": "x", "primaryGroupId": shown["primaryGroupId"] });
    let reply = owner_sends(&world, "POST", "users", new).await;
    assert_eq!(reply.status, 400, "{reply:?}");
}
