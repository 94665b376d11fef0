//! A running server, and a folder of its own.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::http::{Reply, exchange};

/// A folder that goes away with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("usher-it-{}-{count}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The binary under test: the one built with the tests, or the one that `USHER_TEST_BINARY` names, for figures of a release.
pub fn binary() -> PathBuf {
    let named = std::env::var_os("USHER_TEST_BINARY");
    named.map_or_else(|| env!("CARGO_BIN_EXE_usher").into(), PathBuf::from)
}

/// The binary in a folder, with no other `USHER_…` variable than those given.
pub fn command(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("USHER_") {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn output(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(folder, arguments, variables).output().unwrap()
}

/// A running server.
pub struct Server {
    process: Child,
    stdout: BufReader<std::process::ChildStdout>,
    /// The line it prints when it is ready.
    pub ready: String,
    /// Its address, `127.0.0.1:PORT`.
    pub address: String,
    /// What `first-run.env` says.
    pub variables: BTreeMap<String, String>,
}

impl Server {
    /// Serves the folder's `data` on a free port.
    pub fn start(folder: &Folder) -> Self {
        Self::start_with(folder, &[], &[])
    }

    pub fn start_with(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut all = vec!["serve", "--data", "data", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        Self::begin(folder, command(folder, &all, variables))
    }

    /// Starts the server by a command of the caller's and waits until it is ready.
    pub fn begin(folder: &Folder, mut command: Command) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut ready = String::new();
        stdout.read_line(&mut ready).unwrap();
        if !ready.starts_with("usher ready on http") {
            process.kill().unwrap();
            let mut log = String::new();
            process
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut log)
                .unwrap();
            panic!("not ready: {ready:?}\n{log}");
        }
        let address = ready.split_whitespace().nth(3).unwrap();
        Self {
            address: address.split_once("://").unwrap().1.to_owned(),
            variables: variables_of(&folder.data()),
            process,
            stdout,
            ready,
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    pub fn token(&self) -> &str {
        &self.variables["USHER_TOKEN"]
    }

    /// A request of the native API as the owner.
    pub fn native(&self, method: &str, path: &str, body: &str) -> Reply {
        let authorization = format!("Bearer {}", self.token());
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json"),
        ];
        let path = format!("/api/v1{path}");
        exchange(&self.address, method, &path, &headers, body).unwrap()
    }

    pub fn get(&self, path: &str) -> Reply {
        exchange(&self.address, "GET", path, &[], "").unwrap()
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.process.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Asks it to end; its exit code, what else it printed, and its log.
    pub fn stop(mut self, signal: &str) -> (Option<i32>, String, String) {
        self.signal(signal);
        let status = self.process.wait().unwrap();
        let (mut out, mut log) = (String::new(), String::new());
        self.stdout.read_to_string(&mut out).unwrap();
        let stderr = self.process.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        (status.code(), out, log)
    }

    /// Waits until it has ended by itself; its exit code.
    pub fn wait(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        let status = self.process.wait().unwrap();
        assert_eq!(status.signal(), Some(9));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn variables_of(data: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(data.join("first-run.env")).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}

/// A schema of its own on the test server.
pub struct Schema {
    pub url: String,
}

impl Schema {
    pub fn new(server: &str, test: &str) -> Self {
        let name = format!("usher_it_{test}_{}", std::process::id());
        let joint = if server.contains('?') { '&' } else { '?' };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(server, tokio_postgres::NoTls)
                .await
                .unwrap();
            tokio::spawn(connection);
            let make = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
            client.batch_execute(&make).await.unwrap();
        });
        Self {
            url: format!("{server}{joint}options=-c%20search_path%3D{name}"),
        }
    }
}
