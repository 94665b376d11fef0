//! The second factor: enrolled and confirmed by its owner, removed by them or by a helpdesk.

use directory::{Proof, SecondFactorSecret, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use kit::Authenticated;

use super::answers;
use super::bodies::{Sent, body};
use super::errors::Problem;
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

body! {
    pub struct ProofBody as optional "Proof" {
        current_password: optional String,
        code: optional String,
    }
}

impl ProofBody {
    /// How a session shows once more that it is its owner's.
    pub fn proof(self) -> Option<Proof> {
        // An empty text is no proof, wrong or right.
        let password = self.current_password.map(Proof::Password);
        let code = self.code.map(Proof::Code);
        password
            .and_then(Proof::given)
            .or(code)
            .and_then(Proof::given)
    }
}

fn only_proof(request: &Authenticated, body: Sent<ProofBody>) -> Result<Option<Proof>, Problem> {
    lists::only(&request.query()?.0, &[])?;
    Ok(body.read()?.proof())
}

body! {
    pub struct CodeBody as "Code" {
        code: needed String,
    }
}

/// `POST /me/second-factor`: begins; a code must confirm it.
pub async fn begin(request: Authenticated, body: Sent<ProofBody>) -> Answer {
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
pub async fn confirm(request: Authenticated, body: Sent<CodeBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let CodeBody { code } = body.read()?;
    let codes = request.confirm_second_factor(&code).await?;
    shown_once(request.is_dry_run(), codes)
}

/// `POST /me/second-factor/recovery-codes`: new ones in the place of the old.
pub async fn renew(request: Authenticated, body: Sent<ProofBody>) -> Answer {
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
pub async fn remove_own(request: Authenticated, body: Sent<ProofBody>) -> Answer {
    let proof = only_proof(&request, body)?;
    let user = request.caller().user();
    request.remove_second_factor(user, proof).await?;
    Reply::nothing()
}

/// `DELETE /users/{user}/second-factor`
pub async fn remove(request: Authenticated, body: Sent<ProofBody>) -> Answer {
    let proof = only_proof(&request, body)?;
    let user = request.reference::<UserId>(0);
    request.remove_second_factor(user, proof).await?;
    Reply::nothing()
}
