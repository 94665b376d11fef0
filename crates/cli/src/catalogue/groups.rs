//! `usher group`

use super::users::USER_COLUMNS;
use super::{Body, Call, Kind, Member, Method, Names, Noun, VERB, Verb, argument, member};
use super::{GROUP, ORGANISATIONS, USER};

const NAME: Member = member("name", Kind::Text, "Name");
const SLUG: Member = member("slug", Kind::Text, "Short name for addresses");
const DESCRIPTION: Member = member("description", Kind::Text, "What it is for");
const ORGANISATION: Member = member(
    "organisation",
    Kind::Reference,
    "The organisation it belongs to",
)
.spelled("org")
.of(ORGANISATIONS);
const NEWCOMERS: Member = member("newcomers", Kind::Flag, "Whether new people get into it");

const NEW: &[Member] = &[SLUG, DESCRIPTION, ORGANISATION, NEWCOMERS];
const CHANGED: &[Member] = &[NAME, SLUG, DESCRIPTION, NEWCOMERS];

/// `usher group`
pub const NOUN: Noun = Noun {
    name: "group",
    aliases: &["groups"],
    about: "Groups of people, and what they bring",
    columns: &["number", "name", "organisation"],
    shown: &[
        "id",
        "number",
        "organisation",
        "platform",
        "word",
        "name",
        "slug",
        "description",
        "newcomers_of",
        "revision",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
    ],
    verbs: &[
        Verb {
            name: "list",
            about: "List groups",
            call: Call::List(&["/groups"]),
            example: "usher group list --sort name",
            ..VERB
        },
        Verb {
            name: "show",
            about: "Show a group",
            arguments: &[GROUP],
            call: Call::Show(&["/groups/{group}"]),
            example: "usher group show 'Service desk' -o yaml",
            ..VERB
        },
        Verb {
            name: "create",
            about: "Make a group",
            arguments: &[argument("name", Names::None, "Its name")
                .maybe()
                .fills("name")],
            call: Call::Change(Method::Post, &["/groups"], Body::Members(NEW)),
            done: "created",
            example: "usher group create Analysts --org 'Harbour Labs' --description 'Read reports'",
            ..VERB
        },
        Verb {
            name: "ensure",
            about: "Make a group, or change the one of that name",
            arguments: &[argument("name", Names::None, "Its name")
                .maybe()
                .fills("name")],
            call: Call::Change(Method::Post, &["/groups/ensure"], Body::Members(NEW)),
            columns: Some(&["outcome", "changed", "group.number", "group.name"]),
            id: "group.id",
            done: "ensured",
            example: "usher group ensure Analysts --org 'Harbour Labs'",
            ..VERB
        },
        Verb {
            name: "set",
            about: "Change a group's members: name, slug, description",
            arguments: &[GROUP],
            call: Call::Change(Method::Patch, &["/groups/{group}"], Body::Members(CHANGED)),
            done: "changed",
            example: "usher group set Analysts description='Read and write reports'",
            ..VERB
        },
        Verb {
            name: "delete",
            about: "Delete groups",
            arguments: &[GROUP.several()],
            call: Call::Change(Method::Delete, &["/groups/{group}"], Body::Plain),
            harmful: true,
            done: "deleted",
            example: "usher group delete Analysts",
            ..VERB
        },
        Verb {
            name: "members",
            about: "List who is in a group",
            arguments: &[GROUP],
            call: Call::List(&["/groups/{group}/members"]),
            columns: Some(USER_COLUMNS),
            example: "usher group members 'Service desk' -o id",
            ..VERB
        },
        Verb {
            name: "add",
            about: "Put people into a group",
            arguments: &[GROUP, USER.several()],
            call: Call::Change(
                Method::Put,
                &["/groups/{group}/members/{user}"],
                Body::Plain,
            ),
            done: "added",
            example: "usher group add 'Service desk' ada@example.org grace@example.org",
            ..VERB
        },
        Verb {
            name: "remove",
            about: "Take people out of a group",
            arguments: &[GROUP, USER.several()],
            call: Call::Change(
                Method::Delete,
                &["/groups/{group}/members/{user}"],
                Body::Plain,
            ),
            done: "removed",
            example: "usher group remove 'Service desk' ada@example.org",
            ..VERB
        },
    ],
};
