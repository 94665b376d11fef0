//! What every list, every thing and every change has, walked over the table of routes: exceptions stand here with their
//! reasons.

use dialect_native::DIALECT;
use kit::{Route, Serves, percent_encode};
use serde_json::{Value, json};

use super::openapi::document;
use super::{by_owner, fault, owner, stranger};
use crate::world;
use test_support::{OWNER_PASSWORD, World};

/// What every list takes.
const GENERAL: [&str; 7] = ["q", "filter", "sort", "limit", "cursor", "total", "facets"];

/// Lists that are never long take `limit`, `cursor` and `total` alone.
const SHORT: &[(&str, &str)] = &[
    (
        "/me/groups",
        "one person's groups, shown without a right to list groups",
    ),
    (
        "/me/memberships",
        "one row for each organisation of one person",
    ),
    (
        "/users/{user}/memberships",
        "one row for each organisation of one person",
    ),
    (
        "/organisations/{organisation}/grantable-groups",
        "a list that is set as a whole",
    ),
    ("/groups/{group}/managers", "the managers of one group"),
    ("/groups/{group}/roles", "the roles of one group"),
    ("/permissions", "a fixed table"),
    (
        "/collections/{collection}/organisations",
        "the content of one collection",
    ),
    ("/platforms", "a fixed table"),
    (
        "/platforms/{platform}/default-roles",
        "a list that is set as a whole",
    ),
    ("/mail-templates", "a fixed table"),
    ("/views", "one person's views and those shared, by `list`"),
    (
        "/access",
        "worked out for one question, page by page, and not counted",
    ),
];

/// Things without an `ETag`.
const WITHOUT_TAG: &[(&str, &str)] = &[
    (
        "/me/second-factor",
        "a state of the account, which `/me` has the revision of",
    ),
    ("/me/access", "worked out of grants, groups and roles"),
    (
        "/users/{user}/access",
        "worked out of grants, groups and roles",
    ),
    (
        "/jobs/{job}",
        "it moves on by itself, and nothing changes it by its body",
    ),
    ("/jobs/{job}/report", "it grows by itself"),
    ("/jobs/{job}/result", "a file, read in ranges"),
    ("/find", "a search"),
    ("/settings", "all documents; each has its own"),
    ("/events/stream", "a stream"),
    ("/", "the same for everybody and always"),
    (
        "/openapi.json",
        "the same for everybody until the next version",
    ),
    ("/docs", "the same for everybody until the next version"),
    (
        "/docs/page.css",
        "the same for everybody until the next version",
    ),
    (
        "/docs/page.js",
        "the same for everybody until the next version",
    ),
    ("/problems", "the same for everybody until the next version"),
];

/// Changes that `If-Match` does not guard.
const UNGUARDED: &[(&str, &str)] = &[
    ("/me/password", "the present password guards it"),
    ("/me/email", "a link that is mailed confirms it"),
    ("/me/second-factor", "a code guards it"),
    ("/me/sessions", "it ends what there is"),
    (
        "/users/{user}/password",
        "a password is not read before it is set",
    ),
    ("/users/{user}/second-factor", "it is there or it is not"),
    ("/users/{user}/sessions", "it ends what there is"),
    ("/users/{user}/keys", "it revokes what there is"),
    (
        "/users/{user}/memberships/{organisation}",
        "a tie: it is there or it is not",
    ),
    (
        "/users/{user}/groups/{group}",
        "a tie: it is there or it is not",
    ),
    (
        "/users/{user}/grants/{number}",
        "a tie: it is there or it is not",
    ),
    (
        "/organisations/{organisation}/members/{user}",
        "a tie: it is there or it is not",
    ),
    (
        "/organisations/{organisation}/grantable-groups",
        "a list that is set as a whole",
    ),
    (
        "/groups/{group}/members/{user}",
        "a tie: it is there or it is not",
    ),
    (
        "/groups/{group}/managers/users/{user}",
        "a tie: it is there or it is not",
    ),
    (
        "/groups/{group}/managers/groups/{manager}",
        "a tie: it is there or it is not",
    ),
    (
        "/groups/{group}/roles/{number}",
        "a tie: it is there or it is not",
    ),
    (
        "/collections/{collection}/organisations/{organisation}",
        "a tie: it is there or it is not",
    ),
    (
        "/platforms/{platform}/default-roles",
        "a list that is set as a whole",
    ),
    ("/jobs/{job}", "it has ended, and changes no more"),
    ("/sessions/{session}", "it ends what there is"),
];

fn excepted(exceptions: &[(&str, &str)], route: &Route) -> bool {
    let found = exceptions.iter().find(|(path, _)| *path == route.path);
    found.is_some_and(|(_, reason)| !reason.is_empty())
}

