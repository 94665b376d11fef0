//! Users in SQL.

use std::sync::LazyLock;

use uuid::Uuid;

use crate::model::{
    Names, OrganisationId, Scope, ShownNames, Status, Time, User, UserId, UserKind,
};

use super::select::{Bound, Sql};
pub(crate) use super::user_fields::{Users, by_home};
use super::{Res, Row, StoreError, Tx, Val, Whom};

/// What [`read_user`] reads, in its order.
pub(super) const COLUMNS: &str = "u.id, u.uuid, u.login, u.email, u.pending_email, u.display, u.given, u.family, \
     u.shown_name, u.shown_given, u.shown_family, u.kind, u.status, u.lock_after, u.locked_until, \
     u.lockout_until, u.home_id, u.primary_group_id, u.department, u.title, u.time_zone, \
     u.second_factor_required, f.confirmed_at, p.changed_at, p.must_change, u.revision, u.created_at, \
     u.created_by, u.updated_at, u.updated_by, u.last_seen_at, u.signed_in_at, u.previous_sign_in_at, \
     u.sign_in_count";
/// The column after [`COLUMNS`].
pub(super) const AFTER: usize = 34;
pub(super) const TABLES: &str = "users u LEFT JOIN passwords p ON p.user_id = u.id \
     LEFT JOIN second_factors f ON f.user_id = u.id";

/// Reads a user's columns.
pub(crate) fn read_user(row: &Row<'_>) -> Res<User> {
    let time = |index| -> Res<Option<Time>> { Ok(row.opt_int(index)?.map(Time)) };
    Ok(User {
        id: UserId(row.int(0)?),
        uuid: uuid(row.text(1)?)?,
        login: row.string(2)?,
        email: row.opt_string(3)?,
        pending_email: row.opt_string(4)?,
        names: Names {
            display: row.opt_string(5)?,
            given: row.opt_string(6)?,
            family: row.opt_string(7)?,
        },
        shown: ShownNames {
            name: row.string(8)?,
            given: row.string(9)?,
            family: row.opt_string(10)?,
        },
        kind: kind(row.text(11)?)?,
        status: status(row.text(12)?)?,
        lock_after: time(13)?,
        locked_until: time(14)?,
        lockout_until: time(15)?,
        home: OrganisationId(row.int(16)?),
        primary_group: row.opt_int(17)?.map(Into::into),
        department: row.opt_string(18)?,
        title: row.opt_string(19)?,
        time_zone: row.opt_string(20)?,
        second_factor_required: row.opt_flag(21)?,
        second_factor: row.opt_int(22)?.is_some(),
        has_password: row.opt_int(23)?.is_some(),
        password_changed_at: time(23)?,
        must_change_password: row.opt_flag(24)?.unwrap_or(false),
        revision: row.int(25)?,
        created_at: Time(row.int(26)?),
        created_by: row.opt_int(27)?.map(UserId),
        updated_at: Time(row.int(28)?),
        updated_by: row.opt_int(29)?.map(UserId),
        last_seen_at: time(30)?,
        signed_in_at: time(31)?,
        previous_sign_in_at: time(32)?,
        sign_in_count: row.int(33)?,
    })
}

/// Reads a stored UUID.
pub(crate) fn uuid(text: &str) -> Res<Uuid> {
    Uuid::parse_str(text).map_err(|error| StoreError::Bug(format!("stored UUID: {error}")))
}

/// Reads a stored kind.
pub(crate) fn kind(text: &str) -> Res<UserKind> {
    match text {
        "person" => Ok(UserKind::Person),
        "service" => Ok(UserKind::Service),
        other => Err(StoreError::Bug(format!("stored kind of user {other}"))),
    }
}

/// The word of a kind.
pub(crate) const fn kind_word(kind: UserKind) -> &'static str {
    match kind {
        UserKind::Person => "person",
        UserKind::Service => "service",
    }
}

/// Reads a stored status.
pub(crate) fn status(text: &str) -> Res<Status> {
    match text {
        "active" => Ok(Status::Active),
        "inactive" => Ok(Status::Inactive),
        "suspended" => Ok(Status::Suspended),
        "expired" => Ok(Status::Expired),
        other => Err(StoreError::Bug(format!("stored status {other}"))),
    }
}

