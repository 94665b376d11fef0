//! The columns of what is exported.

use crate::model::TaskWhat;
use crate::operations::rows::columns::{Columns, columns_of};

/// What tells a row from others, which stands first.
const IDENTIFIERS: [&str; 2] = ["number", "id"];

/// Columns of keys, which are exported and never imported.
const KEYS: &[&str] = &[
    "number",
    "id",
    "user",
    "name",
    "read_only",
    "organisation",
    "expires_at",
    "revoked_at",
    "created_at",
    "last_used_at",
];

/// Columns of events, which are exported and never imported.
const EVENTS: &[&str] = &[
    "number",
    "at",
    "verb",
    "actor",
    "actor_name",
    "platform",
    "entity",
    "entity_number",
    "entity_name",
    "organisation",
    "address",
    "request_id",
    "detail",
];

/// The columns of a kind's table, in order.
#[must_use]
pub fn export_columns(what: TaskWhat) -> Vec<&'static str> {
    match (columns_of(what), what) {
        (Some(columns), _) => importable(columns),
        (None, TaskWhat::Keys) => KEYS.to_vec(),
        (None, _) => EVENTS.to_vec(),
    }
}

/// Identifiers, then what an import reads, then what is only shown, but for a name made of others.
fn importable(columns: &Columns) -> Vec<&'static str> {
    let shown = |first: bool| {
        columns
            .shown
            .iter()
            .filter(move |name| IDENTIFIERS.contains(name) == first && **name != "name")
    };
    let mut identifiers: Vec<_> = shown(true).copied().collect();
    identifiers.sort_unstable_by_key(|name| IDENTIFIERS.iter().position(|one| one == name));
    identifiers
        .into_iter()
        .chain(columns.read.iter().copied())
        .chain(shown(false).copied())
        .collect()
}
