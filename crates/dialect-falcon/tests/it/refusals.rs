//! What is refused, to whom, and that nothing changes by it.

use kit::Serves;

use super::*;

#[tokio::test]
async fn every_route_without_and_with_powerless_credentials() {
    let world = world().await;
    let (_, powerless) = with_role(&world, "powerless@example.org", "falcon_console_guest").await;
    let (_, none) = {
        let (user, secret) = world.powerless("nobody@example.org").await;
        (user, secret)
    };
    let before = world.state().await;
    for route in DIALECT.routes {
        let call = |token: Option<&str>| {
            let call = world.request(route.method, &format!("/falcon{}", route.path));
            match token {
                Some(token) => call.bearer(token),
                None => call,
            }
        };
        if route.serves == Serves::Open {
            let reply = call(None).send().await;
            assert!(
                (400..500).contains(&reply.status) && shaped(&reply),
                "{route:?}: {reply:?}"
            );
            continue;
        }
        // No token, an unknown one, a key in its place.
        for token in [
            None,
            Some("UnknownUnknownUnknownUnknownUnknownUnkno"),
            Some(none.as_str()),
        ] {
            let reply = call(token).send().await;
            assert!(
                reply.status == 401 && shaped(&reply),
                "{route:?}: {reply:?}"
            );
        }
        let reply = call(Some(&powerless)).send().await;
        assert!(
            reply.status < 500 && reply.status != 405,
            "{route:?}: {reply:?}"
        );
        if let Serves::Operation(operation) = route.serves {
            let access = operation.access();
            let reads_itself = access.permission == directory::Permission::ReadUsers;
            if !access.own && !reads_itself {
                assert!(
                    reply.status == 403 && shaped(&reply),
                    "{route:?}: {reply:?}"
                );
            }
        }
    }
    // Refusals are counted in the trail, nothing else is.
    let contents = before.split(" Some(").next().unwrap();
    assert!(world.state().await.starts_with(contents));
}

#[tokio::test]
async fn hostile_bodies() {
    let world = world().await;
    let token = owners_token(&world).await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let wide = format!("{{\"uid\":\"{}\"}}", "x".repeat(DIALECT.limits.body + 1));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("application/json", b"{".to_vec()),
        ("application/json", b"\xff\xfe".to_vec()),
        ("application/json", b"null".to_vec()),
        ("application/json", b"[]".to_vec()),
        ("application/json", b"[null,1,{\"a\":[]}]".to_vec()),
        ("application/json", b"\"text\"".to_vec()),
        ("application/json", b"1e400".to_vec()),
        ("application/json", b"{\"ids\":[1],\"ids\":[2]}".to_vec()),
        (
            "application/json",
            b"{\"uid\":7,\"ids\":{},\"resources\":5,\"action\":[],\"name\":{}}".to_vec(),
        ),
        (
            "application/json",
            b"{\"uid\":\"\\u0000@\",\"ids\":[null],\"resources\":[[]],\"action\":null}".to_vec(),
        ),
        (
            "application/json",
            b"{\"unknown\":1,\"password\":\"x\",\"cid\":\"*\"}".to_vec(),
        ),
        ("application/json", deep.into_bytes()),
        ("application/json", wide.into_bytes()),
        ("text/plain", b"{}".to_vec()),
        ("application/x-www-form-urlencoded", b"a=%zz&%ff=1".to_vec()),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\n\r\n--x--".to_vec(),
        ),
    ];
    let before = world.contents().await;
    for route in DIALECT.routes.iter().filter(|route| route.method != "GET") {
        for (content, body) in &bodies {
            let call = call(&world, &token, route.method, route.path);
            let reply = call
                .header("Content-Type", content)
                .body(body.clone())
                .send()
                .await;
            assert!(
                (400..500).contains(&reply.status),
                "{route:?} {content}: {reply:?}"
            );
            assert!(shaped(&reply), "{route:?} {content}: {reply:?}");
        }
        assert_eq!(world.contents().await, before, "{route:?}");
    }
}

