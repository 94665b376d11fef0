//! The source tree as the checks see it: paths and texts.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::command::root;
use crate::snapshots::tracked;
use crate::tidy::source::Source;

/// Every manifest, Rust file, document and golden list of the tree, by path from its top.
#[derive(Default)]
pub struct Tree {
    texts: BTreeMap<String, String>,
    sources: BTreeMap<String, Source>,
}

impl Tree {
    /// Reads the tree this runs in.
    pub fn read() -> Result<Self> {
        let mut tree = Self::default();
        for path in tracked(&[
            "*.rs",
            "*.toml",
            "*.sql",
            "*.md",
            "*.graphql",
            "xtask/golden/*",
        ])? {
            let text = std::fs::read_to_string(root().join(&path)).with_context(|| path.clone())?;
            tree.add(&path, &text);
        }
        Ok(tree)
    }

    /// Adds a file, as if it stood in the tree.
    pub fn add(&mut self, path: &str, text: &str) {
        self.texts.insert(path.to_owned(), text.to_owned());
        if path.ends_with(".rs") {
            self.sources.insert(path.to_owned(), Source::parse(text));
        }
    }

    /// The text of a file, empty if there is none.
    pub fn text(&self, path: &str) -> &str {
        self.texts.get(path).map_or("", String::as_str)
    }

    /// All files with this ending.
    pub fn files(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        let files = self
            .texts
            .iter()
            .filter(move |(path, _)| path.ends_with(ending));
        files.map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The paths of all files read.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// All Rust files, taken apart.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources
            .iter()
            .map(|(path, source)| (path.as_str(), source))
    }

    /// Rust files that are part of a program, not of its tests.
    pub fn shipped(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources()
            .filter(|(path, _)| path.starts_with("crates/") && !is_test(path))
    }
}

/// Whether a Rust file holds tests: `tests.rs`, or anything below a folder `tests`.
pub fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs")
        || path
            .split('/')
            .any(|part| part == "tests" || part == "benches")
}