/// The word of a status.
pub(crate) const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Inactive => "inactive",
        Status::Suspended => "suspended",
        Status::Expired => "expired",
    }
}

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
pub(crate) async fn step(tx: &mut Tx<'_>, organisation: OrganisationId, step: i64) -> Res<()> {
    tx.exec_later(
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

/// The derived columns: what is shown, sorted and searched by.
pub(crate) struct Derived {
    pub shown: ShownNames,
    pub login_key: String,
    pub email_key: String,
    pub name_key: String,
    pub given_key: String,
    pub family_key: String,
    pub search: String,
}

impl Derived {
    /// Derives them.
    pub fn of(login: &str, email: Option<&str>, names: &Names) -> Derived {
        let shown = crate::rules::shown_names(names, login);
        let fold = crate::rules::fold_search;
        let mut search = fold(&shown.name);
        for text in [
            Some(login),
            email,
            names.given.as_deref(),
            names.family.as_deref(),
        ]
        .into_iter()
        .flatten()
        {
            let folded = fold(text);
            if !search.contains(&folded) {
                search.push('\n');
                search.push_str(&folded);
            }
        }
        Derived {
            login_key: crate::rules::fold(login),
            email_key: email.map(crate::rules::fold).unwrap_or_default(),
            name_key: fold(&shown.name),
            given_key: fold(&shown.given),
            family_key: shown.family.as_deref().map(fold).unwrap_or_default(),
            search,
            shown,
        }
    }
}

/// Inserts a user; `None` when the UUID is taken.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    user: &User,
    alias: Option<&str>,
) -> Res<Option<UserId>> {
    let derived = Derived::of(&user.login, user.email.as_deref(), &user.names);
    let uuid = user.uuid.to_string();
    let id = tx
        .one(
        "INSERT INTO users (uuid, login, email, pending_email, display, given, family, shown_name, shown_given, \
         shown_family, login_key, email_key, name_key, given_key, family_key, search, kind, status, lock_after, \
         locked_until, home_id, primary_group_id, department, title, time_zone, second_factor_required, version, \
         revision, created_at, created_by, updated_at, updated_by, sign_in_count, alias) VALUES ($1, $2, $3, $4, $5, $6, \
         $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, 1, 1, \
         $27, $28, $27, $28, 0, $29) ON CONFLICT DO NOTHING RETURNING id",
        &[
            (&uuid).into(), (&user.login).into(), (&user.email).into(), (&user.pending_email).into(),
            (&user.names.display).into(), (&user.names.given).into(), (&user.names.family).into(),
            (&derived.shown.name).into(), (&derived.shown.given).into(), (&derived.shown.family).into(),
            (&derived.login_key).into(), (&derived.email_key).into(), (&derived.name_key).into(),
            (&derived.given_key).into(), (&derived.family_key).into(), (&derived.search).into(),
            kind_word(user.kind).into(), status_word(user.status).into(), user.lock_after.map(|t| t.0).into(),
            user.locked_until.map(|t| t.0).into(), user.home.0.into(), user.primary_group.map(|g| g.0).into(),
            (&user.department).into(), (&user.title).into(), (&user.time_zone).into(),
            user.second_factor_required.into(), user.created_at.0.into(), user.created_by.map(|u| u.0).into(),
            alias.into(),
        ],
        |row| Ok(UserId(row.int(0)?)),
    )
    .await?;
    if let Some(id) = id {
        tx.born(id.0);
        super::search::put(tx, id, &derived.search).await?;
    }
    Ok(id)
}

/// Writes every column that a change may touch.
pub(crate) async fn update(tx: &mut Tx<'_>, user: &User, alias: Option<&str>) -> Res<()> {
    let derived = Derived::of(&user.login, user.email.as_deref(), &user.names);
    super::search::change(tx, user.id, &derived.search).await?;
    tx.exec(
        "UPDATE users SET login = $2, email = $3, pending_email = $4, display = $5, given = $6, family = $7, \
         shown_name = $8, shown_given = $9, shown_family = $10, login_key = $11, email_key = $12, name_key = $13, \
         given_key = $14, family_key = $15, search = $16, kind = $17, status = $18, lock_after = $19, \
         locked_until = $20, lockout_until = $21, home_id = $22, primary_group_id = $23, department = $24, \
         title = $25, time_zone = $26, second_factor_required = $27, revision = revision + 1, updated_at = $28, \
         updated_by = $29, alias = $30, state_changed_at = CASE WHEN status <> $18 OR locked_until IS DISTINCT FROM $20 \
         THEN $28 ELSE state_changed_at END WHERE id = $1",
        &[
            user.id.0.into(), (&user.login).into(), (&user.email).into(), (&user.pending_email).into(),
            (&user.names.display).into(), (&user.names.given).into(), (&user.names.family).into(),
            (&derived.shown.name).into(), (&derived.shown.given).into(), (&derived.shown.family).into(),
            (&derived.login_key).into(), (&derived.email_key).into(), (&derived.name_key).into(),
            (&derived.given_key).into(), (&derived.family_key).into(), (&derived.search).into(),
            kind_word(user.kind).into(), status_word(user.status).into(), user.lock_after.map(|t| t.0).into(),
            user.locked_until.map(|t| t.0).into(), user.lockout_until.map(|t| t.0).into(), user.home.0.into(),
            user.primary_group.map(|g| g.0).into(), (&user.department).into(), (&user.title).into(),
            (&user.time_zone).into(), user.second_factor_required.into(), user.updated_at.0.into(),
            user.updated_by.map(|u| u.0).into(), alias.into(),
        ],
    )
    .await?;
    Ok(())
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
        tx.exec_for(Whom::User(user.0), sql, &[user.0.into()])
            .await?;
    }
    tx.exec("DELETE FROM users WHERE id = $1", &[user.0.into()])
        .await?;
    Ok(())
}

/// Sets or clears when an account was last used; used by the ledger of uses.
pub(crate) async fn seen(tx: &mut Tx<'_>, user: UserId, at: Time) -> Res<()> {
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
        super::select::seen::<Users>(&mut sql, scopes, limit);
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
