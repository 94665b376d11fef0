//! The vendor's shapes. Ids, counters and times travel as text (misp.md §3).

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use directory::Fault;
use kit::reply::Chunk;
use kit::{Authenticated, RequestInfo, reply};

/// A user in lists, and the part of a user that every answer shows.
#[derive(Clone, Debug, Serialize)]
pub struct UserRow {
    /// The number.
    pub id: String,
    /// Home organisation.
    pub org_id: String,
    /// The address, made up for who has none.
    pub email: String,
    pub autoalert: bool,
    /// Who made the account; `"0"` nobody.
    pub invited_by: String,
    pub gpgkey: String,
    pub certif_public: String,
    pub nids_sid: String,
    pub termsaccepted: bool,
    pub newsread: String,
    /// The role's number; `"0"` none.
    pub role_id: String,
    /// Whether the password must be changed.
    pub change_pw: bool,
    pub contactalert: bool,
    /// Whether the account is anything but active.
    pub disabled: bool,
    /// Kept without effect.
    pub expiration: Option<String>,
    /// The last sign-in with a password, in seconds.
    pub current_login: String,
    /// The one before.
    pub last_login: String,
    /// The last use of any kind.
    pub last_api_access: String,
    /// Always false: sessions are ended at once.
    pub force_logout: bool,
    pub date_created: String,
    pub date_modified: String,
    /// When the password was set; with the account, where there is none.
    pub last_pw_change: String,
}

/// What only answers about one user add.
#[derive(Clone, Debug, Serialize)]
pub struct UserDetail {
    /// A mask.
    pub password: &'static str,
    /// External identities are not kept.
    pub sub: Option<()>,
    pub external_auth_required: bool,
    pub external_auth_key: &'static str,
    pub notification_daily: bool,
    pub notification_weekly: bool,
    pub notification_monthly: bool,
    /// A mask, or nothing.
    pub totp: Option<&'static str>,
    /// Counters are not used.
    pub hotp_counter: Option<()>,
    /// `"1"` when a second factor is enrolled.
    pub totp_is_set: &'static str,
}

/// A user as an answer shows it.
#[derive(Clone, Debug, Serialize)]
pub struct UserBody {
    /// What every answer shows.
    #[serde(flatten)]
    pub row: UserRow,
    /// What answers about one user add.
    #[serde(flatten)]
    pub detail: Option<UserDetail>,
    /// In lists, and after adding and editing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_id: Option<&'static str>,
    /// In lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitored: Option<bool>,
    /// The key of an account just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authkey: Option<String>,
    /// The administrators of the organisation, in the administrators' view.
    #[serde(rename = "orgAdmins", skip_serializing_if = "Option::is_none")]
    pub org_admins: Option<Value>,
}

/// A role's row in lists of users.
#[derive(Clone, Debug, Serialize)]
pub struct RoleBrief {
    pub id: String,
    pub name: String,
    pub perm_auth: bool,
    pub perm_site_admin: bool,
    pub perm_admin: bool,
}

/// An organisation's row in lists of users.
#[derive(Clone, Debug, Serialize)]
pub struct OrganisationBrief {
    pub id: String,
    pub name: String,
}

/// A row of the list of users.
#[derive(Clone, Debug, Serialize)]
pub struct UserListed {
    #[serde(rename = "User")]
    pub user: UserBody,
    #[serde(rename = "Role")]
    pub role: RoleBrief,
    #[serde(rename = "Organisation")]
    pub organisation: OrganisationBrief,
}

/// A user with all that belongs to them.
#[derive(Clone, Debug, Serialize)]
pub struct UserViewed {
    #[serde(rename = "User")]
    pub user: UserBody,
    #[serde(rename = "Role")]
    pub role: Value,
    /// A list when empty, else an object: name to value.
    #[serde(rename = "UserSetting")]
    pub settings: Value,
    #[serde(rename = "Organisation")]
    pub organisation: OrganisationBody,
}

/// An organisation. Which of the optional columns an answer has depends on the answer.
#[derive(Clone, Debug, Serialize)]
pub struct OrganisationBody {
    pub id: String,
    pub name: String,
    pub date_created: String,
    pub date_modified: String,
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: String,
    pub nationality: String,
    pub sector: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    pub uuid: String,
    pub contacts: Option<String>,
    pub local: bool,
    pub restricted_to_domain: Option<Vec<String>>,
    /// Always null where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landingpage: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_count: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by_email: Option<String>,
}

