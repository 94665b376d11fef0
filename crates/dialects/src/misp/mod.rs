//! MISP: the REST API as PyMISP speaks it.

mod errors;

use axum::http::StatusCode;
use directory::{PasswordRule, Platform, PlatformSpec, RolePaths};
use serde_json::json;

use crate::kit::{Answer, ContentRule, Dialect, FirstRunFacts, Limits, Route, Signed, answer};
use crate::routes;

/// The platform.
pub const PLATFORM: Platform = Platform::new("misp");

/// MISP's row.
pub static DIALECT: Dialect = Dialect {
    name: "misp",
    platform: PLATFORM,
    mount: "/misp",
    specification: Some(specification),
    voice: &errors::Misp,
    routes: ROUTES,
    limits: Limits {
        content: ContentRule::JsonOrUnstated,
        ..Limits::DEFAULT
    },
    environment,
    strays: STRAYS,
};

/// Quirk: PyMISP joins relative paths to the address it is given, so an address without its trailing
/// slash loses its last segment and all calls arrive at the server's root (misp.md §1).
const STRAYS: &[&str] = &[
    "servers",
    "users",
    "organisations",
    "admin",
    "roles",
    "attributes",
    "auth_keys",
    "user_settings",
    "events",
];

static ROUTES: &[Route] = routes![
    GET "/servers/getVersion" version => signed_in;
];

fn specification() -> PlatformSpec {
    PlatformSpec {
        platform: PLATFORM,
        roles: Vec::new(),
        groups: Vec::new(),
        paths: RolePaths::ExactlyOne,
        administrator_lines: Vec::new(),
        owner_role: None,
        default_roles: &[],
        first_custom_number: 7,
        builtin_roles_editable: true,
        password_rule: PasswordRule::length(12),
    }
}

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("MISP_URL", format!("{}/", facts.url(DIALECT.mount))),
        ("MISP_KEY", facts.key.clone()),
    ]
}

async fn version(_: Signed) -> Answer {
    Ok(answer::json(StatusCode::OK, &json!({ "version": "2.5.1" })))
}
