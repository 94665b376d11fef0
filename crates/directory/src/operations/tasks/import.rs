//! Imports: lines cut from the stored file, each made, changed, left out or refused.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    Ensured, Fault, FileFormat, ItemOutcome, OnConflict, ProvisioningDefaults, Task, TaskMode,
    TaskWhat, UnknownName,
};
use crate::operations::rows::columns::{Columns, columns_of};
use crate::operations::rows::ensure::{self, How};
use crate::operations::rows::lookup::Lookup;
use crate::operations::rows::{Brought, records, related};
use crate::outcome::{Abort, Outcome};

use super::import_body::read_window;
use super::progress::{Chunk, Claimed, Position, ReportLine, note};
use super::step::{Care, Describe, Stepped, of_item};
use super::suggestions::Suggestions;
use super::tables::{self, Cut, Line};

/// Pieces that one line may stretch over, so that it is no longer than a MiB.
const PIECES: i64 = 4;
/// Lines of a file that is imported as a whole or not at all: they are one transaction, which others
/// wait for.
const MOST_AT_ONCE: usize = 10_000;
/// Characters of a line's name in the report.
const MOST_SHOWN: usize = 254;

/// How lines are imported.
#[derive(Clone, Copy)]
struct Rules {
    what: TaskWhat,
    format: FileFormat,
    columns: &'static Columns,
    on_conflict: OnConflict,
    mode: TaskMode,
    dry_run: bool,
    notify: bool,
}

/// A line with the UUID of what is newly made by it.
struct Item {
    line: Line,
    uuid: Uuid,
}

/// One chunk of an import.
pub(super) async fn step(
    handle: &Handle,
    claimed: &Claimed,
    describe: Describe,
    care: Care,
) -> Stepped {
    let Task::Import {
        what,
        format,
        on_conflict,
        mode,
        dry_run,
        notify,
    } = claimed.task
    else {
        return Err(Fault::Internal("not an import".to_owned()));
    };
    let columns = columns_of(what).ok_or_else(|| Fault::invalid("what", "cannot be imported"))?;
    let rules = Rules {
        what,
        format,
        columns,
        on_conflict,
        mode,
        dry_run,
        notify,
    };
    let begun = began(handle, claimed, rules).await?;
    if mode == TaskMode::All {
        return at_once(handle, claimed, begun, rules, describe).await;
    }
    let (cut, last) = cut(handle, claimed, &begun, rules, care.most()).await?;
    let next = after(&begun, &cut);
    let items = Arc::new(items_of(handle, cut.lines));
    let chunk = |lines| Chunk {
        lines,
        next: next.clone(),
        last,
        ..Chunk::default()
    };
    if care == Care::GiveUp {
        let fault = Fault::Internal("left out".to_owned());
        let refused = |item: &Item| failed(rules.what, &item.line, describe(&fault, None));
        let lines = items.iter().map(refused).collect();
        return noted(handle, claimed, chunk(lines)).await;
    }
    // Most chunks have no line that fails, and do without a savepoint for each line.
    if !dry_run {
        let whole = Parts::Whole;
        let done = write(handle, claimed, &items, rules, whole, chunk(Vec::new())).await?;
        if let Done::Noted(position) = done {
            return Ok((position, last));
        }
    }
    match in_parts(handle, claimed, &items, rules, describe, chunk(Vec::new())).await? {
        Done::Noted(position) => Ok((position, last)),
        Done::Undone(lines) => noted(handle, claimed, chunk(lines)).await,
        Done::Unknown(_) => Err(Fault::Internal("names were looked up twice".to_owned())),
    }
}

