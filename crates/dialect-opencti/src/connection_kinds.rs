//! The lists of the graph, by the names of their types.

/// The names of a list's types.
#[derive(Debug, PartialEq, Eq)]
pub struct ConnectionKind {
    /// Of the list.
    pub connection: &'static str,
    /// Of its entries.
    pub edge: &'static str,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {$(
        $(#[$doc])*
        pub static $name: ConnectionKind = ConnectionKind {
            connection: concat!($word, "Connection"),
            edge: concat!($word, "Edge"),
        };
    )*};
}

kinds! {
    /// Users.
    USERS = "User";
    /// Groups.
    GROUPS = "Group";
    /// Roles.
    ROLES = "Role";
    /// Capabilities.
    CAPABILITIES = "Capability";
    /// Identities.
    IDENTITIES = "Identity";
    /// Organisations.
    ORGANIZATIONS = "Organization";
    /// The caller's organisations.
    ME_ORGANIZATIONS = "MeOrganization";
    /// Markings.
    MARKINGS = "MarkingDefinition";
    /// E-mail templates.
    TEMPLATES = "EmailTemplate";
    /// External references, of which there are none.
    REFERENCES = "ExternalReference";
    /// Files, of which there are none.
    FILES = "File";
    /// Sectors, of which there are none.
    SECTORS = "Sector";
    /// Objects of knowledge; organisations are the only ones here.
    DOMAIN_OBJECTS = "StixDomainObject";
    /// Objects that observables are among too.
    CORE_OBJECTS = "StixCoreObject";
    /// People, groups and organisations together.
    MEMBERS = "Member";
    /// Makers of knowledge, of whom there are none.
    CREATORS = "Creator";
    /// People who are assigned to knowledge, of whom there are none.
    ASSIGNEES = "Assignee";
    /// People who take part in knowledge, of whom there are none.
    PARTICIPANTS = "Participant";
}
