//! The catalogue: OpenCTI's built-in roles and groups, and what each capability means in the
//! directory's own vocabulary.

use directory::{
    BuiltinGroup, BuiltinRole, Line, PasswordRule, Permission, Platform, PlatformSpec, Reach,
    RolePaths,
};

use super::capability::{self, CAPABILITIES, Capability};

/// The platform whose roles this dialect speaks of.
pub const PLATFORM: Platform = Platform::new("opencti");

/// What the directory needs to know of the platform.
pub fn spec() -> PlatformSpec {
    PlatformSpec {
        platform: PLATFORM,
        roles: vec![
            role(
                1,
                "default",
                "Default",
                "Default role associated to the default group",
                &DEFAULT,
            ),
            role(
                2,
                "administrator",
                "Administrator",
                "Administrator role that bypass every capabilities",
                &[capability::BYPASS],
            ),
            role(
                3,
                "connector",
                "Connector",
                "Connector role that has the recommended capabilities",
                &CONNECTOR,
            ),
        ],
        groups: vec![
            group(
                "default",
                "Default",
                "Default group associated to all users",
                "default",
                true,
                false,
                (r#"{}"#, &[]),
            ),
            group(
                "administrators",
                "Administrators",
                "Administrator group",
                "administrator",
                false,
                true,
                (r#"{"auto_new_marking":true}"#, MARKED),
            ),
            group(
                "connectors",
                "Connectors",
                "Connector group",
                "connector",
                false,
                false,
                (
                    r#"{"auto_new_marking":true,"auto_integration_assignation":["global"]}"#,
                    INTEGRATED,
                ),
            ),
        ],
        paths: RolePaths::GroupsOnly,
        administrator_lines: organization_admin(),
        owner_role: None,
        default_roles: &[],
        first_custom_number: 100,
        builtin_roles_editable: true,
        alias: Some(super::account_address::standard_id),
        privileged: PRIVILEGED,
        // Organisations are knowledge to the vendor, and every member of the default group reads it.
        everyday: &[Permission::ReadOrganisations],
        // The vendor's policy is off until an administrator sets its figures.
        password_rule: PasswordRule::length(1),
    }
}

/// The capabilities over people and settings, over who sees what, and over what is sent to others and
/// taken from them, as words in role lines.
const PRIVILEGED: &[&str] = &[
    // A role may hold the name alone, and the vendor's rule asks for no more.
    "opencti:BYPASS",
    "opencti:KNOWLEDGE_KNUPDATE_KNORGARESTRICT",
    "opencti:KNOWLEDGE_KNUPDATE_KNMANAGEAUTHMEMBERS",
    "opencti:KNOWLEDGE_KNDISSEMINATION",
    "opencti:EXPLORE_EXUPDATE_PUBLISH",
    "opencti:MODULES_MODMANAGE",
    "opencti:CONNECTORAPI",
    "opencti:TAXIIAPI_SETCOLLECTIONS",
    "opencti:INGESTION_SETINGESTIONS",
    "opencti:AUTOMATION_AUTMANAGE",
    "opencti:SETTINGS_SETPARAMETERS",
    "opencti:SETTINGS_SETACCESSES",
    "opencti:SETTINGS_SETAUTH",
    "opencti:SETTINGS_SETMARKINGS",
    "opencti:SETTINGS_SETDISSEMINATION",
    "opencti:SETTINGS_SETCUSTOMIZATION",
    "opencti:SETTINGS_SETMANAGEXTMHUB",
    "opencti:SETTINGS_SECURITYACTIVITY",
    "opencti:SETTINGS_FILEINDEXING",
    "opencti:SETTINGS_SUPPORT",
    "opencti:VIRTUAL_ORGANIZATION_ADMIN",
];

type Terms = &'static [(&'static str, &'static str)];

/// The terms of a group that may see markings made later.
const MARKED: Terms = &[("auto_new_marking", "true")];

/// The terms of such a group that integrations are given too.
const INTEGRATED: Terms = &[
    ("auto_new_marking", "true"),
    ("auto_integration_assignation", "global"),
];

const DEFAULT: [&str; 2] = ["KNOWLEDGE", capability::USE_TOKEN];

const CONNECTOR: [&str; 13] = [
    "KNOWLEDGE_KNUPDATE",
    "KNOWLEDGE_KNUPLOAD",
    "KNOWLEDGE_KNASKIMPORT",
    "KNOWLEDGE_KNGETEXPORT_KNASKEXPORT",
    "KNOWLEDGE_KNENRICHMENT",
    "CONNECTORAPI",
    "MODULES_MODMANAGE",
    "TAXIIAPI",
    "SETTINGS_SETMARKINGS",
    "SETTINGS_SETLABELS",
    "SETTINGS_SETVOCABULARIES",
    "SETTINGS_SETKILLCHAINPHASES",
    capability::USE_TOKEN,
];

fn role(
    number: i64,
    word: &'static str,
    name: &'static str,
    description: &'static str,
    capabilities: &[&str],
) -> BuiltinRole {
    let held = capabilities
        .iter()
        .filter_map(|name| Capability::named(name));
    BuiltinRole {
        number,
        word,
        name,
        description,
        lines: lines(held),
    }
}

fn group(
    word: &'static str,
    name: &'static str,
    description: &'static str,
    role: &'static str,
    newcomers: bool,
    owners: bool,
    (document, terms): (&'static str, Terms),
) -> BuiltinGroup {
    let roles: &'static [&'static str] = match role {
        "default" => &["default"],
        "administrator" => &["administrator"],
        _ => &["connector"],
    };
    BuiltinGroup {
        word,
        name,
        slug: word,
        description,
        roles,
        newcomers,
        everywhere: false,
        owners,
        document: Some(document),
        terms,
    }
}

/// The word of a capability in a role's lines.
pub fn word(capability: &str) -> String {
    format!("{PLATFORM}:{capability}")
}

/// The capabilities that a role's lines hold, implied ones among them.
pub fn held(lines: &[Line]) -> Vec<&'static Capability> {
    let everything = lines
        .iter()
        .any(|line| directory::word_covers(&line.word, &word("*")));
    CAPABILITIES
        .iter()
        .filter(|capability| {
            if everything {
                return capability.name == capability::BYPASS;
            }
            let word = word(capability.name);
            lines.iter().any(|line| line.word == word)
        })
        .collect()
}

/// The lines of a role that has these capabilities: the closure of their names, so that a plain
/// comparison of words answers the vendor's substring rule, and what they mean here.
pub fn lines<'c>(capabilities: impl IntoIterator<Item = &'c Capability>) -> Vec<Line> {
    let mut words: Vec<String> = Vec::new();
    let mut add = |word: String| {
        if !words.contains(&word) {
            words.push(word);
        }
    };
    for capability in capabilities {
        if capability.name == capability::BYPASS {
            add(word("*"));
            for permission in Permission::ALL {
                if bypassed(*permission) {
                    add(permission.word().to_owned());
                }
            }
        }
        for implied in capability.closure() {
            add(word(implied.name));
            for permission in meaning(implied.name) {
                add(permission.word().to_owned());
            }
        }
    }
    words
        .into_iter()
        .map(|word| Line::word(word, Reach::Subtree))
        .collect()
}

