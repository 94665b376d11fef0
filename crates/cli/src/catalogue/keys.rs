//! `usher key`, `usher session`

use super::{Body, Call, Kind, Member, Method, Noun, VERB, Verb, argument, member};
use super::{KEYS, ORGANISATIONS, SESSIONS, USER};

/// The proof that a session gives along.
pub const CURRENT_PASSWORD: Member = member(
    "current_password",
    Kind::Secret,
    "Your own password, where the server asks for it: @FILE or @-",
);

const NAME: Member = member("name", Kind::Text, "What it is for");
const EXPIRES: Member = member(
    "expires_at",
    Kind::Text,
    "When it ends: 2031-12-31T12:00:00Z, or a day",
)
.spelled("expires");
const READ_ONLY: Member = member("read_only", Kind::Flag, "Whether it may only read");
const ADDRESSES: Member = member(
    "addresses",
    Kind::Texts,
    "Address or network it may be used from; may be repeated",
)
.spelled("address");
const CONSTRAINTS: Member = member("constraints", Kind::Json, "Paths it is limited to, as JSON");

const NEW: &[Member] = &[
    NAME,
    EXPIRES,
    READ_ONLY,
    ADDRESSES,
    CONSTRAINTS,
    member(
        "organisation",
        Kind::Reference,
        "The organisation it is limited to",
    )
    .spelled("org")
    .of(ORGANISATIONS),
    CURRENT_PASSWORD,
];
const CHANGED: &[Member] = &[
    NAME,
    EXPIRES,
    READ_ONLY,
    ADDRESSES,
    CONSTRAINTS,
    CURRENT_PASSWORD,
];

const WHICH: super::Argument = argument("key", KEYS, "A key: number or id");
const SESSION_WHICH: super::Argument = argument("session", SESSIONS, "A session: number or id");

/// `usher key`
pub const KEY: Noun = Noun {
    name: "key",
    aliases: &["keys"],
    about: "API keys",
    columns: &[
        "number",
        "user",
        "name",
        "active",
        "read_only",
        "expires_at",
        "last_used_at",
    ],
    shown: &[
        "id",
        "number",
        "user",
        "name",
        "hint",
        "origin",
        "platform",
        "active",
        "inactive_because",
        "inactive_since",
        "owner_standing",
        "read_only",
        "addresses",
        "constraints",
        "scopes",
        "organisation",
        "expires_at",
        "revoked_at",
        "revoked_by",
        "created_at",
        "created_by",
        "use_count",
        "last_used_at",
        "last_address",
        "seen_addresses",
        "revision",
    ],
    verbs: &[
        Verb {
            name: "list",
            about: "List keys: those of a person, or all you may see",
            arguments: &[USER.maybe()],
            call: Call::List(&["/users/{user}/keys", "/keys"]),
            example: "usher key list --filter 'expires_at lt +14d'",
            ..VERB
        },
        Verb {
            name: "show",
            about: "Show a key; never its text",
            arguments: &[WHICH],
            call: Call::Show(&["/keys/{key}"]),
            example: "usher key show 12",
            ..VERB
        },
        Verb {
            name: "create",
            about: "Make a key for a person, or for yourself",
            more: "Its text is shown once: alone on the last line of a table, as `secret` in json, yaml and csv.",
            arguments: &[USER.maybe()],
            call: Call::Change(
                Method::Post,
                &["/users/{user}/keys", "/me/keys"],
                Body::Members(NEW),
            ),
            done: "created",
            example: "usher key create backup-runner --name nightly --read-only --address 192.0.2.0/24",
            ..VERB
        },
        Verb {
            name: "set",
            about: "Change a key",
            arguments: &[WHICH],
            call: Call::Change(Method::Patch, &["/keys/{key}"], Body::Members(CHANGED)),
            done: "changed",
            example: "usher key set 12 --expires 2031-12-31",
            ..VERB
        },
        Verb {
            name: "revoke",
            about: "Revoke keys for good",
            arguments: &[WHICH.several()],
            call: Call::Change(Method::Delete, &["/keys/{key}"], Body::Plain),
            harmful: true,
            done: "revoked",
            example: "usher key revoke 12",
            ..VERB
        },
    ],
};

/// `usher session`
pub const SESSION: Noun = Noun {
    name: "session",
    aliases: &["sessions"],
    about: "Sessions of people who signed in",
    columns: &["number", "user", "platform", "address", "last_seen_at"],
    shown: &[
        "id",
        "number",
        "user",
        "platform",
        "kind",
        "key",
        "organisation",
        "second_factor",
        "address",
        "agent",
        "created_at",
        "last_seen_at",
        "idle_ends_at",
        "ends_at",
        "current",
    ],
    verbs: &[
        Verb {
            name: "list",
            about: "List sessions: those of a person, or all you may see",
            arguments: &[USER.maybe()],
            call: Call::List(&["/users/{user}/sessions", "/sessions"]),
            example: "usher session list ada@example.org",
            ..VERB
        },
        Verb {
            name: "delete",
            about: "End sessions",
            arguments: &[SESSION_WHICH.several()],
            call: Call::Change(Method::Delete, &["/sessions/{session}"], Body::Plain),
            harmful: true,
            done: "ended",
            example: "usher session list ada@example.org -o id | usher session delete - --yes",
            ..VERB
        },
    ],
};
