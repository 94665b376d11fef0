//! Who asks, remembered: credentials as they were read, and what their owners hold.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::caller::Credential;
use crate::model::{Held, Time, UserId};
use crate::store::AuthRevision;
use crate::store::credentials::{KeyRow, Owner, SessionRow};

/// Remembered rights and credentials.
#[derive(Default)]
pub(crate) struct Callers {
    rights: Mutex<HashMap<UserId, Remembered>>,
    credentials: Mutex<HashMap<[u8; 32], Known>>,
}

/// A credential as it stood at a count of changes, with what its owner held then.
#[derive(Clone)]
pub(crate) struct Known {
    pub since: AuthRevision,
    pub found: Arc<Found>,
    pub remembered: Remembered,
}

/// What a person held, with the counters it was read at.
#[derive(Clone)]
pub(crate) struct Remembered {
    pub version: i64,
    pub epoch: i64,
    pub held: Arc<[Held]>,
    /// When the clock alone may change it.
    pub until: Option<Time>,
}

impl Remembered {
    fn holds(&self, now: Time) -> bool {
        self.until.is_none_or(|end| end > now)
    }
}

/// How many callers, and how many credentials, are remembered before all are forgotten.
const REMEMBERED: usize = 10_000;

impl Callers {
    /// What an owner holds, if nothing has changed since it was read.
    pub fn get(&self, owner: &Owner, now: Time) -> Option<Remembered> {
        let rights = self.rights.lock().unwrap_or_else(PoisonError::into_inner);
        rights
            .get(&owner.user)
            .filter(|one| {
                one.version == owner.version && one.epoch == owner.epoch && one.holds(now)
            })
            .cloned()
    }

    /// Remembers what an owner holds.
    pub fn put(&self, owner: &Owner, one: &Remembered) {
        let mut rights = self.rights.lock().unwrap_or_else(PoisonError::into_inner);
        if rights.len() >= REMEMBERED {
            rights.clear();
        }
        rights.insert(owner.user, one.clone());
    }

    /// The credential of that digest, if nothing has changed since it was read.
    pub fn known(&self, digest: &[u8; 32], since: AuthRevision, now: Time) -> Option<Known> {
        let credentials = self
            .credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        credentials
            .get(digest)
            .filter(|known| known.since == since && known.remembered.holds(now))
            .cloned()
    }

    /// Remembers a credential.
    pub fn know(&self, digest: [u8; 32], known: Known) {
        let mut credentials = self
            .credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if credentials.len() >= REMEMBERED {
            credentials.clear();
        }
        credentials.insert(digest, known);
    }
}

/// A credential as it is stored.
pub(crate) enum Found {
    Key(KeyRow),
    Session(SessionRow),
}

impl Found {
    pub fn owner(&self) -> &Owner {
        match self {
            Found::Key(row) => &row.owner,
            Found::Session(row) => &row.owner,
        }
    }

    pub fn credential(&self) -> Credential {
        match self {
            Found::Key(row) => Credential::Key(row.id),
            Found::Session(row) => Credential::Session(row.id, row.key),
        }
    }
}
