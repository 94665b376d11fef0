//! The query of a request, as handlers take it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::app_state::AppState;
use super::pairs::Pairs;
use super::protocol::RequestError;
use super::request::request_info;

impl FromRequestParts<AppState> for Pairs {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, RequestError> {
        Ok(request_info(&parts.extensions)?.query()?.clone())
    }
}
