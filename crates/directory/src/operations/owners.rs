//! The last active owner stays.

use crate::handle::{Outcome, Work};
use crate::model::{Fault, UserId};

/// The word of the `usher` role that owns the installation.
pub(crate) const OWNER: &str = "owner";

/// Whether somebody holds the owner role in the root, by any path, active or not.
pub(crate) async fn is_owner(work: &mut Work<'_>, user: UserId) -> Outcome<bool> {
    let found = work
        .tx
        .one(
            "SELECT 1 FROM roles r WHERE r.platform = 'usher' AND r.word = 'owner' AND (EXISTS (SELECT 1 FROM grants g \
             WHERE g.role_id = r.id AND g.user_id = $1) OR EXISTS (SELECT 1 FROM group_roles gr JOIN group_members m ON \
             m.group_id = gr.group_id WHERE gr.role_id = r.id AND m.user_id = $1))",
            &[user.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.is_some())
}

/// Refuses when no active owner is left; called after a change that may have taken the last one, so
/// that the transaction undoes it.
pub(crate) async fn one_stays(work: &mut Work<'_>) -> Outcome<()> {
    let now = work.now;
    let left = work
        .tx
        .one(
            "SELECT 1 FROM users u WHERE u.status = 'active' AND (u.locked_until IS NULL OR u.locked_until <= $1) AND \
             (u.lock_after IS NULL OR u.lock_after > $1) AND u.id IN (SELECT g.user_id FROM grants g JOIN roles r ON r.id = \
             g.role_id WHERE r.platform = 'usher' AND r.word = 'owner' AND g.organisation_id = $2 AND g.expires_at IS NULL \
             UNION SELECT m.user_id FROM group_members m JOIN group_roles gr ON gr.group_id = m.group_id JOIN roles r ON \
             r.id = gr.role_id WHERE r.platform = 'usher' AND r.word = 'owner' AND gr.scope = 'organisation' AND \
             gr.scope_id = $2) LIMIT 1",
            &[now.0.into(), crate::ROOT.0.into()],
            |row| row.int(0),
        )
        .await?;
    if left.is_some() {
        Ok(())
    } else {
        Err(Fault::LastOwner.into())
    }
}
