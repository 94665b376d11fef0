//! Answers and faults as they go over the wire, and what no route may do.

use dialect_misp::DIALECT;
use directory::{NewKey, Operation, Time, UserId};
use serde_json::{Value, json};

use super::{Client, shaped, sign};
use crate::world;
use test_support::{coverage, hostile};

#[tokio::test]
async fn every_route_is_guarded() {
    coverage(&DIALECT, sign, |reply| reply.status == 403 && shaped(reply)).await;
}

#[tokio::test]
async fn nonsense_is_refused_in_the_vendors_shape() {
    hostile(&DIALECT, sign, shaped).await;
}

#[tokio::test]
async fn changes_are_refused_before_their_bodies_are_judged() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let (_, key) = admin.user("plain@example.org", json!({})).await;
    let plain = Client::new(&world, &key);
    let before = world.state().await;
    for path in [
        "admin/users/add",
        "admin/users/edit/1",
        "admin/users/delete/1",
        "admin/organisations/add",
        "admin/organisations/edit/1",
        "admin/organisations/delete/1",
        "admin/roles/add",
        "admin/roles/edit/3",
        "admin/roles/delete/3",
        "admin/roles/set_default/1",
    ] {
        let reply = plain.post(path, json!({"role_id": "x", "email": 5})).await;
        let said = "You do not have permission to use this functionality.";
        assert_eq!(
            (reply.status, &reply.json()["message"]),
            (403, &json!(said)),
            "{path}"
        );
    }
    assert_eq!(world.state().await, before);
}

/// misp.md §2, "URL grammar": every spelling reaches the same thing.
#[tokio::test]
async fn spellings_of_a_path() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let body = admin.get("admin/users/index").await.text;
    for path in [
        "admin/users",
        "admin/users.json",
        "admin/users/index.json",
        "admin//users/index/",
        "admin/users/index/sort:email/page:2/limit:1",
        "admin/users/index?value=nobody",
    ] {
        assert_eq!(admin.get(path).await.text, body, "{path}");
    }
    for (one, other) in [
        ("auth_keys", "authKeys/index"),
        ("roles", "roles/index.json"),
        ("organisations", "organisations/index/scope:local"),
        ("users/view", "users/view/me"),
        ("servers/getVersion", "servers/getVersion.json"),
    ] {
        let (one, other) = (admin.get(one).await, admin.get(other).await);
        assert_eq!((one.status, one.text), (200, other.text));
    }
    for path in [
        "users/index",
        "events/index",
        "servers/nothing",
        "",
        "users/view/1/2",
    ] {
        let reply = admin.get(path).await;
        assert_eq!(
            (reply.status, &reply.json()["name"]),
            (404, &json!("Not Found")),
            "{path}"
        );
    }
}

/// misp.md §1 "key format", §6 "Authentication failures".
#[tokio::test]
async fn keys_and_their_failures() {
    let world = world().await;
    let key = world.key.clone();
    let ask = async |name: &str, value: &str| {
        let call = world.get("/misp/users/view/me");
        let call = if name.is_empty() {
            call
        } else {
            call.header(name, value)
        };
        let reply = call.send().await;
        let message = reply
            .json()
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned();
        (reply.status, message)
    };
    let generic = "Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization header.";
    for (name, value, status) in [
        ("Authorization", key.clone(), 200),
        ("authorization", format!(" {key} "), 200),
        ("X-MISP-AUTH", key.clone(), 200),
        ("Authorization", format!("{},{key}", "b".repeat(40)), 200),
        ("Authorization", format!("short,{key}"), 200),
        ("Authorization", format!("Bearer {key}"), 403),
        ("Authorization", format!("Basic {key}"), 403),
        ("Authorization", "a".repeat(40), 403),
        ("Authorization", "short".to_owned(), 403),
        ("Authorization", String::new(), 403),
        ("", String::new(), 403),
    ] {
        let (found, message) = ask(name, &value).await;
        assert_eq!(found, status, "{name} {value}");
        assert_eq!(
            message,
            if status == 200 { "" } else { generic },
            "{name} {value}"
        );
    }
    let many = [vec!["c".repeat(40); 5], vec![key.clone()]]
        .concat()
        .join(",");
    assert_eq!(ask("Authorization", &many).await.0, 403);
    // Limits of keys.
    let system = world.system();
    let new = |addresses: &[&str], expires_at: Option<i64>| NewKey {
        addresses: addresses.iter().map(|net| net.parse().unwrap()).collect(),
        expires_at: expires_at.map(Time),
        ..NewKey::default()
    };
    let now = world.directory.now().0;
    let elsewhere = system
        .create_key(UserId(1), new(&["10.0.0.0/8"], None))
        .await
        .unwrap();
    let (status, message) = ask("Authorization", &elsewhere.secret).await;
    assert_eq!(
        (status, message.as_str()),
        (
            403,
            "It is not possible to use this Auth key from your IP address"
        )
    );
    let here = system
        .create_key(UserId(1), new(&["192.0.2.0/24"], Some(now + 5_000)))
        .await
        .unwrap();
    let reply = world
        .get("/misp/users/view/me")
        .header("Authorization", &here.secret)
        .send()
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("x-auth-key-expiration"),
        Some("2026-01-01T00:00:05+00:00")
    );
    world.clock.advance(5_000);
    assert_eq!(
        ask("Authorization", &here.secret).await,
        (403, generic.to_owned())
    );
}

