//! API keys in SQL.

use std::sync::LazyLock;

use crate::model::{
    Constraint, Key, KeyField, KeyId, KeyOwner, OrganisationId, Scope, Time, UserId,
};

use super::columns::columns;
use super::credentials::list;
use super::pages::Paged;
use super::select::{Column, Folding, Listed, Sql, Visible};
use super::{Res, Row, StoreError, Tx};

const TABLES: &str = " FROM api_keys k JOIN users u ON u.id = k.user_id";

/// The keys as a list.
pub(crate) struct Keys;

impl Listed for Keys {
    type Field = KeyField;
    const ID: &'static str = "k.id";
    const SEARCH: &'static str = "LOWER(k.name)";

    fn column(field: &KeyField) -> Column {
        match field {
            KeyField::Id => Column::Int("k.id"),
            KeyField::Uuid => Column::Text("k.uuid", Folding::Exact),
            KeyField::User => Column::Int("k.user_id"),
            KeyField::Name => Column::Text("k.name", Folding::Lower),
            KeyField::HintStart => Column::Text("k.hint_start", Folding::Exact),
            KeyField::HintEnd => Column::Text("k.hint_end", Folding::Exact),
            KeyField::Origin => Column::Text("k.origin", Folding::Exact),
            KeyField::Platform => Column::Text("k.platform", Folding::Exact),
            KeyField::Organisation => Column::Int("k.organisation_id"),
            KeyField::Revoked => Column::Flag("(CASE WHEN k.revoked_at IS NULL THEN 0 ELSE 1 END)"),
            KeyField::Active => Column::Flag(
                "(CASE WHEN k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ?) AND u.status = 'active' \
                 AND (u.locked_until IS NULL OR u.locked_until <= ?) AND (u.lock_after IS NULL OR u.lock_after > ?) THEN 1 \
                 ELSE 0 END)",
            ),
            KeyField::ReadOnly => Column::Flag("k.read_only"),
            KeyField::RevokedAt => Column::Int("k.revoked_at"),
            KeyField::CreatedBy => Column::Int("k.created_by"),
            KeyField::UserEmail => Column::Text("u.email_key", Folding::Unique),
            KeyField::UserMadeUpEmail => {
                Column::Text(super::user_fields::MADE_UP_EMAIL, Folding::Unique)
            }
            KeyField::Replaced => Column::Flag("k.replaced"),
            KeyField::ExpiresAt => Column::Int("k.expires_at"),
            KeyField::CreatedAt => Column::Int("k.created_at"),
            KeyField::LastUsedAt => Column::Int("k.last_used_at"),
        }
    }
}

impl Visible for Keys {
    /// Keys are seen by whoever reaches their owner's home: a mere membership shows nobody's keys.
    fn scope(sql: &mut Sql, scope: &Scope) {
        super::users::by_home(sql, scope);
    }
}

impl Paged for Keys {
    type Item = Key;
    const COLUMNS: &'static str = COLUMNS;
    const AFTER: usize = AFTER;
    const TABLES: &'static str = TABLES;

    fn read(row: &Row<'_>) -> Res<Key> {
        read_key(row)
    }

    fn id(key: &Key) -> i64 {
        key.id.0
    }
}

columns! {
    fn read_key(COLUMNS, AFTER) -> Key {
        id: k.id int,
        uuid: k.uuid text,
        user: k.user_id int,
        name: k.name string,
        hint_start: k.hint_start string,
        hint_end: k.hint_end string,
        origin: k.origin string,
        platform: k.platform opt_string,
        read_only: k.read_only flag,
        addresses: k.addresses text,
        constraints: k.constraints text,
        scopes: k.scopes text,
        organisation: k.organisation_id opt_int,
        expires_at: k.expires_at opt_int,
        revoked_at: k.revoked_at opt_int,
        created_at: k.created_at int,
        created_by: k.created_by opt_int,
        use_count: k.use_count int,
        last_used_at: k.last_used_at opt_int,
        last_address: k.last_address opt_string,
        seen_addresses: k.seen_addresses text,
        replaced: k.replaced flag,
        version: k.version int,
        owner_status: u.status text,
        owner_locked_until: u.locked_until opt_int,
        owner_lock_after: u.lock_after opt_int,
        owner_changed_at: u.state_changed_at opt_int,
        revoked_by: k.revoked_by opt_int,
    }
    Key {
        id: KeyId(id),
        uuid: super::users::uuid(uuid)?,
        user: UserId(user),
        name,
        hint_start,
        hint_end,
        origin,
        platform,
        read_only,
        addresses: list(addresses)?,
        constraints: list::<Constraint>(constraints)?,
        scopes: list(scopes)?,
        organisation: organisation.map(OrganisationId),
        expires_at: expires_at.map(Time),
        revoked_at: revoked_at.map(Time),
        created_at: Time(created_at),
        created_by: created_by.map(UserId),
        use_count,
        last_used_at: last_used_at.map(Time),
        last_address,
        seen_addresses: list(seen_addresses)?,
        replaced,
        version,
        owner: KeyOwner {
            status: super::users::status(owner_status)?,
            locked_until: owner_locked_until.map(Time),
            lock_after: owner_lock_after.map(Time),
            state_changed_at: owner_changed_at.map(Time),
        },
        revoked_by: revoked_by.map(UserId),
    }
}

