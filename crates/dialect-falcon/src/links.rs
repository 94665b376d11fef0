//! Flight Control: links, by which the members of a user group hold roles in each customer of a CID
//! group (falcon.md §7).

use std::collections::HashMap;

use axum::extract::Request;
use directory::{
    Collection, CollectionId, CollectionLinks, Fault, Group, GroupId, GroupRoleScope, Operation,
    RoleId,
};
use kit::{Authenticated, HandlerResult, Pairs};

use super::body::{Fields, document};
use super::cid_groups::CidGroups;
use super::control::{self, Outcomes};
use super::customers::{self, Customer};
use super::envelope;
use super::map::group_id;
use super::parameters::{self, LARGEST_CONTROL_PAGE};
use super::sorting;
use super::user_groups::UserGroups;
use super::{groups, map, roles, wire};

/// The id of a link.
fn link_id(collection: &Collection, group: &Group) -> String {
    format!("{}:{}", group_id(collection.uuid), group_id(group.uuid))
}

/// Links with the roles they bring.
async fn shown(
    request: &Authenticated,
    links: &[(Group, Collection)],
) -> Result<Vec<wire::Link>, Fault> {
    let mut groups: Vec<GroupId> = links.iter().map(|(group, _)| group.id).collect();
    groups.sort_unstable();
    groups.dedup();
    let brought = request.group_roles(&groups).await?;
    let mut ids: Vec<RoleId> = brought.iter().map(|one| one.role).collect();
    ids.sort_unstable();
    ids.dedup();
    let known: HashMap<RoleId, String> = request
        .roles_by_id(&ids)
        .await?
        .into_iter()
        .map(|role| (role.id, map::role_id(role.builtin, &role.word, role.uuid)))
        .collect();
    Ok(links
        .iter()
        .map(|(group, collection)| wire::Link {
            id: link_id(collection, group),
            user_group_id: group_id(group.uuid),
            cid_group_id: group_id(collection.uuid),
            role_ids: brought
                .iter()
                .filter(|one| {
                    one.group == group.id && one.scope == GroupRoleScope::Collection(collection.id)
                })
                .filter_map(|one| known.get(&one.role).cloned())
                .collect(),
        })
        .collect())
}

/// `GET /mssp/queries/mssp-roles/v1`.
pub async fn query(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListGroups)?;
    let page = parameters::page(&pairs, 10, LARGEST_CONTROL_PAGE)?;
    // Links are not changed once they are there, so their order is that of their making.
    let known = |property: &str| (property == "last_modified_timestamp").then_some(());
    sorting::order(&pairs, "last_modified_timestamp|desc", known)?;
    let at = customers::own(&request).await?;
    let mut query = CollectionLinks {
        organisation: at.id,
        group: None,
        collection: None,
        role: None,
        offset: page.offset,
        limit: page.limit,
    };
    if let Some(id) = parameters::text(&pairs, "user_group_id")? {
        query.group = Some(groups::by_id::<UserGroups>(&request, id, &at).await?.id);
    }
    if let Some(id) = parameters::text(&pairs, "cid_group_id")? {
        query.collection = Some(groups::by_id::<CidGroups>(&request, id, &at).await?.id);
    }
    if let Some(id) = parameters::text(&pairs, "role_id")? {
        let found = roles::find(&request, &[id.to_owned()], at.id).await?;
        query.role = found.first().map(|role| role.id);
    }
    let (links, total) = request.collection_links(&query).await?;
    let groups: Vec<GroupId> = links.iter().map(|link| link.group).collect();
    let groups = request.groups_by_id(&groups).await?;
    let groups: HashMap<GroupId, Group> = groups.into_iter().map(|one| (one.id, one)).collect();
    let collections = request.collections().await?;
    let collections: HashMap<CollectionId, Collection> =
        collections.into_iter().map(|one| (one.id, one)).collect();
    let ids: Vec<String> = links
        .iter()
        .filter_map(|link| {
            let collection = collections.get(&link.collection)?;
            Some(link_id(collection, groups.get(&link.group)?))
        })
        .collect();
    Ok(envelope::page(&request.info, &ids, page.of(Some(total))))
}

