//! The envelope of every answer: what is told of it, what went wrong, and the resources (falcon.md §3).

use axum::http::StatusCode;
use axum::response::Response;
use kit::{RequestInfo, reply};
use serde::Serialize;

use super::errors::Failure;

/// Which part of a list a page is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pagination {
    /// Where it begins, as asked for.
    pub offset: u64,
    /// How many rows it has at most.
    pub limit: u32,
    /// How many rows there are.
    pub total: u64,
}

#[derive(Serialize)]
struct Writes {
    resources_affected: usize,
}

#[derive(Serialize)]
struct Meta<'a> {
    query_time: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    powered_by: Option<&'static str>,
    trace_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<Pagination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    writes: Option<Writes>,
}

impl<'a> Meta<'a> {
    fn of(info: &'a RequestInfo) -> Self {
        let elapsed = info.state.directory().now().0 - info.received_at.0;
        // Times are whole milliseconds, and a request takes few of them.
        let elapsed = u32::try_from(elapsed).unwrap_or(0);
        Self {
            query_time: f64::from(elapsed) / 1_000.0,
            powered_by: None,
            trace_id: &info.request_id,
            pagination: None,
            writes: None,
        }
    }
}

/// One thing that went wrong.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorEntry {
    /// The status.
    pub code: u16,
    /// What to do about it.
    ///
    /// Quirk: it must be there, or the client dies of its absence (falcon.md §1).
    pub message: String,
}

#[derive(Serialize)]
struct Envelope<'a, T> {
    meta: Meta<'a>,
    // Quirk: an array, never null: some clients map over it (falcon.md §9b).
    errors: &'a [ErrorEntry],
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<T>,
}

/// Resources.
pub fn resources(info: &RequestInfo, status: StatusCode, resources: &impl Serialize) -> Response {
    let envelope = Envelope {
        meta: Meta::of(info),
        errors: &[],
        resources: Some(resources),
    };
    reply::json(status, &envelope)
}

/// A page of resources.
pub fn page(info: &RequestInfo, resources: &impl Serialize, pagination: Pagination) -> Response {
    let mut meta = Meta::of(info);
    meta.pagination = Some(pagination);
    let envelope = Envelope {
        meta,
        errors: &[],
        resources: Some(resources),
    };
    reply::json(StatusCode::OK, &envelope)
}

/// What a change left, and how many things it changed.
pub fn written(
    info: &RequestInfo,
    status: StatusCode,
    resources: &impl Serialize,
    affected: usize,
) -> Response {
    let mut meta = Meta::of(info);
    meta.writes = Some(Writes {
        resources_affected: affected,
    });
    let envelope = Envelope {
        meta,
        errors: &[],
        resources: Some(resources),
    };
    reply::json(status, &envelope)
}

/// A change that has nothing to show.
///
/// Quirk: never 204: the client turns an empty body into bytes that its callers cannot read
/// (falcon.md §1).
pub fn done(info: &RequestInfo, affected: usize) -> Response {
    let mut meta = Meta::of(info);
    meta.writes = Some(Writes {
        resources_affected: affected,
    });
    let envelope: Envelope<'_, ()> = Envelope {
        meta,
        errors: &[],
        resources: None,
    };
    reply::json(StatusCode::OK, &envelope)
}

/// Several changes of which some may have failed: 207 then (falcon.md §7).
pub fn partial(
    info: &RequestInfo,
    resources: &[impl Serialize],
    errors: &[ErrorEntry],
) -> Response {
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::MULTI_STATUS
    };
    let mut meta = Meta::of(info);
    meta.writes = Some(Writes {
        resources_affected: resources.len(),
    });
    let envelope = Envelope {
        meta,
        errors,
        resources: Some(resources),
    };
    reply::json(status, &envelope)
}

/// What comes before the resources of a list that is sent as it is read, and what comes behind.
pub fn around(info: &RequestInfo) -> (String, &'static str) {
    let meta = serde_json::to_string(&Meta::of(info)).unwrap_or_else(|_| "{}".to_owned());
    (
        format!("{{\"meta\":{meta},\"errors\":[],\"resources\":["),
        "]}",
    )
}

/// A failure.
pub fn failure(info: &RequestInfo, failure: &Failure) -> Response {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut meta = Meta::of(info);
    meta.powered_by = failure.powered_by;
    let errors = [ErrorEntry {
        code: failure.status,
        message: failure.message.clone(),
    }];
    let envelope = Envelope {
        meta,
        errors: &errors,
        // Quirk: a failed creation says `"resources": null`, which scripts test; other failures must
        // not have the key (falcon.md §3).
        resources: creates_user(info).then_some(()),
    };
    reply::json(status, &envelope)
}

fn creates_user(info: &RequestInfo) -> bool {
    info.method == axum::http::Method::POST && info.path == "/user-management/entities/users/v1"
}
