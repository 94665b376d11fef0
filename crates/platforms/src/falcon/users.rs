//! The methods for users, roles and grants.

use jiff::Timestamp;

use crate::core::error::{Error, Result};
use crate::core::paging::Paged;
use crate::falcon::answers::{Grant, LegacyRole, LegacyUser, Role, User};
use crate::falcon::client::Falcon;
use crate::falcon::fql;
use crate::falcon::ids::{Cid, RoleId, Uuid};
use crate::falcon::operations::{self, IDS_IN_ADDRESS, IDS_IN_BODY};
use crate::falcon::paging::{by_id, by_path, pages};
use crate::falcon::requests::{
    GrantQuery, Names, NewUser, RoleQuery, RolesAction, UserAction, UserQuery,
};

/// The most that a page of users or grants brings.
const PAGE: u32 = 500;

impl Falcon {
    /// Reads roles by their ids.
    #[doc(alias = "GetRoles")]
    pub async fn get_roles(&self, ids: &[RoleId]) -> Result<Vec<LegacyRole>> {
        self.in_parts(ids, IDS_IN_ADDRESS, operations::get_roles)
            .await
    }

    /// Lists what a user holds at one customer, one row for each role and each path by which it is held.
    ///
    /// What was granted or revoked just now may show only after up to 90 seconds. Doubles are left out, and a list of which
    /// fewer came than it is said to have is an error.
    #[doc(alias = "combinedUserRolesV1")]
    #[doc(alias = "CombinedUserRolesV2")]
    pub fn get_user_grants(&self, user: &Uuid, query: &GrantQuery) -> Paged<Grant> {
        let (user, mut query) = (user.clone(), query.clone());
        let limit = *query.window.limit.get_or_insert(PAGE);
        let start = query.window.offset.unwrap_or(0);
        pages(&self.core, start, limit, Some(by_path), move |offset| {
            operations::get_user_grants(&user, &query.clone().offset(offset))
        })
    }

    /// Lists the ids of roles that can be granted. They are not those that a user holds.
    #[doc(alias = "queriesRolesV1")]
    pub async fn query_roles(&self, query: &RoleQuery) -> Result<Vec<RoleId>> {
        self.call(operations::query_roles(query)?).await
    }

    /// Lists the ids of users, by their addresses unless the query says otherwise.
    ///
    /// Doubles are left out, and a list of which fewer came than it is said to have is an error.
    #[doc(alias = "queryUserV1")]
    pub fn query_users(&self, query: &UserQuery) -> Paged<Uuid> {
        let mut query = query.clone();
        let limit = *query.window.limit.get_or_insert(PAGE);
        let start = query.window.offset.unwrap_or(0);
        query
            .window
            .sort
            .get_or_insert_with(|| "uid|asc".to_owned());
        pages(&self.core, start, limit, Some(by_id), move |offset| {
            operations::query_users(&query.clone().offset(offset))
        })
    }

    /// Finds the user with this address. What the platform finds is compared here, as a whole and without regard to case.
    pub async fn find_user(&self, uid: &str) -> Result<Option<User>> {
        let query = UserQuery::new().filter(fql::equals("uid", uid));
        let found = self.query_users(&query).all().await?;
        let wanted = uid.to_lowercase();
        let users = self.retrieve_users(&found).await?;
        Ok(users
            .into_iter()
            .find(|user| user.uid.to_lowercase() == wanted))
    }

    /// Reads roles by their ids, at one customer or at the one that the client speaks for.
    #[doc(alias = "entitiesRolesV1")]
    pub async fn get_roles_mssp(&self, ids: &[RoleId], cid: Option<&Cid>) -> Result<Vec<Role>> {
        self.in_parts(ids, IDS_IN_ADDRESS, |ids| {
            operations::get_roles_mssp(ids, cid)
        })
        .await
    }

    /// Reads roles by their ids, with version 2 of the call: 5000 in one request.
    #[doc(alias = "entitiesRolesGETV2")]
    pub async fn get_roles_mssp_v2(&self, ids: &[RoleId], cid: Option<&Cid>) -> Result<Vec<Role>> {
        self.in_parts(ids, IDS_IN_BODY, |ids| {
            operations::get_roles_mssp_v2(ids, cid)
        })
        .await
    }

    /// Resets passwords, which mails, or second factors. It is sent once.
    #[doc(alias = "userActionV1")]
    pub async fn user_action(&self, action: UserAction, users: &[Uuid]) -> Result<()> {
        self.call(operations::user_action(&action, users)?).await
    }

    /// Grants roles to a user at a customer, or revokes them: all of them, or none if one is refused.
    ///
    /// A role with an end is granted until then. What was done may show only after up to 90 seconds.
    #[doc(alias = "userRolesActionV1")]
    pub async fn user_roles_action(
        &self,
        action: RolesAction,
        cid: &Cid,
        user: &Uuid,
        roles: &[RoleId],
        expires_at: Option<Timestamp>,
    ) -> Result<()> {
        self.call(operations::user_roles_action(
            action, cid, user, roles, expires_at,
        )?)
        .await
    }

    /// Grants roles to a user at the customer that the client speaks for.
    #[doc(alias = "GrantUserRoleIds")]
    pub async fn grant_user_role_ids(&self, user: &Uuid, roles: &[RoleId]) -> Result<Vec<RoleId>> {
        self.call(operations::grant_user_role_ids(user, roles)?)
            .await
    }

