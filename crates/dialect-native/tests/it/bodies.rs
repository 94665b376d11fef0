//! Bodies as they are described and as they are read: the same members, no others, and the same ones needed.

use std::collections::BTreeSet;

use dialect_native::DIALECT;
use kit::{Route, Serves};
use serde_json::{Map, Value, json};

use super::openapi::document;
use super::{by_owner, owner};
use crate::world;
use test_support::{Reply, World};

/// Bodies that are not one object of members of their own, and why. They have tests of their own below.
const OTHERWISE: &[(&str, &str)] = &[
    (
        "/settings/{setting}",
        "the members are those of one of many documents",
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

/// The schema with the members of a body, which another one may narrow.
fn with_members(name: &str) -> &'static Value {
    let narrowed = schema(name)["allOf"][0]["$ref"].as_str();
    schema(narrowed.map_or(name, |reference| reference.rsplit('/').next().unwrap()))
}

fn members_of(schema: &'static Value) -> Vec<&'static str> {
    let properties = schema["properties"].as_object().unwrap();
    properties.keys().map(String::as_str).collect()
}

fn members(name: &str) -> Vec<&'static str> {
    members_of(with_members(name))
}

/// The members that a body must have.
fn needed(name: &str) -> BTreeSet<&'static str> {
    let narrowing = schema(name)["allOf"].as_array().into_iter().flatten();
    let required = std::iter::once(schema(name)).chain(narrowing);
    let required = required.filter_map(|schema| schema["required"].as_array());
    required.flatten().filter_map(Value::as_str).collect()
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
        let needed = needed(route.takes);
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
            let described = &with_members(route.takes)["properties"][name];
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

/// The alternatives of a body that is one of several.
fn alternatives(name: &str) -> impl Iterator<Item = &'static Value> {
    schema(name)["anyOf"].as_array().unwrap().iter()
}

/// Each document of settings takes the members of one alternative, in the order of the names, and shows the same ones.
#[tokio::test]
async fn a_settings_document_has_the_members_that_are_described_and_no_others() {
    let world = peopled().await;
    let stated = &document()["paths"]["/settings/{setting}"]["patch"]["parameters"][0];
    let names = stated["schema"]["enum"].as_array().unwrap();
    assert_eq!(names.len(), alternatives("SettingChange").count());
    let mut every: BTreeSet<&str> = alternatives("SettingChange").flat_map(members_of).collect();
    every.insert("shoe");
    for (name, alternative) in names.iter().zip(alternatives("SettingChange")) {
        let path = format!("/settings/{}", name.as_str().unwrap());
        let known: BTreeSet<&str> = members_of(alternative).into_iter().collect();
        for member in &every {
            let body = json!({ *member: {"shoe": [1]} });
            let reply = owner(&world, "PATCH", &format!("{path}?dry_run=true"), body).await;
            assert_eq!(reply.status, 422, "{path} {member}: {reply:?}");
            let told = reply.json();
            let unknown = told["detail"].as_str().unwrap().contains("not known here");
            assert_eq!(unknown, !known.contains(member), "{path}: {reply:?}");
            let field = told["field"].as_str().unwrap();
            assert!(field.starts_with(member), "{path} {member}: {reply:?}");
        }
        let shown = owner(&world, "GET", &path, Value::Null).await.json();
        let shown: BTreeSet<&str> = shown
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let secret = ["password", "current_password", "code"];
        let changed: BTreeSet<&str> = known
            .iter()
            .filter(|one| !secret.contains(one))
            .copied()
            .collect();
        let shown: BTreeSet<&str> = shown
            .into_iter()
            .filter(|one| *one != "password_set")
            .collect();
        // Only those templates are shown that are not the built-in ones.
        if path != "/settings/mail_templates" {
            assert_eq!(shown, changed, "{path}");
        }
    }
}

