//! Actions on many people: at once, as a job that is begun, run after a plan, and undone.

use std::sync::{Arc, Mutex, PoisonError};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    ActedOn, Action, Fault, ItemOutcome, Job, JobId, JobRef, Kind, Task, TaskMode, UserId, UserRef,
};
use crate::operations::rows::lookup::Lookup;
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::store::job_parts::{self, File};
use crate::write_mode::WriteMode;

use super::actions::{self, Undo};
use super::progress::{ReportLine, stored_lines};
use super::step::of_item;
use super::suggestions::Suggestions;
use super::{PIECE, operation_of_action};

/// People of one request at most; more of them are a job.
pub const MOST_ACTED_ON: usize = 1_000;
/// People of one job at most.
const MOST_OF_JOB: usize = 10_000_000;
/// Bytes of one number.
pub(super) const WIDTH: usize = 8;

/// What became of the people of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct ActedOnMany {
    /// Each, in the order of the request.
    pub items: Vec<ActedOn>,
    /// Whether all of it was undone, because one failed and all or none was asked for.
    pub undone: bool,
}

impl Handle {
    /// Does an action to several people in one transaction: each whole or not at all, or all or none.
    /// A trial undoes everything and tells what would have become of each.
    pub fn act_on_users(
        &self,
        people: Vec<UserRef>,
        action: Action,
        mode: TaskMode,
        dry_run: bool,
    ) -> Pending<'_, ActedOnMany> {
        Box::pin(async move {
            let operation = operation_of_action(&action);
            if people.len() > MOST_ACTED_ON {
                let why = format!("may name {MOST_ACTED_ON} people at once");
                return Err(Fault::invalid("users", why));
            }
            let near = Suggestions::of_action(self, &action).await;
            let undone = Arc::new(Mutex::new(Vec::new()));
            let told = Arc::clone(&undone);
            let done = self
                .write_or_undo(operation, async move |work: &mut Work<'_>| {
                    let mut lookup = Lookup::default();
                    let mut items = Vec::with_capacity(people.len());
                    for which in &people {
                        items.push(act_on_person(work, &mut lookup, which, &action, &near).await?);
                    }
                    let refused = items.iter().any(|one| one.outcome == ItemOutcome::Failed);
                    if dry_run || (refused && mode == TaskMode::All) {
                        *told.lock().unwrap_or_else(PoisonError::into_inner) = items;
                        return Err(Abort::Undo);
                    }
                    Ok(ActedOnMany {
                        items,
                        undone: false,
                    })
                })
                .await?;
            Ok(match done {
                Some(done) => done,
                None => ActedOnMany {
                    items: std::mem::take(
                        &mut *undone.lock().unwrap_or_else(PoisonError::into_inner),
                    ),
                    undone: !dry_run,
                },
            })
        })
    }

    /// Begins a job that does an action to these people: to exactly these, also where a filter would
    /// find by then.
    pub fn begin_action(
        &self,
        action: Action,
        mode: TaskMode,
        dry_run: bool,
        people: Vec<UserId>,
    ) -> Pending<'_, Job> {
        Box::pin(async move {
            if people.len() > MOST_OF_JOB {
                return Err(Fault::invalid("users", "are more than one job takes"));
            }
            if mode == TaskMode::All && people.len() > MOST_ACTED_ON {
                let why = format!("`all` takes {MOST_ACTED_ON} people at most; use `each`");
                return Err(Fault::invalid("mode", why));
            }
            let task = Task::Act {
                action,
                mode,
                dry_run,
            };
            let total = i64::try_from(people.len()).ok();
            self.begin_with_numbers(task, total, people.iter().map(|user| user.0))
                .await
        })
    }

    /// Begins a job whose body is numbers. A request's idempotency key is noted when the job may run, and
    /// not before: what a crash leaves without that is nothing that was asked for.
    pub(super) async fn begin_with_numbers(
        &self,
        task: Task,
        total: Option<i64>,
        numbers: impl ExactSizeIterator<Item = i64>,
    ) -> Result<Job, Fault> {
        if self.is_dry_run() {
            // It is undone at once, and there is nothing to add to.
            return self.begin_job(task, total).await;
        }
        let plain = self.in_mode(WriteMode::default());
        let job = plain.begin_job(task, total).await?;
        plain.add_numbers(job.id, numbers).await?;
        self.make_job_ready(job.id).await
    }

    /// Stores numbers as a job's body.
    async fn add_numbers(
        &self,
        job: JobId,
        numbers: impl ExactSizeIterator<Item = i64>,
    ) -> Result<(), Fault> {
        let (mut piece, mut number) = (Vec::with_capacity(PIECE), 0);
        for one in numbers {
            piece.extend_from_slice(&one.to_be_bytes());
            if piece.len() == PIECE {
                self.add_job_body(job, number, std::mem::take(&mut piece))
                    .await?;
                number += 1;
            }
        }
        if piece.is_empty() {
            return Ok(());
        }
        self.add_job_body(job, number, piece).await
    }

    /// Runs a plan: its action in earnest, on the people whom the plan found nothing against.
    pub fn run_job(&self, which: impl Into<JobRef>) -> Pending<'_, Job> {
        fn inner(handle: &Handle, which: JobRef) -> Pending<'_, Job> {
            Box::pin(async move {
                let plan = handle.task_job(which).await?;
                let Some(Task::Act {
                    action,
                    mode,
                    dry_run: true,
                }) = plan.task
                else {
                    return Err(Fault::invalid("job", "is no plan of an action"));
                };
                ended(&plan.job)?;
                let (mut people, mut number) = (Vec::new(), 0);
                while let Some(lines) = handle.report_lines(plan.job.id, number).await? {
                    let fine = lines
                        .iter()
                        .filter(|line| line.outcome != ItemOutcome::Failed);
                    people.extend(fine.filter_map(|line| line.number.map(UserId)));
                    number += 1;
                }
                handle.begin_action(action, mode, false, people).await
            })
        }
        inner(self, which.into())
    }

    /// Undoes an action, person by person, as far as it can be undone and they have not been changed since.
    pub fn undo_job(&self, which: impl Into<JobRef>) -> Pending<'_, Job> {
        fn inner(handle: &Handle, which: JobRef) -> Pending<'_, Job> {
            Box::pin(async move {
                let done = handle.task_job(which).await?;
                if !matches!(done.task, Some(Task::Act { dry_run: false, .. })) {
                    return Err(Fault::invalid("job", "is no action that was done"));
                }
                ended(&done.job)?;
                let task = Task::Undo { of: done.job.id };
                let total = Some(done.detail.updated);
                handle.begin_with_numbers(task, total, [].into_iter()).await
            })
        }
        inner(self, which.into())
    }

    /// A piece of a job's report as it is stored.
    pub(super) async fn report_lines(
        &self,
        job: JobId,
        number: i64,
    ) -> Result<Option<Vec<ReportLine>>, Fault> {
        let part = self
            .read(Operation::ReadTasks, async |work: &mut Work<'_>| {
                super::visible(work, &job.into()).await?;
                Ok(job_parts::part(&mut work.tx, job, File::Report, number).await?)
            })
            .await?;
        part.map(|part| stored_lines(&part.bytes)).transpose()
    }
}

