//! What things are called by.

use std::fmt;

use crate::core::ids::number_id;

number_id! {
    /// A user's id.
    UserId
}
number_id! {
    /// A group's id.
    GroupId
}
number_id! {
    /// An organisation's id.
    OrganizationId
}
number_id! {
    /// A role's id.
    RoleId
}
number_id! {
    /// A key's id.
    KeyId
}
number_id! {
    /// A favourite's id.
    FavoriteId
}
number_id! {
    /// A theme's id.
    ThemeId
}

/// The user that a key belongs to: the caller, or another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOwner {
    /// The user that the client signs in as.
    Me,
    /// The user with this id.
    User(UserId),
}

impl From<UserId> for KeyOwner {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl fmt::Display for KeyOwner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => formatter.write_str("me"),
            Self::User(id) => id.fmt(formatter),
        }
    }
}
