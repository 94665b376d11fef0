//! Capabilities: what OpenCTI's roles are made of, and the vendor's rule for asking about them.

/// A capability of the vendor's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// The name, which also says what it continues.
    pub name: &'static str,
    /// Its place in the list; the vendor numbers most of them.
    pub order: u32,
    /// What it allows.
    pub description: &'static str,
}

/// Grants everything, and is granted by nothing else.
pub const BYPASS: &str = "BYPASS";
/// Managing users, groups and roles.
pub const SET_ACCESSES: &str = "SETTINGS_SETACCESSES";
/// Reading the trail of activity, and the people in it.
pub const SECURITY_ACTIVITY: &str = "SETTINGS_SECURITYACTIVITY";
/// Changing the platform's settings.
pub const SET_PARAMETERS: &str = "SETTINGS_SETPARAMETERS";
/// Reading knowledge, organisations among it.
pub const KNOWLEDGE: &str = "KNOWLEDGE";
/// Writing knowledge.
pub const UPDATE_KNOWLEDGE: &str = "KNOWLEDGE_KNUPDATE";
/// Deleting knowledge.
pub const DELETE_KNOWLEDGE: &str = "KNOWLEDGE_KNUPDATE_KNDELETE";
/// Using an API token.
pub const USE_TOKEN: &str = "APIACCESS_USETOKEN";
/// Computed, never in a role: the caller administers an organisation.
pub const ORGANIZATION_ADMIN: &str = "VIRTUAL_ORGANIZATION_ADMIN";

/// Choosing among people, groups and organisations: what the vendor asks for its list of members.
pub const CHOOSE_MEMBERS: &[&str] = &[
    "KNOWLEDGE_KNUPDATE",
    "EXPLORE_EXUPDATE",
    "CONNECTORAPI",
    SET_ACCESSES,
    SECURITY_ACTIVITY,
    "SETTINGS_SETCUSTOMIZATION",
    "SETTINGS_SETMANAGEMENT",
    "INGESTION_SETINGESTIONS",
];

const fn entry(order: u32, name: &'static str, description: &'static str) -> Capability {
    Capability {
        name,
        order,
        description,
    }
}

/// The capability of an organisation's administrator. It is computed, so no role holds it and no
/// list shows it.
pub static VIRTUAL_ORGANIZATION_ADMIN: Capability = entry(
    0,
    ORGANIZATION_ADMIN,
    "Manage the people of one's organisations",
);

