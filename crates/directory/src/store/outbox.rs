//! Queued mail in SQL: sealed until it is sent, and emptied then.

use crate::model::{MailEntry, MailField, MailId, MailState, Scope, Time, UserId};

use super::pages::Paged;
use super::select::{Column, Folding, Listed, Sql, Visible};
use super::{Res, Row, StoreError, Tx};

/// A sealed mail that the worker has claimed.
pub(crate) struct Claimed {
    pub id: MailId,
    pub uuid: uuid::Uuid,
    pub template: String,
    pub user: Option<UserId>,
    pub sealed: Vec<u8>,
    pub attempts: i64,
    pub created_at: Time,
}

/// Queues a sealed mail.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    uuid: uuid::Uuid,
    template: &str,
    user: Option<UserId>,
    sealed: &[u8],
    now: Time,
) -> Res<()> {
    tx.exec(
        "INSERT INTO outbox (uuid, template, user_id, sealed, state, attempts, next_at, created_at) \
         VALUES ($1, $2, $3, $4, 'waiting', 0, $5, $5)",
        &[(&uuid.to_string()).into(), template.into(), user.map(|user| user.0).into(), sealed.into(), now.0.into()],
    )
    .await?;
    Ok(())
}

/// The numbers of mails that are due, oldest first.
pub(crate) async fn due(tx: &mut Tx<'_>, now: Time, limit: i64) -> Res<Vec<MailId>> {
    tx.all(
        "SELECT id FROM outbox WHERE state = 'waiting' AND next_at <= $1 ORDER BY next_at, id LIMIT $2",
        &[now.0.into(), limit.into()],
        |row| Ok(MailId(row.int(0)?)),
    )
    .await
}

/// Claims a due mail until the lease ends; `None` when another node has.
pub(crate) async fn claim(
    tx: &mut Tx<'_>,
    id: MailId,
    now: Time,
    lease: Time,
) -> Res<Option<Claimed>> {
    tx.one(
        "UPDATE outbox SET attempts = attempts + 1, next_at = $3 WHERE id = $1 AND state = 'waiting' AND next_at <= $2 \
         RETURNING id, uuid, template, user_id, sealed, attempts, created_at",
        &[id.0.into(), now.0.into(), lease.0.into()],
        |row| {
            Ok(Claimed {
                id: MailId(row.int(0)?),
                uuid: super::users::uuid(row.text(1)?)?,
                template: row.string(2)?,
                user: row.opt_int(3)?.map(UserId),
                sealed: row.bytes(4)?.to_vec(),
                attempts: row.int(5)?,
                created_at: Time(row.int(6)?),
            })
        },
    )
    .await
}

/// Notes that a mail was sent, or written as a file; its contents go.
pub(crate) async fn mark_sent(tx: &mut Tx<'_>, id: MailId, filed: bool, now: Time) -> Res<bool> {
    let state = if filed { "filed" } else { "sent" };
    let changed = tx
        .exec(
            "UPDATE outbox SET state = $4, sealed = $2, ended_at = $3, last_error = NULL WHERE id = $1 AND state = 'waiting'",
            &[id.0.into(), (&[] as &[u8]).into(), now.0.into(), state.into()],
        )
        .await?;
    Ok(changed > 0)
}

/// Notes a failure that is tried again later.
pub(crate) async fn retry(tx: &mut Tx<'_>, id: MailId, error: &str, at: Time) -> Res<bool> {
    let changed = tx
        .exec(
            "UPDATE outbox SET last_error = $2, next_at = $3 WHERE id = $1 AND state = 'waiting'",
            &[id.0.into(), error.into(), at.0.into()],
        )
        .await?;
    Ok(changed > 0)
}

/// Notes a failure for good; the contents go.
pub(crate) async fn failed(tx: &mut Tx<'_>, id: MailId, error: &str, now: Time) -> Res<bool> {
    let changed = tx
        .exec(
            "UPDATE outbox SET state = 'failed', last_error = $2, sealed = $3, ended_at = $4 WHERE id = $1 AND state = 'waiting'",
            &[id.0.into(), error.into(), (&[] as &[u8]).into(), now.0.into()],
        )
        .await?;
    Ok(changed > 0)
}

fn read_entry(row: &Row<'_>) -> Res<MailEntry> {
    Ok(MailEntry {
        id: MailId(row.int(0)?),
        uuid: super::users::uuid(row.text(1)?)?,
        template: row.string(2)?,
        user: row.opt_int(3)?.map(UserId),
        state: match row.text(4)? {
            "waiting" => MailState::Waiting,
            "sent" => MailState::Sent,
            "filed" => MailState::Filed,
            "failed" => MailState::Failed,
            other => return Err(StoreError::Bug(format!("stored state of mail {other}"))),
        },
        attempts: row.int(5)?,
        next_at: Time(row.int(6)?),
        last_error: row.opt_string(7)?,
        created_at: Time(row.int(8)?),
        ended_at: row.opt_int(9)?.map(Time),
    })
}

/// The mails as a list.
pub(crate) struct Mails;

impl Listed for Mails {
    type Field = MailField;
    const ID: &'static str = "m.id";
    const SEARCH: &'static str = "LOWER(m.template || ' ' || COALESCE(m.last_error, ''))";

    fn column(field: &MailField) -> Column {
        match field {
            MailField::Id => Column::Int("m.id"),
            MailField::Uuid => Column::Text("m.uuid", Folding::Exact),
            MailField::Template => Column::Text("m.template", Folding::Exact),
            MailField::User => Column::Int("m.user_id"),
            MailField::State => Column::Text("m.state", Folding::Exact),
            MailField::Attempts => Column::Int("m.attempts"),
            MailField::CreatedAt => Column::Int("m.created_at"),
            MailField::NextAt => Column::Int("m.next_at"),
            MailField::EndedAt => Column::Int("m.ended_at"),
        }
    }
}

impl Visible for Mails {
    /// Who may list mails at all is decided before the list is read.
    fn scope(sql: &mut Sql, scope: &Scope) {
        sql.push(if *scope == Scope::All {
            "1 = 1"
        } else {
            "1 = 0"
        });
    }
}

impl Paged for Mails {
    type Item = MailEntry;
    const COLUMNS: &'static str = "m.id, m.uuid, m.template, m.user_id, m.state, m.attempts, m.next_at, m.last_error, \
         m.created_at, m.ended_at";
    const AFTER: usize = 10;
    const TABLES: &'static str = " FROM outbox m";

    fn read(row: &Row<'_>) -> Res<MailEntry> {
        read_entry(row)
    }

    fn id(mail: &MailEntry) -> i64 {
        mail.id.0
    }
}

/// Mails, newest first, from below a number.
pub(crate) async fn list(tx: &mut Tx<'_>, before: MailId, limit: i64) -> Res<Vec<MailEntry>> {
    tx.all(
        "SELECT id, uuid, template, user_id, state, attempts, next_at, last_error, created_at, ended_at FROM outbox \
         WHERE id < $1 ORDER BY id DESC LIMIT $2",
        &[before.0.into(), limit.into()],
        read_entry,
    )
    .await
}

/// Deletes mails that ended before.
pub(crate) async fn sweep(tx: &mut Tx<'_>, before: Time) -> Res<u64> {
    tx.exec(
        "DELETE FROM outbox WHERE state <> 'waiting' AND ended_at <= $1",
        &[before.0.into()],
    )
    .await
}
