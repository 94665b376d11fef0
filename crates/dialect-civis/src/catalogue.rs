//! The catalogue: the vendor's eighteen roles, the five groups of every organisation, and what the
//! roles mean in the directory's own vocabulary (civis.md §5, §8).

use directory::{
    BuiltinGroup, BuiltinRole, Line, PasswordRule, Permission, Platform, PlatformSpec, Reach,
    RolePaths,
};

/// The platform whose roles this dialect shows.
pub const PLATFORM: Platform = Platform::new("civis");

/// The word of the role that administers an organisation.
pub const ORG_ADMIN: &str = "org_admin";
/// The word of an organisation's base group, the primary group of people who have none.
pub const BASE_GROUP: &str = "base";
/// The word of an organisation's group of administrators.
pub const ADMIN_GROUP: &str = "admins";

/// Reads everything of the organisation that its people may read.
const READING: &[Permission] = &[
    Permission::ReadUsers,
    Permission::ReadOrganisations,
    Permission::ReadGroups,
    Permission::ReadRoles,
];

/// What somebody may do to the people of the groups they manage.
const TEAM_ADMINISTRATION: &[Permission] = &[
    Permission::CreateUsers,
    Permission::EditUsers,
    Permission::ResetCredentials,
    Permission::ManageSessions,
    Permission::ManageMembers,
];

/// A role by its word, with what it permits and how far.
struct Role {
    number: i64,
    word: &'static str,
    name: &'static str,
    permits: &'static [Permission],
    reach: Reach,
}

/// The vendor's numbers and words; the names are what its console shows. Roles that stand for parts of
/// the vendor's product permit nothing here but their own word.
///
/// Quirk: these eighteen, in this order (civis.md §5).
static ROLES: &[Role] = &[
    business(1, "sdm", "Standard Data Management"),
    Role {
        number: 2,
        word: "cstaff",
        name: "Civis Staff",
        permits: Permission::ALL,
        reach: Reach::All,
    },
    Role {
        number: 3,
        word: "uc",
        name: "User Creator",
        permits: &[
            Permission::ReadUsers,
            Permission::ReadOrganisations,
            Permission::ReadGroups,
            Permission::ReadRoles,
            Permission::CreateUsers,
        ],
        reach: Reach::Organisation,
    },
    Role {
        number: 4,
        word: "gc",
        name: "Group Creator",
        permits: &[
            Permission::ReadUsers,
            Permission::ReadOrganisations,
            Permission::ReadGroups,
            Permission::ReadRoles,
            Permission::ManageGroups,
        ],
        reach: Reach::Organisation,
    },
    Role {
        number: 5,
        word: "um",
        name: "User Maintenance",
        permits: &[
            Permission::ReadUsers,
            Permission::ReadOrganisations,
            Permission::ReadGroups,
            Permission::ReadRoles,
            Permission::EditUsers,
            Permission::ResetCredentials,
            Permission::ManageSessions,
        ],
        reach: Reach::Organisation,
    },
    business(6, "idr", "Identity Resolution"),
    business(7, "km", "Kubernetes Metrics"),
    Role {
        number: 8,
        word: "ogmo",
        name: "Org Group Manager Override",
        permits: &[
            Permission::ReadUsers,
            Permission::ReadOrganisations,
            Permission::ReadGroups,
            Permission::ReadRoles,
            Permission::ManageGroups,
            Permission::ManageMembers,
        ],
        reach: Reach::Organisation,
    },
    business(9, "cesm", "Can Enable Superadmin Mode"),
    business(10, "tta", "Table Tag Admin"),
    business(11, "rv", "Report Viewer"),
    business(12, "agt", "Auto-Grant Trusted"),
    Role {
        number: 13,
        word: "standard_user",
        name: "Standard User",
        permits: READING,
        reach: Reach::Organisation,
    },
    business(14, "cusviz", "Custom Visualizations"),
    business(15, "mdl", "Modeling"),
    business(16, "cusscr", "Custom Scripts"),
    Role {
        number: 17,
        word: "team_admin",
        name: "Team Admin",
        permits: TEAM_ADMINISTRATION,
        reach: Reach::ManagedGroups,
    },
    Role {
        number: 18,
        word: ORG_ADMIN,
        name: "Organization Admin",
        permits: &[
            Permission::ReadUsers,
            Permission::CreateUsers,
            Permission::EditUsers,
            Permission::ResetCredentials,
            Permission::ManageSessions,
            Permission::ManageKeys,
            Permission::ReadOrganisations,
            Permission::ReadGroups,
            Permission::ManageGroups,
            Permission::ManageMembers,
            Permission::ReadRoles,
            Permission::GrantRoles,
            Permission::ManageRecords,
        ],
        reach: Reach::Organisation,
    },
];

/// Roles that only the vendor's own staff hands out: an organisation's administrators do not.
const RESERVED: &[&str] = &["cstaff", "km", "cesm"];

const fn business(number: i64, word: &'static str, name: &'static str) -> Role {
    Role {
        number,
        word,
        name,
        permits: &[],
        reach: Reach::Organisation,
    }
}

/// The word of a role in lines.
fn line_word(role: &str) -> String {
    format!("{PLATFORM}:{role}")
}

