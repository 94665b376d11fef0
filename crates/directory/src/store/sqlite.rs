//! SQLite: opening connections, running statements, and the readers.

use std::fs::{File, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, OpenFlags};

use super::error::{Res, StoreError};
use super::statement_text::LONGEST_KEPT;
use super::transaction::{Arm, Journal, TakeRow, Tx};
use super::value::{Row, Val};

/// The database's file inside the data folder.
const FILE: &str = "usher.sqlite3";
/// Locked as long as a server has the folder open.
const LOCK: &str = "usher.lock";

/// The data folder, owned by this process until it is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    temporary: bool,
    /// Whether a write-ahead log lay beside the file before it was opened.
    had_log: bool,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be and takes it for this process alone.
    pub(super) fn own(path: &Path, temporary: bool) -> Res<Self> {
        let lost = |error: std::io::Error| StoreError::Lost(format!("{}: {error}", path.display()));
        make_private_folder(path).map_err(lost)?;
        let lock = private_file(&path.join(LOCK)).map_err(lost)?;
        match lock.try_lock() {
            Ok(()) => {
                let had_log = path.join(format!("{FILE}-wal")).exists();
                private_database(&path.join(FILE)).map_err(lost)?;
                Ok(Self {
                    path: path.to_owned(),
                    temporary,
                    had_log,
                    _lock: lock,
                })
            }
            Err(TryLockError::WouldBlock) => Err(StoreError::Owned(path.display().to_string())),
            Err(TryLockError::Error(error)) => Err(lost(error)),
        }
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join(FILE)
    }

    /// Whether nothing stands in the write-ahead log.
    pub(super) fn has_empty_log(&self) -> bool {
        std::fs::metadata(self.path.join(format!("{FILE}-wal"))).is_ok_and(|log| log.len() == 0)
    }

    pub(super) fn lock_file(&self) -> PathBuf {
        self.path.join(LOCK)
    }

    pub(super) fn had_log(&self) -> bool {
        self.had_log
    }

    /// Whether it goes away with the store.
    pub(super) fn is_temporary(&self) -> bool {
        self.temporary
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::debug!(%error, "a temporary data folder stays behind");
        }
    }
}

#[cfg(unix)]
fn make_private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

#[cfg(not(unix))]
fn make_private_folder(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

/// Opens a file that only its owner may read, and makes it when missing.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    // One that is older than this rule has the mode it was made with.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// Makes the database's file private before SQLite opens it: what SQLite puts beside it gets the same
/// mode. No connection of this process may be open yet, for closing a file here would give up its locks.
fn private_database(file: &Path) -> std::io::Result<()> {
    private_file(file)?;
    for beside in ["-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(beside);
        let beside = Path::new(&name);
        if beside.exists() {
            private_file(beside)?;
        }
    }
    Ok(())
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
}

/// How long a lock of another connection is waited for.
pub(super) const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// Opens a connection with every setting the store relies on.
pub(super) fn open(file: &Path, purpose: Purpose) -> Res<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(LOCK_PATIENCE)?;
    // Without it the statistics make SQLite plan a statement again for every new binding.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // `LIKE` tells case apart on PostgreSQL, so it must here.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 8000; PRAGMA trusted_schema = OFF;
         PRAGMA case_sensitive_like = ON;",
    )?;
    // The writer goes back to the pages it wrote; what a reader does not keep, the system's own cache has.
    connection.execute_batch(match purpose {
        Purpose::Write => "PRAGMA cache_size = -8000",
        Purpose::Read => "PRAGMA cache_size = -4000; PRAGMA query_only = ON",
    })?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Opens the database of a folder that a server may have open, to read only. What a crash has left in the write-ahead log stays
/// there for the server's next start.
pub(super) fn open_beside(folder: &Path) -> Res<Connection> {
    let file = folder.join(FILE);
    if !file.is_file() {
        return Err(StoreError::Absent(format!(
            "there is no {}",
            file.display()
        )));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&file, flags)?;
    connection.busy_timeout(LOCK_PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA case_sensitive_like = ON",
    )?;
    Ok(connection)
}

/// Prepares a statement and binds its values.
fn prepare<'c>(
    connection: &'c Connection,
    sql: &str,
    values: &[Val<'_>],
) -> Res<CachedStatement<'c>> {
    let mut statement = connection.prepare_cached(sql)?;
    let count = statement.parameter_count();
    if count != values.len() {
        return Err(StoreError::Bug(format!(
            "{count} parameters and {} values",
            values.len()
        )));
    }
    for index in 1..=count {
        // To SQLite `$2` is a name, and its index is the order of its first appearance.
        let value =
            number_of(&statement, index).and_then(|number| values.get(number.checked_sub(1)?));
        let Some(value) = value else {
            return Err(StoreError::Bug(
                "a parameter that is not one of $1 to $n".to_owned(),
            ));
        };
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(statement)
}

