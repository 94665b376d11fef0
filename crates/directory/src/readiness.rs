//! Whether the directory can serve: its store is tried out, at most once a second.

use std::time::Duration;

use tokio::sync::Mutex;

use crate::directory::Directory;
use crate::store::{Ailment, StoreError};

/// How long the outcome of a trial stands for those that ask after it.
const STANDS: Duration = Duration::from_secs(1);

/// Why the directory cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unready {
    /// The store has not answered in time.
    Silent,
    /// Rows cannot be read: the file is damaged, the server is gone.
    Unreadable,
    /// Rows can be read and not written.
    Unwritable,
    /// There is no room for more rows.
    Full,
}

impl std::fmt::Display for Unready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unready::Silent => "the store does not answer",
            Unready::Unreadable => "the store cannot be read",
            Unready::Unwritable => "the store cannot be written",
            Unready::Full => "the store has no room left",
        })
    }
}

/// The last trial: when it ended, by the monotonic clock, and how.
#[derive(Default)]
pub(crate) struct Trials(Mutex<Option<(Duration, Result<(), Unready>)>>);

impl Directory {
    /// Whether the directory can serve. Those that ask at once share one trial.
    pub async fn check_readiness(&self) -> Result<(), Unready> {
        let clock = &self.0.seams.clock;
        let mut last = self.0.trials.0.lock().await;
        if let Some((at, outcome)) = &*last
            && clock.elapsed().saturating_sub(*at) < STANDS
        {
            return *outcome;
        }
        let outcome = self.0.store.try_out().await.map_err(|ailment| {
            let (what, failure) = match &ailment {
                Ailment::Reading(failure) => (Unready::Unreadable, failure),
                Ailment::Writing(failure) => (Unready::Unwritable, failure),
            };
            tracing::warn!(%failure, "not ready");
            match failure {
                StoreError::Full => Unready::Full,
                StoreError::Silent | StoreError::Busy => Unready::Silent,
                _ => what,
            }
        });
        *last = Some((clock.elapsed(), outcome));
        outcome
    }
}