/// Whether bypassing all capabilities brings a permission. Where secrets are mailed is the owner's alone.
fn bypassed(permission: Permission) -> bool {
    !matches!(permission, Permission::SignedIn | Permission::ManageMail)
}

/// What a capability lets do here; those about intelligence mean nothing to a directory of people.
fn meaning(capability: &str) -> &'static [Permission] {
    use Permission as P;
    match capability {
        "SETTINGS_SETACCESSES" => &[
            P::ReadUsers,
            P::CreateUsers,
            P::EditUsers,
            P::DeleteUsers,
            P::ResetCredentials,
            P::ManageSessions,
            P::ManageKeys,
            P::ReadOrganisations,
            P::ManageMemberships,
            P::ReadGroups,
            P::ManageGroups,
            P::ManageMembers,
            P::ReadRoles,
            P::ManageRoles,
            P::GrantRoles,
            P::ManageRecords,
            P::ReadSettings,
            P::ManageSettings,
        ],
        "SETTINGS_SETPARAMETERS" => &[P::ReadSettings, P::ManageSettings],
        "SETTINGS_SECURITYACTIVITY" => &[P::ReadGroups, P::ReadOrganisations, P::ReadAudit],
        "KNOWLEDGE" => &[P::ReadOrganisations],
        // Organisations are knowledge to the vendor: whoever may write it may make them.
        "KNOWLEDGE_KNUPDATE" => &[P::ManageOrganisations],
        _ => &[],
    }
}

