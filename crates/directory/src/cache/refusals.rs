//! Refusals, for the audit trail: who was told that they may not, or came with a credential that no
//! longer opens. A refusal changes nothing, so it has no transaction to stand in, and it must cost
//! whoever asks in a loop nothing durable: refusals are collected in memory, equal ones are counted,
//! and each is written at once the first time (with the next flush) and then at most once in
//! [`PAUSE`]. What is hidden from somebody is not found, like what is missing, and is no refusal.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::access::caller::RequestContext;
use crate::access::table::Operation;
use crate::model::{Fault, KeyId, OrganisationId, Platform, Refusal, SessionId, UserId};
use crate::model::{Standing, Time};

/// The time in which a refusal that goes on is written once.
const PAUSE: Duration = Duration::from_secs(60);
/// Different refusals remembered at most; what is beyond is counted as one.
const REMEMBERED: usize = 2_000;

/// Refusals that are not written yet, and those that were written lately.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<Refused, Times>>);

/// What makes two refusals equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Refused {
    pub who: Option<UserId>,
    pub key: Option<KeyId>,
    pub session: Option<SessionId>,
    pub platform: Platform,
    pub address: Option<IpAddr>,
    pub operation: Option<Operation>,
    pub reason: &'static str,
}

/// How often it happened since it was last written, and what the first of those was.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    pub count: i64,
    pub first: Time,
    pub last: Time,
    /// When it was last written, as time gone by.
    pub written: Option<Duration>,
    pub login: Option<String>,
    pub home: Option<OrganisationId>,
    pub request_id: String,
    pub method: String,
    pub path: String,
}

/// Why a fault is a refusal, in the trail's word; other faults are none.
pub(crate) fn reason(fault: &Fault) -> Option<&'static str> {
    match fault {
        Fault::Forbidden(_) => Some("permission"),
        Fault::KeyLimit => Some("key_limit"),
        Fault::ExceedsOwn => Some("exceeds_own"),
        Fault::OutranksCaller => Some("outranks_caller"),
        Fault::LastOwner => Some("last_owner"),
        Fault::PasswordChangeNeeded => Some("password_change_needed"),
        Fault::Unauthenticated(refusal) => match refusal {
            // Nothing was tried.
            Refusal::Missing => None,
            Refusal::Unknown => Some("credential"),
            Refusal::Address => Some("address"),
            Refusal::LockedOut => Some("locked_out"),
            Refusal::Standing(standing) => Some(match standing {
                Standing::Active => "standing",
                Standing::Inactive => "inactive",
                Standing::Suspended => "suspended",
                Standing::Expired => "expired",
                Standing::Locked => "locked",
                Standing::LockedOut => "locked_out",
            }),
            Refusal::SecondFactorNeeded
            | Refusal::SecondFactorWrong
            | Refusal::SecondFactorMissing => Some("second_factor"),
        },
        Fault::NotFound(_)
        | Fault::UnknownReference(_)
        | Fault::Taken { .. }
        | Fault::Invalid { .. }
        | Fault::WeakPassword(_)
        | Fault::WrongPassword
        | Fault::InUse(_)
        | Fault::Protected(_)
        | Fault::Stale
        | Fault::TooMany { .. }
        | Fault::Unavailable(_)
        | Fault::Internal(_) => None,
    }
}

impl Refusals {
    /// Counts a refusal.
    pub fn note(
        &self,
        now: Time,
        refused: Refused,
        whose: Option<(&str, OrganisationId)>,
        context: &RequestContext,
    ) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = all.len() >= REMEMBERED && !all.contains_key(&refused);
        // Beyond the bound it is still told that there was more, but no longer by whom.
        let (refused, whose) = if full {
            let rest = Refused {
                who: None,
                key: None,
                session: None,
                platform: Platform::USHER,
                address: None,
                operation: None,
                reason: "many",
            };
            (rest, None)
        } else {
            (refused, whose)
        };
        let times = all.entry(refused).or_insert_with(|| Times {
            count: 0,
            first: now,
            last: now,
            written: None,
            login: whose.map(|(login, _)| login.to_owned()),
            home: whose.map(|(_, home)| home),
            request_id: String::new(),
            method: String::new(),
            path: String::new(),
        });
        if times.count == 0 {
            times.first = now;
            times.request_id.clone_from(&context.request_id);
            times.method.clone_from(&context.method);
            times.path = context
                .path
                .chars()
                .filter(|letter| !letter.is_control())
                .take(200)
                .collect();
        }
        times.count = times.count.saturating_add(1);
        times.last = times.last.max(now);
    }

    /// Takes what is to be written now; `all` does not wait for the end of a pause.
    pub fn take_due(&self, now: Duration, all: bool) -> Vec<(Refused, Times)> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return Vec::new();
        }
        let rested = |times: &Times| times.written.is_none_or(|at| at + PAUSE <= now);
        let mut due = Vec::new();
        known.retain(|refused, times| {
            if times.count > 0 && (all || rested(times)) {
                due.push((refused.clone(), times.clone()));
                times.count = 0;
                times.written = Some(now);
            }
            times.count > 0 || !rested(times)
        });
        due.sort_by_key(|(refused, times)| (times.first, refused.who));
        due
    }

    /// Refusals that could not be written wait for the next flush.
    pub fn put_back(&self, old: Vec<(Refused, Times)>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (refused, times) in old {
            match known.get_mut(&refused) {
                Some(present) => {
                    present.written = times.written;
                    present.count = present.count.saturating_add(times.count);
                    present.first = times.first;
                }
                None => {
                    known.insert(refused, times);
                }
            }
        }
    }
}