fn written<T: serde::Serialize>(value: &T) -> Res<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Bug(format!("a document: {error}")))
}

/// The key of that number.
pub(crate) async fn by_id(tx: &mut Tx<'_>, id: KeyId) -> Res<Option<Key>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(COLUMNS)
                .push(TABLES)
                .push(" WHERE k.id = $1")
        })
    });
    tx.one(&SQL, &[id.0.into()], read_key).await
}

/// The key of that UUID.
pub(crate) async fn by_uuid(tx: &mut Tx<'_>, uuid: uuid::Uuid) -> Res<Option<Key>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(COLUMNS)
                .push(TABLES)
                .push(" WHERE k.uuid = $1")
        })
    });
    tx.one(&SQL, &[(&uuid.to_string()).into()], read_key).await
}

/// Inserts a key under the digest of its text; `None` when the UUID or the text is taken.
pub(crate) async fn insert(tx: &mut Tx<'_>, key: &Key, digest: &[u8]) -> Res<Option<KeyId>> {
    tx.one(
        "INSERT INTO api_keys (uuid, user_id, digest, name, hint_start, hint_end, origin, platform, read_only, addresses, \
         constraints, scopes, organisation_id, expires_at, created_at, created_by, use_count, seen_addresses) VALUES ($1, $2, \
         $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, '[]') ON CONFLICT DO NOTHING RETURNING id",
        &[
            (&key.uuid.to_string()).into(), key.user.0.into(), digest.into(), (&key.name).into(), (&key.hint_start).into(),
            (&key.hint_end).into(), (&key.origin).into(), (&key.platform).into(), key.read_only.into(),
            (&written(&key.addresses)?).into(), (&written(&key.constraints)?).into(), (&written(&key.scopes)?).into(),
            key.organisation.map(|one| one.0).into(), key.expires_at.map(|at| at.0).into(), key.created_at.0.into(),
            key.created_by.map(|one| one.0).into(),
        ],
        |row| Ok(KeyId(row.int(0)?)),
    )
    .await
}

/// Writes what may change of a key.
pub(crate) async fn update(tx: &mut Tx<'_>, key: &Key) -> Res<()> {
    tx.exec(
        "UPDATE api_keys SET name = $2, platform = $3, read_only = $4, addresses = $5, constraints = $6, scopes = $7, \
         notified_days = CASE WHEN expires_at IS DISTINCT FROM $8 THEN NULL ELSE notified_days END, expires_at = $8, \
         version = version + 1 WHERE id = $1",
        &[
            key.id.0.into(), (&key.name).into(), (&key.platform).into(), key.read_only.into(),
            (&written(&key.addresses)?).into(), (&written(&key.constraints)?).into(), (&written(&key.scopes)?).into(),
            key.expires_at.map(|at| at.0).into(),
        ],
    )
    .await?;
    Ok(())
}

/// Puts another text in the place of a key's and ends the sessions bound to it; false when the text is
/// another key's.
pub(crate) async fn replace_text(tx: &mut Tx<'_>, key: &Key, digest: &[u8]) -> Res<bool> {
    let taken = tx
        .one(
            "SELECT 1 FROM api_keys WHERE digest = $1",
            &[digest.into()],
            |row| row.int(0),
        )
        .await?;
    if taken.is_some() {
        return Ok(false);
    }
    tx.exec(
        "UPDATE api_keys SET digest = $2, hint_start = $3, hint_end = $4 WHERE id = $1",
        &[
            key.id.0.into(),
            digest.into(),
            (&key.hint_start).into(),
            (&key.hint_end).into(),
        ],
    )
    .await?;
    tx.exec("DELETE FROM sessions WHERE key_id = $1", &[key.id.0.into()])
        .await?;
    Ok(true)
}

/// Revokes a key and ends the sessions bound to it; false when it was revoked before.
pub(crate) async fn revoke(
    tx: &mut Tx<'_>,
    key: KeyId,
    now: Time,
    by: Option<UserId>,
) -> Res<bool> {
    let changed = tx
        .exec(
            "UPDATE api_keys SET revoked_at = $2, revoked_by = $3, version = version + 1 WHERE id = $1 AND revoked_at IS NULL",
            &[key.0.into(), now.0.into(), by.map(|user| user.0).into()],
        )
        .await?;
    tx.exec("DELETE FROM sessions WHERE key_id = $1", &[key.0.into()])
        .await?;
    Ok(changed > 0)
}

