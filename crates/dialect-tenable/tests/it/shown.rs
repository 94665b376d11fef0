//! Lists against what they show: a list has exactly the rows that single answers give its caller, each as it is
//! shown there, in the order of the ids shown; figures count what lists show.

use directory::{
    Names, NewGrant, NewKey, NewOrganisation, NewUser, OrganisationId, Status, UserChange, UserId,
    UserKind,
};
use serde_json::{Value, json};

use super::{PASSWORD, give, keyed, owner, owner_sends, person, role};
use crate::world;
use test_support::World;

/// A caller: what the caller is, and the caller's key.
struct Viewer {
    what: &'static str,
    key: String,
}

/// People of every door and in every state, custom roles, and callers with rights of every reach.
async fn crowd(world: &World) -> Vec<Viewer> {
    let system = world.system();
    let new = NewOrganisation {
        name: "Branch".to_owned(),
        ..NewOrganisation::default()
    };
    let branch = system.create_organisation(new).await.unwrap().id;
    let reads = role(world, "Reads", &[("user", "read", None, false)]).await;
    let helps = role(world, "Helps", &[("user", "edit", None, false)]).await;
    let personal = role(world, "Personal", &[("user", "edit", None, true)]).await;
    let mut people = vec![NewUser {
        login: Some("robot".to_owned()),
        kind: Some(UserKind::Service),
        ..NewUser::default()
    }];
    let states = [
        Status::Active,
        Status::Inactive,
        Status::Suspended,
        Status::Expired,
    ];
    let names = [
        (Some("Ada King Lovelace"), None, None),
        (None, Some("Grace"), Some("Hopper")),
        (None, None, None),
        (Some("Zoë"), Some("Émile"), None),
    ];
    for (number, (display, given, family)) in names.iter().enumerate() {
        for (place, status) in states.iter().enumerate() {
            let text = |name: &Option<&str>| name.map(str::to_owned);
            people.push(NewUser {
                email: Some(format!("p{number}.{place}@example.org")),
                names: Names {
                    display: text(display),
                    given: text(given),
                    family: text(family),
                },
                home: (place % 2 == 0).then_some(branch),
                status: Some(*status),
                profile: directory::Profile {
                    department: (number == 1).then(|| "Navy".to_owned()),
                    ..directory::Profile::default()
                },
                ..NewUser::default()
            });
        }
    }
    let made = system.create_users(people).await.unwrap();
    for user in made.iter().step_by(3) {
        give(world, user.id, &[helps, 2]).await;
    }
    let change = UserChange {
        locked: Some(true),
        ..UserChange::default()
    };
    system.update_user(made[1].id, change).await.unwrap();
    let rest = json!([{
        "name": "Joan", "surname": null, "email": "joan@example.org", "password": PASSWORD,
        "biography": "Codes", "picture": [3, 1], "active": true,
    }]);
    assert_eq!(owner_sends(world, "POST", "users", rest).await.status, 201);
    let listed = [1, made[2].id.number(), made[5].id.number()];
    let some = role(world, "Some", &[("user", "read", Some(&listed), true)]).await;
    let mut viewers = vec![Viewer {
        what: "the owner",
        key: world.key.clone(),
    }];
    for (what, roles) in [
        ("no role", vec![]),
        ("oneself alone", vec![personal]),
        ("listed people", vec![some]),
        ("readers", vec![reads, personal]),
        ("administrators", vec![1]),
    ] {
        let address = format!("{}@example.org", what.replace(' ', "."));
        let (_, key) = person(world, &address, &roles).await;
        viewers.push(Viewer { what, key });
    }
    viewers.push(Viewer {
        what: "an organisation's administrator",
        key: administrator(world, branch).await,
    });
    let deputy = placed(world, "deputy@example.org", branch).await;
    grant_within(world, deputy, branch).await;
    let new = NewKey::default();
    let key = system.create_key(deputy, new).await.unwrap().secret;
    viewers.push(Viewer {
        what: "the directory's administrator of an organisation",
        key,
    });
    viewers
}

async fn placed(world: &World, email: &str, home: OrganisationId) -> UserId {
    let new = NewUser {
        email: Some(email.to_owned()),
        home: Some(home),
        ..NewUser::default()
    };
    world.system().create_user(new).await.unwrap().id
}

/// The key of an organisation's administrator by the membership's flag.
pub async fn administrator(world: &World, branch: OrganisationId) -> String {
    let boss = placed(world, "boss@example.org", branch).await;
    let system = world.system();
    let made = system.add_membership(boss, branch, Some(true)).await;
    made.unwrap();
    let key = system.create_key(boss, NewKey::default()).await;
    key.unwrap().secret
}

/// Grants the directory's own administrators' role over one organisation.
async fn grant_within(world: &World, user: UserId, branch: OrganisationId) {
    let system = world.system();
    let roles = system.roles(&directory::Query::default()).await.unwrap();
    let found = roles
        .items
        .iter()
        .find(|role| role.platform == "usher" && role.word == "administrator");
    let grant = NewGrant {
        organisation: Some(branch),
        ..NewGrant::from(found.unwrap().id)
    };
    system.grant_role(user, grant).await.unwrap();
}

