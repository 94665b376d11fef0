//! The filter expressions of lists, exports and actions: one grammar and one parser for every door that
//! takes them.
//!
//! ```text
//! filter = all *( "or" all )      all = one *( "and" one )      one = ["not"] ( "(" filter ")" / test )
//! test   = field op value / field "pr"       op = eq ne co sw ew gt ge lt le     (words in any case)
//! value  = JSON string / number / true / false / null / bare word of letters, digits and . _ : @ / + - *
//! ```
//!
//! [`parse`] reads a text within bounds; [`Handle::compile_filter`](crate::Handle::compile_filter) looks up
//! what it names and makes the [`Predicate`](crate::Predicate) of a list whose fields stand in a table
//! ([`FilterField`]). A test of something that is missing or hidden matches nothing, and neither does its
//! opposite: a misspelt name never widens a selection.

mod compile;
mod fields;
mod parser;
mod sorts;
mod syntax;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::model::Fault;

pub use compile::read_value;
pub(crate) use compile::{References, compile, read_time};
pub use fields::{
    COLLECTION_FIELDS, EVENT_FIELDS, EVENT_SORTS, GRANT_FIELDS, GROUP_FIELDS, GROUP_SORTS,
    JOB_FIELDS, KEY_FIELDS, KEY_SORTS, MAIL_FIELDS, ORGANISATION_FIELDS, ORGANISATION_SORTS,
    ROLE_FIELDS, SESSION_FIELDS, USER_FIELDS, USER_SORTS, range_parameters,
};
pub use parser::parse;
pub use sorts::{BY_NUMBER, BY_USER, read_sort};
pub use syntax::{Comparison, Expression, Literal, Operator};

/// Characters that a filter may have.
pub const CHARACTERS: usize = 4_000;
/// Levels of parentheses that a filter may have.
pub const LEVELS: usize = 16;
/// Tests that a filter may have.
pub const TESTS: usize = 64;

/// A member of a list's rows that filters compare.
#[derive(Clone, Debug)]
pub struct FilterField<F: 'static> {
    /// The member's name.
    pub name: &'static str,
    /// What it is in a predicate.
    pub field: F,
    /// How its values are written and compared.
    pub kind: FieldKind,
}

/// How a field's values are written and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Text, compared without case.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A word of an open set that is stored in lower case.
    Lower,
    /// A text compared exactly.
    Exact,
    /// A UUID.
    Uuid,
    /// true or false.
    Flag,
    /// A whole number.
    Number,
    /// A time.
    Time,
    /// A user, by any reference.
    User,
    /// An organisation, by any reference.
    Organisation,
    /// A group, by any reference.
    Group,
    /// A role, by any reference.
    Role,
    /// An API key, by any reference.
    Key,
}

impl FieldKind {
    /// Whether a value names another entity.
    #[must_use]
    pub const fn is_reference(self) -> bool {
        matches!(
            self,
            FieldKind::User
                | FieldKind::Organisation
                | FieldKind::Group
                | FieldKind::Role
                | FieldKind::Key
        )
    }
}

/// Why a filter is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The character at fault, counted from 1; none where the whole is.
    pub position: Option<usize>,
    /// What is wrong there, or what was expected, as a clause.
    pub why: String,
}

impl FilterError {
    pub(crate) fn at(position: usize, why: impl Into<String>) -> Self {
        Self {
            position: Some(position),
            why: why.into(),
        }
    }

    pub(crate) fn whole(why: impl Into<String>) -> Self {
        Self {
            position: None,
            why: why.into(),
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "at character {position}: {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

/// Why a filter gives no predicate: it is not understood, or a look-up failed.
#[derive(Clone, Debug, PartialEq)]
pub enum FilterFault {
    /// It is not understood.
    Filter(FilterError),
    /// The directory failed or refused.
    Fault(Fault),
}

impl From<FilterError> for FilterFault {
    fn from(error: FilterError) -> Self {
        FilterFault::Filter(error)
    }
}

impl From<Fault> for FilterFault {
    fn from(fault: Fault) -> Self {
        FilterFault::Fault(fault)
    }
}

impl From<FilterFault> for Fault {
    /// For callers that answer every fault alike: the field `filter` is invalid.
    fn from(fault: FilterFault) -> Self {
        match fault {
            FilterFault::Filter(error) => Fault::invalid("filter", format!("is wrong {error}")),
            FilterFault::Fault(fault) => fault,
        }
    }
}
