//! Flight Control: CID groups, which are the directory's collections of organisations, and the
//! customers in them (falcon.md §7).

use std::collections::HashMap;

use axum::extract::Request;
use directory::{
    Collection, CollectionChange, CollectionId, Fault, Kind, NewCollection, Operation,
    OrganisationId, Ref,
};
use kit::{Authenticated, HandlerResult, Pairs};
use uuid::Uuid;

use super::body::Fields;
use super::control;
use super::customers::{self, Customer};
use super::envelope;
use super::groups::{self, Groups};
use super::map::{Cid, group_id};
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
    let (sort, descending) = sorting::order(pairs, default_sort, sorted_by)?;
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
    Ok(envelope::page(&request.info, &ids, page.of(Some(total))))
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

/// CID groups.
pub struct CidGroups;

impl Groups for CidGroups {
    type Group = Collection;
    type Shown = wire::CidGroup;
    type Members = wire::CidGroupMembers;
    const KIND: Kind = Kind::Collection;
    const LIST: Operation = Operation::ListCollections;
    const CREATE: Operation = Operation::ManageCollections;
    const UPDATE: Operation = Operation::ManageCollections;
    const DELETE: Operation = Operation::ManageCollections;
    const ADD: Operation = Operation::ManageCollections;
    const REMOVE: Operation = Operation::ManageCollections;
    const ID: &'static str = "cid_group_id";
    const IDS: &'static str = "cid_group_ids";

    async fn known(
        request: &Authenticated,
        _: &[Uuid],
        at: &Customer,
    ) -> Result<HashMap<Uuid, Collection>, Fault> {
        let all = of_customer(request, at).await?;
        Ok(all.into_iter().map(|one| (one.uuid, one)).collect())
    }

    async fn get(request: &Authenticated, uuid: Uuid) -> Result<Collection, Fault> {
        request.collection(Ref::Uuid(uuid)).await
    }

    fn organisation(collection: &Collection) -> OrganisationId {
        collection.organisation
    }

    async fn create(
        request: &Authenticated,
        at: &Customer,
        name: String,
        description: Option<String>,
    ) -> Result<Collection, Fault> {
        let new = NewCollection {
            organisation: Some(at.id),
            name,
            description,
            ..NewCollection::default()
        };
        request.create_collection(new).await
    }

    async fn update(
        request: &Authenticated,
        collection: &Collection,
        name: Option<String>,
        description: Option<String>,
    ) -> Result<Collection, Fault> {
        let change = CollectionChange {
            name,
            description: description.map(Some),
        };
        request.update_collection(collection.id, change).await
    }

    async fn delete(request: &Authenticated, collection: &Collection) -> Result<(), Fault> {
        request.delete_collection(collection.id).await?;
        Ok(())
    }

    async fn change_members(
        request: &Authenticated,
        collection: &Collection,
        fields: Fields<'_>,
        add: bool,
    ) -> Result<(), Fault> {
        let places = places(request, fields).await?;
        if add {
            request.add_to_collection(collection.id, &places).await?;
        } else {
            request
                .remove_from_collection(collection.id, &places)
                .await?;
        }
        Ok(())
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
}

/// `GET /mssp/entities/cid-groups/v1`, by `cid_group_ids`.
pub async fn show_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    groups::show::<CidGroups>(&request, &pairs, "cid_group_ids").await
}

/// `GET /mssp/entities/cid-groups/v2`, by `ids`.
pub async fn show_v2(request: Authenticated, pairs: Pairs) -> HandlerResult {
    groups::show::<CidGroups>(&request, &pairs, "ids").await
}

/// `GET /mssp/entities/cid-group-members/v1`, by `cid_group_ids`.
pub async fn members_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    groups::members::<CidGroups>(&request, &pairs, "cid_group_ids").await
}

/// `GET /mssp/entities/cid-group-members/v2`, by `ids`.
pub async fn members_v2(request: Authenticated, pairs: Pairs) -> HandlerResult {
    groups::members::<CidGroups>(&request, &pairs, "ids").await
}

/// `POST /mssp/entities/cid-groups/v1`.
pub async fn create(request: Authenticated, raw: Request) -> HandlerResult {
    groups::create::<CidGroups>(request, raw).await
}

/// `PATCH /mssp/entities/cid-groups/v1`.
pub async fn update(request: Authenticated, raw: Request) -> HandlerResult {
    groups::update::<CidGroups>(request, raw).await
}

/// `DELETE /mssp/entities/cid-groups/v1`.
pub async fn delete(request: Authenticated, pairs: Pairs) -> HandlerResult {
    groups::delete::<CidGroups>(request, pairs).await
}

/// `POST /mssp/entities/cid-group-members/v1`.
pub async fn add_members(request: Authenticated, raw: Request) -> HandlerResult {
    groups::change_members::<CidGroups>(request, raw, true).await
}

/// `DELETE /mssp/entities/cid-group-members/v1` and `v2`.
pub async fn remove_members(request: Authenticated, raw: Request) -> HandlerResult {
    groups::change_members::<CidGroups>(request, raw, false).await
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
