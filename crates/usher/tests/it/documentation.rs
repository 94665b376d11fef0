//! Pages say what is true of this tree: what is needed to build it, which events there are, which test holds a promise.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::security_checks::assert_defined;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file below a folder with this ending.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == ending)
        {
            found.push(path);
        }
    }
}

#[test]
fn pages_name_what_is_needed_and_hide_no_problem() {
    let readme = read("README.md");
    let manifest = read("Cargo.toml");
    let (_, version) = manifest.split_once("rust-version = \"").unwrap();
    let version = version.split('"').next().unwrap();
    for needed in [
        format!("Rust {version} or newer"),
        "a C compiler".to_owned(),
        "minutes".to_owned(),
        "pip install pymisp pycti pytenable civis crowdstrike-falconpy".to_owned(),
    ] {
        assert!(readme.contains(&needed), "{needed}");
    }
    // `-f` alone throws the answer away that says what is wrong.
    let mut pages = vec![root().join("README.md")];
    files(&root().join("docs"), "md", &mut pages);
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for line in text.lines().filter(|line| line.contains("curl ")) {
            let hides = line
                .split_whitespace()
                .any(|word| word.starts_with("-f") || word.starts_with("-sf"));
            assert!(!hides, "{}: {line}", page.display());
        }
    }
}

#[test]
fn every_verb_of_an_event_is_explained() {
    let mut sources = Vec::new();
    files(
        &root().join("crates/directory/src/operations"),
        "rs",
        &mut sources,
    );
    sources.push(root().join("crates/directory/src/audit.rs"));
    // A verb is a word for the thing, a dot, and what happened, in quotes.
    let verb = |text: &str| {
        let parts = text.split_once('.');
        parts.is_some_and(|(thing, happened)| {
            [thing, happened].iter().all(|part| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            })
        })
    };
    let mut written = BTreeSet::new();
    for source in sources {
        let text = std::fs::read_to_string(source).unwrap();
        let quoted = text.split('"').skip(1).step_by(2).chain(text.split('"'));
        written.extend(quoted.filter(|part| verb(part)).map(str::to_owned));
    }
    assert!(written.len() > 50, "{written:?}");
    let page = read("docs/events.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let explained: BTreeSet<String> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned))
        .collect();
    assert_eq!(explained, written);
}

#[test]
fn every_stumbling_block_has_its_test() {
    let page = read("docs/reliability.md");
    let (_, table) = page.split_once("## What operators stumbled over").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| it was"))
        .collect();
    assert_eq!(rows.len(), 24);
    for row in rows {
        let tests: Vec<(&str, &str)> = row
            .split('`')
            .filter_map(|part| part.split_once(": "))
            .filter(|(file, _)| file.ends_with(".rs") || file.ends_with(".py"))
            .collect();
        assert!(!tests.is_empty(), "{row}");
        for (file, test) in tests {
            assert_defined(&root(), file, test);
        }
    }
}
