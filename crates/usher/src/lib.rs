//! The server behind the `usher` binary: command line, configuration, the table of dialects, assembly,
//! background work.

mod background;
mod command_line;
mod configuration;
mod demo;
mod dialects;
mod environment_file;
mod first_run;
mod listener;
mod logging;
mod mail;
mod pages;
mod secret;
mod serve;

use std::time::Duration;

use anyhow::{Context as _, Result};

use command_line::Command;

pub use dialects::{DIALECTS, platforms};

/// Does what the command line says; returns when the server was told to stop.
pub fn run() -> Result<()> {
    let (command, configuration) = command_line::read()?;
    let folded = logging::begin(&configuration)?;
    for name in &configuration.unknown_variables {
        tracing::warn!(name, "an environment variable that means nothing here");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let done = match command {
        Command::Serve => runtime.block_on(serve::serve(configuration, folded)),
        Command::Migrate => runtime.block_on(serve::migrate(configuration)),
    };
    // What hangs on a disk does not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}
