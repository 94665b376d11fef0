//! Removes events that are older than administrators want them kept.

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::directory::Directory;
use crate::model::{Platform, Retention};
use crate::pending::Pending;
use crate::store::events;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// How many events one transaction removes at most, so that other writes need not wait long.
const BATCH: i64 = 5_000;

impl Directory {
    /// Removes events that are over; tells how many. They go by whole days, so that the act, which is an event itself, is one a day.
    /// The binary calls it every few minutes.
    pub fn apply_retention(&self) -> Pending<'_, u64> {
        Box::pin(async move {
            let retention: Retention = self.setting().await?;
            let Some(days) = retention.events_days else {
                return Ok(0);
            };
            let now = self.now();
            let before = now.plus(days.saturating_mul(-DAY));
            let handle = self.act(&self.system(Platform::USHER));
            let due = handle
                .read_slow(Operation::ReadEvents, async move |work: &mut Work<'_>| {
                    let oldest = events::oldest(&mut work.tx).await?;
                    Ok(oldest.is_some_and(|at| at.plus(DAY) <= before))
                })
                .await?;
            if !due {
                return Ok(0);
            }
            let mut total = 0;
            loop {
                let removed = handle
                    .write(
                        Operation::ChangeSettings,
                        async move |work: &mut Work<'_>| {
                            Ok(events::remove_before(&mut work.tx, before, BATCH).await?)
                        },
                    )
                    .await?;
                total += removed;
                if removed == 0 {
                    break;
                }
            }
            if total > 0 {
                handle
                    .write(
                        Operation::ChangeSettings,
                        async move |work: &mut Work<'_>| {
                            let detail = json!({ "removed": total, "before": before.rfc3339() });
                            let about = About {
                                entity: "event",
                                ..About::default()
                            };
                            work.event("events.removed", about, Some(detail)).await
                        },
                    )
                    .await?;
            }
            Ok(total)
        })
    }
}
