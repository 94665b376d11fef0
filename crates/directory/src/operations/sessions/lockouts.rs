//! Lock-outs after too many wrong passwords.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{LockoutPolicy, Time, User, UserRef};
use crate::outcome::Outcome;
use crate::store::{grants, lockouts, users};

use crate::operations::roles::owners;
use crate::pending::Answering;

/// The lock-out of the last owner who could lift others' ends by itself this soon.
const LAST_OWNER: i64 = 10_000;

impl Handle {
    /// Lifts a lock-out after wrong passwords. A lock that an administrator set stays.
    pub fn unlock(
        &self,
        user: impl Into<UserRef>,
    ) -> Answering<'_, Result<User, crate::model::Fault>> {
        fn inner(
            handle: &Handle,
            user: UserRef,
        ) -> Answering<'_, Result<User, crate::model::Fault>> {
            Box::pin(async move {
                let which = user;
                handle
                    .write(Operation::Unlock, async move |work: &mut Work<'_>| {
                        let mut user = work.target_user(&which).await?;
                        work.guard_takeover(&user).await?;
                        if lift(work, &user).await? {
                            work.event("user.unlocked", About::user(&user), None)
                                .await?;
                        }
                        user.lockout_until = None;
                        Ok(user)
                    })
                    .await
            })
        }
        inner(self, user.into())
    }
}

/// Forgets the wrong passwords and the lock-out they caused; tells whether there was one in force.
pub(crate) async fn lift(work: &mut Work<'_>, user: &User) -> Outcome<bool> {
    lockouts::forget(&mut work.tx, user.id).await?;
    if user.lockout_until.is_some() {
        lockouts::set(&mut work.tx, user.id, None).await?;
    }
    Ok(user.lockout_until.is_some_and(|end| end > work.now))
}

/// Counts a wrong password or code, and locks the account out when it was one too many. Tries while
/// it is locked do not prolong it.
pub(crate) async fn count(work: &mut Work<'_>, user: &User) -> Outcome<()> {
    let inner = std::sync::Arc::clone(&work.inner);
    let policy: LockoutPolicy = inner.setting(&mut work.tx).await?;
    // Read in this transaction: another try may just have locked it.
    let Some(user) = users::by_id(&mut work.tx, user.id).await? else {
        return Ok(());
    };
    let now = work.now;
    if !policy.enabled || policy.threshold < 1 || user.lockout_until.is_some_and(|end| end > now) {
        return Ok(());
    }
    let address = work
        .caller
        .context
        .address
        .map(|address| address.to_canonical().to_string())
        .unwrap_or_default();
    // The end of an earlier lock-out cleared the count: what came before it is over.
    let period = now.plus(-policy.period.saturating_mul(1_000));
    let floor = user
        .lockout_until
        .map_or(period, |end| end.plus(-1).max(period));
    let failures = lockouts::count_failure(&mut work.tx, user.id, &address, now, floor).await?;
    if failures < policy.threshold {
        return Ok(());
    }
    let last = owners::is_owner(work, user.id).await?
        && !grants::another_owner(&mut work.tx, user.id, now).await?;
    let until = match policy.duration {
        _ if last => now.plus(LAST_OWNER),
        0 => Time::NEVER,
        seconds => now.plus(seconds.saturating_mul(1_000)),
    };
    lockouts::set(&mut work.tx, user.id, Some(until)).await?;
    let detail = serde_json::json!({ "after": { "lockout_until": until } });
    work.event("user.locked_out", About::user(&user), Some(detail))
        .await
}
