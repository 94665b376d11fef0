//! The parameters that say only how a list is shown.

/// Parameters of every list that say how it is shown, not what it holds.
const SHOWING: &[&str] = &[
    "direction",
    "limit",
    "order",
    "page",
    "returnFormat",
    "sort",
];

/// Whether a parameter says only how a list is shown.
pub fn shows(name: &str) -> bool {
    SHOWING.contains(&name)
}
