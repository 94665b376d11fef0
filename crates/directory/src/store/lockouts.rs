//! Wrong passwords and the lock-outs they cause, in SQL.

use crate::model::{Time, UserId};

use super::{Res, Tx};

/// Counts a wrong password in, and forgets those at or before `floor`; tells how many count now.
pub(crate) async fn count_failure(
    tx: &mut Tx<'_>,
    user: UserId,
    address: &str,
    now: Time,
    floor: Time,
) -> Res<i64> {
    tx.exec(
        "DELETE FROM sign_in_failures WHERE user_id = $1 AND at <= $2",
        &[user.0.into(), floor.0.into()],
    )
    .await?;
    tx.exec(
        "INSERT INTO sign_in_failures (user_id, address, at) VALUES ($1, $2, $3)",
        &[user.0.into(), address.into(), now.0.into()],
    )
    .await?;
    let count = tx
        .one(
            "SELECT COUNT(*) FROM sign_in_failures WHERE user_id = $1",
            &[user.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(count.unwrap_or(0))
}

/// Forgets a user's wrong passwords.
pub(crate) async fn forget(tx: &mut Tx<'_>, user: UserId) -> Res<()> {
    tx.exec(
        "DELETE FROM sign_in_failures WHERE user_id = $1",
        &[user.0.into()],
    )
    .await?;
    Ok(())
}

/// Locks a user out until then, or lifts it.
pub(crate) async fn set(tx: &mut Tx<'_>, user: UserId, until: Option<Time>) -> Res<()> {
    tx.exec(
        "UPDATE users SET lockout_until = $2 WHERE id = $1",
        &[user.0.into(), until.map(|time| time.0).into()],
    )
    .await?;
    Ok(())
}

/// Whether wrong passwords for this account came from an address.
pub(crate) async fn caused_by(tx: &mut Tx<'_>, user: UserId, address: &str) -> Res<bool> {
    let found = tx
        .one(
            "SELECT 1 FROM sign_in_failures WHERE user_id = $1 AND address = $2 LIMIT 1",
            &[user.0.into(), address.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.is_some())
}

/// Deletes wrong passwords older than any policy counts, of people who are not locked out.
pub(crate) async fn sweep(tx: &mut Tx<'_>, before: Time, now: Time) -> Res<u64> {
    tx.exec(
        "DELETE FROM sign_in_failures WHERE at <= $1 AND user_id NOT IN (SELECT id FROM users WHERE lockout_until > $2)",
        &[before.0.into(), now.0.into()],
    )
    .await
}
