//! Everything outside the command line itself: variables, standard streams, the person at the terminal. A
//! test hands in its own.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::failure::{Failure, Result};

/// The longest line that is read as a reference.
const LONGEST_LINE: usize = 4096;
/// How much is read for references at all.
const LONGEST_INPUT: u64 = 64 * 1024 * 1024;
/// The most references that are read from standard input.
const MOST_LINES: usize = 1_000_000;

/// What surrounds a command.
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// Where data goes.
    pub stdout: Box<dyn Write + Send>,
    /// Where all else goes.
    pub stderr: Messages,
    /// Whether data goes to a person.
    pub stdout_is_terminal: bool,
    /// How many columns that terminal has.
    pub width: Option<usize>,
    /// How long it waits before it connects again.
    pub pause: Duration,
    stdin: Option<Box<dyn Read + Send>>,
    prompt: Box<dyn Prompt>,
}

/// Asks the person at the terminal.
pub trait Prompt {
    /// Whether there is a person to be asked.
    fn is_possible(&self) -> bool;
    /// Asks a question and reads the answer.
    fn ask(&mut self, question: &str) -> io::Result<String>;
    /// Asks without showing what is typed.
    fn ask_secret(&mut self, question: &str) -> io::Result<String>;
}

/// Standard error, shared by requests that run beside each other.
#[derive(Clone)]
pub struct Messages {
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    /// Whether it goes to a person.
    pub is_terminal: bool,
    /// Whether only errors are wanted.
    pub quiet: bool,
}

impl Messages {
    /// Messages that go there.
    pub fn new(writer: Box<dyn Write + Send>, is_terminal: bool) -> Self {
        Self {
            writer: Arc::new(Mutex::new(writer)),
            is_terminal,
            quiet: false,
        }
    }

    /// An error: shown always.
    pub fn error(&self, text: &str) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Where standard error is closed, an error has no reader.
        let _ = writeln!(writer, "{text}");
        let _ = writer.flush();
    }

    /// A word on what goes on.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.error(text);
        }
    }
}

impl Environment {
    /// The process's own.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let stderr_is_terminal = io::stderr().is_terminal();
        let stdout_is_terminal = io::stdout().is_terminal();
        let size = console::Term::stdout().size_checked();
        Self {
            variables,
            stdout: Box::new(io::BufWriter::new(io::stdout())),
            stderr: Messages::new(Box::new(io::stderr()), stderr_is_terminal),
            stdout_is_terminal,
            width: size.map(|(_, columns)| usize::from(columns)),
            pause: Duration::from_secs(1),
            stdin: Some(Box::new(io::stdin())),
            prompt: Box::new(Terminal {
                possible: stderr_is_terminal,
            }),
        }
    }

    /// One that is made up: variables, what stands on standard input, who answers.
    #[cfg(test)]
    pub fn made_up(
        variables: BTreeMap<String, String>,
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
        stdin: &[u8],
        prompt: Box<dyn Prompt>,
    ) -> Self {
        Self {
            variables,
            stdout,
            stderr: Messages::new(stderr, false),
            stdout_is_terminal: false,
            width: None,
            pause: Duration::from_millis(1),
            stdin: Some(Box::new(io::Cursor::new(stdin.to_vec()))),
            prompt,
        }
    }

    /// A variable that says something.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// The folder of this command line's own files.
    pub fn configuration_folder(&self) -> Result<PathBuf> {
        let base = match (self.variable("XDG_CONFIG_HOME"), self.variable("HOME")) {
            (Some(folder), _) => PathBuf::from(folder),
            (None, Some(home)) => PathBuf::from(home).join(".config"),
            (None, None) => {
                return Err(Failure::usage(
                    "Neither XDG_CONFIG_HOME nor HOME is set, so there is no place for profiles. Set one of them.",
                ));
            }
        };
        Ok(base.join("usher"))
    }

    /// Standard input, for the one part of the command line that wants it.
    pub fn take_stdin(&mut self, what: &str) -> Result<Box<dyn Read + Send>> {
        self.stdin.take().ok_or_else(|| {
            Failure::usage(format!(
                "Standard input is wanted twice: {what} cannot come from it, too. Put one of them into a file."
            ))
        })
    }

    /// References from standard input, one on a line.
    pub fn read_lines(&mut self, what: &str) -> Result<Vec<String>> {
        let mut reader = io::BufReader::new(self.take_stdin(what)?.take(LONGEST_INPUT));
        let mut lines = Vec::new();
        for line in io::BufRead::lines(&mut reader) {
            let line = line.map_err(|error| {
                Failure::usage(format!("Standard input cannot be read: {error}."))
            })?;
            let line = line.trim();
            if line.len() > LONGEST_LINE {
                return Err(Failure::usage(format!(
                    "Line {} of standard input is longer than {LONGEST_LINE} bytes: one {what} on a line is read.",
                    lines.len() + 1
                )));
            }
            if lines.len() == MOST_LINES {
                return Err(Failure::usage(format!(
                    "Standard input holds more than {MOST_LINES} lines. Give fewer at a time."
                )));
            }
            if !line.is_empty() {
                lines.push(line.to_owned());
            }
        }
        if reader.get_ref().limit() == 0 {
            return Err(Failure::usage(format!(
                "Standard input is longer than {} MiB. Give less at a time.",
                LONGEST_INPUT >> 20
            )));
        }
        Ok(lines)
    }

    /// Whether a person can be asked.
    pub fn can_ask(&self) -> bool {
        self.prompt.is_possible()
    }

    /// Asks whether to go on.
    pub fn confirm(&mut self, question: &str) -> Result<bool> {
        let answer = self.prompt.ask(&format!("{question} [y/N] "))?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a secret.
    pub fn ask_secret(&mut self, question: &str) -> Result<String> {
        Ok(self.prompt.ask_secret(question)?)
    }
}

/// The terminal that the process was started from: also when standard input is a pipe.
struct Terminal {
    possible: bool,
}

impl Prompt for Terminal {
    fn is_possible(&self) -> bool {
        self.possible && std::fs::File::open("/dev/tty").is_ok()
    }

    fn ask(&mut self, question: &str) -> io::Result<String> {
        let mut terminal = std::fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")?;
        write!(terminal, "{question}")?;
        terminal.flush()?;
        let mut answer = String::new();
        io::BufRead::read_line(&mut io::BufReader::new(terminal), &mut answer)?;
        Ok(answer)
    }

    fn ask_secret(&mut self, question: &str) -> io::Result<String> {
        rpassword::prompt_password(question)
    }
}
