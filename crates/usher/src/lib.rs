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

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::ArgMatches;

use command_line::Command;

pub use dialects::{DIALECTS, platforms};

/// Does what the command line says. The commands of `usher-cli` speak to a server; the others work on
/// this host's files and database.
pub fn run() -> ExitCode {
    usher_cli::answer_shell(command_line::parser);
    let matches = command_line::parser().get_matches();
    if let Some(code) = usher_cli::run(command_line::parser, &matches) {
        return code;
    }
    match run_here(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not be set up yet, and an operator at a terminal wants one line.
            let _ = writeln!(std::io::stderr(), "usher: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The commands that work on this host; returns when the server was told to stop.
fn run_here(matches: &ArgMatches) -> Result<()> {
    let (command, configuration) = command_line::read(matches)?;
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
