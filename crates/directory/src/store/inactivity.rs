//! Accounts that nobody uses, in SQL.

use crate::model::{Time, UserId};

use super::{Res, Tx};

/// People who are active and were neither seen nor changed since a time, owners left out: the first so
/// many after a number, by number.
pub(crate) async fn unused_since(
    tx: &mut Tx<'_>,
    before: Time,
    after: UserId,
    limit: u32,
) -> Res<Vec<UserId>> {
    tx.all(
        "SELECT u.id FROM users u WHERE u.id > $2 AND u.status = 'active' AND u.kind = 'person' AND u.updated_at < $1 AND \
         COALESCE(u.last_seen_at, u.created_at) < $1 AND u.id NOT IN (SELECT g.user_id FROM grants g JOIN roles r ON r.id = \
         g.role_id WHERE r.platform = 'usher' AND r.word = 'owner') ORDER BY u.id LIMIT $3",
        &[before.0.into(), after.0.into(), i64::from(limit).into()],
        |row| Ok(UserId(row.int(0)?)),
    )
    .await
}
