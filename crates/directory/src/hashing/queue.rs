//! Whose hash is next: fair turns for accounts and addresses.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::access::address_limiter::network;
use crate::access::caller::{CallerState, RequestContext};
use crate::model::UserId;

/// Hashes of one lane that wait or run at most; beyond, the caller is to come back later.
const PLACES: usize = 64;
/// How many of these are one account's, and one address's.
const ACCOUNT_SHARE: usize = 16;
const ADDRESS_SHARE: usize = 48;

/// Sign-ins have places of their own: what people who are in do with passwords keeps no one out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    SignIn,
    Signed,
}

/// For whom a hash is made, which decides when its turn comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(super) lane: Lane,
    account: Option<UserId>,
    address: Option<IpAddr>,
}

impl Turn {
    /// A password at the sign-in, of that account where there is one.
    pub fn of_sign_in(account: Option<UserId>, context: &RequestContext) -> Self {
        Self {
            lane: Lane::SignIn,
            account,
            address: context.address.map(network),
        }
    }

    /// A password that a caller who is signed in sets or gives.
    pub fn of_caller(caller: &CallerState) -> Self {
        let caller = caller.impersonator.as_deref().unwrap_or(caller);
        Self::of_account(caller.user, &caller.context)
    }

    /// A password that belongs to an account, by the link that was mailed to it.
    pub fn of_account(account: UserId, context: &RequestContext) -> Self {
        Self {
            lane: Lane::Signed,
            account: Some(account),
            address: context.address.map(network),
        }
    }

    /// The server's own.
    pub fn of_server() -> Self {
        Self {
            lane: Lane::Signed,
            account: None,
            address: None,
        }
    }
}

pub(super) type Work = Box<dyn FnOnce() + Send>;

pub(super) struct Job {
    pub(super) work: Work,
    pub(super) turn: Turn,
    /// When its turn comes; the least first.
    order: u64,
    /// Whether its client has gone.
    gone: Box<dyn Fn() -> bool + Send>,
}

/// Waiting work of one lane in fair order (start-time fair queueing): the second job of an account or an
/// address comes after the first of every other.
#[derive(Default)]
pub(super) struct Queue {
    jobs: Vec<Job>,
    /// The order of the job that was taken last.
    now: u64,
    accounts: HashMap<UserId, Flow>,
    addresses: HashMap<IpAddr, Flow>,
    running: usize,
}

/// What one account or address has waiting or running, and when its next turn is.
#[derive(Clone, Copy, Default)]
struct Flow {
    count: usize,
    next: u64,
}

impl Queue {
    /// Takes a job in; false when it has to come back later.
    pub(super) fn admit(
        &mut self,
        work: Work,
        gone: Box<dyn Fn() -> bool + Send>,
        turn: Turn,
    ) -> bool {
        self.forget_gone();
        let account = turn.account.and_then(|account| self.accounts.get(&account));
        let address = turn
            .address
            .and_then(|address| self.addresses.get(&address));
        let (account, address) = (
            account.copied().unwrap_or_default(),
            address.copied().unwrap_or_default(),
        );
        if account.count >= ACCOUNT_SHARE || address.count >= ADDRESS_SHARE {
            return false;
        }
        let order = self.now.max(account.next).max(address.next);
        if self.jobs.len() + self.running >= PLACES {
            // The one whose turn is farthest gives its place up, if it is farther than the newcomer's.
            let last = self
                .jobs
                .iter()
                .enumerate()
                .max_by_key(|(_, job)| job.order);
            match last.map(|(at, job)| (at, job.order)) {
                Some((at, farthest)) if farthest > order => {
                    let given_up = self.jobs.remove(at);
                    self.release(given_up.turn);
                }
                _ => return false,
            }
        }
        if let Some(account) = turn.account {
            let flow = self.accounts.entry(account).or_default();
            flow.count += 1;
            flow.next = order + 1;
        }
        if let Some(address) = turn.address {
            let flow = self.addresses.entry(address).or_default();
            flow.count += 1;
            flow.next = order + 1;
        }
        self.jobs.push(Job {
            work,
            turn,
            order,
            gone,
        });
        true
    }

