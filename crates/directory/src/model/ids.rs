//! Identifiers. Every entity has a small number (`UserId` …), never reused, and a UUID; inside the
//! directory rows refer to each other by number, dialects show whichever their clients expect.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// The bare number, as dialects with integer ids show it.
            #[must_use]
            pub const fn number(self) -> i64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                Self(number)
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )*};
}

ids! {
    /// A user's number.
    UserId,
    /// An organisation's number.
    OrganisationId,
    /// A group's number.
    GroupId,
    /// A role's number inside the directory; its number on its platform is `Role::number`.
    RoleId,
    /// A direct grant's number.
    GrantId,
    /// The number of a role carried by a group.
    GroupRoleId,
    /// The number of a collection of organisations.
    CollectionId,
    /// An API key's number.
    KeyId,
    /// A session's number.
    SessionId,
    /// A dialect record's number inside the directory; its number per kind is `Record::number`.
    RecordId,
    /// A job's number.
    JobId,
    /// A queued mail's number.
    MailId,
    /// An audit event's number.
    EventId,
}

/// The way a caller names one entity: by number, by UUID, or by its name (a login or e-mail for
/// users, the name for organisations and groups).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ref<Id> {
    /// By number.
    Id(Id),
    /// By UUID.
    Uuid(Uuid),
    /// By name, compared without case.
    Name(String),
}

impl<Id> From<Id> for Ref<Id> {
    fn from(id: Id) -> Self {
        Self::Id(id)
    }
}

/// Names a user.
pub type UserRef = Ref<UserId>;
/// Names an organisation.
pub type OrganisationRef = Ref<OrganisationId>;
/// Names a group.
pub type GroupRef = Ref<GroupId>;
/// Names a role.
pub type RoleRef = Ref<RoleId>;
/// Names a collection of organisations.
pub type CollectionRef = Ref<CollectionId>;
/// Names a job.
pub type JobRef = Ref<JobId>;
/// Names an API key.
pub type KeyRef = Ref<KeyId>;

/// Names a session.
pub type SessionRef = Ref<SessionId>;

/// A platform: one of the vendors' products (or `usher` itself) that has roles of its own. The set
/// is open: each dialect declares its own in its [`crate::PlatformSpec`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform(&'static str);

impl Platform {
    /// The platform whose roles count in every dialect.
    pub const USHER: Platform = Platform("usher");

    /// Declares a platform; `word` is lower case and stands in the database.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }

    /// The word stored for the platform.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Platform {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}
