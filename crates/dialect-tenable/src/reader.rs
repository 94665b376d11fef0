//! Reads the vendor's closed bodies: every key must be known, every value of its type. A body is read
//! whole before anything is done with it.

use directory::Fault;
use kit::fields::{MOST_ITEMS, Policy, whole_number};
use serde_json::Value;

/// The longest text accepted anywhere; columns of the directory have narrower limits of their own.
pub const LONGEST: usize = 10_000;
/// The longest list of numbers.
pub const MOST: usize = MOST_ITEMS;

/// One JSON object of a request, read key by key, with the vendor's words for what is wrong.
#[derive(Debug)]
pub struct Fields(kit::fields::Fields);

impl Fields {
    /// An object that has no other keys than these.
    pub fn closed(value: &Value, keys: &[&str]) -> Result<Self, Fault> {
        let fields = kit::fields::Fields::of(value.clone(), Policy::Patch)
            .map_err(|_| Fault::invalid("body", "must be a JSON object"))?;
        fields.only(keys).map_err(|_| {
            let why = match keys {
                [] => "must be an empty object".to_owned(),
                keys => format!("may have only the keys {}", keys.join(", ")),
            };
            Fault::invalid("body", why)
        })?;
        Ok(Self(fields))
    }

    fn get<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
        wanted: &str,
    ) -> Result<Option<T>, Fault> {
        match self.0.peek(key) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| {
                let why = too_much(value).unwrap_or_else(|| format!("must be {wanted}"));
                Fault::invalid(key, why)
            }),
        }
    }

    /// A text.
    pub fn text(&self, key: &'static str) -> Result<Option<String>, Fault> {
        self.get(key, text, "a text")
    }

    /// A text that must be there and not be blank.
    pub fn needed(&self, key: &'static str) -> Result<String, Fault> {
        self.text(key)?
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| Fault::invalid(key, "is needed"))
    }

    /// A text that is not blank, if it is there.
    pub fn filled(&self, key: &'static str) -> Result<Option<String>, Fault> {
        match self.text(key)? {
            Some(text) if text.trim().is_empty() => Err(Fault::invalid(key, "must not be empty")),
            other => Ok(other),
        }
    }

    /// A text, or null to clear it.
    pub fn clearable(&self, key: &'static str) -> Result<Option<Option<String>>, Fault> {
        self.get(key, |value| nullable(value, text), "a text or null")
    }

    /// A flag.
    pub fn flag(&self, key: &'static str) -> Result<Option<bool>, Fault> {
        self.get(key, Value::as_bool, "true or false")
    }

    /// A whole number between two bounds.
    pub fn number(&self, key: &'static str, least: i64, most: i64) -> Result<Option<i64>, Fault> {
        let read = |value: &Value| within(value, least, most);
        self.get(key, read, &format!("a whole number from {least} to {most}"))
    }

    /// The same, or null to clear it.
    pub fn clearable_number(
        &self,
        key: &'static str,
        least: i64,
        most: i64,
    ) -> Result<Option<Option<i64>>, Fault> {
        let read = |value: &Value| nullable(value, |value| within(value, least, most));
        self.get(
            key,
            read,
            &format!("a whole number from {least} to {most}, or null"),
        )
    }

    /// A list of whole numbers.
    pub fn numbers(&self, key: &'static str) -> Result<Option<Vec<i64>>, Fault> {
        self.get(
            key,
            |value| whole_numbers(value, whole),
            "a list of whole numbers",
        )
    }

    /// The same, or null to clear it.
    pub fn clearable_numbers(&self, key: &'static str) -> Result<Option<Option<Vec<i64>>>, Fault> {
        let read = |value: &Value| nullable(value, |value| whole_numbers(value, whole));
        self.get(key, read, "a list of whole numbers or null")
    }

    /// A list of ids, as numbers or digits, or null for all; the key must be there.
    ///
    /// Quirk: the vendor's documents write these ids as text, its client as numbers (tenable.md §9).
    pub fn ids(&self, key: &'static str) -> Result<Option<Vec<i64>>, Fault> {
        let read = |value: &Value| nullable(value, |value| whole_numbers(value, id));
        self.get(key, read, "a list of ids or null")?
            .ok_or_else(|| Fault::invalid(key, "is needed"))
    }
}

/// A list of objects with at least one of them.
pub fn several(value: &Value) -> Result<&[Value], Fault> {
    match value {
        Value::Array(items) if items.is_empty() => {
            Err(Fault::invalid("body", "must hold at least one object"))
        }
        Value::Array(items) if items.len() <= MOST => Ok(items),
        Value::Array(_) => Err(Fault::invalid(
            "body",
            format!("may hold {MOST} objects at most"),
        )),
        _ => Err(Fault::invalid("body", "must be a JSON array of objects")),
    }
}

/// The id in a path: digits only. One too large for any row is nobody's, not malformed.
pub fn path_id(text: &str) -> Result<i64, Fault> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::invalid("id", "must be digits"));
    }
    Ok(text.parse().unwrap_or(i64::MAX))
}

fn text(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| !text.contains('\0'))?;
    too_much(value).is_none().then(|| text.to_owned())
}

/// What to say of a value that is longer than any is accepted.
fn too_much(value: &Value) -> Option<String> {
    let (size, most, what) = match value {
        Value::String(text) => (text.chars().count(), LONGEST, "characters"),
        Value::Array(items) => (items.len(), MOST, "entries"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    (size > most).then(|| format!("may have {most} {what} at most"))
}

fn nullable<T>(value: &Value, read: impl FnOnce(&Value) -> Option<T>) -> Option<Option<T>> {
    if value.is_null() {
        Some(None)
    } else {
        read(value).map(Some)
    }
}

fn whole_numbers(value: &Value, read: impl Fn(&Value) -> Option<i64>) -> Option<Vec<i64>> {
    if too_much(value).is_some() {
        return None;
    }
    value.as_array()?.iter().map(read).collect()
}

/// A whole number; `5.0` is one too, for that is how some callers write it.
fn whole(value: &Value) -> Option<i64> {
    whole_number(value.as_number()?)
}

fn id(value: &Value) -> Option<i64> {
    match value {
        Value::String(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()
        }
        other => whole(other).filter(|id| *id >= 0),
    }
}

fn within(value: &Value, least: i64, most: i64) -> Option<i64> {
    whole(value).filter(|number| (least..=most).contains(number))
}
