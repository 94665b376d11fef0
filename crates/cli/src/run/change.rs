//! Changes: one, or one for each of several things, several at a time, and shown in order.

use std::io::Write as _;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value};

use super::{Named, Run};
use crate::catalogue::Method;
use crate::connection::{Answer, Connection, Request};
use crate::failure::{Exit, Failure, Result};
use crate::members;
use crate::output::{Format, Rows};
use crate::parser::{self, id};
use crate::progress::{Progress, Unit};
use crate::text::one_line;

/// How many requests are under way at a time.
const BESIDE_EACH_OTHER: usize = 8;

/// How often, and how long, one of many requests waits when the server asks to come back.
const MOST_WAITS: u32 = 10;
const LONGEST_WAIT: u64 = 60;

/// What is done to one thing: requests one after another, of which the first one's answer is shown.
pub struct Steps {
    /// What the thing is called.
    pub name: String,
    /// The requests.
    pub requests: Vec<Request>,
}

impl Steps {
    /// A single request.
    pub fn one(name: impl Into<String>, request: Request) -> Self {
        Self {
            name: name.into(),
            requests: vec![request],
        }
    }

    /// Sends the requests. `patient` comes back when the server asks for it, as one of many does.
    async fn send(
        self,
        connection: &Connection,
        dry_run: bool,
        patient: bool,
    ) -> Result<Option<Value>> {
        let mut first = None;
        for (position, request) in self.requests.into_iter().enumerate() {
            let mut answer = connection.send(request.clone()).await;
            for _ in 0..MOST_WAITS {
                let Some(seconds) = pause_asked_for(&answer).filter(|_| patient) else {
                    break;
                };
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                answer = connection.send(request.clone()).await;
            }
            let answer = answer.map_err(|mut failure| {
                if position > 0 {
                    failure.detail = format!("Done in part only. {}", failure.detail);
                }
                failure
            })?;
            check_dry_run(dry_run, &answer)?;
            if position == 0 {
                first = answer.body;
            }
        }
        Ok(first)
    }
}

