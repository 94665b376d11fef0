//! Which fields of a user are asked for.
//!
//! OpenCTI's schema moves with every release, and a field that a server does not know fails the whole request. So the fields
//! outside [`CORE`] are given up one by one as a server turns out not to know them.

use std::collections::BTreeSet;

/// The fields without which the client makes no sense.
const CORE: &str = "id user_email name account_status \
    groups { edges { node { id name } } } objectOrganization { edges { node { id name } } }";

/// All fields that the vendor's own client asks for.
const FULL: &str = "id standard_id individual_id user_email firstname lastname name description language \
    theme unit_system external restrict_delete account_status account_lock_after_date entity_type \
    parent_types created_at updated_at submenu_show_icons submenu_auto_collapse monochrome_labels \
    roles { id name description capabilities { id name } capabilitiesInDraft { id name } } \
    groups { edges { node { id name description } } } \
    objectOrganization { edges { node { id is_inferred name description } } } \
    administrated_organizations { id name description } \
    user_confidence_level { max_confidence overrides { entity_type max_confidence } } \
    effective_confidence_level { max_confidence source { type object { ... on Group { id name } } } \
    overrides { entity_type max_confidence source { type object { ... on Group { id name } } } } }";

/// The fields of the one who asks. Quirk: the vendor's client asks for `created_at` and `updated_at` too, which the
/// type has in no release (docs/wire/opencti.md §3).
const ME: &str = "id individual_id user_email firstname lastname name description theme language \
    unit_system submenu_show_icons submenu_auto_collapse entity_type parent_types \
    objectOrganization { edges { node { id name } } } administrated_organizations { id name } \
    capabilities { id name description } capabilitiesInDraft { id name description } \
    groups { edges { node { id name description } } } \
    effective_confidence_level { max_confidence source { type object { ... on Group { id name } } } \
    overrides { entity_type max_confidence source { type object { ... on Group { id name } } } } }";

const TOKENS: &str = " api_tokens { id name }";
const SESSIONS: &str = " sessions { id created ttl originalMaxAge }";

/// Fields that are never given up.
const KEPT: &[&str] = &[
    "id",
    "user_email",
    "name",
    "account_status",
    "groups",
    "objectOrganization",
    "edges",
    "node",
    // Asked for by name only: an empty list in their place would read as "there are none".
    "api_tokens",
    "sessions",
];

/// Which fields of users an answer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    fields: String,
    /// A selection written by hand is sent unchanged, and fails if the server does not know a field of it.
    fixed: bool,
}

impl Selection {
    /// All that the vendor's own client asks for. Fields that a server does not know are given up, with a warning.
    pub fn full() -> Self {
        Self {
            fields: FULL.to_owned(),
            fixed: false,
        }
    }

    /// Id, address, name, status, groups and organizations.
    pub fn core() -> Self {
        Self {
            fields: CORE.to_owned(),
            fixed: false,
        }
    }

    /// All that the one who asks has, for [`me`](super::OpenCti::me).
    pub fn me() -> Self {
        Self {
            fields: ME.to_owned(),
            fixed: false,
        }
    }

    pub(super) fn is_custom(&self) -> bool {
        self.fixed
    }

    /// These fields, in GraphQL, sent as they are.
    pub fn custom(fields: impl Into<String>) -> Self {
        Self {
            fields: fields.into(),
            fixed: true,
        }
    }

    /// The tokens too, without their texts.
    #[must_use]
    pub fn with_tokens(mut self) -> Self {
        self.fields.push_str(TOKENS);
        self
    }

    /// The sessions too.
    #[must_use]
    pub fn with_sessions(mut self) -> Self {
        self.fields.push_str(SESSIONS);
        self
    }

    pub(super) fn fields(&self) -> &str {
        &self.fields
    }

    /// The selection for a server that does not know these fields.
    pub(super) fn without(&self, unknown: &BTreeSet<String>) -> Self {
        if self.fixed || unknown.is_empty() {
            return self.clone();
        }
        Self {
            fields: drop_fields(&self.fields, unknown),
            fixed: false,
        }
    }

    /// Whether the selection does without a field.
    pub(super) fn may_drop(&self, field: &str) -> bool {
        !self.fixed && !KEPT.contains(&field)
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self::full()
    }
}

impl From<&str> for Selection {
    fn from(fields: &str) -> Self {
        Self::custom(fields)
    }
}

/// Takes fields out of a selection, with all below them.
pub(super) fn drop_fields(selection: &str, unknown: &BTreeSet<String>) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut words = selection.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if !unknown.contains(word) {
            kept.push(word);
            continue;
        }
        let mut depth = 0_usize;
        while let Some(next) = words.peek() {
            match *next {
                "{" => depth += 1,
                "}" if depth == 0 => break,
                "}" => depth -= 1,
                _ if depth == 0 => break,
                _ => {}
            }
            words.next();
            if depth == 0 {
                break;
            }
        }
        // A field left with nothing below it would be no GraphQL.
        if kept.last() == Some(&"{") && words.peek() == Some(&"}") {
            words.next();
            kept.pop();
            kept.pop();
        }
    }
    kept.join(" ")
}
