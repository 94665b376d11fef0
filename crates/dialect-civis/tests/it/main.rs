//! Civis Platform over its wire: see the crate `test-support` for the world, replays, coverage and
//! hostile input.
#![expect(clippy::unwrap_used, reason = "tests")]

mod activity;
mod answers;
mod conformance;
mod constraints;
mod filters;
mod recorded;
mod refusals;
mod rights;
mod statements;

use base64::Engine as _;
use dialect_civis::DIALECT;
use directory::{GroupId, NewKey, NewOrganisation, NewUser, OrganisationId, Platform, User};
use serde_json::Value;
use test_support::{Call, Reply, World, world_of};

/// The dialect alone over a fresh directory.
pub async fn world() -> World {
    world_of(&[&DIALECT]).await
}

/// The header that carries a key, as the client sends it.
pub fn sign(key: &str) -> (&'static str, String) {
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{key}:"));
    ("Authorization", format!("Basic {text}"))
}

/// A call with a key.
pub fn keyed<'w>(world: &'w World, method: &str, path: &str, key: &str) -> Call<'w> {
    let (name, value) = sign(key);
    world
        .request(method, &format!("/civis/{path}"))
        .header(name, &value)
}

/// A call of the owner's.
pub async fn owner(world: &World, method: &str, path: &str) -> Reply {
    keyed(world, method, path, &world.key).send().await
}

/// A call of the owner's with a body.
pub async fn owner_sends(world: &World, method: &str, path: &str, body: Value) -> Reply {
    keyed(world, method, path, &world.key)
        .json(&body)
        .send()
        .await
}

/// The vendor's one shape of errors.
pub fn shaped(reply: &Reply) -> bool {
    let body = reply.json();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    keys == ["error", "errorDescription", "code"]
        && body["code"] == reply.status
        && reply.header("content-type") == Some("application/json")
        && (reply.status != 401 || reply.header("www-authenticate").is_some())
}

/// An organisation with its built-in groups, by their words.
pub struct Place {
    /// The organisation.
    pub id: OrganisationId,
    /// Its group that every member is in.
    pub base: GroupId,
    /// Its administrators.
    pub admins: GroupId,
    /// Those who administer its teams.
    pub teams: GroupId,
}

/// A fresh organisation below the root.
pub async fn place(world: &World, name: &str) -> Place {
    let new = NewOrganisation {
        name: name.to_owned(),
        ..NewOrganisation::default()
    };
    let id = world.system().create_organisation(new).await.unwrap().id;
    let civis = world
        .directory
        .act(&world.directory.system(Platform::new("civis")));
    let group = async |word: &str| civis.builtin_group(word, id).await.unwrap().id;
    Place {
        id,
        base: group("base").await,
        admins: group("admins").await,
        teams: group("team_admins").await,
    }
}

/// A user of an organisation in these groups, the first one primary, with a key.
pub async fn person(
    world: &World,
    place: &Place,
    login: &str,
    groups: &[GroupId],
) -> (User, String) {
    let civis = world
        .directory
        .act(&world.directory.system(Platform::new("civis")));
    let new = NewUser {
        login: Some(login.to_owned()),
        email: Some(format!("{login}@example.org")),
        home: Some(place.id),
        primary_group: groups.first().copied(),
        groups: groups.iter().skip(1).copied().collect(),
        ..NewUser::default()
    };
    let user = civis.create_user(new).await.unwrap();
    let key = civis.create_key(user.id, NewKey::default()).await.unwrap();
    (user, key.secret)
}
