//! The order of a list and where a page of it begins: keyset paging, offsets, cursors.

use crate::model::{Cursor, CursorKey, Direction, Fault, Page, Position, Query, Time};

use super::select::{Bound, Column, Folding, Listed, STANDING, Sql};
use super::user_fields::EMAIL_OR_MADE_UP;

/// What a list is ordered by; its number breaks ties.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The sort expression.
    pub key: String,
    /// Whether it is a text.
    pub text: bool,
    /// The number's column.
    pub id: &'static str,
    /// Which way.
    pub direction: Direction,
}

impl Order {
    /// The order a query asks for.
    pub fn of<L: Listed>(query: &Query<L::Field>) -> Self {
        let (key, text) = cursor_column::<L>(query);
        Self {
            key,
            text,
            id: L::ID,
            direction: direction_of(query),
        }
    }

    /// Binds the time in a sort expression that changes with it, once for all places where it stands.
    pub fn bind_time(&mut self, sql: &mut Sql, now: Time) {
        if self.key.contains('?') {
            self.key = sql.with_time(&self.key, now);
        }
    }

    /// Whether the number alone decides.
    pub fn by_id(&self) -> bool {
        self.key == self.id
    }

    /// The same order in words that no index has, for a few rows that are found by another one: neither
    /// database is then tempted to walk the whole order past them.
    pub fn unindexed(&self) -> Self {
        let key = if self.text {
            format!("({} || '')", self.key)
        } else {
            format!("({} + 0)", self.key)
        };
        Self {
            key,
            ..self.clone()
        }
    }

    /// `AND` and the condition that a row comes after the cursor, if there is one.
    pub fn push_after(&self, sql: &mut Sql, from: &Position) -> Result<(), Fault> {
        let (Position::After(cursor) | Position::Before(cursor)) = from else {
            return Ok(());
        };
        let compare = match self.direction {
            Direction::Up => " > ",
            Direction::Down => " < ",
        };
        if self.by_id() {
            sql.push(" AND ").push(self.id).push(compare);
            sql.bind(Bound::Int(cursor.id));
            return Ok(());
        }
        let value = match (&cursor.key, self.text) {
            (CursorKey::Text(value), true) => Bound::Text(value.clone()),
            (CursorKey::Int(value), false) => Bound::Int(*value),
            _ => {
                return Err(Fault::invalid(
                    "cursor",
                    "belongs to a list in another order",
                ));
            }
        };
        sql.push(" AND (").push(&self.key).push(", ").push(self.id);
        sql.push(")").push(compare).push("(").bind(value);
        sql.push(", ").bind(Bound::Int(cursor.id)).push(")");
        Ok(())
    }

    /// `ORDER BY`.
    pub fn push_order(&self, sql: &mut Sql) {
        let word = match self.direction {
            Direction::Up => " ASC",
            Direction::Down => " DESC",
        };
        sql.push(" ORDER BY ");
        if !self.by_id() {
            sql.push(&self.key).push(word).push(", ");
        }
        sql.push(self.id).push(word);
    }
}

/// Which way the rows are read: a page that ends at a cursor is read backwards from there.
fn direction_of<F>(query: &Query<F>) -> Direction {
    match (&query.from, query.direction) {
        (Position::Before(_), Direction::Up) => Direction::Down,
        (Position::Before(_), Direction::Down) => Direction::Up,
        (Position::Start | Position::Offset(_) | Position::After(_), direction) => direction,
    }
}

/// How many rows a page takes: one more than asked for, which tells whether there is a next page.
pub(crate) fn rows_of<F>(query: &Query<F>) -> i64 {
    i64::from(query.limit) + 1
}

/// How many rows are skipped before a page.
pub(crate) fn offset_of<F>(query: &Query<F>) -> i64 {
    match query.from {
        Position::Offset(offset) => i64::try_from(offset).unwrap_or(i64::MAX),
        Position::Start | Position::After(_) | Position::Before(_) => 0,
    }
}

/// `LIMIT`, and `OFFSET` when there is one.
pub(crate) fn push_limit<F>(sql: &mut Sql, query: &Query<F>) {
    sql.push(" LIMIT ").bind(Bound::Int(rows_of(query)));
    if offset_of(query) > 0 {
        sql.push(" OFFSET ").bind(Bound::Int(offset_of(query)));
    }
}

/// Appends start, order and limit.
pub(crate) fn paged<L: Listed>(sql: &mut Sql, query: &Query<L::Field>) -> Result<(), Fault> {
    let order = Order::of::<L>(query);
    order.push_after(sql, &query.from)?;
    order.push_order(sql);
    push_limit(sql, query);
    Ok(())
}

