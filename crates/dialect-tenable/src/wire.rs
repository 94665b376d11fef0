//! The vendor's shapes. The client refuses any key that it does not know, so an answer has exactly
//! these (tenable.md §1, §4); what a request may hold stands in the functions that read it.

use directory::{Fault, Reach};
use serde::Serialize;
use serde_json::Value;

use super::catalogue::Action;
use super::reader::{Fields, several};

/// A user, as lists and single answers show one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: i64,
    pub surname: Option<String>,
    pub name: String,
    pub email: String,
    pub locked_out: bool,
    pub department: Option<String>,
    pub biography: Option<String>,
    pub active: bool,
    pub picture: Option<Vec<i64>>,
    pub roles: Vec<i64>,
    pub identifier: String,
    pub provider: &'static str,
    pub eula_version: i64,
}

/// The caller, whose roles are shown whole.
///
/// Quirk: the vendor's own documents demand `tenableCloudUserName`, its client fails on it
/// (tenable.md §9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    pub id: i64,
    pub surname: Option<String>,
    pub name: String,
    pub email: String,
    pub provider: &'static str,
    pub locked_out: bool,
    pub department: Option<String>,
    pub roles: Vec<Role>,
    pub biography: Option<String>,
    pub active: bool,
    pub picture: Option<Vec<i64>>,
    pub identifier: String,
    pub eula_version: i64,
    pub internal: bool,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Role {
    pub id: i64,
    pub name: String,
    pub description: String,
    pub permissions: Vec<Permission>,
}

/// One permission of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    pub entity_name: String,
    pub action: &'static str,
    /// `None` is all of them.
    pub entity_ids: Option<Vec<i64>>,
    pub dynamic_id: Option<&'static str>,
}

/// The id that stands for whoever holds the role.
pub const SELF: &str = "self-user-id";

/// The roles a user holds, after they were replaced.
#[derive(Clone, Debug, Serialize)]
pub struct Roles {
    pub roles: Vec<i64>,
}

/// The caller's API key.
#[derive(Clone, Debug, Serialize)]
pub struct ApiKey {
    pub key: String,
}

/// What signing in gives.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    pub auth_token: String,
    pub need_password_reset: bool,
}

/// What the server says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    pub version: &'static str,
    pub hostname: String,
    #[serde(rename = "isSaaSDeployment")]
    pub is_saas_deployment: bool,
}

/// The lock-out policy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LockoutPolicy {
    pub enabled: bool,
    pub lockout_duration: i64,
    pub failed_attempt_threshold: i64,
    pub failed_attempt_period: i64,
}

/// The application settings: the older thirteen keys, which are those the client knows.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationSettings {
    pub user_registration: bool,
    pub keep_audit_log: bool,
    pub log_retention_period: i64,
    pub smtp_server_address: Option<String>,
    pub smtp_server_port: Option<u16>,
    pub smtp_account: Option<String>,
    pub smtp_account_password: Option<&'static str>,
    #[serde(rename = "smtpUseStartTLS")]
    pub smtp_use_start_tls: bool,
    pub tls: bool,
    pub email_sender: String,
    pub default_role_ids: Vec<i64>,
    pub default_profile_id: i64,
    pub internal_certificate: Option<String>,
}

/// A user's preferences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preferences {
    pub language: String,
    pub preferred_profile_id: i64,
}

/// A profile.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub id: i64,
    pub name: &'static str,
    pub deleted: bool,
    pub directories: Vec<i64>,
    pub dirty: bool,
    pub has_ever_been_committed: bool,
}

/// The licence.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct License {
    pub customer_name: String,
    pub max_active_user_count: i64,
    pub current_active_user_count: i64,
    #[serde(rename = "expirationDateUTC")]
    pub expiration_date_utc: &'static str,
    pub in_app_eula: bool,
    #[serde(rename = "type")]
    pub license_type: &'static str,
    pub features: Vec<&'static str>,
}

/// A user to make.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    pub name: String,
    pub email: String,
    pub password: String,
    pub surname: Option<String>,
    pub department: Option<String>,
    pub biography: Option<String>,
    pub active: bool,
    pub picture: Option<Vec<i64>>,
}

/// Reads the users to make: all of them, before any is made.
pub fn new_users(body: &Value) -> Result<Vec<NewUser>, Fault> {
    several(body)?.iter().map(new_user).collect()
}

fn new_user(item: &Value) -> Result<NewUser, Fault> {
    let fields = Fields::closed(
        item,
        &[
            "surname",
            "name",
            "email",
            "password",
            "department",
            "biography",
            "active",
            "picture",
        ],
    )?;
    Ok(NewUser {
        name: fields.needed("name")?,
        email: fields.needed("email")?,
        password: fields.needed("password")?,
        surname: fields.clearable("surname")?.flatten(),
        department: fields.clearable("department")?.flatten(),
        biography: fields.clearable("biography")?.flatten(),
        // Quirk: a new user is inactive unless the request says otherwise (tenable.md §5).
        active: fields.flag("active")?.unwrap_or(false),
        picture: fields.clearable_numbers("picture")?.flatten(),
    })
}

