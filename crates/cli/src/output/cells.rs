//! One member as a text.

use serde_json::{Map, Value};

/// The text of a member; a dotted name is a member of a member. Empty where there is none.
pub fn cell(item: &Value, name: &str) -> String {
    found(item, name).map(text).unwrap_or_default()
}

fn found<'v>(item: &'v Value, name: &str) -> Option<&'v Value> {
    if let Some(value) = item.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    found(item.get(first)?, rest)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        Value::Object(members) => described(members),
    }
}

/// What stands for something else is shown by its name: a role as `platform:word`, a path by its kind, an
/// entity by its name, a problem by its detail.
fn described(members: &Map<String, Value>) -> String {
    let word = |name: &str| members.get(name).and_then(Value::as_str);
    if let (Some(platform), Some(word)) = (word("platform"), word("word")) {
        return format!("{platform}:{word}");
    }
    if let (Some(word), Some(reach)) = (word("word"), members.get("reach")) {
        return format!("{word}@{}", text(reach));
    }
    if let Some(detail) = word("detail") {
        return detail.to_owned();
    }
    if let Some(name) = word("name") {
        return name.to_owned();
    }
    if let Some(kind) = word("kind") {
        return match members.get(kind) {
            Some(which) => format!("{kind} {}", text(which)),
            None => kind.to_owned(),
        };
    }
    Value::Object(members.clone()).to_string()
}
