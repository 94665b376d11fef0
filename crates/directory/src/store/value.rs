//! Values that go into statements and rows that come out, the same for both databases.
//!
//! Truth values and times are whole numbers everywhere, so a column has one of three types.

use std::error::Error;
use std::fmt;

use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};

use super::error::{Res, StoreError};

/// A value bound to a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Val<'a> {
    /// No value.
    Null,
    /// A number, a truth value (0 or 1) or a time.
    Int(i64),
    /// A text without the character NUL.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// A value that is kept for later.
pub(super) enum Kept {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Kept {
    pub(super) fn of(value: &Val<'_>) -> Self {
        match *value {
            Val::Null => Self::Null,
            Val::Int(number) => Self::Int(number),
            Val::Text(text) => Self::Text(text.to_owned()),
            Val::Bytes(bytes) => Self::Bytes(bytes.to_owned()),
        }
    }

    pub(super) fn value(&self) -> Val<'_> {
        match self {
            Self::Null => Val::Null,
            Self::Int(number) => Val::Int(*number),
            Self::Text(text) => Val::Text(text),
            Self::Bytes(bytes) => Val::Bytes(bytes),
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(formatter)
    }
}

impl fmt::Debug for Val<'_> {
    /// Shows the kind only: values are people's data and secrets' digests.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "Null",
            Self::Int(_) => "Int",
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
        })
    }
}

impl Val<'_> {
    /// PostgreSQL cannot store NUL in a text, so SQLite must not either.
    pub(super) fn check(&self) -> Res<()> {
        match self {
            Self::Text(text) if text.as_bytes().contains(&0) => Err(StoreError::Nul),
            _ => Ok(()),
        }
    }
}

impl From<i64> for Val<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Val<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl<'a> From<&'a str> for Val<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Val<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a Option<String>> for Val<'a> {
    fn from(value: &'a Option<String>) -> Self {
        value.as_deref().into()
    }
}

impl<'a> From<&'a [u8]> for Val<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Val<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Val<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, T: Into<Val<'a>>> From<Option<T>> for Val<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl rusqlite::ToSql for Val<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Val::Null => ValueRef::Null,
            Val::Int(value) => ValueRef::Integer(value),
            Val::Text(value) => ValueRef::Text(value.as_bytes()),
            Val::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

impl ToSql for Val<'_> {
    fn to_sql(
        &self,
        wanted: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match *self {
            Val::Null => Ok(IsNull::Yes),
            Val::Int(value) if *wanted == Type::INT8 => value.to_sql(wanted, out),
            // The server takes a number beside a small literal for a small number.
            Val::Int(value) if *wanted == Type::INT4 => i32::try_from(value)?.to_sql(wanted, out),
            Val::Int(value) if *wanted == Type::INT2 => i16::try_from(value)?.to_sql(wanted, out),
            Val::Text(value) if <&str as ToSql>::accepts(wanted) => value.to_sql(wanted, out),
            Val::Bytes(value) if *wanted == Type::BYTEA => value.to_sql(wanted, out),
            _ => Err(format!("the statement wants {wanted} and was given {self:?}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// Any of PostgreSQL's whole numbers and truth values, as SQLite would give it.
struct Number(i64);

impl<'r> FromSql<'r> for Number {
    fn from_sql(found: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *found {
            Type::INT8 => i64::from_sql(found, raw)?,
            Type::INT4 => i64::from(i32::from_sql(found, raw)?),
            Type::INT2 => i64::from(i16::from_sql(found, raw)?),
            _ => i64::from(bool::from_sql(found, raw)?),
        }))
    }

    fn accepts(found: &Type) -> bool {
        matches!(*found, Type::INT8 | Type::INT4 | Type::INT2 | Type::BOOL)
    }
}

/// One row of a result, borrowed from the database's own buffers. Columns are counted from 0.
#[derive(Clone, Copy)]
pub(crate) enum Row<'r> {
    /// A row of SQLite.
    Lite(&'r rusqlite::Row<'r>),
    /// A row of PostgreSQL.
    Pg(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// A number.
    pub(crate) fn int(&self, column: usize) -> Res<i64> {
        present(self.opt_int(column)?, column)
    }

    /// A number or nothing.
    pub(crate) fn opt_int(&self, column: usize) -> Res<Option<i64>> {
        match self {
            Self::Lite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Integer(value) => Ok(Some(value)),
                other => Err(unlike(
                    "a number",
                    &format!("{:?}", other.data_type()),
                    column,
                )),
            },
            Self::Pg(row) => Ok(row
                .try_get::<_, Option<Number>>(column)?
                .map(|number| number.0)),
        }
    }

    /// A truth value.
    pub(crate) fn flag(&self, column: usize) -> Res<bool> {
        Ok(self.int(column)? != 0)
    }

    /// A truth value or nothing.
    pub(crate) fn opt_flag(&self, column: usize) -> Res<Option<bool>> {
        Ok(self.opt_int(column)?.map(|value| value != 0))
    }

    /// A text, borrowed.
    pub(crate) fn text(&self, column: usize) -> Res<&str> {
        present(self.opt_text(column)?, column)
    }

    /// A text or nothing, borrowed.
    pub(crate) fn opt_text(&self, column: usize) -> Res<Option<&str>> {
        match self {
            Self::Lite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Text(value) => std::str::from_utf8(value)
                    .map(Some)
                    .map_err(|_| StoreError::Lost(format!("column {column} is not UTF-8"))),
                other => Err(unlike(
                    "a text",
                    &format!("{:?}", other.data_type()),
                    column,
                )),
            },
            Self::Pg(row) => Ok(row.try_get(column)?),
        }
    }

    /// A text, copied.
    pub(crate) fn string(&self, column: usize) -> Res<String> {
        Ok(self.text(column)?.to_owned())
    }

    /// A text or nothing, copied.
    pub(crate) fn opt_string(&self, column: usize) -> Res<Option<String>> {
        Ok(self.opt_text(column)?.map(str::to_owned))
    }

    /// Bytes, borrowed.
    pub(crate) fn bytes(&self, column: usize) -> Res<&[u8]> {
        present(self.opt_bytes(column)?, column)
    }

    /// Bytes or nothing, borrowed.
    pub(crate) fn opt_bytes(&self, column: usize) -> Res<Option<&[u8]>> {
        match self {
            Self::Lite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Blob(value) => Ok(Some(value)),
                other => Err(unlike("bytes", &format!("{:?}", other.data_type()), column)),
            },
            Self::Pg(row) => Ok(row.try_get(column)?),
        }
    }
}

fn present<T>(value: Option<T>, column: usize) -> Res<T> {
    value.ok_or_else(|| StoreError::Bug(format!("column {column} is null")))
}

fn unlike(wanted: &str, found: &str, column: usize) -> StoreError {
    StoreError::Bug(format!("column {column} should be {wanted} and is {found}"))
}

/// A bound value that outlives the call that made it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bound {
    Int(i64),
    Text(String),
}

impl Bound {
    pub(crate) fn val(&self) -> Val<'_> {
        match self {
            Bound::Int(number) => Val::Int(*number),
            Bound::Text(text) => Val::Text(text),
        }
    }
}
