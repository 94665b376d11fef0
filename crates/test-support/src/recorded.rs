//! Recordings of what real clients sent.

use serde_json::{Map, Value};

/// One request that a real client was seen to send.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub call: String,
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    pub status: Option<u16>,
    pub response: Option<Value>,
}

/// The requests of a recording, as `tests/fixtures/NAME.requests.json` holds it, that went over the
/// wire.
pub fn recorded(recording: &str) -> Vec<Recorded> {
    let entries: Vec<Map<String, Value>> = serde_json::from_str(recording).unwrap();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    entries
        .iter()
        .filter(|entry| entry.get("method").is_some_and(Value::is_string))
        .map(|entry| Recorded {
            call: text(&entry["call"]),
            method: text(&entry["method"]),
            path: text(&entry["path"]),
            query: query(entry.get("query").unwrap_or(&Value::Null)),
            headers: entry
                .get("headers")
                .and_then(Value::as_object)
                .map(|headers| {
                    headers
                        .iter()
                        .map(|(name, value)| (name.clone(), text(value)))
                        .collect()
                })
                .unwrap_or_default(),
            body: entry.get("body").cloned().unwrap_or(Value::Null),
            status: entry
                .get("status")
                .and_then(Value::as_u64)
                .map(|status| u16::try_from(status).unwrap()),
            response: entry.get("response").cloned(),
        })
        .collect()
}

/// Recordings state queries as text, as a map or as pairs.
fn query(recorded: &Value) -> String {
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pair = |name: &str, value: &Value| match value {
        Value::String(value) => format!("{}={}", encoded(name), encoded(value)),
        other => format!("{}={}", encoded(name), encoded(&other.to_string())),
    };
    let parts: Vec<String> = match recorded {
        Value::String(text) => return text.clone(),
        Value::Object(map) => map
            .iter()
            .flat_map(|(name, value)| match value {
                Value::Array(values) => values.iter().map(|value| pair(name, value)).collect(),
                value => vec![pair(name, value)],
            })
            .collect(),
        Value::Array(pairs) => pairs
            .iter()
            .filter_map(|one| Some(pair(one.get(0)?.as_str()?, one.get(1)?)))
            .collect(),
        _ => Vec::new(),
    };
    parts.join("&")
}
