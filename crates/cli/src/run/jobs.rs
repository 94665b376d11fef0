//! Jobs: waiting for one, what became of its items, what it made.

use std::io::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::{Run, patience};
use crate::connection::{Connection, Request, segment};
use crate::failure::{Exit, Failure, Result};
use crate::output::Rows;
use crate::progress::{Progress, Unit};

/// The first and the longest pause between two looks at a job.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

impl Run<'_> {
    /// Waits until a job has ended, and shows it.
    pub(super) async fn wait_for_job(&mut self) -> Result<Exit> {
        let connection = self.connect()?;
        let path = job_path(&self.argument("job").unwrap_or_default())?;
        let job = self.ended(&connection, &path).await?;
        self.view()
            .show_one(&mut self.environment.stdout, &job, false)?;
        self.environment.stdout.flush()?;
        judged(&job)
    }

    /// Shows what became of each item.
    pub(super) async fn show_report(&mut self) -> Result<Exit> {
        let connection = self.connect()?;
        let path = job_path(&self.argument("job").unwrap_or_default())?;
        let mut request = Request::get(format!("{path}/report"));
        request.query = self.query();
        let mut stream = connection
            .open(request, patience(self.options.timeout))
            .await?;
        let view = self.view();
        let mut rows = Rows::new(&view);
        while let Some(line) = stream.next_line().await? {
            if line.is_empty() {
                continue;
            }
            rows.push(&mut self.environment.stdout, &report_line(&line)?)?;
        }
        rows.end(&mut self.environment.stdout)?;
        Ok(Exit::Done)
    }

    /// Fetches what an export made.
    pub(super) async fn show_result(&mut self) -> Result<Exit> {
        let connection = self.connect()?;
        let path = job_path(&self.argument("job").unwrap_or_default())?;
        let to = self.option("to");
        self.fetch_result(&connection, &path, to.as_deref()).await?;
        Ok(Exit::Done)
    }

    /// Looks at a job until it has ended, and shows how far it is.
    pub(super) async fn ended(&mut self, connection: &Connection, path: &str) -> Result<Value> {
        let messages = self.environment.stderr.clone();
        let mut progress: Option<Progress> = None;
        let mut pause = PAUSES.0;
        loop {
            let answer = connection.send(Request::get(path)).await?;
            let job = answer.body.unwrap_or(Value::Null);
            let state = job.get("state").and_then(Value::as_str).unwrap_or_default();
            if !matches!(state, "waiting" | "running") {
                return Ok(job);
            }
            let total = job.get("total").and_then(Value::as_u64);
            let bar = progress
                .get_or_insert_with(|| Progress::new(&messages, "working", total, Unit::Items));
            if let Some(total) = total {
                bar.of(total);
            }
            bar.at(count(&job, "done"));
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(PAUSES.1);
        }
    }

    /// Writes a job's result into a file, whole or not at all, or to standard output.
    pub(super) async fn fetch_result(
        &mut self,
        connection: &Connection,
        path: &str,
        to: Option<&str>,
    ) -> Result<()> {
        let request = Request::get(format!("{path}/result"));
        let mut stream = connection
            .open(request, patience(self.options.timeout))
            .await?;
        let messages = self.environment.stderr.clone();
        let to = to.filter(|to| *to != "-");
        let progress = if to.is_none() && self.environment.stdout_is_terminal {
            Progress::none()
        } else {
            Progress::new(&messages, "fetching", None, Unit::Bytes)
        };
        let mut written = 0;
        let Some(to) = to else {
            while let Some(chunk) = stream.next_chunk().await? {
                self.environment.stdout.write_all(&chunk)?;
                written += chunk.len() as u64;
                progress.at(written);
            }
            self.environment.stdout.flush()?;
            return Ok(());
        };
        let mut file = NewFile::create(to)?;
        while let Some(chunk) = stream.next_chunk().await? {
            file.write(&chunk)?;
            written += chunk.len() as u64;
            progress.at(written);
        }
        file.keep()
    }
}

/// A file that is there whole, or not at all.
pub struct NewFile {
    file: std::fs::File,
    path: String,
    part: String,
    kept: bool,
}

impl NewFile {
    /// Begins a file beside the one it will be.
    pub fn create(path: &str) -> Result<Self> {
        let part = format!("{path}.part-{}", std::process::id());
        let file = std::fs::File::create(&part).map_err(|error| cannot(path, &error))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            part,
            kept: false,
        })
    }

    /// Writes some of it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| cannot(&self.path, &error))
    }

    /// Puts it in its place.
    pub fn keep(mut self) -> Result<()> {
        let kept = self
            .file
            .sync_all()
            .and_then(|()| std::fs::rename(&self.part, &self.path));
        kept.map_err(|error| cannot(&self.path, &error))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

fn cannot(path: &str, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("{path} cannot be written: {error}."))
}

/// The path of a job.
pub fn job_path(job: &str) -> Result<String> {
    Ok(format!("/jobs/{}", segment(job)?))
}

/// A line of a report.
pub fn report_line(line: &str) -> Result<Value> {
    serde_json::from_str(line).map_err(|_| {
        Failure::new(
            Exit::Failed,
            "The server sent a report that cannot be read. Report a defect.",
        )
    })
}

/// A counter of a job.
pub fn count(job: &Value, member: &str) -> u64 {
    job.get(member).and_then(Value::as_u64).unwrap_or(0)
}

/// What a command ends with that waited for a job.
pub fn judged(job: &Value) -> Result<Exit> {
    match job.get("state").and_then(Value::as_str) {
        Some("done") if count(job, "failed") == 0 => Ok(Exit::Done),
        Some("done") => Ok(Exit::InPart),
        Some("cancelled") => Err(Failure::new(Exit::Failed, "The job was cancelled.")),
        state => {
            let problem = job
                .get("problem")
                .filter(|problem| problem.is_object())
                .cloned();
            let status = problem
                .as_ref()
                .and_then(|problem| problem.get("status")?.as_u64())
                .and_then(|status| u16::try_from(status).ok());
            match problem {
                Some(Value::Object(mut problem)) => {
                    problem
                        .entry("title")
                        .or_insert_with(|| Value::from("The job failed"));
                    Err(Failure::answered(
                        status.unwrap_or(500),
                        Some(Value::Object(problem)),
                        "the job",
                    ))
                }
                _ => Err(Failure::new(
                    Exit::Failed,
                    format!("The job ended as {}.", state.unwrap_or("unknown")),
                )),
            }
        }
    }
}
