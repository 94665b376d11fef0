//! What writes cost: their answers are read in the transaction that writes, not by further ones.

use directory::{FIRST_OWNER, NewKey, NewUser, ROOT};
use serde_json::{Value, json};

use super::keyed;
use crate::world;

/// A key of an organisation: each transaction that shows people looks up first which of them it shows, so that each
/// further one would cost another statement.
#[tokio::test]
async fn answers_of_writes_are_read_in_their_transaction() {
    let world = world().await;
    let acme = super::place(&world, "Acme").await;
    let new = NewKey {
        organisation: Some(ROOT),
        ..NewKey::default()
    };
    let made = world.system().create_key(FIRST_OWNER, new).await.unwrap();
    let ask = async |method: &str, path: &str, body: Value| {
        let before = world.directory.statements();
        let reply = keyed(&world, method, path, &made.secret).json(&body);
        let reply = reply.send().await;
        assert!(reply.status < 300, "{method} {path} {reply:?}");
        (world.directory.statements() - before, reply.json())
    };
    let person = |name: &str| {
        json!({
            "name": name, "email": format!("{name}@example.org"), "user": name,
            "primary_group_id": acme.base.number(),
        })
    };
    // The caller and the defaults for new people are remembered from the first request on.
    ask("POST", "users/", person("first")).await;
    let (create, ada) = ask("POST", "users/", person("ada")).await;
    let path = format!("users/{}", ada["id"]);
    let (change, _) = ask("PATCH", &path, json!({"department": "Engines"})).await;
    let (me, _) = ask("PATCH", "users/me", json!({"preferences": {}})).await;
    // A user who was made elsewhere belongs to no group: the home's base group is the primary one here.
    let new = NewUser {
        email: Some("bob@example.org".to_owned()),
        home: Some(acme.id),
        ..NewUser::default()
    };
    let bob = world.system().create_user(new).await.unwrap().id;
    let base = format!("groups/{}", acme.base);
    ask("PATCH", &base, json!({"default_time_zone": "Europe/Paris"})).await;
    let path = format!("users/{bob}");
    let (foreign, shown) = ask("PATCH", &path, json!({"department": "Engines"})).await;
    assert_eq!(shown["timeZone"], "Europe/Paris");
    let group = json!({"name": "Engines", "organization_id": 1});
    let (create_group, group) = ask("POST", "groups/", group).await;
    let path = format!("groups/{}", group["id"]);
    let member = format!("{path}/members/{}", bob);
    let (member, _) = ask("PUT", &member, json!({})).await;
    let (change_group, _) = ask("PATCH", &path, json!({"description": "Analytical"})).await;
    insta::assert_debug_snapshot!([
        ("create", create),
        ("change", change),
        ("me", me),
        ("change of a user without groups", foreign),
        ("create group", create_group),
        ("add member", member),
        ("change group", change_group),
    ]);
}
