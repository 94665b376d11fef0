//! Every answer is what the specification says: the members it names, in its order, of its types.

use serde_json::Value;
use test_support::{Reply, World};

use super::owner;

/// The specification as the client downloads it.
pub struct Specification(Value);

impl Specification {
    pub async fn of(world: &World) -> Self {
        Self(owner(world, "GET", "endpoints").await.json())
    }

    /// The operation that a request asks for.
    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let path = path.trim_matches('/');
        let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let fits = |template: &str| {
            let parts: Vec<&str> = template
                .split('/')
                .filter(|part| !part.is_empty())
                .collect();
            parts.len() == segments.len()
                && parts
                    .iter()
                    .zip(&segments)
                    .all(|(part, sent)| part.starts_with('{') || part == sent)
        };
        let paths = self.0["paths"].as_object().unwrap();
        // A path without parameters goes before one with them.
        let mut found: Vec<_> = paths
            .iter()
            .filter(|(template, item)| {
                fits(template) && item.get(method.to_ascii_lowercase()).is_some()
            })
            .collect();
        found.sort_by_key(|(template, _)| template.matches('{').count());
        found
            .first()
            .map(|(_, item)| &item[method.to_ascii_lowercase()])
    }

    /// Holds a success against its operation.
    pub fn check(&self, method: &str, path: &str, reply: &Reply) {
        let what = format!("{method} {path}");
        let operation = self
            .operation(method, path)
            .unwrap_or_else(|| panic!("{what}"));
        let (status, response) = operation["responses"]
            .as_object()
            .unwrap()
            .iter()
            .next()
            .unwrap();
        assert_eq!(*status, reply.status.to_string(), "{what}: {reply:?}");
        match response.get("schema") {
            None if status == "204" => assert_eq!(reply.text, "", "{what}"),
            None => {}
            Some(schema) => self.conforms(schema, &reply.json(), &what),
        }
    }

    fn conforms(&self, schema: &Value, value: &Value, what: &str) {
        if let Some(target) = schema["$ref"].as_str() {
            let definition = self.0.pointer(target.trim_start_matches('#')).unwrap();
            if value.is_null() && schema["x-nullable"] == true {
                return;
            }
            return self.conforms(definition, value, what);
        }
        if value.is_null() {
            assert_eq!(schema["x-nullable"], true, "{what} is null");
            return;
        }
        match schema["type"].as_str().unwrap() {
            "string" => {
                let text = value.as_str().unwrap_or_else(|| panic!("{what}: {value}"));
                if schema["format"].is_string() {
                    let parts: Vec<usize> = [4, 7, 10, 13, 16, 19, 23].to_vec();
                    let marks: String = parts
                        .iter()
                        .filter_map(|place| text.chars().nth(*place))
                        .collect();
                    assert_eq!(
                        (text.len(), marks.as_str()),
                        (24, "--T::.Z"),
                        "{what}: {text}"
                    );
                }
            }
            "integer" => assert!(value.is_i64(), "{what}: {value}"),
            "boolean" => assert!(value.is_boolean(), "{what}: {value}"),
            "array" => {
                for item in value
                    .as_array()
                    .unwrap_or_else(|| panic!("{what}: {value}"))
                {
                    self.conforms(&schema["items"], item, what);
                }
            }
            "object" => {
                let members = value
                    .as_object()
                    .unwrap_or_else(|| panic!("{what}: {value}"));
                let Some(properties) = schema["properties"].as_object() else {
                    return;
                };
                let sent: Vec<&String> = members.keys().collect();
                let wanted: Vec<&String> = properties.keys().collect();
                assert_eq!(sent, wanted, "{what}");
                for (name, property) in properties {
                    self.conforms(property, &members[name], &format!("{what} {name}"));
                }
            }
            other => panic!("{what}: {other}"),
        }
    }
}
