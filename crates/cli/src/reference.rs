//! The reference of `docs/cli.md`, from the catalogue.

use crate::catalogue::{ALONE, Call, Count, NOUNS, Noun, Verb};
use crate::codes::CODES;

/// Every command in a table for each noun: how it is written, and the request it stands for.
pub fn reference() -> String {
    let mut text = String::new();
    for noun in NOUNS.iter().copied().chain([ALONE]) {
        let title = if noun.name.is_empty() {
            "Commands without a noun".to_owned()
        } else {
            format!("`usher {}`: {}", noun.name, noun.about)
        };
        text.push_str(&format!(
            "### {title}\n\n| command | does | request |\n|---|---|---|\n"
        ));
        for verb in noun.verbs {
            text.push_str(&format!(
                "| `{}` | {} | {} |\n",
                written(noun, verb).replace('|', "\\|"),
                verb.about,
                request(verb)
            ));
        }
        if !noun.columns.is_empty() && !noun.name.is_empty() {
            text.push_str(&format!(
                "\nColumns of a table: `{}`.\n",
                noun.columns.join(" ")
            ));
        }
        text.push('\n');
    }
    text.push_str("### Codes of problems\n\n| code | status | exit | means |\n|---|---|---|---|\n");
    for code in CODES {
        text.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            code.code,
            code.status,
            code.exit.code(),
            code.title
        ));
    }
    text
}

/// Every request that a command may make, as `GET /users/{user}`.
pub fn requests() -> Vec<String> {
    let mut all = Vec::new();
    for verb in NOUNS.iter().chain([&ALONE]).flat_map(|noun| noun.verbs) {
        let of = |method: &str, paths: &[&str]| -> Vec<String> {
            paths
                .iter()
                .map(|path| format!("{method} {path}"))
                .collect()
        };
        all.extend(match verb.call {
            Call::List(paths) | Call::Show(paths) => of("GET", paths),
            Call::Change(method, paths, _) => of(method.word(), paths),
            Call::Task(task) => task
                .requests()
                .iter()
                .map(|&request| request.to_owned())
                .collect(),
        });
    }
    all.sort();
    all.dedup();
    all
}

/// How a command is written: its arguments and its own flags.
fn written(noun: &Noun, verb: &Verb) -> String {
    let mut words = Vec::new();
    if !noun.name.is_empty() {
        words.push(noun.name.to_owned());
    }
    words.push(verb.name.to_owned());
    for argument in verb.arguments {
        let name = argument.name.to_uppercase();
        words.push(match argument.count {
            Count::One => name,
            Count::Maybe => format!("[{name}]"),
            Count::Several => format!("{name}…"),
        });
    }
    if let Call::Change(_, _, crate::catalogue::Body::Members(_)) = verb.call {
        words.push("[MEMBER=VALUE]…".to_owned());
    }
    for option in verb.options {
        words.push(if option.value.is_empty() {
            format!("[--{}]", option.name)
        } else {
            format!("[--{} {}]", option.name, option.value)
        });
    }
    words.join(" ")
}

fn request(verb: &Verb) -> String {
    let of = |method: &str, paths: &[&str]| {
        let paths = paths.iter().map(|path| format!("`{method} {path}`"));
        paths.collect::<Vec<_>>().join(" or ")
    };
    match verb.call {
        Call::List(paths) | Call::Show(paths) => of("GET", paths),
        Call::Change(method, paths, _) => of(method.word(), paths),
        Call::Task(task) => {
            let requests = task.requests();
            let requests = requests.iter().map(|request| format!("`{request}`"));
            requests.collect::<Vec<_>>().join(", ")
        }
    }
}
