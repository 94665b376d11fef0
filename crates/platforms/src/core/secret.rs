//! A value that is never printed.

use std::fmt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use crate::core::error::{Error, Result};

/// A credential, password or token.
///
/// It has no `Display` and no `Serialize`, `Debug` prints `Secret(…)`, and its memory is cleared when it is
/// dropped. [`expose`](Secret::expose) is the one way to its text.
///
/// ```
/// use usher_platforms::Secret;
///
/// let key = Secret::new("correct horse battery staple");
/// assert_eq!(format!("{key:?}"), "Secret(…)");
/// assert_eq!(key.expose(), "correct horse battery staple");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// Takes the value of an environment variable; missing and empty ones are an [`Error::Config`].
    pub fn from_env(variable: &str) -> Result<Self> {
        match std::env::var(variable) {
            Ok(text) if !text.trim().is_empty() => Ok(Self::new(text.trim())),
            Ok(_) => Err(Error::config(format!(
                "the environment variable {variable} is empty"
            ))),
            Err(_) => Err(Error::config(format!(
                "set the environment variable {variable}"
            ))),
        }
    }

    /// Reads a file, without the line end at its end.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::config(format!(
                "cannot read the secret in {}: {error}",
                path.display()
            ))
        })?;
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(Error::config(format!(
                "the secret in {} is empty",
                path.display()
            )));
        }
        Ok(Self::new(text))
    }

    /// The text itself. Whatever is done with it is the caller's to keep quiet about.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
