//! One JSON object of a request, read field by field under a policy. What is wrong with a field is
//! said as data, so that each dialect words it as its vendor does; [`FieldError`] shows it in plain
//! English where a vendor has no words of its own.

use std::collections::BTreeMap;
use std::fmt;

use directory::Time;
use serde_json::{Map, Number, Value};
use uuid::Uuid;

/// How strictly an object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// A new thing: unknown fields are refused, `null` is the same as leaving a field out, and values
    /// have the type they are read as.
    Closed,
    /// A change: as [`Policy::Closed`], but `null` is a value of its own. Where an `Option` is read it
    /// clears the field; elsewhere it is refused.
    Patch,
    /// As forms and lax clients write: unknown fields and `null` are passed over, `"3"` is a number,
    /// `1` is true, and a number is a text. What is wrong is noted under the field's name, so that all
    /// of it can be told at once.
    Lenient,
}

/// A list in a body holds at most this many items.
pub const MOST_ITEMS: usize = 1_000;

/// What is wrong with an object, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field; empty for the object as a whole.
    pub field: String,
    /// What is wrong.
    pub fault: FieldFault,
}

/// What is wrong with a field or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldFault {
    /// The body is no JSON object.
    NoObject,
    /// These fields, the first of them first, are known to nobody.
    Unknown(Vec<String>),
    /// The field must be there.
    Missing,
    /// The value is not what it must be, in one clause: `must be text`.
    Wrong(String),
    /// More than one thing is wrong; what was found first comes first.
    Several(Vec<FieldError>),
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            FieldFault::NoObject => f.write_str("the body must be a JSON object"),
            FieldFault::Unknown(names) => write!(f, "not known here: {}", names.join(", ")),
            FieldFault::Missing => write!(f, "`{}` is needed", self.field),
            FieldFault::Wrong(why) => write!(f, "`{}` {why}", self.field),
            FieldFault::Several(errors) => {
                for (index, error) in errors.iter().enumerate() {
                    write!(f, "{}{error}", if index > 0 { "; " } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

/// What may stand in a field.
pub trait Read: Sized {
    /// Reads it as it must be, or says in one clause what it must be.
    fn read(value: Value) -> Result<Self, String>;

    /// Reads it with tolerance. Types that have no lax spelling are read as they must be.
    fn read_lenient(value: Value) -> Result<Self, String> {
        Self::read(value)
    }
}

/// The fields of an object that have not been read yet.
#[derive(Clone, Debug)]
pub struct Fields {
    values: Map<String, Value>,
    policy: Policy,
    wrong: BTreeMap<String, Vec<String>>,
    /// What was refused so far, for a reader that says it all at once.
    refused: Option<Vec<FieldError>>,
}

impl Fields {
    /// The fields of a body, which must be an object; a lenient reader takes anything else for an
    /// object without fields.
    pub fn of(body: Value, policy: Policy) -> Result<Self, FieldError> {
        let values = match body {
            Value::Object(values) => values,
            _ if policy == Policy::Lenient => Map::new(),
            _ => {
                return Err(FieldError {
                    field: String::new(),
                    fault: FieldFault::NoObject,
                });
            }
        };
        Ok(Self {
            values,
            policy,
            wrong: BTreeMap::new(),
            refused: None,
        })
    }

    /// Reads on after a field that cannot be accepted, which counts as left out, so that [`Fields::end`] refuses
    /// all of them at once. A handler that reads like this changes nothing before the end.
    #[must_use]
    pub fn collecting(mut self) -> Self {
        self.refused = Some(Vec::new());
        self
    }

    /// What was refused before, with one more.
    fn refusing(&mut self, last: Option<FieldError>) -> Option<FieldError> {
        let mut all = self.refused.take().unwrap_or_default();
        all.extend(last);
        match all.len() {
            0 | 1 => all.pop(),
            _ => Some(FieldError {
                field: all
                    .first()
                    .map(|error| error.field.clone())
                    .unwrap_or_default(),
                fault: FieldFault::Several(all),
            }),
        }
    }

    /// Refuses for the want of a field that must be there.
    fn missing(&mut self, name: &str) -> FieldError {
        let missing = FieldError {
            field: name.to_owned(),
            fault: FieldFault::Missing,
        };
        let noted = self.refused.iter().flatten();
        let known = noted.into_iter().any(|error| error.field == name);
        let last = (!known).then(|| missing.clone());
        self.refusing(last).unwrap_or(missing)
    }

    /// No fields at all, as of a body that was left out.
    #[must_use]
    pub fn none(policy: Policy) -> Self {
        Self {
            values: Map::new(),
            policy,
            wrong: BTreeMap::new(),
            refused: None,
        }
    }

    /// Takes off an object that wraps all others under one of these names, outermost first.
    #[must_use]
    pub fn unwrapped(mut self, wrappers: &[&str]) -> Self {
        for wrapper in wrappers {
            if let Some(Value::Object(_)) = self.values.get(*wrapper)
                && let Some(Value::Object(inner)) = self.values.remove(*wrapper)
            {
                self.values = inner;
            }
        }
        self
    }

    /// A field as it was sent, left where it is; a lenient reader passes over `null`.
    #[must_use]
    pub fn peek(&self, name: &str) -> Option<&Value> {
        let value = self.values.get(name);
        value.filter(|value| self.policy != Policy::Lenient || !value.is_null())
    }

    /// A field read by a function that says in one clause what the value must be.
    pub fn take_with<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Value) -> Result<T, String>,
    ) -> Result<Option<T>, FieldError> {
        let passed_over = |value: &Value| self.policy != Policy::Patch && value.is_null();
        match self.values.remove(name) {
            None => Ok(None),
            Some(value) if passed_over(&value) => Ok(None),
            Some(value) => match read(value) {
                Ok(value) => Ok(Some(value)),
                Err(why) => {
                    let error = FieldError {
                        field: name.to_owned(),
                        fault: FieldFault::Wrong(why),
                    };
                    match &mut self.refused {
                        Some(refused) => {
                            refused.push(error);
                            Ok(None)
                        }
                        None => Err(error),
                    }
                }
            },
        }
    }

    /// A field that may be left out.
    pub fn take<T: Read>(&mut self, name: &str) -> Result<Option<T>, FieldError> {
        if self.policy == Policy::Lenient {
            self.take_with(name, T::read_lenient)
        } else {
            self.take_with(name, T::read)
        }
    }

    /// A field that may be left out, where `null` is the same as leaving it out whatever the policy.
    pub fn value<T: Read>(&mut self, name: &str) -> Result<Option<T>, FieldError> {
        Ok(self.take::<Option<T>>(name)?.flatten())
    }

    /// A field read as [`Fields::take`] reads it, and left where it is.
    pub fn get<T: Read>(&self, name: &str) -> Result<Option<T>, FieldError> {
        let mut one = Self::none(self.policy);
        if let Some(value) = self.peek(name) {
            one.values.insert(name.to_owned(), value.clone());
        }
        one.take(name)
    }

    /// A field that must be there.
    pub fn need<T: Read>(&mut self, name: &str) -> Result<T, FieldError> {
        match self.value(name)? {
            Some(value) => Ok(value),
            None => Err(self.missing(name)),
        }
    }

    /// A field that may be left out, left where it is; what is wrong with it is noted in these words, and
    /// the field counts as left out.
    pub fn get_or_note<T: Read>(&mut self, name: &str, words: &str) -> Option<T> {
        match self.get(name) {
            Ok(value) => value,
            Err(_) => {
                self.note(name, words);
                None
            }
        }
    }

    /// Refuses every field but these, before any is read.
    pub fn only(&self, names: &[&str]) -> Result<(), FieldError> {
        let unknown = self.unread().filter(|name| !names.contains(name));
        let unknown: Vec<String> = unknown.map(str::to_owned).collect();
        match unknown.first() {
            Some(first) => Err(FieldError {
                field: first.clone(),
                fault: FieldFault::Unknown(unknown),
            }),
            None => Ok(()),
        }
    }

    /// Notes that a field cannot be accepted.
    pub fn note(&mut self, name: &str, why: impl Into<String>) {
        let of_field = self.wrong.entry(name.to_owned()).or_default();
        of_field.push(why.into());
    }

    /// What was noted, by field.
    #[must_use]
    pub fn noted(&self) -> &BTreeMap<String, Vec<String>> {
        &self.wrong
    }

    /// Takes these fields as they were sent, for a reader of another kind.
    pub fn take_raw(&mut self, names: &[&str]) -> Map<String, Value> {
        let all = std::mem::take(&mut self.values).into_iter();
        let (taken, rest) = all.partition(|(name, _)| names.contains(&name.as_str()));
        self.values = rest;
        taken
    }

    /// Takes all fields that have not been read, as they were sent.
    pub fn take_rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.values)
    }

    /// The names of the fields that have not been read.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Refuses whatever has not been read, by name.
    pub fn end(mut self) -> Result<(), FieldError> {
        let unread: Vec<String> = self.unread().map(str::to_owned).collect();
        let unknown = unread.first().cloned().map(|field| FieldError {
            field,
            fault: FieldFault::Unknown(unread),
        });
        let unknown = unknown.filter(|_| self.policy != Policy::Lenient);
        match self.refusing(unknown) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            value => T::read(value).map(Some),
        }
    }

    fn read_lenient(value: Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            value => T::read_lenient(value).map(Some),
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

impl Read for String {
    fn read(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err("must be text".to_owned()),
        }
    }

    /// Numbers and flags are the texts that a form would have sent.
    fn read_lenient(value: Value) -> Result<Self, String> {
        match value {
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(if flag { "1" } else { "" }.to_owned()),
            value => Self::read(value),
        }
    }
}