/// All of them, in the vendor's order (opencti.md §7).
pub const CAPABILITIES: &[Capability] = &[
    entry(1, "BYPASS", "Bypass all capabilities"),
    entry(100, "KNOWLEDGE", "Access knowledge"),
    entry(
        150,
        "KNOWLEDGE_KNPARTICIPATE",
        "Access to collaborative creation",
    ),
    entry(
        160,
        "KNOWLEDGE_KNFRONTENDEXPORT",
        "Generate exports in the interface",
    ),
    entry(170, "KNOWLEDGE_KNSHAREFILTERS", "Share saved filters"),
    entry(200, "KNOWLEDGE_KNUPDATE", "Create and update knowledge"),
    entry(
        290,
        "KNOWLEDGE_KNUPDATE_KNORGARESTRICT",
        "Restrict organisation access",
    ),
    entry(300, "KNOWLEDGE_KNUPDATE_KNDELETE", "Delete knowledge"),
    entry(305, "KNOWLEDGE_KNUPDATE_KNMERGE", "Merge knowledge"),
    entry(
        310,
        "KNOWLEDGE_KNUPDATE_KNMANAGEAUTHMEMBERS",
        "Manage authorized members",
    ),
    entry(
        320,
        "KNOWLEDGE_KNUPDATE_KNBYPASSREFERENCE",
        "Bypass enforced references",
    ),
    entry(
        330,
        "KNOWLEDGE_KNUPDATE_KNBYPASSFIELDS",
        "Bypass mandatory fields",
    ),
    entry(400, "KNOWLEDGE_KNUPLOAD", "Upload knowledge files"),
    entry(500, "KNOWLEDGE_KNASKIMPORT", "Import knowledge"),
    entry(700, "KNOWLEDGE_KNGETEXPORT", "Download knowledge exports"),
    entry(
        710,
        "KNOWLEDGE_KNGETEXPORT_KNASKEXPORT",
        "Generate knowledge exports",
    ),
    entry(
        800,
        "KNOWLEDGE_KNENRICHMENT",
        "Ask for knowledge enrichment",
    ),
    entry(
        900,
        "KNOWLEDGE_KNDISSEMINATION",
        "Disseminate files by e-mail",
    ),
    entry(1000, "EXPLORE", "Access dashboards"),
    entry(1100, "EXPLORE_EXUPDATE", "Create and update dashboards"),
    entry(1200, "EXPLORE_EXUPDATE_EXDELETE", "Delete dashboards"),
    entry(1300, "EXPLORE_EXUPDATE_PUBLISH", "Manage public dashboards"),
    entry(1400, "INVESTIGATION", "Access investigations"),
    entry(
        1410,
        "INVESTIGATION_INUPDATE",
        "Create and update investigations",
    ),
    entry(
        1420,
        "INVESTIGATION_INUPDATE_INDELETE",
        "Delete investigations",
    ),
    entry(2000, "MODULES", "Access connectors"),
    entry(2100, "MODULES_MODMANAGE", "Manage connector state"),
    entry(
        2300,
        "CONNECTORAPI",
        "Use the connectors' interface: register, ping, export, push",
    ),
    entry(2500, "TAXIIAPI", "Access data sharing"),
    entry(2510, "TAXIIAPI_SETCOLLECTIONS", "Manage data sharing"),
    entry(2600, "INGESTION", "Access ingestion"),
    entry(2610, "INGESTION_SETINGESTIONS", "Manage ingestion"),
    entry(2700, "CSVMAPPERS", "Manage CSV mappers"),
    entry(2800, "AUTOMATION", "Access automation"),
    entry(2850, "AUTOMATION_AUTMANAGE", "Manage automation"),
    entry(2900, "PIRAPI", "Access priority intelligence requirements"),
    entry(
        2950,
        "PIRAPI_PIRUPDATE",
        "Create and update priority intelligence requirements",
    ),
    entry(3000, "SETTINGS", "Access administration"),
    entry(3100, "SETTINGS_SETPARAMETERS", "Manage parameters"),
    entry(3200, "SETTINGS_SETACCESSES", "Manage credentials"),
    entry(3250, "SETTINGS_SETAUTH", "Manage authentication"),
    entry(3300, "SETTINGS_SETMARKINGS", "Manage marking definitions"),
    entry(
        3320,
        "SETTINGS_SETDISSEMINATION",
        "Manage dissemination lists",
    ),
    entry(3350, "SETTINGS_SETCUSTOMIZATION", "Manage customization"),
    entry(3400, "SETTINGS_SETLABELS", "Manage labels"),
    entry(3410, "SETTINGS_SETVOCABULARIES", "Manage vocabularies"),
    entry(3420, "SETTINGS_SETCASETEMPLATES", "Manage case templates"),
    entry(
        3430,
        "SETTINGS_SETSTATUSTEMPLATES",
        "Manage status templates",
    ),
    entry(
        3440,
        "SETTINGS_SETKILLCHAINPHASES",
        "Manage kill chain phases",
    ),
    entry(
        3450,
        "SETTINGS_SETMANAGEXTMHUB",
        "Manage the link to the hub",
    ),
    entry(
        3500,
        "SETTINGS_SECURITYACTIVITY",
        "Access security activity",
    ),
    entry(3600, "SETTINGS_FILEINDEXING", "Manage file indexing"),
    entry(3700, "SETTINGS_SUPPORT", "Access support data"),
    entry(3800, "APIACCESS", "Access the interface for programs"),
    entry(3810, "APIACCESS_USETOKEN", "Use API tokens"),
    entry(3820, "APIACCESS_USEBASICAUTH", "Use basic authentication"),
];

