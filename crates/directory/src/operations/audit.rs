//! Reading the audit trail.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{Cursor, CursorKey, Event, EventField, Page, Permission, Query};
use crate::pending::Pending;
use crate::store::select::Sql;
use crate::store::{events, pages};

/// A place in the order in which events are handed on; opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamPlace {
    tx: i64,
    id: i64,
}

impl StreamPlace {
    /// Before everything.
    pub const START: StreamPlace = StreamPlace { tx: -1, id: 0 };

    /// Text for the wire.
    #[must_use]
    pub fn encode(self) -> String {
        let key = CursorKey::Int(self.tx);
        Cursor { key, id: self.id }.encode()
    }

    /// Reads [`StreamPlace::encode`]'s text back.
    #[must_use]
    pub fn decode(text: &str) -> Option<StreamPlace> {
        match Cursor::decode(text)? {
            Cursor {
                key: CursorKey::Int(tx),
                id,
            } => Some(StreamPlace { tx, id }),
            Cursor { .. } => None,
        }
    }
}

/// A search looks into so many of the latest events.
const SEARCHED: i64 = 100_000;

impl Handle {
    /// One page of the audit trail: what happened within reach, and one's own doings.
    pub fn events<'a>(&'a self, query: &'a Query<EventField>) -> Pending<'a, Page<Event>> {
        Box::pin(async move {
            let query = query.clone();
            self.read_slow(Operation::ReadEvents, async move |work: &mut Work<'_>| {
                let scopes = work.reading(Permission::ReadAudit);
                let (limit, now) = (work.limit(), work.now);
                let narrow = |sql: &mut Sql| {
                    if query.search.is_some() {
                        events::latest(sql, SEARCHED);
                    }
                };
                let statements =
                    pages::compile::<events::Events>(&query, narrow, &scopes, limit, now)?;
                Ok(pages::run::<events::Events>(&mut work.tx, &statements).await?)
            })
            .await
        })
    }

    /// The events behind a place, in the one order that every reader sees, with the rights of now: each
    /// with its own place, to go on from. What an earlier event may still come before is held back, so a
    /// reader who goes on from the last place gets every event exactly once.
    pub fn event_stream<'a>(
        &'a self,
        query: &'a Query<EventField>,
        after: StreamPlace,
    ) -> Pending<'a, Vec<(Event, StreamPlace)>> {
        Box::pin(async move {
            let query = query.clone();
            let read = async move |work: &mut Work<'_>| {
                let scopes = work.reading(Permission::ReadAudit);
                let (limit, now) = (work.limit(), work.now);
                let database = work.tx.database();
                let place = (after.tx, after.id);
                let sql = events::stream_sql(database, &query, place, &scopes, limit, now)?;
                let rows = events::stream(&mut work.tx, &sql).await?;
                let placed = |(event, (tx, id))| (event, StreamPlace { tx, id });
                Ok(rows.into_iter().map(placed).collect())
            };
            self.read_again(Operation::ReadEvents, read).await
        })
    }

    /// The place behind which what happens from now on is.
    pub fn event_stream_end(&self) -> Pending<'_, StreamPlace> {
        Box::pin(async move {
            self.read(Operation::ReadEvents, async |work: &mut Work<'_>| {
                let (tx, id) = events::latest_place(&mut work.tx).await?;
                Ok(StreamPlace { tx, id })
            })
            .await
        })
    }

    /// Becomes true when the server ends: what is kept open ends then too.
    #[must_use]
    pub fn ending(&self) -> tokio::sync::watch::Receiver<bool> {
        self.inner.ending.subscribe()
    }
}
