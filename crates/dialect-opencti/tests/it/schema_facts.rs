//! The schema that is served, asked for by introspection, against the facts about the vendor's: what the
//! vendor accepts is accepted here, and what it answers can be asked for here. What is not served is
//! listed in the facts by reason.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value, json};

use super::{ask, opencti};

const FACTS: &str = include_str!("../fixtures/opencti.schema.json");

const INTROSPECTION: &str = "{ __schema { types { kind name interfaces { name } possibleTypes { name } enumValues { name } \
    fields { name args { name defaultValue type { ...T } } type { ...T } } inputFields { name defaultValue type { ...T } } } } } \
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }";

/// The list of a member; none when it is null.
fn list<'v>(of: &'v Value, name: &str) -> &'v [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}

fn names(of: &Value, member: &str) -> Vec<String> {
    let each = list(of, member).iter();
    each.map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

/// An introspected type in the language of schemas.
fn written(of: &Value) -> String {
    match of["kind"].as_str().unwrap() {
        "NON_NULL" => format!("{}!", written(&of["ofType"])),
        "LIST" => format!("[{}]", written(&of["ofType"])),
        _ => of["name"].as_str().unwrap().to_owned(),
    }
}

/// Whether a value of type `from` is one of type `to`: equal, but for marks that `from` has besides.
fn fits(from: &str, to: &str) -> bool {
    if let Some(to) = to.strip_suffix('!') {
        return from.strip_suffix('!').is_some_and(|from| fits(from, to));
    }
    let from = from.strip_suffix('!').unwrap_or(from);
    let inside = |text: &str| text.strip_prefix('[')?.strip_suffix(']').map(str::to_owned);
    match (inside(from), inside(to)) {
        (Some(from), Some(to)) => fits(&from, &to),
        // One value stands for a list of one.
        (None, Some(_)) => false,
        _ => from == to,
    }
}

/// A fact about a field: its type and its arguments.
fn fact(of: &Value) -> (String, BTreeMap<String, String>) {
    match of {
        Value::String(text) => (text.clone(), BTreeMap::new()),
        of => {
            let arguments = of["args"].as_object().into_iter().flatten();
            let arguments = arguments.map(|(name, ty)| (name.clone(), fact(ty).0));
            (fact(&of["type"]).0, arguments.collect())
        }
    }
}

/// Compares what is served with the facts; the differences, one a line.
fn differences(served: &[Value], facts: &Value) -> Vec<String> {
    let patterns = |of: &Value| -> Vec<Regex> {
        let each = of.as_array().unwrap().iter();
        each.map(|one| Regex::new(&format!("^(?:{})$", one.as_str().unwrap())).unwrap())
            .collect()
    };
    let not_served = facts["not_served"].as_object().unwrap().values();
    let not_served: Vec<Regex> = not_served.flat_map(patterns).collect();
    let served_among_them = patterns(&facts["served_among_them"]);
    let mut found = Vec::new();
    let mut note = |place: &str, what: String| {
        let any = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(place));
        let excused = any(&not_served) && !any(&served_among_them);
        if !excused {
            found.push(format!("{place}: {what}"));
        }
    };
    for (name, wanted) in facts["types"].as_object().unwrap() {
        let Some(ours) = served.iter().find(|it| it["name"] == **name) else {
            note(name, "is missing".to_owned());
            continue;
        };
        let values = names(ours, "enumValues");
        for value in wanted["values"].as_array().into_iter().flatten() {
            let value = value.as_str().unwrap();
            if !values.iter().any(|own| own == value) {
                note(&format!("{name}.{value}"), "is missing".to_owned());
            }
        }
        let members = names(ours, "possibleTypes");
        for member in wanted["members"].as_array().into_iter().flatten() {
            let member = member.as_str().unwrap();
            if !members.iter().any(|own| own == member) {
                note(&format!("{name}.{member}"), "is no member".to_owned());
            }
        }
        let interfaces = names(ours, "interfaces");
        for interface in wanted["implements"].as_array().into_iter().flatten() {
            let interface = interface.as_str().unwrap();
            if !interfaces.iter().any(|own| own == interface) {
                note(
                    &format!("{name}.{interface}"),
                    "is not implemented".to_owned(),
                );
            }
        }
        let input = wanted["kind"] == "input";
        let fields = list(ours, if input { "inputFields" } else { "fields" });
        for (field, of) in wanted["fields"].as_object().into_iter().flatten() {
            let place = format!("{name}.{field}");
            let (ty, arguments) = fact(of);
            let Some(own) = fields.iter().find(|own| own["name"] == **field) else {
                note(&place, "is missing".to_owned());
                continue;
            };
            let own_type = written(&own["type"]);
            if input && !fits(&ty, &own_type) {
                note(&place, format!("takes {own_type}, the vendor {ty}"));
            }
            if !input && !fits(&own_type, &ty) {
                note(&place, format!("is {own_type}, the vendor's {ty}"));
            }
            for (argument, ty) in &arguments {
                let place = format!("{place}({argument})");
                let own = list(own, "args").iter();
                match { own }.find(|own| own["name"] == **argument) {
                    None => note(&place, "is missing".to_owned()),
                    Some(own) => {
                        let own = written(&own["type"]);
                        if !fits(ty, &own) {
                            note(&place, format!("takes {own}, the vendor {ty}"));
                        }
                    }
                }
            }
            // What the vendor does not have must not be asked for.
            for own in list(own, "args") {
                let argument = own["name"].as_str().unwrap();
                let required =
                    written(&own["type"]).ends_with('!') && own["defaultValue"].is_null();
                if required && !arguments.contains_key(argument) {
                    note(
                        &format!("{place}({argument})"),
                        "is required here alone".to_owned(),
                    );
                }
            }
        }
        for own in fields.iter().filter(|_| input) {
            let field = own["name"].as_str().unwrap();
            let required = written(&own["type"]).ends_with('!') && own["defaultValue"].is_null();
            if required && wanted["fields"].get(field).is_none() {
                note(
                    &format!("{name}.{field}"),
                    "is required here alone".to_owned(),
                );
            }
        }
    }
    found
}

#[tokio::test]
async fn the_schema_accepts_what_the_vendor_accepts_and_answers_what_it_answers() {
    let world = opencti().await;
    let data = ask(&world, &world.key, INTROSPECTION, json!({})).await;
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    let served = list(&data["__schema"], "types");
    let found = differences(served, &facts);
    assert!(found.is_empty(), "{}", found.join("\n"));
    // The comparison itself: a schema without these has as many differences.
    let without = |types: &[&str]| -> Vec<Value> {
        let kept = served.iter();
        kept.filter(|it| types.iter().all(|name| it["name"] != *name))
            .cloned()
            .collect()
    };
    let broken = without(&["EditContext", "Representative"]);
    assert_eq!(
        differences(&broken, &facts),
        ["EditContext: is missing", "Representative: is missing"]
    );
}

#[test]
fn types_fit_when_they_promise_no_less() {
    for (from, to, expected) in [
        ("String", "String", true),
        ("String!", "String", true),
        ("String", "String!", false),
        ("[String!]!", "[String]", true),
        ("[String]!", "[String!]!", false),
        ("String", "ID", false),
        ("String", "[String]", false),
    ] {
        assert_eq!(fits(from, to), expected, "{from} {to}");
    }
}
