//! A row of the table of dialects.

use directory::{Platform, PlatformSpec, usher_platform};

use super::protocol::Protocol;
use super::route::Route;

/// One language the server speaks.
pub struct Dialect {
    /// Its name, as in the command line's `--listen-NAME`.
    pub name: &'static str,
    /// The platform whose roles count here.
    pub platform: Platform,
    /// Where it is mounted, with a leading and without a trailing slash.
    pub mount: &'static str,
    /// What the directory must know of the platform; `None` for the directory's own.
    pub specification: Option<fn() -> PlatformSpec>,
    /// How it finds credentials and shows faults.
    pub protocol: &'static dyn Protocol,
    /// Every route it serves.
    pub routes: &'static [Route],
    /// Its bounds.
    pub limits: Limits,
    /// The variables that its vendor's clients read, for the owner.
    pub environment: fn(&FirstRunFacts) -> Vec<(&'static str, String)>,
    /// First path segments by which a client betrays that it was given the server's root in place
    /// of the mount; they are answered with the cause.
    pub wrong_mount_prefixes: &'static [&'static str],
}

impl std::fmt::Debug for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialect")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What the directory must know of the platforms of these dialects, its own first.
#[must_use]
pub fn platforms_of(dialects: &[&Dialect]) -> Vec<PlatformSpec> {
    let vendors: Vec<PlatformSpec> = dialects
        .iter()
        .filter_map(|dialect| dialect.specification)
        .map(|specification| specification())
        .collect();
    let names: Vec<_> = vendors.iter().map(|spec| spec.platform).collect();
    let mut platforms = vec![usher_platform(&names)];
    platforms.extend(vendors);
    platforms
}

/// A dialect's bounds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: usize,
    /// Which content types a body may have.
    pub content: ContentRule,
    /// Which bodies are read.
    pub bodies: Bodies,
    /// Paths below the mount whose handlers take the body as it comes, of any kind and length.
    pub streamed: &'static [&'static str],
    /// Requests per minute and key.
    pub requests_per_minute: u32,
}

/// Which bodies are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bodies {
    /// Those that the handler takes.
    WhenTaken,
    /// All but those of GET and HEAD: what cannot be read as JSON is refused also where the handler
    /// takes no body, and so are parameters that cannot be read.
    Always,
}

impl Limits {
    /// 1 MiB, JSON only, 60,000 requests per minute.
    pub const DEFAULT: Limits = Limits {
        body: 1 << 20,
        content: ContentRule::Json,
        bodies: Bodies::WhenTaken,
        streamed: &[],
        requests_per_minute: 60_000,
    };
}

/// Which content types a body may have. It is looked at only when there is a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentRule {
    /// `application/json` or `application/…+json`.
    Json,
    /// The same, or none stated.
    JsonOrUnstated,
    /// Whatever it says, it is read as JSON.
    Any,
}

/// What the first run knows, for the lines of `first-run.env`.
#[derive(Clone)]
pub struct FirstRunFacts {
    /// The address people reach the server under, without a trailing slash.
    pub base_url: String,
    /// The owner's e-mail address.
    pub email: String,
    /// The owner's password.
    pub password: String,
    /// The owner's key.
    pub key: String,
    /// The key's UUID.
    pub key_uuid: uuid::Uuid,
}

impl FirstRunFacts {
    /// The address of a mount, without a trailing slash.
    #[must_use]
    pub fn url(&self, mount: &str) -> String {
        format!("{}{mount}", self.base_url)
    }
}

impl std::fmt::Debug for FirstRunFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstRunFacts")
            .field("base_url", &self.base_url)
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}
