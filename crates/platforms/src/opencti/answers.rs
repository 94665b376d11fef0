//! Answers: users, groups, roles, organizations, tokens, sessions.

use jiff::Timestamp;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::core::error::{Error, Result};
use crate::core::lenient::{self, Other};
use crate::core::secret::Secret;
use crate::opencti::ids::{GroupId, OrganizationId, RoleId, TokenId, UserId};

/// A user. Which fields are filled depends on the [selection](super::Selection) and on the server's release.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The id that follows from the address.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub standard_id: Option<String>,
    /// The person in the knowledge base.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub individual_id: Option<String>,
    /// The address, which is the login.
    #[serde(deserialize_with = "lenient::text")]
    pub user_email: String,
    /// The given name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub firstname: Option<String>,
    /// The family name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub lastname: Option<String>,
    /// The displayed name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// A description.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub description: Option<String>,
    /// The language.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub language: Option<String>,
    /// The theme.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub theme: Option<String>,
    /// The system of units.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub unit_system: Option<String>,
    /// Whether another system authenticates the user: name and address cannot be changed here then.
    #[serde(deserialize_with = "lenient::truth")]
    pub external: bool,
    /// Whether the person may not delete.
    #[serde(deserialize_with = "lenient::truth")]
    pub restrict_delete: bool,
    /// Whether the account is a program's.
    #[serde(deserialize_with = "lenient::truth")]
    pub user_service_account: bool,
    /// The status; `None` if it was not asked for.
    pub account_status: Option<AccountStatus>,
    /// When the account expires.
    pub account_lock_after_date: Option<Timestamp>,
    /// `User`.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub entity_type: Option<String>,
    /// What a user is a kind of.
    #[serde(deserialize_with = "lenient::list")]
    pub parent_types: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was changed last.
    pub updated_at: Option<Timestamp>,
    /// A setting of the person's screen.
    #[serde(deserialize_with = "lenient::truth")]
    pub submenu_show_icons: bool,
    /// A setting of the person's screen.
    #[serde(deserialize_with = "lenient::truth")]
    pub submenu_auto_collapse: bool,
    /// A setting of the person's screen.
    #[serde(deserialize_with = "lenient::truth")]
    pub monochrome_labels: bool,
    /// Whether a second factor is enrolled; `None` if it was not asked for.
    pub otp_activated: Option<bool>,
    /// The roles that the groups bring.
    #[serde(deserialize_with = "connection")]
    pub roles: Vec<Role>,
    /// The groups.
    #[serde(deserialize_with = "connection")]
    pub groups: Vec<Group>,
    /// The organizations.
    #[serde(rename = "objectOrganization", deserialize_with = "connection")]
    pub organizations: Vec<Organization>,
    /// The organizations that the person administers.
    #[serde(deserialize_with = "connection")]
    pub administrated_organizations: Vec<Organization>,
    /// The person's own level of confidence.
    pub user_confidence_level: Option<ConfidenceLevel>,
    /// The level that counts.
    pub effective_confidence_level: Option<ConfidenceLevel>,
    /// The tokens, without their texts; `None` if they were not asked for.
    pub api_tokens: Option<Vec<ApiToken>>,
    /// The sessions; `None` if they were not asked for.
    pub sessions: Option<Vec<Session>>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

impl User {
    /// Reads a user from a document, as [`raw`](super::OpenCti::raw) gives it: connections (`{"edges": [{"node": …}]}`) become lists.
    ///
    /// ```
    /// use usher_platforms::opencti::User;
    ///
    /// let user = User::from_value(serde_json::json!({
    ///     "id": "7c1d…", "groups": {"edges": [{"node": {"id": "9bf1…", "name": "Default"}}]},
    /// }))?;
    /// assert_eq!(user.groups[0].name, "Default");
    /// # Ok::<(), usher_platforms::Error>(())
    /// ```
    #[doc(alias = "process_multiple_fields")]
    pub fn from_value(document: Value) -> Result<Self> {
        serde_json::from_value(document)
            .map_err(|_| Error::config("the document is not a user of OpenCTI's"))
    }
}

/// Reads `{"edges": [{"node": …}]}` as a list; lists, `null` and absence too.
pub(super) fn connection<'de, D, T>(deserializer: D) -> std::result::Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let nodes = match Value::deserialize(deserializer)? {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        Value::Object(mut connection) => match connection.remove("edges") {
            Some(Value::Array(edges)) => edges
                .into_iter()
                .map(|mut edge| edge.get_mut("node").map(Value::take).unwrap_or_default())
                .collect(),
            _ => return Err(D::Error::custom("a connection without edges")),
        },
        _ => return Err(D::Error::custom("a connection was expected")),
    };
    nodes
        .into_iter()
        .map(|node| serde_json::from_value(node).map_err(D::Error::custom))
        .collect()
}

