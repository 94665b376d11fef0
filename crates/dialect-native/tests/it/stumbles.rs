//! Where new administrators stumbled: what a flag does not give, and what a refusal tells them to do.

use serde_json::{Value, json};

use super::{fault, owner, with_key};
use crate::world;
use test_support::World;

/// A person homed in a new organisation, with a key.
async fn head(world: &World, organisation: &str) -> String {
    let made = owner(
        world,
        "POST",
        "/organisations",
        json!({"name": organisation}),
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    let head = json!({"email": "head@example.org", "home": organisation, "default_roles": false});
    assert_eq!(owner(world, "POST", "/users", head).await.status, 201);
    let made = owner(world, "POST", "/users/head@example.org/keys", json!({})).await;
    made.json()["secret"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_flag_of_a_membership_gives_no_native_right_and_a_grant_does() {
    let world = world().await;
    let key = head(&world, "Harbour Labs").await;
    let colleague = json!({"email": "ada@example.org", "home": "Harbour Labs"});
    assert_eq!(owner(&world, "POST", "/users", colleague).await.status, 201);
    let flag = json!({"administrator": true});
    let path = "/organisations/Harbour%20Labs/members/head@example.org";
    let flagged = owner(&world, "PUT", path, flag).await;
    assert_eq!(flagged.status, 200, "{flagged:?}");
    assert_eq!(flagged.json()["administrator"], true);
    let change = json!({"title": "Countess"});
    let refused = with_key(
        &world,
        &key,
        "PATCH",
        "/users/ada@example.org",
        change.clone(),
    )
    .await;
    assert!(matches!(refused.status, 403 | 404), "{refused:?}");
    let grant = json!({"role": "usher:administrator", "organisation": "Harbour Labs"});
    let granted = owner(&world, "POST", "/users/head@example.org/grants", grant).await;
    assert_eq!(granted.status, 201, "{granted:?}");
    let changed = with_key(&world, &key, "PATCH", "/users/ada@example.org", change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
}

/// A refusal to the administrator of an organisation names the missing permission and the place, and no role that the administrator holds.
#[tokio::test]
async fn a_refusal_names_the_permission_and_the_place_and_no_role() {
    let world = world().await;
    let key = head(&world, "Harbour Labs").await;
    let grant = json!({"role": "usher:administrator", "organisation": "Harbour Labs"});
    let granted = owner(&world, "POST", "/users/head@example.org/grants", grant).await;
    assert_eq!(granted.status, 201, "{granted:?}");
    let refused = with_key(&world, &key, "GET", "/settings/mail", Value::Null).await;
    let (status, code, _) = fault(&refused);
    assert_eq!((status, code.as_str()), (403, "forbidden"), "{refused:?}");
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    let told = "This needs the permission settings.read where the target is.";
    assert!(detail.starts_with(told), "{detail}");
}
