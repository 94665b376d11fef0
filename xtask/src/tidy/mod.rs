//! The architecture's invariants, held by tests: who depends on whom, where SQL, web framework and
//! vendors' words may stand, how long a file may be. `cargo xtask test` runs them with all others.

mod attributes;
mod borders;
mod circles;
mod files;
mod manifests;
mod references;
mod routes;
mod source;
mod tree;
mod use_cases;

#[cfg(test)]
mod tests;

use anyhow::{Result, ensure};

use crate::command::say;
use crate::tidy::tree::Tree;

/// One thing that is not as it must be, and where.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    place: String,
    complaint: String,
}

impl Finding {
    fn new(place: impl Into<String>, complaint: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            complaint: complaint.into(),
        }
    }
}

/// A check looks at the whole tree, so that it can also say what is missing from it.
type Check = fn(&Tree) -> Vec<Finding>;

const CHECKS: &[(&str, Check)] = &[
    ("crates depend in one direction", manifests::direction),
    ("versions are bounded", manifests::bounded_versions),
    (
        "the web framework stays outside the heart",
        borders::web_framework,
    ),
    (
        "the HTTP client stays in the client library's core",
        borders::http_client,
    ),
    ("databases are known to the store alone", borders::databases),
    ("SQL stands in the store alone", borders::sql),
    (
        "a vendor's words stand in its own folder",
        borders::vendor_words,
    ),
    ("attributes of users are declared once", attributes::walked),
    ("use-cases are compiled once", use_cases::compiled_once),
    ("modules import each other in no circle", circles::none),
    ("a URL names its file", routes::lead_to_files),
    ("files are short", files::length),
    ("files are named after what is in them", files::names),
    ("lints are expected, not allowed", files::allowed_lints),
    ("no test is switched off", files::ignored_tests),
    ("every quirk names its source", files::quirks),
    ("cited sections exist", references::sections),
    ("named files and items exist", references::code_paths),
];

/// Runs all checks over the source tree.
pub fn check_tree() -> Result<()> {
    let tree = Tree::read()?;
    let mut count = 0;
    for (name, check) in CHECKS {
        for finding in check(&tree) {
            say(&format!(
                "{}: {} ({name})",
                finding.place, finding.complaint
            ));
            count += 1;
        }
    }
    ensure!(count == 0, "{count} findings in the architecture");
    Ok(())
}
