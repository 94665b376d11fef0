//! Query strings and forms: names may repeat, and their order is kept.

use std::borrow::Cow;

use super::rejection::Rejection;

/// More parts than any client sends.
const MOST: usize = 1_000;

/// Names and values in the order they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs(pub Vec<(String, String)>);

impl Pairs {
    /// The first value of a name.
    #[must_use]
    pub fn first<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// The last value of a name: what most servers take when a name repeats.
    #[must_use]
    pub fn last<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).last()
    }

    /// Every value of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads `a=1&b=2&a=3`, as in query strings and forms.
pub fn parse_pairs(text: &str) -> Result<Pairs, Rejection> {
    let mut pairs = Vec::new();
    for part in text.split('&').filter(|part| !part.is_empty()) {
        if pairs.len() == MOST {
            return Err(Rejection::BadQuery);
        }
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        pairs.push((decoded(name)?, decoded(value)?));
    }
    Ok(Pairs(pairs))
}

/// Undoes percent-encoding, and takes `+` for a blank as forms write it. `None` where the text is not
/// UTF-8, or contains NUL, which no store holds.
#[must_use]
pub fn percent_decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    decoded
        .ok()
        .filter(|text| !text.contains('\0'))
        .map(Cow::into_owned)
}

/// Writes a text so that it can stand in a query, as a name or a value.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn decoded(text: &str) -> Result<String, Rejection> {
    percent_decode(text).ok_or(Rejection::BadQuery)
}
