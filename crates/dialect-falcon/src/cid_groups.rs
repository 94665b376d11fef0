//! Flight Control: CID groups, which are the directory's collections of organisations, and the
//! customers in them (falcon.md §7).

use std::collections::HashMap;

use axum::extract::Request;
use directory::{
    Collection, CollectionChange, CollectionId, Fault, Kind, NewCollection, Operation,
    OrganisationId, Ref,
};
use kit::{Authenticated, HandlerResult, Pairs};

use super::body::{Fields, document};
use super::control::{self, Outcomes};
use super::customers::{self, Customer};
use super::envelope::{self, ErrorEntry, Pagination};
use super::errors::refused;
use super::map::{Cid, group_id, read_group_id};
use super::parameters::{self, LARGEST_CONTROL_PAGE, Page};
use super::sorting;
use super::wire;

/// What CID groups are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SortedBy {
    Name,
    Changed,
}

fn sorted_by(property: &str) -> Option<SortedBy> {
    match property {
        "name" => Some(SortedBy::Name),
        "last_modified_timestamp" => Some(SortedBy::Changed),
        _ => None,
    }
}

fn shown(collection: &Collection, at: &Customer) -> wire::CidGroup {
    wire::CidGroup {
        cid_group_id: group_id(collection.uuid),
        name: collection.name.clone(),
        description: collection.description.clone().unwrap_or_default(),
        cid: at.cid.shown(),
        is_default: false,
    }
}

/// The CID groups of a customer, by name.
async fn of_customer(request: &Authenticated, at: &Customer) -> Result<Vec<Collection>, Fault> {
    let mut all = request.collections().await?;
    all.retain(|collection| collection.organisation == at.id);
    Ok(all)
}

fn paged(
    request: &Authenticated,
    pairs: &Pairs,
    page: Page,
    mut found: Vec<Collection>,
    default_sort: &str,
) -> HandlerResult {
    let sort = sorting::sort(parameters::text(pairs, "sort")?, default_sort, sorted_by);
    let (sort, descending) = sort.map_err(refused)?;
    if sort == SortedBy::Changed {
        found.sort_by_key(|collection| (collection.updated_at, collection.id));
    }
    if descending {
        found.reverse();
    }
    let total = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let skipped = usize::try_from(page.offset).unwrap_or(usize::MAX);
    let ids: Vec<String> = found
        .iter()
        .skip(skipped)
        .take(usize::try_from(page.limit).unwrap_or(usize::MAX))
        .map(|collection| group_id(collection.uuid))
        .collect();
    let pagination = Pagination {
        offset: page.offset,
        limit: page.limit,
        total,
    };
    Ok(envelope::page(&request.info, &ids, pagination))
}

/// `GET /mssp/queries/cid-groups/v1`.
pub async fn query(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListCollections)?;
    let page = parameters::page(&pairs, 10, LARGEST_CONTROL_PAGE)?;
    let at = customers::own(&request).await?;
    let mut found = of_customer(&request, &at).await?;
    if let Some(name) = parameters::text(&pairs, "name")? {
        let name = directory::fold(name);
        found.retain(|collection| directory::fold(&collection.name) == name);
    }
    paged(&request, &pairs, page, found, "name|asc")
}

/// `GET /mssp/queries/cid-group-members/v1`: the CID groups that a customer is in.
pub async fn query_members(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListCollections)?;
    let page = parameters::page(&pairs, 10, LARGEST_CONTROL_PAGE)?;
    let at = customers::own(&request).await?;
    let mut found = of_customer(&request, &at).await?;
    if let Some(cid) = parameters::text(&pairs, "cid")? {
        let member = customers::named(&request, Some(cid)).await?;
        let ids: Vec<CollectionId> = found.iter().map(|one| one.id).collect();
        let inside = request.collection_organisations(&ids).await?;
        found.retain(|one| inside.contains(&(one.id, member.id)));
    }
    paged(
        &request,
        &pairs,
        page,
        found,
        "last_modified_timestamp|desc",
    )
}

/// The CID groups of the customer with these ids, in their order; ids of none give an error each.
pub async fn find(
    request: &Authenticated,
    ids: &[String],
    at: &Customer,
) -> Result<(Vec<Collection>, Vec<ErrorEntry>), Fault> {
    let known = of_customer(request, at).await?;
    let known: HashMap<_, _> = known.into_iter().map(|one| (one.uuid, one)).collect();
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        match read_group_id(id).and_then(|uuid| known.get(&uuid)) {
            Some(collection) => found.push(collection.clone()),
            None => errors.push(control::unknown("cid_group_id", id)),
        }
    }
    Ok((found, errors))
}

/// `GET /mssp/entities/cid-groups/v1`, by `cid_group_ids`.
pub async fn show_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    show(&request, &pairs, "cid_group_ids").await
}

/// `GET /mssp/entities/cid-groups/v2`, by `ids`.
pub async fn show_v2(request: Authenticated, pairs: Pairs) -> HandlerResult {
    show(&request, &pairs, "ids").await
}

async fn show(request: &Authenticated, pairs: &Pairs, name: &str) -> HandlerResult {
    request.admit(Operation::ListCollections)?;
    let ids = control::few(parameters::needed_list(pairs, name)?)?;
    let at = customers::own(request).await?;
    let (found, errors) = find(request, &ids, &at).await?;
    let shown: Vec<_> = found.iter().map(|one| shown(one, &at)).collect();
    control::answered(&request.info, &shown, errors)
}

