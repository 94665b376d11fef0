//! Sessions in SQL.

use crate::model::{SessionId, Time};

use super::{Res, Tx};

/// Notes when a session was last used.
pub(crate) async fn seen(tx: &mut Tx<'_>, session: SessionId, at: Time) -> Res<()> {
    tx.exec(
        "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2",
        &[session.0.into(), at.0.into()],
    )
    .await?;
    Ok(())
}
