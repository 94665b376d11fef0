//! How often a key may come, and an address without one: token buckets in memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use directory::{Credential, Fault};

/// How many buckets are kept before full ones are dropped.
const KEPT: usize = 20_000;

/// Requests a minute that one address has without a valid credential, where nothing else is stated.
pub const PER_ADDRESS: u32 = 6_000;

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// A key, or a session without one, at one dialect.
    Credential(&'static str, Credential),
    /// Requests from a network without a valid credential.
    Address(IpAddr),
}

impl Client {
    /// An address stands for its network: a household has as many of IPv6 as it likes.
    pub fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                IpAddr::V6(network.into())
            }
            address => address,
        })
    }
}

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
pub struct RateLimiter(Mutex<HashMap<Client, Bucket>>);

/// Thousandths of requests that are left, and when that was so, as time gone by.
struct Bucket {
    left: i64,
    at: Duration,
}

impl RateLimiter {
    /// Takes one request out of the bucket of a client, and tells how many are left; a full bucket holds a
    /// minute's requests.
    pub fn take(&self, client: Client, per_minute: u32, now: Duration) -> Result<u32, Fault> {
        // A thousandth of a request comes back every `60 / per_minute` milliseconds.
        let full = i64::from(per_minute.max(1)) * 1_000;
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT {
            buckets.retain(|_, bucket| refilled(bucket, full, now) < full);
        }
        if buckets.len() >= KEPT {
            buckets.clear();
        }
        let bucket = buckets.entry(client).or_insert(Bucket {
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
