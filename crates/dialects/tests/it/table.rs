//! What holds for every row of the table of dialects.

use std::collections::BTreeSet;

use dialects::kit::{FirstRunFacts, Serves};
use dialects::{DIALECTS, platforms};

use crate::support::{target, world};

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
    distinct(DIALECTS.iter().flat_map(|dialect| dialect.strays));
    for dialect in DIALECTS {
        assert!(dialect.mount.starts_with('/') && !dialect.mount.ends_with('/'));
        // No mount lies below another, or hides the other's strays.
        for other in DIALECTS {
            let inside = other.mount.strip_prefix(dialect.mount);
            let inside = inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            assert_eq!(inside, other.name == dialect.name, "{}", other.mount);
            let first = dialect.mount.split('/').nth(1).unwrap();
            assert!(!other.strays.contains(&first), "{first}");
        }
        distinct(
            dialect
                .routes
                .iter()
                .map(|route| (route.method, route.path)),
        );
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
