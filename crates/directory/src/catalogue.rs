//! The roles of `usher` itself, which count in every dialect.

use crate::model::{
    BuiltinRole, Line, PasswordRule, Permission, Platform, PlatformSpec, Reach, RolePaths,
};

/// The directory's own platform. `others` are the platforms of the dialects served: the administrator
/// of an organisation counts as each platform's administrator there.
#[must_use]
pub fn usher_platform(others: &[Platform]) -> PlatformSpec {
    let may = |permissions: &[Permission]| -> Vec<Line> {
        permissions
            .iter()
            .map(|permission| Line::may(*permission, Reach::Subtree))
            .collect()
    };
    // Where secrets are mailed is the owner's to decide, unless the owner hands it on.
    let administrative: Vec<Permission> = Permission::ALL
        .iter()
        .copied()
        .filter(|permission| *permission != Permission::ManageMail)
        .collect();
    let mut administrator = may(&administrative);
    administrator.extend(
        others
            .iter()
            .map(|platform| Line::word(format!("{platform}:*"), Reach::Subtree)),
    );
    let reading: Vec<Permission> = Permission::ALL
        .iter()
        .copied()
        .filter(|permission| !permission.administrative() && *permission != Permission::SignedIn)
        .collect();
    let role = |number, word, name, description, lines| BuiltinRole {
        number,
        word,
        name,
        description,
        lines,
    };
    PlatformSpec {
        platform: Platform::USHER,
        roles: vec![
            role(
                1,
                "owner",
                "Owner",
                "Everything, everywhere. The last active owner stays.",
                vec![Line::word("*", Reach::Subtree)],
            ),
            role(
                2,
                "administrator",
                "Administrator",
                "Everything within an organisation and those below, but where mail goes out.",
                administrator,
            ),
            role(
                3,
                "helpdesk",
                "Helpdesk",
                "Passwords, second factors and unlocking.",
                may(&[
                    Permission::ReadUsers,
                    Permission::ReadOrganisations,
                    Permission::ReadGroups,
                    Permission::ReadRoles,
                    Permission::ResetCredentials,
                    Permission::ManageSessions,
                ]),
            ),
            role(
                4,
                "auditor",
                "Auditor",
                "Reads everything, the audit trail included.",
                may(&reading),
            ),
            role(
                5,
                "member",
                "Member",
                "Sees and changes oneself.",
                vec![Line::may(Permission::ReadUsers, Reach::Own)],
            ),
        ],
        groups: Vec::new(),
        paths: RolePaths::Either,
        administrator_lines: Vec::new(),
        owner_role: None,
        default_roles: &["member"],
        first_custom_number: 100,
        builtin_roles_editable: false,
        alias: None,
        privileged: &[],
        everyday: &[],
        password_rule: PasswordRule::length(12),
    }
}
