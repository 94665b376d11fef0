//! CrowdStrike Falcon over its wire: see the crate `test-support` for the world.
#![expect(clippy::unwrap_used, reason = "tests")]

mod answers;
mod filters;
mod recorded;
mod refusals;
mod rights;
mod statements;
mod tokens;

use dialect_falcon::{DIALECT, PLATFORM};
use directory::{
    GroupRoleScope, KeyField, NewGrant, NewGroup, NewKey, NewOrganisation, NewUser, OrganisationId,
    Predicate, Query, ROOT, Ref, RoleField, RoleId, Test, User, UserId,
};
use serde_json::{Value, json};
use test_support::{Call, Reply, World, world_of};

/// The dialect alone over a fresh directory.
async fn world() -> World {
    world_of(&[&DIALECT]).await
}

/// An API client.
#[derive(Clone, Debug)]
struct Client {
    id: String,
    secret: String,
}

/// The owner's.
async fn owners_client(world: &World) -> Client {
    let own = Predicate::Is(
        KeyField::User,
        Test::Equals(directory::FIRST_OWNER.number().into()),
    );
    let query = Query {
        predicate: own,
        ..Query::default()
    };
    let keys = world.system().keys(&query).await.unwrap().items;
    Client {
        id: keys[0].uuid.simple().to_string(),
        secret: world.key.clone(),
    }
}

/// An API client of somebody's.
async fn client_of(world: &World, user: UserId, new: NewKey) -> Client {
    let fresh = world.system().create_key(user, new).await.unwrap();
    Client {
        id: fresh.key.uuid.simple().to_string(),
        secret: fresh.secret,
    }
}

/// Asks for a token.
async fn ask(world: &World, client: &Client, member: Option<&str>) -> Reply {
    let mut form = format!("client_id={}&client_secret={}", client.id, client.secret);
    if let Some(member) = member {
        form = format!("{form}&member_cid={member}");
    }
    world
        .post("/falcon/oauth2/token")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
}

/// A token that is got.
async fn token(world: &World, client: &Client) -> String {
    let reply = ask(world, client, None).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

async fn owners_token(world: &World) -> String {
    token(world, &owners_client(world).await).await
}

/// A call below the mount with a token.
fn call<'w>(world: &'w World, token: &str, method: &str, path: &str) -> Call<'w> {
    world
        .request(method, &format!("/falcon{path}"))
        .bearer(token)
}

async fn get(world: &World, token: &str, path: &str) -> Reply {
    call(world, token, "GET", path).send().await
}

async fn send(world: &World, token: &str, method: &str, path: &str, body: Value) -> Reply {
    call(world, token, method, path).json(&body).send().await
}

/// The resources of an answer that went well.
fn resources(reply: &Reply) -> Value {
    assert!(reply.status < 300, "{reply:?}");
    let body = reply.json();
    assert_eq!(body["errors"], json!([]), "{reply:?}");
    body["resources"].clone()
}

/// A person with names.
async fn person(world: &World, email: &str, home: OrganisationId) -> User {
    let new = NewUser {
        email: Some(email.to_owned()),
        names: directory::Names {
            display: None,
            given: Some("Ada".to_owned()),
            family: Some("Lovelace".to_owned()),
        },
        home: Some(home),
        ..NewUser::default()
    };
    world.system().create_user(new).await.unwrap()
}

/// A role of the platform.
async fn role(world: &World, word: &str) -> RoleId {
    let query = Query {
        predicate: Predicate::Is(RoleField::Word, Test::Equals(word.into())).and(Predicate::Is(
            RoleField::Platform,
            Test::Equals(PLATFORM.word().into()),
        )),
        ..Query::default()
    };
    world.system().roles(&query).await.unwrap().items[0].id
}

/// Grants a role of the platform.
async fn give(world: &World, user: UserId, word: &str, at: OrganisationId) {
    let grant = NewGrant {
        role: role(world, word).await,
        organisation: Some(at),
        expires_at: None,
    };
    world.system().grant_role(user, grant).await.unwrap();
}

/// Somebody who holds a role in the root, with a token.
async fn with_role(world: &World, email: &str, role: &str) -> (User, String) {
    let user = person(world, email, ROOT).await;
    give(world, user.id, role, ROOT).await;
    let client = client_of(world, user.id, NewKey::default()).await;
    let token = token(world, &client).await;
    (user, token)
}

/// A child of the root: its number and its id.
async fn child(world: &World, name: &str) -> (OrganisationId, String) {
    let new = NewOrganisation {
        name: name.to_owned(),
        parent: Some(ROOT),
        ..NewOrganisation::default()
    };
    let made = world.system().create_organisation(new).await.unwrap();
    (made.id, made.uuid.simple().to_string())
}

/// The root's id.
async fn root_cid(world: &World) -> String {
    let root = world.system().organisation(Ref::Id(ROOT)).await.unwrap();
    root.uuid.simple().to_string()
}

/// The vendor's one shape of errors.
fn shaped(reply: &Reply) -> bool {
    let body = reply.json();
    let errors = body["errors"].as_array().unwrap();
    let meta = &body["meta"];
    errors.len() == 1
        && errors[0]["code"] == reply.status
        && errors[0]["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
        && meta["query_time"].is_f64()
        && meta["trace_id"].as_str() == reply.header("x-cs-traceid")
        && reply.header("x-ratelimit-limit") == Some("6000")
        && reply.header("x-ratelimit-remaining").is_some()
        && reply.header("content-type") == Some("application/json")
        && body.get("resources").is_none_or(Value::is_null)
}
