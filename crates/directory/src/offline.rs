//! What an operator does to a directory from the command line, beside a running server or without one: back it up, restore it,
//! look whether everything in it holds.

use std::fs::File;
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::directory::StoreLocation;
use crate::model::{MailSettings, Setting as _, Time};
use crate::operations::mail;
use crate::outcome::{Abort, Outcome};
use crate::pending::Answering;
use crate::sealing;
use crate::state::read_setting;
use crate::store::portable::{self, format::Header};
use crate::store::{Location, Store, StoreError, Tx, check, settings};

/// Why an operator's command was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfflineError {
    /// There is no directory where one was looked for.
    #[error("{0}")]
    Absent(String),
    /// There is a directory where none may be, or a server has it open.
    #[error("{0}")]
    Occupied(String),
    /// The file or the tables are of another version, or not whole.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error("{0}")]
    Failed(String),
}

impl From<StoreError> for OfflineError {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::Absent(_) => Self::Absent(text),
            StoreError::Occupied => Self::Occupied(text),
            StoreError::Owned(_) => Self::Occupied(format!("{text}: stop it first")),
            StoreError::Newer(_)
            | StoreError::Damaged(_)
            | StoreError::Foreign(_)
            | StoreError::Copied(_)
            | StoreError::Address(_) => Self::Refused(text),
            _ => Self::Failed(text),
        }
    }
}

/// What a backup or a restore went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Tables.
    pub tables: usize,
    /// Rows of all tables.
    pub rows: u64,
}

/// A place where an invariant does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The invariant's name.
    pub invariant: String,
    /// What is wrong.
    pub detail: String,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The invariants that were looked at.
    pub checked: Vec<String>,
    /// Where they do not hold.
    pub findings: Vec<Finding>,
}

/// A backup that was read to its end and is whole.
#[derive(Debug)]
pub struct VerifiedBackup {
    file: File,
    header: Header,
}

impl VerifiedBackup {
    /// The version of the program that wrote it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.header.version
    }

    /// When it was written.
    #[must_use]
    pub fn made_at(&self) -> Time {
        Time(self.header.made_at)
    }

    /// The sealing key, where the backup holds it.
    #[must_use]
    pub fn secret(&self) -> Option<[u8; 32]> {
        let text = self.header.secret.as_deref()?;
        STANDARD.decode(text).ok()?.try_into().ok()
    }
}

pub(crate) fn location(location: &StoreLocation) -> Location {
    match location {
        StoreLocation::Folder(folder) => Location::Sqlite(folder.clone()),
        StoreLocation::AcceptedCopy(folder) => Location::SqliteCopy(folder.clone()),
        StoreLocation::Temporary => Location::DerivedCache,
        StoreLocation::Postgres(url) => Location::Postgres(url.clone()),
    }
}

/// Writes everything that a directory holds into `out`, from one snapshot: all that was acknowledged before it began, and nothing
/// half. A server may go on writing. With `secret` the sealing key is part of it.
pub fn write_backup<W: Write + Send + 'static>(
    place: StoreLocation,
    out: W,
    version: String,
    now: Time,
    secret: Option<[u8; 32]>,
) -> Answering<'static, Result<(W, Moved), OfflineError>> {
    Box::pin(async move {
        let secret = secret.map(|secret| STANDARD.encode(secret));
        let (out, moved) = Store::read_beside(&location(&place), async |tx: &mut Tx<'_>| {
            portable::dump(tx, out, &version, now.0, secret).await
        })
        .await?;
        let portable::Moved { tables, rows } = moved;
        Ok((out, Moved { tables, rows }))
    })
}

/// Reads a backup to its end: what is cut off, altered or made by a newer version is refused before anything is touched.
pub fn verify_backup(mut file: File) -> Result<VerifiedBackup, OfflineError> {
    let header = portable::verify(&mut file)?;
    Ok(VerifiedBackup { file, header })
}

