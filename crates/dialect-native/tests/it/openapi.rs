//! Holds answers to the API's own description.

use std::sync::OnceLock;

use dialect_native::DIALECT;
use serde_json::Value;

use super::owner;
use crate::world;
use test_support::Reply;

/// The description as it is served, fetched once.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        // On a thread of its own: the caller is inside a runtime already.
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let world = world().await;
                world.get("/api/v1/openapi.json").send().await.json()
            })
        })
        .join()
        .unwrap()
    })
}

/// Whether a value is what a schema says; where it is not, and why.
fn fits(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let wrong = |why: String| Err(format!("{at}: {why}: {value}"));
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        let schema = &document()["components"]["schemas"][name];
        assert!(!schema.is_null(), "no schema {name}");
        return fits(schema, value, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let tried: Vec<_> = any.iter().map(|schema| fits(schema, value, at)).collect();
        return if tried.iter().any(Result::is_ok) {
            Ok(())
        } else {
            wrong(format!("{tried:?}"))
        };
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return wrong(format!("not one of {words:?}"));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.contains(&kind) {
        return wrong(format!("not {types:?}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        fits(&schema["items"], item, &format!("{at}[{index}]"))?;
    }
    if let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    {
        for (name, field) in fields {
            match properties.get(name) {
                Some(schema) => fits(schema, field, &format!("{at}.{name}"))?,
                None => return wrong(format!("has no {name}")),
            }
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(name.as_str().unwrap()) {
                return wrong(format!("lacks {name}"));
            }
        }
    }
    Ok(())
}

/// Checks an answer against what the description says of its route.
pub fn check(document: &Value, method: &str, target: &str, reply: &Reply) {
    let path = target.split('?').next().unwrap();
    let words: Vec<&str> = path.split('/').collect();
    let found = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .find(|(pattern, operations)| {
            let pattern: Vec<&str> = pattern.split('/').collect();
            let alike = |(word, part): (&&str, &&str)| part.starts_with('{') || word == part;
            operations.get(method.to_ascii_lowercase()).is_some()
                && pattern.len() == words.len()
                && words.iter().zip(&pattern).all(alike)
                && (pattern.contains(&"batch") || !words.contains(&"batch"))
        });
    let Some((pattern, operations)) = found else {
        return;
    };
    let responses = &operations[method.to_ascii_lowercase()]["responses"];
    let stated = if reply.status < 500 {
        reply.status.to_string()
    } else {
        "default".to_owned()
    };
    let response = match responses.get(&stated) {
        Some(response) => response,
        None => panic!(
            "{method} {pattern}: {} is not described: {reply:?}",
            reply.status
        ),
    };
    let Some((_, content)) = response["content"]
        .as_object()
        .and_then(|content| content.iter().next())
    else {
        assert!(reply.text.is_empty(), "{method} {pattern}: {reply:?}");
        return;
    };
    if let Err(why) = fits(&content["schema"], &reply.json(), "body") {
        panic!("{method} {pattern}: {why}");
    }
}

#[tokio::test]
async fn the_description_names_every_route_and_every_schema_it_speaks_of() {
    let world = world().await;
    let shown = world.get("/api/v1/openapi.json").send().await;
    assert_eq!(shown.status, 200);
    let document = shown.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut identifiers: Vec<&str> = Vec::new();
    for route in DIALECT.routes {
        let operation = &document["paths"][route.path][route.method.to_ascii_lowercase()];
        assert!(operation["summary"].is_string(), "{route:?}");
        identifiers.push(operation["operationId"].as_str().unwrap());
        let segments = route.path.matches('{').count();
        let stated = operation["parameters"].as_array().unwrap();
        assert_eq!(
            stated.iter().filter(|one| one["in"] == "path").count(),
            segments,
            "{route:?}"
        );
    }
    let count = identifiers.len();
    identifiers.sort_unstable();
    identifiers.dedup();
    assert_eq!(identifiers.len(), count, "operation ids are unique");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut spoken_of: Vec<String> = Vec::new();
    references(&document, &mut spoken_of);
    for name in &spoken_of {
        assert!(schemas.contains_key(name), "{name} is missing");
    }
    for name in schemas.keys() {
        assert!(spoken_of.contains(name), "{name} is not used");
    }
    let index = owner(&world, "GET", "/", Value::Null).await;
    assert_eq!(
        index.json()["description"],
        "http://usher.example/api/v1/openapi.json"
    );
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(name)) = fields.get("$ref") {
                found.push(name.rsplit('/').next().unwrap().to_owned());
            }
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}
