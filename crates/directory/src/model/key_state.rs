//! Why and since when a key opens nothing: its own end, or what became of its owner.

use super::key::Key;
use super::key_owner::KeyInactive;
use super::time::Time;
use super::user::Standing;

impl Key {
    /// Why it opens nothing now; `None` while it does.
    #[must_use]
    pub fn inactive_because(&self, now: Time) -> Option<KeyInactive> {
        if self.revoked_at.is_some() {
            Some(KeyInactive::Revoked)
        } else if self.expired(now) {
            Some(KeyInactive::Expired)
        } else {
            (self.owner.standing(now) != Standing::Active).then_some(KeyInactive::Owner)
        }
    }

    /// Since when it opens nothing, as far as that is known; `None` while it does.
    #[must_use]
    pub fn inactive_since(&self, now: Time) -> Option<Time> {
        match self.inactive_because(now)? {
            KeyInactive::Revoked => self.revoked_at,
            KeyInactive::Expired => self.expires_at,
            KeyInactive::Owner => self.owner.closed_since(now),
        }
    }
}
