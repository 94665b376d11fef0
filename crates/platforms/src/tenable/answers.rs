//! Answers: users, roles, the server itself.

use serde::Deserialize;

use crate::core::lenient::{self, Other};
use crate::tenable::ids::{RoleId, UserId};

/// A user.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The given name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The family name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub surname: Option<String>,
    /// The address, which is the login.
    #[serde(deserialize_with = "lenient::text")]
    pub email: String,
    /// Whether too many failed sign-ins have locked the account.
    #[serde(deserialize_with = "lenient::truth")]
    pub locked_out: bool,
    /// The department.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub department: Option<String>,
    /// The biography.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub biography: Option<String>,
    /// Whether the account may be used: sign-ins and keys.
    #[serde(deserialize_with = "lenient::truth")]
    pub active: bool,
    /// The numbers that make the picture.
    #[serde(deserialize_with = "lenient::list")]
    pub picture: Vec<i64>,
    /// The roles.
    #[serde(deserialize_with = "lenient::list")]
    pub roles: Vec<RoleId>,
    /// The login at the provider.
    #[serde(deserialize_with = "lenient::text")]
    pub identifier: String,
    /// Who vouches for the person. With `Ldap` and `Saml` the roles may come back at the next sign-in.
    pub provider: Provider,
    /// The licence terms that were accepted last; -1 for the account that came with the server.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub eula_version: Option<i64>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// Who vouches for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum Provider {
    /// The server itself.
    #[default]
    Tenable,
    /// A directory.
    Ldap,
    /// Single sign-on.
    Saml,
    /// The vendor's cloud.
    Tone,
    /// Something this library does not know.
    Other(String),
}

impl From<String> for Provider {
    fn from(text: String) -> Self {
        match text.as_str() {
            "tenable" => Self::Tenable,
            "ldap" => Self::Ldap,
            "saml" => Self::Saml,
            "tone" => Self::Tone,
            _ => Self::Other(text),
        }
    }
}

/// The key's owner, with whole roles.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Me {
    /// The id.
    pub id: UserId,
    /// The given name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The family name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub surname: Option<String>,
    /// The address.
    #[serde(deserialize_with = "lenient::text")]
    pub email: String,
    /// Whether the account is locked.
    #[serde(deserialize_with = "lenient::truth")]
    pub locked_out: bool,
    /// The department.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub department: Option<String>,
    /// The biography.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub biography: Option<String>,
    /// Whether the account may be used.
    #[serde(deserialize_with = "lenient::truth")]
    pub active: bool,
    /// The numbers that make the picture.
    #[serde(deserialize_with = "lenient::list")]
    pub picture: Vec<i64>,
    /// The roles.
    #[serde(deserialize_with = "lenient::list")]
    pub roles: Vec<Role>,
    /// The login at the provider.
    #[serde(deserialize_with = "lenient::text")]
    pub identifier: String,
    /// Who vouches for the person.
    pub provider: Provider,
    /// The licence terms that were accepted last.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub eula_version: Option<i64>,
    /// Whether it is one of the server's own accounts.
    #[serde(deserialize_with = "lenient::truth")]
    pub internal: bool,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A role.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Role {
    /// The id. 1 is the global administrator's.
    pub id: RoleId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// What it is for.
    #[serde(deserialize_with = "lenient::text")]
    pub description: String,
    /// What it permits.
    #[serde(deserialize_with = "lenient::list")]
    pub permissions: Vec<Permission>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// What may be done with what.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Permission {
    /// With what: `user`, `role`, `dashboard` …
    #[serde(deserialize_with = "lenient::text")]
    pub entity_name: String,
    /// `read`, `edit` or `create`.
    #[serde(deserialize_with = "lenient::text")]
    pub action: String,
    /// With which ones; `None` means all.
    #[serde(deserialize_with = "entity_ids")]
    pub entity_ids: Option<Vec<String>>,
    /// `self-user-id`: with oneself.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub dynamic_id: Option<String>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// Quirk: the vendor's specification has texts here, its client numbers (docs/wire/tenable.md §4).
fn entity_ids<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    struct Id(#[serde(deserialize_with = "lenient::text")] String);
    let ids: Option<Vec<Id>> = Option::deserialize(deserializer)?;
    Ok(ids.map(|ids| ids.into_iter().map(|Id(id)| id).collect()))
}

/// What the server says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct About {
    /// Its release.
    #[serde(deserialize_with = "lenient::text")]
    pub version: String,
    /// Its name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub hostname: Option<String>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}
