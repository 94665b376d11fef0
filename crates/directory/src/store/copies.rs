//! Copies of the SQLite file that an operator made while a server had it open. Such a copy may lack what stood in the write-ahead log,
//! or hold half of a checkpoint, and SQLite opens it without a word. So the file itself says that a server has it open, and which file
//! it is: the row `open_marker` stands in the main file before the first request, and goes when the store is closed.
//!
//! After a crash the row is still there, in the file it names and with the lock file's word for the run; then everything is there and
//! the start goes on. In any other case the file is a copy.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Read as _, Write as _};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::error::{Res, StoreError};
use super::sqlite::Folder;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS open_marker \
     (id INTEGER PRIMARY KEY, run TEXT NOT NULL, inode BIGINT NOT NULL)";

/// What the file says of who has it open: the run, and which file it is.
fn marker(connection: &Connection) -> Res<Option<(String, i64)>> {
    let exists: bool = connection.query_row(
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'open_marker'",
        [],
        |row| Ok(row.get::<_, i64>(0)? > 0),
    )?;
    if !exists {
        return Ok(None);
    }
    let marker = connection
        .query_row(
            "SELECT run, inode FROM open_marker WHERE id = 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(marker)
}

/// Whether it is this very file, and the run is the last that had the folder.
fn is_own((run, number): &(String, i64), folder: &Folder) -> bool {
    *number == inode(&folder.database()) && runs(&folder.lock_file()).contains(run)
}

/// Refuses a copy, unless the operator has said that it is to be taken as it is.
pub(super) fn verify(connection: &Connection, folder: &Folder, accepted: bool) -> Res<()> {
    let file = folder.database();
    match marker(connection)? {
        Some(marker) if !is_own(&marker, folder) => {}
        _ => return Ok(()),
    }
    let why = if folder.had_log() {
        "so that it may hold half of a change"
    } else {
        "without the -wal file beside it, so that it lacks what was written last"
    };
    if accepted {
        tracing::warn!(file = %file.display(), "a copy of an open database was accepted as it is");
        return Ok(());
    }
    Err(StoreError::Copied(format!(
        "{} was copied while a server had it open, {why}: restore a file that `usher backup` made, or stop that server and copy its folder again; \
         `--accept-copy` goes on with this one as it is",
        file.display()
    )))
}

/// Notes that this process has the file open: in the main file, whole and on the disk, before anything else is written.
pub(super) fn begin(connection: &Connection, folder: &Folder) -> Res<()> {
    let run = format!("{:016x}", RandomState::new().build_hasher().finish());
    let lock = folder.lock_file();
    // Both runs are in the lock file until the row is written, so that a crash in between leaves a file that names its run.
    let mut known = runs(&lock);
    known.push(run.clone());
    write_runs(&lock, &known)?;
    connection.execute_batch(TABLE)?;
    connection.execute(
        "INSERT INTO open_marker (id, run, inode) VALUES (1, ?1, ?2) \
         ON CONFLICT (id) DO UPDATE SET run = excluded.run, inode = excluded.inode",
        (&run, inode(&folder.database())),
    )?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    write_runs(&lock, &[run])
}

/// Notes that no server has the file open any more: from the checkpoint on a copy of the file alone is whole.
/// What was refused stays as it is, so that it is refused again.
pub(super) fn end(connection: &Connection, folder: &Folder) -> Res<()> {
    match marker(connection)? {
        Some(marker) if is_own(&marker, folder) => {}
        _ => return Ok(()),
    }
    connection.execute_batch("DROP TABLE IF EXISTS open_marker")?;
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    write_runs(&folder.lock_file(), &[])
}

fn runs(lock: &Path) -> Vec<String> {
    let mut text = String::new();
    if let Ok(file) = File::open(lock) {
        // A lock file that cannot be read knows of no run.
        let _ = file.take(4_096).read_to_string(&mut text);
    }
    text.lines().map(str::to_owned).collect()
}

fn write_runs(lock: &Path, runs: &[String]) -> Res<()> {
    let lost = |error: std::io::Error| StoreError::Lost(format!("{}: {error}", lock.display()));
    let mut text = runs.join("\n");
    text.push('\n');
    let mut file = File::options()
        .write(true)
        .truncate(true)
        .open(lock)
        .map_err(lost)?;
    file.write_all(text.as_bytes()).map_err(lost)?;
    file.sync_all().map_err(lost)
}

#[cfg(unix)]
fn inode(file: &Path) -> i64 {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(file).map_or(0, |metadata| metadata.ino().cast_signed())
}

#[cfg(not(unix))]
fn inode(_: &Path) -> i64 {
    0
}
