//! Form tokens that were used, in SQL.

use crate::model::{FormTicket, Time};

use super::{Res, Tx};

/// Notes that a token is used; false when another request has used it.
pub(crate) async fn use_up(tx: &mut Tx<'_>, ticket: &FormTicket) -> Res<bool> {
    let used = tx
        .one(
            "SELECT used_by FROM used_form_tokens WHERE digest = $1",
            &[ticket.digest.as_slice().into()],
            |row| Ok(row.bytes(0)?.to_vec()),
        )
        .await?;
    if let Some(used_by) = used {
        return Ok(used_by == ticket.used_by);
    }
    let noted = tx
        .exec(
            "INSERT INTO used_form_tokens (digest, used_by, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &[
                ticket.digest.as_slice().into(),
                ticket.used_by.as_slice().into(),
                ticket.expires_at.0.into(),
            ],
        )
        .await?;
    Ok(noted > 0)
}

/// Forgets the tokens that have ended: those are refused by the clock.
pub(crate) async fn sweep(tx: &mut Tx<'_>, now: Time) -> Res<u64> {
    tx.exec(
        "DELETE FROM used_form_tokens WHERE expires_at <= $1",
        &[now.0.into()],
    )
    .await
}
