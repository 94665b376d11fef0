//! `usher event`, `usher setting`, `usher job`, `usher mail`, `usher profile`

use super::{
    Argument, Body, Call, JOBS, Method, Names, Noun, Task, To, VERB, Verb, argument, option,
};

/// `usher event`
pub const EVENT: Noun = Noun {
    name: "event",
    aliases: &["events"],
    about: "The audit trail: what happened",
    columns: &[
        "number",
        "at",
        "verb",
        "actor_name",
        "entity",
        "entity_name",
        "address",
    ],
    shown: &[
        "number",
        "at",
        "verb",
        "actor",
        "actor_name",
        "platform",
        "key",
        "session",
        "entity",
        "entity_number",
        "entity_name",
        "organisation",
        "detail",
        "address",
        "request_id",
        "cursor",
    ],
    verbs: &[
        Verb {
            name: "list",
            about: "List events",
            call: Call::List(&["/events"]),
            id: "number",
            example: "usher event list --filter 'at gt -7d' --sort -number",
            ..VERB
        },
        Verb {
            name: "follow",
            about: "Show events as they happen, each exactly once",
            more: "Goes on until interrupted, over broken connections, too. With -o jsonl every line has a cursor, \
                   and --cursor goes on after it.",
            options: &[
                option(
                    "cursor",
                    "CURSOR",
                    To::Command,
                    "Go on after this cursor [default: from now]",
                ),
                option("filter", "FILTER", To::Query("filter"), "Only these events"),
            ],
            call: Call::Task(Task::FollowEvents),
            id: "number",
            example: "usher event follow --filter 'verb sw \"user.\"' -o jsonl",
            ..VERB
        },
    ],
};

const SETTING_NAME: Argument = argument(
    "name",
    Names::Settings,
    "A settings document, such as lockout",
);

/// `usher setting`
pub const SETTING: Noun = Noun {
    name: "setting",
    aliases: &["settings"],
    about: "Settings that change while the server runs",
    columns: &["setting", "member", "value"],
    shown: &["setting", "member", "value"],
    verbs: &[
        Verb {
            name: "list",
            about: "Show all settings",
            call: Call::Task(Task::ListSettings),
            id: "setting",
            example: "usher setting list",
            ..VERB
        },
        Verb {
            name: "show",
            about: "Show one settings document",
            arguments: &[SETTING_NAME],
            call: Call::Show(&["/settings/{name}"]),
            columns: Some(&[]),
            example: "usher setting show lockout",
            ..VERB
        },
        Verb {
            name: "set",
            about: "Change members of a settings document",
            more: "A password is given as password=@FILE or password=@-.",
            arguments: &[SETTING_NAME],
            call: Call::Change(Method::Patch, &["/settings/{name}"], Body::Members(&[])),
            columns: Some(&[]),
            done: "changed",
            example: "usher setting set lockout threshold=10",
            ..VERB
        },
    ],
};

const JOB_WHICH: Argument = argument("job", JOBS, "A job: number or id");
/// Where a result is written.
const TO: super::Opt = option(
    "to",
    "FILE",
    To::Command,
    "Write it into this file [default: standard output]",
)
.of(Names::File);