#[tokio::test]
async fn hostile_queries() {
    let world = world().await;
    let token = owners_token(&world).await;
    let long = "x".repeat(5_000);
    let texts = [
        "%00",
        "%ff",
        "%27%20OR%201%3d1%20--",
        "*",
        "-1",
        "999999999999999999999999",
        "null",
        "[]",
        "%F0%9F%9A%80",
        "00000000-0000-0000-0000-000000000000",
        long.as_str(),
    ];
    let names = [
        "ids",
        "user_uuid",
        "uid",
        "cid",
        "filter",
        "sort",
        "offset",
        "limit",
        "direct_only",
        "action",
        "user_type",
        "validate_only",
        "user_group_ids",
        "cid_group_ids",
        "user_group_id",
        "cid_group_id",
        "role_id",
        "name",
        "action_name",
    ];
    let before = world.contents().await;
    for route in DIALECT.routes {
        for name in names {
            for text in texts {
                let path = format!("{}?{name}={text}", route.path);
                let reply = call(&world, &token, route.method, &path).send().await;
                assert!(reply.status < 500, "{route:?} {path:.120}: {reply:?}");
                assert!(
                    reply.status < 400 || shaped(&reply),
                    "{route:?} {path:.120}: {reply:?}"
                );
                assert!(reply.text.len() < 100_000, "{path:.120}");
            }
        }
        assert_eq!(world.contents().await, before, "{route:?}");
    }
}

#[tokio::test]
async fn refusals_as_they_stand_on_the_wire() {
    let world = world().await;
    let token = owners_token(&world).await;
    let user = person(&world, "ada@example.org", ROOT).await;
    let (_, guest) = with_role(&world, "guest@example.org", "falcon_console_guest").await;
    let (_, helper) = with_role(&world, "helper@example.org", "help_desk").await;
    let (_, chief) = with_role(&world, "chief@example.org", "falconhost_admin").await;
    let nobody = "11111111-2222-4333-8444-555555555555";
    let users = "/user-management/entities/users/v1";
    let legacy = "/users/entities/users/v1";
    let actions = "/user-management/entities/user-role-actions/v1";
    let root = root_cid(&world).await;
    let grant = |role: &str, uuid: &str| json!({"action": "grant", "cid": root, "uuid": uuid, "role_ids": [role]});
    let uuid = user.uuid.to_string();
    let mut replies = Vec::new();
    let mut note = |what: &str, reply: Reply| {
        assert!(shaped(&reply), "{what}: {reply:?}");
        let body = reply.json();
        replies.push(json!({
            "what": what, "status": reply.status, "message": body["errors"][0]["message"],
            "powered_by": body["meta"].get("powered_by"), "null resources": body.get("resources").is_some(),
            "allow": reply.header("allow"),
        }));
    };
    note(
        "no token",
        get(&world, "", "/user-management/queries/users/v1").await,
    );
    note(
        "an unknown token",
        get(&world, "nope", "/user-management/queries/users/v1").await,
    );
    note(
        "no right",
        send(
            &world,
            &guest,
            "POST",
            users,
            json!({"uid": "x@example.org"}),
        )
        .await,
    );
    note("an unknown route", get(&world, &token, "/nowhere").await);
    note(
        "another method",
        call(&world, &token, "PUT", users).send().await,
    );
    note(
        "no JSON",
        call(&world, &token, "POST", users)
            .header("Content-Type", "text/plain")
            .body("x")
            .send()
            .await,
    );
    note(
        "broken JSON",
        call(&world, &token, "POST", users)
            .header("Content-Type", "application/json")
            .body("{")
            .send()
            .await,
    );
    note(
        "an unknown user",
        send(
            &world,
            &token,
            "PATCH",
            &format!("{users}?user_uuid={nobody}"),
            json!({"first_name": "x"}),
        )
        .await,
    );
    note(
        "no user",
        call(&world, &token, "DELETE", users).send().await,
    );
    note(
        "an unknown user of old",
        call(
            &world,
            &token,
            "DELETE",
            &format!("{legacy}?user_uuid={nobody}"),
        )
        .send()
        .await,
    );
    note(
        "unknown users of old",
        get(&world, &token, &format!("{legacy}?ids={nobody}")).await,
    );
    note(
        "an unknown address",
        get(
            &world,
            &token,
            "/users/queries/user-uuids-by-email/v1?uid=x@example.org",
        )
        .await,
    );
    note(
        "an unknown role",
        send(&world, &token, "POST", actions, grant("nope", &uuid)).await,
    );
    note(
        "a role of nobody",
        send(
            &world,
            &token,
            "POST",
            actions,
            grant("event_viewer", nobody),
        )
        .await,
    );
    let mut elsewhere = grant("event_viewer", &uuid);
    elsewhere["cid"] = json!("f".repeat(32));
    note(
        "an unknown customer",
        send(&world, &token, "POST", actions, elsewhere).await,
    );
    let mut past = grant("event_viewer", &uuid);
    past["expires_at"] = json!("2020-01-01T00:00:00Z");
    note(
        "a grant that has ended",
        send(&world, &token, "POST", actions, past).await,
    );
    note(
        "an address that is taken",
        send(
            &world,
            &token,
            "POST",
            users,
            json!({"uid": "ADA@example.org"}),
        )
        .await,
    );
    note(
        "an address that is none",
        send(&world, &token, "POST", users, json!({"uid": "ada"})).await,
    );
    note(
        "a weak password",
        send(
            &world,
            &token,
            "POST",
            users,
            json!({"uid": "b@example.org", "password": "short"}),
        )
        .await,
    );
    note(
        "no address",
        send(&world, &token, "POST", users, json!({})).await,
    );
    note(
        "a filter that is none",
        get(
            &world,
            &token,
            "/user-management/queries/users/v1?filter=uid",
        )
        .await,
    );
    note(
        "a property that is none",
        get(
            &world,
            &token,
            "/user-management/queries/users/v1?filter=colour:'red'",
        )
        .await,
    );
    note(
        "a sort that is none",
        get(
            &world,
            &token,
            "/user-management/queries/users/v1?sort=colour",
        )
        .await,
    );
    note(
        "a page too large",
        get(
            &world,
            &token,
            "/user-management/queries/users/v1?limit=501",
        )
        .await,
    );
    note(
        "more than one holds",
        send(
            &world,
            &helper,
            "POST",
            actions,
            grant("falconhost_admin", &uuid),
        )
        .await,
    );
    let reset =
        json!({"action": {"action_name": "reset_password"}, "ids": [owner_uuid(&world).await]});
    note(
        "an outranked caller",
        send(
            &world,
            &helper,
            "POST",
            "/user-management/entities/user-actions/v1",
            reset,
        )
        .await,
    );
    let owner = owner_uuid(&world).await;
    note(
        "the owner by an administrator",
        call(
            &world,
            &chief,
            "DELETE",
            &format!("{users}?user_uuid={owner}"),
        )
        .send()
        .await,
    );
    note(
        "the last owner",
        call(
            &world,
            &token,
            "DELETE",
            &format!("{users}?user_uuid={owner}"),
        )
        .send()
        .await,
    );
    note(
        "an unknown child",
        get(
            &world,
            &token,
            &format!("/mssp/entities/children/v1?ids={}", "f".repeat(32)),
        )
        .await,
    );
    note(
        "an unknown group",
        get(
            &world,
            &token,
            &format!("/mssp/entities/user-groups/v2?ids={nobody}"),
        )
        .await,
    );
    note(
        "an unknown client",
        get(
            &world,
            &token,
            &format!(
                "/api-clients/entities/api-clients/v1?ids={}",
                "f".repeat(32)
            ),
        )
        .await,
    );
    insta::assert_json_snapshot!("refusals", replies);
}

