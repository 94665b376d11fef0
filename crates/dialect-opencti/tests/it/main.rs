//! The dialect over its wire: see the crate `test-support` for the world, replays, coverage and hostile input.
#![expect(clippy::unwrap_used, reason = "tests")]

mod cases;
mod contexts;
mod faults;
mod identities;
mod lists;
mod members;
mod replay;
mod rights;
mod schema;
mod schema_facts;
mod sessions;
mod shown;
mod statements;
mod transport;
mod users;

use dialect_opencti::DIALECT;
use serde_json::{Value, json};

use test_support::{Reply, World, world_of};

/// The dialect alone over a fresh directory.
pub async fn opencti() -> World {
    world_of(&[&DIALECT]).await
}

/// Sends a document with variables as somebody.
pub async fn send(world: &World, key: &str, query: &str, variables: Value) -> Reply {
    let body = json!({"query": query, "variables": variables});
    let call = world.post("/opencti/graphql").bearer(key);
    call.json(&body).send().await
}

/// The data of an answer without errors.
pub async fn ask(world: &World, key: &str, query: &str, variables: Value) -> Value {
    let reply = send(world, key, query, variables).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut answer = reply.json();
    assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
    answer["data"].take()
}

/// The first error of an answer that must have one, as "CODE message".
pub async fn complaint(world: &World, key: &str, query: &str, variables: Value) -> String {
    let reply = send(world, key, query, variables).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    told(&reply.json())
}

/// The first error of an answer, as "CODE message".
pub fn told(answer: &Value) -> String {
    let error = &answer["errors"][0];
    let text = |value: &Value| {
        value
            .as_str()
            .unwrap_or_else(|| panic!("no error: {answer:#}"))
            .to_owned()
    };
    assert_eq!(error["name"], error["extensions"]["code"], "{answer:#}");
    format!("{} {}", text(&error["name"]), text(&error["message"]))
}

/// The capability ids by name.
pub async fn capability(world: &World, name: &str) -> Value {
    let query = "{ capabilities { edges { node { id name } } } }";
    let data = ask(world, &world.key, query, json!({})).await;
    let edges = data["capabilities"]["edges"].as_array().unwrap();
    let found = edges.iter().find(|edge| edge["node"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))["node"]["id"].clone()
}

/// A group whose members have these capabilities.
pub async fn group_with(world: &World, name: &str, capabilities: &[&str]) -> Value {
    let group = ask(
        world,
        &world.key,
        "mutation ($name: String!) { groupAdd(input: {name: $name, group_confidence_level: {max_confidence: 50, overrides: []}}) { id } \
         roleAdd(input: {name: $name}) { id } }",
        json!({"name": name}),
    )
    .await;
    for name in capabilities {
        ask(
            world,
            &world.key,
            "mutation ($id: ID!, $to: ID!) { roleEdit(id: $id) { relationAdd(input: {relationship_type: \"has-capability\", toId: $to}) { id } } }",
            json!({"id": group["roleAdd"]["id"], "to": capability(world, name).await}),
        )
        .await;
    }
    ask(
        world,
        &world.key,
        "mutation ($id: ID!, $to: ID!) { groupEdit(id: $id) { relationAdd(input: {relationship_type: \"has-role\", toId: $to}) { id } } }",
        json!({"id": group["groupAdd"]["id"], "to": group["roleAdd"]["id"]}),
    )
    .await;
    group["groupAdd"]["id"].clone()
}

/// A user made by the owner: the id.
pub async fn user(world: &World, name: &str, input: Value) -> Value {
    let email = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
    let mut full = json!({"name": name, "user_email": email});
    for (key, value) in input.as_object().unwrap() {
        full[key] = value.clone();
    }
    let query = "mutation ($input: UserAddInput!) { userAdd(input: $input) { id } }";
    let data = ask(world, &world.key, query, json!({"input": full})).await;
    data["userAdd"]["id"].clone()
}

/// A fresh token of a user.
pub async fn token(world: &World, user: &Value) -> String {
    let query = "mutation ($id: ID!) { userAdminTokenAdd(userId: $id, input: {name: \"test\"}) { plaintext_token } }";
    let data = ask(world, &world.key, query, json!({"id": user})).await;
    data["userAdminTokenAdd"]["plaintext_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// An answer for snapshots: internal ids are drawn one after the other, so that whatever other
/// dialects install shifts them, and so are tokens; standard ids are computed and stay, but for those
/// of relations, which are made of internal ones. The length goes with the ids.
pub fn stable(reply: &Reply) -> String {
    let uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    let mut shown = reply.shown();
    for (pattern, word) in [
        (
            format!("\"internal-relationship--{uuid}\""),
            "\"internal-relationship--<id>\"",
        ),
        (format!("\"{uuid}\""), "\"<id>\""),
        (format!("automatic\\+{uuid}@"), "automatic+<id>@"),
        (
            "flgrn_octi_tkn_[A-Za-z0-9_-]{64}".to_owned(),
            "flgrn_octi_tkn_<64>",
        ),
        ("\\*{4}[A-Za-z0-9_-]{4}\"".to_owned(), "****<4>\""),
    ] {
        let pattern = regex::Regex::new(&pattern).unwrap();
        shown = pattern.replace_all(&shown, word).into_owned();
    }
    shown
}
