//! The catalogue: the vendor's two built-in roles, its entities and actions, and what each permission
//! document means in the directory's own vocabulary.

use directory::{
    BuiltinRole, Line, PasswordRule, Permission, Platform, PlatformSpec, Reach, RolePaths,
};

/// The platform whose roles this dialect speaks of.
pub const PLATFORM: Platform = Platform::new("tenable");

/// The word of the role that administrators hold.
pub const ADMINISTRATOR: &str = "global-administrator";

/// The word of the role that newcomers get.
pub const USER: &str = "user";

/// The line that stands for every permission of the vendor, and the vendor's words begin with it.
pub const EVERYTHING: &str = "tenable:*";
const PREFIX: &str = "tenable:";

/// The entities that this dialect acts on.
///
/// Quirk: the vendor's names of entities are not public; these are tenable.md §10's.
pub const ENTITIES: [&str; 6] = [
    "user",
    "role",
    "lockout-policy",
    "application-settings",
    "profile",
    "license",
];

/// What may be done to an entity. A stronger action brings the weaker ones (tenable.md §10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// See it.
    Read,
    /// Change it.
    Edit,
    /// Make and delete it: the vendor has no action of its own for deletion.
    Create,
}

impl Action {
    /// From the weakest to the strongest.
    pub const ALL: [Action; 3] = [Action::Read, Action::Edit, Action::Create];

    /// The vendor's word.
    pub const fn word(self) -> &'static str {
        match self {
            Action::Read => "read",
            Action::Edit => "edit",
            Action::Create => "create",
        }
    }

    /// Reads the vendor's word.
    pub fn of_word(word: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.word() == word)
    }
}

/// The word of a permission in a role's lines.
pub fn word(entity: &str, action: Action) -> String {
    format!("{PREFIX}{entity}.{}", action.word())
}

/// The entity and action of a vendor's word; nothing for the directory's own words.
pub fn of_word(word: &str) -> Option<(&str, Action)> {
    let (entity, action) = word.strip_prefix(PREFIX)?.rsplit_once('.')?;
    Some((entity, Action::of_word(action)?))
}

/// What an entity's action means in the directory's vocabulary, weaker actions included. `personal`
/// is a permission over oneself alone: nobody hands out roles or resets passwords by it.
pub fn meaning(entity: &str, action: Action, personal: bool) -> Vec<Permission> {
    let mut meaning = Vec::new();
    for action in Action::ALL.into_iter().filter(|weaker| *weaker <= action) {
        meaning.extend_from_slice(match (entity, action) {
            ("user", Action::Read) => &[Permission::ReadUsers][..],
            ("user", Action::Edit) if personal => &[Permission::EditUsers],
            ("user", Action::Edit) => &[
                // Whoever hands out roles must see them.
                Permission::ReadRoles,
                Permission::EditUsers,
                Permission::ResetCredentials,
                Permission::GrantRoles,
            ],
            ("user", Action::Create) if personal => &[],
            ("user", Action::Create) => &[Permission::CreateUsers, Permission::DeleteUsers],
            ("role", Action::Read) => &[Permission::ReadRoles],
            ("role", Action::Edit) => &[Permission::ManageRoles],
            ("lockout-policy", Action::Read) => &[Permission::ReadSettings],
            // The roles that newcomers get stand among these settings.
            ("application-settings", Action::Read) => {
                &[Permission::ReadRoles, Permission::ReadSettings]
            }
            ("lockout-policy" | "application-settings", Action::Edit) => {
                &[Permission::ManageSettings]
            }
            _ => &[],
        });
    }
    meaning
}

/// The lines of one permission: the vendor's word, and what it means here.
pub fn lines(entity: &str, action: Action, reach: &Reach) -> Vec<Line> {
    let mut lines = vec![Line::word(word(entity, action), reach.clone())];
    // Only users can be listed one by one in the directory; a list of other things stays the vendor's
    // word and opens nothing here.
    if entity == "user" || !matches!(reach, Reach::Listed(_) | Reach::Own) {
        lines.extend(
            meaning(entity, action, *reach == Reach::Own)
                .into_iter()
                .map(|permission| Line::may(permission, reach.clone())),
        );
    }
    lines
}

/// Every permission of the directory, as far as the grant reaches, and every word of the vendor.
fn everything() -> Vec<Line> {
    let mut lines = vec![Line::word(EVERYTHING, Reach::Subtree)];
    lines.extend(
        Permission::ALL
            .iter()
            // Where secrets are mailed is the owner's alone.
            .filter(|permission| {
                !matches!(permission, Permission::SignedIn | Permission::ManageMail)
            })
            .map(|permission| Line::may(*permission, Reach::Subtree)),
    );
    lines
}

/// What the directory needs to know of the platform.
pub fn spec() -> PlatformSpec {
    let mut user = lines("user", Action::Read, &Reach::Own);
    user.extend(lines("profile", Action::Read, &Reach::Subtree));
    user.extend(lines("license", Action::Read, &Reach::Subtree));
    PlatformSpec {
        platform: PLATFORM,
        // Quirk: these two roles with these numbers and no others (tenable.md §8).
        roles: vec![
            BuiltinRole {
                number: 1,
                word: ADMINISTRATOR,
                name: "Global Administrator",
                description: "All permissions",
                lines: everything(),
            },
            BuiltinRole {
                number: 2,
                word: USER,
                name: "User",
                description: "Reads business data and administers nothing",
                lines: user,
            },
        ],
        groups: Vec::new(),
        paths: RolePaths::Direct,
        administrator_lines: everything(),
        owner_role: Some(ADMINISTRATOR),
        default_roles: &[USER],
        first_custom_number: 3,
        builtin_roles_editable: false,
        alias: None,
        privileged: &[
            "tenable:user.edit",
            "tenable:user.create",
            "tenable:role.edit",
            "tenable:role.create",
            "tenable:lockout-policy.read",
            "tenable:lockout-policy.edit",
            "tenable:lockout-policy.create",
            "tenable:application-settings.read",
            "tenable:application-settings.edit",
            "tenable:application-settings.create",
        ],
        everyday: &[],
        // Quirk: `^(?=.*\d)(?=.*[a-z])(?=.*[A-Z])(?=.*\W).{12,}$`, where `_` is no `\W` (tenable.md §5).
        password_rule: PasswordRule {
            lower: true,
            upper: true,
            digit: true,
            special: true,
            ..PasswordRule::length(12)
        },
    }
}
