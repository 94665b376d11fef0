//! Examples of bodies and answers, made from their schemas.

use directory::ProfileAttribute;
use serde_json::{Map, Value, json};

/// How deep an example is written.
const DEPTH: usize = 6;

/// An example of what a schema describes.
pub fn example(schema: &Value, schemas: &Value) -> Value {
    write("", schema, schemas, 0)
}

fn write(name: &str, schema: &Value, schemas: &Value, depth: usize) -> Value {
    if depth > DEPTH {
        return Value::Null;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference.rsplit('/').next().unwrap_or_default();
        if target == "Reference" {
            return referred_to(name);
        }
        return write(name, &schemas[target], schemas, depth + 1);
    }
    if let Some(given) = schema.get("example") {
        return given.clone();
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    // Beside members of its own, alternatives say which of these there must be.
    if schema.get("properties").is_none()
        && let Some(first) = schema["anyOf"].get(0).or_else(|| schema["allOf"].get(0))
    {
        return write(name, first, schemas, depth + 1);
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or("null"),
        _ => "object",
    };
    match kind {
        "object" => {
            let mut example = Map::new();
            for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                let written = write(name, schema, schemas, depth + 1);
                example.insert(name.clone(), written);
            }
            Value::Object(example)
        }
        "array" => match text_of(name, "") {
            Value::Array(items) => Value::Array(items),
            _ => json!([write(name, &schema["items"], schemas, depth + 1)]),
        },
        "integer" => json!(1),
        "number" => json!(1.5),
        "boolean" => json!(true),
        "string" => text_of(name, schema["format"].as_str().unwrap_or_default()),
        _ => Value::Null,
    }
}

/// What a member that names another entity may hold.
fn referred_to(name: &str) -> Value {
    match name {
        "role" | "roles" => json!("usher:auditor"),
        "home" | "organisation" | "organisations" | "parent" => json!("Example"),
        "user" | "to" => json!("ada@example.org"),
        _ => json!(1),
    }
}

/// A text as a member of that name holds it.
fn text_of(name: &str, format: &str) -> Value {
    match (name, format) {
        (_, "uuid") => json!("0190a5b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"),
        (_, "date-time") => json!("2030-01-31T12:00:00Z"),
        ("email" | "login" | "pending_email" | "actor_name", _) => json!("ada@example.org"),
        ("given_name", _) => json!("Ada"),
        ("family_name", _) => json!("Lovelace"),
        ("display_name", _) => json!("Ada Lovelace"),
        ("password" | "current_password", _) => json!("Cobalt-Lantern-73!"),
        ("code", _) => json!("123456"),
        ("slug" | "word", _) => json!("auditor"),
        ("domains", _) => json!(["example.org"]),
        ("addresses" | "seen_addresses", _) => json!(["192.0.2.0/24"]),
        ("address" | "last_address", _) => json!("192.0.2.7"),
        ("methods", _) => json!(["GET"]),
        ("pattern", _) => json!("/users"),
        ("platform" | "origin", _) => json!("usher"),
        ("subject", _) => json!("Maintenance on Friday"),
        ("body", _) => json!("The directory is read-only from 18:00 to 19:00."),
        ("next" | "previous", _) => Value::Null,
        ("verb", _) => json!("user.updated"),
        ("entity", _) => json!("user"),
        (name, _) => {
            json!(ProfileAttribute::named(name).map_or("text", ProfileAttribute::example))
        }
    }
}
