//! Answers: JSON written straight into a buffer, in the order of the document.

use serde::Serialize;
use serde_json::Value;

use super::Refusal;
use super::execute::{Answer, Graph, Level, Shape};
use super::plan::{Field, Plan};

/// The buffer a graph writes one field's value into.
#[derive(Default)]
pub struct Json {
    bytes: Vec<u8>,
}

impl Json {
    /// Writes anything that serialises, or `null` when it does not.
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        let start = self.bytes.len();
        if serde_json::to_writer(&mut self.bytes, value).is_err() {
            self.bytes.truncate(start);
            self.null();
        }
    }

    /// Writes `null`.
    pub fn null(&mut self) {
        self.bytes.extend_from_slice(b"null");
    }

    /// Writes a boolean.
    pub fn flag(&mut self, flag: bool) {
        self.bytes
            .extend_from_slice(if flag { b"true" } else { b"false" });
    }

    /// Writes a string.
    pub fn text(&mut self, text: &str) {
        self.value(text);
    }

    /// Writes a string or `null`.
    pub fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}

/// The whole response body. `errors` appears only when there are some: the client takes the
/// mere presence of the key for a failure.
pub(super) fn response<G: Graph>(graph: &G, plan: &Plan, answer: &Answer<G::Node>) -> Vec<u8> {
    let mut out = Json {
        bytes: Vec::with_capacity(4096),
    };
    out.raw(b"{");
    if !answer.failures.is_empty() {
        out.raw(b"\"errors\":[");
        for (index, failure) in answer.failures.iter().enumerate() {
            if index > 0 {
                out.raw(b",");
            }
            error(&mut out.bytes, &failure.refusal, &failure.path);
        }
        out.raw(b"],");
    }
    out.raw(b"\"data\":");
    match &answer.root {
        None => out.null(),
        Some(level) => {
            let writer = Writer { graph, answer };
            writer.node(&mut out, level, 0, &|_| &plan.fields);
        }
    }
    out.raw(b"}");
    out.bytes
}

/// One entry of `errors`.
pub(super) fn error(out: &mut Vec<u8>, refusal: &Refusal, path: &[String]) {
    let mut entry = serde_json::json!({
        "message": refusal.message,
        "name": refusal.code,
    });
    if let Value::Object(entry) = &mut entry {
        if !path.is_empty() {
            entry.insert("path".into(), path.into());
        }
        if !refusal.locations.is_empty() {
            let locations = refusal
                .locations
                .iter()
                .map(|(line, column)| serde_json::json!({"line": line, "column": column}));
            entry.insert("locations".into(), locations.collect());
        }
        let mut extensions = serde_json::Map::new();
        extensions.insert("code".into(), refusal.code.into());
        if !refusal.data.is_empty() {
            let data = refusal.data.iter();
            let data = data.map(|(key, value)| ((*key).to_owned(), value.clone()));
            extensions.insert("data".into(), Value::Object(data.collect()));
        }
        entry.insert("extensions".into(), Value::Object(extensions));
    }
    out.extend_from_slice(entry.to_string().as_bytes());
}

struct Writer<'w, G: Graph> {
    graph: &'w G,
    answer: &'w Answer<G::Node>,
}

impl<G: Graph> Writer<'_, G> {
    fn node<'p>(
        &self,
        out: &mut Json,
        level: &Level<G::Node>,
        position: usize,
        fields: &dyn Fn(&str) -> &'p [Field],
    ) {
        let (Some(node), Some(place)) = (level.nodes.get(position), level.places.get(position))
        else {
            return out.null();
        };
        let Some(branch) = level.branches.get(place.0 as usize) else {
            return out.null();
        };
        out.raw(b"{");
        for (index, field) in fields(&branch.type_name).iter().enumerate() {
            if index > 0 {
                out.raw(b",");
            }
            out.raw(&field.key);
            match field.name.as_str() {
                "__typename" => out.text(&branch.type_name),
                "__schema" | "__type" => {
                    out.value(
                        self.answer
                            .meta
                            .get(field.response.as_str())
                            .unwrap_or(&Value::Null),
                    );
                }
                _ => match branch.below.get(index).and_then(Option::as_ref) {
                    None => self.graph.write(node, field, out),
                    Some(below) => {
                        let shape = below.shapes.get(place.1 as usize).unwrap_or(&Shape::Null);
                        self.shape(out, shape, &below.level, field);
                    }
                },
            }
        }
        out.raw(b"}");
    }

    fn shape(&self, out: &mut Json, shape: &Shape, level: &Level<G::Node>, field: &Field) {
        let fields = |type_name: &str| field.fields(type_name);
        match shape {
            Shape::Null => out.null(),
            Shape::Leaf(value) => out.value(value),
            Shape::One(position) => self.node(out, level, *position, &fields),
            Shape::Many(start, end) => {
                out.raw(b"[");
                for position in *start..*end {
                    if position > *start {
                        out.raw(b",");
                    }
                    self.node(out, level, position, &fields);
                }
                out.raw(b"]");
            }
        }
    }
}
