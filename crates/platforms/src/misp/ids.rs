//! What things are called by.

use std::fmt;

use crate::core::ids::number_id;

number_id! {
    /// A user's id.
    UserId
}
number_id! {
    /// An organisation's id.
    OrganisationId
}
number_id! {
    /// A role's id.
    RoleId
}
number_id! {
    /// A key's id.
    KeyId
}

/// A user: by id, or the key's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// The key's owner.
    Me,
    /// The user with this id.
    Id(UserId),
}

impl From<UserId> for UserRef {
    fn from(id: UserId) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for UserRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => formatter.write_str("me"),
            Self::Id(id) => id.fmt(formatter),
        }
    }
}

/// An organisation by its id, its UUID or its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganisationRef {
    /// By id.
    Id(OrganisationId),
    /// By UUID.
    Uuid(String),
    /// By name. Only looking at one takes names; a name of digits alone would be taken for an id.
    Name(String),
}

impl From<OrganisationId> for OrganisationRef {
    fn from(id: OrganisationId) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for OrganisationRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(formatter),
            Self::Uuid(text) | Self::Name(text) => formatter.write_str(text),
        }
    }
}
