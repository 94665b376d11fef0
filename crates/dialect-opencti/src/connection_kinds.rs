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
}
