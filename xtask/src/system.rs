//! What the machine has and what may be installed on it.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};

use crate::command::{run_quietly, say};

/// The system's package manager takes a lock; two installs of one task wait for each other here.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Finds a program on the PATH.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Whether this runs as root.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Installs Debian packages; an error that says so where that is not possible.
pub fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if !is_root() || which("apt-get").is_none() {
        bail!("{names} missing, and only root on a Debian system can install it: do so by hand");
    }
    let _turn = INSTALLING.lock();
    say(&format!("installing {names}"));
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let install = || {
        run_quietly(
            apt()
                .args(["install", "-qy", "--no-install-recommends"])
                .args(packages),
        )
    };
    // The package lists of a fresh machine are empty or old: only then is the slow update needed.
    if install().is_err() {
        run_quietly(apt().args(["update", "-q"]))?;
        install().with_context(|| format!("cannot install {names}"))?;
    }
    Ok(())
}

/// What drives Chromium in tests, of the same release, installed when missing.
pub fn chromium_driver() -> Result<PathBuf> {
    chromium()?;
    if let Some(found) = which("chromedriver") {
        return Ok(found);
    }
    install(&["chromium-driver"])?;
    which("chromedriver").context("chromium-driver is installed but not on the PATH")
}

/// Chromium for tests in a browser, installed when missing.
pub fn chromium() -> Result<PathBuf> {
    let find = || {
        ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find_map(which)
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    install(&["chromium"])?;
    find().context("chromium is installed but not on the PATH")
}

/// The user and group number of the first of these accounts that the machine has.
pub fn account(names: &[&str]) -> Option<(u32, u32)> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    names.iter().find_map(|name| {
        let line = accounts
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}
