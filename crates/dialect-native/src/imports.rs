//! Imports: a file is stored as it comes, and read line by line afterwards.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use directory::{
    BodyDigest, FileFormat, Handle, JobId, OnConflict, PIECE, Task, TaskMode, TaskWhat, WriteMode,
};
use futures_util::StreamExt as _;

use kit::{Authenticated, Rejection, content_type};

use super::answers;
use super::codes::Code;
use super::errors::Problem;
use super::jobs;
use super::lists::{self, Parameters};
use super::repeats::{self, Before};
use super::reply::Answer;

/// What files hold.
pub const IMPORTED: &[&str] = &["users", "organisations", "groups", "memberships", "grants"];
/// How long the next part of a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// `POST /imports?what=users&on_conflict=…&mode=…&dry_run=…&notify=…`, with the file as the body.
pub async fn create(
    request: Authenticated,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let given = &request.query()?.0;
    lists::only(given, &["what", "on_conflict", "mode", "dry_run", "notify"])?;
    let format = format(&headers)?;
    let (what, task) = task(given, format)?;
    let mut upload = Upload::new(what, format, request.info.state.import_limit());
    let mut chunks = body.into_data_stream();
    if let Before::Something = repeats::came_before(&request).await? {
        while let Some(bytes) = next(&mut chunks).await? {
            upload.count(&bytes)?;
        }
        return repeats::repeated(&request, &upload.digest.whole()).await;
    }
    // The beginning is looked at before anything is stored.
    while !upload.checked {
        let more = next(&mut chunks).await?;
        let ended = more.is_none();
        upload.take(more.as_deref().unwrap_or_default())?;
        upload.check(ended)?;
    }
    let plain = request.handle().in_mode(WriteMode::default());
    let job = plain.begin_job(task, None).await?;
    let stored = store(&plain, &mut upload, &mut chunks, job.id).await;
    let ready = match stored {
        Ok(()) => make_ready(&request, upload.digest, job.id).await,
        Err(problem) => Err(problem),
    };
    match ready {
        Ok(reply) => Ok(reply.into_response()),
        Err(problem) => {
            plain.abandon_job(job.id).await?;
            Err(problem)
        }
    }
}

/// How the file is written, by the type of its content.
fn format(headers: &HeaderMap) -> Result<FileFormat, Problem> {
    match content_type(headers).as_str() {
        "text/csv" => Ok(FileFormat::Csv),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
            Ok(FileFormat::Ndjson)
        }
        _ => {
            let detail = "Send a table as text/csv or lines of JSON as application/x-ndjson.";
            Err(Problem::of(Code::UnsupportedMediaType, detail))
        }
    }
}

/// What the parameters ask for, and what the lines are.
fn task(given: &Parameters, format: FileFormat) -> Result<(TaskWhat, Task), Problem> {
    let (mut what, mut on_conflict, mut mode) = (None, OnConflict::Fail, TaskMode::Each);
    let (mut dry_run, mut notify) = (false, false);
    for (name, value) in given {
        match name.as_str() {
            "what" => {
                jobs::one_of("what", value, IMPORTED)?;
                let found = TaskWhat::ALL
                    .iter()
                    .find(|(word, _)| *word == value.as_str());
                what = found.map(|(_, what)| *what);
            }
            "on_conflict" => {
                on_conflict = match jobs::one_of(name, value, &["fail", "skip", "update"])?.as_str()
                {
                    "skip" => OnConflict::Skip,
                    "update" => OnConflict::Update,
                    _ => OnConflict::Fail,
                };
            }
            "mode" => mode = self::mode(value)?,
            "dry_run" => dry_run = lists::flag(name, value)?,
            _ => notify = lists::flag(name, value)?,
        }
    }
    let what = what.ok_or_else(|| {
        let why = format!("is needed: one of {}", IMPORTED.join(", "));
        Problem::parameter("what", why)
    })?;
    if notify && what != TaskWhat::Users {
        return Err(Problem::parameter("notify", "counts for users alone"));
    }
    let task = Task::Import {
        what,
        format,
        on_conflict,
        mode,
        dry_run,
        notify,
    };
    Ok((what, task))
}

/// Lets the job run. A request's idempotency key is noted in this transaction, and not before.
async fn make_ready(request: &Authenticated, digest: BodyDigest, job: JobId) -> Answer {
    let keeping = repeats::keeping(request, &digest.whole())?;
    let show = jobs::accepting(&request.info);
    answers::once(request, &keeping, show, |handle| handle.make_job_ready(job)).await
}

/// Reads each or all.
pub fn mode(value: &str) -> Result<TaskMode, Problem> {
    Ok(
        match jobs::one_of("mode", value, &["each", "all"])?.as_str() {
            "all" => TaskMode::All,
            _ => TaskMode::Each,
        },
    )
}

type Chunks = axum::body::BodyDataStream;

/// The next part of the body; `None` at its end.
async fn next(chunks: &mut Chunks) -> Result<Option<axum::body::Bytes>, Problem> {
    match tokio::time::timeout(PATIENCE, chunks.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(bytes))) => Ok(Some(bytes)),
        Ok(Some(Err(_))) | Err(_) => Err(Rejection::Incomplete.into()),
    }
}

/// What has come of a file and is not stored yet: never more than a piece and what came last.
struct Upload {
    what: TaskWhat,
    format: FileFormat,
    /// Bytes of a file at most.
    most: usize,
    digest: BodyDigest,
    waiting: Vec<u8>,
    taken: usize,
    stored: i64,
    checked: bool,
}

impl Upload {
    fn new(what: TaskWhat, format: FileFormat, most: usize) -> Self {
        Self {
            what,
            format,
            most,
            digest: BodyDigest::default(),
            waiting: Vec::new(),
            taken: 0,
            stored: 0,
            checked: false,
        }
    }

    fn count(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.taken = self.taken.saturating_add(bytes.len());
        if self.taken > self.most {
            return Err(Rejection::TooLarge(self.most).into());
        }
        self.digest.add(bytes);
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.count(bytes)?;
        self.waiting.extend_from_slice(bytes);
        Ok(())
    }

    /// Looks at the column names as soon as they are there.
    fn check(&mut self, ended: bool) -> Result<(), Problem> {
        let known = directory::import_columns(self.what, self.format, &self.waiting, ended);
        match known {
            Some(Ok(())) => {
                self.checked = true;
                Ok(())
            }
            Some(Err(wrong)) => Err(Problem::invalid(wrong.column, wrong.why)),
            None if ended || self.waiting.len() > PIECE => {
                let why = "is not there: the first line must name the columns";
                Err(Problem::invalid("line", why))
            }
            None => Ok(()),
        }
    }
}

async fn store(
    handle: &Handle,
    upload: &mut Upload,
    chunks: &mut Chunks,
    job: JobId,
) -> Result<(), Problem> {
    loop {
        while upload.waiting.len() >= PIECE {
            let rest = upload.waiting.split_off(PIECE);
            let piece = std::mem::replace(&mut upload.waiting, rest);
            handle.add_job_body(job, upload.stored, piece).await?;
            upload.stored += 1;
        }
        match next(chunks).await? {
            Some(bytes) => upload.take(&bytes)?,
            None => break,
        }
    }
    if !upload.waiting.is_empty() {
        let piece = std::mem::take(&mut upload.waiting);
        handle.add_job_body(job, upload.stored, piece).await?;
    }
    Ok(())
}
