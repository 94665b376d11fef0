//! The work on jobs: a chunk at a time, each in one transaction with the note of how far the job is. So
//! a process may die at any moment, and another goes on where the last chunk ended.

use std::time::Duration;

use serde_json::Value;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::directory::Directory;
use crate::handle::Handle;
use crate::model::{Fault, JobId, Platform, Task};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::store::Tx;
use crate::store::job_tasks::{self, StoredTask};

use super::progress::{Claimed, LEASE, end_whole};
use super::step::{CHUNK, Care, Describe, Stepped};
use super::store_access::read_task;
use super::{act, export, import};

/// How long one job is worked on before it is another's turn.
const TURN: Duration = Duration::from_millis(500);
/// Milliseconds after which a job is given up whose body has not come whole.
const UNREADY: i64 = 3_600_000;

/// What works on jobs: one in each process.
#[derive(Debug)]
pub struct JobWorker {
    directory: Directory,
    name: String,
    describe: Describe,
    begun: bool,
    /// How many items of a job are still done one by one.
    single: Option<(JobId, usize)>,
}

impl JobWorker {
    /// A worker that tells faults as `describe` does.
    #[must_use]
    pub fn new(directory: &Directory, describe: Describe) -> Self {
        Self {
            directory: directory.clone(),
            name: directory.0.seams.random_uuid().to_string(),
            describe,
            begun: false,
            single: None,
        }
    }

    /// Waits until a job may wait, or so long.
    pub async fn wait(&self, most: Duration) {
        let waiting = self.directory.0.jobs_waiting.notified();
        // The end of the wait counts as a wake-up.
        let _ = tokio::time::timeout(most, waiting).await;
    }

