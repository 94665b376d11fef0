//! Uses of keys and sessions, collected in memory and written about once a second: a read costs no
//! write. What is not written yet is added when a count is read.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::access::caller::RequestContext;
use crate::directory::{Directory, Inner};
use crate::model::{KeyId, SessionId, Time, UserId};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::store::{Tx, keys, sessions, users};

/// Uses that are not written yet.
#[derive(Default)]
pub(crate) struct Uses(Mutex<PendingUses>);

#[derive(Default)]
struct PendingUses {
    keys: HashMap<KeyId, KeyUse>,
    sessions: HashMap<SessionId, Time>,
    users: HashMap<UserId, Time>,
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

impl Uses {
    fn lock(&self) -> std::sync::MutexGuard<'_, PendingUses> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pending uses of a key, to be added to what is stored.
    pub fn of_key(&self, key: KeyId) -> Option<KeyUse> {
        self.lock().keys.get(&key).cloned()
    }
}

impl Directory {
    pub(crate) fn used_key(&self, key: KeyId, user: UserId, context: &RequestContext, now: Time) {
        let address = context.address.map(|address| address.to_canonical());
        let mut pending = self.0.uses.lock();
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

    pub(crate) fn used_session(
        &self,
        session: SessionId,
        key: Option<KeyId>,
        user: UserId,
        context: &RequestContext,
        now: Time,
    ) {
        if let Some(key) = key {
            self.used_key(key, user, context, now);
        }
        let mut pending = self.0.uses.lock();
        pending.sessions.insert(session, now);
        pending.users.insert(user, now);
    }

    /// Writes what is pending. The binary calls it about once a second and before it stops.
    pub fn flush_uses(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let pending = std::mem::take(&mut *self.0.uses.lock());
            if pending.keys.is_empty() && pending.sessions.is_empty() && pending.users.is_empty() {
                return Ok(());
            }
            let (key_uses, session_uses, people) = (
                pending.keys.clone(),
                pending.sessions.clone(),
                pending.users.clone(),
            );
            let written = self
                .0
                .store
                .write(async move |tx: &mut Tx<'_>| -> Outcome<()> {
                    for (key, one) in &key_uses {
                        keys::add_uses(tx, *key, one.count, one.last, &one.texts()).await?;
                    }
                    for (session, at) in &session_uses {
                        sessions::seen(tx, *session, *at).await?;
                    }
                    for (user, at) in &people {
                        users::seen(tx, *user, *at).await?;
                    }
                    Ok(())
                })
                .await;
            if let Err(stop) = written {
                self.0.put_back(pending);
                return Err(Abort::into_fault(stop));
            }
            Ok(())
        })
    }
}

impl Inner {
    /// When a session was last used, pending uses included.
    pub(crate) fn last_seen(&self, session: SessionId, stored: Time) -> Time {
        self.uses
            .lock()
            .sessions
            .get(&session)
            .map_or(stored, |pending| stored.max(*pending))
    }

    /// Uses that could not be written wait for the next flush.
    fn put_back(&self, old: PendingUses) {
        let mut pending = self.uses.lock();
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
