//! Whether the directory can serve: its store is tried out, at most once a second.

use std::time::Duration;

use tokio::sync::Mutex;

/// Why the directory cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unready {
    /// The store has not answered in time.
    Silent,
    /// Rows cannot be read: the file is damaged, the server is gone.
    Unreadable,
    /// Rows can be read and not written.
    Unwritable,
    /// There is no room for more rows.
    Full,
}

impl std::fmt::Display for Unready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unready::Silent => "the store does not answer",
            Unready::Unreadable => "the store cannot be read",
            Unready::Unwritable => "the store cannot be written",
            Unready::Full => "the store has no room left",
        })
    }
}

/// The last trial: when it ended, by the monotonic clock, and how.
#[derive(Default)]
pub(crate) struct ProbeCache(pub Mutex<Option<(Duration, Result<(), Unready>)>>);
