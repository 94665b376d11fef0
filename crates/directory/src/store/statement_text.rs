//! The texts of statements: put together once, and kept prepared when they are short.

use crate::model::{Test, Time};

use super::Val;
use super::search::Found;
use super::value::Bound;

/// Bytes of the longest text whose statement a connection keeps for the next time. SQLite takes some 25 bytes of memory for each
/// byte of text, and preparing costs little beside what a statement of so many values does.
pub(super) const LONGEST_KEPT: usize = 4_096;

/// Values of a list up to which its length is doubled at most: databases take only so many in a statement.
const PADDED: usize = 512;

/// Builds a statement's text.
pub(crate) fn text(build: impl FnOnce(&mut Sql) -> &mut Sql) -> String {
    let mut sql = Sql::default();
    build(&mut sql);
    sql.text
}

/// SQL text with its values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sql {
    pub text: String,
    pub values: Vec<Bound>,
    /// What was found beforehand of the texts looked for.
    pub found: Found,
    /// Whether rows are counted only, in no order.
    pub counting: bool,
}

impl Sql {
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub fn bind(&mut self, value: Bound) -> &mut Self {
        self.values.push(value);
        self.text.push('$');
        self.text.push_str(&self.values.len().to_string());
        self
    }

    /// The numbers of a list between `IN (` and `)`.
    pub fn bind_all(&mut self, values: impl IntoIterator<Item = i64>) -> &mut Self {
        self.bind_list(values.into_iter().map(Bound::Int).collect())
    }

    /// The values of a list between `IN (` and `)`. The last one is repeated until they are a power of two, or beyond `PADDED` a
    /// multiple of it: lists of all lengths make few texts, and a connection keeps the statement of each text.
    pub fn bind_list(&mut self, mut values: Vec<Bound>) -> &mut Self {
        let Some(last) = values.last().cloned() else {
            // An empty list is not SQL on both databases.
            return self.push("NULL");
        };
        let length = match values.len() {
            few @ ..PADDED => few.next_power_of_two(),
            many => many.next_multiple_of(PADDED),
        };
        values.resize(length, last);
        self.bind_each(values)
    }

    /// Values with commas between them, as many as there are.
    pub fn bind_each(&mut self, values: impl IntoIterator<Item = Bound>) -> &mut Self {
        for (place, value) in values.into_iter().enumerate() {
            if place > 0 {
                self.push(", ");
            }
            self.bind(value);
        }
        self
    }

    /// An expression with the time bound in place of each `?`.
    pub fn with_time(&mut self, expression: &str, now: Time) -> String {
        let mut text = String::with_capacity(expression.len() + 8);
        for piece in expression.split_inclusive('?') {
            match piece.strip_suffix('?') {
                Some(before) => {
                    self.values.push(Bound::Int(now.0));
                    text.push_str(before);
                    text.push('$');
                    text.push_str(&self.values.len().to_string());
                }
                None => text.push_str(piece),
            }
        }
        text
    }

    /// The numbers already known to hold these words, as a condition and `AND`; nothing when they are
    /// not known.
    pub fn push_found(&mut self, words: &[String]) -> &mut Self {
        let known = self.found.known(words);
        if let Some(known) = known.filter(|known| known.few || !self.counting) {
            self.push(known.before).bind(known.wanted);
            self.push(known.after).push(" AND ");
        }
        self
    }

    /// The expression that a count compares in the place of a column.
    pub fn counted_by(&self, expression: &str, test: &Test) -> Option<String> {
        self.counting
            .then(|| super::rare::counted_by(expression, test))?
    }

    pub fn vals(&self) -> Vec<Val<'_>> {
        self.values.iter().map(Bound::val).collect()
    }
}
