//! What Falcon answers: customers, groups, API clients.

use serde::Deserialize;
use serde_json::Value;

use crate::core::lenient::{self, Other};
use crate::core::secret::Secret;
use crate::falcon::ids::{ApiClientId, Cid, CidGroupId, RoleId, RoleLinkId, UserGroupId, Uuid};

/// A child customer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Child {
    /// Its id.
    pub child_cid: Cid,
    /// Its parent.
    pub child_of: Cid,
    /// The checksum of its id.
    #[serde(deserialize_with = "lenient::text")]
    pub checksum: String,
    /// Its name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// `active`, or something else.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub status: Option<String>,
    /// Its mail domains.
    #[serde(deserialize_with = "lenient::list")]
    pub domains: Vec<String>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A group of users.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserGroup {
    /// The id.
    pub user_group_id: UserGroupId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// What it is for.
    #[serde(deserialize_with = "lenient::text")]
    pub description: String,
    /// The customer that it belongs to.
    pub cid: Option<Cid>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// The members of a user group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserGroupMembers {
    /// The group.
    pub user_group_id: UserGroupId,
    /// Its members.
    #[serde(deserialize_with = "lenient::list")]
    pub user_uuids: Vec<Uuid>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A group of customers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CidGroup {
    /// The id.
    pub cid_group_id: CidGroupId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// What it is for.
    #[serde(deserialize_with = "lenient::text")]
    pub description: String,
    /// The customer that it belongs to.
    pub cid: Option<Cid>,
    /// Whether it is the one that holds all customers.
    #[serde(deserialize_with = "lenient::truth")]
    pub is_default: bool,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// The members of a CID group.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CidGroupMembers {
    /// The group.
    pub cid_group_id: CidGroupId,
    /// Its members.
    #[serde(deserialize_with = "lenient::list")]
    pub cids: Vec<Cid>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// The roles that a user group's members hold at a CID group's customers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RoleLink {
    /// The id.
    pub id: RoleLinkId,
    /// The users.
    pub user_group_id: UserGroupId,
    /// The customers.
    pub cid_group_id: CidGroupId,
    /// The roles.
    #[serde(deserialize_with = "lenient::list")]
    pub role_ids: Vec<RoleId>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// What an API client may be allowed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Scope {
    /// The id, which API clients are made with.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    /// What it allows: `read` or `write`.
    #[serde(deserialize_with = "lenient::text")]
    pub action: String,
    /// Where it allows that.
    #[serde(deserialize_with = "lenient::text")]
    pub group: String,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// An API client, without its secret. It belongs to a customer and not to a person.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "ClientDocument")]
#[non_exhaustive]
pub struct ApiClient {
    /// The id.
    pub id: ApiClientId,
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it is allowed, as the platform writes it: ids, or objects that have one.
    pub scopes: Vec<Value>,
    /// What else came.
    pub other: Other,
}

/// Quirk: the vendor leaves the shape open, and the id has been seen under two names (docs/wire/falcon.md §7).
#[derive(Deserialize)]
struct ClientDocument {
    #[serde(default)]
    id: Option<ApiClientId>,
    #[serde(default)]
    client_id: Option<ApiClientId>,
    #[serde(default, deserialize_with = "lenient::text")]
    name: String,
    #[serde(default, deserialize_with = "lenient::text")]
    description: String,
    #[serde(default, deserialize_with = "lenient::list")]
    scopes: Vec<Value>,
    #[serde(flatten)]
    other: Other,
}

impl From<ClientDocument> for ApiClient {
    fn from(document: ClientDocument) -> Self {
        Self {
            id: document.id.or(document.client_id).unwrap_or_default(),
            name: document.name,
            description: document.description,
            scopes: document.scopes,
            other: document.other,
        }
    }
}

/// An API client with its secret, which is seen only here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiClientSecret {
    /// The client.
    pub client: ApiClient,
    /// Its secret.
    pub secret: Secret,
}
