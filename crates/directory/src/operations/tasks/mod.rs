//! Imports, exports and actions on many people: what is asked for, how far it is, what came of it. The
//! work itself is in `worker.rs` and what it calls.

mod act;
pub(crate) mod actions;

mod export;
mod export_columns;
mod import;
mod import_body;
mod many;
mod progress;
mod step;
mod store_access;
mod suggestions;
pub(crate) mod tables;
mod worker;

use serde_json::Value;

use crate::access::caller::Credential;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    Action, Fault, FileFormat, Job, JobField, JobId, JobRef, Kind, Page, Permission, Query, Scope,
    Task, TaskWhat, Time,
};
use crate::operations::rows::columns::columns_of;
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::job_parts::{self, File};
use crate::store::{job_tasks, jobs, pages};

pub use export_columns::export_columns;
pub use many::{ActedOnMany, MOST_ACTED_ON};
pub use progress::JobDetail;
pub(crate) use store_access::is_of_request;
pub use tables::WrongColumn;
pub use worker::JobWorker;

/// Bytes of one piece of a job's body.
pub const PIECE: usize = 256 << 10;

/// Jobs that a person may have under way at once.
const MOST_UNENDED: i64 = 20;
/// Milliseconds after which a person with as many may try again.
const PAUSE: i64 = 30_000;

/// A job with what it does and how far it is.
#[derive(Clone, Debug)]
pub struct TaskJob {
    /// The job.
    pub job: Job,
    /// What it does; `None` for a job that the server does not do by itself.
    pub task: Option<Task>,
    /// How far it is.
    pub detail: JobDetail,
    /// When it is forgotten, once it has ended.
    pub expires_at: Option<Time>,
}

/// The column names at the beginning of a table that is to be imported; `None` while the line has not
/// come whole. A wrong column is refused by its name.
pub fn import_columns(
    what: TaskWhat,
    format: FileFormat,
    beginning: &[u8],
    whole: bool,
) -> Option<Result<(), WrongColumn>> {
    let Some(known) = columns_of(what) else {
        return Some(Err(WrongColumn::no_header()));
    };
    match format {
        FileFormat::Ndjson => Some(Ok(())),
        FileFormat::Csv => {
            let header = tables::header_of(beginning, whole)?;
            Some(match header {
                Err(_) => Err(WrongColumn::no_header()),
                Ok((columns, ..)) => tables::check_header(known, &columns),
            })
        }
    }
}

