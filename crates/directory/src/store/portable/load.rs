//! Reading a backup into SQLite or PostgreSQL: one transaction, so that a restore that breaks off leaves nothing behind.

use std::fs::File;
use std::io::BufReader;
use std::pin::pin;

use rusqlite::Connection;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use super::format::{Cell, Item, Source, cells};
use super::schema::{Kind, Table, quoted};
use super::{Expected, Moved};
use crate::store::error::{Res, StoreError};
use crate::store::value::Val;
use crate::store::{Engine, Store, blocking, search, sqlite};

/// Users whose search pieces are worked out at once.
const CHUNK: i64 = 1_000;

impl Store {
    /// Puts every row of a verified backup into empty tables.
    pub(super) async fn load(&self, tables: &[Table], file: File) -> Res<Moved> {
        match &self.engine {
            Engine::Lite(lite) => {
                let (path, tables) = (lite.file.clone(), tables.to_vec());
                blocking(move || {
                    let mut connection = sqlite::open(&path, sqlite::Purpose::Write)?;
                    load_lite(&mut connection, &tables, file)
                })
                .await
            }
            Engine::Pg { pool, .. } => {
                let mut client = pool.get().await?;
                // A restore takes as long as the file is large.
                drop(client.batch_execute("SET statement_timeout = 0").await);
                load_pg(&mut client, tables, file).await
            }
        }
    }
}

fn miscounted(table: &str) -> StoreError {
    StoreError::Damaged(format!("the backup's table {table} lacks rows"))
}

fn load_lite(connection: &mut Connection, tables: &[Table], file: File) -> Res<Moved> {
    // Rows name others that come later in the file; all of them are looked at before the commit.
    connection.execute_batch("PRAGMA foreign_keys = OFF")?;
    let transaction = connection.transaction()?;
    let mut source = Source::new(BufReader::with_capacity(1 << 20, file));
    source.header()?;
    let mut expected = Expected::new(tables);
    let mut total = 0;
    loop {
        let (name, columns) = match source.item()? {
            Item::Begin { table, columns } => (table, columns),
            Item::Finish => break,
            Item::Row(_) | Item::End { .. } => return Err(miscounted("…")),
        };
        let table = expected.begin(&name, &columns)?;
        transaction.execute(&format!("DELETE FROM {}", quoted(&table.name)), [])?;
        let names: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        let marks: Vec<String> = (1..=names.len())
            .map(|number| format!("?{number}"))
            .collect();
        let mut insert = transaction.prepare(&format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quoted(&table.name),
            names.join(", "),
            marks.join(", ")
        ))?;
        let mut count = 0;
        let (rows, next) = loop {
            match source.item()? {
                Item::Row(row) => {
                    let cells = cells(table, row)?;
                    insert.execute(rusqlite::params_from_iter(cells.iter().map(Cell::value)))?;
                    count += 1;
                }
                Item::End { table, rows, next } if table == name => break (rows, next),
                _ => return Err(miscounted(&name)),
            }
        };
        if rows != count {
            return Err(miscounted(&name));
        }
        total += count;
        if table.serial {
            transaction.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [&name])?;
            let last = next.unwrap_or(1).saturating_sub(1);
            transaction.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)",
                (&name, last),
            )?;
        }
    }
    expected.finish()?;
    search::rebuild_lite(&transaction)?;
    let stray: Option<String> = {
        let mut statement =
            transaction.prepare("SELECT \"table\" FROM pragma_foreign_key_check")?;
        let mut rows = statement.query([])?;
        rows.next()?.map(|row| row.get(0)).transpose()?
    };
    if let Some(table) = stray {
        return Err(StoreError::Damaged(format!(
            "a row of {table} in the backup names one that is not in it"
        )));
    }
    transaction.commit()?;
    // The copy of the file alone is whole from here on.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(Moved {
        tables: tables.len(),
        rows: total,
    })
}