#[tokio::test]
async fn a_disabled_account_is_told_so_until_it_is_enabled_again() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let (id, key) = admin.user("ana@example.org", json!({})).await;
    let ana = Client::new(&world, &key);
    assert_eq!(ana.get("users/view/me").await.status, 200);
    admin
        .post(&format!("admin/users/edit/{id}"), json!({"disabled": true}))
        .await;
    let reply = ana.get("users/view/me").await;
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.json(),
        json!({
            "name": "Authentication failed. Your user account has been disabled.",
            "message": "Authentication failed. Your user account has been disabled.",
            "url": "/users/view/me",
        })
    );
    admin
        .post(&format!("admin/users/edit/{id}"), json!({"disabled": "0"}))
        .await;
    assert_eq!(ana.get("users/view/me").await.status, 200);
}

#[tokio::test]
async fn bodies_in_every_form() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    for (number, body) in [
        json!({"email": "a0@example.org", "role_id": 4}),
        json!({"User": {"email": "a1@example.org", "role_id": "4"}}),
        json!({"request": {"User": {"email": "a2@example.org", "role_id": "4"}}}),
    ]
    .into_iter()
    .enumerate()
    {
        let user = admin.post("admin/users/add", body).await.json()["User"].clone();
        assert_eq!(user["email"], format!("a{number}@example.org"));
        assert_eq!(user["role_id"], "4");
    }
    let reply = world
        .post("/misp/admin/users/add")
        .header("Authorization", &world.key)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("User%5Bemail%5D=a3%40example.org&User[role_id]=4&User[change_pw]=0")
        .send()
        .await;
    let user = reply.json()["User"].clone();
    assert_eq!(
        (&user["email"], &user["role_id"], &user["change_pw"]),
        (&json!("a3@example.org"), &json!("4"), &json!(false))
    );
    let broken = world
        .post("/misp/admin/users/add")
        .header("Authorization", &world.key)
        .body("{")
        .send()
        .await;
    assert_eq!(broken.status, 405);
    assert!(broken.text.contains("Invalid JSON input"));
}

/// Other programs than the vendor's get JSON that people can read.
#[tokio::test]
async fn answers_are_written_for_who_asks() {
    let world = world().await;
    let ask = async |agent: &str| {
        let call = world
            .get("/misp/servers/getVersion")
            .header("Authorization", &world.key);
        call.header("User-Agent", agent).send().await
    };
    let (compact, readable) = (
        ask("PyMISP 2.5.34.4 - Python 3.13").await,
        ask("curl/8").await,
    );
    assert!(!compact.text.contains('\n') && readable.text.contains("\n    \"version\""));
    assert_eq!(compact.json(), readable.json());
    assert_eq!(
        compact.header("content-type"),
        Some("application/json; charset=UTF-8")
    );
    let versions = compact.json();
    for name in ["version", "pymisp_recommended_version"] {
        let parts = versions[name]
            .as_str()
            .unwrap()
            .split('.')
            .map(str::parse::<u32>);
        assert!(parts.clone().count() == 3 && parts.into_iter().all(|part| part.is_ok()));
    }
}

#[tokio::test]
async fn a_get_where_a_change_is_due() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    for path in [
        "admin/users/add",
        "admin/users/edit/1",
        "users/change_pw",
        "admin/roles/add",
        "auth_keys/add",
    ] {
        let reply = admin.get(path).await;
        let body = reply.json();
        assert_eq!(
            (reply.status, &body["url"]),
            (200, &json!(format!("/{path}"))),
            "{path}"
        );
        assert!(body["mandatory_fields"].is_array() && body["optional_fields"].is_array());
    }
    for path in [
        "admin/users/delete/1",
        "admin/organisations/delete/1",
        "admin/roles/delete/1",
    ] {
        let reply = admin.get(path).await;
        assert_eq!(reply.status, 405, "{path}");
        assert_eq!(
            reply.json()["name"],
            "Action not allowed, post or delete request expected."
        );
    }
}

