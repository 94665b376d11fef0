//! Actions on many people as a job, and how they are undone: a chunk at a time.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{Action, Fault, ItemOutcome, JobId, Kind, Task, TaskMode, UserId};
use crate::operations::rows::lookup::Lookup;
use crate::outcome::{Abort, Outcome};
use crate::store::job_parts::{self, File};
use crate::store::users;

use super::actions::{self, Undo};
use super::many::{MOST_ACTED_ON, WIDTH};
use super::progress::{Chunk, Claimed, Position, ReportLine, note};
use super::step::{Care, Describe, Stepped, of_item};
use super::suggestions::Suggestions;
use super::{PIECE, operation_of_action};

/// One chunk of an action.
pub(super) async fn step(
    handle: &Handle,
    claimed: &Claimed,
    describe: Describe,
    care: Care,
) -> Stepped {
    let Task::Act {
        action,
        mode,
        dry_run,
    } = claimed.task.clone()
    else {
        return Err(Fault::Internal("not an action".to_owned()));
    };
    let most = match mode {
        TaskMode::Each => care.most(),
        TaskMode::All => MOST_ACTED_ON,
    };
    let (people, last) = numbers(handle, claimed, most).await?;
    let begins = claimed.position.offset / i64::try_from(WIDTH).unwrap_or(1);
    let used = i64::try_from(people.len() * WIDTH).unwrap_or(0);
    let next = Position {
        offset: claimed.position.offset + used,
        ..claimed.position.clone()
    };
    let chunk = Chunk {
        next,
        last,
        ..Chunk::default()
    };
    let items: Vec<Item> = people
        .into_iter()
        .zip(begins + 1..)
        .map(|(user, line)| Item {
            line,
            user: UserId(user),
            what: What::Do(action.clone()),
        })
        .collect();
    let all = mode == TaskMode::All;
    run(handle, claimed, items, chunk, dry_run, all, describe, care).await
}

/// One chunk of undoing an action: a piece of the action's report.
pub(super) async fn undo_step(
    handle: &Handle,
    claimed: &Claimed,
    of: JobId,
    describe: Describe,
    care: Care,
) -> Stepped {
    // A piece of the report, and the place in it, as two numbers.
    let (number, place) = (claimed.position.line, claimed.position.offset);
    let lines = handle.report_lines(of, number).await?;
    let Some(lines) = lines else {
        let chunk = Chunk {
            next: claimed.position.clone(),
            last: true,
            ..Chunk::default()
        };
        return run(
            handle,
            claimed,
            Vec::new(),
            chunk,
            false,
            false,
            describe,
            care,
        )
        .await;
    };
    let skip = usize::try_from(place).unwrap_or(usize::MAX);
    let rest = lines.len().saturating_sub(skip);
    let taken = rest.min(care.most());
    let next = if taken == rest {
        Position {
            line: number + 1,
            offset: 0,
            ..claimed.position.clone()
        }
    } else {
        Position {
            offset: place + i64::try_from(taken).unwrap_or(0),
            ..claimed.position.clone()
        }
    };
    let items = lines.into_iter().skip(skip).take(taken);
    let items = items
        .filter(|line| line.outcome == ItemOutcome::Done)
        .filter_map(|line| {
            Some(Item {
                line: line.line,
                user: UserId(line.number?),
                what: What::Undo(line.undo?),
            })
        })
        .collect();
    let chunk = Chunk {
        next,
        ..Chunk::default()
    };
    run(handle, claimed, items, chunk, false, false, describe, care).await
}

#[derive(Clone)]
struct Item {
    line: i64,
    user: UserId,
    what: What,
}

#[derive(Clone)]
enum What {
    Do(Action),
    Undo(Undo),
}

#[expect(
    clippy::too_many_arguments,
    reason = "what a chunk is made of, in one place"
)]
async fn run(
    handle: &Handle,
    claimed: &Claimed,
    items: Vec<Item>,
    chunk: Chunk,
    dry_run: bool,
    all: bool,
    describe: Describe,
    care: Care,
) -> Stepped {
    let last = chunk.last;
    let near = match items.first().map(|item| &item.what) {
        Some(What::Do(action)) => Suggestions::of_action(handle, action).await,
        _ => Suggestions::default(),
    };
    let (items, near) = (Arc::new(items), Arc::new(near));
    if care == Care::GiveUp {
        let fault = Fault::Internal("left out".to_owned());
        let refused = |item: &Item| failed(item, None, describe(&fault, None));
        let lines = items.iter().map(refused).collect();
        let position = noted(handle, claimed, Chunk { lines, ..chunk }).await?;
        return Ok((position, last));
    }
    // In most chunks no person fails, so they run without a savepoint for each.
    for parts in [dry_run || all, true] {
        let undone = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&undone);
        let (work_items, work_claimed, work_chunk) =
            (Arc::clone(&items), claimed.clone(), chunk.clone());
        let work_near = Arc::clone(&near);
        let done = handle
            .write_or_undo(Operation::RunTask, async move |work: &mut Work<'_>| {
                let mut lookup = Lookup::default();
                let mut lines = Vec::with_capacity(work_items.len());
                for item in work_items.iter() {
                    lines.push(act(work, &mut lookup, item, parts, (describe, &work_near)).await?);
                }
                let refused = lines
                    .iter()
                    .any(|line: &ReportLine| line.outcome == ItemOutcome::Failed);
                if dry_run || (all && refused) {
                    *told.lock().unwrap_or_else(PoisonError::into_inner) = lines;
                    return Err(Abort::Undo);
                }
                let chunk = Chunk {
                    lines,
                    ..work_chunk.clone()
                };
                note(work, &work_claimed, &chunk).await
            })
            .await?;
        if let Some(position) = done {
            return Ok((position, last));
        }
        if dry_run || all {
            let mut lines =
                std::mem::take(&mut *undone.lock().unwrap_or_else(PoisonError::into_inner));
            let problem = lines.iter().find_map(|line| line.problem.clone());
            let problem = problem.filter(|_| all && !dry_run);
            for line in &mut lines {
                line.undo = None;
                if problem.is_some() && line.outcome == ItemOutcome::Done {
                    line.outcome = ItemOutcome::Skipped;
                }
            }
            let chunk = Chunk {
                lines,
                problem,
                ..chunk
            };
            let position = noted(handle, claimed, chunk).await?;
            return Ok((position, last));
        }
    }
    Err(Fault::Internal(
        "a chunk of an action was undone twice".to_owned(),
    ))
}

