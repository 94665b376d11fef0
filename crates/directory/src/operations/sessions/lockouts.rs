//! Lock-outs after too many wrong passwords.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{LockoutPolicy, Time, User, UserRef};
use crate::outcome::Outcome;
use crate::rules::{self, Locks};
use crate::store::{grants, lockouts};

use crate::operations::roles::owners;
use crate::pending::Answering;

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
                        unlock(work, &which).await?;
                        user.lockout_until = None;
                        Ok(user)
                    })
                    .await
            })
        }
        inner(self, user.into())
    }
}

/// Lifts a lock-out, with every rule; false when there was none.
pub(crate) async fn unlock(work: &mut Work<'_>, which: &UserRef) -> Outcome<bool> {
    let user = work.target_user(which).await?;
    work.guard_takeover(&user).await?;
    let lifted = lift(work, &user).await?;
    if lifted {
        work.event("user.unlocked", About::user(&user), None)
            .await?;
    }
    Ok(lifted)
}

/// Forgets the wrong passwords and the lock-outs they caused; tells whether there was one in force.
pub(crate) async fn lift(work: &mut Work<'_>, user: &User) -> Outcome<bool> {
    lockouts::forget(&mut work.tx, user.id).await?;
    if user.lockout_until.is_some() {
        lockouts::show_none(&mut work.tx, user.id).await?;
    }
    Ok(user.lockout_until.is_some_and(|end| end > work.now))
}

/// Whether the caller's own passwords and codes are refused from where the request comes.
pub(crate) async fn refused_here(work: &mut Work<'_>) -> Outcome<bool> {
    let network = rules::network(work.caller.context.address);
    let own = work.caller.user;
    let locks = lockouts::locks(&mut work.tx, own, &network).await?;
    Ok(locks.refuse(work.now))
}

/// Counts a wrong password or code against the account and the network it came from, and locks what had
/// one too many. Tries while it is locked do not prolong it.
pub(crate) async fn count(work: &mut Work<'_>, user: &User) -> Outcome<()> {
    let inner = std::sync::Arc::clone(&work.inner);
    let policy: LockoutPolicy = inner.setting(&mut work.tx).await?;
    let now = work.now;
    if !policy.enabled || policy.threshold < 1 {
        return Ok(());
    }
    let network = rules::network(work.caller.context.address);
    // Read in this transaction: another try may just have locked it.
    let locks = lockouts::locks(&mut work.tx, user.id, &network).await?;
    if locks.refuse(now) {
        return Ok(());
    }
    let period = now.plus(-policy.period.saturating_mul(1_000));
    lockouts::note_failure(&mut work.tx, user.id, &network, now, period).await?;
    let (here, everywhere) = lockouts::failures(
        &mut work.tx,
        user.id,
        &network,
        Locks::floor(locks.here, period),
        Locks::floor(locks.everywhere, period),
    )
    .await?;
    let everywhere = everywhere >= policy.threshold.saturating_mul(rules::ACCOUNT_FACTOR)
        && locks.everywhere.is_none_or(|end| end <= now);
    let mut places = Vec::new();
    places.extend((here >= policy.threshold).then_some(network.as_str()));
    places.extend(everywhere.then_some(lockouts::EVERYWHERE));
    if places.is_empty() {
        return Ok(());
    }
    let until = end_of_lock(work, user, &policy).await?;
    for place in places {
        lockouts::lock(&mut work.tx, user.id, place, until).await?;
        let detail = serde_json::json!({ "after": { "lockout_until": until, "network": place } });
        work.event("user.locked_out", About::user(user), Some(detail))
            .await?;
    }
    Ok(())
}

/// When a lock that begins now ends. Nobody could lift the last owner's, so it lasts but a moment.
async fn end_of_lock(work: &mut Work<'_>, user: &User, policy: &LockoutPolicy) -> Outcome<Time> {
    let now = work.now;
    let last = owners::is_owner(work, user.id).await?
        && !grants::another_owner(&mut work.tx, user.id, now).await?;
    Ok(match policy.duration {
        _ if last => now.plus(rules::LAST_OWNER),
        0 => Time::NEVER,
        seconds => now.plus(seconds.saturating_mul(1_000)),
    })
}
