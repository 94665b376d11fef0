//! What a key's own limits let through. What its owner's roles let through is decided in
//! `crate::access::table`.

use std::net::IpAddr;

use ipnet::IpNet;
use regex::Regex;

use crate::model::{Constraint, ConstraintKind};

/// The request as a key's limits see it.
#[derive(Clone, Copy, Debug)]
pub struct KeyGate<'a> {
    /// The HTTP method, in capitals.
    pub method: &'a str,
    /// The path below the dialect's mount; leading slashes do not count.
    pub path: &'a str,
    /// The client's address.
    pub address: Option<IpAddr>,
}

/// Whether addresses and constraints let the request through. No address known, with a limit set,
/// fails.
#[must_use]
pub fn key_allows(
    addresses: &[IpNet],
    constraints: &[Constraint],
    gate: KeyGate<'_>,
) -> (bool, bool) {
    let address_fine = addresses.is_empty()
        || gate.address.is_some_and(|address| {
            let address = address.to_canonical();
            addresses.iter().any(|net| net.contains(&address))
        });
    let path = gate.path.trim_start_matches('/');
    let constraint_fine = constraints.is_empty()
        || constraints.iter().any(|constraint| {
            let pattern = constraint.pattern.trim_start_matches('/');
            constraint
                .methods
                .iter()
                .any(|method| method == gate.method)
                && match constraint.kind {
                    ConstraintKind::Exact => path == pattern,
                    ConstraintKind::Prefix => path.starts_with(pattern),
                    ConstraintKind::Regex => Regex::new(&format!("^(?:{})$", constraint.pattern))
                        .is_ok_and(|regex| regex.is_match(path)),
                    ConstraintKind::Verb => true,
                }
        });
    (address_fine, constraint_fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        let get = |kind, pattern: &str| Constraint {
            kind,
            pattern: pattern.to_owned(),
            methods: vec!["GET".to_owned()],
        };
        for (constraints, method, path, fine) in [
            (vec![], "POST", "users", true),
            (
                vec![get(ConstraintKind::Exact, "users/me")],
                "GET",
                "/users/me",
                true,
            ),
            (
                vec![get(ConstraintKind::Exact, "/users/me")],
                "GET",
                "users/me",
                true,
            ),
            (
                vec![get(ConstraintKind::Exact, "users/me")],
                "GET",
                "users/me/activity",
                false,
            ),
            (
                vec![get(ConstraintKind::Exact, "users/me")],
                "POST",
                "users/me",
                false,
            ),
            (
                vec![get(ConstraintKind::Prefix, "users/")],
                "GET",
                "users/5",
                true,
            ),
            (
                vec![get(ConstraintKind::Prefix, "users/")],
                "GET",
                "groups",
                false,
            ),
            (
                vec![get(ConstraintKind::Regex, "users/[0-9]+")],
                "GET",
                "users/5",
                true,
            ),
            (
                vec![get(ConstraintKind::Regex, "users/[0-9]+")],
                "GET",
                "users/5/x",
                false,
            ),
            (
                vec![get(ConstraintKind::Regex, "a|users")],
                "GET",
                "ausers",
                false,
            ),
            (vec![get(ConstraintKind::Verb, "")], "GET", "anything", true),
            (
                vec![
                    get(ConstraintKind::Exact, "a"),
                    get(ConstraintKind::Exact, "b"),
                ],
                "GET",
                "b",
                true,
            ),
        ] {
            let gate = KeyGate {
                method,
                path,
                address: None,
            };
            assert_eq!(
                key_allows(&[], &constraints, gate).1,
                fine,
                "{constraints:?} {method} {path}"
            );
        }
    }

    #[test]
    fn addresses() {
        let nets: Vec<IpNet> = ["127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32"]
            .iter()
            .filter_map(|n| n.parse().ok())
            .collect();
        for (address, fine) in [
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("10.9.8.7", true),
            ("11.0.0.1", false),
            ("2001:db8::5", true),
        ] {
            let gate = KeyGate {
                method: "GET",
                path: "",
                address: address.parse().ok(),
            };
            assert_eq!(key_allows(&nets, &[], gate).0, fine, "{address}");
        }
        assert!(
            !key_allows(
                &nets,
                &[],
                KeyGate {
                    method: "GET",
                    path: "",
                    address: None
                }
            )
            .0
        );
    }
}
