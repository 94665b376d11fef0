//! What all clients are set up with.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::core::auth::Authorize;
use crate::core::client::{Base, Core, Judge, Shared};
use crate::core::environment::{Environment, System};
use crate::core::error::{Error, Result};
use crate::core::limits::{Account, Limits};
use crate::core::network::{Network, Proxy};
use crate::core::observe::Observer;
use crate::core::retry::Retry;
use crate::core::secret::Secret;
use crate::core::transport::Transport;

/// A platform's client, as its builder knows it.
pub trait Client: Sized + sealed::Sealed {
    /// What the platform's builder asks for beside what all ask for.
    type Own: Default;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// Sets a client up. `build` sends nothing.
///
/// The credential's setter is the platform's own; everything here is common to all.
#[must_use = "call `build`"]
pub struct Builder<C: Client> {
    pub(crate) address: String,
    pub(crate) settings: Settings,
    pub(crate) own: C::Own,
}

/// What all platforms share.
pub(crate) struct Settings {
    transport: Option<Arc<dyn Transport>>,
    environment: Arc<dyn Environment>,
    observer: Option<Arc<dyn Observer>>,
    retry: Retry,
    limits: Option<Limits>,
    request_timeout: Duration,
    network: Network,
}

impl<C: Client> Builder<C> {
    pub(crate) fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            settings: Settings {
                transport: None,
                environment: Arc::new(System::new()),
                observer: None,
                retry: Retry::default(),
                limits: None,
                request_timeout: Duration::from_secs(60),
                network: Network {
                    connect_timeout: Duration::from_secs(10),
                    proxy: Proxy::None,
                    ca_files: Vec::new(),
                    system_roots: true,
                    pins: Vec::new(),
                    identity: None,
                    address_check: None,
                    user_agent: concat!("usher-platforms/", env!("CARGO_PKG_VERSION")).to_owned(),
                },
            },
            own: C::Own::default(),
        }
    }

    /// Sends through this instead of the network: a [script](crate::testing::Script), or a stack of one's own.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.settings.transport = Some(Arc::new(transport));
        self
    }

    /// Takes time and randomness from here.
    pub fn environment(mut self, environment: impl Environment + 'static) -> Self {
        self.settings.environment = Arc::new(environment);
        self
    }

    /// Shows every try to this.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.settings.observer = Some(Arc::new(observer));
        self
    }

    /// How persistent the client is: five tries within a minute, unless said otherwise.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.settings.retry = retry;
        self
    }

    /// How many requests at once and how fast, before answers say more. Each platform has its own default.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = Some(limits);
        self
    }

    /// The time for one try, connection and body included: 60 seconds, unless said otherwise.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_timeout = timeout;
        self
    }

    /// The time for a connection: 10 seconds, unless said otherwise.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.network.connect_timeout = timeout;
        self
    }

    /// Trusts the certificates of this PEM file beside those the system trusts.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.network.ca_files.push(path.into());
        self
    }

    /// Trusts the certificates of this PEM file and no others.
    pub fn only_ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.network.system_roots = false;
        self.ca_file(path)
    }

    /// Trusts the server certificate with this SHA-256 digest, in hexadecimal with or without colons, whichever authority
    /// has signed it, and no other; for servers that sign their own. It may be called again, for the time of a change.
    pub fn pin(mut self, sha256: &str) -> Result<Self> {
        self.settings.network.pins.push(digest(sha256)?);
        Ok(self)
    }

    /// Shows this client certificate, from PEM files.
    pub fn client_certificate(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.settings.network.identity = Some((certificate.into(), key.into()));
        self
    }

    /// Goes through a proxy: `http://`, `https://`, `socks5://` or `socks5h://`, with a name and a password in it if need be.
    pub fn proxy(mut self, address: impl Into<Secret>) -> Self {
        self.settings.network.proxy = Proxy::Address(address.into());
        self
    }

    /// Goes through the proxy that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name. Without this they are
    /// not looked at.
    pub fn proxy_from_env(mut self) -> Self {
        self.settings.network.proxy = Proxy::Environment;
        self
    }

    /// Asks this about every address before it is connected to: what it refuses is not. With a proxy it is the proxy's
    /// address that is asked about.
    pub fn allow_address(
        mut self,
        allowed: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.network.address_check = Some(Arc::new(allowed));
        self
    }

    /// The `User-Agent` header.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.settings.network.user_agent = user_agent.into();
        self
    }
}

impl Settings {
    pub(crate) fn core(
        self,
        platform: &'static str,
        address: &str,
        authorize: Arc<dyn Authorize>,
        judge: Judge,
        limits: Limits,
    ) -> Result<Core> {
        let base = Base::parse(address)?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => network(&base, &self.network)?,
        };
        Ok(Core {
            platform,
            base,
            authorize,
            judge,
            shared: Arc::new(Shared {
                transport,
                environment: self.environment,
                account: Account::new(self.limits.unwrap_or(limits)),
                retry: self.retry,
                request_timeout: self.request_timeout,
                observer: self.observer,
            }),
        })
    }
}

#[cfg(feature = "http")]
fn network(base: &Base, network: &Network) -> Result<Arc<dyn Transport>> {
    Ok(Arc::new(crate::core::http_transport::HttpTransport::new(
        base, network,
    )?))
}

#[cfg(not(feature = "http"))]
fn network(_: &Base, _: &Network) -> Result<Arc<dyn Transport>> {
    Err(Error::config(
        "give the builder a transport, or enable the feature `http`",
    ))
}

/// Reads a SHA-256 digest.
fn digest(text: &str) -> Result<[u8; 32]> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b':' | b' '))
        .map(|byte| {
            char::from(byte)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()
        .unwrap_or_default();
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect();
    if digits.len() != 64 {
        return Err(Error::config(
            "a certificate's SHA-256 has 64 hexadecimal digits; `openssl x509 -noout -fingerprint -sha256` prints it",
        ));
    }
    bytes
        .try_into()
        .map_err(|_| Error::config("a certificate's SHA-256 has 64 hexadecimal digits"))
}
