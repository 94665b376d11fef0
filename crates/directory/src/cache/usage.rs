//! Uses of keys and sessions, collected in memory and written about once a second: a read costs no
//! write. What is not written yet is added when a count is read.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::access::caller::RequestContext;
use crate::model::{KeyId, SessionId, Time, UserId};

/// Uses that are not written yet.
#[derive(Default)]
pub(crate) struct UsageCounters(Mutex<PendingUses>);

/// What is pending, by what was used.
#[derive(Clone, Default)]
pub(crate) struct PendingUses {
    pub keys: HashMap<KeyId, KeyUse>,
    pub sessions: HashMap<SessionId, Time>,
    pub users: HashMap<UserId, Time>,
}

impl PendingUses {
    /// Whether nothing was used.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.sessions.is_empty() && self.users.is_empty()
    }
}

/// The uses of one key since the last flush.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyUse {
    pub count: i64,
    pub last: Time,
    addresses: Vec<IpAddr>,
}

impl KeyUse {
    /// The addresses as they are stored.
    pub fn texts(&self) -> Vec<String> {
        self.addresses.iter().map(IpAddr::to_string).collect()
    }
}

impl UsageCounters {
    fn lock(&self) -> std::sync::MutexGuard<'_, PendingUses> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pending uses of a key, to be added to what is stored.
    pub fn of_key(&self, key: KeyId) -> Option<KeyUse> {
        self.lock().keys.get(&key).cloned()
    }

    /// Counts a use of a key.
    pub fn note_key(&self, key: KeyId, user: UserId, context: &RequestContext, now: Time) {
        let address = context.address.map(|address| address.to_canonical());
        let mut pending = self.lock();
        let one = pending.keys.entry(key).or_insert_with(|| KeyUse {
            count: 0,
            last: now,
            addresses: Vec::new(),
        });
        one.count += 1;
        one.last = one.last.max(now);
        if let Some(address) = address
            && !one.addresses.contains(&address)
            && one.addresses.len() < 50
        {
            one.addresses.push(address);
        }
        pending.users.insert(user, now);
    }

    /// Counts a use of a session, and of the key it is bound to.
    pub fn note_session(
        &self,
        session: SessionId,
        key: Option<KeyId>,
        user: UserId,
        context: &RequestContext,
        now: Time,
    ) {
        if let Some(key) = key {
            self.note_key(key, user, context, now);
        }
        let mut pending = self.lock();
        pending.sessions.insert(session, now);
        pending.users.insert(user, now);
    }

    /// Takes what is pending, to write it.
    pub fn take(&self) -> PendingUses {
        std::mem::take(&mut *self.lock())
    }

    /// When a session was last used, pending uses included.
    pub fn last_seen(&self, session: SessionId, stored: Time) -> Time {
        self.lock()
            .sessions
            .get(&session)
            .map_or(stored, |pending| stored.max(*pending))
    }

    /// Uses that could not be written wait for the next flush.
    pub fn put_back(&self, old: PendingUses) {
        let mut pending = self.lock();
        for (key, one) in old.keys {
            let entry = pending.keys.entry(key).or_insert_with(|| KeyUse {
                count: 0,
                last: one.last,
                addresses: Vec::new(),
            });
            entry.count += one.count;
            entry.last = entry.last.max(one.last);
            entry.addresses.extend(one.addresses);
        }
        for (session, at) in old.sessions {
            pending.sessions.entry(session).or_insert(at);
        }
        for (user, at) in old.users {
            pending.users.entry(user).or_insert(at);
        }
    }
}
