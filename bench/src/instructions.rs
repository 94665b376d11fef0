//! Instructions in user space that the server spends on a request, counted by callgrind: the figure that needs no
//! quiet machine. The golden file beside the bench holds what is expected.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::Scratch;
use crate::fill;
use crate::load::{self, Load};
use crate::process::Server;

/// How many people the directory holds.
const USERS: u64 = 10_000;
/// Requests that are counted in a round.
const REQUESTS: u64 = 400;
/// Rounds, of which the median counts: what the server does once a second falls into some of them.
const ROUNDS: usize = 3;
/// By how much a figure may be above the golden one.
const TOLERANCE: f64 = 0.04;
/// The golden file: a line for each kind of request, its name and thousands of instructions.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");

/// Counts every kind of request and compares with the golden file, or writes it.
pub fn check(binary: &Path, accept: bool) -> Result<()> {
    let measured = measure(binary)?;
    if accept {
        let mut text = String::new();
        for (name, thousands) in &measured {
            let _ = writeln!(text, "{name}: {thousands:.1}");
        }
        std::fs::write(GOLDEN, text).context(GOLDEN)?;
    }
    let golden = std::fs::read_to_string(GOLDEN)
        .with_context(|| format!("{GOLDEN}: write it by --instructions --accept"))?;
    let (table, findings) = compare(&golden, &measured)?;
    println!("{table}");
    ensure!(findings.is_empty(), "{}", findings.join("; "));
    Ok(())
}

/// The table that is printed, and what is more than the golden figure allows.
fn compare(golden: &str, measured: &[(&'static str, f64)]) -> Result<(String, Vec<String>)> {
    let expected = golden
        .lines()
        .map(|line| {
            let (name, value) = line
                .split_once(": ")
                .with_context(|| format!("no figure in `{line}`"))?;
            Ok((name, value.parse::<f64>()?))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut table =
        "| request | thousands of instructions | expected |\n|---|---|---|\n".to_owned();
    let mut findings = Vec::new();
    for (name, now) in measured {
        let Some((_, before)) = expected.iter().find(|(known, _)| known == name) else {
            findings.push(format!("{name} is not in the golden file: accept it"));
            continue;
        };
        let _ = writeln!(table, "| {name} | {now:.1} | {before:.1} |");
        if *now > before * (1.0 + TOLERANCE) {
            findings.push(format!(
                "{name} takes {now:.1} thousand instructions, {before:.1} expected"
            ));
        }
    }
    Ok((table, findings))
}

fn measure(binary: &Path) -> Result<Vec<(&'static str, f64)>> {
    let folder = Scratch::new("instructions")?;
    let filled = fill::folder(&folder.0, USERS)?;
    let dumps = Scratch::new("callgrind")?;
    let counted = Callgrind {
        server: Server::counted(binary, &folder.0, &dumps.0.join("out"))?,
        dumps: dumps.0.clone(),
    };
    let loads = [
        ("a request for nothing (/healthz)", Load::health()),
        ("one user", Load::reads(&filled)),
        ("Tenable, user details", Load::tenable(&filled)),
        ("MISP, users/view", Load::misp(&filled)),
        ("OpenCTI, user(id)", Load::opencti(&filled)?),
        ("a page of 100", Load::pages(&counted.server, &filled)?),
        ("create alone", Load::creates(&filled)),
    ];
    let mut measured = Vec::new();
    for (name, load) in loads {
        load::send(&counted.server, &load, REQUESTS / 4)?;
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(counted.count(&load)?);
        }
        rounds.sort_unstable();
        let instructions = rounds.get(ROUNDS / 2).copied().unwrap_or_default();
        measured.push((name, instructions as f64 / REQUESTS as f64 / 1000.0));
    }
    Ok(measured)
}

/// A server whose instructions are counted.
struct Callgrind {
    server: Server,
    /// Where the counts are written, a file for each.
    dumps: PathBuf,
}

impl Callgrind {
    /// Instructions of one round of requests.
    fn count(&self, load: &Load) -> Result<u64> {
        self.control("--zero")?;
        load::send(&self.server, load, REQUESTS)?;
        self.control("--dump")?;
        let mut sum = None;
        for entry in std::fs::read_dir(&self.dumps)? {
            let path = entry?.path();
            let text = std::fs::read_to_string(&path)?;
            let line = text.lines().find_map(|line| line.strip_prefix("totals: "));
            if let Some(total) = line {
                sum = Some(sum.unwrap_or(0) + total.trim().parse::<u64>()?);
            }
            std::fs::remove_file(path)?;
        }
        sum.context("callgrind wrote no count")
    }

    fn control(&self, what: &str) -> Result<()> {
        let output = Command::new("callgrind_control")
            .args([what, &self.server.process().to_string()])
            .output()
            .context("callgrind_control comes with valgrind")?;
        if !output.status.success() {
            bail!(
                "callgrind_control {what}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn more_than_the_tolerance_is_a_finding() {
        let golden = "one user: 100.0\na page: 1000.0\n";
        let (_, fine) = compare(golden, &[("one user", 103.9), ("a page", 600.0)]).unwrap();
        assert!(fine.is_empty(), "{fine:?}");
        let (table, findings) = compare(golden, &[("one user", 104.1), ("new", 1.0)]).unwrap();
        assert!(table.contains("| one user | 104.1 | 100.0 |"));
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(compare("one user", &[]).is_err());
    }
}
