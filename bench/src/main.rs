//! Load on the real server, beside a bare HTTP server and a raw database, in one run on one machine.
//! Ratios count, not absolute figures: the machine's mood is in both sides of each ratio.
//!
//! ```text
//! cargo xtask bench                        10,000 and 100,000 users on SQLite (and PostgreSQL when
//!                                          USHER_TEST_POSTGRES names one)
//! cargo xtask bench -- --users 10000 --seconds 1
//! ```

mod bare;
mod fill;
mod load;
mod process;
mod raw;
mod report;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use load::{Load, Measured};
use process::Server;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What to run.
pub struct Plan {
    /// Directory sizes.
    pub users: Vec<u64>,
    /// How long each cell runs.
    pub seconds: u64,
    /// The server to test.
    pub binary: PathBuf,
    /// A PostgreSQL to test with as well.
    pub postgres: Option<String>,
}

fn plan() -> Result<Plan> {
    let mut plan = Plan {
        users: vec![10_000, 100_000],
        seconds: 3,
        binary: PathBuf::from(
            std::env::var("USHER_BINARY").unwrap_or_else(|_| "target/release/usher".to_owned()),
        ),
        postgres: std::env::var("USHER_TEST_POSTGRES").ok(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .with_context(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--users" => {
                plan.users = value()?
                    .split(',')
                    .map(str::parse)
                    .collect::<Result<_, _>>()?
            }
            "--seconds" => plan.seconds = value()?.parse()?,
            "--binary" => plan.binary = value()?.into(),
            "--no-postgres" => plan.postgres = None,
            other => bail!(
                "unknown argument {other}; known: --users N,N --seconds N --binary PATH --no-postgres"
            ),
        }
    }
    Ok(plan)
}

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("bare-server") {
        return bare::serve();
    }
    let plan = plan()?;
    let mut table = report::Table::default();
    let bare = Server::bare()?;
    let hello = load::run(&bare, &Load::hello(), 16, plan.seconds)?;
    table.bare(&hello);
    for users in &plan.users {
        sqlite(&plan, *users, &bare, &mut table)?;
        if let Some(url) = &plan.postgres {
            postgres(&plan, *users, url, &bare, &mut table)?;
        }
    }
    drop(bare);
    table.print();
    Ok(())
}

/// One directory on SQLite: Usher over HTTP, and the same rows by hand.
fn sqlite(plan: &Plan, users: u64, bare: &Server, table: &mut report::Table) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("usher-bench-{}-{users}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let filled = fill::folder(&folder, users)?;
    let store = format!("SQLite, {users} users");
    let page = raw::pages(&folder, plan.seconds)?;
    {
        let server = Server::usher(&plan.binary, &folder, None)?;
        reads(plan, &store, &server, bare, &filled, Some(&page), table)?;
        for clients in [1, 16, 64] {
            // The raw probe commits groups as large as the clients that wait at once.
            let probe = raw::creates(&std::env::temp_dir(), clients, plan.seconds)?;
            let ours = load::run(&server, &Load::creates(&filled), clients, plan.seconds)?;
            table.creates(&store, clients, &ours, Some(&probe));
        }
        table.memory(&store, server.resident());
    }
    table.statements(&store, &filled.statements);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// The same on PostgreSQL, in a database of its own.
fn postgres(
    plan: &Plan,
    users: u64,
    url: &str,
    bare: &Server,
    table: &mut report::Table,
) -> Result<()> {
    let database = process::Database::create(url, users)?;
    let filled = fill::postgres(&database.url, users)?;
    let store = format!("PostgreSQL, {users} users");
    let folder =
        std::env::temp_dir().join(format!("usher-bench-{}-pg-{users}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    {
        let server = Server::usher(&plan.binary, &folder, Some(&database.url))?;
        reads(plan, &store, &server, bare, &filled, None, table)?;
        for clients in [1, 16, 64] {
            let ours = load::run(&server, &Load::creates(&filled), clients, plan.seconds)?;
            table.creates(&store, clients, &ours, None);
        }
        table.memory(&store, server.resident());
    }
    table.statements(&store, &filled.statements);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn reads(
    plan: &Plan,
    store: &str,
    server: &Server,
    bare: &Server,
    filled: &fill::Filled,
    raw_page: Option<&Measured>,
    table: &mut report::Table,
) -> Result<()> {
    // Rounds alternate, so that a slow moment of the machine falls on both.
    let hello = load::run(bare, &Load::hello(), 16, plan.seconds)?;
    let read = load::run(server, &Load::reads(filled), 16, plan.seconds)?;
    table.read(store, &read, &hello);
    let page = load::run(server, &Load::pages(filled), 4, plan.seconds)?;
    table.page(store, "whole directory", &page, raw_page);
    let small = load::run(server, &Load::small_pages(filled), 4, plan.seconds)?;
    table.page(store, "administrator of a small part", &small, raw_page);
    Ok(())
}
