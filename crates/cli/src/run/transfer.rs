//! Importing and exporting: a file goes out, a job works, a file comes back.

use std::io::Write as _;

use serde_json::{Value, json};

use super::jobs::{NewFile, count, job_path, judged, report_line};
use super::{Run, patience};
use crate::connection::{Connection, Request};
use crate::failure::{Exit, Failure, Result};
use crate::output::{Format, cell};
use crate::parser::{self, id};
use crate::progress::{Progress, Unit};
use crate::text::{one_line, printable};

/// How many failed lines are shown one by one.
const MOST_FAILED_LINES: u64 = 1000;
/// What an import counts.
const COUNTS: &[&str] = &["created", "updated", "unchanged", "skipped", "failed"];

impl Run<'_> {
    /// Sends a file, waits for its job, and tells what became of it.
    pub(super) async fn import(&mut self) -> Result<Exit> {
        let connection = self.connect()?;
        let file = self.argument("file").unwrap_or_default();
        let format = self.option("format").unwrap_or_else(|| format_of(&file));
        let dry_run = parser::switch(self.matches, id::DRY_RUN);
        let (reader, length): (Box<dyn std::io::Read + Send>, _) = if file == "-" {
            (self.environment.take_stdin("the import")?, None)
        } else {
            let cannot =
                |error: std::io::Error| Failure::usage(format!("{file} cannot be read: {error}."));
            let opened = std::fs::File::open(&file).map_err(cannot)?;
            let length = opened.metadata().map_err(cannot)?.len();
            (Box::new(opened), Some(length))
        };
        let mut request = Request::new("POST", "/imports");
        request.query = self.query();
        request = request.with("what", self.argument("what").unwrap_or_default());
        if dry_run {
            request = request.with("dry_run", "true");
        }
        let kind = if format == "csv" {
            "text/csv"
        } else {
            "application/x-ndjson"
        };
        request.headers.push(("content-type", kind.to_owned()));
        if let Some(key) = parser::value(self.matches, id::IDEMPOTENCY_KEY) {
            request.headers.push(("idempotency-key", key));
        }
        let messages = self.environment.stderr.clone();
        let progress = Progress::new(&messages, "sending", length, Unit::Bytes);
        let answer = connection
            .upload(request, reader, |sent| progress.at(sent))
            .await?;
        drop(progress);
        let job = answer.body.unwrap_or(Value::Null);
        if dry_run && job.get("dry_run") != Some(&Value::Bool(true)) {
            return Err(Failure::new(
                Exit::Failed,
                "The server does not confirm that this is a dry run: it may be changing something. Look at usher job list.",
            ));
        }
        if self.switch("detach") {
            return self.show_job(&job);
        }
        let path = job_path(&cell(&job, "id"))?;
        let job = self.ended(&connection, &path).await?;
        if let Some(report) = self.option("report") {
            self.write_report(&connection, &path, &report).await?;
        }
        if count(&job, "failed") > 0 {
            let name = if file == "-" { "standard input" } else { &file };
            self.say_failed_lines(&connection, &path, name, &job)
                .await?;
        }
        if self.options.output == Format::Table {
            let counts: Vec<String> = COUNTS
                .iter()
                .map(|name| format!("{name} {}", count(&job, name)))
                .collect();
            writeln!(self.environment.stdout, "{}", counts.join(", "))?;
        } else {
            self.view()
                .show_one(&mut self.environment.stdout, &job, true)?;
        }
        self.environment.stdout.flush()?;
        judged(&job)
    }

    /// Has a file made, and fetches it.
    pub(super) async fn export(&mut self) -> Result<Exit> {
        let connection = self.connect()?;
        let to = self.option("to");
        let by_name = || to.as_deref().map_or_else(|| "csv".to_owned(), format_of);
        let format = self.option("format").unwrap_or_else(by_name);
        let mut body = json!({
            "what": self.argument("what").unwrap_or_default(),
            "format": format,
        });
        for name in ["filter", "sort"] {
            if let (Some(value), Value::Object(members)) = (self.option(name), &mut body) {
                members.insert(name.to_owned(), Value::from(value));
            }
        }
        if let (Some(columns), Value::Object(members)) = (&self.options.columns, &mut body) {
            members.insert("columns".to_owned(), json!(columns));
        }
        let request = Request::new("POST", "/exports").sending(body);
        let job = connection.send(request).await?.body.unwrap_or(Value::Null);
        if self.switch("detach") {
            return self.show_job(&job);
        }
        let path = job_path(&cell(&job, "id"))?;
        let job = self.ended(&connection, &path).await?;
        let exit = judged(&job)?;
        self.fetch_result(&connection, &path, to.as_deref()).await?;
        if let Some(to) = to.filter(|to| to != "-") {
            let note = format!(
                "usher: {} {} in {to}",
                count(&job, "done"),
                cell(&job, "what")
            );
            self.environment.stderr.note(&note);
        }
        Ok(exit)
    }

    /// A job that goes on by itself: its id, or all of it where another output is asked for.
    fn show_job(&mut self, job: &Value) -> Result<Exit> {
        let out = &mut self.environment.stdout;
        if self.options.output == Format::Table {
            writeln!(out, "{}", one_line(&cell(job, "id")))?;
        } else {
            let columns_named = self.options.columns.take();
            self.view()
                .show_one(&mut self.environment.stdout, job, true)?;
            self.options.columns = columns_named;
        }
        Ok(Exit::Done)
    }

    async fn write_report(&mut self, connection: &Connection, path: &str, to: &str) -> Result<()> {
        let request = Request::get(format!("{path}/report"));
        let mut stream = connection
            .open(request, patience(self.options.timeout))
            .await?;
        let mut file = NewFile::create(to)?;
        while let Some(chunk) = stream.next_chunk().await? {
            file.write(&chunk)?;
        }
        file.keep()
    }

    /// The failed lines, as `FILE:LINE: reason`.
    async fn say_failed_lines(
        &mut self,
        connection: &Connection,
        path: &str,
        file: &str,
        job: &Value,
    ) -> Result<()> {
        let request = Request::get(format!("{path}/report")).with("outcome", "failed");
        let mut stream = connection
            .open(request, patience(self.options.timeout))
            .await?;
        let mut said = 0;
        while let Some(line) = stream.next_line().await? {
            if line.is_empty() {
                continue;
            }
            if said == MOST_FAILED_LINES {
                break;
            }
            said += 1;
            let item = report_line(&line)?;
            let problem = item.get("problem").unwrap_or(&Value::Null);
            let detail = match cell(problem, "detail") {
                detail if detail.is_empty() => cell(problem, "code"),
                detail => detail,
            };
            self.environment.stderr.error(&format!(
                "{}:{}: {}",
                printable(file),
                cell(&item, "line"),
                one_line(&detail)
            ));
        }
        let rest = count(job, "failed").saturating_sub(said);
        if rest > 0 {
            self.environment.stderr.error(&format!(
                "usher: and {rest} more: usher job report {} --outcome failed",
                cell(job, "number")
            ));
        }
        Ok(())
    }
}

/// The format that a file's name tells.
fn format_of(file: &str) -> String {
    let lines = [".ndjson", ".jsonl", ".json"];
    let is_lines = lines.iter().any(|ending| file.ends_with(ending));
    if is_lines { "ndjson" } else { "csv" }.to_owned()
}
