//! Every route and every bad caller: what it is refused with, as one table.

use serde_json::{Value, json};

use super::{fault, owner};
use crate::world;
use dialect_native::DIALECT;
use kit::Serves;
use test_support::World;

/// A caller who must not get through, and the codes with which routes may refuse it.
struct Bad {
    name: &'static str,
    key: Option<String>,
    status: u16,
    code: &'static str,
}

async fn key_of(world: &World, person: &str, body: Value) -> String {
    let made = owner(world, "POST", &format!("/users/{person}/keys"), body).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["secret"].as_str().unwrap().to_owned()
}

async fn bad_callers(world: &World) -> Vec<Bad> {
    let bad = |name, key, status, code| Bad {
        name,
        key,
        status,
        code,
    };
    for person in [
        "expired",
        "revoked",
        "elsewhere",
        "off",
        "suspended",
        "locked",
    ] {
        let email = format!("{person}@example.org");
        owner(
            world,
            "POST",
            "/users",
            json!({"email": email, "roles": ["usher:owner"]}),
        )
        .await;
    }
    let soon = "2026-01-01T00:01:00Z";
    let expired = key_of(world, "expired@example.org", json!({"expires_at": soon})).await;
    let revoked = key_of(world, "revoked@example.org", json!({})).await;
    owner(
        world,
        "DELETE",
        "/users/revoked@example.org/keys",
        Value::Null,
    )
    .await;
    let elsewhere = key_of(
        world,
        "elsewhere@example.org",
        json!({"addresses": ["203.0.113.0/24"]}),
    )
    .await;
    let mut callers = vec![
        bad("no key", None, 401, "no-credential"),
        bad(
            "an unknown key",
            Some("x".repeat(40)),
            401,
            "unknown-credential",
        ),
        bad("an expired key", Some(expired), 401, "unknown-credential"),
        bad("a revoked key", Some(revoked), 401, "unknown-credential"),
        bad(
            "a key from a wrong address",
            Some(elsewhere),
            401,
            "wrong-address",
        ),
    ];
    for (person, change) in [
        ("off", json!({"status": "inactive"})),
        ("suspended", json!({"status": "suspended"})),
        ("locked", json!({"locked": true})),
    ] {
        let key = key_of(world, &format!("{person}@example.org"), json!({})).await;
        let changed = owner(
            world,
            "PATCH",
            &format!("/users/{person}@example.org"),
            change,
        )
        .await;
        assert_eq!(changed.status, 200, "{changed:?}");
        callers.push(bad(person, Some(key), 401, "not-active"));
    }
    world.clock.advance(120_000);
    callers
}

/// A route's address with something in each place of a variable.
fn target(path: &str) -> String {
    let segments: Vec<&str> = path
        .split('/')
        .map(|segment| {
            if segment.starts_with('{') {
                "1"
            } else {
                segment
            }
        })
        .collect();
    format!("/api/v1{}", segments.join("/"))
}

#[tokio::test]
async fn every_route_refuses_every_bad_caller() {
    let world = world().await;
    let callers = bad_callers(&world).await;
    for route in DIALECT
        .routes
        .iter()
        .filter(|route| route.serves != Serves::Open)
    {
        for caller in &callers {
            let mut call = world.request(route.method, &target(route.path));
            if let Some(key) = &caller.key {
                call = call.bearer(key);
            }
            if route.method != "GET" {
                call = call.json(&json!({}));
            }
            let refused = call.send().await;
            let (status, code, _) = fault(&refused);
            assert_eq!(
                (status, code.as_str()),
                (caller.status, caller.code),
                "{} {} by {}",
                route.method,
                route.path,
                caller.name
            );
        }
    }
}

#[tokio::test]
async fn a_read_only_key_changes_nothing_at_any_route() {
    let world = world().await;
    let key = key_of(&world, "owner@example.org", json!({"read_only": true})).await;
    for route in DIALECT
        .routes
        .iter()
        .filter(|route| route.serves != Serves::Open)
    {
        // Signing out is allowed to all callers; a key has no session to end.
        if route.method == "GET" || route.path == "/sign-out" {
            continue;
        }
        let call = world
            .request(route.method, &target(route.path))
            .bearer(&key);
        let refused = call.json(&json!({})).send().await;
        let (status, code, _) = fault(&refused);
        let signed_in = route.serves == Serves::SignedIn;
        // Who may ask for such a route is decided in it, so the body is looked at first.
        let fine = (status, code.as_str()) == (403, "key-limit")
            || signed_in && matches!((status, code.as_str()), (422 | 400, _));
        assert!(fine, "{} {}: {refused:?}", route.method, route.path);
    }
}

#[tokio::test]
async fn a_key_without_rights_gets_nothing_but_its_own() {
    let world = world().await;
    let (_, key) = world.powerless("ada@example.org").await;
    owner(&world, "POST", "/organisations", json!({"name": "Child"})).await;
    for route in DIALECT.routes {
        let own = route.path.starts_with("/me")
            || route.serves != Serves::Open && !route.path.contains('{');
        if route.serves == Serves::Open || own {
            continue;
        }
        let call = world
            .request(route.method, &target(route.path))
            .bearer(&key);
        let call = if route.method == "GET" {
            call
        } else {
            call.json(&json!({}))
        };
        let reply = call.send().await;
        assert!(
            matches!(reply.status, 403 | 404 | 422 | 400)
                || reply.status == 200 && route.method == "GET",
            "{} {}: {reply:?}",
            route.method,
            route.path
        );
    }
}
