//! The key that seals what must stay readable. It is kept outside the database: in the environment,
//! or in the data folder under `secret.key`.

use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::Entropy;

/// The variable that holds it.
const VARIABLE: &str = "USHER_SECRET_KEY";
/// The variable that names a file which holds it: a credential of systemd, a mounted secret.
const FILE_VARIABLE: &str = "USHER_SECRET_KEY_FILE";

/// The key, and where it must be kept if it was made just now.
pub struct Secret {
    /// The key.
    pub key: [u8; 32],
    /// The file or variable it is kept in.
    pub place: String,
    unsaved: Option<PathBuf>,
}

/// Finds the key, or makes one.
pub fn find(data: &Path, entropy: &dyn Entropy) -> Result<Secret> {
    if let Some(text) = std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
        let key = decoded(&text.to_string_lossy()).context(VARIABLE)?;
        return Ok(Secret {
            key,
            place: VARIABLE.to_owned(),
            unsaved: None,
        });
    }
    if let Some(file) = std::env::var_os(FILE_VARIABLE).filter(|file| !file.is_empty()) {
        let place = format!("{FILE_VARIABLE} ({})", file.display());
        let text = std::fs::read_to_string(&file).with_context(|| place.clone())?;
        return Ok(Secret {
            key: decoded(&text).with_context(|| place.clone())?,
            place,
            unsaved: None,
        });
    }
    let path = data.join("secret.key");
    match std::fs::read_to_string(&path) {
        Ok(_) if others_read(&path) => bail!(
            "{} may be read by others: chmod 600 it, and think of its key as known if they are not trusted",
            path.display()
        ),
        Ok(text) => Ok(Secret {
            key: decoded(&text).with_context(|| path.display().to_string())?,
            place: path.display().to_string(),
            unsaved: None,
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut key = [0; 32];
            entropy.fill(&mut key);
            Ok(Secret {
                key,
                place: path.display().to_string(),
                unsaved: Some(path),
            })
        }
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

impl Secret {
    /// Whether it was made just now: then a directory that exists already cannot be read with it.
    pub fn is_new(&self) -> bool {
        self.unsaved.is_some()
    }

    /// Keeps a key that was made just now.
    pub fn save(&self) -> Result<()> {
        match &self.unsaved {
            None => Ok(()),
            Some(path) => write_private(path, &format!("{}\n", STANDARD.encode(self.key)))
                .with_context(|| path.display().to_string()),
        }
    }
}

/// Keeps a key that came with a backup.
pub fn keep(data: &Path, key: [u8; 32]) -> Result<()> {
    let path = data.join("secret.key");
    write_private(&path, &format!("{}\n", STANDARD.encode(key)))
        .with_context(|| path.display().to_string())
}

fn others_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

/// Writes a file that only its owner may read: whole and on disk, or not at all.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // A left-over of an interrupted start may have other rights.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn decoded(text: &str) -> Result<[u8; 32]> {
    let bytes = STANDARD.decode(text.trim()).ok();
    match bytes.map(<[u8; 32]>::try_from) {
        Some(Ok(key)) => Ok(key),
        _ => bail!("must be 32 bytes in base64"),
    }
}
