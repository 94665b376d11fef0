//! Reading what platforms write in more than one way: numbers as texts, truths as numbers, absent members.

use std::fmt;
use std::ops::Deref;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::core::mask;

/// Members of an answer that this library does not know. `Debug` masks those that hold secrets.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Other(Map<String, Value>);

impl Deref for Other {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl fmt::Debug for Other {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = Value::Object(self.0.clone());
        mask::mask(&mut shown);
        write!(formatter, "{shown}")
    }
}

/// A whole number, also as text. Absent, `null` and empty are `None`.
pub(crate) fn maybe_integer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Number(number) => number
            .as_i64()
            .map(Some)
            .ok_or_else(|| D::Error::custom("a whole number was expected")),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| D::Error::custom("a whole number was expected")),
        Value::Bool(truth) => Ok(Some(i64::from(truth))),
        _ => Err(D::Error::custom("a whole number was expected")),
    }
}

/// A whole number that must be there.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    maybe_integer(deserializer)?.ok_or_else(|| D::Error::custom("a whole number was expected"))
}

/// A truth: `true`, `1`, `"1"`, `"true"`; absent, `null` and empty are false.
pub(crate) fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(false),
        Value::Bool(truth) => Ok(truth),
        Value::Number(number) => Ok(number.as_f64() != Some(0.0)),
        Value::String(text) => match text.as_str() {
            "" | "0" | "false" => Ok(false),
            "1" | "true" => Ok(true),
            _ => Err(D::Error::custom("yes or no was expected")),
        },
        _ => Err(D::Error::custom("yes or no was expected")),
    }
}

/// A text, also when it is written as a number; absent and `null` are empty.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(maybe_text(deserializer)?.unwrap_or_default())
}

/// A text, or `None` for absent, `null` and empty ones.
pub(crate) fn maybe_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(truth) => Ok(Some(truth.to_string())),
        _ => Err(D::Error::custom("a text was expected")),
    }
}

/// A moment as RFC 3339 writes it. Absent, `null` and empty are `None`; any other text is an error, since a moment that is
/// not known must not pass for one that never was.
pub(crate) fn maybe_moment<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    maybe_text(deserializer)?
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| D::Error::custom("a moment was expected"))
}

/// A list; absent and `null` are empty, and so is the empty text that one platform writes.
pub(crate) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

/// A map that PHP writes as `[]` when it is empty.
pub(crate) fn map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Object(members) => Ok(members),
        Value::Null => Ok(Map::new()),
        Value::Array(items) if items.is_empty() => Ok(Map::new()),
        _ => Err(D::Error::custom("an object was expected")),
    }
}
