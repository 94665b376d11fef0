//! Grants: which roles a person holds, where, until when, and by which path.

use std::sync::Arc;

use directory::filter::{BY_USER, GRANT_FIELDS};
use directory::{
    GrantField, GrantId, Granted, HeldRole, Kind, NewGrant, Path, Predicate, Query, Role, Test,
    UserId,
};
use schemars::JsonSchema;
use serde::Serialize;

use kit::Authenticated;

use super::answers;
use super::bodies::{Sent, body};
use super::errors::Problem;
use super::fields::{EndTime, Named};
use super::lists::{self, Listing};
use super::references;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::roles::RoleBody;
use super::times::Moment;

/// One role held in one organisation by one path.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "Grant",
    description = "`number` is that of a direct grant, by which it is revoked."
)]
pub struct GrantBody<'a> {
    /// The number of a direct grant, by which it is revoked.
    number: Option<i64>,
    user: i64,
    role: Option<RoleBody<'a>>,
    organisation: i64,
    expires_at: Option<Moment>,
    path: PathBody,
}

/// How a role reached its holder.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(rename = "Path", description = "How a role reached somebody.")]
pub enum PathBody {
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

/// How the grants of all people are listed: always by person.
pub const LISTING: Listing<GrantField> = Listing {
    fields: GRANT_FIELDS,
    usual: BY_USER,
    sorts: &[],
    facets: &["user", "role", "platform", "organisation", "direct"],
    downwards: false,
};

/// What one person holds, with every path: the list of all grants, narrowed to that person.
pub async fn held(request: &Authenticated, user: UserId) -> Answer {
    let mut query = LISTING.query(request, &request.query()?.0).await?;
    let theirs = Predicate::Is(GrantField::User, Test::Equals(user.0.into()));
    query.narrow(&theirs);
    shown(request, &query).await
}

/// A page of grants, each with its role.
pub async fn shown(request: &Authenticated, query: &Query<GrantField>) -> Answer {
    let page = request.all_grants(query).await;
    let page = page.map_err(Problem::on_parameter)?;
    let mut ids: Vec<_> = page.items.iter().map(|one| one.role).collect();
    ids.sort_unstable();
    ids.dedup();
    let roles = request.roles_by_id(&ids).await?;
    LISTING
        .page(request, &page, |held| GrantBody::of(held, &roles))
        .await
}

body! {
    pub struct NewGrantBody as "NewGrant" {
        role: needed Named,
        organisation: optional Named,
        expires_at: optional EndTime,
    }
}

/// `POST /users/{user}/grants`: a role in an organisation (the user's home unless said otherwise).
pub async fn create(request: Authenticated, body: Sent<NewGrantBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let handle = &request;
    let user = handle.user(request.reference::<UserId>(0)).await?.id;
    let Some(role) = references::role(handle, "role", Some(sent.role)).await? else {
        return Err(Problem::invalid("role", "is needed"));
    };
    let new = NewGrant {
        role,
        organisation: references::organisation(handle, "organisation", sent.organisation).await?,
        expires_at: sent.expires_at.map(|end| end.0),
    };
    let roles = handle.roles_by_id(&[role]).await?;
    let (info, is_dry_run) = (Arc::clone(&request.info), request.is_dry_run());
    let show = move |granted: &Granted| {
        let mut body = GrantBody::of(&granted.held, &roles);
        if granted.fresh && is_dry_run {
            // It is gone again, and has no number.
            body.number = None;
        }
        let location = match &granted.held.path {
            Path::Direct(grant) => format!("/users/{}/grants/{grant}", granted.user.uuid),
            Path::Group { .. } => String::new(),
        };
        let mut reply = Reply::made(&info, &location, None, &body)?;
        if !granted.fresh {
            // It was granted before: nothing was made.
            reply.status = 200;
        }
        Ok(reply)
    };
    answers::once(&request, &request, show, |handle| {
        handle.grant_role_and_show(user, new)
    })
    .await
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
