//! The specification, from which the client builds itself.

use axum::http::Uri;
use kit::{Authenticated, HandlerResult, Pairs};

use crate::errors::Failure;
use crate::fields::Values;
use crate::request::success;
use crate::specification::{document, operations as specified};

/// `GET /endpoints/`
///
/// Quirk: for those with a key only, as the client expects at its start (civis.md §1).
pub async fn show(request: Authenticated, pairs: Pairs) -> HandlerResult {
    let operation = &specified::SPECIFICATION;
    let values = Values::of_query(operation, &pairs)?;
    if let Some(version) = values.text("openapi_version").filter(|text| *text != "2.0") {
        return Err(Failure::parameter("openapi_version", version, "must be 2.0").into());
    }
    let base = request.info.base_url();
    let uri: Uri = base.parse().unwrap_or_default();
    let scheme = uri.scheme_str().unwrap_or("http");
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let path = uri.path().trim_end_matches('/');
    Ok(success(operation, &document(scheme, host, path)))
}
