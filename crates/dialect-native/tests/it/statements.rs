//! How many statements each kind of request takes: a golden file, so that a statement for each row is seen.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::owner;
use crate::world;
use test_support::World;

async fn people(world: &World, count: usize) {
    owner(world, "POST", "/organisations", json!({"name": "Child"})).await;
    owner(world, "POST", "/groups", json!({"name": "SOC"})).await;
    owner(
        world,
        "POST",
        "/groups/SOC/roles",
        json!({"role": "usher:auditor"}),
    )
    .await;
    owner(
        world,
        "POST",
        "/collections",
        json!({"name": "North", "organisations": ["Child"]}),
    )
    .await;
    let items: Vec<Value> = (0..count)
        .map(|number| {
            json!({
                "email": format!("p{number}@example.org"), "home": "Child", "organisations": ["Example"],
                "groups": ["SOC"], "roles": ["usher:auditor"],
            })
        })
        .collect();
    let made = owner(world, "POST", "/users/batch", json!({ "items": items })).await;
    assert_eq!(made.status, 201, "{made:?}");
    for _ in 0..count.min(5) {
        let job = owner(world, "POST", "/exports", json!({"what": "groups"})).await;
        assert_eq!(job.status, 202, "{job:?}");
    }
}

const READS: [&str; 27] = [
    "/users?facets=kind,status,standing,second_factor,home,organisation,group,role",
    "/me",
    "/users",
    "/users?include=home,organisations,groups,roles",
    "/users?filter=department+pr",
    "/users?filter=group+eq+SOC+or+role+eq+%22usher:auditor%22",
    "/users?group=SOC&total=true",
    "/users?total=bounded&kind=person",
    "/users?q=example",
    "/users/2?include=home,organisations,groups,roles",
    "/users/2/grants",
    "/users/2/memberships",
    "/users/2/groups",
    "/organisations",
    "/organisations/Child/members",
    "/groups",
    "/groups/SOC/members",
    "/groups/SOC/roles",
    "/roles",
    "/collections",
    "/keys",
    "/sessions",
    "/grants",
    "/access?permission=users.read",
    "/jobs",
    "/mails",
    "/events",
];

async fn statements(world: &World, path: &str) -> u64 {
    // Once before, so that nothing is counted that is remembered afterwards.
    owner(world, "GET", path, Value::Null).await;
    let before = world.directory.statements();
    let reply = owner(world, "GET", path, Value::Null).await;
    assert_eq!(reply.status, 200, "{path}: {reply:?}");
    world.directory.statements() - before
}

#[tokio::test]
async fn requests_take_the_statements_of_the_golden_file() {
    let few = world().await;
    people(&few, 1).await;
    let many = world().await;
    people(&many, 60).await;
    let mut golden = String::new();
    for path in READS {
        let (one, sixty) = (statements(&few, path).await, statements(&many, path).await);
        assert_eq!(one, sixty, "{path} takes a statement for each row");
        writeln!(golden, "{one:>3} GET {path}").unwrap();
    }
    for (method, path, body) in [
        ("POST", "/users", json!({"email": "new@example.org"})),
        ("PATCH", "/users/2", json!({"title": "Analyst"})),
        ("PUT", "/users/1/groups/SOC", Value::Null),
        ("POST", "/users/2/keys", json!({"name": "job"})),
        ("PATCH", "/settings/lockout", json!({"threshold": 7})),
        ("DELETE", "/users/2", Value::Null),
    ] {
        let before = few.directory.statements();
        let reply = owner(&few, method, path, body).await;
        assert!(reply.status < 300, "{method} {path}: {reply:?}");
        writeln!(
            golden,
            "{:>3} {method} {path}",
            few.directory.statements() - before
        )
        .unwrap();
    }
    insta::assert_snapshot!("statements", golden);
}

#[tokio::test]
async fn users_are_shown_with_what_is_asked_for() {
    let world = world().await;
    people(&world, 2).await;
    let shown = owner(
        &world,
        "GET",
        "/users/2?include=home,organisations,groups,roles",
        Value::Null,
    )
    .await;
    let child = json!({"number": 2, "name": "Child"});
    let root = json!({"number": 1, "name": "Example"});
    assert_eq!(
        shown.json()["included"],
        json!({
            "home": child,
            "organisations": [
                {"number": 1, "name": "Example", "home": false, "administrator": false},
                {"number": 2, "name": "Child", "home": true, "administrator": false},
            ],
            "groups": [{"number": 1, "name": "SOC"}],
            "roles": [
                {"role": "usher:auditor", "organisation": root, "path": "group"},
                {"role": "usher:auditor", "organisation": child, "path": "direct"},
            ],
        })
    );
    let list = owner(&world, "GET", "/users?include=home&number=2", Value::Null).await;
    assert_eq!(list.json()["items"][0]["included"], json!({"home": child}));
    let plain = owner(&world, "GET", "/users/2", Value::Null).await;
    assert!(plain.json().get("included").is_none());
    let wrong = owner(&world, "GET", "/users?include=keys", Value::Null).await;
    assert_eq!(super::fault(&wrong).2.as_deref(), Some("include"));
}

