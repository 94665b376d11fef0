//! What the crates' manifests may say.

use toml::{Table, Value};

use crate::tidy::Finding;
use crate::tidy::tree::Tree;

/// The crates of this workspace and those of them that each may depend on. A dialect sees no other
/// dialect; what tests need (`test-support`) is below the dialects, and its own tests' business.
const DIRECTION: &[(&str, &[&str])] = &[
    ("directory", &[]),
    ("graphql", &[]),
    ("kit", &["directory", "test-support"]),
    ("test-support", &["directory", "kit"]),
    ("dialect-civis", DIALECT),
    ("dialect-falcon", DIALECT),
    ("dialect-misp", DIALECT),
    ("dialect-native", DIALECT),
    ("dialect-opencti", DIALECT),
    ("dialect-tenable", DIALECT),
    ("usher-platforms", &[]),
    ("usher-cli", &[]),
    (
        "usher",
        &[
            "dialect-civis",
            "dialect-falcon",
            "dialect-misp",
            "dialect-native",
            "dialect-opencti",
            "dialect-tenable",
            "directory",
            "kit",
            "test-support",
            "usher-cli",
        ],
    ),
    ("xtask", &[]),
];

/// What a dialect may depend on.
const DIALECT: &[&str] = &["directory", "graphql", "kit", "test-support"];

/// What speaks HTTP.
const WEB: &[&str] = &[
    "dialect-civis",
    "dialect-falcon",
    "dialect-misp",
    "dialect-native",
    "dialect-opencti",
    "dialect-tenable",
    "kit",
    "test-support",
    "usher",
];

/// Crates that only tests may depend on.
const FOR_TESTS: &[&str] = &["test-support"];

/// Libraries that only some crates may depend on.
const RESERVED: &[(&str, &[&str])] = &[
    ("apollo-compiler", &["graphql"]),
    ("axum", WEB),
    ("hyper", WEB),
    ("tower", WEB),
    ("rusqlite", &["directory"]),
    ("tokio-postgres", &["directory"]),
    ("deadpool-postgres", &["directory"]),
    ("tokio-postgres-rustls", &["directory"]),
];

/// Each crate depends only on what stands below it, and on libraries that are its business.
pub fn direction(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, manifest) in manifests(tree) {
        let Some(name) = manifest
            .get("package")
            .and_then(|it| it.get("name")?.as_str())
        else {
            continue;
        };
        // The bench stands outside the workspace and measures from outside what it likes.
        if path.starts_with("bench/") {
            continue;
        }
        let Some((_, below)) = DIRECTION.iter().find(|(crate_name, _)| *crate_name == name) else {
            findings.push(Finding::new(
                path,
                "a crate that the map of directions does not know",
            ));
            continue;
        };
        // What tests need is not part of the map, but the direction holds for them too.
        for (dependency, _, for_tests) in dependencies(&manifest) {
            let inside = DIRECTION
                .iter()
                .any(|(crate_name, _)| *crate_name == dependency);
            let reserved = RESERVED.iter().find(|(library, _)| *library == dependency);
            let refused = (inside && !below.contains(&&*dependency))
                || (!for_tests && FOR_TESTS.contains(&&*dependency))
                || (!for_tests && reserved.is_some_and(|(_, crates)| !crates.contains(&name)));
            if refused {
                findings.push(Finding::new(
                    path,
                    format!("{name} may not use {dependency}"),
                ));
            }
        }
    }
    findings
}

/// No version is left open: what is built tomorrow is what was tested.
pub fn bounded_versions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, manifest) in manifests(tree) {
        for (name, value, _) in dependencies(&manifest) {
            let version = value.as_str().or_else(|| value.get("version")?.as_str());
            let elsewhere = value.get("path").is_some()
                || value.get("workspace").and_then(Value::as_bool) == Some(true);
            match version {
                Some(version) if !version.contains(['*', '>']) => {}
                None if elsewhere => {}
                _ => findings.push(Finding::new(path, format!("{name} has no bounded version"))),
            }
        }
    }
    findings
}

fn manifests(tree: &Tree) -> impl Iterator<Item = (&str, Table)> {
    let files = tree.files("Cargo.toml");
    files.filter_map(|(path, text)| Some((path, text.parse::<Table>().ok()?)))
}

/// Every dependency with what the manifest says of it, and whether it is for tests only.
fn dependencies(manifest: &Table) -> Vec<(String, Value, bool)> {
    let mut found = Vec::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else {
            continue;
        };
        match key.as_str() {
            "dependencies" | "build-dependencies" | "dev-dependencies" => {
                let for_tests = key == "dev-dependencies";
                found.extend(
                    table
                        .iter()
                        .map(|(name, it)| (name.clone(), it.clone(), for_tests)),
                );
            }
            "workspace" => found.extend(dependencies(table)),
            "target" => {
                found.extend(
                    table
                        .values()
                        .filter_map(Value::as_table)
                        .flat_map(dependencies),
                );
            }
            _ => {}
        }
    }
    found
}
