//! What the server is started with. A setting comes from its flag, else from the environment, else
//! from `usher.toml`, else it has its default; every mistake names where it was made.

pub mod addresses;
mod settings;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::dialects::DIALECTS;
use anyhow::{Context as _, Result, anyhow, bail};
use axum::http::Uri;
use directory::PasswordPolicy;
use kit::{Dialect, ServerOptions};
use settings::usual;
pub use settings::{Setting, settings};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Variables that other parts read: the first run, the secret, tests, and clients of this server.
const OTHER_VARIABLES: &[&str] = &[
    "USHER_BOOTSTRAP_ORGANISATION",
    "USHER_BOOTSTRAP_EMAIL",
    "USHER_BOOTSTRAP_PASSWORD",
    "USHER_BOOTSTRAP_KEY",
    "USHER_SECRET_KEY",
    "USHER_SECRET_KEY_FILE",
    "USHER_URL",
    "USHER_TOKEN",
    "USHER_PROFILE",
    "USHER_EMAIL",
    "USHER_PASSWORD",
    "USHER_BINARY",
    "USHER_TEST_POSTGRES",
];

/// Where a value was stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// On the command line.
    Flag(String),
    /// In the environment.
    Variable(String),
    /// In the file, on a line.
    Line(PathBuf, usize),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Flag(flag) => write!(f, "--{flag}"),
            Source::Variable(name) => f.write_str(name),
            Source::Line(path, line) => write!(f, "{}:{line}", path.display()),
        }
    }
}

/// Values as they were stated, with where.
#[derive(Debug, Default)]
pub struct Values {
    stated: BTreeMap<String, (String, Source)>,
    /// Whether the log tells only what went wrong where nothing is stated of it.
    pub quiet: bool,
}

impl Values {
    /// Keeps a value unless the setting has one already.
    pub fn set(&mut self, key: &str, text: String, source: Source) {
        self.stated.entry(key.to_owned()).or_insert((text, source));
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.stated.get(key).map(|(text, _)| text.as_str())
    }

    fn source(&self, key: &str) -> Option<&Source> {
        self.stated.get(key).map(|(_, source)| source)
    }

    fn address(&self, key: &str, usual_port: Option<u16>) -> Result<Option<SocketAddr>> {
        let Some((text, source)) = self.stated.get(key) else {
            return Ok(None);
        };
        let read = addresses::listen_address(text, usual_port);
        read.map(Some)
            .map_err(|wanted| anyhow!("{source}: {key} must be {wanted}; it is `{text}`"))
    }

    fn parsed<T: FromStr>(&self, key: &str, wanted: &str) -> Result<Option<T>> {
        let Some((text, source)) = self.stated.get(key) else {
            return Ok(None);
        };
        let value = text.trim().parse();
        value
            .map(Some)
            .map_err(|_| anyhow!("{source}: {key} must be {wanted}, not `{text}`"))
    }