    /// Revokes roles from a user at the customer that the client speaks for.
    #[doc(alias = "RevokeUserRoleIds")]
    pub async fn revoke_user_role_ids(&self, user: &Uuid, roles: &[RoleId]) -> Result<Vec<RoleId>> {
        self.in_parts(roles, IDS_IN_ADDRESS, |roles| {
            operations::revoke_user_role_ids(user, roles)
        })
        .await
    }

    /// Lists the ids of all roles of the customer that the client speaks for.
    #[doc(alias = "GetAvailableRoleIds")]
    pub async fn get_available_role_ids(&self) -> Result<Vec<RoleId>> {
        self.call(operations::get_available_role_ids()?).await
    }

    /// Lists the ids of the roles that a user holds at the customer that the client speaks for.
    #[doc(alias = "GetUserRoleIds")]
    pub async fn get_user_role_ids(&self, user: &Uuid) -> Result<Vec<RoleId>> {
        self.call(operations::get_user_role_ids(user)?).await
    }

    /// Reads users by their ids, a hundred in one request. Unknown ids are left out.
    #[doc(alias = "RetrieveUser")]
    pub async fn retrieve_user(&self, ids: &[Uuid]) -> Result<Vec<LegacyUser>> {
        let mut all = Vec::new();
        for part in ids.chunks(IDS_IN_ADDRESS) {
            // Quirk: when all ids are unknown it is a 404 (docs/wire/falcon.md §6).
            all.extend(none_found(
                self.call(operations::retrieve_user(part)?).await,
            )?);
        }
        Ok(all)
    }

    /// Reads users by their ids, 5000 in one request. Unknown ids are left out.
    #[doc(alias = "retrieveUsersGETV1")]
    pub async fn retrieve_users(&self, ids: &[Uuid]) -> Result<Vec<User>> {
        self.in_parts(ids, IDS_IN_BODY, operations::retrieve_users)
            .await
    }

    /// Makes a user at the customer that the client speaks for. It is sent once.
    #[doc(alias = "CreateUser")]
    pub async fn create_user(&self, new: &NewUser) -> Result<LegacyUser> {
        self.call(operations::create_user(new)?).await
    }

    /// Makes a user, at home at the customer that the request names. It is sent once.
    #[doc(alias = "createUserV1")]
    pub async fn create_user_mssp(&self, new: &NewUser) -> Result<User> {
        self.call(operations::create_user_mssp(new)?).await
    }

    /// Checks a user who is to be made, and makes none.
    #[doc(alias = "createUserV1")]
    #[doc(alias = "validate_only")]
    pub async fn validate_user(&self, new: &NewUser) -> Result<()> {
        self.call(operations::validate_user(new)?).await
    }

    /// Deletes a user for good, with grants and memberships. Made again, the user has another id.
    #[doc(alias = "DeleteUser")]
    pub async fn delete_user(&self, user: &Uuid) -> Result<()> {
        self.call(operations::delete_user(user)?).await
    }

    /// Deletes a user for good, at a child customer too.
    #[doc(alias = "deleteUserV1")]
    pub async fn delete_user_mssp(&self, user: &Uuid) -> Result<()> {
        self.call(operations::delete_user_mssp(user)?).await
    }

    /// Changes a user's names, or one of them.
    #[doc(alias = "UpdateUser")]
    pub async fn update_user(&self, user: &Uuid, names: &Names) -> Result<LegacyUser> {
        self.call(operations::update_user(user, names)?).await
    }

    /// Changes a user's names, at a child customer too. It wants both.
    #[doc(alias = "updateUserV1")]
    pub async fn update_user_mssp(&self, user: &Uuid, names: &Names) -> Result<User> {
        self.call(operations::update_user_mssp(user, names)?).await
    }

    /// Lists the addresses of all users of the customer that the client speaks for.
    #[doc(alias = "RetrieveEmailsByCID")]
    pub async fn retrieve_emails_by_cid(&self) -> Result<Vec<String>> {
        self.call(operations::retrieve_emails_by_cid()?).await
    }

    /// Lists the ids of all users of the customer that the client speaks for.
    #[doc(alias = "RetrieveUserUUIDsByCID")]
    pub async fn retrieve_user_uuids_by_cid(&self) -> Result<Vec<Uuid>> {
        self.call(operations::retrieve_user_uuids_by_cid()?).await
    }

    /// Lists the ids of the users with these addresses. Addresses without a user are left out.
    #[doc(alias = "RetrieveUserUUID")]
    pub async fn retrieve_user_uuid(&self, addresses: &[&str]) -> Result<Vec<Uuid>> {
        let mut all = Vec::new();
        for part in addresses.chunks(IDS_IN_ADDRESS) {
            // Quirk: when there is none at all it is a 404 (docs/wire/falcon.md §3).
            let found = self.call(operations::retrieve_user_uuid(part)?).await;
            all.extend(none_found(found)?);
        }
        Ok(all)
    }
}

fn none_found<T>(found: Result<Vec<T>>) -> Result<Vec<T>> {
    match found {
        Err(Error::NotFound(_)) => Ok(Vec::new()),
        other => other,
    }
}
