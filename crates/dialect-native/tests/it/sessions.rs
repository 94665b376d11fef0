use serde_json::{Value, json};

use super::{column, fault, owner, stranger, with_key};
use crate::world;
use test_support::{OWNER_PASSWORD, World};

const PASSWORD: &str = "seven purple elephants dance";
const OTHER: &str = "nine yellow giraffes whistle";

/// Ada, with a password of her own choice.
async fn with_ada() -> World {
    let world = world().await;
    let body = json!({
        "login": "ada", "email": "ada@example.org", "password": PASSWORD, "must_change_password": false,
    });
    let made = owner(&world, "POST", "/users", body).await;
    assert_eq!(
        (made.status, &made.json()["has_password"]),
        (201, &json!(true)),
        "{made:?}"
    );
    world
}

async fn sign_in(world: &World, login: &str, password: &str) -> String {
    let reply = stranger(
        world,
        "POST",
        "/sign-in",
        json!({"login": login, "password": password}),
    )
    .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["token"].as_str().unwrap().to_owned()
}

/// The token in the mail that is due.
async fn mailed(world: &World, template: &str) -> String {
    let due = world.directory.due_mail(10).await.unwrap();
    let mail = due.iter().find(|mail| mail.template == template);
    let mail = mail.unwrap_or_else(|| panic!("{template} is not among {due:?}"));
    mail.values["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_opens_until_it_ends() {
    let world = with_ada().await;
    let body = json!({"login": "ADA@example.org", "password": PASSWORD});
    let fresh = stranger(&world, "POST", "/sign-in", body).await;
    assert_eq!(fresh.json()["must_change_password"], false);
    assert_eq!(fresh.json()["session"]["current"], true);
    let token = fresh.json()["token"].as_str().unwrap().to_owned();
    let other = sign_in(&world, "ada", PASSWORD).await;
    let me = with_key(&world, &token, "GET", "/me", Value::Null).await;
    assert_eq!(
        (&me.json()["login"], &me.json()["credential"]["kind"]),
        (&json!("ada"), &json!("session"))
    );
    let own = with_key(&world, &token, "GET", "/me/sessions", Value::Null).await;
    assert_eq!(
        column(&own, "current")
            .iter()
            .filter(|one| **one == true)
            .count(),
        1
    );
    for path in ["/users/ada/sessions", "/sessions"] {
        let shown = owner(&world, "GET", path, Value::Null).await;
        assert_eq!(column(&shown, "user"), [2, 2], "{path}");
        assert!(!shown.text.contains(&token));
    }
    let ended = with_key(&world, &token, "DELETE", "/me/sessions", Value::Null).await;
    assert_eq!(ended.json(), json!({"ended": 1}));
    assert_eq!(
        with_key(&world, &other, "GET", "/me", Value::Null)
            .await
            .status,
        401
    );
    assert_eq!(
        with_key(&world, &token, "POST", "/sign-out", Value::Null)
            .await
            .status,
        204
    );
    let gone = with_key(&world, &token, "GET", "/me", Value::Null).await;
    assert_eq!(fault(&gone), (401, "unknown-credential".to_owned(), None));
    // An administrator ends one, or all.
    let first = sign_in(&world, "ada", PASSWORD).await;
    let second = sign_in(&world, "ada", PASSWORD).await;
    let shown = owner(&world, "GET", "/users/ada/sessions", Value::Null).await;
    let id = shown.json()["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        owner(&world, "DELETE", &format!("/sessions/{id}"), Value::Null)
            .await
            .status,
        204
    );
    let ended = owner(&world, "DELETE", "/users/ada/sessions", Value::Null).await;
    assert_eq!(ended.json(), json!({"ended": 1}));
    for token in [first, second] {
        assert_eq!(
            with_key(&world, &token, "GET", "/me", Value::Null)
                .await
                .status,
            401
        );
    }
    // A key has no session to end.
    assert_eq!(
        fault(&owner(&world, "POST", "/sign-out", Value::Null).await).0,
        404
    );
}

#[tokio::test]
async fn the_door_tells_nothing_and_locks() {
    let world = with_ada().await;
    let mut refusals = Vec::new();
    for (login, password) in [
        ("ada", "wrong"),
        ("nobody", "wrong"),
        ("nobody@example.org", PASSWORD),
    ] {
        let reply = stranger(
            &world,
            "POST",
            "/sign-in",
            json!({"login": login, "password": password}),
        )
        .await;
        assert_eq!(fault(&reply), (401, "unknown-credential".to_owned(), None));
        refusals.push(reply.json()["detail"].clone());
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]));
    for _ in 0..3 {
        stranger(
            &world,
            "POST",
            "/sign-in",
            json!({"login": "ada", "password": "wrong"}),
        )
        .await;
    }
    let locked = stranger(
        &world,
        "POST",
        "/sign-in",
        json!({"login": "ada", "password": PASSWORD}),
    )
    .await;
    assert_eq!(locked.status, 401, "{locked:?}");
    let shown = owner(&world, "GET", "/users/ada", Value::Null).await;
    assert_eq!(shown.json()["standing"], "locked_out");
    assert!(shown.json()["locked_out_until"].is_string());
    let unlocked = owner(&world, "POST", "/users/ada/unlock", Value::Null).await;
    assert_eq!(unlocked.json()["standing"], "active", "{unlocked:?}");
    sign_in(&world, "ada", PASSWORD).await;
    for (body, field) in [
        (json!({"login": "ada"}), "password"),
        (json!({"password": "x"}), "login"),
        (json!({"login": 1, "password": "x"}), "login"),
        (
            json!({"login": "ada", "password": "x", "remember": true}),
            "remember",
        ),
    ] {
        let refused = stranger(&world, "POST", "/sign-in", body).await;
        assert_eq!(fault(&refused).2.as_deref(), Some(field));
    }
}

