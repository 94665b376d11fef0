//! What Civis answers: users, groups, roles.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::civis::ids::{GroupId, OrganizationId, RoleId, ThemeId, UserId};
use crate::core::lenient::{self, Other};
use crate::core::operation::Answer;

/// A page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listing<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many the whole list has, if the answer says so.
    pub total: Option<u64>,
    /// How many pages the whole list has, if the answer says so.
    pub pages: Option<u64>,
    pub(super) answer: Answer,
}

/// Where an account stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum AccountStatus {
    /// It may sign in.
    #[default]
    Active,
    /// It may not, and its keys are refused.
    Deactivated,
    /// It has not been used for long.
    Suspended,
    /// It was suspended, and has not been used since it was let in again.
    Unsuspended,
    /// Another one, under the platform's own name.
    Other(String),
}

impl From<String> for AccountStatus {
    fn from(text: String) -> Self {
        match text.as_str() {
            "Active" => Self::Active,
            "Deactivated" => Self::Deactivated,
            "Suspended" => Self::Suspended,
            "Unsuspended" => Self::Unsuspended,
            _ => Self::Other(text),
        }
    }
}

impl AccountStatus {
    /// The platform's name for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "Active",
            Self::Deactivated => "Deactivated",
            Self::Suspended => "Suspended",
            Self::Unsuspended => "Unsuspended",
            Self::Other(text) => text,
        }
    }
}

