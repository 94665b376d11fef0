//! The real binary: its configuration, its first start, its end, and what a crash leaves.
#![expect(clippy::unwrap_used, reason = "tests")]

mod configuration;
mod crash;
mod http;
mod security_checks;
mod server;
mod start;
