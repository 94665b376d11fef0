//! Bodies as they are described and as they are read: the same members, no others, and the same ones needed.

use std::collections::BTreeSet;

use dialect_native::DIALECT;
use kit::{Route, Serves};
use serde_json::{Map, Value, json};

use super::openapi::document;
use super::{by_owner, owner};
use crate::world;
use test_support::{Reply, World};

/// Bodies that are not one object of members of their own, and why.
const OTHERWISE: &[(&str, &str)] = &[
    (
        "/settings/{setting}",
        "the members are those of one of many documents",
    ),
    (
        "/users/ensure",
        "it is described as a NewUser, of which `email` is needed",
    ),
    (
        "/users/actions",
        "which members there are depends on the action",
    ),
];

/// Members in one request at most: one answer lists at most so many problems.
const TOLD: usize = 9;

fn schema(name: &str) -> &'static Value {
    &document()["components"]["schemas"][name]
}

fn members(name: &str) -> Vec<&'static str> {
    let properties = schema(name)["properties"].as_object().unwrap();
    properties.keys().map(String::as_str).collect()
}

fn routes() -> impl Iterator<Item = &'static Route> {
    DIALECT.routes.iter().filter(|route| {
        !route.takes.is_empty() && !OTHERWISE.iter().any(|(path, _)| *path == route.path)
    })
}

/// The path of things that there are.
fn path(route: &Route) -> String {
    let filled = route
        .path
        .replace("{group}/managers/groups/{manager}", "1/managers/groups/1")
        .replace("{platform}", "usher")
        .replace("{setting}", "lockout")
        .replace("{role}", "usher:reader");
    let parts: Vec<&str> = filled
        .split('/')
        .map(|part| if part.starts_with('{') { "1" } else { part })
        .collect();
    let query = if route.serves == Serves::Open {
        ""
    } else {
        "?dry_run=true"
    };
    format!("{}{query}", parts.join("/"))
}

async fn send(world: &World, route: &Route, body: &Value) -> Reply {
    by_owner(world, route.method, &path(route))
        .json(body)
        .send()
        .await
}

/// The members that an answer says are not known.
fn unknown(reply: &Reply) -> BTreeSet<String> {
    if reply.status != 422 {
        return BTreeSet::new();
    }
    let json = reply.json();
    let told = json["errors"].as_array();
    let several = told.into_iter().flatten();
    let first = std::iter::once(&json);
    first
        .chain(several)
        .filter(|one| one["code"] == "unknown-field")
        .filter_map(|one| one["field"].as_str().map(str::to_owned))
        .collect()
}

async fn peopled() -> World {
    let world = world().await;
    for (path, body) in [
        ("/groups", json!({"name": "SOC"})),
        ("/roles", json!({"word": "reader", "name": "Reader"})),
        ("/collections", json!({"name": "North"})),
        ("/views", json!({"name": "Mine", "list": "users"})),
    ] {
        let made = owner(&world, "POST", path, body).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
    world
}

/// What a member holds in the description's own example.
fn example(route: &Route) -> Map<String, Value> {
    let operation = &document()["paths"][route.path][route.method.to_ascii_lowercase()];
    let example = &operation["requestBody"]["content"]["application/json"]["example"];
    example.as_object().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_body_has_the_members_that_are_described_and_no_others() {
    let world = peopled().await;
    let mut every: BTreeSet<&str> = routes().flat_map(|route| members(route.takes)).collect();
    every.insert("shoe");
    let mut tried = 0;
    for route in routes() {
        let known: BTreeSet<&str> = members(route.takes).into_iter().collect();
        let example = example(route);
        let foreign: Vec<&str> = every.difference(&known).copied().collect();
        for names in foreign.chunks(TOLD) {
            let mut body = example.clone();
            body.extend(names.iter().map(|name| ((*name).to_owned(), Value::Null)));
            let reply = send(&world, route, &Value::Object(body)).await;
            let expected: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
            assert_eq!(unknown(&reply), expected, "{route:?} {names:?}: {reply:?}");
            tried += names.len();
        }
        for name in &known {
            let mut body = Map::new();
            body.insert(
                (*name).to_owned(),
                example.get(*name).cloned().unwrap_or_default(),
            );
            let reply = send(&world, route, &Value::Object(body)).await;
            assert!(
                !unknown(&reply).contains(*name),
                "{route:?} {name}: {reply:?}"
            );
            tried += 1;
        }
    }
    assert!(tried > 2_500, "{tried}");
}

#[tokio::test]
async fn a_body_needs_the_members_that_are_described_as_needed() {
    let world = peopled().await;
    for route in routes() {
        let empty = json!([]);
        let needed = schema(route.takes)["required"].as_array();
        let needed: BTreeSet<&str> = needed
            .unwrap_or_else(|| empty.as_array().unwrap())
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let example = example(route);
        for name in members(route.takes) {
            let mut body = example.clone();
            body.remove(name);
            let reply = send(&world, route, &Value::Object(body)).await;
            let json = if reply.text.is_empty() {
                Value::Null
            } else {
                reply.json()
            };
            let told = json["field"] == name
                && json["detail"]
                    .as_str()
                    .is_some_and(|detail| detail.contains("is needed"));
            assert_eq!(
                told,
                needed.contains(name),
                "{route:?} without {name}: {reply:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_member_of_another_type_is_refused_by_its_name() {
    let world = peopled().await;
    for route in routes() {
        let example = example(route);
        for name in members(route.takes) {
            let described = &schema(route.takes)["properties"][name];
            if described["type"] == "object" || described.get("type").is_none() {
                // Their own members are read apart.
                continue;
            }
            let mut body = example.clone();
            body.insert(name.to_owned(), json!({"shoe": [1]}));
            let reply = send(&world, route, &Value::Object(body)).await;
            let json = reply.json();
            let several = json["errors"].as_array().into_iter().flatten();
            let fields: Vec<&Value> = std::iter::once(&json)
                .chain(several)
                .map(|one| &one["field"])
                .collect();
            assert_eq!(reply.status, 422, "{route:?} {name}: {reply:?}");
            let named = fields.iter().any(|field| {
                field
                    .as_str()
                    .is_some_and(|field| field == name || field.starts_with(&format!("{name}[")))
            });
            assert!(named, "{route:?} {name}: {reply:?}");
        }
    }
}
