//! Requests that may be sent again: what answered them is kept, sealed, for a day.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{DoneByRequest, Fault, IdempotencyTicket};
use crate::operations::tasks::is_of_request;
use crate::pending::Pending;
use crate::store::{events, idempotency, job_tasks};
use crate::write_mode::{
    ANSWER_PURPOSE, KeptAnswer, is_answer_lost, kept_since, settings_revision,
};

/// Events of one request that are shown.
const MOST_SHOWN: u32 = 100;
/// Jobs of a person among which the one of a request is looked for.
const LATEST_JOBS: u32 = 100;

impl Handle {
    /// What is kept under a request's key.
    pub fn kept_answer<'a>(&'a self, ticket: &'a IdempotencyTicket) -> Pending<'a, KeptAnswer> {
        Box::pin(async move {
            let kept = self
                .read_single(Operation::KeepAnswer, async |work: &mut Work<'_>| {
                    let (user, after) = (work.caller.user.0, kept_since(work.now));
                    Ok(idempotency::find(&mut work.tx, user, ticket, after).await?)
                })
                .await?;
            Ok(match kept {
                None => KeptAnswer::Nothing,
                Some(kept) if kept.body_digest != ticket.body_digest => KeptAnswer::Other,
                Some(kept) if kept.sealed_answer.is_empty() => {
                    // SQLite has one process, and what an earlier one has not answered is not answered any more.
                    let alone = self.inner.store.changes().is_some();
                    let earlier = alone && kept.created_at < self.inner.opened_at;
                    if !earlier && !is_answer_lost(kept.created_at, self.now()) {
                        return Ok(KeptAnswer::UnderWay);
                    }
                    KeptAnswer::Lost(self.done_by_request(kept.request).await?)
                }
                Some(kept) => {
                    KeptAnswer::Answer(self.inner.unseal(ANSWER_PURPOSE, &kept.sealed_answer)?)
                }
            })
        })
    }

    /// What a request of the caller's did.
    async fn done_by_request(&self, request: String) -> Result<Vec<DoneByRequest>, Fault> {
        self.read(Operation::KeepAnswer, async |work: &mut Work<'_>| {
            let user = work.caller.user;
            let mut done = events::of_request(&mut work.tx, user, &request, MOST_SHOWN).await?;
            for (job, context) in job_tasks::latest_of(&mut work.tx, user, LATEST_JOBS).await? {
                if is_of_request(&context, &request) {
                    done.push(DoneByRequest {
                        verb: "job.begun".to_owned(),
                        entity: "job".to_owned(),
                        number: Some(job.0),
                    });
                }
            }
            Ok(done)
        })
        .await
    }

    /// Keeps the answer to a request, for its caller to get again.
    pub fn keep_answer<'a>(
        &'a self,
        ticket: &'a IdempotencyTicket,
        answer: &'a [u8],
    ) -> Pending<'a, ()> {
        Box::pin(async move {
            let sealed = self.inner.seal(ANSWER_PURPOSE, answer)?;
            let ticket = ticket.clone();
            let plain = self.in_mode(crate::write_mode::WriteMode::default());
            plain
                .write(Operation::KeepAnswer, async move |work: &mut Work<'_>| {
                    let (user, now) = (work.caller.user.0, work.now);
                    if !idempotency::store_answer(&mut work.tx, user, &ticket, &sealed).await? {
                        let after = kept_since(now);
                        idempotency::insert(&mut work.tx, user, &ticket, &sealed, now, after)
                            .await?;
                    }
                    Ok(())
                })
                .await
        })
    }

    /// The revision of settings documents, all together: it grows with every change of one of them.
    pub fn settings_revision(&self, names: &'static [&'static str]) -> Pending<'_, i64> {
        Box::pin(async move {
            self.read(Operation::ReadSettings, async |work: &mut Work<'_>| {
                work.require_everywhere()?;
                settings_revision(work, names).await
            })
            .await
        })
    }
}
