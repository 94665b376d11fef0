//! Grants: which roles somebody holds, where, until when, and by which path.

use directory::{GrantId, HeldRole, Kind, NewGrant, Path, Role, UserId};
use serde::Serialize;

use kit::{Authenticated, JsonBody};

use super::errors::Problem;
use super::fields::{EndTime, Named};
use super::lists;
use super::references;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::roles::RoleBody;
use super::times::Moment;

/// One role held in one organisation by one path.
#[derive(Serialize)]
pub struct GrantBody<'a> {
    /// The number of a direct grant, by which it is revoked.
    number: Option<i64>,
    user: i64,
    role: Option<RoleBody<'a>>,
    organisation: i64,
    expires_at: Option<Moment>,
    path: PathBody,
}

/// How a role reached somebody.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum PathBody {
    Direct,
    Group {
        group: i64,
        group_role: i64,
        collection: Option<i64>,
    },
}

impl<'a> GrantBody<'a> {
    /// Shows one, with its role where the caller sees that.
    pub fn of(held: &HeldRole, roles: &'a [Role]) -> Self {
        let (number, path) = match &held.path {
            Path::Direct(grant) => (Some(grant.0), PathBody::Direct),
            Path::Group {
                group,
                group_role,
                collection,
            } => (
                None,
                PathBody::Group {
                    group: group.0,
                    group_role: group_role.0,
                    collection: collection.map(|collection| collection.0),
                },
            ),
        };
        Self {
            number,
            user: held.user.0,
            role: roles
                .iter()
                .find(|role| role.id == held.role)
                .map(RoleBody::of),
            organisation: held.organisation.0,
            expires_at: Moment::maybe(held.expires_at),
            path,
        }
    }
}

/// `GET /users/{user}/grants`
pub async fn of_user(request: Authenticated) -> Answer {
    let user = request.user(request.reference::<UserId>(0)).await?.id;
    held(&request, user).await
}

/// What somebody holds, with every path.
pub async fn held(request: &Authenticated, user: UserId) -> Answer {
    let held = request.grants_of(&[user]).await?;
    let mut ids: Vec<_> = held.iter().map(|one| one.role).collect();
    ids.sort_unstable();
    ids.dedup();
    let roles = request.roles_by_id(&ids).await?;
    lists::sliced(request, &held, place, |one| GrantBody::of(one, &roles))
}

/// Where a grant stands in a user's list: by role, organisation and path.
fn place(held: &HeldRole) -> String {
    let (kind, path, collection) = match &held.path {
        Path::Direct(grant) => (0, grant.0, None),
        Path::Group {
            group_role,
            collection,
            group: _,
        } => (1, group_role.0, *collection),
    };
    [
        held.role.0,
        held.organisation.0,
        kind,
        path,
        collection.map_or(0, |one| one.0),
    ]
    .map(lists::numbered)
    .concat()
}

/// `POST /users/{user}/grants`: a role in an organisation (the user's home unless said otherwise).
pub async fn create(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let role: Named = fields.need("role")?;
    let organisation: Option<Named> = fields.value("organisation")?;
    let expires_at = fields.value::<EndTime>("expires_at")?.map(|end| end.0);
    fields.end()?;
    let handle = &request;
    let user = handle.user(request.reference::<UserId>(0)).await?;
    let Some(role) = references::role(handle, "role", Some(role)).await? else {
        return Err(Problem::invalid("role", "is needed"));
    };
    let organisation = references::organisation(handle, "organisation", organisation).await?;
    let new = NewGrant {
        role,
        organisation,
        expires_at,
    };
    let fresh = handle.grant_role(user.id, new).await?;
    if fresh && handle.is_dry_run() {
        // It is gone again, and has no number.
        let roles = handle.roles_by_id(&[role]).await?;
        let body = GrantBody {
            number: None,
            user: user.id.0,
            role: roles.first().map(RoleBody::of),
            organisation: organisation.unwrap_or(user.home).0,
            expires_at: Moment::maybe(expires_at),
            path: PathBody::Direct,
        };
        return Reply::made(&request.info, "", None, &body);
    }
    let held = handle.grants_of(&[user.id]).await?;
    let granted = held.iter().rev().find_map(|one| match one.path {
        Path::Direct(grant)
            if one.role == role && organisation.is_none_or(|there| there == one.organisation) =>
        {
            Some((one, grant))
        }
        _ => None,
    });
    let Some((granted, grant)) = granted else {
        return Err(Problem::not_found(Kind::Grant));
    };
    let roles = handle.roles_by_id(&[role]).await?;
    let location = format!("/users/{}/grants/{grant}", user.uuid);
    let mut reply = Reply::made(
        &request.info,
        &location,
        None,
        &GrantBody::of(granted, &roles),
    )?;
    if !fresh {
        // It was granted before: nothing was made.
        reply.status = 200;
    }
    Ok(reply)
}

/// `DELETE /users/{user}/grants/{number}`
pub async fn revoke(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let handle = &request;
    let user = handle.user(request.reference::<UserId>(0)).await?.id;
    let Named::Number(number) = request.named(1) else {
        return Err(Problem::not_found(Kind::Grant));
    };
    let held = handle.grants_of(&[user]).await?;
    let direct = Path::Direct(GrantId(number));
    let Some(grant) = held.iter().find(|one| one.path == direct) else {
        return Err(Problem::not_found(Kind::Grant));
    };
    handle
        .revoke_role(user, grant.role, Some(grant.organisation))
        .await?;
    Reply::nothing()
}
