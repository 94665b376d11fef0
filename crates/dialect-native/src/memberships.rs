//! Who belongs to which organisation.

use directory::{Membership, OrganisationId, OrganisationRef, Time, User, UserId, UserRef};
use serde::Serialize;

use super::call::{Answer, Call, Reply};
use super::errors::Problem;
use super::lists;
use super::organisations::OrganisationBody;
use super::users::UserBody;

/// A member of an organisation.
#[derive(Serialize)]
pub struct MemberBody<'a> {
    user: UserBody<'a>,
    home: bool,
    administrator: bool,
}

impl<'a> MemberBody<'a> {
    /// Shows a member.
    pub fn of(user: &'a User, membership: Option<&Membership>, now: Time) -> Self {
        Self {
            user: UserBody::of(user, now),
            home: membership.is_some_and(|one| one.home),
            administrator: membership.is_some_and(|one| one.administrator),
        }
    }
}

/// One of a user's organisations.
#[derive(Serialize)]
struct MembershipBody<'a> {
    organisation: OrganisationBody<'a>,
    home: bool,
    administrator: bool,
}

/// What a change of a membership answers.
#[derive(Serialize)]
struct Placed {
    user: i64,
    organisation: i64,
    home: bool,
    administrator: bool,
}

/// `GET /users/{user}/memberships`
pub async fn of_user(call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let user = call.handle.user(call.reference::<UserId>(0)).await?;
    of(&call, user.id).await
}

/// The organisations of a user that the caller sees.
pub async fn of(call: &Call, user: UserId) -> Answer {
    let memberships = call.handle.memberships(&[user]).await?;
    let ids: Vec<OrganisationId> = memberships.iter().map(|one| one.organisation).collect();
    let organisations = call.handle.organisations_by_id(&ids).await?;
    let items = memberships
        .iter()
        .filter_map(|membership| {
            let organisation = organisations
                .iter()
                .find(|one| one.id == membership.organisation)?;
            Some(MembershipBody {
                organisation: OrganisationBody::of(organisation),
                home: membership.home,
                administrator: membership.administrator,
            })
        })
        .collect();
    Reply::shown(&lists::whole(items))
}

/// `PUT /users/{user}/memberships/{organisation}`, body `{"administrator": true}` or none.
pub async fn put(call: Call) -> Answer {
    let (user, organisation) = (call.reference(0), call.reference(1));
    place(call, user, organisation).await
}

/// `PUT /organisations/{organisation}/members/{user}`
pub async fn put_member(call: Call) -> Answer {
    let (user, organisation) = (call.reference(1), call.reference(0));
    place(call, user, organisation).await
}

async fn place(mut call: Call, user: UserRef, organisation: OrganisationRef) -> Answer {
    lists::only(&call.parameters, &[])?;
    let mut fields = call.optional_fields()?;
    let administrator = fields.value("administrator")?;
    fields.end()?;
    let membership = call
        .handle
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
pub async fn remove(call: Call) -> Answer {
    let (user, organisation) = (call.reference(0), call.reference(1));
    take_out(call, user, organisation).await
}

/// `DELETE /organisations/{organisation}/members/{user}`
pub async fn remove_member(call: Call) -> Answer {
    let (user, organisation) = (call.reference(1), call.reference(0));
    take_out(call, user, organisation).await
}

async fn take_out(call: Call, user: UserRef, organisation: OrganisationRef) -> Answer {
    lists::only(&call.parameters, &[])?;
    call.handle
        .remove_membership(user, organisation)
        .await
        .map_err(Problem::on_path)?;
    Reply::nothing()
}