impl Handle {
    /// Begins a job: its body may be added now, and it runs once that is whole
    /// ([`Handle::make_job_ready`]). It will act with its owner's rights of the time.
    pub fn begin_job(&self, task: Task, total: Option<i64>) -> Pending<'_, Job> {
        Box::pin(async move {
            self.admit_task(&task)?;
            self.admit(Operation::BeginTask)?;
            // Acting in another's name lasts as long as one request.
            if self.caller.impersonator.is_some() {
                return Err(Fault::KeyLimit);
            }
            let uuid = self.inner.seams.random_uuid();
            let text = store_access::written(&task)?;
            let context = store_access::context_of(&self.caller)?;
            let key = match self.caller.credential {
                Credential::Key(key) | Credential::Session(_, Some(key)) => Some(key),
                _ => None,
            };
            let detail = JobDetail::of(&task);
            self.write(Operation::BeginTask, async move |work: &mut Work<'_>| {
                let mut job = Job {
                    id: JobId(0),
                    uuid,
                    kind: task.kind().to_owned(),
                    owner: Some(work.caller.user),
                    state: "queued".to_owned(),
                    done: 0,
                    total,
                    detail: detail.value()?,
                    created_at: work.now,
                    started_at: None,
                    ended_at: None,
                };
                let (home, platform) = (work.caller.home, work.caller.platform);
                let user = work.caller.user;
                if jobs::unended(&mut work.tx, user).await? >= MOST_UNENDED {
                    return Err(Fault::TooMany { retry_after: PAUSE }.into());
                }
                job.id = jobs::insert(&mut work.tx, &job, home)
                    .await?
                    .ok_or(Fault::Taken { field: "uuid" })?;
                job_tasks::insert(&mut work.tx, job.id, &text, platform, key, &context).await?;
                Ok(job)
            })
            .await
        })
    }

    /// Refuses what the caller may do nowhere: an import of people makes them or changes them.
    fn admit_task(&self, task: &Task) -> Result<(), Fault> {
        let people = matches!(
            task,
            Task::Import {
                what: TaskWhat::Users,
                ..
            }
        );
        if people && self.caller().may(Permission::EditUsers) {
            return self.admit(Operation::UpdateUser);
        }
        self.admit(operation_of(task))
    }

    /// Adds a piece of a job's body; every piece but the last holds [`PIECE`] bytes.
    pub fn add_job_body(&self, job: JobId, number: i64, bytes: Vec<u8>) -> Pending<'_, ()> {
        Box::pin(async move {
            let piece = i64::try_from(PIECE).unwrap_or(i64::MAX);
            self.write(Operation::BeginTask, async move |work: &mut Work<'_>| {
                own(work, job).await?;
                let begins = number.saturating_mul(piece);
                Ok(
                    job_parts::append(&mut work.tx, job, File::Body, number, begins, &bytes)
                        .await?,
                )
            })
            .await
        })
    }

    /// Lets a job run whose body is whole.
    pub fn make_job_ready(&self, job: JobId) -> Pending<'_, Job> {
        Box::pin(async move {
            let ready = self
                .write(Operation::BeginTask, async move |work: &mut Work<'_>| {
                    let job = own(work, job).await?;
                    job_tasks::make_ready(&mut work.tx, job.id).await?;
                    Ok(job)
                })
                .await?;
            self.inner.jobs_waiting.notify_one();
            Ok(ready)
        })
    }

    /// One job: one's own, or any for callers who may read settings.
    pub fn task_job(&self, which: impl Into<JobRef>) -> Pending<'_, TaskJob> {
        fn inner(handle: &Handle, which: JobRef) -> Pending<'_, TaskJob> {
            Box::pin(async move {
                handle
                    .read(Operation::ReadTasks, async |work: &mut Work<'_>| {
                        visible(work, &which).await
                    })
                    .await
            })
        }
        inner(self, which.into())
    }

    /// One page of jobs: one's own, or all people's for those who may read settings.
    pub fn task_jobs<'a>(&'a self, query: &'a Query<JobField>) -> Pending<'a, Page<TaskJob>> {
        Box::pin(async move {
            let query = query.clone();
            self.read_slow(Operation::ReadTasks, async move |work: &mut Work<'_>| {
                let only = (!reads_all(work)).then_some(work.caller.user);
                let narrow = jobs::only_of(only);
                let now = work.now;
                let statements =
                    pages::compile::<jobs::Jobs>(&query, narrow, &[Scope::All], None, now)?;
                let page = pages::run::<jobs::Jobs>(&mut work.tx, &statements).await?;
                Ok(Page {
                    items: with_tasks(work, page.items).await?,
                    cursors: page.cursors,
                    next: page.next,
                    previous: page.previous,
                    total: page.total,
                    facets: page.facets,
                })
            })
            .await
        })
    }

    /// Asks for a job to stop, which it does at the next chunk of its work.
    pub fn cancel_job(&self, which: impl Into<JobRef>) -> Pending<'_, TaskJob> {
        fn inner(handle: &Handle, which: JobRef) -> Pending<'_, TaskJob> {
            Box::pin(async move {
                let cancelled = handle
                    .write(Operation::RunTask, async move |work: &mut Work<'_>| {
                        let found = visible(work, &which).await?;
                        may_change(work, &found.job)?;
                        if found.job.ended_at.is_none() {
                            job_tasks::cancel(&mut work.tx, found.job.id).await?;
                        }
                        Ok(found)
                    })
                    .await?;
                handle.inner.jobs_waiting.notify_one();
                Ok(cancelled)
            })
        }
        inner(self, which.into())
    }

    /// Forgets a job that has ended, with its files.
    pub fn forget_job(&self, which: impl Into<JobRef>) -> Pending<'_, ()> {
        fn inner(handle: &Handle, which: JobRef) -> Pending<'_, ()> {
            Box::pin(async move {
                handle
                    .write(Operation::RunTask, async move |work: &mut Work<'_>| {
                        let found = visible(work, &which).await?;
                        may_change(work, &found.job)?;
                        if found.job.ended_at.is_none() {
                            return Err(Fault::InUse(Kind::Job).into());
                        }
                        Ok(job_tasks::delete(&mut work.tx, found.job.id).await?)
                    })
                    .await
            })
        }
        inner(self, which.into())
    }

    /// Gives up a job whose body did not come whole.
    pub fn abandon_job(&self, job: JobId) -> Pending<'_, ()> {
        Box::pin(async move {
            self.write(Operation::RunTask, async move |work: &mut Work<'_>| {
                own(work, job).await?;
                Ok(job_tasks::delete(&mut work.tx, job).await?)
            })
            .await
        })
    }

    /// A piece of a job's report: lines of JSON, as far as there are any yet.
    pub fn job_report(&self, job: JobId, number: i64) -> Pending<'_, Option<Vec<Value>>> {
        Box::pin(async move {
            let part = self
                .job_file(job, File::Report, Place::Number(number))
                .await?;
            part.map(|part| progress::shown_lines(&part.bytes))
                .transpose()
        })
    }

    /// The piece of a job's result that holds the byte at an offset: where the piece begins, and its
    /// bytes.
    pub fn job_result(&self, job: JobId, offset: i64) -> Pending<'_, Option<(i64, Vec<u8>)>> {
        Box::pin(async move {
            let part = self
                .job_file(job, File::Result, Place::Offset(offset))
                .await?;
            Ok(part.map(|part| (part.begins, part.bytes)))
        })
    }

    async fn job_file(
        &self,
        job: JobId,
        file: File,
        place: Place,
    ) -> Result<Option<job_parts::Part>, Fault> {
        self.read(Operation::ReadTasks, async |work: &mut Work<'_>| {
            visible(work, &job.into()).await?;
            Ok(match place {
                Place::Number(number) => job_parts::part(&mut work.tx, job, file, number).await?,
                Place::Offset(offset) => {
                    job_parts::part_at(&mut work.tx, job, file, offset).await?
                }
            })
        })
        .await
    }
}

