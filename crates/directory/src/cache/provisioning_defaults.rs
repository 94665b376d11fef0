//! What newcomers at a door get. Every create asks it and it hardly ever changes, so on SQLite it is
//! remembered while nothing that it is worked out from has changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{GroupId, OrganisationId, Platform, RoleId};
use crate::store::AuthRevision;

/// What newcomers of one home get at one platform's door.
#[derive(Debug, Default)]
pub(crate) struct ProvisioningDefaults {
    pub roles: Vec<RoleId>,
    pub groups: Vec<GroupId>,
}

/// The known that are remembered, each with the count of changes at which it was read.
#[derive(Default)]
pub(crate) struct ProvisioningDefaultsCache(
    Mutex<HashMap<Place, (AuthRevision, Arc<ProvisioningDefaults>)>>,
);

/// One door to one home.
pub(crate) type Place = (Platform, OrganisationId);

/// How many are remembered before all are forgotten.
const REMEMBERED: usize = 10_000;

impl ProvisioningDefaultsCache {
    pub fn get(&self, place: Place) -> Option<(AuthRevision, Arc<ProvisioningDefaults>)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&place).cloned()
    }

    pub fn put(&self, place: Place, since: AuthRevision, door: &Arc<ProvisioningDefaults>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(place, (since, Arc::clone(door)));
    }
}
