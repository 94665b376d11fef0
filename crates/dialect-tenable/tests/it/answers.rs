//! Each answer as it stands on the wire.

use directory::{NewUser, Status, UserChange, UserKind};
use serde_json::{Value, json};

use super::{PASSWORD, give, keyed, owner, owner_sends, person, role};
use test_support::{World, world_of};

async fn grace(world: &World) -> Value {
    let reply = owner_sends(
        world,
        "POST",
        "users",
        json!([{
            "surname": "Hopper", "name": "Grace", "email": "grace@example.org", "password": PASSWORD,
            "department": "Navy", "biography": "Compilers", "active": true, "picture": [1, 2],
        }]),
    )
    .await;
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.json()[0].clone()
}

#[tokio::test]
async fn users() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    insta::assert_snapshot!(
        "users_at_first",
        owner(&world, "GET", "users").await.shown()
    );
    let several = json!([
        { "name": "Ada", "email": "ada@example.org", "password": PASSWORD },
        { "name": "Nil", "email": "nil@example.org", "password": PASSWORD, "surname": null, "department": null,
          "biography": null, "picture": null, "active": true },
    ]);
    let made = owner_sends(&world, "POST", "users", several).await;
    insta::assert_snapshot!("users_made", made.shown());
    let number = grace(&world).await["id"].as_i64().unwrap();
    let path = format!("users/{number}");
    insta::assert_snapshot!("user", owner(&world, "GET", &path).await.shown());
    let change = json!({
        "surname": null, "name": "EDITED", "email": "edited@example.org", "password": "N3w!Tangerine-Quarry",
        "department": "Math", "biography": null, "active": false, "picture": [3, 4], "lockedOut": false,
    });
    let changed = owner_sends(&world, "PATCH", &path, change).await;
    insta::assert_snapshot!("user_changed", changed.shown());
    let roles = owner_sends(
        &world,
        "PUT",
        &format!("{path}/roles"),
        json!({ "roles": [2, 1] }),
    )
    .await;
    insta::assert_snapshot!("user_roles", roles.shown());
    insta::assert_snapshot!("users", owner(&world, "GET", "users").await.shown());
    insta::assert_snapshot!("user_deleted", owner(&world, "DELETE", &path).await.shown());
    insta::assert_snapshot!("user_gone", owner(&world, "GET", &path).await.shown());
}

#[tokio::test]
async fn whoami() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    insta::assert_snapshot!(
        "whoami_owner",
        owner(&world, "GET", "users/whoami").await.shown()
    );
    let (_, key) = person(&world, "ada@example.org", &[2]).await;
    let reply = keyed(&world, "GET", "users/whoami", &key).send().await;
    insta::assert_snapshot!("whoami_user", reply.shown());
}

#[tokio::test]
async fn roles() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    insta::assert_snapshot!("roles", owner(&world, "GET", "roles").await.shown());
    let defaults = owner(&world, "GET", "roles/user-creation-defaults").await;
    insta::assert_snapshot!("default_roles", defaults.shown());
    let new = json!([{ "name": "Helpdesk", "description": "unlocks accounts" }, { "name": "Other", "description": "" }]);
    insta::assert_snapshot!(
        "roles_made",
        owner_sends(&world, "POST", "roles", new).await.shown()
    );
    let change = json!({ "name": "Service desk", "description": "x" });
    insta::assert_snapshot!(
        "role_changed",
        owner_sends(&world, "PATCH", "roles/3", change)
            .await
            .shown()
    );
    // Who is listed must be there.
    world.powerless("listed@example.org").await;
    let permissions = json!([
        { "entityName": "user", "action": "read", "entityIds": null, "dynamicId": null },
        { "entityName": "user", "action": "edit", "entityIds": ["1", 2], "dynamicId": "self-user-id" },
        { "entityName": "dashboard", "action": "create", "entityIds": [7] },
    ]);
    let reply = owner_sends(&world, "PUT", "roles/3/permissions", permissions).await;
    insta::assert_snapshot!("role_permissions", reply.shown());
    let copied = owner_sends(&world, "POST", "roles/from/3", json!({ "name": "Copied" })).await;
    insta::assert_snapshot!("role_copied", copied.shown());
    insta::assert_snapshot!(
        "role_deleted",
        owner(&world, "DELETE", "roles/3").await.shown()
    );
    insta::assert_snapshot!("role_gone", owner(&world, "GET", "roles/3").await.shown());
}

#[tokio::test]
async fn what_the_server_says_of_itself() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let about = world.get("/tenable/api/about").send().await;
    insta::assert_snapshot!("about", about.shown());
    for (name, path) in [
        ("preferences", "preferences"),
        ("profiles", "profiles"),
        ("license", "license"),
        ("api_key", "api-key"),
    ] {
        insta::assert_snapshot!(name, owner(&world, "GET", path).await.shown());
    }
    let change = json!({ "language": "fr", "preferredProfileId": 1 });
    let changed = owner_sends(&world, "PATCH", "preferences", change).await;
    insta::assert_snapshot!("preferences_changed", changed.shown());
    assert_eq!(changed.text, owner(&world, "GET", "preferences").await.text);
}