    fn chosen<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<T> {
        let Some((text, source)) = self.stated.get(key) else {
            return choices
                .first()
                .map(|(_, value)| *value)
                .with_context(|| format!("{key} has no choices"));
        };
        let chosen = choices.iter().find(|(name, _)| name == text);
        chosen.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            anyhow!(
                "{source}: {key} must be one of {}, not `{text}`",
                names.join(", ")
            )
        })
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// What the server is started with.
#[derive(Debug)]
pub struct Configuration {
    /// The data folder.
    pub data: PathBuf,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Addresses at whose root one dialect is served alone.
    pub alone: Vec<(&'static Dialect, SocketAddr)>,
    /// A PostgreSQL database.
    pub database: Option<String>,
    /// Connections to it.
    pub connections: usize,
    /// The address people reach the server under, if it is not where it listens; the proxies.
    pub options: ServerOptions,
    /// Whose password rules hold.
    pub passwords: PasswordPolicy,
    /// Certificates that mail servers may be signed by, beside the public ones.
    pub mail_ca_file: Option<PathBuf>,
    /// What is logged.
    pub log_filter: String,
    /// How.
    pub log_format: LogFormat,
    /// Whether an empty directory is filled with sample data.
    pub demo: bool,
    /// Whether another secret key than the directory's is taken for its own from now on.
    pub replace_secret_key: bool,
    /// Whether a database file that was copied while a server had it open is taken as it is.
    pub accept_copy: bool,
    /// Where `database` was stated, for refusals.
    pub database_source: Option<Source>,
    /// The certificate and its key.
    pub tls: Option<TlsFiles>,
    /// Where metrics are served without a credential.
    pub listen_metrics: Option<SocketAddr>,
    /// Where traces are sent.
    #[cfg(feature = "otlp")]
    pub collector: Option<Uri>,
    /// Every setting with its value and where it comes from, secrets masked.
    pub shown: Vec<String>,
}

/// The files of the server's own certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Reads the environment and the file behind the flags.
pub fn read(flags: Values) -> Result<Configuration> {
    let mut values = flags;
    let unknown = variables(&mut values, std::env::vars_os());
    if let Some(name) = unknown.first() {
        return Err(unknown_variable(name));
    }
    let stated = values.stated.get("config").cloned();
    let path = stated
        .as_ref()
        .map_or("usher.toml", |(path, _)| path.as_str());
    match (std::fs::read_to_string(path), &stated) {
        (Ok(text), _) => file(&mut values, Path::new(path), &text)?,
        (Err(error), None) if error.kind() == std::io::ErrorKind::NotFound => {}
        (Err(error), None) => bail!("{path}: {error}"),
        (Err(error), Some((path, source))) => bail!("{source}: cannot read `{path}`: {error}"),
    }
    checked(&values)
}

/// A variable that is misspelt would otherwise be a setting that does not hold.
fn unknown_variable(name: &str) -> anyhow::Error {
    let known = settings().into_iter().map(|setting| setting.variable());
    let known = known.chain(OTHER_VARIABLES.iter().map(|name| (*name).to_owned()));
    let near = known.min_by_key(|other| strsim::levenshtein(other, name));
    let near = near.filter(|other| strsim::levenshtein(other, name) <= 3);
    match near {
        Some(near) => anyhow!(
            "{name}: there is no such setting; {near} is one. Correct the variable, or unset it"
        ),
        None => {
            anyhow!("{name}: there is no such setting; unset it (`usher serve --help` lists all)")
        }
    }
}

/// Variables that Kubernetes sets of itself beside a service called `usher`.
fn is_of_kubernetes(name: &str) -> bool {
    name == "USHER_PORT" || name.starts_with("USHER_PORT_") || name.starts_with("USHER_SERVICE_")
}

fn variables(
    values: &mut Values,
    environment: impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)>,
) -> Vec<String> {
    let settings = settings();
    let mut unknown = Vec::new();
    for (name, text) in environment {
        let name = name.to_string_lossy().into_owned();
        if !name.starts_with("USHER_")
            || OTHER_VARIABLES.contains(&name.as_str())
            || is_of_kubernetes(&name)
        {
            continue;
        }
        match settings.iter().find(|setting| setting.variable() == name) {
            // An empty variable is how scripts say "none".
            Some(_) if text.is_empty() => {}
            Some(setting) => {
                let text = text.to_string_lossy().into_owned();
                values.set(&setting.key, text, Source::Variable(name));
            }
            None => unknown.push(name),
        }
    }
    unknown.sort();
    unknown
}

fn file(values: &mut Values, path: &Path, text: &str) -> Result<()> {
    let line = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line(span.start));
        anyhow!("{}:{line}: {}", path.display(), error.message())
    })?;
    let mut found = Vec::new();
    flatten("", table.get_ref(), &mut found);
    let settings = settings();
    for (key, offset, value) in found {
        let source = Source::Line(path.to_owned(), line(offset));
        let known = settings
            .iter()
            .any(|setting| setting.key == key && key != "config");
        if !known {
            let names: Vec<&str> = settings
                .iter()
                .map(|setting| setting.key.as_str())
                .filter(|name| *name != "config")
                .collect();
            bail!(
                "{source}: unknown key `{key}`; known are {}",
                names.join(", ")
            );
        }
        let Some(text) = plain(value) else {
            bail!("{source}: {key} must be text, a number, true or false, or a list of texts");
        };
        values.set(&key, text, source);
    }
    Ok(())
}

fn flatten<'v>(
    prefix: &str,
    table: &'v DeTable<'v>,
    found: &mut Vec<(String, usize, &'v DeValue<'v>)>,
) {
    for (key, value) in table {
        let name = format!("{prefix}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => flatten(&format!("{name}."), inner, found),
            other => found.push((name, Spanned::span(key).start, other)),
        }
    }
}

fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| plain(item.get_ref())).collect();
            texts.map(|texts| texts.join(","))
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

