//! Who may do what: the access table, callers and what they hold, the guard, and the transaction that
//! looks at all of them.

pub(crate) mod address_limiter;
pub(crate) mod authentication;
pub(crate) mod caller;
pub(crate) mod guard;
pub(crate) mod impersonation;
pub(crate) mod lookups;
pub(crate) mod scope;
pub(crate) mod table;
pub(crate) mod work;
