//! The catalogue: MISP's built-in roles, its flags, and what they mean in the directory's own
//! vocabulary (misp.md §5.2, §6).

use directory::{
    BuiltinRole, Line, PasswordRule, Permission, Platform, PlatformSpec, Reach, RolePaths,
    word_covers,
};

/// The platform whose roles this dialect speaks of.
pub const PLATFORM: Platform = Platform::new("misp");

/// A flag of a role, by its column's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flag {
    /// The column (`perm_sync`).
    pub column: &'static str,
    /// The word in role lines (`misp:perm_sync`).
    pub word: &'static str,
}

macro_rules! flags {
    ($($name:ident = $column:literal;)*) => {
        $(
            #[doc = concat!("`", $column, "`.")]
            pub const $name: Flag = Flag { column: $column, word: concat!("misp:", $column) };
        )*
        /// Every flag of a role, in the order of the wire's own answers.
        pub const FLAGS: &[Flag] = &[$($name),*];
    };
}

flags! {
    ADD = "perm_add";
    MODIFY = "perm_modify";
    MODIFY_ORG = "perm_modify_org";
    PUBLISH = "perm_publish";
    DELEGATE = "perm_delegate";
    SYNC = "perm_sync";
    ADMIN = "perm_admin";
    AUDIT = "perm_audit";
    AUTH = "perm_auth";
    SITE_ADMIN = "perm_site_admin";
    REGEXP_ACCESS = "perm_regexp_access";
    TAGGER = "perm_tagger";
    TEMPLATE = "perm_template";
    SHARING_GROUP = "perm_sharing_group";
    TAG_EDITOR = "perm_tag_editor";
    SIGHTING = "perm_sighting";
    OBJECT_TEMPLATE = "perm_object_template";
    PUBLISH_ZMQ = "perm_publish_zmq";
    PUBLISH_KAFKA = "perm_publish_kafka";
    DECAYING = "perm_decaying";
    GALAXY_EDITOR = "perm_galaxy_editor";
    WARNINGLIST = "perm_warninglist";
    VIEW_FEED_CORRELATIONS = "perm_view_feed_correlations";
    ANALYST_DATA = "perm_analyst_data";
    SKIP_OTP = "perm_skip_otp";
}

/// Only site administrators may hand the role out; a line, since granting hangs on it.
pub const RESTRICTED: &str = "misp:restricted_to_site_admin";

/// Everything the platform knows.
const EVERYTHING: &str = "misp:*";

/// What a role lets one do with data; the four flags `perm_add`, `perm_modify`, `perm_modify_org`
/// and `perm_publish` are only ever set together by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// None of the four.
    ReadOnly,
    /// Add, and modify one's own.
    ManageOwn,
    /// The organisation's as well.
    ManageOrg,
    /// And publish.
    Publish,
}

impl Level {
    /// All, by their number on the wire.
    pub const ALL: [Level; 4] = [
        Level::ReadOnly,
        Level::ManageOwn,
        Level::ManageOrg,
        Level::Publish,
    ];

    /// The number on the wire.
    pub const fn number(self) -> &'static str {
        match self {
            Level::ReadOnly => "0",
            Level::ManageOwn => "1",
            Level::ManageOrg => "2",
            Level::Publish => "3",
        }
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Level::ReadOnly => "read_only",
            Level::ManageOwn => "manage_own",
            Level::ManageOrg => "manage_org",
            Level::Publish => "publish",
        }
    }

    /// The level a client means by a number or a name.
    pub fn named(text: &str) -> Option<Level> {
        Level::ALL
            .into_iter()
            .find(|level| level.number() == text || level.name() == text)
    }

    /// The flags it sets; the others of the four are off.
    pub const fn flags(self) -> &'static [Flag] {
        match self {
            Level::ReadOnly => &[],
            Level::ManageOwn => &[ADD, MODIFY],
            Level::ManageOrg => &[ADD, MODIFY, MODIFY_ORG],
            Level::Publish => &[ADD, MODIFY, MODIFY_ORG, PUBLISH],
        }
    }

    /// The level that a role's flags amount to.
    pub fn of(flags: &[Flag]) -> Level {
        if flags.contains(&PUBLISH) {
            Level::Publish
        } else if flags.contains(&MODIFY_ORG) {
            Level::ManageOrg
        } else if flags.contains(&MODIFY) || flags.contains(&ADD) {
            Level::ManageOwn
        } else {
            Level::ReadOnly
        }
    }
}

