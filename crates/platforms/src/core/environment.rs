//! Time and randomness, handed in so that tests can fix them.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::core::error::{Error, Result};
use crate::core::transport::BoxFuture;

/// Where a client takes time and randomness from.
pub trait Environment: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;
    /// The time since some fixed moment; it never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
    /// Fills a buffer with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]) -> Result<()>;
}

/// The machine's clock and randomness, and Tokio's timer.
#[derive(Debug)]
pub struct System {
    start: Instant,
}

impl System {
    /// The machine's own.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new()
    }
}

impl Environment for System {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the seam that everything else takes the time from"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the seam that everything else takes randomness from"
    )]
    fn fill(&self, buffer: &mut [u8]) -> Result<()> {
        getrandom::fill(buffer)
            .map_err(|error| Error::config(format!("the machine gives no randomness: {error}")))
    }
}

/// A number in `0.0..1.0`.
pub(crate) fn fraction(environment: &dyn Environment) -> f64 {
    let mut bytes = [0; 4];
    match environment.fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0),
        // Jitter is a courtesy: without randomness the whole pause is taken.
        Err(_) => 0.999,
    }
}

/// A password with 512 bits of randomness, for accounts whose password is to be known to no one.
pub(crate) fn unknown_password(environment: &dyn Environment) -> Result<crate::Secret> {
    use base64::Engine;
    let mut bytes = [0; 64];
    environment.fill(&mut bytes)?;
    Ok(crate::Secret::new(
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes),
    ))
}
