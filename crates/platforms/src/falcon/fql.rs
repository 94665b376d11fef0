//! Filters in the Falcon Query Language.
//!
//! Values are quoted here, so that a name with a quote in it is a name and not a part of the filter.
//!
//! ```
//! use usher_platforms::falcon::fql;
//!
//! let filter = fql::equals("last_name", "O'Hara")
//!     .and(fql::any_of("status", ["active", "invited"]).or(fql::above("created_at", "2026-01-01")));
//! assert_eq!(
//!     filter.as_str(),
//!     r"last_name:'O\'Hara'+(status:['active','invited'],created_at:>'2026-01-01')",
//! );
//! ```
//!
//! A filter narrows a list down; it does not identify a user. Compare what it finds with what was wanted, as
//! [`find_user`](super::Falcon::find_user) does.

use jiff::Timestamp;

use crate::core::error::{Error, Result};
use crate::falcon::ids::{Cid, RoleId, Uuid};

/// The most properties that the platform reads in one filter.
const MOST_PROPERTIES: usize = 20;

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fql {
    text: String,
    /// Whether it must stand in parentheses before it is joined with `and`.
    loose: bool,
    properties: usize,
    wrong: Option<String>,
}

/// A value as it stands in a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    text: String,
    starred: bool,
}

impl Literal {
    fn quoted(text: &str) -> Self {
        let escaped = text.replace('\\', r"\\").replace('\'', r"\'");
        Self {
            text: format!("'{escaped}'"),
            starred: text.contains('*'),
        }
    }

    fn plain(value: impl ToString) -> Self {
        Self {
            text: value.to_string(),
            starred: false,
        }
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::quoted(text)
    }
}

impl From<&String> for Literal {
    fn from(text: &String) -> Self {
        Self::quoted(text)
    }
}

impl From<String> for Literal {
    fn from(text: String) -> Self {
        Self::quoted(&text)
    }
}

impl From<&Cid> for Literal {
    fn from(cid: &Cid) -> Self {
        Self::quoted(cid.as_str())
    }
}

impl From<&Uuid> for Literal {
    fn from(uuid: &Uuid) -> Self {
        Self::quoted(uuid.as_str())
    }
}

impl From<&RoleId> for Literal {
    fn from(role: &RoleId) -> Self {
        Self::quoted(role.as_str())
    }
}

impl From<Timestamp> for Literal {
    fn from(moment: Timestamp) -> Self {
        Self::quoted(&moment.to_string())
    }
}

impl From<i64> for Literal {
    fn from(number: i64) -> Self {
        Self::plain(number)
    }
}

impl From<bool> for Literal {
    fn from(truth: bool) -> Self {
        Self::plain(truth)
    }
}

fn test(property: &str, operator: &str, value: &str) -> Fql {
    let named = property
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
        && property.starts_with(|first: char| first.is_ascii_alphabetic());
    Fql {
        text: format!("{property}:{operator}{value}"),
        loose: false,
        properties: 1,
        wrong: (!named).then(|| format!("`{property}` is no name of a property")),
    }
}

fn list<V: Into<Literal>>(
    property: &str,
    operator: &str,
    values: impl IntoIterator<Item = V>,
) -> Fql {
    let values: Vec<String> = values.into_iter().map(|value| value.into().text).collect();
    let mut filter = test(property, operator, &format!("[{}]", values.join(",")));
    if values.is_empty() && filter.wrong.is_none() {
        filter.wrong = Some(format!("the list of values for `{property}` is empty"));
    }
    filter
}

/// The property has this value.
pub fn equals(property: &str, value: impl Into<Literal>) -> Fql {
    let value = value.into();
    // Quirk: a star in a plain value stands for anything on many endpoints; in a list it does not
    // (docs/wire/falcon.md §5).
    if value.starred {
        return test(property, "", &format!("[{}]", value.text));
    }
    test(property, "", &value.text)
}

/// The property has another value.
pub fn differs(property: &str, value: impl Into<Literal>) -> Fql {
    let value = value.into();
    if value.starred {
        return test(property, "!", &format!("[{}]", value.text));
    }
    test(property, "!", &value.text)
}

/// The property has one of these values.
pub fn any_of<V: Into<Literal>>(property: &str, values: impl IntoIterator<Item = V>) -> Fql {
    list(property, "", values)
}

/// The property has none of these values.
pub fn none_of<V: Into<Literal>>(property: &str, values: impl IntoIterator<Item = V>) -> Fql {
    list(property, "!", values)
}

/// The property matches this pattern as a whole; a star stands for anything.
pub fn matches(property: &str, pattern: impl Into<Literal>) -> Fql {
    test(property, "*", &pattern.into().text)
}

/// The property holds this text, apart from case, blanks and punctuation.
pub fn resembles(property: &str, text: impl Into<Literal>) -> Fql {
    test(property, "~", &text.into().text)
}

/// The property is above this value.
pub fn above(property: &str, value: impl Into<Literal>) -> Fql {
    test(property, ">", &value.into().text)
}

/// The property is this value or above it.
pub fn at_least(property: &str, value: impl Into<Literal>) -> Fql {
    test(property, ">=", &value.into().text)
}

/// The property is below this value.
pub fn below(property: &str, value: impl Into<Literal>) -> Fql {
    test(property, "<", &value.into().text)
}

/// The property is this value or below it.
pub fn at_most(property: &str, value: impl Into<Literal>) -> Fql {
    test(property, "<=", &value.into().text)
}

/// A filter as it is written. Nothing in it is quoted.
pub fn raw(text: impl Into<String>) -> Fql {
    Fql {
        text: text.into(),
        loose: true,
        properties: 0,
        wrong: None,
    }
}

impl Fql {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: impl Into<Fql>) -> Self {
        let other = other.into();
        let text = format!("{}+{}", self.tight(), other.tight());
        self.joined(other, text, false)
    }

    /// One of them holds, or both.
    #[must_use]
    pub fn or(self, other: impl Into<Fql>) -> Self {
        let other = other.into();
        let text = format!("{},{}", self.text, other.text);
        self.joined(other, text, true)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn tight(&self) -> String {
        if self.loose {
            format!("({})", self.text)
        } else {
            self.text.clone()
        }
    }

    fn joined(self, other: Self, text: String, loose: bool) -> Self {
        Self {
            text,
            loose,
            properties: self.properties + other.properties,
            wrong: self.wrong.or(other.wrong),
        }
    }

    /// Its text, if the platform can read it.
    pub(super) fn checked(&self) -> Result<&str> {
        if let Some(wrong) = &self.wrong {
            return Err(Error::config(format!("the filter cannot be sent: {wrong}")));
        }
        if self.properties > MOST_PROPERTIES {
            return Err(Error::config(format!(
                "the filter cannot be sent: it tests {} properties, and the platform reads {MOST_PROPERTIES}; \
                 use `any_of` for several values of one",
                self.properties
            )));
        }
        Ok(&self.text)
    }
}

impl From<&str> for Fql {
    fn from(text: &str) -> Self {
        raw(text)
    }
}

impl From<String> for Fql {
    fn from(text: String) -> Self {
        raw(text)
    }
}
