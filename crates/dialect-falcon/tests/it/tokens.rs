//! Tokens: who gets one, what it is limited to, and how it ends.

use base64::Engine as _;
use directory::{NewKey, ROOT, Status, UserChange};

use super::*;

const USERS: &str = "/user-management/queries/users/v1";

#[tokio::test]
async fn a_token_lives_as_long_as_it_says() {
    let world = world().await;
    let client = owners_client(&world).await;
    let reply = ask(&world, &client, None).await;
    let body = reply.json();
    assert_eq!((reply.status, &body["expires_in"]), (201, &json!(1_799)));
    assert_eq!(reply.header("x-cs-region"), None);
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(get(&world, token, USERS).await.status, 200);
    world.clock.advance(1_798_000);
    assert_eq!(get(&world, token, USERS).await.status, 200);
    world.clock.advance(1_000);
    assert_eq!(get(&world, token, USERS).await.status, 401);
}

#[tokio::test]
async fn the_key_itself_opens_nothing() {
    let world = world().await;
    assert_eq!(get(&world, &world.key, USERS).await.status, 401);
}

#[tokio::test]
async fn who_gets_no_token() {
    let world = world().await;
    let client = owners_client(&world).await;
    let other = person(&world, "other@example.org", ROOT).await;
    let others = client_of(&world, other.id, NewKey::default()).await;
    let with = |id: &str, secret: &str| Client {
        id: id.to_owned(),
        secret: secret.to_owned(),
    };
    for (what, client, status) in [
        ("no id", with("", &client.secret), 400),
        ("an id that is none", with("xyz", &client.secret), 400),
        ("a wrong secret", with(&client.id, "wrong"), 403),
        ("no secret", with(&client.id, ""), 403),
        ("another's id", with(&others.id, &client.secret), 403),
        ("an unknown id", with(&"f".repeat(32), &client.secret), 403),
        ("a person without a role", others, 403),
    ] {
        let reply = ask(&world, &client, None).await;
        assert_eq!(reply.status, status, "{what}: {reply:?}");
        assert!(shaped(&reply), "{what}: {reply:?}");
        assert!(!reply.text.contains("access_token"), "{what}: {reply:?}");
    }
    for broken in ["%ff", "client_id=%00"] {
        let call = world.post("/falcon/oauth2/token");
        let call = call.header("Content-Type", "application/x-www-form-urlencoded");
        let reply = call.body(broken).send().await;
        assert!(reply.status == 400 && shaped(&reply), "{broken}: {reply:?}");
    }
    let json = world
        .post("/falcon/oauth2/token")
        .json(&json!({"client_id": client.id}));
    assert_eq!(json.send().await.status, 415);
}

#[tokio::test]
async fn members_are_children() {
    let world = world().await;
    let client = owners_client(&world).await;
    let (north, cid) = child(&world, "North").await;
    let below = directory::NewOrganisation {
        name: "Below".to_owned(),
        parent: Some(north),
        ..directory::NewOrganisation::default()
    };
    let below = world.system().create_organisation(below).await.unwrap();
    let root = root_cid(&world).await;
    for (member, status) in [
        (cid.clone(), 201),
        (format!("{}-5F", cid.to_uppercase()), 201),
        (root, 201),
        (below.uuid.simple().to_string(), 403),
        ("f".repeat(32), 403),
        ("nonsense".to_owned(), 400),
    ] {
        let reply = ask(&world, &client, Some(&member)).await;
        assert_eq!(reply.status, status, "{member}: {reply:?}");
    }
    let reply = ask(&world, &client, Some(&cid)).await;
    let token = reply.json()["access_token"].as_str().unwrap().to_owned();
    let ccid = get(&world, &token, "/sensors/queries/installers/ccid/v1").await;
    let ccid = resources(&ccid)[0].as_str().unwrap().to_owned();
    assert_eq!(ccid[..32].to_lowercase(), cid);
    assert_eq!(resources(&get(&world, &token, USERS).await), json!([]));
}

#[tokio::test]
async fn tokens_are_handed_back() {
    let world = world().await;
    let client = owners_client(&world).await;
    let first = token(&world, &client).await;
    let second = token(&world, &client).await;
    let (_, strangers) = with_role(&world, "stranger@example.org", "falconhost_read_only").await;
    let basic = |id: &str, secret: &str| {
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
        format!("basic {encoded}")
    };
    let revoke = async |authorization: &str, body: String| {
        let call = world
            .post("/falcon/oauth2/revoke")
            .header("Authorization", authorization);
        let call = call.header("Content-Type", "application/x-www-form-urlencoded");
        call.body(body).send().await.status
    };
    let own = basic(&client.id, &client.secret);
    assert_eq!(
        revoke(&basic(&client.id, "wrong"), format!("token={first}")).await,
        403
    );
    assert_eq!(revoke("basic !!", format!("token={first}")).await, 403);
    assert_eq!(revoke(&own, String::new()).await, 400);
    assert_eq!(get(&world, &first, USERS).await.status, 200);
    for token in [
        first.as_str(),
        first.as_str(),
        "nonsense",
        strangers.as_str(),
    ] {
        assert_eq!(
            revoke(&own, format!("token={token}&client_id={}", client.id)).await,
            200
        );
    }
    assert_eq!(get(&world, &first, USERS).await.status, 401);
    assert_eq!(get(&world, &second, USERS).await.status, 200);
    assert_eq!(get(&world, &strangers, USERS).await.status, 200);
}

