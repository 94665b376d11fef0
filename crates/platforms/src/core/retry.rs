//! When to try again, and after which pause.

use std::time::Duration;

use crate::core::environment::{Environment, fraction};

/// How persistent a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// Tries in all.
    pub tries: u32,
    /// The pause after the first try, doubled after each; a random part of it is taken.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// The time for one call with all its tries.
    pub in_all: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            tries: 5,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            in_all: Duration::from_secs(60),
        }
    }
}

impl Retry {
    /// One try.
    pub fn never() -> Self {
        Self {
            tries: 1,
            ..Self::default()
        }
    }

    /// So many tries in all.
    #[must_use]
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// The time for one call with all its tries.
    #[must_use]
    pub fn in_all(mut self, in_all: Duration) -> Self {
        self.in_all = in_all;
        self
    }

    /// The pause after the first try, and the longest one.
    #[must_use]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.pause = first;
        self.longest_pause = longest;
        self
    }

    /// The pause after the given number of tries: a random part of the doubled one, so that clients that failed at
    /// once do not come back at once.
    pub(crate) fn pause_after(&self, tries: u32, environment: &dyn Environment) -> Duration {
        let doubled = self
            .pause
            .saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)))
            .min(self.longest_pause);
        doubled.mul_f64(fraction(environment))
    }
}