/// Every exception is one of a route that there is.
fn check_exceptions(exceptions: &[(&str, &str)]) {
    for (path, _) in exceptions {
        let known = DIALECT.routes.iter().any(|route| route.path == *path);
        assert!(known, "{path} is no route");
    }
}

fn lists() -> impl Iterator<Item = &'static Route> {
    let listed = |route: &&Route| route.method == "GET" && route.answer().starts_with('[');
    DIALECT.routes.iter().filter(listed)
}

fn operation(route: &Route) -> &'static Value {
    &document()["paths"][route.path][route.method.to_ascii_lowercase()]
}

fn parameter(route: &Route, place: &str, name: &str) -> Option<&'static Value> {
    let stated = operation(route)["parameters"].as_array().unwrap();
    stated
        .iter()
        .find(|one| one["in"] == place && one["name"] == name)
}

/// The path with things that there are.
fn filled(route: &Route) -> String {
    route
        .path
        .replace("{user}", "1")
        .replace("{organisation}", "1")
        .replace("{group}", "SOC")
}

/// Two rows and more of every kind.
async fn peopled() -> World {
    let world = world().await;
    let made = [
        (
            "/organisations",
            json!({"name": "Child", "sector": "Energy", "kind": "company"}),
        ),
        (
            "/organisations",
            json!({"name": "Other", "sector": "Energy", "nationality": "Sweden"}),
        ),
        ("/groups", json!({"name": "SOC"})),
        ("/groups", json!({"name": "NOC"})),
        (
            "/users",
            json!({"email": "ada@example.org", "groups": ["SOC"], "roles": ["usher:auditor"]}),
        ),
        (
            "/users",
            json!({"login": "robot", "kind": "service", "home": "Child", "organisations": ["Example"]}),
        ),
        (
            "/users/ada@example.org/keys",
            json!({"name": "night", "read_only": true}),
        ),
        ("/me/keys", json!({"name": "mine"})),
        ("/users/1/grants", json!({"role": "usher:auditor"})),
        ("/users/ada@example.org/access-mail", Value::Null),
        (
            "/mails",
            json!({"to": ["ada@example.org", 1], "subject": "Hello", "body": "Hello."}),
        ),
        (
            "/collections",
            json!({"name": "North", "organisations": ["Child"]}),
        ),
        (
            "/collections",
            json!({"name": "South", "organisation": "Child"}),
        ),
        ("/exports", json!({"what": "groups"})),
        ("/exports", json!({"what": "keys", "format": "ndjson"})),
        (
            "/users/actions",
            json!({"action": "unlock", "users": [2], "job": true}),
        ),
    ];
    for (path, body) in made {
        let reply = owner(&world, "POST", path, body).await;
        assert!(reply.status < 300, "{path}: {reply:?}");
    }
    for group in ["SOC", "NOC"] {
        for user in ["1", "robot"] {
            let path = format!("/groups/{group}/members/{user}");
            let reply = owner(&world, "PUT", &path, Value::Null).await;
            assert!(reply.status < 300, "{path}: {reply:?}");
        }
    }
    for _ in 0..2 {
        let body = json!({"login": "owner@example.org", "password": OWNER_PASSWORD});
        let reply = stranger(&world, "POST", "/sign-in", body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    world
}

#[test]
fn every_list_states_the_one_grammar() {
    check_exceptions(SHORT);
    for route in lists() {
        let has = |name: &str| parameter(route, "query", name).is_some();
        if excepted(SHORT, route) {
            assert!(has("limit") && has("cursor") && !has("filter"), "{route:?}");
            assert!(has("total") || route.path == "/access", "{route:?}");
        } else {
            for name in GENERAL {
                assert!(has(name), "{route:?} takes no {name}");
            }
        }
    }
}

/// Every list is filtered, counted, ordered in every way it states, and paged forth and back.
#[tokio::test]
async fn every_list_does_what_it_states() {
    let world = peopled().await;
    let get = async |target: String| {
        let reply = owner(&world, "GET", &target, Value::Null).await;
        assert_eq!(reply.status, 200, "{target}: {reply:?}");
        reply.json()
    };
    // What tells a row apart; other members change by themselves, as the uses of keys do.
    let rows = |page: &Value| -> Vec<Value> {
        let told = |item: &Value| {
            json!([
                item["number"],
                item["user"],
                item["role"]["word"],
                item["organisation"],
                item["path"]
            ])
        };
        page["items"].as_array().unwrap().iter().map(told).collect()
    };
    for route in lists().filter(|route| !excepted(SHORT, route)) {
        let path = filled(route);
        let whole = get(format!("{path}?total=bounded&limit=1000")).await;
        let total = whole["total"].as_u64().unwrap();
        assert!(total >= 2, "{path} has {total} rows");
        assert_eq!(whole["total_exceeded"], false, "{path}");
        assert_eq!(
            whole["items"].as_array().unwrap().len() as u64,
            total,
            "{path}"
        );
        let all = if path.ends_with("grants") {
            "user pr"
        } else {
            "number gt 0"
        };
        let all = percent_encode(all);
        let filtered = get(format!("{path}?total=true&limit=1000&filter={all}")).await;
        assert_eq!(rows(&filtered), rows(&whole), "{path}");
        let none = get(format!("{path}?total=true&filter=not+({all})")).await;
        assert_eq!(none["total"], 0, "{path}");
        let sorts = &parameter(route, "query", "sort").unwrap()["schema"]["enum"];
        for sort in sorts.as_array().unwrap() {
            let sort = sort.as_str().unwrap();
            let first = get(format!("{path}?sort={sort}&limit=1")).await;
            assert_eq!(first["previous"], Value::Null, "{path} {sort}");
            let next = first["next"].as_str().unwrap();
            let second = get(format!("{path}?sort={sort}&limit=1&cursor={next}")).await;
            assert_ne!(rows(&second), rows(&first), "{path} {sort}");
            let previous = second["previous"].as_str().unwrap();
            let back = get(format!("{path}?sort={sort}&limit=1&cursor={previous}")).await;
            assert_eq!(rows(&back), rows(&first), "{path} {sort}");
        }
    }
}

/// What a row shows of an order, as it is compared: texts without regard to case.
fn shown(item: &Value, word: &str, homes: &[(Value, Value)]) -> Option<(Option<i64>, String)> {
    let row = if item["user"].is_object() {
        &item["user"]
    } else {
        item
    };
    let value = match homes.iter().find(|(number, _)| *number == row["home"]) {
        Some((_, name)) if word == "home" => name,
        _ => &row[word],
    };
    match value {
        Value::Null => None,
        Value::String(text) => Some((None, text.to_lowercase())),
        other => Some((Some(other.as_i64().unwrap()), String::new())),
    }
}

/// Every order that a list offers is the one in which it comes, and with a - before it the other way round.
#[tokio::test]
async fn every_order_is_kept() {
    let world = peopled().await;
    let get = async |target: String| {
        let reply = owner(&world, "GET", &target, Value::Null).await;
        assert_eq!(reply.status, 200, "{target}: {reply:?}");
        let items = reply.json()["items"].as_array().unwrap().clone();
        assert!(items.len() >= 2, "{target}: {items:?}");
        items
    };
    let homes: Vec<(Value, Value)> = get("/organisations".to_owned())
        .await
        .iter()
        .map(|one| (one["number"].clone(), one["name"].clone()))
        .collect();
    let number = |item: &Value| {
        let row = if item["user"].is_object() {
            &item["user"]
        } else {
            item
        };
        row["number"].as_i64()
    };
    let mut reordered = 0;
    for route in lists().filter(|route| !excepted(SHORT, route)) {
        let path = filled(route);
        let stated = &parameter(route, "query", "sort").unwrap()["schema"];
        let words: Vec<&str> = stated["enum"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        for word in words.iter().filter(|word| !word.starts_with('-')) {
            let rows = get(format!("{path}?sort={word}&limit=1000")).await;
            let values: Vec<_> = rows.iter().map(|row| shown(row, word, &homes)).collect();
            // What has no value stands together, at one end.
            let present: Vec<_> = values.iter().flatten().collect();
            let first = values.iter().position(Option::is_some).unwrap_or(0);
            let together = values.iter().skip(first).take(present.len());
            assert!(
                together.clone().all(Option::is_some)
                    && (first == 0 || first + present.len() == values.len()),
                "{path} {word}: {values:?}"
            );
            assert!(
                present.windows(2).all(|pair| pair[0] <= pair[1]),
                "{path} {word}: {values:?}"
            );
            let numbers: Vec<_> = rows.iter().map(number).collect();
            if numbers.windows(2).any(|pair| pair[0] > pair[1]) {
                reordered += 1;
            }
            // Rows that are alike come by number.
            for index in 1..rows.len() {
                if values[index - 1] == values[index] && *word != "user" {
                    assert!(numbers[index - 1] < numbers[index], "{path} {word}");
                }
            }
            let downwards = format!("-{word}");
            if !words.contains(&downwards.as_str()) {
                continue;
            }
            let turned = get(format!("{path}?sort={downwards}&limit=1000")).await;
            let turned: Vec<_> = turned.iter().rev().map(number).collect();
            assert_eq!(turned, numbers, "{path} {downwards}");
        }
        if route.answer() != "[Grant]" {
            continue;
        }
        for other in ["number", "-number", "-user", "role"] {
            let path = format!("{path}?sort={other}");
            let reply = owner(&world, "GET", &path, Value::Null).await;
            assert_eq!(fault(&reply).0, 400, "{path}: {reply:?}");
            assert_eq!(reply.json()["field"], "sort", "{path}: {reply:?}");
            assert!(reply.text.contains("must be user"), "{path}: {reply:?}");
            let export = json!({"what": "grants", "sort": other});
            let reply = owner(&world, "POST", "/exports", export).await;
            assert!(reply.text.contains("must be user"), "{other}: {reply:?}");
        }
    }
    assert!(reordered >= 10, "{reordered}");
}

/// What a facet says of a value is what the list counts with that value as a parameter.
#[tokio::test]
async fn every_facet_counts_what_its_filter_finds() {
    let world = peopled().await;
    let get = async |target: String| {
        let reply = owner(&world, "GET", &target, Value::Null).await;
        assert_eq!(reply.status, 200, "{target}: {reply:?}");
        reply.json()
    };
    let mut counted = 0;
    for route in lists().filter(|route| !excepted(SHORT, route)) {
        let path = filled(route);
        let pattern = &parameter(route, "query", "facets").unwrap()["schema"]["pattern"];
        let words = pattern.as_str().unwrap().strip_prefix("^(").unwrap();
        let words: Vec<&str> = words.split(')').next().unwrap().split('|').collect();
        assert!(
            words.first().is_some_and(|word| !word.is_empty()),
            "{path} has no facets"
        );
        let page = get(format!("{path}?limit=1&facets={}", words.join(","))).await;
        for word in &words {
            let facet = page["facets"][word].as_array();
            let facet = facet.unwrap_or_else(|| panic!("{path} {word}: {page}"));
            for one in facet {
                let value = match &one["value"] {
                    Value::String(text) => text.clone(),
                    value => value.to_string(),
                };
                let value = percent_encode(&value);
                let target = format!("{path}?total=true&limit=1&{word}={value}&facets={word}");
                let found = get(target.clone()).await;
                assert_eq!(found["total"], one["count"], "{target}");
                // The filter on the field itself does not narrow its facet.
                assert_eq!(found["facets"][word], page["facets"][word], "{target}");
                counted += 1;
            }
        }
        let wrong = owner(&world, "GET", &format!("{path}?facets=shoe"), Value::Null).await;
        assert_eq!(fault(&wrong).2.as_deref(), Some("facets"), "{path}");
    }
    assert!(counted > 60, "{counted}");
}

#[test]
fn every_thing_has_a_tag_and_every_change_of_one_is_guarded_by_it() {
    check_exceptions(WITHOUT_TAG);
    check_exceptions(UNGUARDED);
    for route in DIALECT.routes {
        let has = |name: &str| parameter(route, "header", name).is_some();
        let responses = &operation(route)["responses"];
        match route.method {
            "GET" if route.answer().starts_with('[') => {}
            "GET" => {
                let expected = !excepted(WITHOUT_TAG, route);
                assert_eq!(has("If-None-Match"), expected, "{route:?}");
                assert_eq!(responses.get("304").is_some(), expected, "{route:?}");
            }
            "PUT" | "PATCH" | "DELETE" => {
                let expected = !excepted(UNGUARDED, route);
                assert_eq!(has("If-Match"), expected, "{route:?}");
                assert_eq!(responses.get("412").is_some(), expected, "{route:?}");
            }
            _ => {}
        }
    }
}

/// Every change takes `dry_run`, and a dry run changes nothing for any body.
#[tokio::test]
async fn every_change_can_be_tried() {
    let world = peopled().await;
    let before = world.contents().await;
    let changes = DIALECT
        .routes
        .iter()
        .filter(|route| route.method != "GET" && route.serves != Serves::Open);
    for route in changes {
        assert!(parameter(route, "query", "dry_run").is_some(), "{route:?}");
        let path = filled(route);
        let path: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "1" } else { part })
            .collect();
        let path = path.join("/");
        let odd = by_owner(&world, route.method, &format!("{path}?dry_run=perhaps"));
        // A file is read only if it is one.
        let odd = match route.path {
            "/imports" => odd.header("Content-Type", "text/csv").body("email\n"),
            _ => odd,
        };
        let odd = odd.send().await;
        assert_eq!(fault(&odd).2.as_deref(), Some("dry_run"), "{route:?}");
        let call = by_owner(&world, route.method, &format!("{path}?dry_run=true"));
        let tried = call.send().await;
        assert!(tried.status < 500, "{route:?}: {tried:?}");
        if tried.status < 300 && route.path != "/users/actions" {
            assert_eq!(
                tried.header("usher-dry-run"),
                Some("true"),
                "{route:?}: {tried:?}"
            );
        }
        assert_eq!(world.contents().await, before, "{route:?}");
    }
}
