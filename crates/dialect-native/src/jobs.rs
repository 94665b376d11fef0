//! Jobs: imports, exports and actions that the server does by itself, their reports and results.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use directory::filter::{BY_NUMBER, JOB_FIELDS};
use directory::{
    Fault, FileFormat, Job, JobField, JobId, JobRef, Kind, Task, TaskJob, TaskMode, TaskWhat,
    UnknownName,
};
use futures_util::stream::unfold;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use kit::{Authenticated, RequestInfo, reply};

use super::answers;
use super::codes::CodeWord;
use super::errors::{self, Problem};
use super::lists::{self, Listing};
use super::near_names;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::times::Moment;

/// The states of jobs: the directory's word and the one shown.
const STATES: &[(&str, &str)] = &[
    ("queued", "waiting"),
    ("running", "running"),
    ("succeeded", "done"),
    ("failed", "failed"),
    ("cancelled", "cancelled"),
];

/// A job as shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Job")]
pub struct JobBody<'a> {
    id: Uuid,
    number: i64,
    kind: &'a str,
    what: Option<TaskWhat>,
    /// The action's name.
    action: Option<&'a str>,
    #[schemars(extend("enum" = shown_states()))]
    state: &'static str,
    dry_run: bool,
    mode: Option<TaskMode>,
    owner: Option<i64>,
    total: Option<i64>,
    done: i64,
    created: i64,
    updated: i64,
    unchanged: i64,
    skipped: i64,
    failed: i64,
    #[schemars(with = "Option<ReportedProblem>")]
    problem: Option<&'a Value>,
    /// The job that this one undoes.
    undoes: Option<i64>,
    result_bytes: i64,
    created_at: Moment,
    started_at: Option<Moment>,
    ended_at: Option<Moment>,
    expires_at: Option<Moment>,
}

/// Why a job ended, as it was noted.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "it describes what is stored as JSON")]
pub struct ReportedProblem {
    #[schemars(with = "CodeWord")]
    code: &'static str,
    #[schemars(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    detail: String,
}

fn shown_states() -> Vec<&'static str> {
    STATES.iter().map(|(_, shown)| *shown).collect()
}

impl<'a> JobBody<'a> {
    /// Shows a job.
    pub fn of(found: &'a TaskJob) -> Self {
        let (job, detail) = (&found.job, &found.detail);
        let state = STATES.iter().find(|(stored, _)| *stored == job.state);
        Self {
            id: job.uuid,
            number: job.id.0,
            kind: &job.kind,
            what: detail.what,
            action: detail.action.as_deref(),
            state: state.map_or("waiting", |(_, shown)| shown),
            dry_run: detail.dry_run,
            mode: detail.mode,
            owner: job.owner.map(|user| user.0),
            total: job.total,
            done: job.done,
            created: detail.created,
            updated: detail.updated,
            unchanged: detail.unchanged,
            skipped: detail.skipped,
            failed: detail.failed,
            problem: detail.problem.as_ref(),
            undoes: detail.undoes.map(|job| job.0),
            result_bytes: detail.result_bytes,
            created_at: Moment(job.created_at),
            started_at: Moment::maybe(job.started_at),
            ended_at: Moment::maybe(job.ended_at),
            expires_at: Moment::maybe(found.expires_at),
        }
    }
}

/// A fault as reports show it: as a problem, without what belongs to a request.
#[must_use]
pub fn describe_fault(fault: &Fault, unknown: Option<&UnknownName>) -> Value {
    let problem = match unknown {
        Some(unknown) => near_names::refuse(unknown),
        None => errors::problem(fault),
    };
    json!({ "code": problem.code.facts().code, "field": problem.field, "detail": problem.detail })
}

/// Answers 202 with a job that was begun.
pub fn accepting(
    info: &Arc<RequestInfo>,
) -> impl Fn(&Job) -> Answer + Send + Sync + use<> + 'static {
    let info = Arc::clone(info);
    move |job| {
        let found = TaskJob {
            detail: serde_json::from_value(job.detail.clone()).unwrap_or_default(),
            job: job.clone(),
            task: None,
            expires_at: None,
        };
        let location = format!("/jobs/{}", job.uuid);
        let mut reply = Reply::made(&info, &location, None, &JobBody::of(&found))?;
        reply.status = 202;
        Ok(reply)
    }
}

fn which(request: &Authenticated) -> JobRef {
    request.reference::<JobId>(0)
}

