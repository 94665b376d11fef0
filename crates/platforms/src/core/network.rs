//! How connections are made: through what, trusting whom.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::core::secret::Secret;

/// How connections are made.
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) connect_timeout: Duration,
    pub(crate) proxy: Proxy,
    pub(crate) ca_files: Vec<PathBuf>,
    pub(crate) system_roots: bool,
    pub(crate) pins: Vec<[u8; 32]>,
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
    pub(crate) address_check: Option<AddressCheck>,
    pub(crate) user_agent: String,
}

/// Says whether an address may be connected to.
pub(crate) type AddressCheck = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Through what connections are made.
#[derive(Clone)]
pub(crate) enum Proxy {
    None,
    Environment,
    Address(Secret),
}
