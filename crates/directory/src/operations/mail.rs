//! Mail as the directory knows it: a sealed row in the transaction that caused it. Sending is the
//! server's background work.

use crate::handle::{Outcome, Work};
use crate::model::NewMail;

/// What outbox rows are sealed for.
pub(crate) const PURPOSE: &str = "mail";

/// Queues a mail in the transaction of its cause.
pub(crate) async fn enqueue(work: &mut Work<'_>, mail: &NewMail) -> Outcome<()> {
    let document = serde_json::json!({ "to": mail.to, "values": mail.values });
    let sealed = work.inner.seal(PURPOSE, document.to_string().as_bytes())?;
    let uuid = work.inner.seams.uuid().to_string();
    let now = work.now;
    work.tx
        .exec(
            "INSERT INTO outbox (uuid, template, user_id, sealed, state, attempts, next_at, created_at) \
             VALUES ($1, $2, $3, $4, 'waiting', 0, $5, $5)",
            &[(&uuid).into(), (&mail.template).into(), mail.user.map(|user| user.0).into(), sealed.as_slice().into(), now.0.into()],
        )
        .await?;
    Ok(())
}