async fn rows(world: &World, path: &str, key: &str) -> Vec<Value> {
    let reply = keyed(world, "GET", path, key).send().await;
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    reply.json().as_array().unwrap().clone()
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn users_are_listed_as_each_is_shown() {
    let world = world().await;
    let viewers = crowd(&world).await;
    let everybody = ids(&rows(&world, "users", &world.key).await);
    let last = everybody.last().copied().unwrap();
    let mut sizes = Vec::new();
    for Viewer { what, key } in &viewers {
        let list = rows(&world, "users", key).await;
        // The order is that of the ids shown, each once.
        assert!(ids(&list).is_sorted_by(|a, b| a < b), "{what}");
        let mut shown = Vec::new();
        for id in 0..=last + 1 {
            let reply = keyed(&world, "GET", &format!("users/{id}"), key)
                .send()
                .await;
            match reply.status {
                200 => shown.push(reply.json()),
                404 => {}
                other => panic!("{what} {id}: {other}"),
            }
        }
        assert_eq!(list, shown, "{what}");
        // The caller stands in the list as `whoami` says, whose roles are whole.
        let mut me = keyed(&world, "GET", "users/whoami", key)
            .send()
            .await
            .json();
        for assigned in me["roles"].as_array().unwrap() {
            let path = format!("roles/{}", assigned["id"]);
            let one = keyed(&world, "GET", &path, key).send().await;
            assert_eq!((one.status, &one.json()), (200, assigned), "{what}");
        }
        let numbers = ids(me["roles"].as_array().unwrap());
        me["roles"] = json!(numbers);
        me.as_object_mut().unwrap().shift_remove("internal");
        let own = list.iter().find(|row| row["id"] == me["id"]);
        assert_eq!(own, Some(&me), "{what}");
        // Figures count what the list shows.
        let license = keyed(&world, "GET", "license", key).send().await;
        if license.status == 200 {
            let active = list.iter().filter(|row| row["active"] == true).count();
            assert_eq!(license.json()["currentActiveUserCount"], active, "{what}");
        }
        sizes.push((*what, list.len()));
    }
    assert_eq!(sizes[0].1, everybody.len());
    // The callers see more and less than each other, so the comparison says something.
    let mut different: Vec<usize> = sizes.iter().map(|(_, size)| *size).collect();
    different.sort_unstable();
    different.dedup();
    assert!(different.len() >= 4, "{sizes:?}");
}

#[tokio::test]
async fn writing_back_any_member_that_is_shown_changes_nothing() {
    let world = world().await;
    crowd(&world).await;
    let before = rows(&world, "users", &world.key).await;
    for row in &before {
        let path = format!("users/{}", row["id"]);
        for (name, value) in row.as_object().unwrap() {
            let change = json!({ name: value });
            let reply = owner_sends(&world, "PATCH", &path, change.clone()).await;
            let read_only = ["id", "identifier", "provider", "eulaVersion", "roles"];
            let refused =
                read_only.contains(&name.as_str()) || (name == "lockedOut" && *value == true);
            assert_eq!(
                reply.status,
                if refused { 400 } else { 200 },
                "{path} {change}"
            );
            // A lock is lifted by what says that there is none, and there is none.
            if !refused {
                assert_eq!(&reply.json(), row, "{change}");
            }
        }
    }
    assert_eq!(rows(&world, "users", &world.key).await, before);
}

#[tokio::test]
async fn roles_are_listed_as_each_is_shown() {
    let world = world().await;
    let viewers = crowd(&world).await;
    for Viewer { what, key } in &viewers {
        let reply = keyed(&world, "GET", "roles", key).send().await;
        if reply.status == 403 {
            continue;
        }
        let list = rows(&world, "roles", key).await;
        assert!(ids(&list).is_sorted_by(|a, b| a < b), "{what}");
        let last = ids(&list).last().copied().unwrap_or_default();
        let mut shown = Vec::new();
        for id in 0..=last + 1 {
            let reply = keyed(&world, "GET", &format!("roles/{id}"), key)
                .send()
                .await;
            match reply.status {
                200 => shown.push(reply.json()),
                404 => {}
                other => panic!("{what} {id}: {other}"),
            }
        }
        assert_eq!(list, shown, "{what}");
    }
}

#[tokio::test]
async fn default_roles_are_those_that_the_settings_show() {
    let world = world().await;
    crowd(&world).await;
    for wanted in [json!([4, 2, 3]), json!([3]), json!([]), json!([2, 2, 1])] {
        let change = json!({ "defaultRoleIds": wanted });
        let reply = owner_sends(&world, "PATCH", "application-settings", change).await;
        assert_eq!(reply.status, 200, "{wanted}: {reply:?}");
        let shown = reply.json()["defaultRoleIds"].clone();
        let listed = rows(&world, "roles/user-creation-defaults", &world.key).await;
        assert_eq!(json!(ids(&listed)), shown, "{wanted}");
        for one in &listed {
            let alone = owner(&world, "GET", &format!("roles/{}", one["id"])).await;
            assert_eq!(&alone.json(), one);
        }
        let mut asked: Vec<i64> = wanted
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_i64().unwrap())
            .collect();
        asked.sort_unstable();
        asked.dedup();
        let mut shown = ids(&listed);
        shown.sort_unstable();
        assert_eq!(shown, asked);
    }
}