impl Run<'_> {
    /// Sends a change for each thing that is named.
    pub(super) async fn change(&mut self, method: Method, patterns: &[&str]) -> Result<Exit> {
        let body = members::body(self.environment, self.verb, self.matches)?;
        let body = self.defaulted(method, body)?;
        let requests = self.requests(method, patterns, body)?;
        self.send_all(requests).await
    }

    /// A change of nothing is a mistake.
    fn defaulted(
        &self,
        method: Method,
        body: Option<Map<String, Value>>,
    ) -> Result<Option<Map<String, Value>>> {
        if method == Method::Patch && body.as_ref().is_some_and(Map::is_empty) {
            return Err(Failure::usage(
                "Nothing is to be changed: give members, as --title Analyst or title=Analyst.",
            ));
        }
        Ok(body)
    }

    /// The requests of a change, named.
    pub(super) fn requests(
        &mut self,
        method: Method,
        patterns: &[&str],
        body: Option<Map<String, Value>>,
    ) -> Result<Vec<Steps>> {
        let query = self.query();
        let paths: Vec<Named> = self.paths(patterns)?;
        let requests = paths.into_iter().map(|path| {
            let mut request = Request::new(method.word(), path.path);
            request.query.clone_from(&query);
            request.body = body.clone().map(Value::Object);
            Steps::one(path.name, request)
        });
        Ok(requests.collect())
    }

    /// Asks where it must be asked, adds what all changes may have, and sends.
    pub(super) async fn send_all(&mut self, requests: Vec<Steps>) -> Result<Exit> {
        let connection = self.connect()?;
        self.confirm(requests.len())?;
        let requests = self.qualified(requests)?;
        let upright = false;
        self.send_each(&connection, requests, upright).await
    }

    /// Harm to more than one thing is asked about.
    pub(super) fn confirm(&mut self, count: usize) -> Result<()> {
        let needless = !self.verb.harmful
            || count < 2
            || parser::switch(self.matches, id::YES)
            || parser::switch(self.matches, id::DRY_RUN);
        if needless {
            return Ok(());
        }
        let what = format!("{} {count} {}s", self.verb.name, self.noun.name);
        if !self.environment.can_ask() {
            return Err(Failure::usage(format!(
                "This would {what}, and there is no terminal to ask at. Add --yes if it is meant, or --dry-run to look first."
            )));
        }
        if self.environment.confirm(&format!("Really {what}?"))? {
            Ok(())
        } else {
            Err(Failure::new(Exit::Failed, "Nothing was done."))
        }
    }

    /// Adds `--dry-run`, `--if-match`, `--idempotency-key`.
    pub(super) fn qualified(&self, mut all: Vec<Steps>) -> Result<Vec<Steps>> {
        let revision = parser::value(self.matches, id::IF_MATCH);
        let key = parser::value(self.matches, id::IDEMPOTENCY_KEY);
        if all.len() > 1 && (revision.is_some() || key.is_some()) {
            return Err(Failure::usage(
                "--if-match and --idempotency-key are for one request; this is more than one.",
            ));
        }
        for steps in &mut all {
            for (position, request) in steps.requests.iter_mut().enumerate() {
                if parser::switch(self.matches, id::DRY_RUN) {
                    request
                        .query
                        .push(("dry_run".to_owned(), "true".to_owned()));
                }
                if let (Some(revision), 0) = (&revision, position) {
                    request.headers.push(("if-match", tag(revision)?));
                }
                if let Some(key) = &key {
                    request.headers.push(("idempotency-key", key.clone()));
                }
            }
        }
        Ok(all)
    }

    /// Sends requests beside each other and shows their answers in order. What fails is said, and the rest
    /// goes on; only a server that is gone, or a credential that does not count, ends it.
    pub(super) async fn send_each(
        &mut self,
        connection: &Connection,
        requests: Vec<Steps>,
        upright: bool,
    ) -> Result<Exit> {
        let dry_run = parser::switch(self.matches, id::DRY_RUN);
        let total = requests.len();
        let single = total == 1 && !self.several();
        let view = self.view();
        if single {
            let Some(steps) = requests.into_iter().next() else {
                return Ok(Exit::Done);
            };
            let name = steps.name.clone();
            if let Some(body) = steps.send(connection, dry_run, false).await? {
                view.show_one(&mut self.environment.stdout, &body, upright)?;
                self.warn_of_secret(&body);
            }
            self.environment.stdout.flush()?;
            self.say_done(&name, dry_run);
            return Ok(Exit::Done);
        }
        let messages = self.environment.stderr.clone();
        let progress = if self.may_show_progress(&view) {
            Progress::new(&messages, self.verb.name, Some(total as u64), Unit::Items)
        } else {
            Progress::none()
        };
        let mut rows = Rows::new(&view);
        let (mut done, mut first): (usize, Option<Failure>) = (0, None);
        let mut failed = 0_usize;
        let mut ended = false;
        let mut answers = stream::iter(requests)
            .map(|steps| async move {
                (
                    steps.name.clone(),
                    steps.send(connection, dry_run, true).await,
                )
            })
            .buffered(BESIDE_EACH_OTHER);
        while let Some((name, answer)) = answers.next().await {
            match answer {
                Ok(body) => {
                    done += 1;
                    if let Some(body) = body {
                        rows.push(&mut self.environment.stdout, &body)?;
                        self.warn_of_secret(&body);
                    }
                }
                Err(failure) => {
                    failed += 1;
                    progress.above(|| self.say_failed(&name, &failure));
                    ended = ends_all(&failure);
                    first.get_or_insert(failure);
                }
            }
            progress.at((done + failed) as u64);
            if ended {
                break;
            }
        }
        drop(answers);
        drop(progress);
        if rows.count() > 0 {
            rows.end(&mut self.environment.stdout)?;
        }
        self.environment.stdout.flush()?;
        let Some(first) = first else {
            self.say_done(&format!("{done}"), dry_run);
            return Ok(Exit::Done);
        };
        let untried = total - done - failed;
        let mut summary = format!(
            "usher: {done} of {total} {}, {failed} failed",
            self.verb.done
        );
        if untried > 0 {
            summary.push_str(&format!(", {untried} not tried or not known"));
        }
        messages.note(&summary);
        Ok(if done > 0 { Exit::InPart } else { first.exit })
    }

    /// One failure of several, with what it concerns.
    pub(super) fn say_failed(&self, name: &str, failure: &Failure) {
        let text = if self.options.output == Format::Json {
            let mut document = failure.document();
            if let Value::Object(members) = &mut document {
                members.insert("reference".to_owned(), Value::from(name));
            }
            crate::text::plain_json(document.to_string())
        } else {
            format!("usher: {}: {failure}", one_line(name))
        };
        self.environment.stderr.error(&text);
    }

    /// What has happened, for a person who watches.
    pub(super) fn say_done(&self, name: &str, dry_run: bool) {
        if dry_run {
            let said = "usher: dry run: nothing was changed";
            self.environment.stderr.note(said);
        } else if self.environment.stderr.is_terminal && !self.verb.done.is_empty() {
            let said = format!("{} {}", self.verb.done, one_line(name));
            self.environment.stderr.note(said.trim_end());
        }
    }

    /// Ids alone leave out what is shown once.
    fn warn_of_secret(&self, body: &Value) {
        if self.options.output == Format::Id && body.get("secret").is_some_and(Value::is_string) {
            self.environment
                .stderr
                .note("usher: the key's text is not shown with -o id, and is never shown again");
        }
    }
}

/// A dry run that the server does not confirm may have been none.
pub fn check_dry_run(wanted: bool, answer: &Answer) -> Result<()> {
    if wanted && !answer.dry_run {
        return Err(Failure::new(
            Exit::Failed,
            "The server does not confirm that this was a dry run: it may have changed something. Look, and update the server.",
        ));
    }
    Ok(())
}

/// How long the server wants to be left alone. It refuses so before it does anything, so that asking again
/// does nothing twice.
fn pause_asked_for<T>(answer: &Result<T>) -> Option<u64> {
    let failure = answer.as_ref().err()?;
    let too_many = failure.code().as_deref() == Some("too-many-requests");
    failure
        .retry_after
        .filter(|seconds| too_many && *seconds <= LONGEST_WAIT)
}

/// After this the others would fail alike.
fn ends_all(failure: &Failure) -> bool {
    failure.exit == Exit::NotReached
        || matches!(
            failure.code().as_deref(),
            Some(
                "no-credential"
                    | "unknown-credential"
                    | "not-active"
                    | "wrong-address"
                    | "no-such-path"
            )
        )
}

/// A revision as the header takes it.
fn tag(revision: &str) -> Result<String> {
    let number = revision.trim_matches('"');
    if number != "*" && number.parse::<u64>().is_err() {
        return Err(Failure::usage(
            "--if-match takes the member `revision` as show prints it, or *.",
        ));
    }
    Ok(if number == "*" {
        number.to_owned()
    } else {
        format!("\"{number}\"")
    })
}
