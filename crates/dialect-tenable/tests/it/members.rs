//! What was not given: each member of each body left out, empty, and null. It is no guess at a password, no
//! change and no removal, except where the vendor's document takes null or an empty list for one.

use serde_json::{Value, json};

use super::{PASSWORD, owner, owner_sends, person, role};
use crate::world;
use test_support::World;

/// What a value does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// The request is refused by the member's name, and nothing changes.
    Refused,
    /// The member is shown as null.
    Cleared,
    /// The member is shown as it was sent.
    Taken,
}

use Effect::{Cleared, Refused, Taken};

/// A member with what null, an empty text and an empty list do to it.
type Row = (&'static str, Effect, Effect, Effect);

const USER: &[Row] = &[
    ("name", Refused, Refused, Refused),
    ("surname", Cleared, Cleared, Refused),
    ("email", Refused, Refused, Refused),
    ("password", Refused, Refused, Refused),
    ("department", Cleared, Taken, Refused),
    ("biography", Cleared, Taken, Refused),
    ("active", Refused, Refused, Refused),
    ("picture", Cleared, Refused, Taken),
    ("lockedOut", Refused, Refused, Refused),
];

const ROLE: &[Row] = &[
    ("name", Refused, Refused, Refused),
    ("description", Refused, Taken, Refused),
];

const POLICY: &[Row] = &[
    ("enabled", Refused, Refused, Refused),
    ("lockoutDuration", Refused, Refused, Refused),
    ("failedAttemptThreshold", Refused, Refused, Refused),
    ("failedAttemptPeriod", Refused, Refused, Refused),
];

const SETTINGS: &[Row] = &[
    ("userRegistration", Refused, Refused, Refused),
    ("keepAuditLog", Refused, Refused, Refused),
    ("logRetentionPeriod", Refused, Refused, Refused),
    ("smtpServerAddress", Cleared, Cleared, Refused),
    ("smtpServerPort", Cleared, Refused, Refused),
    ("smtpAccount", Cleared, Cleared, Refused),
    ("smtpAccountPassword", Cleared, Cleared, Refused),
    ("smtpUseStartTLS", Refused, Refused, Refused),
    ("tls", Refused, Refused, Refused),
    ("emailSender", Refused, Refused, Refused),
    ("defaultRoleIds", Refused, Refused, Taken),
    ("defaultProfileId", Refused, Refused, Refused),
    ("internalCertificate", Cleared, Taken, Refused),
];

const PREFERENCES: &[Row] = &[
    ("language", Refused, Refused, Refused),
    ("preferredProfileId", Refused, Refused, Refused),
];

/// Sends each value of each member of a thing at `path` by itself, and compares the whole thing before and after.
async fn check(world: &World, path: &str, rows: &[Row]) {
    // Nothing sent is nothing changed.
    let first = owner(world, "GET", path).await.json();
    let reply = owner_sends(world, "PATCH", path, json!({})).await;
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    assert_eq!(owner(world, "GET", path).await.json(), first, "{path}");
    for (name, null, text, list) in rows {
        for (value, effect) in [
            (json!(null), null),
            (json!(""), text),
            (json!("   "), text),
            (json!([]), list),
        ] {
            let before = owner(world, "GET", path).await.json();
            let state = world.state().await;
            let reply = owner_sends(world, "PATCH", path, json!({ *name: value })).await;
            let after = owner(world, "GET", path).await.json();
            let what = format!("{path} {name} {value}: {reply:?}");
            if *effect == Refused {
                assert_eq!(reply.status, 400, "{what}");
                let message = reply.json()["message"].clone();
                assert!(message.as_str().unwrap().starts_with(name), "{what}");
                assert_eq!(world.state().await, state, "{what}");
                continue;
            }
            assert_eq!(reply.status, 200, "{what}");
            let mut expected = before.clone();
            expected[*name] = match effect {
                Taken => value,
                Cleared | Refused => Value::Null,
            };
            assert_eq!(after, expected, "{what}");
            // It is put back, so that each value is looked at from something that is there.
            let back = owner_sends(world, "PATCH", path, json!({ *name: before[*name] })).await;
            assert_eq!(back.status, 200, "{back:?}");
            assert_eq!(owner(world, "GET", path).await.json(), before, "{what}");
        }
    }
    assert_eq!(owner(world, "GET", path).await.json(), first, "{path}");
}

#[tokio::test]
async fn each_member_of_each_change() {
    let world = world().await;
    let new = json!([{
        "surname": "Hopper", "name": "Grace", "email": "grace@example.org", "password": PASSWORD,
        "department": "Navy", "biography": "Compilers", "active": true, "picture": [1, 2],
    }]);
    let made = owner_sends(&world, "POST", "users", new).await.json();
    check(&world, &format!("users/{}", made[0]["id"]), USER).await;
    let number = role(&world, "Desk", &[("user", "read", None, false)]).await;
    let path = format!("roles/{number}");
    let described = json!({ "description": "unlocks" });
    owner_sends(&world, "PATCH", &path, described).await;
    check(&world, &path, ROLE).await;
    check(&world, "lockout-policy", POLICY).await;
    let settings = json!({
        "smtpServerAddress": "mail.example.org", "smtpServerPort": 2525, "smtpAccount": "mailer",
        "internalCertificate": "-----BEGIN CERTIFICATE-----",
    });
    owner_sends(&world, "PATCH", "application-settings", settings).await;
    check(&world, "application-settings", SETTINGS).await;
    check(&world, "preferences", PREFERENCES).await;
}

/// Every member that a table here should have stands in it: those that a thing shows, less those that no request
/// changes.
#[tokio::test]
async fn the_tables_name_every_member() {
    let world = world().await;
    for (path, rows, read_only, write_only) in [
        (
            "users/1",
            USER,
            &["id", "roles", "identifier", "provider", "eulaVersion"][..],
            &["password"][..],
        ),
        ("roles/1", ROLE, &["id", "permissions"], &[]),
        ("lockout-policy", POLICY, &[], &[]),
        ("application-settings", SETTINGS, &[], &[]),
        ("preferences", PREFERENCES, &[], &[]),
    ] {
        let shown = owner(&world, "GET", path).await.json();
        let members = shown.as_object().unwrap().keys().map(String::as_str);
        let mut members: Vec<&str> = members.filter(|name| !read_only.contains(name)).collect();
        members.extend(write_only);
        members.sort_unstable();
        let mut named: Vec<&str> = rows.iter().map(|(name, ..)| *name).collect();
        named.sort_unstable();
        assert_eq!(named, members, "{path}");
    }
}

/// A new user is the same whether optional members are left out or null.
#[tokio::test]
async fn members_of_what_is_made() {
    let world = world().await;
    let make = async |number: usize, extra: Value| {
        let mut new =
            json!({ "name": "N", "email": format!("n{number}@example.org"), "password": PASSWORD });
        for (name, value) in extra.as_object().unwrap() {
            new[name] = value.clone();
        }
        let reply = owner_sends(&world, "POST", "users", json!([new])).await;
        assert_eq!(reply.status, 201, "{extra}: {reply:?}");
        let mut made = reply.json()[0].clone();
        for name in ["id", "email", "identifier"] {
            made.as_object_mut().unwrap().shift_remove(name);
        }
        made
    };
    let bare = make(0, json!({})).await;
    let mut number = 0;
    for name in ["surname", "department", "biography", "picture"] {
        number += 1;
        assert_eq!(make(number, json!({ name: null })).await, bare, "{name}");
    }
    let blank = make(number + 1, json!({ "surname": "" })).await;
    assert_eq!(blank, bare);
    let before = world.state().await;
    for (name, value) in [
        ("name", json!("")),
        ("name", json!(null)),
        ("email", json!("")),
        ("password", json!("")),
        ("password", json!("   ")),
        ("active", json!(null)),
        ("active", json!("")),
        ("picture", json!("")),
    ] {
        let mut new = json!({ "name": "N", "email": "x@example.org", "password": PASSWORD });
        new[name] = value;
        let reply = owner_sends(&world, "POST", "users", json!([new])).await;
        assert_eq!(reply.status, 400, "{new}: {reply:?}");
    }
    for name in ["name", "email", "password"] {
        let mut new = json!({ "name": "N", "email": "x@example.org", "password": PASSWORD });
        new.as_object_mut().unwrap().shift_remove(name);
        let reply = owner_sends(&world, "POST", "users", json!([new])).await;
        assert_eq!(reply.status, 400, "{new}: {reply:?}");
    }
    assert_eq!(world.state().await, before);
}

/// What is no list of roles or permissions takes none away; an empty list says that there are none.
#[tokio::test]
async fn lists_that_replace() {
    let world = world().await;
    let number = role(&world, "Desk", &[("user", "read", None, false)]).await;
    let (user, _) = person(&world, "ada@example.org", &[number, 2]).await;
    let granted = format!("users/{}/roles", user.id);
    let permitted = format!("roles/{number}/permissions");
    let before = world.state().await;
    for (path, body) in [
        (&granted, json!({})),
        (&granted, json!({ "roles": null })),
        (&granted, json!({ "roles": "" })),
        (&granted, json!([])),
        (&granted, json!(null)),
        (&permitted, json!({})),
        (&permitted, json!(null)),
        (&permitted, json!("")),
        (&permitted, json!([{}])),
        (&permitted, json!([null])),
        (
            &permitted,
            json!([{ "entityName": "user", "action": "read" }]),
        ),
        (
            &permitted,
            json!([{ "entityName": "", "action": "read", "entityIds": null }]),
        ),
        (
            &permitted,
            json!([{ "entityName": "user", "action": "read", "entityIds": null, "dynamicId": "" }]),
        ),
    ] {
        let reply = owner_sends(&world, "PUT", path, body.clone()).await;
        assert_eq!(reply.status, 400, "{path} {body}: {reply:?}");
        assert_eq!(world.state().await, before, "{path} {body}");
    }
    // An empty list of people selects no one; it does not stand for all people.
    let nobody = json!([{ "entityName": "user", "action": "read", "entityIds": [] }]);
    let reply = owner_sends(&world, "PUT", &permitted, nobody).await;
    assert_eq!(reply.json()["permissions"][0]["entityIds"], json!([]));
    let reply = owner_sends(&world, "PUT", &granted, json!({ "roles": [] })).await;
    assert_eq!(reply.json(), json!({ "roles": [] }));
    let reply = owner_sends(&world, "PUT", &permitted, json!([])).await;
    assert_eq!(reply.json()["permissions"], json!([]));
}

/// A request without a password is not counted as a failed sign-in, so that any number of them locks no account.
#[tokio::test]
async fn what_was_not_given_is_no_guess() {
    let world = world().await;
    let (user, key) = person(&world, "ada@example.org", &[2]).await;
    let own = async |body: Value| {
        let call = super::keyed(&world, "PATCH", "users/password", &key);
        call.json(&body).send().await
    };
    for value in [json!(""), json!("  "), json!(null), json!([])] {
        for _ in 0..2 {
            let body = json!({ "email": "ada@example.org", "password": value });
            let reply = owner_sends(&world, "POST", "login", body).await;
            assert_eq!(reply.status, 400, "{value}: {reply:?}");
            let body = json!({ "oldPassword": value, "newPassword": "N3w!Tangerine-Quarry" });
            assert_eq!(own(body).await.status, 400, "{value}");
            let body = json!({ "token": value, "newPassword": "N3w!Tangerine-Quarry" });
            let reply = owner_sends(&world, "POST", "users/retrieve-password", body).await;
            assert_eq!(reply.status, 400, "{value}: {reply:?}");
            let body = json!({ "email": value });
            let reply = owner_sends(&world, "POST", "users/forgotten-password", body).await;
            assert_eq!(reply.status, 400, "{value}: {reply:?}");
        }
    }
    for body in [json!({}), json!({ "email": "ada@example.org" })] {
        for _ in 0..4 {
            assert_eq!(
                owner_sends(&world, "POST", "login", body.clone())
                    .await
                    .status,
                400
            );
        }
    }
    for body in [json!({}), json!({ "newPassword": "N3w!Tangerine-Quarry" })] {
        for _ in 0..4 {
            assert_eq!(own(body.clone()).await.status, 400);
        }
    }
    let shown = owner(&world, "GET", &format!("users/{}", user.id)).await;
    assert_eq!(shown.json()["lockedOut"], false);
    let right = json!({ "email": "ada@example.org", "password": PASSWORD });
    let reply = owner_sends(&world, "POST", "login", right).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let changed = json!({ "oldPassword": PASSWORD, "newPassword": "N3w!Tangerine-Quarry" });
    assert_eq!(own(changed).await.status, 200);
}

/// Values that callers write in more than one way are read in each.
#[tokio::test]
async fn shapes_that_vary() {
    let world = world().await;
    let number = role(&world, "Desk", &[("user", "read", None, false)]).await;
    let (user, key) = person(&world, "ada@example.org", &[number]).await;
    let permitted = format!("roles/{number}/permissions");
    let granted = format!("users/{}/roles", user.id);
    // Ids of permissions are texts in the vendor's document and numbers in its client.
    for ids in [json!(["1", "2"]), json!([1, 2]), json!([1.0, "2"])] {
        let body = json!([{ "entityName": "user", "action": "read", "entityIds": ids, "dynamicId": null }]);
        let reply = owner_sends(&world, "PUT", &permitted, body).await;
        assert_eq!(
            reply.json()["permissions"][0]["entityIds"],
            json!([1, 2]),
            "{reply:?}"
        );
    }
    for roles in [json!([2, number]), json!([2.0, number, 2])] {
        let reply = owner_sends(&world, "PUT", &granted, json!({ "roles": roles })).await;
        assert_eq!(reply.json(), json!({ "roles": [2, number] }), "{reply:?}");
    }
    // A key stands in its header; a session's token there or as bearer. Slashes are folded, and a body's type may
    // name its letters or be left out.
    let login = json!({ "email": "ada@example.org", "password": PASSWORD });
    let token = owner_sends(&world, "POST", "login", login).await.json();
    let token = token["authToken"].as_str().unwrap().to_owned();
    for path in [
        "/tenable/api/users/whoami",
        "/tenable//api/users/whoami",
        "/tenable/api//users/whoami",
    ] {
        for call in [
            world.get(path).key("X-API-Key", &key),
            world.get(path).key("X-API-Key", &token),
            world.get(path).bearer(&token),
        ] {
            let reply = call.send().await;
            assert_eq!(reply.status, 200, "{path}: {reply:?}");
        }
    }
    for kind in [
        Some("application/json"),
        Some("application/json; charset=utf-8"),
        Some("Application/JSON;charset=UTF-8"),
        None,
    ] {
        let call = super::keyed(&world, "PATCH", "preferences", &key);
        let call = match kind {
            Some(kind) => call.header("Content-Type", kind),
            None => call,
        };
        let reply = call.body(r#"{"language":"fr"}"#).send().await;
        assert_eq!(reply.status, 200, "{kind:?}: {reply:?}");
    }
    // A key and a token are not mixed up: a key as bearer is no credential here.
    let reply = world
        .get("/tenable/api/users/whoami")
        .bearer(&key)
        .send()
        .await;
    assert_eq!(reply.status, 401, "{reply:?}");
}