/// What is shown and written back as it is changes nothing, whoever writes it: not even a revision.
#[tokio::test]
async fn what_is_written_back_changes_nothing() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let body = json!({"name": "Corp", "restricted_to_domain": ["corp.example"], "sector": "s"});
    let made = admin.post("admin/organisations/add", body).await.json();
    let corp = made["Organisation"]["id"].as_str().unwrap().to_owned();
    let (ana, key) = admin
        .user("ana@corp.example", json!({"org_id": corp}))
        .await;
    let (_, boss) = admin
        .user("boss@corp.example", json!({"org_id": corp, "role_id": 2}))
        .await;
    let body = json!({"name": "Own", "permission": 2, "perm_auth": true, "memory_limit": "1G"});
    let made = admin.post("admin/roles/add", body).await.json();
    let role = made["Role"]["id"].as_str().unwrap().to_owned();
    let own = Client::new(&world, &key);
    let boss = Client::new(&world, &boss);
    for (client, shown, written) in [
        (
            &admin,
            format!("users/view/{ana}"),
            format!("admin/users/edit/{ana}"),
        ),
        (
            &admin,
            "users/view/me".to_owned(),
            "admin/users/edit/1".to_owned(),
        ),
        (
            &boss,
            format!("admin/users/view/{ana}"),
            format!("admin/users/edit/{ana}"),
        ),
        (&own, "users/view/me".to_owned(), "users/edit/me".to_owned()),
        (
            &admin,
            format!("organisations/view/{corp}"),
            format!("admin/organisations/edit/{corp}"),
        ),
        (
            &admin,
            "organisations/view/1".to_owned(),
            "admin/organisations/edit/1".to_owned(),
        ),
        (
            &admin,
            format!("roles/view/{role}"),
            format!("admin/roles/edit/{role}"),
        ),
        (
            &admin,
            "roles/view/1".to_owned(),
            "admin/roles/edit/1".to_owned(),
        ),
    ] {
        let body = client.get(&shown).await.json();
        let before = world.state().await;
        let reply = client.post(&written, body).await;
        assert_eq!(reply.status, 200, "{written}: {}", reply.text);
        assert_eq!(world.state().await, before, "{written}");
    }
}

/// A role that somebody wears stays, and so does the one that newcomers get (misp.md §5.2).
#[tokio::test]
async fn roles_in_use_stay() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let body = json!({"name": "Next", "permission": 1, "perm_auth": true});
    let made = admin.post("admin/roles/add", body).await.json();
    let next = made["Role"]["id"].as_str().unwrap().to_owned();
    admin
        .post(&format!("admin/roles/set_default/{next}"), json!({}))
        .await;
    let worn = "It is not possible to delete role that is assigned to users.";
    for (role, status, said) in [
        // The owner wears the first; nobody the sixth, but it is built in.
        ("1", 403, json!(worn)),
        ("6", 403, json!("This role cannot be changed.")),
        (&next, 403, json!(worn)),
    ] {
        let path = format!("admin/roles/delete/{role}");
        let reply = admin.post(&path, json!({})).await;
        assert_eq!(
            (reply.status, &reply.json()["errors"]),
            (status, &said),
            "{role}"
        );
    }
    admin.post("admin/roles/set_default/3", json!({})).await;
    let path = format!("admin/roles/delete/{next}");
    assert_eq!(admin.post(&path, json!({})).await.status, 200);
}

/// One answer of every kind, whole.
#[tokio::test]
async fn answers() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let organisation = admin
        .post(
            "admin/organisations/add",
            json!({"name": "Corp", "uuid": "192DD0DD-0000-4000-8000-000000000001", "type": "CSIRT", "restricted_to_domain": ["corp.example"]}),
        )
        .await;
    let user = admin
        .post(
            "admin/users/add",
            json!({"email": "Ana@corp.example", "org_id": 2, "role_id": 2, "password": "a long and good sentence", "autoalert": "1", "nids_sid": 7}),
        )
        .await;
    for (name, reply) in [
        ("add_organisation", organisation),
        ("add_user", user),
        ("edit_user", admin.post("admin/users/edit/2", json!({"contactalert": true})).await),
        ("list_users", admin.get("admin/users/index").await),
        ("view_user", admin.get("users/view/2").await),
        ("administer_user", admin.get("admin/users/view/2").await),
        ("list_organisations", admin.get("organisations/index/scope:all").await),
        ("view_organisation", admin.get("organisations/view/corp").await),
        ("edit_organisation", admin.post("admin/organisations/edit/2", json!({"sector": "Energy"})).await),
        ("list_roles", admin.get("roles/index").await),
        ("add_role", admin.post("admin/roles/add", json!({"name": "Analyst", "permission": "publish", "memory_limit": "512M"})).await),
        ("set_default_role", admin.post("admin/roles/set_default/7", json!(null)).await),
        ("view_role", admin.get("roles/view/7").await),
        ("add_key", admin.post("auth_keys/add/2", json!({"comment": "ci", "expiration": "2031-02-03", "allowed_ips": "127.0.0.1\n10.0.0.0/8"})).await),
        ("view_key", admin.get("auth_keys/view/3").await),
        ("delete_key", admin.post("auth_keys/delete/3", json!({})).await),
        ("reset_key", admin.post("users/resetauthkey/2", json!({})).await),
        ("delete_user", admin.post("admin/users/delete/2", json!(null)).await),
        ("delete_organisation", admin.call("DELETE", "admin/organisations/delete/2").await),
    ] {
        insta::assert_snapshot!(name, stable(&reply.shown()));
    }
}

