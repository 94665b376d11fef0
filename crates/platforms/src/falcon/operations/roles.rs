//! Roles and grants.

use jiff::Timestamp;
use serde_json::json;

use super::users::named;
use super::{IDS_IN_BODY, bounded, delete, facts, in_address};
use crate::core::change::Members;
use crate::core::error::Result;
use crate::core::operation::{Draft, Operation, Repeat, nothing};
use crate::falcon::answers::{Grant, LegacyRole, Listing, Role, listing, resources};
use crate::falcon::fql::Fql;
use crate::falcon::ids::{Cid, RoleId, Uuid};
use crate::falcon::requests::{GrantQuery, RoleQuery, RolesAction, expiry};

use Repeat::{Idempotent, Safe};

const USER_ROLES: &str = "/user-roles/entities/user-roles/v1";

/// `get_roles`: `GET /user-roles/entities/user-roles/v1`, for up to 100 ids.
pub fn get_roles(ids: &[RoleId]) -> Result<Operation<Vec<LegacyRole>>> {
    in_address(Draft::get(USER_ROLES), "ids", ids)?
        .operation(facts("get_roles", USER_ROLES, Safe), resources)
}

/// `get_user_grants`: `GET /user-management/combined/user-roles/v1` or `/v2`, one page.
pub fn get_user_grants(user: &Uuid, query: &GrantQuery) -> Result<Operation<Listing<Grant>>> {
    let path = if query.second {
        "/user-management/combined/user-roles/v2"
    } else {
        "/user-management/combined/user-roles/v1"
    };
    let filter = query.filter.as_ref().map(Fql::checked).transpose()?;
    let draft = Draft::get(path)
        .query("user_uuid", named(user)?)
        .query_if("cid", query.cid.as_ref())
        .query_if("direct_only", query.direct_only)
        .query_if("filter", filter);
    query
        .window
        .write(draft)
        .operation(facts("get_user_grants", path, Safe), listing)
}

/// `query_roles`: `GET /user-management/queries/roles/v1`.
pub fn query_roles(query: &RoleQuery) -> Result<Operation<Vec<RoleId>>> {
    const PATH: &str = "/user-management/queries/roles/v1";
    Draft::get(PATH)
        .query_if("action", query.action.as_ref())
        .query_if("cid", query.cid.as_ref())
        .query_if("user_uuid", query.user.as_ref())
        .operation(facts("query_roles", PATH, Safe), resources)
}

/// `get_roles_mssp`: `GET /user-management/entities/roles/v1`, for up to 100 ids.
pub fn get_roles_mssp(ids: &[RoleId], cid: Option<&Cid>) -> Result<Operation<Vec<Role>>> {
    const PATH: &str = "/user-management/entities/roles/v1";
    in_address(Draft::get(PATH), "ids", ids)?
        .query_if("cid", cid)
        .operation(facts("get_roles_mssp", PATH, Safe), resources)
}

/// `get_roles_mssp_v2`: `POST /user-management/entities/roles/GET/v2`, for up to 5000 ids.
pub fn get_roles_mssp_v2(ids: &[RoleId], cid: Option<&Cid>) -> Result<Operation<Vec<Role>>> {
    const PATH: &str = "/user-management/entities/roles/GET/v2";
    bounded(ids, IDS_IN_BODY)?;
    Draft::post(PATH)
        .query_if("cid", cid)
        .json(&json!({ "ids": ids }))?
        .operation(facts("get_roles_mssp_v2", PATH, Safe), resources)
}

/// `user_roles_action`: `POST /user-management/entities/user-role-actions/v1`.
pub fn user_roles_action(
    action: RolesAction,
    cid: &Cid,
    user: &Uuid,
    roles: &[RoleId],
    expires_at: Option<Timestamp>,
) -> Result<Operation<()>> {
    const PATH: &str = "/user-management/entities/user-role-actions/v1";
    bounded(roles, IDS_IN_BODY)?;
    let body = Members::new()
        .set("action", action.name())
        .set("cid", cid.as_str())
        .set("role_ids", json!(roles))
        .set("uuid", named(user)?.as_str())
        .set_if("expires_at", expiry(expires_at).as_ref())
        .into_value();
    Draft::post(PATH)
        .json(&body)?
        .operation(facts("user_roles_action", PATH, Idempotent), nothing)
}

/// `grant_user_role_ids`: `POST /user-roles/entities/user-roles/v1`.
pub fn grant_user_role_ids(user: &Uuid, roles: &[RoleId]) -> Result<Operation<Vec<RoleId>>> {
    bounded(roles, IDS_IN_BODY)?;
    Draft::post(USER_ROLES)
        .query("user_uuid", named(user)?)
        .json(&json!({ "roleIds": roles }))?
        .operation(
            facts("grant_user_role_ids", USER_ROLES, Idempotent),
            resources,
        )
}

/// `revoke_user_role_ids`: `DELETE /user-roles/entities/user-roles/v1`, for up to 100 ids.
pub fn revoke_user_role_ids(user: &Uuid, roles: &[RoleId]) -> Result<Operation<Vec<RoleId>>> {
    let draft = delete(USER_ROLES).query("user_uuid", named(user)?);
    in_address(draft, "ids", roles)?.operation(
        facts("revoke_user_role_ids", USER_ROLES, Idempotent),
        resources,
    )
}

/// `get_available_role_ids`: `GET /user-roles/queries/user-role-ids-by-cid/v1`.
pub fn get_available_role_ids() -> Result<Operation<Vec<RoleId>>> {
    const PATH: &str = "/user-roles/queries/user-role-ids-by-cid/v1";
    Draft::get(PATH).operation(facts("get_available_role_ids", PATH, Safe), resources)
}

/// `get_user_role_ids`: `GET /user-roles/queries/user-role-ids-by-user-uuid/v1`.
pub fn get_user_role_ids(user: &Uuid) -> Result<Operation<Vec<RoleId>>> {
    const PATH: &str = "/user-roles/queries/user-role-ids-by-user-uuid/v1";
    Draft::get(PATH)
        .query("user_uuid", named(user)?)
        .operation(facts("get_user_role_ids", PATH, Safe), resources)
}
