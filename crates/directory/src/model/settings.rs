//! Settings that administrators change while the server runs, and the configuration it starts with.

use serde::{Deserialize, Serialize};

/// What a vendor asks of passwords beside the directory's own policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordRule {
    /// The least number of characters.
    pub minimum: u32,
    /// From this length on no composition is asked for; `None` always asks.
    pub free_from: Option<u32>,
    /// Needs a lower-case letter.
    pub lower: bool,
    /// Needs an upper-case letter.
    pub upper: bool,
    /// Needs a digit.
    pub digit: bool,
    /// Needs a character that is neither letter nor digit, nor `_`, which counts as a letter.
    pub special: bool,
    /// A digit or a special character suffices in place of both.
    pub digit_or_special: bool,
}

impl PasswordRule {
    /// No demand beyond the given length.
    #[must_use]
    pub const fn length(minimum: u32) -> Self {
        Self {
            minimum,
            free_from: None,
            lower: false,
            upper: false,
            digit: false,
            special: false,
            digit_or_special: false,
        }
    }
}

/// Which password policy holds, fixed at start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordPolicy {
    /// The directory's own at every door: length, common passwords, own names.
    #[default]
    Default,
    /// Each door its vendor's.
    Vendor,
}

/// A settings document with a fixed name and a default.
pub trait Setting: Serialize + for<'de> Deserialize<'de> + Default + Send + Sync + 'static {
    /// The row's name.
    const NAME: &'static str;
}

/// When too many wrong passwords lock an account out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LockoutPolicy {
    /// Whether anything locks.
    pub enabled: bool,
    /// How long a lock-out lasts, in seconds; 0 until lifted.
    pub duration: i64,
    /// How many wrong passwords cause it.
    pub threshold: i64,
    /// Within how many seconds they must happen.
    pub period: i64,
}

impl Default for LockoutPolicy {
    fn default() -> Self {
        Self {
            enabled: true,
            duration: 300,
            threshold: 3,
            period: 900,
        }
    }
}

impl Setting for LockoutPolicy {
    const NAME: &'static str = "lockout";
}

/// Where mail goes out. The account's password is sealed in a document of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailSettings {
    /// The SMTP server; `None` writes `.eml` files into the data directory.
    pub server: Option<String>,
    /// Its port; 25, 465 or 587 by the kind of connection when absent.
    pub port: Option<u16>,
    /// The account; `None` sends without logging in.
    pub account: Option<String>,
    /// Upgrade with STARTTLS.
    pub start_tls: bool,
    /// TLS from the first byte.
    pub tls: bool,
    /// The sender's address.
    pub sender: String,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            server: None,
            port: None,
            account: None,
            start_tls: true,
            tls: false,
            sender: "usher@localhost".to_owned(),
        }
    }
}

impl Setting for MailSettings {
    const NAME: &'static str = "mail";
}

/// Figures of the directory's own password policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PasswordFigures {
    /// The least number of characters.
    pub minimum: u32,
    /// The greatest number of characters; longer ones are refused before hashing.
    pub maximum: u32,
}

impl Default for PasswordFigures {
    fn default() -> Self {
        Self {
            minimum: 12,
            maximum: 1024,
        }
    }
}

impl Setting for PasswordFigures {
    const NAME: &'static str = "passwords";
}

/// Facts about the installation as its users see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PublicFace {
    /// The address under which people reach the server, without a trailing slash; used in mails.
    pub url: Option<String>,
    /// The name shown in mails and pages.
    pub title: Option<String>,
}

impl Setting for PublicFace {
    const NAME: &'static str = "public";
}

/// How long sessions and mailed tokens live, in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lifetimes {
    /// A session without use.
    pub session_idle: i64,
    /// A session at most.
    pub session: i64,
    /// A password reset link.
    pub reset: i64,
    /// An activation link.
    pub activation: i64,
    /// An e-mail confirmation link.
    pub confirmation: i64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            session_idle: 1_200,
            session: 43_200,
            reset: 3_600,
            activation: 604_800,
            confirmation: 86_400,
        }
    }
}

impl Setting for Lifetimes {
    const NAME: &'static str = "lifetimes";
}

/// Whether people need a second factor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecondFactorPolicy {
    /// Those for whom nothing else is said do.
    pub required: bool,
}

impl Setting for SecondFactorPolicy {
    const NAME: &'static str = "second_factor";
}