/// `usher job`
pub const JOB: Noun = Noun {
    name: "job",
    aliases: &["jobs"],
    about: "Imports, exports and other long work",
    columns: &["number", "kind", "what", "state", "done", "failed"],
    shown: &[
        "id",
        "number",
        "kind",
        "what",
        "action",
        "state",
        "dry_run",
        "mode",
        "owner",
        "total",
        "done",
        "created",
        "updated",
        "unchanged",
        "skipped",
        "failed",
        "problem",
        "undoes",
        "result_bytes",
        "created_at",
        "started_at",
        "ended_at",
        "expires_at",
    ],
    verbs: &[
        Verb {
            name: "list",
            about: "List jobs",
            call: Call::List(&["/jobs"]),
            example: "usher job list --limit 5",
            ..VERB
        },
        Verb {
            name: "show",
            about: "Show how far a job is",
            arguments: &[JOB_WHICH],
            call: Call::Show(&["/jobs/{job}"]),
            example: "usher job show 7",
            ..VERB
        },
        Verb {
            name: "wait",
            about: "Wait until a job has ended",
            more: "Ends with 0 if all of it was done, with 6 if some items failed, with 1 if the job failed.",
            arguments: &[JOB_WHICH],
            call: Call::Task(Task::WaitForJob),
            example: "usher job wait 7",
            ..VERB
        },
        Verb {
            name: "report",
            about: "Show what became of each item",
            arguments: &[JOB_WHICH],
            options: &[option(
                "outcome",
                "OUTCOME",
                To::Query("outcome"),
                "Only items that came out so",
            )
            .of(Names::Words(&[
                "created",
                "updated",
                "unchanged",
                "skipped",
                "failed",
            ]))],
            call: Call::Task(Task::ShowReport),
            columns: Some(&["line", "reference", "outcome", "number", "problem"]),
            id: "number",
            example: "usher job report 7 --outcome failed",
            ..VERB
        },
        Verb {
            name: "result",
            about: "Fetch what an export made",
            arguments: &[JOB_WHICH],
            options: &[TO],
            call: Call::Task(Task::ShowResult),
            example: "usher job result 7 --to users.csv",
            ..VERB
        },
        Verb {
            name: "cancel",
            about: "Stop jobs",
            arguments: &[JOB_WHICH.several()],
            call: Call::Change(Method::Post, &["/jobs/{job}/cancel"], Body::Plain),
            done: "cancelled",
            example: "usher job cancel 7",
            ..VERB
        },
    ],
};

/// `usher mail`
pub const MAIL: Noun = Noun {
    name: "mail",
    aliases: &["mails"],
    about: "What became of mails",
    columns: &[
        "number",
        "template",
        "user",
        "state",
        "attempts",
        "created_at",
    ],
    shown: &[
        "id",
        "number",
        "template",
        "user",
        "state",
        "attempts",
        "next_at",
        "last_error",
        "created_at",
        "ended_at",
    ],
    verbs: &[Verb {
        name: "list",
        about: "List mails, newest first; never what they say",
        call: Call::List(&["/mails"]),
        example: "usher mail list --limit 20",
        ..VERB
    }],
};

const PROFILE_NAME: Argument = argument("name", Names::Profiles, "The profile's name");

/// `usher profile`
pub const PROFILE: Noun = Noun {
    name: "profile",
    aliases: &["profiles"],
    about: "Servers this command line knows",
    columns: &["name", "current", "url", "token_file"],
    shown: &["name", "current", "url", "token_file"],
    verbs: &[
        Verb {
            name: "list",
            about: "List profiles",
            call: Call::Task(Task::ListProfiles),
            id: "name",
            example: "usher profile list",
            ..VERB
        },
        Verb {
            name: "set",
            about: "Make or change a profile",
            more: "--token @FILE names the file that holds the token; @- keeps what comes on standard input in a file \
                   of its own that only you may read. The first profile is used from then on.",
            arguments: &[PROFILE_NAME],
            options: &[option(
                "token",
                "SECRET",
                To::Command,
                "The token: @FILE, @- for standard input; alone, it is asked for",
            )],
            call: Call::Task(Task::SetProfile),
            id: "name",
            example: "usher profile set prod --url https://usher.example.org --token @token.txt",
            ..VERB
        },
        Verb {
            name: "use",
            about: "Use a profile from now on",
            arguments: &[PROFILE_NAME],
            call: Call::Task(Task::UseProfile),
            id: "name",
            example: "usher profile use prod",
            ..VERB
        },
        Verb {
            name: "delete",
            about: "Forget a profile",
            arguments: &[PROFILE_NAME],
            call: Call::Task(Task::DeleteProfile),
            id: "name",
            example: "usher profile delete prod",
            ..VERB
        },
    ],
};
