//! What a key's own limits let through. What its owner's roles let through is decided in
//! `crate::access::table`.

use std::net::IpAddr;

use ipnet::IpNet;
use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::model::{Constraint, ConstraintKind, Fault};

use super::limits;

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

/// The limits of a key on addresses, paths and verbs, taken apart once and used at each request.
#[derive(Debug)]
pub struct CompiledLimits {
    addresses: Vec<IpNet>,
    constraints: Vec<Constraint>,
    expressions: RegexSet,
    /// For each expression, its place among the constraints.
    places: Vec<usize>,
    weight: usize,
}

impl CompiledLimits {
    /// Compiles limits. All expressions of a key count together, so that neither their memory nor the
    /// time they take to look at a path grows with their number.
    pub fn compile(addresses: Vec<IpNet>, constraints: Vec<Constraint>) -> Result<Self, Fault> {
        let refused = |why: String| Fault::invalid("constraints", why);
        if constraints.len() > limits::CONSTRAINTS {
            let most = limits::CONSTRAINTS;
            return Err(refused(format!("at most {most} are allowed")));
        }
        let (mut places, mut patterns) = (Vec::new(), Vec::new());
        for (place, constraint) in constraints.iter().enumerate() {
            if constraint.kind == ConstraintKind::Regex {
                limits::check_length("constraints", &constraint.pattern)?;
                places.push(place);
                patterns.push(constraint.pattern.as_str());
            }
        }
        let (expressions, weight) = expressions(&patterns).ok_or_else(|| {
            refused("an expression does not compile, or all together are too large".to_owned())
        })?;
        Ok(Self {
            weight: weight
                .saturating_add(size_of_val(addresses.as_slice()))
                .saturating_add(constraints.len() * 1_024),
            addresses,
            constraints,
            expressions,
            places,
        })
    }

    /// Whether addresses and constraints let the request through. No address known, with a limit set,
    /// fails.
    #[must_use]
    pub fn allow(&self, gate: KeyGate<'_>) -> (bool, bool) {
        let address_fine = self.addresses.is_empty()
            || gate.address.is_some_and(|address| {
                let address = address.to_canonical();
                self.addresses.iter().any(|net| net.contains(&address))
            });
        (address_fine, self.allow_path(gate))
    }

    fn allow_path(&self, gate: KeyGate<'_>) -> bool {
        let path = gate.path.trim_start_matches('/');
        let method_fits = |constraint: &Constraint| {
            constraint
                .methods
                .iter()
                .any(|method| method == gate.method)
        };
        let plain = |constraint: &Constraint| {
            let pattern = constraint.pattern.trim_start_matches('/');
            match constraint.kind {
                ConstraintKind::Exact => path == pattern,
                ConstraintKind::Prefix => path.starts_with(pattern),
                ConstraintKind::Verb => true,
                ConstraintKind::Regex => false,
            }
        };
        let mut constraints = self.constraints.iter();
        if self.constraints.is_empty() || constraints.any(|one| method_fits(one) && plain(one)) {
            return true;
        }
        // What an expression costs grows with the path; no path of a client is so long.
        if self.places.is_empty() || path.len() > limits::MATCHED_PATH {
            return false;
        }
        self.expressions
            .matches(path.as_bytes())
            .iter()
            .filter_map(|place| self.constraints.get(*self.places.get(place)?))
            .any(method_fits)
    }

    /// Roughly how many bytes it takes, for caches.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.weight
    }
}

/// Expressions as a set, each of which is to match a whole path; and at most how many bytes the set takes.
/// Classes are those of ASCII: those of Unicode take many times as much, and paths have none of it.
fn expressions(patterns: &[&str]) -> Option<(RegexSet, usize)> {
    let build = |patterns: &[String], limit: usize| {
        RegexSetBuilder::new(patterns)
            .unicode(false)
            .size_limit(limit)
            .dfa_size_limit(limit)
            .build()
            .ok()
    };
    // Each by itself first, so that a bracket too many does not reach beyond it.
    for pattern in patterns {
        build(&[(*pattern).to_owned()], limits::EXPRESSION_BYTES)?;
    }
    let whole: Vec<String> = patterns
        .iter()
        .map(|pattern| format!("^(?:{pattern})$"))
        .collect();
    let mut limit = limits::EXPRESSION_BYTES / 16;
    loop {
        match build(&whole, limit) {
            Some(set) => return Some((set, 2 * limit * usize::from(!patterns.is_empty()))),
            None if limit < limits::EXPRESSION_BYTES => limit *= 4,
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_allows(nets: &[IpNet], constraints: &[Constraint], gate: KeyGate<'_>) -> (bool, bool) {
        let compiled = CompiledLimits::compile(nets.to_vec(), constraints.to_vec());
        compiled.map_or((false, false), |compiled| compiled.allow(gate))
    }

    fn expression(pattern: &str) -> Constraint {
        Constraint {
            kind: ConstraintKind::Regex,
            pattern: pattern.to_owned(),
            methods: vec!["GET".to_owned()],
        }
    }

    #[test]
    fn expressions_are_bounded_together() {
        let large = expression("(?-u)(foo|bar|baz){187}");
        let usual = expression("users/[0-9]+/groups/[^/]+");
        for (constraints, fine) in [
            (vec![large.clone()], true),
            (vec![large; 99], false),
            (vec![usual.clone(); 100], true),
            (vec![usual; 101], false),
            (vec![expression(r"\d+\w+\s*")], true),
            (vec![expression(&"a".repeat(1_001))], false),
            (vec![expression("(a{1000}){1000}")], false),
            // A bracket too many would reach beyond the expression.
            (vec![expression("a)|(?:b")], false),
            (vec![expression("a(")], false),
        ] {
            let first = constraints.first().map(|one| one.pattern.clone());
            let compiled = CompiledLimits::compile(Vec::new(), constraints);
            assert_eq!(compiled.is_ok(), fine, "{first:?}");
        }
    }

    #[test]
    fn long_paths_match_no_expression() {
        for (length, fine) in [
            (limits::MATCHED_PATH, true),
            (limits::MATCHED_PATH + 1, false),
        ] {
            let path = "a".repeat(length);
            let gate = KeyGate {
                method: "GET",
                path: &path,
                address: None,
            };
            assert_eq!(
                key_allows(&[], &[expression(".*")], gate).1,
                fine,
                "{length}"
            );
        }
    }

    #[test]
    fn requests_are_let_through() {
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
