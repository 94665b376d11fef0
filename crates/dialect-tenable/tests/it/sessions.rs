//! Signing in and out, passwords, mailed tokens and the lock-out, by a clock that the test moves.

use serde_json::json;

use super::{PASSWORD, keyed, owner, owner_sends, person};
use crate::world;
use test_support::{Reply, World};

const NEW: &str = "Fr3sh!Marigold-Canyon";

async fn login(world: &World, email: &str, password: &str) -> Reply {
    let body = json!({ "email": email, "password": password });
    world.post("/tenable/api/login").json(&body).send().await
}

async fn token(world: &World, email: &str, password: &str) -> String {
    let reply = login(world, email, password).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["authToken"].as_str().unwrap().to_owned()
}

async fn whoami(world: &World, key: &str) -> u16 {
    keyed(world, "GET", "users/whoami", key).send().await.status
}

#[tokio::test]
async fn sessions() {
    let world = world().await;
    person(&world, "ada@example.org", &[]).await;
    insta::assert_snapshot!(
        "login",
        login(&world, "ada@example.org", PASSWORD).await.shown()
    );
    let one = token(&world, "ADA@example.org", PASSWORD).await;
    let other = token(&world, "ada@example.org", PASSWORD).await;
    assert_eq!(whoami(&world, &one).await, 200);
    let bearer = world
        .get("/tenable/api/users/whoami")
        .bearer(&other)
        .send()
        .await;
    assert_eq!(bearer.status, 200);
    // A session is given a key of its own, and only sessions made here are replaced by another.
    let first = keyed(&world, "GET", "api-key", &one).send().await.json()["key"].clone();
    let second = keyed(&world, "POST", "api-key", &one)
        .json(&json!({}))
        .send()
        .await
        .json()["key"]
        .clone();
    assert_ne!(first, second);
    assert_eq!(whoami(&world, first.as_str().unwrap()).await, 401);
    assert_eq!(whoami(&world, second.as_str().unwrap()).await, 200);
    let out = keyed(&world, "POST", "logout", &one).send().await;
    insta::assert_snapshot!("logout", out.shown());
    assert_eq!(whoami(&world, &one).await, 401);
    assert_eq!(whoami(&world, &other).await, 200);
    // With a key there is no session to end.
    let key = second.as_str().unwrap();
    assert_eq!(
        keyed(&world, "POST", "logout", key).send().await.status,
        204
    );
    assert_eq!(whoami(&world, key).await, 200);
}

#[tokio::test]
async fn refusals_to_sign_in_read_alike() {
    let world = world().await;
    person(&world, "ada@example.org", &[]).await;
    let (off, _) = person(&world, "off@example.org", &[]).await;
    let path = format!("users/{}", off.id);
    owner_sends(&world, "PATCH", &path, json!({ "active": false })).await;
    let (locked, _) = person(&world, "locked@example.org", &[]).await;
    for _ in 0..3 {
        login(&world, "locked@example.org", "wrong").await;
    }
    let path = format!("users/{}", locked.id);
    assert_eq!(owner(&world, "GET", &path).await.json()["lockedOut"], true);
    let mut texts = std::collections::BTreeSet::new();
    for (email, password) in [
        ("ada@example.org", "wrong"),
        ("nobody@example.org", PASSWORD),
        ("off@example.org", PASSWORD),
        ("locked@example.org", PASSWORD),
    ] {
        let reply = login(&world, email, password).await;
        texts.insert(format!("{} {}", reply.status, reply.text));
    }
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts.iter().all(|text| text.starts_with("401")));
}

#[tokio::test]
async fn the_lockout_policy_is_in_force() {
    let world = world().await;
    let (ada, key) = person(&world, "ada@example.org", &[]).await;
    let path = format!("users/{}", ada.id);
    let locked = async || owner(&world, "GET", &path).await.json()["lockedOut"] == true;
    let fail = async |times: u32| {
        for _ in 0..times {
            assert_eq!(login(&world, "ada@example.org", "wrong").await.status, 401);
        }
    };
    let policy = json!({
        "enabled": true, "lockoutDuration": 100, "failedAttemptThreshold": 2, "failedAttemptPeriod": 50,
    });
    let reply = owner_sends(&world, "PATCH", "lockout-policy", policy).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, "null"));
    // Failures further apart than the period do not add up.
    fail(1).await;
    world.clock.advance(51_000);
    fail(1).await;
    assert!(!locked().await);
    // A success clears the count.
    token(&world, "ada@example.org", PASSWORD).await;
    fail(1).await;
    assert!(!locked().await);
    fail(1).await;
    assert!(locked().await);
    assert_eq!(login(&world, "ada@example.org", PASSWORD).await.status, 401);
    // Guesses refuse passwords, never keys.
    assert_eq!(whoami(&world, &key).await, 200);
    // It ends by itself.
    world.clock.advance(99_000);
    assert!(locked().await);
    world.clock.advance(1_001);
    assert!(!locked().await);
    token(&world, "ada@example.org", PASSWORD).await;
    assert_eq!(whoami(&world, &key).await, 200);
    // Or by an administrator, who clears the count as well.
    fail(2).await;
    assert!(locked().await);
    let echo = owner_sends(&world, "PATCH", &path, json!({ "active": true })).await;
    assert_eq!(echo.json()["lockedOut"], true);
    let unlocked = owner_sends(&world, "PATCH", &path, json!({ "lockedOut": false })).await;
    assert_eq!(unlocked.json()["lockedOut"], false);
    fail(1).await;
    assert!(!locked().await);
    // Duration 0 locks until it is lifted.
    owner_sends(
        &world,
        "PATCH",
        "lockout-policy",
        json!({ "lockoutDuration": 0 }),
    )
    .await;
    fail(1).await;
    world.clock.advance(1_000_000_000);
    assert!(locked().await);
    owner_sends(&world, "PATCH", &path, json!({ "lockedOut": false })).await;
    owner_sends(
        &world,
        "PATCH",
        "lockout-policy",
        json!({ "enabled": false }),
    )
    .await;
    fail(5).await;
    assert!(!locked().await);
}

