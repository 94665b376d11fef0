//! The directory's own REST API at `/api/v1`: one file per resource.
//!
//! - Bearer API key or session token; JSON in snake case; unknown fields and parameters are refused.
//! - Every entity shows `id` (UUID) and `number`; other entities are referred to by number. Paths and
//!   bodies take either, and names where there are any: logins and e-mail addresses of users, names
//!   of organisations and groups, `platform:word` of roles.
//! - `PATCH` merges: what is not sent stays, `null` clears. The `ETag` is the revision, and `If-Match`
//!   with another one is refused.
//! - Faults are problem documents (RFC 9457).

mod access;
mod actions;
mod answers;
mod batch;
mod bodies;
mod codes;
mod collections;
mod derived;
mod docs;
mod ensure;
mod errors;
mod events;
mod events_stream;
mod exports;
mod facet_counts;
mod facets;
mod fields;
mod find;
mod form_tokens;
mod grants;
mod group_rights;
mod groups;
mod imports;
mod included;
mod item_problems;
mod jobs;
mod keys;
mod lists;
mod lost;
mod mail_templates;
mod mails;
mod me;
mod memberships;
mod near_names;
mod openapi;
mod openapi_examples;
mod openapi_parameters;
mod organisations;
mod pages;
mod parameters;
mod passwords;
mod platforms;
mod problems;
mod protocol;
mod references;
mod repeats;
mod reply;
mod roles;
mod routes;
mod schemas;
mod second_factors;
mod sessions;
mod settings;
mod times;
mod users;
mod views;

use directory::Platform;

use kit::{Bodies, Dialect, FirstRunFacts, Limits};

pub use jobs::describe_fault;

/// The native API's row.
pub static DIALECT: Dialect = Dialect {
    name: "native",
    platform: Platform::USHER,
    mount: "/api/v1",
    specification: None,
    protocol: &protocol::Native,
    routes: routes::ROUTES,
    limits: Limits {
        bodies: Bodies::Always,
        streamed: &["/imports"],
        ..Limits::DEFAULT
    },
    environment,
    wrong_mount_prefixes: &[],
};

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("USHER_URL", facts.base_url.clone()),
        ("USHER_TOKEN", facts.key.clone()),
        ("USHER_EMAIL", facts.email.clone()),
        ("USHER_PASSWORD", facts.password.clone()),
    ]
}

#[cfg(test)]
mod tests;
