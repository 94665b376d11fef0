//! What is worked out from rows that hardly ever change, remembered while nothing has changed.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::Platform;
use crate::store::CacheStamp;

/// What is remembered: one of each type and platform, with the moment in which it was read.
#[derive(Default)]
pub(crate) struct DerivedCache(Mutex<HashMap<(TypeId, Platform), Kept>>);

#[derive(Clone)]
struct Kept {
    moment: CacheStamp,
    what: Arc<dyn Any + Send + Sync>,
}

impl DerivedCache {
    /// What is remembered at that place and moment.
    pub fn get(
        &self,
        place: (TypeId, Platform),
        moment: CacheStamp,
    ) -> Option<Arc<dyn Any + Send + Sync>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&place)
            .filter(|one| one.moment == moment)
            .map(|one| Arc::clone(&one.what))
    }

    /// Remembers what was read at a moment.
    pub fn put(
        &self,
        place: (TypeId, Platform),
        moment: CacheStamp,
        what: Arc<dyn Any + Send + Sync>,
    ) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(place, Kept { moment, what });
    }
}
