//! The file: lines of JSON. The first says what it is, `{"table": …}` begins a table, `[…]` is a row, `{"end": …}` ends the table
//! with the number of its rows and the next number it would give, and the last line is a digest of all before it.

use std::io::{BufRead, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::schema::{Kind, Table};
use crate::store::error::{Res, StoreError};
use crate::store::value::{Row, Val};

/// The version of the format. A reader refuses any other.
pub(crate) const FORMAT: u32 = 1;
/// The longest line that is read: a row holds a document of a job at most.
const LONGEST: u64 = 512 << 20;

/// The first line.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Always `backup`.
    pub(crate) usher: String,
    pub(crate) format: u32,
    /// The version of the program that wrote it.
    pub(crate) version: String,
    /// The migrations of the tables, each with its digest.
    pub(crate) migrations: Vec<(i64, String)>,
    /// When, in milliseconds since 1970.
    pub(crate) made_at: i64,
    /// `sqlite` or `postgresql`.
    pub(crate) database: String,
    /// The sealing key, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
}

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Header")
            .field("format", &self.format)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    table: String,
    columns: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    end: String,
    rows: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    sha256: String,
    rows: u64,
}

fn failed(error: &std::io::Error) -> StoreError {
    StoreError::Foreign(format!("cannot write the backup: {error}"))
}

fn damaged(why: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("the backup is not whole: {why}"))
}

/// Writes a backup.
pub(crate) struct Sink<W> {
    out: W,
    digest: Sha256,
    line: Vec<u8>,
    rows: u64,
    rows_of_table: u64,
}

impl<W: Write> Sink<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            digest: Sha256::new(),
            line: Vec::new(),
            rows: 0,
            rows_of_table: 0,
        }
    }

    fn put(&mut self) -> Res<()> {
        self.line.push(b'\n');
        self.digest.update(&self.line);
        self.out
            .write_all(&self.line)
            .map_err(|error| failed(&error))
    }

    fn put_object(&mut self, object: &impl Serialize) -> Res<()> {
        self.line =
            serde_json::to_vec(object).map_err(|error| StoreError::Bug(error.to_string()))?;
        self.put()
    }

    pub(crate) fn header(&mut self, header: &Header) -> Res<()> {
        self.put_object(header)
    }

    pub(crate) fn begin(&mut self, table: &Table) -> Res<()> {
        self.rows_of_table = 0;
        self.put_object(&Begin {
            table: table.name.clone(),
            columns: table
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect(),
        })
    }

    pub(crate) fn row(&mut self, table: &Table, row: &Row<'_>) -> Res<()> {
        let bug = |error: serde_json::Error| StoreError::Bug(error.to_string());
        self.line.clear();
        for (place, column) in table.columns.iter().enumerate() {
            self.line.push(if place == 0 { b'[' } else { b',' });
            match column.kind {
                Kind::Int => serde_json::to_writer(&mut self.line, &row.opt_int(place)?),
                Kind::Text => serde_json::to_writer(&mut self.line, &row.opt_text(place)?),
                Kind::Bytes => {
                    let text = row.opt_bytes(place)?.map(|bytes| STANDARD.encode(bytes));
                    serde_json::to_writer(&mut self.line, &text)
                }
            }
            .map_err(bug)?;
        }
        self.line.push(b']');
        self.rows += 1;
        self.rows_of_table += 1;
        self.put()
    }

    pub(crate) fn end(&mut self, table: &Table, next: Option<i64>) -> Res<()> {
        self.put_object(&End {
            end: table.name.clone(),
            rows: self.rows_of_table,
            next,
        })
    }

    /// Writes the last line; tells how many rows there were.
    pub(crate) fn finish(mut self) -> Res<(W, u64)> {
        let seal = Seal {
            sha256: hex(&self.digest.clone().finalize()),
            rows: self.rows,
        };
        self.put_object(&seal)?;
        self.out.flush().map_err(|error| failed(&error))?;
        Ok((self.out, self.rows))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value of a row that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Cell {
    pub(crate) fn value(&self) -> Val<'_> {
        match self {
            Cell::Null => Val::Null,
            Cell::Int(number) => Val::Int(*number),
            Cell::Text(text) => Val::Text(text),
            Cell::Bytes(bytes) => Val::Bytes(bytes),
        }
    }
}

