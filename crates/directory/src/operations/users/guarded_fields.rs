//! Which fields of an account are a power over it: the list is derived from the type of a change, so a
//! new field does not compile until it is decided on.

use crate::model::{Status, Time, User, UserChange, UserKind};

/// What a change touches, beside what anybody who may edit the person may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Something that decides who signs in with the account, whether and as whom: the take-over guard is
    /// asked.
    pub guarded: bool,
    /// Something that opens the account by itself, a password or an address that links to one are mailed
    /// to, or that lets it be used where it could not be. A limited key changes none of it.
    pub opens: bool,
    /// That a suspension is lifted, which gives an account back what its owner had and its lifter learns nothing of.
    /// Of the limited keys, those that only end do it: all of a vendor's keys may be such.
    pub revives: bool,
    /// Who else reaches the person: the home or the primary group.
    pub moves: bool,
}

/// What turning `old` into `new` by this change touches. Writing back what is there touches nothing.
pub(crate) fn touched(change: &UserChange, old: &User, new: &User, now: Time) -> Touched {
    let UserChange {
        login: _,
        email: _,
        request_email: _,
        password,
        must_change_password,
        display: _,
        given: _,
        family: _,
        // Only says which of the names follow the others.
        names_shown: _,
        kind: _,
        status: _,
        locked: _,
        lock_after: _,
        home,
        primary_group,
        // Granting has rules of its own for these.
        groups: _,
        role: _,
        // Facts about the person that decide nothing.
        profile: _,
        second_factor_required: _,
        // No right hangs on a dialect's own document.
        extension: _,
        extension_members: _,
        // A condition, not a change.
        if_revision: _,
    } = change;
    let opens = freed(old, new, now)
        || new.email != old.email
        || new.login != old.login
        || new.pending_email != old.pending_email
        || password.is_some()
        || must_change_password.is_some_and(|flag| flag != old.must_change_password);
    let revives = new.status != old.status && new.status == Status::Active;
    let standing = new.status != old.status
        || new.locked_until != old.locked_until
        || new.lockout_until != old.lockout_until
        || new.lock_after != old.lock_after
        || new.kind != old.kind
        || new.second_factor_required != old.second_factor_required;
    // Under another's name a stronger account is mistaken for somebody else's.
    let named = new.names != old.names;
    let moved = home.is_some_and(|home| home != old.home)
        || primary_group.is_some_and(|group| group != old.primary_group);
    Touched {
        guarded: opens || revives || standing || named || moved,
        opens,
        revives,
        moves: moved,
    }
}

/// Whether the account can be used where it could not be: a lock or an end is lifted or put
/// off, a second factor is no longer asked for, or a service account becomes a person's, who has a password.
fn freed(old: &User, new: &User, now: Time) -> bool {
    let in_force = |end: Option<Time>| end.filter(|end| *end > now);
    let lifted = |old: Option<Time>, new: Option<Time>| in_force(new) < in_force(old);
    let put_off = old
        .lock_after
        .is_some_and(|old| new.lock_after.is_none_or(|new| new > old));
    // A user without a setting of their own follows the organisation's, which may require one.
    let asked = |required: Option<bool>| match required {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    };
    lifted(old.locked_until, new.locked_until)
        || lifted(old.lockout_until, new.lockout_until)
        || put_off
        || asked(new.second_factor_required) < asked(old.second_factor_required)
        || (new.kind != old.kind && new.kind == UserKind::Person)
}
