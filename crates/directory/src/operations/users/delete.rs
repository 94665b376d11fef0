//! Users: delete.

use serde_json::json;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{User, UserRef};
use crate::outcome::Outcome;
use crate::store::users;

use crate::operations::roles::owners;
use crate::pending::Pending;

impl Handle {
    /// Deletes a user with their credentials, grants, memberships and records. Names are free again.
    pub fn delete_user(&self, which: impl Into<UserRef>) -> Pending<'_, User> {
        fn inner(handle: &Handle, which: UserRef) -> Pending<'_, User> {
            Box::pin(async move {
                handle
                    .write(Operation::DeleteUser, async move |work: &mut Work<'_>| {
                        delete(work, &which).await
                    })
                    .await
            })
        }
        inner(self, which.into())
    }
}

/// Deletes a user, with every rule.
pub(crate) async fn delete(work: &mut Work<'_>, which: &UserRef) -> Outcome<User> {
    let user = work.target_user(which).await?;
    work.guard_takeover(&user).await?;
    let owner = owners::is_owner(work, user.id).await?;
    users::change_population(&mut work.tx, user.home, -1).await?;
    users::delete(&mut work.tx, user.id).await?;
    if owner {
        owners::one_stays(work).await?;
    }
    let before = crate::operations::users::checks::described(&user);
    work.event(
        "user.deleted",
        About::user(&user),
        Some(json!({ "before": before })),
    )
    .await?;
    Ok(user)
}
