//! How many rows of a list have each value, as a page shows it.

use std::collections::BTreeMap;

use serde::Serialize;

/// How many people have a value.
#[derive(Serialize)]
pub struct Count {
    /// The value.
    pub value: Value,
    /// The name of an organisation, group or role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many.
    pub count: u64,
}

/// A value as it is shown.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A word.
    Word(String),
    /// Whether it is so.
    Flag(bool),
    /// The number of an organisation, group or role.
    Number(i64),
}

/// The counts of each facet.
pub type Facets = BTreeMap<&'static str, Vec<Count>>;
