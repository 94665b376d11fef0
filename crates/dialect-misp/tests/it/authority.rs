//! Who may do what (misp.md §6), over the wire.

use serde_json::{Value, json};

use super::Client;
use crate::world;
use test_support::World;

struct Scene {
    /// Organisations.
    red: String,
    blue: String,
    /// (number, key)
    boss: (String, String),
    ana: (String, String),
    bob: (String, String),
}

/// Two organisations: red with an administrator and ana, blue with bob.
async fn scene(world: &World) -> Scene {
    let admin = Client::new(world, &world.key);
    let red = admin.organisation("Red").await;
    let blue = admin.organisation("Blue").await;
    Scene {
        boss: admin
            .user("boss@red.example", json!({"org_id": red, "role_id": 2}))
            .await,
        ana: admin.user("ana@red.example", json!({"org_id": red})).await,
        bob: admin
            .user("bob@blue.example", json!({"org_id": blue}))
            .await,
        red,
        blue,
    }
}

fn emails(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|row| row["User"]["email"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn administrators_of_an_organisation_stay_in_it() {
    let world = world().await;
    let scene = scene(&world).await;
    let boss = Client::new(&world, &scene.boss.1);
    assert_eq!(
        emails(&boss.get("admin/users").await.json()),
        ["boss@red.example", "ana@red.example"]
    );
    // `searchorg` is ignored for them, so it cannot tell who is elsewhere.
    let elsewhere = format!("admin/users/index/searchorg:{}", scene.blue);
    assert_eq!(emails(&boss.get(&elsewhere).await.json()).len(), 2);
    // A foreign person and nobody answer alike, whatever is asked.
    for (path, body) in [
        ("admin/users/edit/", json!({"autoalert": true})),
        ("admin/users/edit/", json!({"password": "short"})),
        ("admin/users/delete/", json!({})),
        ("auth_keys/add/", json!({})),
        ("users/resetauthkey/", json!({})),
    ] {
        let answer = async |id: &str| {
            let reply = boss.post(&format!("{path}{id}"), body.clone()).await;
            (reply.status, reply.text.replace(id, "N"))
        };
        let (foreign, missing) = (answer(&scene.bob.0).await, answer("4711").await);
        assert_eq!(foreign, missing, "{path}");
        assert!(foreign.0 >= 400, "{path}");
    }
    for path in ["admin/users/view/", "users/view/", "organisations/view/"] {
        let answer = async |id: &str| {
            let reply = boss.get(&format!("{path}{id}")).await;
            (reply.status, reply.text.replace(id, "N"))
        };
        let id = if path.starts_with("org") {
            &scene.blue
        } else {
            &scene.bob.0
        };
        assert_eq!(answer(id).await, answer("4711").await, "{path}");
    }
    // Their own person.
    let ana = boss.get(&format!("admin/users/view/{}", scene.ana.0)).await;
    assert_eq!(
        ana.json()["User"]["orgAdmins"],
        json!({scene.boss.0.clone(): "boss@red.example"})
    );
    let not_here = boss.get(&format!("users/view/{}", scene.ana.0)).await;
    assert_eq!(not_here.json()["name"], "Invalid user or not authorised.");
}

#[tokio::test]
async fn administrators_of_an_organisation_give_no_more_than_they_have() {
    let world = world().await;
    let scene = scene(&world).await;
    let boss = Client::new(&world, &scene.boss.1);
    for (role, status) in [
        (3, 200),
        (4, 200),
        (6, 200),
        (2, 200),
        (1, 403),
        (5, 403),
        (99, 405),
    ] {
        let body =
            json!({"email": format!("r{role}@red.example"), "role_id": role, "org_id": scene.blue});
        let reply = boss.post("admin/users/add", body).await;
        assert_eq!(reply.status, status, "{role}: {}", reply.text);
        if status == 200 {
            // The organisation is theirs, whatever they ask for.
            assert_eq!(reply.json()["User"]["org_id"], json!(scene.red));
        }
    }
    for (role, status) in [(4, 200), (1, 403), (5, 403), (99, 403)] {
        let path = format!("admin/users/edit/{}", scene.ana.0);
        let reply = boss.post(&path, json!({"role_id": role})).await;
        assert_eq!(reply.status, status, "{role}: {}", reply.text);
    }
    let restricted =
        json!({"name": "Kept back", "perm_auth": true, "restricted_to_site_admin": true});
    let admin = Client::new(&world, &world.key);
    let role = admin.post("admin/roles/add", restricted).await.json()["Role"]["id"].clone();
    let body = json!({"email": "kept@red.example", "role_id": role});
    assert_eq!(boss.post("admin/users/add", body.clone()).await.status, 403);
    assert_eq!(admin.post("admin/users/add", body).await.status, 200);
}

#[tokio::test]
async fn nobody_takes_over_a_greater_account() {
    let world = world().await;
    let scene = scene(&world).await;
    let admin = Client::new(&world, &world.key);
    let (site, _) = admin
        .user(
            "site@red.example",
            json!({"org_id": scene.red, "role_id": 1}),
        )
        .await;
    let (equal, _) = admin
        .user(
            "equal@red.example",
            json!({"org_id": scene.red, "role_id": 2}),
        )
        .await;
    let boss = Client::new(&world, &scene.boss.1);
    for (path, body, status) in [
        (
            format!("admin/users/edit/{site}"),
            json!({"password": "another good sentence"}),
            404,
        ),
        (
            format!("admin/users/edit/{site}"),
            json!({"email": "mine@red.example"}),
            404,
        ),
        // Not even what would be no danger.
        (
            format!("admin/users/edit/{site}"),
            json!({"autoalert": true}),
            404,
        ),
        (
            format!("admin/users/edit/{site}"),
            json!({"role_id": 3}),
            404,
        ),
        (format!("admin/users/delete/{site}"), json!({}), 404),
        (format!("auth_keys/add/{site}"), json!({}), 405),
        (format!("users/resetauthkey/{site}"), json!({}), 405),
        // An equal makes no keys in one's name, but changes one otherwise.
        (format!("auth_keys/add/{equal}"), json!({}), 405),
        (
            format!("admin/users/edit/{equal}"),
            json!({"autoalert": true}),
            200,
        ),
        (format!("auth_keys/add/{}", scene.boss.0), json!({}), 200),
    ] {
        let reply = boss.post(&path, body).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text);
    }
}

#[tokio::test]
async fn plain_people_have_themselves() {
    let world = world().await;
    let scene = scene(&world).await;
    let ana = Client::new(&world, &scene.ana.1);
    assert_eq!(
        ana.get("users/view/me").await.json()["User"]["email"],
        "ana@red.example"
    );
    assert_eq!(
        ana.get(&format!("users/view/{}", scene.ana.0)).await.status,
        200
    );
    assert_eq!(ana.get("admin/users").await.status, 403);
    assert_eq!(
        ana.get(&format!("admin/users/view/{}", scene.ana.0))
            .await
            .status,
        403
    );
    assert_eq!(
        ana.get(&format!("users/view/{}", scene.boss.0))
            .await
            .status,
        404
    );
    // Whatever number stands in the path, it is always oneself; and not everything is one's own.
    let body = json!({"autoalert": true, "role_id": 1, "org_id": 1, "change_pw": false, "termsaccepted": true, "email": "ana2@red.example"});
    let reply = ana
        .post(&format!("users/edit/{}", scene.boss.0), body)
        .await;
    let user = reply.json()["User"].clone();
    assert_eq!(
        [
            &user["id"],
            &user["email"],
            &user["role_id"],
            &user["org_id"],
            &user["autoalert"],
            &user["termsaccepted"]
        ],
        [
            &json!(scene.ana.0),
            &json!("ana2@red.example"),
            &json!("3"),
            &json!(scene.red),
            &json!(true),
            &json!(false)
        ]
    );
    let roles = ana.get("roles").await.json();
    assert_eq!(roles.as_array().unwrap().len(), 6);
    let organisations = ana.get("organisations").await.json();
    assert_eq!(organisations[0]["Organisation"]["name"], "Red");
    assert_eq!(organisations.as_array().unwrap().len(), 1);
    for hidden in ["created_by", "created_by_email"] {
        assert!(
            organisations[0]["Organisation"].get(hidden).is_none(),
            "{hidden}"
        );
    }
    // Keys of one's own, and of nobody else.
    let key = ana
        .post("auth_keys/add/me", json!({"comment": "mine"}))
        .await
        .json();
    assert_eq!(key["AuthKey"]["user_id"], json!(scene.ana.0));
    assert_eq!(ana.post("auth_keys/add/1", json!({})).await.status, 405);
    let keys = ana.get("auth_keys").await.json();
    assert!(
        keys.as_array()
            .unwrap()
            .iter()
            .all(|row| row["AuthKey"]["user_id"] == json!(scene.ana.0))
    );
    assert_eq!(
        ana.get("auth_keys/view/1").await.json()["name"],
        "Invalid AuthKey."
    );
}

#[tokio::test]
async fn read_only_keys_read_themselves_and_change_nothing() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let made = admin
        .post("auth_keys/add/me", json!({"read_only": 1}))
        .await
        .json();
    let reader = Client::new(&world, made["AuthKey"]["authkey_raw"].as_str().unwrap());
    let me = reader.get("users/view/me").await.json();
    // The role is shown as it is.
    assert_eq!(me["Role"]["perm_site_admin"], true);
    for path in [
        "admin/users",
        "admin/users/view/1",
        "organisations/getUUIDs",
    ] {
        assert_eq!(reader.get(path).await.status, 403, "{path}");
    }
    for path in ["roles", "organisations", "auth_keys", "servers/getVersion"] {
        assert_eq!(reader.get(path).await.status, 200, "{path}");
    }
    assert_eq!(
        reader.get("servers/getVersion").await.json()["perm_sync"],
        false
    );
    let before = world.state().await;
    for (path, body) in [
        ("users/edit/1", json!({"autoalert": true})),
        (
            "users/change_pw",
            json!({"password": "another good sentence"}),
        ),
        ("auth_keys/add/me", json!({})),
        ("users/resetauthkey/me", json!({})),
        ("admin/users/add", json!({"email": "x@example.org"})),
        ("admin/organisations/add", json!({"name": "x"})),
        ("admin/roles/add", json!({"name": "x"})),
        ("auth_keys/delete/1", json!({})),
    ] {
        let reply = reader.post(path, body).await;
        assert_eq!(reply.status, 403, "{path}: {}", reply.text);
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn the_role_decides_at_once() {
    let world = world().await;
    let scene = scene(&world).await;
    let admin = Client::new(&world, &world.key);
    let boss = Client::new(&world, &scene.boss.1);
    assert_eq!(boss.get("admin/users").await.status, 200);
    admin
        .post(
            &format!("admin/users/edit/{}", scene.boss.0),
            json!({"role_id": 3}),
        )
        .await;
    assert_eq!(boss.get("admin/users").await.status, 403);
    // A role without `perm_auth` opens nothing.
    let role = admin
        .post("admin/roles/add", json!({"name": "Silent"}))
        .await
        .json()["Role"]["id"]
        .clone();
    admin
        .post(
            &format!("admin/users/edit/{}", scene.boss.0),
            json!({"role_id": role}),
        )
        .await;
    assert_eq!(boss.get("users/view/me").await.status, 403);
    let role = role.as_str().unwrap();
    admin
        .post(
            &format!("admin/roles/edit/{role}"),
            json!({"perm_auth": "1"}),
        )
        .await;
    assert_eq!(boss.get("users/view/me").await.status, 200);
    admin
        .post(&format!("admin/users/delete/{}", scene.boss.0), json!({}))
        .await;
    assert_eq!(boss.get("users/view/me").await.status, 403);
}

#[tokio::test]
async fn the_last_site_administrator_stays() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    for (path, body) in [
        ("admin/users/delete/1", json!({})),
        ("admin/users/edit/1", json!({"disabled": true})),
        ("admin/users/edit/1", json!({"role_id": 3})),
    ] {
        let reply = admin.post(path, body).await;
        assert_eq!(reply.status, 403, "{path} {}", reply.text);
        assert_eq!(reply.json()["saved"], false);
    }
}
