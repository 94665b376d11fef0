//! Why a key opens nothing: what is known of its owner beside its own time and end.

use serde::Serialize;

use super::time::Time;
use super::user::{Status, User};

/// What is known of the account of a key's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOwner {
    /// The stored status.
    pub status: Status,
    /// Until when an administrator locked it.
    pub locked_until: Option<Time>,
    /// When it expires.
    pub lock_after: Option<Time>,
}

impl KeyOwner {
    /// What is known of a user.
    #[must_use]
    pub fn of(user: &User) -> Self {
        Self {
            status: user.status,
            locked_until: user.locked_until,
            lock_after: user.lock_after,
        }
    }
}

/// Why a key opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyInactive {
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
    /// Its owner's account is switched off, suspended, locked or expired.
    Owner,
}
