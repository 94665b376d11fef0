//! Filters find the rows that show what was asked for: each filter with each value that any row shows, and
//! with parts of those, compared with the whole list.

use directory::{
    NewGrant, NewKey, NewUser, OrganisationId, Query, Status, UserChange, UserId, UserKind,
};
use serde_json::{Value, json};

use super::Client;
use crate::world;
use test_support::World;

/// People of all kinds: with and without addresses and roles, active and not, with flags and without.
async fn crowd(world: &World) {
    let admin = Client::new(world, &world.key);
    let branch = admin.organisation("Branch Admin Office").await;
    for (place, role) in [
        ("1", 3),
        (&*branch, 3),
        (&*branch, 4),
        (&*branch, 2),
        ("1", 5),
    ]
    .iter()
    .zip(0..)
    {
        let ((home, role), number) = (place, role);
        let body = json!({
            "org_id": home, "role_id": role, "autoalert": number % 2 == 0, "contactalert": number == 1,
            "termsaccepted": number == 2, "disabled": number == 3,
        });
        admin
            .user(&format!("Person{number}@example.org"), body)
            .await;
    }
    let system = world.system();
    let (deputy, _) = admin
        .user(
            "deputy@abc.example",
            json!({"org_id": branch, "role_id": 3}),
        )
        .await;
    let roles = system.roles(&Query::default()).await.unwrap().items;
    let administrator = roles
        .iter()
        .find(|role| role.platform == "usher" && role.word == "administrator");
    let grant = NewGrant {
        organisation: Some(OrganisationId(branch.parse().unwrap())),
        ..NewGrant::from(administrator.unwrap().id)
    };
    system
        .grant_role(UserId(deputy.parse().unwrap()), grant)
        .await
        .unwrap();
    world.powerless("powerless@example.org").await;
    for name in ["robot", "abacus"] {
        let service = system
            .create_user(NewUser {
                login: Some(name.to_owned()),
                kind: Some(UserKind::Service),
                ..NewUser::default()
            })
            .await
            .unwrap();
        for comment in ["one", "One two", "", "100%"] {
            let new = NewKey {
                name: comment.to_owned(),
                ..NewKey::default()
            };
            system.create_key(service.id, new).await.unwrap();
        }
        let suspended = UserChange {
            status: Some(Status::Suspended),
            ..UserChange::default()
        };
        if name == "robot" {
            system.update_user(service.id, suspended).await.unwrap();
        }
    }
}

async fn rows(client: &Client<'_>, path: &str) -> Vec<Value> {
    let reply = client.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json().as_array().unwrap().clone()
}

fn shown<'v>(row: &'v Value, model: &str, field: &str) -> &'v str {
    row[model][field].as_str().unwrap_or_default()
}

/// A segment of a path that says just this.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Texts worth looking for: all that is shown, halves of it, and one that is nowhere.
fn texts(all: &[String]) -> Vec<String> {
    let mut texts: Vec<String> = all
        .iter()
        .flat_map(|text| {
            let letters: Vec<char> = text.chars().collect();
            let half = letters.len() / 2;
            let (front, back) = letters.split_at(half);
            [
                text.clone(),
                front.iter().collect(),
                back.iter().collect(),
                text.to_uppercase(),
            ]
        })
        .chain(["zzz".to_owned(), "admin".to_owned(), "usher.inv".to_owned()])
        .collect();
    // Blanks around a text are taken off.
    texts.retain(|text| !text.is_empty() && text.trim() == text);
    texts.sort();
    texts.dedup();
    texts
}

