//! The operations that the vendors' clients have, each with its parameters, and where they are here.
//!
//! `fixtures/methods.json` lists them as the vendors' documentation does. A row names the method that makes the call, and for
//! each parameter the item that takes it. A method or parameter without its item fails.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// The clients, and how many operations of each the list must have.
const PLATFORMS: &[(&str, &str, usize)] = &[
    ("opencti", "OpenCti", 14),
    ("misp", "Misp", 15),
    ("tenable", "IdentityExposure", 10),
    ("falcon", "Falcon", 22),
    ("civis", "Civis", 25),
];

#[derive(Deserialize)]
struct Row {
    platform: String,
    seed: String,
    method: String,
    parameters: BTreeMap<String, String>,
}

fn rows() -> Vec<Row> {
    serde_json::from_str(include_str!("../fixtures/methods.json")).unwrap()
}

/// The sources of a folder, without tests.
fn sources(folder: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join(folder);
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    text
}

/// Whether a public function of this name is there, as a method or in a macro that makes methods.
fn has_function(source: &str, name: &str) -> bool {
    [format!("pub fn {name}("), format!("pub async fn {name}(")]
        .iter()
        .any(|it| source.contains(it.as_str()))
}

fn has_type(source: &str, name: &str) -> bool {
    ["struct", "enum", "type"].iter().any(|kind| {
        [" ", "<", "("]
            .iter()
            .any(|end| source.contains(&format!("pub {kind} {name}{end}")))
    })
}

#[test]
fn every_operation_is_here_with_every_parameter() {
    let shared = sources("core");
    let mut missing = Vec::new();
    for (platform, client, count) in PLATFORMS {
        let source = sources(platform);
        let rows: Vec<_> = rows()
            .into_iter()
            .filter(|row| row.platform == *platform)
            .collect();
        assert_eq!(rows.len(), *count, "{platform}");
        assert!(has_type(&source, client), "{client}");
        for row in rows {
            if !has_function(&source, &row.method) {
                missing.push(format!("{platform} {}: {}", row.seed, row.method));
            }
            for (parameter, item) in &row.parameters {
                let (of, name) = item.split_once("::").unwrap();
                let is_variant = name.starts_with(char::is_uppercase);
                let found = [&source, &shared].iter().any(|source| {
                    has_type(source, of)
                        && if is_variant {
                            source.contains(&format!("    {name},"))
                                || source.contains(&format!("    {name}("))
                                || source.contains(&format!("    {name} {{"))
                        } else {
                            has_function(source, name)
                        }
                });
                if !found {
                    missing.push(format!("{platform} {}({parameter}): {item}", row.seed));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_vendors_names_are_found_in_the_documentation() {
    let mut missing = Vec::new();
    for row in rows() {
        let source = sources(&row.platform);
        let named =
            row.seed == row.method || source.contains(&format!("#[doc(alias = \"{}\")]", row.seed));
        if !named {
            missing.push(format!("{} {}", row.platform, row.seed));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_operation_is_shown_on_its_platforms_page() {
    let mut missing = Vec::new();
    for row in rows() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(&row.platform)
            .join("mod.rs");
        let page = std::fs::read_to_string(page).unwrap();
        let call = [format!(".{}(", row.method), format!("::{}(", row.method)];
        // What stands there is a doctest, so it is compiled and answered.
        let mut shown = page.lines().filter(|line| line.starts_with("//!"));
        if !shown.any(|line| call.iter().any(|call| line.contains(call.as_str()))) {
            missing.push(format!("{} {}", row.platform, row.method));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
