//! Requests in the vendor's order of checks: who asks, what they may, and only then what was sent; and
//! the answers of lists.

use axum::extract::{FromRequest as _, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use directory::{Fault, Position, Query};
use kit::{Authenticated, JsonBody, Pairs, RequestError, reply};
use serde::Serialize;

use crate::fields::{PageRequest, Values};
use crate::specification::{Object, Operation};

/// What an operation without a body may be sent: nothing, or an object without members.
///
/// Quirk: the client sends `{}` with every call (civis.md §1).
static NOTHING: Object = Object {
    name: "Nothing",
    fields: &[],
};

/// The body of a request, once its caller may do the directory's operation at all.
pub async fn body(
    request: &Authenticated,
    may: directory::Operation,
    operation: &Operation,
    raw: Request,
) -> Result<Values, RequestError> {
    request.admit(may)?;
    let JsonBody(body) = JsonBody::from_request(raw, request.state()).await?;
    Ok(Values::of_body(operation.body.unwrap_or(&NOTHING), &body)?)
}

/// The query of a request, once its caller may do the directory's operation at all.
pub fn query(
    request: &Authenticated,
    may: directory::Operation,
    operation: &Operation,
    pairs: &Pairs,
) -> Result<Values, RequestError> {
    request.admit(may)?;
    Ok(Values::of_query(operation, pairs)?)
}

/// The query of a list and the page it wants.
pub fn page(
    request: &Authenticated,
    may: directory::Operation,
    operation: &Operation,
    pairs: &Pairs,
) -> Result<(Values, PageRequest), RequestError> {
    let values = query(request, may, operation, pairs)?;
    let paging = operation.paging.ok_or_else(|| no_pages(operation))?;
    let page = values.page(&paging)?;
    Ok((values, page))
}

fn no_pages(operation: &Operation) -> Fault {
    Fault::Internal(format!("{} has no pages", operation.path))
}

/// What the directory is asked for a page; its order and filter are the list's.
pub fn paged<F>(page: PageRequest) -> Query<F> {
    Query {
        direction: match page.descending {
            true => directory::Direction::Down,
            false => directory::Direction::Up,
        },
        from: Position::Offset(page.offset()),
        limit: page.limit,
        total: true,
        ..Query::default()
    }
}

const PAGES: [HeaderName; 4] = [
    HeaderName::from_static("x-pagination-per-page"),
    HeaderName::from_static("x-pagination-current-page"),
    HeaderName::from_static("x-pagination-total-pages"),
    HeaderName::from_static("x-pagination-total-entries"),
];

/// A page of a list: a bare array, and where it stands in the headers.
pub fn list(rows: &impl Serialize, page: PageRequest, total: Option<u64>) -> Response {
    let total = total.unwrap_or(0);
    let figures = [
        u64::from(page.limit),
        page.number,
        total.div_ceil(page.limit.into()),
        total,
    ];
    let mut response = reply::json(StatusCode::OK, rows);
    let headers = response.headers_mut();
    for (name, figure) in PAGES.iter().zip(figures) {
        headers.insert(name, HeaderValue::from(figure));
    }
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "X-Pagination-Per-Page, X-Pagination-Current-Page, X-Pagination-Total-Pages, X-Pagination-Total-Entries",
        ),
    );
    response
}

/// A success with a body, of the operation's own status.
pub fn success(operation: &Operation, body: &impl Serialize) -> Response {
    let status = StatusCode::from_u16(operation.status).unwrap_or(StatusCode::OK);
    reply::json(status, body)
}

/// A success without a body.
pub fn done() -> Response {
    reply::empty(StatusCode::NO_CONTENT)
}
