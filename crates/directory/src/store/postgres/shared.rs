//! The connections that all point reads share. A point read is a single statement that finds its row by a unique key, so it
//! needs no connection to itself: many are in flight on one connection, sent together and answered in their order.
//!
//! What takes long would keep the statements behind it waiting. So nothing else runs here: transactions, lists and
//! searches take a connection of the pool.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deadpool_postgres::{ClientWrapper, Object, Pool};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{PATIENCE, Patience, Session, caught};
use crate::store::error::{Res, StoreError};
use crate::store::transaction::{Arm, Journal, TakeRow, Tx};
use crate::store::value::{Row, Val};

/// How many connections are shared. More of them are slower: fewer statements are then sent together.
const CONNECTIONS: usize = 2;
/// How many point reads one connection serves at once; further ones wait for a place.
const AT_ONCE: usize = 256;

/// The shared connections, opened when they are first needed.
#[derive(Debug)]
pub(in crate::store) struct SharedConnections {
    /// Opens a connection with the settings of every other one. It keeps none.
    pool: Pool,
    slots: [Slot; CONNECTIONS],
    next: AtomicUsize,
}

/// The place of one connection, which is replaced when it is dead.
#[derive(Debug)]
struct Slot {
    current: Mutex<Option<Arc<ClientWrapper>>>,
    /// Held while a connection is opened, so that only one is.
    opening: tokio::sync::Mutex<()>,
    places: Semaphore,
}

impl SharedConnections {
    /// Connects to nothing yet.
    pub(in crate::store) fn new(url: &str) -> Res<Self> {
        Ok(Self {
            pool: super::pool(url, CONNECTIONS)?,
            slots: std::array::from_fn(|_| Slot {
                current: Mutex::default(),
                opening: tokio::sync::Mutex::default(),
                places: Semaphore::new(AT_ONCE),
            }),
            next: AtomicUsize::new(0),
        })
    }

    /// Gives the connections up. Later reads fail.
    pub(in crate::store) fn close(&self) {
        self.pool.close();
        for slot in &self.slots {
            slot.lock().take();
        }
    }

    fn next_slot(&self) -> &Slot {
        &self.slots[self.next.fetch_add(1, Ordering::Relaxed) % CONNECTIONS]
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<ClientWrapper>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, if there is one and it is not known to be dead.
    fn alive(&self) -> Option<Arc<ClientWrapper>> {
        self.lock()
            .as_ref()
            .filter(|connection| !connection.is_closed())
            .map(Arc::clone)
    }

    /// The connection; a new one where there is none.
    async fn connection(&self, pool: &Pool) -> Res<Arc<ClientWrapper>> {
        if let Some(connection) = self.alive() {
            return Ok(connection);
        }
        // The limit counts the wait for others who try to connect, too.
        let opened = tokio::time::timeout(PATIENCE, async {
            let _turn = self.opening.lock().await;
            if let Some(connection) = self.alive() {
                return Ok(connection);
            }
            let opened = Arc::new(Object::take(pool.get().await?));
            *self.lock() = Some(Arc::clone(&opened));
            Ok(opened)
        });
        opened.await.unwrap_or(Err(StoreError::Busy))
    }

    /// Gives a connection up, so that the next statement opens another. Statements that are in flight on it are still answered,
    /// if the server does: the last of them ends it.
    fn give_up(&self, connection: &Arc<ClientWrapper>) {
        let mut current = self.lock();
        if current
            .as_ref()
            .is_some_and(|one| Arc::ptr_eq(one, connection))
        {
            *current = None;
        }
    }

    async fn place(&self) -> Res<SemaphorePermit<'_>> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        match tokio::time::timeout(PATIENCE, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(StoreError::Busy),
        }
    }

    /// Runs a statement on the connection, which is given up when it is dead or owes the answer for too long.
    async fn rows(
        &self,
        connection: &Arc<ClientWrapper>,
        sql: &str,
        values: &[Val<'_>],
        take: TakeRow<'_>,
    ) -> Res<()> {
        let session = Session {
            client: connection,
            prepared: &connection.statement_cache,
            patience: Patience::SHORT,
        };
        let outcome = super::rows(session, sql, values, take).await;
        if matches!(outcome, Err(StoreError::Lost(_) | StoreError::Silent)) {
            self.give_up(connection);
        }
        outcome
    }
}

/// A point read's way to the shared connections.
#[derive(Clone, Copy)]
pub(in crate::store) struct PointSession<'c>(&'c SharedConnections);

impl PointSession<'_> {
    /// Runs the statement. One that its connection took along is run once more, on the connection that is opened in its place:
    /// it changes nothing, so nothing happens twice.
    pub(in crate::store) async fn rows(
        self,
        sql: &str,
        values: &[Val<'_>],
        take: TakeRow<'_>,
    ) -> Res<()> {
        let (slot, pool) = (self.0.next_slot(), &self.0.pool);
        let _place = slot.place().await?;
        let connection = slot.connection(pool).await?;
        let mut taken = false;
        let mut noting = |row: &Row<'_>| {
            taken = true;
            take(row)
        };
        let outcome = slot.rows(&connection, sql, values, &mut noting).await;
        match outcome {
            Err(StoreError::Lost(_)) if !taken => {
                let connection = slot.connection(pool).await?;
                slot.rows(&connection, sql, values, take).await
            }
            outcome => outcome,
        }
    }
}

/// Reads by a single statement on a shared connection.
pub(in crate::store) async fn read_point<T, E, F>(
    shared: &SharedConnections,
    work: F,
) -> (Result<T, E>, u32)
where
    E: From<StoreError>,
    F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
{
    let mut journal = Journal::single();
    let mut tx = Tx::new(Arm::PgPoint(PointSession(shared)), &mut journal);
    let result = match caught(work(&mut tx)).await {
        Ok(result) => result,
        Err(panicked) => Err(panicked.into()),
    };
    (result, journal.statements)
}
