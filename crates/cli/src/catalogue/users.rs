//! `usher user`

use super::{
    Argument, Body, Call, Kind, Member, Method, Names, Noun, Opt, Task, To, VERB, Verb, argument,
    member, option,
};
use super::{GROUP, GROUPS, ORGANISATIONS, USER};

const KINDS: Names = Names::Words(&["person", "service"]);
const STATUSES: Names = Names::Words(&["active", "inactive", "suspended", "expired"]);
const MAILS: Names = Names::Words(&["welcome", "activation"]);

const GIVEN_NAME: Member = member("given_name", Kind::Text, "Given name");
const FAMILY_NAME: Member = member("family_name", Kind::Text, "Family name");
const DISPLAY_NAME: Member = member("display_name", Kind::Text, "Name to be shown instead");
const LOGIN: Member = member("login", Kind::Text, "Name to sign in with");
const DEPARTMENT: Member = member("department", Kind::Text, "Department");
const TITLE: Member = member("title", Kind::Text, "Title or position");
const TIME_ZONE: Member = member("time_zone", Kind::Text, "Time zone, such as Europe/Oslo");
const LOCALE: Member = member("locale", Kind::Text, "Language and region, such as en-GB");
const KIND: Member = member("kind", Kind::Text, "A person or a service").of(KINDS);
const STATUS: Member = member("status", Kind::Text, "State of the account").of(STATUSES);
const LOCKED: Member = member("locked", Kind::Flag, "Locked by an administrator");
const LOCK_AFTER: Member = member("lock_after", Kind::Text, "When the account locks itself");
const HOME: Member = member(
    "home",
    Kind::Reference,
    "The organisation the person belongs to",
)
.of(ORGANISATIONS);
const PRIMARY_GROUP: Member = member(
    "primary_group",
    Kind::Reference,
    "The group that comes first",
)
.of(GROUPS);
const IN_GROUPS: Member = member("groups", Kind::References, "Groups, with commas between")
    .of(GROUPS)
    .spelled("group");
const REQUIRED: Member = member(
    "second_factor_required",
    Kind::Flag,
    "Whether a second factor must be enrolled",
);
const MUST_CHANGE: Member = member(
    "must_change_password",
    Kind::Flag,
    "Whether the password must be changed at the next sign-in",
);
const EMAIL: Member = member("email", Kind::Text, "E-mail address");

const NEW: &[Member] = &[
    GIVEN_NAME,
    FAMILY_NAME,
    DISPLAY_NAME,
    LOGIN,
    DEPARTMENT,
    TITLE,
    TIME_ZONE,
    LOCALE,
    KIND,
    STATUS,
    LOCKED,
    LOCK_AFTER,
    HOME,
    member(
        "organisations",
        Kind::References,
        "More organisations, with commas between",
    )
    .of(ORGANISATIONS)
    .spelled("org"),
    PRIMARY_GROUP,
    IN_GROUPS,
    member(
        "roles",
        Kind::References,
        "Roles as platform:word, with commas between",
    )
    .of(Names::Roles)
    .spelled("role"),
    REQUIRED,
    MUST_CHANGE,
    member(
        "password",
        Kind::Secret,
        "Password: @FILE, @- for standard input; alone, it is asked for",
    ),
    member("mail", Kind::Text, "Mail to be sent").of(MAILS),
    member(
        "default_roles",
        Kind::Flag,
        "Whether the defaults for new people are given",
    ),
];

const CHANGED: &[Member] = &[
    GIVEN_NAME,
    FAMILY_NAME,
    DISPLAY_NAME,
    LOGIN,
    EMAIL,
    DEPARTMENT,
    TITLE,
    TIME_ZONE,
    LOCALE,
    KIND,
    STATUS,
    LOCKED,
    LOCK_AFTER,
    HOME,
    PRIMARY_GROUP,
    IN_GROUPS,
    REQUIRED,
    MUST_CHANGE,
    super::keys::CURRENT_PASSWORD,
];

const ADDRESS: Argument = argument("email", Names::None, "E-mail address")
    .maybe()
    .fills("email");

const AT: Opt = option(
    "org",
    "ORG",
    To::Query("organisation"),
    "Where: an organisation [default: anywhere]",
)
.of(ORGANISATIONS);

const PERMISSION: Argument = argument(
    "permission",
    Names::Server {
        path: "/permissions",
        member: "word",
        help: "",
    },
    "A permission, such as users.edit",
);

/// People and service accounts.
pub const USER_COLUMNS: &[&str] = &[
    "number",
    "email",
    "name",
    "standing",
    "home",
    "last_seen_at",
];

const USERS_OF: &[Argument] = &[USER.several()];