/// What a line is.
#[derive(Debug)]
pub(crate) enum Item {
    Begin {
        table: String,
        columns: Vec<String>,
    },
    Row(Vec<Value>),
    End {
        table: String,
        rows: u64,
        next: Option<i64>,
    },
    Finish,
}

/// Reads a backup.
pub(crate) struct Source<R> {
    input: R,
    line: Vec<u8>,
}

impl<R: BufRead> Source<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
        }
    }

    /// Reads one line without its end; false when there is no more.
    fn next_line(&mut self) -> Res<bool> {
        use std::io::Read as _;
        self.line.clear();
        let mut bounded = (&mut self.input).take(LONGEST);
        let read = bounded.read_until(b'\n', &mut self.line).map_err(damaged)?;
        if read == 0 {
            return Ok(false);
        }
        if self.line.pop() != Some(b'\n') {
            return Err(damaged("it ends within a line"));
        }
        Ok(true)
    }

    pub(crate) fn header(&mut self) -> Res<Header> {
        if !self.next_line()? {
            return Err(StoreError::Damaged("the file is empty".to_owned()));
        }
        let header: Header = serde_json::from_slice(&self.line)
            .map_err(|_| StoreError::Damaged("this is no backup of usher".to_owned()))?;
        if header.usher != "backup" {
            return Err(StoreError::Damaged("this is no backup of usher".to_owned()));
        }
        if header.format != FORMAT {
            return Err(StoreError::Newer(format!(
                "the backup has format {}, and this usher reads format {FORMAT}: restore it with usher {} or later",
                header.format, header.version
            )));
        }
        Ok(header)
    }

    pub(crate) fn item(&mut self) -> Res<Item> {
        if !self.next_line()? {
            return Err(damaged("it has no last line"));
        }
        if self.line.first() == Some(&b'[') {
            return serde_json::from_slice(&self.line)
                .map(Item::Row)
                .map_err(damaged);
        }
        if let Ok(Begin { table, columns }) = serde_json::from_slice(&self.line) {
            return Ok(Item::Begin { table, columns });
        }
        if let Ok(End { end, rows, next }) = serde_json::from_slice(&self.line) {
            return Ok(Item::End {
                table: end,
                rows,
                next,
            });
        }
        match serde_json::from_slice::<Seal>(&self.line) {
            Ok(_) => Ok(Item::Finish),
            Err(_) => Err(damaged("a line is neither a row nor a table")),
        }
    }

    /// Reads the file to its end and compares it with its last line: nothing is restored from a file that is cut off or
    /// altered.
    pub(crate) fn verify(&mut self) -> Res<Header> {
        let header = self.header()?;
        let mut digest = Sha256::new();
        let mut rows = 0_u64;
        let mut pending = std::mem::take(&mut self.line);
        loop {
            digest.update(&pending);
            digest.update(b"\n");
            rows += u64::from(pending.first() == Some(&b'['));
            if !self.next_line()? {
                return Err(damaged("it has no last line"));
            }
            // A row would be read as an object's members in their order.
            if self.line.first() == Some(&b'{')
                && let Ok(seal) = serde_json::from_slice::<Seal>(&self.line)
            {
                if seal.sha256 != hex(&digest.finalize()) || seal.rows != rows {
                    return Err(damaged("its checksum differs"));
                }
                if self.next_line()? {
                    return Err(damaged("something follows its last line"));
                }
                return Ok(header);
            }
            std::mem::swap(&mut pending, &mut self.line);
        }
    }
}

/// The values of a row, in the order of the table's columns.
pub(crate) fn cells(table: &Table, row: Vec<Value>) -> Res<Vec<Cell>> {
    if row.len() != table.columns.len() {
        return Err(damaged(format!(
            "a row of {} has {} values",
            table.name,
            row.len()
        )));
    }
    let cell = |(column, value): (&super::schema::Column, Value)| {
        let unlike = || {
            damaged(format!(
                "a value of {}.{} is of another kind",
                table.name, column.name
            ))
        };
        Ok(match (column.kind, value) {
            (_, Value::Null) => Cell::Null,
            (Kind::Int, Value::Number(number)) => Cell::Int(number.as_i64().ok_or_else(unlike)?),
            (Kind::Text, Value::String(text)) => Cell::Text(text),
            (Kind::Bytes, Value::String(text)) => {
                Cell::Bytes(STANDARD.decode(text).map_err(|_| unlike())?)
            }
            _ => return Err(unlike()),
        })
    };
    table.columns.iter().zip(row).map(cell).collect()
}
