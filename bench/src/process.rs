//! Servers under test as processes of their own, so that their CPU time can be read apart.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::load::Measured;

/// A running server.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// Milliseconds from the start of the process to the line that says it is ready.
    pub ready: f64,
}

impl Server {
    /// The bare server: this program again.
    pub fn bare() -> Result<Server> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare-server");
        Server::start(command)
    }

    /// Usher on a filled store.
    pub fn usher(binary: &Path, folder: &Path, database: Option<&str>) -> Result<Server> {
        Server::serve(Command::new(binary), binary, folder, database)
    }

    /// Usher on a filled folder under callgrind, with one worker, so that threads do not wait for each other by chance.
    pub fn counted(binary: &Path, folder: &Path, dumps: &Path) -> Result<Server> {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--quiet"])
            .arg(format!("--callgrind-out-file={}", dumps.display()))
            .arg(binary)
            .env("TOKIO_WORKER_THREADS", "1")
            // callgrind counts an instruction for each byte of `rep movsb`, which the machine does many at a time.
            .env(
                "GLIBC_TUNABLES",
                "glibc.cpu.x86_rep_movsb_threshold=2000000000:glibc.cpu.x86_rep_stosb_threshold=2000000000",
            );
        Server::serve(command, binary, folder, None).context("valgrind is needed")
    }

    fn serve(
        mut command: Command,
        binary: &Path,
        folder: &Path,
        database: Option<&str>,
    ) -> Result<Server> {
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder);
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        command
            .env("USHER_SECRET_KEY", crate::fill::SECRET_TEXT)
            .env("USHER_LOG_FILTER", "error");
        Server::start(command).with_context(|| format!("starting {}", binary.display()))
    }

    fn start(mut command: Command) -> Result<Server> {
        let begun = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("no stdout")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready = begun.elapsed().as_secs_f64() * 1000.0;
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split([' ', '\n']).next())
            .and_then(|address| address.parse().ok())
            .with_context(|| format!("no address in the ready line {line:?}"))?;
        Ok(Server {
            child,
            address,
            ready,
        })
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// CPU seconds used so far, user and system.
    pub fn cpu(&self) -> f64 {
        cpu_of(&self.child.id().to_string())
    }

    /// Resident memory in MB.
    pub fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|kb| kb.parse::<f64>().ok())
            .unwrap_or(0.0)
            / 1024.0
    }
}

/// CPU seconds of a process; `self` is this one.
pub fn cpu_of(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may hold blanks; what follows its bracket does not.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The hash alone, at the server's own cost, on every core.
pub fn hashes(seconds: u64) -> Result<Measured> {
    let cost = directory::HashingCost::default();
    let params = argon2::Params::new(cost.memory, cost.passes, 1, Some(32))
        .map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
    let (cpu, start) = (cpu_of("self"), Instant::now());
    let end = start + Duration::from_secs(seconds);
    let cores = std::thread::available_parallelism()?.get();
    let count: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|_| {
                let params = params.clone();
                scope.spawn(move || {
                    let hasher = argon2::Argon2::new(
                        argon2::Algorithm::Argon2id,
                        argon2::Version::V0x13,
                        params,
                    );
                    let mut count = 0;
                    while Instant::now() < end {
                        let mut out = [0_u8; 32];
                        let hashed = hasher.hash_password_into(
                            crate::fill::PASSWORD.as_bytes(),
                            b"sixteen bytes of",
                            &mut out,
                        );
                        count += u64::from(hashed.is_ok());
                        std::hint::black_box(out);
                    }
                    count
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or(0))
            .sum()
    });
    let (elapsed, used) = (start.elapsed().as_secs_f64(), cpu_of("self") - cpu);
    Ok(Measured {
        rate: count as f64 / elapsed,
        per_cpu: count as f64 / used.max(0.01),
        ..Measured::default()
    })
}

/// A PostgreSQL database that goes away again.
pub struct Database {
    server: String,
    name: String,
    /// Its address.
    pub url: String,
}

impl Database {
    /// Makes one on the server that `url` names.
    pub fn create(url: &str, users: u64) -> Result<Database> {
        let name = format!("usher_bench_{}_{users}", std::process::id());
        psql(url, &format!("CREATE DATABASE {name}"))?;
        let base = url.rsplit_once('/').map_or(url, |(base, _)| base);
        Ok(Database {
            server: url.to_owned(),
            url: format!("{base}/{name}"),
            name,
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = psql(
            &self.server,
            &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
        );
    }
}

fn psql(url: &str, sql: &str) -> Result<()> {
    let status = Command::new("psql")
        .args([url, "-q", "-c", sql])
        .status()
        .context("psql is needed for the PostgreSQL part")?;
    anyhow::ensure!(status.success(), "psql failed: {sql}");
    Ok(())
}