/// Whether an account may be used. Anything but `Active` ends sessions and refuses tokens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum AccountStatus {
    /// It may.
    Active,
    /// It was switched off.
    Inactive,
    /// It was locked.
    Locked,
    /// Its time is over.
    Expired,
    /// A status of the server's own.
    Other(String),
}

impl AccountStatus {
    /// The platform's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
            Self::Locked => "Locked",
            Self::Expired => "Expired",
            Self::Other(text) => text,
        }
    }
}

impl From<String> for AccountStatus {
    fn from(text: String) -> Self {
        match text.as_str() {
            "Active" => Self::Active,
            "Inactive" => Self::Inactive,
            "Locked" => Self::Locked,
            "Expired" => Self::Expired,
            _ => Self::Other(text),
        }
    }
}

/// The one who asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Me {
    /// The id.
    pub id: UserId,
    /// The address.
    #[serde(deserialize_with = "lenient::text")]
    pub user_email: String,
    /// The displayed name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The given name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub firstname: Option<String>,
    /// The family name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub lastname: Option<String>,
    /// What the person may do.
    #[serde(deserialize_with = "connection")]
    pub capabilities: Vec<Capability>,
    /// What the person may do in drafts.
    #[serde(rename = "capabilitiesInDraft", deserialize_with = "connection")]
    pub capabilities_in_draft: Vec<Capability>,
    /// The groups.
    #[serde(deserialize_with = "connection")]
    pub groups: Vec<Group>,
    /// The organizations.
    #[serde(rename = "objectOrganization", deserialize_with = "connection")]
    pub organizations: Vec<Organization>,
    /// The organizations that the person administers.
    #[serde(deserialize_with = "connection")]
    pub administrated_organizations: Vec<Organization>,
    /// The level of confidence that counts.
    pub effective_confidence_level: Option<ConfidenceLevel>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Group {
    /// The id.
    pub id: GroupId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// A description.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub description: Option<String>,
    /// Whether new users are put into it.
    #[serde(deserialize_with = "lenient::truth")]
    pub default_assignation: bool,
    /// The roles it brings; filled by [`groups`](super::OpenCti::groups) only.
    #[serde(deserialize_with = "connection")]
    pub roles: Vec<Role>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A role.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Role {
    /// The id.
    pub id: RoleId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// A description.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub description: Option<String>,
    /// What it permits.
    #[serde(deserialize_with = "connection")]
    pub capabilities: Vec<Capability>,
    /// What it permits in drafts.
    #[serde(rename = "capabilitiesInDraft", deserialize_with = "connection")]
    pub capabilities_in_draft: Vec<Capability>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// Something that is permitted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Capability {
    /// The id.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    /// The name: `BYPASS` permits everything, `SETTINGS_SETACCESSES` administers people.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// An organization.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Organization {
    /// The id.
    pub id: OrganizationId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// A description.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub description: Option<String>,
    /// Whether the membership follows from something else.
    #[serde(deserialize_with = "lenient::truth")]
    pub is_inferred: bool,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// How far a user's statements are trusted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ConfidenceLevel {
    /// At most, from 0 to 100.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub max_confidence: Option<i64>,
    /// For some kinds of things, something else.
    #[serde(deserialize_with = "lenient::list")]
    pub overrides: Vec<ConfidenceOverride>,
    /// What else came, such as where the level comes from.
    #[serde(flatten)]
    pub other: Other,
}

/// A level for one kind of thing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ConfidenceOverride {
    /// Which kind.
    #[serde(deserialize_with = "lenient::text")]
    pub entity_type: String,
    /// At most.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub max_confidence: Option<i64>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A token without its text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApiToken {
    /// The id.
    pub id: TokenId,
    /// The name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub name: Option<String>,
    /// What else came, if more was asked for.
    #[serde(flatten)]
    pub other: Other,
}

/// A token that was just made.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct NewToken {
    /// The id.
    #[serde(rename = "token_id")]
    pub id: TokenId,
    /// Its text, seen only here.
    #[serde(rename = "plaintext_token")]
    pub token: Secret,
    /// When it ends; `None` for never.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A session.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Session {
    /// The id.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    /// When it began.
    pub created: Option<Timestamp>,
    /// How long it still lasts, in seconds.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub ttl: Option<i64>,
    /// How long it lasts in all.
    #[serde(rename = "originalMaxAge", deserialize_with = "lenient::maybe_integer")]
    pub original_max_age: Option<i64>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// The sessions of one person.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserSessions {
    /// Whose.
    pub user: Option<Creator>,
    /// Which.
    #[serde(deserialize_with = "lenient::list")]
    pub sessions: Vec<Session>,
}

/// A user, in short.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Creator {
    /// The id.
    pub id: UserId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
}

/// A membership.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Relation {
    /// Its id.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    /// Who.
    pub from: Option<User>,
    /// Where.
    pub to: Option<Group>,
}

/// What the server says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct About {
    /// Its release.
    #[serde(deserialize_with = "lenient::text")]
    pub version: String,
}
