//! What every change may be asked for beside the change itself: to be tried only (`dry_run=true`), to happen to one
//! revision only (`If-Match`), to happen once however often it is sent (`Idempotency-Key`), to be one sending of a form
//! (`Form-Token`). And reads that are answered by "as it was" (`If-None-Match`).

use std::sync::{Arc, OnceLock};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use directory::{
    AnswerWriter, DoneByRequest, Expectation, FormTicket, Handle, IdempotencyTicket, KeptAnswer,
    Versioned, WriteMode,
};
use kit::{Authenticated, Concluding, Preparation, Prepared, Preparing, RequestError, RequestInfo};
use serde_json::Value;

use super::answers::{Kept, Notes, kept_of, notes};
use super::codes::Code;
use super::errors::{DoneBody, Problem, under_way};
use super::reply::NativeRequest as _;
use super::settings;
use super::{lists, near_names};

const DRY_RUN: HeaderName = HeaderName::from_static("usher-dry-run");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Characters that an idempotency key may have.
const KEY_LENGTH: usize = 255;
/// Bytes of an answer that is kept.
const LARGEST: usize = 16 << 20;

/// Routes that answer a trial themselves: with a report of each item, or by a job that runs later.
const OWN_DRY_RUNS: [&str; 2] = ["/imports", "/users/actions"];

/// The path whose body is read piece by piece.
pub const STREAMED: &str = "/imports";

/// Looks at requests before their handlers, and at their answers.
pub struct Repeats;

impl Preparation for Repeats {
    fn prepare<'a>(&'a self, request: Authenticated, body: Option<&'a Value>) -> Preparing<'a> {
        Box::pin(async move {
            if matches!(request.info.method, Method::GET | Method::HEAD) {
                if near_names::any_name(&request.segments) {
                    note(&request.info, &request, false, None, None);
                }
                return Ok(Prepared::Go(Box::new(request)));
            }
            prepare(request, body).await.map_err(RequestError::from)
        })
    }

    fn conclude<'a>(&'a self, response: Response, info: &'a RequestInfo) -> Concluding<'a> {
        Box::pin(async move {
            let Some(notes) = notes(info) else {
                return response;
            };
            let response = near_names::tell(response, &notes.handle, &notes.segments, info).await;
            let kept = notes.answer.get().is_some_and(AnswerWriter::is_kept);
            match notes.keeping.get() {
                Some((handle, ticket)) if !kept => keep(response, handle, ticket).await,
                _ => response,
            }
        })
    }
}

impl From<Problem> for RequestError {
    fn from(problem: Problem) -> Self {
        RequestError::Own(Arc::new(problem))
    }
}

fn note(
    info: &RequestInfo,
    request: &Authenticated,
    dry_run: bool,
    keeping: Option<(Handle, IdempotencyTicket)>,
    form: Option<FormTicket>,
) {
    // A request is prepared once, so nothing is noted yet.
    let _ = info.notes.set(Arc::new(Notes {
        dry_run,
        keeping: keeping.map(OnceLock::from).unwrap_or_default(),
        form,
        answer: OnceLock::new(),
        handle: request.handle(),
        segments: request.segments.clone(),
    }));
}

