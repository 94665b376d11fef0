//! Running other programs: echoed, checked, and stopped at the first that fails.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The top of the source tree.
pub fn root() -> PathBuf {
    // The manifest lies one folder below the top, wherever the clone is.
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
        .to_path_buf()
}

/// Where built things and test environments go.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs this task, in the source tree.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// A line for the person who watches, apart from the output of the programs that are run.
pub fn say(line: &str) {
    eprintln!("xtask: {line}");
}

/// Says how long a command ran, where that is worth knowing: the gate is to stay short.
fn say_if_long(shown: &str, took: Duration) {
    if took >= Duration::from_secs(10) {
        say(&format!("{} s for {shown}", took.as_secs()));
    }
}

/// Runs a command, its output shown as it comes; an error if it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    say(&shown);
    let begun = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot start `{shown}`"))?;
    say_if_long(&shown, begun.elapsed());
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Runs a command beside others: its output is shown in one piece when it has ended; an error if it fails.
pub fn run_apart(command: &mut Command) -> Result<()> {
    let shown = show(command);
    say(&shown);
    let begun = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{shown}`"))?;
    let took = begun.elapsed();
    let text = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    // One write, so that what runs beside it does not come between.
    eprint!("xtask: {shown}\n{text}{complaints}");
    say_if_long(&shown, took);
    if !output.status.success() {
        bail!("`{shown}` ended with {}", output.status);
    }
    Ok(())
}

/// Runs a command and keeps its output to itself; the error carries it if the command fails.
pub fn run_quietly(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{shown}`"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("`{shown}` ended with {}:\n{text}{complaint}", output.status);
    }
    Ok(text)
}

fn show(command: &Command) -> String {
    let mut shown = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let _ = write!(shown, " {}", argument.to_string_lossy());
    }
    shown
}