/// `usher user`
pub const NOUN: Noun = Noun {
    name: "user",
    aliases: &["users"],
    about: "People and service accounts",
    columns: USER_COLUMNS,
    shown: &[
        "id",
        "number",
        "login",
        "email",
        "pending_email",
        "name",
        "display_name",
        "given_name",
        "family_name",
        "kind",
        "status",
        "standing",
        "locked",
        "lock_after",
        "locked_out_until",
        "home",
        "primary_group",
        "department",
        "title",
        "time_zone",
        "locale",
        "second_factor",
        "second_factor_required",
        "has_password",
        "must_change_password",
        "password_changed_at",
        "revision",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "last_seen_at",
        "signed_in_at",
        "previous_sign_in_at",
        "sign_in_count",
    ],
    verbs: &[
        Verb {
            name: "list",
            about: "List people",
            call: Call::List(&["/users"]),
            example: "usher user list --filter 'last_seen_at lt -90d' --sort name",
            ..VERB
        },
        Verb {
            name: "show",
            about: "Show a person",
            arguments: &[USER],
            call: Call::Show(&["/users/{user}"]),
            example: "usher user show ada@example.org",
            ..VERB
        },
        Verb {
            name: "create",
            about: "Make a person or a service account",
            more: "Members are given by their flags or as member=value; --from takes a whole body.",
            arguments: &[ADDRESS],
            call: Call::Change(Method::Post, &["/users"], Body::Members(NEW)),
            done: "created",
            example: "usher user create ada@example.org --given-name Ada --family-name Lovelace",
            ..VERB
        },
        Verb {
            name: "ensure",
            about: "Make a person, or change the one of that address",
            more: "Can be repeated at will: what is already as asked for is left alone. Organisations, groups and \
                   roles are added; with --exact they replace those there are.",
            arguments: &[ADDRESS],
            options: &[option(
                "exact",
                "",
                To::Query("exact"),
                "Take away the organisations, groups and roles that are not named",
            )],
            call: Call::Change(Method::Post, &["/users/ensure"], Body::Members(NEW)),
            columns: Some(&[
                "outcome",
                "changed",
                "user.number",
                "user.email",
                "user.name",
            ]),
            id: "user.id",
            done: "ensured",
            example: "usher user ensure ada@example.org title=Analyst",
            ..VERB
        },
        Verb {
            name: "set",
            about: "Change a person's members",
            more: "member=null clears. --password is not among them: usher user reset-password sets one.",
            arguments: &[USER],
            call: Call::Change(Method::Patch, &["/users/{user}"], Body::Members(CHANGED)),
            done: "changed",
            example: "usher user set ada@example.org title=Analyst department=null",
            ..VERB
        },
        Verb {
            name: "delete",
            about: "Delete people for good",
            arguments: USERS_OF,
            call: Call::Change(Method::Delete, &["/users/{user}"], Body::Plain),
            harmful: true,
            done: "deleted",
            example: "usher user delete ada@example.org",
            ..VERB
        },
        Verb {
            name: "disable",
            about: "Switch accounts off: sessions end, keys are refused",
            arguments: USERS_OF,
            options: &[option(
                "revoke-keys",
                "",
                To::Command,
                "Revoke their keys for good, too",
            )],
            call: Call::Task(Task::DisableUsers),
            harmful: true,
            done: "disabled",
            example: "usher user list --filter 'last_seen_at lt -90d' -o id | usher user disable -",
            ..VERB
        },
        Verb {
            name: "enable",
            about: "Switch accounts on again",
            arguments: USERS_OF,
            call: Call::Change(
                Method::Patch,
                &["/users/{user}"],
                Body::Fixed(&[("status", "active")]),
            ),
            done: "enabled",
            example: "usher user enable ada@example.org",
            ..VERB
        },
        Verb {
            name: "unlock",
            about: "Lift the lock-out after wrong passwords",
            arguments: USERS_OF,
            call: Call::Change(Method::Post, &["/users/{user}/unlock"], Body::Plain),
            done: "unlocked",
            example: "usher user unlock ada@example.org",
            ..VERB
        },
        Verb {
            name: "reset-password",
            about: "Mail a link for a new password, show one, or set a password",
            arguments: USERS_OF,
            options: &[
                option(
                    "link",
                    "",
                    To::Command,
                    "Show the link instead of mailing it: for servers without mail",
                ),
                option(
                    "password",
                    "SECRET",
                    To::Command,
                    "Set this password: @FILE, @- for standard input; alone, it is asked for",
                ),
                option(
                    "keep",
                    "",
                    To::Command,
                    "With --password: it need not be changed at the next sign-in",
                ),
            ],
            call: Call::Task(Task::ResetPassword),
            columns: Some(&["link", "purpose", "expires_at"]),
            done: "reset",
            example: "usher user reset-password ada@example.org --link",
            ..VERB
        },
        Verb {
            name: "why",
            about: "Say whether a person may do something, and what gives it",
            more: "Ends with 0 for yes and with 1 for no.",
            arguments: &[USER, PERMISSION],
            options: &[AT],
            call: Call::Task(Task::Why),
            columns: Some(&[
                "word",
                "reach",
                "organisation",
                "role",
                "path",
                "expires_at",
            ]),
            example: "usher user why ada@example.org users.edit --org 1",
            ..VERB
        },
        Verb {
            name: "join",
            about: "Put a person into a group",
            arguments: &[USER, GROUP],
            call: Call::Change(Method::Put, &["/users/{user}/groups/{group}"], Body::Plain),
            done: "joined",
            example: "usher user join ada@example.org 'Service desk'",
            ..VERB
        },
        Verb {
            name: "leave",
            about: "Take a person out of a group",
            arguments: &[USER, GROUP],
            call: Call::Change(
                Method::Delete,
                &["/users/{user}/groups/{group}"],
                Body::Plain,
            ),
            done: "left",
            example: "usher user leave ada@example.org 'Service desk'",
            ..VERB
        },
    ],
};

/// Where an organisation is an option that goes into the body.
pub const IN_ORGANISATION: Opt = option(
    "org",
    "ORG",
    To::Body("organisation"),
    "Where: an organisation [default: the person's home]",
)
.of(ORGANISATIONS);
