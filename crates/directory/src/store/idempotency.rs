//! Requests that may be sent again, in SQL: which key they came with and, sealed, what answered them.

use crate::model::{IdempotencyTicket, Time};

use super::{Res, Tx};

/// What is kept of a key.
pub(crate) struct Kept {
    pub body_digest: Vec<u8>,
    pub request: String,
    /// Empty until there is an answer.
    pub sealed_answer: Vec<u8>,
    pub created_at: Time,
}

/// What is kept of a ticket's key, if it was first sent after a time.
pub(crate) async fn find(
    tx: &mut Tx<'_>,
    user: i64,
    ticket: &IdempotencyTicket,
    after: Time,
) -> Res<Option<Kept>> {
    tx.one(
        "SELECT body_digest, request_id, sealed_answer, created_at FROM idempotency_keys WHERE user_id = $1 AND path = $2 AND \
         key_digest = $3 AND created_at > $4",
        &[
            user.into(),
            (&ticket.path).into(),
            ticket.key_digest.as_slice().into(),
            after.0.into(),
        ],
        |row| {
            Ok(Kept {
                body_digest: row.bytes(0)?.to_vec(),
                request: row.string(1)?,
                sealed_answer: row.bytes(2)?.to_vec(),
                created_at: Time(row.int(3)?),
            })
        },
    )
    .await
}

/// Notes that a request of that key is under way; false when another one is.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    user: i64,
    ticket: &IdempotencyTicket,
    sealed_answer: &[u8],
    now: Time,
    after: Time,
) -> Res<bool> {
    tx.exec(
        "DELETE FROM idempotency_keys WHERE user_id = $1 AND path = $2 AND key_digest = $3 AND created_at <= $4",
        &[
            user.into(),
            (&ticket.path).into(),
            ticket.key_digest.as_slice().into(),
            after.0.into(),
        ],
    )
    .await?;
    let inserted = tx
        .exec(
            "INSERT INTO idempotency_keys (user_id, path, key_digest, body_digest, request_id, sealed_answer, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            &[
                user.into(),
                (&ticket.path).into(),
                ticket.key_digest.as_slice().into(),
                ticket.body_digest.as_slice().into(),
                (&ticket.request).into(),
                sealed_answer.into(),
                now.0.into(),
            ],
        )
        .await?;
    Ok(inserted > 0)
}

/// Keeps the answer of a request that is under way; false when its key is not noted.
pub(crate) async fn store_answer(
    tx: &mut Tx<'_>,
    user: i64,
    ticket: &IdempotencyTicket,
    sealed_answer: &[u8],
) -> Res<bool> {
    let changed = tx
        .exec(
            "UPDATE idempotency_keys SET sealed_answer = $5 WHERE user_id = $1 AND path = $2 AND key_digest = $3 AND \
             request_id = $4",
            &[
                user.into(),
                (&ticket.path).into(),
                ticket.key_digest.as_slice().into(),
                (&ticket.request).into(),
                sealed_answer.into(),
            ],
        )
        .await?;
    Ok(changed > 0)
}

/// Deletes what was first sent before a time.
pub(crate) async fn sweep(tx: &mut Tx<'_>, before: Time) -> Res<u64> {
    tx.exec(
        "DELETE FROM idempotency_keys WHERE created_at <= $1",
        &[before.0.into()],
    )
    .await
}
