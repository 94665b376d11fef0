//! Events as they happen.

use std::io::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::{Run, patience};
use crate::connection::{Connection, Request};
use crate::failure::{Exit, Failure, Result};
use crate::output::{Format, Rows, View, cell};
use crate::text::{one_line, plain_json};

/// The longest pause before a broken connection is opened again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Run<'_> {
    /// Shows events until it is interrupted. A connection that breaks is opened again after the last cursor
    /// that was seen, so that each event is shown once.
    pub(super) async fn follow_events(&mut self) -> Result<Exit> {
        let connection = self.connect()?;
        let view = self.view();
        self.say_head(&view)?;
        let mut cursor = self.option("cursor").unwrap_or_else(|| "now".to_owned());
        let mut pause = Duration::ZERO;
        let mut reached = false;
        loop {
            let before = cursor.clone();
            let failure = match self
                .follow_once(&connection, &view, &mut cursor, &mut reached)
                .await
            {
                Ok(()) => None,
                // What cannot be mended by waiting ends it.
                Err(failure) if failure.exit != Exit::NotReached || !reached => {
                    return Err(failure);
                }
                Err(failure) => Some(failure),
            };
            if before != cursor {
                pause = Duration::ZERO;
            }
            pause = (pause * 2).clamp(self.environment.pause, LONGEST_PAUSE);
            let why = failure.map_or_else(
                || "the server ended the answer".to_owned(),
                |failure| failure.detail,
            );
            self.environment.stderr.note(&format!(
                "usher: {why}; trying again in {} s",
                pause.as_secs()
            ));
            tokio::time::sleep(pause).await;
        }
    }

    /// One connection, until it ends.
    async fn follow_once(
        &mut self,
        connection: &Connection,
        view: &View,
        cursor: &mut String,
        reached: &mut bool,
    ) -> Result<()> {
        let mut request = Request::get("/events/stream")
            .with("follow", "true")
            .with("cursor", cursor.clone());
        request.query.extend(self.query());
        let patience = patience(self.options.timeout);
        let mut stream = connection.open(request, patience).await?;
        *reached = true;
        while let Some(line) = stream.next_line().await? {
            if line.trim().is_empty() {
                continue;
            }
            let event: Value = serde_json::from_str(&line).map_err(|_| {
                Failure::new(
                    Exit::Failed,
                    "The server sent a line that is no event. Report a defect.",
                )
            })?;
            self.say_event(view, &event)?;
            if let Some(next) = event.get("cursor") {
                *cursor = match next {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
            }
        }
        Ok(())
    }

    fn say_head(&mut self, view: &View) -> Result<()> {
        let out = &mut self.environment.stdout;
        if view.headers {
            match view.format {
                Format::Table => writeln!(out, "{}", view.columns.join("  "))?,
                // The line of names alone is what no rows give.
                Format::Csv => Rows::new(view).end(out)?,
                _ => {}
            }
        }
        out.flush()?;
        Ok(())
    }

    /// An event, at once: nothing waits for the next one.
    fn say_event(&mut self, view: &View, event: &Value) -> Result<()> {
        let out = &mut self.environment.stdout;
        match view.format {
            Format::Table => {
                let cells = view.columns.iter().map(|name| {
                    let text = one_line(&cell(event, name));
                    if text.is_empty() {
                        "-".to_owned()
                    } else {
                        text
                    }
                });
                writeln!(out, "{}", cells.collect::<Vec<_>>().join("  "))?;
            }
            Format::Json | Format::JsonLines => {
                writeln!(out, "{}", plain_json(event.to_string()))?;
            }
            Format::Yaml => {
                writeln!(out, "---")?;
                view.show_one(out, event, false)?;
            }
            Format::Csv | Format::Id => {
                let headless = View {
                    headers: false,
                    ..view.clone()
                };
                headless.show_one(out, event, false)?;
            }
        }
        out.flush()?;
        Ok(())
    }
}
