//! The commands that work on this host, and the one tree of all commands: those of a server come from
//! `usher-cli`. The flags are the settings of the table in `configuration.rs`.

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

/// Reads the flags of a command of this host, then the environment and the file behind them.
pub fn read(matches: &ArgMatches) -> Result<(Command, Configuration)> {
    let (command, matches) = match matches.subcommand() {
        Some(("migrate", matches)) => (Command::Migrate, matches),
        Some((_, matches)) => (Command::Serve, matches),
        // The parser does not come back without a subcommand.
        None => (Command::Serve, matches),
    };
    Ok((command, configuration::read(flags(matches))?))
}

/// Every command. Those added before the nouns of `usher-cli` stand under "on this host" in the help.
pub fn parser() -> clap::Command {
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
    let serve = clap::Command::new("serve")
        .about("Serve the directory until told to stop")
        .after_help("Example: usher serve --data /var/lib/usher --listen 127.0.0.1:8080");
    let migrate = clap::Command::new("migrate")
        .about("Bring the tables up to this version, then end")
        .after_help("Example: usher migrate --data /var/lib/usher");
    let here = clap::Command::new("usher")
        .version(env!("CARGO_PKG_VERSION"))
        .about("User administration that speaks the admin APIs you already script against")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(with_settings(serve))
        .subcommand(with_settings(migrate));
    usher_cli::add_to(here)
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