/// Each line by itself. Where lines name what is not there, they are done once more when near names have been looked up,
/// which no transaction waits for.
async fn in_parts(
    handle: &Handle,
    claimed: &Claimed,
    items: &Arc<Vec<Item>>,
    rules: Rules,
    describe: Describe,
    chunk: Chunk,
) -> Result<Done, Fault> {
    let parts = Parts::Each(describe, None);
    match write(handle, claimed, items, rules, parts, chunk.clone()).await? {
        Done::Unknown(names) => {
            let known = Suggestions::look_up(handle, names).await;
            let parts = Parts::Each(describe, Some(Arc::new(known)));
            write(handle, claimed, items, rules, parts, chunk).await
        }
        done => Ok(done),
    }
}

/// A whole file in one transaction, all or nothing.
async fn at_once(
    handle: &Handle,
    claimed: &Claimed,
    begun: Position,
    rules: Rules,
    describe: Describe,
) -> Stepped {
    let (mut lines, mut at) = (Vec::new(), begun);
    loop {
        let (cut, last) = cut(handle, claimed, &at, rules, MOST_AT_ONCE).await?;
        at = after(&at, &cut);
        lines.extend(cut.lines);
        if lines.len() > MOST_AT_ONCE {
            let why =
                format!("`all` takes {MOST_AT_ONCE} lines at most; use `each`, or part the file");
            return Err(Fault::invalid("mode", why));
        }
        if last {
            break;
        }
    }
    let items = Arc::new(items_of(handle, lines));
    let chunk = Chunk {
        next: at,
        last: true,
        ..Chunk::default()
    };
    match in_parts(handle, claimed, &items, rules, describe, chunk.clone()).await? {
        Done::Noted(position) => Ok((position, true)),
        Done::Unknown(_) => Err(Fault::Internal("names were looked up twice".to_owned())),
        Done::Undone(mut lines) => {
            let problem = lines.iter().find_map(|line| line.problem.clone());
            if problem.is_some() {
                // The lines that would have been fine were undone with the others.
                for line in &mut lines {
                    if line.outcome != ItemOutcome::Failed {
                        line.outcome = ItemOutcome::Skipped;
                        line.number = None;
                    }
                }
            }
            let chunk = Chunk {
                lines,
                problem: problem.filter(|_| !rules.dry_run),
                ..chunk
            };
            noted(handle, claimed, chunk).await
        }
    }
}

/// What a chunk's transaction came to.
enum Done {
    Noted(Position),
    /// Everything was undone: a line failed, or nothing was to be done in earnest.
    Undone(Vec<ReportLine>),
    /// Everything was undone: lines name what is not there, and near names were not looked up yet.
    Unknown(Vec<UnknownName>),
}

/// How the lines of a chunk are done.
#[derive(Clone)]
enum Parts {
    /// All of them, or none.
    Whole,
    /// Each line by itself. A line that fails is reported by the function, with near names once those have been looked up.
    Each(Describe, Option<Arc<Suggestions>>),
}

async fn write(
    handle: &Handle,
    claimed: &Claimed,
    items: &Arc<Vec<Item>>,
    rules: Rules,
    parts: Parts,
    chunk: Chunk,
) -> Result<Done, Fault> {
    let (claimed, items) = (claimed.clone(), Arc::clone(items));
    let undone = Arc::new(Mutex::new(Done::Undone(Vec::new())));
    let told = Arc::clone(&undone);
    let written = handle
        .write_or_undo(Operation::RunTask, async move |work: &mut Work<'_>| {
            let mut lookup = Lookup::default();
            let mut lines = Vec::with_capacity(items.len());
            let mut unknown = Vec::new();
            for item in items.iter() {
                let done = match &parts {
                    Parts::Whole => import(work, &mut lookup, item, rules).await,
                    Parts::Each(describe, known) => {
                        let parts = (*describe, known.as_deref(), &mut unknown);
                        in_part(work, &mut lookup, item, rules, parts).await
                    }
                };
                lines.push(match (done, &parts) {
                    (Err(abort), Parts::Whole) => {
                        of_item(abort)?;
                        return Err(Abort::Undo);
                    }
                    (done, _) => done?,
                });
            }
            if !unknown.is_empty() {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Done::Unknown(unknown);
                return Err(Abort::Undo);
            }
            let refused = lines.iter().any(|line| line.outcome == ItemOutcome::Failed);
            if rules.dry_run || (refused && rules.mode == TaskMode::All) {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Done::Undone(lines);
                return Err(Abort::Undo);
            }
            let chunk = Chunk {
                lines,
                ..chunk.clone()
            };
            note(work, &claimed, &chunk).await
        })
        .await?;
    Ok(match written {
        Some(position) => Done::Noted(position),
        None => {
            let mut undone = undone.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *undone, Done::Undone(Vec::new()))
        }
    })
}

