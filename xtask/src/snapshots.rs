//! Golden files: each is asked for by a test, and none waits to be looked at.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::command::{root, run_quietly, target};

/// By this variable insta is told where to note the golden files that tests asked for.
pub const LIST_VARIABLE: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";

/// Where that list is written.
pub fn reference_list() -> PathBuf {
    target().join("golden-files.txt")
}

/// Fails for a golden file that no test of the run just finished has asked for.
pub fn check_unreferenced(list: &Path) -> Result<()> {
    let asked: BTreeSet<PathBuf> = std::fs::read_to_string(list)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| Path::new(line).canonicalize().ok())
        .collect();
    let stale: Vec<String> = tracked(&["*.snap"])?
        .into_iter()
        .filter(|file| {
            !root()
                .join(file)
                .canonicalize()
                .is_ok_and(|file| asked.contains(&file))
        })
        .collect();
    ensure!(
        stale.is_empty(),
        "golden files that no test asks for: {}",
        stale.join(", ")
    );
    Ok(())
}

/// What differs from the last commit, by name and content, golden files that wait included.
pub fn changes() -> Result<String> {
    let git = |arguments: &[&str]| {
        run_quietly(
            std::process::Command::new("git")
                .current_dir(root())
                .args(arguments),
        )
    };
    let waiting = git(&["ls-files", "--others", "--", "*.snap.new", "*.pending-snap"])?;
    Ok(git(&["status", "--porcelain"])? + &waiting + &git(&["diff", "HEAD"])?)
}

/// Files that git knows, and new ones that it does not ignore.
pub fn tracked(patterns: &[&str]) -> Result<Vec<String>> {
    let mut list = std::process::Command::new("git");
    list.current_dir(root());
    list.args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
    ])
    .args(patterns);
    let text = run_quietly(&mut list).context("this is not a clone of the repository")?;
    let exists = |file: &&str| root().join(file).is_file();
    Ok(text.lines().filter(exists).map(str::to_owned).collect())
}
