//! Two invented platforms beside [`crate::support::TOY`] (whose roles are granted directly), so that
//! every rule about platforms is exercised without a vendor: on one everybody has exactly one role,
//! on the other roles come through groups only.

use directory::{
    BuiltinGroup, BuiltinRole, Line, PasswordRule, Permission, Platform, PlatformSpec, Reach,
    RolePaths,
};

/// Everybody has exactly one role, at home.
pub const SOLO: Platform = Platform::new("solo");
/// Roles come through groups only.
pub const CLUB: Platform = Platform::new("club");

fn role(number: i64, word: &'static str, name: &'static str, lines: Vec<Line>) -> BuiltinRole {
    BuiltinRole {
        number,
        word,
        name,
        description: "",
        lines,
    }
}

fn may(permissions: &[Permission], reach: &Reach) -> Vec<Line> {
    permissions
        .iter()
        .map(|permission| Line::may(*permission, reach.clone()))
        .collect()
}

pub fn solo_platform() -> PlatformSpec {
    let mut chief = may(Permission::ALL, &Reach::All);
    chief.push(Line::word("solo:*", Reach::All));
    let mut manager = may(
        &[
            Permission::ReadUsers,
            Permission::CreateUsers,
            Permission::EditUsers,
            Permission::ReadRoles,
            Permission::GrantRoles,
        ],
        &Reach::Organisation,
    );
    manager.push(Line::word("solo:write", Reach::Organisation));
    PlatformSpec {
        platform: SOLO,
        roles: vec![
            role(1, "chief", "Chief", chief),
            role(2, "manager", "Manager", manager),
            role(
                3,
                "clerk",
                "Clerk",
                vec![
                    Line::may(Permission::ReadUsers, Reach::Own),
                    Line::word("solo:write", Reach::Organisation),
                ],
            ),
        ],
        groups: Vec::new(),
        paths: RolePaths::ExactlyOne,
        administrator_lines: Vec::new(),
        owner_role: Some("chief"),
        default_roles: &["clerk"],
        first_custom_number: 4,
        builtin_roles_editable: true,
        alias: None,
        privileged: &["solo:oversee"],
        everyday: &[],
        password_rule: PasswordRule::length(12),
    }
}

pub fn club_platform() -> PlatformSpec {
    let mut host = may(
        &[
            Permission::ReadUsers,
            Permission::ReadGroups,
            Permission::ManageGroups,
            Permission::ManageMembers,
        ],
        &Reach::Subtree,
    );
    host.push(Line::word("club:*", Reach::Subtree));
    let team = may(
        &[
            Permission::ReadUsers,
            Permission::CreateUsers,
            Permission::ReadGroups,
            Permission::ManageMembers,
        ],
        &Reach::ManagedGroups,
    );
    PlatformSpec {
        platform: CLUB,
        roles: vec![
            role(
                1,
                "guest",
                "Guest",
                vec![Line::word("club:enter", Reach::Own)],
            ),
            role(2, "host", "Host", host),
            role(3, "team", "Team", team),
        ],
        groups: vec![
            BuiltinGroup {
                word: "guests",
                name: "Guests",
                slug: "guests",
                description: "Everybody made here",
                roles: &["guest"],
                newcomers: true,
                everywhere: false,
                owners: false,
                document: Some(r#"{"colour":"green"}"#),
                terms: &[("colour", "green")],
            },
            BuiltinGroup {
                word: "hosts",
                name: "Hosts of {organisation}",
                slug: "hosts-{organisation}",
                description: "",
                roles: &["host"],
                newcomers: false,
                everywhere: true,
                owners: true,
                document: None,
                terms: &[],
            },
        ],
        paths: RolePaths::GroupsOnly,
        administrator_lines: may(
            &[Permission::ReadUsers, Permission::ReadGroups],
            &Reach::Organisation,
        ),
        owner_role: None,
        default_roles: &[],
        first_custom_number: 100,
        builtin_roles_editable: false,
        alias: None,
        privileged: &[],
        everyday: &[],
        password_rule: PasswordRule::length(12),
    }
}