#[tokio::test]
async fn users_are_found_by_what_is_shown() {
    let world = world().await;
    crowd(&world).await;
    let admin = Client::new(&world, &world.key);
    let whole = rows(&admin, "admin/users").await;
    assert!(whole.len() > 8);
    let all = |model: &str, field: &str| -> Vec<String> {
        whole
            .iter()
            .map(|row| shown(row, model, field).to_owned())
            .collect()
    };
    let ids = |rows: &[Value]| -> Vec<String> {
        rows.iter()
            .map(|row| shown(row, "User", "id").to_owned())
            .collect()
    };
    let mut compared = 0;
    let mut check = async |path: String, expected: &dyn Fn(&Value) -> bool| {
        let found = rows(&admin, &path).await;
        let expected: Vec<Value> = whole.iter().filter(|row| expected(row)).cloned().collect();
        assert_eq!(ids(&found), ids(&expected), "{path}");
        compared += 1;
    };
    let holds = |row: &Value, model: &str, field: &str, text: &str| {
        shown(row, model, field)
            .to_lowercase()
            .contains(&text.to_lowercase())
    };
    for text in texts(&all("User", "email")) {
        let path = encoded(&text);
        check(format!("admin/users/index/searchemail:{path}"), &|row| {
            holds(row, "User", "email", &text)
        })
        .await;
        check(format!("admin/users/index/searchemail:!{path}"), &|row| {
            !holds(row, "User", "email", &text)
        })
        .await;
    }
    let anywhere = [
        all("User", "email"),
        all("Organisation", "name"),
        all("Role", "name"),
    ]
    .concat();
    for text in texts(&anywhere) {
        check(
            format!("admin/users/index/value:{}", encoded(&text)),
            &|row| {
                holds(row, "User", "email", &text)
                    || holds(row, "Organisation", "name", &text)
                    || holds(row, "Role", "name", &text)
            },
        )
        .await;
    }
    for role in ["0", "1", "2", "3", "4", "5", "6", "99"] {
        check(format!("admin/users/index/searchrole:{role}"), &|row| {
            shown(row, "User", "role_id") == role
        })
        .await;
    }
    for home in ["1", "2", "99"] {
        check(format!("admin/users/index/searchorg:{home}"), &|row| {
            shown(row, "User", "org_id") == home
        })
        .await;
        check(format!("admin/users/index/searchorg:!{home}"), &|row| {
            shown(row, "User", "org_id") != home
        })
        .await;
    }
    for field in ["disabled", "autoalert", "contactalert", "termsaccepted"] {
        for on in [false, true] {
            let path = format!("admin/users/index/search{field}:{}", u8::from(on));
            check(path, &|row| row["User"][field] == on).await;
        }
    }
    assert!(compared > 80, "{compared}");
}

#[tokio::test]
async fn keys_are_found_by_what_is_shown() {
    let world = world().await;
    crowd(&world).await;
    let admin = Client::new(&world, &world.key);
    let whole = rows(&admin, "auth_keys").await;
    for (model, field, name) in [
        ("AuthKey", "comment", "comment"),
        ("User", "email", "User.email"),
        ("User", "id", "User.id"),
        ("AuthKey", "authkey_start", "authkey_start"),
        ("AuthKey", "authkey_end", "authkey_end"),
    ] {
        let mut values: Vec<&str> = whole.iter().map(|row| shown(row, model, field)).collect();
        values.extend(["zzz", "0"]);
        values.sort_unstable();
        values.dedup();
        for value in values {
            // A sign of the grammar's own stands for anything.
            if value.contains('%') {
                continue;
            }
            let exact = model != "AuthKey" || field == "comment";
            let same = |row: &&Value| {
                let found = shown(row, model, field);
                if exact {
                    found.to_lowercase() == value.to_lowercase()
                } else {
                    found == value
                }
            };
            let expected: Vec<&Value> = whole.iter().filter(same).collect();
            let body = json!({ name: value });
            let found = admin.post("auth_keys/index", body.clone()).await.json();
            assert_eq!(json!(expected), found, "{body}");
        }
    }
}

#[tokio::test]
async fn filters_that_are_not_understood_find_nothing() {
    let world = world().await;
    crowd(&world).await;
    let admin = Client::new(&world, &world.key);
    for path in [
        "admin/users/index/searchdisabled:maybe",
        "admin/users/index/nothing:1",
        "auth_keys/index/nothing:1",
        "roles/index/nothing:1",
        "userSettings/index/nothing:1",
        "orgBlocklists/index/nothing:1",
        "users/registrations/index/nothing:1",
        "admin/logs/index/nothing:1",
        "admin/logs/index/model:Nothing",
        "admin/logs/index/created:parsecs",
        "organisations/index/scope:mine",
        "organisations/index/nothing:1",
    ] {
        assert_eq!(rows(&admin, path).await, Vec::<Value>::new(), "{path}");
    }
    for path in [
        "auth_keys/index",
        "roles/index",
        "userSettings/index",
        "admin/logs/index",
        "admin/users/index",
        "organisations/index",
        "orgBlocklists/index",
    ] {
        for body in [
            json!({"nothing": 1}),
            json!({"setting": {}}),
            json!({"User.id": []}),
            json!({"name": [[]]}),
        ] {
            let reply = admin.post(path, body.clone()).await;
            assert_eq!(
                (reply.status, reply.text.as_str()),
                (200, "[]"),
                "{path} {body}"
            );
        }
    }
}
