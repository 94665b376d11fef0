//! Where the code for a URL is: a word of the file's name stands in the path, or a page says where else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::tidy::Finding;
use crate::tidy::borders::pattern;
use crate::tidy::tree::Tree;

/// The page whose lines `` - `crates/dialect-x/src/file.rs` (why): `/path`, `/other` `` name the routes of other files.
const PAGE: &str = "docs/architecture/routes.md";

/// A row of a table of routes.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?m)^\s*(?:GET|HEAD|POST|PUT|PATCH|DELETE)\s+"([^"]*)"\s+(\w+)::(\w+)\s*(?:=>|$)"#)
});

static PARAMETER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\{[^}]*\}"));

static LISTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"`([^`]+)`"));

/// Every route leads to a function of the file that its path, or the page, names.
pub fn lead_to_files(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut elsewhere: BTreeSet<(String, String)> = BTreeSet::new();
    let listed = listed(tree.text(PAGE));
    let mut rows = 0;
    for (path, source) in tree.shipped() {
        let Some((name, _)) = path
            .strip_prefix("crates/")
            .and_then(|path| path.split_once("/src/"))
            .filter(|(name, _)| name.starts_with("dialect-"))
        else {
            continue;
        };
        for row in ROW.captures_iter(&source.code) {
            rows += 1;
            let (url, file, function) = (&row[1], &row[2], &row[3]);
            let files = [
                format!("crates/{name}/src/{file}.rs"),
                format!("crates/{name}/src/{file}/mod.rs"),
            ];
            let Some(at) = files.iter().find(|file| !tree.text(file).is_empty()) else {
                findings.push(Finding::new(
                    path,
                    format!("{url} leads to no file: {file}"),
                ));
                continue;
            };
            if !defines(tree.text(at), function) {
                findings.push(Finding::new(
                    at.as_str(),
                    format!("has no function `{function}`, to which {url} leads"),
                ));
            }
            if !names(url, file) {
                elsewhere.insert((at.clone(), url.to_owned()));
            }
        }
    }
    if rows == 0 {
        return findings;
    }
    let unlisted = elsewhere.difference(&listed).map(|(file, url)| {
        Finding::new(
            file.as_str(),
            format!("serves {url}, whose words do not name it, and is not listed in {PAGE}"),
        )
    });
    let stale = listed.difference(&elsewhere).map(|(file, url)| {
        Finding::new(
            PAGE,
            format!("lists {url} for {file}, which the rule finds, or which is gone"),
        )
    });
    findings.extend(unlisted.chain(stale));
    findings
}

fn defines(text: &str, function: &str) -> bool {
    let heads = [format!("fn {function}("), format!("fn {function}<")];
    heads.iter().any(|head| text.contains(head.as_str()))
}

/// Whether a word of the file's name stands in the path, without the `s` of a plural.
fn names(url: &str, file: &str) -> bool {
    let plain = PARAMETER.replace_all(url, "").to_lowercase();
    let plain = plain.replace(['-', '_'], "");
    file.split('_')
        .any(|word| plain.contains(word.strip_suffix('s').unwrap_or(word)))
}

fn listed(page: &str) -> BTreeSet<(String, String)> {
    let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("- ")) {
        let mut texts = LISTED.captures_iter(line).map(|text| text[1].to_owned());
        let Some(file) = texts.next().filter(|file| file.ends_with(".rs")) else {
            continue;
        };
        listed.entry(file).or_default().extend(texts);
    }
    listed
        .into_iter()
        .flat_map(|(file, urls)| urls.into_iter().map(move |url| (file.clone(), url)))
        .collect()
}
