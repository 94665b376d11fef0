//! How the writes of one request end: whether everything is undone (a dry run), which revision the thing must
//! still have, and under which key the request may be sent again. Every write of a handle looks at it, in the
//! transaction of the change.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::model::{
    CollectionRef, DoneByRequest, Fault, FormTicket, GroupRef, IdempotencyTicket, KeyRef, Kind,
    OrganisationRef, RoleId, Time, UserRef,
};
use crate::outcome::Outcome;
use crate::store::{form_tokens, idempotency, roles, settings};

/// The field that a fault names when a request with this idempotency key is under way.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// What answers are sealed for.
pub(crate) const ANSWER_PURPOSE: &str = "idempotency";
/// The field that a fault names when a request's form token is used up or none of this form.
pub const FORM_TOKEN: &str = "Form-Token";
/// Milliseconds for which answers are kept.
const KEPT: i64 = 86_400_000;

/// Makes the bytes of an answer from what a write gave.
type Writing = dyn Fn(&dyn Any) -> Option<Vec<u8>> + Send + Sync;

/// Writes the answer of what a write gave, to be kept in the transaction of the write.
#[derive(Clone)]
pub struct AnswerWriter {
    write: Arc<Writing>,
    kept: Arc<AtomicBool>,
}

impl AnswerWriter {
    /// A writer of the answer of a write that gives a `T`. What it gives nothing for is kept later
    /// ([`crate::Handle::keep_answer`]).
    pub fn new<T: 'static>(write: impl Fn(&T) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self {
            write: Arc::new(move |given| write(given.downcast_ref::<T>()?)),
            kept: Arc::default(),
        }
    }

    /// Whether the answer is kept: its transaction has been committed.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Acquire)
    }

    pub(crate) fn note_kept(&self) {
        self.kept.store(true, Ordering::Release);
    }
}

impl std::fmt::Debug for AnswerWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnswerWriter")
            .field("kept", &self.is_kept())
            .finish_non_exhaustive()
    }
}

impl PartialEq for AnswerWriter {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.kept, &other.kept)
    }
}

impl Eq for AnswerWriter {}

/// How the writes of one request end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteMode {
    /// Whether everything is done and then undone.
    pub dry_run: bool,
    /// The revision that a thing must still have.
    pub expects: Option<Expectation>,
    /// The key under which the request may be sent again.
    pub idempotency: Option<IdempotencyTicket>,
    /// Writes the answer that is kept under that key together with the change.
    pub answer: Option<AnswerWriter>,
    /// The token of the form that the request is, used up with the change.
    pub form: Option<FormTicket>,
}

/// A thing and the revision that it must still have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The thing.
    pub of: Versioned,
    /// The revision.
    pub revision: i64,
}

/// What has a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versioned {
    /// A user.
    User(UserRef),
    /// An organisation.
    Organisation(OrganisationRef),
    /// A group.
    Group(GroupRef),
    /// A role.
    Role(RoleId),
    /// A collection of organisations.
    Collection(CollectionRef),
    /// An API key.
    Key(KeyRef),
    /// Settings documents, whose revisions are added up.
    Settings(&'static [&'static str]),
}

/// What is kept under a key.
#[derive(Clone, PartialEq, Eq)]
pub enum KeptAnswer {
    /// Nothing: the request is the first.
    Nothing,
    /// A request that has no answer yet.
    UnderWay,
    /// Another request.
    Other,
    /// The answer.
    Answer(Vec<u8>),
    /// A request that was done and whose answer was lost, since the server stopped, or the caller went away,
    /// before it was kept: what the request did.
    Lost(Vec<DoneByRequest>),
}

/// An answer may hold a secret.
impl std::fmt::Debug for KeptAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            KeptAnswer::Nothing => "Nothing",
            KeptAnswer::UnderWay => "UnderWay",
            KeptAnswer::Other => "Other",
            KeptAnswer::Answer(_) => "Answer(…)",
            KeptAnswer::Lost(_) => "Lost(…)",
        })
    }
}

