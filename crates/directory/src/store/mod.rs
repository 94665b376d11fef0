//! The store: SQLite or PostgreSQL behind one interface. Only here is SQL spoken; no rule lives here.
//!
//! ```text
//! store.read(async |tx: &mut Tx<'_>| …)         one snapshot
//! store.write(async move |tx: &mut Tx<'_>| …)   one transaction, all or nothing; may be run more than once
//! ```
//! Nothing but the store may be awaited inside, and nothing that a second run would repeat may be done.

mod access;
mod beside;
pub(crate) mod check;
pub(crate) mod collections;
mod columns;
mod copies;
pub(crate) mod credentials;
mod error;
pub(crate) mod events;
pub(crate) mod extensions;
pub(crate) mod figures;
pub(crate) mod form_tokens;
pub(crate) mod grant_lists;
pub(crate) mod grants;
pub(crate) mod groups;
mod health;
pub(crate) mod held_roles;
pub(crate) mod holders;
pub(crate) mod idempotency;
pub(crate) mod inactivity;
pub(crate) mod job_parts;
pub(crate) mod job_tasks;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod lockouts;
pub(crate) mod managers;
pub(crate) mod members;
mod memberships;
mod migrate;
pub(crate) mod named_users;
pub(crate) mod organisation_labels;
pub(crate) mod organisations;
pub(crate) mod outbox;
pub(crate) mod pages;
pub(crate) mod paging;
pub(crate) mod passwords;
pub(crate) mod portable;
mod postgres;
pub(crate) mod provisioning_defaults;
mod rare;
mod readers;
mod reads;
pub(crate) mod records;
pub(crate) mod related;
mod relations;
pub(crate) mod roles;
mod search;
mod search_lookup;
pub(crate) mod second_factors;
pub(crate) mod select;
pub(crate) mod sessions;
pub(crate) mod settings;
mod sqlite;
mod statement_text;
mod streams;
pub(crate) mod tokens;
mod transaction;
pub(crate) mod user_facets;
mod user_fields;
pub(crate) mod user_lists;
mod user_row;
pub(crate) mod users;
mod value;
mod within;
mod write_figures;
mod writer;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use deadpool_postgres::Pool;
use postgres::shared::SharedConnections;
use readers::{Readers, SlowReaders};
use tokio::sync::Semaphore;

pub(crate) use access::{AccessChange, AuthRevision, CacheStamp};
pub(crate) use error::{Res, StoreError};
pub(crate) use health::ProbeFailure;
pub(crate) use migrate::{MIGRATIONS, Migration, MigrationReport};
pub(crate) use statement_text::text;
pub(crate) use transaction::{Database, Savepoint, Tx};
pub(crate) use value::{Row, Val};
pub use write_figures::WriteFigures;

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// SQLite in this data folder, which is made when missing.
    Sqlite(PathBuf),
    /// `Store::open` that also takes a file which was copied while a server had it open.
    SqliteCopy(PathBuf),
    /// SQLite in a folder of its own that goes away with the store: for tests and trials.
    DerivedCache,
    /// A PostgreSQL server, by its address.
    Postgres(String),
}

/// How much of the machine the store may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// SQLite connections that read inside the calling thread: one per core. A runtime needs more threads than
    /// that, for a disk that hangs holds up as many.
    pub(crate) readers: usize,
    /// SQLite connections for long reads.
    pub(crate) slow_readers: usize,
    /// PostgreSQL connections beside those that point reads share. A small pool answers sooner than a large one.
    pub(crate) connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            readers: cores,
            slow_readers: cores.clamp(1, 4),
            connections: 4,
        }
    }
}

/// The open database.
#[derive(Debug)]
pub(crate) struct Store {
    engine: Engine,
    figures: Arc<Figures>,
}

