//! Small requests that programs of administrators send, as data (`cases.json`): what each stands for, what
//! must be there first, and what the answer is.

use std::collections::HashMap;

use directory::{NewGrant, NewKey, NewUser, Ref, UserKind};
use serde_json::{Value, json};

use super::Client;
use crate::world;
use test_support::{Reply, World, one_time_code};

/// The number of `usher`'s administrators' role.
async fn administrator(world: &World) -> directory::RoleId {
    let roles = world.system().roles(&directory::Query::default()).await;
    let found = roles.unwrap().items.into_iter();
    let mut found = found.filter(|role| role.platform == "usher");
    found.find(|role| role.word == "administrator").unwrap().id
}

/// What cases need to be there, and the names by which they speak of it.
async fn set_up(world: &World, what: &str, names: &mut HashMap<String, String>) {
    let admin = Client::new(world, &world.key);
    match what {
        "person" if names.contains_key("person") => {}
        "person" => {
            let (id, key) = admin.user("person@example.org", json!({})).await;
            names.insert("person".to_owned(), id);
            names.insert("person's key".to_owned(), key);
        }
        "boss" => {
            let organisation = admin.organisation("Elsewhere").await;
            let body = json!({ "org_id": organisation, "role_id": 2 });
            let (_, key) = admin.user("boss@example.org", body).await;
            names.insert("boss's key".to_owned(), key);
        }
        "keys" => {
            Box::pin(set_up(world, "person", names)).await;
            for comment in ["alpha", "alpha two", "beta"] {
                let path = format!("auth_keys/add/{}", names["person"]);
                let reply = admin.post(&path, json!({ "comment": comment })).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
            }
        }
        "service" | "service_key" => {
            let new = NewUser {
                login: Some("robot".to_owned()),
                kind: Some(UserKind::Service),
                ..NewUser::default()
            };
            let user = world.system().create_user(new).await.unwrap();
            if what == "service_key" {
                let new = NewKey::default();
                world.system().create_key(user.id, new).await.unwrap();
            }
            names.insert("service".to_owned(), user.shown_email());
        }
        "directory_administrator" => {
            let organisation = admin.organisation("Branch").await;
            let body = json!({ "org_id": organisation, "role_id": 3 });
            let (id, _) = admin.user("deputy@example.org", body).await;
            let place = directory::OrganisationId(organisation.parse().unwrap());
            let user = directory::UserId(id.parse().unwrap());
            let role = administrator(world).await;
            let grant = NewGrant {
                organisation: Some(place),
                ..NewGrant::from(role)
            };
            world.system().grant_role(user, grant).await.unwrap();
        }
        "reset" => {
            Box::pin(set_up(world, "person", names)).await;
            let own = Client::new(world, &names["person's key"]);
            let keys = own.get("auth_keys").await.json();
            let key = keys[0]["AuthKey"]["id"].as_str().unwrap().to_owned();
            let reply = own.post("users/resetauthkey/me", json!({})).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            names.insert("key".to_owned(), key);
        }
        "factor" => {
            Box::pin(set_up(world, "person", names)).await;
            enrol(world, &names["person's key"]).await;
        }
        other => panic!("{other}"),
    }
}

/// Enrols a second factor for the owner of a key.
async fn enrol(world: &World, key: &str) {
    let context = directory::RequestContext::default();
    let platform = dialect_misp::DIALECT.platform;
    let found = world
        .directory
        .authenticate(platform, key, directory::Accepts::Keys, context);
    let own = world.directory.act(&found.await.unwrap());
    let secret = own.begin_second_factor(None).await.unwrap().secret;
    let code = one_time_code(&secret, world.directory.now().seconds());
    own.confirm_second_factor(&code).await.unwrap();
}

fn filled(value: &Value, names: &HashMap<String, String>) -> Value {
    match value {
        Value::String(text) => {
            let named = names.iter().fold(text.clone(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            });
            json!(named)
        }
        Value::Array(values) => values.iter().map(|value| filled(value, names)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name.clone(), filled(value, names)))
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

/// What stands at a path such as `User.role_id`.
fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    let pointer = format!("/{}", path.replace('.', "/"));
    value.pointer(&pointer).unwrap_or(&Value::Null)
}

fn holds(value: &Value, fields: &Value) -> bool {
    let fields = fields.as_object().unwrap();
    fields
        .iter()
        .all(|(path, expected)| at(value, path) == expected)
}

fn check_rows(name: &str, reply: &Reply, expected: &Value) {
    let rows = reply.json();
    let rows = rows
        .as_array()
        .unwrap_or_else(|| panic!("{name}: {}", reply.text));
    let path = expected["path"].as_str().unwrap_or_default();
    if let Some(count) = expected["count"].as_u64() {
        assert_eq!(rows.len() as u64, count, "{name}: {}", reply.text);
    }
    if let Some(all) = expected.get("all") {
        assert!(!rows.is_empty(), "{name}");
        assert!(
            rows.iter().all(|row| at(row, path) == all),
            "{name}: {}",
            reply.text
        );
    }
    if let Some(are) = expected.get("are") {
        let shown: Vec<&Value> = rows.iter().map(|row| at(row, path)).collect();
        assert_eq!(json!(shown), *are, "{name}");
    }
    if let Some(with) = expected.get("with") {
        assert!(
            rows.iter().any(|row| holds(row, with)),
            "{name}: {}",
            reply.text
        );
    }
    if let Some(without) = expected.get("without") {
        assert!(
            !rows.iter().any(|row| holds(row, without)),
            "{name}: {}",
            reply.text
        );
    }
}

#[tokio::test]
async fn every_case_is_answered_as_the_vendor_answers_it() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    assert!(cases.len() > 30);
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let world = world().await;
        let mut names = HashMap::new();
        for what in case["setup"].as_array().into_iter().flatten() {
            set_up(&world, what.as_str().unwrap(), &mut names).await;
        }
        let case = filled(case, &names);
        let key = case["as"]
            .as_str()
            .map_or(&world.key, |who| &names[&format!("{who}'s key")]);
        let client = Client::new(&world, key);
        let before = mails(&world).await;
        let reply = match (case["get"].as_str(), case["post"].as_str()) {
            (Some(path), _) => client.get(path).await,
            (None, Some(path)) => client.post(path, case["body"].clone()).await,
            (None, None) => panic!("{name}"),
        };
        assert_eq!(
            json!(reply.status),
            case["status"],
            "{name}: {}",
            reply.text
        );
        if let Some(expected) = case.get("rows") {
            check_rows(name, &reply, expected);
        }
        if let Some(expected) = case.get("has") {
            assert!(holds(&reply.json(), expected), "{name}: {}", reply.text);
        }
        if let Some(expected) = case.get("mails") {
            for (to, count) in expected.as_object().unwrap() {
                let now = mails(&world).await;
                let sent = now.get(to).copied().unwrap_or(0) - before.get(to).copied().unwrap_or(0);
                assert_eq!(json!(sent), *count, "{name}: {now:?}");
            }
        }
    }
}

/// How many mails were queued for each address.
async fn mails(world: &World) -> HashMap<String, i64> {
    let entries = world.system().mails(None, 1_000).await.unwrap();
    let mut counts = HashMap::new();
    for entry in entries {
        let Some(user) = entry.user else { continue };
        let user = world.system().user(Ref::Id(user)).await.unwrap();
        *counts.entry(user.shown_email()).or_insert(0) += 1;
    }
    counts
}