#[tokio::test]
async fn every_way_of_losing_access_ends_a_token_in_use() {
    type Loss = (&'static str, u16);
    let losses: [Loss; 5] = [
        ("suspended", 401),
        ("role", 403),
        ("key", 401),
        ("deleted", 401),
        ("expired", 401),
    ];
    for (what, status) in losses {
        let world = world().await;
        let user = person(&world, "ada@example.org", ROOT).await;
        give(&world, user.id, "falconhost_read_only", ROOT).await;
        let new = NewKey {
            expires_at: (what == "expired").then(|| test_support::START.plus(60_000)),
            ..NewKey::default()
        };
        let fresh = world.system().create_key(user.id, new).await.unwrap();
        let client = Client {
            id: fresh.key.uuid.simple().to_string(),
            secret: fresh.secret,
        };
        let token = token(&world, &client).await;
        assert_eq!(get(&world, &token, USERS).await.status, 200, "{what}");
        let system = world.system();
        match what {
            "suspended" => {
                let change = UserChange {
                    status: Some(Status::Suspended),
                    ..UserChange::default()
                };
                system
                    .update_user(user.id, change)
                    .await
                    .map(|_| ())
                    .unwrap();
            }
            "role" => {
                let held = system.grants_of(&[user.id]).await.unwrap();
                for one in held {
                    system.revoke_role(user.id, one.role, None).await.unwrap();
                }
            }
            "key" => drop(system.revoke_key(fresh.key.id).await.unwrap()),
            "deleted" => drop(system.delete_user(user.id).await.unwrap()),
            _ => world.clock.advance(60_000),
        }
        assert_eq!(get(&world, &token, USERS).await.status, status, "{what}");
    }
}

#[tokio::test]
async fn a_client_has_its_minutes_requests_whatever_its_tokens() {
    let world = world().await;
    let client = owners_client(&world).await;
    let first = token(&world, &client).await;
    let left = |reply: &Reply| -> i64 {
        assert_eq!(reply.header("x-ratelimit-limit"), Some("6000"));
        reply
            .header("x-ratelimit-remaining")
            .unwrap()
            .parse()
            .unwrap()
    };
    let before = left(&get(&world, &first, USERS).await);
    let second = token(&world, &client).await;
    let after = left(&get(&world, &second, USERS).await);
    assert!(after < before, "{before} {after}");
    let mut refused = None;
    for _ in 0..6_000 {
        let reply = get(&world, &second, "/sensors/queries/installers/ccid/v1").await;
        if reply.status != 200 {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.unwrap();
    assert!(refused.status == 429 && shaped(&refused), "{refused:?}");
    assert_eq!(
        refused.json()["errors"][0]["message"],
        "API rate limit exceeded."
    );
    let after: i64 = refused
        .header("x-ratelimit-retryafter")
        .unwrap()
        .parse()
        .unwrap();
    let now = test_support::START.seconds();
    assert!(after >= now && after <= now + 60, "{after}");
    assert_eq!(left(&refused), 0);
    // Neither another token nor a new one helps, until the time has come; another client goes on.
    assert_eq!(get(&world, &first, USERS).await.status, 429);
    assert_eq!(ask(&world, &client, None).await.status, 429);
    let (_, other) = with_role(&world, "other@example.org", "falconhost_read_only").await;
    assert_eq!(get(&world, &other, USERS).await.status, 200);
    world.clock.advance((after - now) * 1_000);
    assert_eq!(get(&world, &first, USERS).await.status, 200);
}

#[tokio::test]
async fn scopes_bind_on_every_route() {
    let world = world().await;
    let mut tried = 0;
    for (scope, opens) in [
        (
            "user-management:read",
            ["/user-management", "/users", "/user-roles"].as_slice(),
        ),
        ("flight-control:read", &["/mssp"]),
        ("sensor-installers:read", &["/sensors"]),
        ("api-clients:read", &["/api-clients"]),
    ] {
        let new = NewKey {
            scopes: vec![scope.to_owned()],
            ..NewKey::default()
        };
        // A key with scopes opens the dialect it was made in, so it is made there.
        let handle = {
            let system = world.directory.system(PLATFORM);
            world.directory.act(&system)
        };
        let fresh = handle
            .create_key(directory::FIRST_OWNER, new)
            .await
            .unwrap();
        let client = Client {
            id: fresh.key.uuid.simple().to_string(),
            secret: fresh.secret,
        };
        let token = token(&world, &client).await;
        for route in DIALECT.routes {
            if route.serves == kit::Serves::Open {
                continue;
            }
            let reply = call(&world, &token, route.method, route.path).send().await;
            let own = opens.iter().any(|open| route.path.starts_with(open));
            let reads = route.method == "GET"
                || ["/GET/", "/aggregates/", "allowed-actions"]
                    .iter()
                    .any(|part| route.path.contains(part));
            let expected = own && reads;
            assert_eq!(
                reply.status != 403,
                expected,
                "{scope} {route:?}: {reply:?}"
            );
            tried += 1;
        }
    }
    assert!(tried > 200);
}
