//! The audit trail in SQL.

use crate::model::{
    DoneByRequest, Event, EventField, EventId, Fault, KeyId, OrganisationId, Query, Scope,
    SessionId, Time, UserId,
};

use super::pages::Paged;
use super::select::{self, Bound, Column, Folding, Listed, Sql, Visible};
use super::{Database, Res, Row, StoreError, Tx};

/// The audit trail as a list.
pub(crate) struct Events;

impl Listed for Events {
    type Field = EventField;
    const ID: &'static str = "e.id";
    const SEARCH: &'static str =
        "LOWER(COALESCE(e.actor_name, '') || ' ' || e.verb || ' ' || COALESCE(e.entity_name, ''))";

    fn column(field: &EventField) -> Column {
        match field {
            EventField::Id => Column::Int("e.id"),
            EventField::At => Column::Int("e.at"),
            EventField::Verb => Column::Text("e.verb", Folding::Exact),
            EventField::Actor => Column::Int("e.actor_id"),
            EventField::ActorName => Column::Text("e.actor_name", Folding::Lower),
            EventField::Platform => Column::Text("e.platform", Folding::Exact),
            EventField::Entity => Column::Text("e.entity", Folding::Exact),
            EventField::EntityId => Column::Int("e.entity_id"),
            EventField::EntityName => Column::Text("e.entity_name", Folding::Lower),
            EventField::Organisation => Column::Int("e.organisation_id"),
            EventField::Address => Column::Text("e.address", Folding::Exact),
            EventField::Subject => Column::Int("e.subject_id"),
            EventField::Key => Column::Int("e.key_id"),
            EventField::Session => Column::Int("e.session_id"),
            EventField::RequestId => Column::Text("e.request_id", Folding::Exact),
        }
    }
}

impl Visible for Events {
    fn scope(sql: &mut Sql, scope: &Scope) {
        match scope {
            Scope::All => drop(sql.push("1 = 1")),
            // One's own doings, and what nobody did to one's account (refused sign-ins).
            Scope::Own(user) => {
                sql.push("(e.actor_id = ").bind(Bound::Int(user.0));
                sql.push(" OR (e.entity = 'user' AND e.actor_id IS NULL AND e.entity_id = ");
                sql.bind(Bound::Int(user.0)).push("))");
            }
            Scope::Users { users, within } => {
                sql.push("(e.entity = 'user' AND e.entity_id IN (SELECT l.id FROM users l JOIN organisation_tree t ON t.descendant_id = l.home_id WHERE t.ancestor_id = ");
                sql.bind(Bound::Int(within.0));
                sql.push(" AND l.id IN (")
                    .bind_all(users.iter().map(|user| user.0))
                    .push(")))");
            }
            Scope::Groups { .. } => drop(sql.push("1 = 0")),
            Scope::Organisation(organisation) => {
                sql.push("e.organisation_id = ")
                    .bind(Bound::Int(organisation.0));
            }
            Scope::Subtree(organisation) => {
                sql.push(
                    "e.organisation_id IN (SELECT t.descendant_id FROM organisation_tree t WHERE t.ancestor_id = ",
                );
                sql.bind(Bound::Int(organisation.0)).push(")");
            }
        }
    }
}

impl Paged for Events {
    type Item = Event;
    const COLUMNS: &'static str = "e.id, e.at, e.verb, e.actor_id, e.actor_name, e.platform, e.key_id, e.session_id, e.entity, \
         e.entity_id, e.entity_name, e.organisation_id, e.detail, e.address, e.request_id";
    const AFTER: usize = 15;
    const TABLES: &'static str = " FROM events e";

    fn read(row: &Row<'_>) -> Res<Event> {
        Ok(Event {
            id: EventId(row.int(0)?),
            at: Time(row.int(1)?),
            verb: row.string(2)?,
            actor: row.opt_int(3)?.map(UserId),
            actor_name: row.opt_string(4)?,
            platform: row.string(5)?,
            key: row.opt_int(6)?.map(KeyId),
            session: row.opt_int(7)?.map(SessionId),
            entity: row.string(8)?,
            entity_id: row.opt_int(9)?,
            entity_name: row.opt_string(10)?,
            organisation: row.opt_int(11)?.map(OrganisationId),
            detail: match row.opt_text(12)? {
                None => None,
                Some(text) => Some(
                    serde_json::from_str(text)
                        .map_err(|error| StoreError::Bug(format!("stored event: {error}")))?,
                ),
            },
            address: row.opt_string(13)?,
            request_id: row.opt_string(14)?,
        })
    }

    fn id(event: &Event) -> i64 {
        event.id.0
    }
}

/// Narrows to the latest events: a search reads them one by one.
pub(crate) fn latest(sql: &mut Sql, most: i64) {
    sql.push(" AND e.id > (SELECT COALESCE(MAX(l.id), 0) FROM events l) - ")
        .bind(Bound::Int(most));
}

