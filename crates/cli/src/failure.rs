//! Why a command failed, and what it ends with. This is the one place where a refusal of the server, or a
//! mistake of the caller, becomes an exit code.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::codes;
pub use crate::exit::Exit;
use crate::text::printable;

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    /// What the process ends with.
    pub exit: Exit,
    /// One sentence, and what to do next.
    pub detail: String,
    /// What the server said, if it was the server.
    pub problem: Option<Map<String, Value>>,
    /// When the server asked to come back, in seconds.
    pub retry_after: Option<u64>,
}

/// What a command gives back.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// A failure of one kind.
    pub fn new(exit: Exit, detail: impl Into<String>) -> Self {
        Self {
            exit,
            detail: detail.into(),
            problem: None,
            retry_after: None,
        }
    }

    /// What the caller wrote cannot be understood.
    pub fn usage(detail: impl Into<String>) -> Self {
        Self::new(Exit::NotUnderstood, detail)
    }

    /// What the server answered, where that was no success. `asked` is the request, as a person reads it.
    pub fn answered(status: u16, body: Option<Value>, asked: &str) -> Self {
        let Some(Value::Object(problem)) = body.filter(is_problem) else {
            let detail = match status {
                300..=399 => format!(
                    "The server answers {asked} with {status}, which leads elsewhere. Is the address its own, with https if it speaks that?"
                ),
                404 => format!(
                    "Nothing is served at {asked}, and the answer is none of Usher's. Is the address right?"
                ),
                _ => format!(
                    "{asked} was answered with {status}, and the answer is none of Usher's."
                ),
            };
            return Self::new(Exit::of_status(status), detail);
        };
        let code = code_of(&problem);
        let exit = codes::find(&code).map_or_else(|| Exit::of_status(status), |known| known.exit);
        let text = |member: &str| {
            problem
                .get(member)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        // An older server may take the last part of a path for the name of something.
        let detail = if matches!(code.as_str(), "no-such-path" | "method-not-allowed") {
            format!(
                "This server does not offer {asked}: it is older than this command line. Update the server."
            )
        } else if text("detail").is_empty() {
            text("title").to_owned()
        } else {
            text("detail").to_owned()
        };
        Self {
            exit,
            detail,
            problem: Some(problem),
            retry_after: None,
        }
    }

    /// The code of the problem, if the server named one.
    pub fn code(&self) -> Option<String> {
        self.problem.as_ref().map(code_of)
    }

    /// The document for `-o json`: the server's own, or one of its form.
    pub fn document(&self) -> Value {
        match &self.problem {
            Some(problem) => Value::Object(problem.clone()),
            None => json!({
                "type": "about:blank",
                "title": self.detail,
                "exit": self.exit.code(),
            }),
        }
    }
}

/// Lines for a person: what is wrong, where, and where to read on.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.detail))?;
        let Some(problem) = &self.problem else {
            return Ok(());
        };
        if let Some(Value::Array(errors)) = problem.get("errors") {
            for error in errors.iter().take(20) {
                let text = |member: &str| error.get(member).and_then(Value::as_str);
                let field = text("field").unwrap_or("body");
                let detail = text("detail").or(text("code")).unwrap_or_default();
                write!(f, "\n  {}: {}", printable(field), printable(detail))?;
            }
        }
        let mut notes = Vec::new();
        if let Some(field) = problem.get("field").and_then(Value::as_str)
            && !self.detail.contains(field)
        {
            notes.push(format!("field {}", printable(field)));
        }
        let code = code_of(problem);
        if codes::find(&code).is_some() {
            notes.push(format!("usher explain {code}"));
        }
        if self.exit == Exit::Failed
            && let Some(request) = problem.get("request_id").and_then(Value::as_str)
        {
            notes.push(format!("request {}", printable(request)));
        }
        if let Some(seconds) = self.retry_after {
            notes.push(format!("come back in {seconds} s"));
        }
        if notes.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", notes.join("; "))
    }
}

fn is_problem(body: &Value) -> bool {
    body.get("title").is_some() && (body.get("type").is_some() || body.get("code").is_some())
}

/// The code itself, or the last part of the problem's type.
fn code_of(problem: &Map<String, Value>) -> String {
    let text = |member: &str| problem.get(member).and_then(Value::as_str);
    text("code")
        .or_else(|| text("type")?.strip_prefix("urn:usher:problem:"))
        .unwrap_or_default()
        .to_owned()
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        // A reader that has seen enough is no failure: `usher user list --all | head`.
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Done, "");
        }
        Self::new(Exit::Failed, error.to_string())
    }
}
