//! What all requests share.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use directory::{Branding, Directory};
use ipnet::IpNet;

use super::dialect::Dialect;
use super::observer::{Observer, Observing};
use super::rate_limit::RateLimiter;

/// The directory and the facts about the server; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

/// Bytes of a file that is imported at most, unless the operator says otherwise.
pub const IMPORT_BYTES: usize = 256 << 20;

/// Facts about the server, fixed at start.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// The address people reach the server under, without a trailing slash.
    pub public_url: String,
    /// What it is while administrators have set none; `None` when it was stated at the start, which
    /// counts for more than what they set.
    pub unset_url: Option<String>,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpNet>,
    /// The dialects served.
    pub dialects: Vec<&'static Dialect>,
    /// Whether keys may come as often as they like.
    pub unlimited: bool,
    /// Requests a minute of one key, where that is less than its dialect allows; 0 for no limit.
    pub per_key: Option<u32>,
    /// Requests a minute without a valid credential from one address; 0 for no limit.
    pub per_address: u32,
    /// Bytes of a file that is imported at most; [`IMPORT_BYTES`] where nothing is said.
    pub import_limit: Option<usize>,
    /// What counts requests.
    pub observer: Observing,
}

struct Inner {
    directory: Directory,
    public_url: RwLock<String>,
    unset_url: Option<String>,
    proxies: Vec<IpNet>,
    dialects: Vec<&'static Dialect>,
    unlimited: bool,
    per_key: Option<u32>,
    per_address: u32,
    import_limit: usize,
    observer: Observing,
    /// Peers that send `X-Forwarded-For` and are no listed proxy: each is logged once.
    unlisted_proxy: AtomicBool,
    rate_limiter: RateLimiter,
    /// Request ids are this process's own prefix and a count: unique without drawing randomness for
    /// each request.
    prefix: u32,
    requests: AtomicU64,
    kept: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl AppState {
    /// What all requests to `directory` share.
    #[must_use]
    pub fn new(directory: Directory, options: ServerOptions) -> Self {
        let mut prefix = [0_u8; 4];
        directory.seams().entropy.fill(&mut prefix);
        Self(Arc::new(Inner {
            directory,
            public_url: RwLock::new(options.public_url),
            unset_url: options.unset_url,
            proxies: options.proxies,
            dialects: options.dialects,
            unlimited: options.unlimited,
            per_key: options.per_key,
            per_address: options.per_address,
            import_limit: options.import_limit.unwrap_or(IMPORT_BYTES),
            observer: options.observer,
            unlisted_proxy: AtomicBool::new(false),
            rate_limiter: RateLimiter::default(),
            prefix: u32::from_be_bytes(prefix),
            requests: AtomicU64::new(0),
            kept: Mutex::default(),
        }))
    }

    /// What a dialect keeps in the memory of this server alone: one value of each type. Nothing that
    /// must outlive the process, or hold on other nodes too, belongs there.
    #[must_use]
    pub fn kept<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let one = kept
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Arc::new(T::default()));
        Arc::clone(one).downcast().unwrap_or_default()
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// The address people reach the server under, without a trailing slash.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.0
            .public_url
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Takes over the address that administrators have set, unless one was stated at the start. Called
    /// when it may have changed, here or on another node.
    pub fn apply_branding(&self, branding: &Branding) {
        let Some(unset) = &self.0.unset_url else {
            return;
        };
        let set = branding.url.as_deref().filter(|url| !url.is_empty());
        *self
            .0
            .public_url
            .write()
            .unwrap_or_else(PoisonError::into_inner) =
            set.unwrap_or(unset).trim_end_matches('/').to_owned();
    }

    /// The dialects served.
    #[must_use]
    pub fn dialects(&self) -> &[&'static Dialect] {
        &self.0.dialects
    }

    /// The server's version.
    #[must_use]
    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// Requests a minute of one key at a dialect that allows so many; none without a limit.
    pub(super) fn per_key(&self, dialect: u32) -> Option<u32> {
        match self.0.per_key {
            _ if self.0.unlimited => None,
            Some(0) => None,
            Some(stated) => Some(stated.min(dialect)),
            None => Some(dialect),
        }
    }

    /// Bytes of a file that is imported at most.
    #[must_use]
    pub fn import_limit(&self) -> usize {
        self.0.import_limit
    }

    /// Requests a minute of one address without a valid credential; none without a limit.
    pub(super) fn per_address(&self) -> Option<u32> {
        (!self.0.unlimited && self.0.per_address > 0).then_some(self.0.per_address)
    }

    /// What counts requests, if anything does.
    pub(super) fn observer(&self) -> Option<&dyn Observer> {
        self.0.observer.0.as_deref()
    }

    pub(super) fn rate_limiter(&self) -> &RateLimiter {
        &self.0.rate_limiter
    }

    /// A new request's id.
    #[must_use]
    pub fn request_id(&self) -> String {
        let count = self.0.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:08x}-{count:08x}", self.0.prefix)
    }

    /// The client's address: the peer's, unless that is a listed proxy; then the last address in
    /// `X-Forwarded-For` that is none.
    #[must_use]
    pub fn client_address(
        &self,
        peer: Option<IpAddr>,
        headers: &axum::http::HeaderMap,
    ) -> Option<IpAddr> {
        let peer = peer?.to_canonical();
        let listed = |address: IpAddr| self.0.proxies.iter().any(|net| net.contains(&address));
        if !listed(peer) {
            if headers.contains_key("x-forwarded-for")
                && !self.0.unlisted_proxy.swap(true, Ordering::Relaxed)
            {
                tracing::warn!(
                    %peer,
                    "X-Forwarded-For comes from an address that is not in `proxies`, so it is not believed: \
                     if a proxy of yours is there, start with --proxies {peer}"
                );
            }
            return Some(peer);
        }
        let mut address = peer;
        let values: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        for text in values.into_iter().rev() {
            // What a proxy passed on unread ends the chain of trust.
            let Ok(next) = text.trim().parse::<IpAddr>() else {
                break;
            };
            address = next.to_canonical();
            if !listed(address) {
                break;
            }
        }
        Some(address)
    }
}
