//! The plain attributes of users are rows of one table; the code that walks the table names none of them.

use std::sync::LazyLock;

use regex::Regex;

use crate::tidy::Finding;
use crate::tidy::borders::pattern;
use crate::tidy::tree::Tree;

const TABLE: &str = "crates/directory/src/model/profile.rs";

/// Where the table is walked. Vendors' APIs know some of the attributes, by names of their own.
const WALKING: [&str; 2] = ["crates/directory/src/", "crates/dialect-native/src/"];

static ROW: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\s*(\w+) (\w+) (?:Text|Exact) \("));

static USE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bProfileAttribute::(\w+)|\bprofile\s*\.\s*(\w+)\b"));

/// An attribute is a row of the table: neither the core nor the native API names one beside it.
pub fn walked(tree: &Tree) -> Vec<Finding> {
    let table = tree.sources().find(|(path, _)| *path == TABLE);
    let names: Vec<&str> = table
        .iter()
        .flat_map(|(_, source)| ROW.captures_iter(&source.code))
        .flat_map(|row| [1, 2].map(|part| row.get(part).map_or("", |name| name.as_str())))
        .collect();
    if names.is_empty() {
        return vec![Finding::new(TABLE, "declares no attributes of users")];
    }
    let mut findings = Vec::new();
    for (path, source) in tree.shipped() {
        if path == TABLE || !WALKING.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        for used in USE.captures_iter(&source.bare) {
            let name = used.get(1).or(used.get(2)).map_or("", |name| name.as_str());
            if names.contains(&name) {
                let line = 1 + source.bare[..used.get(0).map_or(0, |all| all.start())]
                    .matches('\n')
                    .count();
                findings.push(Finding::new(
                    format!("{path}:{line}"),
                    format!("names the attribute {name}; walk the table in {TABLE}"),
                ));
            }
        }
    }
    findings
}
