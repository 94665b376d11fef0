//! Password hashes in SQL.

use crate::model::{Time, UserId};

use super::{Res, Tx};

/// A stored password.
pub(crate) struct Stored {
    pub hash: String,
    pub must_change: bool,
}

/// The password of a user.
pub(crate) async fn find(tx: &mut Tx<'_>, user: UserId) -> Res<Option<Stored>> {
    tx.one(
        "SELECT hash, must_change FROM passwords WHERE user_id = $1",
        &[user.0.into()],
        |row| {
            Ok(Stored {
                hash: row.string(0)?,
                must_change: row.flag(1)?,
            })
        },
    )
    .await
}

/// Sets a password's hash.
pub(crate) async fn upsert(
    tx: &mut Tx<'_>,
    user: UserId,
    hash: &str,
    must_change: bool,
    now: Time,
    actor: Option<UserId>,
) -> Res<()> {
    tx.exec(
        "INSERT INTO passwords (user_id, hash, must_change, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, must_change = excluded.must_change, \
         changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        &[user.0.into(), hash.into(), must_change.into(), now.0.into(), actor.map(|user| user.0).into()],
    )
    .await?;
    Ok(())
}

/// Puts a hash of the same password at another cost in the place of an old one.
pub(crate) async fn rehash(tx: &mut Tx<'_>, user: UserId, old: &str, new: &str) -> Res<()> {
    tx.exec(
        "UPDATE passwords SET hash = $3 WHERE user_id = $1 AND hash = $2",
        &[user.0.into(), old.into(), new.into()],
    )
    .await?;
    Ok(())
}

/// Says whether the password must be changed at the next sign-in.
pub(crate) async fn must_change(tx: &mut Tx<'_>, user: UserId, must_change: bool) -> Res<()> {
    tx.exec(
        "UPDATE passwords SET must_change = $2 WHERE user_id = $1",
        &[user.0.into(), must_change.into()],
    )
    .await?;
    Ok(())
}

/// Takes the password away; false when there was none.
pub(crate) async fn delete(tx: &mut Tx<'_>, user: UserId) -> Res<bool> {
    let deleted = tx
        .exec("DELETE FROM passwords WHERE user_id = $1", &[user.0.into()])
        .await?;
    Ok(deleted > 0)
}