/// What was drawn at random is not what the snapshots are about.
fn stable(shown: &str) -> String {
    [
        (r#"authkey_(start|end)": "\w{4}"#, r#"authkey_$1": "…"#),
        (r"\b[0-9A-Za-z]{40}\b", "<KEY>"),
        (r#"(uuid": ")[0-9a-f]{8}-[0-9a-f-]{27}"#, "$1<UUID>"),
    ]
    .iter()
    .fold(shown.to_owned(), |text, (pattern, plain)| {
        regex::Regex::new(pattern)
            .unwrap()
            .replace_all(&text, *plain)
            .into_owned()
    })
}

/// The table of operations names each route's own: a route that says it makes users is the one that
/// does.
#[test]
fn the_table_of_routes_is_whole() {
    use kit::Serves;
    let served: Vec<Operation> = DIALECT
        .routes
        .iter()
        .filter_map(|route| match route.serves {
            Serves::Operation(operation) => Some(operation),
            Serves::Open | Serves::SignedIn | Serves::Deferred => None,
        })
        .collect();
    for operation in [
        Operation::ListUsers,
        Operation::ShowUser,
        Operation::CreateUser,
        Operation::UpdateUser,
        Operation::DeleteUser,
        Operation::UpdateOwnProfile,
        Operation::ChangeOwnPassword,
        Operation::ListOrganisations,
        Operation::ShowOrganisation,
        Operation::CreateOrganisation,
        Operation::UpdateOrganisation,
        Operation::DeleteOrganisation,
        Operation::ListRoles,
        Operation::CreateRole,
        Operation::UpdateRole,
        Operation::DeleteRole,
        Operation::ChangeDefaultRoles,
        Operation::ListKeys,
        Operation::CreateKey,
        Operation::UpdateKey,
        Operation::RevokeKey,
    ] {
        assert!(served.contains(&operation), "{operation:?}");
    }
    // Even the version needs a key.
    let open = DIALECT.routes.iter();
    let open: Vec<&str> = open
        .filter(|route| route.serves == Serves::Open)
        .map(|route| route.path)
        .collect();
    assert_eq!(open, ["/users/register", "/users/heartbeat"]);
}

/// What the page of the dialect names as not served is not found, in the vendor's shape, by every caller.
#[tokio::test]
async fn what_is_not_served_is_not_found() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    let (_, key) = admin.user("ada@example.org", json!({})).await;
    for (method, path) in [
        ("GET", "events/index"),
        ("POST", "events/add"),
        ("POST", "attributes/restSearch"),
        ("GET", "servers/serverSettings"),
        ("POST", "admin/users/email"),
        ("GET", "users/notificationSettings"),
        ("POST", "users/forgot"),
        ("POST", "users/password_reset"),
        ("POST", "users/resetAllSyncAuthKeys"),
        ("GET", "userLoginProfiles/index"),
        ("GET", "users/login"),
        ("POST", "users/totp_new"),
        ("POST", "users/otp"),
        ("POST", "admin/organisations/merge/1/2"),
        ("GET", "sharing_groups/index"),
        ("GET", "feeds/index"),
    ] {
        for key in [&world.key, &key] {
            let reply = Client::new(&world, key).call(method, path).await;
            assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text);
            assert!(shaped(&reply), "{method} {path}: {}", reply.text);
        }
    }
    // Settings of the server that mean nothing here.
    for path in [
        "servers/getSetting/MISP.baseurl",
        "servers/getSetting/Plugin.ZeroMQ_enable",
    ] {
        let reply = admin.get(path).await;
        assert_eq!(reply.json()["name"], "Invalid setting.", "{path}");
    }
    // Answers are JSON for every `Accept` header.
    for accept in ["application/xml", "text/html", "*/*"] {
        let call = world
            .get("/misp/users/view/me")
            .header("Authorization", &world.key);
        let reply = call.replace_header("Accept", accept).send().await;
        assert_eq!(reply.status, 200, "{accept}");
        assert!(
            reply
                .header("content-type")
                .unwrap()
                .starts_with("application/json"),
            "{accept}"
        );
    }
}
