//! A use-case is compiled once, in the core. The code of a generic function is made in each crate that calls it, and
//! with it the body of every future that it boxes and all that this one awaits.

use std::sync::LazyLock;

use regex::Regex;

use crate::tidy::Finding;
use crate::tidy::borders::pattern;
use crate::tidy::tree::Tree;

/// The head of a public function that returns a boxed future: its indentation, name, generics and parameters.
static HEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^( *)pub fn (\w+)(<[^(]*>)?\(([^{;]*?)\)\s*->\s*(?:Pending|Answering|CompilingFilter)<",
    )
});

/// A type parameter; a lifetime makes no code of its own.
static TYPE_PARAMETER: LazyLock<Regex> = LazyLock::new(|| pattern(r"[<,]\s*(?:const )?[A-Z]"));

/// Functions whose answer is of the caller's type, so that they cannot hand all on to one that is not generic.
const OF_THE_CALLERS_TYPE: [&str; 1] = ["compile_filter"];

/// Public generic functions of the core box no future themselves: they hand on to a function that is not generic.
pub fn compiled_once(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let core = tree
        .shipped()
        .filter(|(path, _)| path.starts_with("crates/directory/src/"));
    for (path, source) in core {
        for head in HEAD.captures_iter(&source.bare) {
            let part = |at| head.get(at).map_or("", |found| found.as_str());
            let generic = TYPE_PARAMETER.is_match(part(3)) || part(4).contains("impl ");
            if !generic || OF_THE_CALLERS_TYPE.contains(&part(2)) {
                continue;
            }
            let (start, end) = head.get(0).map_or((0, 0), |all| (all.start(), all.end()));
            let close = format!("\n{}}}", part(1));
            let body = source.bare[end..].split(&close).next().unwrap_or("");
            let own = body.split("fn inner").next().unwrap_or("");
            if own.contains("Box::pin(") {
                let line = 1 + source.bare[..start].matches('\n').count();
                findings.push(Finding::new(
                    format!("{path}:{line}"),
                    format!(
                        "the generic function {} boxes a future; let it hand on to a function `inner` without type parameters",
                        part(2)
                    ),
                ));
            }
        }
    }
    findings
}
