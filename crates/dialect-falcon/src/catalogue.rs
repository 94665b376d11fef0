//! The catalogue: the vendor's built-in roles, and what each means in the directory's own vocabulary
//! (falcon.md §8).

use directory::{
    BuiltinRole, Line, PasswordRule, Permission, Platform, PlatformSpec, Reach, RolePaths,
};

/// The platform whose roles this dialect speaks of.
pub const PLATFORM: Platform = Platform::new("falcon");

/// The role that administrators hold.
pub const ADMINISTRATOR: &str = "falconhost_admin";

/// Every word of this platform.
const EVERYTHING: &str = "falcon:*";

/// What a role of the vendor may do in the directory. What it may do in the vendor's products is an
/// opaque word, so that nobody grants a role without holding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// Everything.
    Everything,
    /// Sees users, their roles, groups and customers.
    Reads,
    /// Sees the same, and resets passwords and second factors.
    Helps,
    /// Nothing beyond the holder's own account.
    Own,
}

use Means::{Everything, Helps, Own, Reads};

/// Word, name and meaning of each built-in role. Their numbers are their places here, so new ones are
/// only ever appended.
///
/// Quirk: the ids are the vendor's; the administrator's is `falconhost_admin` and there is no
/// `falcon_administrator` (falcon.md §8).
const ROLES: &[(&str, &str, &str, Means)] = &[
    (
        ADMINISTRATOR,
        "Falcon Administrator",
        "Manages users, roles, customers and everything else.",
        Everything,
    ),
    (
        "falconhost_analyst",
        "Falcon Analyst",
        "Works with detections and sees users.",
        Reads,
    ),
    (
        "falconhost_read_only",
        "Falcon Analyst - Read Only",
        "Sees everything and changes nothing.",
        Reads,
    ),
    (
        "falconhost_investigator",
        "Falcon Investigator",
        "Investigates events and sees users.",
        Reads,
    ),
    (
        "security_lead",
        "Falcon Security Lead",
        "Leads a security team and sees its users.",
        Reads,
    ),
    (
        "falcon_console_guest",
        "Falcon Console Guest",
        "Signs in and sees nothing of others.",
        Own,
    ),
    ("event_viewer", "Event Viewer", "Can view events.", Own),
    (
        "help_desk",
        "Help Desk Analyst",
        "Resets passwords and second factors of ordinary users.",
        Helps,
    ),
    (
        "desktop_support",
        "Desktop Support Analyst",
        "Supports hosts.",
        Own,
    ),
    (
        "dashboard_admin",
        "Dashboard Admin",
        "Manages dashboards.",
        Own,
    ),
    (
        "endpoint_manager",
        "Endpoint Manager",
        "Manages hosts and their groups.",
        Own,
    ),
    (
        "device_control_manager",
        "Device Control Manager",
        "Manages device control policies.",
        Own,
    ),
    (
        "firewall_manager",
        "Firewall Manager",
        "Manages firewall policies.",
        Own,
    ),
    (
        "fim_manager",
        "File Integrity Monitoring Manager",
        "Manages file integrity policies.",
        Own,
    ),
    (
        "prevention_hashes_manager",
        "Prevention Hashes Manager",
        "Manages allowed and blocked hashes.",
        Own,
    ),
    (
        "prevention_policy_manager",
        "Prevention Policy Manager",
        "Manages prevention policies.",
        Own,
    ),
    (
        "quarantine_manager",
        "Quarantine Manager",
        "Manages quarantined files.",
        Own,
    ),
    (
        "custom_ioas_manager",
        "Custom IOAs Manager",
        "Manages custom indicators of attack.",
        Own,
    ),
    (
        "remediation_manager",
        "Remediation Manager",
        "Manages remediations.",
        Own,
    ),
    (
        "mobile_admin",
        "Mobile Admin",
        "Manages mobile devices.",
        Own,
    ),
    (
        "remote_responder_one",
        "Real Time Responder - Read Only Analyst",
        "Looks into hosts remotely.",
        Own,
    ),
    (
        "remote_responder",
        "Real Time Responder - Active Responder",
        "Acts on hosts remotely.",
        Own,
    ),
    (
        "remote_responder_three",
        "Real Time Responder - Administrator",
        "Runs anything on hosts remotely.",
        Own,
    ),
    (
        "response_workflow_author",
        "Workflow Author",
        "Writes response workflows.",
        Own,
    ),
    (
        "scheduled_report_admin",
        "Scheduled Report Admin",
        "Manages scheduled reports.",
        Own,
    ),
    (
        "scheduled_report_analyst",
        "Scheduled Report Analyst",
        "Reads scheduled reports.",
        Own,
    ),
    ("intel_admin", "Intel Admin", "Manages intelligence.", Own),
    (
        "intel_all_analyst",
        "Intel All Analyst",
        "Reads all intelligence.",
        Own,
    ),
    (
        "intel_basic_analyst",
        "Intel Basic Analyst",
        "Reads basic intelligence.",
        Own,
    ),
    (
        "intel_ecrime_analyst",
        "Intel eCrime Analyst",
        "Reads intelligence on crime.",
        Own,
    ),
    (
        "intel_targeted_analyst",
        "Intel Targeted Analyst",
        "Reads intelligence on targeted attacks.",
        Own,
    ),
    (
        "intel_malware_submitter",
        "Intel Malware Submitter",
        "Submits malware to intelligence.",
        Own,
    ),
    (
        "samplestore_sample_submitter",
        "Samplestore Sample Submitter",
        "Submits samples.",
        Own,
    ),
    (
        "overwatch_malware_submitter",
        "Overwatch Malware Submitter",
        "Submits malware to threat hunters.",
        Own,
    ),
    (
        "horizon_admin",
        "Horizon Admin",
        "Manages cloud security.",
        Own,
    ),
    (
        "horizon_analyst",
        "Horizon Analyst",
        "Works with cloud security.",
        Own,
    ),
    (
        "horizon_read_only_analyst",
        "Horizon Read Only Analyst",
        "Reads cloud security.",
        Own,
    ),
    (
        "image_admin",
        "Image Admin",
        "Manages container images.",
        Own,
    ),
    (
        "image_viewer",
        "Image Viewer",
        "Reads container images.",
        Own,
    ),
    (
        "kubernetes_protection_admin",
        "Kubernetes Protection Admin",
        "Manages the protection of clusters.",
        Own,
    ),
    (
        "kubernetes_protection_analyst",
        "Kubernetes Protection Analyst",
        "Works with the protection of clusters.",
        Own,
    ),
    (
        "kubernetes_protection_read_only_analyst",
        "Kubernetes Protection Read Only Analyst",
        "Reads the protection of clusters.",
        Own,
    ),
    (
        "identity_protection_admin",
        "Identity Protection Admin",
        "Manages identity protection.",
        Own,
    ),
    (
        "idp_domain_admin_manager",
        "IDP Domain Admin Manager",
        "Manages domains of identity protection.",
        Own,
    ),
    (
        "discover_analyst",
        "Discover Analyst",
        "Works with the inventory.",
        Own,
    ),
    (
        "vulnerability_manager",
        "Vulnerability Manager",
        "Manages vulnerabilities.",
        Own,
    ),
    (
        "binarly_admin",
        "Binarly Admin",
        "Manages firmware analysis.",
        Own,
    ),
    (
        "binarly_user",
        "Binarly User",
        "Uses firmware analysis.",
        Own,
    ),
];

