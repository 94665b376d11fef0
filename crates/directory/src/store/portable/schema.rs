//! Which tables and columns a backup holds. They are read from the migrations themselves, applied to an empty SQLite in
//! memory, so that a new table or column is part of the next backup without a line here.

use rusqlite::Connection;

use crate::store::error::{Res, StoreError};
use crate::store::migrate::Migration;

/// Tables that are worked out from others and built anew by a restore.
const DERIVED: &[&str] = &["user_search_pending"];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
    Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// A column that names a row of another table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) column: String,
    pub(crate) table: String,
    pub(crate) target: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of the primary key, in their order: the order of the rows in a backup.
    pub(crate) key: Vec<String>,
    /// Whether `id` is a number that the database gives and never gives twice.
    pub(crate) serial: bool,
    pub(crate) references: Vec<Reference>,
}

impl Table {
    /// Reads every row, in the order of the primary key.
    pub(crate) fn select(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| quoted(&column.name))
            .collect();
        let key: Vec<String> = self.key.iter().map(|column| quoted(column)).collect();
        format!(
            "SELECT {} FROM {} ORDER BY {}",
            columns.join(", "),
            quoted(&self.name),
            key.join(", ")
        )
    }
}

/// A quoted name, which both databases read even if it is a keyword.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The tables that these migrations make, by name.
pub(crate) fn tables(migrations: &[Migration]) -> Res<Vec<Table>> {
    let connection = Connection::open_in_memory()?;
    for migration in migrations {
        connection.execute_batch(&migration.sqlite())?;
    }
    let mut statement = connection.prepare(
        "SELECT l.name, m.sql FROM pragma_table_list l JOIN sqlite_master m ON m.name = l.name AND m.type = 'table'
         WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite_%' ORDER BY l.name",
    )?;
    let named = statement
        .query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    named
        .into_iter()
        .filter(|(name, _)| !DERIVED.contains(&name.as_str()))
        .map(|(name, sql)| table(&connection, name, sql.contains("AUTOINCREMENT")))
        .collect()
}

fn table(connection: &Connection, name: String, serial: bool) -> Res<Table> {
    let mut statement =
        connection.prepare("SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid")?;
    let mut columns = Vec::new();
    let mut key = Vec::new();
    let mut rows = statement.query([&name])?;
    while let Some(row) = rows.next()? {
        let (column, declared, place): (String, String, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let kind = match declared.as_str() {
            "INTEGER" | "BIGINT" => Kind::Int,
            "TEXT" => Kind::Text,
            "BLOB" => Kind::Bytes,
            other => {
                return Err(StoreError::Bug(format!(
                    "the column {name}.{column} has the type {other}, which a backup does not know"
                )));
            }
        };
        if place > 0 {
            key.push((place, column.clone()));
        }
        columns.push(Column { name: column, kind });
    }
    if key.is_empty() {
        return Err(StoreError::Bug(format!(
            "the table {name} has no primary key, so a backup knows no order of its rows"
        )));
    }
    key.sort();
    let mut statement = connection.prepare(
        "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list($1) ORDER BY id, seq",
    )?;
    let references = statement
        .query_map([&name], |row| {
            Ok(Reference {
                column: row.get(0)?,
                table: row.get(1)?,
                target: row.get::<_, Option<String>>(2)?.unwrap_or("id".to_owned()),
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Table {
        name,
        columns,
        key: key.into_iter().map(|(_, column)| column).collect(),
        serial,
        references,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MIGRATIONS;

    #[test]
    fn tables_follow_from_the_migrations() {
        let tables = tables(MIGRATIONS).unwrap();
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        for name in ["users", "events", "api_keys", "sessions", "settings"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        assert!(!names.iter().any(|name| name.starts_with("user_search")));
        let users = tables.iter().find(|table| table.name == "users").unwrap();
        assert!(users.serial && users.key == ["id"]);
        let home = Reference {
            column: "home_id".to_owned(),
            table: "organisations".to_owned(),
            target: "id".to_owned(),
        };
        assert!(users.references.contains(&home), "{users:?}");
        let factors = tables
            .iter()
            .find(|table| table.name == "second_factors")
            .unwrap();
        let seed = Column {
            name: "sealed_seed".to_owned(),
            kind: Kind::Bytes,
        };
        assert!(factors.columns.contains(&seed) && !factors.serial);
        // Older tables are known as well: a backup of an older version is read by its own.
        assert!(super::tables(&MIGRATIONS[..1]).unwrap().len() < tables.len());
    }
}