    /// The job whose turn it is.
    pub(super) fn next(&mut self) -> Option<Job> {
        self.forget_gone();
        // The first of equals is the one that came first.
        let first = self
            .jobs
            .iter()
            .enumerate()
            .min_by_key(|(_, job)| job.order);
        let at = first.map(|(at, _)| at)?;
        let job = self.jobs.remove(at);
        self.now = job.order;
        self.running += 1;
        Some(job)
    }

    fn forget_gone(&mut self) {
        let (gone, waiting) = std::mem::take(&mut self.jobs)
            .into_iter()
            .partition::<Vec<_>, _>(|job| (job.gone)());
        self.jobs = waiting;
        for job in gone {
            self.release(job.turn);
        }
    }

    pub(super) fn finish(&mut self, turn: Turn) {
        self.running = self.running.saturating_sub(1);
        self.release(turn);
    }

    /// Forgets a job. An account or address is remembered as long as it has another one.
    fn release(&mut self, turn: Turn) {
        fn less<K: std::hash::Hash + Eq>(flows: &mut HashMap<K, Flow>, key: Option<K>) {
            let Some(key) = key else {
                return;
            };
            if let Some(flow) = flows.get_mut(&key) {
                flow.count = flow.count.saturating_sub(1);
                if flow.count == 0 {
                    flows.remove(&key);
                }
            }
        }
        less(&mut self.accounts, turn.account);
        less(&mut self.addresses, turn.address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(account: i64, address: &str) -> Turn {
        Turn {
            lane: Lane::SignIn,
            account: Some(UserId(account)),
            address: address.parse().ok(),
        }
    }

    fn admit(queue: &mut Queue, account: i64, address: &str) -> bool {
        queue.admit(Box::new(|| {}), Box::new(|| false), turn(account, address))
    }

    /// The accounts in the order in which their turns come.
    fn order(queue: &mut Queue) -> Vec<i64> {
        let mut order = Vec::new();
        while let Some(job) = queue.next() {
            order.extend(job.turn.account.map(|account| account.0));
            queue.finish(job.turn);
        }
        order
    }

    #[test]
    fn each_account_and_address_has_its_turn_before_the_second_of_another() {
        let mut queue = Queue::default();
        for (account, address) in [
            (1, "192.0.2.1"),
            (1, "192.0.2.2"),
            (1, "192.0.2.3"),
            (2, "192.0.2.9"),
            (3, "192.0.2.9"),
            (4, "192.0.2.8"),
        ] {
            assert!(admit(&mut queue, account, address));
        }
        assert_eq!(order(&mut queue), [1, 2, 4, 1, 3, 1]);
    }

    #[test]
    fn shares_are_bounded_and_the_farthest_turn_gives_way() {
        let mut queue = Queue::default();
        let many = (0..200)
            .filter(|_| admit(&mut queue, 1, "192.0.2.1"))
            .count();
        assert_eq!(many, ACCOUNT_SHARE);
        let many = (2..200)
            .filter(|account| admit(&mut queue, *account, "192.0.2.1"))
            .count();
        assert_eq!(many, ADDRESS_SHARE - ACCOUNT_SHARE);
        let rest = (200..300)
            .filter(|account| admit(&mut queue, *account, "192.0.2.2"))
            .count();
        assert!(rest >= PLACES - ADDRESS_SHARE);
        assert_eq!(queue.jobs.len(), PLACES);
        // All places are taken, and still a newcomer gets one, and the next turn.
        assert!(admit(&mut queue, 1_000, "192.0.2.3"));
        assert_eq!(queue.jobs.len(), PLACES);
        assert_eq!(
            order(&mut queue)[..3]
                .iter()
                .filter(|one| **one == 1_000)
                .count(),
            1
        );
        assert!(queue.accounts.is_empty() && queue.addresses.is_empty());
    }

    #[test]
    fn who_has_gone_takes_no_place() {
        let mut queue = Queue::default();
        for _ in 0..10 * PLACES {
            let gone = queue.admit(Box::new(|| {}), Box::new(|| true), turn(1, "192.0.2.1"));
            assert!(gone);
        }
        assert!(admit(&mut queue, 2, "192.0.2.1"));
        assert_eq!(order(&mut queue), [2]);
    }
}
