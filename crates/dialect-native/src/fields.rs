//! Reading JSON bodies field by field: wrong types are refused by the field's name, and so is every
//! field that is not known, so that a misspelt one never passes for a change that was made.

use directory::{Ref, Time};
use serde_json::{Map, Value};
use uuid::Uuid;

use kit::JsonBody;

use super::errors::Problem;

/// The fields of a body that have not been read yet.
#[derive(Debug, Default)]
pub struct Fields(Map<String, Value>);

/// What may stand in a field.
pub trait Read: Sized {
    /// Reads it, or says in one clause what it must be.
    fn read(value: Value) -> Result<Self, String>;
}

/// The fields of a body, which must be there.
pub fn required(JsonBody(body): JsonBody) -> Result<Fields, Problem> {
    match body {
        Value::Null => Err(Problem::body(
            "This request needs a JSON object as its body.",
        )),
        body => Fields::of(body),
    }
}

/// The fields of a body, none when there is no body.
pub fn optional(JsonBody(body): JsonBody) -> Result<Fields, Problem> {
    match body {
        Value::Null => Ok(Fields::default()),
        body => Fields::of(body),
    }
}

impl Fields {
    /// The fields of a body, which must be an object.
    pub fn of(body: Value) -> Result<Self, Problem> {
        match body {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(Problem::body("The body must be a JSON object.")),
        }
    }

    /// A field that may be left out; `null` is accepted where `T` is an `Option`.
    pub fn take<T: Read>(&mut self, name: &'static str) -> Result<Option<T>, Problem> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(value) => match T::read(value) {
                Ok(value) => Ok(Some(value)),
                Err(why) => Err(Problem::invalid(name, why)),
            },
        }
    }

    /// A field of a new thing: `null` is the same as leaving it out.
    pub fn value<T: Read>(&mut self, name: &'static str) -> Result<Option<T>, Problem> {
        Ok(self.take::<Option<T>>(name)?.flatten())
    }

    /// A field that must be there.
    pub fn need<T: Read>(&mut self, name: &'static str) -> Result<T, Problem> {
        match self.value(name)? {
            Some(value) => Ok(value),
            None => Err(Problem::invalid(name, "is needed")),
        }
    }

    /// Refuses whatever has not been read, by name.
    pub fn end(self) -> Result<(), Problem> {
        let mut names = self.0.keys();
        let Some(first) = names.next() else {
            return Ok(());
        };
        let shown = |name: &str| -> String { name.chars().take(60).collect() };
        let mut list = format!("`{}`", shown(first));
        for name in names.take(9) {
            list.push_str(&format!(", `{}`", shown(name)));
        }
        Err(Problem::new(
            422,
            "unknown-field",
            "A field is not known",
            format!(
                "Not known here, or not changeable: {list}. Correct the spelling or leave it out."
            ),
        )
        .at(shown(first)))
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            value => T::read(value).map(Some),
        }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: Value) -> Result<Self, String> {
        match value {
            Value::Array(items) if items.len() <= MOST_ITEMS => {
                items.into_iter().map(T::read).collect()
            }
            Value::Array(_) => Err(format!("must have at most {MOST_ITEMS} items")),
            _ => Err("must be a list".to_owned()),
        }
    }
}

/// A list in a body holds at most this many items.
const MOST_ITEMS: usize = 1_000;

impl Read for String {
    fn read(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err("must be text".to_owned()),
        }
    }
}

impl Read for bool {
    fn read(value: Value) -> Result<Self, String> {
        value
            .as_bool()
            .ok_or_else(|| "must be true or false".to_owned())
    }
}

impl Read for i64 {
    fn read(value: Value) -> Result<Self, String> {
        value
            .as_i64()
            .ok_or_else(|| "must be a whole number".to_owned())
    }
}

impl Read for Uuid {
    fn read(value: Value) -> Result<Self, String> {
        value
            .as_str()
            .and_then(uuid_of)
            .ok_or_else(|| "must be a UUID".to_owned())
    }
}

impl Read for Time {
    fn read(value: Value) -> Result<Self, String> {
        value
            .as_str()
            .and_then(Time::parse)
            .ok_or_else(|| "must be a time such as 2030-01-31T12:00:00Z".to_owned())
    }
}

impl Read for Fields {
    fn read(value: Value) -> Result<Self, String> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err("must be an object".to_owned()),
        }
    }
}

/// One of several words.
pub fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, value)) => Ok(*value),
        None => {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            Err(format!("must be one of {}", words.join(", ")))
        }
    }
}

/// Implements [`Read`] for a closed set of words.
macro_rules! words {
    ($type:ty: $($word:literal = $value:expr),+ $(,)?) => {
        impl $crate::fields::Read for $type {
            fn read(value: serde_json::Value) -> Result<Self, String> {
                let text = value.as_str().unwrap_or_default();
                $crate::fields::word(text, &[$(($word, $value)),+])
            }
        }
    };
}
pub(super) use words;

/// The way a request names one thing: its number, its UUID, or a name (a login or e-mail address for
/// users, `platform:word` for roles).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// By number.
    Number(i64),
    /// By UUID.
    Uuid(Uuid),
    /// By name.
    Name(String),
}

impl Named {
    /// Reads a path segment or a parameter.
    #[must_use]
    pub fn of(text: &str) -> Named {
        if !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // A number beyond all numbers names nothing, like any other that was never given.
            return Named::Number(text.parse().unwrap_or(i64::MAX));
        }
        match uuid_of(text) {
            Some(uuid) => Named::Uuid(uuid),
            None => Named::Name(text.to_owned()),
        }
    }

    /// The directory's reference.
    #[must_use]
    pub fn reference<Id: From<i64>>(self) -> Ref<Id> {
        match self {
            Named::Number(number) => Ref::Id(Id::from(number)),
            Named::Uuid(uuid) => Ref::Uuid(uuid),
            Named::Name(name) => Ref::Name(name),
        }
    }
}

impl Read for Named {
    fn read(value: Value) -> Result<Self, String> {
        match value {
            Value::Number(number) if number.is_u64() || number.is_i64() => {
                Ok(Named::Number(number.as_i64().unwrap_or(i64::MAX)))
            }
            Value::String(text) if !text.is_empty() && !text.contains('\0') => Ok(Named::of(&text)),
            _ => Err("must be an id, a number or a name".to_owned()),
        }
    }
}

/// A UUID with its dashes, or as 32 hexadecimal digits.
fn uuid_of(text: &str) -> Option<Uuid> {
    if matches!(text.len(), 32 | 36) {
        Uuid::try_parse(text).ok()
    } else {
        None
    }
}
