//! The dialects over their wire, in this process.
#![expect(clippy::unwrap_used, reason = "tests")]

mod doors;
mod growth;
mod kit;
mod misp;
mod native;
mod opencti;
mod support;
mod table;
mod tenable;
