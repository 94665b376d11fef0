//! The log, on standard error.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result, anyhow};
use tracing_subscriber::EnvFilter;

use crate::configuration::{Configuration, LogFormat};

/// Begins to log.
pub fn begin(configuration: &Configuration) -> Result<()> {
    let filter = EnvFilter::try_new(&configuration.log_filter)
        .with_context(|| format!("log.filter: `{}`", configuration.log_filter))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    let begun = match configuration.log_format {
        LogFormat::Text => builder
            .with_ansi(std::io::stderr().is_terminal())
            .try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    begun.map_err(|error| anyhow!("cannot log: {error}"))
}
