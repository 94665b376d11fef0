//! The servers this command line knows: `$XDG_CONFIG_HOME/usher/profiles.toml`, and which of them a command
//! asks.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::failure::{Exit, Failure, Result};
use crate::secrets;

/// One server.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The file that holds the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Document {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(flatten)]
    profiles: BTreeMap<String, Profile>,
}

/// All profiles.
#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    document: Document,
}

/// A server to be asked, and as whom.
pub struct Target {
    /// Its address.
    pub url: String,
    /// The credential.
    pub token: SecretString,
}

impl Profiles {
    /// Reads the file, if there is one.
    pub fn read(environment: &Environment) -> Result<Self> {
        let path = environment.configuration_folder()?.join("profiles.toml");
        let document = match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| {
                Failure::usage(format!(
                    "{} cannot be read: {}",
                    path.display(),
                    error.message()
                ))
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Document::default(),
            Err(error) => {
                return Err(Failure::usage(format!("{}: {error}", path.display())));
            }
        };
        Ok(Self { path, document })
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.document.profiles.keys().map(String::as_str)
    }

    /// The one in use.
    pub fn current(&self) -> Option<&str> {
        self.document.current.as_deref()
    }

    /// The profile of this name.
    pub fn find(&self, name: &str) -> Result<&Profile> {
        self.document.profiles.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.names().collect();
            let known = if known.is_empty() {
                "There are none yet: usher profile set NAME --url URL --token @FILE".to_owned()
            } else {
                format!("There are {}", known.join(", "))
            };
            Failure::new(
                Exit::NotFound,
                format!("There is no profile `{name}`. {known}."),
            )
        })
    }

    /// Makes a profile or changes what is given. The first one becomes the current one.
    pub fn set(
        &mut self,
        name: &str,
        url: Option<String>,
        token_file: Option<PathBuf>,
    ) -> Result<()> {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        if name.is_empty() || name.len() > 64 || !name.chars().all(fits) || name == "current" {
            return Err(Failure::usage(format!(
                "`{name}` cannot be a profile's name: letters, digits, - and _ can, and `current` has a meaning of its own."
            )));
        }
        if let Some(url) = &url {
            crate::connection::address::checked_url(url)?;
        }
        let profile = self.document.profiles.entry(name.to_owned()).or_default();
        profile.url = url.or(profile.url.take());
        profile.token_file = token_file.or(profile.token_file.take());
        if profile.url.is_none() {
            return Err(Failure::usage(
                "A profile needs an address: --url https://usher.example.org.",
            ));
        }
        if self.document.current.is_none() {
            self.document.current = Some(name.to_owned());
        }
        Ok(())
    }

    /// Uses a profile from now on.
    pub fn choose(&mut self, name: &str) -> Result<()> {
        self.find(name)?;
        self.document.current = Some(name.to_owned());
        Ok(())
    }

    /// Forgets a profile, and the token if it is kept in a file of ours.
    pub fn delete(&mut self, name: &str) -> Result<()> {
        self.find(name)?;
        let own = self.own_token_file(name);
        if let Some(profile) = self.document.profiles.remove(name)
            && profile.token_file.as_deref() == Some(own.as_path())
        {
            match fs::remove_file(&own) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::new(
                        Exit::Failed,
                        format!("{} cannot be deleted: {error}.", own.display()),
                    ));
                }
                _ => {}
            }
        }
        if self.document.current.as_deref() == Some(name) {
            self.document.current = None;
        }
        Ok(())
    }

    /// Keeps a token in a file of its own that only its owner may read.
    pub fn keep_token(&self, name: &str, token: &SecretString) -> Result<PathBuf> {
        let path = self.own_token_file(name);
        write_private(&path, &format!("{}\n", token.expose_secret()))?;
        Ok(path)
    }

    fn own_token_file(&self, name: &str) -> PathBuf {
        self.path.with_file_name(format!("{name}.token"))
    }

    /// Writes the file anew.
    pub fn write(&self) -> Result<()> {
        let text = toml::to_string(&self.document)
            .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        write_private(&self.path, &text)
    }
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &Path, text: &str) -> Result<()> {
    let cannot = |error: std::io::Error| {
        Failure::new(
            Exit::Failed,
            format!("{} cannot be written: {error}.", path.display()),
        )
    };
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(cannot)?;
    }
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let written = (|| {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?;
        // A file that was left over keeps its mode.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    written.map_err(|error| {
        let _ = fs::remove_file(&new);
        cannot(error)
    })
}

/// Which server is asked, and as whom: the flags, else `USHER_URL` with `USHER_TOKEN`, else the profile of
/// `USHER_PROFILE`, else the current one. A token goes to no other server than the one it was stated for.
pub fn target(
    environment: &mut Environment,
    url: Option<&str>,
    profile: Option<&str>,
) -> Result<Target> {
    if let Some(name) = profile {
        return of_profile(environment, name, url);
    }
    let stated = url.or(environment.variable("USHER_URL")).map(str::to_owned);
    let token = environment.variable("USHER_TOKEN").map(str::to_owned);
    match (stated, token) {
        (Some(url), Some(token)) => Ok(Target {
            url,
            token: SecretString::from(token.trim().to_owned()),
        }),
        (Some(url), None) => Err(Failure::usage(format!(
            "The server {} is stated, and no token for it. Set USHER_TOKEN, or keep both in a profile: usher profile set NAME --url URL --token @FILE.",
            crate::text::printable(&url)
        ))),
        (None, Some(_)) => Err(Failure::usage(
            "USHER_TOKEN is set, and USHER_URL is not. Set it to the server that the token belongs to, or unset both to use a profile.",
        )),
        (None, None) => {
            let stated = environment.variable("USHER_PROFILE").map(str::to_owned);
            let name = match stated {
                Some(name) => Some(name),
                None => Profiles::read(environment)?.current().map(str::to_owned),
            };
            let Some(name) = name else {
                return Err(Failure::usage(
                    "No server is stated. Set USHER_URL and USHER_TOKEN, or make a profile: usher profile set NAME --url URL --token @FILE.",
                ));
            };
            of_profile(environment, &name, None)
        }
    }
}

fn of_profile(environment: &mut Environment, name: &str, url: Option<&str>) -> Result<Target> {
    let profiles = Profiles::read(environment)?;
    let profile = profiles
        .find(name)
        .map_err(|failure| Failure::usage(failure.detail))?
        .clone();
    let Some(url) = url.map(str::to_owned).or(profile.url) else {
        return Err(Failure::usage(format!(
            "The profile `{name}` has no address: usher profile set {name} --url URL."
        )));
    };
    let Some(file) = profile.token_file else {
        return Err(Failure::usage(format!(
            "The profile `{name}` has no token: usher profile set {name} --token @FILE."
        )));
    };
    let open_to_others =
        fs::metadata(&file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
    if open_to_others {
        environment.stderr.note(&format!(
            "usher: others may read {}: chmod 600 it",
            file.display()
        ));
    }
    let given = format!("@{}", file.display());
    let token = secrets::read(environment, &format!("profile {name}"), Some(&given))?;
    let token = SecretString::from(token.expose_secret().trim().to_owned());
    Ok(Target { url, token })
}
