//! Where guessed passwords are refused. Guesses lock the pair of account and network; many of them, from
//! wherever they come, lock the account everywhere but where its owner has signed in from lately.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::Time;

/// The whole account is locked at so many times the threshold of one network.
pub const ACCOUNT_FACTOR: i64 = 10;
/// Milliseconds after a sign-in during which its network is never refused for guesses from elsewhere.
pub const KNOWN_FOR: i64 = 30 * 86_400_000;
/// The lock of the last owner who could lift others' lasts this long.
pub const LAST_OWNER: i64 = 10_000;

/// The network that guesses are counted for: an IPv4 address's /24, an IPv6 address's /64. Requests whose
/// address is not known share one.
#[must_use]
pub fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// The locks that concern one account and one network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Locks {
    /// The end of the pair's lock.
    pub here: Option<Time>,
    /// The end of the account's lock.
    pub everywhere: Option<Time>,
    /// When the owner last signed in from this network.
    pub signed_in: Option<Time>,
}

impl Locks {
    /// Whether passwords are refused, right or wrong.
    #[must_use]
    pub fn refuse(&self, now: Time) -> bool {
        let holds = |end: Option<Time>| end.is_some_and(|end| end > now);
        let known = self.signed_in.is_some_and(|at| at.plus(KNOWN_FOR) > now);
        holds(self.here) || (holds(self.everywhere) && !known)
    }

    /// What is counted: guesses after this. The end of a lock clears its count, and none is older than
    /// the period.
    #[must_use]
    pub fn floor(end: Option<Time>, period: Time) -> Time {
        end.map_or(period, |end| end.plus(-1).max(period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for (address, expected) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.1", "192.0.2.0/24"),
            ("198.51.100.255", "198.51.100.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ] {
            assert_eq!(network(address.parse().ok()), expected, "{address}");
        }
        assert_eq!(network(None), "unknown");
    }

    #[test]
    fn locks_refuse() {
        let (past, now, later) = (Some(Time(10)), Time(20), Some(Time(30)));
        let long_ago = Some(Time(20).plus(-KNOWN_FOR));
        let lately = Some(Time(21).plus(-KNOWN_FOR));
        for (here, everywhere, signed_in, refused) in [
            (None, None, None, false),
            (past, past, None, false),
            (Some(now), Some(now), None, false),
            (later, None, None, true),
            (later, None, past, true),
            (None, later, None, true),
            (None, later, long_ago, true),
            (None, later, lately, false),
            (None, later, past, false),
            (later, later, past, true),
            (Some(Time::NEVER), None, None, true),
        ] {
            let locks = Locks {
                here,
                everywhere,
                signed_in,
            };
            assert_eq!(locks.refuse(now), refused, "{locks:?}");
        }
    }
}
