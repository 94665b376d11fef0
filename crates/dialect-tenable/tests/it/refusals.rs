//! What is refused, to whom, and in which order it is looked at.

use dialect_tenable::DIALECT;
use directory::{NewKey, NewOrganisation, NewUser};
use serde_json::{Value, json};

use super::{PASSWORD, Permitted, keyed, owner, owner_sends, person, role};
use test_support::{Reply, coverage, hostile, world_of};

fn sign(key: &str) -> (&'static str, String) {
    ("X-API-Key", key.to_owned())
}

/// The vendor's one shape of errors.
pub fn shaped(reply: &Reply) -> bool {
    let body = reply.json();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    keys == ["statusCode", "error", "message"]
        && body["statusCode"] == reply.status
        && reply.header("content-type") == Some("application/json")
}

#[tokio::test]
async fn every_route_without_and_with_powerless_credentials() {
    coverage(&DIALECT, sign, |reply| reply.status == 401 && shaped(reply)).await;
}

#[tokio::test]
async fn hostile_input() {
    hostile(&DIALECT, sign, shaped).await;
}

#[tokio::test]
async fn refusals_before_any_use_case() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let mut shown = Vec::new();
    let mut note = |what: &str, reply: Reply| {
        assert!(shaped(&reply), "{what}: {reply:?}");
        shown.push(json!({ "what": what, "body": reply.json(), "allow": reply.header("allow") }));
    };
    note("no key", world.get("/tenable/api/users").send().await);
    note(
        "an unknown key",
        keyed(&world, "GET", "users", "nope").send().await,
    );
    note("an unknown path", owner(&world, "GET", "nothing").await);
    note(
        "no api in the path",
        keyed(&world, "GET", "../users", &world.key).send().await,
    );
    note(
        "a method not offered",
        owner(&world, "DELETE", "users").await,
    );
    note("a malformed id", owner(&world, "GET", "users/abc").await);
    note(
        "a huge id",
        owner(&world, "GET", "users/999999999999999999999").await,
    );
    let text = keyed(&world, "POST", "users", &world.key)
        .header("Content-Type", "text/plain")
        .body("x");
    note("no JSON", text.send().await);
    let broken = keyed(&world, "POST", "users", &world.key)
        .header("Content-Type", "application/json")
        .body("{");
    note("broken JSON", broken.send().await);
    insta::assert_json_snapshot!("refusals", shown);
}

