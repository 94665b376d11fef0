//! Project tasks, run as `cargo xtask TASK`.
//!
//! Each task installs or starts what it needs by itself, so that a clean clone has one command to
//! run. Nothing here is part of the server.

mod ci;
mod clients;
mod command;
mod features;
mod foreign;
mod postgres;
mod python;
mod rust_tests;
mod snapshots;
mod system;
mod tidy;

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};

use crate::clients::Binary;
use crate::command::{cargo, root, run, say};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Usher's project tasks")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every test: Rust tests with a throw-away PostgreSQL, then the real vendor clients
    Test {
        /// Only this part
        part: Option<Part>,
        /// Passed to the test runner of the chosen part
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Run the vendors' real clients against the real binary
    Clients {
        /// Only these suites: folders of tests/clients, or `server` for the files beside them
        suites: Vec<String>,
        /// Passed to pytest
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Run suites of other people's against the real binary: fetched when run, and no part of the gate
    Foreign {
        /// Only these suites: folders of tests/foreign
        suites: Vec<String>,
    },
    /// Measure Usher beside a bare server and a raw store
    Bench {
        /// Passed to the bench
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check the architecture: who depends on whom, where SQL and vendors' words stand, file sizes
    Tidy,
    /// Check that the binary builds with each vendor left out, and with none
    Features,
    /// The whole gate: format, lints, docs, dependencies, architecture, tests, golden files
    Ci,
    /// Run a command with a throw-away PostgreSQL in USHER_TEST_POSTGRES
    WithPostgres {
        /// The command and its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },
    /// Install Chromium for tests in a browser, where it is missing, and print where it is
    Chromium,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The Rust tests
    Rust,
    /// The vendors' clients
    Clients,
}

fn main() -> ExitCode {
    match carry_out(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn carry_out(task: Task) -> Result<()> {
    match task {
        Task::Test { part, arguments } => test(part, &arguments),
        Task::Clients { suites, arguments } => {
            clients::run_suites(Binary::Build, &suites, &arguments)
        }
        Task::Foreign { suites } => foreign::run_suites(&suites),
        Task::Bench { arguments } => {
            run(cargo().args(["build", "--release", "--package", "usher"]))?;
            let postgres = postgres::Postgres::provide()?;
            if arguments.iter().any(|one| one == "--instructions")
                && system::which("valgrind").is_none()
            {
                system::install(&["valgrind"])?;
            }
            run(cargo()
                .args(["run", "--release", "--manifest-path"])
                .arg(root().join("bench/Cargo.toml"))
                // What both build alike is built once.
                .arg("--target-dir")
                .arg(root().join("target"))
                .arg("--")
                .args(arguments)
                .env("USHER_BINARY", root().join("target/release/usher"))
                .env(postgres::VARIABLE, postgres.url()))
        }
        Task::Tidy => tidy::check_tree(),
        Task::Features => features::check_each_left_out(),
        Task::Ci => ci::gate(),
        Task::WithPostgres { command } => {
            let (program, arguments) = command.split_first().context("no command")?;
            let postgres = postgres::Postgres::provide()?;
            run(Command::new(program)
                .args(arguments)
                .env(postgres::VARIABLE, postgres.url()))
        }
        Task::Chromium => {
            say(&system::chromium()?.display().to_string());
            Ok(())
        }
    }
}

/// Runs all parts even when one fails, so that one run shows everything that is wrong.
fn test(part: Option<Part>, arguments: &[String]) -> Result<()> {
    let mut failures = Vec::new();
    let mut binary = Binary::Build;
    std::thread::scope(|scope| {
        if part.is_none() {
            // They wait for the net while the Rust tests are compiled. What fails here fails again, and is told, below.
            scope.spawn(clients::make_environments);
        }
        if part != Some(Part::Clients) {
            match rust_tests::run_tests(arguments) {
                Ok(()) => binary = Binary::Built,
                Err(failure) => failures.push(failure),
            }
        }
    });
    if part != Some(Part::Rust) {
        failures.extend(clients::run_suites(binary, &[], arguments).err());
    }
    let text: Vec<String> = failures
        .iter()
        .map(|failure| format!("{failure:#}"))
        .collect();
    anyhow::ensure!(failures.is_empty(), "{}", text.join("; "));
    Ok(())
}