impl Capability {
    /// The capability of this name.
    pub fn named(name: &str) -> Option<&'static Capability> {
        CAPABILITIES
            .iter()
            .find(|capability| capability.name == name)
    }

    /// Whether holding this one answers a demand for `wanted`.
    ///
    /// Quirk: the vendor asks whether a held name *contains* the wanted one, so the longer name
    /// gives the shorter; `BYPASS` is never granted that way (opencti.md §3).
    pub fn grants(&self, wanted: &str) -> bool {
        self.name == BYPASS || (wanted != BYPASS && self.name.contains(wanted))
    }

    /// The names this one gives beside itself, for the closure that a role stores.
    pub fn closure(&self) -> impl Iterator<Item = &'static Capability> {
        let name = self.name;
        CAPABILITIES.iter().filter(move |other| {
            other.name != BYPASS && name.contains(other.name) || other.name == name
        })
    }
}

/// The capabilities that none of the others implies: what a role shows when nobody wrote down
/// which ones were chosen.
pub fn chosen<'n>(held: &[&'n str]) -> Vec<&'n str> {
    held.iter()
        .copied()
        .filter(|name| {
            !held
                .iter()
                .any(|other| other != name && other.contains(name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_vendors() {
        assert_eq!(CAPABILITIES.len(), 56);
        assert!(CAPABILITIES.is_sorted_by_key(|capability| capability.order));
        for capability in CAPABILITIES {
            let (family, rest) = capability
                .name
                .split_once('_')
                .unwrap_or((capability.name, ""));
            assert!(Capability::named(family).is_some(), "{family}");
            assert_eq!(rest.is_empty(), family == capability.name);
        }
    }

    #[test]
    fn the_longer_name_gives_the_shorter() {
        for (held, wanted, expected) in [
            ("KNOWLEDGE_KNUPDATE", "KNOWLEDGE", true),
            ("KNOWLEDGE_KNUPDATE_KNDELETE", "KNOWLEDGE_KNUPDATE", true),
            ("KNOWLEDGE", "KNOWLEDGE_KNUPDATE", false),
            ("KNOWLEDGE", "KNOWLEDGE", true),
            ("SETTINGS_SETACCESSES", "SETTINGS", true),
            ("SETTINGS", "SETTINGS_SETACCESSES", false),
            ("BYPASS", "SETTINGS_SETACCESSES", true),
            ("BYPASS", "BYPASS", true),
            ("KNOWLEDGE_KNUPDATE_KNBYPASSREFERENCE", "BYPASS", false),
            ("KNOWLEDGE_KNUPDATE_KNBYPASSREFERENCE", "KNOWLEDGE", true),
        ] {
            let held = Capability::named(held).unwrap();
            assert_eq!(held.grants(wanted), expected, "{} {wanted}", held.name);
        }
    }

    #[test]
    fn closures_hold_what_is_implied_and_no_bypass() {
        let names = |name: &str| -> Vec<&str> {
            let capability = Capability::named(name).unwrap();
            capability.closure().map(|other| other.name).collect()
        };
        assert_eq!(
            names("KNOWLEDGE_KNUPDATE_KNBYPASSFIELDS"),
            [
                "KNOWLEDGE",
                "KNOWLEDGE_KNUPDATE",
                "KNOWLEDGE_KNUPDATE_KNBYPASSFIELDS"
            ]
        );
        assert_eq!(names("BYPASS"), ["BYPASS"]);
        assert_eq!(names("SETTINGS"), ["SETTINGS"]);
        assert_eq!(
            chosen(&["KNOWLEDGE", "KNOWLEDGE_KNUPDATE", "EXPLORE"]),
            ["KNOWLEDGE_KNUPDATE", "EXPLORE"]
        );
    }
}
