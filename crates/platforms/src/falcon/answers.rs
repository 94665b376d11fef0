//! What Falcon answers: users, roles, grants.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::core::error::{Error, Result};
use crate::core::lenient::{self, Other};
use crate::core::operation::Answer;
use crate::core::secret::Secret;
use crate::falcon::errors::REGION;
use crate::falcon::ids::{Cid, CidGroupId, RoleId, UserGroupId, Uuid};

/// A page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Listing<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many the whole list has.
    pub total: Option<u64>,
    pub(super) answer: Answer,
}

/// A token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AccessToken {
    /// Its text.
    pub access_token: Secret,
    /// The seconds that it lives.
    pub expires_in: u64,
    /// The cloud that the customer is at home in, if the platform says so.
    pub region: Option<String>,
}

impl AccessToken {
    pub(super) fn read(answer: &Answer) -> Result<Self> {
        #[derive(Deserialize)]
        struct Issued {
            access_token: Secret,
            #[serde(default, deserialize_with = "lenient::maybe_integer")]
            expires_in: Option<i64>,
        }
        let issued: Issued = answer.json()?;
        if issued.access_token.expose().is_empty() {
            return Err(Error::unexpected(answer, "the answer holds no token"));
        }
        Ok(Self {
            access_token: issued.access_token,
            expires_in: issued
                .expires_in
                .and_then(|it| it.try_into().ok())
                .unwrap_or(0),
            region: answer.header(REGION).map(str::to_owned),
        })
    }
}

#[derive(Deserialize)]
struct Envelope<T> {
    meta: Option<Meta>,
    resources: Option<Vec<T>>,
}

#[derive(Deserialize)]
struct Meta {
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    total: Option<u64>,
}

fn envelope<T: DeserializeOwned>(answer: &Answer) -> Result<Envelope<T>> {
    let envelope: Envelope<T> = answer.json()?;
    if envelope.meta.is_none() && envelope.resources.is_none() {
        // It must not pass for an empty list.
        return Err(Error::unexpected(
            answer,
            "the answer has neither `resources` nor `meta`",
        ));
    }
    Ok(envelope)
}

/// What the answer holds; a `null` is an empty list.
pub(super) fn resources<T: DeserializeOwned>(answer: &Answer) -> Result<Vec<T>> {
    Ok(envelope(answer)?.resources.unwrap_or_default())
}

/// The one thing that the answer holds.
pub(super) fn resource<T: DeserializeOwned>(answer: &Answer) -> Result<T> {
    let mut resources = resources(answer)?.into_iter();
    match (resources.next(), resources.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(Error::unexpected(
            answer,
            "the answer must hold one resource",
        )),
    }
}

pub(super) fn listing<T: DeserializeOwned>(answer: &Answer) -> Result<Listing<T>> {
    let envelope: Envelope<T> = envelope(answer)?;
    let pagination = envelope.meta.and_then(|meta| meta.pagination);
    Ok(Listing {
        items: envelope.resources.unwrap_or_default(),
        total: pagination.and_then(|pagination| pagination.total),
        answer: answer.clone(),
    })
}

/// A user, as the newer calls show it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct User {
    /// The id.
    pub uuid: Uuid,
    /// The address, which is the login and unique over all customers.
    #[serde(deserialize_with = "lenient::text")]
    pub uid: String,
    /// The given name.
    #[serde(deserialize_with = "lenient::text")]
    pub first_name: String,
    /// The family name.
    #[serde(deserialize_with = "lenient::text")]
    pub last_name: String,
    /// The customer where the account is at home.
    pub cid: Option<Cid>,
    /// `active`, or something else.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub status: Option<String>,
    /// The second factors that are enrolled.
    #[serde(deserialize_with = "lenient::list")]
    pub factors: Vec<String>,
    /// `internal`, or `external` for an invited account.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub user_type: Option<String>,
    /// When the account was made.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub created_at: Option<Timestamp>,
    /// When it was changed last.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub updated_at: Option<Timestamp>,
    /// The last sign-in; absent before the first.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub last_login_at: Option<Timestamp>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A user, as the older calls show it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct LegacyUser {
    /// The id.
    pub uuid: Uuid,
    /// The address, which is the login and unique over all customers.
    #[serde(deserialize_with = "lenient::text")]
    pub uid: String,
    /// The given name.
    #[serde(deserialize_with = "lenient::text")]
    pub first_name: String,
    /// The family name.
    #[serde(deserialize_with = "lenient::text")]
    pub last_name: String,
    /// The customer where the account is at home.
    pub customer: Option<Cid>,
    /// `active`, or something else.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub status: Option<String>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A role, as the newer calls show it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Role {
    /// The id: what all calls take, never the name.
    pub id: RoleId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub display_name: String,
    /// What it is for.
    #[serde(deserialize_with = "lenient::text")]
    pub description: String,
    /// Whether every customer has it.
    #[serde(deserialize_with = "lenient::truth")]
    pub is_global: bool,
    /// `default` or `custom`.
    #[serde(rename = "type", deserialize_with = "lenient::maybe_text")]
    pub kind: Option<String>,
    /// The customer that a custom role belongs to. Only users who are at home there can hold it.
    pub cid: Option<Cid>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A role, as the older calls show it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct LegacyRole {
    /// The id: what all calls take, never the name.
    pub id: RoleId,
    /// The name.
    #[serde(deserialize_with = "lenient::text")]
    pub display_name: String,
    /// What it is for.
    #[serde(deserialize_with = "lenient::text")]
    pub description: String,
    /// The customer that a custom role belongs to.
    pub cid: Option<Cid>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

/// A role that a user holds, by one path. A role that is held by two paths is two grants.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Grant {
    /// The user.
    pub uuid: Uuid,
    /// The customer where it holds.
    pub cid: Option<Cid>,
    /// The role.
    pub role_id: RoleId,
    /// The role's name.
    #[serde(deserialize_with = "lenient::text")]
    pub role_name: String,
    /// `direct`, or another word for one that comes by a user group.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub grant_type: Option<String>,
    /// The user group that it comes by.
    pub user_group_id: Option<UserGroupId>,
    /// The user group's name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub user_group_name: Option<String>,
    /// The CID group that it comes by.
    pub cid_group_id: Option<CidGroupId>,
    /// The CID group's name.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub cid_group_name: Option<String>,
    /// The parent of the customer where it holds.
    pub parent_cid: Option<Cid>,
    /// When it ends, for a temporary one. Only version 2 of the call says so.
    #[serde(deserialize_with = "lenient::maybe_moment")]
    pub expires_at: Option<Timestamp>,
    /// `internal` or `external`. Only version 2 of the call says so.
    #[serde(deserialize_with = "lenient::maybe_text")]
    pub user_type: Option<String>,
    /// What else came.
    #[serde(flatten)]
    pub other: Other,
}

impl Grant {
    /// Whether the user holds it without a group in between: only such a grant can be revoked from the user.
    pub fn is_direct(&self) -> bool {
        self.grant_type
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("direct"))
    }
}