/// How jobs are listed.
pub const LISTING: Listing<JobField> = Listing {
    fields: JOB_FIELDS,
    usual: BY_NUMBER,
    sorts: &[
        ("kind", JobField::Kind),
        ("what", JobField::What),
        ("state", JobField::State),
        ("done", JobField::Done),
        ("failed", JobField::Failed),
        ("created_at", JobField::CreatedAt),
        ("started_at", JobField::StartedAt),
        ("ended_at", JobField::EndedAt),
    ],
    facets: &[
        "kind", "what", "action", "state", "dry_run", "mode", "owner",
    ],
    downwards: true,
};

/// `GET /jobs`: the newest first, unless the list is sorted.
pub async fn list(request: Authenticated) -> Answer {
    let query = LISTING.query(&request, &request.query()?.0).await?;
    let page = request.task_jobs(&query).await?;
    LISTING.page(&request, &page, JobBody::of).await
}

/// One of some words.
pub fn one_of(name: &str, value: &str, words: &[&str]) -> Result<String, Problem> {
    if words.contains(&value) {
        Ok(value.to_owned())
    } else {
        let why = format!("must be one of {}", words.join(", "));
        Err(Problem::parameter(name, why))
    }
}

/// `GET /jobs/{job}`
pub async fn show(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let found = request.task_job(which(&request)).await?;
    Reply::shown(&JobBody::of(&found))
}

/// `POST /jobs/{job}/cancel`: it stops at the next chunk of its work.
pub async fn cancel(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let job = which(&request);
    let show = |found: &TaskJob| {
        let mut reply = Reply::shown(&JobBody::of(found))?;
        reply.status = 202;
        Ok(reply)
    };
    answers::once(&request, &request, show, |handle| handle.cancel_job(job)).await
}

/// `DELETE /jobs/{job}`: forgets one that has ended.
pub async fn delete(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    request.forget_job(which(&request)).await?;
    Reply::nothing()
}

/// `POST /jobs/{job}/run`: does what a plan found nothing against.
pub async fn run(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let plan = which(&request);
    let show = accepting(&request.info);
    answers::once(&request, &request, show, |handle| handle.run_job(plan)).await
}

/// `POST /jobs/{job}/undo`: undoes an action, person by person.
pub async fn undo(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let done = which(&request);
    let show = accepting(&request.info);
    answers::once(&request, &request, show, |handle| handle.undo_job(done)).await
}

/// `GET /jobs/{job}/report`: a line of JSON for each item, in order, as far as the job is.
pub async fn report(request: Authenticated) -> Result<Response, Problem> {
    let given = &request.query()?.0;
    lists::only(given, &["outcome"])?;
    let mut outcome = None;
    for (name, value) in given {
        let words = [
            "created",
            "updated",
            "done",
            "unchanged",
            "skipped",
            "failed",
        ];
        outcome = Some(one_of(name, value, &words)?);
    }
    let job = request.task_job(which(&request)).await?.job.id;
    let handle = request.handle();
    let stream = unfold(Some((handle, 0)), move |state| {
        let outcome = outcome.clone();
        async move {
            let (handle, number) = state?;
            let lines = match handle.job_report(job, number).await {
                Ok(lines) => lines?,
                Err(fault) => {
                    tracing::warn!(%fault, "a report broke off");
                    let error = std::io::Error::other("the report broke off");
                    return Some((Err(error), None));
                }
            };
            let mut bytes = Vec::new();
            for line in &lines {
                if outcome.is_none() || line["outcome"].as_str() == outcome.as_deref() {
                    bytes.extend_from_slice(line.to_string().as_bytes());
                    bytes.push(b'\n');
                }
            }
            Some((Ok(Bytes::from(bytes)), Some((handle, number + 1))))
        }
    });
    let body = Body::from_stream(stream);
    Ok(reply::with_type(
        StatusCode::OK,
        "application/x-ndjson",
        body,
    ))
}