/// `GET /mssp/entities/cid-group-members/v1`, by `cid_group_ids`.
pub async fn members_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    members(&request, &pairs, "cid_group_ids").await
}

/// `GET /mssp/entities/cid-group-members/v2`, by `ids`.
pub async fn members_v2(request: Authenticated, pairs: Pairs) -> HandlerResult {
    members(&request, &pairs, "ids").await
}

async fn members(request: &Authenticated, pairs: &Pairs, name: &str) -> HandlerResult {
    request.admit(Operation::ListCollections)?;
    let ids = control::few(parameters::needed_list(pairs, name)?)?;
    let at = customers::own(request).await?;
    let (found, errors) = find(request, &ids, &at).await?;
    let shown = with_members(request, &found).await?;
    control::answered(&request.info, &shown, errors)
}

/// CID groups with those of their customers that the caller sees.
async fn with_members(
    request: &Authenticated,
    found: &[Collection],
) -> Result<Vec<wire::CidGroupMembers>, Fault> {
    let ids: Vec<CollectionId> = found.iter().map(|one| one.id).collect();
    let pairs = request.collection_organisations(&ids).await?;
    let places = pairs.iter().map(|(_, organisation)| *organisation);
    let customers = customers::seen(request, places.collect::<Vec<_>>()).await?;
    Ok(found
        .iter()
        .map(|collection| wire::CidGroupMembers {
            cid_group_id: group_id(collection.uuid),
            cids: pairs
                .iter()
                .filter(|(of, _)| *of == collection.id)
                .filter_map(|(_, organisation)| customers.get(organisation))
                .map(|cid| cid.shown())
                .collect(),
        })
        .collect())
}

/// The CID group of the customer with that id.
pub async fn by_id(request: &Authenticated, id: &str, at: &Customer) -> Result<Collection, Fault> {
    let missing = || control::unknown_fault("cid_group_id", id);
    let uuid = read_group_id(id).ok_or_else(missing)?;
    match request.collection(Ref::Uuid(uuid)).await {
        Ok(collection) if collection.organisation == at.id => Ok(collection),
        Ok(_) | Err(Fault::NotFound(Kind::Collection)) => Err(missing()),
        Err(fault) => Err(fault),
    }
}

/// `POST /mssp/entities/cid-groups/v1`.
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::ManageCollections, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let made = async {
            let new = NewCollection {
                organisation: Some(at.id),
                name: fields.needed("name")?,
                description: fields.text(&["description"])?,
                ..NewCollection::default()
            };
            request.create_collection(new).await
        };
        outcomes.note(made.await.map(|one| shown(&one, &at)))?;
    }
    outcomes.answered(&request.info)
}

/// `PATCH /mssp/entities/cid-groups/v1`.
pub async fn update(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::ManageCollections, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let changed = async {
            let collection = by_id(&request, &fields.needed("cid_group_id")?, &at).await?;
            let change = CollectionChange {
                name: fields.text(&["name"])?,
                description: fields.text(&["description"])?.map(Some),
            };
            request.update_collection(collection.id, change).await
        };
        outcomes.note(changed.await.map(|one| shown(&one, &at)))?;
    }
    outcomes.answered(&request.info)
}

/// `DELETE /mssp/entities/cid-groups/v1`.
pub async fn delete(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ManageCollections)?;
    let ids = control::few(parameters::needed_list(&pairs, "cid_group_ids")?)?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for id in ids {
        let gone = async {
            let collection = by_id(&request, &id, &at).await?;
            request.delete_collection(collection.id).await?;
            Ok(id.clone())
        };
        outcomes.note(gone.await)?;
    }
    outcomes.answered(&request.info)
}

/// `POST /mssp/entities/cid-group-members/v1`.
pub async fn add_members(request: Authenticated, raw: Request) -> HandlerResult {
    change_members(request, raw, true).await
}

/// `DELETE /mssp/entities/cid-group-members/v1` and `v2`.
pub async fn remove_members(request: Authenticated, raw: Request) -> HandlerResult {
    change_members(request, raw, false).await
}

async fn change_members(request: Authenticated, raw: Request, add: bool) -> HandlerResult {
    let body = document(&request, Operation::ManageCollections, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let changed = async {
            let collection = by_id(&request, &fields.needed("cid_group_id")?, &at).await?;
            let places = places(&request, fields).await?;
            if add {
                request.add_to_collection(collection.id, &places).await?;
            } else {
                request
                    .remove_from_collection(collection.id, &places)
                    .await?;
            }
            let mut shown = with_members(&request, &[collection]).await?;
            shown.pop().ok_or(Fault::NotFound(Kind::Collection))
        };
        outcomes.note(changed.await)?;
    }
    outcomes.answered(&request.info)
}

/// The customers that a resource names; each must be one that the caller sees.
async fn places(request: &Authenticated, fields: Fields<'_>) -> Result<Vec<OrganisationId>, Fault> {
    let texts = control::few(fields.needed_texts("cids")?)?;
    let unknown = |text: &str| control::unknown_fault("cid", text);
    let cids = texts
        .iter()
        .map(|text| Cid::parse(text).ok_or_else(|| unknown(text)))
        .collect::<Result<Vec<_>, _>>()?;
    let known = customers::looked_up(request, &cids).await?;
    cids.iter()
        .zip(&texts)
        .map(|(cid, text)| known.get(&cid.uuid()).copied().ok_or_else(|| unknown(text)))
        .collect()
}
