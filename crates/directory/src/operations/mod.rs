//! The use-cases: one file per resource. Each names its operation, loads what the rules need, checks,
//! changes rows, appends events and enqueues mail in one transaction.

pub(crate) mod grants;
pub(crate) mod groups;
pub(crate) mod install;
mod keys;
pub(crate) mod mail;
mod memberships;
mod organisations;
pub(crate) mod owners;
pub(crate) mod passwords;
pub(crate) mod user_changes;
mod users;