/// Notes a chunk whose work has changed nothing.
async fn noted(handle: &Handle, claimed: &Claimed, chunk: Chunk) -> Stepped {
    let (claimed, last) = (claimed.clone(), chunk.last);
    let position = handle
        .write(Operation::RunTask, async move |work: &mut Work<'_>| {
            note(work, &claimed, &chunk).await
        })
        .await?;
    Ok((position, last))
}

/// One line, whole or not at all. What it names in vain is noted where near names were not looked up yet.
async fn in_part(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    item: &Item,
    rules: Rules,
    (describe, known, noted): (Describe, Option<&Suggestions>, &mut Vec<UnknownName>),
) -> Outcome<ReportLine> {
    let part = work.tx.savepoint().await?;
    match import(work, lookup, item, rules).await {
        Ok(line) => {
            work.tx.keep_part(part).await?;
            Ok(line)
        }
        Err(abort) => {
            let fault = of_item(abort)?;
            work.tx.undo_part(part).await?;
            let unknown = match (lookup.take_unknown(&fault), known) {
                (Some(unknown), Some(known)) => Some(known.complete(unknown)),
                (Some(unknown), None) => {
                    noted.push(unknown);
                    None
                }
                (None, _) => None,
            };
            let problem = describe(&fault, unknown.as_ref());
            Ok(failed(rules.what, &item.line, problem))
        }
    }
}

async fn import(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    item: &Item,
    rules: Rules,
) -> Outcome<ReportLine> {
    let row = match &item.line.row {
        Ok(row) => row,
        Err(fault) => return Err(fault.clone().into()),
    };
    rules.columns.check(row)?;
    let (uuid, on_conflict) = (item.uuid, rules.on_conflict);
    let brought = match rules.what {
        TaskWhat::Organisations => {
            records::bring_organisation(work, lookup, row, uuid, on_conflict).await?
        }
        TaskWhat::Groups => records::bring_group(work, lookup, row, uuid, on_conflict).await?,
        TaskWhat::Memberships => related::bring_membership(work, lookup, row, on_conflict).await?,
        TaskWhat::Grants => related::bring_grant(work, lookup, row, on_conflict).await?,
        TaskWhat::Users | TaskWhat::Keys | TaskWhat::Events => {
            bring_user(work, lookup, row, uuid, rules).await?
        }
    };
    Ok(ReportLine {
        line: item.line.number,
        reference: reference_of(rules.what, row),
        outcome: brought.outcome,
        // What is undone has no number.
        number: brought
            .number
            .filter(|_| !rules.dry_run || brought.outcome != ItemOutcome::Created),
        problem: None,
        not_undone: Vec::new(),
        undo: None,
    })
}

/// Makes, changes or leaves alone the person of a row.
async fn bring_user(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    row: &Map<String, Value>,
    uuid: Uuid,
    rules: Rules,
) -> Outcome<Brought> {
    let key = ensure::key_of(row)?;
    let door = ProvisioningDefaults {
        without_defaults: false,
        mail: rules.notify.then(|| "activation".to_owned()),
    };
    let how = How {
        uuid,
        exact: false,
        door: &door,
        prepared: None,
        needs_password: false,
    };
    let present = match rules.on_conflict {
        // Whether the address is taken is found out when it is taken.
        OnConflict::Fail => None,
        OnConflict::Skip | OnConflict::Update => ensure::present(work, &key).await?,
    };
    let (outcome, number) = match present {
        None => {
            let Ensured { user, .. } = ensure::make(work, lookup, row, &how).await?;
            (ItemOutcome::Created, user.id.0)
        }
        Some(user) if rules.on_conflict == OnConflict::Skip => (ItemOutcome::Skipped, user.id.0),
        Some(user) => {
            let ensured = ensure::update(work, lookup, row, user, false).await?;
            (ensured.outcome.into(), ensured.user.id.0)
        }
    };
    Ok(Brought {
        outcome,
        number: Some(number),
    })
}

