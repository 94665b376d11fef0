//! Customers, groups of users, groups of customers, and the links between them.

use serde_json::{Value, json};

use super::users::named;
use super::{IDS_IN_BODY, bounded, delete, facts, in_address, patch};
use crate::core::change::Members;
use crate::core::error::Result;
use crate::core::operation::{Draft, Operation, Repeat, gone_is_done, nothing};
use crate::falcon::answers::{Listing, listing, resource, resources};
use crate::falcon::fql::Fql;
use crate::falcon::group_answers::{
    Child, CidGroup, CidGroupMembers, RoleLink, UserGroup, UserGroupMembers,
};
use crate::falcon::group_requests::{GroupChange, NewGroup};
use crate::falcon::ids::{Cid, CidGroupId, RoleId, RoleLinkId, UserGroupId, Uuid};
use crate::falcon::requests::{ChildQuery, GroupQuery, PlainQuery, RoleLinkQuery};

use Repeat::{Idempotent, Once, Safe};

const USER_GROUPS: &str = "/mssp/entities/user-groups/v1";
const USER_GROUP_MEMBERS: &str = "/mssp/entities/user-group-members/v1";
const CID_GROUPS: &str = "/mssp/entities/cid-groups/v1";
const CID_GROUP_MEMBERS: &str = "/mssp/entities/cid-group-members/v1";
const ROLE_LINKS: &str = "/mssp/entities/mssp-roles/v1";

/// What these calls change stands in a list.
fn wrapped(members: Members) -> Value {
    json!({ "resources": [members.into_value()] })
}

/// `ccid`: `GET /sensors/queries/installers/ccid/v1`.
pub fn ccid() -> Result<Operation<Cid>> {
    const PATH: &str = "/sensors/queries/installers/ccid/v1";
    Draft::get(PATH).operation(facts("ccid", PATH, Safe), resource)
}

/// `query_children`: `GET /mssp/queries/children/v1`, one page.
pub fn query_children(query: &ChildQuery) -> Result<Operation<Listing<Cid>>> {
    const PATH: &str = "/mssp/queries/children/v1";
    let filter = query.filter.as_ref().map(Fql::checked).transpose()?;
    query
        .window
        .write(Draft::get(PATH).query_if("filter", filter))
        .operation(facts("query_children", PATH, Safe), listing)
}

/// `get_children`: `POST /mssp/entities/children/GET/v2`, for up to 5000 ids.
pub fn get_children(ids: &[Cid]) -> Result<Operation<Vec<Child>>> {
    const PATH: &str = "/mssp/entities/children/GET/v2";
    bounded(ids, IDS_IN_BODY)?;
    Draft::post(PATH)
        .json(&json!({ "ids": ids }))?
        .operation(facts("get_children", PATH, Safe), resources)
}

/// `query_user_groups`: `GET /mssp/queries/user-groups/v1`, one page.
pub fn query_user_groups(query: &GroupQuery) -> Result<Operation<Listing<UserGroupId>>> {
    const PATH: &str = "/mssp/queries/user-groups/v1";
    query
        .window
        .write(Draft::get(PATH).query_if("name", query.name.as_ref()))
        .operation(facts("query_user_groups", PATH, Safe), listing)
}

/// `get_user_groups`: `GET /mssp/entities/user-groups/v2`, for up to 100 ids.
pub fn get_user_groups(ids: &[UserGroupId]) -> Result<Operation<Vec<UserGroup>>> {
    const PATH: &str = "/mssp/entities/user-groups/v2";
    in_address(Draft::get(PATH), "ids", ids)?
        .operation(facts("get_user_groups", PATH, Safe), resources)
}

/// `create_user_group`: `POST /mssp/entities/user-groups/v1`.
pub fn create_user_group(new: &NewGroup) -> Result<Operation<UserGroup>> {
    Draft::post(USER_GROUPS)
        .json(&wrapped(new.members()))?
        .operation(facts("create_user_group", USER_GROUPS, Once), resource)
}

/// `update_user_group`: `PATCH /mssp/entities/user-groups/v1`.
pub fn update_user_group(id: &UserGroupId, change: &GroupChange) -> Result<Operation<UserGroup>> {
    let members = change.members().set("user_group_id", id.as_str());
    patch(USER_GROUPS).json(&wrapped(members))?.operation(
        facts("update_user_group", USER_GROUPS, Idempotent),
        resource,
    )
}

