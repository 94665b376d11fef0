//! The command line. Its flags are the settings of the table in `configuration.rs`.

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches};

use crate::configuration::{self, Configuration, Source, Values, settings};

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Serve until told to stop.
    Serve,
    /// Bring the tables up to this version.
    Migrate,
}

/// Reads the command line, then the environment and the file behind it. Ends the process for
/// `--help`, `--version` and mistakes, as clap does.
pub fn read() -> Result<(Command, Configuration)> {
    let matches = parser().get_matches();
    let (command, matches) = match matches.subcommand() {
        Some(("migrate", matches)) => (Command::Migrate, matches),
        Some((_, matches)) => (Command::Serve, matches),
        // The parser does not come back without a subcommand.
        None => (Command::Serve, &matches),
    };
    Ok((command, configuration::read(flags(matches))?))
}

fn parser() -> clap::Command {
    let with_settings = |command: clap::Command| {
        command.args(settings().into_iter().map(|setting| {
            let argument = Arg::new(setting.key.clone())
                .long(setting.flag())
                .help(setting.help);
            if setting.switch {
                argument.action(ArgAction::SetTrue)
            } else {
                argument.value_name(setting.value)
            }
        }))
    };
    let serve = clap::Command::new("serve").about("Serve the directory until told to stop");
    let migrate =
        clap::Command::new("migrate").about("Bring the tables up to this version, then end");
    clap::Command::new("usher")
        .version(env!("CARGO_PKG_VERSION"))
        .about("User administration that speaks the admin APIs you already script against")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(with_settings(serve))
        .subcommand(with_settings(migrate))
}

fn flags(matches: &ArgMatches) -> Values {
    let mut values = Values::default();
    for setting in settings() {
        let text = if setting.switch {
            matches.get_flag(&setting.key).then(|| "true".to_owned())
        } else {
            matches.get_one::<String>(&setting.key).cloned()
        };
        if let Some(text) = text {
            let source = Source::Flag(setting.flag());
            values.set(&setting.key, text, source);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_parser_is_sound() {
        super::parser().debug_assert();
    }
}
