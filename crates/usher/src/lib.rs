//! The server behind the `usher` binary: command line, configuration, the table of dialects, assembly,
//! background work.

mod background;
mod command_line;
mod configuration;
mod demo;
mod dialects;
mod doctor;
mod environment_file;
mod failure;
mod first_run;
mod listener;
mod logging;
mod mail;
mod metrics;
mod notify;
mod offline;
mod pages;
mod secret;
mod serve;
mod tls;
#[cfg(feature = "otlp")]
mod traces;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
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
            ExitCode::from(failure::code(&error))
        }
    }
}

/// The commands that work on this host; returns when the command is done, or the server received a signal to stop.
fn run_here(matches: &ArgMatches) -> Result<()> {
    let (command, configuration) = command_line::read(matches).map_err(failure::misconfigured)?;
    let log = logging::begin(&configuration).map_err(failure::misconfigured)?;
    // One thread more than reads can hold up where the disk hangs (one per core): it goes on answering.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores + 1)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let awake = keep_awake(runtime.handle().clone()).context("cannot start a thread")?;
    let reread = || command_line::read(matches).map(|(_, configuration)| configuration);
    let done = runtime.block_on(async {
        match command {
            Command::Serve => serve::serve(configuration, log, reread).await,
            Command::Migrate => serve::migrate(configuration).await,
            Command::Backup {
                file,
                force,
                with_secret,
            } => offline::back_up(&configuration, &file, force, with_secret).await,
            Command::Restore { file } => offline::restore(&configuration, &file).await,
            Command::Check { json } => offline::check(&configuration, json).await,
            Command::Recover { login, password } => {
                offline::recover(&configuration, &login, password.as_deref()).await
            }
            Command::Config => offline::show_configuration(&configuration),
            Command::Doctor => doctor::examine(&configuration).await,
        }
    });
    drop(awake);
    // What hangs on a disk does not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

/// Wakes the runtime now and then, as long as what it returns is held. One of the runtime's threads at a time
/// waits for sockets and timers; where a disk holds up the very one that did, nothing would wake another.
fn keep_awake(runtime: tokio::runtime::Handle) -> std::io::Result<Arc<()>> {
    const EVERY: Duration = Duration::from_millis(400);
    let awake = Arc::new(());
    let held = Arc::downgrade(&awake);
    std::thread::Builder::new()
        .name("usher-awake".to_owned())
        .spawn(move || {
            while held.strong_count() > 0 {
                std::thread::sleep(EVERY);
                runtime.spawn(async {});
            }
        })?;
    Ok(awake)
}
