//! The directory through its public interface, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod grants;
mod groups;
mod keys;
mod owners;
mod platforms;
mod roles;
mod support;
mod users;
