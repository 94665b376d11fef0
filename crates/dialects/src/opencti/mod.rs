//! OpenCTI: GraphQL as `pycti` 7.261026.0 speaks it.

pub mod capability;
pub mod confidence;
pub mod engine;
pub mod ids;

/// The schema the dialect serves.
pub const SCHEMA: &str = include_str!("schema.graphql");
