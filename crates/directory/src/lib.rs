//! The core of Usher: one directory of people, organisations, groups, roles, grants, keys and
//! sessions, with the rules over them and the store below.
//!
//! ```text
//! let caller = directory.authenticate(platform, credential, context).await?;   // who asks
//! let user = directory.act(&caller).create_user(new).await?;                   // what they may do
//! ```
//! A [`Handle`] is the only way in, and it is made from a [`Caller`]; every operation names itself in
//! the access table (`access/table.rs`) before it may open a transaction. Nothing here knows a vendor's
//! wire format, HTTP or the console; SQL stays inside `store`.

mod access;
mod audit;
mod cache;
mod catalogue;
mod directory;
pub mod filter;
mod handle;
mod hashing;
mod model;
mod offline;
mod opening;
mod operations;
mod outcome;
mod pending;
mod readiness;
mod rules;
mod sealing;
mod seams;
mod state;
mod store;
mod write_mode;

pub use access::authentication::Accepts;
pub use access::caller::{Caller, Credential, RequestContext};
pub use access::table::{Access, Operation};
pub use catalogue::usher_platform;
pub use directory::{Configuration, Directory, StoreLocation};
pub use handle::Handle;
pub use model::*;
pub use offline::{
    CheckReport, Finding, Moved, OfflineError, VerifiedBackup, check_directory, holds_directory,
    restore_backup, stored_mail_settings, verify_backup, write_backup,
};
pub use operations::audit::StreamPlace;
pub use operations::figures::Figures;
pub use operations::filters::CompilingFilter;
pub use operations::install::FirstRun;
pub use operations::keys::check_plain_key;
pub use operations::mail::MAIL_LEASE;
pub use operations::rows::columns::USER_COLUMNS;
pub use operations::rows::ensure::EnsureNew;
pub use operations::settings::SettingsChange;
pub use operations::shown_settings::{SettingsWanted, ShownSettings};
pub use operations::sweep::Swept;
pub use operations::tasks::{
    ActedOnMany, JobDetail, JobWorker, MOST_ACTED_ON, PIECE, TaskJob, WrongColumn, export_columns,
    import_columns, operation_of_action,
};
pub use operations::users::list::UserChunks;
pub use pending::{Answering, Pending};
pub use readiness::Unready;
pub use rules::{check_email, fold, fold_search, limits, slug, standing};
pub use seams::{
    Clock, CountingEntropy, Entropy, HashingCost, ManualClock, Seams, SystemClock, SystemEntropy,
};
pub use store::WriteFigures;
pub use write_mode::{
    AnswerWriter, Expectation, FORM_TOKEN, IDEMPOTENCY_KEY, KeptAnswer, Versioned, WriteMode,
};

/// The root organisation: everyone's ancestor and the owner's home.
pub const ROOT: OrganisationId = OrganisationId(1);
/// The first owner.
pub const FIRST_OWNER: UserId = UserId(1);