/// The roles that administer something: people, what guards every host of a customer, or others' machines
/// themselves. Taking over an account that has one takes the role. Analysts' and viewers' roles are business,
/// so that a help desk works for them.
const PRIVILEGED: &[&str] = &[
    "falcon:falconhost_admin",
    "falcon:help_desk",
    "falcon:dashboard_admin",
    "falcon:endpoint_manager",
    "falcon:device_control_manager",
    "falcon:firewall_manager",
    "falcon:fim_manager",
    "falcon:prevention_hashes_manager",
    "falcon:prevention_policy_manager",
    "falcon:quarantine_manager",
    "falcon:custom_ioas_manager",
    "falcon:remediation_manager",
    "falcon:mobile_admin",
    "falcon:remote_responder_one",
    "falcon:remote_responder",
    "falcon:remote_responder_three",
    "falcon:response_workflow_author",
    "falcon:scheduled_report_admin",
    "falcon:intel_admin",
    "falcon:horizon_admin",
    "falcon:image_admin",
    "falcon:kubernetes_protection_admin",
    "falcon:identity_protection_admin",
    "falcon:idp_domain_admin_manager",
    "falcon:vulnerability_manager",
    "falcon:binarly_admin",
];

/// What seeing users means.
const READING: [Permission; 4] = [
    Permission::ReadUsers,
    Permission::ReadOrganisations,
    Permission::ReadGroups,
    Permission::ReadRoles,
];

/// The word in a role's lines that stands for the role itself.
fn word_of(role: &str) -> String {
    format!("falcon:{role}")
}

fn lines(role: &str, means: Means) -> Vec<Line> {
    let own = match means {
        Everything => EVERYTHING.to_owned(),
        Reads | Helps | Own => word_of(role),
    };
    let mut lines = vec![Line::word(own, Reach::Subtree)];
    let may = |permission: &Permission| Line::may(*permission, Reach::Subtree);
    match means {
        Everything => lines.extend(
            Permission::ALL
                .iter()
                .filter(|permission| **permission != Permission::SignedIn)
                .map(may),
        ),
        Reads => lines.extend(READING.iter().map(may)),
        Helps => {
            lines.extend(READING.iter().map(may));
            lines.push(may(&Permission::ResetCredentials));
        }
        Own => lines.push(Line::may(Permission::ReadUsers, Reach::Own)),
    }
    lines
}

/// Whether any of these words lets their holder into the dialect: a role of the platform, or one of
/// the directory's own that sees customers (falcon.md §2: without any, no token).
pub fn lets_in(words: &[&str]) -> bool {
    let reads = Permission::ReadOrganisations.word();
    words
        .iter()
        .any(|word| *word == "*" || *word == reads || word.starts_with("falcon:"))
}

/// What the directory needs to know of the platform.
pub fn spec() -> PlatformSpec {
    PlatformSpec {
        platform: PLATFORM,
        roles: (1..)
            .zip(ROLES)
            .map(|(number, (word, name, description, means))| BuiltinRole {
                number,
                word,
                name,
                description,
                lines: lines(word, *means),
            })
            .collect(),
        groups: Vec::new(),
        paths: RolePaths::Either,
        administrator_lines: Vec::new(),
        owner_role: Some(ADMINISTRATOR),
        default_roles: &[],
        first_custom_number: 1_000,
        builtin_roles_editable: false,
        alias: None,
        privileged: PRIVILEGED,
        everyday: &[],
        // Quirk: twelve characters with each kind, the special ones being ``#?!@$ %^&*-`` (falcon.md §6).
        password_rule: PasswordRule {
            lower: true,
            upper: true,
            digit: true,
            special: true,
            ..PasswordRule::length(12)
        },
    }
}

#[cfg(test)]
mod tests;
