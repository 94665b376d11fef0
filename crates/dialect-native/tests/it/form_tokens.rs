//! Form tokens over the wire: a request that brings one is done once.

use serde_json::{Value, json};

use super::{by_owner, fault, owner};
use crate::world;
use test_support::{Reply, World};

async fn token(world: &World, form: &str) -> String {
    let made = owner(world, "POST", "/form-tokens", json!({ "form": form })).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.json()["form"], form);
    assert_eq!(made.json()["expires_at"], "2026-01-01T12:00:00.000Z");
    made.json()["token"].as_str().unwrap().to_owned()
}

async fn send(world: &World, path: &str, token: &str, body: &Value) -> Reply {
    by_owner(world, "POST", path)
        .header("Form-Token", token)
        .json(body)
        .send()
        .await
}

#[tokio::test]
async fn a_form_is_sent_once() {
    let world = world().await;
    let key = token(&world, "POST /me/keys").await;
    let body = json!({"name": "notebook"});
    let first = send(&world, "/me/keys", &key, &body).await;
    assert_eq!(first.status, 201, "{first:?}");
    let before = world.contents().await;
    // What a reloaded page sends again.
    let again = send(&world, "/me/keys", &key, &body).await;
    assert_eq!(
        (again.status, fault(&again).1.as_str()),
        (409, "form-token-used")
    );
    assert!(!again.text.contains("secret"), "{again:?}");
    assert_eq!(world.contents().await, before);
}

#[tokio::test]
async fn a_refused_form_is_corrected_and_sent_again() {
    let world = world().await;
    let group = token(&world, "POST /groups").await;
    let refused = send(&world, "/groups", &group, &json!({"name": ""})).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    let trial = send(
        &world,
        "/groups?dry_run=true",
        &group,
        &json!({"name": "SOC"}),
    )
    .await;
    assert_eq!(trial.status, 201, "{trial:?}");
    let done = send(&world, "/groups", &group, &json!({"name": "SOC"})).await;
    assert_eq!(done.status, 201, "{done:?}");
}

#[tokio::test]
async fn a_token_of_another_form_is_refused_before_anything_is_done() {
    let world = world().await;
    let group = token(&world, "POST /groups").await;
    let wrong = send(&world, "/organisations", &group, &json!({"name": "Child"})).await;
    assert_eq!(
        (wrong.status, fault(&wrong).1.as_str()),
        (403, "form-token-invalid")
    );
    let (_, stranger) = world.powerless("stranger@example.org").await;
    let theirs = world
        .request("POST", "/api/v1/groups")
        .bearer(&stranger)
        .header("Form-Token", &group)
        .json(&json!({"name": "SOC"}))
        .send()
        .await;
    assert_eq!(theirs.status, 403, "{theirs:?}");
    world.clock.advance(12 * 3_600_000);
    let late = send(&world, "/groups", &group, &json!({"name": "SOC"})).await;
    assert_eq!(fault(&late).1, "form-token-invalid");
    let organisations = owner(&world, "GET", "/organisations?total=true", Value::Null).await;
    let groups = owner(&world, "GET", "/groups?total=true", Value::Null).await;
    assert_eq!(
        (&organisations.json()["total"], &groups.json()["total"]),
        (&json!(1), &json!(0))
    );
}

#[tokio::test]
async fn a_file_that_did_not_come_whole_uses_nothing_up() {
    let world = world().await;
    let import = token(&world, "POST /imports").await;
    let file = async |body: &'static str| {
        by_owner(&world, "POST", "/imports?what=users")
            .header("Content-Type", "text/csv")
            .header("Form-Token", &import)
            .body(body)
            .send()
            .await
    };
    assert_eq!(file("shoe\n1\n").await.status, 422);
    assert_eq!(file("email\nada@example.org\n").await.status, 202);
    let again = file("email\nada@example.org\n").await;
    assert_eq!(
        (again.status, fault(&again).1.as_str()),
        (409, "form-token-used")
    );
}

#[tokio::test]
async fn no_token_is_made_by_a_key_that_only_reads() {
    let world = world().await;
    let body = json!({"name": "reader", "read_only": true});
    let made = owner(&world, "POST", "/me/keys", body).await;
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    let refused = super::with_key(
        &world,
        &secret,
        "POST",
        "/form-tokens",
        json!({"form": "POST /groups"}),
    )
    .await;
    assert_eq!(
        (refused.status, fault(&refused).1.as_str()),
        (403, "key-limit")
    );
}
