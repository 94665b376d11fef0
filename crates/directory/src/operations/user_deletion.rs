//! Users: delete.

use serde_json::json;

use crate::access::Operation;
use crate::handle::{About, Handle, Work};
use crate::model::{Fault, User, UserRef};
use crate::store::users;

use super::owners;

impl Handle {
    /// Deletes a user with their credentials, grants, memberships and records. Names are free again.
    pub async fn delete_user(&self, which: impl Into<UserRef>) -> Result<User, Fault> {
        let which = which.into();
        self.write(Operation::DeleteUser, async move |work: &mut Work<'_>| {
            let user = work.target_user(&which).await?;
            work.guard_takeover(&user).await?;
            let owner = owners::is_owner(work, user.id).await?;
            users::step(&mut work.tx, user.home, -1).await?;
            users::delete(&mut work.tx, user.id).await?;
            if owner {
                owners::one_stays(work).await?;
            }
            let before = super::users::described(&user);
            work.event(
                "user.deleted",
                About::user(&user),
                Some(json!({ "before": before })),
            )
            .await?;
            Ok(user)
        })
        .await
    }
}
