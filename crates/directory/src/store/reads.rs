//! How the store reads: in one snapshot, or by a single statement; short, or away from the threads that serve requests.

use std::sync::Arc;
use std::time::Duration;

use super::postgres::{self, Patience};
use super::{Engine, Lite, Store, StoreError, Tx, blocking, sqlite};

/// How long a long read waits for its turn.
const SEAT: Duration = Duration::from_secs(5);
/// How long a long read is waited for on SQLite. A disk that hangs longer than this is as good as lost.
const LONG: Duration = Duration::from_secs(30);

impl Store {
    /// Reads in one snapshot. Only statements of bounded cost: on SQLite they run inside the calling thread.
    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
    {
        match &self.engine {
            Engine::Lite(lite) => {
                let (result, ran) = lite
                    .readers
                    .with(|connection| sqlite::read_on(connection, work))
                    .await?;
                self.figures.note_read(&ran);
                result
            }
            // A future is as large as all that it may wait for: boxed here, the driver's are no part of those of
            // requests that SQLite answers.
            Engine::Pg { pool, .. } => {
                let (result, statements) =
                    Box::pin(postgres::read(pool, Patience::SHORT, work)).await;
                self.figures.count(statements);
                result
            }
        }
    }

    /// Reads by a single statement, without a transaction round it; a second statement is an error.
    pub(crate) async fn read_single<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
    {
        match &self.engine {
            Engine::Lite(lite) => self.read_single_on(lite, work).await,
            Engine::Pg { pool, .. } => {
                let (result, statements) = Box::pin(postgres::read_single(pool, work)).await;
                self.figures.count(statements);
                result
            }
        }
    }

    /// Reads by a single statement that finds its row by a unique key. On PostgreSQL all of them share connections, so one
    /// that takes long would keep the others waiting.
    pub(crate) async fn read_point<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
    {
        match &self.engine {
            Engine::Lite(lite) => self.read_single_on(lite, work).await,
            Engine::Pg { shared, .. } => {
                let (result, statements) =
                    Box::pin(postgres::shared::read_point(shared, work)).await;
                self.figures.count(statements);
                result
            }
        }
    }

    async fn read_single_on<T, E, F>(&self, lite: &Lite, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
    {
        let (result, ran) = lite
            .readers
            .with(|connection| sqlite::read_single_on(connection, work))
            .await?;
        self.figures.note_read(&ran);
        result
    }

    /// Reads in one snapshot, for searches, counts and exports: away from the threads that serve requests.
    pub(crate) async fn read_slow<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        match &self.engine {
            Engine::Lite(lite) => {
                let slow = Arc::clone(&lite.slow);
                let seat = Arc::clone(&slow.seats).acquire_owned();
                let seat = tokio::time::timeout(SEAT, seat).await;
                let Ok(Ok(seat)) = seat else {
                    return Err(StoreError::Busy.into());
                };
                let read = blocking(move || {
                    // The seat goes along: a read whose client has gone still occupies its connection.
                    let outcome = slow.read(work);
                    drop(seat);
                    outcome
                });
                let Ok(read) = tokio::time::timeout(LONG, read).await else {
                    return Err(StoreError::Silent.into());
                };
                let (result, ran) = read?;
                self.figures.note_read(&ran);
                result
            }
            Engine::Pg { pool, slow, .. } => {
                let Ok(Ok(_seat)) = tokio::time::timeout(SEAT, slow.acquire()).await else {
                    return Err(StoreError::Busy.into());
                };
                let (result, statements) =
                    Box::pin(postgres::read(pool, Patience::LONG, work)).await;
                self.figures.count(statements);
                result
            }
        }
    }
}
