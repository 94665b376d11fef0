//! OpenCTI: GraphQL as `pycti` 7.261026.0 speaks it.

pub mod engine;

/// The schema the dialect serves.
pub const SCHEMA: &str = include_str!("schema.graphql");