/// A group that a user is in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserGroup {
    /// The id.
    pub id: GroupId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The name in addresses.
    #[serde(deserialize_with = "lenient::text")]
    pub slug: String,
    /// The organisation.
    pub organization_id: Option<OrganizationId>,
    /// The organisation's name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub organization_name: Option<String>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A user in the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserSummary {
    /// The id.
    pub id: UserId,
    /// The login, which never changes.
    #[serde(deserialize_with = "lenient::text")]
    pub user: String,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The address.
    #[serde(deserialize_with = "lenient::text")]
    pub email: String,
    /// Whether the account is active. A suspended one is.
    #[serde(deserialize_with = "lenient::truth")]
    pub active: bool,
    /// The primary group.
    pub primary_group_id: Option<GroupId>,
    /// The groups, the primary one among them; empty when the query leaves them out.
    #[serde(deserialize_with = "lenient::list")]
    pub groups: Vec<UserGroup>,
    /// When the account was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// The present sign-in.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub current_sign_in_at: Option<Timestamp>,
    /// When the account was changed last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub updated_at: Option<Timestamp>,
    /// When the user, or a key of the user, was here last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub last_seen_at: Option<Timestamp>,
    /// Whether the account is suspended because it has not been used.
    #[serde(deserialize_with = "lenient::truth")]
    pub suspended: bool,
    /// The user who made the account.
    pub created_by_id: Option<UserId>,
    /// The user who changed it last.
    pub last_updated_by_id: Option<UserId>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A user with all that an administrator sees.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserDetail {
    /// The id.
    pub id: UserId,
    /// The login, which never changes.
    #[serde(deserialize_with = "lenient::text")]
    pub user: String,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The address that holds; one that waits to be confirmed is in `unconfirmed_email`.
    #[serde(deserialize_with = "lenient::text")]
    pub email: String,
    /// Whether the account is active. A suspended one is.
    #[serde(deserialize_with = "lenient::truth")]
    pub active: bool,
    /// The primary group.
    pub primary_group_id: Option<GroupId>,
    /// The groups, the primary one among them.
    #[serde(deserialize_with = "lenient::list")]
    pub groups: Vec<UserGroup>,
    /// The city.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub city: Option<String>,
    /// The state.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub state: Option<String>,
    /// The time zone, by its IANA name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub time_zone: Option<String>,
    /// The initials.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub initials: Option<String>,
    /// The department.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub department: Option<String>,
    /// The title.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub title: Option<String>,
    /// The name on GitHub.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub github_username: Option<String>,
    /// Whether the user prefers the second factor by text message.
    pub prefers_sms_otp: Option<bool>,
    /// Whether the VPN may be used; `None` is what the organisation says.
    pub vpn_enabled: Option<bool>,
    /// Whether single sign-on is off; `None` is what the organisation says.
    pub sso_disabled: Option<bool>,
    /// Whether a second factor is required; `None` is what the organisation says.
    pub otp_required_for_login: Option<bool>,
    /// Whether text messages are allowed though the organisation forbids them; `None` is what the organisation says.
    pub exempt_from_org_sms_otp_disabled: Option<bool>,
    /// Whether text messages are allowed in the end.
    pub sms_otp_allowed: Option<bool>,
    /// Whether it is a program's account.
    #[serde(deserialize_with = "lenient::truth")]
    pub robot: bool,
    /// The telephone number.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub phone: Option<String>,
    /// The organisation's name in addresses.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub organization_slug: Option<String>,
    /// Whether the organisation may turn single sign-on off for a user.
    #[serde(rename = "organizationSSODisableCapable")]
    pub organization_sso_disable_capable: Option<bool>,
    /// How the organisation signs in.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub organization_login_type: Option<String>,
    /// Whether the organisation forbids text messages.
    pub organization_sms_otp_disabled: Option<bool>,
    /// What the caller may do with the user: `read`, `write` or `manage`.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub my_permission_level: Option<String>,
    /// When the account was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// When it was changed last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub updated_at: Option<Timestamp>,
    /// When the user, or a key of the user, was here last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub last_seen_at: Option<Timestamp>,
    /// Whether the account is suspended because it has not been used.
    #[serde(deserialize_with = "lenient::truth")]
    pub suspended: bool,
    /// The user who made the account.
    pub created_by_id: Option<UserId>,
    /// The user who changed it last.
    pub last_updated_by_id: Option<UserId>,
    /// An address that waits to be confirmed by its owner.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub unconfirmed_email: Option<String>,
    /// Where the account stands.
    pub account_status: Option<AccountStatus>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// The user that the client signs in as.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Me {
    /// The id.
    pub id: UserId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The address.
    #[serde(deserialize_with = "lenient::text")]
    pub email: String,
    /// The login, which is called `user` elsewhere.
    #[serde(deserialize_with = "lenient::text")]
    pub username: String,
    /// The initials.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub initials: Option<String>,
    /// When the announcements were looked at last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub last_checked_announcements: Option<Timestamp>,
    /// The feature flags by name.
    #[serde(deserialize_with = "lenient::map")]
    pub feature_flags: Map<String, Value>,
    /// The roles by their slugs. They come by groups.
    #[serde(deserialize_with = "lenient::list")]
    pub roles: Vec<String>,
    /// The preferences by name.
    #[serde(deserialize_with = "lenient::map")]
    pub preferences: Map<String, Value>,
    /// The branding.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub custom_branding: Option<String>,
    /// The primary group.
    pub primary_group_id: Option<GroupId>,
    /// The groups, the primary one among them.
    #[serde(deserialize_with = "lenient::list")]
    pub groups: Vec<UserGroup>,
    /// The organisation's name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub organization_name: Option<String>,
    /// The organisation's name in addresses.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub organization_slug: Option<String>,
    /// The organisation's theme.
    pub organization_default_theme_id: Option<ThemeId>,
    /// When the account was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// How often the user has signed in.
    #[serde(deserialize_with = "lenient::maybe_integer")]
    pub sign_in_count: Option<i64>,
    /// Whether another role is assumed.
    #[serde(deserialize_with = "lenient::truth")]
    pub assuming_role: bool,
    /// Whether an administrator's role is assumed.
    #[serde(deserialize_with = "lenient::truth")]
    pub assuming_admin: bool,
    /// Until when.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub assuming_admin_expiration: Option<Timestamp>,
    /// Until when the user is in superadmin mode.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub superadmin_mode_expiration: Option<Timestamp>,
    /// Whether features are off that a regulation forbids.
    #[serde(deserialize_with = "lenient::truth")]
    pub disable_non_compliant_fedramp_features: bool,
    /// The role that says most of what the user may do.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub persona_role: Option<String>,
    /// The user who made the account.
    pub created_by_id: Option<UserId>,
    /// The user who changed it last.
    pub last_updated_by_id: Option<UserId>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A user in a few words.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct SimpleUser {
    /// The id.
    pub id: UserId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The login.
    #[serde(deserialize_with = "lenient::text")]
    pub username: String,
    /// The initials.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub initials: Option<String>,
    /// Whether the user is here now.
    pub online: Option<bool>,
    /// The address, for administrators and members of a group.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub email: Option<String>,
    /// The primary group, for members of a group.
    pub primary_group_id: Option<GroupId>,
    /// Whether the account is active, for members of a group.
    pub active: Option<bool>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// An account that was let in again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Suspension {
    /// The user.
    pub id: UserId,
    /// The login.
    #[serde(deserialize_with = "lenient::text")]
    pub user: String,
    /// When that was.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub unlocked_at: Option<Timestamp>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A role. Users hold it by a group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Role {
    /// The id.
    pub id: RoleId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// The name that programs use.
    #[serde(deserialize_with = "lenient::text")]
    pub slug: String,
    /// What it is for.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub description: Option<String>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}
