//! Load on the real server, beside a bare HTTP server and raw databases, in one run on one machine.
//! Ratios count, not absolute figures: the machine's mood is in both sides of each ratio.
//!
//! ```text
//! cargo xtask bench                        10,000 and 100,000 users on SQLite and PostgreSQL
//! cargo xtask bench -- --users 10000 --seconds 1 --only read,create --no-postgres
//! cargo xtask bench --instructions         instructions per request beside the golden file; --accept writes it
//! ```

mod bare;
mod fill;
mod instructions;
mod load;
mod moment;
mod process;
mod raw;
mod raw_postgres;
mod report;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use fill::Filled;
use load::{Load, Measured};
use process::Server;
use report::Table;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many connections creates come from.
const CLIENTS: [u64; 3] = [1, 16, 64];

/// The parts of a run.
const PARTS: &[&str] = &["read", "dialects", "page", "create", "login"];

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
    /// Whether to test with SQLite.
    pub sqlite: bool,
    /// Whether instructions are counted instead, and whether the golden file is written.
    pub instructions: Option<bool>,
    /// Which parts, all of them when none is named.
    pub only: Vec<String>,
}

impl Plan {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|one| one == part)
    }
}

fn plan() -> Result<Plan> {
    let mut plan = Plan {
        users: vec![10_000, 100_000],
        seconds: 3,
        binary: PathBuf::from(
            std::env::var("USHER_BINARY").unwrap_or_else(|_| "target/release/usher".to_owned()),
        ),
        postgres: std::env::var("USHER_TEST_POSTGRES").ok(),
        sqlite: true,
        instructions: None,
        only: Vec::new(),
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
            "--only" => plan.only = value()?.split(',').map(str::to_owned).collect(),
            "--no-postgres" => plan.postgres = None,
            "--no-sqlite" => plan.sqlite = false,
            "--instructions" => plan.instructions = plan.instructions.or(Some(false)),
            "--accept" => plan.instructions = Some(true),
            other => bail!(
                "unknown argument {other}; known: --users N,N --seconds N --binary PATH --only PART,PART --no-postgres --no-sqlite --instructions --accept"
            ),
        }
    }
    if let Some(part) = plan.only.iter().find(|one| !PARTS.contains(&one.as_str())) {
        bail!("unknown part {part}; known: {}", PARTS.join(", "));
    }
    Ok(plan)
}

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("bare-server") {
        return bare::serve();
    }
    let plan = plan()?;
    if let Some(accept) = plan.instructions {
        return instructions::check(&plan.binary, accept);
    }
    let mut table = Table::default();
    let bare = Server::bare()?;
    let hello = load::run(&bare, &Load::hello(), 16, plan.seconds)?;
    table.bare(&hello);
    for users in &plan.users {
        if plan.sqlite {
            sqlite(&plan, *users, &bare, &mut table)?;
        }
        if let Some(url) = &plan.postgres {
            postgres(&plan, *users, url, &bare, &mut table)?;
        }
    }
    drop(bare);
    table.print();
    Ok(())
}

