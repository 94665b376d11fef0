//! Who belongs to which organisation.

use directory::{OrganisationId, OrganisationRef, UserId, UserRef};
use schemars::JsonSchema;
use serde::Serialize;

use kit::Authenticated;

use super::bodies::{Sent, body};
use super::errors::Problem;
use super::lists;
use super::organisations::OrganisationBody;
use super::reply::{Answer, NativeRequest as _, Reply};

/// One of a user's organisations.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Membership")]
pub struct MembershipBody<'a> {
    organisation: OrganisationBody<'a>,
    home: bool,
    administrator: bool,
}

/// What a change of a membership answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Placed")]
pub struct Placed {
    user: i64,
    organisation: i64,
    home: bool,
    administrator: bool,
}

/// `GET /users/{user}/memberships`
pub async fn of_user(request: Authenticated) -> Answer {
    let user = request.user(request.reference::<UserId>(0)).await?;
    of(&request, user.id).await
}

/// The organisations of a user that the caller sees.
pub async fn of(request: &Authenticated, user: UserId) -> Answer {
    let memberships = request.memberships(&[user]).await?;
    let ids: Vec<OrganisationId> = memberships.iter().map(|one| one.organisation).collect();
    let organisations = request.organisations_by_id(&ids).await?;
    let seen: Vec<_> = memberships
        .iter()
        .filter_map(|membership| {
            let organisation = organisations
                .iter()
                .find(|one| one.id == membership.organisation)?;
            Some((organisation, membership))
        })
        .collect();
    lists::sliced(
        request,
        &seen,
        |(organisation, _)| lists::numbered(organisation.id.0),
        |(organisation, membership)| MembershipBody {
            organisation: OrganisationBody::of(organisation),
            home: membership.home,
            administrator: membership.administrator,
        },
    )
}

body! {
    pub struct PlaceBody as optional "Place" {
        administrator: optional bool,
    }
}

/// `PUT /users/{user}/memberships/{organisation}`, body `{"administrator": true}` or none.
pub async fn put(request: Authenticated, body: Sent<PlaceBody>) -> Answer {
    let (user, organisation) = (request.reference(0), request.reference(1));
    place(request, user, organisation, body).await
}

/// `PUT /organisations/{organisation}/members/{user}`
pub async fn put_member(request: Authenticated, body: Sent<PlaceBody>) -> Answer {
    let (user, organisation) = (request.reference(1), request.reference(0));
    place(request, user, organisation, body).await
}

async fn place(
    request: Authenticated,
    user: UserRef,
    organisation: OrganisationRef,
    body: Sent<PlaceBody>,
) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let PlaceBody { administrator } = body.read()?;
    let membership = request
        .add_membership(user, organisation, administrator)
        .await
        .map_err(Problem::on_path)?;
    Reply::shown(&Placed {
        user: membership.user.0,
        organisation: membership.organisation.0,
        home: membership.home,
        administrator: membership.administrator,
    })
}

/// `DELETE /users/{user}/memberships/{organisation}`
pub async fn remove(request: Authenticated) -> Answer {
    let (user, organisation) = (request.reference(0), request.reference(1));
    take_out(request, user, organisation).await
}

/// `DELETE /organisations/{organisation}/members/{user}`
pub async fn remove_member(request: Authenticated) -> Answer {
    let (user, organisation) = (request.reference(1), request.reference(0));
    take_out(request, user, organisation).await
}

async fn take_out(request: Authenticated, user: UserRef, organisation: OrganisationRef) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    request
        .remove_membership(user, organisation)
        .await
        .map_err(Problem::on_path)?;
    Reply::nothing()
}
