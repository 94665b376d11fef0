//! The vendors' real clients against the real binary.
//!
//! A suite is a folder of `tests/clients` with its tests and its `requirements.txt`; the tests that
//! lie in `tests/clients` itself are the suite `server`. Clients disagree about the libraries below
//! them, so every requirements file has an environment of its own. A folder may hold more than one
//! (`requirements-2.5.0.txt`): then its tests run once with each.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};

use crate::command::{cargo, root, run, run_apart, target};
use crate::postgres::{self, Postgres};
use crate::python::{self, Environment};
use crate::system;

/// The tests that speak to a server that talks encrypted only.
const ENCRYPTION: &str = "test_postgres_encryption.py";

/// One run of pytest: these tests in this environment.
struct Suite {
    environment: Environment,
    tests: Vec<PathBuf>,
}

/// The suites that take longest, which begin first: one that began last would run on alone beside an idle core.
const LONGEST: [&str; 6] = [
    "openapi",
    "tenable",
    "misp_client_rs",
    "opencti",
    "server",
    "misp",
];

/// Where the binary under test comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// It is built first.
    Build,
    /// The Rust tests have just built it. They build it with the tests' features of its
    /// dependencies, so building it by itself would compile most of the tree a second time.
    Built,
}

/// Runs the suites with these names, or all, against the binary; every one even if one fails.
pub fn run_suites(binary: Binary, names: &[String], arguments: &[String]) -> Result<()> {
    let suites = find_suites(&root().join("tests/clients"))?;
    for name in names {
        let known = suites.iter().any(|suite| suite.has_name(name));
        ensure!(known, "there is no suite `{name}` in tests/clients");
    }
    // The environments are made while the binary is built: one waits for the net, one for the CPU.
    std::thread::scope(|scope| {
        let environments = scope.spawn(|| prepare_environments(&suites));
        if binary == Binary::Build {
            run(cargo().args(["build", "--package", "usher", "--bin", "usher"]))?;
            // The suite `outbound` drives the client library through its examples.
            run(cargo().args(["build", "--package", "usher-platforms", "--examples"]))?;
        }
        environments
            .join()
            .unwrap_or_else(|_| bail!("making the environments broke off"))
    })?;

    let postgres = Postgres::provide()?;
    let chosen: Vec<&Suite> = suites
        .iter()
        .filter(|suite| names.is_empty() || names.iter().any(|name| suite.has_name(name)))
        .collect();
    let failures = match chosen.as_slice() {
        // One suite alone is watched as it goes.
        [suite] => Vec::from_iter(suite.run(&postgres, arguments, run).err()),
        suites => run_beside_each_other(suites, &postgres, arguments),
    };
    let texts: Vec<String> = failures.iter().map(|error| format!("{error:#}")).collect();
    ensure!(texts.is_empty(), "{}", texts.join("; "));
    Ok(())
}

/// Makes the environments of all suites, so that a later run of the suites finds them.
pub fn make_environments() -> Result<()> {
    prepare_environments(&find_suites(&root().join("tests/clients"))?)
}

fn prepare_environments(suites: &[Suite]) -> Result<()> {
    // Two callers at once would write into one environment.
    static MAKING: Mutex<()> = Mutex::new(());
    let _turn = MAKING.lock();
    suites
        .iter()
        .try_for_each(|suite| suite.environment.prepare())
}

/// Runs the suites two at a time: each has servers of its own and waits for them half of its time.
fn run_beside_each_other(
    suites: &[&Suite],
    postgres: &Postgres,
    arguments: &[String],
) -> Vec<anyhow::Error> {
    let mut suites = suites.to_vec();
    suites.sort_by_key(|suite| {
        let name = suite.environment.name();
        LONGEST
            .iter()
            .position(|long| *long == name)
            .unwrap_or(LONGEST.len())
    });
    let suites = &suites;
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(suite) = suites.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(failure) = suite.run(postgres, arguments, run_apart)
                        && let Ok(mut failures) = failures.lock()
                    {
                        failures.push(failure);
                    }
                }
            });
        }
    });
    failures.into_inner().unwrap_or_default()
}

