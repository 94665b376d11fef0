//! The vendor's shapes: what is sent, and what is read.

use serde::Serialize;
use uuid::Uuid;

/// A user.
///
/// Quirk: what is unknown is left out: an empty or null date is one that clients fail to read
/// (falcon.md §4).
#[derive(Clone, Debug, Serialize)]
pub struct User {
    pub uuid: Uuid,
    pub uid: String,
    pub first_name: String,
    pub last_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    pub status: &'static str,
    pub factors: Vec<&'static str>,
    pub user_type: &'static str,
    pub created_at: String,
    pub updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<String>,
}

/// A user of the older operations.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LegacyUser {
    pub uuid: Uuid,
    pub customer: String,
    pub uid: String,
    pub first_name: String,
    pub last_name: String,
    pub status: &'static str,
}

/// A role.
#[derive(Clone, Debug, Serialize)]
pub struct Role {
    pub id: String,
    pub display_name: String,
    pub description: String,
    pub is_global: bool,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
}

/// A role of the older operations.
#[derive(Clone, Debug, Serialize)]
pub struct LegacyRole {
    pub id: String,
    pub display_name: String,
    pub description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
}

/// A role that a user holds, by one path.
#[derive(Clone, Debug, Serialize)]
pub struct Grant {
    pub uuid: Uuid,
    pub cid: String,
    pub role_id: String,
    pub role_name: String,
    pub grant_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid_group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_cid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_type: Option<&'static str>,
}

/// A child customer.
#[derive(Clone, Debug, Serialize)]
pub struct Child {
    pub child_cid: String,
    pub child_of: String,
    pub checksum: String,
    pub name: String,
    pub status: &'static str,
    pub domains: Vec<String>,
    pub last_modified_timestamp: String,
}

/// A user group.
#[derive(Clone, Debug, Serialize)]
pub struct UserGroup {
    pub user_group_id: String,
    pub name: String,
    pub description: String,
    pub cid: String,
}

/// The members of a user group.
#[derive(Clone, Debug, Serialize)]
pub struct UserGroupMembers {
    pub user_group_id: String,
    pub user_uuids: Vec<Uuid>,
}

/// A CID group.
#[derive(Clone, Debug, Serialize)]
pub struct CidGroup {
    pub cid_group_id: String,
    pub name: String,
    pub description: String,
    pub cid: String,
    pub is_default: bool,
}

/// The members of a CID group.
#[derive(Clone, Debug, Serialize)]
pub struct CidGroupMembers {
    pub cid_group_id: String,
    pub cids: Vec<String>,
}

/// A link between a user group and a CID group.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    pub id: String,
    pub user_group_id: String,
    pub cid_group_id: String,
    pub role_ids: Vec<String>,
}

/// An API client.
///
/// Quirk: the vendor's specification leaves the object untyped; these members are ours (falcon.md §7).
#[derive(Clone, Debug, Serialize)]
pub struct ApiClient {
    pub id: String,
    pub client_id: String,
    pub name: String,
    pub description: String,
    pub scopes: Vec<String>,
    pub cid: String,
    pub created_by: String,
    pub created_timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

/// A scope that API clients may have.
#[derive(Clone, Debug, Serialize)]
pub struct AccessibleScope {
    pub id: &'static str,
    pub action: &'static str,
    pub group: &'static str,
}

/// A counted group of users.
#[derive(Clone, Debug, Serialize)]
pub struct Aggregate {
    pub name: String,
    pub buckets: Vec<Bucket>,
}

/// One value and how many users have it.
#[derive(Clone, Debug, Serialize)]
pub struct Bucket {
    pub label: String,
    pub count: u64,
}

/// Which of the resources asked for a user may do an action with.
#[derive(Clone, Debug, Serialize)]
pub struct AllowedAction {
    pub action: String,
    pub cid: String,
    pub uuid: Uuid,
    pub resource_ids: Vec<String>,
}

/// A user to make, as sent.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    pub uid: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub password: Option<String>,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser")
            .field("uid", &self.uid)
            .finish_non_exhaustive()
    }
}

/// Another name for a user, as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameChange {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}
