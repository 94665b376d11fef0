//! Answers: users, organisations, roles, keys.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::core::lenient::{self, Other};
use crate::core::secret::Secret;
use crate::misp::ids::{KeyId, OrganisationId, RoleId, UserId};

/// A user's own fields. Which of them an answer has depends on the call; absent ones have their defaults.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The organisation.
    pub org_id: OrganisationId,
    /// The role: there is exactly one.
    pub role_id: RoleId,
    /// The address, which is the login.
    #[serde(deserialize_with = "lenient::text")]
    pub email: String,
    /// Whether the account is disabled. Its keys are refused from the next request on.
    #[serde(deserialize_with = "lenient::truth")]
    pub disabled: bool,
    /// Whether the password must be changed in the browser; keys do not mind.
    #[serde(deserialize_with = "lenient::truth")]
    pub change_pw: bool,
    /// Whether the terms are accepted.
    #[serde(deserialize_with = "lenient::truth")]
    pub termsaccepted: bool,
    /// Whether published events are mailed.
    #[serde(deserialize_with = "lenient::truth")]
    pub autoalert: bool,
    /// Whether contact requests are mailed.
    #[serde(deserialize_with = "lenient::truth")]
    pub contactalert: bool,
    /// Whether the account signs in elsewhere.
    #[serde(deserialize_with = "lenient::truth")]
    pub external_auth_required: bool,
    /// The PGP key.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub gpgkey: Option<String>,
    /// The S/MIME certificate.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub certif_public: Option<String>,
    /// The number range for NIDS rules.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub nids_sid: Option<i64>,
    /// Who made the account.
    pub invited_by: Option<UserId>,
    /// When the account ends, as the platform writes it. A past one does not stop keys.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub expiration: Option<String>,
    /// Whether a second factor is enrolled; absent from lists.
    #[serde(deserialize_with = "maybe_truth")]
    pub totp_is_set: Option<bool>,
    /// When the account was made, in seconds since 1970.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub date_created: Option<i64>,
    /// When it was changed last.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub date_modified: Option<i64>,
    /// When the password was changed last.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub last_pw_change: Option<i64>,
    /// The sign-in before the present one; 0 before the second.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub last_login: Option<i64>,
    /// The present sign-in; 0 before the first.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub current_login: Option<i64>,
    /// When a key of the user was used last; 0 for never.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub last_api_access: Option<i64>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

fn maybe_truth<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<bool>, D::Error> {
    lenient::truth(deserializer).map(Some)
}

/// A row of the list of users.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct UserRow {
    /// The user.
    #[serde(rename = "User")]
    pub user: User,
    /// The user's role, in short.
    #[serde(rename = "Role", default)]
    pub role: Role,
    /// The user's organisation, in short.
    #[serde(rename = "Organisation", default)]
    pub organisation: Organisation,
}

/// A user with role, organisation and settings.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct UserView {
    /// The user.
    #[serde(rename = "User")]
    pub user: User,
    /// The role. Without one that exists it is all empty: `role.id` is then 0, whatever `user.role_id` says.
    #[serde(rename = "Role", default)]
    pub role: Role,
    /// The organisation.
    #[serde(rename = "Organisation", default)]
    pub organisation: Organisation,
    /// The user's settings by name.
    #[serde(rename = "UserSetting", default, deserialize_with = "lenient::map")]
    pub settings: Map<String, Value>,
}

/// A user that was just made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AddedUser {
    /// The user.
    pub user: User,
    /// The first key, which works at once and is seen only here. MISP makes one whether it is wanted or not.
    pub authkey: Option<Secret>,
}

