//! Python environments of the project's own, below the target folder, made anew only when what they
//! are to hold changes.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{run_quietly, say, target};
use crate::system;

/// One environment: a name and what is installed in it.
pub struct Environment {
    name: String,
    requirements: String,
}

impl Environment {
    /// An environment with these lines of requirements, each with its version.
    pub fn new(name: &str, requirements: &str) -> Self {
        Self {
            name: name.to_owned(),
            requirements: requirements.to_owned(),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this package is in it.
    pub fn holds(&self, package: &str) -> bool {
        self.requirements.lines().any(|line| {
            line.strip_prefix(package)
                .is_some_and(|rest| rest.starts_with("=="))
        })
    }

    /// A program in it.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder().join("bin").join(name)
    }

    fn folder(&self) -> PathBuf {
        environments().join(&self.name)
    }

    /// Makes it, unless it stands already with these very requirements.
    pub fn prepare(&self) -> Result<()> {
        let stamp = self.folder().join("made-from.txt");
        let wanted = self.requirements.as_str();
        if std::fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
            return Ok(());
        }
        let python = interpreter()?;
        say(&format!("making the Python environment `{}`", self.name));
        run_quietly(
            Command::new(python)
                .args(["-m", "venv", "--clear"])
                .arg(self.folder()),
        )?;
        let list = self.folder().join("requirements.txt");
        std::fs::write(&list, wanted)?;
        let mut install = Command::new(self.program("python"));
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        install.args(["--retries", "5", "-r"]).arg(&list);
        run_quietly(&mut install).with_context(|| format!("environment `{}`", self.name))?;
        // Written last: an environment that was cut short is made again.
        std::fs::write(stamp, wanted)?;
        Ok(())
    }
}

/// The folder that holds all environments.
pub fn environments() -> PathBuf {
    target().join("python")
}

/// A Python that can make environments, installed when missing.
fn interpreter() -> Result<PathBuf> {
    const QUESTION: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    let find = || {
        [
            "python3",
            "python3.14",
            "python3.13",
            "python3.12",
            "python3.11",
            "python3.10",
        ]
        .into_iter()
        .filter_map(system::which)
        .find(|python| run_quietly(Command::new(python).args(["-c", QUESTION])).is_ok())
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    system::install(&["python3", "python3-venv"])?;
    find().context("no Python 3.10 or newer that can make environments")
}
