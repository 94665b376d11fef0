//! Oneself: what everybody may see and change, whatever their roles.

use directory::{Credential, UserChange};
use serde::Serialize;

use super::call::{Answer, Call, Reply};
use super::groups::GroupBody;
use super::lists;
use super::second_factors;
use super::users::{self, UserBody};

/// Oneself as shown, with what the credential in use amounts to.
#[derive(Serialize)]
struct MeBody<'a> {
    #[serde(flatten)]
    user: UserBody<'a>,
    /// The permissions held somewhere, as the roles state them.
    permissions: Vec<&'a str>,
    credential: CredentialBody<'a>,
}

/// What the request was signed with.
#[derive(Serialize)]
struct CredentialBody<'a> {
    kind: &'static str,
    number: Option<i64>,
    read_only: bool,
    scopes: &'a [String],
    expires_at: Option<super::times::Moment>,
}

/// `GET /me`
pub async fn show(call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let caller = call.caller();
    let user = call.handle.user(caller.user()).await?;
    let (kind, number) = match caller.credential() {
        Credential::Key(key) => ("key", Some(key.0)),
        Credential::Session(session, _) => ("session", Some(session.0)),
        Credential::System => ("system", None),
    };
    let limits = caller.limits();
    let body = MeBody {
        user: UserBody::of(&user, call.now()),
        permissions: caller.words(),
        credential: CredentialBody {
            kind,
            number,
            read_only: limits.read_only,
            scopes: &limits.scopes,
            expires_at: super::times::Moment::maybe(limits.expires_at),
        },
    };
    Reply::revised(user.revision, &body)
}

/// `PATCH /me`: names, department, title, time zone. The e-mail address changes once confirmed:
/// `PUT /me/email`.
pub async fn update(mut call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let mut fields = call.fields()?;
    let mut change = UserChange {
        if_revision: call.revision(),
        ..UserChange::default()
    };
    users::profile(&mut change, &mut fields)?;
    fields.end()?;
    let user = call.handle.update_own_profile(change).await?;
    Reply::revised(user.revision, &UserBody::of(&user, call.now()))
}

/// `PUT /me/email`: the new address takes effect once the mail sent to it is confirmed. A session gives
/// the present password, or a code of the second factor, too.
pub async fn request_email(mut call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let mut fields = call.fields()?;
    let email: String = fields.need("email")?;
    let proof = second_factors::proof(&mut fields)?;
    fields.end()?;
    let user = call.handle.request_own_email(email, proof).await?;
    Reply::revised(user.revision, &UserBody::of(&user, call.now()))
}

/// `GET /me/memberships`
pub async fn memberships(call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let user = call.caller().user();
    super::memberships::of(&call, user).await
}

/// `GET /me/grants`
pub async fn grants(call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let user = call.caller().user();
    super::grants::held(&call, user).await
}

/// `GET /me/groups`
pub async fn groups(call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let user = call.caller().user();
    let joined = call.handle.groups_of(&[user]).await?;
    let ids: Vec<_> = joined.iter().map(|(_, group)| *group).collect();
    let groups = call.handle.groups_by_id(&ids).await?;
    Reply::shown(&lists::whole(groups.iter().map(GroupBody::of).collect()))
}