fn checked(values: &Values) -> Result<Configuration> {
    let mut alone = Vec::new();
    for dialect in DIALECTS {
        let key = format!("listen_{}", dialect.name);
        if let Some(address) = values.address(&key, None)? {
            alone.push((*dialect, address));
        }
    }
    let database_source = values.source("database").cloned();
    let mut database = values.text("database").map(str::to_owned);
    if let (Some(url), Some(source)) = (&database, &database_source)
        && let Some(file) = url.strip_prefix('@')
    {
        let text = std::fs::read_to_string(file)
            .map_err(|error| anyhow!("{source}: database: cannot read `{file}`: {error}"))?;
        database = Some(text.trim().to_owned());
    }
    if let Some(url) = &database
        && !url.starts_with("postgresql://")
        && !url.starts_with("postgres://")
        && let Some(source) = &database_source
    {
        // The text itself may hold a password.
        bail!("{source}: database must begin with postgresql://");
    }
    let public_url = values.text("public_url").unwrap_or_default();
    if !public_url.is_empty()
        && !public_url.starts_with("http://")
        && !public_url.starts_with("https://")
        && let Some(source) = values.source("public_url")
    {
        bail!("{source}: public_url must begin with http:// or https://, not `{public_url}`");
    }
    let mut options = ServerOptions {
        public_url: public_url.trim_end_matches('/').to_owned(),
        ..ServerOptions::default()
    };
    if let Some((text, source)) = values.stated.get("proxies") {
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            // A bare address is the net of that one address.
            let whole = part.parse::<std::net::IpAddr>().map_or_else(
                |_| part.to_owned(),
                |address| format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 }),
            );
            let net = whole.parse().map_err(|_| {
                anyhow!("{source}: proxies must be addresses or nets like 10.0.0.0/8, not `{part}`")
            })?;
            options.proxies.push(net);
        }
    }
    options.unlimited = values.chosen("rate_limits", &[("on", false), ("off", true)])?;
    options.per_key = values.parsed("limits.per_key", "a whole number of requests a minute")?;
    options.per_address = values
        .parsed("limits.per_address", "a whole number of requests a minute")?
        .unwrap_or(kit::PER_ADDRESS);
    let mebibytes: Option<u32> = values.parsed("limits.import", "a whole number of mebibytes")?;
    options.import_limit = mebibytes
        .map(|mebibytes| usize::try_from(u64::from(mebibytes) << 20).unwrap_or(usize::MAX));
    let tls = match (values.text("tls.certificate"), values.text("tls.key")) {
        (Some(certificate), Some(key)) => Some(TlsFiles {
            certificate: PathBuf::from(certificate),
            key: PathBuf::from(key),
        }),
        (None, None) => None,
        (certificate, _) => {
            let (given, missing) = match certificate {
                Some(_) => ("tls.certificate", "tls.key"),
                None => ("tls.key", "tls.certificate"),
            };
            let source = values.source(given).map(ToString::to_string);
            bail!(
                "{}: {given} needs {missing} beside it",
                source.unwrap_or_default()
            );
        }
    };
    let collector = collector(values)?;
    if !cfg!(feature = "otlp") && collector.is_some() {
        let source = values.source("otlp.endpoint").map(ToString::to_string);
        bail!(
            "{}: otlp.endpoint: this program sends no traces; build it with --features otlp",
            source.unwrap_or_default()
        );
    }
    let usual_filter = if values.quiet { "warn" } else { "info" };
    Ok(Configuration {
        shown: shown(values, database.as_deref()),
        accept_copy: values
            .parsed::<bool>("accept_copy", "true or false")?
            .unwrap_or(false),
        database_source,
        tls,
        listen_metrics: values.address("listen_metrics", None)?,
        #[cfg(feature = "otlp")]
        collector,
        data: PathBuf::from(values.text("data").unwrap_or("usher-data")),
        listen: values
            .address("listen", Some(8080))?
            .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
        alone,
        database,
        connections: values
            .parsed::<std::num::NonZeroU16>("connections", "a number above 0")?
            .map_or(8, |count| usize::from(count.get())),
        options,
        passwords: values.chosen(
            "passwords.policy",
            &[
                ("default", PasswordPolicy::Default),
                ("vendor", PasswordPolicy::Vendor),
            ],
        )?,
        mail_ca_file: values.text("mail.ca_file").map(PathBuf::from),
        log_filter: values.text("log.filter").unwrap_or(usual_filter).to_owned(),
        log_format: values.chosen(
            "log.format",
            &[("text", LogFormat::Text), ("json", LogFormat::Json)],
        )?,
        demo: values
            .parsed::<bool>("demo", "true or false")?
            .unwrap_or(false),
        replace_secret_key: values
            .parsed::<bool>("replace_secret_key", "true or false")?
            .unwrap_or(false),
    })
}

/// Where traces go. An encrypted connection is a collector's matter that runs beside the server.
fn collector(values: &Values) -> Result<Option<Uri>> {
    let wanted = "an address like http://127.0.0.1:4318";
    let uri: Option<Uri> = values.parsed("otlp.endpoint", wanted)?;
    if let Some(uri) = &uri
        && (uri.scheme_str() != Some("http") || uri.host().is_none_or(str::is_empty))
    {
        let source = values.source("otlp.endpoint").map(ToString::to_string);
        bail!(
            "{}: otlp.endpoint must be {wanted}, not `{uri}`",
            source.unwrap_or_default()
        );
    }
    Ok(uri)
}

/// A line for each setting, as `usher.toml` would hold it.
fn shown(values: &Values, database: Option<&str>) -> Vec<String> {
    let line = |setting: Setting| {
        let (text, source) = match values.stated.get(&setting.key) {
            Some((text, source)) => (text.as_str(), source.to_string()),
            None => (usual(&setting.key), "default".to_owned()),
        };
        let text = match (setting.key.as_str(), database) {
            ("database", Some(url)) => addresses::masked(url),
            _ => text.to_owned(),
        };
        let text = if text.is_empty() {
            "none".to_owned()
        } else {
            toml::Value::String(text).to_string()
        };
        format!("{} = {text}  # {source}", setting.key)
    };
    settings().into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
