//! Whether the store can be read and written: what happened to requests lately, and a trial of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Res, Store, StoreError, Tx, settings};

/// How long a failure counts after it happened. A trial touches few pages and needs little room, so it may
/// succeed where requests fail.
const LATELY: Duration = Duration::from_secs(30);

/// How long a trial may take altogether.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// The counter that trials write.
const COUNTER: &str = "readiness";

/// What of the store does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProbeFailure {
    /// Rows cannot be read.
    Reading(StoreError),
    /// Rows cannot be written.
    Writing(StoreError),
}

/// Failures of requests that were the store's fault.
#[derive(Debug, Default)]
pub(super) struct Health {
    reading: Mutex<Option<(Instant, StoreError)>>,
    writing: Mutex<Option<(Instant, StoreError)>>,
}

impl Health {
    /// Notes how reads ended.
    pub(super) fn note_read(&self, failure: Option<&StoreError>) {
        Self::note(&self.reading, failure);
    }

    /// Notes how writes ended.
    pub(super) fn note_write(&self, failure: Option<&StoreError>) {
        Self::note(&self.writing, failure);
    }

    fn note(place: &Mutex<Option<(Instant, StoreError)>>, failure: Option<&StoreError>) {
        let Some(failure @ (StoreError::Lost(_) | StoreError::Full)) = failure else {
            return;
        };
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        *place = Some((Instant::now(), failure.clone()));
    }

    fn lately(place: &Mutex<Option<(Instant, StoreError)>>) -> Option<StoreError> {
        let place = place.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, failure) = place.as_ref()?;
        (at.elapsed() < LATELY).then(|| failure.clone())
    }
}

impl Store {
    /// Whether the store can be read and written now, and could be lately: writes a row of its own, reads it
    /// again, and reads a row of the tables that every request needs.
    pub(crate) async fn probe(&self) -> Result<(), ProbeFailure> {
        let health = &self.figures.health;
        if let Some(failure) = Health::lately(&health.reading) {
            return Err(ProbeFailure::Reading(failure));
        }
        let trial = async {
            let written = self
                .write(async |tx: &mut Tx<'_>| -> Res<i64> {
                    settings::next_number(tx, COUNTER, 1).await
                })
                .await;
            // A write that fails may do so because nothing can be read.
            let read = self.read_trial().await;
            match (read, written) {
                (Err(failure), _) => Err(ProbeFailure::Reading(failure)),
                (Ok(_), Err(failure)) => Err(ProbeFailure::Writing(failure)),
                // Other nodes may have written meanwhile.
                (Ok(found), Ok(number)) if found < Some(number) => {
                    let lost = StoreError::Lost("what was written is not there".to_owned());
                    Err(ProbeFailure::Writing(lost))
                }
                (Ok(_), Ok(_)) => Ok(()),
            }
        };
        let outcome = tokio::time::timeout(PATIENCE, trial).await;
        outcome.unwrap_or(Err(ProbeFailure::Reading(StoreError::Silent)))?;
        match Health::lately(&health.writing) {
            Some(failure) => Err(ProbeFailure::Writing(failure)),
            None => Ok(()),
        }
    }
}

impl Store {
    /// Reads what a trial reads, on a thread of its own: a disk that hangs takes no thread that serves. While
    /// one trial still waits for the disk there is no other.
    async fn read_trial(&self) -> Res<Option<i64>> {
        let super::Engine::Lite(lite) = &self.engine else {
            return self.read(async |tx: &mut Tx<'_>| read_some(tx).await).await;
        };
        let Ok(turn) = Arc::clone(&lite.trial).try_acquire_owned() else {
            return Err(StoreError::Silent);
        };
        let slow = Arc::clone(&lite.slow);
        let (result, ran) = super::blocking(move || {
            let outcome = slow.read(async |tx: &mut Tx<'_>| read_some(tx).await);
            drop(turn);
            outcome
        })
        .await?;
        self.figures.note_read(&ran);
        result
    }
}

/// The number of the last trial, once a row of each large table has been read at both ends.
async fn read_some(tx: &mut Tx<'_>) -> Res<Option<i64>> {
    for sql in [
        "SELECT epoch FROM installation",
        "SELECT id FROM users ORDER BY id LIMIT 1",
        "SELECT id FROM users ORDER BY id DESC LIMIT 1",
        "SELECT id FROM api_keys ORDER BY id DESC LIMIT 1",
        "SELECT id FROM events ORDER BY id DESC LIMIT 1",
    ] {
        tx.one(sql, &[], |row| row.int(0)).await?;
    }
    tx.one(
        "SELECT value FROM counters WHERE name = $1",
        &[COUNTER.into()],
        |row| row.int(0),
    )
    .await
}