/// Puts a backup into a folder or database that holds no directory yet, of either kind. All of it is there afterwards, or nothing.
pub fn restore_backup(
    place: StoreLocation,
    backup: VerifiedBackup,
    now: Time,
) -> Answering<'static, Result<Moved, OfflineError>> {
    Box::pin(async move {
        let VerifiedBackup { file, header } = backup;
        let moved = portable::restore(&location(&place), file, &header, now.0).await?;
        let portable::Moved { tables, rows } = moved;
        Ok(Moved { tables, rows })
    })
}

/// Whether a directory stands at a place; false where there is nothing at all.
pub fn holds_directory(place: StoreLocation) -> Answering<'static, Result<bool, OfflineError>> {
    Box::pin(async move {
        let found = Store::read_beside(&location(&place), async |tx: &mut Tx<'_>| {
            portable::holds_directory(tx).await
        })
        .await;
        match found {
            Err(StoreError::Absent(_)) => Ok(false),
            other => Ok(other?),
        }
    })
}

/// The mail settings of a directory that is not opened, the default when none are stored.
pub fn stored_mail_settings(
    place: StoreLocation,
) -> Answering<'static, Result<MailSettings, OfflineError>> {
    Box::pin(async move {
        let read = async |tx: &mut Tx<'_>| settings::document(tx, MailSettings::NAME).await;
        let stored = Store::read_beside(&location(&place), read).await?;
        read_setting(stored).map_err(|fault| OfflineError::Failed(fault.to_string()))
    })
}

/// Looks at every invariant, in one snapshot; a server may go on writing. Without the sealing key what is sealed is not looked at.
pub fn check_directory(
    place: StoreLocation,
    secret: Option<[u8; 32]>,
) -> Answering<'static, Result<CheckReport, OfflineError>> {
    Box::pin(async move {
        let look = async |tx: &mut Tx<'_>| -> Outcome<CheckReport> {
            let looked = check::check_invariants(tx).await?;
            let mut report = CheckReport {
                checked: looked
                    .checked
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect(),
                findings: Vec::new(),
            };
            let mut note = |invariant: &str, detail: String| {
                report.findings.push(Finding {
                    invariant: invariant.to_owned(),
                    detail,
                });
            };
            for broken in looked.broken {
                note(broken.invariant, broken.detail);
            }
            check::each_document(tx, |what, text| {
                if serde_json::from_str::<serde_json::Value>(text).is_err() {
                    note("documents", format!("{what} is no JSON"));
                }
            })
            .await?;
            if let Some(secret) = &secret {
                check::each_sealed(tx, |sealed| {
                    if sealing::open(secret, sealed.purpose, &sealed.bytes).is_none() {
                        note("sealed", format!("{} does not open", sealed.what));
                    }
                })
                .await?;
                let password = settings::document(tx, mail::PASSWORD_SETTING).await?;
                if password.is_some_and(|text| !mail::password_opens(&text, secret)) {
                    note(
                        "sealed",
                        "the password of the mail account does not open".to_owned(),
                    );
                }
                let check_value = sealing::stored_check(tx).await?;
                if check_value.is_some_and(|sealed| !sealing::fits(secret, &sealed)) {
                    note(
                        "sealed",
                        "the sealing key is not the one of this directory".to_owned(),
                    );
                }
            }
            report.checked.push("documents".to_owned());
            if secret.is_some() {
                report.checked.push("sealed".to_owned());
            }
            Ok(report)
        };
        match Store::read_beside(&location(&place), look).await {
            // A file that SQLite cannot read any further is found to be wrong; a server that is gone is not there.
            Err(Abort::Store(StoreError::Lost(why)))
                if !matches!(place, StoreLocation::Postgres(_)) =>
            {
                Ok(CheckReport {
                    checked: vec!["database".to_owned()],
                    findings: vec![Finding {
                        invariant: "database".to_owned(),
                        detail: why,
                    }],
                })
            }
            Err(Abort::Store(error)) => Err(error.into()),
            Err(other) => Err(OfflineError::Failed(other.into_fault().to_string())),
            Ok(report) => Ok(report),
        }
    })
}