async fn owner_uuid(world: &World) -> String {
    let owner = world.system().user(directory::FIRST_OWNER).await.unwrap();
    owner.uuid.to_string()
}

#[tokio::test]
async fn permission_comes_before_the_body_and_the_body_before_the_target() {
    let world = world().await;
    let token = owners_token(&world).await;
    let (_, reader) = with_role(&world, "reader@example.org", "falconhost_read_only").await;
    let nobody = "user_uuid=11111111-2222-4333-8444-555555555555";
    let users = format!("/user-management/entities/users/v1?{nobody}");
    let legacy = format!("/users/entities/users/v1?{nobody}");
    for (method, path, body) in [
        ("POST", users.as_str(), "{"),
        ("PATCH", &users, "{"),
        ("PATCH", &legacy, "{"),
        (
            "POST",
            "/user-management/entities/user-role-actions/v1",
            "{",
        ),
        ("POST", "/user-management/entities/user-actions/v1", "{"),
        ("POST", "/mssp/entities/user-groups/v1", "{"),
        ("POST", "/mssp/entities/mssp-roles/v1", "{"),
    ] {
        for (who, status) in [("nope", 401), (reader.as_str(), 403), (&token, 400)] {
            let call = call(&world, who, method, path).header("Content-Type", "application/json");
            let reply = call.body(body).send().await;
            assert_eq!(reply.status, status, "{method} {path}: {reply:?}");
        }
    }
    for (who, status) in [("nope", 401), (reader.as_str(), 403), (&token, 404)] {
        let reply = call(&world, who, "DELETE", &legacy).send().await;
        assert_eq!(reply.status, status, "{reply:?}");
    }
}
