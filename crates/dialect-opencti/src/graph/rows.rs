//! What all lists of related rows do: their order, their nodes, how many are asked for at once.

use std::sync::Arc;

use directory::Time;
use serde_json::Value;

use super::super::node::Node;
use graphql::Call;

/// Numbers asked for in one question.
pub(super) const CHUNK: usize = 1_000;

/// Whether the types asked for have organisations among them.
pub(super) fn organizations_wanted(call: &Call<'_>) -> bool {
    match call.get("types").and_then(Value::as_array) {
        None => true,
        Some(types) if types.is_empty() => true,
        Some(types) => types.iter().filter_map(Value::as_str).any(|name| {
            matches!(
                name,
                "Organization" | "Identity" | "Stix-Domain-Object" | "Stix-Core-Object"
            )
        }),
    }
}

/// An owned list of nodes from shared rows.
pub(super) fn state<T>(rows: &[Arc<T>], node: impl Fn(Arc<T>) -> Node) -> Vec<Node> {
    rows.iter().map(|row| node(Arc::clone(row))).collect()
}

/// Orders a list that is by name already, when something else is wanted.
pub(super) fn order<T>(
    call: &Call<'_>,
    list: &mut [T],
    name: impl Fn(&T) -> String,
    made: impl Fn(&T) -> Time,
) {
    match call.text("orderBy") {
        "created_at" | "created" => list.sort_by_key(|row| made(row)),
        "name" => list.sort_by_cached_key(|row| directory::fold_search(&name(row))),
        _ => {}
    }
    if call.text("orderMode") == "desc" {
        list.reverse();
    }
}
