//! What things are called by.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::core::ids::text_id;

text_id! {
    /// A user's id. A user who is deleted and made again has another one.
    Uuid
}
text_id! {
    /// A role's id: a word for the roles that come with the platform, 32 hexadecimal digits for a customer's own.
    RoleId
}
text_id! {
    /// A user group's id.
    UserGroupId
}
text_id! {
    /// A CID group's id.
    CidGroupId
}
text_id! {
    /// The id of a link between a user group and a CID group.
    RoleLinkId
}
text_id! {
    /// An API client's id, which is what it signs in with.
    ApiClientId
}

/// A customer's id: 32 hexadecimal digits in lower case.
///
/// The platform writes it in other ways too: in upper case, and with a checksum behind a hyphen. Both are folded away.
///
/// ```
/// use usher_platforms::falcon::Cid;
///
/// assert_eq!(
///     Cid::new("A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1-5F"),
///     Cid::new("a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"),
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Cid(String);

impl Cid {
    /// The id from its text, however it is written.
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref().trim();
        let id = match text.split_once('-') {
            Some((id, checksum)) if checksum.len() == 2 => id,
            _ => text,
        };
        Self(id.to_ascii_lowercase())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl From<&str> for Cid {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Cid {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&Cid> for Cid {
    fn from(cid: &Cid) -> Self {
        cid.clone()
    }
}

impl<'de> Deserialize<'de> for Cid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
