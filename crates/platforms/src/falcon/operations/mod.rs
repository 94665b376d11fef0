//! The operations as values: what would be sent, made without a network.
//!
//! Each has the name of the [client's](super::Falcon) method that makes the call. Where a method splits a long list of ids,
//! or reads a list page by page, its operation is one part, or one page.

use std::fmt::Display;

use base64::Engine;
use http::Method;
use http::header::{AUTHORIZATION, HeaderValue};

use crate::core::error::{Error, Result};
use crate::core::operation::{Draft, Facts, Operation, Repeat, nothing};
use crate::core::secret::Secret;
use crate::falcon::answers::AccessToken;
use crate::falcon::errors::TOKEN;
use crate::falcon::ids::Cid;

mod api_clients;
mod flight_control;
mod roles;
mod users;

pub use api_clients::{
    create_api_client, delete_api_clients, get_accessible_scopes, get_api_clients,
    query_api_clients, reset_api_client_secret, update_api_client,
};
pub use flight_control::{
    add_cid_group_members, add_role_link, add_user_group_members, ccid, create_cid_group,
    create_user_group, delete_cid_groups, delete_user_groups, get_children, get_cid_group_members,
    get_cid_groups, get_role_links, get_user_group_members, get_user_groups, query_children,
    query_cid_group_members, query_cid_groups, query_role_links, query_user_group_members,
    query_user_groups, remove_cid_group_members, remove_role_link, remove_user_group_members,
    update_cid_group, update_user_group,
};
pub use roles::{
    get_available_role_ids, get_roles, get_roles_mssp, get_roles_mssp_v2, get_user_grants,
    get_user_role_ids, grant_user_role_ids, query_roles, revoke_user_role_ids, user_roles_action,
};
pub use users::{
    create_user, create_user_mssp, delete_user, delete_user_mssp, query_users,
    retrieve_emails_by_cid, retrieve_user, retrieve_user_uuid, retrieve_user_uuids_by_cid,
    retrieve_users, update_user, update_user_mssp, user_action, validate_user,
};

/// The most ids in an address: it has no room for more.
pub(super) const IDS_IN_ADDRESS: usize = 100;
/// The most ids in a body.
pub(super) const IDS_IN_BODY: usize = 5000;

const fn facts(id: &'static str, template: &'static str, repeat: Repeat) -> Facts {
    Facts::new("falcon", id, template, repeat)
}

fn delete(path: &'static str) -> Draft {
    Draft::new(Method::DELETE, path)
}

fn patch(path: &'static str) -> Draft {
    Draft::new(Method::PATCH, path)
}

/// Ids as a repeated query parameter.
fn in_address<I: Display>(draft: Draft, name: &str, ids: &[I]) -> Result<Draft> {
    bounded(ids, IDS_IN_ADDRESS)?;
    Ok(ids.iter().fold(draft, |draft, id| draft.query(name, id)))
}

/// Refuses an empty list of ids, which some calls would take for all, and one that is too long.
fn bounded<I>(ids: &[I], most: usize) -> Result<()> {
    if ids.is_empty() {
        return Err(Error::config("the list of ids is empty"));
    }
    if ids.len() > most {
        return Err(Error::config(format!(
            "{} ids are too many for one request: it takes {most}",
            ids.len()
        )));
    }
    Ok(())
}

fn hiding<T>(operation: Operation<T>, secret: Option<&Secret>) -> Operation<T> {
    match secret {
        Some(secret) => operation.hiding(secret),
        None => operation,
    }
}

/// A token for an API client: `POST /oauth2/token`. The client asks for it by itself.
pub fn token(
    client_id: &str,
    client_secret: &Secret,
    member_cid: Option<&Cid>,
) -> Result<Operation<AccessToken>> {
    let mut form = vec![
        ("client_id", client_id),
        ("client_secret", client_secret.expose()),
    ];
    if let Some(cid) = member_cid {
        form.push(("member_cid", cid.as_str()));
    }
    let operation = Draft::post("/oauth2/token")
        .form(&form)
        .operation(facts(TOKEN, "/oauth2/token", Repeat::Safe), |answer| {
            AccessToken::read(answer)
        })?;
    Ok(operation.hiding(client_secret).anonymous())
}

/// The end of a token: `POST /oauth2/revoke`.
pub fn revoke_token(
    client_id: &str,
    client_secret: &Secret,
    token: &Secret,
) -> Result<Operation<()>> {
    let encoded = base64::engine::general_purpose::STANDARD
        .encode(format!("{client_id}:{}", client_secret.expose()));
    let mut header = HeaderValue::from_str(&format!("Basic {encoded}"))
        .map_err(|_| Error::config("the credentials cannot be written"))?;
    header.set_sensitive(true);
    let operation = Draft::post("/oauth2/revoke")
        .form(&[("token", token.expose())])
        .header(AUTHORIZATION, header)
        .operation(
            facts("revoke_token", "/oauth2/revoke", Repeat::Idempotent),
            nothing,
        )?;
    Ok(operation
        .hiding(client_secret)
        .hiding(token)
        .hiding(&Secret::new(encoded))
        .anonymous())
}
