//! The commands that have no noun.

use super::users;
use super::{Call, Names, Noun, Task, To, VERB, Verb, argument, option};

const IMPORTED: Names =
    Names::Words(&["users", "organisations", "groups", "memberships", "grants"]);
const EXPORTED: Names = Names::Words(&[
    "users",
    "organisations",
    "groups",
    "memberships",
    "grants",
    "keys",
    "events",
]);
const FORMATS: Names = Names::Words(&["csv", "ndjson"]);
const DETACH: super::Opt = option(
    "detach",
    "",
    To::Command,
    "Print the job's id and end; the server goes on",
);
const FORMAT: super::Opt = option(
    "format",
    "FORMAT",
    To::Command,
    "csv or ndjson [default: by the file's name, else csv]",
)
.of(FORMATS);

/// The commands that have no noun.
pub const ALONE: Noun = Noun {
    name: "",
    aliases: &[],
    about: "",
    columns: users::USER_COLUMNS,
    shown: &[],
    verbs: &[
        Verb {
            name: "me",
            about: "Show whose credential is in use, and what it may do",
            call: Call::Show(&["/me"]),
            example: "usher me",
            ..VERB
        },
        Verb {
            name: "import",
            about: "Make or change many things from a file",
            more: "Waits for the job and prints its counts. Failed lines go to standard error as FILE:LINE: reason.",
            arguments: &[
                argument("what", IMPORTED, "What the file holds"),
                argument("file", Names::File, "The file; - for standard input"),
            ],
            options: &[
                FORMAT,
                option(
                    "on-conflict",
                    "WHAT",
                    To::Query("on_conflict"),
                    "What to do with those who are there already [default: fail]",
                )
                .of(Names::Words(&["fail", "skip", "update"])),
                option(
                    "mode",
                    "MODE",
                    To::Query("mode"),
                    "Each for itself, or all or none [default: each]",
                )
                .of(Names::Words(&["each", "all"])),
                option("notify", "", To::Query("notify"), "Mail the new people"),
                option(
                    "report",
                    "FILE",
                    To::Command,
                    "Write what became of each line into this file, as JSON lines",
                )
                .of(Names::File),
                DETACH,
            ],
            call: Call::Task(Task::Import),
            columns: Some(&["created", "updated", "unchanged", "skipped", "failed"]),
            example: "usher import users people.csv --on-conflict update --report report.jsonl",
            ..VERB
        },
        Verb {
            name: "export",
            about: "Write many things into a file",
            arguments: &[argument("what", EXPORTED, "What to export")],
            options: &[
                FORMAT,
                option("filter", "FILTER", To::Command, "Only these"),
                option(
                    "sort",
                    "MEMBER",
                    To::Command,
                    "In this order; -MEMBER turns it round",
                ),
                option(
                    "to",
                    "FILE",
                    To::Command,
                    "Write into this file [default: standard output]",
                )
                .of(Names::File),
                DETACH,
            ],
            call: Call::Task(Task::Export),
            example: "usher export users --filter 'standing eq active' --to users.csv",
            ..VERB
        },
        Verb {
            name: "explain",
            about: "Say what a problem's code means and what to do about it",
            arguments: &[argument("code", Names::Codes, "The code [default: list all]").maybe()],
            call: Call::Task(Task::Explain),
            columns: Some(&["code", "status", "exit", "title"]),
            id: "code",
            example: "usher explain outranks-you",
            ..VERB
        },
        Verb {
            name: "completions",
            about: "Print the script that makes a shell complete this command",
            arguments: &[argument(
                "shell",
                Names::Words(&["bash", "zsh", "fish", "powershell", "elvish"]),
                "The shell",
            )],
            call: Call::Task(Task::PrintCompletions),
            example: "source <(usher completions bash)",
            ..VERB
        },
        Verb {
            name: "man",
            about: "Print the manual page, or write one for each command",
            options: &[option(
                "dir",
                "DIR",
                To::Command,
                "Write usher.1 and a page for each command into this folder",
            )
            .of(Names::Folder)],
            call: Call::Task(Task::PrintManual),
            example: "usher man --dir ~/.local/share/man/man1",
            ..VERB
        },
    ],
};
