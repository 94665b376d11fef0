//! Every route of every API and every bad caller: what each is refused with, as one table.

use std::collections::BTreeSet;

use kit::{Dialect, Route, Serves};
use serde_json::{Value, json};
use test_support::{Reply, World, target};
use usher::DIALECTS;

use crate::world;
use crate::worst::{FORM, sign, token_form};

/// A caller who must not get through: a name, and what the API takes as the credential.
struct Bad {
    name: &'static str,
    credential: Option<String>,
}

/// A request of the native API as the owner.
async fn owner(world: &World, method: &str, path: &str, body: &Value) -> Value {
    let call = world
        .request(method, &format!("/api/v1{path}"))
        .bearer(&world.key);
    let reply = if body.is_null() {
        call
    } else {
        call.json(body)
    };
    let reply = reply.send().await;
    assert!(reply.status < 300, "{method} {path}: {reply:?}");
    serde_json::from_str(&reply.text).unwrap_or_default()
}

/// An owner of the whole, with a key that opens everything as yet; the credential is what the dialect takes.
async fn another_owner(world: &World, dialect: &Dialect, name: &str) -> (String, Value, String) {
    let email = format!("{}-{name}@example.org", dialect.name);
    let user = json!({ "email": email, "roles": ["usher:owner"] });
    owner(world, "POST", "/users", &user).await;
    let key = owner(
        world,
        "POST",
        &format!("/users/{email}/keys"),
        &json!({ "expires_at": "2026-06-01T00:00:00Z" }),
    )
    .await;
    let secret = key["secret"].as_str().unwrap();
    let credential = if dialect.name == "falcon" {
        let form = token_form(key["id"].as_str().unwrap(), secret);
        let call = world.post("/falcon/oauth2/token");
        let reply = call.header("Content-Type", FORM).body(form).send().await;
        reply.json()["access_token"].as_str().unwrap().to_owned()
    } else {
        secret.to_owned()
    };
    (email, key, credential)
}

/// Each has a credential that opened the API until it was spoilt.
async fn bad_callers(world: &World, dialect: &Dialect) -> Vec<Bad> {
    let mut callers = vec![
        Bad {
            name: "no key",
            credential: None,
        },
        Bad {
            name: "an unknown key",
            credential: Some("x".repeat(40)),
        },
    ];
    for name in [
        "expired",
        "revoked",
        "elsewhere",
        "inactive",
        "suspended",
        "locked",
    ] {
        let (email, key, credential) = another_owner(world, dialect, name).await;
        let person = format!("/users/{email}");
        let own = format!("/keys/{}", key["id"].as_str().unwrap());
        let (method, path, body) = match name {
            "expired" => (
                "PATCH",
                own,
                json!({ "expires_at": "2026-01-01T00:01:00Z" }),
            ),
            "revoked" => ("DELETE", own, Value::Null),
            "elsewhere" => ("PATCH", own, json!({ "addresses": ["203.0.113.0/24"] })),
            "locked" => ("PATCH", person, json!({ "locked": true })),
            status => ("PATCH", person, json!({ "status": status })),
        };
        let opened = ask(
            world,
            dialect,
            &dialect.routes[probe(dialect)],
            Some(&credential),
        )
        .await;
        assert!(!refused(&opened), "{} {name}: {opened:?}", dialect.name);
        owner(world, method, &path, &body).await;
        callers.push(Bad {
            name,
            credential: Some(credential),
        });
    }
    world.clock.advance(120_000);
    callers
}

/// A route that everybody who is signed in may ask for, without saying more.
fn probe(dialect: &Dialect) -> usize {
    let plain = |route: &&Route| {
        matches!(route.serves, Serves::SignedIn | Serves::Deferred) && !route.path.contains('{')
    };
    let wanted = match dialect.name {
        "native" => "/me",
        _ => dialect.routes.iter().find(plain).unwrap().path,
    };
    let same = |route: &Route| route.path == wanted;
    dialect.routes.iter().position(same).unwrap()
}

async fn ask(world: &World, dialect: &Dialect, route: &Route, credential: Option<&str>) -> Reply {
    let mut call = world
        .request(route.method, &target(dialect, route, "1"))
        .header("Accept", "application/json");
    if let Some(credential) = credential {
        let (header, value) = sign(dialect, credential);
        call = call.header(header, &value);
    }
    let body = match (route.method, route.serves) {
        ("GET" | "HEAD", _) => return call.send().await,
        (_, Serves::Deferred) => json!({ "query": "{ me { id } }" }),
        _ => json!({}),
    };
    call.json(&body).send().await
}