impl Suite {
    /// `civis` names the suites `civis` and `civis-2.5.0`.
    fn has_name(&self, name: &str) -> bool {
        self.environment
            .name()
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    fn run(
        &self,
        postgres: &Postgres,
        arguments: &[String],
        carry_out: fn(&mut Command) -> Result<()>,
    ) -> Result<()> {
        // Selenium drives a browser, which no Python package brings along.
        if self.environment.holds("selenium") {
            system::chromium_driver()?;
        }
        // README's examples run there, and one of them is a shell's.
        if self.has_name("server") && system::which("curl").is_none() {
            system::install(&["curl"])?;
        }
        let encrypted = match self.tests.iter().any(|test| name_of(test) == ENCRYPTION) {
            true => Postgres::encrypted()?,
            false => None,
        };
        let mut tests = Command::new(self.environment.program("python"));
        tests
            .current_dir(root())
            .args(["-m", "pytest", "-p", "no:cacheprovider"]);
        tests
            .args(["--rootdir", "tests/clients"])
            .args(self.tests.iter().filter(|test| {
                // Without that server there is nothing to test, which was said when it could not be had.
                encrypted.is_some() || name_of(test) != ENCRYPTION
            }))
            .args(arguments);
        tests.env("PYTHONDONTWRITEBYTECODE", "1");
        tests.env("USHER_BINARY", target().join("debug/usher"));
        tests.env("USHER_PYTHONS", python::environments());
        // Settings of whoever runs this must not reach the server or a client.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if is_kept_from_tests(&name) {
                tests.env_remove(&*name);
            }
        }
        tests.env(postgres::VARIABLE, postgres.url());
        if let Some(server) = &encrypted {
            tests.env(postgres::ENCRYPTED, server.url());
            tests.env(postgres::AUTHORITY, server.authority().unwrap_or_default());
        }
        carry_out(&mut tests).with_context(|| format!("suite `{}`", self.environment.name()))
    }
}

/// Whether a variable must not reach the tests: it could be a setting of a client or of the server, and is none of the tests'
/// own. Those choose the sizes of a run.
fn is_kept_from_tests(name: &str) -> bool {
    let foreign = ["OPENCTI_", "MISP_", "TIE_", "FALCON_", "CIVIS_", "USHER_"];
    let own = [
        "USHER_BINARY",
        "USHER_PYTHONS",
        "USHER_FULL_SIZE",
        "USHER_OPENAPI_EXAMPLES",
    ];
    foreign.iter().any(|start| name.starts_with(start)) && !own.contains(&name)
}

fn find_suites(folder: &Path) -> Result<Vec<Suite>> {
    let here = entries(folder)?;
    let tests = here.iter().filter(|path| is_test(path)).cloned().collect();
    let list = folder.join("requirements.txt");
    let mut suites = vec![Suite {
        environment: environment("server", &list)?,
        tests,
    }];
    for folder in here.iter().filter(|path| path.is_dir()) {
        let inside = entries(folder)?;
        let name = name_of(folder);
        let stray = here
            .iter()
            .find(|path| name_of(path).starts_with(&format!("test_{name}")));
        if let Some(stray) = stray {
            bail!(
                "{} belongs into the folder {name}, whose environment it needs",
                stray.display()
            );
        }
        if !inside.iter().any(|path| is_test(path)) {
            continue;
        }
        let lists: Vec<&PathBuf> = inside
            .iter()
            .filter(|path| name_of(path).starts_with("requirements"))
            .collect();
        ensure!(
            !lists.is_empty(),
            "{} has tests and no requirements.txt",
            folder.display()
        );
        for list in lists {
            let file = name_of(list);
            let variant = file
                .trim_start_matches("requirements")
                .trim_end_matches(".txt");
            let environment = environment(&format!("{name}{variant}"), list)?;
            suites.push(Suite {
                environment,
                tests: vec![folder.clone()],
            });
        }
    }
    Ok(suites)
}

fn environment(name: &str, list: &Path) -> Result<Environment> {
    let requirements =
        std::fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    Ok(Environment::new(name, &requirements))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn is_test(path: &Path) -> bool {
    let name = name_of(path);
    name.starts_with("test_") && name.ends_with(".py")
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
