//! What the plain attributes of users may hold. A rule refuses a text, or says how it is stored where that differs from
//! what was given.

use crate::model::Fault;

use super::check_text;

/// The longest value of an attribute, in characters.
const LONGEST: usize = 255;

/// Any text of one line, stored as sent.
pub fn line(field: &'static str, text: &str) -> Result<Option<String>, Fault> {
    check_text(field, text, LONGEST, false)?;
    Ok(None)
}
