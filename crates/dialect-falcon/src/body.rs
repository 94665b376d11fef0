//! JSON bodies: read once their caller may do the operation at all.
//!
//! Members that are not known are left alone, as the vendor does; null, an empty text and absence are
//! the same (falcon.md §1).

use axum::extract::{FromRequest as _, Request};
use directory::{Fault, Operation};
use kit::{Authenticated, JsonBody, RequestError};
use serde_json::{Map, Value};

use super::errors::refused;
use super::parameters::{MOST_IDS, distinct};

/// The longest text accepted anywhere; columns of the directory have narrower limits of their own.
const LONGEST: usize = 10_000;

/// The body of a request, once its caller may do the operation at all.
pub async fn document(
    request: &Authenticated,
    operation: Operation,
    raw: Request,
) -> Result<Value, RequestError> {
    request.admit(operation)?;
    let JsonBody(body) = JsonBody::from_request(raw, request.state()).await?;
    Ok(body)
}

/// One JSON object of a request, read member by member.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The object that a value is.
    pub fn of(value: &'a Value) -> Result<Self, Fault> {
        match value {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(refused("a JSON object was expected")),
        }
    }

    /// A text under the first of these names that has one.
    pub fn text(self, names: &[&'static str]) -> Result<Option<String>, Fault> {
        for name in names {
            match self.0.get(*name) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) if text.trim().is_empty() => {}
                Some(Value::String(text)) if text.chars().count() > LONGEST => {
                    return Err(refused(format!("{name} is too long")));
                }
                Some(Value::String(text)) => return Ok(Some(text.clone())),
                Some(_) => return Err(refused(format!("{name} must be a text"))),
            }
        }
        Ok(None)
    }

    /// A text that must be there.
    pub fn needed(self, name: &'static str) -> Result<String, Fault> {
        self.text(&[name])?
            .ok_or_else(|| refused(format!("{name} must be provided")))
    }

    /// A list of texts, each once and in order; empty when absent.
    pub fn texts(self, name: &'static str) -> Result<Vec<String>, Fault> {
        let wrong = || refused(format!("{name} must be a list of texts"));
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) if items.len() > MOST_IDS => Err(refused(format!(
                "{name} may have {MOST_IDS} entries at most"
            ))),
            Some(Value::Array(items)) => {
                let texts = items
                    .iter()
                    .map(|item| item.as_str().map(|text| text.trim().to_owned()));
                let texts = texts.collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
                distinct(name, texts.into_iter().filter(|text| !text.is_empty()))
            }
            Some(_) => Err(wrong()),
        }
    }

    /// A list of texts with at least one of them.
    pub fn needed_texts(self, name: &'static str) -> Result<Vec<String>, Fault> {
        let texts = self.texts(name)?;
        if texts.is_empty() {
            return Err(refused(format!("{name} must be provided")));
        }
        Ok(texts)
    }

    /// An object.
    pub fn object(self, name: &'static str) -> Result<Fields<'a>, Fault> {
        match self.0.get(name) {
            Some(value @ Value::Object(_)) => Fields::of(value),
            None | Some(Value::Null) => Err(refused(format!("{name} must be provided"))),
            Some(_) => Err(refused(format!("{name} must be an object"))),
        }
    }

    /// A list of objects with at least one of them.
    pub fn objects(self, name: &'static str, most: usize) -> Result<Vec<Fields<'a>>, Fault> {
        match self.0.get(name) {
            Some(value @ Value::Array(_)) => objects(value, name, most),
            None | Some(Value::Null) => Err(refused(format!("{name} must be provided"))),
            Some(_) => Err(refused(format!("{name} must be a list of objects"))),
        }
    }

    /// A whole number within bounds.
    pub fn number(self, name: &'static str, default: u32, largest: u32) -> Result<u32, Fault> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => value
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .filter(|number| (1..=largest).contains(number))
                .ok_or_else(|| refused(format!("{name} must be a number from 1 to {largest}"))),
        }
    }
}

/// The objects of a list, at least one and not too many.
pub fn objects<'a>(value: &'a Value, name: &str, most: usize) -> Result<Vec<Fields<'a>>, Fault> {
    match value {
        Value::Array(items) if items.is_empty() => Err(refused(format!("{name} must be provided"))),
        Value::Array(items) if items.len() > most => {
            Err(refused(format!("{name} may have {most} entries at most")))
        }
        Value::Array(items) => items.iter().map(Fields::of).collect(),
        _ => Err(refused(format!("{name} must be a list of objects"))),
    }
}
