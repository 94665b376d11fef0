//! The methods for customers, groups, links and API clients.

use crate::core::error::Result;
use crate::core::paging::Paged;
use crate::falcon::client::Falcon;
use crate::falcon::group_answers::{
    ApiClient, ApiClientSecret, Child, CidGroup, CidGroupMembers, RoleLink, Scope, UserGroup,
    UserGroupMembers,
};
use crate::falcon::group_requests::{ApiClientChange, GroupChange, NewApiClient, NewGroup};
use crate::falcon::ids::{ApiClientId, Cid, CidGroupId, RoleId, RoleLinkId, UserGroupId, Uuid};
use crate::falcon::operations::{self, IDS_IN_ADDRESS, IDS_IN_BODY};
use crate::falcon::paging::{by_id, pages};
use crate::falcon::requests::{ChildQuery, GroupQuery, PlainQuery, RoleLinkQuery};

/// What a page of these lists brings; their default is 10.
const PAGE: u32 = 100;

/// A list by a query that has a window.
macro_rules! listed {
    ($self:ident, $query:ident, $operation:expr) => {{
        let mut query = $query.clone();
        let limit = *query.window.limit.get_or_insert(PAGE);
        let start = query.window.offset.unwrap_or(0);
        let operation = $operation;
        pages(&$self.core, start, limit, Some(by_id), move |offset| {
            operation(&query.clone().offset(offset))
        })
    }};
}

impl Falcon {
    /// The customer that the client speaks for.
    #[doc(alias = "GetSensorInstallersCCIDByQuery")]
    #[doc(alias = "get_sensor_installer_ccid")]
    pub async fn ccid(&self) -> Result<Cid> {
        self.call(operations::ccid()?).await
    }

    /// Lists the ids of child customers.
    #[doc(alias = "queryChildren")]
    pub fn query_children(&self, query: &ChildQuery) -> Paged<Cid> {
        listed!(self, query, operations::query_children)
    }

    /// Reads child customers by their ids.
    #[doc(alias = "getChildrenV2")]
    pub async fn get_children(&self, ids: &[Cid]) -> Result<Vec<Child>> {
        self.in_parts(ids, IDS_IN_BODY, operations::get_children)
            .await
    }

    /// Lists the ids of user groups.
    #[doc(alias = "queryUserGroups")]
    pub fn query_user_groups(&self, query: &GroupQuery) -> Paged<UserGroupId> {
        listed!(self, query, operations::query_user_groups)
    }

    /// Reads user groups by their ids.
    #[doc(alias = "getUserGroupsByIDV2")]
    pub async fn get_user_groups(&self, ids: &[UserGroupId]) -> Result<Vec<UserGroup>> {
        self.in_parts(ids, IDS_IN_ADDRESS, operations::get_user_groups)
            .await
    }

    /// Makes a user group. It is sent once.
    #[doc(alias = "createUserGroups")]
    pub async fn create_user_group(&self, new: &NewGroup) -> Result<UserGroup> {
        self.call(operations::create_user_group(new)?).await
    }

    /// Changes a user group's name or description.
    #[doc(alias = "updateUserGroups")]
    pub async fn update_user_group(
        &self,
        id: &UserGroupId,
        change: &GroupChange,
    ) -> Result<UserGroup> {
        self.call(operations::update_user_group(id, change)?).await
    }

    /// Deletes user groups, with what their members held by them.
    #[doc(alias = "deleteUserGroups")]
    pub async fn delete_user_groups(&self, ids: &[UserGroupId]) -> Result<()> {
        self.in_parts_done(ids, IDS_IN_ADDRESS, operations::delete_user_groups)
            .await
    }

    /// Lists the ids of the user groups that a user is in.
    #[doc(alias = "queryUserGroupMembers")]
    pub fn query_user_group_members(&self, user: &Uuid) -> Paged<UserGroupId> {
        let user = user.clone();
        let query = PlainQuery::new();
        listed!(self, query, move |query: &PlainQuery| {
            operations::query_user_group_members(&user, query)
        })
    }

    /// Reads the members of user groups.
    #[doc(alias = "getUserGroupMembersByIDV2")]
    pub async fn get_user_group_members(
        &self,
        ids: &[UserGroupId],
    ) -> Result<Vec<UserGroupMembers>> {
        self.in_parts(ids, IDS_IN_ADDRESS, operations::get_user_group_members)
            .await
    }

    /// Puts users into a user group; it holds at most 500.
    #[doc(alias = "addUserGroupMembers")]
    pub async fn add_user_group_members(&self, group: &UserGroupId, users: &[Uuid]) -> Result<()> {
        self.call(operations::add_user_group_members(group, users)?)
            .await
    }

    /// Takes users out of a user group.
    #[doc(alias = "deleteUserGroupMembers")]
    pub async fn remove_user_group_members(
        &self,
        group: &UserGroupId,
        users: &[Uuid],
    ) -> Result<()> {
        self.call(operations::remove_user_group_members(group, users)?)
            .await
    }

    /// Lists the ids of CID groups.
    #[doc(alias = "queryCIDGroups")]
    pub fn query_cid_groups(&self, query: &GroupQuery) -> Paged<CidGroupId> {
        listed!(self, query, operations::query_cid_groups)
    }

    /// Reads CID groups by their ids.
    #[doc(alias = "getCIDGroupByIdV2")]
    pub async fn get_cid_groups(&self, ids: &[CidGroupId]) -> Result<Vec<CidGroup>> {
        self.in_parts(ids, IDS_IN_ADDRESS, operations::get_cid_groups)
            .await
    }

