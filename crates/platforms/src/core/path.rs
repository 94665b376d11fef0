//! Values in addresses.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A value as one segment of a path.
pub(crate) fn segment(value: &str) -> String {
    // A segment of dots alone would be read as a step in the path, encoded or not.
    match value {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        value => utf8_percent_encode(value, SEGMENT).to_string(),
    }
}

/// A name or a value in a query.
pub(crate) fn query(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}