#[derive(Debug)]
enum Engine {
    Lite(Lite),
    Pg {
        pool: Pool,
        shared: SharedConnections,
        slow: Semaphore,
        /// How often this process raised the epoch.
        changes: access::AuthRevisionCounter,
    },
}

/// The fields are dropped in this order: the folder is given up last.
#[derive(Debug)]
struct Lite {
    writer: Arc<writer::Writer>,
    readers: Readers,
    slow: Arc<SlowReaders>,
    /// One permit, for the trial read that is under way.
    trial: Arc<Semaphore>,
    changes: Arc<access::AuthRevisionCounter>,
    file: PathBuf,
    folder: Arc<sqlite::Folder>,
}

/// Running totals.
#[derive(Debug, Default)]
struct Figures {
    statements: AtomicU64,
    writes: write_figures::Writes,
    health: health::Health,
}

impl Figures {
    /// Counts what a read on SQLite did, and notes whether the file let it.
    fn note_read(&self, ran: &sqlite::Ran) {
        self.count(ran.statements);
        self.health.note_read(ran.failure.as_ref());
    }

    fn count(&self, statements: u32) {
        self.statements
            .fetch_add(u64::from(statements), Ordering::Relaxed);
    }
}

impl Store {
    /// Opens the database; makes no tables.
    pub(crate) async fn open(location: &Location, limits: Limits) -> Res<Self> {
        let figures = Arc::new(Figures::default());
        let accepted = matches!(location, Location::SqliteCopy(_));
        let (path, temporary) = match location {
            Location::Postgres(url) => {
                let pool = postgres::pool(url, limits.connections)?;
                drop(pool.get().await?);
                let slow = Semaphore::new((limits.connections / 2).max(1));
                return Ok(Self {
                    engine: Engine::Pg {
                        pool,
                        shared: SharedConnections::new(url)?,
                        slow,
                        changes: access::AuthRevisionCounter::default(),
                    },
                    figures,
                });
            }
            Location::Sqlite(path) | Location::SqliteCopy(path) => (path.clone(), false),
            Location::DerivedCache => (temporary_folder(), true),
        };
        let counter = Arc::clone(&figures);
        let lite = blocking(move || {
            let lite = Lite::open(&path, temporary, limits, counter)?;
            let connection = sqlite::open(&lite.file, sqlite::Purpose::Read)?;
            copies::verify(&connection, &lite.folder, accepted)?;
            Ok(lite)
        })
        .await?;
        Ok(Self {
            engine: Engine::Lite(lite),
            figures,
        })
    }

    /// Brings the tables up to this Usher's.
    pub(crate) async fn migrate(&self, now: i64) -> Res<MigrationReport> {
        self.migrate_by(MIGRATIONS, now).await
    }

    async fn migrate_by(&self, known: &'static [Migration], now: i64) -> Res<MigrationReport> {
        match &self.engine {
            Engine::Lite(lite) => {
                let (file, folder) = (lite.file.clone(), Arc::clone(&lite.folder));
                blocking(move || {
                    let mut connection = sqlite::open(&file, sqlite::Purpose::Write)?;
                    let report = migrate::lite(&mut connection, known, now)?;
                    if !folder.is_temporary() {
                        copies::begin(&connection, &folder)?;
                    }
                    Ok(report)
                })
                .await
            }
            Engine::Pg { pool, .. } => migrate::pg(&mut *pool.get().await?, known, now).await,
        }
    }

