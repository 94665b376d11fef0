//! Users.

use serde_json::json;

use super::{IDS_IN_ADDRESS, IDS_IN_BODY, bounded, delete, facts, hiding, in_address, patch};
use crate::core::error::{Error, Result};
use crate::core::operation::{Draft, Operation, Repeat, gone_is_done, nothing};
use crate::falcon::answers::{LegacyUser, Listing, User, listing, resource, resources};
use crate::falcon::fql::Fql;
use crate::falcon::ids::Uuid;
use crate::falcon::requests::{Names, NewUser, UserAction, UserQuery};

use Repeat::{Idempotent, Once, Safe};

const USERS: &str = "/user-management/entities/users/v1";
const LEGACY_USERS: &str = "/users/entities/users/v1";

/// `query_users`: `GET /user-management/queries/users/v1`, one page.
pub fn query_users(query: &UserQuery) -> Result<Operation<Listing<Uuid>>> {
    const PATH: &str = "/user-management/queries/users/v1";
    let filter = query.filter.as_ref().map(Fql::checked).transpose()?;
    query
        .window
        .write(Draft::get(PATH).query_if("filter", filter))
        .operation(facts("query_users", PATH, Safe), listing)
}

/// `retrieve_user`: `GET /users/entities/users/v1`, for up to 100 ids.
pub fn retrieve_user(ids: &[Uuid]) -> Result<Operation<Vec<LegacyUser>>> {
    in_address(Draft::get(LEGACY_USERS), "ids", ids)?
        .operation(facts("retrieve_user", LEGACY_USERS, Safe), resources)
}

/// `retrieve_users`: `POST /user-management/entities/users/GET/v1`, for up to 5000 ids.
pub fn retrieve_users(ids: &[Uuid]) -> Result<Operation<Vec<User>>> {
    const PATH: &str = "/user-management/entities/users/GET/v1";
    bounded(ids, IDS_IN_BODY)?;
    Draft::post(PATH)
        .json(&json!({ "ids": ids }))?
        .operation(facts("retrieve_users", PATH, Safe), resources)
}

/// `create_user`: `POST /users/entities/users/v1`.
pub fn create_user(new: &NewUser) -> Result<Operation<LegacyUser>> {
    if new.cid.is_some() {
        return Err(Error::config(
            "the older call makes users at the customer that the client speaks for: use `create_user_mssp`, or a client \
             made by `for_cid`",
        ));
    }
    let operation = Draft::post(LEGACY_USERS)
        .json(&new.legacy_body())?
        .operation(facts("create_user", LEGACY_USERS, Once), resource)?;
    Ok(hiding(operation, new.password.as_ref()))
}

/// `create_user_mssp`: `POST /user-management/entities/users/v1`.
pub fn create_user_mssp(new: &NewUser) -> Result<Operation<User>> {
    let operation = Draft::post(USERS)
        .json(&new.body())?
        .operation(facts("create_user_mssp", USERS, Once), resource)?;
    Ok(hiding(operation, new.password.as_ref()))
}

/// `validate_user`: `POST /user-management/entities/users/v1?validate_only=true`.
pub fn validate_user(new: &NewUser) -> Result<Operation<()>> {
    // It makes nothing, so it may be sent as often as it takes.
    let operation = Draft::post(USERS)
        .query("validate_only", true)
        .json(&new.body())?
        .operation(facts("validate_user", USERS, Safe), nothing)?;
    Ok(hiding(operation, new.password.as_ref()))
}

/// `delete_user`: `DELETE /users/entities/users/v1`.
pub fn delete_user(user: &Uuid) -> Result<Operation<()>> {
    let operation = delete(LEGACY_USERS)
        .query("user_uuid", named(user)?)
        .operation(facts("delete_user", LEGACY_USERS, Idempotent), nothing)?;
    Ok(operation.settled_by(gone_is_done))
}

/// `delete_user_mssp`: `DELETE /user-management/entities/users/v1`.
pub fn delete_user_mssp(user: &Uuid) -> Result<Operation<()>> {
    let operation = delete(USERS)
        .query("user_uuid", named(user)?)
        .operation(facts("delete_user_mssp", USERS, Idempotent), nothing)?;
    Ok(operation.settled_by(gone_is_done))
}

/// `update_user`: `PATCH /users/entities/users/v1`.
pub fn update_user(user: &Uuid, names: &Names) -> Result<Operation<LegacyUser>> {
    if names.first_name.is_none() && names.last_name.is_none() {
        return Err(Error::config("there is no name to be changed"));
    }
    patch(LEGACY_USERS)
        .query("user_uuid", named(user)?)
        .json(&names.body("firstName", "lastName"))?
        .operation(facts("update_user", LEGACY_USERS, Idempotent), resource)
}

/// `update_user_mssp`: `PATCH /user-management/entities/users/v1`.
pub fn update_user_mssp(user: &Uuid, names: &Names) -> Result<Operation<User>> {
    // Quirk: the newer call wants both, and what it does with one alone is not said (docs/wire/falcon.md §6).
    if names.first_name.is_none() || names.last_name.is_none() {
        return Err(Error::config(
            "the newer call wants both names: give both, or use `update_user`",
        ));
    }
    patch(USERS)
        .query("user_uuid", named(user)?)
        .json(&names.body("first_name", "last_name"))?
        .operation(facts("update_user_mssp", USERS, Idempotent), resource)
}

/// `user_action`: `POST /user-management/entities/user-actions/v1`.
pub fn user_action(action: &UserAction, users: &[Uuid]) -> Result<Operation<()>> {
    const PATH: &str = "/user-management/entities/user-actions/v1";
    bounded(users, IDS_IN_BODY)?;
    Draft::post(PATH)
        .json(&json!({ "action": action.body(), "ids": users }))?
        .operation(facts("user_action", PATH, Once), nothing)
}

/// `retrieve_emails_by_cid`: `GET /users/queries/emails-by-cid/v1`.
pub fn retrieve_emails_by_cid() -> Result<Operation<Vec<String>>> {
    const PATH: &str = "/users/queries/emails-by-cid/v1";
    Draft::get(PATH).operation(facts("retrieve_emails_by_cid", PATH, Safe), resources)
}

/// `retrieve_user_uuids_by_cid`: `GET /users/queries/user-uuids-by-cid/v1`.
pub fn retrieve_user_uuids_by_cid() -> Result<Operation<Vec<Uuid>>> {
    const PATH: &str = "/users/queries/user-uuids-by-cid/v1";
    Draft::get(PATH).operation(facts("retrieve_user_uuids_by_cid", PATH, Safe), resources)
}

/// `retrieve_user_uuid`: `GET /users/queries/user-uuids-by-email/v1`, for up to 100 addresses.
pub fn retrieve_user_uuid(addresses: &[&str]) -> Result<Operation<Vec<Uuid>>> {
    const PATH: &str = "/users/queries/user-uuids-by-email/v1";
    bounded(addresses, IDS_IN_ADDRESS)?;
    // Quirk: a comma in a value divides it (docs/wire/falcon.md §1).
    if addresses.iter().any(|address| address.contains(',')) {
        return Err(Error::config(
            "an address with a comma in it cannot be looked up: the platform takes it for two",
        ));
    }
    in_address(Draft::get(PATH), "uid", addresses)?
        .operation(facts("retrieve_user_uuid", PATH, Safe), resources)
}

/// An empty id would mean something else, or everything.
pub(super) fn named(user: &Uuid) -> Result<&Uuid> {
    if user.as_str().trim().is_empty() {
        return Err(Error::config("the user's id is empty"));
    }
    Ok(user)
}
