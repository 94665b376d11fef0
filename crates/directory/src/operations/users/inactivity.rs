//! Suspends accounts that nobody uses, if administrators have set after how many days.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::directory::Directory;
use crate::handle::Handle;
use crate::model::{InactivityPolicy, Platform, Status, Time, UserChange, UserId, UserKind};
use crate::operations::roles::owners;
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::{inactivity, users};

use super::change;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// How many accounts one transaction suspends at most, so that other writes need not wait long.
const BATCH: u32 = 50;

impl Directory {
    /// Suspends people who were neither seen nor changed for as many days as the setting says; tells how
    /// many. The binary calls it every few minutes.
    pub fn suspend_inactive(&self) -> Pending<'_, u64> {
        Box::pin(async move {
            let policy: InactivityPolicy = self.setting().await?;
            if policy.suspend_after_days == 0 {
                return Ok(0);
            }
            // Uses of the last second are in memory alone.
            self.flush_uses().await?;
            let unused = policy.suspend_after_days.saturating_mul(-DAY);
            let before = self.now().plus(unused);
            let handle = self.act(&self.system(Platform::USHER));
            let (mut suspended, mut after) = (0, UserId(0));
            loop {
                let found = handle
                    .read_slow(Operation::ListUsers, async move |work: &mut Work<'_>| {
                        Ok(inactivity::unused_since(&mut work.tx, before, after, BATCH).await?)
                    })
                    .await?;
                let Some(last) = found.last().copied() else {
                    return Ok(suspended);
                };
                after = last;
                suspended += suspend(&handle, found, before).await?;
            }
        })
    }
}

/// Suspends those of the people who are still unused by then; tells how many.
fn suspend(handle: &Handle, people: Vec<UserId>, before: Time) -> Pending<'_, u64> {
    Box::pin(async move {
        handle
            .write(Operation::UpdateUser, async move |work: &mut Work<'_>| {
                let mut count = 0;
                for id in &people {
                    if is_unused(work, *id, before).await? {
                        let suspended = UserChange {
                            status: Some(Status::Suspended),
                            ..UserChange::default()
                        };
                        change::update(work, &(*id).into(), &suspended, None).await?;
                        count += 1;
                    }
                }
                Ok(count)
            })
            .await
    })
}

async fn is_unused(work: &mut Work<'_>, id: UserId, before: Time) -> Outcome<bool> {
    let Some(user) = users::by_id(&mut work.tx, id).await? else {
        return Ok(false);
    };
    let seen = user.last_seen_at.unwrap_or(user.created_at);
    Ok(user.status == Status::Active
        && user.kind == UserKind::Person
        && seen < before
        && user.updated_at < before
        && !owners::is_owner(work, id).await?)
}
