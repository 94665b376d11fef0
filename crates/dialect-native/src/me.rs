//! Oneself: what everybody may see and change, whatever their roles.

use directory::{Credential, UserChange};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

use kit::Authenticated;

use super::bodies::{Sent, body};
use super::groups::GroupBody;
use super::lists;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::second_factors::ProofBody;
use super::users::{ProfileChangeBody, UserBody};

/// Oneself as shown, with what the credential in use amounts to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Me", transform = without_included)]
pub struct MeBody<'a> {
    #[serde(flatten)]
    user: UserBody<'a>,
    /// The permissions held somewhere, as the roles state them.
    permissions: Vec<&'a str>,
    credential: CredentialBody<'a>,
}

/// What the request was signed with.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Credential")]
pub struct CredentialBody<'a> {
    #[schemars(extend("enum" = ["key", "session", "system"]))]
    kind: &'static str,
    number: Option<i64>,
    read_only: bool,
    scopes: &'a [String],
    expires_at: Option<super::times::Moment>,
}

/// Nothing is asked for beside oneself.
fn without_included(schema: &mut Schema) {
    if let Some(Value::Object(members)) = schema.get_mut("properties") {
        members.shift_remove("included");
    }
}

/// `GET /me`
pub async fn show(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let caller = request.caller();
    let user = request.user(caller.user()).await?;
    let (kind, number) = match caller.credential() {
        Credential::Key(key) => ("key", Some(key.0)),
        Credential::Session(session, _) => ("session", Some(session.0)),
        Credential::System => ("system", None),
    };
    let limits = caller.limits();
    let body = MeBody {
        user: UserBody::of(&user, request.now()),
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

/// `PATCH /me`: names and the plain attributes. The e-mail address changes once confirmed:
/// `PUT /me/email`.
pub async fn update(request: Authenticated, body: Sent<ProfileChangeBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let change = UserChange {
        if_revision: request.revision(),
        ..body.read()?.change()
    };
    let user = request.update_own_profile(change).await?;
    Reply::revised(user.revision, &UserBody::of(&user, request.now()))
}

body! {
    pub struct OwnEmailBody as "OwnEmail" {
        email: needed String,
        proof: members ProofBody,
    }
}

/// `PUT /me/email`: the new address takes effect once the mail sent to it is confirmed. A session gives
/// the present password, or a code of the second factor, too.
pub async fn request_email(request: Authenticated, body: Sent<OwnEmailBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let OwnEmailBody { email, proof } = body.read()?;
    let user = request.request_own_email(email, proof.proof()).await?;
    Reply::revised(user.revision, &UserBody::of(&user, request.now()))
}

/// `GET /me/memberships`
pub async fn memberships(request: Authenticated) -> Answer {
    let user = request.caller().user();
    super::memberships::of(&request, user).await
}

/// `GET /me/grants`
pub async fn grants(request: Authenticated) -> Answer {
    let user = request.caller().user();
    super::grants::held(&request, user).await
}

/// `GET /me/groups`
pub async fn groups(request: Authenticated) -> Answer {
    let user = request.caller().user();
    let joined = request.groups_of(&[user]).await?;
    let ids: Vec<_> = joined.iter().map(|(_, group)| *group).collect();
    let groups = request.groups_by_id(&ids).await?;
    lists::sliced(
        &request,
        &groups,
        |group| lists::numbered(group.id.0),
        GroupBody::of,
    )
}