/// The flags that lines carry. A flag is shown where it stands by name; `misp:*` beside them says
/// that nothing is missing, but shows no flag (the vendor's own admin role lacks `perm_skip_otp`).
pub fn flags_of(lines: &[Line]) -> Vec<Flag> {
    FLAGS
        .iter()
        .copied()
        .filter(|flag| lines.iter().any(|line| line.word == flag.word))
        .collect()
}

/// Whether only site administrators may hand out a role with these lines.
pub fn restricted(lines: &[Line]) -> bool {
    lines.iter().any(|line| line.word == RESTRICTED)
}

/// Whether lines make their holder an administrator of their organisation.
pub fn administers(lines: &[Line]) -> bool {
    lines.iter().any(|line| word_covers(&line.word, ADMIN.word))
}

/// The lines of a role with these flags.
pub fn lines_of(flags: &[Flag], restricted: bool) -> Vec<Line> {
    let site = flags.contains(&SITE_ADMIN);
    let reach = if site {
        Reach::All
    } else {
        Reach::Organisation
    };
    let mut lines: Vec<Line> = flags
        .iter()
        .map(|flag| Line::word(flag.word, reach.clone()))
        .collect();
    if restricted {
        lines.push(Line::word(RESTRICTED, reach));
    }
    if site {
        lines.push(Line::word(EVERYTHING, Reach::All));
        lines.extend(
            Permission::ALL
                .iter()
                .filter(|permission| **permission != Permission::ManageMail)
                .map(|permission| Line::may(*permission, Reach::All)),
        );
        return lines;
    }
    lines.extend([
        Line::may(Permission::ReadUsers, Reach::Own),
        Line::may(Permission::ReadOrganisations, Reach::Subtree),
        Line::may(Permission::ReadRoles, Reach::Subtree),
    ]);
    if flags.contains(&ADMIN) {
        lines.extend(ADMINISTRATION.map(|permission| Line::may(permission, Reach::Organisation)));
    }
    lines
}

/// What `perm_admin` means, in the holder's own organisation.
const ADMINISTRATION: [Permission; 8] = [
    Permission::ReadUsers,
    Permission::CreateUsers,
    Permission::EditUsers,
    Permission::DeleteUsers,
    Permission::ResetCredentials,
    Permission::ManageKeys,
    Permission::GrantRoles,
    Permission::ReadAudit,
];

/// What the directory needs to know of the platform.
pub fn spec() -> PlatformSpec {
    PlatformSpec {
        platform: PLATFORM,
        roles: vec![
            role(1, "admin", "admin", &admin()),
            role(
                2,
                "org_admin",
                "Org Admin",
                &with(&publisher(), &[ADMIN, TEMPLATE, SHARING_GROUP, TAG_EDITOR]),
            ),
            role(3, "user", "User", &user()),
            role(4, "publisher", "Publisher", &publisher()),
            role(
                5,
                "sync_user",
                "Sync user",
                &with(&publisher(), &[SYNC, SHARING_GROUP, TAG_EDITOR]),
            ),
            role(6, "read_only", "Read Only", &[AUDIT, AUTH]),
        ],
        groups: Vec::new(),
        paths: RolePaths::ExactlyOne,
        administrator_lines: Vec::new(),
        owner_role: Some("admin"),
        default_roles: &["user"],
        builtin_roles_editable: true,
        alias: None,
        privileged: &[
            SITE_ADMIN.word,
            ADMIN.word,
            SYNC.word,
            REGEXP_ACCESS.word,
            WARNINGLIST.word,
            // A word that only site administrators grant is not reached by resetting the password of an account that holds it.
            RESTRICTED,
        ],
        // Every role reads organisations and roles.
        everyday: &[Permission::ReadOrganisations, Permission::ReadRoles],
        first_custom_number: 7,
        // Lower, upper, and a digit or something else; or any sixteen characters.
        password_rule: PasswordRule {
            free_from: Some(16),
            lower: true,
            upper: true,
            digit_or_special: true,
            ..PasswordRule::length(12)
        },
    }
}

