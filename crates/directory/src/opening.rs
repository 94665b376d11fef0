//! Opening a directory: the store, its tables, and what all requests share.

use std::sync::Arc;

use crate::directory::{Configuration, Directory};
use crate::model::Fault;
use crate::offline::{OfflineError, location};
use crate::pending::{Answering, Pending};
use crate::state::Inner;
use crate::store::{Limits, Store, Tx};

impl Directory {
    /// Opens the directory and brings its tables up to this version.
    pub fn open(configuration: Configuration) -> Pending<'static, Directory> {
        let opening = Self::open_or_refuse(configuration);
        // Failures at the start are shown to the operator in full.
        Box::pin(async {
            opening
                .await
                .map_err(|error| Fault::Internal(error.to_string()))
        })
    }

    /// `Directory::open` whose error says of what kind a refusal is.
    pub fn open_or_refuse(
        configuration: Configuration,
    ) -> Answering<'static, Result<Directory, OfflineError>> {
        Box::pin(async move {
            let location = location(&configuration.location);
            let limits = Limits {
                connections: configuration.connections.max(1),
                ..Limits::default()
            };
            let store = Store::open(&location, limits).await?;
            let now = configuration.seams.clock.now();
            store.migrate(now.0).await?;
            store
                .write(async |tx: &mut Tx<'_>| crate::store::events::settle_restored(tx).await)
                .await?;
            let platform_lines = configuration
                .platforms
                .iter()
                .map(|spec| (spec.platform, spec.administrator_lines.clone()))
                .collect();
            Ok(Directory(Arc::new(Inner {
                store,
                platforms: configuration.platforms,
                platform_lines,
                passwords: configuration.passwords,
                secret: configuration.secret,
                opened_at: configuration.seams.clock.now(),
                seams: configuration.seams,
                callers: crate::cache::callers::Callers::default(),
                key_limits: crate::cache::key_limits::KeyLimitCache::default(),
                provisioning_defaults:
                    crate::cache::provisioning_defaults::ProvisioningDefaultsCache::default(),
                memory: crate::cache::derived::DerivedCache::default(),
                usage: crate::cache::usage::UsageCounters::default(),
                refusals: crate::cache::refusals::Refusals::default(),
                sign_ins: crate::cache::sign_ins::SignIns::default(),
                sign_in_limiter: crate::access::address_limiter::AddressLimiter::on_failures(),
                link_limiter: crate::access::address_limiter::AddressLimiter::on_links(),
                filings: crate::access::address_limiter::AddressLimiter::on_filings(),
                hashing: crate::hashing::Pool::default(),
                trials: crate::readiness::ProbeCache::default(),
                jobs_waiting: tokio::sync::Notify::new(),
                ending: tokio::sync::watch::Sender::new(false),
            })))
        })
    }
}