/// The select list's last column: the sort value, for the cursor; and whether it is a text.
pub(crate) fn cursor_column<L: Listed>(query: &Query<L::Field>) -> (String, bool) {
    match &query.sort {
        Some(field) => sort_key(&L::column(field)),
        None => (L::ID.to_owned(), false),
    }
}

/// Cuts the extra row off, puts the rows into the list's order and tells where the pages beside this one are.
pub(crate) fn page<T, F>(
    mut rows: Vec<(T, Cursor)>,
    query: &Query<F>,
    total: Option<u64>,
) -> Page<T> {
    let limit = query.limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    // Beyond the row of a cursor there is at least that row.
    let (before, after) = match query.from {
        Position::Start => (false, more),
        Position::Offset(offset) => (offset > 0, more),
        Position::After(_) => (true, more),
        Position::Before(_) => {
            rows.reverse();
            (more, true)
        }
    };
    let (items, cursors): (Vec<T>, Vec<Cursor>) = rows.into_iter().unzip();
    Page {
        next: cursors.last().filter(|_| after).cloned(),
        previous: cursors.first().filter(|_| before).cloned(),
        items,
        cursors,
        total,
        facets: Vec::new(),
    }
}

/// Begins a statement that counts rows, up to the query's bound; ends with the text to put behind.
pub(crate) fn push_count<F>(sql: &mut Sql, query: &Query<F>) -> String {
    match query.count_limit {
        None => {
            sql.push("SELECT COUNT(*)");
            String::new()
        }
        Some(most) => {
            sql.push("SELECT COUNT(*) FROM (SELECT 1 AS one");
            let most = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
            format!(" LIMIT {most}) c")
        }
    }
}

/// The sort expression of a field: text or number, never NULL.
pub(crate) fn sort_key(column: &Column) -> (String, bool) {
    match column {
        Column::Text(expression, Folding::Lower) => {
            (format!("LOWER(COALESCE({expression}, ''))"), true)
        }
        Column::Text(expression, _)
            if NOT_NULL.contains(expression) || *expression == EMAIL_OR_MADE_UP =>
        {
            ((*expression).to_owned(), true)
        }
        Column::Text(expression, _) => (format!("COALESCE({expression}, '')"), true),
        // What changes with the time orders nothing: the numbers alone decide.
        Column::Int(expression) | Column::Flag(expression) if expression.contains('?') => {
            ("COALESCE(0, 0)".to_owned(), false)
        }
        Column::Int(expression) | Column::Flag(expression) if NOT_NULL.contains(expression) => {
            ((*expression).to_owned(), false)
        }
        Column::Int(expression) | Column::Flag(expression) => {
            (format!("COALESCE({expression}, 0)"), false)
        }
        Column::Computed(expression, _) => (expression.clone(), true),
        // With the time of the request in place of each `?`: see [`Order::bind_time`].
        Column::Standing => (format!("({STANDING})"), true),
        Column::Related {
            value: Some(value), ..
        } => (format!("COALESCE({value}, '')"), true),
        Column::Related { id, .. } => ((*id).to_owned(), false),
    }
}

/// Columns that are never NULL and so can be ordered by their index as they stand. What users are only sorted by is not among
/// them: its index is one of the expression that orders (`COALESCE(u.given_key, '')`), so that no filter on the column leads a
/// database to it, which would then sort all whom it finds.
const NOT_NULL: &[&str] = &[
    "u.id",
    "u.uuid",
    "u.login_key",
    "u.email_key",
    "u.name_key",
    "u.created_at",
    "u.kind",
    "u.status",
    "u.home_id",
    "o.id",
    "o.uuid",
    "o.name_key",
    "o.slug",
    "o.created_at",
    "o.updated_at",
    "o.local",
    "g.id",
    "g.uuid",
    "g.name_key",
    "g.slug",
    "g.created_at",
    "g.updated_at",
    "g.organisation_id",
    "r.id",
    "r.uuid",
    "r.platform",
    "r.number",
    "r.word",
    "r.name_key",
    "r.builtin",
    "r.created_at",
    "r.updated_at",
    "k.id",
    "k.uuid",
    "k.user_id",
    "k.created_at",
    "d.id",
    "d.uuid",
    "d.number",
    "d.position",
    "d.created_at",
    "d.updated_at",
    "k.read_only",
    "s.id",
    "s.uuid",
    "s.user_id",
    "s.platform",
    "s.kind",
    "s.created_at",
    "s.last_seen_at",
    "s.expires_at",
    "m.id",
    "m.uuid",
    "m.template",
    "m.state",
    "m.attempts",
    "m.created_at",
    "m.next_at",
    "c.id",
    "c.uuid",
    "c.name_key",
    "c.organisation_id",
    "c.created_at",
    "c.updated_at",
    "e.id",
    "e.at",
    "e.verb",
    "e.platform",
    "e.entity",
];