/// What administering an organisation brings: its people, and nobody else's.
fn organization_admin() -> Vec<Line> {
    use Permission as P;
    let mut lines = vec![Line::word(
        word(capability::ORGANIZATION_ADMIN),
        Reach::Organisation,
    )];
    for permission in [
        P::ReadUsers,
        P::CreateUsers,
        P::EditUsers,
        P::DeleteUsers,
        P::ResetCredentials,
        P::ReadOrganisations,
        P::ManageMemberships,
        P::ReadGroups,
        P::ManageMembers,
        // The e-mail templates of the organisation.
        P::ManageRecords,
    ] {
        lines.push(Line::may(permission, Reach::Organisation));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(capabilities: &[&str]) -> Vec<String> {
        let held = capabilities
            .iter()
            .map(|name| Capability::named(name).unwrap());
        lines(held).into_iter().map(|line| line.word).collect()
    }

    /// Every capability is decided on: privileged are those over people, settings and who sees what, and
    /// those that send to others or take from them. Reading, writing and deleting knowledge, and the
    /// vocabulary it is written in, are business.
    #[test]
    fn every_administrative_capability_is_privileged() {
        let business = [
            "KNOWLEDGE",
            "KNOWLEDGE_KNPARTICIPATE",
            "KNOWLEDGE_KNFRONTENDEXPORT",
            "KNOWLEDGE_KNSHAREFILTERS",
            "KNOWLEDGE_KNUPDATE",
            "KNOWLEDGE_KNUPDATE_KNDELETE",
            "KNOWLEDGE_KNUPDATE_KNMERGE",
            "KNOWLEDGE_KNUPDATE_KNBYPASSREFERENCE",
            "KNOWLEDGE_KNUPDATE_KNBYPASSFIELDS",
            "KNOWLEDGE_KNUPLOAD",
            "KNOWLEDGE_KNASKIMPORT",
            "KNOWLEDGE_KNGETEXPORT",
            "KNOWLEDGE_KNGETEXPORT_KNASKEXPORT",
            "KNOWLEDGE_KNENRICHMENT",
            "EXPLORE",
            "EXPLORE_EXUPDATE",
            "EXPLORE_EXUPDATE_EXDELETE",
            "INVESTIGATION",
            "INVESTIGATION_INUPDATE",
            "INVESTIGATION_INUPDATE_INDELETE",
            "MODULES",
            "TAXIIAPI",
            "INGESTION",
            "CSVMAPPERS",
            "AUTOMATION",
            "PIRAPI",
            "PIRAPI_PIRUPDATE",
            // Opens the menu, and nothing in it.
            "SETTINGS",
            "SETTINGS_SETLABELS",
            "SETTINGS_SETVOCABULARIES",
            "SETTINGS_SETCASETEMPLATES",
            "SETTINGS_SETSTATUSTEMPLATES",
            "SETTINGS_SETKILLCHAINPHASES",
            // How a program signs in, not what it may do.
            "APIACCESS",
            "APIACCESS_USETOKEN",
            "APIACCESS_USEBASICAUTH",
        ];
        let all = CAPABILITIES
            .iter()
            .chain([&capability::VIRTUAL_ORGANIZATION_ADMIN]);
        let expected: Vec<String> = all
            .filter(|capability| !business.contains(&capability.name))
            .map(|capability| word(capability.name))
            .collect();
        assert_eq!(spec().privileged, expected);
        assert_eq!(business.len() + expected.len(), CAPABILITIES.len() + 1);
        // A capability that maps to a permission of the directory counts as that permission.
        for capability in CAPABILITIES {
            let administers = meaning(capability.name)
                .iter()
                .any(|permission| permission.administrative());
            let organisations = capability.name == capability::UPDATE_KNOWLEDGE;
            assert!(
                !administers || organisations || !business.contains(&capability.name),
                "{}",
                capability.name
            );
        }
    }

    #[test]
    fn lines_hold_the_closure_and_the_meaning() {
        assert_eq!(
            words(&["KNOWLEDGE"]),
            ["opencti:KNOWLEDGE", "organisations.read"]
        );
        assert_eq!(
            words(&["EXPLORE_EXUPDATE"]),
            ["opencti:EXPLORE", "opencti:EXPLORE_EXUPDATE"]
        );
        let accesses = words(&["SETTINGS_SETACCESSES"]);
        assert!(accesses.contains(&"opencti:SETTINGS".to_owned()));
        assert!(accesses.contains(&"users.edit".to_owned()));
        assert!(!accesses.contains(&"organisations.manage".to_owned()));
        assert!(!accesses.contains(&"opencti:*".to_owned()));
        let bypass = words(&["BYPASS"]);
        for permission in Permission::ALL {
            assert_eq!(
                bypass.contains(&permission.word().to_owned()),
                bypassed(*permission)
            );
        }
        assert!(bypass.contains(&"opencti:*".to_owned()));
    }

    #[test]
    fn capabilities_are_read_back_from_lines() {
        let names = |capabilities: &[&str]| -> Vec<&str> {
            let held = capabilities
                .iter()
                .map(|name| Capability::named(name).unwrap());
            super::held(&lines(held))
                .into_iter()
                .map(|capability| capability.name)
                .collect()
        };
        assert_eq!(names(&["BYPASS"]), ["BYPASS"]);
        assert_eq!(names(&["BYPASS", "KNOWLEDGE"]), ["BYPASS"]);
        assert_eq!(
            names(&["KNOWLEDGE_KNUPDATE"]),
            ["KNOWLEDGE", "KNOWLEDGE_KNUPDATE"]
        );
        assert_eq!(names(&[]), [""; 0]);
    }

    #[test]
    fn built_in_groups_have_the_terms_of_their_documents() {
        use crate::documents::{Document, GroupDocument};
        for group in spec().groups {
            let document = serde_json::from_str(group.document.unwrap()).unwrap();
            let written: Vec<(&str, &str)> = group.terms.to_vec();
            let terms = GroupDocument::read(Some(&document)).terms();
            let terms: Vec<_> = terms
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            assert_eq!(written, terms, "{}", group.word);
        }
    }

    #[test]
    fn every_built_in_role_may_use_tokens() {
        for role in spec().roles {
            let token = word(capability::USE_TOKEN);
            assert!(
                role.lines
                    .iter()
                    .any(|line| directory::word_covers(&line.word, &token)),
                "{}",
                role.word
            );
        }
    }
}
