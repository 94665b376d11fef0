//! What the process remembers between requests. Nothing here decides a right without a check that it
//! still holds.

pub(crate) mod callers;
pub(crate) mod derived;
pub(crate) mod key_limits;
pub(crate) mod provisioning_defaults;
pub(crate) mod refusals;
pub(crate) mod sign_ins;
pub(crate) mod usage;
