//! Clean-up: rows whose time is over. Nothing depends on it; what has ended is refused by the clock.

use crate::directory::Directory;
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::rules;
use crate::store::{
    Tx, form_tokens, grants, idempotency, lockouts, outbox, sessions, tokens, users,
};
use crate::write_mode::kept_since;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Ended sessions.
    pub sessions: u64,
    /// Mailed tokens that nobody used.
    pub tokens: u64,
    /// Wrong passwords that count no more.
    pub failures: u64,
    /// Grants that expired.
    pub grants: u64,
    /// Mails sent or given up a month ago.
    pub mails: u64,
}

impl Directory {
    /// Removes what has ended, and folds the running counts. The binary calls it every few minutes.
    pub fn sweep(&self) -> Pending<'_, Swept> {
        Box::pin(async move {
            let now = self.now();
            self.flush_uses().await?;
            self.0
                .store
                .write(async move |tx: &mut Tx<'_>| -> Outcome<Swept> {
                    let swept = Swept {
                        sessions: sessions::sweep(tx, now).await?,
                        tokens: tokens::sweep(tx, now).await?,
                        failures: lockouts::sweep(tx, now.plus(-DAY), now.plus(-rules::KNOWN_FOR))
                            .await?,
                        grants: grants::sweep(tx, now).await?,
                        mails: outbox::sweep(tx, now.plus(-30 * DAY)).await?,
                    };
                    idempotency::sweep(tx, kept_since(now)).await?;
                    form_tokens::sweep(tx, now).await?;
                    users::fold_population(tx).await?;
                    Ok(swept)
                })
                .await
                .map_err(Abort::into_fault)
        })
    }
}