#[tokio::test]
async fn ones_own_password() {
    let world = world().await;
    let (_, key) = person(&world, "ada@example.org", &[]).await;
    let session = token(&world, "ada@example.org", PASSWORD).await;
    let change = async |old: &str, new: &str| {
        let body = json!({ "oldPassword": old, "newPassword": new });
        keyed(&world, "PATCH", "users/password", &key)
            .json(&body)
            .send()
            .await
    };
    insta::assert_snapshot!("wrong_old_password", change("wrong", NEW).await.shown());
    insta::assert_snapshot!("weak_password", change(PASSWORD, "short").await.shown());
    assert_eq!(whoami(&world, &session).await, 200);
    insta::assert_snapshot!("password_changed", change(PASSWORD, NEW).await.shown());
    assert_eq!(login(&world, "ada@example.org", PASSWORD).await.status, 401);
    assert_eq!(login(&world, "ada@example.org", NEW).await.status, 200);
    assert_eq!(whoami(&world, &session).await, 401);
    assert_eq!(whoami(&world, &key).await, 200);
}

/// Sends what waits, and tells the token of the newest mail of that template.
async fn mailed(world: &World, template: &str) -> Option<String> {
    let mut token = None;
    for mail in world.directory.due_mail(100).await.unwrap() {
        if mail.template == template {
            token = mail.values["token"].as_str().map(str::to_owned);
        }
        world.directory.mail_sent(mail.id).await.unwrap();
    }
    token
}

#[tokio::test]
async fn a_forgotten_password() {
    let world = world().await;
    person(&world, "ada@example.org", &[]).await;
    let forget = async |email: &str| {
        let call = world.post("/tenable/api/users/forgotten-password");
        let reply = call.json(&json!({ "email": email })).send().await;
        assert_eq!(
            (reply.status, reply.text.as_str()),
            (200, "null"),
            "{email}"
        );
    };
    let retrieve = async |token: &str, password: &str| {
        let body = json!({ "token": token, "newPassword": password });
        let call = world.post("/tenable/api/users/retrieve-password");
        call.json(&body).send().await
    };
    forget("nobody@example.org").await;
    forget("not an address").await;
    assert_eq!(mailed(&world, "password_reset").await, None);
    forget("Ada@example.org").await;
    let mailed_token = mailed(&world, "password_reset").await.unwrap();
    // The old password stays valid until the token is used; a weak new one does not use it up.
    token(&world, "ada@example.org", PASSWORD).await;
    assert_eq!(retrieve(&mailed_token, "short").await.status, 400);
    let made_up = retrieve("TOKEN-FROM-MAIL", NEW).await;
    insta::assert_snapshot!("made_up_token", made_up.shown());
    let done = retrieve(&mailed_token, NEW).await;
    insta::assert_snapshot!("password_retrieved", done.shown());
    assert_eq!((done.status, done.text.as_str()), (200, "null"));
    assert_eq!(login(&world, "ada@example.org", PASSWORD).await.status, 401);
    token(&world, "ada@example.org", NEW).await;
    // Once only.
    assert_eq!(
        retrieve(&mailed_token, "An0ther!Sunflower-Bay")
            .await
            .status,
        401
    );
    // Not after its time, and not after another change of the password.
    world.clock.advance(3_600_000);
    forget("ada@example.org").await;
    let late = mailed(&world, "password_reset").await.unwrap();
    world.clock.advance(3_600_001);
    assert_eq!(retrieve(&late, PASSWORD).await.status, 401);
    forget("ada@example.org").await;
    let void = mailed(&world, "password_reset").await.unwrap();
    let reply = owner_sends(&world, "PATCH", "users/2", json!({ "password": PASSWORD })).await;
    assert_eq!(reply.status, 200);
    assert_eq!(retrieve(&void, NEW).await.status, 401);
    token(&world, "ada@example.org", PASSWORD).await;
    // Nobody who is inactive gets a mail.
    owner_sends(&world, "PATCH", "users/2", json!({ "active": false })).await;
    world.clock.advance(3_600_000);
    forget("ada@example.org").await;
    assert_eq!(mailed(&world, "password_reset").await, None);
}

#[tokio::test]
async fn inactive_people_are_kept_out_and_let_in_again() {
    let world = world().await;
    let (_, key) = person(&world, "ada@example.org", &[]).await;
    let session = token(&world, "ada@example.org", PASSWORD).await;
    owner_sends(&world, "PATCH", "users/2", json!({ "active": false })).await;
    assert_eq!(
        (whoami(&world, &key).await, whoami(&world, &session).await),
        (401, 401)
    );
    owner_sends(&world, "PATCH", "users/2", json!({ "active": true })).await;
    assert_eq!(whoami(&world, &key).await, 200);
}
