//! How a list is asked for and answered page by page: order, place, size, and the cursors that lead
//! from one page to the next.

use super::permission::Permission;
use super::predicate::Predicate;

/// Which way a list is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Ascending.
    #[default]
    Up,
    /// Descending.
    Down,
}

/// Where a page begins.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Position {
    /// At the beginning.
    #[default]
    Start,
    /// After so many rows; cost grows with the number.
    Offset(u64),
    /// After the row that an earlier page's cursor names; cost does not grow.
    After(Cursor),
    /// Before the row that a later page's cursor names: the page that ends there.
    Before(Cursor),
}

/// A place in an ordered list: the last row's sort value and number. Opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The sort value of the last row: text or number.
    pub key: CursorKey,
    /// The last row's number, which breaks ties.
    pub id: i64,
}

/// The sort value in a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CursorKey {
    /// A number or time.
    Int(i64),
    /// A text.
    Text(String),
}

impl Cursor {
    /// Text for the wire (URL-safe base64).
    #[must_use]
    pub fn encode(&self) -> String {
        use base64::Engine as _;
        let plain = match &self.key {
            CursorKey::Int(number) => format!("i{}:{number}", self.id),
            CursorKey::Text(text) => format!("t{}:{text}", self.id),
        };
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(plain)
    }

    /// Reads [`Cursor::encode`]'s text back.
    #[must_use]
    pub fn decode(text: &str) -> Option<Cursor> {
        use base64::Engine as _;
        let plain = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(text)
            .ok()?;
        let plain = String::from_utf8(plain).ok()?;
        let (head, value) = plain.split_once(':')?;
        let id = head.get(1..)?.parse().ok()?;
        let key = match head.get(..1)? {
            "i" => CursorKey::Int(value.parse().ok()?),
            "t" => CursorKey::Text(value.to_owned()),
            _ => return None,
        };
        Some(Cursor { key, id })
    }
}

/// What to list.
#[derive(Clone, Debug)]
pub struct Query<F> {
    /// Which rows.
    pub predicate: Predicate<F>,
    /// Words to look for in names, e-mail, login (users) or names and descriptions (others): every
    /// word must occur somewhere, without case and accents.
    pub search: Option<String>,
    /// What to order by; the number breaks ties. `None` orders by number.
    pub sort: Option<F>,
    /// Which way.
    pub direction: Direction,
    /// Where to begin.
    pub from: Position,
    /// How many rows at most; 0 gives none (for totals only).
    pub limit: u32,
    /// Whether to count all matches.
    pub total: bool,
    /// Beyond how many matches counting stops, where the rows must be counted one by one: the total is then
    /// one more than this.
    pub count_limit: Option<u64>,
    /// The permission that decides what is visible, when it is not the list's own (a dialect that
    /// lists only people the caller may change).
    pub seen_by: Option<Permission>,
    /// By which fields the list is counted; people are counted by [`FacetField`](super::FacetField) instead.
    pub facets: Vec<Facet<F>>,
}

impl<F: Clone> Query<F> {
    /// Narrows the list, and everything that is counted of it, to the rows that a predicate is true of.
    pub fn narrow(&mut self, within: &Predicate<F>) {
        let narrowed = |predicate: &mut Predicate<F>| {
            let whole = std::mem::replace(predicate, Predicate::All);
            *predicate = whole.and(within.clone());
        };
        narrowed(&mut self.predicate);
        for facet in &mut self.facets {
            narrowed(&mut facet.predicate);
        }
    }
}

/// A field by whose values a list is counted.
#[derive(Clone, Debug)]
pub struct Facet<F> {
    /// The field.
    pub field: F,
    /// Which rows count: those of the list without the condition on the field itself.
    pub predicate: Predicate<F>,
}

/// How many rows of a list have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetRow {
    /// The place of the facet among those asked for.
    pub facet: usize,
    /// The value as a text: a word, a number, 0 or 1.
    pub value: String,
    /// How many rows.
    pub rows: u64,
}

impl<F> Default for Query<F> {
    fn default() -> Self {
        Self {
            predicate: Predicate::All,
            search: None,
            sort: None,
            direction: Direction::Up,
            from: Position::Start,
            limit: 100,
            total: false,
            count_limit: None,
            seen_by: None,
            facets: Vec::new(),
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// The place of each row, in the same order: a page may begin after any of them.
    pub cursors: Vec<Cursor>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
    /// Where the page before this one ends ([`Position::Before`]); `None` before the first.
    pub previous: Option<Cursor>,
    /// All matches, when asked for.
    pub total: Option<u64>,
    /// How many rows have each value, the most frequent first, for the facets asked for.
    pub facets: Vec<FacetRow>,
}

impl<T> Page<T> {
    /// A page without rows, for lists that are only counted.
    #[must_use]
    pub fn of_total(total: Option<u64>) -> Self {
        Self {
            items: Vec::new(),
            cursors: Vec::new(),
            next: None,
            previous: None,
            total,
            facets: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back() {
        for cursor in [
            Cursor {
                key: CursorKey::Int(-5),
                id: 7,
            },
            Cursor {
                key: CursorKey::Text("a:b é".to_owned()),
                id: 1,
            },
            Cursor {
                key: CursorKey::Text(String::new()),
                id: i64::MAX,
            },
        ] {
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
        for bad in ["", "!!", "aTE", "dDE"] {
            assert_eq!(Cursor::decode(bad), None, "{bad}");
        }
    }
}
