//! Single-use tokens in SQL: only their digests.

use crate::model::{Time, TokenPurpose, UserId};

use super::{Res, Row, StoreError, Tx};

/// A stored token.
pub(crate) struct Token {
    pub user: UserId,
    pub purpose: TokenPurpose,
    pub detail: Option<String>,
    pub expires_at: Time,
}

fn read_token(row: &Row<'_>) -> Res<Token> {
    Ok(Token {
        user: UserId(row.int(0)?),
        purpose: purpose(row.text(1)?)?,
        detail: row.opt_string(2)?,
        expires_at: Time(row.int(3)?),
    })
}

fn purpose(text: &str) -> Res<TokenPurpose> {
    TokenPurpose::ALL
        .iter()
        .copied()
        .find(|purpose| purpose.word() == text)
        .ok_or_else(|| StoreError::Bug(format!("stored purpose {text}")))
}

/// Stores a token.
pub(crate) async fn insert(tx: &mut Tx<'_>, digest: &[u8], token: &Token, now: Time) -> Res<()> {
    tx.exec(
        "INSERT INTO one_time_tokens (digest, user_id, purpose, detail, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            digest.into(), token.user.0.into(), token.purpose.word().into(), (&token.detail).into(), now.0.into(),
            token.expires_at.0.into(),
        ],
    )
    .await?;
    Ok(())
}

/// The token with that digest, still there for a use.
pub(crate) async fn find(tx: &mut Tx<'_>, digest: &[u8]) -> Res<Option<Token>> {
    tx.one(
        "SELECT user_id, purpose, detail, expires_at FROM one_time_tokens WHERE digest = $1",
        &[digest.into()],
        read_token,
    )
    .await
}

/// Uses a token up; false when somebody else has.
pub(crate) async fn take(tx: &mut Tx<'_>, digest: &[u8]) -> Res<bool> {
    let taken = tx
        .exec(
            "DELETE FROM one_time_tokens WHERE digest = $1",
            &[digest.into()],
        )
        .await?;
    Ok(taken > 0)
}

/// Voids a user's tokens of one purpose.
pub(crate) async fn void(tx: &mut Tx<'_>, user: UserId, purpose: TokenPurpose) -> Res<()> {
    tx.exec(
        "DELETE FROM one_time_tokens WHERE user_id = $1 AND purpose = $2",
        &[user.0.into(), purpose.word().into()],
    )
    .await?;
    Ok(())
}

/// When the newest token of one purpose was made for a user.
pub(crate) async fn newest(
    tx: &mut Tx<'_>,
    user: UserId,
    purpose: TokenPurpose,
) -> Res<Option<Time>> {
    let newest = tx
        .one(
            "SELECT MAX(created_at) FROM one_time_tokens WHERE user_id = $1 AND purpose = $2",
            &[user.0.into(), purpose.word().into()],
            |row| row.opt_int(0),
        )
        .await?;
    Ok(newest.flatten().map(Time))
}

/// Deletes tokens whose time is over.
pub(crate) async fn sweep(tx: &mut Tx<'_>, now: Time) -> Res<u64> {
    tx.exec(
        "DELETE FROM one_time_tokens WHERE expires_at <= $1",
        &[now.0.into()],
    )
    .await
}