/// Changes to a user.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    pub name: Option<String>,
    pub surname: Option<Option<String>>,
    pub email: Option<String>,
    pub password: Option<String>,
    pub department: Option<Option<String>>,
    pub biography: Option<Option<String>>,
    pub active: Option<bool>,
    pub picture: Option<Option<Vec<i64>>>,
    /// Every lock is to be lifted.
    pub unlock: bool,
}

/// Reads changes to a user.
pub fn user_change(body: &Value) -> Result<UserChange, Fault> {
    let fields = Fields::closed(
        body,
        &[
            "surname",
            "name",
            "email",
            "password",
            "department",
            "biography",
            "active",
            "picture",
            "lockedOut",
        ],
    )?;
    let unlock = match fields.flag("lockedOut")? {
        // Quirk: the request can only unlock (tenable.md §5).
        Some(true) => return Err(Fault::invalid("lockedOut", "may only be false")),
        Some(false) => true,
        None => false,
    };
    Ok(UserChange {
        // A blank one is looked at beside what is shown now.
        name: fields.text("name")?,
        surname: fields.clearable("surname")?,
        email: fields.filled("email")?,
        password: fields.filled("password")?,
        department: fields.clearable("department")?,
        biography: fields.clearable("biography")?,
        active: fields.flag("active")?,
        picture: fields.clearable_numbers("picture")?,
        unlock,
    })
}

/// Reads the ids of the roles that replace a user's.
pub fn role_ids(body: &Value) -> Result<Vec<i64>, Fault> {
    Fields::closed(body, &["roles"])?
        .numbers("roles")?
        .ok_or_else(|| Fault::invalid("roles", "is needed"))
}

/// Reads the roles to make: name and description.
pub fn new_roles(body: &Value) -> Result<Vec<(String, String)>, Fault> {
    several(body)?
        .iter()
        .map(|item| {
            let fields = Fields::closed(item, &["name", "description"])?;
            let description = fields
                .text("description")?
                .ok_or_else(|| Fault::invalid("description", "is needed"))?;
            Ok((fields.needed("name")?, description))
        })
        .collect()
}

/// Reads changes to a role: name and description.
pub fn role_change(body: &Value) -> Result<(Option<String>, Option<String>), Fault> {
    let fields = Fields::closed(body, &["name", "description"])?;
    Ok((fields.filled("name")?, fields.text("description")?))
}

/// Reads the name of a copied role.
pub fn copy_name(body: &Value) -> Result<String, Fault> {
    Fields::closed(body, &["name"])?.needed("name")
}

/// A permission as a request gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permitted {
    pub entity: String,
    pub action: Action,
    /// All, those listed, oneself; a list and oneself are two of them.
    pub reaches: Vec<Reach>,
}

/// Reads the permissions that replace a role's; none at all is a list too.
pub fn permissions(body: &Value) -> Result<Vec<Permitted>, Fault> {
    match body {
        Value::Array(items) if items.is_empty() => Ok(Vec::new()),
        other => several(other)?.iter().map(permission).collect(),
    }
}

fn permission(item: &Value) -> Result<Permitted, Fault> {
    let fields = Fields::closed(item, &["entityName", "action", "entityIds", "dynamicId"])?;
    let entity = fields.needed("entityName")?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | ' ');
    if entity.len() > 100 || !entity.chars().all(plain) {
        return Err(Fault::invalid("entityName", "must be a plain word"));
    }
    let action = Action::of_word(&fields.needed("action")?)
        .ok_or_else(|| Fault::invalid("action", "must be read, edit or create"))?;
    let ids = fields.ids("entityIds")?;
    let oneself = match fields.clearable("dynamicId")?.flatten().as_deref() {
        None => false,
        Some(SELF) => true,
        Some(_) => {
            return Err(Fault::invalid(
                "dynamicId",
                format!("must be {SELF} or null"),
            ));
        }
    };
    let reaches = match (ids, oneself) {
        (None, false) => vec![Reach::Subtree],
        (None, true) => vec![Reach::Own],
        (Some(ids), false) => vec![Reach::Listed(ids)],
        (Some(ids), true) => vec![Reach::Listed(ids), Reach::Own],
    };
    Ok(Permitted {
        entity,
        action,
        reaches,
    })
}

/// An address and a password.
pub fn sign_in(body: &Value) -> Result<(String, String), Fault> {
    let fields = Fields::closed(body, &["email", "password"])?;
    Ok((fields.needed("email")?, fields.needed("password")?))
}

/// The address whose owner has forgotten the password.
pub fn forgotten(body: &Value) -> Result<String, Fault> {
    Fields::closed(body, &["email"])?.needed("email")
}

/// A mailed token and the password it sets.
pub fn retrieved(body: &Value) -> Result<(String, String), Fault> {
    let fields = Fields::closed(body, &["token", "newPassword"])?;
    Ok((fields.needed("token")?, fields.needed("newPassword")?))
}

/// The old and the new password.
pub fn own_password(body: &Value) -> Result<(String, String), Fault> {
    let fields = Fields::closed(body, &["oldPassword", "newPassword"])?;
    Ok((fields.needed("oldPassword")?, fields.needed("newPassword")?))
}
