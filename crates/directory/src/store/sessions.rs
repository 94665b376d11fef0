//! Sessions in SQL.

use crate::model::{
    KeyId, OrganisationId, Scope, Session, SessionField, SessionId, SessionKind, Time, UserId,
};

use super::pages::Paged;
use super::select::{Bound, Column, Folding, Listed, Sql, Visible};
use super::{Res, Row, StoreError, Tx};

const COLUMNS: &str = "s.id, s.uuid, s.user_id, s.platform, s.kind, s.key_id, s.organisation_id, s.second_factor, \
     s.enrolment, s.address, s.agent, s.created_at, s.last_seen_at, s.idle_ms, s.expires_at";
const SESSIONS: &str = " FROM sessions s";

impl Listed for Sessions {
    type Field = SessionField;
    const ID: &'static str = "s.id";
    const SEARCH: &'static str =
        "LOWER(COALESCE(s.address, '') || ' ' || COALESCE(s.agent, '') || ' ' || u.login_key)";

    fn column(field: &SessionField) -> Column {
        match field {
            SessionField::Id => Column::Int("s.id"),
            SessionField::Uuid => Column::Text("s.uuid", Folding::Exact),
            SessionField::User => Column::Int("s.user_id"),
            SessionField::Platform => Column::Text("s.platform", Folding::Exact),
            SessionField::Kind => Column::Text("s.kind", Folding::Exact),
            SessionField::Key => Column::Int("s.key_id"),
            SessionField::Organisation => Column::Int("s.organisation_id"),
            SessionField::SecondFactor => Column::Flag("s.second_factor"),
            SessionField::Address => Column::Text("s.address", Folding::Exact),
            SessionField::CreatedAt => Column::Int("s.created_at"),
            SessionField::LastSeenAt => Column::Int("s.last_seen_at"),
            SessionField::EndsAt => Column::Int("s.expires_at"),
        }
    }
}

impl Paged for Sessions {
    type Item = Session;
    const COLUMNS: &'static str = COLUMNS;
    const AFTER: usize = 15;
    const TABLES: &'static str = " FROM sessions s JOIN users u ON u.id = s.user_id";

    fn read(row: &Row<'_>) -> Res<Session> {
        read_session(row)
    }

    fn id(session: &Session) -> i64 {
        session.id.0
    }
}

/// Narrows to the sessions of oneself, and of the people within the scopes, that have not ended. Uses are
/// written down about once a second, so an idle end counts from a little later.
pub(crate) fn live_and_seen(
    sql: &mut Sql,
    scopes: &[Scope],
    limit: Option<i64>,
    own: UserId,
    now: Time,
) {
    const UNWRITTEN: i64 = 5_000;
    sql.push(" AND s.expires_at > ").bind(Bound::Int(now.0));
    sql.push(" AND s.last_seen_at + s.idle_ms > ")
        .bind(Bound::Int(now.0.saturating_sub(UNWRITTEN)));
    sql.push(" AND (s.user_id = ").bind(Bound::Int(own.0));
    sql.push(" OR (1 = 1");
    super::select::push_scopes::<Sessions>(sql, scopes, limit);
    sql.push("))");
}

fn read_session(row: &Row<'_>) -> Res<Session> {
    Ok(Session {
        id: SessionId(row.int(0)?),
        uuid: super::users::uuid(row.text(1)?)?,
        user: UserId(row.int(2)?),
        platform: row.string(3)?,
        kind: kind(row.text(4)?)?,
        key: row.opt_int(5)?.map(KeyId),
        organisation: row.opt_int(6)?.map(OrganisationId),
        second_factor: row.flag(7)?,
        enrolment: row.flag(8)?,
        address: row.opt_string(9)?,
        agent: row.opt_string(10)?,
        created_at: Time(row.int(11)?),
        last_seen_at: Time(row.int(12)?),
        idle: row.int(13)?,
        expires_at: Time(row.int(14)?),
    })
}

fn kind(text: &str) -> Res<SessionKind> {
    match text {
        "browser" => Ok(SessionKind::Browser),
        "bearer" => Ok(SessionKind::Bearer),
        "token" => Ok(SessionKind::Token),
        other => Err(StoreError::Bug(format!("stored kind of session {other}"))),
    }
}

