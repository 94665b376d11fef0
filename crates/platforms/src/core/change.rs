//! A field that is left alone, cleared or set.

use serde::Serialize;
use serde_json::{Map, Value};

/// What a change does to one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Leaves it as it is: the field is not sent.
    #[default]
    Keep,
    /// Clears it: `null` is sent.
    Clear,
    /// Sets it.
    To(T),
}

impl<T> Change<T> {
    /// Whether the field is left alone.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T> From<T> for Change<T> {
    fn from(value: T) -> Self {
        Self::To(value)
    }
}

impl From<&str> for Change<String> {
    fn from(text: &str) -> Self {
        Self::To(text.to_owned())
    }
}

/// A JSON object under construction, in the order in which members are put.
#[derive(Debug, Default)]
pub(crate) struct Members(pub(crate) Map<String, Value>);

impl Members {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A member that is always sent.
    pub(crate) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// A member that is sent when it has a value.
    pub(crate) fn set_if<T: Serialize>(mut self, name: &str, value: Option<&T>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), to_value(value));
        }
        self
    }

    /// A member that is sent when it changes.
    pub(crate) fn change<T: Serialize>(mut self, name: &str, change: &Change<T>) -> Self {
        match change {
            Change::Keep => {}
            Change::Clear => {
                self.0.insert(name.to_owned(), Value::Null);
            }
            Change::To(value) => {
                self.0.insert(name.to_owned(), to_value(value));
            }
        }
        self
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// Texts, numbers, lists and maps of them: what these requests are made of cannot fail to become JSON.
fn to_value<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}
