//! Callers who may change what they may not read: refused before anything is kept, or answered.

use std::collections::HashMap;

use directory::{Line, Permission, Reach};
use test_support::{everywhere, refusals_keep_nothing, words};

use super::*;

#[tokio::test]
async fn a_refused_write_keeps_nothing() {
    use Permission::{
        CreateUsers, EditUsers, ManageGroups, ManageKeys, ReadGroups, ReadOrganisations, ReadUsers,
    };
    let world = world().await;
    let ada = person(&world, "ada@example.org", ROOT).await;
    let rows = [
        vec![],
        vec![EditUsers],
        vec![EditUsers, ReadUsers],
        vec![EditUsers, ReadUsers, ReadOrganisations],
        vec![CreateUsers],
        vec![CreateUsers, ReadUsers],
        vec![ManageKeys],
        vec![ManageKeys, ReadUsers],
        vec![ManageGroups],
        vec![ManageGroups, ReadGroups],
    ];
    let mut callers = Vec::new();
    let mut clients = HashMap::new();
    for (number, permissions) in rows.iter().enumerate() {
        let email = format!("caller{number}@example.org");
        let mut rights = everywhere(permissions);
        // What lets a caller in; it opens nothing in the directory.
        rights.push((Line::word("falcon:visitor", Reach::All), ROOT));
        let (user, _) = world.holder(&email, &rights).await;
        let client = client_of(&world, user.id, NewKey::default()).await;
        let token = token(&world, &client).await;
        // A client of the caller's own, which belongs to the customer.
        let path = "/api-clients/entities/api-clients/v1";
        let body = json!({ "name": format!("Own {number}"), "scopes": ["user-management:read"] });
        let made = super::send(&world, &token, "POST", path, body).await;
        let id = resources(&made)[0]["id"].as_str().unwrap().to_owned();
        clients.insert(token.clone(), id);
        callers.push((words(permissions), token));
    }
    let (modern, legacy) = (
        "/user-management/entities/users/v1",
        "/users/entities/users/v1",
    );
    let of_user = |path: &str| format!("PATCH {path}?user_uuid={}", ada.uuid);
    let requests = [
        of_user(modern),
        of_user(legacy),
        format!("POST {modern}"),
        format!("POST {legacy}"),
        "POST /api-clients/entities/api-clients/v1".to_owned(),
        "PATCH /api-clients/entities/api-clients/v1".to_owned(),
        "POST /api-clients/entities/api-clients-actions/v1".to_owned(),
    ];
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    let send = async |request: &str, token: &str, turn: usize| {
        let (method, path) = request.split_once(' ').unwrap();
        let name = format!("T{turn}");
        let body = match (method, path.contains("api-clients")) {
            ("POST", true) => json!({ "name": name, "scopes": ["user-management:read"] }),
            (_, true) => json!({ "name": name }),
            ("POST", false) => json!({
                "uid": format!("{name}@example.org"), "first_name": name, "last_name": "New",
                "firstName": name, "lastName": "New",
            }),
            (_, false) => json!({ "first_name": name, "firstName": name }),
        };
        if path.contains("actions") {
            let path = format!("{path}?ids={}&action_name=reset_secret", clients[token]);
            return call(&world, token, method, &path).send().await;
        }
        let path = match (method, path.contains("api-clients")) {
            ("PATCH", true) => format!("{path}?ids={}", clients[token]),
            _ => path.to_owned(),
        };
        super::send(&world, token, method, &path, body).await
    };
    let kept = async || world.kept().await;
    let lines =
        refusals_keep_nothing(&callers, &requests, async |_: &str| {}, send, kept, shaped).await;
    insta::assert_debug_snapshot!(lines);
}