const fn kind_word(kind: SessionKind) -> &'static str {
    match kind {
        SessionKind::Browser => "browser",
        SessionKind::Bearer => "bearer",
        SessionKind::Token => "token",
    }
}

/// Inserts a session under the digest of its token.
pub(crate) async fn insert(tx: &mut Tx<'_>, session: &Session, digest: &[u8]) -> Res<SessionId> {
    let id = tx
        .one(
            "INSERT INTO sessions (uuid, user_id, digest, platform, kind, key_id, organisation_id, second_factor, enrolment, \
             address, agent, created_at, last_seen_at, idle_ms, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
             $11, $12, $13, $14, $15) RETURNING id",
            &[
                (&session.uuid.to_string()).into(), session.user.0.into(), digest.into(), (&session.platform).into(),
                kind_word(session.kind).into(), session.key.map(|one| one.0).into(),
                session.organisation.map(|one| one.0).into(), session.second_factor.into(), session.enrolment.into(),
                (&session.address).into(), (&session.agent).into(), session.created_at.0.into(),
                session.last_seen_at.0.into(), session.idle.into(), session.expires_at.0.into(),
            ],
            |row| row.int(0),
        )
        .await?;
    id.map(SessionId)
        .ok_or_else(|| StoreError::Bug("a session got no number".to_owned()))
}

/// The session of that number.
pub(crate) async fn by_id(tx: &mut Tx<'_>, id: SessionId) -> Res<Option<Session>> {
    let sql = super::text(|sql| {
        sql.push("SELECT ")
            .push(COLUMNS)
            .push(SESSIONS)
            .push(" WHERE s.id = $1")
    });
    tx.one(&sql, &[id.0.into()], read_session).await
}

/// The session of that UUID.
pub(crate) async fn by_uuid(tx: &mut Tx<'_>, uuid: uuid::Uuid) -> Res<Option<Session>> {
    let sql = super::text(|sql| {
        sql.push("SELECT ")
            .push(COLUMNS)
            .push(SESSIONS)
            .push(" WHERE s.uuid = $1")
    });
    tx.one(&sql, &[(&uuid.to_string()).into()], read_session)
        .await
}

/// The session of that token.
pub(crate) async fn by_digest(tx: &mut Tx<'_>, digest: &[u8]) -> Res<Option<Session>> {
    let sql = super::text(|sql| {
        sql.push("SELECT ")
            .push(COLUMNS)
            .push(SESSIONS)
            .push(" WHERE s.digest = $1")
    });
    tx.one(&sql, &[digest.into()], read_session).await
}

/// The sessions of oneself, and of those of the users who are within the scopes, that have not reached
/// their absolute end, oldest first: one statement, however many they are and whoever asks.
pub(crate) async fn list_for_users(
    tx: &mut Tx<'_>,
    users: &[UserId],
    scopes: &[Scope],
    limit: Option<i64>,
    own: UserId,
    now: Time,
) -> Res<Vec<Session>> {
    let mut found = Vec::new();
    for chunk in users.chunks(5_000) {
        let mut sql = Sql::default();
        sql.push("SELECT ").push(COLUMNS).push(SESSIONS);
        sql.push(" JOIN users u ON u.id = s.user_id WHERE s.user_id IN (");
        sql.bind_all(chunk.iter().map(|user| user.0));
        sql.push(") AND s.expires_at > ");
        sql.bind(Bound::Int(now.0));
        sql.push(" AND (s.user_id = ");
        sql.bind(Bound::Int(own.0)).push(" OR (1 = 1");
        super::select::push_scopes::<Sessions>(&mut sql, scopes, limit);
        sql.push(")) ORDER BY s.user_id, s.id");
        found.extend(tx.all(&sql.text, &sql.vals(), read_session).await?);
    }
    Ok(found)
}

/// Whether a person has a session.
pub(crate) async fn any_of(tx: &mut Tx<'_>, user: UserId) -> Res<bool> {
    let found = tx
        .one(
            "SELECT 1 FROM sessions WHERE user_id = $1 LIMIT 1",
            &[user.0.into()],
            |row| row.int(0),
        )
        .await?;
    Ok(found.is_some())
}

