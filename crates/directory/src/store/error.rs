//! What can go wrong in a database, in words that do not depend on which one it is.

use rusqlite::ErrorCode;
use tokio_postgres::error::SqlState;

/// The result of everything the store does.
pub(crate) type Res<T> = Result<T, StoreError>;

/// A failure of the database or of the code that speaks to it.
///
/// Texts name tables, constraints and statements, never bound values, so they may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreError {
    /// The queue is full, the pool is exhausted, a lock was not given in time: try again later.
    #[error("the database is busy")]
    Busy,
    /// The database has not answered in time. What was asked of it may happen all the same.
    #[error("the database does not answer")]
    Silent,
    /// The disk, or the quota of the database, is full.
    #[error("the database has no room left")]
    Full,
    /// The address of the database is wrong; the text does not quote it.
    #[error("the database address {0}")]
    Address(String),
    /// The database cannot be reached or read any more.
    #[error("the database is lost: {0}")]
    Lost(String),
    /// Another transaction changed what this one read; the store runs the write again.
    #[error("another transaction came first")]
    Conflict,
    /// A text holds the character NUL, which not every database can store or compare.
    #[error("a text holds the character NUL")]
    Nul,
    /// A unique, foreign key, check or not-null constraint refused the statement, or a text cannot be stored.
    #[error("the database refused a value: {0}")]
    Constraint(String),
    /// Another server owns the data folder.
    #[error("the data folder {0} is in use by another Usher server")]
    Owned(String),
    /// The tables were made by another Usher than this one.
    #[error("{0}")]
    Foreign(String),
    /// The tables were made by a newer Usher than this one, or a backup was.
    #[error("{0}")]
    Newer(String),
    /// A backup that is not what it says.
    #[error("{0}")]
    Damaged(String),
    /// There is no directory where one was looked for.
    #[error("{0}")]
    Absent(String),
    /// There is a directory where none may be.
    #[error("there is a directory already")]
    Occupied,
    /// The database's file was copied while a server had it open, so it may be half of a state.
    #[error("{0}")]
    Copied(String),
    /// A mistake in Usher itself: a wrong statement, a wrong type, a panic.
    #[error("a mistake in the store's use: {0}")]
    Bug(String),
}

impl StoreError {
    /// A `Bug` that shows the statement it happened in.
    pub(super) fn in_statement(self, sql: &str) -> Self {
        match self {
            Self::Bug(what) => {
                let start: String = sql.chars().take(160).collect();
                Self::Bug(format!("{what} in: {start}"))
            }
            other => other,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, message) = &error else {
            return Self::Bug(error.to_string());
        };
        let text = || message.clone().unwrap_or_else(|| failure.to_string());
        match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::ConstraintViolation => Self::Constraint(text()),
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OutOfMemory => Self::Lost(text()),
            _ => Self::Bug(text()),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(advice) = super::postgres::advice::advice(&error) {
            return Self::Lost(format!("{}; {advice}", chain(&error)));
        }
        let Some(reply) = error.as_db_error() else {
            // Without an answer of the server it is the connection that failed, unless a value did not fit its type.
            return if error.is_closed()
                || std::error::Error::source(&error).is_some_and(is_transport)
            {
                Self::Lost(chain(&error))
            } else {
                Self::Bug(chain(&error))
            };
        };
        let state = reply.code();
        // The server's message and the constraint's name are kept; its detail is not, for it holds values.
        let text = || match reply.constraint() {
            Some(name) => format!("{} ({name})", reply.message()),
            None => format!("{} ({})", reply.message(), state.code()),
        };
        if *state == SqlState::T_R_SERIALIZATION_FAILURE
            || *state == SqlState::T_R_DEADLOCK_DETECTED
        {
            return Self::Conflict;
        }
        match state.code() {
            "53100" => Self::Full,
            "53300" | "55P03" | "57014" => Self::Busy,
            // A text the encoding cannot hold is the value's fault, not the statement's.
            "22021" | "22001" | "22003" => Self::Constraint(text()),
            code => match code.get(..2).unwrap_or_default() {
                "23" => Self::Constraint(text()),
                "08" | "57" | "53" | "58" | "28" | "3D" => Self::Lost(text()),
                _ => Self::Bug(text()),
            },
        }
    }
}

impl From<deadpool_postgres::PoolError> for StoreError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Timeout(_) => Self::Busy,
            deadpool_postgres::PoolError::Backend(error) => match Self::from(error) {
                Self::Bug(what) => Self::Lost(what),
                other => other,
            },
            other => Self::Lost(other.to_string()),
        }
    }
}

fn is_transport(source: &(dyn std::error::Error + 'static)) -> bool {
    source.is::<std::io::Error>()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