#[tokio::test]
async fn anything_is_found_by_what_names_it() {
    let world = world().await;
    people(&world, 2).await;
    let (_, powerless) = world.powerless("ada@example.org").await;
    let user = owner(&world, "GET", "/users/2", Value::Null).await.json();
    let event = owner(&world, "GET", "/events?verb=group.created", Value::Null)
        .await
        .json();
    for (text, kinds) in [
        ("p0@example.org", vec!["user"]),
        (user["id"].as_str().unwrap(), vec!["user"]),
        ("SOC", vec!["group"]),
        ("child", vec!["organisation"]),
        ("usher:auditor", vec!["role"]),
        ("audit", vec!["role"]),
        ("p0", vec!["user"]),
        ("no such thing", vec![]),
        (
            event["items"][0]["request_id"].as_str().unwrap(),
            vec!["event"],
        ),
    ] {
        let path = format!("/find?q={}", kit::percent_encode(text));
        let found = owner(&world, "GET", &path, Value::Null).await;
        assert_eq!(super::column(&found, "kind"), kinds, "{text}: {found:?}");
        // Without rights the caller finds nothing of other people's.
        let hidden = super::with_key(&world, &powerless, "GET", &path, Value::Null).await;
        let seen: Vec<Value> = super::column(&hidden, "kind");
        assert!(
            seen.iter()
                .all(|kind| kind == "role" || kind == "organisation"),
            "{text}: {hidden:?}"
        );
    }
    for path in ["/find", "/find?q=", "/find?q=a&q=b", "/find?text=a"] {
        let refused = owner(&world, "GET", path, Value::Null).await;
        assert_eq!(super::fault(&refused).0, 400, "{path}");
    }
}

#[tokio::test]
async fn lists_are_counted_by_their_fields() {
    let world = world().await;
    people(&world, 3).await;
    owner(&world, "PATCH", "/users/3", json!({"status": "suspended"})).await;
    let path = "/users?facets=kind,status,standing,second_factor,home,organisation,group,role&status=active&limit=1";
    let list = owner(&world, "GET", path, Value::Null).await;
    assert_eq!(
        list.json()["facets"],
        json!({
            "kind": [{"value": "person", "count": 3}],
            // Without the filter on itself.
            "status": [{"value": "active", "count": 3}, {"value": "suspended", "count": 1}],
            "standing": [{"value": "active", "count": 3}],
            "second_factor": [{"value": false, "count": 3}],
            "home": [{"value": 2, "name": "Child", "count": 2}, {"value": 1, "name": "Example", "count": 1}],
            "organisation": [{"value": 1, "name": "Example", "count": 3}, {"value": 2, "name": "Child", "count": 2}],
            "group": [{"value": 1, "name": "SOC", "count": 2}],
            "role": list.json()["facets"]["role"],
        })
    );
    let roles = list.json()["facets"]["role"].clone();
    assert!(
        roles
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["name"] == "Auditor" && one["count"] == 2),
        "{roles}"
    );
    let wrong = owner(&world, "GET", "/users?facets=age", Value::Null).await;
    assert_eq!(super::fault(&wrong).2.as_deref(), Some("facets"));
}

#[tokio::test]
async fn views_are_saved_for_oneself_and_shared() {
    let world = world().await;
    let (_, ada) = world.powerless("ada@example.org").await;
    let own = json!({"name": "Dormant", "list": "users", "parameters": "last_seen_before=-90d&sort=name"});
    let made = super::with_key(&world, &ada, "POST", "/views", own).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = made
        .header("location")
        .unwrap()
        .strip_prefix("/api/v1")
        .unwrap()
        .to_owned();
    let shared = json!({"name": "Keys that end", "list": "keys", "parameters": "expires_before=%2B14d", "organisation": "Example"});
    let refused = super::with_key(&world, &ada, "POST", "/views", shared.clone()).await;
    assert!(matches!(refused.status, 403 | 422), "{refused:?}");
    let made = owner(&world, "POST", "/views", shared).await;
    assert_eq!(made.status, 201, "{made:?}");
    // One's own are one's own; shared ones are seen by the people there.
    let hers = super::with_key(&world, &ada, "GET", "/views", Value::Null).await;
    assert_eq!(
        super::column(&hers, "name"),
        ["Dormant", "Keys that end"],
        "{hers:?}"
    );
    let of_keys = super::with_key(&world, &ada, "GET", "/views?list=keys", Value::Null).await;
    assert_eq!(super::column(&of_keys, "name"), ["Keys that end"]);
    let others = owner(&world, "GET", "/views", Value::Null).await;
    assert_eq!(super::column(&others, "name"), ["Keys that end"]);
    assert_eq!(owner(&world, "GET", &path, Value::Null).await.status, 404);
    let changed = super::with_key(&world, &ada, "PATCH", &path, json!({"name": "Asleep"})).await;
    assert_eq!(
        (&changed.json()["name"], &changed.json()["list"]),
        (&json!("Asleep"), &json!("users"))
    );
    for (body, field) in [
        (json!({"name": "", "list": "users"}), "name"),
        (json!({"name": "x", "list": "cats"}), "list"),
        (
            json!({"name": "x", "list": "users", "parameters": "%FF"}),
            "parameters",
        ),
        (
            json!({"name": "x", "list": "users", "parameters": "a".repeat(8_001)}),
            "parameters",
        ),
    ] {
        let refused = owner(&world, "POST", "/views", body).await;
        assert_eq!(super::fault(&refused).2.as_deref(), Some(field));
    }
    assert_eq!(
        super::with_key(&world, &ada, "DELETE", &path, Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(
        super::with_key(&world, &ada, "GET", &path, Value::Null)
            .await
            .status,
        404
    );
}
