//! The vendor's shapes, member by member in the order of the specification; a test holds every answer
//! to it.

use serde::Serialize;
use serde_json::{Map, Value};

/// A group as people are shown with it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserGroup {
    pub id: i64,
    pub name: String,
    pub slug: String,
    pub organization_id: i64,
    pub organization_name: String,
}

/// A row of the list of users.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSummary {
    pub id: i64,
    pub user: String,
    pub name: String,
    pub email: String,
    pub active: bool,
    pub primary_group_id: i64,
    pub groups: Vec<UserGroup>,
    pub created_at: String,
    pub current_sign_in_at: Option<String>,
    pub updated_at: String,
    pub last_seen_at: Option<String>,
    pub suspended: bool,
    pub created_by_id: Option<i64>,
    pub last_updated_by_id: Option<i64>,
}

/// One user.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserDetail {
    pub id: i64,
    pub user: String,
    pub name: String,
    pub email: String,
    pub active: bool,
    pub primary_group_id: i64,
    pub groups: Vec<UserGroup>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub time_zone: String,
    pub initials: String,
    pub department: Option<String>,
    pub title: Option<String>,
    pub github_username: Option<String>,
    pub prefers_sms_otp: bool,
    pub vpn_enabled: Option<bool>,
    pub sso_disabled: Option<bool>,
    pub otp_required_for_login: Option<bool>,
    pub exempt_from_org_sms_otp_disabled: Option<bool>,
    pub sms_otp_allowed: bool,
    pub robot: bool,
    pub phone: Option<String>,
    pub organization_slug: String,
    // Quirk: capitals as the vendor has them; raw users of the client see them (civis.md §2).
    #[serde(rename = "organizationSSODisableCapable")]
    pub organization_sso_disable_capable: bool,
    pub organization_login_type: &'static str,
    pub organization_sms_otp_disabled: bool,
    pub my_permission_level: &'static str,
    pub created_at: String,
    pub updated_at: String,
    pub last_seen_at: Option<String>,
    pub suspended: bool,
    pub created_by_id: Option<i64>,
    pub last_updated_by_id: Option<i64>,
    pub unconfirmed_email: Option<String>,
    pub account_status: &'static str,
}

/// The caller.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    pub id: i64,
    pub name: String,
    pub email: String,
    // Quirk: the login is `username` here and `user` elsewhere (civis.md §4).
    pub username: String,
    pub initials: String,
    pub last_checked_announcements: Option<String>,
    pub feature_flags: Map<String, Value>,
    pub roles: Vec<String>,
    pub preferences: Map<String, Value>,
    pub custom_branding: Option<String>,
    pub primary_group_id: i64,
    pub groups: Vec<UserGroup>,
    pub organization_name: String,
    pub organization_slug: String,
    pub organization_default_theme_id: Option<i64>,
    pub created_at: String,
    pub sign_in_count: i64,
    pub assuming_role: bool,
    pub assuming_admin: bool,
    pub assuming_admin_expiration: Option<String>,
    pub superadmin_mode_expiration: Option<String>,
    pub disable_non_compliant_fedramp_features: bool,
    pub persona_role: Option<String>,
    pub created_by_id: Option<i64>,
    pub last_updated_by_id: Option<i64>,
}

/// Something the caller did.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    // Quirk: numbers of jobs and runs are texts (civis.md §4).
    pub id: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub user: String,
    pub category: Option<String>,
    pub state: &'static str,
    pub updated_at: String,
    pub next_run_at: Option<String>,
    pub last_run_id: Option<String>,
    pub last_run_state: Option<&'static str>,
}

/// A user as others are shown.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SimpleUser {
    pub id: i64,
    pub name: String,
    pub username: String,
    pub initials: String,
    pub online: Option<bool>,
}

/// An administrator of the caller's organisation.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationAdmin {
    #[serde(flatten)]
    pub user: SimpleUser,
    pub email: String,
}

/// What lifting a suspension answers.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSuspension {
    pub id: i64,
    pub user: String,
    pub unlocked_at: String,
}

/// A limit of a key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Constraint {
    pub constraint: Option<String>,
    pub constraint_type: &'static str,
    pub get_allowed: bool,
    pub head_allowed: bool,
    pub post_allowed: bool,
    pub put_allowed: bool,
    pub patch_allowed: bool,
    pub delete_allowed: bool,
}

