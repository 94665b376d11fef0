//! Reading JSON bodies field by field: wrong types are refused by the field's name, and so is every
//! field that is not known, so that a misspelt one never passes for a change that was made.

use directory::{Ref, Time};
use kit::JsonBody;
use kit::fields::{FieldError, FieldFault, Policy, parse_uuid};
use serde_json::Value;
use uuid::Uuid;

use super::codes::Code;
use super::errors::{FieldProblem, Problem};

pub use kit::fields::{Fields, Read};

/// The fields of a body, which must be there.
pub fn required(JsonBody(body): JsonBody) -> Result<Fields, Problem> {
    match body {
        Value::Null => Err(Problem::body(
            "This request needs a JSON object as its body.",
        )),
        body => Ok(Fields::of(body, Policy::Patch)?.collecting()),
    }
}

/// The fields of a body, none when there is no body.
pub fn optional(JsonBody(body): JsonBody) -> Result<Fields, Problem> {
    match body {
        Value::Null => Ok(Fields::none(Policy::Patch)),
        body => Ok(Fields::of(body, Policy::Patch)?.collecting()),
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        match error.fault {
            FieldFault::NoObject => Problem::body("The body must be a JSON object."),
            FieldFault::Missing => Problem::invalid(error.field, "is needed"),
            FieldFault::Wrong(why) => Problem::invalid(error.field, why),
            FieldFault::Unknown(names) => {
                let several: Vec<Problem> =
                    names.iter().take(NAMED).map(|name| unknown(name)).collect();
                let list: Vec<String> = names.iter().take(NAMED).map(|name| quoted(name)).collect();
                let mut problem = Problem::of(
                    Code::UnknownField,
                    format!(
                        "Not known here, or not changeable: {}. Correct the spelling or leave it out.",
                        list.join(", ")
                    ),
                )
                .at(shortened(&error.field));
                problem.errors = faults(&several).into();
                problem
            }
            FieldFault::Several(errors) => {
                let several: Vec<Problem> = errors
                    .into_iter()
                    .flat_map(|error| match error.fault {
                        FieldFault::Unknown(names) => {
                            names.iter().take(NAMED).map(|name| unknown(name)).collect()
                        }
                        fault => vec![Problem::from(FieldError { fault, ..error })],
                    })
                    .collect();
                let errors = faults(&several);
                let mut several = several.into_iter();
                let mut first = several
                    .next()
                    .unwrap_or_else(|| Problem::body("The body cannot be accepted."));
                first.errors = errors.into();
                first
            }
        }
    }
}

/// So many unknown members are named.
const NAMED: usize = 10;

/// A name as answers show it.
pub(super) fn shortened(name: &str) -> String {
    name.chars().take(60).collect()
}

fn quoted(name: &str) -> String {
    format!("`{}`", shortened(name))
}

fn unknown(name: &str) -> Problem {
    let detail = format!("{} is not known here, or not changeable.", quoted(name));
    Problem::of(Code::UnknownField, detail).at(shortened(name))
}

/// Each of several problems as a member's own; one alone stands for itself.
fn faults(several: &[Problem]) -> Vec<FieldProblem> {
    if several.len() < 2 {
        return Vec::new();
    }
    several
        .iter()
        .map(|problem| FieldProblem {
            field: problem.field.clone().unwrap_or_default(),
            code: problem.code.facts().code,
            detail: problem.detail.clone(),
        })
        .collect()
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

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Named::Number(number) => write!(f, "{number}"),
            Named::Uuid(uuid) => write!(f, "{uuid}"),
            Named::Name(name) => f.write_str(&shortened(name)),
        }
    }
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

/// A time at which something ends; a date without a time is the end of that day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndTime(pub Time);

impl Read for EndTime {
    fn read(value: Value) -> Result<Self, String> {
        let date = value.as_str().map_or("", str::trim);
        let is_date = date.len() == 10 && !date.contains([':', ' ', 'T']);
        let time = Time::read(value.clone())?;
        Ok(EndTime(if is_date { time.plus(DAY - 1) } else { time }))
    }
}

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
