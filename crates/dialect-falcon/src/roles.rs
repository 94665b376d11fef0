//! Roles: which there are, and what they are called, in both generations of the operations.

use axum::extract::Request;
use axum::http::StatusCode;
use directory::{
    Fault, Operation, OrganisationId, Predicate, Query, Ref, Role, RoleField, Test, Value,
};
use kit::{Authenticated, HandlerResult, Pairs};

use super::body::{Fields, document};
use super::customers::{self, Customer};
use super::envelope;
use super::errors::{refused, shortened, unknown_role};
use super::map;
use super::parameters;
use super::users::{only, user_fault};

/// The most roles of one customer that are listed.
const MOST_ROLES: u32 = 5_000;

/// The roles of those ids that count in a customer, in the order of the ids. One that does not exist,
/// or belongs to another customer, refuses them all (falcon.md §3).
pub async fn find(
    request: &Authenticated,
    ids: &[String],
    at: OrganisationId,
) -> Result<Vec<Role>, Fault> {
    let builtin = |is: bool| Predicate::Is(RoleField::Builtin, Test::Equals(is.into()));
    let words: Vec<Value> = ids.iter().map(|id| id.as_str().into()).collect();
    let uuids: Vec<Value> = ids
        .iter()
        .filter_map(|id| map::custom_role_id(id))
        .map(|uuid| uuid.to_string().into())
        .collect();
    let mut any = vec![Predicate::Is(RoleField::Word, Test::OneOf(words)).and(builtin(true))];
    if !uuids.is_empty() {
        any.push(Predicate::Is(RoleField::Uuid, Test::OneOf(uuids)).and(builtin(false)));
    }
    let found = listed(request, Predicate::Or(any)).await?;
    let mut roles = Vec::with_capacity(ids.len());
    for id in ids {
        let role = found.iter().find(|role| {
            let shown = map::role_id(role.builtin, &role.word, role.uuid);
            shown.eq_ignore_ascii_case(id) && counts_in(role, at)
        });
        roles.push(role.ok_or_else(|| unknown_role(id))?.clone());
    }
    Ok(roles)
}

fn counts_in(role: &Role, at: OrganisationId) -> bool {
    role.organisation.is_none_or(|owner| owner == at)
}

async fn listed(
    request: &Authenticated,
    predicate: Predicate<RoleField>,
) -> Result<Vec<Role>, Fault> {
    let query = Query {
        predicate,
        sort: Some(RoleField::Number),
        limit: MOST_ROLES,
        ..Query::default()
    };
    Ok(request.roles(&query).await?.items)
}

/// Every role that counts in a customer.
async fn of_customer(request: &Authenticated, at: &Customer) -> Result<Vec<Role>, Fault> {
    let own = Predicate::Is(RoleField::Organisation, Test::Equals(at.id.number().into()));
    let everywhere = Predicate::Is(RoleField::Organisation, Test::Absent);
    listed(request, Predicate::Or(vec![everywhere, own])).await
}

fn ids_of(roles: &[Role]) -> Vec<String> {
    roles
        .iter()
        .map(|role| map::role_id(role.builtin, &role.word, role.uuid))
        .collect()
}

/// `GET /user-management/entities/roles/v1`.
pub async fn show_v1(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListRoles)?;
    let ids = parameters::needed_list(&pairs, "ids")?;
    show(&request, &pairs, &ids).await
}

/// `POST /user-management/entities/roles/GET/v2`.
pub async fn show_v2(request: Authenticated, pairs: Pairs, raw: Request) -> HandlerResult {
    let body = document(&request, Operation::ListRoles, raw).await?;
    let ids = Fields::of(&body)?.needed_texts("ids")?;
    show(&request, &pairs, &ids).await
}

async fn show(request: &Authenticated, pairs: &Pairs, ids: &[String]) -> HandlerResult {
    let at = customers::named(request, parameters::text(pairs, "cid")?).await?;
    let roles = find(request, ids, at.id).await?;
    let customers = only(&at);
    let shown: Vec<_> = roles
        .iter()
        .map(|role| map::role(role, &customers))
        .collect();
    Ok(envelope::resources(&request.info, StatusCode::OK, &shown))
}

/// `GET /user-roles/entities/user-roles/v1`.
pub async fn show_legacy(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListRoles)?;
    let ids = parameters::needed_list(&pairs, "ids")?;
    let at = customers::own(&request).await?;
    let roles = find(&request, &ids, at.id).await?;
    let customers = only(&at);
    let shown: Vec<_> = roles
        .iter()
        .map(|role| map::legacy_role(role, &customers))
        .collect();
    Ok(envelope::resources(&request.info, StatusCode::OK, &shown))
}

/// `GET /user-roles/queries/user-role-ids-by-cid/v1`.
pub async fn available(request: Authenticated) -> HandlerResult {
    request.admit(Operation::ListRoles)?;
    let at = customers::own(&request).await?;
    let roles = of_customer(&request, &at).await?;
    Ok(envelope::resources(
        &request.info,
        StatusCode::OK,
        &ids_of(&roles),
    ))
}

/// `GET /user-management/queries/roles/v1`: the roles that the caller may grant in a customer, to a
/// user if one is named. Not the roles that the user holds.
pub async fn grantable(request: Authenticated, pairs: Pairs) -> HandlerResult {
    request.admit(Operation::ListRoles)?;
    match parameters::text(&pairs, "action")? {
        None | Some("grant") => {}
        Some(other) => {
            let why = format!("invalid action='{}' specified", shortened(other));
            return Err(refused(why).into());
        }
    }
    let at = customers::named(&request, parameters::text(&pairs, "cid")?).await?;
    let roles = of_customer(&request, &at).await?;
    let ids: Vec<_> = roles.iter().map(|role| role.id).collect();
    let user = match parameters::text(&pairs, "user_uuid")? {
        Some(text) => Some(parameters::read_uuid(text)?),
        None => None,
    };
    let grantable = request
        .grantable_roles(&ids, at.id, user.map(Ref::Uuid))
        .await
        .map_err(|fault| match user {
            Some(id) => user_fault(fault, id),
            None => fault,
        })?;
    let roles: Vec<Role> = roles
        .into_iter()
        .filter(|role| grantable.contains(&role.id))
        .collect();
    Ok(envelope::resources(
        &request.info,
        StatusCode::OK,
        &ids_of(&roles),
    ))
}
