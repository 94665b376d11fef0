//! Schemas derived from types, in the words that the other schemas of the description use.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Makes schemas that refer to each other as those of the description do.
pub fn generator(settings: SchemaSettings) -> SchemaGenerator {
    let settings = settings.with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    settings.into_generator()
}

/// Says what a derived schema leaves open, in the words that the other schemas use: an object has no further members, words are
/// one enumeration, and a number has no size.
pub fn tighten(schema: &mut Value) {
    let Value::Object(members) = schema else {
        return;
    };
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        properties.values_mut().for_each(tighten);
        if !members.contains_key("additionalProperties") {
            members.insert("additionalProperties".to_owned(), false.into());
        }
    }
    for word in ["items", "additionalProperties"] {
        if let Some(inner) = members.get_mut(word) {
            tighten(inner);
        }
    }
    if let Some(Value::String(text)) = members.get_mut("description") {
        // What links to a type in the code is its name alone elsewhere.
        *text = text.replace("[`", "`").replace("`]", "`");
    }
    let sized = |format: &str| format.starts_with("int") || format.starts_with("uint");
    let format = members.get("format").and_then(Value::as_str);
    if format.is_some_and(sized) {
        members.shift_remove("format");
    }
    if let Some(word) = members.shift_remove("const") {
        members.insert("enum".to_owned(), json!([word]));
    }
    for kind in ["oneOf", "anyOf"] {
        if let Some(Value::Array(mut several)) = members.shift_remove(kind) {
            several.iter_mut().for_each(tighten);
            join(members, several);
        }
    }
}

/// Puts alternatives into a schema, words first and as one enumeration.
fn join(members: &mut Map<String, Value>, several: Vec<Value>) {
    let (words, mut others): (Vec<Value>, Vec<Value>) = several
        .into_iter()
        .partition(|one| one["type"] == "string" && one["enum"].is_array());
    let words: Vec<Value> = words
        .iter()
        .filter_map(|one| one["enum"].as_array())
        .flatten()
        .cloned()
        .collect();
    if words.is_empty() {
        members.insert("anyOf".to_owned(), others.into());
        return;
    }
    let null = json!({ "type": "null" });
    let (kind, also) = match others.as_slice() {
        [] => (json!("string"), None),
        [one] if *one == null => (json!(["string", "null"]), Some(Value::Null)),
        _ => {
            others.insert(0, json!({ "type": "string", "enum": words }));
            members.insert("anyOf".to_owned(), others.into());
            return;
        }
    };
    members.insert("type".to_owned(), kind);
    // A member may take fewer words than its type has.
    members
        .entry("enum")
        .or_insert_with(|| words.into_iter().chain(also).collect());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tightened(mut schema: Value) -> Value {
        tighten(&mut schema);
        schema
    }

    #[test]
    fn derived_schemas_are_tightened() {
        let words = json!([
            { "type": "string", "const": "one", "description": "The first." },
            { "type": "string", "const": "two" },
        ]);
        let table = [
            (
                json!({ "type": "object", "properties": { "number": { "type": "integer", "format": "int64" } } }),
                json!({ "type": "object", "properties": { "number": { "type": "integer" } }, "additionalProperties": false }),
            ),
            (
                json!({ "type": "string", "description": "It is [`Other`]." }),
                json!({ "type": "string", "description": "It is `Other`." }),
            ),
            (
                json!({ "oneOf": words }),
                json!({ "type": "string", "enum": ["one", "two"] }),
            ),
            (
                json!({ "enum": ["two"], "oneOf": words }),
                json!({ "enum": ["two"], "type": "string" }),
            ),
            (
                json!({ "anyOf": [{ "oneOf": words }, { "type": "null" }] }),
                json!({ "type": ["string", "null"], "enum": ["one", "two", null] }),
            ),
            (
                json!({ "oneOf": [{ "type": "string", "const": "one" }, { "$ref": "#/components/schemas/Other" }] }),
                json!({ "anyOf": [{ "type": "string", "enum": ["one"] }, { "$ref": "#/components/schemas/Other" }] }),
            ),
            (
                json!({ "type": "array", "items": { "properties": { "kind": { "const": "one" } } } }),
                json!({ "type": "array", "items": {
                    "properties": { "kind": { "enum": ["one"] } }, "additionalProperties": false,
                } }),
            ),
        ];
        for (derived, expected) in table {
            assert_eq!(tightened(derived.clone()), expected, "{derived}");
        }
    }
}
