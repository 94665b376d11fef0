//! The help, the manual, the reference, and that the table of commands holds together.

use std::collections::BTreeSet;

use super::{Folder, tree, usher};
use crate::catalogue::{ALONE, Body, Call, NOUNS, Noun, Verb};
use crate::codes::CODES;
use crate::failure::Exit;

fn verbs() -> impl Iterator<Item = (&'static Noun, &'static Verb)> {
    let nouns = NOUNS.iter().copied().chain([ALONE]);
    nouns.flat_map(|noun| noun.verbs.iter().map(move |verb| (noun, verb)))
}

fn help(words: &[&str]) -> String {
    let error = tree().try_get_matches_from(words).unwrap_err();
    assert_eq!(error.exit_code(), 0, "{words:?}: {error}");
    error.to_string()
}

#[test]
fn the_parser_is_sound() {
    tree().debug_assert();
}

#[test]
fn the_first_page_fits_a_screen_and_names_every_command() {
    let page = help(&["usher", "--help"]);
    let lines: Vec<&str> = page.trim_end().lines().collect();
    assert!(lines.len() <= 24, "{} lines:\n{page}", lines.len());
    for line in &lines {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let words: BTreeSet<&str> = page.split_whitespace().collect();
    for command in tree().get_subcommands() {
        assert!(
            words.contains(command.get_name()),
            "{}:\n{page}",
            command.get_name()
        );
    }
}

#[test]
fn every_command_shows_an_example_that_parses() {
    for (noun, verb) in verbs() {
        let path: Vec<&str> = ["usher", noun.name, verb.name]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect();
        let page = help(&[path.as_slice(), &["--help"]].concat());
        assert!(
            page.contains(&format!("Example: {}", verb.example)),
            "{path:?}:\n{page}"
        );
        // Only the commands themselves are read: what a shell does around them is its own.
        for command in verb
            .example
            .trim_start_matches("source <(")
            .trim_end_matches(')')
            .split(" | ")
        {
            let words = words_of(command);
            if let Err(error) = tree().try_get_matches_from(&words) {
                panic!("{command}: {error}");
            }
        }
        let own = verb.example.contains(&path.join(" "));
        assert!(own, "{path:?} is not in its own example: {}", verb.example);
    }
}

/// Words as a shell parts them, quotation marks taken off.
fn words_of(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (_, letter) => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn the_table_of_commands_holds_together() {
    for (noun, verb) in verbs() {
        let name = format!("{} {}", noun.name, verb.name);
        assert!(!verb.about.is_empty() && !verb.example.is_empty(), "{name}");
        let paths: &[&str] = match verb.call {
            Call::List(paths) | Call::Show(paths) | Call::Change(_, paths, _) => paths,
            Call::Task(_) => &[],
        };
        for path in paths {
            for variable in path.split('/').filter_map(|part| part.strip_prefix('{')) {
                let variable = variable.trim_end_matches('}');
                let argument = verb
                    .arguments
                    .iter()
                    .find(|argument| argument.name == variable);
                let argument =
                    argument.unwrap_or_else(|| panic!("{name}: {{{variable}}} is no argument"));
                assert!(
                    argument.body.is_none(),
                    "{name}: {variable} is in the path and in the body"
                );
            }
        }
        for column in noun.columns.iter().filter(|_| !noun.shown.is_empty()) {
            assert!(noun.shown.contains(column), "{}: {column}", noun.name);
        }
        if let Call::Change(_, _, Body::Members(members)) = verb.call {
            let names: BTreeSet<&str> = members.iter().map(|member| member.name).collect();
            assert_eq!(names.len(), members.len(), "{name} has a member twice");
        }
        let done =
            verb.changes() && !matches!(verb.call, Call::Task(crate::catalogue::Task::Import));
        assert_eq!(
            done,
            !verb.done.is_empty() && verb.changes(),
            "{name} says what it has done"
        );
    }
}

#[test]
fn codes_explain_themselves() {
    for code in CODES {
        let outcome = usher("explain").and(code.code).run();
        assert_eq!(outcome.exit, Exit::Done);
        assert!(
            outcome
                .out
                .starts_with(&format!("{}: {}\n", code.code, code.title)),
            "{}",
            outcome.out
        );
        let last = format!("HTTP status {}, exit {}.\n", code.status, code.exit.code());
        assert!(outcome.out.ends_with(&last), "{}", outcome.out);
    }
    let by_type = usher("explain urn:usher:problem:taken").run();
    assert!(by_type.out.starts_with("taken: "), "{}", by_type.out);
    let unknown = usher("explain nonsense").run();
    assert_eq!(unknown.exit, Exit::NotFound);
    let all = usher("explain -o id").run();
    assert_eq!(all.out.lines().count(), CODES.len());
    let names: BTreeSet<&str> = CODES.iter().map(|code| code.code).collect();
    assert_eq!(names.len(), CODES.len());
}

#[test]
fn a_page_for_each_command() {
    let folder = Folder::new();
    let whole = usher("man").run();
    assert_eq!(whole.exit, Exit::Done, "{}", whole.err);
    for wanted in [
        ".TH usher 1",
        ".SH \"EXIT STATUS\"",
        "USHER_TOKEN",
        "profiles.toml",
        "\\fBsession\\fR",
    ] {
        let bare = wanted.replace('"', "");
        assert!(
            whole.out.contains(wanted) || whole.out.contains(&bare),
            "{wanted}:\n{}",
            whole.out
        );
    }
    let written = usher("man --dir").and(&folder.file("man1")).run();
    assert_eq!(written.exit, Exit::Done, "{}", written.err);
    for page in [
        "usher.1",
        "usher-user.1",
        "usher-user-list.1",
        "usher-serve.1",
        "usher-explain.1",
    ] {
        let text = std::fs::read_to_string(folder.file("man1") + "/" + page).unwrap();
        assert!(text.contains(".SH"), "{page}");
    }
    let list = std::fs::read_to_string(folder.file("man1/usher-user-list.1")).unwrap();
    assert!(list.contains("Example: usher user list"), "{list}");
    let pages = std::fs::read_dir(folder.file("man1")).unwrap().count();
    assert_eq!(pages, 1 + NOUNS.len() + verbs().count() + 8);
}

#[test]
fn the_reference_stands_in_the_documentation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
    let text = std::fs::read_to_string(path).unwrap();
    let begin = "<!-- reference: made from the table of commands -->\n";
    let (before, after) = text
        .split_once(begin)
        .expect("docs/cli.md has a place for the reference");
    let (_, rest) = after.split_once("<!-- end of the reference -->\n").unwrap();
    let wanted = format!(
        "{before}{begin}\n{}<!-- end of the reference -->\n{rest}",
        crate::reference()
    );
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        std::fs::write(path, &wanted).unwrap();
    } else {
        assert_eq!(text, wanted, "INSTA_UPDATE=always writes it anew");
    }
}