/// Says that another key took the place of this one, or forgets it; false when it was so before.
pub(crate) async fn put_replaced(tx: &mut Tx<'_>, key: KeyId, replaced: bool) -> Res<bool> {
    let changed = tx
        .exec(
            "UPDATE api_keys SET replaced = $2 WHERE id = $1 AND replaced <> $2",
            &[key.0.into(), replaced.into()],
        )
        .await?;
    Ok(changed > 0)
}

/// The keys of a user that are not revoked.
pub(crate) async fn standing_of(tx: &mut Tx<'_>, user: UserId) -> Res<Vec<Key>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(COLUMNS)
                .push(TABLES)
                .push(" WHERE k.user_id = $1 AND k.revoked_at IS NULL ORDER BY k.id")
        })
    });
    tx.all(&SQL, &[user.0.into()], read_key).await
}

/// Keys that end within a span, that live longer than it, whose owners may use them and were not told for this span or a shorter
/// one: the first so many after a number, by number.
pub(crate) async fn ending_untold(
    tx: &mut Tx<'_>,
    now: Time,
    days: i64,
    after: KeyId,
    limit: i64,
) -> Res<Vec<Key>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ").push(COLUMNS).push(TABLES).push(
                " WHERE k.expires_at > $1 AND k.expires_at <= $2 AND k.expires_at - k.created_at > $2 - $1 AND k.revoked_at IS NULL \
                 AND (k.notified_days IS NULL OR k.notified_days > $3) AND u.status = 'active' AND (u.locked_until IS NULL OR \
                 u.locked_until <= $1) AND (u.lock_after IS NULL OR u.lock_after > $1) AND k.id > $4 ORDER BY k.id LIMIT $5",
            )
        })
    });
    let until = now.plus(days.saturating_mul(86_400_000));
    tx.all(
        &SQL,
        &[
            now.0.into(),
            until.0.into(),
            days.into(),
            after.0.into(),
            limit.into(),
        ],
        read_key,
    )
    .await
}

/// Notes that the owner of a key was told so many days before its end; false when that was noted before.
pub(crate) async fn note_told(tx: &mut Tx<'_>, key: KeyId, end: Time, days: i64) -> Res<bool> {
    let changed = tx
        .exec(
            "UPDATE api_keys SET notified_days = $3 WHERE id = $1 AND expires_at = $2 AND revoked_at IS NULL AND \
             (notified_days IS NULL OR notified_days > $3)",
            &[key.0.into(), end.0.into(), days.into()],
        )
        .await?;
    Ok(changed > 0)
}

/// The names of the other keys of a platform and an organisation that are not revoked.
pub(crate) async fn names_in(
    tx: &mut Tx<'_>,
    platform: &str,
    organisation: OrganisationId,
    except: KeyId,
) -> Res<Vec<String>> {
    tx.all(
        "SELECT name FROM api_keys WHERE organisation_id = $1 AND platform = $2 AND revoked_at IS NULL AND id <> $3",
        &[organisation.0.into(), platform.into(), except.0.into()],
        |row| row.string(0),
    )
    .await
}

/// Adds uses to a key.
pub(crate) async fn add_uses(
    tx: &mut Tx<'_>,
    key: KeyId,
    count: i64,
    last: Time,
    addresses: &[String],
) -> Res<()> {
    let seen = tx
        .one(
            "SELECT seen_addresses FROM api_keys WHERE id = $1",
            &[key.0.into()],
            |row| list::<String>(row.text(0)?),
        )
        .await?;
    let Some(mut seen) = seen else { return Ok(()) };
    let before = seen.clone();
    remember_addresses(&mut seen, addresses);
    tx.exec(
        "UPDATE api_keys SET use_count = use_count + $2, last_used_at = $3, last_address = COALESCE($4, last_address) WHERE id = $1",
        &[key.0.into(), count.into(), last.0.into(), addresses.last().map(String::as_str).into()],
    )
    .await?;
    if seen != before {
        tx.exec(
            "UPDATE api_keys SET seen_addresses = $2 WHERE id = $1",
            &[key.0.into(), (&written(&seen)?).into()],
        )
        .await?;
    }
    Ok(())
}

/// Appends new addresses; the newest 50 stay.
pub(crate) fn remember_addresses(seen: &mut Vec<String>, new: &[String]) {
    for address in new {
        if !seen.contains(address) {
            seen.push(address.clone());
        }
    }
    let excess = seen.len().saturating_sub(50);
    seen.drain(..excess);
}
