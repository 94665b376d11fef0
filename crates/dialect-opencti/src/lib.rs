//! OpenCTI: GraphQL as `pycti` 7.261026.0 speaks it.

pub mod account_address;
mod capability;
pub mod catalogue;
pub mod columns;
pub mod confidence;
mod connection_kinds;
pub mod documents;
pub mod edit;
pub mod errors;
pub mod filter;
mod graph;
mod http;
pub mod ids;
mod login;
pub mod marking;
mod mutate;
mod node;
mod resolvers;
pub mod settings;
pub mod static_list;
mod templates;
pub mod unserved;

use kit::routes;
use kit::{ContentRule, Dialect, FirstRunFacts, Limits, Route};

/// The schema the dialect serves.
pub const SCHEMA: &str = include_str!("schema.graphql");

/// OpenCTI's row.
pub static DIALECT: Dialect = Dialect {
    name: "opencti",
    platform: catalogue::PLATFORM,
    mount: "/opencti",
    specification: Some(catalogue::spec),
    protocol: &http::OpenCti,
    routes: ROUTES,
    limits: Limits {
        // The one route reads forms as well, and says itself what it takes.
        content: ContentRule::Any,
        ..Limits::DEFAULT
    },
    environment,
    wrong_mount_prefixes: &["graphql"],
};

static ROUTES: &[Route] = routes![
    POST "/graphql" http::post => deferred, "Answer a GraphQL document", "Request" -> "Response";
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("OPENCTI_URL", facts.url(DIALECT.mount)),
        ("OPENCTI_TOKEN", facts.key.clone()),
    ]
}