/// What every answer tells of a key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyState {
    pub id: i64,
    pub name: String,
    pub expires_at: Option<String>,
    pub created_at: String,
    pub revoked_at: Option<String>,
    pub last_used_at: Option<String>,
    pub scopes: Vec<String>,
    pub use_count: i64,
    pub expired: bool,
    pub active: bool,
}

/// A row of the list of keys.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeySummary {
    #[serde(flatten)]
    pub state: KeyState,
    pub constraint_count: usize,
}

/// One key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    #[serde(flatten)]
    pub state: KeyState,
    pub constraints: Vec<Constraint>,
    /// The key itself, only when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A favourite.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Favorite {
    pub id: i64,
    pub object_id: i64,
    pub object_type: String,
    pub object_name: String,
    pub created_at: String,
    pub object_updated_at: String,
    pub object_author: SimpleUser,
    /// The place, in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
}

/// A row of the list of themes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThemeSummary {
    pub id: i64,
    pub name: String,
    pub created_at: String,
    pub updated_at: String,
}

/// The picture of a theme.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogoFile {
    pub id: i64,
    pub download_url: Option<String>,
}

/// One theme.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Theme {
    pub id: i64,
    pub name: String,
    pub organization_ids: Vec<i64>,
    pub settings: String,
    pub logo_file: Option<LogoFile>,
    pub created_at: String,
    pub updated_at: String,
}

/// What every answer tells of a group.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupState {
    pub id: i64,
    pub name: String,
    pub created_at: String,
    pub updated_at: String,
    pub description: Option<String>,
    pub slug: String,
    pub organization_id: i64,
    pub organization_name: String,
    pub member_count: i64,
    pub total_member_count: i64,
}

/// A row of the list of groups.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupSummary {
    #[serde(flatten)]
    pub state: GroupState,
    pub last_updated_by_id: Option<i64>,
    pub created_by_id: Option<i64>,
    pub members: Vec<SimpleUser>,
}

/// A member of a group.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMember {
    #[serde(flatten)]
    pub user: SimpleUser,
    pub email: String,
    pub primary_group_id: i64,
    pub active: bool,
}

/// One group.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    #[serde(flatten)]
    pub state: GroupState,
    pub default_otp_required_for_login: Option<bool>,
    pub role_ids: Vec<i64>,
    pub default_time_zone: Option<String>,
    pub default_jobs_label: Option<String>,
    pub default_notebooks_label: Option<String>,
    pub default_services_label: Option<String>,
    pub last_updated_by_id: Option<i64>,
    pub created_by_id: Option<i64>,
    pub members: Vec<GroupMember>,
}

/// A number and a name.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    pub id: i64,
    pub name: String,
}

/// The groups on which a group has a permission.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChildGroups {
    pub manageable: Vec<Named>,
    pub writeable: Vec<Named>,
    pub readable: Vec<Named>,
}

/// Who has a permission.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SharedWith {
    pub users: Vec<Named>,
    pub groups: Vec<Named>,
}

/// Who may do what with a group.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shares {
    pub readers: SharedWith,
    pub writers: SharedWith,
    pub owners: SharedWith,
    pub total_user_shares: usize,
    pub total_group_shares: usize,
}

/// A role.
#[derive(Clone, Debug, Serialize)]
pub struct Role {
    pub id: i64,
    pub name: String,
    pub slug: String,
    pub description: Option<String>,
}

/// An announcement.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    pub id: i64,
    pub subject: String,
    pub body: String,
    pub released_at: String,
    pub created_at: String,
    pub updated_at: String,
}

/// Settings of an organisation that only the vendor's staff sees.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdvancedSettings {
    pub dedicated_dj_pool_enabled: bool,
}

/// An organisation. What the vendor keeps of its customers is null here.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    pub id: i64,
    pub name: String,
    pub slug: String,
    pub account_manager_id: Option<i64>,
    pub cs_specialist_id: Option<i64>,
    pub status: &'static str,
    pub org_type: Option<String>,
    pub custom_branding: Option<String>,
    pub contract_size: Option<i64>,
    pub max_analyst_users: Option<i64>,
    pub max_report_users: Option<i64>,
    pub vertical: Option<String>,
    pub cs_metadata: Option<String>,
    pub remove_footer_in_emails: bool,
    pub salesforce_account_id: Option<String>,
    pub tableau_site_id: Option<String>,
    pub fedramp_enabled: bool,
    pub created_by_id: Option<i64>,
    pub last_updated_by_id: Option<i64>,
    pub advanced_settings: AdvancedSettings,
    pub tableau_refresh_history: Vec<Value>,
}
