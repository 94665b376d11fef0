//! `usher org`

use super::{
    Body, Call, Kind, Member, Method, Noun, Task, To, VERB, Verb, argument, member, option,
};
use super::{Names, ORG, ORGANISATIONS, USER};

const NAME: Member = member("name", Kind::Text, "Name");
const SLUG: Member = member("slug", Kind::Text, "Short name for addresses");
const PARENT: Member =
    member("parent", Kind::Reference, "The organisation above").of(ORGANISATIONS);
const DESCRIPTION: Member = member("description", Kind::Text, "What it is");
const KIND: Member = member("kind", Kind::Text, "What kind of organisation");
const SECTOR: Member = member("sector", Kind::Text, "Sector");
const NATIONALITY: Member = member("nationality", Kind::Text, "Nationality");
const CONTACTS: Member = member("contacts", Kind::Text, "How to reach it");
const LOCAL: Member = member("local", Kind::Flag, "Whether its people are ours");
const SECOND_FACTOR_REQUIRED: Member = member(
    "second_factor_required",
    Kind::Flag,
    "Whether the people homed in it and below need a second factor",
);
const DOMAINS: Member = member(
    "domains",
    Kind::Texts,
    "Domains its people's addresses may have, with commas between",
)
.spelled("domain");

const NEW: &[Member] = &[
    SLUG,
    PARENT,
    DESCRIPTION,
    KIND,
    SECTOR,
    NATIONALITY,
    CONTACTS,
    LOCAL,
    DOMAINS,
    SECOND_FACTOR_REQUIRED,
];
const CHANGED: &[Member] = &[
    NAME,
    SLUG,
    PARENT,
    DESCRIPTION,
    KIND,
    SECTOR,
    NATIONALITY,
    CONTACTS,
    LOCAL,
    DOMAINS,
    SECOND_FACTOR_REQUIRED,
];

/// `usher org`
pub const NOUN: Noun = Noun {
    name: "org",
    aliases: &["orgs", "organisation", "organisations"],
    about: "Organisations, one below another",
    columns: &["number", "name", "parent"],
    shown: &[
        "id",
        "number",
        "parent",
        "name",
        "slug",
        "description",
        "kind",
        "sector",
        "nationality",
        "contacts",
        "local",
        "domains",
        "second_factor_required",
        "revision",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
    ],
    verbs: &[
        Verb {
            name: "list",
            about: "List organisations",
            call: Call::List(&["/organisations"]),
            example: "usher org list --search harbour --columns number,name,sector",
            ..VERB
        },
        Verb {
            name: "tree",
            about: "Show organisations below each other",
            arguments: &[
                argument("org", ORGANISATIONS, "The one at the top [default: all]").maybe(),
            ],
            call: Call::Task(Task::OrganisationTree),
            columns: Some(&["name", "number"]),
            example: "usher org tree",
            ..VERB
        },
        Verb {
            name: "show",
            about: "Show an organisation",
            arguments: &[ORG],
            call: Call::Show(&["/organisations/{org}"]),
            example: "usher org show 'Harbour Labs'",
            ..VERB
        },
        Verb {
            name: "create",
            about: "Make an organisation",
            arguments: &[argument("name", Names::None, "Its name")
                .maybe()
                .fills("name")],
            call: Call::Change(Method::Post, &["/organisations"], Body::Members(NEW)),
            done: "created",
            example: "usher org create 'Harbour Annex' --parent 'Harbour Labs' sector=Research",
            ..VERB
        },
        Verb {
            name: "ensure",
            about: "Make an organisation, or change the one of that name",
            arguments: &[argument("name", Names::None, "Its name")
                .maybe()
                .fills("name")],
            call: Call::Change(Method::Post, &["/organisations/ensure"], Body::Members(NEW)),
            columns: Some(&[
                "outcome",
                "changed",
                "organisation.number",
                "organisation.name",
            ]),
            id: "organisation.id",
            done: "ensured",
            example: "usher org ensure 'Harbour Annex' sector=Research",
            ..VERB
        },
        Verb {
            name: "set",
            about: "Change an organisation's members",
            arguments: &[ORG],
            call: Call::Change(
                Method::Patch,
                &["/organisations/{org}"],
                Body::Members(CHANGED),
            ),
            done: "changed",
            example: "usher org set 'Harbour Annex' sector=Health contacts=null",
            ..VERB
        },
        Verb {
            name: "delete",
            about: "Delete organisations that hold nothing",
            arguments: &[ORG.several()],
            call: Call::Change(Method::Delete, &["/organisations/{org}"], Body::Plain),
            harmful: true,
            done: "deleted",
            example: "usher org delete 'Harbour Annex'",
            ..VERB
        },
        Verb {
            name: "members",
            about: "List who belongs to an organisation",
            arguments: &[ORG],
            call: Call::List(&["/organisations/{org}/members"]),
            columns: Some(&[
                "user.number",
                "user.email",
                "user.name",
                "home",
                "administrator",
            ]),
            id: "user.id",
            example: "usher org members 'Harbour Labs' --all -o csv",
            ..VERB
        },
        Verb {
            name: "add-member",
            about: "Put people into an organisation",
            more: "With --administrator the role usher:administrator is granted there, too: a membership that is \
                   marked alone gives no right in Usher.",
            arguments: &[ORG, USER.several()],
            options: &[option(
                "administrator",
                "",
                To::Command,
                "Let them administer it",
            )],
            call: Call::Task(Task::AddMember),
            columns: Some(&["user", "organisation", "home", "administrator"]),
            id: "user",
            done: "added",
            example: "usher org add-member 'Harbour Labs' ada@example.org --administrator",
            ..VERB
        },
        Verb {
            name: "remove-member",
            about: "Take people out of an organisation",
            arguments: &[ORG, USER.several()],
            call: Call::Change(
                Method::Delete,
                &["/organisations/{org}/members/{user}"],
                Body::Plain,
            ),
            done: "removed",
            example: "usher org remove-member 'Harbour Labs' ada@example.org",
            ..VERB
        },
    ],
};
