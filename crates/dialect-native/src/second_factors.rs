//! The second factor: enrolled and confirmed by its owner, removed by them or by a helpdesk.

use directory::{Proof, SecondFactorSecret, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use kit::{Authenticated, JsonBody};

use super::answers;
use super::errors::Problem;
use super::fields::Fields;
use super::lists;
use super::reply::{Answer, NativeRequest as _, Reply};

/// The state of one's own second factor.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecondFactor")]
pub struct StateBody {
    enrolled: bool,
    recovery_codes_left: i64,
}

/// What an authenticator needs, shown once.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SecondFactorSecret")]
pub struct SecretBody<'a> {
    /// Null in a dry run, as is the address that holds it.
    secret: Option<&'a str>,
    uri: Option<&'a str>,
}

/// Recovery codes, shown once.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RecoveryCodes")]
pub struct CodesBody {
    recovery_codes: Option<Vec<String>>,
}

/// `GET /me/second-factor`
pub async fn show(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let user = request.user(request.caller().user()).await?;
    Reply::shown(&StateBody {
        enrolled: user.second_factor,
        recovery_codes_left: request.recovery_codes_left().await?,
    })
}

/// How a session shows once more that it is its owner's: `current_password` or `code`.
pub fn proof(fields: &mut Fields) -> Result<Option<Proof>, Problem> {
    let password: Option<String> = fields.value("current_password")?;
    let code: Option<String> = fields.value("code")?;
    // An empty text is no proof, wrong or right.
    Ok(password
        .map(Proof::Password)
        .and_then(Proof::given)
        .or_else(|| code.map(Proof::Code))
        .and_then(Proof::given))
}

fn only_proof(request: &Authenticated, body: JsonBody) -> Result<Option<Proof>, Problem> {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::optional(body)?;
    let proof = proof(&mut fields)?;
    fields.end()?;
    Ok(proof)
}

/// `POST /me/second-factor`: begins; a code must confirm it.
pub async fn begin(request: Authenticated, body: JsonBody) -> Answer {
    let proof = only_proof(&request, body)?;
    let is_dry_run = request.is_dry_run();
    let show = move |begun: &SecondFactorSecret| {
        Reply::shown(&SecretBody {
            secret: (!is_dry_run).then_some(begun.secret.as_str()),
            uri: (!is_dry_run).then_some(begun.uri.as_str()),
        })
    };
    answers::once(&request, &request, show, |handle| {
        handle.begin_second_factor(proof)
    })
    .await
}

/// `PUT /me/second-factor`, body `{"code": "123456"}`.
pub async fn confirm(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let code: String = fields.need("code")?;
    fields.end()?;
    let codes = request.confirm_second_factor(&code).await?;
    shown_once(request.is_dry_run(), codes)
}

/// `POST /me/second-factor/recovery-codes`: new ones in the place of the old.
pub async fn renew(request: Authenticated, body: JsonBody) -> Answer {
    let proof = only_proof(&request, body)?;
    let is_dry_run = request.is_dry_run();
    let show = move |codes: &Vec<String>| shown_once(is_dry_run, codes.clone());
    answers::once(&request, &request, show, |handle| {
        handle.renew_recovery_codes(proof)
    })
    .await
}

/// The one showing of new codes, which a dry run has none of.
fn shown_once(is_dry_run: bool, codes: Vec<String>) -> Answer {
    Reply::shown(&CodesBody {
        recovery_codes: (!is_dry_run).then_some(codes),
    })
}

/// `DELETE /me/second-factor`
pub async fn remove_own(request: Authenticated, body: JsonBody) -> Answer {
    let proof = only_proof(&request, body)?;
    let user = request.caller().user();
    request.remove_second_factor(user, proof).await?;
    Reply::nothing()
}

/// `DELETE /users/{user}/second-factor`
pub async fn remove(request: Authenticated, body: JsonBody) -> Answer {
    let proof = only_proof(&request, body)?;
    let user = request.reference::<UserId>(0);
    request.remove_second_factor(user, proof).await?;
    Reply::nothing()
}