    /// Writes, all or nothing: an error undoes whatever was done. The use-case may be run again, so it must have no other
    /// effect than its statements; times, numbers drawn and digests are made before.
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let begun = std::time::Instant::now();
        let result = match &self.engine {
            Engine::Lite(lite) => lite.writer.write(work).await,
            Engine::Pg { pool, changes, .. } => {
                let (result, statements) = Box::pin(postgres::write(pool, changes, &work)).await;
                self.figures.count(statements);
                result
            }
        };
        self.figures.writes.note(result.is_ok(), begun.elapsed());
        result
    }

    /// Whether a read hangs on the disk, so that the request it is for gets no answer of its own.
    pub(crate) fn hangs(&self) -> bool {
        match &self.engine {
            Engine::Lite(lite) => lite.readers.hang(),
            // Every wait on a connection has its own limit.
            Engine::Pg { .. } => false,
        }
    }

    /// How often anything that authentication reads was changed. None on PostgreSQL, where others may write too.
    pub(crate) fn changes(&self) -> Option<AuthRevision> {
        match &self.engine {
            Engine::Lite(lite) => Some(lite.changes.now()),
            Engine::Pg { .. } => None,
        }
    }

    /// The moment in which a request reads that was authenticated at that epoch. None on PostgreSQL for the server itself,
    /// which no authentication tells an epoch (0).
    pub(crate) fn moment(&self, epoch: i64) -> Option<CacheStamp> {
        match &self.engine {
            Engine::Lite(lite) => Some(CacheStamp::Counted(lite.changes.now())),
            Engine::Pg { changes, .. } => (epoch > 0).then(|| CacheStamp::Read {
                epoch,
                own: changes.now(),
            }),
        }
    }

    /// How writes went since the store was opened.
    pub(crate) fn write_figures(&self) -> WriteFigures {
        self.figures.writes.read()
    }

    /// How many statements ran since the store was opened.
    pub(crate) fn statements_total(&self) -> u64 {
        self.figures.statements.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Res<()> {
        self.read_single(async |tx: &mut Tx<'_>| {
            tx.one("SELECT 1", &[], |row| row.int(0)).await.map(drop)
        })
        .await
    }

    #[cfg(test)]
    /// Whether the database understands a statement: for the test that prepares every one.
    pub(crate) async fn prepare_check(&self, sql: &str) -> Res<()> {
        match &self.engine {
            Engine::Lite(lite) => {
                lite.readers
                    .with(|connection| sqlite::check(connection, sql))
                    .await?
            }
            Engine::Pg { pool, .. } => postgres::check(pool, sql).await,
        }
    }

    /// Lets queued writes finish and gives the database up. Later writes fail.
    pub(crate) async fn close(&self) -> Res<()> {
        match &self.engine {
            Engine::Lite(lite) => {
                let writer = Arc::clone(&lite.writer);
                blocking(move || {
                    writer.stop();
                    Ok(())
                })
                .await
            }
            Engine::Pg { pool, shared, .. } => {
                pool.close();
                shared.close();
                Ok(())
            }
        }
    }
}

impl Lite {
    fn open(
        path: &std::path::Path,
        temporary: bool,
        limits: Limits,
        figures: Arc<Figures>,
    ) -> Res<Self> {
        let folder = Arc::new(sqlite::Folder::own(path, temporary)?);
        let file = folder.database();
        let writing = sqlite::open(&file, sqlite::Purpose::Write)?;
        if temporary {
            writing.execute_batch("PRAGMA synchronous = OFF")?;
        }
        let changes = Arc::new(access::AuthRevisionCounter::default());
        Ok(Self {
            readers: Readers::open(&file, limits.readers)?,
            writer: Arc::new(writer::Writer::start(
                writing,
                figures,
                Arc::clone(&changes),
                (!temporary).then(|| Arc::clone(&folder)),
            )?),
            changes,
            trial: Arc::new(Semaphore::new(1)),
            slow: Arc::new(SlowReaders::new(&file, &folder, limits.slow_readers)),
            file,
            folder,
        })
    }
}

/// Runs what waits for the disk away from the threads that serve requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Res<T> + Send + 'static) -> Res<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::Bug(error.to_string()))?
}

fn temporary_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let shared_memory = PathBuf::from("/dev/shm");
    let base = if shared_memory.is_dir() {
        shared_memory
    } else {
        std::env::temp_dir()
    };
    base.join(format!(
        "usher-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    ))
}
