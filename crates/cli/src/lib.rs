//! The command line of Usher: `usher NOUN VERB`, spoken to a server over its own API and nothing else.
//!
//! `catalogue` is the one table of all commands, and `parser` makes clap's tree from it; `run` does what was
//! asked for, over the one client in `connection`; `output` shows what came back; `failure` decides what the
//! process ends with. This crate depends on no other of the workspace: it knows the API as any other client
//! does.

mod catalogue;
mod codes;
mod completion;
mod connection;
mod environment;
mod exit;
mod failure;
mod manual;
mod members;
mod options;
mod output;
mod parser;
mod profiles;
mod progress;
mod reference;
mod run;
mod secrets;
mod text;

#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{ArgMatches, Command};

use environment::Environment;
use failure::{Exit, Failure};
use options::Options;
use output::Format;
use parser::id;
use run::Run;

pub use reference::{reference, requests};

/// Adds the commands of a server to those that work on this host, and the first page of the help.
pub fn add_to(root: Command) -> Command {
    parser::front_page(parser::add_commands(root))
}

/// Answers a shell that asks for completions, and ends the process then.
pub fn answer_shell(tree: fn() -> Command) {
    clap_complete::CompleteEnv::with_factory(tree)
        .var(completion::COMPLETE)
        .bin("usher")
        .complete();
}

/// The codes of problems that `usher explain` knows, with the exit code of each.
pub fn codes() -> impl Iterator<Item = (&'static str, u16, u8)> {
    let codes = codes::CODES.iter();
    codes.map(|code| (code.code, code.status, code.exit.code()))
}

/// Does what a command of this crate says; none if it is another's. `tree` makes all commands there are.
pub fn run(tree: fn() -> Command, matches: &ArgMatches) -> Option<ExitCode> {
    parser::chosen(matches)?;
    let mut environment = Environment::of_process();
    let exit = run_within(&mut environment, tree, matches);
    Some(ExitCode::from(exit.code()))
}

/// Runs a command in surroundings of its own, and says what failed.
fn run_within(environment: &mut Environment, tree: fn() -> Command, matches: &ArgMatches) -> Exit {
    let Some((noun, verb, below)) = parser::chosen(matches) else {
        return Exit::NotUnderstood;
    };
    environment.stderr.quiet = parser::switch(below, id::QUIET);
    let done = Options::read(below, environment).and_then(|options| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let run = Run {
            environment: &mut *environment,
            options,
            noun,
            verb,
            matches: below,
            tree,
        };
        let done = runtime.block_on(async {
            tokio::select! {
                // First, so that the signal is listened for before anything is asked.
                biased;
                _ = tokio::signal::ctrl_c() => {
                    Err(Failure::new(Exit::Interrupted, "interrupted"))
                }
                done = run.perform() => done,
            }
        });
        // A thread that waits for standard input does not hold up the end.
        runtime.shutdown_background();
        done
    });
    let flushed = environment.stdout.flush().map_err(Failure::from);
    let ended = done.and_then(|exit| flushed.map(|()| exit));
    match ended {
        Ok(exit) => exit,
        Err(failure) => {
            say(environment, below, &failure);
            failure.exit
        }
    }
}

/// A failure on standard error: the problem document with `-o json`, else a sentence.
fn say(environment: &Environment, matches: &ArgMatches, failure: &Failure) {
    if failure.exit == Exit::Done {
        return;
    }
    let json = matches!(options::output(matches), Format::Json | Format::JsonLines);
    let text = if json {
        text::plain_json(failure.document().to_string())
    } else {
        format!("usher: {failure}")
    };
    environment.stderr.error(&text);
}
