//! Flight Control: the customers directly below the token's own (falcon.md §7).

use axum::extract::Request;
use axum::http::StatusCode;
use directory::{Fault, Operation, Organisation, OrganisationField, Predicate, Query, Test};
use kit::{Authenticated, HandlerResult, Pairs};

use super::body::{Fields, document};
use super::customers::{self, Customer};
use super::envelope;
use super::errors::{refused, shortened};
use super::filter;
use super::map::{self, Cid};
use super::parameters::{self, LARGEST_CONTROL_PAGE};
use super::sorting;

/// The direct children of a customer that have users here.
fn below(parent: &Customer) -> Predicate<OrganisationField> {
    let of_parent = Test::Equals(parent.id.number().into());
    Predicate::Is(OrganisationField::Parent, of_parent).and(Predicate::Is(
        OrganisationField::Local,
        Test::Equals(true.into()),
    ))
}

/// `GET /mssp/queries/children/v1`.
pub async fn query(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListOrganisations)?;
    let page = parameters::page(&pairs, 10, LARGEST_CONTROL_PAGE)?;
    let order = sorting::order(&pairs, "last_modified_timestamp|desc", sorting::child_sort)?;
    let filtered = match parameters::filter(&pairs) {
        Some(text) => {
            let read = filter::read(text).map_err(refused)?;
            filter::children(&read).map_err(refused)?
        }
        None => Predicate::All,
    };
    let own = customers::own(&request).await?;
    let query = page.query(below(&own).and(filtered), order);
    let found = request.organisations(&query).await?;
    let cids: Vec<String> = found.items.iter().map(|one| Cid::of(one).shown()).collect();
    Ok(envelope::page(&request.info, &cids, page.of(found.total)))
}

/// `GET /mssp/entities/children/v1`.
pub async fn show_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListOrganisations)?;
    let ids = parameters::needed_list(&pairs, "ids")?;
    show(&request, &ids).await
}

/// `POST /mssp/entities/children/GET/v2`.
pub async fn show_v2(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::ListOrganisations, raw).await?;
    let ids = Fields::of(&body)?.needed_texts("ids")?;
    show(&request, &ids).await
}

/// Children in the order of their ids; one that is none refuses them all.
async fn show(request: &Authenticated, ids: &[String]) -> HandlerResult {
    let unknown = |id: &str| refused(format!("invalid child cid='{}' specified", shortened(id)));
    let cids = ids
        .iter()
        .map(|id| Cid::parse(id).ok_or_else(|| unknown(id)))
        .collect::<Result<Vec<_>, Fault>>()?;
    let own = customers::own(request).await?;
    let values = cids.iter().map(|cid| cid.uuid().to_string().into());
    let named = Predicate::Is(OrganisationField::Uuid, Test::OneOf(values.collect()));
    let query = Query {
        predicate: named.and(below(&own)),
        limit: u32::try_from(cids.len()).unwrap_or(u32::MAX - 1),
        ..Query::default()
    };
    let found: std::collections::HashMap<_, Organisation> = request
        .organisations(&query)
        .await?
        .items
        .into_iter()
        .map(|one| (one.uuid, one))
        .collect();
    let mut children = Vec::with_capacity(cids.len());
    for (cid, id) in cids.iter().zip(ids) {
        let child = found.get(&cid.uuid()).ok_or_else(|| unknown(id))?;
        children.push(map::child(child, own.cid));
    }
    Ok(envelope::resources(
        &request.info,
        StatusCode::OK,
        &children,
    ))
}
