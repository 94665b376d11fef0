//! Numbers for those who watch the server: how many there are of what, in SQL.

use crate::model::Time;

use super::{Res, Tx};

/// Counts by a word.
pub(crate) type Counts = Vec<(String, i64)>;

async fn by_word(tx: &mut Tx<'_>, sql: &str) -> Res<Counts> {
    tx.all(sql, &[], |row| Ok((row.string(0)?, row.int(1)?)))
        .await
}

/// Users by status.
pub(crate) async fn users(tx: &mut Tx<'_>) -> Res<Counts> {
    by_word(tx, "SELECT status, COUNT(*) FROM users GROUP BY status").await
}

/// Mails by state.
pub(crate) async fn mails(tx: &mut Tx<'_>) -> Res<Counts> {
    by_word(tx, "SELECT state, COUNT(*) FROM outbox GROUP BY state").await
}

/// Jobs by state.
pub(crate) async fn jobs(tx: &mut Tx<'_>) -> Res<Counts> {
    by_word(tx, "SELECT state, COUNT(*) FROM jobs GROUP BY state").await
}

/// Keys in force that end between two times.
pub(crate) async fn keys_ending(tx: &mut Tx<'_>, from: Time, to: Time) -> Res<i64> {
    let count = tx
        .one(
            "SELECT COUNT(*) FROM api_keys WHERE revoked_at IS NULL AND expires_at > $1 AND expires_at <= $2",
            &[from.0.into(), to.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(count.unwrap_or(0))
}