impl Role {
    fn lines(&self) -> Vec<Line> {
        let mut lines = vec![Line::word(
            line_word(self.word),
            own_word_reach(&self.reach),
        )];
        // Whoever administers an organisation may hand out every role of it, so holds their words.
        if self.word == ORG_ADMIN {
            let others = ROLES
                .iter()
                .filter(|role| role.word != ORG_ADMIN && !RESERVED.contains(&role.word));
            lines.extend(others.map(|role| Line::word(line_word(role.word), Reach::Organisation)));
        }
        if self.word == "cstaff" {
            lines.push(Line::word(format!("{PLATFORM}:*"), Reach::All));
        }
        if self.reach == Reach::ManagedGroups {
            lines.extend(lines_of(READING, &Reach::Organisation));
        }
        lines.extend(lines_of(self.permits, &self.reach));
        // Rights over managed groups are handed on by who has them over the same groups, so whoever
        // administers an organisation has them too, over what they manage.
        if self.word == ORG_ADMIN {
            lines.extend(lines_of(TEAM_ADMINISTRATION, &Reach::ManagedGroups));
        }
        lines
    }
}

/// A role's own word says that somebody has the role, which is so in the organisation whatever it
/// permits there.
fn own_word_reach(reach: &Reach) -> Reach {
    match reach {
        Reach::All => Reach::All,
        _ => Reach::Organisation,
    }
}

fn lines_of(permissions: &[Permission], reach: &Reach) -> Vec<Line> {
    permissions
        .iter()
        // Where mail goes is the owner's to decide, and being signed in needs no right.
        .filter(|permission| !matches!(permission, Permission::SignedIn | Permission::ManageMail))
        .map(|permission| Line::may(*permission, reach.clone()))
        .collect()
}

const fn group(
    word: &'static str,
    name: &'static str,
    slug: &'static str,
    roles: &'static [&'static str],
    owners: bool,
) -> BuiltinGroup {
    BuiltinGroup {
        word,
        name,
        slug,
        description: "",
        roles,
        newcomers: false,
        everywhere: true,
        owners,
        document: None,
        terms: &[],
    }
}

/// What the directory needs to know of the platform.
#[must_use]
pub fn spec() -> PlatformSpec {
    let administrator_lines = ROLES
        .iter()
        .find(|role| role.word == ORG_ADMIN)
        .map(Role::lines)
        .unwrap_or_default();
    PlatformSpec {
        platform: PLATFORM,
        roles: ROLES
            .iter()
            .map(|role| BuiltinRole {
                number: role.number,
                word: role.word,
                name: role.name,
                description: "",
                lines: role.lines(),
            })
            .collect(),
        // Quirk: five groups per organisation with these names (civis.md §5).
        groups: vec![
            group(
                ADMIN_GROUP,
                "{organisation} Admins",
                "{organisation}_admins",
                &[ORG_ADMIN],
                true,
            ),
            group(
                "team_admins",
                "{organisation} Team Admins",
                "{organisation}_teamadmins",
                &["team_admin"],
                false,
            ),
            group(
                "database_users",
                "{organisation} All Database Users",
                "{organisation}_dbusers",
                &[],
                false,
            ),
            group(
                "report_viewers",
                "{organisation} Report Viewers",
                "{organisation}_reportviewers",
                &["rv"],
                false,
            ),
            group(
                BASE_GROUP,
                "{organisation}",
                "{organisation}",
                &["standard_user"],
                true,
            ),
        ],
        paths: RolePaths::GroupsOnly,
        administrator_lines,
        owner_role: None,
        default_roles: &[],
        first_custom_number: 100,
        builtin_roles_editable: false,
        alias: None,
        privileged: &[
            "civis:cstaff",
            "civis:uc",
            "civis:gc",
            "civis:um",
            // What only the vendor's own staff hands out.
            "civis:km",
            "civis:ogmo",
            "civis:cesm",
            // Makes others' work trusted without an approval.
            "civis:agt",
            "civis:team_admin",
            "civis:org_admin",
        ],
        everyday: READING,
        // Quirk: the vendor's figures are not public (civis.md §8).
        password_rule: PasswordRule::length(12),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A role is privileged that may do here more than read what all people of the organisation read, that
    /// only the vendor's staff hands out, or that decides what is trusted; the others are parts of the product.
    #[test]
    fn every_administrative_role_is_privileged() {
        let spec = spec();
        let words: Vec<String> = ROLES
            .iter()
            .filter(|role| {
                role.permits
                    .iter()
                    .any(|permission| !READING.contains(permission))
                    || RESERVED.contains(&role.word)
                    || role.word == "agt"
            })
            .map(|role| line_word(role.word))
            .collect();
        assert_eq!(spec.privileged, words);
        assert_eq!(spec.everyday, READING);
        // Reading the people of the organisation is the only everyday permission.
        assert!(
            READING
                .iter()
                .all(|permission| !permission.administrative())
        );
        let business = [
            "sdm",
            "idr",
            "tta",
            "rv",
            "standard_user",
            "cusviz",
            "mdl",
            "cusscr",
        ];
        assert_eq!(ROLES.len(), words.len() + business.len());
        for word in business {
            assert!(!words.contains(&line_word(word)), "{word}");
        }
    }
}
