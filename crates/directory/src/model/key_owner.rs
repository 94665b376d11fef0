//! Why a key opens nothing: what is known of its owner beside its own time and end.

use serde::Serialize;

use super::time::Time;
use super::user::{Standing, Status, User};

/// What is known of the account of a key's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOwner {
    /// The stored status.
    pub status: Status,
    /// Until when an administrator locked it.
    pub locked_until: Option<Time>,
    /// When it expires.
    pub lock_after: Option<Time>,
    /// When status or lock last changed, as far as that is known.
    pub state_changed_at: Option<Time>,
}

impl KeyOwner {
    /// What is known of a user.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self {
            status: user.status,
            locked_until: user.locked_until,
            lock_after: user.lock_after,
            state_changed_at: None,
        }
    }

    /// What the account amounts to. Guessed passwords lock out passwords, never keys.
    #[must_use]
    pub fn standing(&self, now: Time) -> Standing {
        crate::rules::standing(self.status, self.lock_after, self.locked_until, None, now)
    }

    /// Since when the account is closed, as far as that is known; `None` while it is open.
    #[must_use]
    pub fn closed_since(&self, now: Time) -> Option<Time> {
        match self.standing(now) {
            Standing::Active | Standing::LockedOut => None,
            Standing::Expired if self.status == Status::Active => self.lock_after,
            Standing::Inactive | Standing::Suspended | Standing::Expired | Standing::Locked => {
                self.state_changed_at
            }
        }
    }
}

/// Why a key opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum KeyInactive {
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
    /// Its owner's account is switched off, suspended, locked or expired.
    Owner,
}
