//! Writing down what keys and sessions were used for, which is collected in memory first.

use crate::directory::Directory;
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::store::{Tx, keys, sessions, users};

impl Directory {
    /// Writes what is pending. The binary calls it about once a second and before it stops.
    pub fn flush_uses(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let pending = self.0.usage.take();
            if pending.is_empty() {
                return Ok(());
            }
            let rows = pending.clone();
            let written = self
                .0
                .store
                .write(async move |tx: &mut Tx<'_>| -> Outcome<()> {
                    for (key, one) in &rows.keys {
                        keys::add_uses(tx, *key, one.count, one.last, &one.texts()).await?;
                    }
                    for (session, at) in &rows.sessions {
                        sessions::note_use(tx, *session, *at).await?;
                    }
                    for (user, at) in &rows.users {
                        users::note_use(tx, *user, *at).await?;
                    }
                    Ok(())
                })
                .await;
            if let Err(stop) = written {
                self.0.usage.put_back(pending);
                return Err(Abort::into_fault(stop));
            }
            Ok(())
        })
    }
}
