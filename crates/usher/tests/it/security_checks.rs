//! The tables of security checks and of what is tried for reliability name tests that exist.

use std::path::Path;

#[test]
fn every_test_named_in_the_table_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let table = std::fs::read_to_string(root.join("docs/security-checks.md")).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| {
            line.strip_prefix("| ")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
        .collect();
    assert_eq!(rows.len(), 44);
    // Every kind of hole has its tests as well.
    let kinds: Vec<&str> = table
        .lines()
        .skip_while(|line| *line != "## Kinds of holes")
        .filter(|line| line.starts_with("| ") && *line != "| rule | tests |")
        .collect();
    assert_eq!(kinds.len(), 12);
    for row in rows.into_iter().chain(kinds) {
        let named: Vec<(&str, &str)> = row
            .split('`')
            .filter_map(|part| part.split_once(": "))
            .filter(|(file, _)| file.ends_with(".rs") || file.ends_with(".py"))
            .collect();
        assert!(
            !named.is_empty() || row.contains("not yet there"),
            "no test and no reason: {row}"
        );
        for (file, test) in named {
            assert_defined(&root, file, test);
        }
    }
}

pub fn assert_defined(root: &Path, file: &str, test: &str) {
    let source =
        std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let defined =
        source.contains(&format!("fn {test}(")) || source.contains(&format!("def {test}("));
    assert!(defined, "{file} has no {test}");
}

#[test]
fn what_is_said_of_reliability_has_its_test_and_its_size() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/reliability.md")).unwrap();
    let (_, table) = page.split_once("## What is tried").unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.contains(".rs: "))
        .collect();
    assert!(rows.len() >= 10, "{rows:?}");
    for row in rows {
        let quoted: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        let (file, test) = quoted[0].split_once(": ").unwrap();
        assert_defined(&root, file, test);
        // The size of a longer run is one variable, which the test reads.
        let source = std::fs::read_to_string(root.join(file)).unwrap();
        for variable in quoted.iter().filter_map(|text| text.split_once('=')) {
            let read = format!("\"{}\"", variable.0);
            assert!(source.contains(&read), "{file} reads no {}", variable.0);
        }
    }
}
