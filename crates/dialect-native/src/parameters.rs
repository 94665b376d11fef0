//! The parameters of requests: how they are refused, and those that every list understands.

use super::errors::Problem;

/// The most rows a page may have.
pub const MOST: u32 = 1_000;
/// The rows of a page unless said otherwise.
pub const USUAL: u32 = 100;

/// The parameters of a request, repeated names included.
pub type Parameters = [(String, String)];

/// What every list understands.
pub const GENERAL: &[&str] = &["q", "filter", "sort", "limit", "cursor", "total", "facets"];
/// What lists understand that are read whole and shown in pages.
pub const SLICED: &[&str] = &["limit", "cursor", "total"];

/// Reads how many rows a page may have.
pub fn limit(value: &str) -> Result<u32, Problem> {
    match value.parse() {
        Ok(limit @ 1..=MOST) => Ok(limit),
        _ => Err(Problem::parameter(
            "limit",
            format!("must be a number from 1 to {MOST}"),
        )),
    }
}

/// Reads true or false.
pub fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Problem::parameter(name, "must be true or false")),
    }
}

/// Refuses every parameter of a route that takes none but these.
pub fn only(given: &Parameters, known: &[&str]) -> Result<(), Problem> {
    match given
        .iter()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        None => Ok(()),
        Some((name, _)) => {
            let shown: String = name.chars().take(60).collect();
            let why = if known.is_empty() {
                "is not known here; this path takes none".to_owned()
            } else {
                format!("is not known here; known are {}", known.join(", "))
            };
            Err(Problem::parameter(&shown, why))
        }
    }
}