/// Every member that is described for actions belongs to one of them, none takes another, and the words are all there are.
#[tokio::test]
async fn an_action_has_the_members_that_are_described_and_no_others() {
    let world = peopled().await;
    let described: BTreeSet<&str> = members("Actions").into_iter().collect();
    let words = schema("Actions")["properties"]["action"]["enum"]
        .as_array()
        .unwrap();
    let of_actions = [
        "group",
        "role",
        "organisation",
        "home",
        "change",
        "expires_at",
        "revoke_keys",
        "required",
    ];
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for word in words {
        let mut body = json!({
            "action": word, "users": [1], "group": "SOC", "role": "usher:reader", "home": 1, "change": {}, "shoe": null,
        });
        for member in of_actions
            .iter()
            .filter(|member| described.contains(**member))
        {
            if body.get(member).is_none() {
                body[member] = Value::Null;
            }
        }
        let reply = owner(&world, "POST", "/users/actions?dry_run=true", body).await;
        let unknown = unknown(&reply);
        assert!(unknown.contains("shoe"), "{word}: {reply:?}");
        let left = of_actions
            .iter()
            .filter(|member| !unknown.contains(**member));
        taken.extend(left.map(|member| (*member).to_owned()));
    }
    let general = ["action", "users", "filter", "expect", "mode", "job"];
    let expected: BTreeSet<&str> = of_actions.into_iter().chain(general).collect();
    assert_eq!(described, expected);
    assert_eq!(
        taken,
        of_actions.iter().map(|one| (*one).to_owned()).collect()
    );
    let reply = owner(
        &world,
        "POST",
        "/users/actions?dry_run=true",
        json!({"action": "shoe", "users": [1]}),
    )
    .await;
    let told = reply.json()["detail"].as_str().unwrap().to_owned();
    let (_, listed) = told.split_once("must be one of ").unwrap();
    let listed: BTreeSet<&str> = listed.trim_end_matches('.').split(", ").collect();
    assert_eq!(listed, words.iter().filter_map(Value::as_str).collect());
}

/// Whether a schema takes null.
fn takes_null(schema: &Value) -> bool {
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    let null = json!("null");
    schema["type"]
        .as_array()
        .is_some_and(|kinds| kinds.contains(&null))
        || alternatives.into_iter().any(|one| one["type"] == null)
}

#[tokio::test]
async fn null_is_taken_where_it_is_described() {
    let world = peopled().await;
    let (mut taken, mut refused) = (0, 0);
    for route in routes() {
        let (needed, example) = (needed(route.takes), example(route));
        for name in members(route.takes) {
            let described = &with_members(route.takes)["properties"][name];
            let narrowing = schema(route.takes)["allOf"]
                .as_array()
                .into_iter()
                .flatten();
            let narrowed = narrowing.filter_map(|one| one["properties"].get(name));
            let nullable = std::iter::once(described).chain(narrowed).all(takes_null)
                && !needed.contains(name);
            let mut body = example.clone();
            body.insert(name.to_owned(), Value::Null);
            let reply = send(&world, route, &Value::Object(body)).await;
            let told = if reply.status == 422 {
                reply.json()
            } else {
                Value::Null
            };
            let several = told["errors"].as_array().into_iter().flatten();
            let faulty = std::iter::once(&told).chain(several).any(|one| {
                let detail = one["detail"].as_str().unwrap_or_default();
                let shape = [" must be ", "is needed", "cannot be cleared"];
                one["field"] == name && shape.iter().any(|words| detail.contains(words))
            });
            assert_eq!(faulty, !nullable, "{route:?} {name}: {reply:?}");
            *if nullable { &mut taken } else { &mut refused } += 1;
        }
    }
    assert!(taken > 100 && refused > 50, "{taken} {refused}");
}

#[tokio::test]
async fn a_body_may_be_left_out_where_that_is_described() {
    let world = peopled().await;
    for route in routes() {
        let operation = &document()["paths"][route.path][route.method.to_ascii_lowercase()];
        let required = operation["requestBody"]["required"].as_bool().unwrap();
        let reply = by_owner(&world, route.method, &path(route)).send().await;
        let refused = reply.status == 400 && reply.text.contains("needs a JSON object");
        assert_eq!(refused, required, "{route:?}: {reply:?}");
    }
}
