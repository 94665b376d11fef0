//! How sign-ins by password ended, counted since the start for those who watch the server. Nothing here names a person.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::{Fault, Platform, Refusal};

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct SignIns(Mutex<BTreeMap<(&'static str, &'static str), u64>>);

impl SignIns {
    /// Counts one.
    pub fn count<T>(&self, platform: Platform, ended: &Result<T, Fault>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((platform.word(), outcome(ended))).or_default();
        *count = count.saturating_add(1);
    }

    /// All of them: platform, outcome, count.
    pub fn counts(&self) -> Vec<(&'static str, &'static str, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|((platform, outcome), count)| (*platform, *outcome, *count))
            .collect()
    }
}

/// The word of how a sign-in ended. An unknown name, a wrong password and a lock-out are one, as they are on the wire.
fn outcome<T>(ended: &Result<T, Fault>) -> &'static str {
    match ended {
        Ok(_) => "succeeded",
        Err(Fault::Unauthenticated(refusal)) => match refusal {
            Refusal::Standing(_) => "not-active",
            Refusal::SecondFactorNeeded => "second-factor-needed",
            Refusal::SecondFactorWrong => "second-factor-wrong",
            Refusal::SecondFactorMissing => "second-factor-missing",
            Refusal::Missing | Refusal::Unknown | Refusal::Address | Refusal::LockedOut => {
                "wrong-credential"
            }
        },
        Err(Fault::TooMany { .. }) => "too-many",
        Err(_) => "failed",
    }
}
