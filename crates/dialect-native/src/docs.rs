//! `/docs`: a page that shows the description and tries it, whole from the binary: no script, style or font comes from
//! elsewhere, and none stands in the page itself.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use kit::{Anonymous, HandlerResult, RequestError, reply};

use super::errors::Problem;
use super::lists;

const PAGE: &str = include_str!("docs/page.html");
const STYLE: &str = include_str!("docs/page.css");
const SCRIPT: &str = include_str!("docs/page.js");
/// What the page may load and where it may send: this server alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// `GET /docs`
pub async fn page(request: Anonymous) -> HandlerResult {
    served(&request, "text/html; charset=utf-8", PAGE)
}

/// `GET /docs/page.css`
pub async fn style(request: Anonymous) -> HandlerResult {
    served(&request, "text/css; charset=utf-8", STYLE)
}

/// `GET /docs/page.js`
pub async fn script(request: Anonymous) -> HandlerResult {
    served(&request, "text/javascript; charset=utf-8", SCRIPT)
}

fn served(request: &Anonymous, kind: &'static str, text: &'static str) -> HandlerResult {
    let unknown = |problem: Problem| RequestError::from(problem);
    lists::only(&request.query()?.0, &[]).map_err(unknown)?;
    let mut response: Response = reply::with_type(StatusCode::OK, kind, text).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    Ok(response)
}
