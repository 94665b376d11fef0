//! Grants: which roles a user holds and by which path, granting and revoking.

use axum::extract::Request;
use axum::http::StatusCode;
use directory::{
    Fault, HeldRoleField, HeldRoleRow, NewGrant, Operation, OrganisationId, Path, Predicate, Query,
    Ref, RoleId, Test, Time,
};
use kit::{Authenticated, HandlerResult, Pairs};
use uuid::Uuid;

use super::body::{Fields, document};
use super::customers::{self, Customer};
use super::envelope;
use super::errors::{refused, shortened};
use super::parameters::{self, LARGEST_PAGE};
use super::sorting;
use super::users::user_fault;
use super::{filter, map, roles, wire};

/// The most roles granted or revoked at once.
const MOST_ROLES: usize = 500;
/// The most rows read of the roles that one user holds in one customer.
const MOST_HELD: u32 = 5_000;

/// `GET /user-management/combined/user-roles/v1`.
pub async fn combined_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    combined(&request, &pairs, false).await
}

/// `GET /user-management/combined/user-roles/v2` and `v3`, which tell when grants end.
pub async fn combined_v2(request: Authenticated, pairs: Pairs) -> HandlerResult {
    combined(&request, &pairs, true).await
}

async fn combined(request: &Authenticated, pairs: &Pairs, second: bool) -> HandlerResult {
    request.admit(Operation::ListGrants)?;
    let id = parameters::user_uuid(pairs)?;
    let page = parameters::page(pairs, 100, LARGEST_PAGE)?;
    let order = sorting::order(pairs, "role_name|asc", sorting::held_role_sort)?;
    let mut predicate = match parameters::filter(pairs) {
        Some(text) => {
            let read = filter::read(text).map_err(refused)?;
            filter::held_roles(&read).map_err(refused)?
        }
        None => Predicate::All,
    };
    if parameters::flag(pairs, "direct_only")? {
        predicate = Predicate::Is(HeldRoleField::Direct, Test::Equals(true.into())).and(predicate);
    }
    let at = customers::named(request, parameters::text(pairs, "cid")?).await?;
    let query = page.query(predicate, order);
    let found = request.held_roles(Ref::Uuid(id), at.id, &query).await;
    let found = found.map_err(|fault| user_fault(fault, id))?;
    let mut grants = shown(request, id, &at, &found.items).await?;
    if second {
        let user = request.user(Ref::Uuid(id)).await?;
        let homes = customers::seen(request, [user.home]).await?;
        let kind = map::user_type(user.home, &homes);
        for grant in &mut grants {
            grant.user_type = Some(kind);
        }
    } else {
        for grant in &mut grants {
            grant.expires_at = None;
        }
    }
    Ok(envelope::page(&request.info, &grants, page.of(found.total)))
}

/// Rows with the groups they come by, as far as the caller sees these.
async fn shown(
    request: &Authenticated,
    user: Uuid,
    at: &Customer,
    rows: &[HeldRoleRow],
) -> Result<Vec<wire::Grant>, Fault> {
    let (mut groups, mut collections) = (Vec::new(), Vec::new());
    for row in rows {
        if let Some(Path::Group {
            group, collection, ..
        }) = &row.path
        {
            groups.push(*group);
            collections.extend(*collection);
        }
    }
    groups.sort_unstable();
    groups.dedup();
    let mut paths = map::Paths::default();
    if !groups.is_empty() {
        let found = request.groups_by_id(&groups).await?;
        paths.groups = found.into_iter().map(|group| (group.id, group)).collect();
    }
    if !collections.is_empty() {
        paths.collections = match request.collections().await {
            Ok(all) => all.into_iter().map(|one| (one.id, one)).collect(),
            // Who may not see customers sees no sets of them either.
            Err(Fault::Forbidden(_)) => Default::default(),
            Err(fault) => return Err(fault),
        };
    }
    let parents = paths.groups.values().map(|group| group.organisation);
    let parents = customers::seen(request, parents.collect::<Vec<_>>()).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let mut grant = map::grant(user, at.cid, row, &paths);
            if let Some(Path::Group { group, .. }) = &row.path {
                let owner = paths.groups.get(group).map(|group| group.organisation);
                let parent = owner.and_then(|owner| parents.get(&owner));
                grant.parent_cid = parent.map(|cid| cid.shown());
            }
            grant
        })
        .collect())
}

/// What a change of a user's roles does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Grant,
    Revoke,
}

/// `POST /user-management/entities/user-role-actions/v1`.
pub async fn act_v1(request: Authenticated, raw: Request) -> HandlerResult {
    act(
        request,
        raw,
        &[("grant", Action::Grant), ("revoke", Action::Revoke)],
    )
    .await
}

