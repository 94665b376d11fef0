//! What lists of users are narrowed and ordered by.

use super::ids::Platform;
use super::profile::ProfileAttribute;

/// What users are filtered and sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UserField {
    /// The number (exact).
    Id,
    /// The UUID (exact).
    Uuid,
    /// The id that a platform computes from the row (exact).
    Alias,
    /// The login.
    Login,
    /// The e-mail address.
    Email,
    /// The e-mail address, or what a platform shows for an account without one: a text made of the
    /// account's UUID.
    ShownEmail {
        /// What stands before the UUID, in lower case.
        before: &'static str,
        /// What stands behind it, in lower case.
        after: &'static str,
    },
    /// The e-mail address, or the one that is made up for an account without one, in the domain of
    /// [`super::MADE_UP_DOMAIN`].
    EmailOrMadeUp,
    /// The address that is made up for who has none, and shown in some dialects; absent for all others.
    MadeUpEmail,
    /// The shown name.
    Name,
    /// The shown given name.
    Given,
    /// The shown family name.
    Family,
    /// `person` or `service` (exact).
    Kind,
    /// The stored status word (exact).
    Status,
    /// The standing word at the time of the request (exact): `active`, `locked`, `locked_out` …
    Standing,
    /// The lock-after date.
    LockAfter,
    /// The home organisation's number (exact).
    Home,
    /// The home organisation's name. It shows names of homes to callers who may list the people in them.
    HomeName,
    /// The number of an organisation the user is homed in or a member of (exact).
    Organisation,
    /// The number of an organisation whose subtree holds the user's home (exact).
    HomeSubtree,
    /// The number of a group the user belongs to (exact).
    Group,
    /// The primary group's number (exact).
    PrimaryGroup,
    /// The number (`RoleId`) of a role held by any path (exact).
    Role,
    /// The number (`RoleId`) of a role granted directly (exact).
    DirectRole,
    /// The word of a role of `usher` held by any path (exact).
    UsherRole,
    /// An organisation's number where any role of that platform is held by any path (exact).
    RoleOrganisation(Platform),
    /// A role of theirs, granted directly.
    DirectRoleOrganisation(Platform),
    /// A role of theirs, held until a date.
    ExpiringRoleOrganisation(Platform),
    /// A plain attribute.
    Profile(ProfileAttribute),
    /// Whether a second factor is enrolled.
    SecondFactor,
    /// When it was made.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// When it was last used.
    LastSeenAt,
    /// When it last signed in.
    SignedInAt,
    /// The given name as it was entered; [`UserField::Given`] may be derived.
    OwnGiven,
    /// The family name as it was entered; [`UserField::Family`] may be derived.
    OwnFamily,
    /// Whether it is locked at the time of the request.
    Locked,
    /// Until when it is locked out at the time of the request.
    LockedOutUntil,
    /// Whether a second factor is demanded of the account, where that is said of it.
    SecondFactorRequired,
    /// Whether it has a password.
    HasPassword,
    /// Whether the password must be changed first.
    MustChangePassword,
    /// When the password was set.
    PasswordChangedAt,
    /// How often it signed in.
    SignInCount,
    /// When it signed in before the last time.
    PreviousSignInAt,
    /// Who made it (exact number).
    CreatedBy,
    /// Who changed it last (exact number).
    UpdatedBy,
    /// A filter term of a platform's extension (exact): (platform, name).
    Term(Platform, String),
}
