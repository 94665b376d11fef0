//! The command line against a scripted server: what is sent, what is shown, what it ends with.

mod changes;
mod completing;
mod exits;
mod helping;
mod listing;
mod profiling;
mod secrecy;
mod server;
mod transfers;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use clap::Command;

use crate::environment::{Environment, Prompt};
use crate::failure::Exit;

pub use server::{Reply, Seen, Server};

/// The token that must never be shown.
pub const TOKEN: &str = "tok-3Q9aNeverShown";

/// Every command, as the binary has them.
pub fn tree() -> Command {
    let here = Command::new("usher")
        .version("1.2.3")
        .about("User administration for one directory, spoken to over its API")
        .subcommand_required(true)
        .arg_required_else_help(true);
    let here = [
        "serve", "migrate", "backup", "restore", "check", "recover", "config", "doctor",
    ]
    .into_iter()
    .fold(here, |here, name| {
        here.subcommand(Command::new(name).about("On this host"))
    });
    crate::add_to(here)
}

/// A buffer that outlives what writes into it.
#[derive(Clone, Default)]
pub struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A person at the terminal, with answers prepared; without answers the terminal is absent.
struct Scripted {
    answers: Option<Vec<String>>,
    asked: Buffer,
}

impl Prompt for Scripted {
    fn is_possible(&self) -> bool {
        self.answers.is_some()
    }

    fn ask(&mut self, question: &str) -> io::Result<String> {
        write!(self.asked, "{question}")?;
        match self.answers.as_mut() {
            Some(answers) if !answers.is_empty() => Ok(answers.remove(0)),
            _ => Err(io::Error::other("no answer is left")),
        }
    }

    fn ask_secret(&mut self, question: &str) -> io::Result<String> {
        self.ask(question)
    }
}

/// A command to be run.
pub struct Typed {
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
    stdin: Vec<u8>,
    answers: Option<Vec<String>>,
    terminal: Option<usize>,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub exit: Exit,
    pub out: String,
    pub err: String,
    pub asked: String,
}

/// A command without any server. Words are parted by blanks; what holds blanks comes by `and`.
pub fn usher(words: &str) -> Typed {
    Typed {
        arguments: words.split_whitespace().map(str::to_owned).collect(),
        variables: BTreeMap::new(),
        stdin: Vec::new(),
        answers: None,
        terminal: None,
    }
}

impl Typed {
    pub fn at(self, server: &Server) -> Self {
        self.variable("USHER_URL", &server.url)
            .variable("USHER_TOKEN", TOKEN)
    }

    pub fn and(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn stdin(mut self, text: &str) -> Self {
        self.stdin = text.as_bytes().to_vec();
        self
    }

    pub fn answering(mut self, answers: &[&str]) -> Self {
        self.answers = Some(answers.iter().map(|answer| (*answer).to_owned()).collect());
        self
    }

    pub fn terminal(mut self, width: usize) -> Self {
        self.terminal = Some(width);
        self
    }

    pub fn run(self) -> Outcome {
        let (out, err, asked) = (Buffer::default(), Buffer::default(), Buffer::default());
        let prompt = Scripted {
            answers: self.answers,
            asked: asked.clone(),
        };
        let mut environment = Environment::made_up(
            self.variables,
            Box::new(out.clone()),
            Box::new(err.clone()),
            &self.stdin,
            Box::new(prompt),
        );
        environment.stdout_is_terminal = self.terminal.is_some();
        environment.width = self.terminal;
        let words = std::iter::once("usher".to_owned()).chain(self.arguments);
        let exit = match tree().try_get_matches_from(words) {
            Ok(matches) => crate::run_within(&mut environment, tree, &matches),
            Err(error) => {
                environment.stderr.error(&error.to_string());
                assert_eq!(error.exit_code(), 2, "{error}");
                Exit::NotUnderstood
            }
        };
        drop(environment);
        Outcome {
            exit,
            out: out.text(),
            err: err.text(),
            asked: asked.text(),
        }
    }
}

/// A folder that goes away with the test.
pub struct Folder(std::path::PathBuf);

impl Folder {
    pub fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("usher-cli-{}-{count}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub fn with(&self, name: &str, text: &str) -> String {
        let path = self.file(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
