//! What only one vendor knows: extensions of entities, a dialect's own records, jobs.

use serde_json::Value;
use uuid::Uuid;

use super::ids::{JobId, OrganisationId, RecordId, UserId};
use super::time::Time;

/// The kinds of entity that carry extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extended {
    /// A user.
    User,
    /// An organisation.
    Organisation,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A record (its terms only).
    Record,
}

impl Extended {
    /// The word stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Extended::User => "user",
            Extended::Organisation => "organisation",
            Extended::Group => "group",
            Extended::Role => "role",
            Extended::Record => "record",
        }
    }
}

/// A document to store whole for the caller's dialect, with what it is filtered by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewExtension {
    /// The document; the directory does not look into it.
    pub document: Value,
    /// (name, value) pairs that predicates match; values are compared exactly.
    pub terms: Vec<(String, String)>,
}

/// A dialect's own thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The number inside the directory.
    pub id: RecordId,
    /// The UUID.
    pub uuid: Uuid,
    /// The dialect's word for what it is (`registration`, `template`, `favourite` …).
    pub kind: String,
    /// The number among its kind, never reused.
    pub number: i64,
    /// Whose it is; it goes with its owner.
    pub owner: Option<UserId>,
    /// The organisation it belongs to; it goes with it.
    pub organisation: Option<OrganisationId>,
    /// Its place in a list its owner orders.
    pub position: i64,
    /// The document.
    pub document: Value,
    /// Counts changes.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// By whom.
    pub created_by: Option<UserId>,
    /// When it was last changed.
    pub updated_at: Time,
}

/// A record to make.
#[derive(Clone, Debug, Default)]
pub struct NewRecord {
    /// A UUID chosen by the dialect.
    pub uuid: Option<Uuid>,
    /// The dialect's word for what it is.
    pub kind: String,
    /// Whose it is; `None` for shared ones.
    pub owner: Option<UserId>,
    /// The organisation it belongs to.
    pub organisation: Option<OrganisationId>,
    /// Its place; at the end when absent.
    pub position: Option<i64>,
    /// The document and its terms.
    pub content: NewExtension,
}

/// Names a record among its platform's of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordRef {
    /// By its number among its kind.
    Number(i64),
    /// By UUID.
    Uuid(Uuid),
}

/// Changes to a record.
#[derive(Clone, Debug, Default)]
pub struct RecordChange {
    /// The document and its terms, whole.
    pub content: Option<NewExtension>,
    /// Its place in its owner's list, from 1; the others make room.
    pub position: Option<i64>,
    /// By how many places it moves in its owner's list, after `position`; at the edges it stays.
    pub move_by: Option<i64>,
    /// Refuse with `Stale` unless the row has this version.
    pub if_version: Option<i64>,
}

/// A long piece of work to begin.
#[derive(Clone, Debug, Default)]
pub struct NewJob {
    /// import, export, bulk, sync.
    pub kind: String,
    /// How much there is to do.
    pub total: Option<i64>,
    /// What its owner may read of it.
    pub detail: Value,
}

/// How far a long piece of work is.
#[derive(Clone, Debug, Default)]
pub struct JobChange {
    /// queued, running, succeeded, failed.
    pub state: Option<String>,
    /// How much is done.
    pub done: Option<i64>,
    /// Of how much.
    pub total: Option<Option<i64>>,
    /// Result or error for its owner.
    pub detail: Option<Value>,
}

/// A long piece of work.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The number.
    pub id: JobId,
    /// The UUID.
    pub uuid: Uuid,
    /// import, export, bulk, sync.
    pub kind: String,
    /// Who asked for it.
    pub owner: Option<UserId>,
    /// queued, running, succeeded, failed.
    pub state: String,
    /// How much is done.
    pub done: i64,
    /// Of how much.
    pub total: Option<i64>,
    /// Result or error for its owner.
    pub detail: Value,
    /// When it was asked for.
    pub created_at: Time,
    /// When it began.
    pub started_at: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
}
