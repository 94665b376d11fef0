//! The use-cases: one file per resource. Each names its operation, loads what the rules need, checks,
//! changes rows, appends events and enqueues mail in one transaction.

mod audit;
mod collections;
mod extensions;
pub(crate) mod groups;
pub(crate) mod install;
mod jobs;
pub(crate) mod keys;
pub(crate) mod mail;
pub(crate) mod organisations;
pub(crate) mod passwords;
mod reach;
mod records;
pub(crate) mod roles;
mod second_factors;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod sweep;
pub(crate) mod tokens;
pub(crate) mod users;
