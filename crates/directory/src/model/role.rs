//! Roles, grants and the platforms they belong to.

use uuid::Uuid;

use super::group::BuiltinGroup;
use super::ids::{
    CollectionId, GrantId, GroupId, GroupRoleId, OrganisationId, Platform, RoleId, UserId,
};
use super::permission::{Line, Place};
use super::predicate::{Predicate, Test};
use super::time::Time;
use super::user_field::UserField;

/// A role of one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The number inside the directory.
    pub id: RoleId,
    /// The UUID.
    pub uuid: Uuid,
    /// The platform.
    pub platform: String,
    /// The number on its platform.
    pub number: i64,
    /// The word id on its platform (`falconhost_admin`); made from the name for custom roles.
    pub word: String,
    /// The organisation a custom role belongs to; `None` for built-ins and installation-wide ones.
    pub organisation: Option<OrganisationId>,
    /// Whether it is the vendor's own.
    pub builtin: bool,
    /// The name shown.
    pub name: String,
    /// Description, `""` when there is none.
    pub description: String,
    /// What it brings.
    pub lines: Vec<Line>,
    /// Counts changes.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

impl Role {
    /// Where its lines may count.
    #[must_use]
    pub fn place(&self) -> Place {
        self.organisation.map_or(Place::Everywhere, Place::Below)
    }
}

/// A role to make on the caller's platform (or, natively, on any).
#[derive(Clone, Debug, Default)]
pub struct NewRole {
    /// The platform; the caller's dialect's when absent.
    pub platform: Option<Platform>,
    /// The word id; made from the name otherwise.
    pub word: Option<String>,
    /// The organisation it belongs to.
    pub organisation: Option<OrganisationId>,
    /// The name, unique on its platform without case.
    pub name: String,
    /// Description.
    pub description: String,
    /// What it brings; nobody puts more into a role than they hold.
    pub lines: Vec<Line>,
    /// The dialect's own document.
    pub extension: Option<super::extension::NewExtension>,
}

/// Changes to a role.
#[derive(Clone, Debug, Default)]
pub struct RoleChange {
    /// The name.
    pub name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// What it brings, whole.
    pub lines: Option<Vec<Line>>,
    /// The dialect's own document.
    pub extension: Option<super::extension::NewExtension>,
    /// Refuse with `Stale` unless the row has this version.
    pub if_version: Option<i64>,
}

/// A direct grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The number.
    pub id: GrantId,
    /// Who holds it.
    pub user: UserId,
    /// The role.
    pub role: RoleId,
    /// Where.
    pub organisation: OrganisationId,
    /// Until when; `None` for good.
    pub expires_at: Option<Time>,
    /// When it was granted.
    pub created_at: Time,
    /// By whom.
    pub created_by: Option<UserId>,
}

/// Where a group's role counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupRoleScope {
    /// In one organisation.
    Organisation(OrganisationId),
    /// In each organisation of a collection.
    Collection(CollectionId),
}

/// A role that a group brings to its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRole {
    /// The number.
    pub id: GroupRoleId,
    /// The group.
    pub group: GroupId,
    /// The role.
    pub role: RoleId,
    /// Where it counts.
    pub scope: GroupRoleScope,
}

/// The way a role reached somebody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// Granted to them.
    Direct(GrantId),
    /// Through a group.
    Group {
        /// The group.
        group: GroupId,
        /// The group's role row.
        group_role: GroupRoleId,
        /// The collection it reaches through, if any.
        collection: Option<CollectionId>,
    },
}

/// One role somebody holds in one organisation by one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// Who.
    pub user: UserId,
    /// The role.
    pub role: RoleId,
    /// The role's platform.
    pub platform: Platform,
    /// The role's number on its platform.
    pub number: i64,
    /// The role's word on its platform.
    pub word: String,
    /// Where.
    pub organisation: OrganisationId,
    /// Until when.
    pub expires_at: Option<Time>,
    /// By which path.
    pub path: Path,
}

