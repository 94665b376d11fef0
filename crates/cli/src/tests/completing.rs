//! What a shell is offered.

use std::ffi::OsString;

use super::{tree, usher};
use crate::failure::Exit;

/// The candidates for the last word.
fn offered(line: &str) -> Vec<String> {
    let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    let last = words.len() - 1;
    let mut tree = tree();
    let found = clap_complete::engine::complete(&mut tree, words, last, None).unwrap();
    let values = found.iter().filter(|candidate| !candidate.is_hide_set());
    values
        .map(|candidate| candidate.get_value().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn nouns_verbs_flags_and_words_are_completed() {
    for (line, wanted) in [
        ("usher us", vec!["user"]),
        ("usher s", vec!["session", "setting", "serve"]),
        ("usher user d", vec!["delete", "disable"]),
        ("usher role show --out", vec!["--output"]),
        ("usher user list --fil", vec!["--filter"]),
        ("usher user create --giv", vec!["--given-name"]),
        ("usher user disable --rev", vec!["--revoke-keys"]),
        ("usher user list -o j", vec!["json", "jsonl"]),
        ("usher user create --kind p", vec!["person"]),
        ("usher import u", vec!["users"]),
        ("usher import users --on-conflict s", vec!["skip"]),
        ("usher completions z", vec!["zsh"]),
        ("usher explain last", vec!["last-owner"]),
        ("usher job report 7 --outcome f", vec!["failed"]),
    ] {
        let mut found = offered(line);
        let mut wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{line}");
    }
}

#[test]
fn a_script_for_each_shell_asks_the_command_itself() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let outcome = usher("completions").and(shell).run();
        assert_eq!(outcome.exit, Exit::Done, "{shell}");
        assert!(
            outcome.out.contains("_USHER_COMPLETE"),
            "{shell}: {}",
            outcome.out
        );
        assert!(outcome.out.contains("usher"), "{shell}");
    }
    assert_eq!(usher("completions tcsh").run().exit, Exit::NotUnderstood);
}