/// The newest sessions of the people within those scopes that have not reached their absolute end.
pub(crate) async fn within(
    tx: &mut Tx<'_>,
    scopes: &[Scope],
    limit: Option<i64>,
    now: Time,
) -> Res<Vec<Session>> {
    let mut sql = Sql::default();
    sql.push("SELECT ")
        .push(COLUMNS)
        .push(SESSIONS)
        .push(" JOIN users u ON u.id = s.user_id WHERE s.expires_at > ")
        .bind(Bound::Int(now.0));
    super::select::push_scopes::<Sessions>(&mut sql, scopes, limit);
    sql.push(" ORDER BY s.id DESC LIMIT 10000");
    tx.all(&sql.text, &sql.vals(), read_session).await
}

/// Sessions are seen like their owners' keys.
pub(crate) struct Sessions;

impl Visible for Sessions {
    fn scope(sql: &mut Sql, scope: &Scope) {
        super::users::by_home(sql, scope);
    }
}

/// Ends one session; false when it had ended.
pub(crate) async fn delete(tx: &mut Tx<'_>, session: SessionId) -> Res<bool> {
    let deleted = tx
        .exec("DELETE FROM sessions WHERE id = $1", &[session.0.into()])
        .await?;
    Ok(deleted > 0)
}

/// Ends a user's sessions but one; tells how many.
pub(crate) async fn delete_of(
    tx: &mut Tx<'_>,
    user: UserId,
    except: Option<SessionId>,
) -> Res<u64> {
    tx.exec(
        "DELETE FROM sessions WHERE user_id = $1 AND id <> $2",
        &[user.0.into(), except.map_or(0, |one| one.0).into()],
    )
    .await
}

/// A session that was begun to enrol a second factor has done so, and is one like others.
pub(crate) async fn enrolled(tx: &mut Tx<'_>, session: SessionId) -> Res<()> {
    tx.exec(
        "UPDATE sessions SET enrolment = 0, second_factor = 1 WHERE id = $1",
        &[session.0.into()],
    )
    .await?;
    Ok(())
}

/// Turns sessions of people who need a second factor and have none into sessions to enrol one; `whose` names one person, `None` all.
/// `required` is what the installation says of people for whom nothing else is said.
pub(crate) async fn require_enrolment(
    tx: &mut Tx<'_>,
    whose: Option<UserId>,
    required: bool,
) -> Res<u64> {
    match whose {
        Some(user) => {
            tx.exec(
                "UPDATE sessions SET enrolment = 1 WHERE user_id = $2 AND enrolment = 0 AND key_id IS NULL AND NOT EXISTS \
                 (SELECT 1 FROM second_factors f WHERE f.user_id = sessions.user_id AND f.confirmed_at IS NOT NULL) AND EXISTS \
                 (SELECT 1 FROM users u WHERE u.id = sessions.user_id AND (COALESCE(u.second_factor_required, $1) = 1 OR EXISTS \
                 (SELECT 1 FROM organisation_tree t JOIN organisations o ON o.id = t.ancestor_id WHERE t.descendant_id = u.home_id \
                 AND o.second_factor_required = 1)))",
                &[required.into(), user.0.into()],
            )
            .await
        }
        None => {
            tx.exec(
                "UPDATE sessions SET enrolment = 1 WHERE enrolment = 0 AND key_id IS NULL AND NOT EXISTS \
                 (SELECT 1 FROM second_factors f WHERE f.user_id = sessions.user_id AND f.confirmed_at IS NOT NULL) AND EXISTS \
                 (SELECT 1 FROM users u WHERE u.id = sessions.user_id AND (COALESCE(u.second_factor_required, $1) = 1 OR EXISTS \
                 (SELECT 1 FROM organisation_tree t JOIN organisations o ON o.id = t.ancestor_id WHERE t.descendant_id = u.home_id \
                 AND o.second_factor_required = 1)))",
                &[required.into()],
            )
            .await
        }
    }
}

/// Notes when a session was last used.
pub(crate) async fn note_use(tx: &mut Tx<'_>, session: SessionId, at: Time) -> Res<()> {
    tx.exec(
        "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2",
        &[session.0.into(), at.0.into()],
    )
    .await?;
    Ok(())
}

/// Deletes sessions past their absolute end, and those unused for longer than they may be.
pub(crate) async fn sweep(tx: &mut Tx<'_>, now: Time) -> Res<u64> {
    tx.exec(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 OR last_seen_at + idle_ms <= $1 \
         ORDER BY expires_at LIMIT 1000)",
        &[now.0.into()],
    )
    .await
}