/// What a grant came to.
#[derive(Clone, Debug)]
pub struct Granted {
    /// Whether it changed anything.
    pub fresh: bool,
    /// The person.
    pub user: super::User,
    /// How the role is held now.
    pub held: HeldRole,
}

/// One role a user holds in one organisation by one path, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRoleRow {
    /// The role.
    pub role: RoleId,
    /// The role's UUID.
    pub uuid: Uuid,
    /// The role's number on its platform.
    pub number: i64,
    /// The role's word on its platform.
    pub word: String,
    /// Whether the role is built in.
    pub builtin: bool,
    /// The role's name.
    pub name: String,
    /// When the grant ends; `None` never.
    pub expires_at: Option<Time>,
    /// By which path; `None` when it is shown for the sake of a role of `usher`.
    pub path: Option<Path>,
}

/// A group that brings roles to its members in each organisation of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CollectionLink {
    /// The group.
    pub group: GroupId,
    /// The collection.
    pub collection: CollectionId,
}

/// Which links between groups and collections to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionLinks {
    /// Of groups of this organisation.
    pub organisation: OrganisationId,
    /// Of this group only.
    pub group: Option<GroupId>,
    /// Through this collection only.
    pub collection: Option<CollectionId>,
    /// Bringing this role only.
    pub role: Option<RoleId>,
    /// How many to skip.
    pub offset: u64,
    /// How many at most.
    pub limit: u32,
}

/// A role to grant directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewGrant {
    /// The role.
    pub role: RoleId,
    /// Where it counts; see `Handle::grant_role` for what absence means.
    pub organisation: Option<OrganisationId>,
    /// Until when; `None` for good.
    pub expires_at: Option<Time>,
}

impl From<RoleId> for NewGrant {
    fn from(role: RoleId) -> Self {
        Self {
            role,
            organisation: None,
            expires_at: None,
        }
    }
}

/// What happens to those who wear a role that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleInUse {
    /// The role stays while anybody wears it or newcomers get it.
    Refuse,
    /// It is taken from them.
    TakeAway,
}

/// A role as a platform shows it of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRole {
    /// Who.
    pub user: UserId,
    /// The role's number on the platform.
    pub number: i64,
    /// The role's word on the platform.
    pub word: String,
    /// Where.
    pub organisation: OrganisationId,
    /// Until when.
    pub expires_at: Option<Time>,
    /// By which path; `None` when it is shown for the sake of an `usher` role.
    pub path: Option<Path>,
}

/// What a platform shows of the roles somebody holds: its own, and its administrator role for whoever
/// is owner or administrator of `usher`, in that organisation. Where people have exactly one role, the
/// administrator's stands for all.
#[must_use]
pub fn shown_roles(held: &[HeldRole], spec: &PlatformSpec) -> Vec<ShownRole> {
    let mut shown: Vec<ShownRole> = held
        .iter()
        .filter(|one| one.platform == spec.platform)
        .map(|one| ShownRole {
            user: one.user,
            number: one.number,
            word: one.word.clone(),
            organisation: one.organisation,
            expires_at: one.expires_at,
            path: Some(one.path.clone()),
        })
        .collect();
    let administrator = spec
        .owner_role
        .and_then(|word| spec.roles.iter().find(|role| role.word == word));
    let Some(administrator) = administrator.filter(|_| spec.platform != Platform::USHER) else {
        return shown;
    };
    for one in held {
        let rules = one.platform == Platform::USHER
            && matches!(one.word.as_str(), "owner" | "administrator");
        let there = shown.iter().any(|shown| {
            shown.user == one.user
                && shown.number == administrator.number
                && (shown.organisation == one.organisation || spec.paths == RolePaths::ExactlyOne)
        });
        if !rules || there {
            continue;
        }
        if spec.paths == RolePaths::ExactlyOne {
            shown.retain(|shown| shown.user != one.user);
        }
        shown.push(ShownRole {
            user: one.user,
            number: administrator.number,
            word: administrator.word.to_owned(),
            organisation: one.organisation,
            expires_at: one.expires_at,
            path: None,
        });
    }
    shown
}

