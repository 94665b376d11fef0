//! Users in SQL.

use std::sync::LazyLock;

use uuid::Uuid;

use crate::model::{OrganisationId, Scope, ShownNames, Time, User, UserId};

use super::select::{Bound, Sql};
pub(crate) use super::user_fields::{Users, by_home};
use super::user_row::{COLUMNS, INSERT, TABLES, UPDATE, WRITTEN, written_values};
pub(crate) use super::user_row::{Derived, read_user, status, uuid};
#[cfg(test)]
pub(crate) use super::user_row::{kind_word, status_word};
use super::{AccessChange, Res, StoreError, Tx, Val};

/// The user of that number.
pub(crate) async fn by_id(tx: &mut Tx<'_>, id: UserId) -> Res<Option<User>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(COLUMNS)
                .push(" FROM ")
                .push(TABLES)
                .push(" WHERE u.id = $1")
        })
    });
    tx.one(&SQL, &[id.0.into()], read_user).await
}

/// The users of those numbers, by number.
pub(crate) async fn by_ids(tx: &mut Tx<'_>, ids: &[UserId]) -> Res<Vec<User>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT ")
            .push(COLUMNS)
            .push(" FROM ")
            .push(TABLES);
        sql.push(" WHERE u.id IN (")
            .bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY u.id");
        found.extend(tx.all(&sql.text, &sql.vals(), read_user).await?);
    }
    Ok(found)
}

/// The user of that UUID.
pub(crate) async fn by_uuid(tx: &mut Tx<'_>, uuid: Uuid) -> Res<Option<User>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(COLUMNS)
                .push(" FROM ")
                .push(TABLES)
                .push(" WHERE u.uuid = $1")
        })
    });
    tx.one(&SQL, &[(&uuid.to_string()).into()], read_user).await
}

/// The user with that login or e-mail, folded.
pub(crate) async fn by_sign_in_name(tx: &mut Tx<'_>, folded: &str) -> Res<Option<User>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        super::text(|sql| {
            sql.push("SELECT ")
                .push(COLUMNS)
                .push(" FROM ")
                .push(TABLES);
            sql.push(" JOIN sign_in_names n ON n.user_id = u.id WHERE n.folded = $1")
        })
    });
    tx.one(&SQL, &[folded.into()], read_user).await
}

/// All people, from the running steps.
pub(crate) async fn population(tx: &mut Tx<'_>) -> Res<i64> {
    let total = tx
        .one(
            "SELECT CAST(COALESCE(SUM(step), 0) AS BIGINT) FROM population",
            &[],
            |row| row.int(0),
        )
        .await?;
    Ok(total.unwrap_or(0))
}

/// People homed in each organisation.
pub(crate) async fn homed(
    tx: &mut Tx<'_>,
    organisations: &[OrganisationId],
) -> Res<Vec<(OrganisationId, i64)>> {
    let mut counts = Vec::new();
    for chunk in organisations.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT organisation_id, CAST(SUM(step) AS BIGINT) FROM population WHERE organisation_id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") GROUP BY organisation_id");
        counts.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((OrganisationId(row.int(0)?), row.int(1)?))
            })
            .await?,
        );
    }
    Ok(counts)
}

/// Notes that somebody came to, or left, an organisation.
pub(crate) async fn change_population(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    step: i64,
) -> Res<()> {
    tx.exec_deferred(
        "INSERT INTO population (organisation_id, step) VALUES ($1, $2)",
        &[organisation.0.into(), step.into()],
    )
    .await?;
    Ok(())
}

