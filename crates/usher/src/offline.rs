//! The commands of an operator at the machine: backup, restore, check, recover, config.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use directory::{Clock as _, Fault, Seams, SystemClock};

use crate::configuration::Configuration;
use crate::failure::{self, Failure, Kind};
use crate::serve::location;
use crate::{secret, serve};

fn say(line: &str) -> Result<()> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    Ok(())
}

fn conflict(text: String) -> anyhow::Error {
    Failure::new(Kind::Conflict, anyhow!(text)).into()
}

/// The sealing key where there is one; none is made.
fn found_secret(configuration: &Configuration) -> Result<Option<[u8; 32]>> {
    let found = secret::find(&configuration.data, &*Seams::default().entropy)
        .map_err(failure::misconfigured)?;
    Ok((!found.is_new()).then_some(found.key))
}

/// Writes one consistent file while a server writes.
pub async fn back_up(
    configuration: &Configuration,
    file: &Path,
    force: bool,
    with_secret: bool,
) -> Result<()> {
    if file.exists() && !force {
        return Err(conflict(format!(
            "{} exists already: name another file, or replace it with --force",
            file.display()
        )));
    }
    let secret = if with_secret {
        let found = found_secret(configuration)?;
        Some(found.ok_or_else(|| {
            let data = configuration.data.display();
            Failure::new(
                Kind::Missing,
                anyhow!(
                    "--with-secret: there is no sealing key in {data}, nor in USHER_SECRET_KEY"
                ),
            )
        })?)
    } else {
        None
    };
    // What breaks off leaves no file that looks like a backup.
    let mut beside = file.as_os_str().to_owned();
    beside.push(".partial");
    let beside = PathBuf::from(beside);
    drop(std::fs::remove_file(&beside));
    let out = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .with_context(|| format!("cannot write {}", beside.display()))?;
    let written = directory::write_backup(
        location(configuration),
        BufWriter::with_capacity(1 << 20, out),
        env!("CARGO_PKG_VERSION").to_owned(),
        SystemClock.now(),
        secret,
    )
    .await
    .map_err(|error| failure::of_directory(error, Kind::Conflict));
    let kept = written.and_then(|(out, moved)| {
        let out = out.into_inner().context("cannot write the backup")?;
        out.sync_all().context("cannot write the backup")?;
        std::fs::rename(&beside, file)
            .with_context(|| format!("cannot write {}", file.display()))?;
        if let Some(folder) = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            File::open(folder)?.sync_all()?;
        }
        Ok(moved)
    });
    let moved = match kept {
        Ok(moved) => moved,
        Err(error) => {
            drop(std::fs::remove_file(&beside));
            return Err(error);
        }
    };
    say(&format!(
        "{}: {} rows of {} tables{}",
        file.display(),
        moved.rows,
        moved.tables,
        if with_secret {
            ", with the sealing key: whoever has this file has the directory"
        } else {
            ", without the sealing key: keep secret.key too, apart from it"
        }
    ))
}

/// Reads a backup into a folder or database that holds no directory yet.
pub async fn restore(configuration: &Configuration, file: &Path) -> Result<()> {
    let input = File::open(file).map_err(|error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => Kind::Missing,
            _ => Kind::Failed,
        };
        Failure::new(kind, anyhow!("cannot read {}: {error}", file.display()))
    })?;
    let in_file = |error: directory::OfflineError| {
        let error = failure::of_directory(error, Kind::Conflict);
        match error.downcast::<Failure>() {
            Ok(failure) => failure.about(file).into(),
            Err(error) => error,
        }
    };
    let backup = directory::verify_backup(input).map_err(in_file)?;
    serve::make_data_folder(configuration)?;
    let own = secret::find(&configuration.data, &*Seams::default().entropy)
        .map_err(failure::misconfigured)?;
    if let Some(secret) = backup.secret()
        && !own.is_new()
        && own.key != secret
    {
        return Err(conflict(format!(
            "{} is another sealing key than the one in the backup: move it away, or give another --data",
            own.place
        )));
    }
    let (secret, version) = (backup.secret(), backup.version().to_owned());
    let place = location(configuration);
    let moved = directory::restore_backup(place, backup, SystemClock.now())
        .await
        .map_err(|error| match error {
            directory::OfflineError::Occupied(why) => conflict(format!(
                "{}: {why}; restore into an empty folder or database",
                shown_place(configuration)
            )),
            other => in_file(other),
        })?;
    let key = match secret {
        Some(key) if own.is_new() => {
            secret::keep(&configuration.data, key)?;
            "the sealing key is there too".to_owned()
        }
        _ if own.is_new() => format!(
            "put its secret.key into {} before the first start, or set USHER_SECRET_KEY",
            configuration.data.display()
        ),
        _ => format!("the sealing key is {}", own.place),
    };
    say(&format!(
        "{}: {} rows of {} tables, made by usher {version}; {key}",
        shown_place(configuration),
        moved.rows,
        moved.tables
    ))
}

