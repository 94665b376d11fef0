//! The door is no wider than the vendor's: which requests each kind of caller has answered, member by member.
//!
//! The vendor knows no organisations. Who administers one here counts as the vendor's Global Administrator within
//! it: its people and their roles, and custom roles of its own. People and roles of other organisations, and the
//! settings of the whole installation, are refused as they are to a caller without any role.

use directory::{NewOrganisation, NewUser};
use serde_json::{Value, json};

use super::{PASSWORD, keyed, person, role, shown};
use crate::world;
use test_support::World;

/// A request by what it is for: method, path, body.
type Request = (&'static str, &'static str, String, Value);

async fn statuses(world: &World, key: &str, requests: &[Request]) -> Vec<String> {
    let mut shown = Vec::new();
    for (what, method, path, body) in requests {
        let call = keyed(world, method, path, key);
        let call = if body.is_null() {
            call
        } else {
            call.json(body)
        };
        shown.push(format!("{what}: {}", call.send().await.status));
    }
    shown
}

#[tokio::test]
async fn ones_own_account() {
    let world = world().await;
    let mut shown = Vec::new();
    for (what, permissions) in [
        ("no permission", vec![]),
        ("read oneself", vec![("user", "read", None, true)]),
        ("edit oneself", vec![("user", "edit", None, true)]),
        ("create oneself", vec![("user", "create", None, true)]),
        ("edit people", vec![("user", "edit", None, false)]),
    ] {
        let number = role(&world, what, &permissions).await;
        let address = format!("{}@example.org", what.replace(' ', "."));
        let (user, key) = person(&world, &address, &[number]).await;
        let path = format!("users/{}", user.id);
        let change = |what, body: Value| (what, "PATCH", path.clone(), body);
        let requests = [
            change("name", json!({ "name": "X" })),
            change("surname", json!({ "surname": "X" })),
            change("department", json!({ "department": "X" })),
            change("biography", json!({ "biography": "X" })),
            change("picture", json!({ "picture": [1] })),
            change("email", json!({ "email": format!("new.{address}") })),
            change("password", json!({ "password": "N3w!Tangerine-Quarry" })),
            change("unlock", json!({ "lockedOut": false })),
            (
                "roles",
                "PUT",
                format!("{path}/roles"),
                json!({ "roles": [number, 1] }),
            ),
            ("delete", "DELETE", path.clone(), json!(null)),
            change("inactive", json!({ "active": false })),
        ];
        shown.push(json!({ what: statuses(&world, &key, &requests).await }));
    }
    insta::assert_json_snapshot!("width_ones_own_account", shown);
}

#[tokio::test]
async fn an_organisations_administrator() {
    let world = world().await;
    let system = world.system();
    let new = NewOrganisation {
        name: "Branch".to_owned(),
        ..NewOrganisation::default()
    };
    let branch = system.create_organisation(new).await.unwrap().id;
    let (outside, _) = person(&world, "outside@example.org", &[]).await;
    let new = NewUser {
        email: Some("inside@example.org".to_owned()),
        home: Some(branch),
        ..NewUser::default()
    };
    let inside = system.create_user(new).await.unwrap().id;
    let key = shown::administrator(&world, branch).await;
    let custom = role(&world, "Custom", &[("user", "edit", None, false)]).await;
    let mut requests: Vec<Request> = Vec::new();
    for (place, id) in [("inside", inside), ("outside", outside.id)] {
        let path = format!("users/{id}");
        let mut put = |what, method, path: &str, body| {
            requests.push((what, method, path.to_owned(), body));
        };
        put(place, "GET", &path, json!(null));
        put("- name", "PATCH", &path, json!({ "name": "X" }));
        let address = json!({ "email": format!("new.{place}@example.org") });
        put("- address", "PATCH", &path, address);
        let password = json!({ "password": "N3w!Tangerine-Quarry" });
        put("- password", "PATCH", &path, password);
        put("- active", "PATCH", &path, json!({ "active": true }));
        for (what, number) in [
            ("- the role of administrators", 1),
            ("- the role of newcomers", 2),
            ("- a custom role", custom),
        ] {
            let roles = json!({ "roles": [number] });
            put(what, "PUT", &format!("{path}/roles"), roles);
        }
        put("- delete", "DELETE", &path, json!(null));
    }
    let rest: [(&'static str, &'static str, &str, Value); 15] = [
        ("list users", "GET", "users", json!(null)),
        (
            "make a user",
            "POST",
            "users",
            json!([{ "name": "N", "email": "n@example.org", "password": PASSWORD }]),
        ),
        ("list roles", "GET", "roles", json!(null)),
        (
            "default roles",
            "GET",
            "roles/user-creation-defaults",
            json!(null),
        ),
        ("see a role", "GET", "roles/1", json!(null)),
        (
            "make a role",
            "POST",
            "roles",
            json!([{ "name": "R", "description": "" }]),
        ),
        ("change a role", "PATCH", "roles/3", json!({ "name": "R" })),
        (
            "copy a role",
            "POST",
            "roles/from/3",
            json!({ "name": "R" }),
        ),
        ("permissions", "PUT", "roles/3/permissions", json!([])),
        ("see the policy", "GET", "lockout-policy", json!(null)),
        (
            "change the policy",
            "PATCH",
            "lockout-policy",
            json!({ "enabled": false }),
        ),
        (
            "see the settings",
            "GET",
            "application-settings",
            json!(null),
        ),
        (
            "change the settings",
            "PATCH",
            "application-settings",
            json!({ "tls": true }),
        ),
        ("the licence", "GET", "license", json!(null)),
        ("delete a role", "DELETE", "roles/3", json!(null)),
    ];
    requests.extend(
        rest.into_iter()
            .map(|(what, method, path, body)| (what, method, path.to_owned(), body)),
    );
    let shown = statuses(&world, &key, &requests).await;
    insta::assert_json_snapshot!("width_organisations_administrator", shown);
}