    /// Makes a CID group. It is sent once.
    #[doc(alias = "createCIDGroups")]
    pub async fn create_cid_group(&self, new: &NewGroup) -> Result<CidGroup> {
        self.call(operations::create_cid_group(new)?).await
    }

    /// Changes a CID group's name or description.
    #[doc(alias = "updateCIDGroups")]
    pub async fn update_cid_group(
        &self,
        id: &CidGroupId,
        change: &GroupChange,
    ) -> Result<CidGroup> {
        self.call(operations::update_cid_group(id, change)?).await
    }

    /// Deletes CID groups, with what user groups held by them.
    #[doc(alias = "deleteCIDGroups")]
    pub async fn delete_cid_groups(&self, ids: &[CidGroupId]) -> Result<()> {
        self.in_parts_done(ids, IDS_IN_ADDRESS, operations::delete_cid_groups)
            .await
    }

    /// Lists the ids of the CID groups that a customer is in.
    #[doc(alias = "queryCIDGroupMembers")]
    pub fn query_cid_group_members(&self, cid: &Cid) -> Paged<CidGroupId> {
        let cid = cid.clone();
        let query = PlainQuery::new();
        listed!(self, query, move |query: &PlainQuery| {
            operations::query_cid_group_members(&cid, query)
        })
    }

    /// Reads the members of CID groups.
    #[doc(alias = "getCIDGroupMembersByV2")]
    pub async fn get_cid_group_members(&self, ids: &[CidGroupId]) -> Result<Vec<CidGroupMembers>> {
        self.in_parts(ids, IDS_IN_ADDRESS, operations::get_cid_group_members)
            .await
    }

    /// Puts customers into a CID group.
    #[doc(alias = "addCIDGroupMembers")]
    pub async fn add_cid_group_members(&self, group: &CidGroupId, cids: &[Cid]) -> Result<()> {
        self.call(operations::add_cid_group_members(group, cids)?)
            .await
    }

    /// Takes customers out of a CID group.
    #[doc(alias = "deleteCIDGroupMembersV2")]
    pub async fn remove_cid_group_members(&self, group: &CidGroupId, cids: &[Cid]) -> Result<()> {
        self.call(operations::remove_cid_group_members(group, cids)?)
            .await
    }

    /// Lists the ids of the links between user groups and CID groups.
    #[doc(alias = "queryRoles")]
    pub fn query_role_links(&self, query: &RoleLinkQuery) -> Paged<RoleLinkId> {
        listed!(self, query, operations::query_role_links)
    }

    /// Reads links by their ids.
    #[doc(alias = "getRolesByID")]
    pub async fn get_role_links(&self, ids: &[RoleLinkId]) -> Result<Vec<RoleLink>> {
        self.in_parts(ids, IDS_IN_ADDRESS, operations::get_role_links)
            .await
    }

    /// Gives the members of a user group roles at the customers of a CID group.
    #[doc(alias = "addRole")]
    pub async fn add_role_link(
        &self,
        users: &UserGroupId,
        cids: &CidGroupId,
        roles: &[RoleId],
    ) -> Result<()> {
        self.call(operations::add_role_link(users, cids, roles)?)
            .await
    }

    /// Takes roles out of a link; without roles the link goes as a whole.
    #[doc(alias = "deletedRoles")]
    pub async fn remove_role_link(
        &self,
        users: &UserGroupId,
        cids: &CidGroupId,
        roles: Option<&[RoleId]>,
    ) -> Result<()> {
        self.call(operations::remove_role_link(users, cids, roles)?)
            .await
    }

    /// Lists what API clients may be allowed.
    #[doc(alias = "GetAccessibleScopes")]
    pub async fn get_accessible_scopes(&self) -> Result<Vec<Scope>> {
        self.call(operations::get_accessible_scopes()?).await
    }

    /// Lists the ids of the customer's API clients.
    #[doc(alias = "GetAllAPIClientIdsForCustomer")]
    pub fn query_api_clients(&self, query: &PlainQuery) -> Paged<ApiClientId> {
        listed!(self, query, operations::query_api_clients)
    }

    /// Reads API clients by their ids.
    #[doc(alias = "GetAPIClients")]
    pub async fn get_api_clients(&self, ids: &[ApiClientId]) -> Result<Vec<ApiClient>> {
        self.in_parts(ids, IDS_IN_ADDRESS, operations::get_api_clients)
            .await
    }

    /// Makes an API client. It is sent once; the secret is seen only here.
    #[doc(alias = "CreateAPIClient")]
    pub async fn create_api_client(&self, new: &NewApiClient) -> Result<ApiClientSecret> {
        self.call(operations::create_api_client(new)?).await
    }

    /// Changes an API client.
    #[doc(alias = "UpdateAPIClient")]
    pub async fn update_api_client(
        &self,
        id: &ApiClientId,
        change: &ApiClientChange,
    ) -> Result<ApiClient> {
        self.call(operations::update_api_client(id, change)?).await
    }

    /// Deletes API clients.
    #[doc(alias = "DeleteAPIClients")]
    pub async fn delete_api_clients(&self, ids: &[ApiClientId]) -> Result<()> {
        self.in_parts_done(ids, IDS_IN_ADDRESS, operations::delete_api_clients)
            .await
    }

    /// Gives an API client another secret, which is seen only here. The former one is dead at once: if the answer is lost, so
    /// is the client. It is sent once.
    #[doc(alias = "ResetAPIClientSecret")]
    pub async fn reset_api_client_secret(&self, id: &ApiClientId) -> Result<ApiClientSecret> {
        self.call(operations::reset_api_client_secret(id)?).await
    }
}
