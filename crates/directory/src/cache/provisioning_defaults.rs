//! What newcomers at a door get. Every create asks it and it hardly ever changes, so on SQLite it is
//! remembered while nothing that it is worked out from has changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{GroupId, OrganisationId, Platform, RoleId};
use crate::store::Changes;

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
pub(crate) type Place = (Platform, OrganisationId);

/// How many are remembered before all are forgotten.
const REMEMBERED: usize = 10_000;

impl Doors {
    pub fn get(&self, place: Place) -> Option<(Changes, Arc<Door>)> {
        let doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        doors.get(&place).cloned()
    }

    pub fn put(&self, place: Place, since: Changes, door: &Arc<Door>) {
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if doors.len() >= REMEMBERED {
            doors.clear();
        }
        doors.insert(place, (since, Arc::clone(door)));
    }
}
