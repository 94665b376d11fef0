//! The native API over its wire: see the crate `test-support` for the world, coverage and hostile input.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bodies;
mod callers;
mod coverage;
mod docs;
mod every_list;
mod features;
mod filters;
mod form_tokens;
mod keys;
mod lists;
mod near_names;
mod openapi;
mod organisations;
mod profile;
mod repeats;
mod rights;
mod sessions;
mod statements;
mod stumbles;
mod users;

use dialect_native::DIALECT;
use serde_json::Value;

use test_support::{Call, Reply, World, world_of};

/// The dialect alone over a fresh directory.
pub async fn world() -> World {
    world_of(&[&DIALECT]).await
}

/// A request of the owner.
pub fn by_owner<'w>(world: &'w World, method: &str, path: &str) -> Call<'w> {
    world
        .request(method, &format!("/api/v1{path}"))
        .bearer(&world.key)
}

/// The owner's request with a body, if it is not null.
pub async fn owner(world: &World, method: &str, path: &str, body: Value) -> Reply {
    with_key(world, &world.key, method, path, body).await
}

/// A stranger's request with a body, if it is not null.
pub async fn stranger(world: &World, method: &str, path: &str, body: Value) -> Reply {
    let call = world.request(method, &format!("/api/v1{path}"));
    asked(call, method, path, body).await
}

/// Somebody's request with a body, if it is not null.
pub async fn with_key(world: &World, key: &str, method: &str, path: &str, body: Value) -> Reply {
    let call = world.request(method, &format!("/api/v1{path}")).bearer(key);
    asked(call, method, path, body).await
}

/// Sends a request, and holds the answer to the API's own description.
async fn asked(call: Call<'_>, method: &str, path: &str, body: Value) -> Reply {
    let call = if body.is_null() {
        call
    } else {
        call.json(&body)
    };
    let reply = call.send().await;
    openapi::check(openapi::document(), method, path, &reply);
    reply
}

/// The last part of a problem's type, and its field.
pub fn fault(reply: &Reply) -> (u16, String, Option<String>) {
    let json = reply.json();
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json"),
        "{reply:?}"
    );
    assert_eq!(json["status"], reply.status);
    assert_eq!(json["request_id"].as_str(), reply.header("x-request-id"));
    for text in ["title", "detail"] {
        assert!(
            json[text].as_str().is_some_and(|text| !text.is_empty()),
            "{reply:?}"
        );
    }
    let kind = json["type"].as_str().unwrap();
    let kind = kind.strip_prefix("urn:usher:problem:").unwrap();
    assert_eq!(json["code"], kind, "{reply:?}");
    (
        reply.status,
        kind.to_owned(),
        json["field"].as_str().map(str::to_owned),
    )
}

/// The values of one field of a list.
pub fn column(reply: &Reply, field: &str) -> Vec<Value> {
    let json = reply.json();
    let items = json["items"]
        .as_array()
        .unwrap_or_else(|| panic!("{reply:?}"));
    items.iter().map(|item| item[field].clone()).collect()
}

/// An answer for a snapshot, without what other platforms' built-ins shift: ids, numbers and texts
/// drawn from the one stream of counted randomness.
pub fn stable(reply: &Reply) -> String {
    let mut shown = reply.shown();
    for (pattern, replacement) in [
        (r"content-length: \d+\n", ""),
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>"),
        (r#""(number|platform_number)": \d+"#, "\"$1\": 0"),
        (r#""(hint|secret|request_id)": "[^"]*""#, "\"$1\": \"…\""),
    ] {
        let pattern = regex::Regex::new(pattern).unwrap();
        shown = pattern.replace_all(&shown, replacement).into_owned();
    }
    shown
}
