//! What holds for every row of the table of dialects.

use std::collections::BTreeSet;

use kit::{FirstRunFacts, Serves};
use serde_json::{Value, json};
use usher::{DIALECTS, platforms};

use crate::world;
use test_support::target;

/// Fails when a value occurs twice.
fn distinct<T: Ord + std::fmt::Debug>(values: impl IntoIterator<Item = T>) {
    let mut seen = BTreeSet::new();
    for value in values {
        let shown = format!("{value:?}");
        assert!(seen.insert(value), "{shown} stands twice");
    }
}

#[test]
fn rows_do_not_get_in_each_others_way() {
    distinct(DIALECTS.iter().map(|dialect| dialect.name));
    distinct(DIALECTS.iter().map(|dialect| dialect.platform));
    distinct(platforms().iter().map(|spec| spec.platform));
    for dialect in DIALECTS {
        assert!(dialect.mount.starts_with('/') && !dialect.mount.ends_with('/'));
        // No mount lies below another, or hides the other's hints.
        for other in DIALECTS {
            let inside = other.mount.strip_prefix(dialect.mount);
            let inside = inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            assert_eq!(inside, other.name == dialect.name, "{}", other.mount);
            let first = dialect.mount.split('/').nth(1).unwrap();
            assert!(!other.wrong_mount_prefixes.contains(&first), "{first}");
        }
        distinct(
            dialect
                .routes
                .iter()
                .map(|route| (route.method, route.path)),
        );
        for route in dialect.routes {
            assert!(!route.summary.is_empty(), "{route:?} has no summary");
        }
        let spec = dialect.specification.map(|spec| spec());
        assert!(spec.is_none_or(|spec| spec.platform == dialect.platform));
    }
}

#[test]
fn the_first_run_sets_each_variable_once() {
    let facts = FirstRunFacts {
        base_url: "http://usher.example".to_owned(),
        email: "owner@example.org".to_owned(),
        password: "a long password".to_owned(),
        key: "K".repeat(40),
        key_uuid: uuid::Uuid::from_u128(7),
    };
    let lines: Vec<_> = DIALECTS
        .iter()
        .flat_map(|dialect| (dialect.environment)(&facts))
        .collect();
    distinct(lines.iter().map(|(name, _)| *name));
    for (name, value) in &lines {
        assert!(
            name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'),
            "{name}"
        );
        assert!(!value.is_empty() && !value.contains('\n'), "{name}");
        // The address a client is given is one that is served.
        if let Some(rest) = value.strip_prefix(&facts.base_url) {
            let mount = rest.trim_end_matches('/');
            let served = mount.is_empty()
                || DIALECTS
                    .iter()
                    .any(|dialect| mount.starts_with(dialect.mount));
            assert!(served, "{name}: {value}");
        }
    }
}

#[tokio::test]
async fn nothing_opens_without_a_credential() {
    let world = world().await;
    let before = world.state().await;
    for dialect in DIALECTS {
        for route in dialect.routes {
            let target = target(dialect, route, "1");
            let reply = world.request(route.method, &target).send().await;
            assert_ne!(reply.status, 405, "{route:?} is not served");
            if route.serves != Serves::Open {
                // A GraphQL door says so inside an answer of its own shape.
                let refused = matches!(reply.status, 401 | 403)
                    || reply.json()["errors"]
                        .as_array()
                        .is_some_and(|all| !all.is_empty());
                assert!(refused, "{} {route:?}: {reply:?}", dialect.name);
            }
            for header in ["cache-control", "content-security-policy", "x-request-id"] {
                assert!(reply.header(header).is_some(), "{header} on {route:?}");
            }
        }
    }
    assert_eq!(world.state().await, before);
}

