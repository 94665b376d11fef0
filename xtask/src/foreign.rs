//! Suites of other people's, run against the real binary: opt-in, since they are fetched when they are run.
//!
//! A suite is a folder of `tests/foreign` with a `run.py`, which fetches it into the target folder and runs
//! it, an environment in `requirements.txt`, and `expected-failures.txt`: a line for each test that fails, with the reason.
//! A run fails when a test fails that is not named there, and when one that is named passes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command::{cargo, root, run, target};
use crate::python::Environment;

/// Runs the suites with these names, or all; every one even if one fails.
pub fn run_suites(names: &[String]) -> Result<()> {
    let suites = find_suites()?;
    for name in names {
        let known = suites.iter().any(|(one, _)| one == name);
        ensure!(known, "there is no suite `{name}` in tests/foreign");
    }
    run(cargo().args(["build", "--package", "usher", "--bin", "usher"]))?;
    let mut failures = Vec::new();
    for (name, folder) in &suites {
        if names.is_empty() || names.contains(name) {
            failures.extend(
                run_suite(name, folder)
                    .err()
                    .map(|error| format!("{error:#}")),
            );
        }
    }
    ensure!(failures.is_empty(), "{}", failures.join("; "));
    Ok(())
}

fn run_suite(name: &str, folder: &Path) -> Result<()> {
    let list = folder.join("requirements.txt");
    let requirements = std::fs::read_to_string(&list)
        .with_context(|| format!("cannot read {}", list.display()))?;
    let environment = Environment::new(&format!("foreign-{name}"), &requirements);
    environment.prepare()?;
    let fetched = target().join("foreign").join(name);
    std::fs::create_dir_all(&fetched)?;
    let mut suite = Command::new(environment.program("python"));
    suite.current_dir(&fetched).arg(folder.join("run.py"));
    suite.env("USHER_BINARY", target().join("debug/usher"));
    suite.env("PYTHONDONTWRITEBYTECODE", "1");
    run(&mut suite).with_context(|| format!("suite `{name}`"))
}

fn find_suites() -> Result<Vec<(String, PathBuf)>> {
    let folder = root().join("tests/foreign");
    let mut suites = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.join("run.py").is_file() {
            let name = path.file_name().unwrap_or_default();
            suites.push((name.to_string_lossy().into_owned(), path));
        }
    }
    suites.sort();
    Ok(suites)
}
