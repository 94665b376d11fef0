//! What each command does, once its arguments are read.

mod change;
mod events;
mod jobs;
mod lists;
mod local;
mod organisations;
mod settings;
mod transfer;
mod users;

use std::time::Duration;

use clap::ArgMatches;
use serde_json::Value;

use crate::catalogue::{Argument, Body, Call, Noun, Task, Verb};
use crate::connection::{Answer, Connection, Request, segment};
use crate::environment::Environment;
use crate::failure::{Exit, Failure, Result};
use crate::members;
use crate::options::Options;
use crate::output::{Format, View};
use crate::parser;
use crate::profiles;

/// One command under way.
pub struct Run<'a> {
    /// What surrounds it.
    pub environment: &'a mut Environment,
    /// The flags of every command.
    pub options: Options,
    /// The noun.
    pub noun: &'static Noun,
    /// The verb.
    pub verb: &'static Verb,
    /// What was typed.
    pub matches: &'a ArgMatches,
    /// Every command, for completions and man pages.
    pub tree: fn() -> clap::Command,
}

impl Run<'_> {
    /// Does it.
    pub async fn perform(mut self) -> Result<Exit> {
        match self.verb.call {
            Call::List(paths) => self.list(paths).await,
            Call::Show(paths) => self.show(paths).await,
            Call::Change(method, paths, _) => self.change(method, paths).await,
            Call::Task(task) => self.task(task).await,
        }
    }

    async fn task(&mut self, task: Task) -> Result<Exit> {
        match task {
            Task::OrganisationTree => self.show_tree().await,
            Task::AddMember => self.add_member().await,
            Task::DisableUsers => self.disable_users().await,
            Task::ResetPassword => self.reset_password().await,
            Task::Why => self.say_why().await,
            Task::FollowEvents => self.follow_events().await,
            Task::ListSettings => self.list_settings().await,
            Task::WaitForJob => self.wait_for_job().await,
            Task::ShowReport => self.show_report().await,
            Task::ShowResult => self.show_result().await,
            Task::Import => self.import().await,
            Task::Export => self.export().await,
            Task::Explain => self.explain(),
            Task::PrintCompletions => self.print_completions(),
            Task::PrintManual => self.print_manual(),
            Task::ListProfiles => self.list_profiles(),
            Task::SetProfile => self.set_profile(),
            Task::UseProfile => self.use_profile(),
            Task::DeleteProfile => self.delete_profile(),
        }
    }

    async fn show(&mut self, paths: &[&str]) -> Result<Exit> {
        let connection = self.connect()?;
        let several = self.several();
        let paths = self.paths(paths)?;
        if let ([path], false) = (paths.as_slice(), several) {
            let answer = connection.send(Request::get(&path.path)).await?;
            let body = answer.body.unwrap_or(Value::Null);
            self.view()
                .show_one(&mut self.environment.stdout, &body, true)?;
            return Ok(Exit::Done);
        }
        let requests = paths
            .into_iter()
            .map(|path| change::Steps::one(path.name, Request::get(path.path)))
            .collect();
        self.send_each(&connection, requests, true).await
    }

    /// A connection to the server that was chosen.
    fn connect(&mut self) -> Result<Connection> {
        let target = profiles::target(
            self.environment,
            self.options.url.as_deref(),
            self.options.profile.as_deref(),
        )?;
        Connection::new(
            &target,
            self.options.timeout,
            self.environment.stderr.clone(),
            self.options.verbose,
        )
    }

    /// How rows of this command are shown.
    fn view(&self) -> View {
        let columns = self.verb.columns.unwrap_or(self.noun.columns);
        let framed = self.environment.stdout_is_terminal;
        View {
            format: self.options.output,
            columns: match &self.options.columns {
                Some(columns) => columns.clone(),
                None => columns.iter().map(|name| (*name).to_owned()).collect(),
            },
            columns_named: self.options.columns.is_some(),
            // Where a verb shows something else than its noun, the answer alone says what there is.
            known: if self.verb.columns.is_none() {
                self.noun.shown
            } else {
                columns
            },
            headers: self.options.headers,
            framed,
            width: self.environment.width,
            color: self.options.color,
            id: self.verb.id,
        }
    }

    /// A bar and rows on one terminal would tear each other; a table comes when the bar is gone.
    fn may_show_progress(&self, view: &View) -> bool {
        !self.environment.stdout_is_terminal || view.format == Format::Table
    }

    /// The value of the command's own flag.
    fn option(&self, name: &str) -> Option<String> {
        parser::value(self.matches, &parser::option_id(name))
    }

    /// Whether the command's own switch stands there.
    fn switch(&self, name: &str) -> bool {
        parser::switch(self.matches, &parser::option_id(name))
    }

    /// The first value of an argument, in order.
    fn argument(&self, name: &str) -> Option<String> {
        parser::values(self.matches, &parser::argument_id(name))
            .into_iter()
            .next()
    }

    /// Parameters that the command's own flags put into the address.
    fn query(&self) -> Vec<(String, String)> {
        let mut query = Vec::new();
        for option in self.verb.options {
            let crate::catalogue::To::Query(parameter) = option.to else {
                continue;
            };
            let value = if option.value.is_empty() {
                self.switch(option.name).then(|| "true".to_owned())
            } else {
                self.option(option.name)
            };
            query.extend(value.map(|value| (parameter.to_owned(), value)));
        }
        query
    }

    /// The requests' paths: one, or one for each of several things. The first pattern counts whose
    /// arguments are all given.
    fn paths(&mut self, patterns: &[&str]) -> Result<Vec<Named>> {
        let values = self.path_values()?;
        for pattern in patterns {
            if let Some(paths) = filled(pattern, &values)? {
                return Ok(paths);
            }
        }
        Err(Failure::usage("An argument is missing: --help shows them."))
    }

    /// The arguments that stand in paths, with `-` replaced by what standard input holds.
    fn path_values(&mut self) -> Result<Vec<(&'static Argument, Vec<String>)>> {
        let members = matches!(self.verb.call, Call::Change(_, _, Body::Members(_)));
        let mut found = Vec::new();
        for argument in self.verb.arguments {
            let mut values = parser::values(self.matches, &parser::argument_id(argument.name));
            if argument.body.is_some() {
                continue;
            }
            if members && argument.count == crate::catalogue::Count::Maybe {
                values.retain(|value| !members::is_member(value));
            }
            if values.iter().any(|value| value == "-") {
                let read = self.environment.read_lines(argument.name)?;
                values = values
                    .into_iter()
                    .flat_map(|value| {
                        if value == "-" {
                            read.clone()
                        } else {
                            vec![value]
                        }
                    })
                    .collect();
                if values.is_empty() {
                    // `xargs`-like: nothing to do is no mistake, but it is said.
                    self.environment
                        .stderr
                        .note("usher: standard input is empty; nothing to do");
                }
                found.push((argument, values));
            } else if !values.is_empty() {
                found.push((argument, values));
            }
        }
        Ok(found)
    }

    /// Whether the command was given several things, or one.
    fn several(&self) -> bool {
        self.verb.arguments.iter().any(|argument| {
            let values = parser::values(self.matches, &parser::argument_id(argument.name));
            argument.body.is_none() && (values.len() > 1 || values.iter().any(|value| value == "-"))
        })
    }
}

