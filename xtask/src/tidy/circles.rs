//! Import circles: modules of one crate that cannot be read one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::tidy::Finding;
use crate::tidy::borders::pattern;
use crate::tidy::tree::Tree;

const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// The heading in ARCHITECTURE.md below which each line `` - `a`, `b`: why `` allows one circle.
const HEADING: &str = "## Import circles";

static USE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^(\s*)(?:pub(?:\([^)]*\))? )?use ((?:crate|super|self)::[^;]*);")
});

static INLINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:crate|super)(?:::\w+)+"));

static NAMES: LazyLock<Regex> = LazyLock::new(|| pattern(r"`([\w/-]+)`"));

/// Modules of a crate by name (`operations/users`), with those that each imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// No modules import each other in a circle, except those that ARCHITECTURE.md lists with a reason.
pub fn none(tree: &Tree) -> Vec<Finding> {
    let mut found = BTreeSet::new();
    for name in crates(tree) {
        for circle in circles(&imports(tree, &name)) {
            found.insert(
                circle
                    .into_iter()
                    .map(|module| format!("{name}/{module}"))
                    .collect::<BTreeSet<_>>(),
            );
        }
    }
    let allowed = allowed(tree.text(ARCHITECTURE));
    let unlisted = found.difference(&allowed).map(|circle| {
        let names: Vec<_> = circle.iter().map(String::as_str).collect();
        Finding::new(
            format!("crates/{}", names.first().unwrap_or(&"")),
            format!("imports in a circle: {}", names.join(", ")),
        )
    });
    let stale = allowed.difference(&found).map(|circle| {
        let names: Vec<_> = circle.iter().map(String::as_str).collect();
        Finding::new(
            ARCHITECTURE,
            format!("lists a circle that is not there: {}", names.join(", ")),
        )
    });
    unlisted.chain(stale).collect()
}

/// The circles that a page allows.
fn allowed(page: &str) -> BTreeSet<BTreeSet<String>> {
    let section = page.split(HEADING).nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let entries = section.lines().filter_map(|line| line.strip_prefix("- "));
    entries
        .map(|entry| {
            let names = entry.split(':').next().unwrap_or_default();
            NAMES
                .captures_iter(names)
                .map(|name| name[1].to_owned())
                .collect()
        })
        .collect()
}

fn crates(tree: &Tree) -> BTreeSet<String> {
    tree.shipped()
        .filter_map(|(path, _)| {
            Some(
                path.strip_prefix("crates/")?
                    .split_once("/src/")?
                    .0
                    .to_owned(),
            )
        })
        .collect()
}

/// What each module of a crate imports of the same crate.
fn imports(tree: &Tree, name: &str) -> Imports {
    let top = format!("crates/{name}/src/");
    let files: BTreeMap<String, &str> = tree
        .shipped()
        .filter_map(|(path, source)| {
            let inside = path.strip_prefix(&top)?.strip_suffix(".rs")?;
            let module = inside.strip_suffix("/mod").unwrap_or(inside);
            Some((module.to_owned(), source.bare.as_str()))
        })
        .collect();
    let mut imports = Imports::new();
    for (module, text) in &files {
        // Tests below a module may import what they like.
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
        let mut paths = Vec::new();
        for found in USE.captures_iter(text) {
            // An import inside a block names its path from the block's module, which is this one.
            expand("", &found[2], &mut paths);
        }
        let rest = USE.replace_all(text, "");
        paths.extend(
            INLINE
                .find_iter(&rest)
                .map(|found| found.as_str().to_owned()),
        );
        let targets = paths
            .iter()
            .filter_map(|path| resolve(module, path, &files))
            // What stands in the crate's own file is above all its modules only in the file system.
            .filter(|target| target != module && !matches!(target.as_str(), "lib" | "main"))
            .collect();
        imports.insert(module.clone(), targets);
    }
    imports
}

/// Writes `a::{b, c::{d}}` out as paths.
fn expand(prefix: &str, tree: &str, into: &mut Vec<String>) {
    let mut depth = 0;
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, letter) in tree.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[start..]);
    for part in parts.into_iter().map(str::trim).filter(|it| !it.is_empty()) {
        let name = part.split(" as ").next().unwrap_or(part);
        match part.split_once('{') {
            Some((path, inside)) => {
                let inside = inside.strip_suffix('}').unwrap_or(inside);
                expand(&format!("{prefix}{}", path.trim()), inside, into);
            }
            None => into.push(format!("{prefix}{}", name.trim())),
        }
    }
}

/// The module that a path written in `module` leads to.
fn resolve(module: &str, path: &str, files: &BTreeMap<String, &str>) -> Option<String> {
    let mut parts = path.split("::").collect::<Vec<_>>();
    let mut base: Vec<&str> = Vec::new();
    match *parts.first()? {
        "crate" => {
            parts.remove(0);
        }
        "self" => {
            base = module.split('/').collect();
            parts.remove(0);
        }
        _ => {
            base = module.split('/').collect();
            while parts.first() == Some(&"super") {
                base.pop();
                parts.remove(0);
            }
        }
    }
    base.extend(parts);
    (1..=base.len())
        .rev()
        .map(|length| base[..length].join("/"))
        .find(|name| files.contains_key(name))
}

/// Every set of modules that reach each other.
fn circles(imports: &Imports) -> Vec<Vec<String>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> = imports
        .keys()
        .map(|start| {
            let mut reached = BTreeSet::new();
            let mut open = vec![start.as_str()];
            while let Some(module) = open.pop() {
                for next in imports.get(module).into_iter().flatten() {
                    if reached.insert(next.as_str()) {
                        open.push(next);
                    }
                }
            }
            (start.as_str(), reached)
        })
        .collect();
    let mut found = Vec::new();
    let mut done: BTreeSet<String> = BTreeSet::new();
    for (module, reached) in &reach {
        if done.contains(*module) || !reached.contains(module) {
            continue;
        }
        let circle: Vec<String> = reached
            .iter()
            .filter(|other| reach.get(*other).is_some_and(|back| back.contains(module)))
            .map(|other| (*other).to_owned())
            .collect();
        done.extend(circle.iter().cloned());
        found.push(circle);
    }
    found
}
