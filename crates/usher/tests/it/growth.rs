//! Lists cost no statement per row, whoever asks: the owner, and an administrator of a part, whose
//! rights narrow every statement.

use directory::{
    GroupRoleScope, NewGrant, NewGroup, NewKey, NewOrganisation, NewUser, OrganisationId, Platform,
    ProvisioningDefaults, ROOT, RoleId, UserId,
};
use serde_json::Value;
use usher::DIALECTS;

use crate::world;
use test_support::World;

/// Every list that takes no name in its path, and those below one person and one organisation.
fn lists(person: UserId, part: OrganisationId) -> Vec<String> {
    let (person, part) = (person.0, part.0);
    let mut lists: Vec<String> = DIALECTS
        .iter()
        .flat_map(|dialect| {
            let listing = dialect.routes.iter().filter(|route| {
                route.method == "GET" && !route.path.contains('{') && route.path.len() > 1
            });
            listing.map(|route| format!("{}{}", dialect.mount, route.path))
        })
        .collect();
    for path in [
        format!("/api/v1/users?organisation={part}&sort=name&total=true"),
        "/api/v1/users?q=example&sort=-created_at&limit=50".to_owned(),
        format!("/api/v1/users/{person}/grants"),
        format!("/api/v1/users/{person}/groups"),
        format!("/api/v1/users/{person}/keys"),
        format!("/api/v1/users/{person}/memberships"),
        format!("/api/v1/organisations/{part}/members"),
        "/misp/admin/users/index/value:example".to_owned(),
        "/misp/organisations/index/scope:all".to_owned(),
        format!("/misp/organisations/view/{part}"),
        format!("/misp/users/view/{person}"),
        format!("/tenable/api/users/{person}"),
    ] {
        lists.push(path);
    }
    lists
}

async fn role(world: &World, platform: Platform, word: &str) -> RoleId {
    let role = world.system().role_by_word(platform, word).await;
    role.unwrap_or_else(|fault| panic!("{platform} {word}: {fault}"))
        .id
}

/// An administrator of the part, as each platform knows one, with a key.
async fn administrator(world: &World, part: OrganisationId) -> String {
    let usher = role(world, Platform::USHER, "administrator").await;
    let (user, key) = world
        .person(NewUser {
            email: Some("head@example.org".to_owned()),
            home: Some(part),
            door: ProvisioningDefaults {
                without_defaults: true,
                mail: None,
            },
            ..NewUser::default()
        })
        .await;
    let grant = NewGrant {
        role: usher,
        organisation: Some(part),
        expires_at: None,
    };
    world.system().grant_role(user.id, grant).await.unwrap();
    key
}

/// More people in the part, each with a key, in a group that brings a role, and with a home below.
async fn more(world: &World, part: OrganisationId, from: u32, to: u32) {
    let system = world.system();
    let member = role(world, Platform::USHER, "auditor").await;
    for number in from..to {
        let new = NewOrganisation {
            name: format!("Place {number}"),
            parent: Some(part),
            ..NewOrganisation::default()
        };
        let place = system.create_organisation(new).await.unwrap().id;
        let new = NewGroup {
            name: format!("Team {number}"),
            organisation: Some(part),
            ..NewGroup::default()
        };
        let group = system.create_group(new).await.unwrap().id;
        let scope = GroupRoleScope::Organisation(part);
        system.add_group_role(group, member, scope).await.unwrap();
        let new = NewUser {
            email: Some(format!("p{number}@example.org")),
            home: Some(place),
            organisations: vec![part],
            groups: vec![group],
            ..NewUser::default()
        };
        let user = system.create_user(new).await.unwrap().id;
        system.create_key(user, NewKey::default()).await.unwrap();
    }
}

async fn costs(world: &World, key: &str, lists: &[String]) -> Vec<(String, u16, usize, u64)> {
    let mut costs = Vec::new();
    for path in lists {
        let ask = async || {
            let call = world.get(path).header("Accept", "application/json");
            let call = if path.starts_with("/misp") {
                call.header("Authorization", key)
            } else if path.starts_with("/tenable") {
                call.header("X-API-Key", key)
            } else {
                call.bearer(key)
            };
            call.send().await
        };
        // Who asks is remembered from the first time on.
        ask().await;
        let before = world.directory.statements();
        let reply = ask().await;
        let cost = world.directory.statements() - before;
        let rows = match serde_json::from_str(&reply.text) {
            Ok(Value::Array(rows)) => rows.len(),
            Ok(Value::Object(page)) => page
                .get("items")
                .and_then(Value::as_array)
                .map_or(0, Vec::len),
            _ => 0,
        };
        costs.push((path.clone(), reply.status, rows, cost));
    }
    costs
}

#[tokio::test]
async fn lists_cost_no_statement_per_row_whoever_asks() {
    let world = world().await;
    let new = NewOrganisation {
        name: "Part".to_owned(),
        parent: Some(ROOT),
        ..NewOrganisation::default()
    };
    let part = world.system().create_organisation(new).await.unwrap().id;
    let head = administrator(&world, part).await;
    more(&world, part, 0, 3).await;
    let system = world.system();
    let one = directory::Ref::Name("p1@example.org".to_owned());
    let one = system.user(one).await.unwrap().id;
    let lists = lists(one, part);
    let mut few = Vec::new();
    for key in [&world.key, &head] {
        few.push(costs(&world, key, &lists).await);
    }
    more(&world, part, 3, 33).await;
    for (key, few) in [&world.key, &head].into_iter().zip(&few) {
        let who = if *key == world.key { "owner" } else { "head" };
        let many = costs(&world, key, &lists).await;
        let mut grown = 0;
        for ((path, status, rows, cost), (_, _, fewer, before)) in many.iter().zip(few) {
            assert!(*status < 500, "{who} {path}: {status}");
            grown += usize::from(rows > fewer);
            assert!(
                cost <= before,
                "{who} {path}: {before} statements for {fewer} rows, {cost} for {rows}"
            );
        }
        // The test means something: most lists did grow.
        assert!(grown >= 10, "{who}: {grown}\n{many:#?}");
    }
}
