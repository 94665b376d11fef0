//! `usher doctor`: what surrounds a directory, looked at one thing after another. A line for each: `ok`, `note` for what to think about,
//! `WRONG` for what to mend.

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow};
use directory::{OfflineError, Seams, StoreLocation};

use crate::configuration::Configuration;
use crate::failure::{Failure, Kind};
use crate::mail::Authorities;
use crate::{environment_file, secret, serve};

/// Room on a disk below which it is soon full.
const LEAST_ROOM: u64 = 1 << 30;
/// How far the clock may be from that of the files on the disk.
const SKEW: i64 = 60_000;
/// How long a mail server is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    Note,
    Wrong,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Ok => "ok   ",
            Verdict::Note => "note ",
            Verdict::Wrong => "WRONG",
        })
    }
}

#[derive(Default)]
struct Examination(Vec<(Verdict, &'static str, String)>);

impl Examination {
    fn ok(&mut self, what: &'static str, text: impl Into<String>) {
        self.0.push((Verdict::Ok, what, text.into()));
    }

    fn note(&mut self, what: &'static str, text: impl Into<String>) {
        self.0.push((Verdict::Note, what, text.into()));
    }

    fn wrong(&mut self, what: &'static str, text: impl Into<String>) {
        self.0.push((Verdict::Wrong, what, text.into()));
    }
}

/// Looks at everything; finding something wrong is an exit code of its own.
pub async fn examine(configuration: &Configuration) -> Result<()> {
    let mut found = Examination::default();
    clock(&mut found, configuration);
    files(&mut found, configuration);
    sealing(&mut found, configuration);
    certificate(&mut found, configuration);
    exposure(&mut found, configuration);
    room(&mut found, &configuration.data);
    database(&mut found, configuration).await;
    mail(&mut found, configuration).await;
    let mut stdout = std::io::stdout();
    for (verdict, what, text) in &found.0 {
        writeln!(stdout, "{verdict} {what}: {text}")?;
    }
    let wrong = found
        .0
        .iter()
        .filter(|(verdict, ..)| *verdict == Verdict::Wrong)
        .count();
    if wrong > 0 {
        return Err(Failure::new(Kind::Partly, anyhow!("{wrong} things are wrong")).into());
    }
    Ok(())
}

/// The clock against that of the file system, which may be another machine's.
fn clock(found: &mut Examination, configuration: &Configuration) {
    let now = Seams::default().clock.now();
    let trial = configuration.data.join(".doctor");
    let written = std::fs::write(&trial, b"").and_then(|()| std::fs::metadata(&trial)?.modified());
    drop(std::fs::remove_file(&trial));
    let modified = written
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|time| i64::try_from(time.as_millis()).ok());
    match modified {
        Some(modified) if (now.0 - modified).abs() > SKEW => found.wrong(
            "clock",
            format!(
                "{} seconds from that of the disk: codes of second factors and ends of sessions depend on it",
                (now.0 - modified) / 1_000
            ),
        ),
        Some(_) => found.ok("clock", now.rfc3339()),
        None => found.note("clock", "the data folder cannot be written, so there is nothing to compare with"),
    }
}

fn mode(path: &Path) -> Option<u32> {
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o7777)
}

fn files(found: &mut Examination, configuration: &Configuration) {
    let data = &configuration.data;
    let Some(folder) = mode(data) else {
        found.note("files", format!("{} does not exist yet", data.display()));
        return;
    };
    if folder & 0o002 != 0 {
        found.wrong(
            "files",
            format!("everybody may write into {}: chmod 700 it", data.display()),
        );
    } else if folder & 0o077 != 0 {
        found.note(
            "files",
            format!(
                "others may look into {} (mode {folder:04o})",
                data.display()
            ),
        );
    } else {
        found.ok("files", format!("{} is the server's own", data.display()));
    }
    for name in ["usher.sqlite3", "secret.key", "first-run.env"] {
        let path = data.join(name);
        if let Some(mode) = mode(&path)
            && mode & 0o077 != 0
        {
            found.wrong(
                "files",
                format!(
                    "others may read {} (mode {mode:04o}): chmod 600 it",
                    path.display()
                ),
            );
        }
    }
    let first_run = environment_file::path(data);
    if first_run.exists() {
        found.note(
            "first run",
            format!(
                "{} still holds the first owner's password and key: move it to a safe place",
                first_run.display()
            ),
        );
    }
}

fn sealing(found: &mut Examination, configuration: &Configuration) {
    match secret::find(&configuration.data, &*Seams::default().entropy) {
        Ok(secret) if secret.is_new() => {
            found.note("sealing key", "there is none yet; the first start makes it")
        }
        Ok(secret) => found.ok("sealing key", secret.place),
        Err(error) => found.wrong("sealing key", format!("{error:#}")),
    }
}

