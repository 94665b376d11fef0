//! What the vendors' own clients of Falcon and Civis were recorded to send, and what this library sends for it.
//!
//! A recorded request and one of ours are equal when method, path, query and body are, by the rules of `Rules`. Each recorded
//! request is equal to one of ours, or is one of the deliberate differences, which have a reason. The credential's header is
//! tested where the client is.

mod civis;
mod falcon;

use std::collections::BTreeSet;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value};
use usher_platforms::{Operation, Result};

/// What counts as equal on a platform, beside what is.
struct Rules {
    /// A member that is `null` is one that is absent.
    null_is_absent: bool,
    /// An empty object as a body is none.
    empty_body_is_none: fn(&str) -> bool,
}

#[derive(Deserialize)]
struct Recorded {
    calls: Vec<String>,
    method: String,
    path: String,
    query: Vec<(String, String)>,
    body: Value,
}

/// A request as it is compared.
#[derive(Clone, Debug, PartialEq)]
struct Normal {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    body: Value,
}

fn normal(
    method: &str,
    path: &str,
    query: Vec<(String, String)>,
    mut body: Value,
    rules: &Rules,
) -> Normal {
    if rules.null_is_absent
        && let Value::Object(members) = &mut body
    {
        members.retain(|_, value| !value.is_null());
    }
    if body == Value::Object(Map::new()) && (rules.empty_body_is_none)(method) {
        body = Value::Null;
    }
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(decoded)
        .collect();
    let mut query: Vec<_> = query
        .into_iter()
        .map(|(name, value)| match value.as_str() {
            // Python writes truths with a capital.
            "True" | "False" => (name, value.to_lowercase()),
            _ => (name, value),
        })
        .collect();
    query.sort();
    Normal {
        method: method.to_owned(),
        path: segments.join("/"),
        query,
        body,
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    let pairs = parts.map(|part| part.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

impl Recorded {
    fn normal(&self, rules: &Rules) -> Normal {
        let query = self.query.clone();
        normal(&self.method, &self.path, query, self.body.clone(), rules)
    }
}

/// One of our requests, with the operation's id.
type Ours = (&'static str, http::Request<Bytes>);

fn ours<T>(operation: Result<Operation<T>>) -> Ours {
    let operation = operation.unwrap();
    (operation.id(), operation.request().clone())
}

fn our_normal(request: &http::Request<Bytes>, rules: &Rules) -> Normal {
    let kind = request.headers().get("content-type");
    let kind = kind.map(|kind| kind.to_str().unwrap());
    let body = match kind {
        Some("application/json") => serde_json::from_slice(request.body()).unwrap(),
        Some("application/x-www-form-urlencoded") => {
            let form = pairs(std::str::from_utf8(request.body()).unwrap());
            form.into_iter()
                .map(|(name, value)| (name, Value::String(value)))
                .collect::<Map<_, _>>()
                .into()
        }
        None => {
            assert!(request.body().is_empty(), "a body without its type");
            Value::Null
        }
        other => panic!("{other:?}"),
    };
    let query = pairs(request.uri().query().unwrap_or_default());
    normal(
        request.method().as_str(),
        request.uri().path(),
        query,
        body,
        rules,
    )
}

/// Compares, and gives the ids of our operations that were recorded.
///
/// A difference is named by how the recorded call begins. One that does not differ any more, or was not recorded, fails.
fn compare(
    recorded: &str,
    rules: &Rules,
    ours: &[Ours],
    differences: &[(&str, &str)],
) -> BTreeSet<&'static str> {
    let recorded: Vec<Recorded> = serde_json::from_str(recorded).unwrap();
    let ours: Vec<(&'static str, Normal)> = ours
        .iter()
        .map(|(id, request)| (*id, our_normal(request, rules)))
        .collect();
    let mut met = BTreeSet::new();
    let mut differing = BTreeSet::new();
    let mut failures = Vec::new();
    for row in &recorded {
        let theirs = row.normal(rules);
        let equal = ours.iter().find(|(_, ours)| *ours == theirs);
        let difference = differences
            .iter()
            .find(|(call, _)| row.calls.iter().any(|it| it.starts_with(call)));
        match (equal, difference) {
            (Some((id, _)), None) => {
                met.insert(*id);
            }
            (None, Some((call, _))) => {
                differing.insert(*call);
            }
            (Some((id, _)), Some((call, _))) => {
                failures.push(format!("{call} does not differ from {id} any more"));
            }
            (None, None) => failures.push(format!("{}: {theirs:?}", row.calls[0])),
        }
    }
    for (call, _) in differences {
        if !differing.contains(call) {
            failures.push(format!("{call} was not recorded"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    met
}