/// `delete_user_groups`: `DELETE /mssp/entities/user-groups/v1`, for up to 100 ids.
pub fn delete_user_groups(ids: &[UserGroupId]) -> Result<Operation<()>> {
    let operation = in_address(delete(USER_GROUPS), "user_group_ids", ids)?.operation(
        facts("delete_user_groups", USER_GROUPS, Idempotent),
        nothing,
    )?;
    Ok(operation.settled_by(gone_is_done))
}

/// `query_user_group_members`: `GET /mssp/queries/user-group-members/v1`, one page.
pub fn query_user_group_members(
    user: &Uuid,
    query: &PlainQuery,
) -> Result<Operation<Listing<UserGroupId>>> {
    const PATH: &str = "/mssp/queries/user-group-members/v1";
    query
        .window
        .write(Draft::get(PATH).query("user_uuid", named(user)?))
        .operation(facts("query_user_group_members", PATH, Safe), listing)
}

/// `get_user_group_members`: `GET /mssp/entities/user-group-members/v2`, for up to 100 groups.
pub fn get_user_group_members(ids: &[UserGroupId]) -> Result<Operation<Vec<UserGroupMembers>>> {
    const PATH: &str = "/mssp/entities/user-group-members/v2";
    in_address(Draft::get(PATH), "ids", ids)?
        .operation(facts("get_user_group_members", PATH, Safe), resources)
}

fn user_members(group: &UserGroupId, users: &[Uuid]) -> Result<Value> {
    bounded(users, IDS_IN_BODY)?;
    let members = Members::new().set("user_group_id", group.as_str());
    Ok(wrapped(members.set("user_uuids", json!(users))))
}

/// `add_user_group_members`: `POST /mssp/entities/user-group-members/v1`.
pub fn add_user_group_members(group: &UserGroupId, users: &[Uuid]) -> Result<Operation<()>> {
    Draft::post(USER_GROUP_MEMBERS)
        .json(&user_members(group, users)?)?
        .operation(
            facts("add_user_group_members", USER_GROUP_MEMBERS, Idempotent),
            nothing,
        )
}

/// `remove_user_group_members`: `DELETE /mssp/entities/user-group-members/v1`, with a body.
pub fn remove_user_group_members(group: &UserGroupId, users: &[Uuid]) -> Result<Operation<()>> {
    delete(USER_GROUP_MEMBERS)
        .json(&user_members(group, users)?)?
        .operation(
            facts("remove_user_group_members", USER_GROUP_MEMBERS, Idempotent),
            nothing,
        )
}

/// `query_cid_groups`: `GET /mssp/queries/cid-groups/v1`, one page.
pub fn query_cid_groups(query: &GroupQuery) -> Result<Operation<Listing<CidGroupId>>> {
    const PATH: &str = "/mssp/queries/cid-groups/v1";
    query
        .window
        .write(Draft::get(PATH).query_if("name", query.name.as_ref()))
        .operation(facts("query_cid_groups", PATH, Safe), listing)
}

/// `get_cid_groups`: `GET /mssp/entities/cid-groups/v2`, for up to 100 ids.
pub fn get_cid_groups(ids: &[CidGroupId]) -> Result<Operation<Vec<CidGroup>>> {
    const PATH: &str = "/mssp/entities/cid-groups/v2";
    in_address(Draft::get(PATH), "ids", ids)?
        .operation(facts("get_cid_groups", PATH, Safe), resources)
}

/// `create_cid_group`: `POST /mssp/entities/cid-groups/v1`.
pub fn create_cid_group(new: &NewGroup) -> Result<Operation<CidGroup>> {
    Draft::post(CID_GROUPS)
        .json(&wrapped(new.members()))?
        .operation(facts("create_cid_group", CID_GROUPS, Once), resource)
}

/// `update_cid_group`: `PATCH /mssp/entities/cid-groups/v1`.
pub fn update_cid_group(id: &CidGroupId, change: &GroupChange) -> Result<Operation<CidGroup>> {
    let members = change.members().set("cid_group_id", id.as_str());
    patch(CID_GROUPS)
        .json(&wrapped(members))?
        .operation(facts("update_cid_group", CID_GROUPS, Idempotent), resource)
}

/// `delete_cid_groups`: `DELETE /mssp/entities/cid-groups/v1`, for up to 100 ids.
pub fn delete_cid_groups(ids: &[CidGroupId]) -> Result<Operation<()>> {
    let operation = in_address(delete(CID_GROUPS), "cid_group_ids", ids)?
        .operation(facts("delete_cid_groups", CID_GROUPS, Idempotent), nothing)?;
    Ok(operation.settled_by(gone_is_done))
}

