//! Lists: arguments into the directory's queries, pages into connections (opencti.md §4).

use directory::{Cursor, Direction, Page, Position, Predicate, Query};

use super::super::columns;
use super::super::engine::{Call, Refusal};
use super::super::errors;
use super::super::filter::{self, Columns};
use super::super::node::{Connection, ConnectionKind, Edge, Node};
use super::super::shelf::Cut;
use super::Session;

/// Rows of a page when nobody says how many.
const DEFAULT: u32 = 500;
/// Rows of a page at most; more are silently not given.
const MOST: u32 = 5_000;
/// The cursor behind the last row of all.
const END: &str = "end";

/// What a kind of entity is listed by.
pub(super) struct Listing<F> {
    /// Filter keys.
    pub columns: Columns<F>,
    /// Order keys.
    pub order: fn(&str) -> Option<F>,
    /// Searches for several terms.
    pub search: fn(&[String]) -> Predicate<F>,
}

/// How many rows a call wants.
pub(super) fn first(call: &Call<'_>) -> u32 {
    let asked = call.get("first").and_then(serde_json::Value::as_i64);
    let asked = asked
        .filter(|asked| *asked >= 0)
        .and_then(|asked| u32::try_from(asked).ok());
    asked.unwrap_or(DEFAULT).min(MOST)
}

/// Whether the caller wants to know how many there are in all.
pub(super) fn counts(call: &Call<'_>) -> bool {
    let info = call.field.find("pageInfo");
    info.is_some_and(|info| info.selects("globalCount"))
}

impl Session {
    /// The query of a list call; nothing when the call begins behind the last row.
    pub(super) async fn list<F: Clone>(
        &self,
        call: &Call<'_>,
        listing: Listing<F>,
    ) -> Result<Option<Query<F>>, Refusal> {
        let from = match call.text("after") {
            "" => Position::Start,
            END => return Ok(None),
            cursor => Position::After(Cursor::decode(cursor).ok_or_else(|| {
                errors::unsupported("The cursor is none that this list has given")
            })?),
        };
        let mut predicate = Predicate::All;
        if let Some(group) = call.get("filters") {
            let resolved = self.resolve(filter::standard_ids(group)).await?;
            predicate = filter::read(group, listing.columns, &resolved, self.now())?;
        }
        let terms = columns::search_terms(call.text("search"));
        let mut search = None;
        match terms.as_slice() {
            [] => {}
            // One plain word is what the directory's own index is for.
            [word] if uuid::Uuid::try_parse(word).is_err() && !word.contains(' ') => {
                search = Some(word.clone());
            }
            several => predicate = predicate.and((listing.search)(several)),
        }
        let descending = call.text("orderMode") == "desc";
        Ok(Some(Query {
            predicate,
            search,
            sort: (listing.order)(call.text("orderBy")),
            direction: if descending {
                Direction::Down
            } else {
                Direction::Up
            },
            from,
            limit: first(call),
            total: counts(call),
            seen_by: None,
        }))
    }
}

/// A page of the directory as a connection.
pub(super) fn connection<T>(
    kind: &'static ConnectionKind,
    call: &Call<'_>,
    page: Page<T>,
    nodes: Vec<Node>,
) -> Node {
    let end = match &page.next {
        Some(cursor) => cursor.encode(),
        None => END.to_owned(),
    };
    let last = nodes.len().saturating_sub(1);
    let edges = nodes.into_iter().enumerate().map(|(index, node)| {
        let cursor = if index == last {
            end.clone()
        } else {
            format!("row-{index}")
        };
        Edge::of(kind, cursor, node)
    });
    Node::Connection(std::sync::Arc::new(Connection {
        kind,
        edges: edges.collect(),
        next: page.next.is_some(),
        previous: call.get("after").is_some(),
        total: page.total.unwrap_or(0),
    }))
}

/// A cut of a shelf as a connection.
pub(super) fn shelved(kind: &'static ConnectionKind, call: &Call<'_>, cut: Cut<Node>) -> Node {
    let edges = cut
        .items
        .into_iter()
        .map(|(node, cursor)| Edge::of(kind, cursor, node));
    Node::Connection(std::sync::Arc::new(Connection {
        kind,
        edges: edges.collect(),
        next: cut.more,
        previous: call.get("after").is_some(),
        total: cut.total,
    }))
}

/// A list without anything.
pub(super) fn nothing(kind: &'static ConnectionKind) -> Node {
    Connection::whole(kind, [])
}
