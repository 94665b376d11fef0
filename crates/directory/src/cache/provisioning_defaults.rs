//! What newcomers at a door get. Every create asks it and it hardly ever changes, so on SQLite it is
//! remembered while nothing that it is worked out from has changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::work::Work;
use crate::model::{Fault, GroupId, OrganisationId, Platform, RoleId};
use crate::operations::roles::granting::default_roles_setting;
use crate::outcome::Outcome;
use crate::store::{Changes, doors, roles};

/// What newcomers of one home get at one platform's door.
#[derive(Debug, Default)]
pub(crate) struct Door {
    pub roles: Vec<RoleId>,
    pub groups: Vec<GroupId>,
}

/// The doors that are remembered, each with the count of changes at which it was read.
#[derive(Default)]
pub(crate) struct Doors(Mutex<HashMap<Place, (Changes, Arc<Door>)>>);

/// One door to one home.
type Place = (Platform, OrganisationId);

/// How many are remembered before all are forgotten.
const REMEMBERED: usize = 10_000;

impl Doors {
    fn get(&self, place: Place) -> Option<(Changes, Arc<Door>)> {
        let doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        doors.get(&place).cloned()
    }

    fn put(&self, place: Place, since: Changes, door: &Arc<Door>) {
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if doors.len() >= REMEMBERED {
            doors.clear();
        }
        doors.insert(place, (since, Arc::clone(door)));
    }
}

impl Work<'_> {
    /// What newcomers of a home get at the caller's door; none when there is no such organisation.
    pub async fn door(&mut self, home: OrganisationId) -> Outcome<Option<Arc<Door>>> {
        let inner = Arc::clone(&self.inner);
        let platform = self.caller.platform;
        let place = (platform, home);
        if let Some((since, door)) = inner.doors.get(place)
            && self.tx.unchanged_since(Some(since))
        {
            return Ok(Some(door));
        }
        let usual = inner
            .platform(platform)
            .map_or(&[][..], |spec| spec.default_roles);
        let setting = default_roles_setting(platform);
        let stored = doors::stored(&mut self.tx, platform, &setting, usual, home).await?;
        if !stored.home {
            return Ok(None);
        }
        let mut door = Door {
            roles: stored.usual,
            groups: stored.groups,
        };
        if let Some(chosen) = stored.chosen {
            let ids: Vec<i64> = serde_json::from_str(&chosen)
                .map_err(|error| Fault::Internal(format!("stored default roles: {error}")))?;
            door.roles.clear();
            for id in ids {
                let role = roles::by_id(&mut self.tx, RoleId(id)).await?;
                door.roles.extend(role.map(|role| role.id));
            }
        }
        let door = Arc::new(door);
        if let Some(since) = self.tx.since() {
            inner.doors.put(place, since, &door);
        }
        Ok(Some(door))
    }
}