#[tokio::test]
async fn passwords_change_hands_with_care() {
    let world = with_ada().await;
    let token = sign_in(&world, "ada", PASSWORD).await;
    let other = sign_in(&world, "ada", PASSWORD).await;
    let put =
        async |key: &str, body: Value| with_key(&world, key, "PUT", "/me/password", body).await;
    for (body, kind, field) in [
        (
            json!({"password": OTHER}),
            "wrong-password",
            "current_password",
        ),
        (
            json!({"current_password": "wrong", "password": OTHER}),
            "wrong-password",
            "current_password",
        ),
        (
            json!({"current_password": PASSWORD, "password": "short"}),
            "weak-password",
            "password",
        ),
        (
            json!({"current_password": PASSWORD, "password": PASSWORD}),
            "weak-password",
            "password",
        ),
        (
            json!({"current_password": PASSWORD, "password": "ada@example.org"}),
            "weak-password",
            "password",
        ),
        (json!({"current_password": PASSWORD}), "invalid", "password"),
    ] {
        let refused = put(&token, body.clone()).await;
        let (status, was, at) = fault(&refused);
        assert_eq!(
            (status, was.as_str(), at.as_deref()),
            (422, kind, Some(field)),
            "{body}"
        );
    }
    let changed = put(
        &token,
        json!({"current_password": PASSWORD, "password": OTHER}),
    )
    .await;
    assert_eq!(changed.status, 204, "{changed:?}");
    assert_eq!(
        with_key(&world, &other, "GET", "/me", Value::Null)
            .await
            .status,
        401
    );
    assert_eq!(
        with_key(&world, &token, "GET", "/me", Value::Null)
            .await
            .status,
        200
    );
    // Set by somebody else, it opens nothing but the change to one's own.
    let set = owner(
        &world,
        "PUT",
        "/users/ada/password",
        json!({"password": PASSWORD}),
    )
    .await;
    assert_eq!(set.status, 204, "{set:?}");
    assert_eq!(
        with_key(&world, &token, "GET", "/me", Value::Null)
            .await
            .status,
        401
    );
    let limited = sign_in(&world, "ada", PASSWORD).await;
    let refused = with_key(&world, &limited, "GET", "/me/keys", Value::Null).await;
    assert_eq!(
        fault(&refused),
        (403, "password-change-needed".to_owned(), None)
    );
    assert_eq!(
        with_key(&world, &limited, "GET", "/me", Value::Null)
            .await
            .json()["must_change_password"],
        true
    );
    let changed = put(
        &limited,
        json!({"current_password": PASSWORD, "password": OTHER}),
    )
    .await;
    assert_eq!(changed.status, 204, "{changed:?}");
    assert_eq!(
        with_key(&world, &limited, "GET", "/me/keys", Value::Null)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_forgotten_password_is_reset_by_mail() {
    let world = with_ada().await;
    for login in ["ada@example.org", "nobody@example.org", "ada"] {
        let asked = stranger(&world, "POST", "/password-resets", json!({"login": login})).await;
        assert_eq!((asked.status, asked.text.as_str()), (202, ""), "{login}");
    }
    let token = mailed(&world, "password_reset").await;
    let state = stranger(&world, "POST", "/tokens/inspect", json!({"token": token})).await;
    assert_eq!(
        (&state.json()["purpose"], &state.json()["login"]),
        (&json!("reset"), &json!("ada"))
    );
    let weak = stranger(
        &world,
        "POST",
        "/password-resets/redeem",
        json!({"token": token, "password": "x"}),
    )
    .await;
    assert_eq!(fault(&weak).1, "weak-password");
    let body = json!({"token": token, "password": OTHER});
    let redeemed = stranger(&world, "POST", "/password-resets/redeem", body.clone()).await;
    assert_eq!(redeemed.status, 204, "{redeemed:?}");
    sign_in(&world, "ada", OTHER).await;
    let again = stranger(&world, "POST", "/password-resets/redeem", body).await;
    assert_eq!(fault(&again), (404, "not-found".to_owned(), None));
    assert_eq!(
        stranger(&world, "POST", "/tokens/inspect", json!({"token": token}))
            .await
            .status,
        404
    );
    // An administrator may make the present password useless at once.
    let sent = owner(
        &world,
        "POST",
        "/users/ada/password-reset",
        json!({"invalidate": true}),
    )
    .await;
    assert_eq!(sent.status, 202, "{sent:?}");
    let dead = stranger(
        &world,
        "POST",
        "/sign-in",
        json!({"login": "ada", "password": OTHER}),
    )
    .await;
    assert_eq!(dead.status, 401);
    let access = owner(&world, "POST", "/users/ada/access-mail", Value::Null).await;
    assert_eq!(access.status, 202, "{access:?}");
    let mails = owner(&world, "GET", "/mails?limit=2", Value::Null).await;
    assert_eq!(column(&mails, "user"), [2, 2], "{mails:?}");
    assert!(!mails.text.contains(&token));
}

#[tokio::test]
async fn an_address_changes_once_confirmed() {
    let world = with_ada().await;
    let token = sign_in(&world, "ada", PASSWORD).await;
    let put = async |body: Value| with_key(&world, &token, "PUT", "/me/email", body).await;
    let refused = put(json!({"email": "new@example.org"})).await;
    assert_eq!(fault(&refused).1, "wrong-password");
    let asked = put(json!({"email": "new@example.org", "current_password": PASSWORD})).await;
    assert_eq!(
        asked.json()["pending_email"],
        "new@example.org",
        "{asked:?}"
    );
    assert_eq!(asked.json()["email"], "ada@example.org");
    let mailed = mailed(&world, "confirm_email").await;
    let wrong = stranger(
        &world,
        "POST",
        "/email-confirmations",
        json!({"token": "wrong"}),
    )
    .await;
    assert_eq!(fault(&wrong).0, 404);
    let confirmed = stranger(
        &world,
        "POST",
        "/email-confirmations",
        json!({"token": mailed}),
    )
    .await;
    assert_eq!(confirmed.status, 204, "{confirmed:?}");
    let shown = owner(&world, "GET", "/users/2", Value::Null).await;
    assert_eq!(
        (&shown.json()["email"], &shown.json()["pending_email"]),
        (&json!("new@example.org"), &Value::Null)
    );
}

#[tokio::test]
async fn a_second_factor_begins_and_is_guarded() {
    let world = with_ada().await;
    let token = sign_in(&world, "ada", PASSWORD).await;
    let ask = async |method: &str, path: &str, body: Value| {
        with_key(
            &world,
            &token,
            method,
            &format!("/me/second-factor{path}"),
            body,
        )
        .await
    };
    let state = ask("GET", "", Value::Null).await;
    assert_eq!(
        state.json(),
        json!({"enrolled": false, "recovery_codes_left": 0})
    );
    let begun = ask("POST", "", json!({"current_password": PASSWORD})).await;
    let uri = begun.json()["uri"].as_str().unwrap().to_owned();
    assert!(uri.starts_with("otpauth://totp/Usher:ada?secret="), "{uri}");
    let wrong = ask("PUT", "", json!({"code": "000000"})).await;
    assert_eq!(
        fault(&wrong),
        (422, "invalid".to_owned(), Some("code".to_owned()))
    );
    let refused = ask(
        "POST",
        "/recovery-codes",
        json!({"current_password": "wrong"}),
    )
    .await;
    assert!((400..500).contains(&fault(&refused).0));
    // Whoever must have one gets in only to enrol it.
    let change = json!({"second_factor_required": true});
    assert_eq!(
        owner(&world, "PATCH", "/users/ada", change).await.status,
        200
    );
    // A session that was begun before the requirement is refused from its next request on, with the way to enrol.
    let going_on = with_key(&world, &token, "GET", "/me/keys", Value::Null).await;
    assert_eq!(fault(&going_on).1, "second-factor-missing", "{going_on:?}");
    let way = going_on.json()["detail"].as_str().unwrap().to_owned();
    assert!(way.contains("POST /me/second-factor"), "{way}");
    let limited = sign_in(&world, "ada", PASSWORD).await;
    let keys = with_key(&world, &limited, "GET", "/me/keys", Value::Null).await;
    assert_eq!(fault(&keys).1, "second-factor-missing", "{keys:?}");
    let begun = with_key(
        &world,
        &limited,
        "POST",
        "/me/second-factor",
        json!({"current_password": PASSWORD}),
    )
    .await;
    assert_eq!(begun.status, 200, "{begun:?}");
}

#[tokio::test]
async fn messages_and_mail_settings() {
    let world = with_ada().await;
    let body = json!({"to": ["ada", 1], "subject": "Hello", "body": "Maintenance tonight."});
    let sent = owner(&world, "POST", "/mails", body).await;
    assert_eq!(
        (sent.status, sent.json()),
        (202, json!({"queued": 2})),
        "{sent:?}"
    );
    let change = json!({"server": "smtp.example.org", "port": 587, "password": "a mail secret"});
    let changed = owner(&world, "PATCH", "/settings/mail", change).await;
    assert_eq!(
        (&changed.json()["port"], &changed.json()["password_set"]),
        (&json!(587), &json!(true)),
        "{changed:?}"
    );
    for path in ["/settings", "/settings/mail", "/events"] {
        let shown = owner(&world, "GET", path, Value::Null).await;
        assert!(
            shown.status == 200 && !shown.text.contains("a mail secret"),
            "{path}"
        );
    }
    let cleared = owner(&world, "PATCH", "/settings/mail", json!({"password": null})).await;
    assert_eq!(cleared.json()["password_set"], false);
    let policy = owner(
        &world,
        "PATCH",
        "/settings/second_factor",
        json!({"required": true}),
    )
    .await;
    assert_eq!(policy.json(), json!({"required": true}), "{policy:?}");
    let token = stranger(
        &world,
        "POST",
        "/sign-in",
        json!({"login": "owner@example.org", "password": OWNER_PASSWORD}),
    )
    .await;
    assert_eq!(token.json()["must_enrol_second_factor"], true, "{token:?}");
}

#[tokio::test]
async fn an_older_session_makes_keys_only_with_the_password() {
    let world = with_ada().await;
    let token = sign_in(&world, "ada", PASSWORD).await;
    world.clock.advance(300_000);
    let own = json!({"name": "mine"});
    let refused = with_key(&world, &token, "POST", "/me/keys", own).await;
    assert_eq!(fault(&refused).1, "wrong-password", "{refused:?}");
    for proof in ["wrong", ""] {
        let body = json!({"name": "mine", "current_password": proof});
        let refused = with_key(&world, &token, "POST", "/me/keys", body).await;
        assert_eq!(fault(&refused).1, "wrong-password", "{refused:?}");
    }
    let keys = with_key(&world, &token, "GET", "/me/keys", Value::Null).await;
    assert_eq!(column(&keys, "name"), Vec::<Value>::new());
    let body = json!({"name": "mine", "current_password": PASSWORD});
    let made = with_key(&world, &token, "POST", "/me/keys", body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/keys/{}", made.json()["id"].as_str().unwrap());
    let refused = with_key(&world, &token, "PATCH", &path, json!({"name": "x"})).await;
    assert_eq!(fault(&refused).1, "wrong-password", "{refused:?}");
    let body = json!({"name": "x", "current_password": PASSWORD});
    let changed = with_key(&world, &token, "PATCH", &path, body).await;
    assert_eq!(changed.json()["name"], "x", "{changed:?}");
}