    /// Works on the job whose turn it is for a while; false when there was nothing to do.
    pub fn turn(&mut self) -> Pending<'_, bool> {
        Box::pin(async move {
            let store = &self.directory.0.store;
            if !std::mem::replace(&mut self.begun, true) && store.changes().is_some() {
                write(&self.directory, async |tx: &mut Tx<'_>| -> Outcome<()> {
                    Ok(job_tasks::release(tx).await?)
                })
                .await?;
            }
            let (now, name) = (self.directory.now(), self.name.clone());
            let waiting = async |tx: &mut Tx<'_>| -> Outcome<bool> {
                Ok(job_tasks::waiting(tx, &name, now).await?)
            };
            let waits = self.directory.0.store.read(waiting).await;
            if !waits.map_err(Abort::into_fault)? {
                return Ok(false);
            }
            let name = self.name.clone();
            let stored = write(
                &self.directory,
                async move |tx: &mut Tx<'_>| -> Outcome<_> {
                    Ok(job_tasks::claim(tx, &name, now, now.plus(LEASE)).await?)
                },
            )
            .await?;
            match stored {
                None => Ok(false),
                Some(stored) => self.work_on(stored).await.map(|()| true),
            }
        })
    }

    /// Forgets jobs whose time is over, and those whose body never came whole.
    pub fn sweep(&self) -> Pending<'_, usize> {
        Box::pin(async move {
            let now = self.directory.now();
            write(
                &self.directory,
                async move |tx: &mut Tx<'_>| -> Outcome<_> {
                    let over = job_tasks::over(tx, now, now.plus(-UNREADY)).await?;
                    for job in &over {
                        job_tasks::delete(tx, *job).await?;
                    }
                    Ok(over.len())
                },
            )
            .await
        })
    }

    async fn work_on(&mut self, stored: StoredTask) -> Result<(), Fault> {
        let job = stored.job;
        if stored.cancelled {
            return self.finish(job, None, true).await;
        }
        let mut claimed = match claimed(&self.name, &stored) {
            Ok(claimed) => claimed,
            Err(fault) => return self.give_up(job, &fault).await,
        };
        let begun = self.directory.elapsed();
        loop {
            // Looked at anew for every chunk: the owner's rights are those of now.
            let handle = match self.directory.handle_of_job(&stored).await {
                Ok(handle) => handle,
                Err(fault) => return self.ended_by(job, fault).await,
            };
            match self.step(&handle, &claimed).await {
                Ok((_, true)) => return Ok(()),
                Ok((position, false)) => {
                    claimed.stored_position = super::store_access::written(&position)?;
                    claimed.position = position;
                }
                // Another process has it now.
                Err(Fault::Stale) => return Ok(()),
                Err(fault) => return self.ended_by(job, fault).await,
            }
            let cancelled = async |tx: &mut Tx<'_>| -> Outcome<bool> {
                Ok(job_tasks::is_cancelled(tx, job).await?)
            };
            let cancelled = self.directory.0.store.read(cancelled).await;
            if cancelled.map_err(Abort::into_fault)? {
                return self.finish(job, None, true).await;
            }
            if self.directory.elapsed().saturating_sub(begun) > TURN {
                return Ok(());
            }
        }
    }

    /// One chunk. Where a defect undoes it, its items are done one by one, and the one that cannot be
    /// done is left out.
    async fn step(&mut self, handle: &Handle, claimed: &Claimed) -> Stepped {
        let care = match &mut self.single {
            Some((job, left)) if *job == claimed.job && *left > 0 => {
                *left -= 1;
                Care::Single
            }
            _ => Care::Usual,
        };
        let stepped = self.chunk(handle, claimed, care).await;
        let Err(Fault::Internal(why)) = stepped else {
            return stepped;
        };
        tracing::error!(job = claimed.job.0, why, "a chunk of a job was undone");
        if care == Care::Single {
            return self.chunk(handle, claimed, Care::GiveUp).await;
        }
        self.single = Some((claimed.job, CHUNK));
        Ok((claimed.position.clone(), false))
    }

    async fn chunk(&self, handle: &Handle, claimed: &Claimed, care: Care) -> Stepped {
        let describe = self.describe;
        match &claimed.task {
            Task::Import { .. } => import::step(handle, claimed, describe, care).await,
            Task::Export { .. } => export::step(handle, claimed).await,
            Task::Act { .. } => act::step(handle, claimed, describe, care).await,
            Task::Undo { of } => act::undo_step(handle, claimed, *of, describe, care).await,
        }
    }

    /// What a fault of the job as a whole comes to: the store may come back, all else ends it.
    async fn ended_by(&self, job: JobId, fault: Fault) -> Result<(), Fault> {
        match fault {
            Fault::Unavailable(_) | Fault::TooMany { .. } => Err(fault),
            fault => self.give_up(job, &fault).await,
        }
    }

    async fn give_up(&self, job: JobId, fault: &Fault) -> Result<(), Fault> {
        if let Fault::Internal(why) = fault {
            tracing::error!(job = job.0, why, "a job cannot be done");
        }
        self.finish(job, Some((self.describe)(fault, None)), false)
            .await
    }

    async fn finish(
        &self,
        job: JobId,
        problem: Option<Value>,
        cancelled: bool,
    ) -> Result<(), Fault> {
        let system = self.directory.system(Platform::USHER);
        self.directory
            .act(&system)
            .write(Operation::RunTask, async move |work: &mut Work<'_>| {
                end_whole(work, job, problem.as_ref(), cancelled).await
            })
            .await
    }
}

fn claimed(worker: &str, stored: &StoredTask) -> Result<Claimed, Fault> {
    let position = serde_json::from_str(&stored.position)
        .map_err(|error| Fault::Internal(format!("stored job: {error}")))?;
    Ok(Claimed {
        job: stored.job,
        worker: worker.to_owned(),
        task: read_task(&stored.task)?,
        position,
        stored_position: stored.position.clone(),
    })
}

async fn write<T, F>(directory: &Directory, work: F) -> Result<T, Fault>
where
    T: Send + 'static,
    F: AsyncFn(&mut Tx<'_>) -> Outcome<T> + Send + 'static,
{
    let written = directory.0.store.write(work).await;
    written.map_err(Abort::into_fault)
}
