//! The real binary: its configuration, its first start, its end, and what a crash leaves.
#![expect(clippy::unwrap_used, reason = "tests")]

mod configuration;
mod connections;
mod crash;
mod http;
mod reading;
mod security_checks;
mod server;
mod start;
