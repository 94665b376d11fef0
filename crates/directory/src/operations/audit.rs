//! Reading the audit trail.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{Event, EventField, Page, Permission, Query};
use crate::pending::Pending;
use crate::store::select::Sql;
use crate::store::{events, pages};

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
}
