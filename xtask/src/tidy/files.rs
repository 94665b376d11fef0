//! Habits of single files.

use crate::tidy::Finding;
use crate::tidy::tree::{Tree, is_test};

/// A file that is longer holds more than one thing.
const MOST_LINES: usize = 500;

/// Names that say nothing of what is in a file.
const EMPTY_NAMES: &[&str] = &[
    "utils", "util", "helpers", "helper", "common", "misc", "manager",
];

/// Files have at most [`MOST_LINES`] lines, tests aside.
pub fn length(tree: &Tree) -> Vec<Finding> {
    let files = tree.files(".rs").filter(|(path, _)| !is_test(path));
    let long = files.map(|(path, text)| (path, text.lines().count()));
    long.filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| Finding::new(path, format!("{lines} lines, more than {MOST_LINES}")))
        .collect()
}

/// No file or folder is named after nothing.
pub fn names(tree: &Tree) -> Vec<Finding> {
    let empty = |path: &str| {
        path.split('/')
            .any(|part| EMPTY_NAMES.contains(&part.trim_end_matches(".rs")))
    };
    let files = tree.files(".rs").filter(|(path, _)| empty(path));
    files
        .map(|(path, _)| Finding::new(path, "a name that says nothing"))
        .collect()
}

/// An exception from a lint is `#[expect(…, reason = "…")]`, which complains when it is not needed.
pub fn allowed_lints(tree: &Tree) -> Vec<Finding> {
    attributes(
        tree,
        &["#[allow(", "#![allow("],
        "an allowed lint; expect it, with a reason",
    )
}

/// A test that does not run shows nothing.
pub fn ignored_tests(tree: &Tree) -> Vec<Finding> {
    attributes(
        tree,
        &["#[ignore]", "#[ignore ", "#[ignore="],
        "a test that is switched off",
    )
}

/// `Quirk:` comments say where the oddity was learnt: a document, a section, a client's file.
pub fn quirks(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.sources() {
        for (at, (line, comment)) in source.comments.iter().enumerate() {
            if !comment.starts_with("Quirk:") {
                continue;
            }
            // The comment goes on over the lines that follow without a gap.
            let following = source.comments[at..].iter().enumerate();
            let whole: Vec<&str> = following
                .take_while(|(offset, (other, _))| *other == line + offset)
                .map(|(_, (_, text))| text.as_str())
                .collect();
            if !names_source(&whole.join(" ")) {
                findings.push(Finding::new(
                    format!("{path}:{line}"),
                    "a quirk without its source",
                ));
            }
        }
    }
    findings
}

fn names_source(comment: &str) -> bool {
    [
        "§", ".md", ".json", ".py", ".graphql", ".yaml", ".php", ".ts",
    ]
    .iter()
    .any(|mark| comment.contains(mark))
}

fn attributes(tree: &Tree, wanted: &[&str], complaint: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.sources() {
        for (line, text) in source.bare.lines().enumerate() {
            if wanted.iter().any(|attribute| text.contains(attribute)) {
                findings.push(Finding::new(format!("{path}:{}", line + 1), complaint));
            }
        }
    }
    findings
}
