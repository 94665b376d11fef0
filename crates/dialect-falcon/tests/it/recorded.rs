//! Every request that the real client was seen to send: accepted or refused as the contract says.

use directory::{NewKey, NewOrganisation, NewUser, ROOT, Ref};
use test_support::{Recorded, recorded};
use uuid::Uuid;

use super::*;

const RECORDING: &str = include_str!("../fixtures/falcon.requests.json");
const ONE: &str = "11111111-2222-4333-8444-555555555555";
const TWO: &str = "66666666-7777-4888-9999-000000000000";
const CHILD: &str = "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2";
const CLIENT: &str = "0123456789abcdef0123456789abcdef";
const OTHER_CLIENT: &str = "dddddddddddddddddddddddddddddddd";

/// The statuses that the contract promises for the recorded calls.
fn promised(request: &Recorded) -> u16 {
    let call = request.call.as_str();
    // The Uber class sends this call without its ids, which is the client's own mistake.
    if call.starts_with("uber.command('entitiesRolesGETV2', ids=") {
        return 400;
    }
    match (request.method.as_str(), request.path.as_str()) {
        (
            "POST",
            "/oauth2/token"
            | "/users/entities/users/v1"
            | "/user-management/entities/users/v1"
            | "/api-clients/entities/api-clients/v1"
            | "/api-clients/entities/api-clients-actions/v1",
        ) => 201,
        ("DELETE", "/api-clients/entities/api-clients/v1") => 202,
        _ => 200,
    }
}

/// The people that the recorded calls speak of are there, and those whom they make are not.
async fn prepare(world: &World) {
    let system = world.system();
    for (uuid, email) in [(ONE, "ada@example.com"), (TWO, "alan@example.com")] {
        let uuid = Uuid::parse_str(uuid).unwrap();
        if system.user(Ref::Uuid(uuid)).await.is_err() {
            let new = NewUser {
                uuid: Some(uuid),
                email: Some(email.to_owned()),
                ..NewUser::default()
            };
            system.create_user(new).await.unwrap();
        }
    }
    for email in ["new1@example.com", "new2@example.com", "grace@example.com"] {
        let _ = system.delete_user(Ref::Name(email.to_owned())).await;
    }
}

#[tokio::test]
async fn requests_of_the_real_client() {
    let world = world().await;
    let child = NewOrganisation {
        uuid: Some(Uuid::parse_str(CHILD).unwrap()),
        parent: Some(ROOT),
        name: "Child".to_owned(),
        ..NewOrganisation::default()
    };
    world.system().create_organisation(child).await.unwrap();
    let platform = world.directory.act(&world.directory.system(PLATFORM));
    for id in [CLIENT, OTHER_CLIENT] {
        let new = NewKey {
            uuid: Some(Uuid::parse_str(id).unwrap()),
            name: format!("client {id}"),
            scopes: vec!["user-management:read".to_owned()],
            organisation: Some(ROOT),
            ..NewKey::default()
        };
        platform
            .create_key(directory::FIRST_OWNER, new)
            .await
            .unwrap();
    }
    let client = owners_client(&world).await;
    let token = token(&world, &client).await;
    let made = send(
        &world,
        &token,
        "POST",
        "/mssp/entities/user-groups/v1",
        json!({"resources": [{"name": "Placeholder"}]}),
    );
    let user_group = resources(&made.await)[0]["user_group_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let made = send(
        &world,
        &token,
        "POST",
        "/mssp/entities/cid-groups/v1",
        json!({"resources": [{"name": "Placeholder"}]}),
    );
    let cid_group = resources(&made.await)[0]["cid_group_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let root = root_cid(&world).await;
    let recorded = recorded(RECORDING);
    assert!(recorded.len() > 150, "{}", recorded.len());
    for request in recorded {
        prepare(&world).await;
        let form = request
            .headers
            .iter()
            .any(|(_, value)| value == "application/x-www-form-urlencoded");
        // Signing in and out is with the owner's client; the others of that id are about a client.
        let with = |text: &str| {
            let text = text
                .replace("a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1", &root)
                .replace("<user_group_id>", &user_group)
                .replace("<cid_group_id>", &cid_group)
                .replace("%3Cuser%5Fgroup%5Fid%3E", &user_group)
                .replace("%3Ccid%5Fgroup%5Fid%3E", &cid_group)
                .replace("<access_token>", &token);
            if form {
                text.replace(CLIENT, &client.id)
                    .replace(&"S".repeat(40), &client.secret)
            } else {
                text
            }
        };
        let mut target = format!("/falcon{}", request.path);
        if !request.query.is_empty() {
            target = format!("{target}?{}", with(&request.query));
        }
        let mut call = world.request(&request.method, &target);
        for (name, value) in &request.headers {
            call = call.header(name, &with(value));
        }
        let revokes = request.path == "/oauth2/revoke";
        if form {
            // A token handed back would end the others' calls, so another's is.
            let mut pairs = Vec::new();
            for (name, value) in request.body.as_object().unwrap() {
                let value = value.as_str().unwrap();
                let value = if revokes && name == "token" {
                    "another"
                } else {
                    value
                };
                pairs.push(format!("{name}={}", with(value)));
            }
            call = call.body(pairs.join("&"));
        } else if !request.body.is_null() {
            call = call.body(with(&request.body.to_string()));
        }
        if revokes {
            use base64::Engine as _;
            let plain = format!("{}:{}", client.id, client.secret);
            let basic = base64::engine::general_purpose::STANDARD.encode(plain);
            call = call.replace_header("Authorization", &format!("basic {basic}"));
        }
        let reply = call.send().await;
        let what = format!("{} {} {}", request.call, reply.status, reply.text);
        assert_eq!(reply.status, promised(&request), "{what}");
        if request.path != "/oauth2/token" && reply.status < 400 {
            assert_eq!(reply.json()["errors"], json!([]), "{what}");
            assert!(reply.json()["meta"]["query_time"].is_f64(), "{what}");
        }
    }
}
