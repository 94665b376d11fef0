//! The use-cases: one file per resource. Each names its operation, loads what the rules need, checks,
//! changes rows, appends events and enqueues mail in one transaction.

mod audit;
mod collections;
mod extensions;
pub(crate) mod granting;
mod grants;
mod groups;
mod homes;
pub(crate) mod in_name;
pub(crate) mod install;
mod jobs;
mod key_lists;
mod key_renewal;
pub(crate) mod keys;
pub(crate) mod lockouts;
pub(crate) mod mail;
mod members;
mod memberships;
mod organisations;
pub(crate) mod owners;
pub(crate) mod passwords;
mod proofs;
mod records;
pub(crate) mod roles;
mod second_factors;
mod sessions;
pub(crate) mod settings;
mod sign_in;
pub(crate) mod sweep;
mod ties;
pub(crate) mod tokens;
pub(crate) mod user_changes;
mod user_deletion;
pub(crate) mod user_lists;
mod user_making;
mod users;
