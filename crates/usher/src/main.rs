//! The `usher` binary: command line, configuration, assembly, background work.

mod background;
mod command_line;
mod configuration;
mod demo;
mod environment_file;
mod first_run;
mod listener;
mod logging;
mod mail;
mod pages;
mod secret;
mod serve;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use command_line::Command;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not be set up yet, and an operator at a terminal wants one line.
            let _ = writeln!(std::io::stderr(), "usher: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (command, configuration) = command_line::read()?;
    logging::begin(&configuration)?;
    for name in &configuration.unknown_variables {
        tracing::warn!(name, "an environment variable that means nothing here");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    match command {
        Command::Serve => runtime.block_on(serve::serve(configuration)),
        Command::Migrate => runtime.block_on(serve::migrate(configuration)),
    }
}