/// Whether an answer refuses, in an API's own words.
fn refused(reply: &Reply) -> bool {
    let errors = serde_json::from_str::<Value>(&reply.text)
        .ok()
        .and_then(|answer| answer["errors"].as_array().map(|all| !all.is_empty()));
    reply.status >= 400 || errors == Some(true)
}

/// What a refusal says: its status, and its code or message.
fn told(reply: &Reply) -> String {
    let answer: Value = serde_json::from_str(&reply.text).unwrap_or_default();
    let words = [
        "/code",
        "/errors/0/extensions/code",
        "/errors/0/message",
        "/message",
        "/error",
        "/errorDescription",
    ];
    let words = words
        .iter()
        .filter_map(|place| answer.pointer(place))
        .find_map(Value::as_str);
    format!("{} {}", reply.status, words.unwrap_or(&reply.text))
}

#[tokio::test]
async fn every_route_of_every_api_refuses_every_bad_caller() {
    let mut table = String::new();
    for dialect in DIALECTS {
        let world = world().await;
        let callers = bad_callers(&world, dialect).await;
        let before = world.contents().await;
        for caller in &callers {
            let mut answers = BTreeSet::new();
            for route in dialect.routes {
                if route.serves == Serves::Open {
                    continue;
                }
                let reply = ask(&world, dialect, route, caller.credential.as_deref()).await;
                let shown = format!("{} {route:?} by {}: {reply:?}", dialect.name, caller.name);
                assert!(refused(&reply), "{shown}");
                if route.method != "HEAD" {
                    answers.insert(told(&reply));
                }
            }
            // One refusal for all routes, so that none tells more than another.
            assert_eq!(
                answers.len(),
                1,
                "{} {}: {answers:?}",
                dialect.name,
                caller.name
            );
            for answer in answers {
                table.push_str(&format!("{:8} {:14} {answer}\n", dialect.name, caller.name));
            }
        }
        assert_eq!(world.contents().await, before, "{}", dialect.name);
    }
    insta::assert_snapshot!("bad_callers", table);
}

/// A read-only key of an owner's, at every route of every API: what writes by the access table is refused, and no
/// route changes anything.
#[tokio::test]
async fn a_read_only_key_changes_nothing_at_any_api() {
    for dialect in DIALECTS {
        let world = world().await;
        let (_, key, credential) = another_owner(&world, dialect, "reader").await;
        let own = format!("/keys/{}", key["id"].as_str().unwrap());
        owner(&world, "PATCH", &own, &json!({ "read_only": true })).await;
        let before = world.contents().await;
        let (mut writing, mut reading) = (0, 0);
        for route in dialect.routes {
            let Serves::Operation(operation) = route.serves else {
                // What these do depends on the body, or on nothing: that nothing changes is asked below.
                if route.serves != Serves::Open {
                    ask(&world, dialect, route, Some(&credential)).await;
                }
                continue;
            };
            let reply = ask(&world, dialect, route, Some(&credential)).await;
            let shown = format!("{} {route:?}: {reply:?}", dialect.name);
            if operation.access().writes {
                writing += 1;
                assert!(refused(&reply), "{shown}");
            } else {
                reading += 1;
                assert!(reply.status < 500, "{shown}");
            }
        }
        assert_eq!(world.contents().await, before, "{}", dialect.name);
        let graph = dialect
            .routes
            .iter()
            .any(|route| route.serves == Serves::Deferred);
        assert!(graph || writing > 3 && reading > 3, "{}", dialect.name);
    }
}

/// GraphQL has one route; what a document asks for is refused in it.
#[tokio::test]
async fn a_read_only_key_changes_nothing_by_graphql() {
    let world = world().await;
    let dialect = DIALECTS.iter().find(|one| one.name == "opencti").unwrap();
    let (_, key, credential) = another_owner(&world, dialect, "reader").await;
    let own = format!("/keys/{}", key["id"].as_str().unwrap());
    owner(&world, "PATCH", &own, &json!({ "read_only": true })).await;
    let before = world.contents().await;
    let document =
        r#"mutation { userAdd(input: {name: "Ada", user_email: "ada@example.org"}) { id } }"#;
    for (credential, fine) in [(credential.as_str(), false), (world.key.as_str(), true)] {
        let call = world.post("/opencti/graphql").bearer(credential);
        let reply = call.json(&json!({ "query": document })).send().await;
        assert_eq!(refused(&reply), !fine, "{reply:?}");
        assert_eq!(world.contents().await == before, !fine);
    }
}
