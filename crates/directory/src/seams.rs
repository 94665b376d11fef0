//! Clock, randomness and hashing cost: what tests replace. Nothing else in the project reads the
//! time or the system's random source.

use std::sync::atomic::{AtomicI64, Ordering};

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use crate::model::Time;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now. It may be set, so it is for what is written down.
    fn now(&self) -> Time;

    /// The time gone by since some beginning. It is never set, so it is for what is measured.
    fn elapsed(&self) -> Duration;
}

/// The system's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> Time {
        Time(jiff::Timestamp::now().as_millisecond())
    }

    fn elapsed(&self) -> Duration {
        static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGINNING.elapsed()
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicI64,
    elapsed: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `time`.
    #[must_use]
    pub fn at(time: Time) -> Arc<Self> {
        Arc::new(Self {
            now: AtomicI64::new(time.0),
            elapsed: AtomicI64::new(0),
        })
    }

    /// Lets so many milliseconds go by.
    pub fn advance(&self, milliseconds: i64) {
        self.now.fetch_add(milliseconds, Ordering::SeqCst);
        self.elapsed.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Sets it forward or back by so many milliseconds, without time going by.
    pub fn set_by(&self, milliseconds: i64) {
        self.now.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time(self.now.load(Ordering::SeqCst))
    }

    fn elapsed(&self) -> Duration {
        let elapsed = self.elapsed.load(Ordering::SeqCst);
        Duration::from_millis(u64::try_from(elapsed).unwrap_or_default())
    }
}

/// Gives random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The system's random source.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that draws randomness"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            // Without randomness no secret may be made: stopping is the only safe answer.
            tracing::error!(%error, "the system gives no random bytes");
            std::process::abort();
        }
    }
}

/// A counter dressed up as randomness, for snapshots.
#[derive(Debug)]
pub struct CountingEntropy(AtomicI64);

impl CountingEntropy {
    /// Starts with `seed`.
    #[must_use]
    pub fn seeded(seed: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(seed)))
    }
}

impl Entropy for CountingEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        use sha2::{Digest as _, Sha256};
        for chunk in buffer.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            let block = Sha256::digest(count.to_le_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

/// What argon2id costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingCost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes.
    pub passes: u32,
}

impl Default for HashingCost {
    /// 19 MiB and two passes, the least that OWASP recommends.
    fn default() -> Self {
        Self {
            memory: 19_456,
            passes: 2,
        }
    }
}

impl HashingCost {
    /// Next to nothing, for tests.
    #[must_use]
    pub const fn cheap() -> Self {
        Self {
            memory: 8,
            passes: 1,
        }
    }
}

/// The replaceable parts together.
#[derive(Clone)]
pub struct Seams {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The random source.
    pub entropy: Arc<dyn Entropy>,
    /// The cost of password hashes.
    pub hashing: HashingCost,
}

impl Default for Seams {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            hashing: HashingCost::default(),
        }
    }
}

impl Seams {
    /// A UUID v7 of the clock's time and the random source.
    #[must_use]
    pub fn uuid(&self) -> uuid::Uuid {
        let mut random = [0_u8; 10];
        self.entropy.fill(&mut random);
        let milliseconds = u64::try_from(self.clock.now().0).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
    }

    /// A UUID v4 of the random source.
    #[must_use]
    pub fn random_uuid(&self) -> uuid::Uuid {
        let mut random = [0_u8; 16];
        self.entropy.fill(&mut random);
        uuid::Builder::from_random_bytes(random).into_uuid()
    }

    /// `length` letters and digits, each drawn evenly.
    #[must_use]
    pub fn letters_and_digits(&self, length: usize) -> String {
        const ALPHABET: &[u8; 62] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut text = String::with_capacity(length);
        let mut bytes = [0_u8; 64];
        while text.len() < length {
            self.entropy.fill(&mut bytes);
            for byte in bytes {
                // 248 = 4 × 62: larger bytes would favour the alphabet's beginning.
                if byte < 248 && text.len() < length {
                    text.push(char::from(ALPHABET[usize::from(byte % 62)]));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws() {
        let seams = Seams {
            entropy: CountingEntropy::seeded(1),
            ..Seams::default()
        };
        let one = seams.letters_and_digits(40);
        assert_eq!(one.len(), 40);
        assert!(one.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(one, seams.letters_and_digits(40));
        assert_eq!(seams.uuid().get_version_num(), 7);
        assert_eq!(seams.random_uuid().get_version_num(), 4);
    }
}
