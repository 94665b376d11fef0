//! Form tokens: one sending of one request, by the credential that asked for the token.

use schemars::JsonSchema;
use serde::Serialize;

use kit::Authenticated;
use serde_json::{Value, json};

use super::bodies::{Describe, Schemas, Sent, body};
use super::fields::Read;
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

/// The method and the path of a request.
pub struct Form(String);

impl Read for Form {
    fn read(value: Value) -> Result<Self, String> {
        String::read(value).map(Form)
    }
}

impl Describe for Form {
    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "string", "example": "POST /me/keys", "minLength": 1, "maxLength": 500 })
    }
}

body! {
    pub struct NewFormTokenBody as "NewFormToken" {
        /// The method and the path of the request that the token is for.
        form: needed Form,
    }
}

/// `POST /form-tokens`: `form` is the method and the path of the request that the token is sent along with, in the header
/// `Form-Token`. Nothing is stored before the token is used.
pub async fn create(request: Authenticated, body: Sent<NewFormTokenBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let Form(form) = body.read()?.form;
    let made = request.create_form_token(&form)?;
    let mut reply = Reply::shown(&FormTokenBody {
        token: (!request.is_dry_run()).then_some(made.token.as_str()),
        form: &form,
        expires_at: Moment(made.expires_at),
    })?;
    reply.status = 201;
    Ok(reply)
}
