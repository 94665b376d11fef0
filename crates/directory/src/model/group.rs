//! Groups: people of one organisation and its subtree; they may bring roles and have managers.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::{GroupId, OrganisationId, Platform, UserId};
use super::time::Time;

/// A group as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The number.
    pub id: GroupId,
    /// The UUID.
    pub uuid: Uuid,
    /// The organisation it belongs to.
    pub organisation: OrganisationId,
    /// The platform whose built-in it is; `None` for a shared group.
    pub platform: Option<String>,
    /// The built-in's word (`administrators`), by which its dialect finds it.
    pub word: Option<String>,
    /// The name, unique per organisation among shared and same-platform groups.
    pub name: String,
    /// Lower-case name for addresses; a client may choose it.
    pub slug: String,
    /// Description.
    pub description: Option<String>,
    /// The platform at whose door newcomers join it.
    pub newcomers_of: Option<String>,
    /// Counts changes.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// By whom.
    pub created_by: Option<UserId>,
    /// When it was last changed.
    pub updated_at: Time,
    /// By whom.
    pub updated_by: Option<UserId>,
}

/// A group to make.
#[derive(Clone, Debug, Default)]
pub struct NewGroup {
    /// A UUID chosen by the client.
    pub uuid: Option<Uuid>,
    /// The organisation; else the caller's home.
    pub organisation: Option<OrganisationId>,
    /// The name.
    pub name: String,
    /// The slug; made from the name otherwise.
    pub slug: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Whether newcomers at the caller's door join it.
    pub newcomers: bool,
    /// Roles of the caller's platform that it brings in its organisation.
    pub roles: Vec<super::ids::RoleId>,
    /// Whether the creator becomes its manager.
    pub managed_by_creator: bool,
    /// The dialect's own document.
    pub extension: Option<super::extension::NewExtension>,
}

/// Changes to a group.
#[derive(Clone, Debug, Default)]
pub struct GroupChange {
    /// The name.
    pub name: Option<String>,
    /// The slug.
    pub slug: Option<String>,
    /// Description.
    pub description: Option<Option<String>>,
    /// Whether newcomers at the caller's door join it.
    pub newcomers: Option<bool>,
    /// The whole set of roles of the caller's platform that it brings in its organisation.
    pub roles: Option<Vec<super::ids::RoleId>>,
    /// The dialect's own document.
    pub extension: Option<super::extension::NewExtension>,
    /// Refuse with `Stale` unless the row has this version.
    pub if_version: Option<i64>,
}

/// Who may do what with a group.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ManagerLevel {
    /// Sees it.
    Read,
    /// Changes it.
    Write,
    /// Changes it, its members and who manages it.
    Manage,
}

/// A manager of a group: a user or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Manager {
    /// A user.
    User(UserId),
    /// Everybody in a group.
    Group(GroupId),
}

/// One row of who manages which group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupManager {
    /// The managed group.
    pub group: GroupId,
    /// Who manages it.
    pub manager: Manager,
    /// How far.
    pub level: ManagerLevel,
    /// The platform at whose dialect alone this counts; none is every dialect.
    pub platform: Option<String>,
}

/// How many members a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupCount {
    /// The group.
    pub group: GroupId,
    /// All of them.
    pub total: i64,
    /// Those who may sign in.
    pub active: i64,
}

/// What a dialect installs beside each organisation or in the root: a built-in group.
#[derive(Clone, Debug)]
pub struct BuiltinGroup {
    /// The word by which the dialect finds it.
    pub word: &'static str,
    /// Its name; `{organisation}` stands for the organisation's name.
    pub name: &'static str,
    /// Its slug; `{organisation}` stands for the organisation's slug.
    pub slug: &'static str,
    /// Description.
    pub description: &'static str,
    /// The words of the platform's roles it brings.
    pub roles: &'static [&'static str],
    /// Whether newcomers at the platform's door join it.
    pub newcomers: bool,
    /// In the root only, or in every organisation.
    pub everywhere: bool,
    /// Whether an owner belongs to it.
    pub owners: bool,
    /// The platform's own document for the group (JSON), if it has one.
    pub document: Option<&'static str>,
    /// What the document is filtered and ordered by.
    pub terms: &'static [(&'static str, &'static str)],
}

/// Tells which platform's dialect a group is shown in.
impl Group {
    /// Whether a dialect of this platform shows the group: shared ones and its own built-ins.
    #[must_use]
    pub fn shown_in(&self, platform: Platform) -> bool {
        platform == Platform::USHER
            || self
                .platform
                .as_deref()
                .is_none_or(|own| own == platform.word())
    }
}
