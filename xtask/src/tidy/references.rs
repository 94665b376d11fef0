//! What comments and documents point at exists: sections of the contracts, files, items of the code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::tidy::Finding;
use crate::tidy::borders::pattern;
use crate::tidy::tree::Tree;

/// Where the contracts stand, one page for each API.
const CONTRACTS: &str = "docs/wire/";

/// `misp.md §4.2, §10`: a page, and the sections cited in it.
static CITATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?:\bRFC \d+ |\b([a-z]+)\.md\s+)?(§§?\s?\d+[a-z]?(?:\.\d+)*(?:\s*(?:,|–|and)\s*§?\s?\d+[a-z]?(?:\.\d+)*\b)*)",
    )
});

static SECTION_NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d+[a-z]?(?:\.\d+)*"));

static HEADING: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^#+ (\d+[a-z]?(?:\.\d+)*)\.?\s"));

static BACKTICKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"`([^`\n]+)`"));

static CODE_PATH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[A-Za-z_][\w-]*(?:::[A-Za-z_*]\w*)+(?:\(\))?$"));

static FILE_PATH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[\w.-]+(?:/[\w.-]+)*(?:\.(?:rs|md|toml|sql|py|graphql|txt)|/)$"));

/// Every cited section of a contract stands in it.
pub fn sections(tree: &Tree) -> Vec<Finding> {
    let pages: BTreeMap<&str, BTreeSet<&str>> = tree
        .files(".md")
        .filter_map(|(path, text)| {
            let page = path.strip_prefix(CONTRACTS)?.strip_suffix(".md")?;
            let numbers = HEADING.captures_iter(text).filter_map(|found| found.get(1));
            Some((page, numbers.map(|number| number.as_str()).collect()))
        })
        .collect();
    let mut findings = Vec::new();
    for (path, source) in tree.sources() {
        for (line, comment) in &source.comments {
            missing_sections(comment, None, &pages, |why| {
                findings.push(Finding::new(format!("{path}:{line}"), why));
            });
        }
    }
    let documents = tree.files(".md").chain(tree.files(".graphql"));
    for (path, text) in documents {
        let own = path
            .strip_prefix(CONTRACTS)
            .and_then(|name| name.strip_suffix(".md"));
        for (line, text) in text.lines().enumerate() {
            missing_sections(text, own, &pages, |why| {
                findings.push(Finding::new(format!("{path}:{}", line + 1), why));
            });
        }
    }
    findings
}

/// Reports every section that `text` cites and that its page lacks. A citation without a page counts
/// only inside a contract, where it means the page itself.
fn missing_sections(
    text: &str,
    own: Option<&str>,
    pages: &BTreeMap<&str, BTreeSet<&str>>,
    mut report: impl FnMut(String),
) {
    for citation in CITATION.captures_iter(text) {
        let whole = &citation[0];
        if whole.starts_with("RFC ") {
            continue;
        }
        let Some(page) = citation.get(1).map(|page| page.as_str()).or(own) else {
            continue;
        };
        let Some(sections) = pages.get(page) else {
            report(format!("cites {page}.md, which is not in {CONTRACTS}"));
            continue;
        };
        for number in SECTION_NUMBER.find_iter(&citation[2]) {
            let number = number.as_str();
            // A section that is only divided further has no heading of its own.
            let divided = format!("{number}.");
            if !sections.contains(number) && !sections.iter().any(|it| it.starts_with(&divided)) {
                report(format!("{page}.md has no section {number}"));
            }
        }
    }
}

/// Every file, folder and `module::item` that the architecture's pages name exists.
pub fn code_paths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let pages = tree
        .files(".md")
        .filter(|(path, _)| *path == "ARCHITECTURE.md" || path.starts_with("docs/architecture/"));
    for (path, text) in pages {
        for (line, text) in text.lines().enumerate() {
            for token in BACKTICKS.captures_iter(text).filter_map(|it| it.get(1)) {
                let token = token.as_str();
                let found = if CODE_PATH.is_match(token) {
                    item_exists(tree, token.trim_end_matches("()"))
                } else if FILE_PATH.is_match(token) {
                    file_exists(tree, token)
                } else {
                    true
                };
                if !found {
                    findings.push(Finding::new(
                        format!("{path}:{}", line + 1),
                        format!("`{token}` is not in the tree"),
                    ));
                }
            }
        }
    }
    findings
}

fn file_exists(tree: &Tree, name: &str) -> bool {
    let inside = format!("/{name}");
    tree.paths().any(|path| {
        let path = format!("/{path}");
        match name.strip_suffix('/') {
            Some(_) => path.contains(&inside),
            None => path.ends_with(&inside),
        }
    })
}

/// Whether `item` of `owner::item` is defined in a module, a crate or a type of the owner's name.
fn item_exists(tree: &Tree, token: &str) -> bool {
    let parts: Vec<&str> = token.split("::").collect();
    let [.., owner, item] = parts.as_slice() else {
        return false;
    };
    let is_type = owner.starts_with(char::is_uppercase);
    let stem = item.trim_end_matches('*');
    let end = if item.ends_with('*') { "" } else { r"\b" };
    let definition = pattern(&format!(
        r"\b(?:fn|struct|enum|trait|type|const|static|mod|macro_rules!)\s+{stem}{end}|(?m:^\s+(?:pub )?{stem}{end}\s*[,:({{])"
    ));
    let owner_name = pattern(&format!(r"\b{owner}\b"));
    tree.sources().any(|(path, source)| {
        let belongs = if is_type {
            owner_name.is_match(&source.bare)
        } else {
            let folder = owner.replace('_', "-");
            path.ends_with(&format!("/{owner}.rs"))
                || path.contains(&format!("/{owner}/"))
                || path.contains(&format!("/{folder}/"))
        };
        belongs
            && (definition.is_match(&source.bare)
                || file_exists(tree, &format!("{owner}/{item}.rs")))
    })
}
