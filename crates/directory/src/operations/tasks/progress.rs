//! How far a job is: what its owner sees of it, where its work goes on, and the lines of its report.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::access::work::Work;
use crate::model::{Fault, ItemOutcome, JobId, Kind, Task, TaskMode, TaskWhat, Time};
use crate::outcome::Outcome;
use crate::store::job_parts::{self, File};
use crate::store::{job_tasks, jobs};

use super::actions::Undo;
use super::store_access::written;

/// Milliseconds for which a process keeps a job to itself without a word.
pub(super) const LEASE: i64 = 15_000;
/// Milliseconds after its end when a job is forgotten.
const KEPT: i64 = 7 * 86_400_000;

/// What a job's owner sees of it beside its state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobDetail {
    /// What of.
    pub what: Option<TaskWhat>,
    /// The action's name.
    pub action: Option<String>,
    /// Each item by itself, or all or none.
    pub mode: Option<TaskMode>,
    /// Whether everything is undone.
    pub dry_run: bool,
    /// The job that this one undoes.
    pub undoes: Option<JobId>,
    /// The job whose plan this one runs.
    pub runs: Option<JobId>,
    /// The items made.
    pub created: i64,
    /// The items changed, or done.
    pub updated: i64,
    /// The items that were so already.
    pub unchanged: i64,
    /// The items left out.
    pub skipped: i64,
    /// The items refused.
    pub failed: i64,
    /// Bytes of the result.
    pub result_bytes: i64,
    /// Why the job as a whole ended before its end, as the dialect that shows jobs says it.
    pub problem: Option<Value>,
    /// Whether it was stopped.
    pub cancelled: bool,
}

impl JobDetail {
    pub(super) fn of(task: &Task) -> Self {
        let (what, action, undoes) = match task {
            Task::Import { what, .. } | Task::Export { what, .. } => (Some(*what), None, None),
            Task::Act { action, .. } => {
                let name = serde_json::to_value(action).ok();
                let name = name.and_then(|value| value["action"].as_str().map(str::to_owned));
                (Some(TaskWhat::Users), name, None)
            }
            Task::Undo { of } => (Some(TaskWhat::Users), Some("undo".to_owned()), Some(*of)),
        };
        Self {
            what,
            action,
            undoes,
            mode: Some(task.mode()),
            dry_run: task.is_trial(),
            ..Self::default()
        }
    }

    pub(super) fn value(&self) -> Result<Value, Fault> {
        serde_json::to_value(self).map_err(|error| Fault::Internal(format!("a job: {error}")))
    }

    /// Reads what is stored. Jobs of other kinds say nothing of this.
    pub(super) fn read(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }

    fn count(&mut self, outcome: ItemOutcome) {
        let slot = match outcome {
            ItemOutcome::Created => &mut self.created,
            ItemOutcome::Updated | ItemOutcome::Done => &mut self.updated,
            ItemOutcome::Unchanged => &mut self.unchanged,
            ItemOutcome::Skipped => &mut self.skipped,
            ItemOutcome::Failed => &mut self.failed,
        };
        *slot += 1;
    }
}

/// Where a job's work goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Position {
    /// Bytes of the body that are used up.
    pub offset: i64,
    /// The number of the next line.
    pub line: i64,
    /// The table's columns.
    pub columns: Vec<String>,
    /// The next piece of the report.
    pub report: i64,
    /// Bytes of the report.
    pub report_bytes: i64,
    /// The next piece of the result.
    pub result: i64,
    /// Bytes of the result.
    pub result_bytes: i64,
    /// Where the list goes on that is exported, or the piece of another job's report that is undone.
    pub cursor: Option<String>,
}

/// What became of one item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ReportLine {
    pub line: i64,
    pub reference: Option<String>,
    pub outcome: ItemOutcome,
    pub number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Value>,
    /// What did not come back with the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_undone: Vec<String>,
    /// For undoing it; not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
}

/// The lines of a piece of a report, as it is shown.
pub(super) fn shown_lines(bytes: &[u8]) -> Result<Vec<Value>, Fault> {
    let lines = bytes.split(|byte| *byte == b'\n');
    let filled = lines.filter(|line| !line.is_empty());
    filled
        .map(|line| {
            let mut shown: Map<String, Value> = serde_json::from_slice(line)
                .map_err(|error| Fault::Internal(format!("stored report: {error}")))?;
            shown.shift_remove("undo");
            shown.entry("problem").or_insert(Value::Null);
            Ok(Value::Object(shown))
        })
        .collect()
}

