//! The use-cases: one file per resource. Each names its operation, loads what the rules need, checks,
//! changes rows, appends events and enqueues mail in one transaction.

pub(crate) mod audit;
pub(crate) mod collections;
mod derived;
mod extensions;
pub(crate) mod figures;
pub(crate) mod filters;
mod form_tokens;
pub(crate) mod groups;
mod idempotency;
mod impersonation;
pub(crate) mod install;
mod jobs;
pub(crate) mod keys;
pub(crate) mod mail;
mod near_names;
pub(crate) mod organisations;
pub(crate) mod passwords;
mod reach;
mod readiness;
mod records;
mod recover;
mod refusals;
mod retention;
pub(crate) mod roles;
pub(crate) mod rows;
pub(crate) mod second_factors;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod shown_settings;
pub(crate) mod sweep;
pub(crate) mod tasks;
pub(crate) mod tokens;
mod usage;
pub(crate) mod users;
