//! The Rust tests, on both databases, with the golden files watched.

use std::path::Path;

use anyhow::Result;

use crate::command::{cargo, run, say};
use crate::postgres::{self, Postgres};
use crate::{snapshots, system};

/// The proxy examples of `packaging/` are tried with nginx and Caddy; without one its test says that it was not tried.
fn provide_proxies() {
    for (program, package) in [("nginx", "nginx-light"), ("caddy", "caddy")] {
        let there =
            system::which(program).is_some() || Path::new("/usr/sbin").join(program).is_file();
        if !there && let Err(error) = system::install(&[package]) {
            say(&format!("the {program} example is not tried: {error:#}"));
        }
    }
}

/// Runs all Rust tests with a throw-away PostgreSQL beside them.
pub fn run_tests(arguments: &[String]) -> Result<()> {
    let postgres = Postgres::provide()?;
    provide_proxies();
    let references = snapshots::reference_list();
    let mut tests = cargo();
    tests
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(arguments);
    tests.env(postgres::VARIABLE, postgres.url());
    tests.env(snapshots::LIST_VARIABLE, &references);
    // A golden file is never changed by the way: whoever means to change it runs the test by hand.
    tests
        .env("INSTA_UPDATE", "no")
        .env_remove("INSTA_FORCE_PASS");
    let _ = std::fs::remove_file(&references);
    run(&mut tests)?;
    // Only a full run knows which golden files nobody asked for.
    if arguments.is_empty() {
        snapshots::check_unreferenced(&references)?;
    }
    Ok(())
}
