//! How the writes of one request end: whether everything is undone (a dry run), which revision the thing must
//! still have, and under which key the request may be sent again. Every write of a handle looks at it, in the
//! transaction of the change.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::model::{
    CollectionRef, DoneByRequest, Fault, GroupRef, IdempotencyTicket, KeyRef, Kind,
    OrganisationRef, RoleId, Time, UserRef,
};
use crate::outcome::Outcome;
use crate::store::{idempotency, roles, settings};

/// The field that a fault names when a request with this idempotency key is under way.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// Milliseconds for which answers are kept.
const KEPT: i64 = 86_400_000;

/// How the writes of one request end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteMode {
    /// Whether everything is done and then undone.
    pub dry_run: bool,
    /// The revision that a thing must still have.
    pub expects: Option<Expectation>,
    /// The key under which the request may be sent again.
    pub idempotency: Option<IdempotencyTicket>,
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
    if let Some(ticket) = &mode.idempotency {
        claim(work, ticket).await?;
    }
    Ok(())
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