async fn prepare(mut request: Authenticated, body: Option<&Value>) -> Result<Prepared, Problem> {
    let own = OWN_DRY_RUNS.contains(&request.info.path.as_str());
    let mut dry_run = false;
    for (_, value) in request
        .query()?
        .0
        .iter()
        .filter(|(name, _)| name == "dry_run" && !own)
    {
        dry_run = lists::flag("dry_run", value)?;
    }
    let info = Arc::clone(&request.info);
    if !own {
        request.info = Arc::new(info.without("dry_run"));
    }
    let form = match info.form_token.as_deref() {
        None => None,
        Some(token) => Some(request.read_form_token(&form_of(&info), token)?),
    };
    let mut keeping = None;
    // A body that is read piece by piece belongs to the request, too, and its handler knows it last.
    let ticket = ticket(&info, body)?.filter(|_| info.path != STREAMED);
    if let Some(ticket) = ticket.filter(|_| !dry_run) {
        match request.kept_answer(&ticket).await? {
            KeptAnswer::Nothing => keeping = Some((request.handle(), ticket)),
            KeptAnswer::Answer(answer) => {
                return Ok(Prepared::Answer(Box::new(replayed(&answer)?)));
            }
            KeptAnswer::UnderWay => return Err(under_way()),
            KeptAnswer::Lost(done) => return Err(answer_lost(done)),
            KeptAnswer::Other => return Err(reused()),
        }
    }
    let mode = WriteMode {
        dry_run,
        expects: expectation(&request).await?,
        idempotency: keeping.as_ref().map(|(_, ticket)| ticket.clone()),
        answer: None,
        // What is read piece by piece uses its token up when all of it is there.
        form: form.clone().filter(|_| info.path != STREAMED),
    };
    note(&info, &request, dry_run, keeping, form);
    Ok(Prepared::Go(Box::new(request.in_mode(mode))))
}

/// The name of the form that a request is: its method and path.
fn form_of(info: &RequestInfo) -> String {
    format!("{} {}", info.method, info.path)
}

/// What came before under the key of a request whose body is read piece by piece.
pub enum Before {
    /// Nothing.
    Nothing,
    /// Its answer, or why there is none. What the body is decides which.
    Something,
}

/// Whether an earlier request had this idempotency key; bodies are not compared, since this request's body is a stream.
pub async fn came_before(request: &Authenticated) -> Result<Before, Problem> {
    // The digest of no body: what is kept under the key is seen as that of another request.
    match ticket_of(&request.info, &[])? {
        None => Ok(Before::Nothing),
        Some(ticket) => Ok(match request.kept_answer(&ticket).await? {
            KeptAnswer::Nothing => Before::Nothing,
            _ => Before::Something,
        }),
    }
}

/// What a repeat is answered whose body has been read through.
pub async fn repeated(request: &Authenticated, body: &[u8]) -> Result<Response, Problem> {
    match ticket_of(&request.info, body)? {
        None => Err(under_way()),
        Some(ticket) => match request.kept_answer(&ticket).await? {
            KeptAnswer::Answer(answer) => replayed(&answer),
            KeptAnswer::Other => Err(reused()),
            KeptAnswer::Lost(done) => Err(answer_lost(done)),
            // It was given up while the body was read.
            KeptAnswer::Nothing | KeptAnswer::UnderWay => Err(under_way()),
        },
    }
}

/// A handle whose writes note the request's key with the body that was read, and whose answer is kept.
pub fn keeping(request: &Authenticated, body: &[u8]) -> Result<Handle, Problem> {
    let Some(ticket) = ticket_of(&request.info, body)? else {
        return Ok(request.handle().in_mode(WriteMode {
            form: form_ticket(request),
            ..WriteMode::default()
        }));
    };
    if let Some(notes) = notes(&request.info) {
        // A request is answered once.
        let _ = notes.keeping.set((request.handle(), ticket.clone()));
    }
    Ok(request.handle().in_mode(WriteMode {
        idempotency: Some(ticket),
        form: form_ticket(request),
        ..WriteMode::default()
    }))
}

/// What the request uses its form's token up with.
fn form_ticket(request: &Authenticated) -> Option<FormTicket> {
    notes(&request.info).and_then(|notes| notes.form.clone())
}

fn reused() -> Problem {
    let detail = "This Idempotency-Key came with another request within 24 hours. Send a new one.";
    Problem::of(Code::IdempotencyKeyReused, detail)
}

/// An earlier request with this key was done, and cannot be answered as it was.
fn answer_lost(done: Vec<DoneByRequest>) -> Problem {
    let detail = "The first request with this Idempotency-Key was done and its answer was lost. Nothing was done again: \
                  `done` names what the first one did.";
    let mut problem = Problem::of(Code::AnswerLost, detail);
    let shown = done.into_iter().map(|one| DoneBody {
        verb: one.verb,
        entity: one.entity,
        number: one.number,
    });
    problem.done = shown.collect();
    problem
}