#[tokio::test]
async fn checks_come_in_the_vendors_order() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let (_, reader) = person(&world, "reader@example.org", &[]).await;
    let check = async |key: &str, method: &str, path: &str, body: &str, status: u16| {
        let call = keyed(&world, method, path, key).header("Content-Type", "application/json");
        let reply = call.body(body.to_owned()).send().await;
        assert_eq!(reply.status, status, "{method} {path} {body}: {reply:?}");
    };
    // No key, then no permission, then the body, then what is named, then a conflict.
    check("nope", "POST", "users", "{", 401).await;
    check(&reader, "POST", "users", "{", 403).await;
    check(&world.key, "POST", "users", "{", 400).await;
    check("nope", "PATCH", "users/999", "{", 401).await;
    check(&reader, "PATCH", "users/999", "{", 403).await;
    check(&world.key, "PATCH", "users/999", r#"{"unknown":1}"#, 400).await;
    check(&world.key, "PATCH", "users/999", r#"{"name":"x"}"#, 404).await;
    check(
        &world.key,
        "PATCH",
        "users/999",
        r#"{"email":"owner@example.org"}"#,
        404,
    )
    .await;
    check(&reader, "PUT", "users/999/roles", "{", 403).await;
    check(
        &world.key,
        "PUT",
        "users/999/roles",
        r#"{"roles":"x"}"#,
        400,
    )
    .await;
    check(
        &world.key,
        "PUT",
        "users/999/roles",
        r#"{"roles":[2]}"#,
        404,
    )
    .await;
    check(&reader, "POST", "roles", "{", 403).await;
    check(&reader, "PATCH", "roles/999", "{", 403).await;
    check(&world.key, "PATCH", "roles/999", r#"{"x":1}"#, 400).await;
    check(&world.key, "PATCH", "roles/999", "{}", 404).await;
    check(&reader, "DELETE", "users/999", "", 403).await;
    check(&world.key, "DELETE", "users/999", "", 404).await;
}

#[tokio::test]
async fn conflicts() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    person(&world, "ada@example.org", &[]).await;
    let new = |email: &str| json!([{ "name": "A", "email": email, "password": PASSWORD }]);
    let state = world.state().await;
    for email in ["ada@example.org", "ADA@example.org", "Owner@Example.org"] {
        let reply = owner_sends(&world, "POST", "users", new(email)).await;
        assert_eq!((reply.status, shaped(&reply)), (409, true), "{reply:?}");
        insta::assert_snapshot!("taken", reply.shown());
    }
    let reply = owner_sends(
        &world,
        "PATCH",
        "users/2",
        json!({ "email": "owner@example.org" }),
    )
    .await;
    assert_eq!(reply.status, 409, "{reply:?}");
    let both = json!([new("new@example.org")[0], new("new@example.org")[0]]);
    assert_eq!(owner_sends(&world, "POST", "users", both).await.status, 409);
    assert_eq!(world.state().await, state);
    let twice =
        json!([{ "name": "Twin", "description": "" }, { "name": "twin", "description": "" }]);
    assert_eq!(
        owner_sends(&world, "POST", "roles", twice).await.status,
        409
    );
    let names = owner(&world, "GET", "roles").await.json();
    assert_eq!(names.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_deletes_themselves_or_the_last_owner() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let (_, key) = person(&world, "ada@example.org", &[1]).await;
    for path in ["users/1", "users/2"] {
        let who = if path == "users/1" { &world.key } else { &key };
        let reply = keyed(&world, "DELETE", path, who).send().await;
        assert_eq!((reply.status, shaped(&reply)), (400, true), "{reply:?}");
    }
    // The owner's rights exceed those of the vendor's administrator.
    let reply = keyed(&world, "DELETE", "users/1", &key).send().await;
    assert_eq!(reply.status, 403, "{reply:?}");
    insta::assert_snapshot!("outranked", reply.shown());
    let reply = owner_sends(&world, "PATCH", "users/1", json!({ "active": false })).await;
    assert_eq!(reply.status, 400, "{reply:?}");
    insta::assert_snapshot!("last_owner", reply.shown());
}

#[tokio::test]
async fn a_read_only_key_reads() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let new = NewKey {
        read_only: true,
        ..NewKey::default()
    };
    let key = world
        .system()
        .create_key(directory::FIRST_OWNER, new)
        .await
        .unwrap()
        .secret;
    for (method, path, status) in [
        ("GET", "users", 200),
        ("GET", "users/whoami", 200),
        ("GET", "api-key", 200),
        ("POST", "users", 403),
        ("PATCH", "users/1", 403),
        ("DELETE", "users/2", 403),
        ("PUT", "users/1/roles", 403),
        ("POST", "roles", 403),
        ("PATCH", "preferences", 403),
        ("POST", "api-key", 403),
    ] {
        let reply = keyed(&world, method, path, &key).send().await;
        assert_eq!(reply.status, status, "{method} {path}: {reply:?}");
    }
}

/// Which calls each permission opens, from the status alone: 200 and the like, 403, or 404.
#[tokio::test]
async fn what_each_permission_opens() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let (other, _) = person(&world, "other@example.org", &[]).await;
    let listed = [other.id.number()];
    let roles: Vec<(&str, Vec<Permitted<'_>>)> = vec![
        ("nothing", vec![]),
        ("read oneself", vec![("user", "read", None, true)]),
        ("edit oneself", vec![("user", "edit", None, true)]),
        ("read users", vec![("user", "read", None, false)]),
        ("edit users", vec![("user", "edit", None, false)]),
        ("create users", vec![("user", "create", None, false)]),
        ("edit one", vec![("user", "edit", Some(&listed), false)]),
        ("read roles", vec![("role", "read", None, false)]),
        ("edit roles", vec![("role", "edit", None, false)]),
        ("create roles", vec![("role", "create", None, false)]),
        ("dashboards", vec![("dashboard", "create", None, false)]),
    ];
    let target = role(&world, "Target", &[]).await;
    let mut matrix = Vec::new();
    for (number, (name, permissions)) in roles.iter().enumerate() {
        let wanted = role(&world, name, permissions).await;
        let (own, key) = person(&world, &format!("p{number}@example.org"), &[wanted]).await;
        let other = other.id;
        let calls: Vec<(&str, &str, String, Value)> = vec![
            ("list users", "GET", "users".to_owned(), json!(null)),
            (
                "see oneself",
                "GET",
                format!("users/{}", own.id),
                json!(null),
            ),
            ("see another", "GET", format!("users/{other}"), json!(null)),
            ("see the owner", "GET", "users/1".to_owned(), json!(null)),
            (
                "edit oneself",
                "PATCH",
                format!("users/{}", own.id),
                json!({ "surname": "X" }),
            ),
            (
                "edit another",
                "PATCH",
                format!("users/{other}"),
                json!({ "surname": "X" }),
            ),
            (
                "rename the owner's address",
                "PATCH",
                "users/1".to_owned(),
                json!({ "email": "x@example.org" }),
            ),
            (
                "raise oneself",
                "PUT",
                format!("users/{}/roles", own.id),
                json!({ "roles": [wanted, 1] }),
            ),
            (
                "raise another",
                "PUT",
                format!("users/{other}/roles"),
                json!({ "roles": [1] }),
            ),
            (
                "give another a role",
                "PUT",
                format!("users/{other}/roles"),
                json!({ "roles": [target] }),
            ),
            (
                "make a user",
                "POST",
                "users".to_owned(),
                json!([{ "name": "N", "email": format!("n{number}@example.org"), "password": PASSWORD }]),
            ),
            ("list roles", "GET", "roles".to_owned(), json!(null)),
            (
                "see one's own role",
                "GET",
                format!("roles/{wanted}"),
                json!(null),
            ),
            ("see a role", "GET", format!("roles/{target}"), json!(null)),
            ("see no role", "GET", "roles/999999".to_owned(), json!(null)),
            (
                "edit a role",
                "PATCH",
                format!("roles/{target}"),
                json!({ "description": name }),
            ),
            (
                "make a role",
                "POST",
                "roles".to_owned(),
                json!([{ "name": format!("R{number}"), "description": "" }]),
            ),
            ("whoami", "GET", "users/whoami".to_owned(), json!(null)),
            ("preferences", "GET", "preferences".to_owned(), json!(null)),
        ];
        let mut row = serde_json::Map::new();
        for (what, method, path, body) in calls {
            let call = keyed(&world, method, &path, &key);
            let call = if body.is_null() {
                call
            } else {
                call.json(&body)
            };
            row.insert(what.to_owned(), json!(call.send().await.status));
        }
        matrix.push(json!({ "role": name, "calls": row }));
    }
    insta::assert_json_snapshot!("what_each_permission_opens", matrix);
}

