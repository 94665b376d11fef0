//! How MISP says no.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::core::error::{Error, Result, Vendor};
use crate::core::operation::{Answer, Repeat};

/// Quirk: the status says little. A key that is refused is a 403 and not a 401, and 403 means four things more; a 200
/// may describe the API instead of doing what was asked (docs/wire/misp.md §3, §6).
pub(super) fn judge(answer: &Answer) -> Result<()> {
    let status = answer.status.as_u16();
    if answer.status.is_success() {
        return described(answer);
    }
    if status == 302 {
        // Quirk: what MISP takes for a browser without a session is sent to the sign-in page (docs/wire/misp.md §2).
        let mut vendor = Vendor::of(answer, "the platform asks for a sign-in");
        vendor.body.clear();
        return Err(Error::Unauthenticated(Box::new(vendor)));
    }
    if answer.status.is_redirection() {
        return Ok(());
    }
    if status == 429 || status >= 500 {
        return Err(failed(answer));
    }
    if answer.is_html() {
        return Err(Error::unexpected(
            answer,
            "the answer is a web page, not JSON: is there a gateway in between?",
        ));
    }
    let Ok(body) = answer.json::<Value>() else {
        return Err(Vendor::of(answer, "").by_status());
    };
    Err(refused(answer, &body))
}

/// A 500's text may hold SQL: it is kept in the body and not repeated.
fn failed(answer: &Answer) -> Error {
    let message = if answer.status.as_u16() == 429 {
        "too many requests"
    } else {
        "the platform failed"
    };
    Vendor::of(answer, message).by_status()
}

fn described(answer: &Answer) -> Result<()> {
    // Only what changes something is answered so, and lists are long: they are not read twice.
    if answer.facts.repeat == Repeat::Safe {
        return Ok(());
    }
    let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(&answer.body) else {
        return Ok(());
    };
    if !body.contains_key("mandatory_fields") {
        return Ok(());
    }
    let message = "nothing was done: the platform answered with a description of the call";
    Err(Error::Invalid(Box::new(Vendor::of(answer, message))))
}

fn refused(answer: &Answer, body: &Value) -> Error {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let message = text("message").or_else(|| text("name")).unwrap_or_default();
    let has = |part: &str| message.contains(part);
    let status = answer.status.as_u16();
    let mut vendor = Vendor::of(answer, message.clone());
    let errors = body.get("errors");
    vendor.fields = errors.map(fields).unwrap_or_default();
    let exists = vendor
        .fields
        .values()
        .flatten()
        .any(|text| text.contains("already exists"));
    let vendor = Box::new(vendor);
    match status {
        // Quirk: an address outside a key's list is refused at any call, as a wrong key is (docs/wire/misp.md §6).
        401 | 403 if has("Authentication failed") || has("use this Auth key from your IP") => {
            Error::Unauthenticated(vendor)
        }
        403 if has("You do not have permission") => Error::Forbidden(vendor),
        403 if exists => Error::Conflict(vendor),
        // Quirk: an organisation that is in use is refused with an empty list of errors, a role with a sentence
        // (docs/wire/misp.md §5).
        403 if errors.is_some() && answer.facts.id == "delete_organisation" => {
            Error::Conflict(vendor)
        }
        403 if errors.is_some() => Error::Invalid(vendor),
        405 if has("privileges") || has("permission") => Error::Forbidden(vendor),
        _ => (*vendor).by_status(),
    }
}

/// `errors` is a map of lists or of texts, a list of texts, or one text.
fn fields(errors: &Value) -> BTreeMap<String, Vec<String>> {
    fn texts(value: &Value) -> Vec<String> {
        match value {
            Value::String(text) => vec![text.clone()],
            Value::Array(items) => items.iter().flat_map(texts).collect(),
            Value::Object(members) => members.values().flat_map(texts).collect(),
            Value::Null => Vec::new(),
            other => vec![other.to_string()],
        }
    }
    match errors {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), texts(value)))
            .collect(),
        other => {
            let texts = texts(other);
            if texts.is_empty() {
                BTreeMap::new()
            } else {
                BTreeMap::from([(String::new(), texts)])
            }
        }
    }
}
