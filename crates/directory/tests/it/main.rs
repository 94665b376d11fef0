//! The directory through its public interface, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod access_loss;
mod audit;
mod collections;
mod grants;
mod group_sharing;
mod groups;
mod in_name;
mod inactivity;
mod install;
mod keys;
mod lockouts;
mod mail;
mod matrix;
mod owners;
mod passwords;
mod platforms;
mod proofs;
mod random;
mod records;
mod refusals;
mod roles;
mod second_factors;
mod secrets;
mod sessions;
mod settings;
mod sign_in;
mod statements;
mod support;
mod texts;
mod ties;
mod tokens;
mod user_lists;
mod users;
