//! The rows related to people, loaded together: their groups, the roles that these groups bring, and their organisations, each
//! with the document that the caller's dialect keeps of it.

use std::collections::HashMap;

use serde_json::Value;

use super::group::{Group, GroupCount};
use super::ids::{GroupId, OrganisationId, RoleId, UserId};
use super::organisation::{Membership, Organisation, OrganisationLabel};
use super::permission::Permission;
use super::role::{GroupRole, HeldRole, Role};
use super::user::User;

/// Which related rows are wanted; what is not wanted costs nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The dialect's own documents of the people.
    pub documents: bool,
    /// The groups they belong to.
    pub groups: bool,
    /// The roles these groups bring; with them come the groups.
    pub roles: bool,
    /// The organisations they belong to.
    pub organisations: bool,
    /// All roles that the people hold, those that come with a group or an ownership included.
    pub held: bool,
    /// What their homes, and the organisations of their groups, are called.
    pub labels: bool,
    /// Their homes, where the caller sees them.
    pub homes: bool,
    /// The dialect's built-in group of this word in their homes.
    pub builtin_group: Option<&'static str>,
    /// The dialect's own documents of their primary groups, and of the built-in groups if these are wanted.
    pub primary_documents: bool,
    /// Whom of them this permission of the caller reaches so as to change them.
    pub reached_by: Option<Permission>,
}

impl Wanted {
    /// None of them.
    pub const NOTHING: Self = Self {
        documents: false,
        groups: false,
        roles: false,
        organisations: false,
        held: false,
        labels: false,
        homes: false,
        builtin_group: None,
        primary_documents: false,
        reached_by: None,
    };
}

/// Something with the dialect's own document, if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct WithDocument<T> {
    /// The row.
    pub row: T,
    /// The document.
    pub document: Option<Value>,
}

/// The rows related to some people, where the caller may see both the person and the row. Each row is listed once, however
/// many people it belongs to.
#[derive(Clone, Debug, Default)]
pub struct Related {
    /// The dialect's own documents of the people.
    pub documents: HashMap<UserId, Value>,
    /// Who belongs to which group.
    pub members: Vec<(UserId, GroupId)>,
    /// Those groups.
    pub groups: Vec<WithDocument<Group>>,
    /// Which of the groups brings which role.
    pub brought: Vec<(GroupId, RoleId)>,
    /// Those roles.
    pub roles: Vec<WithDocument<Role>>,
    /// Who belongs to which organisation, homes among them.
    pub memberships: Vec<Membership>,
    /// Those organisations.
    pub organisations: Vec<WithDocument<Organisation>>,
    /// All roles that the people hold, those that come with a group or an ownership included.
    pub held: Vec<HeldRole>,
    /// What the homes, and the organisations of the groups, are called.
    pub labels: Vec<OrganisationLabel>,
    /// The homes.
    pub homes: Vec<Organisation>,
    /// The built-in group of each home.
    pub builtin_groups: Vec<(OrganisationId, GroupId)>,
    /// The documents of primary and built-in groups that are not among the groups above.
    pub primary_documents: HashMap<GroupId, Value>,
    /// Whom of the people the permission reaches.
    pub reached: Vec<UserId>,
}

/// What is wanted beside a group.
#[derive(Clone, Copy, Debug)]
pub struct GroupWanted {
    /// How many of its members at most, by number.
    pub members: u32,
    /// What is wanted of those members.
    pub of_members: Wanted,
}

/// A group with what belongs to it, as far as the caller sees that.
#[derive(Clone, Debug)]
pub struct GroupDetail {
    /// The group.
    pub group: Group,
    /// The dialect's own document of it.
    pub document: Option<Value>,
    /// What its organisation is called.
    pub organisation: Option<OrganisationLabel>,
    /// How many members it has.
    pub count: GroupCount,
    /// The roles it brings, and where.
    pub brought: Vec<GroupRole>,
    /// Those roles.
    pub roles: Vec<Role>,
    /// Its members.
    pub members: Vec<User>,
    /// What is related to the members.
    pub related: Related,
}