/// An organisation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Organisation {
    /// The id.
    #[serde(deserialize_with = "number_or_none")]
    pub id: OrganisationId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The UUID, which is equal on every instance.
    #[serde(deserialize_with = "lenient::text")]
    pub uuid: String,
    /// What it is.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub description: Option<String>,
    /// What kind it is, in free text.
    #[serde(rename = "type", deserialize_with = "lenient::maybe_text")]
    pub kind: Option<String>,
    /// The nationality.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub nationality: Option<String>,
    /// The sector.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub sector: Option<String>,
    /// How to reach it.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub contacts: Option<String>,
    /// Whether it is at home here, or known by sharing only.
    #[serde(deserialize_with = "lenient::truth")]
    pub local: bool,
    /// The mail domains that its own administrators are bound to.
    #[serde(deserialize_with = "lenient::list")]
    pub restricted_to_domain: Vec<String>,
    /// How many users it has.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub user_count: Option<i64>,
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
    #[serde(deserialize_with = "number_or_none")]
    pub id: RoleId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// Whether new users get it; filled in the list of roles only.
    #[serde(deserialize_with = "lenient::truth")]
    pub default: bool,
    /// Administers the whole server.
    #[serde(deserialize_with = "lenient::truth")]
    pub perm_site_admin: bool,
    /// Administers its organisation.
    #[serde(deserialize_with = "lenient::truth")]
    pub perm_admin: bool,
    /// Synchronises servers.
    #[serde(deserialize_with = "lenient::truth")]
    pub perm_sync: bool,
    /// May use keys.
    #[serde(deserialize_with = "lenient::truth")]
    pub perm_auth: bool,
    /// May read the log.
    #[serde(deserialize_with = "lenient::truth")]
    pub perm_audit: bool,
    /// May add events.
    #[serde(deserialize_with = "lenient::truth")]
    pub perm_add: bool,
    /// May change its own events.
    #[serde(deserialize_with = "lenient::truth")]
    pub perm_modify: bool,
    /// May change its organisation's events.
    #[serde(deserialize_with = "lenient::truth")]
    pub perm_modify_org: bool,
    /// May publish.
    #[serde(deserialize_with = "lenient::truth")]
    pub perm_publish: bool,
    /// Whether only site administrators give it.
    #[serde(deserialize_with = "lenient::truth")]
    pub restricted_to_site_admin: bool,
    /// The level that the four flags above amount to, 0 to 3.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub permission: Option<i64>,
    /// The level's name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub permission_description: Option<String>,
    /// What else came, the other `perm_…` flags among it.
    #[serde(flatten)]
    pub other: Other,
}

/// Quirk: a user with a role that does not exist is shown with one full of nulls (docs/wire/misp.md §4.3).
fn number_or_none<'de, D: serde::Deserializer<'de>, T: From<i64>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(lenient::maybe_integer(deserializer)?.unwrap_or(0).into())
}

/// A key, without its text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AuthKey {
    /// The id.
    pub id: KeyId,
    /// The UUID.
    #[serde(deserialize_with = "lenient::text")]
    pub uuid: String,
    /// The owner.
    pub user_id: UserId,
    /// Its first four characters.
    #[serde(deserialize_with = "lenient::text")]
    pub authkey_start: String,
    /// Its last four.
    #[serde(deserialize_with = "lenient::text")]
    pub authkey_end: String,
    /// What it is for.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub comment: Option<String>,
    /// When it was made, in seconds since 1970.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub created: Option<i64>,
    /// When it ends, in seconds since 1970; 0 for never.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub expiration: Option<i64>,
    /// Whether it may only read.
    #[serde(deserialize_with = "lenient::truth")]
    pub read_only: bool,
    /// From where it may be used; empty for anywhere.
    #[serde(deserialize_with = "lenient::list")]
    pub allowed_ips: Vec<String>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A key that was just made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AddedKey {
    /// The key.
    pub key: AuthKey,
    /// Its text, seen only here.
    pub authkey: Secret,
}

/// What the server says of itself.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Version {
    /// Its release.
    pub version: String,
    /// When the key in use ends, if it does.
    #[serde(skip)]
    pub key_expiration: Option<Timestamp>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}
