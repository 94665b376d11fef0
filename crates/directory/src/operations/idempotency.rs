//! Requests that may be sent again: what answered them is kept, sealed, for a day.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::IdempotencyTicket;
use crate::pending::Pending;
use crate::store::idempotency;
use crate::write_mode::{KeptAnswer, kept_since, settings_revision};

/// What answers are sealed for.
const PURPOSE: &str = "idempotency";

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
                Some(kept) if kept.sealed_answer.is_empty() => KeptAnswer::UnderWay,
                Some(kept) => KeptAnswer::Answer(self.inner.unseal(PURPOSE, &kept.sealed_answer)?),
            })
        })
    }

    /// Keeps the answer to a request, for its caller to get again.
    pub fn keep_answer<'a>(
        &'a self,
        ticket: &'a IdempotencyTicket,
        answer: &'a [u8],
    ) -> Pending<'a, ()> {
        Box::pin(async move {
            let sealed = self.inner.seal(PURPOSE, answer)?;
            let ticket = ticket.clone();
            let plain = self.in_mode(crate::write_mode::WriteMode::default());
            plain
                .write(Operation::KeepAnswer, async move |work: &mut Work<'_>| {
                    let (user, now) = (work.caller.user.0, work.now);
                    if !idempotency::answer(&mut work.tx, user, &ticket, &sealed).await? {
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
