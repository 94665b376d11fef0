//! The commands that work on this host, and the one tree of all commands: those of a server come from
//! `usher-cli`. The flags are the settings of the table in `configuration.rs`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches};

use crate::configuration::{self, Configuration, Setting, Source, Values, settings};

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Serve until told to stop.
    Serve,
    /// Bring the tables up to this version.
    Migrate,
    /// Write one consistent file of everything.
    Backup {
        file: PathBuf,
        force: bool,
        with_secret: bool,
    },
    /// Read such a file into an empty folder or database.
    Restore { file: PathBuf },
    /// Look whether everything holds that always holds.
    Check { json: bool },
    /// Make a person an owner who can sign in.
    Recover {
        login: String,
        password: Option<String>,
    },
    /// Show the settings and where they come from.
    Config,
    /// Look at what surrounds the directory.
    Doctor,
}

/// Reads the flags of a command of this machine, then the environment and the file behind them.
pub fn read(matches: &ArgMatches) -> Result<(Command, Configuration)> {
    let Some((name, matches)) = matches.subcommand() else {
        // The parser does not come back without a subcommand.
        return Ok((Command::Serve, configuration::read(Values::default())?));
    };
    let text = |key: &str| matches.get_one::<String>(key).cloned();
    let file = || PathBuf::from(text("file").unwrap_or_default());
    let command = match name {
        "migrate" => Command::Migrate,
        "backup" => Command::Backup {
            file: file(),
            force: matches.get_flag("force"),
            with_secret: matches.get_flag("with-secret"),
        },
        "restore" => Command::Restore { file: file() },
        "check" => Command::Check {
            json: text("output").as_deref() == Some("json"),
        },
        "recover" => Command::Recover {
            login: text("login").unwrap_or_default(),
            password: text("password"),
        },
        "config" => Command::Config,
        "doctor" => Command::Doctor,
        _ => Command::Serve,
    };
    let mut flags = flags(matches);
    // An operator at a terminal wants the outcome, and what went wrong.
    flags.quiet = command != Command::Serve;
    Ok((command, configuration::read(flags)?))
}

/// Every command. Those added before the nouns of `usher-cli` stand under "on this host" in the help.
pub fn parser() -> clap::Command {
    let with_settings = |command: clap::Command| command.args(settings().iter().map(argument));
    // Where the directory is: all that the others need.
    let with_place = |command: clap::Command| {
        let place = ["config", "data", "database"];
        let settings = settings();
        let place = settings
            .iter()
            .filter(|setting| place.contains(&setting.key.as_str()));
        command.args(place.map(argument).collect::<Vec<_>>())
    };
    let file = |help: &'static str| {
        Arg::new("file")
            .value_name("FILE")
            .required(true)
            .help(help)
    };
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(help)
    };
    let command = |name: &'static str, about: &'static str, example: &'static str| {
        clap::Command::new(name)
            .about(about)
            .after_help(format!("Example: {example}"))
    };
    let serve = command(
        "serve",
        "Serve the directory until told to stop",
        "usher serve --data /var/lib/usher --listen 127.0.0.1:8080",
    );
    let migrate = command(
        "migrate",
        "Bring the tables up to this version, then end",
        "usher migrate --data /var/lib/usher",
    );
    let backup = command(
        "backup",
        "Write one consistent file of everything, while a server runs",
        "usher backup /backup/usher-2026-01-31.backup --data /var/lib/usher",
    )
    .arg(file("The file to write, readable by its owner alone"))
    .arg(switch("force", "Replace the file if it exists"))
    .arg(switch("with-secret", "Put the sealing key into it too"));
    let restore = command(
        "restore",
        "Read a backup into an empty folder or database, of either kind",
        "usher restore usher.backup --database @/etc/usher/database-url",
    )
    .arg(file("A file that `usher backup` wrote"));
    let check = command(
        "check",
        "Look whether everything holds that always holds, also while a server runs",
        "usher check --data /var/lib/usher -o json",
    )
    .arg(
        Arg::new("output")
            .short('o')
            .long("output")
            .value_parser(["text", "json"])
            .default_value("text")
            .help("How findings are printed"),
    );
    let recover = command(
        "recover",
        "Make a person an owner who can sign in; the server is stopped",
        "usher recover ada@example.org --data /var/lib/usher --password @new-password",
    )
    .arg(Arg::new("login").value_name("LOGIN").required(true).help("The person's login or address"))
    .arg(
        Arg::new("password")
            .long("password")
            .value_name("@FILE")
            .help("The new password, from a file or (@-) standard input [default: one is made up and printed]"),
    );
    let config = command(
        "config",
        "Show each setting as serve would take it, and where it comes from",
        "usher config --config /etc/usher/usher.toml",
    );
    let doctor = command(
        "doctor",
        "Look at what surrounds the directory: clock, files, keys, certificates, mail, database, disk",
        "usher doctor --config /etc/usher/usher.toml",
    );
    let here = clap::Command::new("usher")
        .version(env!("CARGO_PKG_VERSION"))
        .about("User administration that speaks the admin APIs you already script against")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(with_settings(serve))
        .subcommand(with_settings(migrate))
        .subcommand(with_place(backup))
        .subcommand(with_place(restore))
        .subcommand(with_place(check))
        .subcommand(with_place(recover))
        .subcommand(with_settings(config))
        .subcommand(with_settings(doctor));
    usher_cli::add_to(here)
}

fn argument(setting: &Setting) -> Arg {
    let argument = Arg::new(setting.key.clone())
        .long(setting.flag())
        .help(setting.help);
    if setting.switch {
        argument.action(ArgAction::SetTrue)
    } else {
        argument.value_name(setting.value)
    }
}

fn flags(matches: &ArgMatches) -> Values {
    let mut values = Values::default();
    for setting in settings() {
        // Not every command has every setting for a flag.
        let text = if setting.switch {
            let flag = matches.try_get_one::<bool>(&setting.key).ok().flatten();
            flag.copied().unwrap_or(false).then(|| "true".to_owned())
        } else {
            matches
                .try_get_one::<String>(&setting.key)
                .ok()
                .flatten()
                .cloned()
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
    /// Every command without commands of its own, with the words that lead to it.
    fn commands(of: &clap::Command, words: &str, all: &mut Vec<(String, clap::Command)>) {
        for command in of.get_subcommands() {
            let words = format!("{words} {}", command.get_name());
            if command.has_subcommands() {
                commands(command, &words, all);
            } else {
                all.push((words, command.clone()));
            }
        }
    }

    #[test]
    fn the_parser_is_sound_and_every_command_shows_an_example_of_its_own() {
        let parser = super::parser();
        parser.clone().debug_assert();
        let mut all = Vec::new();
        commands(&parser, "usher", &mut all);
        let here = [
            "serve", "migrate", "backup", "restore", "check", "recover", "config", "doctor",
        ];
        for name in here {
            let words = format!("usher {name}");
            assert!(all.iter().any(|(known, _)| *known == words), "{name}");
        }
        assert!(all.len() > 60, "{}", all.len());
        for (words, mut command) in all {
            let help = command.render_help().to_string();
            let (_, example) = help.split_once("Example: ").unwrap_or_default();
            assert!(example.contains(&words), "{words}: {help}");
        }
    }
}
