//! A PostgreSQL of a test's own.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::server::Folder;

/// A program of PostgreSQL's, which refuses to run as root.
fn run(programs: &Path, program: &str) -> Command {
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
        command.arg(programs.join(program));
        command
    } else {
        Command::new(programs.join(program))
    };
    command
        .current_dir("/")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command
}

/// Starts the server of a folder and waits until it takes connections.
fn serve(programs: &Path, folder: &Path, port: u16) -> Child {
    let child = run(programs, "postgres")
        .args([
            "-p",
            &port.to_string(),
            "-h",
            "127.0.0.1",
            "-c",
            "fsync=off",
            "-k",
        ])
        .arg(folder)
        .arg("-D")
        .arg(folder.join("database"))
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "PostgreSQL does not start"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(Duration::from_millis(500));
    child
}

/// A PostgreSQL of the test's own, whose processes can be stopped.
pub struct Postgres {
    folder: Folder,
    child: Child,
    /// Where it is.
    pub url: String,
    port: u16,
    programs: std::path::PathBuf,
}

impl Postgres {
    /// None where the programs are not there.
    pub fn start() -> Option<Self> {
        let programs = std::env::var_os("PATH").and_then(|paths| {
            let mut all: Vec<_> = std::env::split_paths(&paths).collect();
            let debian = std::fs::read_dir("/usr/lib/postgresql")
                .into_iter()
                .flatten()
                .flatten();
            all.extend(debian.map(|version| version.path().join("bin")));
            all.into_iter()
                .find(|path| path.join("initdb").exists() && path.join("postgres").exists())
        })?;
        let folder = Folder::new();
        let root = rustix::process::geteuid().is_root();
        if root {
            let owned = Command::new("chown")
                .arg("nobody:nogroup")
                .arg(folder.path())
                .status();
            assert!(owned.unwrap().success());
        }
        let data = folder.path().join("database");
        let made = run(&programs, "initdb")
            .args(["--auth=trust", "--username=usher", "-D"])
            .arg(&data)
            .status();
        assert!(made.unwrap().success(), "initdb");
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = serve(&programs, folder.path(), port);
        let url = format!("postgresql://usher@127.0.0.1:{port}/postgres");
        Some(Self {
            folder,
            child,
            url,
            port,
            programs,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Ends it at once, as a crash does, and starts it again.
    pub fn crash_and_restart(&mut self) {
        let own = self.child.id().to_string();
        let told = Command::new("kill").args(["-QUIT", &own]).status();
        assert!(told.unwrap().success());
        self.child.wait().unwrap();
        self.child = serve(&self.programs, self.folder.path(), self.port);
    }

    /// Sends a signal to the server and all its processes.
    pub fn signal(&self, name: &str) {
        let own = self.child.id().to_string();
        let mut all = vec![own.clone()];
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let parent = stat
                .rsplit_once(") ")
                .and_then(|(_, rest)| rest.split(' ').nth(1));
            if parent == Some(own.as_str()) {
                all.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        Command::new("kill")
            .arg(format!("-{name}"))
            .args(&all)
            .status()
            .unwrap();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.signal("CONT");
        self.signal("KILL");
        let _ = self.child.wait();
    }
}