fn certificate(found: &mut Examination, configuration: &Configuration) {
    let Some(files) = &configuration.tls else {
        return;
    };
    match crate::tls::read(files) {
        Err(error) => found.wrong("tls", format!("{error:#}")),
        Ok(pair) => {
            let left = (pair.expires_at - Seams::default().clock.now().seconds()) / 86_400;
            if left < 0 {
                found.wrong("tls", "the certificate has expired");
            } else if left < 14 {
                found.note("tls", format!("the certificate ends in {left} days"));
            } else {
                found.ok("tls", format!("the certificate ends in {left} days"));
            }
        }
    }
}

fn exposure(found: &mut Examination, configuration: &Configuration) {
    let open = !configuration.listen.ip().is_loopback();
    let public = &configuration.options.public_url;
    if open && configuration.tls.is_none() && configuration.options.proxies.is_empty() {
        found.wrong(
            "listen",
            format!(
                "{} is reached from elsewhere in the clear: set tls.certificate and tls.key, or put a proxy before it and name it in proxies",
                configuration.listen
            ),
        );
    } else {
        found.ok("listen", configuration.listen.to_string());
    }
    if public.is_empty() {
        found.note(
            "public_url",
            "is not stated: links in mails use what the settings say, else where it listens",
        );
    } else if public.starts_with("http://") && open {
        found.note("public_url", format!("{public} is in the clear"));
    } else {
        found.ok("public_url", public.clone());
    }
    if configuration.options.unlimited {
        found.note(
            "limits",
            "rate_limits is off: a key may come as often as it likes",
        );
    }
}

fn room(found: &mut Examination, data: &Path) {
    match rustix::fs::statvfs(data) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let text = format!("{} MiB free below {}", free >> 20, data.display());
            if free < LEAST_ROOM {
                found.note("disk", text);
            } else {
                found.ok("disk", text);
            }
        }
        Err(_) => found.note("disk", format!("{} does not exist yet", data.display())),
    }
}

async fn database(found: &mut Examination, configuration: &Configuration) {
    if let Some(url) = &configuration.database {
        let encrypted = ["sslmode=verify-full", "sslmode=verify-ca"];
        let local = ["@localhost", "@127.0.0.1", "@[::1]", "host=/"];
        if !encrypted.iter().any(|mode| url.contains(mode))
            && !local.iter().any(|host| url.contains(host))
        {
            found.note(
                "database",
                "the server's certificate is not verified: sslmode=verify-full in its address does",
            );
        }
        let folder = StoreLocation::Folder(configuration.data.clone());
        if let Ok(true) = directory::holds_directory(folder).await {
            found.note(
                "database",
                format!(
                    "{} holds a directory in SQLite too, which is not served",
                    configuration.data.display()
                ),
            );
        }
    }
    match directory::holds_directory(serve::location(configuration)).await {
        Ok(true) => {}
        Ok(false) => {
            found.note("database", "holds no directory yet");
            return;
        }
        Err(
            OfflineError::Failed(why)
            | OfflineError::Refused(why)
            | OfflineError::Absent(why)
            | OfflineError::Occupied(why),
        ) => {
            found.wrong("database", why);
            return;
        }
    }
    let secret = secret::find(&configuration.data, &*Seams::default().entropy).ok();
    let secret = secret
        .filter(|secret| !secret.is_new())
        .map(|secret| secret.key);
    match directory::check_directory(serve::location(configuration), secret).await {
        Ok(report) if report.findings.is_empty() => {
            found.ok(
                "database",
                format!("{} invariants hold", report.checked.len()),
            );
        }
        Ok(report) => found.wrong(
            "database",
            format!("{} findings: see usher check", report.findings.len()),
        ),
        Err(error) => found.wrong("database", error.to_string()),
    }
}

/// Whether the mail server can be reached; nothing is sent.
async fn mail(found: &mut Examination, configuration: &Configuration) {
    if let Some(file) = &configuration.mail_ca_file
        && let Err(error) = Authorities::read(file)
    {
        found.wrong("mail", format!("{error:#}"));
    }
    let place = serve::location(configuration);
    let settings = match directory::stored_mail_settings(place).await {
        Ok(settings) => settings,
        // The check of the database has named what is wrong with it.
        Err(_) => return,
    };
    let Some(server) = &settings.server else {
        found.note(
            "mail",
            "no SMTP server is set: mails are written into the data folder, and nobody gets them",
        );
        return;
    };
    let port = settings
        .port
        .unwrap_or(match (settings.tls, settings.start_tls) {
            (true, _) => 465,
            (false, true) => 587,
            (false, false) => 25,
        });
    let connecting = tokio::net::TcpStream::connect((server.as_str(), port));
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(_)) => found.ok("mail", format!("{server}:{port} answers")),
        Ok(Err(error)) => found.wrong("mail", format!("{server}:{port}: {error}")),
        Err(_) => found.wrong("mail", format!("{server}:{port} does not answer")),
    }
}