/// Which piece of a file.
#[derive(Clone, Copy)]
enum Place {
    Number(i64),
    Offset(i64),
}

/// The operation that a person must be allowed somewhere to ask for a task.
fn operation_of(task: &Task) -> Operation {
    match task {
        Task::Import { what, .. } => match what {
            TaskWhat::Organisations => Operation::CreateOrganisation,
            TaskWhat::Groups => Operation::CreateGroup,
            TaskWhat::Memberships => Operation::AddMembership,
            TaskWhat::Grants => Operation::GrantRole,
            TaskWhat::Users | TaskWhat::Keys | TaskWhat::Events => Operation::CreateUser,
        },
        Task::Undo { .. } => Operation::BeginTask,
        Task::Export { what, .. } => match what {
            TaskWhat::Users | TaskWhat::Memberships => Operation::ListUsers,
            TaskWhat::Organisations => Operation::ListOrganisations,
            TaskWhat::Groups => Operation::ListGroups,
            TaskWhat::Grants => Operation::ListGrants,
            TaskWhat::Keys => Operation::ListKeys,
            TaskWhat::Events => Operation::ReadEvents,
        },
        Task::Act { action, .. } => operation_of_action(action),
    }
}

/// The operation that an action is.
#[must_use]
pub const fn operation_of_action(action: &Action) -> Operation {
    match action {
        Action::Enable
        | Action::Disable { .. }
        | Action::RequireSecondFactor { .. }
        | Action::Set { .. }
        | Action::Move { .. } => Operation::UpdateUser,
        Action::Unlock => Operation::Unlock,
        Action::Delete => Operation::DeleteUser,
        Action::EndSessions => Operation::RevokeSessions,
        Action::RevokeKeys => Operation::RevokeKey,
        Action::ResetPassword => Operation::SendPasswordReset,
        Action::RemoveSecondFactor => Operation::RemoveSecondFactor,
        Action::Join { .. } => Operation::AddMember,
        Action::Leave { .. } => Operation::RemoveMember,
        Action::Grant { .. } => Operation::GrantRole,
        Action::Revoke { .. } => Operation::RevokeRole,
    }
}

fn reads_all(work: &Work<'_>) -> bool {
    work.reaches_everywhere(Permission::ReadSettings)
}

/// A job of the caller's own whose body is still coming.
async fn own(work: &mut Work<'_>, job: JobId) -> Outcome<Job> {
    let user = work.caller.user;
    let found = jobs::find(&mut work.tx, &job.into(), Some(user)).await?;
    Ok(found.ok_or(Fault::NotFound(Kind::Job))?)
}

async fn visible(work: &mut Work<'_>, which: &JobRef) -> Outcome<TaskJob> {
    let only = (!reads_all(work)).then_some(work.caller.user);
    let job = jobs::find(&mut work.tx, which, only).await?;
    let job = job.ok_or(Fault::NotFound(Kind::Job))?;
    let mut found = with_tasks(work, vec![job]).await?;
    Ok(found.pop().ok_or(Fault::NotFound(Kind::Job))?)
}

/// Reading all people's jobs is no right to stop them, unless one may change settings.
fn may_change(work: &Work<'_>, job: &Job) -> Result<(), Fault> {
    if job.owner == Some(work.caller.user) || work.reaches_everywhere(Permission::ManageSettings) {
        Ok(())
    } else {
        Err(Fault::Forbidden(Permission::ManageSettings))
    }
}

/// Jobs with what they do, in their order.
async fn with_tasks(work: &mut Work<'_>, jobs: Vec<Job>) -> Outcome<Vec<TaskJob>> {
    let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
    let mut stored = job_tasks::load(&mut work.tx, &ids).await?;
    let with_task = |job: Job| -> Outcome<TaskJob> {
        let (task, expires_at) = match stored.remove(&job.id) {
            None => (None, None),
            Some((text, expires_at)) => (Some(store_access::read_task(&text)?), expires_at),
        };
        Ok(TaskJob {
            detail: JobDetail::read(&job.detail),
            job,
            task,
            expires_at,
        })
    };
    jobs.into_iter().map(with_task).collect()
}