/// The place as an operator knows it, without a password.
fn shown_place(configuration: &Configuration) -> String {
    match &configuration.database {
        Some(_) => "the database".to_owned(),
        None => configuration.data.display().to_string(),
    }
}

/// Looks at every invariant; finding something is an exit code of its own.
pub async fn check(configuration: &Configuration, json: bool) -> Result<()> {
    let secret = found_secret(configuration)?;
    let report = directory::check_directory(location(configuration), secret)
        .await
        .map_err(|error| failure::of_directory(error, Kind::Conflict))?;
    if json {
        say(&serde_json::to_string_pretty(&report)?)?;
    } else {
        for finding in &report.findings {
            say(&format!("{}: {}", finding.invariant, finding.detail))?;
        }
    }
    let count = report.findings.len();
    if count > 0 {
        let error = anyhow!("{count} findings in {}", shown_place(configuration));
        return Err(Failure::new(Kind::Partly, error).into());
    }
    if !json {
        let sealed = match secret {
            Some(_) => "",
            None => "; what is sealed was not looked at, for there is no sealing key",
        };
        say(&format!(
            "nothing wrong: {} invariants hold{sealed}",
            report.checked.len()
        ))?;
    }
    Ok(())
}

/// Makes a person an owner who can sign in.
pub async fn recover(
    configuration: &Configuration,
    login: &str,
    password: Option<&str>,
) -> Result<()> {
    let given = password.map(secret_argument).transpose()?;
    if !directory::holds_directory(location(configuration))
        .await
        .map_err(|error| failure::of_directory(error, Kind::Conflict))?
    {
        let error = anyhow!("{} holds no directory", shown_place(configuration));
        return Err(Failure::new(Kind::Missing, error).into());
    }
    let (directory, _) = serve::open(configuration, Kind::Conflict).await?;
    let made = given
        .clone()
        .unwrap_or_else(|| directory.seams().letters_and_digits(24));
    let recovered = directory.recover(login.to_owned(), made.clone()).await;
    let closed = directory.close().await;
    let user = recovered.map_err(|fault| {
        let (kind, text) = match fault {
            Fault::NotFound(_) => (Kind::Missing, format!("nobody has the login {login}")),
            Fault::WeakPassword(why) => (
                Kind::Misconfigured,
                format!("--password: {}", crate::pages::weakness(why)),
            ),
            Fault::Invalid { why, .. } => (Kind::Misconfigured, format!("{login} {why}")),
            other => (Kind::Failed, other.to_string()),
        };
        Failure::new(kind, anyhow!(text))
    })?;
    closed?;
    say(&format!(
        "{} is an owner, active, unlocked and without second factor; all sessions ended",
        user.login
    ))?;
    if given.is_none() {
        say(&format!("password: {made}"))?;
    }
    Ok(())
}

/// A secret given as `@FILE`, or `@-` for standard input. As a word of the command line others could read it.
fn secret_argument(argument: &str) -> Result<String> {
    let Some(file) = argument.strip_prefix('@') else {
        return Err(failure::misconfigured(anyhow!(
            "--password takes @FILE, or @- for standard input: the command line is seen by others"
        )));
    };
    let mut text = String::new();
    let read = if file == "-" {
        std::io::stdin().take(65_536).read_to_string(&mut text)
    } else {
        File::open(file).and_then(|input| input.take(65_536).read_to_string(&mut text))
    };
    read.map_err(|error| failure::misconfigured(anyhow!("--password {argument}: {error}")))?;
    Ok(text
        .strip_suffix('\n')
        .unwrap_or(&text)
        .trim_end_matches('\r')
        .to_owned())
}

/// Prints every setting with its value and where it was stated.
pub fn show_configuration(configuration: &Configuration) -> Result<()> {
    for line in &configuration.shown {
        say(line)?;
    }
    Ok(())
}
