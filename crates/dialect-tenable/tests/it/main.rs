//! Tenable Identity Exposure over its wire: see the crate `test-support` for the world, replays, coverage and
//! hostile input.
#![expect(clippy::unwrap_used, reason = "tests")]

mod answers;
mod members;
mod recorded;
mod refusals;
mod rights;
mod sessions;
mod settings;
mod shown;
mod statements;
mod width;

use dialect_tenable::DIALECT;
use directory::{NewPassword, NewUser, Status, User, UserId};
use serde_json::{Value, json};

use test_support::{Call, Reply, World, world_of};

/// The dialect alone over a fresh directory.
pub async fn world() -> World {
    world_of(&[&DIALECT]).await
}

const PASSWORD: &str = "Cobalt-Lantern-73!";

/// A call with a key.
fn keyed<'w>(world: &'w World, method: &str, path: &str, key: &str) -> Call<'w> {
    world
        .request(method, &format!("/tenable/api/{path}"))
        .key("X-API-Key", key)
}

/// A call of the owner's.
async fn owner(world: &World, method: &str, path: &str) -> Reply {
    keyed(world, method, path, &world.key).send().await
}

/// A call of the owner's with a body.
async fn owner_sends(world: &World, method: &str, path: &str, body: Value) -> Reply {
    keyed(world, method, path, &world.key)
        .json(&body)
        .send()
        .await
}

/// Somebody with a password, a key and these roles of the dialect.
async fn person(world: &World, email: &str, roles: &[i64]) -> (User, String) {
    let (user, key) = world
        .person(NewUser {
            email: Some(email.to_owned()),
            names: directory::Names {
                given: Some("Ada".to_owned()),
                ..directory::Names::default()
            },
            password: NewPassword::Chosen(PASSWORD.to_owned()),
            status: Some(Status::Active),
            ..NewUser::default()
        })
        .await;
    give(world, user.id, roles).await;
    (user, key)
}

/// Makes somebody's roles these.
async fn give(world: &World, user: UserId, roles: &[i64]) {
    let path = format!("users/{user}/roles");
    let reply = owner_sends(world, "PUT", &path, json!({ "roles": roles })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// What a role permits: entity, action, ids, oneself.
type Permitted<'a> = (&'a str, &'a str, Option<&'a [i64]>, bool);

/// A role that permits these.
async fn role(world: &World, name: &str, permissions: &[Permitted<'_>]) -> i64 {
    let made = owner_sends(
        world,
        "POST",
        "roles",
        json!([{ "name": name, "description": "" }]),
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    let number = made.json()[0]["id"].as_i64().unwrap();
    let documents: Vec<Value> = permissions
        .iter()
        .map(|(entity, action, ids, oneself)| {
            json!({
                "entityName": entity, "action": action, "entityIds": ids,
                "dynamicId": oneself.then_some("self-user-id"),
            })
        })
        .collect();
    let path = format!("roles/{number}/permissions");
    let reply = owner_sends(world, "PUT", &path, json!(documents)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    number
}
