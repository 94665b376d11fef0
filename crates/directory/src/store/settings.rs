//! Settings documents and the installation's own row in SQL.

use crate::model::{Time, UserId};

use super::{Res, Tx};

/// A settings document as stored.
pub(crate) async fn document(tx: &mut Tx<'_>, name: &str) -> Res<Option<String>> {
    tx.one(
        "SELECT document FROM settings WHERE name = $1",
        &[name.into()],
        |row| row.string(0),
    )
    .await
}

/// How often a settings document was stored.
pub(crate) async fn version(tx: &mut Tx<'_>, name: &str) -> Res<i64> {
    let version = tx
        .one(
            "SELECT version FROM settings WHERE name = $1",
            &[name.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(version.unwrap_or(0))
}

/// Stores a settings document whole.
pub(crate) async fn upsert(
    tx: &mut Tx<'_>,
    name: &str,
    document: &str,
    now: Time,
    actor: Option<UserId>,
) -> Res<()> {
    tx.exec(
        "INSERT INTO settings (name, document, version, updated_at, updated_by) VALUES ($1, $2, 1, $3, $4) \
         ON CONFLICT (name) DO UPDATE SET document = excluded.document, version = settings.version + 1, \
         updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        &[name.into(), document.into(), now.0.into(), actor.map(|user| user.0).into()],
    )
    .await?;
    Ok(())
}

/// Draws the next number of a counter that begins at `first`.
pub(crate) async fn next_number(tx: &mut Tx<'_>, counter: &str, first: i64) -> Res<i64> {
    let number = tx
        .one(
            "INSERT INTO counters (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 \
             RETURNING value",
            &[counter.into(), first.into()],
            |row| row.int(0),
        )
        .await?;
    number.ok_or_else(|| super::StoreError::Bug("a counter gave no number".to_owned()))
}

/// The installation's UUID, when there is an installation.
pub(crate) async fn installation(tx: &mut Tx<'_>) -> Res<Option<String>> {
    tx.one("SELECT uuid FROM installation", &[], |row| row.string(0))
        .await
}

/// Makes the installation's row; false when there is one.
pub(crate) async fn install(tx: &mut Tx<'_>, uuid: &str, now: Time) -> Res<bool> {
    let made = tx
        .exec(
            "INSERT INTO installation (id, uuid, epoch, created_at) VALUES (1, $1, 1, $2) ON CONFLICT DO NOTHING",
            &[uuid.into(), now.0.into()],
        )
        .await?;
    Ok(made > 0)
}
