//! OpenCTI: GraphQL as `pycti` 7.261026.0 speaks it.

pub mod capability;
pub mod catalogue;
pub mod columns;
pub mod confidence;
pub mod documents;
pub mod edit;
pub mod engine;
pub mod errors;
pub mod filter;
pub mod ids;
pub mod marking;
pub mod node;
pub mod shelf;

/// The schema the dialect serves.
pub const SCHEMA: &str = include_str!("schema.graphql");