/// The ticket of a request that brings an idempotency key.
fn ticket(info: &RequestInfo, body: Option<&Value>) -> Result<Option<IdempotencyTicket>, Problem> {
    let body = body.map(Value::to_string).unwrap_or_default();
    ticket_of(info, body.as_bytes())
}

fn ticket_of(info: &RequestInfo, body: &[u8]) -> Result<Option<IdempotencyTicket>, Problem> {
    let Some(key) = info.idempotency_key.as_deref() else {
        return Ok(None);
    };
    if info.method != Method::POST {
        return Ok(None);
    }
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if key.is_empty() || key.len() > KEY_LENGTH || !visible {
        let why = format!("must be 1 to {KEY_LENGTH} visible ASCII characters");
        return Err(Problem::parameter(directory::IDEMPOTENCY_KEY, why));
    }
    let said = [info.query.as_bytes(), body];
    let ticket = IdempotencyTicket::new(key, &info.path, &said, &info.request_id);
    Ok(Some(ticket))
}

/// The revision that `If-Match` asks for, of what the path names.
async fn expectation(request: &Authenticated) -> Result<Option<Expectation>, Problem> {
    let Some(revision) = request.revision() else {
        return Ok(None);
    };
    let words: Vec<&str> = request.info.path.split('/').skip(1).collect();
    let of = match words.as_slice() {
        ["me"] => Versioned::User(request.caller().user().into()),
        ["users", _] => Versioned::User(request.reference(0)),
        ["organisations", _] => Versioned::Organisation(request.reference(0)),
        ["groups", _] => Versioned::Group(request.reference(0)),
        ["roles", _] => Versioned::Role(
            super::references::named_role(request, request.named(0))
                .await?
                .id,
        ),
        ["collections", _] => Versioned::Collection(request.reference(0)),
        ["keys", _] => Versioned::Key(request.reference(0)),
        ["settings", name] => Versioned::Settings(settings::documents(name)?),
        _ => return Ok(None),
    };
    Ok(Some(Expectation { of, revision }))
}

async fn keep(response: Response, handle: &Handle, ticket: &IdempotencyTicket) -> Response {
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = match to_bytes(body, LARGEST).await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::error!(%error, "an answer was too large to be kept");
            let mut failed = Response::new(Body::empty());
            *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return failed;
        }
    };
    let written = serde_json::to_vec(&kept_of(&parts, &bytes)).unwrap_or_default();
    if let Err(fault) = handle.keep_answer(ticket, &written).await {
        tracing::error!(%fault, "an answer was not kept under its idempotency key");
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn replayed(answer: &[u8]) -> Result<Response, Problem> {
    let broken = |_| directory::Fault::Internal("a kept answer cannot be read".to_owned());
    let kept: Kept = serde_json::from_slice(answer).map_err(broken)?;
    let mut response = Response::new(Body::from(kept.body));
    *response.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// What every answer carries of this: the mark of a dry run, and no body where the caller has it already.
pub fn finish(response: &mut Response, info: &RequestInfo) {
    if notes(info).is_some_and(|notes| notes.dry_run) {
        let headers = response.headers_mut();
        headers.insert(DRY_RUN, HeaderValue::from_static("true"));
        headers.remove(header::LOCATION);
    }
    let reads = matches!(info.method, Method::GET | Method::HEAD);
    if !reads || response.status() != StatusCode::OK {
        return;
    }
    let (Some(known), Some(tag)) = (&info.if_none_match, response.headers().get(header::ETAG))
    else {
        return;
    };
    let same = known.split(',').map(str::trim).any(|one| {
        let one = one.strip_prefix("W/").unwrap_or(one);
        one == "*" || tag.as_bytes() == one.as_bytes()
    });
    if same {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
}
