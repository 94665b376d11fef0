//! Lists: arguments into the directory's queries, pages into connections (opencti.md §4).

use directory::{Cursor, Direction, Page, Position, Predicate, Query, UserField};

use super::super::columns;
use super::super::errors;
use super::super::filter::{self, Columns, Resolved};
use super::super::ids::Given;
use super::super::node::{Connection, ConnectionKind, Edge, Node};
use super::super::static_list;
use super::{Session, search};
use graphql::{Call, Link, Refusal};

/// Rows of a page when nobody says how many.
const DEFAULT: u32 = 500;
/// Rows of a page at most; more are silently not given.
pub(super) const MOST: u32 = 5_000;

/// What a kind of entity is listed by.
pub(super) struct Listing<F> {
    /// Filter keys.
    pub columns: Columns<F>,
    /// Order keys.
    pub order: fn(&str) -> Option<F>,
    /// Searches for terms, among which standard ids are resolved.
    pub search: fn(&[String], &Resolved) -> Predicate<F>,
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
    /// The query of a list call, from its first row. `beside` is what a search finds elsewhere than
    /// in the rows themselves.
    pub(super) async fn list<F: Clone + PartialEq>(
        &self,
        call: &Call<'_>,
        listing: Listing<F>,
        beside: Predicate<F>,
    ) -> Result<Query<F>, Refusal> {
        let mut predicate = Predicate::All;
        if let Some(group) = call.get("filters") {
            let resolved = self.resolve(filter::standard_ids(group)).await?;
            predicate = filter::read(group, listing.columns, &resolved, self.now())?;
        }
        let terms = search::terms(call)?;
        let mut word = None;
        if beside == Predicate::Nothing {
            word = search::plain(&terms).cloned();
        }
        if word.is_none() && !terms.is_empty() {
            let standard = terms.iter().filter_map(|term| match Given::read(term) {
                Given::Standard(id) => Some(id),
                Given::Uuid(_) | Given::Nonsense => None,
            });
            let resolved = self.resolve(standard.collect()).await?;
            let found = (listing.search)(&terms, &resolved);
            predicate = predicate.and(Predicate::any([found, beside]));
        }
        self.spend(&predicate)?;
        let descending =
            (call.text("orderMode") == "desc") != columns::backwards(call.text("orderBy"));
        Ok(Query {
            predicate,
            search: word,
            sort: (listing.order)(call.text("orderBy")),
            direction: if descending {
                Direction::Down
            } else {
                Direction::Up
            },
            from: Position::Start,
            limit: first(call),
            total: counts(call),
            ..Query::default()
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

/// What a page tells of itself beside its rows.
pub(super) struct Frame {
    /// The cursor of each row.
    pub cursors: Vec<String>,
    /// Whether more follow.
    pub more: bool,
    /// How many there are in all.
    pub total: u64,
}

/// The rows of a page of the directory, and what it tells beside them.
pub(super) fn framed<T>(page: Page<T>) -> (Vec<T>, Frame) {
    let frame = Frame {
        cursors: page.cursors.iter().map(Cursor::encode).collect(),
        more: page.next.is_some(),
        total: page.total.unwrap_or(0),
    };
    (page.items, frame)
}

/// A page as a connection.
pub(super) fn connection(
    kind: &'static ConnectionKind,
    call: &Call<'_>,
    frame: Frame,
    nodes: Vec<Node>,
) -> Node {
    let edges = nodes
        .into_iter()
        .zip(frame.cursors)
        .map(|(node, cursor)| Edge::of(kind, cursor, node));
    Node::Connection(std::sync::Arc::new(Connection {
        kind,
        edges: edges.collect(),
        next: frame.more,
        // Quirk: it is said to have a previous page whenever it began after something (opencti.md §4).
        previous: !call.text("after").is_empty(),
        total: frame.total,
    }))
}

/// A page of a static list as a connection.
pub(super) fn static_connection(
    kind: &'static ConnectionKind,
    call: &Call<'_>,
    nodes: Vec<Node>,
) -> Result<Link<Node>, Refusal> {
    let is_it = |node: &Node, id: &str| node.is_called(id);
    let cut = static_list::cut(nodes, first(call) as usize, Some(call.text("after")), is_it);
    let cut = cut.ok_or_else(none_of_ours)?;
    let (nodes, cursors) = cut.items.into_iter().unzip();
    let frame = Frame {
        cursors,
        more: cut.more,
        total: cut.total,
    };
    Ok(Link::One(connection(kind, call, frame, nodes)))
}

/// A list without anything.
pub(super) fn nothing(kind: &'static ConnectionKind) -> Node {
    Connection::whole(kind, [])
}
