//! The parameters of each route as the description states them: of paths, of lists with the real types of
//! their fields, and of a route's own.

use directory::Permission;
use directory::filter::{FieldKind, FilterField, range_parameters};
use kit::{Route, Serves};
use serde_json::{Value, json};

use super::lists::{GENERAL, Listing, MOST, SLICED, USUAL};
use super::{
    collections, events, grants, groups, jobs, keys, mails, organisations, roles, sessions, users,
};

/// What a route that lists is narrowed and sorted by, without the types of its fields.
#[derive(Default)]
struct Narrowing {
    fields: Vec<(&'static str, FieldKind)>,
    usual: &'static str,
    sorts: Vec<&'static str>,
    facets: Vec<&'static str>,
    downwards: bool,
}

impl Narrowing {
    fn of<F>(listing: &Listing<F>) -> Self {
        let field = |field: &FilterField<F>| (field.name, field.kind);
        Self {
            fields: listing.fields.iter().map(field).collect(),
            usual: listing.usual,
            sorts: listing.sorts.iter().map(|(name, _)| *name).collect(),
            facets: listing.facets.to_vec(),
            downwards: listing.downwards,
        }
    }
}

/// The filters and sorts of a route that lists.
fn narrowing(route: &Route) -> Option<Narrowing> {
    if route.method != "GET" {
        return None;
    }
    match route.path {
        "/users" | "/organisations/{organisation}/members" | "/groups/{group}/members" => {
            let words = super::facets::OF_USERS.iter().map(|(word, ..)| *word);
            Some(Narrowing {
                facets: words.collect(),
                ..Narrowing::of(&users::LISTING)
            })
        }
        "/organisations" => Some(Narrowing::of(&organisations::LISTING)),
        "/groups" | "/users/{user}/groups" => Some(Narrowing::of(&groups::LISTING)),
        "/roles" => Some(Narrowing::of(&roles::LISTING)),
        "/keys" | "/users/{user}/keys" | "/me/keys" => Some(Narrowing::of(&keys::LISTING)),
        "/sessions" | "/users/{user}/sessions" | "/me/sessions" => {
            Some(Narrowing::of(&sessions::LISTING))
        }
        "/mails" => Some(Narrowing::of(&mails::LISTING)),
        "/collections" => Some(Narrowing::of(&collections::LISTING)),
        "/events" => Some(Narrowing::of(&events::LISTING)),
        "/grants" | "/users/{user}/grants" | "/me/grants" => Some(Narrowing::of(&grants::LISTING)),
        "/jobs" => Some(Narrowing::of(&jobs::LISTING)),
        _ => None,
    }
}

/// Whether a route answers a list.
fn is_list(route: &Route) -> bool {
    route.method == "GET" && route.answer().starts_with('[')
}

/// The parameters of a route.
pub fn of(route: &Route) -> Vec<Value> {
    let mut parameters = Vec::new();
    for segment in route.path.split('/') {
        let name = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        if let Some(name) = name {
            let schema = match name {
                "setting" => json!({ "type": "string", "enum": super::settings::NAMES }),
                _ => json!({ "type": "string", "minLength": 1 }),
            };
            parameters.push(json!({
                "name": name, "in": "path", "required": true,
                "description": referred_to(name),
                "schema": schema,
            }));
        }
    }
    if let Some(narrowing) = narrowing(route) {
        for name in GENERAL {
            parameters.push(general(name, &narrowing));
        }
        for (name, kind) in &narrowing.fields {
            narrowing_parameters(&mut parameters, name, *kind);
        }
    } else if is_list(route) {
        // Who may is worked out page by page, and not counted.
        let counted = route.path != "/access";
        let plain = Narrowing::default();
        for name in SLICED.iter().filter(|name| counted || **name != "total") {
            parameters.push(general(name, &plain));
        }
    }
    for (name, description, schema) in further(route) {
        parameters.push(query(name, description, schema));
    }
    if (route.method, route.path) == ("GET", "/find") {
        let mut words = query(
            "q",
            "A name, an address, a number, a UUID, or the id of a key, a session or a request.",
            json!({ "type": "string", "minLength": 1, "maxLength": 1000 }),
        );
        words["required"] = true.into();
        parameters.push(words);
    }
    if (route.method, route.path) == ("GET", "/users")
        || (route.method, route.path) == ("GET", "/users/{user}")
    {
        let words = super::included::WORDS.join("|");
        parameters.push(query(
            "include",
            "What to show beside each user, with commas: home, organisations, groups, roles.",
            json!({ "type": "string", "pattern": format!("^({words})(,({words}))*$") }),
        ));
    }
    if (route.method, route.path) == ("GET", "/views") {
        let schema = json!({ "type": "string", "enum": super::views::LISTS });
        parameters.push(query("list", "Views of this list alone.", schema));
    }
    for (name, description) in own(route) {
        parameters.push(query(name, description, flag()));
    }
    parameters
}

fn referred_to(name: &str) -> &'static str {
    match name {
        "user" | "manager" => "A number, a UUID, or a login or e-mail address.",
        "organisation" | "group" | "collection" => "A number, a UUID or a name.",
        "role" => "A number, a UUID or `platform:word`.",
        "key" | "session" => "A number or a UUID.",
        "number" => "A number.",
        _ => "A word.",
    }
}

