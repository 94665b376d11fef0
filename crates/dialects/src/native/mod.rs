//! The native API at `/api/v1`.

mod errors;

use axum::http::StatusCode;
use directory::Platform;
use serde_json::json;

use crate::kit::{Answer, Dialect, FirstRunFacts, Limits, Route, Signed, answer};
use crate::routes;

/// The native API's row.
pub static DIALECT: Dialect = Dialect {
    name: "native",
    platform: Platform::USHER,
    mount: "/api/v1",
    specification: None,
    voice: &errors::Native,
    routes: ROUTES,
    limits: Limits::DEFAULT,
    environment,
    strays: &[],
};

static ROUTES: &[Route] = routes![
    GET "/me" me => signed_in;
];

fn environment(facts: &FirstRunFacts) -> Vec<(&'static str, String)> {
    vec![
        ("USHER_URL", facts.base_url.clone()),
        ("USHER_TOKEN", facts.key.clone()),
        ("USHER_EMAIL", facts.email.clone()),
        ("USHER_PASSWORD", facts.password.clone()),
    ]
}

async fn me(signed: Signed) -> Answer {
    let user = signed.user(signed.caller.user()).await?;
    Ok(answer::json(
        StatusCode::OK,
        &json!({ "id": user.uuid, "login": user.login }),
    ))
}
