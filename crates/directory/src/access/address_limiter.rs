//! The brakes on addresses: one on those that send many wrong passwords, whoever's they are, one on
//! those that have many links mailed, one on those that file many requests. They count apart, so that asking for links locks no colleague
//! behind the same address out. They are kept in memory: a restart forgives, and nodes count apart.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::Fault;

/// Wrong passwords within [`WINDOW`] after which an address waits.
const FAILURES: u32 = 100;
/// Links asked for within [`WINDOW`] after which an address waits.
const LINKS: u32 = 50;
/// Requests filed within [`WINDOW`] after which an address waits.
const FILINGS: u32 = 50;
/// The time in which it is counted, from the first. It is measured by time gone by, so that a clock that
/// is set back keeps nobody out, and one that is set forward forgives nobody.
const WINDOW: Duration = Duration::from_secs(900);
/// Addresses remembered at most.
const ADDRESSES: usize = 50_000;

/// What is counted per address, and how many of it are too many.
pub(crate) struct AddressLimiter {
    most: u32,
    counts: Mutex<HashMap<IpAddr, (Duration, u32)>>,
}

impl AddressLimiter {
    /// The brake on wrong passwords, codes and tokens.
    pub fn on_failures() -> Self {
        Self::beyond(FAILURES)
    }

    /// The brake on links that are mailed on a stranger's asking.
    pub fn on_links() -> Self {
        Self::beyond(LINKS)
    }

    /// The brake on what is filed without signing in.
    pub fn on_filings() -> Self {
        Self::beyond(FILINGS)
    }

    fn beyond(most: u32) -> Self {
        Self {
            most,
            counts: Mutex::default(),
        }
    }

    /// Refuses an address that came too often.
    pub fn check(&self, address: Option<IpAddr>, now: Duration) -> Result<(), Fault> {
        let Some(address) = address.map(network) else {
            return Ok(());
        };
        let failures = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match failures.get(&address) {
            Some((since, count)) if *count >= self.most && *since + WINDOW > now => {
                let left = (*since + WINDOW).saturating_sub(now).as_millis();
                Err(Fault::TooMany {
                    retry_after: i64::try_from(left).unwrap_or(i64::MAX),
                })
            }
            _ => Ok(()),
        }
    }

    /// Counts one more.
    pub fn count(&self, address: Option<IpAddr>, now: Duration) {
        let Some(address) = address.map(network) else {
            return;
        };
        let mut failures = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= ADDRESSES && !failures.contains_key(&address) {
            failures.retain(|_, (since, _)| *since + WINDOW > now);
            if failures.len() >= ADDRESSES {
                // Those near the limit are the ones worth remembering.
                failures.retain(|_, (_, count)| *count >= self.most / 2);
            }
        }
        let one = failures.entry(address).or_insert((now, 0));
        if one.0 + WINDOW <= now {
            *one = (now, 0);
        }
        one.1 = one.1.saturating_add(1);
    }
}

/// One IPv4 address, or the /64 that one IPv6 customer has.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brakes_after_a_hundred_and_lets_go() {
        let sign_in_limiter = AddressLimiter::on_failures();
        let at = |text: &str| text.parse::<IpAddr>().ok();
        for tries in 0..100 {
            assert_eq!(
                sign_in_limiter.check(at("192.0.2.1"), Duration::from_millis(tries)),
                Ok(())
            );
            sign_in_limiter.count(at("192.0.2.1"), Duration::from_millis(tries));
            sign_in_limiter.count(at("2001:db8::1"), Duration::from_millis(tries));
        }
        let refused = |wait| Err(Fault::TooMany { retry_after: wait });
        for (address, now, verdict) in [
            ("192.0.2.1", 100, refused(899_900)),
            ("::ffff:192.0.2.1", 899_999, refused(1)),
            ("192.0.2.1", 900_000, Ok(())),
            ("192.0.2.2", 100, Ok(())),
            ("2001:db8::ffff", 100, refused(899_900)),
            ("2001:db8:0:1::1", 100, Ok(())),
        ] {
            assert_eq!(
                sign_in_limiter.check(at(address), Duration::from_millis(now)),
                verdict,
                "{address} {now}"
            );
        }
        sign_in_limiter.count(at("192.0.2.1"), Duration::from_millis(900_000));
        assert_eq!(
            sign_in_limiter.check(at("192.0.2.1"), Duration::from_millis(900_001)),
            Ok(())
        );
        assert_eq!(sign_in_limiter.check(None, Duration::ZERO), Ok(()));
    }
}