/// Notes a chunk whose work has changed nothing.
async fn noted(handle: &Handle, claimed: &Claimed, chunk: Chunk) -> Result<Position, Fault> {
    let claimed = claimed.clone();
    handle
        .write(Operation::RunTask, async move |work: &mut Work<'_>| {
            note(work, &claimed, &chunk).await
        })
        .await
}

async fn act(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    item: &Item,
    parts: bool,
    (describe, near): (Describe, &Suggestions),
) -> Outcome<ReportLine> {
    work.switch(match &item.what {
        What::Do(action) => operation_of_action(action),
        What::Undo(_) => Operation::ShowUser,
    })?;
    // A person whom the caller does not see is none.
    let user = match users::by_id(&mut work.tx, item.user).await? {
        Some(user) if work.sees_user(&user).await? => Some(user),
        _ => None,
    };
    let login = user.map(|user| user.login);
    let part = if parts {
        Some(work.tx.savepoint().await?)
    } else {
        None
    };
    let outcome = match (&login, &item.what) {
        (None, _) => Err(Fault::NotFound(Kind::User).into()),
        (Some(_), What::Do(action)) => {
            let applied = actions::apply(work, lookup, item.user, action).await;
            applied.map(|undo| (undo, None))
        }
        (Some(_), What::Undo(undo)) => {
            let reverted = actions::revert(work, item.user, undo).await;
            reverted.map(|lost| match lost {
                None => (Undo::Nothing, None),
                Some(lost) => (Undo::never("it undid an action"), Some(lost)),
            })
        }
    };
    match outcome {
        Ok((undo, lost)) => {
            if let Some(part) = part {
                work.tx.keep_part(part).await?;
            }
            let unchanged = undo == Undo::Nothing;
            Ok(ReportLine {
                line: item.line,
                reference: login,
                outcome: if unchanged {
                    ItemOutcome::Unchanged
                } else {
                    ItemOutcome::Done
                },
                number: Some(item.user.0),
                problem: None,
                not_undone: lost.unwrap_or_default(),
                undo: (!unchanged).then_some(undo),
            })
        }
        Err(abort) => {
            let fault = of_item(abort)?;
            match part {
                Some(part) => work.tx.undo_part(part).await?,
                None => return Err(Abort::Undo),
            }
            let unknown = lookup.take_unknown(&fault);
            let unknown = unknown.map(|unknown| near.complete(unknown));
            Ok(failed(item, login, describe(&fault, unknown.as_ref())))
        }
    }
}

fn failed(item: &Item, reference: Option<String>, problem: Value) -> ReportLine {
    ReportLine {
        line: item.line,
        reference,
        outcome: ItemOutcome::Failed,
        number: Some(item.user.0),
        problem: Some(problem),
        not_undone: Vec::new(),
        undo: None,
    }
}

/// Numbers of the body from where the job stands; whether they are the last.
pub(super) async fn numbers(
    handle: &Handle,
    claimed: &Claimed,
    most: usize,
) -> Result<(Vec<i64>, bool), Fault> {
    let (job, offset) = (claimed.job, claimed.position.offset);
    let piece = i64::try_from(PIECE).unwrap_or(i64::MAX);
    handle
        .read(Operation::RunTask, async |work: &mut Work<'_>| {
            let length = job_parts::length(&mut work.tx, job, File::Body).await?;
            let number = offset / piece;
            let part = job_parts::part(&mut work.tx, job, File::Body, number).await?;
            let bytes = part.map_or_else(Vec::new, |part| part.bytes);
            let skip = usize::try_from(offset - number * piece).unwrap_or(usize::MAX);
            let rest = bytes.get(skip..).unwrap_or_default();
            let found: Vec<i64> = rest
                .chunks_exact(WIDTH)
                .take(most)
                .map(|chunk| {
                    let mut bytes = [0; WIDTH];
                    bytes.copy_from_slice(chunk);
                    i64::from_be_bytes(bytes)
                })
                .collect();
            let used = i64::try_from(found.len() * WIDTH).unwrap_or(0);
            Ok((found, offset + used >= length))
        })
        .await
}
