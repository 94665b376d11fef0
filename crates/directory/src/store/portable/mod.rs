//! The portable backup: one file for both databases, written from one snapshot beside a running server, and read into an
//! empty database of either kind.
//!
//! ```text
//! schema.rs   which tables and columns there are, from the migrations
//! format.rs   the file
//! load.rs     reading it into SQLite or PostgreSQL
//! ```

pub(crate) mod format;
mod load;
pub(crate) mod schema;

use std::fs::File;
use std::io::{BufReader, Seek as _, Write};

use format::{FORMAT, Header, Sink, Source};
use schema::{Table, quoted};

use super::error::{Res, StoreError};
use super::migrate::{self, MIGRATIONS};
use super::transaction::{Database, Tx};
use super::{Location, Store};

/// The number that the next row of a table would get.
const SQLITE_NEXT: &str = "SELECT seq + 1 FROM sqlite_sequence WHERE name = $1";
/// The sequence that gives a table's numbers, as the server writes its name.
const POSTGRES_SEQUENCE: &str = "SELECT pg_get_serial_sequence($1, 'id')";

/// What a backup or a restore went over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Tables.
    pub(crate) tables: usize,
    /// Rows of all tables.
    pub(crate) rows: u64,
}

/// Writes everything that a snapshot holds.
pub(crate) async fn dump<W: Write + Send>(
    tx: &mut Tx<'_>,
    out: W,
    version: &str,
    made_at: i64,
    secret: Option<String>,
) -> Res<(W, Moved)> {
    let applied = migrate::applied(tx).await?;
    if migrate::installation_missing(tx).await? {
        return Err(StoreError::Absent(
            "there is no directory in it yet, so there is nothing to back up".to_owned(),
        ));
    }
    let known = migrate::those_applied(MIGRATIONS, &applied)?;
    let tables = schema::tables(known)?;
    let mut sink = Sink::new(out);
    sink.header(&Header {
        usher: "backup".to_owned(),
        format: FORMAT,
        version: version.to_owned(),
        migrations: applied,
        made_at,
        database: match tx.database() {
            Database::Sqlite => "sqlite",
            Database::Postgres => "postgresql",
        }
        .to_owned(),
        secret,
    })?;
    for table in &tables {
        sink.begin(table)?;
        tx.each(&table.select(), &[], |row| sink.row(table, row))
            .await?;
        // A number that was given after the snapshot began is only left out, never given twice.
        let next = if table.serial {
            Some(next_number(tx, &table.name).await?)
        } else {
            None
        };
        sink.end(table, next)?;
    }
    let (out, rows) = sink.finish()?;
    Ok((
        out,
        Moved {
            tables: tables.len(),
            rows,
        },
    ))
}

/// The number that the next row of a table would get.
pub(crate) async fn next_number(tx: &mut Tx<'_>, table: &str) -> Res<i64> {
    let next = match tx.database() {
        Database::Sqlite => {
            tx.one(SQLITE_NEXT, &[table.into()], |row| row.int(0))
                .await?
        }
        Database::Postgres => {
            let name = quoted(table);
            let sequence = tx
                .one(POSTGRES_SEQUENCE, &[(&name).into()], |row| row.string(0))
                .await?
                .ok_or_else(|| StoreError::Bug(format!("{table} has no sequence")))?;
            // The server has quoted the sequence's name itself.
            let sql = format!(
                "SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM {sequence}"
            );
            tx.one(&sql, &[], |row| row.int(0)).await?
        }
    };
    Ok(next.unwrap_or(1))
}

/// Looks at a backup from its first byte to its last; tells what it says of itself.
pub(crate) fn verify(file: &mut File) -> Res<Header> {
    let header = Source::new(BufReader::new(&mut *file)).verify()?;
    file.rewind()
        .map_err(|error| StoreError::Damaged(error.to_string()))?;
    if header.migrations.len() > MIGRATIONS.len() {
        return Err(StoreError::Newer(format!(
            "the backup was made by usher {}, which is newer than this one: restore it with that version or a later one",
            header.version
        )));
    }
    migrate::those_applied(MIGRATIONS, &header.migrations)?;
    Ok(header)
}

impl Store {
    /// Whether the tables, where there are any, hold a directory.
    pub(crate) async fn holds_directory(&self) -> Res<bool> {
        self.read(async |tx: &mut Tx<'_>| -> Res<bool> { holds_directory(tx).await })
            .await
    }
}

/// Whether the tables, where there are any, hold a directory.
pub(crate) async fn holds_directory(tx: &mut Tx<'_>) -> Res<bool> {
    Ok(!migrate::installation_missing(tx).await?)
}

/// Reads a verified backup into a database that holds no directory yet, and brings its tables up to this version.
pub(crate) async fn restore(
    location: &Location,
    file: File,
    header: &Header,
    now: i64,
) -> Res<Moved> {
    let store = Store::open(location, super::Limits::default()).await?;
    let outcome = async {
        if store.holds_directory().await? {
            return Err(StoreError::Occupied);
        }
        let known = migrate::those_applied(MIGRATIONS, &header.migrations)?;
        let report = store.migrate_by(known, now).await.map_err(|error| match error {
            StoreError::Newer(_) => StoreError::Newer(
                "the empty tables there are newer than the backup: give an empty folder or database".to_owned(),
            ),
            other => other,
        })?;
        debug_assert_eq!(report.at, known.last().map_or(0, |last| last.number));
        let tables = schema::tables(known)?;
        let moved = store.load(&tables, file).await?;
        store.migrate(now).await?;
        Ok(moved)
    }
    .await;
    let closed = store.close().await;
    let moved = outcome?;
    closed?;
    Ok(moved)
}

/// The tables of a backup in the order of the file, each once and none missing.
struct Expected<'t> {
    tables: &'t [Table],
    next: usize,
}

impl<'t> Expected<'t> {
    fn new(tables: &'t [Table]) -> Self {
        Self { tables, next: 0 }
    }

    fn begin(&mut self, name: &str, columns: &[String]) -> Res<&'t Table> {
        let table = self.tables.get(self.next);
        self.next += 1;
        table
            .filter(|table| {
                table.name == name && table.columns.iter().map(|column| &column.name).eq(columns)
            })
            .ok_or_else(|| {
                StoreError::Damaged(format!(
                    "the backup's table {name} is not the one of its version"
                ))
            })
    }

    fn finish(&self) -> Res<()> {
        match self.tables.get(self.next) {
            None => Ok(()),
            Some(table) => Err(StoreError::Damaged(format!(
                "the backup has no table {}",
                table.name
            ))),
        }
    }
}