/// `query_cid_group_members`: `GET /mssp/queries/cid-group-members/v1`, one page.
pub fn query_cid_group_members(
    cid: &Cid,
    query: &PlainQuery,
) -> Result<Operation<Listing<CidGroupId>>> {
    const PATH: &str = "/mssp/queries/cid-group-members/v1";
    query
        .window
        .write(Draft::get(PATH).query("cid", cid))
        .operation(facts("query_cid_group_members", PATH, Safe), listing)
}

/// `get_cid_group_members`: `GET /mssp/entities/cid-group-members/v2`, for up to 100 groups.
pub fn get_cid_group_members(ids: &[CidGroupId]) -> Result<Operation<Vec<CidGroupMembers>>> {
    const PATH: &str = "/mssp/entities/cid-group-members/v2";
    in_address(Draft::get(PATH), "ids", ids)?
        .operation(facts("get_cid_group_members", PATH, Safe), resources)
}

fn cid_members(group: &CidGroupId, cids: &[Cid]) -> Result<Value> {
    bounded(cids, IDS_IN_BODY)?;
    let members = Members::new().set("cid_group_id", group.as_str());
    Ok(wrapped(members.set("cids", json!(cids))))
}

/// `add_cid_group_members`: `POST /mssp/entities/cid-group-members/v1`.
pub fn add_cid_group_members(group: &CidGroupId, cids: &[Cid]) -> Result<Operation<()>> {
    Draft::post(CID_GROUP_MEMBERS)
        .json(&cid_members(group, cids)?)?
        .operation(
            facts("add_cid_group_members", CID_GROUP_MEMBERS, Idempotent),
            nothing,
        )
}

/// `remove_cid_group_members`: `DELETE /mssp/entities/cid-group-members/v2`, with a body.
pub fn remove_cid_group_members(group: &CidGroupId, cids: &[Cid]) -> Result<Operation<()>> {
    const PATH: &str = "/mssp/entities/cid-group-members/v2";
    delete(PATH)
        .json(&cid_members(group, cids)?)?
        .operation(facts("remove_cid_group_members", PATH, Idempotent), nothing)
}

/// `query_role_links`: `GET /mssp/queries/mssp-roles/v1`, one page.
pub fn query_role_links(query: &RoleLinkQuery) -> Result<Operation<Listing<RoleLinkId>>> {
    const PATH: &str = "/mssp/queries/mssp-roles/v1";
    let draft = Draft::get(PATH)
        .query_if("user_group_id", query.user_group.as_ref())
        .query_if("cid_group_id", query.cid_group.as_ref())
        .query_if("role_id", query.role.as_ref());
    query
        .window
        .write(draft)
        .operation(facts("query_role_links", PATH, Safe), listing)
}

/// `get_role_links`: `GET /mssp/entities/mssp-roles/v1`, for up to 100 ids.
pub fn get_role_links(ids: &[RoleLinkId]) -> Result<Operation<Vec<RoleLink>>> {
    in_address(Draft::get(ROLE_LINKS), "ids", ids)?
        .operation(facts("get_role_links", ROLE_LINKS, Safe), resources)
}

fn link(users: &UserGroupId, cids: &CidGroupId) -> Members {
    Members::new()
        .set("user_group_id", users.as_str())
        .set("cid_group_id", cids.as_str())
}

/// `add_role_link`: `POST /mssp/entities/mssp-roles/v1`.
pub fn add_role_link(
    users: &UserGroupId,
    cids: &CidGroupId,
    roles: &[RoleId],
) -> Result<Operation<()>> {
    bounded(roles, IDS_IN_BODY)?;
    Draft::post(ROLE_LINKS)
        .json(&wrapped(link(users, cids).set("role_ids", json!(roles))))?
        .operation(facts("add_role_link", ROLE_LINKS, Idempotent), nothing)
}

/// `remove_role_link`: `DELETE /mssp/entities/mssp-roles/v1`, with a body. Without roles the link itself goes.
pub fn remove_role_link(
    users: &UserGroupId,
    cids: &CidGroupId,
    roles: Option<&[RoleId]>,
) -> Result<Operation<()>> {
    let mut members = link(users, cids);
    if let Some(roles) = roles {
        // An empty list would be taken for none given, and would dissolve the link.
        bounded(roles, IDS_IN_BODY)?;
        members = members.set("role_ids", json!(roles));
    }
    delete(ROLE_LINKS)
        .json(&wrapped(members))?
        .operation(facts("remove_role_link", ROLE_LINKS, Idempotent), nothing)
}