/// The people whom a platform shows with one of these roles, each given with its number there, or
/// without any role of the platform: those of whom [`shown_roles`] shows it.
#[must_use]
pub fn shown_with_roles(
    wanted: &[(RoleId, i64)],
    without_role: bool,
    spec: &PlatformSpec,
) -> Predicate<UserField> {
    let administrator = spec
        .owner_role
        .and_then(|word| spec.roles.iter().find(|role| role.word == word))
        .filter(|_| spec.platform != Platform::USHER);
    let stands_in = match administrator {
        Some(_) => Predicate::one_of(UserField::UsherRole, ["owner", "administrator"]),
        None => Predicate::Nothing,
    };
    let held = Predicate::one_of(UserField::Role, wanted.iter().map(|(id, _)| id.0));
    let as_administrator = administrator.is_some_and(|administrator| {
        wanted
            .iter()
            .any(|(_, number)| *number == administrator.number)
    });
    let with_role = if as_administrator {
        Predicate::any([stands_in.clone(), held])
    } else if spec.paths == RolePaths::ExactlyOne {
        Predicate::all([held, Predicate::not(stands_in.clone())])
    } else {
        held
    };
    let without = if without_role {
        let any_role = UserField::RoleOrganisation(spec.platform);
        Predicate::all([
            Predicate::not(stands_in),
            Predicate::is(any_role, Test::Absent),
        ])
    } else {
        Predicate::Nothing
    };
    Predicate::any([with_role, without])
}

/// How a platform's roles reach people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolePaths {
    /// Granted directly, any number.
    Direct,
    /// Granted directly, exactly one, at the home; a new one replaces it.
    ExactlyOne,
    /// Through groups only.
    GroupsOnly,
    /// Either way.
    Either,
}

/// A built-in role of a platform.
#[derive(Clone, Debug)]
pub struct BuiltinRole {
    /// Its number on the platform.
    pub number: i64,
    /// Its word id.
    pub word: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its description.
    pub description: &'static str,
    /// What it brings.
    pub lines: Vec<Line>,
}

/// All the directory needs to know of a platform; each dialect states its own. This is data: no
/// rule of the directory asks which platform it deals with.
#[derive(Clone, Debug)]
pub struct PlatformSpec {
    /// The platform.
    pub platform: Platform,
    /// Its built-in roles, installed at the first start (and added when a later version brings more).
    pub roles: Vec<BuiltinRole>,
    /// Its built-in groups.
    pub groups: Vec<BuiltinGroup>,
    /// How its roles reach people.
    pub paths: RolePaths,
    /// What the `administrator` flag of a membership brings on this platform (in that organisation).
    pub administrator_lines: Vec<Line>,
    /// The role that every owner is given directly, if its roles are granted directly.
    pub owner_role: Option<&'static str>,
    /// The words of the roles that newcomers at its door get until an administrator changes the
    /// platform's `default_roles` setting.
    pub default_roles: &'static [&'static str],
    /// The numbers of custom roles start here (built-ins stay below).
    pub first_custom_number: i64,
    /// Whether administrators may change what its built-in roles bring.
    pub builtin_roles_editable: bool,
    /// An id of a user's that it computes from the row, and that clients look users up by. At most one
    /// platform has such ids; they are stored beside the row.
    pub alias: Option<fn(&super::user::User) -> String>,
    /// Which of its own words are a power over people or settings, so that the take-over guard counts
    /// them; other words of its own are business. `*` and `<platform>:*` count always.
    pub privileged: &'static [&'static str],
    /// What even its ordinary roles bring in the directory's vocabulary, only to read. The take-over
    /// guard does not count these when they come from a role of this platform.
    pub everyday: &'static [super::permission::Permission],
    /// What its vendor asks of passwords, used when the password policy is `vendor`.
    pub password_rule: super::settings::PasswordRule,
}