/// `GET /jobs/{job}/result`: what was exported, or a range of its bytes.
pub async fn result(request: Authenticated, headers: HeaderMap) -> Result<Response, Problem> {
    lists::only(&request.query()?.0, &[])?;
    let found = request.task_job(which(&request)).await?;
    let Some(Task::Export { what, format, .. }) = &found.task else {
        return Err(Problem::not_found(Kind::Job));
    };
    if found.job.state != "succeeded" {
        return Err(Fault::InUse(Kind::Job).into());
    }
    let whole = found.detail.result_bytes;
    let (content_type, extension) = match format {
        FileFormat::Csv => ("text/csv; charset=utf-8", "csv"),
        FileFormat::Ndjson => ("application/x-ndjson", "ndjson"),
    };
    let ranges = headers.get_all(header::RANGE);
    let range = ranges.iter().next().and_then(|value| value.to_str().ok());
    let (status, begin, end) = match range.map(|range| range_of(range, whole)) {
        None | Some(Range::Whole) => (StatusCode::OK, 0, whole),
        Some(Range::Part(begin, end)) => (StatusCode::PARTIAL_CONTENT, begin, end),
        Some(Range::Outside) => {
            let mut response = reply::empty(StatusCode::RANGE_NOT_SATISFIABLE);
            let value = HeaderValue::from_str(&format!("bytes */{whole}"));
            response
                .headers_mut()
                .extend(value.ok().map(|value| (header::CONTENT_RANGE, value)));
            return Ok(response);
        }
    };
    let body = bytes_of(request.handle(), found.job.id, begin, end);
    let mut response = reply::with_type(status, content_type, body);
    let word = TaskWhat::ALL.iter().find(|(_, one)| one == what);
    let name = word.map_or("export", |(word, _)| word);
    let disposition = format!(
        "attachment; filename=\"{name}-{}.{extension}\"",
        found.job.id.0
    );
    let mut values = vec![
        (header::CONTENT_DISPOSITION, disposition),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_LENGTH, (end - begin).to_string()),
    ];
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {begin}-{}/{whole}", end - 1);
        values.push((header::CONTENT_RANGE, range));
    }
    for (name, value) in values {
        let value = HeaderValue::from_str(&value);
        response
            .headers_mut()
            .extend(value.ok().map(|value| (name, value)));
    }
    Ok(response)
}

/// The bytes of a result from one place to another, a piece at a time.
fn bytes_of(handle: directory::Handle, job: JobId, begin: i64, end: i64) -> Body {
    let stream = unfold(Some((handle, begin)), move |state| async move {
        let (handle, at) = state?;
        if at >= end {
            return None;
        }
        let broken = || std::io::Error::other("the result broke off");
        let piece = match handle.job_result(job, at).await {
            Ok(Some((begins, bytes))) => {
                let skip = usize::try_from(at - begins).unwrap_or(usize::MAX);
                let most = usize::try_from(end - at).unwrap_or(usize::MAX);
                let rest = bytes.get(skip..).unwrap_or_default();
                Bytes::copy_from_slice(&rest[..rest.len().min(most)])
            }
            Ok(None) => Bytes::new(),
            Err(fault) => {
                tracing::warn!(%fault, "a result broke off");
                Bytes::new()
            }
        };
        if piece.is_empty() {
            return Some((Err(broken()), None));
        }
        let next = at + i64::try_from(piece.len()).unwrap_or(i64::MAX);
        Some((Ok(piece), Some((handle, next))))
    });
    Body::from_stream(stream)
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// Nothing that is understood here, so everything.
    Whole,
    /// From one byte to before another.
    Part(i64, i64),
    /// Bytes that are not there.
    Outside,
}

/// Reads a single range of bytes; several are answered with the whole.
fn range_of(text: &str, whole: i64) -> Range {
    let Some((first, last)) = text
        .trim()
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Range::Whole;
    };
    let number = |text: &str| -> Option<i64> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(i64::MAX))
    };
    match (
        number(first),
        number(last),
        first.is_empty(),
        last.is_empty(),
    ) {
        (Some(first), Some(last), ..) if first > last => Range::Whole,
        (Some(first), _, _, _) if first >= whole => Range::Outside,
        (Some(first), Some(last), ..) => Range::Part(first, last.saturating_add(1).min(whole)),
        (Some(first), None, _, true) => Range::Part(first, whole),
        (None, Some(0), true, _) => Range::Outside,
        (None, Some(last), true, _) if whole > 0 => Range::Part((whole - last).max(0), whole),
        (None, Some(_), true, _) => Range::Outside,
        _ => Range::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (text, expected) in [
            ("bytes=0-9", Range::Part(0, 10)),
            ("bytes=5-", Range::Part(5, 100)),
            ("bytes=-10", Range::Part(90, 100)),
            ("bytes=-1000", Range::Part(0, 100)),
            ("bytes=90-1000", Range::Part(90, 100)),
            ("bytes=100-", Range::Outside),
            ("bytes=-0", Range::Outside),
            ("bytes=9-5", Range::Whole),
            ("bytes=0-1,5-6", Range::Whole),
            ("lines=0-1", Range::Whole),
            ("bytes=", Range::Whole),
            ("bytes=-", Range::Whole),
        ] {
            assert_eq!(range_of(text, 100), expected, "{text}");
        }
    }
}
