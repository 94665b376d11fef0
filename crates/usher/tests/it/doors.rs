//! People made through one door as each of the other doors shows them.

use directory::Query;
use serde_json::{Value, json};

use crate::world;
use test_support::World;

const PASSWORD: &str = "Cobalt-Lantern-73!";

/// A token of the owner's API client at Falcon's door.
async fn falcon_token(world: &World) -> String {
    let keys = world.system().keys(&Query::default()).await.unwrap().items;
    let form = format!(
        "client_id={}&client_secret={}",
        keys[0].uuid.simple(),
        world.key
    );
    let reply = world
        .post("/falcon/oauth2/token")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await;
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

/// What comes back when the owner sends this; a refusal fails the test.
async fn owner(world: &World, method: &str, target: &str, body: &Value) -> Value {
    let mut call = world
        .request(method, target)
        .header("Accept", "application/json")
        .header("User-Agent", "PyMISP 2.5.34.4");
    call = match target.split('/').nth(1) {
        Some("misp") => call.header("Authorization", &world.key),
        Some("tenable") => call.header("X-API-Key", &world.key),
        Some("falcon") => call.bearer(&falcon_token(world).await),
        _ => call.bearer(&world.key),
    };
    if !body.is_null() {
        call = call.json(body);
    }
    let reply = call.send().await;
    assert!(reply.status < 300, "{method} {target}: {reply:?}");
    let answer = reply.json();
    let errors = answer.get("errors").and_then(Value::as_array);
    assert!(errors.is_none_or(Vec::is_empty), "{target}: {answer:#}");
    answer
}

/// The e-mail addresses of people made through each door.
async fn made(world: &World) -> Vec<(&'static str, &'static str)> {
    let native = json!({ "email": "native@example.org", "display_name": "Nora King Native", "department": "Math" });
    owner(world, "POST", "/api/v1/users", &native).await;
    let misp = json!({ "email": "misp@example.org", "role_id": "3", "org_id": "1" });
    owner(world, "POST", "/misp/admin/users/add", &misp).await;
    let tenable = json!([{ "name": "Tess", "surname": "Able", "email": "tenable@example.org", "password": PASSWORD,
        "department": "Navy", "biography": "Compilers", "active": true }]);
    owner(world, "POST", "/tenable/api/users", &tenable).await;
    let inactive =
        json!([{ "name": "Ina", "email": "inactive@example.org", "password": PASSWORD }]);
    owner(world, "POST", "/tenable/api/users", &inactive).await;
    let opencti = json!({
        "query": "mutation { userAdd(input: {name: \"Otto Pen\", user_email: \"opencti@example.org\", firstname: \"Otto\", \
            lastname: \"Pen\"}) { id } }",
    });
    owner(world, "POST", "/opencti/graphql", &opencti).await;
    let me = owner(world, "GET", "/civis/users/me", &Value::Null).await;
    let civis = json!({ "name": "Cleo Vista", "email": "civis@example.org", "user": "cleo",
        "primary_group_id": me["primaryGroupId"], "department": "Maps" });
    owner(world, "POST", "/civis/users", &civis).await;
    let falcon = json!({ "uid": "falcon@example.org", "first_name": "Faye", "last_name": "Alcon" });
    owner(
        world,
        "POST",
        "/falcon/user-management/entities/users/v1",
        &falcon,
    )
    .await;
    vec![
        ("falcon", "falcon@example.org"),
        ("civis", "civis@example.org"),
        ("native", "native@example.org"),
        ("misp", "misp@example.org"),
        ("tenable", "tenable@example.org"),
        ("tenable, inactive", "inactive@example.org"),
        ("opencti", "opencti@example.org"),
    ]
}

/// These members of an object.
fn of(value: &Value, names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| ((*name).to_owned(), value[*name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[tokio::test]
async fn people_show_sensibly_at_every_door() {
    let world = world().await;
    let mut matrix = Vec::new();
    for (door, email) in made(&world).await {
        let native = owner(
            &world,
            "GET",
            &format!("/api/v1/users/{email}"),
            &Value::Null,
        )
        .await;
        let (number, uuid) = (&native["number"], &native["id"]);
        let misp = format!("/misp/admin/users/view/{number}");
        let misp = owner(&world, "GET", &misp, &Value::Null).await;
        let tenable = format!("/tenable/api/users/{number}");
        let tenable = owner(&world, "GET", &tenable, &Value::Null).await;
        let query = json!({
            "query": "query ($id: String!) { user(id: $id) { name user_email firstname lastname account_status \
                groups { edges { node { name } } } } }",
            "variables": { "id": uuid },
        });
        let opencti = owner(&world, "POST", "/opencti/graphql", &query).await;
        let civis = format!("/civis/users/{number}");
        let civis = owner(&world, "GET", &civis, &Value::Null).await;
        let falcon = "/falcon/user-management/entities/users/GET/v1";
        let falcon = owner(&world, "POST", falcon, &json!({ "ids": [uuid] })).await;
        let legacy = format!(
            "/falcon/users/entities/users/v1?ids={}",
            uuid.as_str().unwrap()
        );
        let legacy = owner(&world, "GET", &legacy, &Value::Null).await;
        matrix.push(json!({
            "made at": door,
            "native": of(&native, &["login", "email", "name", "given_name", "family_name", "department", "status", "kind", "home"]),
            "misp": {
                "User": of(&misp["User"], &["email", "org_id", "role_id", "disabled", "autoalert", "termsaccepted"]),
                "Role": misp["Role"]["name"],
            },
            "tenable": tenable,
            "civis": of(&civis, &["user", "name", "email", "initials", "active", "primaryGroupId", "groups", "department", "robot", "accountStatus"]),
            "opencti": opencti["data"]["user"],
            "falcon": of(&falcon["resources"][0], &["uid", "first_name", "last_name", "status", "factors", "user_type"]),
            "falcon, older": of(&legacy["resources"][0], &["uid", "firstName", "lastName", "status"]),
        }));
        // It is in every list, and nowhere twice.
        for (target, shown) in [
            ("/misp/admin/users/index", format!("\"email\":\"{email}\"")),
            ("/tenable/api/users", format!("\"email\":\"{email}\"")),
            (
                "/civis/users?limit=1000&account_status=all",
                format!("\"email\":\"{email}\""),
            ),
            (
                "/falcon/users/queries/emails-by-cid/v1",
                format!("\"{email}\""),
            ),
        ] {
            let list = owner(&world, "GET", target, &Value::Null).await.to_string();
            assert_eq!(list.matches(&shown).count(), 1, "{target}: {email}");
        }
    }
    insta::assert_json_snapshot!(matrix);
}

#[tokio::test]
async fn the_public_address_counts_at_once() {
    let world = world().await;
    let hint = async || {
        let lost = world.get("/users/view/1").send().await;
        lost.json()["message"].as_str().unwrap().to_owned()
    };
    assert!(hint().await.contains("http://usher.example/misp/"));
    let change = async |url: Value| {
        let body = json!({ "url": url });
        owner(&world, "PATCH", "/api/v1/settings/public", &body).await;
    };
    change(json!("https://people.example.org/")).await;
    assert!(hint().await.contains("https://people.example.org/misp/"));
    change(Value::Null).await;
    assert!(hint().await.contains("http://usher.example/misp/"));
}
