//! Second factors and recovery codes in SQL.

use crate::model::{OrganisationId, Time, UserId};

use super::{Res, Tx};

/// An enrolled, or half enrolled, second factor.
#[derive(Clone)]
pub(crate) struct Factor {
    pub sealed_seed: Vec<u8>,
    pub confirmed: bool,
    pub last_step: i64,
}

/// A user's second factor.
pub(crate) async fn find(tx: &mut Tx<'_>, user: UserId) -> Res<Option<Factor>> {
    tx.one(
        "SELECT sealed_seed, confirmed_at, last_step FROM second_factors WHERE user_id = $1",
        &[user.0.into()],
        |row| {
            Ok(Factor {
                sealed_seed: row.bytes(0)?.to_vec(),
                confirmed: row.opt_int(1)?.is_some(),
                last_step: row.int(2)?,
            })
        },
    )
    .await
}

/// Begins an enrolment, in the place of one that was not confirmed.
pub(crate) async fn begin(tx: &mut Tx<'_>, user: UserId, sealed_seed: &[u8], now: Time) -> Res<()> {
    tx.exec(
        "INSERT INTO second_factors (user_id, sealed_seed, confirmed_at, last_step, created_at) VALUES ($1, $2, NULL, 0, $3) \
         ON CONFLICT (user_id) DO UPDATE SET sealed_seed = excluded.sealed_seed, last_step = 0, created_at = excluded.created_at \
         WHERE second_factors.confirmed_at IS NULL",
        &[user.0.into(), sealed_seed.into(), now.0.into()],
    )
    .await?;
    Ok(())
}

/// Confirms an enrolment.
pub(crate) async fn confirm(tx: &mut Tx<'_>, user: UserId, now: Time) -> Res<()> {
    tx.exec(
        "UPDATE second_factors SET confirmed_at = $2 WHERE user_id = $1",
        &[user.0.into(), now.0.into()],
    )
    .await?;
    Ok(())
}

/// Uses a time step up; false when it, or a later one, was used.
pub(crate) async fn use_step(tx: &mut Tx<'_>, user: UserId, step: i64) -> Res<bool> {
    let used = tx
        .exec(
            "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2",
            &[user.0.into(), step.into()],
        )
        .await?;
    Ok(used > 0)
}

/// Takes the factor and its recovery codes away; false when there was none.
pub(crate) async fn delete(tx: &mut Tx<'_>, user: UserId) -> Res<bool> {
    let deleted = tx
        .exec(
            "DELETE FROM second_factors WHERE user_id = $1",
            &[user.0.into()],
        )
        .await?;
    delete_recovery(tx, user).await?;
    Ok(deleted > 0)
}

/// Replaces the recovery codes.
pub(crate) async fn put_recovery(tx: &mut Tx<'_>, user: UserId, digests: &[[u8; 32]]) -> Res<()> {
    delete_recovery(tx, user).await?;
    for digest in digests {
        tx.exec(
            "INSERT INTO recovery_codes (user_id, digest) VALUES ($1, $2)",
            &[user.0.into(), digest.into()],
        )
        .await?;
    }
    Ok(())
}

async fn delete_recovery(tx: &mut Tx<'_>, user: UserId) -> Res<()> {
    tx.exec(
        "DELETE FROM recovery_codes WHERE user_id = $1",
        &[user.0.into()],
    )
    .await?;
    Ok(())
}

/// Uses a recovery code up; false when it was used, or is none.
pub(crate) async fn use_recovery(
    tx: &mut Tx<'_>,
    user: UserId,
    digest: &[u8],
    now: Time,
) -> Res<bool> {
    let used = tx
        .exec(
            "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND digest = $2 AND used_at IS NULL",
            &[user.0.into(), digest.into(), now.0.into()],
        )
        .await?;
    Ok(used > 0)
}

/// How many recovery codes are left.
pub(crate) async fn recovery_left(tx: &mut Tx<'_>, user: UserId) -> Res<i64> {
    let left = tx
        .one(
            "SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL",
            &[user.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(left.unwrap_or(0))
}

/// Whether an organisation, or one above it, requires a second factor of the people homed there.
pub(crate) async fn required_in(tx: &mut Tx<'_>, home: OrganisationId) -> Res<bool> {
    let required = tx
        .one(
            "SELECT 1 FROM organisation_tree t JOIN organisations o ON o.id = t.ancestor_id WHERE t.descendant_id = $1 \
             AND o.second_factor_required = 1 LIMIT 1",
            &[home.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(required.is_some())
}
