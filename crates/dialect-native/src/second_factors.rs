//! The second factor: enrolled and confirmed by its owner, removed by them or by a helpdesk.

use directory::{Proof, UserId};
use serde::Serialize;

use super::call::{Answer, Call, Reply};
use super::errors::Problem;
use super::fields::Fields;
use super::lists;

/// The state of one's own second factor.
#[derive(Serialize)]
struct StateBody {
    enrolled: bool,
    recovery_codes_left: i64,
}

/// What an authenticator needs, shown once.
#[derive(Serialize)]
struct SecretBody<'a> {
    secret: &'a str,
    uri: &'a str,
}

/// Recovery codes, shown once.
#[derive(Serialize)]
struct CodesBody {
    recovery_codes: Vec<String>,
}

/// `GET /me/second-factor`
pub async fn show(call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let user = call.handle.user(call.caller().user()).await?;
    Reply::shown(&StateBody {
        enrolled: user.second_factor,
        recovery_codes_left: call.handle.recovery_codes_left().await?,
    })
}

/// How a session shows once more that it is its owner's: `current_password` or `code`.
pub fn proof(fields: &mut Fields) -> Result<Option<Proof>, Problem> {
    let password: Option<String> = fields.value("current_password")?;
    let code: Option<String> = fields.value("code")?;
    Ok(password
        .map(Proof::Password)
        .or_else(|| code.map(Proof::Code)))
}

fn only_proof(call: &mut Call) -> Result<Option<Proof>, Problem> {
    lists::only(&call.parameters, &[])?;
    let mut fields = call.optional_fields()?;
    let proof = proof(&mut fields)?;
    fields.end()?;
    Ok(proof)
}

/// `POST /me/second-factor`: begins; a code must confirm it.
pub async fn begin(mut call: Call) -> Answer {
    let proof = only_proof(&mut call)?;
    let begun = call.handle.begin_second_factor(proof).await?;
    Reply::shown(&SecretBody {
        secret: &begun.secret,
        uri: &begun.uri,
    })
}

/// `PUT /me/second-factor`, body `{"code": "123456"}`.
pub async fn confirm(mut call: Call) -> Answer {
    lists::only(&call.parameters, &[])?;
    let mut fields = call.fields()?;
    let code: String = fields.need("code")?;
    fields.end()?;
    let recovery_codes = call.handle.confirm_second_factor(&code).await?;
    Reply::shown(&CodesBody { recovery_codes })
}

/// `POST /me/second-factor/recovery-codes`: new ones in the place of the old.
pub async fn renew(mut call: Call) -> Answer {
    let proof = only_proof(&mut call)?;
    let recovery_codes = call.handle.renew_recovery_codes(proof).await?;
    Reply::shown(&CodesBody { recovery_codes })
}

/// `DELETE /me/second-factor`
pub async fn remove_own(mut call: Call) -> Answer {
    let proof = only_proof(&mut call)?;
    let user = call.caller().user();
    call.handle.remove_second_factor(user, proof).await?;
    Reply::nothing()
}

/// `DELETE /users/{user}/second-factor`
pub async fn remove(mut call: Call) -> Answer {
    let proof = only_proof(&mut call)?;
    let user = call.reference::<UserId>(0);
    call.handle.remove_second_factor(user, proof).await?;
    Reply::nothing()
}