/// A folder that goes away again.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Scratch> {
        let folder =
            std::env::temp_dir().join(format!("usher-bench-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// One directory on SQLite: Usher over HTTP, and the same rows by hand in a copy of it.
fn sqlite(plan: &Plan, users: u64, bare: &Server, table: &mut Table) -> Result<()> {
    let folder = Scratch::new(&format!("lite-{users}"))?;
    let filled = fill::folder(&folder.0, users)?;
    let copy = Scratch::new(&format!("raw-{users}"))?;
    std::fs::copy(folder.0.join(raw::FILE), copy.0.join(raw::FILE))?;
    let store = format!("SQLite, {users} users");
    table.filled(&store, &filled);
    let server = Server::usher(&plan.binary, &folder.0, None)?;
    let idle = server.resident();
    reads(plan, &store, &server, bare, &filled, table)?;
    if plan.wants("page") {
        let raw = raw::pages(&copy.0, plan.seconds)?;
        pages(plan, &store, &server, &filled, Some(&raw), table)?;
    }
    let after_reads = server.resident();
    if plan.wants("login") {
        logins(plan, &store, &server, table)?;
    }
    if plan.wants("create") {
        for (run, clients) in (0..).zip(CLIENTS) {
            // The raw probe commits groups as large as the clients that wait at once.
            let probe = raw::creates(&copy.0, run, clients, plan.seconds)?;
            let ours = load::run(&server, &Load::creates(&filled), clients, plan.seconds)?;
            table.creates(&store, clients, &ours, &probe, "raw SQLite");
        }
    }
    table.memory(&store, &server, idle, after_reads);
    Ok(())
}

/// The same on PostgreSQL, in a database of its own.
fn postgres(plan: &Plan, users: u64, url: &str, bare: &Server, table: &mut Table) -> Result<()> {
    let database = process::Database::create(url, users)?;
    let filled = fill::postgres(&database.url, users)?;
    let store = format!("PostgreSQL, {users} users");
    table.filled(&store, &filled);
    let folder = Scratch::new(&format!("pg-{users}"))?;
    let server = Server::usher(&plan.binary, &folder.0, Some(&database.url))?;
    let idle = server.resident();
    reads(plan, &store, &server, bare, &filled, table)?;
    if plan.wants("page") {
        pages(plan, &store, &server, &filled, None, table)?;
    }
    let after_reads = server.resident();
    if plan.wants("create") {
        for (run, clients) in (0..).zip(CLIENTS) {
            let probe = raw_postgres::creates(&database.url, run, clients, plan.seconds)?;
            let ours = load::run(&server, &Load::creates(&filled), clients, plan.seconds)?;
            table.creates(&store, clients, &ours, &probe, "raw PostgreSQL");
        }
    }
    table.memory(&store, &server, idle, after_reads);
    Ok(())
}

/// Reads of one user beside the bare server. Rounds alternate, so that a slow moment of the machine
/// falls on both.
fn reads(
    plan: &Plan,
    store: &str,
    server: &Server,
    bare: &Server,
    filled: &Filled,
    table: &mut Table,
) -> Result<()> {
    let native = [("one user, authenticated", Load::reads(filled), 60)];
    let dialects = [
        ("MISP, users/view", Load::misp(filled), 60),
        ("Tenable, user details", Load::tenable(filled), 60),
        (
            "OpenCTI, user(id) as pycti asks",
            Load::opencti(filled)?,
            35,
        ),
    ];
    let chosen = native
        .into_iter()
        .filter(|_| plan.wants("read"))
        .chain(dialects.into_iter().filter(|_| plan.wants("dialects")));
    for (what, load, aim) in chosen {
        let aim = if store.starts_with("SQLite") { aim } else { 35 };
        let hello = load::run(bare, &Load::hello(), 16, plan.seconds)?;
        let ours = load::run(server, &load, 16, plan.seconds)?;
        table.read(store, what, &ours, &hello, aim);
    }
    Ok(())
}

fn pages(
    plan: &Plan,
    store: &str,
    server: &Server,
    filled: &Filled,
    raw: Option<&Measured>,
    table: &mut Table,
) -> Result<()> {
    let whole = load::run(server, &Load::pages(server, filled)?, 4, plan.seconds)?;
    table.page(store, "whole directory", &whole, raw);
    let small = load::run(server, &Load::small_pages(filled), 4, plan.seconds)?;
    table.page(store, "administrator of a small part", &small, raw);
    Ok(())
}

/// Sign-ins beside the hash alone, and reads while they go on.
fn logins(plan: &Plan, store: &str, server: &Server, table: &mut Table) -> Result<()> {
    // The first sign-in stores the hash anew at the server's own cost.
    load::run(server, &Load::logins(), 1, 1)?;
    let hashes = process::hashes(plan.seconds)?;
    let ours = load::run(server, &Load::logins(), 2, plan.seconds)?;
    table.logins(store, &ours, &hashes);
    Ok(())
}
