//! What an account amounts to at a moment.

use crate::model::{Standing, Status, Time};

/// Combines the stored status, the lock-after date and the two locks. The store has the same
/// function as SQL (`store::select::STANDING`); a test compares the two.
#[must_use]
pub fn standing(
    status: Status,
    lock_after: Option<Time>,
    locked_until: Option<Time>,
    lockout_until: Option<Time>,
    now: Time,
) -> Standing {
    let passed = |end: Option<Time>| end.is_some_and(|end| end <= now);
    let holds = |end: Option<Time>| end.is_some_and(|end| end > now);
    match status {
        Status::Inactive => Standing::Inactive,
        Status::Suspended => Standing::Suspended,
        Status::Expired => Standing::Expired,
        Status::Active if holds(locked_until) => Standing::Locked,
        Status::Active if passed(lock_after) => Standing::Expired,
        Status::Active if holds(lockout_until) => Standing::LockedOut,
        Status::Active => Standing::Active,
    }
}

/// Becoming active clears a past lock-after date and every lock.
#[must_use]
pub fn lifts_locks(new_status: Option<Status>) -> bool {
    new_status == Some(Status::Active)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standings() {
        use Standing as S;
        let (past, now, later) = (Some(Time(10)), Time(20), Some(Time(30)));
        for (status, lock_after, locked, lockout, expected) in [
            (Status::Active, None, None, None, S::Active),
            (Status::Active, later, past, past, S::Active),
            (Status::Active, past, None, None, S::Expired),
            (Status::Active, Some(now), None, None, S::Expired),
            (Status::Active, None, later, None, S::Locked),
            (Status::Active, past, later, later, S::Locked),
            (Status::Active, None, Some(Time::NEVER), None, S::Locked),
            (Status::Active, None, None, later, S::LockedOut),
            (Status::Active, past, None, later, S::Expired),
            (Status::Inactive, past, later, later, S::Inactive),
            (Status::Suspended, None, None, None, S::Suspended),
            (Status::Expired, later, None, None, S::Expired),
        ] {
            assert_eq!(
                standing(status, lock_after, locked, lockout, now),
                expected,
                "{status:?} {lock_after:?} {locked:?} {lockout:?}"
            );
        }
    }
}
