//! What every platform's client is made of. No vendor's word stands here.

pub(crate) mod auth;
pub(crate) mod builder;
pub(crate) mod change;
pub(crate) mod client;
pub(crate) mod environment;
pub(crate) mod error;
#[cfg(feature = "http")]
pub(crate) mod http_transport;
pub(crate) mod ids;
pub(crate) mod lenient;
pub(crate) mod limits;
pub(crate) mod mask;
pub(crate) mod network;
pub(crate) mod observe;
pub(crate) mod operation;
pub(crate) mod pace;
pub(crate) mod paging;
pub(crate) mod path;
pub(crate) mod retry;
pub(crate) mod secret;
#[cfg(feature = "http")]
mod tls;
pub(crate) mod transport;

#[cfg(test)]
mod tests;
