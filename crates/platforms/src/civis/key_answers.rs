//! What Civis answers: keys.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::civis::ids::KeyId;
use crate::core::lenient::{self, Other};
use crate::core::secret::Secret;

/// A key in the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApiKeySummary {
    /// The id.
    pub id: KeyId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// When it ends.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub revoked_at: Option<Timestamp>,
    /// When it was used last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub last_used_at: Option<Timestamp>,
    /// Its scopes.
    #[serde(deserialize_with = "lenient::list")]
    pub scopes: Vec<String>,
    /// How often it was used.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub use_count: Option<i64>,
    /// Whether its time is over.
    #[serde(deserialize_with = "lenient::truth")]
    pub expired: bool,
    /// Whether it works: neither expired nor revoked.
    #[serde(deserialize_with = "lenient::truth")]
    pub active: bool,
    /// How many constraints it has.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub constraint_count: Option<i64>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A key with its constraints, and without its text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApiKey {
    /// The id.
    pub id: KeyId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// When it ends.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub revoked_at: Option<Timestamp>,
    /// When it was used last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub last_used_at: Option<Timestamp>,
    /// Its scopes.
    #[serde(deserialize_with = "lenient::list")]
    pub scopes: Vec<String>,
    /// How often it was used.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub use_count: Option<i64>,
    /// Whether its time is over.
    #[serde(deserialize_with = "lenient::truth")]
    pub expired: bool,
    /// Whether it works: neither expired nor revoked.
    #[serde(deserialize_with = "lenient::truth")]
    pub active: bool,
    /// What it may be used for; empty for everything that its owner may do.
    #[serde(deserialize_with = "lenient::list")]
    pub constraints: Vec<Constraint>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A key with its text, which is seen only here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewApiKeyMade {
    /// The key.
    pub key: ApiKey,
    /// Its text.
    pub token: Secret,
}

/// How a constraint's path is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ConstraintType {
    /// The path as a whole.
    #[default]
    Exact,
    /// The path's beginning.
    Prefix,
    /// The path as a whole, by a regular expression.
    Regex,
    /// Any path: only the verbs count.
    Verb,
    /// Another one, under the platform's own name.
    Other(String),
}

impl From<String> for ConstraintType {
    fn from(text: String) -> Self {
        match text.as_str() {
            "exact" => Self::Exact,
            "prefix" => Self::Prefix,
            "regex" => Self::Regex,
            "verb" => Self::Verb,
            _ => Self::Other(text),
        }
    }
}

impl From<ConstraintType> for String {
    fn from(kind: ConstraintType) -> Self {
        match kind {
            ConstraintType::Exact => "exact".to_owned(),
            ConstraintType::Prefix => "prefix".to_owned(),
            ConstraintType::Regex => "regex".to_owned(),
            ConstraintType::Verb => "verb".to_owned(),
            ConstraintType::Other(text) => text,
        }
    }
}

/// Requests that a key may be used for. A key with several may be used for what one of them allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Constraint {
    /// The path, without a slash at its beginning; none for [`ConstraintType::Verb`].
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub constraint: Option<String>,
    /// How it is compared.
    pub constraint_type: ConstraintType,
    /// Whether GET is allowed.
    #[serde(deserialize_with = "lenient::truth")]
    pub get_allowed: bool,
    /// Whether HEAD is allowed.
    #[serde(deserialize_with = "lenient::truth")]
    pub head_allowed: bool,
    /// Whether POST is allowed.
    #[serde(deserialize_with = "lenient::truth")]
    pub post_allowed: bool,
    /// Whether PUT is allowed.
    #[serde(deserialize_with = "lenient::truth")]
    pub put_allowed: bool,
    /// Whether PATCH is allowed.
    #[serde(deserialize_with = "lenient::truth")]
    pub patch_allowed: bool,
    /// Whether DELETE is allowed.
    #[serde(deserialize_with = "lenient::truth")]
    pub delete_allowed: bool,
}
