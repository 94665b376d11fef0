//! `usher role`, `usher grant`

use super::users::IN_ORGANISATION;
use super::{
    Body, Call, Kind, Member, Method, Names, Noun, To, VERB, Verb, argument, member, option,
};
use super::{ORGANISATIONS, ROLE as WHICH, USER};

const NAME: Member = member("name", Kind::Text, "Name");
const DESCRIPTION: Member = member("description", Kind::Text, "What it is for");
const LINES: Member = member(
    "lines",
    Kind::Json,
    "What it allows: [{\"word\": \"users.read\", \"reach\": \"subtree\"}]",
);

const NEW: &[Member] = &[
    member("word", Kind::Text, "Its word, unique within the platform"),
    member("platform", Kind::Text, "The platform it is a role of").of(Names::Server {
        path: "/platforms",
        member: "word",
        help: "name",
    }),
    DESCRIPTION,
    member(
        "organisation",
        Kind::Reference,
        "The organisation it belongs to",
    )
    .spelled("org")
    .of(ORGANISATIONS),
    LINES,
];
const CHANGED: &[Member] = &[NAME, DESCRIPTION, LINES];

/// `usher role`
pub const ROLE: Noun = Noun {
    name: "role",
    aliases: &["roles"],
    about: "Roles of every platform",
    columns: &["number", "platform", "word", "name"],
    shown: &[
        "id",
        "number",
        "platform",
        "platform_number",
        "word",
        "name",
        "description",
        "organisation",
        "builtin",
        "lines",
        "revision",
        "created_at",
        "updated_at",
    ],
    verbs: &[
        Verb {
            name: "list",
            about: "List roles",
            call: Call::List(&["/roles"]),
            example: "usher role list --filter 'platform eq usher'",
            ..VERB
        },
        Verb {
            name: "show",
            about: "Show a role, and what it allows",
            arguments: &[WHICH],
            call: Call::Show(&["/roles/{role}"]),
            example: "usher role show usher:helpdesk -o yaml",
            ..VERB
        },
        Verb {
            name: "create",
            about: "Make a role",
            arguments: &[argument("name", Names::None, "Its name")
                .maybe()
                .fills("name")],
            call: Call::Change(Method::Post, &["/roles"], Body::Members(NEW)),
            done: "created",
            example: "usher role create Readers --word readers \
                      --lines '[{\"word\": \"users.read\", \"reach\": \"organisation\"}]'",
            ..VERB
        },
        Verb {
            name: "set",
            about: "Change a role",
            arguments: &[WHICH],
            call: Call::Change(Method::Patch, &["/roles/{role}"], Body::Members(CHANGED)),
            done: "changed",
            example: "usher role set usher:readers description='May look'",
            ..VERB
        },
        Verb {
            name: "delete",
            about: "Delete roles that have no holders",
            arguments: &[WHICH.several()],
            options: &[option(
                "take-away",
                "",
                To::Query("take_away"),
                "Also take it from those who hold it",
            )],
            call: Call::Change(Method::Delete, &["/roles/{role}"], Body::Plain),
            harmful: true,
            done: "deleted",
            example: "usher role delete usher:readers --take-away",
            ..VERB
        },
    ],
};

/// `usher grant`
pub const GRANT: Noun = Noun {
    name: "grant",
    aliases: &["grants"],
    about: "Who holds which role, where, until when, and why",
    columns: &[
        "number",
        "user",
        "role",
        "organisation",
        "path",
        "expires_at",
    ],
    shown: &[
        "number",
        "user",
        "role",
        "organisation",
        "expires_at",
        "path",
    ],
    verbs: &[
        Verb {
            name: "list",
            about: "List the roles that a person holds, or everybody, with every path",
            arguments: &[USER.maybe()],
            call: Call::List(&["/users/{user}/grants", "/grants"]),
            id: "number",
            example: "usher grant list ada@example.org",
            ..VERB
        },
        Verb {
            name: "create",
            about: "Grant a role to a person",
            arguments: &[USER, WHICH.fills("role")],
            options: &[
                IN_ORGANISATION,
                option(
                    "expires",
                    "TIME",
                    To::Body("expires_at"),
                    "Until when: 2031-12-31T12:00:00Z, or a day",
                ),
            ],
            call: Call::Change(Method::Post, &["/users/{user}/grants"], Body::Plain),
            id: "number",
            done: "granted",
            example: "usher grant create ada@example.org usher:helpdesk --org 'Harbour Labs'",
            ..VERB
        },
        Verb {
            name: "delete",
            about: "Take back what was granted directly",
            arguments: &[
                USER,
                argument("grant", Names::None, "A grant's number").several(),
            ],
            call: Call::Change(
                Method::Delete,
                &["/users/{user}/grants/{grant}"],
                Body::Plain,
            ),
            harmful: true,
            done: "taken back",
            example: "usher grant delete ada@example.org 41",
            ..VERB
        },
    ],
};