/// What a row is called in the report.
fn reference_of(what: TaskWhat, row: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| match row.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let beside = |first: &str, between: &str, second: &str| match (text(first), text(second)) {
        (Some(first), Some(second)) => Some(format!("{first}{between}{second}")),
        (first, _) => first,
    };
    let reference = match what {
        TaskWhat::Organisations => text("name"),
        TaskWhat::Groups => beside("name", "@", "organisation"),
        TaskWhat::Memberships => beside("user", " in ", "organisation"),
        TaskWhat::Grants => beside("user", " ", "role"),
        TaskWhat::Users | TaskWhat::Keys | TaskWhat::Events => text("email").or(text("login")),
    };
    reference.map(|text| text.chars().take(MOST_SHOWN).collect())
}

fn failed(what: TaskWhat, line: &Line, problem: Value) -> ReportLine {
    let row = line.row.as_ref().ok();
    ReportLine {
        line: line.number,
        reference: row.and_then(|row| reference_of(what, row)),
        outcome: ItemOutcome::Failed,
        number: None,
        problem: Some(problem),
        not_undone: Vec::new(),
        undo: None,
    }
}

fn items_of(handle: &Handle, lines: Vec<Line>) -> Vec<Item> {
    let item = |line| Item {
        line,
        uuid: handle.inner.seams.random_uuid(),
    };
    lines.into_iter().map(item).collect()
}

/// Where the lines begin, with the columns of a table.
async fn began(handle: &Handle, claimed: &Claimed, rules: Rules) -> Result<Position, Fault> {
    let mut position = claimed.position.clone();
    if position.line > 0 {
        return Ok(position);
    }
    position.line = 1;
    if rules.format == FileFormat::Csv {
        let (window, last) = read_window(handle, claimed, 0, PIECES).await?;
        let missing = || Fault::invalid("line", "must name the columns");
        let header = tables::header_of(&window, last).ok_or_else(missing)??;
        let (columns, used, next_line) = header;
        tables::check_header(rules.columns, &columns)
            .map_err(|wrong| Fault::invalid("line", format!("`{}` {}", wrong.column, wrong.why)))?;
        position.offset = i64::try_from(used).unwrap_or(i64::MAX);
        position.line = next_line;
        position.columns = columns;
    }
    Ok(position)
}

fn after(position: &Position, cut: &Cut) -> Position {
    Position {
        offset: position.offset + i64::try_from(cut.used).unwrap_or(i64::MAX),
        line: cut.next_line,
        ..position.clone()
    }
}

/// Lines from where the job stands; whether they are the last.
async fn cut(
    handle: &Handle,
    claimed: &Claimed,
    position: &Position,
    rules: Rules,
    most: usize,
) -> Result<(Cut, bool), Fault> {
    for pieces in 1..=PIECES {
        let (window, whole) = read_window(handle, claimed, position.offset, pieces).await?;
        let (known, line) = (rules.columns, position.line);
        let cut = match rules.format {
            FileFormat::Csv => {
                tables::cut_table(known, &window, whole, &position.columns, line, most)
            }
            FileFormat::Ndjson => tables::cut_json(known, &window, whole, line, most),
        };
        if whole && cut.used >= window.len() {
            return Ok((cut, true));
        }
        if cut.used > 0 {
            return Ok((cut, false));
        }
    }
    Err(Fault::invalid("line", "is longer than a MiB"))
}
