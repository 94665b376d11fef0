//! Everything that can go wrong, in the directory's own words. Each dialect turns a fault into its
//! vendor's status and body in one exhaustive match; nothing here is shown on the wire as it stands.

use super::permission::Permission;

/// What kind of thing a fault speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A user.
    User,
    /// An organisation.
    Organisation,
    /// A membership of an organisation.
    Membership,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A grant of a role.
    Grant,
    /// A collection of organisations.
    Collection,
    /// An API key.
    Key,
    /// A session.
    Session,
    /// A dialect's own record.
    Record,
    /// A job.
    Job,
    /// A mailed single-use token.
    Token,
    /// A second factor.
    SecondFactor,
    /// A settings document.
    Setting,
    /// A mail template.
    Template,
}

impl Kind {
    /// The word in English, lower case.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Organisation => "organisation",
            Kind::Membership => "membership",
            Kind::Group => "group",
            Kind::Role => "role",
            Kind::Grant => "grant",
            Kind::Collection => "collection",
            Kind::Key => "key",
            Kind::Session => "session",
            Kind::Record => "record",
            Kind::Job => "job",
            Kind::Token => "token",
            Kind::SecondFactor => "second factor",
            Kind::Setting => "setting",
            Kind::Template => "template",
        }
    }
}

/// A name that a request refers to something by, and by which the caller finds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// What kind of thing it was to be.
    pub kind: Kind,
    /// The member that holds the name.
    pub field: &'static str,
    /// The name, as it was sent.
    pub name: String,
    /// Names that were perhaps meant, best first, where they were looked up.
    pub near: Vec<String>,
}

/// Why a credential opened nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No credential was presented.
    Missing,
    /// No such key, session, password or account; also a revoked or expired one.
    Unknown,
    /// The key is not valid from this address.
    Address,
    /// The account is not active (suspended, inactive, expired, locked): see [`super::Standing`].
    Standing(super::Standing),
    /// A second factor is enrolled and this door cannot ask for it, or none was given.
    SecondFactorNeeded,
    /// The one-time code was wrong or used before.
    SecondFactorWrong,
    /// The account must enrol a second factor first.
    SecondFactorMissing,
    /// Locked out after too many wrong passwords.
    LockedOut,
}

/// Why a password is not good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weakness {
    /// Shorter than the policy's minimum, which is given.
    TooShort(u32),
    /// Longer than the given maximum.
    TooLong(u32),
    /// On the list of common passwords.
    Common,
    /// Made of the person's, the organisation's or the product's own names.
    OwnNames,
    /// Lacks kinds of characters that the vendor's policy asks for.
    Composition,
    /// The same as the present one.
    Unchanged,
}

/// A refused or failed operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The credential opened nothing.
    #[error("not signed in")]
    Unauthenticated(Refusal),
    /// The caller lacks the permission, at any reach or for this target.
    #[error("not permitted: {}", .0.word())]
    Forbidden(Permission),
    /// The key is read-only, or its own limits (paths, verbs, scopes) forbid the request.
    #[error("the key's own limits forbid this")]
    KeyLimit,
    /// Granting this would give more than the caller holds or may hand out.
    #[error("nobody grants more than they hold")]
    ExceedsOwn,
    /// The target's administrative rights exceed the caller's.
    #[error("the account's rights exceed your own")]
    OutranksCaller,
    /// Missing, or not visible to the caller: the two are never told apart.
    #[error("no such {}", .0.word())]
    NotFound(Kind),
    /// A thing that a request refers to (a role to grant, a group to join) is missing or invisible.
    #[error("unknown {}", .0.word())]
    UnknownReference(Kind),
    /// Another one has this value already.
    #[error("{field} is taken")]
    Taken {
        /// The field's name in the directory's words.
        field: &'static str,
    },
    /// A value cannot be accepted.
    #[error("{field}: {why}")]
    Invalid {
        /// The field's name in the directory's words.
        field: &'static str,
        /// What is wrong and what would be right, in one clause.
        why: String,
    },
    /// The password breaks the policy.
    #[error("the password is not acceptable")]
    WeakPassword(Weakness),
    /// The session was begun with a password that somebody else has chosen, which must be changed before
    /// the session does anything that lasts.
    #[error("the password must be changed first")]
    PasswordChangeNeeded,
    /// The present password given along was wrong.
    #[error("the present password is wrong")]
    WrongPassword,
    /// Still in use: homed users, child organisations, holders of a role.
    #[error("the {} is still in use", .0.word())]
    InUse(Kind),
    /// Built in, or the caller's own: cannot be changed or removed this way.
    #[error("this {} cannot be changed", .0.word())]
    Protected(Kind),
    /// The last active owner stays.
    #[error("the last active owner cannot be removed")]
    LastOwner,
    /// The row changed since the caller read it (version given by the caller does not match).
    #[error("changed by somebody else")]
    Stale,
    /// Too many tries; come back after that many milliseconds.
    #[error("too many requests")]
    TooMany {
        /// When to try again, in milliseconds from now.
        retry_after: i64,
    },
    /// The store is busy, full or lost; nothing was changed.
    #[error("unavailable: {0}")]
    Unavailable(&'static str),
    /// A defect. The text goes to the log under the request's id, never onto the wire.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Fault {
    /// A refused value.
    pub fn invalid(field: &'static str, why: impl Into<String>) -> Self {
        Fault::Invalid {
            field,
            why: why.into(),
        }
    }
}