/// Folds the steps of each organisation into one row.
pub(crate) async fn fold_population(tx: &mut Tx<'_>) -> Res<()> {
    let sums = tx
        .all(
            "SELECT organisation_id, CAST(SUM(step) AS BIGINT), MAX(id) FROM population GROUP BY organisation_id HAVING COUNT(*) > 1",
            &[],
            |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?)),
        )
        .await?;
    for (organisation, sum, last) in sums {
        tx.exec(
            "DELETE FROM population WHERE organisation_id = $1 AND id <= $2",
            &[organisation.into(), last.into()],
        )
        .await?;
        tx.exec(
            "INSERT INTO population (organisation_id, step) VALUES ($1, $2)",
            &[organisation.into(), sum.into()],
        )
        .await?;
    }
    Ok(())
}

/// Inserts a user; `None` when the UUID is taken.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    user: &User,
    alias: Option<&str>,
) -> Res<Option<UserId>> {
    let derived = Derived::of(&user.login, user.email.as_deref(), &user.names);
    let uuid = user.uuid.to_string();
    let mut values = [Val::Null; 3 + WRITTEN.len()];
    let (first, written) = values.split_at_mut(3);
    first.copy_from_slice(&[
        (&uuid).into(),
        user.created_at.0.into(),
        user.created_by.map(|user| user.0).into(),
    ]);
    written.copy_from_slice(&written_values(user, &derived, alias));
    let id = tx
        .one(&INSERT, &values, |row| Ok(UserId(row.int(0)?)))
        .await?;
    if let Some(id) = id {
        tx.note_created_user(id.0);
        super::search::index_user(tx, id, &derived.search).await?;
    }
    Ok(id)
}

/// Writes every column that a change may touch; gives what was made of it: the names shown, and the revision.
pub(crate) async fn update(
    tx: &mut Tx<'_>,
    user: &User,
    alias: Option<&str>,
) -> Res<(ShownNames, i64)> {
    let derived = Derived::of(&user.login, user.email.as_deref(), &user.names);
    super::search::reindex_user(tx, user.id, &derived.search).await?;
    let mut values = [Val::Null; 1 + WRITTEN.len()];
    values[0] = user.id.0.into();
    values[1..].copy_from_slice(&written_values(user, &derived, alias));
    let revision = tx.one(&UPDATE, &values, |row| row.int(0)).await?;
    let revision =
        revision.ok_or_else(|| StoreError::Bug("a user to change is not there".to_owned()))?;
    Ok((derived.shown, revision))
}