/// The lines of a piece of a report, as they are stored.
pub(super) fn stored_lines(bytes: &[u8]) -> Result<Vec<ReportLine>, Fault> {
    let lines = bytes.split(|byte| *byte == b'\n');
    let filled = lines.filter(|line| !line.is_empty());
    filled
        .map(|line| {
            serde_json::from_slice(line)
                .map_err(|error| Fault::Internal(format!("stored report: {error}")))
        })
        .collect()
}

/// A job as the process that works on it has claimed it.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub job: JobId,
    pub worker: String,
    pub task: Task,
    pub position: Position,
    /// The position as it is stored.
    pub stored_position: String,
}

/// What a chunk of work came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    pub lines: Vec<ReportLine>,
    pub result: Vec<u8>,
    /// How many items were done that no line tells of.
    pub done: i64,
    /// Where the work goes on.
    pub next: Position,
    /// How many items there are in all, once that is known.
    pub total: Option<i64>,
    /// Whether that was the last.
    pub last: bool,
    /// Why the job ends here.
    pub problem: Option<Value>,
}

/// Notes a chunk in the transaction of its work. A job that is not this process's any more, or stands
/// somewhere else, is not touched: everything is undone.
pub(super) async fn note(
    work: &mut Work<'_>,
    claimed: &Claimed,
    chunk: &Chunk,
) -> Outcome<Position> {
    let mut next = chunk.next.clone();
    let mut report = Vec::new();
    for line in &chunk.lines {
        report.extend_from_slice(written(line)?.as_bytes());
        report.push(b'\n');
    }
    let (report_number, report_begins) = (next.report, next.report_bytes);
    if !report.is_empty() {
        next.report += 1;
        next.report_bytes += length(&report);
    }
    let (result_number, result_begins) = (next.result, next.result_bytes);
    if !chunk.result.is_empty() {
        next.result += 1;
        next.result_bytes += length(&chunk.result);
    }
    let until = work.now.plus(LEASE);
    let (from, to) = (&claimed.stored_position, written(&next)?);
    let (tx, job) = (&mut work.tx, claimed.job);
    if !job_tasks::advance(tx, job, &claimed.worker, from, &to, until).await? {
        return Err(Fault::Stale.into());
    }
    if !report.is_empty() {
        job_parts::append(tx, job, File::Report, report_number, report_begins, &report).await?;
    }
    if !chunk.result.is_empty() {
        let bytes = &chunk.result;
        job_parts::append(tx, job, File::Result, result_number, result_begins, bytes).await?;
    }
    let mut row = jobs::find(tx, &job.into(), None)
        .await?
        .ok_or(Fault::NotFound(Kind::Job))?;
    let mut detail = JobDetail::read(&row.detail);
    for line in &chunk.lines {
        detail.count(line.outcome);
    }
    detail.result_bytes = next.result_bytes;
    row.done += chunk.done + i64::try_from(chunk.lines.len()).unwrap_or(0);
    row.total = chunk.total.or(row.total);
    if row.started_at.is_none() {
        row.started_at = Some(work.now);
        "running".clone_into(&mut row.state);
    }
    if chunk.last {
        detail.problem.clone_from(&chunk.problem);
        if chunk.problem.is_none() {
            row.total = Some(row.done);
        }
        end(work, &mut row, &detail, chunk.problem.is_some()).await?;
    }
    row.detail = detail.value()?;
    jobs::update(&mut work.tx, &row).await?;
    Ok(next)
}

fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

async fn end(
    work: &mut Work<'_>,
    row: &mut crate::model::Job,
    detail: &JobDetail,
    failed: bool,
) -> Outcome<()> {
    let now: Time = work.now;
    let state = match (detail.cancelled, failed) {
        (true, _) => "cancelled",
        (false, true) => "failed",
        (false, false) => "succeeded",
    };
    state.clone_into(&mut row.state);
    row.ended_at = Some(now);
    job_tasks::end(&mut work.tx, row.id, now.plus(KEPT)).await?;
    Ok(())
}

/// Ends a job as a whole: stopped, or with what is wrong.
pub(super) async fn end_whole(
    work: &mut Work<'_>,
    job: JobId,
    problem: Option<&Value>,
    cancelled: bool,
) -> Outcome<()> {
    let Some(mut row) = jobs::find(&mut work.tx, &job.into(), None).await? else {
        return Ok(());
    };
    if row.ended_at.is_some() {
        return Ok(());
    }
    let mut detail = JobDetail::read(&row.detail);
    detail.problem = problem.cloned();
    detail.cancelled = cancelled;
    end(work, &mut row, &detail, problem.is_some()).await?;
    row.detail = detail.value()?;
    Ok(jobs::update(&mut work.tx, &row).await?)
}
