//! Acting in another's name.

use crate::access::caller::Caller;
use crate::access::impersonation::load_impersonated;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::UserRef;
use crate::pending::Pending;

impl Handle {
    /// The caller in the name of another person, for as long as one request takes. Every write looks at
    /// both again: whether the one may still act for the other, and what the other may still do.
    pub fn impersonate(&self, which: impl Into<UserRef>) -> Pending<'_, Caller> {
        fn inner(handle: &Handle, which: UserRef) -> Pending<'_, Caller> {
            Box::pin(async move {
                handle
                    .read(Operation::ActForUser, async |work: &mut Work<'_>| {
                        Ok(Caller(load_impersonated(work, &which).await?))
                    })
                    .await
            })
        }
        inner(self, which.into())
    }
}
