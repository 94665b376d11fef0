//! What all requests share: the store, the settings it was opened with, and what is kept in memory.

use crate::access::address_limiter::AddressLimiter;
use crate::cache::callers::Callers;
use crate::cache::derived::DerivedCache;
use crate::cache::key_limits::KeyLimitCache;
use crate::cache::provisioning_defaults::ProvisioningDefaultsCache;
use crate::cache::refusals::Refusals;
use crate::cache::sign_ins::SignIns;
use crate::cache::usage::UsageCounters;
use crate::hashing::Pool;
use crate::model::{Fault, Line, PasswordPolicy, Platform, PlatformSpec, Setting, Time};
use crate::outcome::Abort;
use crate::readiness::ProbeCache;
use crate::seams::Seams;
use crate::store::{Store, Tx, settings};

pub(crate) struct Inner {
    pub store: Store,
    pub platforms: Vec<PlatformSpec>,
    /// What the administrator flag of a membership brings, per platform.
    pub platform_lines: Vec<(Platform, Vec<Line>)>,
    pub passwords: PasswordPolicy,
    pub secret: [u8; 32],
    /// When this process opened the directory.
    pub opened_at: Time,
    pub seams: Seams,
    pub callers: Callers,
    pub key_limits: KeyLimitCache,
    pub provisioning_defaults: ProvisioningDefaultsCache,
    pub memory: DerivedCache,
    pub usage: UsageCounters,
    pub refusals: Refusals,
    pub sign_ins: SignIns,
    pub sign_in_limiter: AddressLimiter,
    pub link_limiter: AddressLimiter,
    pub filings: AddressLimiter,
    pub hashing: Pool,
    pub trials: ProbeCache,
    /// Notified when a job waits for a worker.
    pub jobs_waiting: tokio::sync::Notify,
    /// Set when the server ends.
    pub ending: tokio::sync::watch::Sender<bool>,
}

impl Inner {
    pub fn now(&self) -> Time {
        self.seams.clock.now()
    }

    /// Time gone by, for what is measured and not written down.
    pub fn elapsed(&self) -> std::time::Duration {
        self.seams.clock.elapsed()
    }

    /// The id that a platform computes from a user's row, where one does.
    pub fn alias(&self, user: &crate::model::User) -> Option<String> {
        let alias = self.platforms.iter().find_map(|spec| spec.alias)?;
        Some(alias(user))
    }

    pub fn platform(&self, platform: Platform) -> Option<&PlatformSpec> {
        self.platforms.iter().find(|spec| spec.platform == platform)
    }

    /// The platform of that word, as the database names it.
    pub fn platform_named(&self, word: &str) -> Option<&PlatformSpec> {
        self.platforms
            .iter()
            .find(|spec| spec.platform.word() == word)
    }

    /// Reads a settings document, the default when none is stored.
    pub async fn setting<S: Setting>(&self, tx: &mut Tx<'_>) -> Result<S, Abort> {
        read_setting(settings::document(tx, S::NAME).await?).map_err(Abort::Fault)
    }
}

/// Reads a stored settings document, the default when none is stored.
pub(crate) fn read_setting<S: Setting>(stored: Option<String>) -> Result<S, Fault> {
    match stored {
        None => Ok(S::default()),
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| Fault::Internal(format!("stored setting {}: {error}", S::NAME))),
    }
}
