//! Form tokens: one sending of one request, by the credential that asked for the token.

use schemars::JsonSchema;
use serde::Serialize;

use kit::{Authenticated, JsonBody};

use super::lists;
use super::reply::{Answer, Reply};
use super::times::Moment;

/// A form token as shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FormToken")]
pub struct FormTokenBody<'a> {
    token: Option<&'a str>,
    form: &'a str,
    expires_at: Moment,
}

/// `POST /form-tokens`: `form` is the method and the path of the request that the token is sent along with, in the header
/// `Form-Token`. Nothing is stored before the token is used.
pub async fn create(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let form: String = fields.need("form")?;
    fields.end()?;
    let made = request.create_form_token(&form)?;
    let mut reply = Reply::shown(&FormTokenBody {
        token: (!request.is_dry_run()).then_some(made.token.as_str()),
        form: &form,
        expires_at: Moment(made.expires_at),
    })?;
    reply.status = 201;
    Ok(reply)
}