/// A path, and what it is called in messages.
#[derive(Clone, Debug)]
pub struct Named {
    /// What was given for it.
    pub name: String,
    /// The path.
    pub path: String,
}

/// Every path that a pattern gives; none if an argument is missing.
fn filled(
    pattern: &str,
    values: &[(&'static Argument, Vec<String>)],
) -> Result<Option<Vec<Named>>> {
    let mut paths = vec![Named {
        name: String::new(),
        path: String::new(),
    }];
    // Of several things each is called by its own name, wherever it stands in the path.
    let mut named_by_several = false;
    for part in pattern.split('/').skip(1) {
        let variable = part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'));
        let Some(variable) = variable else {
            for path in &mut paths {
                path.path.push('/');
                path.path.push_str(part);
            }
            continue;
        };
        let Some((_, given)) = values
            .iter()
            .find(|(argument, _)| argument.name == variable)
        else {
            return Ok(None);
        };
        let rename = given.len() > 1 || !named_by_several;
        named_by_several |= given.len() > 1;
        let mut longer = Vec::with_capacity(paths.len() * given.len());
        for path in &paths {
            for value in given {
                let encoded = segment(value)?;
                longer.push(Named {
                    name: if rename {
                        value.clone()
                    } else {
                        path.name.clone()
                    },
                    path: format!("{}/{encoded}", path.path),
                });
            }
        }
        paths = longer;
    }
    Ok(Some(paths))
}

/// The items of a list's answer.
fn items(answer: &mut Answer) -> Result<Vec<Value>> {
    let items = answer.body.as_mut().and_then(|body| body.get_mut("items"));
    match items {
        Some(Value::Array(items)) => Ok(std::mem::take(items)),
        _ => Err(Failure::new(
            Exit::Failed,
            "The answer is no list. Is the address that of an Usher server?",
        )),
    }
}

/// How long a stream may be silent: the server sends something every 15 seconds.
fn patience(timeout: Duration) -> Duration {
    timeout.max(Duration::from_secs(45))
}