impl Read for bool {
    fn read(value: Value) -> Result<Self, String> {
        let flag = value.as_bool();
        flag.ok_or_else(|| "must be true or false".to_owned())
    }

    /// `1` and `"true"` too; an empty text is false, as in a form.
    fn read_lenient(value: Value) -> Result<Self, String> {
        let flag = match &value {
            Value::Number(number) => match number.as_i64() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                _ => None,
            },
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "" | "0" | "false" => Some(false),
                "1" | "true" => Some(true),
                _ => None,
            },
            _ => return Self::read(value),
        };
        flag.ok_or_else(|| "must be true or false".to_owned())
    }
}

impl Read for i64 {
    fn read(value: Value) -> Result<Self, String> {
        let number = value.as_i64();
        number.ok_or_else(|| "must be a whole number".to_owned())
    }

    /// `"3"` too.
    fn read_lenient(value: Value) -> Result<Self, String> {
        match value.as_str().map(|text| text.trim().parse()) {
            Some(Ok(number)) => Ok(number),
            Some(Err(_)) => Err("must be a whole number".to_owned()),
            None => Self::read(value),
        }
    }
}

impl Read for Uuid {
    fn read(value: Value) -> Result<Self, String> {
        let uuid = value.as_str().and_then(parse_uuid);
        uuid.ok_or_else(|| "must be a UUID".to_owned())
    }
}

impl Read for Time {
    fn read(value: Value) -> Result<Self, String> {
        let time = value.as_str().and_then(Time::parse);
        time.ok_or_else(|| "must be a time such as 2030-01-31T12:00:00Z".to_owned())
    }
}

impl Read for Value {
    fn read(value: Value) -> Result<Self, String> {
        Ok(value)
    }
}

/// An object within an object, read as strictly as a change.
impl Read for Fields {
    fn read(value: Value) -> Result<Self, String> {
        Fields::of(value, Policy::Patch).map_err(|_| "must be an object".to_owned())
    }
}

/// A UUID with its dashes, or as 32 hexadecimal digits.
#[must_use]
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    if matches!(text.len(), 32 | 36) {
        Uuid::try_parse(text).ok()
    } else {
        None
    }
}

/// One of several words.
pub fn one_of_words<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, value)) => Ok(*value),
        None => {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            Err(format!("must be one of {}", words.join(", ")))
        }
    }
}

/// A whole number; `5.0` is one too, for that is how some callers write it.
#[must_use]
pub fn whole_number(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        let exact = float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        exact.then_some(float as i64)
    })
}