/// `GET /mssp/entities/mssp-roles/v1`.
pub async fn show(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListGroups)?;
    let ids = control::few(parameters::needed_list(&pairs, "ids")?)?;
    let at = customers::own(&request).await?;
    let parts: Vec<(&str, &str)> = ids
        .iter()
        .map(|id| id.split_once(':').unwrap_or((id, "")))
        .collect();
    let side = |texts: Vec<&str>| {
        let texts = texts.into_iter().map(str::to_owned);
        parameters::distinct("ids", texts.filter(|text| !text.is_empty()))
    };
    let collections = side(parts.iter().map(|(collection, _)| *collection).collect())?;
    let groups = side(parts.iter().map(|(_, group)| *group).collect())?;
    let (collections, _) = groups::find::<CidGroups>(&request, &collections, &at).await?;
    let (groups, _) = groups::find::<UserGroups>(&request, &groups, &at).await?;
    let (mut links, mut errors) = (Vec::new(), Vec::new());
    for (id, (collection, group)) in ids.iter().zip(parts) {
        let collection = map::read_group_id(collection)
            .and_then(|uuid| collections.iter().find(|one| one.uuid == uuid));
        let group =
            map::read_group_id(group).and_then(|uuid| groups.iter().find(|one| one.uuid == uuid));
        match (group, collection) {
            (Some(group), Some(collection)) => links.push((group.clone(), collection.clone())),
            _ => errors.push(control::unknown("id", id)),
        }
    }
    let mut found = shown(&request, &links).await?;
    // A pair that brings nothing is no link.
    found.retain(|link| {
        let linked = !link.role_ids.is_empty();
        if !linked {
            errors.push(control::unknown("id", &link.id));
        }
        linked
    });
    control::answered(&request.info, &found, errors)
}

/// The two groups that a resource links.
async fn ends(
    request: &Authenticated,
    fields: Fields<'_>,
    at: &Customer,
) -> Result<(Group, Collection), Fault> {
    let group = groups::by_id::<UserGroups>(request, &fields.needed("user_group_id")?, at).await?;
    let collection =
        groups::by_id::<CidGroups>(request, &fields.needed("cid_group_id")?, at).await?;
    Ok((group, collection))
}

async fn role_ids(
    request: &Authenticated,
    ids: Vec<String>,
    at: &Customer,
) -> Result<Vec<RoleId>, Fault> {
    let found = roles::find(request, &control::few(ids)?, at.id).await?;
    Ok(found.iter().map(|role| role.id).collect())
}

/// `POST /mssp/entities/mssp-roles/v1`: adds roles to a link, or makes it.
pub async fn add(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::ChangeGroupRoles, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let added = async {
            let (group, collection) = ends(&request, fields, &at).await?;
            let roles = role_ids(&request, fields.needed_texts("role_ids")?, &at).await?;
            let scope = GroupRoleScope::Collection(collection.id);
            request.add_group_roles(group.id, roles, scope).await?;
            only(&request, group, collection).await
        };
        outcomes.note(added.await)?;
    }
    outcomes.answered(&request.info)
}

/// `DELETE /mssp/entities/mssp-roles/v1`: takes roles from a link; without any it is dissolved.
pub async fn remove(request: Authenticated, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::ChangeGroupRoles, raw).await?;
    let at = customers::own(&request).await?;
    let mut outcomes = Outcomes::default();
    for fields in control::resources(&body)? {
        let removed = async {
            let (group, collection) = ends(&request, fields, &at).await?;
            let named = fields.texts("role_ids")?;
            let scope = GroupRoleScope::Collection(collection.id);
            let roles = if named.is_empty() {
                let brought = request.group_roles(&[group.id]).await?;
                let through = brought.iter().filter(|one| one.scope == scope);
                through.map(|one| one.role).collect()
            } else {
                role_ids(&request, named, &at).await?
            };
            request.remove_group_roles(group.id, roles, scope).await?;
            only(&request, group, collection).await
        };
        outcomes.note(removed.await)?;
    }
    outcomes.answered(&request.info)
}

async fn only(
    request: &Authenticated,
    group: Group,
    collection: Collection,
) -> Result<wire::Link, Fault> {
    let mut found = shown(request, &[(group, collection)]).await?;
    found.pop().ok_or(Fault::NotFound(directory::Kind::Group))
}
