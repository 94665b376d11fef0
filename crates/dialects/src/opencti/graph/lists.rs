//! Lists: arguments into the directory's queries, pages into connections (opencti.md §4).

use directory::{Cursor, Direction, Page, Position, Predicate, Query, UserField};

use super::super::columns;
use super::super::engine::{Call, Link, Refusal};
use super::super::errors;
use super::super::filter::{self, Columns};
use super::super::ids::Given;
use super::super::node::{Connection, ConnectionKind, Edge, Node};
use super::super::shelf;
use super::Session;

/// Rows of a page when nobody says how many.
const DEFAULT: u32 = 500;
/// Rows of a page at most; more are silently not given.
const MOST: u32 = 5_000;

/// What a kind of entity is listed by.
pub(super) struct Listing<F> {
    /// Filter keys.
    pub columns: Columns<F>,
    /// Order keys.
    pub order: fn(&str) -> Option<F>,
    /// Searches for several terms.
    pub search: fn(&[String]) -> Predicate<F>,
}

/// What users are listed by.
pub(super) const USERS: Listing<UserField> = Listing {
    columns: columns::user,
    order: columns::user_order,
    search: columns::user_search,
};

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
    /// The query of a list call, from its first row.
    pub(super) async fn list<F: Clone>(
        &self,
        call: &Call<'_>,
        listing: Listing<F>,
    ) -> Result<Query<F>, Refusal> {
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
        let descending =
            (call.text("orderMode") == "desc") != columns::backwards(call.text("orderBy"));
        Ok(Query {
            predicate,
            search,
            sort: (listing.order)(call.text("orderBy")),
            direction: if descending {
                Direction::Down
            } else {
                Direction::Up
            },
            from: Position::Start,
            limit: first(call),
            total: counts(call),
            seen_by: None,
        })
    }
}

/// Where a list call begins.
pub(super) enum After<'a> {
    /// At the first row, or behind the one of a cursor.
    At(Position),
    /// Behind the row of this id.
    Row(&'a str),
}

/// Reads `after`: a cursor of an edge or page, or, as the client's own documentation says, the id of
/// a row (a standard id too).
pub(super) fn after<'a>(call: &'a Call<'_>) -> Result<After<'a>, Refusal> {
    match call.text("after") {
        "" => Ok(After::At(Position::Start)),
        text => match (Cursor::decode(text), Given::read(text)) {
            (Some(cursor), _) => Ok(After::At(Position::After(cursor))),
            (None, Given::Nonsense) => Err(none_of_ours()),
            (None, _) => Ok(After::Row(text)),
        },
    }
}

/// The question that gives one row's place in the order of a list.
pub(super) fn place_of<F: Clone>(query: &Query<F>, is_it: Predicate<F>) -> Query<F> {
    Query {
        predicate: is_it,
        search: None,
        limit: 1,
        total: false,
        ..query.clone()
    }
}

/// What follows the row that [`place_of`] asked for.
pub(super) fn behind<T>(page: &Page<T>) -> Result<Position, Refusal> {
    let cursor = page.cursors.first().ok_or_else(none_of_ours)?;
    Ok(Position::After(cursor.clone()))
}

/// A cursor that leads nowhere.
pub(super) fn none_of_ours() -> Refusal {
    errors::unsupported("The cursor is none that this list has given")
}

/// A page of the directory as a connection.
pub(super) fn connection<T>(
    kind: &'static ConnectionKind,
    call: &Call<'_>,
    page: &Page<T>,
    nodes: Vec<Node>,
) -> Node {
    let cursors = page.cursors.iter().map(Cursor::encode);
    let edges = nodes
        .into_iter()
        .zip(cursors)
        .map(|(node, cursor)| Edge::of(kind, cursor, node));
    Node::Connection(std::sync::Arc::new(Connection {
        kind,
        edges: edges.collect(),
        next: page.next.is_some(),
        previous: call.get("after").is_some(),
        total: page.total.unwrap_or(0),
    }))
}

/// A page of a shelf as a connection.
pub(super) fn shelved(
    kind: &'static ConnectionKind,
    call: &Call<'_>,
    nodes: Vec<Node>,
) -> Result<Link<Node>, Refusal> {
    let is_it = |node: &Node, id: &str| node.is_called(id);
    let cut = shelf::cut(nodes, first(call) as usize, Some(call.text("after")), is_it);
    let cut = cut.ok_or_else(none_of_ours)?;
    let edges = cut
        .items
        .into_iter()
        .map(|(node, cursor)| Edge::of(kind, cursor, node));
    Ok(Link::One(Node::Connection(std::sync::Arc::new(
        Connection {
            kind,
            edges: edges.collect(),
            next: cut.more,
            previous: call.get("after").is_some(),
            total: cut.total,
        },
    ))))
}

/// A list without anything.
pub(super) fn nothing(kind: &'static ConnectionKind) -> Node {
    Connection::whole(kind, [])
}
