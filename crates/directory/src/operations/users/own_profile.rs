//! Changing oneself.

use crate::access::caller::Credential;
use crate::access::table::Operation;
use crate::handle::Handle;
use crate::model::{Fault, Permission, Related, User, UserChange, Wanted};
use crate::pending::Pending;

impl Handle {
    /// Changes what everybody may change of themselves: names, e-mail, the plain attributes and
    /// the dialect's own document; the password only by key, which need not tell the old one.
    /// Anything else in `change` is refused.
    pub fn update_own_profile(&self, change: UserChange) -> Pending<'_, User> {
        let shown = self.update_own_profile_and_show(change, Wanted::default());
        Box::pin(async move { Ok(shown.await?.0) })
    }

    /// Changes oneself as [`Handle::update_own_profile`] does, and reads what is wanted: in one transaction.
    pub fn update_own_profile_and_show(
        &self,
        change: UserChange,
        wanted: Wanted,
    ) -> Pending<'_, (User, Related)> {
        Box::pin(async move {
            let by_key = matches!(self.caller.credential, Credential::Key(_));
            let reserved = change.login.is_some()
                || change.kind.is_some()
                || change.status.is_some()
                || change.locked.is_some()
                || change.lock_after.is_some()
                || change.home.is_some()
                || change.primary_group.is_some()
                || change.groups.is_some()
                || change.role.is_some()
                || (change.password.is_some() && !by_key)
                || change.must_change_password.is_some()
                || change.second_factor_required.is_some();
            if reserved {
                return Err(Fault::Forbidden(Permission::EditUsers));
            }
            let own = self.caller.user.into();
            self.change_user(Operation::UpdateOwnProfile, own, change, wanted)
                .await
        })
    }
}
