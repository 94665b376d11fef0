//! The directory through its public interface, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod keys;
mod support;
mod users;
