//! Whether the directory can serve: its store is tried out, at most once a second.

use std::time::Duration;

use crate::directory::Directory;
use crate::readiness::Unready;
use crate::store::{ProbeFailure, StoreError};

/// How long the outcome of a trial stands for those that ask after it.
const STANDS: Duration = Duration::from_secs(1);

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
        let outcome = self.0.store.probe().await.map_err(|ailment| {
            let (what, failure) = match &ailment {
                ProbeFailure::Reading(failure) => (Unready::Unreadable, failure),
                ProbeFailure::Writing(failure) => (Unready::Unwritable, failure),
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
