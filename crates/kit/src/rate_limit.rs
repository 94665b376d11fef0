//! How often a key may come: a token bucket per key and dialect, in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use directory::{Credential, Fault};

/// How many buckets are kept before full ones are dropped.
const KEPT: usize = 20_000;

/// How many requests a client has in a minute, and how many of them are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// In a minute.
    pub limit: u32,
    /// Left now.
    pub remaining: u32,
}

/// The buckets of all keys.
#[derive(Default)]
pub struct RateLimiter(Mutex<HashMap<(&'static str, Credential), Bucket>>);

/// Thousandths of requests that are left, and when that was so, as time gone by.
struct Bucket {
    left: i64,
    at: Duration,
}

impl RateLimiter {
    /// Takes one request out of the bucket of a key, and tells how many are left; a full bucket holds a
    /// minute's requests.
    pub fn take(
        &self,
        dialect: &'static str,
        credential: Credential,
        per_minute: u32,
        now: Duration,
    ) -> Result<u32, Fault> {
        // A thousandth of a request comes back every `60 / per_minute` milliseconds.
        let full = i64::from(per_minute.max(1)) * 1_000;
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT {
            buckets.retain(|_, bucket| refilled(bucket, full, now) < full);
        }
        if buckets.len() >= KEPT {
            buckets.clear();
        }
        let bucket = buckets.entry((dialect, credential)).or_insert(Bucket {
            left: full,
            at: now,
        });
        bucket.left = refilled(bucket, full, now);
        bucket.at = now;
        if bucket.left < 1_000 {
            let missing = 1_000 - bucket.left;
            let retry_after = (missing * 60_000 / full).max(1);
            return Err(Fault::TooMany { retry_after });
        }
        bucket.left -= 1_000;
        Ok(u32::try_from(bucket.left / 1_000).unwrap_or(0))
    }
}

fn refilled(bucket: &Bucket, full: i64, now: Duration) -> i64 {
    let elapsed = now.saturating_sub(bucket.at).as_millis().min(60_000);
    let elapsed = i64::try_from(elapsed).unwrap_or(60_000);
    (bucket.left + elapsed * full / 60_000).min(full)
}
