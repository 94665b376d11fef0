//! Long pieces of work: each is its owner's alone.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{Fault, Job, JobChange, JobId, JobRef, Kind, NewJob};
use crate::pending::Pending;
use crate::rules;
use crate::store::jobs;

/// The states a job goes through; the last two are final.
const STATES: [&str; 4] = ["queued", "running", "succeeded", "failed"];

impl Handle {
    /// One's own jobs, of a kind or of all, the newest first.
    pub fn jobs<'a>(&'a self, kind: Option<&'a str>, limit: u32) -> Pending<'a, Vec<Job>> {
        Box::pin(async move {
            let user = self.caller.user;
            self.read(Operation::ListJobs, async |work: &mut Work<'_>| {
                Ok(jobs::list(&mut work.tx, user, kind, limit.min(1_000)).await?)
            })
            .await
        })
    }

    /// One of one's own jobs.
    pub fn job(&self, which: impl Into<JobRef>) -> Pending<'_, Job> {
        fn inner(handle: &Handle, which: JobRef) -> Pending<'_, Job> {
            Box::pin(async move {
                let (which, user) = (which, handle.caller.user);
                handle
                    .read(Operation::ListJobs, async |work: &mut Work<'_>| {
                        let job = jobs::find(&mut work.tx, &which, Some(user)).await?;
                        Ok(job.ok_or(Fault::NotFound(Kind::Job))?)
                    })
                    .await
            })
        }
        inner(self, which.into())
    }

    /// Queues a job of one's own.
    pub fn create_job(&self, new: NewJob) -> Pending<'_, Job> {
        Box::pin(async move {
            rules::check_text("kind", &new.kind, 100, false)?;
            let uuid = self.inner.seams.random_uuid();
            self.write(Operation::CreateJob, async move |work: &mut Work<'_>| {
                let mut job = Job {
                    id: JobId(0),
                    uuid,
                    kind: new.kind.clone(),
                    owner: Some(work.caller.user),
                    state: STATES[0].to_owned(),
                    done: 0,
                    total: new.total,
                    detail: new.detail.clone(),
                    created_at: work.now,
                    started_at: None,
                    ended_at: None,
                };
                let home = work.caller.home;
                job.id = jobs::insert(&mut work.tx, &job, home)
                    .await?
                    .ok_or(Fault::Taken { field: "uuid" })?;
                Ok(job)
            })
            .await
        })
    }

    /// Notes how far one of one's own jobs is. What has ended stays as it is.
    pub fn update_job(&self, which: impl Into<JobRef>, change: JobChange) -> Pending<'_, Job> {
        fn inner(handle: &Handle, which: JobRef, change: JobChange) -> Pending<'_, Job> {
            Box::pin(async move {
                let (which, user) = (which, handle.caller.user);
                handle
                    .write(Operation::UpdateJob, async move |work: &mut Work<'_>| {
                        let mut job = jobs::find(&mut work.tx, &which, Some(user))
                            .await?
                            .ok_or(Fault::NotFound(Kind::Job))?;
                        if job.ended_at.is_some() {
                            return Err(Fault::Protected(Kind::Job).into());
                        }
                        if let Some(state) = &change.state {
                            let step = STATES.iter().position(|known| known == state);
                            let step = step
                                .ok_or_else(|| Fault::invalid("state", "is no state of a job"))?;
                            if step >= 1 && job.started_at.is_none() {
                                job.started_at = Some(work.now);
                            }
                            if step >= 2 {
                                job.ended_at = Some(work.now);
                            }
                            job.state.clone_from(state);
                        }
                        if let Some(done) = change.done {
                            job.done = done;
                        }
                        if let Some(total) = change.total {
                            job.total = total;
                        }
                        if let Some(detail) = &change.detail {
                            job.detail.clone_from(detail);
                        }
                        jobs::update(&mut work.tx, &job).await?;
                        Ok(job)
                    })
                    .await
            })
        }
        inner(self, which.into(), change)
    }
}
