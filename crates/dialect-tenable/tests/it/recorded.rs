//! Every request that the real client was seen to send, in its order: accepted or refused as the
//! contract says.

use serde_json::json;

use super::{PASSWORD, owner_sends};
use crate::world;
use test_support::{Recorded, recorded};

/// The statuses that the contract promises for the recorded calls, by the beginning of each call.
fn promised(request: &Recorded) -> &'static [u16] {
    let call = request.call.as_str();
    let table: &[(&str, &[u16])] = &[
        ("tie.users.create(", &[201]),
        ("tie.users.delete", &[204]),
        ("tie.roles.create", &[201]),
        ("tie.roles.copy_role", &[201]),
        ("tie.roles.delete", &[204]),
        ("tie.users.retrieve_password", &[401]),
        ("tie.post('logout')", &[204]),
        ("TenableIE(url=...).users.list()   # no key", &[401]),
        ("TenableIE(url=..., api_key='nope')", &[401]),
    ];
    table
        .iter()
        .find(|(beginning, _)| call.starts_with(beginning))
        .map_or(&[200], |(_, statuses)| *statuses)
}

#[tokio::test]
async fn requests_of_the_real_client() {
    let world = world().await;
    // The calls speak of users 2 and 4 and sign in as user 2.
    for (name, email) in [
        ("Two", "two@example.org"),
        ("Three", "three@example.org"),
        ("Four", "four@example.org"),
    ] {
        let new = json!([{ "name": name, "email": email, "password": PASSWORD }]);
        assert_eq!(owner_sends(&world, "POST", "users", new).await.status, 201);
    }
    let mut key = world.key.clone();
    for request in recorded(include_str!("../fixtures/tenable.requests.json")) {
        // The recorded passwords are the vendor's examples; the owner's own is this world's.
        let mut request = request;
        if request.path == "/api/users/password" {
            request.body["oldPassword"] = json!(test_support::OWNER_PASSWORD);
        }
        let substitutes = [
            ("ADMINKEY", key.as_str()),
            ("REFRESHED-KEY", key.as_str()),
            ("ENVKEY", key.as_str()),
        ];
        let reply = world.replay("/tenable", &request, &substitutes).await;
        assert!(
            promised(&request).contains(&reply.status),
            "{}: {} {}",
            request.call,
            reply.status,
            reply.text
        );
        if request.method == "POST" && request.path == "/api/api-key" {
            key = reply.json()["key"].as_str().unwrap().to_owned();
        }
    }
}