#[tokio::test]
async fn outside_ones_organisation_is_nothing() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let handle = world.system();
    let new = NewOrganisation {
        name: "Branch".to_owned(),
        ..NewOrganisation::default()
    };
    let branch = handle.create_organisation(new).await.unwrap();
    let (boss, key) = world
        .person(NewUser {
            email: Some("boss@example.org".to_owned()),
            home: Some(branch.id),
            ..NewUser::default()
        })
        .await;
    handle
        .add_membership(boss.id, branch.id, Some(true))
        .await
        .unwrap();
    let body = json!([{ "name": "In", "email": "in@example.org", "password": PASSWORD }]);
    let made = keyed(&world, "POST", "users", &key)
        .json(&body)
        .send()
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let (outside, _) = person(&world, "out@example.org", &[]).await;
    let mut texts = std::collections::BTreeSet::new();
    for id in [outside.id.number(), 1, 999_999] {
        for (method, path, body) in [
            ("GET", format!("users/{id}"), json!(null)),
            ("PATCH", format!("users/{id}"), json!({ "name": "X" })),
            ("PUT", format!("users/{id}/roles"), json!({ "roles": [2] })),
            ("DELETE", format!("users/{id}"), json!(null)),
        ] {
            let call = keyed(&world, method, &path, &key);
            let call = if body.is_null() {
                call
            } else {
                call.json(&body)
            };
            let reply = call.send().await;
            texts.insert(format!("{} {}", reply.status, reply.text));
        }
    }
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts.iter().all(|text| text.starts_with("404")));
    let listed = keyed(&world, "GET", "users", &key).send().await.json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
}

