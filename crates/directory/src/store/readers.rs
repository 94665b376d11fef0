//! The connections that read on SQLite: those of short reads, inside the threads that serve, and those of long ones.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::{Res, StoreError};
use super::sqlite::{Folder, Purpose, Ran, open, read_on};
use super::transaction::Tx;

/// After how long a short read that is under way counts as hanging.
const SILENT: Duration = Duration::from_secs(2);
/// How often a read that waits for a connection looks whether all of them hang.
const LOOK: Duration = Duration::from_millis(250);
/// How long it waits at most.
const TURN: Duration = Duration::from_secs(15);

/// A fixed number of reading connections. A thread prefers its own, so that its page cache stays warm.
///
/// What the system has not kept in memory is read from the disk inside the calling thread. So the runtime has
/// more threads than there are connections here, and a disk that hangs takes no more threads than these:
/// further reads wait for a connection without a thread, and not for long.
#[derive(Debug)]
pub(super) struct Readers {
    seats: Vec<Seat>,
    /// As many permits as there are seats.
    free: Semaphore,
    /// What `Seat::since` counts from.
    begun: Instant,
}

#[derive(Debug)]
struct Seat {
    connection: Mutex<Connection>,
    /// When the read that occupies it began, in milliseconds; 0 while none does.
    since: AtomicU64,
}

static NEXT_SEAT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SEAT: usize = NEXT_SEAT.fetch_add(1, Ordering::Relaxed);
    static READING: Cell<bool> = const { Cell::new(false) };
}

impl Readers {
    pub(super) fn open(file: &Path, count: usize) -> Res<Self> {
        let seats: Res<Vec<_>> = (0..count.max(1))
            .map(|_| {
                Ok(Seat {
                    connection: Mutex::new(open(file, Purpose::Read)?),
                    since: AtomicU64::new(0),
                })
            })
            .collect();
        let seats = seats?;
        Ok(Self {
            free: Semaphore::new(seats.len()),
            seats,
            begun: Instant::now(),
        })
    }

    pub(super) async fn with<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> Res<T> {
        let _permit = self.begin().await?;
        let result = self.run(work);
        READING.set(false);
        Ok(result)
    }

    async fn begin(&self) -> Res<SemaphorePermit<'_>> {
        // A read inside a read would see another snapshot, and could wait for itself for ever.
        if READING.get() {
            return Err(StoreError::Bug("a read was begun inside a read".to_owned()));
        }
        let permit = self.permit().await?;
        READING.set(true);
        Ok(permit)
    }

    /// Waits for a connection, unless all of them hang.
    async fn permit(&self) -> Res<SemaphorePermit<'_>> {
        if let Ok(permit) = self.free.try_acquire() {
            return Ok(permit);
        }
        let begun = Instant::now();
        let mut turn = pin!(self.free.acquire());
        loop {
            if self.held_longer_than(SILENT) == self.seats.len() {
                return Err(StoreError::Silent);
            }
            if begun.elapsed() > TURN {
                return Err(StoreError::Busy);
            }
            if let Ok(turn) = tokio::time::timeout(LOOK, &mut turn).await {
                return turn.map_err(|_| StoreError::Silent);
            }
        }
    }

    /// Whether a read has been under way for so long that its disk cannot be answering: short reads alone
    /// come here.
    pub(super) fn hang(&self) -> bool {
        self.held_longer_than(SILENT) > 0
    }

    fn held_longer_than(&self, limit: Duration) -> usize {
        let now = self.now();
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let held = |seat: &&Seat| {
            let since = seat.since.load(Ordering::Relaxed);
            since > 0 && now.saturating_sub(since) > limit
        };
        self.seats.iter().filter(held).count()
    }

    /// Milliseconds by the monotonic clock; never 0.
    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).map_or(u64::MAX, |now| now.max(1))
    }

    /// Runs on a connection that no other read has. There is one for every permit.
    fn run<T>(&self, work: impl FnOnce(&mut Connection) -> T) -> T {
        let (seat, mut connection) = self.free_seat();
        seat.since.store(self.now(), Ordering::Relaxed);
        let result = work(&mut connection);
        seat.since.store(0, Ordering::Relaxed);
        result
    }

    fn free_seat(&self) -> (&Seat, MutexGuard<'_, Connection>) {
        let own = SEAT.with(|seat| *seat) % self.seats.len();
        loop {
            for step in 0..self.seats.len() {
                let seat = &self.seats[(own + step) % self.seats.len()];
                match seat.connection.try_lock() {
                    Ok(free) => return (seat, free),
                    Err(TryLockError::Poisoned(free)) => return (seat, free.into_inner()),
                    Err(TryLockError::WouldBlock) => {}
                }
            }
            // The one that was free has just been taken, and another given back behind it.
            std::thread::yield_now();
        }
    }
}

/// The connections of long reads, opened as they are needed.
#[derive(Debug)]
pub(super) struct SlowReaders {
    pub(super) seats: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
    file: PathBuf,
    _folder: Arc<Folder>,
}

impl SlowReaders {
    pub(super) fn new(file: &Path, folder: &Arc<Folder>, count: usize) -> Self {
        Self {
            seats: Arc::new(Semaphore::new(count.max(1))),
            idle: Mutex::default(),
            file: file.to_owned(),
            _folder: Arc::clone(folder),
        }
    }

    pub(super) fn read<T, E, F>(&self, work: F) -> Res<(Result<T, E>, Ran)>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
    {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => open(&self.file, Purpose::Read)?,
        };
        let outcome = read_on(&mut connection, work);
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(connection);
        Ok(outcome)
    }
}
