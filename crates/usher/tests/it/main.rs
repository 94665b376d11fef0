//! The table of dialects, in this process; and the real binary: its configuration, its first start, its
//! end, and what a crash leaves.
#![expect(clippy::unwrap_used, reason = "tests")]

mod allocator;
mod bounds;
mod callers;
mod command_line;
mod configuration;
mod copies;
mod crash;
mod database_faults;
mod disk;
mod documentation;
mod doors;
mod growth;
mod hashing;
mod headers;
mod http;
mod idle;
mod lists;
mod memory;
mod metrics;
mod offline;
mod packaging;
mod postgres;
mod readiness;
mod reading;
mod repeats;
mod reproductions;
mod secret_key;
mod security_checks;
mod server;
mod signals;
mod start;
mod table;
mod takeover;
mod timing;
mod tls;
mod two_servers;
mod worst;

use test_support::{World, world_of};

/// All dialects over a fresh directory.
pub async fn world() -> World {
    world_of(usher::DIALECTS).await
}
