//! What dialects work out from rows that hardly ever change, remembered for them.

use std::any::{Any, TypeId};
use std::sync::Arc;

use crate::handle::Handle;
use crate::model::{Fault, Permission};

impl Handle {
    /// Something worked out from roles, groups, organisations, settings, and the dialect's documents of these: remembered
    /// for callers whose permission to see all of it counts everywhere, as long as nothing of it changes. For others it is
    /// worked out each time. It must not rest on anything else, nor on who asks.
    pub async fn remembered<T: Send + Sync + 'static>(
        &self,
        sees: Permission,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<Arc<T>, Fault> {
        let place = (TypeId::of::<T>(), self.caller.platform);
        // Taken before anything is read, so that a change in between is noticed.
        let moment = self
            .inner
            .store
            .moment(self.caller.epoch)
            .filter(|_| self.caller.reaches_all(sees.word()));
        let known = moment.and_then(|moment| self.inner.memory.get(place, moment));
        if let Some(known) = known.and_then(|known| known.downcast().ok()) {
            return Ok(known);
        }
        let made = Arc::new(work.await?);
        if let Some(moment) = moment {
            let what: Arc<dyn Any + Send + Sync> = Arc::<T>::clone(&made);
            self.inner.memory.put(place, moment, what);
        }
        Ok(made)
    }
}