/// Milliseconds between a request's change and its answer at most. The key is noted with the change, and
/// only what is shown of it comes after that.
const ANSWERED_WITHIN: i64 = 10_000;

/// Whether a request that has no answer will get none.
pub(crate) fn is_answer_lost(done_at: Time, now: Time) -> bool {
    done_at.plus(ANSWERED_WITHIN) <= now
}

/// Since when keys count.
pub(crate) fn kept_since(now: Time) -> Time {
    now.plus(-KEPT)
}

/// Looks at a request's mode before the use-case of a write runs, in its transaction.
pub(crate) async fn begin(work: &mut Work<'_>, mode: &WriteMode) -> Outcome<()> {
    if work.operation == Operation::ProveAgain {
        // A proof changes nothing, and the change that it is for has a transaction of its own.
        return Ok(());
    }
    if let Some(expects) = &mode.expects
        && revision(work, &expects.of).await? != expects.revision
    {
        return Err(Fault::Stale.into());
    }
    if let Some(ticket) = &mode.form
        && !form_tokens::use_up(&mut work.tx, ticket).await?
    {
        return Err(Fault::Taken { field: FORM_TOKEN }.into());
    }
    if let Some(ticket) = &mode.idempotency {
        claim(work, ticket).await?;
    }
    Ok(())
}

/// Keeps the answer of what a write gave, where its request may be sent again and the answer can be written by then;
/// whether it did.
pub(crate) async fn keep_answer<T: 'static>(
    work: &mut Work<'_>,
    mode: &WriteMode,
    given: &T,
) -> Outcome<bool> {
    let (Some(ticket), Some(answer)) = (&mode.idempotency, &mode.answer) else {
        return Ok(false);
    };
    let Some(written) = (answer.write)(given) else {
        return Ok(false);
    };
    let sealed = work.inner.seal(ANSWER_PURPOSE, &written)?;
    let user = work.caller.user.0;
    Ok(idempotency::store_answer(&mut work.tx, user, ticket, &sealed).await?)
}

async fn claim(work: &mut Work<'_>, ticket: &IdempotencyTicket) -> Outcome<()> {
    let (user, now) = (work.caller.user.0, work.now);
    let after = kept_since(now);
    let under_way = || Fault::Taken {
        field: IDEMPOTENCY_KEY,
    };
    match idempotency::find(&mut work.tx, user, ticket, after).await? {
        // An earlier write of this request.
        Some(kept) if kept.request == ticket.request => Ok(()),
        Some(_) => Err(under_way().into()),
        None if idempotency::insert(&mut work.tx, user, ticket, &[], now, after).await? => Ok(()),
        None => Err(under_way().into()),
    }
}

/// The revision of a thing that the caller sees.
async fn revision(work: &mut Work<'_>, of: &Versioned) -> Outcome<i64> {
    Ok(match of {
        Versioned::User(user) => work.visible_user(user).await?.revision,
        Versioned::Organisation(which) => work.visible_organisation(which).await?.version,
        Versioned::Group(group) => {
            let found = crate::operations::groups::visibility::visible(work, group).await?;
            found.ok_or(Fault::NotFound(Kind::Group))?.version
        }
        Versioned::Role(role) => {
            let found = roles::by_id(&mut work.tx, *role).await?;
            found.ok_or(Fault::NotFound(Kind::Role))?.version
        }
        Versioned::Collection(which) => {
            crate::operations::collections::visibility::visible(work, which)
                .await?
                .version
        }
        Versioned::Key(key) => {
            crate::operations::keys::list::visible(work, key)
                .await?
                .0
                .version
        }
        Versioned::Settings(names) => settings_revision(work, names).await?,
    })
}

/// The revisions of settings documents, added up; a document that was never stored has none.
pub(crate) async fn settings_revision(work: &mut Work<'_>, names: &[&str]) -> Outcome<i64> {
    let mut revision = 0;
    for name in names {
        revision += settings::version(&mut work.tx, name).await?;
    }
    Ok(revision)
}
