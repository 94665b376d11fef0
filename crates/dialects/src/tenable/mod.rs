//! Tenable Identity Exposure as `pytenable` 26.10.1 speaks to it (`TenableIE`): users, roles, keys,
//! sign-in and settings below `/tenable/api`.

mod catalogue;
mod errors;
mod map;
mod reader;
mod voice;
mod wire;

use axum::http::StatusCode;
use serde_json::json;

use crate::kit::{Answer, ContentRule, Dialect, FirstRunFacts, Limits, Route, Signed, answer};
use crate::routes;

pub use catalogue::{PLATFORM, spec};

#[cfg(test)]
mod tests;

/// Tenable's row.
pub static DIALECT: Dialect = Dialect {
    name: "tenable",
    platform: PLATFORM,
    mount: "/tenable",
    specification: Some(spec),
    voice: &voice::Tenable,
    routes: ROUTES,
    limits: Limits {
        content: ContentRule::JsonOrUnstated,
        ..Limits::DEFAULT
    },
    environment,
    strays: &[],
};

static ROUTES: &[Route] = routes![
    GET "/api/users/whoami" whoami => signed_in;
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("TIE_URL", facts.url(DIALECT.mount)),
        ("TIE_API_KEY", facts.key.clone()),
    ]
}

async fn whoami(signed: Signed) -> Answer {
    let user = signed.user(signed.caller.user()).await?;
    Ok(answer::json(
        StatusCode::OK,
        &json!({ "id": user.id, "identifier": user.email }),
    ))
}