fn number_of(statement: &CachedStatement<'_>, index: usize) -> Option<usize> {
    statement
        .parameter_name(index)?
        .strip_prefix('$')?
        .parse()
        .ok()
}

#[cfg(test)]
/// Checks that a statement is one SQLite understands, with parameters `$1` to `$n`.
pub(super) fn check(connection: &Connection, sql: &str) -> Res<()> {
    let statement = connection.prepare_cached(sql)?;
    let mut numbers: Vec<_> = (1..=statement.parameter_count())
        .map(|index| number_of(&statement, index))
        .collect();
    numbers.sort_unstable();
    if numbers
        .into_iter()
        .eq((1..=statement.parameter_count()).map(Some))
    {
        Ok(())
    } else {
        Err(StoreError::Bug("parameters that are not $1 to $n".to_owned()).in_statement(sql))
    }
}

/// Runs a statement and hands over its rows until `take` says no.
pub(super) fn rows(
    connection: &Connection,
    sql: &str,
    values: &[Val<'_>],
    first_only: bool,
    take: TakeRow<'_>,
) -> Res<()> {
    let mut statement = prepare(connection, sql, values)?;
    let outcome = take_rows(&mut statement, first_only, take);
    give_back(statement, sql);
    outcome
}

fn take_rows(statement: &mut CachedStatement<'_>, first_only: bool, take: TakeRow<'_>) -> Res<()> {
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        if !take(&Row::Lite(row)) || first_only {
            break;
        }
    }
    Ok(())
}

/// Runs a statement that gives no rows; tells how many it changed.
pub(super) fn change(connection: &Connection, sql: &str, values: &[Val<'_>]) -> Res<u64> {
    let mut statement = prepare(connection, sql, values)?;
    let changed = statement.raw_execute();
    give_back(statement, sql);
    Ok(changed? as u64)
}

/// Keeps a statement for the next time, or not when its text is long.
fn give_back(statement: CachedStatement<'_>, sql: &str) {
    if sql.len() > LONGEST_KEPT {
        statement.discard();
    }
}

/// Runs one of the store's own statements.
pub(super) fn command(connection: &Connection, sql: &str) -> Res<()> {
    connection.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}

/// Runs a use-case to its end in one go: on SQLite nothing in it may wait.
pub(super) fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future)
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// What becomes of a use-case that waited for something other than the store.
pub(super) fn waited() -> StoreError {
    StoreError::Bug("a transaction waited for something that is not the store".to_owned())
}

/// What a read did.
#[derive(Debug, Default)]
pub(super) struct Ran {
    pub(super) statements: u32,
    /// The failure of the database that ended it.
    pub(super) failure: Option<StoreError>,
}

/// Reads in one snapshot on a connection, inside the calling thread.
pub(super) fn read_on<T, E, F>(connection: &mut Connection, work: F) -> (Result<T, E>, Ran)
where
    E: From<StoreError>,
    F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
{
    if let Err(error) = command(connection, "BEGIN") {
        let failure = Some(error.clone());
        let ran = Ran {
            failure,
            ..Ran::default()
        };
        return (Err(error.into()), ran);
    }
    let outcome = run_read(connection, Journal::reading(), work);
    if !connection.is_autocommit()
        && let Err(error) = command(connection, "COMMIT")
    {
        tracing::warn!(%error, "a read did not end");
    }
    outcome
}

/// Reads by a single statement, which is a snapshot of its own.
pub(super) fn read_single_on<T, E, F>(connection: &mut Connection, work: F) -> (Result<T, E>, Ran)
where
    E: From<StoreError>,
    F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
{
    run_read(connection, Journal::single(), work)
}

fn run_read<T, E, F>(
    connection: &mut Connection,
    mut journal: Journal,
    work: F,
) -> (Result<T, E>, Ran)
where
    E: From<StoreError>,
    F: AsyncFnOnce(&mut Tx<'_>) -> Result<T, E>,
{
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut tx = Tx::new(Arm::Lite(connection), &mut journal);
        poll_once(work(&mut tx))
    }));
    let result = match outcome {
        Ok(Some(result)) => result,
        Ok(None) => Err(waited().into()),
        Err(_) => Err(StoreError::Bug("a use-case panicked".to_owned()).into()),
    };
    let ran = Ran {
        statements: journal.statements,
        failure: journal.broken.clone(),
    };
    (journal.decide(result), ran)
}
