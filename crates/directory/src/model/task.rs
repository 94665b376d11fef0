//! Long pieces of work that the server does by itself: imports, exports and actions on many people.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fault::{Fault, UnknownName};
use super::ids::{JobId, UserId};
use super::time::Time;

/// What a task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum TaskWhat {
    /// People.
    Users,
    /// Organisations.
    Organisations,
    /// Groups.
    Groups,
    /// Who belongs to which organisation.
    Memberships,
    /// Roles that people hold.
    Grants,
    /// API keys, without their secrets.
    Keys,
    /// The audit trail.
    Events,
}

impl TaskWhat {
    /// Every word, in the order of the type.
    pub const ALL: &'static [(&'static str, TaskWhat)] = &[
        ("users", TaskWhat::Users),
        ("organisations", TaskWhat::Organisations),
        ("groups", TaskWhat::Groups),
        ("memberships", TaskWhat::Memberships),
        ("grants", TaskWhat::Grants),
        ("keys", TaskWhat::Keys),
        ("events", TaskWhat::Events),
    ];
}

/// How rows are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// A table: RFC 4180 with a line of column names.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// What an import does with a person who is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The line fails.
    #[default]
    Fail,
    /// The line is left out.
    Skip,
    /// What differs is changed.
    Update,
}

/// Whether many items are done each by itself, or all or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum TaskMode {
    /// All or none.
    All,
    /// Each whole or not at all.
    Each,
}

/// What is done to each of many people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Makes the account active.
    Enable,
    /// Makes the account inactive: sessions end, keys are refused while it is.
    Disable {
        /// Whether the keys are revoked for good.
        revoke_keys: bool,
    },
    /// Lifts a lock-out after wrong passwords.
    Unlock,
    /// Deletes the account.
    Delete,
    /// Ends all sessions.
    EndSessions,
    /// Revokes all keys, except the one in use.
    RevokeKeys,
    /// Mails a link to a new password.
    ResetPassword,
    /// States whether a second factor is required; `None` inherits.
    RequireSecondFactor {
        /// Whether.
        required: Option<bool>,
    },
    /// Takes the second factor away.
    RemoveSecondFactor,
    /// Changes members of the account.
    Set {
        /// The members, as a change of one account names them.
        change: Map<String, Value>,
    },
    /// Puts into a group.
    Join {
        /// The group's number.
        group: i64,
    },
    /// Takes out of a group.
    Leave {
        /// The group's number.
        group: i64,
    },
    /// Grants a role.
    Grant {
        /// The role's number inside the directory.
        role: i64,
        /// Where; see `Handle::grant_role` for what absence means.
        organisation: Option<i64>,
        /// Until when.
        expires_at: Option<Time>,
    },
    /// Revokes a directly granted role.
    Revoke {
        /// The role's number inside the directory.
        role: i64,
        /// Where; everywhere when absent.
        organisation: Option<i64>,
    },
    /// Moves the home.
    Move {
        /// The new home's number.
        home: i64,
    },
}

/// Which rows of a list, and in which order, in the words of the filters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The filter.
    pub filter: Option<String>,
    /// The member, with a `-` before it to turn the order round.
    pub sort: Option<String>,
}

/// A long piece of work, as it is asked for and stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Reads a stored file line by line.
    Import {
        /// What the lines are.
        what: TaskWhat,
        /// How they are written.
        format: FileFormat,
        /// What is done with what is there already.
        on_conflict: OnConflict,
        /// Each line by itself, or all or none.
        mode: TaskMode,
        /// Whether everything is undone.
        dry_run: bool,
        /// Whether new people are mailed a link to their first password.
        notify: bool,
    },
    /// Writes a file.
    Export {
        /// What of.
        what: TaskWhat,
        /// How.
        format: FileFormat,
        /// Which columns of a table, in order; all when empty.
        columns: Vec<String>,
        /// Which rows, and in which order, of a list that is not one of people: these are chosen at the
        /// beginning.
        #[serde(default)]
        selection: Selection,
    },
    /// Does something to each of the people whose numbers were stored with it.
    Act {
        /// What.
        action: Action,
        /// Each person alone, or all or none.
        mode: TaskMode,
        /// Whether everything is undone: a plan with a verdict for each person.
        dry_run: bool,
    },
    /// Undoes what an action did to each person.
    Undo {
        /// The job of the action.
        of: JobId,
    },
}

impl Task {
    /// The kind of job it makes.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Task::Import { .. } => "import",
            Task::Export { .. } => "export",
            Task::Act { .. } | Task::Undo { .. } => "action",
        }
    }

    /// Whether it changes nothing in the end.
    #[must_use]
    pub const fn is_trial(&self) -> bool {
        match self {
            Task::Import { dry_run, .. } | Task::Act { dry_run, .. } => *dry_run,
            Task::Export { .. } | Task::Undo { .. } => false,
        }
    }

    /// Whether each item is done by itself, or all or none.
    #[must_use]
    pub const fn mode(&self) -> TaskMode {
        match self {
            Task::Import { mode, .. } | Task::Act { mode, .. } => *mode,
            Task::Export { .. } | Task::Undo { .. } => TaskMode::Each,
        }
    }
}

/// What became of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ItemOutcome {
    /// Made.
    Created,
    /// Changed.
    Updated,
    /// Done.
    Done,
    /// It was so already.
    Unchanged,
    /// Left out.
    Skipped,
    /// Refused, and nothing of it was done.
    Failed,
}

/// What became of one person of several.
#[derive(Clone, Debug, PartialEq)]
pub struct ActedOn {
    /// Who, as far as the caller sees them.
    pub user: Option<UserId>,
    /// What became of them.
    pub outcome: ItemOutcome,
    /// Why it was refused.
    pub fault: Option<Fault>,
    /// The name that leads nowhere, where that is why.
    pub unknown: Option<UnknownName>,
}
