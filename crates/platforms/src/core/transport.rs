//! How a request gets to the platform.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends one request and brings the whole answer.
///
/// It neither repeats nor follows anything: what to do after a failure is decided above it, from [`Broken::sent`].
pub trait Transport: Send + Sync {
    /// Sends the request, whose address is absolute, and gives up after the time given.
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'a, Result<Response<Bytes>, Broken>>;
}

impl<T: Transport + ?Sized> Transport for std::sync::Arc<T> {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'a, Result<Response<Bytes>, Broken>> {
        (**self).send(request, timeout)
    }
}

/// Whether any of the request has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Surely nothing.
    No,
    /// Some or all of it.
    Maybe,
}

/// An exchange that brought no answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Broken {
    /// Whether any of the request has left.
    pub sent: Sent,
    /// What happened.
    pub message: String,
}

impl Broken {
    /// An exchange that failed; `message` must not hold the request's address, which may hold names.
    pub fn new(sent: Sent, message: impl Into<String>) -> Self {
        Self {
            sent,
            message: message.into(),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Broken {}
