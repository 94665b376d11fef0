//! What completes a value: words of the table, and names that the server knows, where it answers at once.

use std::ffi::OsStr;
use std::time::Duration;

use clap_complete::CompletionCandidate;
use serde_json::Value;

use crate::catalogue::Names;
use crate::codes::CODES;
use crate::connection::{Connection, Request};
use crate::environment::Environment;
use crate::output::cell;
use crate::profiles::{self, Profiles};

/// The variable by which a shell asks for completions.
pub const COMPLETE: &str = "_USHER_COMPLETE";
/// What only bash's script sets.
const BASH: &str = "_CLAP_COMPLETE_COMP_TYPE";
/// How long a person waits for a completion.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many names are asked for.
const MOST: &str = "100";

/// Words that stand in the table.
pub fn words(words: &'static [&'static str]) -> Vec<CompletionCandidate> {
    words
        .iter()
        .copied()
        .map(CompletionCandidate::new)
        .collect()
}

/// Names that begin with the text. On any error nothing is completed: a person is in the middle of a line.
pub fn names(names: Names, current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else {
        return Vec::new();
    };
    let mut environment = Environment::of_process();
    environment.stderr.quiet = true;
    let found = match names {
        Names::None | Names::File | Names::Folder => Vec::new(),
        Names::Words(words) => words.iter().map(|word| named(word, "")).collect(),
        Names::Codes => CODES
            .iter()
            .map(|code| named(code.code, code.title))
            .collect(),
        Names::Profiles => Profiles::read(&environment)
            .map(|profiles| profiles.names().map(|name| named(name, "")).collect())
            .unwrap_or_default(),
        Names::Roles => {
            let rows = ask(
                &mut environment,
                Request::get("/roles").with("limit", "1000"),
            );
            let role = |row: &Value| {
                named(
                    &format!("{}:{}", cell(row, "platform"), cell(row, "word")),
                    &cell(row, "name"),
                )
            };
            rows.iter().map(role).collect()
        }
        Names::Settings => {
            let rows = ask(&mut environment, Request::get("/settings"));
            let names = rows
                .iter()
                .filter_map(Value::as_object)
                .flat_map(|all| all.keys());
            names.map(|name| named(name, "")).collect()
        }
        Names::Server { path, member, help } => {
            let mut request = Request::get(path);
            if path != "/permissions" && path != "/platforms" {
                request = request.with("limit", MOST);
            }
            if !current.is_empty() && matches!(path, "/users" | "/organisations" | "/groups") {
                request = request.with("q", current);
            }
            let rows = ask(&mut environment, request);
            rows.iter()
                .map(|row| named(&cell(row, member), &cell(row, help)))
                .collect()
        }
    };
    let in_bash = environment.variable(BASH).is_some();
    // Bash hands over what was typed as it was typed, and takes words as they are to stand there.
    let typed = if in_bash {
        current.replace('\\', "")
    } else {
        current.to_owned()
    };
    let begins = |(name, _): &(String, String)| begins_with(name, &typed);
    let candidates = found.into_iter().filter(begins).map(|(name, help)| {
        let help = (!help.is_empty()).then(|| help.into());
        let name = if in_bash { escaped(&name) } else { name };
        CompletionCandidate::new(name).help(help)
    });
    candidates.collect()
}

fn named(name: &str, help: &str) -> (String, String) {
    (name.to_owned(), crate::text::one_line(help))
}

/// Whether a name continues what was typed. A name with characters that move the cursor is never offered.
fn begins_with(name: &str, typed: &str) -> bool {
    !name.is_empty()
        && crate::text::printable(name) == name
        && name.to_lowercase().starts_with(&typed.to_lowercase())
}

/// A name as it is written in bash.
fn escaped(name: &str) -> String {
    let plain = |letter: char| {
        letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '@' | ':' | '+' | '/' | ',')
    };
    let mut text = String::with_capacity(name.len());
    for letter in name.chars() {
        if !plain(letter) {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

/// The rows of a list, or the one document there is; nothing if that does not come at once.
fn ask(environment: &mut Environment, request: Request) -> Vec<Value> {
    let Ok(target) = profiles::target(environment, None, None) else {
        return Vec::new();
    };
    let messages = environment.stderr.clone();
    let Ok(connection) = Connection::new(&target, PATIENCE, messages, false) else {
        return Vec::new();
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return Vec::new();
    };
    let answer = runtime.block_on(connection.send(request));
    match answer.ok().and_then(|answer| answer.body) {
        Some(Value::Object(mut body)) => match body.remove("items") {
            Some(Value::Array(items)) => items,
            _ => vec![Value::Object(body)],
        },
        _ => Vec::new(),
    }
}