/// The default role's word, which stays when an administrator chooses another.
fn user() -> Vec<Flag> {
    with(
        Level::ManageOrg.flags(),
        &[
            AUDIT,
            AUTH,
            TAGGER,
            SIGHTING,
            DECAYING,
            GALAXY_EDITOR,
            ANALYST_DATA,
        ],
    )
}

fn publisher() -> Vec<Flag> {
    with(&user(), &[PUBLISH, DELEGATE, PUBLISH_ZMQ, PUBLISH_KAFKA])
}

fn admin() -> Vec<Flag> {
    FLAGS
        .iter()
        .copied()
        .filter(|flag| *flag != SKIP_OTP)
        .collect()
}

fn with(base: &[Flag], more: &[Flag]) -> Vec<Flag> {
    base.iter().chain(more).copied().collect()
}

fn role(number: i64, word: &'static str, name: &'static str, flags: &[Flag]) -> BuiltinRole {
    BuiltinRole {
        number,
        word,
        name,
        description: "",
        lines: lines_of(flags, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every flag is decided on: those over people, other servers and what all organisations see are
    /// privileged, those over data are business.
    #[test]
    fn every_administrative_flag_is_privileged() {
        let privileged = spec().privileged;
        for flag in FLAGS {
            let expected = matches!(
                flag.column,
                "perm_site_admin"
                    | "perm_admin"
                    | "perm_sync"
                    | "perm_regexp_access"
                    | "perm_warninglist"
            );
            assert_eq!(privileged.contains(&flag.word), expected, "{}", flag.column);
        }
        assert!(privileged.contains(&RESTRICTED));
    }

    /// misp.md §5.2: the flags of the built-in roles, role by role.
    #[test]
    fn the_built_in_roles_have_the_vendors_flags() {
        let table = [
            ("perm_add perm_modify perm_modify_org", "111110"),
            (
                "perm_publish perm_publish_zmq perm_publish_kafka perm_delegate",
                "110110",
            ),
            ("perm_sync", "100010"),
            ("perm_admin", "110000"),
            ("perm_audit perm_auth", "111111"),
            (
                "perm_site_admin perm_regexp_access perm_object_template perm_warninglist perm_view_feed_correlations",
                "100000",
            ),
            (
                "perm_tagger perm_sighting perm_decaying perm_galaxy_editor perm_analyst_data",
                "111110",
            ),
            ("perm_template", "110000"),
            ("perm_sharing_group perm_tag_editor", "110010"),
            ("perm_skip_otp", "000000"),
        ];
        let spec = spec();
        let mut info = 0;
        for (columns, roles) in table {
            for column in columns.split(' ') {
                info += 1;
                for (role, expected) in spec.roles.iter().zip(roles.chars()) {
                    let has = flags_of(&role.lines)
                        .iter()
                        .any(|flag| flag.column == column);
                    assert_eq!(has, expected == '1', "{} {column}", role.name);
                }
            }
        }
        assert_eq!(info, FLAGS.len());
    }

    #[test]
    fn levels_read_back() {
        for level in Level::ALL {
            assert_eq!(Level::of(level.flags()), level);
            assert_eq!(Level::named(level.number()), Some(level));
            assert_eq!(Level::named(level.name()), Some(level));
        }
        assert_eq!(Level::named("4"), None);
        let levels: Vec<&str> = spec()
            .roles
            .iter()
            .map(|role| Level::of(&flags_of(&role.lines)).number())
            .collect();
        assert_eq!(levels, ["3", "3", "2", "3", "3", "0"]);
    }

    #[test]
    fn lines_keep_flags_and_the_restriction() {
        for (flags, limited) in [(vec![], false), (vec![SYNC, AUTH], true), (admin(), false)] {
            let lines = lines_of(&flags, limited);
            assert_eq!(flags_of(&lines), flags);
            assert_eq!(restricted(&lines), limited);
        }
        assert!(administers(&lines_of(&[ADMIN], false)));
        assert!(administers(&lines_of(&admin(), false)));
        assert!(!administers(&lines_of(&[SYNC], false)));
    }
}
