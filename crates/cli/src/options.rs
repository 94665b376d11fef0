//! The flags of every command.

use std::time::Duration;

use clap::ArgMatches;

use crate::environment::Environment;
use crate::failure::{Failure, Result};
use crate::output::{FORMATS, Format};
use crate::parser::{self, id};

/// What the flags of every command say.
#[derive(Debug)]
pub struct Options {
    /// How answers are shown.
    pub output: Format,
    /// The members shown, if they were named.
    pub columns: Option<Vec<String>>,
    /// Whether the names of columns are shown.
    pub headers: bool,
    /// The server.
    pub url: Option<String>,
    /// The profile.
    pub profile: Option<String>,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Whether requests are shown.
    pub verbose: bool,
    /// Whether data is coloured.
    pub color: bool,
}

impl Options {
    /// Reads them.
    pub fn read(matches: &ArgMatches, environment: &Environment) -> Result<Self> {
        let output = output(matches);
        let columns = match parser::value(matches, id::COLUMNS) {
            None => None,
            Some(text) => {
                let columns: Vec<String> = text
                    .split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect();
                if columns.is_empty() {
                    return Err(Failure::usage("--columns names no member."));
                }
                Some(columns)
            }
        };
        let seconds = matches
            .try_get_one::<u64>(id::TIMEOUT)
            .ok()
            .flatten()
            .copied();
        Ok(Self {
            output,
            columns,
            headers: !parser::switch(matches, id::NO_HEADERS),
            url: parser::value(matches, id::URL),
            profile: parser::value(matches, id::PROFILE),
            timeout: Duration::from_secs(seconds.unwrap_or(30)),
            verbose: parser::switch(matches, id::VERBOSE),
            color: color(matches, environment),
        })
    }
}

/// The format, which also decides how errors are shown.
pub fn output(matches: &ArgMatches) -> Format {
    let name = parser::value(matches, id::OUTPUT);
    FORMATS
        .iter()
        .find(|(known, _)| Some(*known) == name.as_deref())
        .map_or(Format::Table, |(_, format)| *format)
}

/// The flag decides; then the conventions: `NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb`; then whether data
/// goes to a terminal.
fn color(matches: &ArgMatches, environment: &Environment) -> bool {
    match parser::value(matches, id::COLOR).as_deref() {
        Some("always") => return true,
        Some("never") => return false,
        _ => {}
    }
    if environment.variable("NO_COLOR").is_some() {
        return false;
    }
    if environment
        .variable("CLICOLOR_FORCE")
        .is_some_and(|value| value != "0")
    {
        return true;
    }
    environment.stdout_is_terminal
        && environment.variable("TERM") != Some("dumb")
        && environment.variable("CLICOLOR") != Some("0")
}