/// Each key of each body with values of every wrong kind: refused by the key's own name, and nothing
/// is changed.
#[tokio::test]
async fn values_of_the_wrong_kind_are_refused_by_name() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let (other, _) = person(&world, "other@example.org", &[]).await;
    let target = role(&world, "Target", &[]).await;
    let user = json!({ "name": "N", "email": "n@example.org", "password": PASSWORD });
    let permission = json!({ "entityName": "user", "action": "read", "entityIds": null });
    let (text, null, flag) = (json!("x"), json!(null), json!(true));
    let (number, list, object) = (json!(7), json!(["x"]), json!({ "x": 1 }));
    let long = json!("x".repeat(10_001));
    let many = json!(vec![1; 1_001]);
    let no_text = [&null, &flag, &number, &list, &object, &long];
    let no_clearable_text = [&flag, &number, &list, &object, &long];
    let no_flag = [&null, &text, &number, &list, &object];
    let no_numbers = [&null, &text, &flag, &number, &list, &object, &many];
    let no_clearable_numbers = [&text, &flag, &number, &list, &object, &many];
    let no_number = [&null, &text, &flag, &list, &object];
    let changed = format!("users/{}", other.id);
    let granted = format!("users/{}/roles", other.id);
    let (described, permitted) = (
        format!("roles/{target}"),
        format!("roles/{target}/permissions"),
    );
    let copied = format!("roles/from/{target}");
    let settings = "application-settings";
    let nothing = json!({});
    // Method and path, whether the body is a list, what else stands in the object, the key, the values.
    type Case<'a> = (&'a str, &'a str, bool, &'a Value, &'a str, &'a [&'a Value]);
    let mut cases: Vec<Case<'_>> = vec![
        ("PUT", &granted, false, &nothing, "roles", &no_numbers),
        ("POST", &copied, false, &nothing, "name", &no_text),
        ("PUT", &permitted, true, &permission, "entityName", &no_text),
        ("PUT", &permitted, true, &permission, "action", &no_text),
        (
            "PUT",
            &permitted,
            true,
            &permission,
            "entityIds",
            &no_clearable_numbers,
        ),
        (
            "PUT",
            &permitted,
            true,
            &permission,
            "dynamicId",
            &no_clearable_text,
        ),
        (
            "PATCH",
            "lockout-policy",
            false,
            &nothing,
            "enabled",
            &no_flag,
        ),
        (
            "PATCH",
            settings,
            false,
            &nothing,
            "defaultRoleIds",
            &no_numbers,
        ),
        ("PATCH", settings, false, &nothing, "emailSender", &no_text),
        (
            "PATCH",
            "preferences",
            false,
            &nothing,
            "language",
            &no_text,
        ),
        (
            "PATCH",
            "preferences",
            false,
            &nothing,
            "preferredProfileId",
            &no_number,
        ),
        (
            "POST",
            "users/forgotten-password",
            false,
            &nothing,
            "email",
            &no_text,
        ),
    ];
    for key in ["name", "description"] {
        cases.push(("POST", "roles", true, &nothing, key, &no_text));
        cases.push(("PATCH", &described, false, &nothing, key, &no_text));
    }
    for key in [
        "lockoutDuration",
        "failedAttemptThreshold",
        "failedAttemptPeriod",
    ] {
        cases.push(("PATCH", "lockout-policy", false, &nothing, key, &no_number));
    }
    for key in ["userRegistration", "keepAuditLog", "smtpUseStartTLS", "tls"] {
        cases.push(("PATCH", settings, false, &nothing, key, &no_flag));
    }
    for key in ["logRetentionPeriod", "defaultProfileId"] {
        cases.push(("PATCH", settings, false, &nothing, key, &no_number));
    }
    for key in [
        "smtpServerAddress",
        "smtpAccount",
        "smtpAccountPassword",
        "internalCertificate",
    ] {
        cases.push(("PATCH", settings, false, &nothing, key, &no_clearable_text));
    }
    cases.push((
        "PATCH",
        settings,
        false,
        &nothing,
        "smtpServerPort",
        &no_number[1..],
    ));
    for (method, path, listed) in [("POST", "users", true), ("PATCH", changed.as_str(), false)] {
        for key in ["name", "email", "password"] {
            cases.push((method, path, listed, &user, key, &no_text));
        }
        for key in ["surname", "department", "biography"] {
            cases.push((method, path, listed, &user, key, &no_clearable_text));
        }
        cases.push((method, path, listed, &user, "active", &no_flag));
        cases.push((
            method,
            path,
            listed,
            &user,
            "picture",
            &no_clearable_numbers,
        ));
    }
    cases.push(("PATCH", &changed, false, &user, "lockedOut", &no_flag));
    for (path, key) in [
        ("login", "email"),
        ("login", "password"),
        ("users/retrieve-password", "token"),
    ] {
        cases.push(("POST", path, false, &nothing, key, &no_text));
    }
    for key in ["oldPassword", "newPassword"] {
        cases.push(("PATCH", "users/password", false, &nothing, key, &no_text));
    }
    let everything = async || {
        let mut seen = Vec::new();
        for path in ["users", "roles", "lockout-policy", settings, "preferences"] {
            seen.push(owner(&world, "GET", path).await.text);
        }
        seen
    };
    let before = everything().await;
    for (method, path, listed, around, key, values) in cases {
        for value in values {
            let mut body = around.clone();
            // What is read before it must be there, so that this is what is complained of.
            for (needed, filled) in [
                ("email", "a@example.org"),
                ("token", "t"),
                ("oldPassword", PASSWORD),
            ] {
                let needs = ["login", "users/retrieve-password", "users/password"].contains(&path);
                let has = [
                    ("login", "email"),
                    ("users/retrieve-password", "token"),
                    ("users/password", "oldPassword"),
                ];
                if needs && has.contains(&(path, needed)) {
                    body[needed] = json!(filled);
                }
            }
            if (method, path) == ("POST", "roles") {
                body = json!({ "name": "R", "description": "" });
            }
            body[key] = (*value).clone();
            let body = if listed { json!([body]) } else { body };
            let reply = owner_sends(&world, method, path, body).await;
            let shown = value.to_string();
            let shown = &shown[..shown.len().min(30)];
            assert_eq!(
                reply.status, 400,
                "{method} {path} {key} {shown}: {reply:?}"
            );
            let message = reply.json()["message"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            assert!(
                message.starts_with(key),
                "{method} {path} {key} {shown}: {message}"
            );
            assert_eq!(
                message.ends_with("at most"),
                shown.len() == 30,
                "{shown}: {message}"
            );
        }
    }
    assert_eq!(everything().await, before);
}
