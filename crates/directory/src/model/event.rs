//! The audit trail and mail.

use serde_json::Value;

use super::ids::{EventId, KeyId, OrganisationId, SessionId, UserId};
use super::time::Time;

/// One audit record: who did what to whom, through which door.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The number.
    pub id: EventId,
    /// When.
    pub at: Time,
    /// A neutral verb: `user.created`, `user.changed`, `key.revoked`, `sign_in.refused` …
    pub verb: String,
    /// Who; `None` for the server itself or somebody unknown.
    pub actor: Option<UserId>,
    /// Their login at the time.
    pub actor_name: Option<String>,
    /// The platform of the dialect used.
    pub platform: String,
    /// The key used.
    pub key: Option<KeyId>,
    /// The session used.
    pub session: Option<SessionId>,
    /// The kind of entity: `user`, `organisation` …
    pub entity: String,
    /// Its number.
    pub entity_id: Option<i64>,
    /// Its name at the time.
    pub entity_name: Option<String>,
    /// The organisation it happened in.
    pub organisation: Option<OrganisationId>,
    /// `{"before": {…}, "after": {…}}` of the changed fields, without secrets.
    pub detail: Option<Value>,
    /// The client's address.
    pub address: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
}

/// A mail to write in the same transaction as its cause.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMail {
    /// The template's name: `activation`, `welcome`, `password_reset`, `notice_password` …
    pub template: String,
    /// Whom it concerns.
    pub user: Option<UserId>,
    /// The recipient's address.
    pub to: String,
    /// Values for the template; may hold a link with a token, so the row is sealed.
    pub values: Value,
}