async fn load_pg(client: &mut tokio_postgres::Client, tables: &[Table], file: File) -> Res<Moved> {
    let transaction = client.transaction().await?;
    // Constraints between tables are taken off and put on again, which looks at every row once: rows name others that come
    // later in the file.
    let constraints = transaction
        .query(
            "SELECT c.conrelid::regclass::text, quote_ident(c.conname), pg_get_constraintdef(c.oid) FROM pg_constraint c \
             WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace ORDER BY 1, 2",
            &[],
        )
        .await?;
    let mut restore_constraints = Vec::new();
    for row in &constraints {
        let (table, name, definition): (String, String, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        transaction
            .batch_execute(&format!("ALTER TABLE {table} DROP CONSTRAINT {name}"))
            .await?;
        restore_constraints.push((
            table.clone(),
            format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"),
        ));
    }
    let mut source = Source::new(BufReader::with_capacity(1 << 20, file));
    source.header()?;
    let mut expected = Expected::new(tables);
    let mut total = 0;
    loop {
        let (name, columns) = match source.item()? {
            Item::Begin { table, columns } => (table, columns),
            Item::Finish => break,
            Item::Row(_) | Item::End { .. } => return Err(miscounted("…")),
        };
        let table = expected.begin(&name, &columns)?;
        let next = copy_table(&transaction, table, &mut source, &mut total).await?;
        if table.serial {
            let next = next.unwrap_or(1).max(1);
            let name = quoted(&table.name);
            transaction
                .execute(
                    "SELECT setval(pg_get_serial_sequence($1, 'id'), $2, false)",
                    &[&name, &next],
                )
                .await?;
        }
    }
    expected.finish()?;
    rebuild_search(&transaction).await?;
    for (table, constraint) in restore_constraints {
        transaction.batch_execute(&constraint).await.map_err(|_| {
            StoreError::Damaged(format!(
                "a row of {table} in the backup names one that is not in it"
            ))
        })?;
    }
    transaction.commit().await?;
    Ok(Moved {
        tables: tables.len(),
        rows: total,
    })
}

/// Reads the rows of one table to its end; tells the next number.
async fn copy_table(
    transaction: &tokio_postgres::Transaction<'_>,
    table: &Table,
    source: &mut Source<BufReader<File>>,
    total: &mut u64,
) -> Res<Option<i64>> {
    let into = quoted(&table.name);
    transaction
        .batch_execute(&format!("DELETE FROM {into}"))
        .await?;
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|column| quoted(&column.name))
        .collect();
    let types: Vec<Type> = table
        .columns
        .iter()
        .map(|column| match column.kind {
            Kind::Int => Type::INT8,
            Kind::Text => Type::TEXT,
            Kind::Bytes => Type::BYTEA,
        })
        .collect();
    let copy = transaction
        .copy_in(&format!(
            "COPY {into} ({}) FROM STDIN BINARY",
            names.join(", ")
        ))
        .await?;
    let mut writer = pin!(BinaryCopyInWriter::new(copy, &types));
    let mut count = 0;
    let (rows, next) = loop {
        match source.item()? {
            Item::Row(row) => {
                let cells = cells(table, row)?;
                let values: Vec<Val<'_>> = cells.iter().map(Cell::value).collect();
                writer.as_mut().write_raw(values).await?;
                count += 1;
            }
            Item::End {
                table: ended,
                rows,
                next,
            } if ended == table.name => break (rows, next),
            _ => return Err(miscounted(&table.name)),
        }
    };
    writer.finish().await?;
    if rows != count {
        return Err(miscounted(&table.name));
    }
    *total += count;
    Ok(next)
}

/// The pieces by which PostgreSQL finds users.
async fn rebuild_search(transaction: &tokio_postgres::Transaction<'_>) -> Res<()> {
    transaction.batch_execute("DELETE FROM user_search").await?;
    let mut after = 0_i64;
    loop {
        let users = transaction
            .query(
                "SELECT id, search FROM users WHERE id > $1 ORDER BY id LIMIT $2",
                &[&after, &CHUNK],
            )
            .await?;
        let Some(last) = users.last() else {
            return Ok(());
        };
        after = last.try_get(0)?;
        let copy = transaction
            .copy_in("COPY user_search (user_id, pieces) FROM STDIN BINARY")
            .await?;
        let mut writer = pin!(BinaryCopyInWriter::new(
            copy,
            &[Type::INT8, Type::INT4_ARRAY]
        ));
        for user in &users {
            let (id, text): (i64, String) = (user.try_get(0)?, user.try_get(1)?);
            let pieces = search::numbers_of(&text);
            writer.as_mut().write(&[&id, &pieces]).await?;
        }
        writer.finish().await?;
    }
}