fn ended(job: &Job) -> Result<(), Fault> {
    if job.ended_at.is_some() {
        Ok(())
    } else {
        Err(Fault::InUse(Kind::Job))
    }
}

/// One person of a request, whole or not at all.
async fn act_on_person(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    which: &UserRef,
    action: &Action,
    near: &Suggestions,
) -> Outcome<ActedOn> {
    let part = work.tx.savepoint().await?;
    let found = match work.visible_user(which).await {
        Ok(user) => Some(user.id),
        Err(Abort::Fault(Fault::NotFound(_))) => None,
        Err(abort) => return Err(abort),
    };
    let outcome = match found {
        Some(id) => actions::apply(work, lookup, id, action).await,
        None => Err(Fault::NotFound(Kind::User).into()),
    };
    match outcome {
        Ok(undo) => {
            work.tx.keep_part(part).await?;
            let outcome = match undo {
                Undo::Nothing => ItemOutcome::Unchanged,
                _ => ItemOutcome::Done,
            };
            Ok(ActedOn {
                user: found,
                outcome,
                fault: None,
                unknown: None,
            })
        }
        Err(abort) => {
            let fault = of_item(abort)?;
            work.tx.undo_part(part).await?;
            let unknown = lookup.take_unknown(&fault);
            Ok(ActedOn {
                user: found,
                outcome: ItemOutcome::Failed,
                fault: Some(fault),
                unknown: unknown.map(|unknown| near.complete(unknown)),
            })
        }
    }
}
