//! Wrong passwords, the lock-outs they cause, and the networks people sign in from, in SQL.

use crate::model::{Time, UserId};
use crate::rules::Locks;

use super::{Res, Tx};

/// The network under which the lock of a whole account stands.
pub(crate) const EVERYWHERE: &str = "*";
/// Networks remembered of one person.
const NETWORKS: i64 = 100;

/// The locks that concern an account and a network.
pub(crate) async fn locks(tx: &mut Tx<'_>, user: UserId, network: &str) -> Res<Locks> {
    let found = tx
        .one(
            "SELECT (SELECT l.until_at FROM lockouts l WHERE l.user_id = $1 AND l.network = $2), \
             (SELECT e.until_at FROM lockouts e WHERE e.user_id = $1 AND e.network = '*'), \
             (SELECT n.at FROM sign_in_networks n WHERE n.user_id = $1 AND n.network = $2)",
            &[user.0.into(), network.into()],
            |row| {
                Ok(Locks {
                    here: row.opt_int(0)?.map(Time),
                    everywhere: row.opt_int(1)?.map(Time),
                    signed_in: row.opt_int(2)?.map(Time),
                })
            },
        )
        .await?;
    Ok(found.unwrap_or_default())
}

/// Notes a wrong password, and forgets those at or before `period`.
pub(crate) async fn note_failure(
    tx: &mut Tx<'_>,
    user: UserId,
    network: &str,
    now: Time,
    period: Time,
) -> Res<()> {
    tx.exec(
        "DELETE FROM sign_in_failures WHERE user_id = $1 AND at <= $2",
        &[user.0.into(), period.0.into()],
    )
    .await?;
    tx.exec(
        "INSERT INTO sign_in_failures (user_id, network, at) VALUES ($1, $2, $3)",
        &[user.0.into(), network.into(), now.0.into()],
    )
    .await?;
    Ok(())
}

/// How many wrong passwords came from a network after one time, and from anywhere after another.
pub(crate) async fn failures(
    tx: &mut Tx<'_>,
    user: UserId,
    network: &str,
    here: Time,
    everywhere: Time,
) -> Res<(i64, i64)> {
    let found = tx
        .one(
            "SELECT (SELECT COUNT(*) FROM sign_in_failures f WHERE f.user_id = $1 AND f.network = $2 AND f.at > $3), \
             (SELECT COUNT(*) FROM sign_in_failures g WHERE g.user_id = $1 AND g.at > $4)",
            &[
                user.0.into(),
                network.into(),
                here.0.into(),
                everywhere.0.into(),
            ],
            |row| Ok((row.int(0)?, row.int(1)?)),
        )
        .await?;
    Ok(found.unwrap_or_default())
}

/// Locks an account for a network, or everywhere. Its row shows the end of the latest lock.
pub(crate) async fn lock(tx: &mut Tx<'_>, user: UserId, network: &str, until: Time) -> Res<()> {
    tx.exec(
        "INSERT INTO lockouts (user_id, network, until_at) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id, network) DO UPDATE SET until_at = excluded.until_at",
        &[user.0.into(), network.into(), until.0.into()],
    )
    .await?;
    tx.exec(
        "UPDATE users SET lockout_until = $2 WHERE id = $1 AND (lockout_until IS NULL OR lockout_until < $2)",
        &[user.0.into(), until.0.into()],
    )
    .await?;
    Ok(())
}

/// Forgets a user's wrong passwords and locks.
pub(crate) async fn forget(tx: &mut Tx<'_>, user: UserId) -> Res<()> {
    for sql in [
        "DELETE FROM sign_in_failures WHERE user_id = $1",
        "DELETE FROM lockouts WHERE user_id = $1",
    ] {
        tx.exec(sql, &[user.0.into()]).await?;
    }
    Ok(())
}

/// Takes the end of the latest lock off a user's row.
pub(crate) async fn show_none(tx: &mut Tx<'_>, user: UserId) -> Res<()> {
    tx.exec(
        "UPDATE users SET lockout_until = NULL WHERE id = $1",
        &[user.0.into()],
    )
    .await?;
    Ok(())
}

/// Notes a sign-in: it clears the count of its network, which is known from now on.
pub(crate) async fn signed_in(tx: &mut Tx<'_>, user: UserId, network: &str, now: Time) -> Res<()> {
    tx.exec(
        "DELETE FROM sign_in_failures WHERE user_id = $1 AND network = $2",
        &[user.0.into(), network.into()],
    )
    .await?;
    tx.exec(
        "INSERT INTO sign_in_networks (user_id, network, at) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id, network) DO UPDATE SET at = excluded.at",
        &[user.0.into(), network.into(), now.0.into()],
    )
    .await?;
    Ok(())
}

/// Deletes wrong passwords and ended locks from before a time, and networks that are known no more.
pub(crate) async fn sweep(tx: &mut Tx<'_>, before: Time, known: Time) -> Res<u64> {
    let failures = tx
        .exec(
            "DELETE FROM sign_in_failures WHERE at <= $1",
            &[before.0.into()],
        )
        .await?;
    tx.exec(
        "DELETE FROM lockouts WHERE until_at <= $1",
        &[before.0.into()],
    )
    .await?;
    tx.exec(
        "DELETE FROM sign_in_networks WHERE at <= $1",
        &[known.0.into()],
    )
    .await?;
    tx.exec(
        "DELETE FROM sign_in_networks WHERE (user_id, network) IN (SELECT r.user_id, r.network FROM \
         (SELECT n.user_id, n.network, ROW_NUMBER() OVER (PARTITION BY n.user_id ORDER BY n.at DESC) AS place \
         FROM sign_in_networks n) r WHERE r.place > $1)",
        &[NETWORKS.into()],
    )
    .await?;
    Ok(failures)
}
