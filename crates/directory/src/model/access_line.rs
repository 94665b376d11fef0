//! Why a person holds a permission: every line of every role of theirs, with what gives it.

use super::ids::OrganisationRef;
use super::ids::{CollectionId, GrantId, GroupId, GroupRoleId, OrganisationId, Platform, UserId};
use super::permission::Reach;
use super::time::Time;
use super::user::User;

/// One line that a person holds, and what gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLine {
    /// Who holds it.
    pub user: UserId,
    /// A permission's word, a vendor's word, `<platform>:*` or `*`.
    pub word: String,
    /// How far it goes from the organisation where it is held.
    pub reach: Reach,
    /// The organisation where it is held.
    pub organisation: OrganisationId,
    /// The platform at whose door it counts; `usher` counts at every door.
    pub platform: Platform,
    /// The role's word on its platform; `None` for the administrator flag of a membership.
    pub role: Option<String>,
    /// What gives it.
    pub path: AccessPath,
    /// Until when; `None` for good.
    pub expires_at: Option<Time>,
}

/// What gives a line to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessPath {
    /// A role granted to them.
    Direct(GrantId),
    /// They are an owner of the installation.
    Owner(GrantId),
    /// A role that a group brings.
    Group {
        /// The group.
        group: GroupId,
        /// The group's role row.
        group_role: GroupRoleId,
        /// The collection it reaches through, if any.
        collection: Option<CollectionId>,
    },
    /// The administrator flag of their membership.
    Administrator,
}

/// What is asked about a person's access: of all they hold, only what gives a permission, only what
/// reaches an organisation whole, or both.
#[derive(Clone, Debug, Default)]
pub struct AccessQuestion {
    /// The word of a permission, or a vendor's word.
    pub permission: Option<String>,
    /// The organisation.
    pub organisation: Option<OrganisationRef>,
}

/// What a person holds that answers a question.
#[derive(Clone, Debug)]
pub struct UserAccess {
    /// Who.
    pub user: User,
    /// The lines that answer it.
    pub lines: Vec<AccessLine>,
    /// Whether they may, when a permission and an organisation were asked about: a line says so, and
    /// the account is one that may act at all.
    pub allowed: Option<bool>,
}

/// What grants are filtered by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GrantField {
    /// The number of who holds the role (exact).
    User,
    /// The role's number inside the directory (exact).
    Role,
    /// The role's platform (exact).
    Platform,
    /// The number of the organisation where it counts (exact).
    Organisation,
    /// Whether it is granted to the person themselves.
    Direct,
    /// When it ends.
    ExpiresAt,
}