/// A success (misp.md §3).
pub fn success(message: &str, url: &str, id: Option<Value>) -> Value {
    let mut body = json!({
        "saved": true, "success": true, "name": message, "message": message, "url": url,
    });
    if let (Some(id), Some(fields)) = (id, body.as_object_mut()) {
        fields.insert("id".to_owned(), id);
    }
    body
}

/// A refused change (misp.md §3).
pub fn failure(title: &str, url: &str, errors: Value, id: Option<Value>) -> Value {
    let mut body = json!({
        "saved": false, "name": title, "message": title, "url": url, "errors": errors,
    });
    if let (Some(id), Some(fields)) = (id, body.as_object_mut()) {
        fields.insert("id".to_owned(), id);
    }
    body
}

/// Anything else that went wrong (misp.md §3).
pub fn exception(message: &str, url: &str) -> Value {
    json!({ "name": message, "message": message, "url": url })
}

/// A successful answer.
pub fn shown(request: &Authenticated, body: &impl Serialize) -> Response {
    let mut response = with_status(&request.info, StatusCode::OK, body);
    expiration(request, &mut response);
    response
}

/// An answer in the form the client reads best.
pub fn with_status(info: &RequestInfo, status: StatusCode, body: &impl Serialize) -> Response {
    typed(status, written(info, body))
}

/// Answers are of this type, whatever they say.
fn typed(status: StatusCode, body: impl Into<Body>) -> Response {
    reply::with_type(status, "application/json; charset=UTF-8", body)
}

/// Tells when the key that asks will end.
fn expiration(request: &Authenticated, response: &mut Response) {
    let Some(end) = request.caller.limits().expires_at else {
        return;
    };
    let text = end.format("%Y-%m-%dT%H:%M:%S+00:00");
    if let Ok(value) = HeaderValue::from_str(&text) {
        let name = HeaderName::from_static("x-auth-key-expiration");
        response.headers_mut().insert(name, value);
    }
}

// Quirk: the vendor's own clients get compact JSON, everybody else a readable one (misp.md §2).
fn written(info: &RequestInfo, body: &impl Serialize) -> Vec<u8> {
    let agent = info.agent.as_deref().unwrap_or_default();
    let compact = agent.starts_with("PyMISP") || agent.starts_with("MISP");
    let mut bytes = Vec::with_capacity(2 << 10);
    let done = if compact {
        body.serialize(&mut serde_json::Serializer::new(&mut bytes))
    } else {
        let indented = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        body.serialize(&mut serde_json::Serializer::with_formatter(
            &mut bytes, indented,
        ))
    };
    if let Err(error) = done {
        // Only a map with keys that are no text can fail: a defect, found by its tests.
        tracing::error!(%error, "an answer cannot be written as JSON");
    }
    bytes
}

/// Streams a list whose rows `chunk` reads part by part.
pub async fn streamed<C, F, T>(request: &Authenticated, chunk: F) -> Result<Response, Fault>
where
    C: Send + 'static,
    F: FnMut(Authenticated, Option<C>) -> T + Send + 'static,
    T: Future<Output = Result<Chunk<C>, Fault>> + Send + 'static,
{
    streamed_between(request, "[", "]", chunk).await
}

/// Streams an object whose members `chunk` writes part by part.
pub async fn streamed_object<C, F, T>(request: &Authenticated, chunk: F) -> Result<Response, Fault>
where
    C: Send + 'static,
    F: FnMut(Authenticated, Option<C>) -> T + Send + 'static,
    T: Future<Output = Result<Chunk<C>, Fault>> + Send + 'static,
{
    streamed_between(request, "{", "}", chunk).await
}

async fn streamed_between<C, F, T>(
    request: &Authenticated,
    open: &'static str,
    close: &'static str,
    chunk: F,
) -> Result<Response, Fault>
where
    C: Send + 'static,
    F: FnMut(Authenticated, Option<C>) -> T + Send + 'static,
    T: Future<Output = Result<Chunk<C>, Fault>> + Send + 'static,
{
    let mut response = reply::json_list(request, open, close, chunk).await?;
    response.headers_mut().insert(
        axum::http::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=UTF-8"),
    );
    expiration(request, &mut response);
    Ok(response)
}