fn query(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A parameter that every list understands.
fn general(name: &str, narrowing: &Narrowing) -> Value {
    match name {
        "q" => query(
            name,
            "Words that must all occur.",
            json!({ "type": "string", "maxLength": 1000 }),
        ),
        "filter" => query(
            name,
            "An expression over the fields of the list: `status eq active and (group eq soc or last_seen_at lt -90d)`. \
             Fields are compared by eq, ne, co, sw, ew, gt, ge, lt, le and pr, and joined by and, or and not.",
            json!({ "type": "string", "minLength": 1, "maxLength": directory::filter::CHARACTERS }),
        ),
        "sort" => {
            let by = narrowing.usual;
            // A list without further orders has its one order alone.
            let downwards = (!narrowing.sorts.is_empty()).then(|| format!("-{by}"));
            let mut words = vec![by.to_owned()];
            words.extend(downwards);
            for sort in &narrowing.sorts {
                words.extend([(*sort).to_owned(), format!("-{sort}")]);
            }
            let usual = if narrowing.downwards {
                format!("-{by}")
            } else {
                by.to_owned()
            };
            let schema = json!({ "type": "string", "enum": words, "default": usual });
            query(
                name,
                "What the list is ordered by; with a - before it downwards.",
                schema,
            )
        }
        "facets" => {
            let words = narrowing.facets.join("|");
            let schema =
                json!({ "type": "string", "pattern": format!("^({words})(,({words}))*$") });
            query(
                name,
                "Fields to count the list by, with commas, each without the parameters on itself: the ten most \
                 frequent values, of the newest 10,000 matches.",
                schema,
            )
        }
        "limit" => query(
            name,
            "Rows of a page.",
            json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL }),
        ),
        "cursor" => query(
            name,
            "The `next` or `previous` of a page of the same list, sort and filter.",
            json!({ "type": "string", "pattern": "^[np][0-9a-f]{8}[A-Za-z0-9_-]+$" }),
        ),
        _ => query(
            name,
            "Counts all matches; `bounded` stops at 10,000 and then says `total_exceeded`.",
            json!({ "type": "string", "enum": ["true", "false", "bounded"], "default": "false" }),
        ),
    }
}

