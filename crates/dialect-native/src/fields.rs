//! Reading JSON bodies field by field: wrong types are refused by the field's name, and so is every
//! field that is not known, so that a misspelt one never passes for a change that was made.

use directory::Ref;
use kit::JsonBody;
use kit::fields::{FieldError, FieldFault, Policy, parse_uuid};
use serde_json::Value;
use uuid::Uuid;

use super::errors::Problem;

pub use kit::fields::{Fields, Read};
pub(super) use kit::words;

/// The fields of a body, which must be there.
pub fn required(JsonBody(body): JsonBody) -> Result<Fields, Problem> {
    match body {
        Value::Null => Err(Problem::body(
            "This request needs a JSON object as its body.",
        )),
        body => Ok(Fields::of(body, Policy::Patch)?),
    }
}

/// The fields of a body, none when there is no body.
pub fn optional(JsonBody(body): JsonBody) -> Result<Fields, Problem> {
    match body {
        Value::Null => Ok(Fields::none(Policy::Patch)),
        body => Ok(Fields::of(body, Policy::Patch)?),
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        match error.fault {
            FieldFault::NoObject => Problem::body("The body must be a JSON object."),
            FieldFault::Missing => Problem::invalid(error.field, "is needed"),
            FieldFault::Wrong(why) => Problem::invalid(error.field, why),
            FieldFault::Unknown(names) => {
                let shown = |name: &String| -> String { name.chars().take(60).collect() };
                let list = names
                    .iter()
                    .take(10)
                    .map(|name| format!("`{}`", shown(name)));
                let list = list.collect::<Vec<_>>().join(", ");
                Problem::new(
                    422,
                    "unknown-field",
                    "A field is not known",
                    format!(
                        "Not known here, or not changeable: {list}. Correct the spelling or leave it out."
                    ),
                )
                .at(shown(&error.field))
            }
        }
    }
}

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
        match parse_uuid(text) {
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