/// NUL cannot be stored by every database, so no tongue takes it: neither raw nor escaped, in a body, a
/// query, a path, a literal or a filter.
#[tokio::test]
async fn nul_is_refused_in_every_tongue() {
    let world = world().await;
    let before = world.state().await;
    let escaped = |text: &str| text.replace("NUL", "\\u0000");
    let gql = |query: &str| json!({ "query": escaped(query), "variables": {} }).to_string();
    let variables = |query: &str, value: Value| {
        escaped(&json!({ "query": query, "variables": value }).to_string())
    };
    let by_email = "query($f: FilterGroup) { users(filters: $f) { edges { node { id } } } }";
    let filter = json!({ "f": { "mode": "and", "filterGroups": [], "filters": [
        { "key": "user_email", "values": ["aNULb"], "operator": "eq", "mode": "or" }
    ] } });
    for (method, target, body) in [
        ("POST", "/api/v1/users", escaped(r#"{"login": "aNULb"}"#)),
        (
            "POST",
            "/api/v1/sign-in",
            escaped(r#"{"login": "aNULb", "password": "x"}"#),
        ),
        ("PATCH", "/api/v1/me", escaped(r#"{"title": "aNULb"}"#)),
        ("PATCH", "/api/v1/me", "{\"title\": \"a\0b\"}".to_owned()),
        ("GET", "/api/v1/users?q=a%00b", String::new()),
        ("GET", "/api/v1/users?login=a%00b", String::new()),
        ("GET", "/api/v1/users?sort=login&cursor=YQBi", String::new()),
        ("GET", "/api/v1/users/a%00b", String::new()),
        ("GET", "/api/v1/a%00b", String::new()),
        (
            "POST",
            "/misp/admin/users/add",
            escaped(r#"{"email": "aNULb@example.org", "org_id": 1, "role_id": 3}"#),
        ),
        (
            "POST",
            "/misp/admin/users/index",
            escaped(r#"{"searchall": "aNULb"}"#),
        ),
        (
            "GET",
            "/misp/admin/users/index/searchall:a%00b",
            String::new(),
        ),
        ("GET", "/misp/users/view/a%00b", String::new()),
        ("GET", "/misp/organisations/view/a%00b", String::new()),
        (
            "POST",
            "/misp/organisations/add",
            escaped(r#"{"name": "aNULb"}"#),
        ),
        (
            "POST",
            "/tenable/api/users",
            escaped(r#"[{"name": "aNULb", "email": "a@example.org", "password": "x"}]"#),
        ),
        (
            "POST",
            "/tenable/api/login",
            escaped(r#"{"email": "aNULb", "password": "x"}"#),
        ),
        (
            "PATCH",
            "/tenable/api/users/1",
            escaped(r#"{"department": "aNULb"}"#),
        ),
        ("GET", "/tenable/api/users/a%00b", String::new()),
        (
            "POST",
            "/opencti/graphql",
            gql(
                r#"mutation { userAdd(input: {name: "aNULb", user_email: "a@example.org"}) { id } }"#,
            ),
        ),
        (
            "POST",
            "/opencti/graphql",
            gql(r#"{ users(search: "aNULb") { edges { node { id } } } }"#),
        ),
        (
            "POST",
            "/opencti/graphql",
            gql(r#"{ user(id: "aNULb") { id } }"#),
        ),
        (
            "POST",
            "/opencti/graphql",
            gql(r#"{ users(first: 1, after: "aNULb") { edges { node { id } } } }"#),
        ),
        ("POST", "/opencti/graphql", variables(by_email, filter)),
    ] {
        let mut call = world.request(method, target);
        // Each dialect finds the key in the header that it reads.
        for (name, value) in [
            (
                "Authorization",
                if target.starts_with("/misp") {
                    world.key.clone()
                } else {
                    format!("Bearer {}", world.key)
                },
            ),
            ("X-API-Key", world.key.clone()),
            ("Content-Type", "application/json".to_owned()),
            ("Accept", "application/json".to_owned()),
        ] {
            call = call.header(name, &value);
        }
        let reply = call.body(body.clone()).send().await;
        let shown = format!("{method} {target} {body}: {reply:?}");
        if target.starts_with("/opencti") && reply.status == 200 {
            let errors = reply.json()["errors"].clone();
            // No id reads so: nobody is found by it.
            let nothing = reply.json() == json!({ "data": { "user": null } });
            assert!(errors.is_array() || nothing, "{shown}");
            assert!(!reply.text.contains("INTERNAL_SERVER_ERROR"), "{shown}");
        } else {
            assert!((400..500).contains(&reply.status), "{shown}");
            assert_ne!(reply.status, 401, "{shown}");
        }
        assert!(!reply.text.contains('\0'), "{shown}");
    }
    assert_eq!(world.state().await, before);
}
