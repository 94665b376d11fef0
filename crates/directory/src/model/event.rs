//! The audit trail and mail.

use serde_json::Value;

use uuid::Uuid;

use super::ids::{EventId, KeyId, MailId, OrganisationId, SessionId, UserId};
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
#[derive(Clone, PartialEq)]
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

impl std::fmt::Debug for NewMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewMail")
            .field("template", &self.template)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// A message in somebody's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The subject.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Whether the text is HTML.
    pub html: bool,
    /// The sender's address; the installation's own when absent.
    pub sender: Option<String>,
}

/// A mail that is due, opened for the worker that sends it.
#[derive(Clone, PartialEq)]
pub struct QueuedMail {
    /// The number.
    pub id: MailId,
    /// The UUID, which makes a stable `Message-ID`.
    pub uuid: Uuid,
    /// The template's name.
    pub template: String,
    /// Whom it concerns.
    pub user: Option<UserId>,
    /// The recipient's address.
    pub to: String,
    /// Values for the template; `token` among them is a secret.
    pub values: Value,
    /// How often sending was tried, this time included.
    pub attempts: i64,
    /// When it was queued.
    pub created_at: Time,
}

impl std::fmt::Debug for QueuedMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueuedMail")
            .field("id", &self.id)
            .field("template", &self.template)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// Where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailState {
    /// To be sent, or tried again.
    Waiting,
    /// Sent.
    Sent,
    /// Written as a file, since there was no server to send it by.
    Filed,
    /// Given up.
    Failed,
}

/// What administrators see of a mail: never its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailEntry {
    /// The number.
    pub id: MailId,
    /// The UUID.
    pub uuid: Uuid,
    /// The template's name.
    pub template: String,
    /// Whom it concerns.
    pub user: Option<UserId>,
    /// Where it stands.
    pub state: MailState,
    /// How often sending was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub next_at: Time,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was queued.
    pub created_at: Time,
    /// When it was sent or given up.
    pub ended_at: Option<Time>,
}