#[tokio::test]
async fn changes_of_one_member_leave_the_others() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let number = grace(&world).await["id"].as_i64().unwrap();
    let path = format!("users/{number}");
    for (key, value) in [
        ("biography", json!("Ships")),
        ("picture", json!([9])),
        ("biography", json!(null)),
        ("picture", json!(null)),
        ("surname", json!(null)),
        ("surname", json!("Murray")),
        ("name", json!("Amazing")),
        ("department", json!(null)),
        ("active", json!(false)),
        ("active", json!(true)),
    ] {
        let mut expected = owner(&world, "GET", &path).await.json();
        expected[key] = value.clone();
        let changed = owner_sends(&world, "PATCH", &path, json!({ key: value })).await;
        assert_eq!(changed.json(), expected, "{key} {value}");
    }
}

#[tokio::test]
async fn refreshed_keys() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let (_, key) = person(&world, "ada@example.org", &[2]).await;
    let shown = keyed(&world, "GET", "api-key", &key).send().await.json();
    assert_eq!(shown, json!({ "key": key }));
    let reply = keyed(&world, "POST", "api-key", &key)
        .json(&json!({}))
        .send()
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let new = reply.json()["key"].as_str().unwrap().to_owned();
    assert_ne!(new, key);
    assert_eq!(
        keyed(&world, "GET", "users/whoami", &key)
            .send()
            .await
            .status,
        401
    );
    assert_eq!(
        keyed(&world, "GET", "users/whoami", &new)
            .send()
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn people_of_other_doors() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let handle = world.system();
    let robot = NewUser {
        login: Some("robot".to_owned()),
        kind: Some(UserKind::Service),
        ..NewUser::default()
    };
    let robot = handle.create_user(robot).await.unwrap();
    let whole = NewUser {
        email: Some("ada@example.org".to_owned()),
        names: directory::Names {
            display: Some("Ada King Lovelace".to_owned()),
            ..directory::Names::default()
        },
        status: Some(directory::Status::Suspended),
        ..NewUser::default()
    };
    let whole = handle.create_user(whole).await.unwrap();
    let mut shown = Vec::new();
    for user in [&robot, &whole] {
        let path = format!("users/{}", user.id);
        let before = owner(&world, "GET", &path).await.json();
        // Writing back what is shown changes nothing.
        let mut echo = before.clone();
        for key in ["id", "roles", "identifier", "provider", "eulaVersion"] {
            echo.as_object_mut().unwrap().shift_remove(key);
        }
        let echoed = owner_sends(&world, "PATCH", &path, echo).await;
        assert_eq!(echoed.json(), before, "{echoed:?}");
        assert_eq!(handle.user(user.id).await.unwrap(), *user);
        shown.push(before);
    }
    insta::assert_json_snapshot!("people_of_other_doors", shown);
}

#[tokio::test]
async fn lists_longer_than_a_chunk_are_whole_and_in_order() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let handle = world.system();
    for part in 0..5 {
        let new = (0..450)
            .map(|number| NewUser {
                email: Some(format!("p{part}-{number}@example.org")),
                ..NewUser::default()
            })
            .collect();
        handle.create_users(new).await.unwrap();
    }
    let (someone, _) = person(&world, "last@example.org", &[]).await;
    let narrow = role(&world, "Narrow", &[("user", "read", None, false)]).await;
    give(&world, someone.id, &[narrow]).await;
    let before = world.directory.statements();
    let list = owner(&world, "GET", "users").await;
    let statements = world.directory.statements() - before;
    let list = list.json();
    let ids: Vec<i64> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids.len(), 2_252);
    assert!(ids.is_sorted_by(|a, b| a < b));
    assert_eq!(list[2_251]["roles"], json!([narrow]));
    // Statements are counted in chunks, not in rows.
    assert!(statements < 40, "{statements}");
}

#[tokio::test]
async fn owners_show_as_administrators() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    let roles = owner(&world, "GET", "users/1").await.json()["roles"].clone();
    assert_eq!(roles, json!([1]));
    // Their role goes only with the ownership.
    let reply = owner_sends(&world, "PUT", "users/1/roles", json!({ "roles": [] })).await;
    assert_eq!(reply.status, 400, "{reply:?}");
    let reply = owner_sends(&world, "PUT", "users/1/roles", json!({ "roles": [1] })).await;
    assert_eq!(reply.json(), json!({ "roles": [1] }));
}

#[tokio::test]
async fn the_license_counts_whom_the_list_shows_as_active() {
    let world = world_of(&[&dialect_tenable::DIALECT]).await;
    for (name, status, locked) in [
        ("active", Status::Active, false),
        ("locked", Status::Active, true),
        ("inactive", Status::Inactive, false),
        ("suspended", Status::Suspended, false),
        ("expired", Status::Expired, false),
    ] {
        let (user, _) = person(&world, &format!("{name}@example.org"), &[]).await;
        let change = UserChange {
            status: Some(status),
            locked: locked.then_some(true),
            ..UserChange::default()
        };
        world.system().update_user(user.id, change).await.unwrap();
    }
    for _ in 0..3 {
        let body = json!({ "email": "active@example.org", "password": "wrong" });
        owner_sends(&world, "POST", "login", body).await;
    }
    let users = owner(&world, "GET", "users").await.json();
    let users = users.as_array().unwrap();
    let shown = |key: &str| users.iter().filter(|user| user[key] == true).count();
    assert_eq!((shown("active"), shown("lockedOut")), (3, 2), "{users:?}");
    let license = owner(&world, "GET", "license").await.json();
    assert_eq!(license["currentActiveUserCount"], 3);
}