/// The parameters that narrow a list by one field.
fn narrowing_parameters(parameters: &mut Vec<Value>, name: &str, kind: FieldKind) {
    const MEANS: &str =
        "Several values are alternatives; an empty one matches rows that have none.";
    if kind == FieldKind::Time {
        let (after, before) = range_parameters(name);
        let value = json!({ "anyOf": [
            { "type": "string", "format": "date-time" },
            { "type": "string", "format": "date" },
            { "type": "string", "pattern": "^[-+][0-9]{1,6}[smhd]$" },
            { "type": "string", "maxLength": 0 },
        ] });
        for (name, description) in [
            (after, "At or after a time, which may be relative: `-90d`."),
            (
                before,
                "Before a time, which may be relative: `-90d`. Empty matches rows that have none.",
            ),
        ] {
            parameters.push(query(&name, description, several(&value)));
        }
        return;
    }
    let value = match kind {
        FieldKind::Word(words) => {
            let mut words: Vec<&str> = words.to_vec();
            words.push("");
            json!({ "type": "string", "enum": words })
        }
        FieldKind::Flag => json!({ "type": "string", "enum": ["true", "false", ""] }),
        FieldKind::Number => json!({ "anyOf": [
            { "type": "integer", "format": "int64" },
            { "type": "string", "maxLength": 0 },
        ] }),
        FieldKind::Uuid => json!({ "anyOf": [
            { "type": "string", "format": "uuid" },
            { "type": "string", "maxLength": 0 },
        ] }),
        _ => json!({ "type": "string", "maxLength": 1000 }),
    };
    parameters.push(query(name, MEANS, several(&value)));
}

fn several(value: &Value) -> Value {
    json!({ "type": "array", "items": value, "maxItems": directory::limits::FILTER_VALUES })
}

/// Parameters of a route's own that are no flags of changes.
fn further(route: &Route) -> Vec<(&'static str, &'static str, Value)> {
    let text = || json!({ "type": "string" });
    let words = |words: &[&str]| json!({ "type": "string", "enum": words });
    let asked = || {
        let words: Vec<&str> = Permission::ALL.iter().map(|one| one.word()).collect();
        let pattern = format!("^([*]|[^:]*:.*|{})$", words.join("|").replace('.', "[.]"));
        let most = directory::limits::SEARCH_CHARACTERS;
        vec![
            (
                "permission",
                "A permission's word, or a vendor's.",
                json!({ "type": "string", "pattern": pattern, "minLength": 1, "maxLength": most }),
            ),
            (
                "organisation",
                "Where: a number, a UUID or a name.",
                json!({ "type": "string", "minLength": 1, "maxLength": most }),
            ),
        ]
    };
    match (route.method, route.path) {
        ("GET", "/me/access" | "/users/{user}/access" | "/access") => asked(),
        ("POST", "/users/ensure") => vec![(
            "exact",
            "Organisations, groups and roles replace those that the caller may change.",
            flag(),
        )],
        ("POST", "/imports") => vec![
            (
                "what",
                "What the lines are.",
                words(crate::imports::IMPORTED),
            ),
            (
                "on_conflict",
                "What is done with what is there already.",
                words(&["fail", "skip", "update"]),
            ),
            (
                "mode",
                "Each line by itself, or all or none.",
                words(&["each", "all"]),
            ),
            (
                "notify",
                "New people are mailed a link to their first password.",
                flag(),
            ),
        ],
        ("GET", "/jobs/{job}/report") => vec![(
            "outcome",
            "Lines of this outcome alone.",
            words(&[
                "created",
                "updated",
                "done",
                "unchanged",
                "skipped",
                "failed",
            ]),
        )],
        ("GET", "/events/stream") => vec![
            (
                "cursor",
                "`now`, or the `cursor` of the last event that was read.",
                text(),
            ),
            ("follow", "Keeps the answer open for what happens.", flag()),
        ],
        _ => Vec::new(),
    }
}

/// Flags of a route's own.
fn own(route: &Route) -> Vec<(&'static str, &'static str)> {
    let mut own = Vec::new();
    if (route.method, route.path) == ("DELETE", "/roles/{role}") {
        own.push((
            "take_away",
            "Takes the role from everybody who holds it, in place of refusing.",
        ));
    }
    if changes(route) {
        own.push((
            "dry_run",
            "Does everything and undoes it: the answer is that of the real call, with `Usher-Dry-Run: true`, \
             and nothing is changed.",
        ));
    }
    own
}

/// Whether a route changes the directory on a caller's behalf.
pub fn changes(route: &Route) -> bool {
    route.method != "GET" && route.serves != Serves::Open
}
