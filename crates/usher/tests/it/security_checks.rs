//! The table of security checks names tests that exist.

use std::path::Path;

#[test]
fn every_test_named_in_the_table_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let table = std::fs::read_to_string(root.join("docs/security-checks.md")).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| {
            line.strip_prefix("| ")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
        .collect();
    assert_eq!(rows.len(), 44);
    for row in rows {
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
            let source = std::fs::read_to_string(root.join(file))
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            let defined =
                source.contains(&format!("fn {test}(")) || source.contains(&format!("def {test}("));
            assert!(defined, "{file} has no {test}");
        }
    }
}
