//! Customers (CIDs): the organisations that a token sees. The token's own, those that requests name,
//! and those that rows speak of.

use std::collections::HashMap;

use axum::http::StatusCode;
use directory::{
    Fault, Organisation, OrganisationField, OrganisationId, Permission, Predicate, Query, Test,
};
use kit::{Authenticated, HandlerResult};

use super::envelope;
use super::errors::{refused, shortened};
use super::filter;
use super::map::{Cid, Customers};

/// A customer that a request acts in.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Its number.
    pub id: OrganisationId,
    /// Its id.
    pub cid: Cid,
}

impl Customer {
    fn of(organisation: &Organisation) -> Self {
        Self {
            id: organisation.id,
            cid: Cid::of(organisation),
        }
    }
}

/// The token's own customer.
pub async fn own(request: &Authenticated) -> Result<Customer, Fault> {
    let organisation = request.organisation(request.caller.organisation()).await?;
    Ok(Customer::of(&organisation))
}

/// The customer that a request names, else the token's own. One outside the caller's tree is refused
/// like one that does not exist.
pub async fn named(request: &Authenticated, cid: Option<&str>) -> Result<Customer, Fault> {
    let Some(text) = cid else {
        return own(request).await;
    };
    let cid = Cid::parse(text)
        .ok_or_else(|| refused(format!("invalid cid='{}' specified", shortened(text))))?;
    let hidden = Fault::Forbidden(Permission::ReadOrganisations);
    match request.organisation(directory::Ref::Uuid(cid.uuid())).await {
        Ok(organisation) if organisation.local => Ok(Customer::of(&organisation)),
        Ok(_) | Err(Fault::NotFound(_)) => Err(hidden),
        Err(fault) => Err(fault),
    }
}

/// Those of the organisations that the caller sees.
pub async fn seen(
    request: &Authenticated,
    ids: impl IntoIterator<Item = OrganisationId>,
) -> Result<Customers, Fault> {
    let mut ids: Vec<OrganisationId> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Customers::new());
    }
    Ok(of(&request.organisations_by_id(&ids).await?))
}

/// Organisations as customers.
pub fn of(organisations: &[Organisation]) -> Customers {
    organisations
        .iter()
        .map(|organisation| (organisation.id, Cid::of(organisation)))
        .collect()
}

/// The numbers of the customers that a filter names and the caller sees.
pub async fn looked_up(request: &Authenticated, cids: &[Cid]) -> Result<filter::Customers, Fault> {
    if cids.is_empty() {
        return Ok(HashMap::new());
    }
    let values = cids.iter().map(|cid| cid.uuid().to_string().into());
    let query = Query {
        predicate: Predicate::Is(OrganisationField::Uuid, Test::OneOf(values.collect())),
        limit: u32::try_from(cids.len()).unwrap_or(u32::MAX - 1),
        ..Query::default()
    };
    let found = request.organisations(&query).await?.items;
    Ok(found.iter().map(|one| (one.uuid, one.id)).collect())
}

/// `GET /sensors/queries/installers/ccid/v1`: the token's customer with its checksum, which is how
/// scripts learn whose token they have.
pub async fn ccid(request: Authenticated) -> HandlerResult {
    let own = own(&request).await?;
    Ok(envelope::resources(
        &request.info,
        StatusCode::OK,
        &[own.cid.with_checksum()],
    ))
}
