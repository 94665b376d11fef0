//! What a key of a filter stands for.

use directory::{Predicate, Test};

use super::super::ids::Given;

/// What a key of a filter stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Column<F> {
    /// A text.
    Text(F),
    /// A text of a dialect's document, which is kept folded.
    Folded(F),
    /// A text of a dialect's document that stands for this one when there is none.
    Defaulted(F, &'static str),
    /// A text that is made up where none is stored.
    MadeUp {
        /// What is stored.
        stored: F,
        /// What is shown.
        shown: F,
        /// What stands before the UUID in a text that is made up, in lower case.
        before: &'static str,
        /// What stands behind it.
        after: &'static str,
    },
    /// A point in time.
    Time(F),
    /// A point in time that a sender may have given, a text of the dialect's document then.
    Dated {
        /// What the sender gave.
        own: F,
        /// What is shown where nothing was given.
        otherwise: F,
    },
    /// A figure of the dialect's document, kept as a text of three digits.
    Figure(F),
    /// Something that nothing here has.
    Never,
    /// An id, internal or standard.
    Id(F),
    /// One of a closed set of words, each of which is a predicate.
    Words(Vec<(&'static str, Predicate<F>)>),
}

impl<F: Clone> Column<F> {
    /// The words `true` and `false`.
    pub fn flag(when: Predicate<F>) -> Self {
        Self::Words(vec![
            ("true", when.clone()),
            ("false", Predicate::not(when)),
        ])
    }

    /// A constant word.
    pub fn always(words: &[&'static str]) -> Self {
        Self::Words(words.iter().map(|word| (*word, Predicate::All)).collect())
    }
}

/// Whether a value is one that its key can have.
pub(super) fn understood<F>(column: &Column<F>, value: &str) -> bool {
    match column {
        Column::Id(_) => Given::read(value) != Given::Nonsense,
        Column::Words(words) => {
            let value = value.to_lowercase();
            words
                .iter()
                .any(|(word, _)| word.to_lowercase().contains(&value))
        }
        Column::Text(_)
        | Column::Folded(_)
        | Column::Defaulted(..)
        | Column::MadeUp { .. }
        | Column::Time(_)
        | Column::Dated { .. }
        | Column::Figure(_)
        | Column::Never => true,
    }
}

/// Whether a text, in lower case, may be part of one that is made up of a UUID.
pub(super) fn may_be_made_up(before: &str, after: &str, part: &str) -> bool {
    let template: Vec<Option<char>> = before
        .chars()
        .map(Some)
        .chain(std::iter::repeat_n(None, 36))
        .chain(after.chars().map(Some))
        .collect();
    let part: Vec<char> = part.chars().collect();
    if part.is_empty() {
        return true;
    }
    template.windows(part.len()).any(|window| {
        window
            .iter()
            .zip(&part)
            .all(|(wanted, letter)| match wanted {
                Some(wanted) => wanted == letter,
                None => letter.is_ascii_hexdigit() || *letter == '-',
            })
    })
}

/// The condition that there is no value.
pub(super) fn absent<F: Clone>(column: &Column<F>) -> Predicate<F> {
    match column {
        Column::Text(field)
        | Column::Folded(field)
        | Column::Time(field)
        | Column::Figure(field) => Predicate::is(field.clone(), Test::Absent),
        Column::Never => Predicate::All,
        // What is made up, or stands for something else, is never missing.
        Column::Id(_)
        | Column::Words(_)
        | Column::Defaulted(..)
        | Column::MadeUp { .. }
        | Column::Dated { .. } => Predicate::Nothing,
    }
}
