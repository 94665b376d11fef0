//! API clients.

use serde_json::Value;

use super::{delete, facts, in_address, patch};
use crate::core::error::{Error, Result};
use crate::core::operation::{Answer, Draft, Operation, Repeat, gone_is_done, nothing};
use crate::core::secret::Secret;
use crate::falcon::answers::{Listing, listing, resource, resources};
use crate::falcon::group_answers::{ApiClient, ApiClientSecret, Scope};
use crate::falcon::group_requests::{ApiClientChange, NewApiClient};
use crate::falcon::ids::ApiClientId;
use crate::falcon::requests::PlainQuery;

use Repeat::{Idempotent, Once, Safe};

const API_CLIENTS: &str = "/api-clients/entities/api-clients/v1";

/// `get_accessible_scopes`: `GET /api-clients/entities/accessible-scopes/v1`.
pub fn get_accessible_scopes() -> Result<Operation<Vec<Scope>>> {
    const PATH: &str = "/api-clients/entities/accessible-scopes/v1";
    Draft::get(PATH).operation(facts("get_accessible_scopes", PATH, Safe), resources)
}

/// `query_api_clients`: `GET /api-clients/queries/api-clients/v1`, one page.
pub fn query_api_clients(query: &PlainQuery) -> Result<Operation<Listing<ApiClientId>>> {
    const PATH: &str = "/api-clients/queries/api-clients/v1";
    query
        .window
        .write(Draft::get(PATH))
        .operation(facts("query_api_clients", PATH, Safe), listing)
}

/// `get_api_clients`: `GET /api-clients/entities/api-clients/v1`, for up to 100 ids.
pub fn get_api_clients(ids: &[ApiClientId]) -> Result<Operation<Vec<ApiClient>>> {
    in_address(Draft::get(API_CLIENTS), "ids", ids)?
        .operation(facts("get_api_clients", API_CLIENTS, Safe), resources)
}

/// `create_api_client`: `POST /api-clients/entities/api-clients/v1`.
pub fn create_api_client(new: &NewApiClient) -> Result<Operation<ApiClientSecret>> {
    Draft::post(API_CLIENTS)
        .json(&new.body())?
        .operation(facts("create_api_client", API_CLIENTS, Once), with_secret)
}

/// `update_api_client`: `PATCH /api-clients/entities/api-clients/v1`.
pub fn update_api_client(
    id: &ApiClientId,
    change: &ApiClientChange,
) -> Result<Operation<ApiClient>> {
    in_address(patch(API_CLIENTS), "ids", &[id])?
        .json(&change.body())?
        .operation(
            facts("update_api_client", API_CLIENTS, Idempotent),
            resource,
        )
}

/// `delete_api_clients`: `DELETE /api-clients/entities/api-clients/v1`, for up to 100 ids.
pub fn delete_api_clients(ids: &[ApiClientId]) -> Result<Operation<()>> {
    let operation = in_address(delete(API_CLIENTS), "ids", ids)?.operation(
        facts("delete_api_clients", API_CLIENTS, Idempotent),
        nothing,
    )?;
    Ok(operation.settled_by(gone_is_done))
}

/// `reset_api_client_secret`: `POST /api-clients/entities/api-clients-actions/v1`.
pub fn reset_api_client_secret(id: &ApiClientId) -> Result<Operation<ApiClientSecret>> {
    const PATH: &str = "/api-clients/entities/api-clients-actions/v1";
    in_address(Draft::post(PATH), "ids", &[id])?
        .query("action_name", "reset_secret")
        .operation(facts("reset_api_client_secret", PATH, Once), with_secret)
}

/// The secret is taken out of the document, so that it is not among what else came.
fn with_secret(answer: &Answer) -> Result<ApiClientSecret> {
    let mut document: Value = resource(answer)?;
    let secret = document
        .as_object_mut()
        .and_then(|it| it.remove("client_secret"));
    let Some(secret) = secret.as_ref().and_then(Value::as_str) else {
        return Err(Error::unexpected(answer, "the answer holds no secret"));
    };
    Ok(ApiClientSecret {
        secret: Secret::new(secret),
        client: answer.part(document)?,
    })
}
