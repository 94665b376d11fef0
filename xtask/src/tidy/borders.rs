//! Borders inside the sources: what may be spoken of where.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::tidy::Finding;
use crate::tidy::source::Source;
use crate::tidy::tree::Tree;

const STORE: &str = "crates/directory/src/store";

/// Files in which a vendor's name may stand though they are not that vendor's, each with a reason.
const VENDOR_WORDS_LIST: &str = "xtask/golden/vendor-words.txt";

/// Each dialect's folder, and the words by which its vendor is known.
const VENDORS: &[(&str, &str)] = &[
    ("civis", r"(?i)civis"),
    ("falcon", r"(?i)falcon|crowdstrike"),
    ("misp", r"(?i)misp"),
    ("opencti", r"(?i)opencti|pycti"),
    ("tenable", r"(?i)tenable"),
];

/// Statements as they are written here, with their keywords in capitals.
static SQL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x) \b(?: SELECT\s .* \sFROM\s | INSERT\s+INTO\s | DELETE\s+FROM\s
        | UPDATE\s+\w+\s+SET\s | (?:CREATE|ALTER|DROP)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|VIEW)\s
        | ORDER\s+BY\s | LEFT\s+JOIN\s | PRAGMA\s )",
    )
});

/// Neither the directory nor the GraphQL engine knows the web framework.
pub fn web_framework(tree: &Tree) -> Vec<Finding> {
    let elsewhere =
        |path: &str| path.starts_with("crates/directory/") || path.starts_with("crates/graphql/");
    mentions(
        tree,
        r"\b(?:axum|hyper|tower|http)::",
        elsewhere,
        "the web framework",
    )
}

/// Only the client library's core and the command line's connection speak over the network as a client.
pub fn http_client(tree: &Tree) -> Vec<Finding> {
    let elsewhere = |path: &str| {
        !path.starts_with("crates/platforms/src/core/")
            && !path.starts_with("crates/cli/src/connection/")
    };
    mentions(tree, r"\breqwest::", elsewhere, "the HTTP client")
}

/// Only the store knows which databases there are.
pub fn databases(tree: &Tree) -> Vec<Finding> {
    let elsewhere = |path: &str| !path.starts_with(STORE);
    let drivers = r"\b(?:rusqlite|tokio_postgres|deadpool_postgres)::";
    mentions(tree, drivers, elsewhere, "a database driver")
}

/// Only the store speaks SQL.
pub fn sql(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.shipped().filter(|(path, _)| !path.starts_with(STORE)) {
        for (line, text) in &source.strings {
            if SQL.is_match(&text.replace('\n', " ")) {
                findings.push(Finding::new(
                    format!("{path}:{line}"),
                    "SQL outside the store",
                ));
            }
        }
    }
    findings
}

/// Only a vendor's own folder knows that vendor. Comments may speak of it anywhere: a rule of the
/// heart says for whose sake it is as it is. The golden list names the exceptions, and it is held to
/// be true both ways.
pub fn vendor_words(tree: &Tree) -> Vec<Finding> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for (vendor, words) in VENDORS {
        let words = pattern(words);
        let own = [
            format!("crates/dialect-{vendor}/"),
            format!("crates/platforms/src/{vendor}"),
            format!("crates/platforms/examples/{vendor}.rs"),
            format!("crates/platforms/examples/drive/{vendor}.rs"),
        ];
        let elsewhere = |path: &str| !own.iter().any(|own| path.starts_with(own.as_str()));
        for (path, source) in tree.shipped().filter(|(path, _)| elsewhere(path)) {
            if let Some(line) = first_line(&source.code, &words) {
                found.entry(format!("{path} {vendor}")).or_insert(line);
            }
        }
        for (path, text) in tree.files(".sql") {
            if let Some(line) = first_line(text, &words) {
                found.entry(format!("{path} {vendor}")).or_insert(line);
            }
        }
    }
    let listed: BTreeSet<String> = tree
        .text(VENDOR_WORDS_LIST)
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .flat_map(|line| {
            let entry = line.split(" -- ").next().unwrap_or_default();
            let (path, vendors) = entry.split_once(' ').unwrap_or((entry, ""));
            let vendors = vendors.split_whitespace();
            vendors
                .map(|vendor| format!("{path} {vendor}"))
                .collect::<Vec<_>>()
        })
        .collect();
    // A star stands for every vendor: the table of dialects names them all, and the next one too.
    let any = |entry: &str| format!("{} *", entry.split(' ').next().unwrap_or_default());
    let unlisted = found
        .iter()
        .filter(|(entry, _)| !listed.contains(*entry) && !listed.contains(&any(entry)))
        .map(|(entry, line)| {
            let (path, vendor) = entry.split_once(' ').unwrap_or((entry, ""));
            Finding::new(
                format!("{path}:{line}"),
                format!("speaks of {vendor}, and is not listed"),
            )
        });
    let occurs = |entry: &String| {
        found.contains_key(entry) || found.keys().any(|occurring| any(occurring) == *entry)
    };
    let stale = listed.iter().filter(|entry| !occurs(entry)).map(|entry| {
        Finding::new(
            VENDOR_WORDS_LIST,
            format!("`{entry}` is listed and does not occur"),
        )
    });
    unlisted.chain(stale).collect()
}

fn mentions(
    tree: &Tree,
    wanted: &str,
    elsewhere: impl Fn(&str) -> bool,
    what: &str,
) -> Vec<Finding> {
    let wanted = pattern(wanted);
    let strays = tree.shipped().filter(|(path, _)| elsewhere(path));
    let found = |source: &Source| first_line(&source.bare, &wanted);
    strays
        .filter_map(|(path, source)| {
            Some(Finding::new(
                format!("{path}:{}", found(source)?),
                format!("speaks of {what}"),
            ))
        })
        .collect()
}

fn first_line(text: &str, wanted: &Regex) -> Option<usize> {
    text.lines()
        .position(|line| wanted.is_match(line))
        .map(|position| position + 1)
}

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, and every test run tries them"
)]
pub fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}