/// An event to append.
pub(crate) struct NewEvent<'a> {
    pub at: Time,
    pub verb: &'a str,
    pub actor: Option<i64>,
    pub actor_name: Option<&'a str>,
    pub platform: &'a str,
    pub key: Option<i64>,
    pub session: Option<i64>,
    pub entity: &'a str,
    pub entity_id: Option<i64>,
    pub entity_name: Option<&'a str>,
    pub organisation: Option<i64>,
    pub subject: Option<i64>,
    pub detail: Option<&'a str>,
    pub address: Option<&'a str>,
    pub request_id: Option<&'a str>,
}

/// Appends one.
pub(crate) async fn append(tx: &mut Tx<'_>, event: &NewEvent<'_>) -> Res<()> {
    tx.exec_deferred(
        "INSERT INTO events (at, verb, actor_id, actor_name, platform, key_id, session_id, entity, entity_id, entity_name, \
         organisation_id, detail, address, request_id, subject_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
         $14, $15)",
        &[
            event.at.0.into(), event.verb.into(), event.actor.into(), event.actor_name.into(), event.platform.into(),
            event.key.into(), event.session.into(), event.entity.into(), event.entity_id.into(), event.entity_name.into(),
            event.organisation.into(), event.detail.into(), event.address.into(), event.request_id.into(),
            event.subject.into(),
        ],
    )
    .await?;
    Ok(())
}

/// The order in which events are handed on, and the statement for those behind a place in it that are
/// there for good: nothing that is still to be committed comes before them.
pub(crate) fn stream_sql(
    database: Database,
    query: &Query<EventField>,
    after: (i64, i64),
    scopes: &[Scope],
    limit: Option<i64>,
    now: Time,
) -> Result<Sql, Fault> {
    let mut sql = Sql::default();
    sql.push("SELECT ").push(<Events as Paged>::COLUMNS);
    sql.push(", e.tx FROM events e");
    select::narrowed::<Events>(&mut sql, query, scopes, limit, now)?;
    let (tx, id) = after;
    match database {
        Database::Sqlite => {
            sql.push(" AND e.id > ").bind(Bound::Int(id));
            sql.push(" ORDER BY e.id LIMIT ");
        }
        Database::Postgres => {
            sql.push(" AND (e.tx, e.id) > (")
                .bind_each([tx, id].map(Bound::Int));
            sql.push(") AND e.tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint");
            sql.push(" ORDER BY e.tx, e.id LIMIT ");
        }
    }
    sql.bind(Bound::Int(i64::from(query.limit)));
    Ok(sql)
}

/// Those events, each with its place in the order.
pub(crate) async fn stream(tx: &mut Tx<'_>, sql: &Sql) -> Res<Vec<(Event, (i64, i64))>> {
    tx.all(&sql.text, &sql.vals(), |row| {
        let event = <Events as Paged>::read(row)?;
        let place = (row.int(<Events as Paged>::AFTER)?, event.id.0);
        Ok((event, place))
    })
    .await
}

/// The last of the transactions that are all over.
const POSTGRES_HORIZON: &str = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1";
const POSTGRES_SETTLE: &str =
    "UPDATE events SET tx = 0 WHERE tx > pg_current_xact_id()::text::bigint";

/// The place in the order behind which what happens from now on is.
pub(crate) async fn latest_place(tx: &mut Tx<'_>) -> Res<(i64, i64)> {
    match tx.database() {
        Database::Sqlite => {
            let last = tx
                .one("SELECT COALESCE(MAX(id), 0) FROM events", &[], |row| {
                    row.int(0)
                })
                .await?;
            Ok((0, last.unwrap_or(0)))
        }
        Database::Postgres => {
            let horizon = tx.one(POSTGRES_HORIZON, &[], |row| row.int(0)).await?;
            Ok((horizon.unwrap_or(0), i64::MAX))
        }
    }
}

/// Events that were written under another server's count of transactions, by a restored copy, are older
/// than all that this server writes.
pub(crate) async fn settle_restored(tx: &mut Tx<'_>) -> Res<()> {
    if tx.database() == Database::Postgres {
        tx.exec(POSTGRES_SETTLE, &[]).await?;
    }
    Ok(())
}

/// When the oldest event happened.
pub(crate) async fn oldest(tx: &mut Tx<'_>) -> Res<Option<Time>> {
    tx.one(
        "SELECT at FROM events ORDER BY at, id LIMIT 1",
        &[],
        |row| Ok(Time(row.int(0)?)),
    )
    .await
}

/// Removes some of the events from before a time; tells how many.
pub(crate) async fn remove_before(tx: &mut Tx<'_>, before: Time, most: i64) -> Res<u64> {
    tx.exec(
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < $1 ORDER BY at, id LIMIT $2)",
        &[before.0.into(), most.into()],
    )
    .await
}

/// What a person's request did, in order: so many events at most.
pub(crate) async fn of_request(
    tx: &mut Tx<'_>,
    actor: UserId,
    request: &str,
    most: u32,
) -> Res<Vec<DoneByRequest>> {
    tx.all(
        "SELECT verb, entity, entity_id FROM events WHERE request_id = $1 AND actor_id = $2 ORDER BY id LIMIT $3",
        &[request.into(), actor.0.into(), i64::from(most).into()],
        |row| {
            Ok(DoneByRequest {
                verb: row.string(0)?,
                entity: row.string(1)?,
                number: row.opt_int(2)?,
            })
        },
    )
    .await
}