/// Takes a name for a user; false when somebody else has it. Taking one's own again is fine.
pub(crate) async fn take_name(tx: &mut Tx<'_>, folded: &str, user: UserId) -> Res<bool> {
    let inserted = tx
        .one(
            "INSERT INTO sign_in_names (folded, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING user_id",
            &[folded.into(), user.0.into()],
            |row| row.int(0),
        )
        .await?;
    if inserted.is_some() {
        return Ok(true);
    }
    let owner = tx
        .one(
            "SELECT user_id FROM sign_in_names WHERE folded = $1",
            &[folded.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(owner == Some(user.0))
}

/// Frees the names of a user other than those kept.
pub(crate) async fn free_names(tx: &mut Tx<'_>, user: UserId, keep: [&str; 2]) -> Res<()> {
    tx.exec(
        "DELETE FROM sign_in_names WHERE user_id = $1 AND folded <> $2 AND folded <> $3",
        &[user.0.into(), keep[0].into(), keep[1].into()],
    )
    .await?;
    Ok(())
}

/// Everything of a user's that goes with them; the rows that refer to the account first.
pub(crate) async fn delete(tx: &mut Tx<'_>, user: UserId) -> Res<()> {
    super::search::forget(tx, user).await?;
    for sql in [
        "DELETE FROM sessions WHERE user_id = $1",
        "DELETE FROM one_time_tokens WHERE user_id = $1",
        "DELETE FROM sign_in_failures WHERE user_id = $1",
        "DELETE FROM lockouts WHERE user_id = $1",
        "DELETE FROM sign_in_networks WHERE user_id = $1",
        "DELETE FROM api_keys WHERE user_id = $1",
        "DELETE FROM passwords WHERE user_id = $1",
        "DELETE FROM second_factors WHERE user_id = $1",
        "DELETE FROM recovery_codes WHERE user_id = $1",
        "DELETE FROM sign_in_names WHERE user_id = $1",
        "DELETE FROM terms WHERE entity = 'record' AND entity_id IN (SELECT id FROM records WHERE owner_id = $1)",
        "DELETE FROM records WHERE owner_id = $1",
        "DELETE FROM terms WHERE entity = 'user' AND entity_id = $1",
        "DELETE FROM extensions WHERE entity = 'user' AND entity_id = $1",
    ] {
        tx.exec(sql, &[user.0.into()]).await?;
    }
    let managed = tx
        .one(
            "SELECT 1 FROM group_managers WHERE manager_kind = 'user' AND manager_id = $1",
            &[user.0.into()],
            |row| row.int(0),
        )
        .await?;
    if managed.is_some() {
        tx.exec(
            "DELETE FROM group_managers WHERE manager_kind = 'user' AND manager_id = $1",
            &[user.0.into()],
        )
        .await?;
    }
    for sql in [
        "DELETE FROM grants WHERE user_id = $1",
        "DELETE FROM group_members WHERE user_id = $1",
        "DELETE FROM memberships WHERE user_id = $1",
    ] {
        tx.exec_for(AccessChange::User(user.0), sql, &[user.0.into()])
            .await?;
    }
    tx.exec("DELETE FROM users WHERE id = $1", &[user.0.into()])
        .await?;
    Ok(())
}

/// Sets or clears when an account was last used; used by the ledger of uses.
pub(crate) async fn note_use(tx: &mut Tx<'_>, user: UserId, at: Time) -> Res<()> {
    tx.exec(
        "UPDATE users SET last_seen_at = $2 WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at < $2)",
        &[user.0.into(), Val::Int(at.0)],
    )
    .await?;
    Ok(())
}

/// Those of the users whom the scopes show, oneself included.
pub(crate) async fn seen_of(
    tx: &mut Tx<'_>,
    users: &[UserId],
    scopes: &[Scope],
    limit: Option<i64>,
    own: UserId,
) -> Res<Vec<UserId>> {
    let mut seen = Vec::with_capacity(users.len());
    for chunk in users.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT u.id FROM users u WHERE u.id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") AND (u.id = ");
        sql.bind(Bound::Int(own.0)).push(" OR (1 = 1");
        super::select::push_scopes::<Users>(&mut sql, scopes, limit);
        sql.push("))");
        seen.extend(
            tx.all(&sql.text, &sql.vals(), |row| Ok(UserId(row.int(0)?)))
                .await?,
        );
    }
    Ok(seen)
}

/// Counts a sign-in.
pub(crate) async fn signed_in(tx: &mut Tx<'_>, user: UserId, at: Time) -> Res<()> {
    tx.exec(
        "UPDATE users SET sign_in_count = sign_in_count + 1, previous_sign_in_at = signed_in_at, signed_in_at = $2, \
         last_seen_at = $2 WHERE id = $1",
        &[user.0.into(), Val::Int(at.0)],
    )
    .await?;
    Ok(())
}

/// Where those of the users who exist are at home.
pub(crate) async fn homes(tx: &mut Tx<'_>, of: &[UserId]) -> Res<Vec<(UserId, OrganisationId)>> {
    let mut homes = Vec::with_capacity(of.len());
    for chunk in of.chunks(500) {
        let mut sql = Sql::default();
        sql.push("SELECT u.id, u.home_id FROM users u WHERE u.id IN (");
        sql.bind_all(chunk.iter().map(|id| id.0))
            .push(") ORDER BY u.id");
        homes.extend(
            tx.all(&sql.text, &sql.vals(), |row| {
                Ok((UserId(row.int(0)?), OrganisationId(row.int(1)?)))
            })
            .await?,
        );
    }
    Ok(homes)
}