/// `POST /user-management/entities/user-role-actions/v2`.
pub async fn act_v2(request: Authenticated, raw: Request) -> HandlerResult {
    let words = [
        ("grant", Action::Grant),
        ("assign-role", Action::Grant),
        ("revoke", Action::Revoke),
        ("remove-role", Action::Revoke),
    ];
    act(request, raw, &words).await
}

async fn act(request: Authenticated, raw: Request, words: &[(&str, Action)]) -> HandlerResult {
    let body = document(&request, Operation::GrantRole, raw).await?;
    let fields = Fields::of(&body)?;
    let word = fields.needed("action")?;
    let known = words.iter().find(|(known, _)| *known == word);
    let (_, action) =
        known.ok_or_else(|| refused(format!("invalid action='{}' specified", shortened(&word))))?;
    let user = fields.text(&["uuid"])?.unwrap_or_default();
    let user = parameters::read_uuid(&user)?;
    let cid = fields.needed("cid")?;
    let ids = role_ids(fields, "role_ids")?;
    let expires_at = match fields.text(&["expires_at"])? {
        Some(text) => Some(Time::parse(&text).ok_or_else(|| {
            let text = shortened(&text);
            refused(format!(
                "invalid expires_at='{text}': an RFC 3339 date was expected"
            ))
        })?),
        None => None,
    };
    let at = customers::named(&request, Some(&cid)).await?;
    change(&request, user, &ids, at.id, *action, expires_at)
        .await
        .map_err(|fault| user_fault(fault, user))?;
    Ok(envelope::done(&request.info, ids.len()))
}

fn role_ids(fields: Fields<'_>, name: &'static str) -> Result<Vec<String>, Fault> {
    bounded(fields.needed_texts(name)?, name)
}

fn bounded(ids: Vec<String>, name: &str) -> Result<Vec<String>, Fault> {
    if ids.len() > MOST_ROLES {
        return Err(refused(format!(
            "{name} may have {MOST_ROLES} entries at most"
        )));
    }
    Ok(ids)
}

/// Grants or revokes roles of a user in one customer, all or none. What is granted already and what is
/// not held changes nothing.
async fn change(
    request: &Authenticated,
    user: Uuid,
    ids: &[String],
    at: OrganisationId,
    action: Action,
    expires_at: Option<Time>,
) -> Result<(), Fault> {
    let user = Ref::Uuid(user);
    // Whose roles are to change is looked at first: an unknown user is refused before an unknown role.
    request.user(user.clone()).await?;
    let found: Vec<RoleId> = roles::find(request, ids, at)
        .await?
        .iter()
        .map(|role| role.id)
        .collect();
    match action {
        Action::Grant => {
            let new = found.into_iter().map(|role| NewGrant {
                role,
                organisation: Some(at),
                expires_at,
            });
            request.grant_roles(user, new.collect()).await?;
        }
        Action::Revoke => {
            request.revoke_held_roles(user, found, at).await?;
        }
    }
    Ok(())
}

/// `POST /user-roles/entities/user-roles/v1`: grants in the token's customer.
pub async fn grant_legacy(request: Authenticated, pairs: Pairs, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::GrantRole, raw).await?;
    let user = parameters::user_uuid(&pairs)?;
    let ids = role_ids(Fields::of(&body)?, "roleIds")?;
    change_legacy(&request, user, &ids, Action::Grant).await
}

/// `DELETE /user-roles/entities/user-roles/v1`: revokes in the token's customer.
pub async fn revoke_legacy(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::RevokeRole)?;
    let user = parameters::user_uuid(&pairs)?;
    let ids = bounded(parameters::needed_list(&pairs, "ids")?, "ids")?;
    change_legacy(&request, user, &ids, Action::Revoke).await
}

async fn change_legacy(
    request: &Authenticated,
    user: Uuid,
    ids: &[String],
    action: Action,
) -> HandlerResult {
    let at = request.caller.organisation();
    change(request, user, ids, at, action, None)
        .await
        // Quirk: unlike the other older operations these answer 400 for a user there is not
        // (falcon.md §3).
        .map_err(|fault| user_fault(fault, user))?;
    Ok(envelope::written(
        &request.info,
        StatusCode::OK,
        &ids,
        ids.len(),
    ))
}

/// `GET /user-roles/queries/user-role-ids-by-user-uuid/v1`: the roles that a user holds in the token's
/// customer, by whatever path.
pub async fn ids_of_user(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListGrants)?;
    let user = parameters::user_uuid(&pairs)?;
    let query = Query {
        sort: Some(HeldRoleField::Name),
        limit: MOST_HELD,
        ..Query::default()
    };
    let at = request.caller.organisation();
    let held = request.held_roles(Ref::Uuid(user), at, &query).await;
    let held = held.map_err(|fault| user_fault(fault, user))?;
    let ids = held
        .items
        .iter()
        .map(|row| map::role_id(row.builtin, &row.word, row.uuid));
    let ids = parameters::distinct("roles", ids)?;
    Ok(envelope::resources(&request.info, StatusCode::OK, &ids))
}
