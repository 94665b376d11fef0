//! What was perhaps meant by a name that the schema does not have: the rule of the reference
//! implementation, so that its sentences are whole.

use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Schema};

/// Names suggested at most.
const MOST: usize = 5;
/// Bytes of a name that others are compared with, at most.
const LONGEST: usize = 100;

/// The end of a complaint about an unknown name, by the kind of complaint and the names in it.
pub(super) fn after(schema: &Schema, kind: &str, names: &[&str]) -> String {
    match (kind, names) {
        ("UndefinedField", [field, type_name]) => of_field(schema, field, type_name),
        ("UndefinedArgument", [argument, coordinate]) => {
            let field = coordinate.split_once('.');
            let field = field.and_then(|(of, field)| schema.type_field(of, field).ok());
            let known = field.iter().flat_map(|field| &field.arguments);
            did_you_mean(similar(
                argument,
                known.map(|argument| argument.name.as_str()),
            ))
        }
        (
            "UndefinedDefinition"
            | "UndefinedTypeInNamedFragmentTypeCondition"
            | "UndefinedTypeInInlineFragmentTypeCondition",
            [name],
        ) => did_you_mean(similar(name, schema.types.keys().map(Name::as_str))),
        _ => String::new(),
    }
}

fn of_field(schema: &Schema, field: &str, type_name: &str) -> String {
    let own = match schema.types.get(type_name) {
        Some(ExtendedType::Object(object)) => &object.fields,
        Some(ExtendedType::Interface(interface)) => {
            let objects = schema.types.values().filter_map(|it| it.as_object());
            let implementers = objects.filter(|object| {
                object.implements_interfaces.contains(type_name)
                    && object.fields.contains_key(field)
            });
            let mut having: Vec<&str> = implementers.map(|object| object.name.as_str()).collect();
            if !having.is_empty() {
                having.sort_unstable();
                let named = alternatives(&having);
                return format!(" Did you mean to use an inline fragment on {named}?");
            }
            &interface.fields
        }
        _ => return String::new(),
    };
    did_you_mean(similar(field, own.keys().map(Name::as_str)))
}

fn did_you_mean(names: Vec<&str>) -> String {
    match names.is_empty() {
        true => String::new(),
        false => format!(" Did you mean {}?", alternatives(&names)),
    }
}

fn alternatives(names: &[&str]) -> String {
    let quoted: Vec<String> = names
        .iter()
        .take(MOST)
        .map(|name| format!("\"{name}\""))
        .collect();
    match &*quoted {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} or {other}"),
        [several @ .., last] => format!("{}, or {last}", several.join(", ")),
    }
}

/// The known names that are near a given one, the nearest first.
fn similar<'n>(given: &str, known: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    if given.len() > LONGEST {
        return Vec::new();
    }
    let threshold = given.chars().count() * 2 / 5 + 1;
    let near = known.filter_map(|name| {
        let distance = distance(given, name);
        (distance <= threshold).then_some((distance, name))
    });
    let mut near: Vec<(usize, &str)> = near.collect();
    near.sort_unstable();
    near.into_iter().map(|(_, name)| name).collect()
}

/// How many letters have to be put in, taken out, replaced or swapped; another case counts as one.
fn distance(one: &str, other: &str) -> usize {
    if one == other {
        return 0;
    }
    let (one, other) = (one.to_lowercase(), other.to_lowercase());
    if one == other {
        return 1;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, wanted) in other.iter().enumerate() {
            let replaced = last[j] + usize::from(letter != wanted);
            let mut cost = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && *letter == other[j - 1] && one[i - 1] == *wanted;
            if swapped {
                cost = cost.min(before_last[j - 1] + 1);
            }
            row.push(cost);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted() {
        for (one, other, expected) in [
            ("name", "name", 0),
            ("Name", "name", 1),
            ("nmae", "name", 1),
            ("nam", "name", 1),
            ("namex", "name", 1),
            ("nqme", "name", 1),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn alternatives_are_listed() {
        assert_eq!(alternatives(&["a"]), "\"a\"");
        assert_eq!(alternatives(&["a", "b"]), "\"a\" or \"b\"");
        assert_eq!(alternatives(&["a", "b", "c"]), "\"a\", \"b\", or \"c\"");
        let known = ["first", "last", "tags", "order", "like"];
        assert_eq!(similar("frist", known.into_iter()), ["first", "last"]);
        assert_eq!(similar("nothing", known.into_iter()), [""; 0]);
    }
}
