//! The handle: how a use-case gets at the store. A transaction opens only under an
//! [`Operation`] of the access table, and inside it the caller's rights are looked at again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::caller::Caller;
use crate::access::caller::CallerState;
use crate::access::caller::Credential;
use crate::access::impersonation;
use crate::access::lookups::Lookups;
use crate::access::table::Operation;
use crate::directory::Directory;
use crate::model::{
    Fault, HeldRole, Permission, PlatformSpec, Predicate, RoleId, ShownRole, Standing, Time,
    UserField, shown_roles, shown_with_roles, word_covers,
};
use crate::rules;
use crate::state::Inner;
use crate::store::{Tx, credentials};

use crate::access::work::Work;
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::write_mode::{self, AnswerWriter, WriteMode};

/// The directory's use-cases on behalf of one caller.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inner: Arc<Inner>,
    pub(crate) caller: Arc<CallerState>,
    pub(crate) mode: Arc<WriteMode>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle")
            .field("caller", &self.caller.login)
            .finish_non_exhaustive()
    }
}

impl Directory {
    /// Use-cases on behalf of a caller.
    #[must_use]
    pub fn act(&self, caller: &Caller) -> Handle {
        Handle {
            inner: Arc::clone(&self.0),
            caller: Arc::clone(&caller.0),
            mode: Arc::default(),
        }
    }
}

impl Handle {
    /// Whose handle it is.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller(Arc::clone(&self.caller))
    }

    /// The use-cases with writes that end as the mode says.
    #[must_use]
    pub fn in_mode(&self, mode: WriteMode) -> Handle {
        Handle {
            mode: Arc::new(mode),
            ..self.clone()
        }
    }

    /// The use-cases with writes whose answer is kept in their transaction, where the request may be sent again.
    #[must_use]
    pub fn with_answer(&self, answer: AnswerWriter) -> Handle {
        self.in_mode(WriteMode {
            answer: Some(answer),
            ..WriteMode::clone(&self.mode)
        })
    }

    /// The use-cases of another caller with writes that end like these.
    #[must_use]
    pub fn in_mode_of(&self, other: &Handle) -> Handle {
        Handle {
            mode: Arc::clone(&other.mode),
            ..self.clone()
        }
    }

    /// Whether what is written is undone, so that nothing made with it may be shown as if it were there.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.mode.dry_run
    }

    /// The platforms served.
    #[must_use]
    pub fn platforms(&self) -> &[PlatformSpec] {
        &self.inner.platforms
    }

    /// The roles that people are shown with in the caller's dialect, of those they hold.
    #[must_use]
    pub fn shown_roles(&self, held: &[HeldRole]) -> Vec<ShownRole> {
        self.inner
            .platform(self.caller.platform)
            .map(|platform| shown_roles(held, platform))
            .unwrap_or_default()
    }

    /// The people whom the caller's dialect shows with one of these roles, each given with its number, or
    /// without any.
    #[must_use]
    pub fn shown_with_roles(
        &self,
        wanted: &[(RoleId, i64)],
        without_role: bool,
    ) -> Predicate<UserField> {
        match self.inner.platform(self.caller.platform) {
            Some(platform) => shown_with_roles(wanted, without_role, platform),
            None => Predicate::Nothing,
        }
    }

    /// The time by the directory's clock.
    #[must_use]
    pub fn now(&self) -> Time {
        self.inner.now()
    }

    /// Refuses an operation that the caller may do nowhere. Every use-case begins with it; dialects
    /// that must refuse before they read a body ask it first.
    pub fn admit(&self, operation: Operation) -> Result<(), Fault> {
        self.admitted(operation)
            .inspect_err(|fault| self.inner.refused(&self.caller, Some(operation), fault))
    }

    /// Refuses a limited key for those requests of an operation that such a key may not make:
    /// it would be used without the limits.
    pub(crate) fn admit_unlimited(&self, operation: Operation) -> Result<(), Fault> {
        self.admitted(operation)
            .and_then(|()| self.caller.check_unlimited())
            .inspect_err(|fault| self.inner.refused(&self.caller, Some(operation), fault))
    }

    fn admitted(&self, operation: Operation) -> Result<(), Fault> {
        let access = operation.access();
        if access.writes && self.caller.limits.read_only {
            return Err(Fault::KeyLimit);
        }
        if access.lasts {
            self.caller.check_finished(operation)?;
        }
        let unlimited = if access.unlimited {
            self.caller.check_unlimited()
        } else {
            Ok(())
        };
        let held = access.permission == Permission::SignedIn
            || self
                .caller
                .here()
                .any(|held| word_covers(&held.word, access.permission.word()));
        if held || access.own {
            unlimited
        } else {
            Err(Fault::Forbidden(access.permission))
        }
    }

    fn opening(&self, operation: Operation) -> Opening {
        Opening {
            inner: Arc::clone(&self.inner),
            caller: Arc::clone(&self.caller),
            now: self.now(),
            operation,
        }
    }

    fn opened(&self, operation: Operation) -> Result<Opening, Fault> {
        self.admit(operation)?;
        Ok(self.opening(operation))
    }

    /// Reads under an operation, in one snapshot.
    pub(crate) async fn read<T, F>(&self, operation: Operation, f: F) -> Result<T, Fault>
    where
        F: AsyncFnOnce(&mut Work<'_>) -> Outcome<T>,
    {
        let opening = self.opened(operation)?;
        self.inner
            .store
            .read(async move |tx: &mut Tx<'_>| f(&mut opening.work(tx)).await)
            .await
            .map_err(|stop| self.stopped(operation, stop))
    }

    /// The same for a use-case of a single statement, which is a snapshot of its own; a second one would
    /// be an error.
    pub(crate) async fn read_single<T, F>(&self, operation: Operation, f: F) -> Result<T, Fault>
    where
        F: AsyncFnOnce(&mut Work<'_>) -> Outcome<T>,
    {
        let opening = self.opened(operation)?;
        self.inner
            .store
            .read_single(async move |tx: &mut Tx<'_>| f(&mut opening.work(tx)).await)
            .await
            .map_err(|stop| self.stopped(operation, stop))
    }

    /// Reads by one statement that finds its row by a unique key, without a transaction.
    pub(crate) async fn read_point<T, F>(&self, operation: Operation, f: F) -> Result<T, Fault>
    where
        F: AsyncFnOnce(&mut Work<'_>) -> Outcome<T>,
    {
        let opening = self.opened(operation)?;
        self.inner
            .store
            .read_point(async move |tx: &mut Tx<'_>| f(&mut opening.work(tx)).await)
            .await
            .map_err(|stop| self.stopped(operation, stop))
    }

    /// The same for scans, searches and counts: away from the threads that serve requests.
    pub(crate) async fn read_slow<T, F>(&self, operation: Operation, f: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Work<'_>) -> Outcome<T> + Send + 'static,
    {
        let opening = self.opened(operation)?;
        self.inner
            .store
            .read_slow(async move |tx: &mut Tx<'_>| f(&mut opening.work(tx)).await)
            .await
            .map_err(|stop| self.stopped(operation, stop))
    }

    /// The same with the rights of now, for what takes several transactions: whoever loses a right while
    /// a long list is told gets no more of it.
    pub(crate) async fn read_again<T, F>(&self, operation: Operation, f: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Work<'_>) -> Outcome<T> + Send + 'static,
    {
        let opening = self.opened(operation)?;
        self.inner
            .store
            .read_slow(async move |tx: &mut Tx<'_>| f(&mut opening.fresh(tx).await?).await)
            .await
            .map_err(|stop| self.stopped(operation, stop))
    }

    /// The caller with the rights of now, for what takes several transactions. Refused once the
    /// credential opens nothing any more, or its owner may do the operation nowhere.
    pub fn renewed(&self, operation: Operation) -> Pending<'_, Handle> {
        Box::pin(async move {
            let caller = self
                .read_again(operation, async |work: &mut Work<'_>| {
                    Ok(Arc::clone(&work.caller))
                })
                .await?;
            Ok(Handle {
                inner: Arc::clone(&self.inner),
                caller,
                mode: Arc::clone(&self.mode),
            })
        })
    }

    /// Writes under an operation, all or nothing. The use-case may run again on a conflict, so ids,
    /// secrets and hashes are made before.
    pub(crate) async fn write<T, F>(&self, operation: Operation, f: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Work<'_>) -> Outcome<T> + Send + 'static,
    {
        self.run_write(operation, f)
            .await
            .map_err(|stop| self.stopped(operation, stop))
    }

    /// A write whose use-case may ask to have everything undone ([`Abort::Undo`]), which is no fault.
    pub(crate) async fn write_or_undo<T, F>(
        &self,
        operation: Operation,
        f: F,
    ) -> Result<Option<T>, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Work<'_>) -> Outcome<T> + Send + 'static,
    {
        match self.run_write(operation, f).await {
            Ok(done) => Ok(Some(done)),
            Err(Abort::Undo) => Ok(None),
            Err(stop) => Err(self.stopped(operation, stop)),
        }
    }

    /// What a use-case stopped with, for the caller; refusals are noted for the audit trail.
    fn stopped(&self, operation: Operation, stop: Abort) -> Fault {
        let fault = stop.into_fault();
        self.inner.refused(&self.caller, Some(operation), &fault);
        fault
    }

    async fn run_write<T, F>(&self, operation: Operation, f: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Work<'_>) -> Outcome<T> + Send + 'static,
    {
        self.admitted(operation)?;
        let opening = self.opening(operation);
        // One transaction for every mode: the code of each use-case is then compiled once here, not twice.
        let mode = Arc::clone(&self.mode);
        // What a dry run would have given is handed out past the transaction, which is undone.
        let given: Arc<Mutex<Option<T>>> = Arc::default();
        let slot = Arc::clone(&given);
        let kept: Arc<AtomicBool> = Arc::default();
        let keeps = Arc::clone(&kept);
        let answer = self.mode.answer.clone();
        let outcome = self
            .inner
            .store
            .write(async move |tx: &mut Tx<'_>| {
                let mut work = opening.fresh(tx).await?;
                write_mode::begin(&mut work, &mode).await?;
                let done = f(&mut work).await?;
                if mode.dry_run {
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
                    return Err(Abort::Undo);
                }
                let is_kept = write_mode::keep_answer(&mut work, &mode, &done).await?;
                keeps.store(is_kept, Ordering::Release);
                Ok(done)
            })
            .await;
        if let (Ok(_), Some(answer), true) = (&outcome, answer, kept.load(Ordering::Acquire)) {
            answer.note_kept();
        }
        if let Err(Abort::Undo) = outcome
            && let Some(done) = given.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            return Ok(done);
        }
        outcome
    }
}

/// What a transaction under an operation is opened with.
struct Opening {
    inner: Arc<Inner>,
    caller: Arc<CallerState>,
    now: Time,
    operation: Operation,
}

impl Opening {
    /// The work of a transaction with the rights the request came in with.
    fn work<'c>(self, tx: &'c mut Tx<'_>) -> Work<'c> {
        Work {
            tx: tx.reborrow(),
            inner: self.inner,
            caller: self.caller,
            now: self.now,
            operation: self.operation,
            lookups: Lookups::default(),
        }
    }

    /// The same with the rights of now: they may have shrunk since the request came in.
    async fn fresh<'c>(&self, tx: &'c mut Tx<'_>) -> Outcome<Work<'c>> {
        let (inner, now, operation) = (&self.inner, self.now, self.operation);
        let caller = match &self.caller.impersonator {
            None => recheck(tx, inner, &self.caller, now).await?,
            Some(impersonator) => {
                let mut work = Work {
                    caller: recheck(tx, inner, impersonator, now).await?,
                    tx: tx.reborrow(),
                    inner: Arc::clone(inner),
                    now,
                    operation: Operation::ActForUser,
                    lookups: Lookups::default(),
                };
                impersonation::load_impersonated(&mut work, &self.caller.user.into()).await?
            }
        };
        let access = operation.access();
        if access.lasts {
            caller.check_finished(operation)?;
        }
        if access.permission != Permission::SignedIn
            && !access.own
            && caller.scopes(access.permission).is_empty()
        {
            return Err(Fault::Forbidden(access.permission).into());
        }
        Ok(Work {
            tx: tx.reborrow(),
            inner: Arc::clone(inner),
            caller,
            now,
            operation,
            lookups: Lookups::default(),
        })
    }
}

/// Looks at the caller again inside the transaction: still there, still active, and with the rights
/// of now. So a check and its effect are one.
async fn recheck(
    tx: &mut Tx<'_>,
    inner: &Inner,
    caller: &Arc<CallerState>,
    now: Time,
) -> Outcome<Arc<CallerState>> {
    if caller.credential == Credential::System && !caller.delegated {
        return Ok(Arc::clone(caller));
    }
    if tx.unchanged_since(caller.since) && caller.until.is_none_or(|end| end > now) {
        return Ok(Arc::clone(caller));
    }
    let unknown = || Abort::Fault(Fault::Unauthenticated(crate::model::Refusal::Unknown));
    let owner = match caller.credential {
        Credential::Key(key) => {
            let row = credentials::key_by_id(tx, key).await?.ok_or_else(unknown)?;
            if row.revoked_at.is_some() || row.expires_at.is_some_and(|end| end <= now) {
                return Err(unknown());
            }
            row.owner
        }
        Credential::Session(session, _) => {
            let row = credentials::session_by_id(tx, session)
                .await?
                .ok_or_else(unknown)?;
            if row.key_revoked_at.is_some()
                || row.key_expires_at.is_some_and(|end| end <= now)
                || row.expires_at <= now
            {
                return Err(unknown());
            }
            row.owner
        }
        Credential::System => credentials::owner(tx, caller.user)
            .await?
            .ok_or_else(unknown)?,
    };
    let standing = rules::standing(
        owner.status,
        owner.lock_after,
        owner.locked_until,
        None,
        now,
    );
    if standing != Standing::Active {
        return Err(Fault::Unauthenticated(crate::model::Refusal::Standing(standing)).into());
    }
    let fresh = owner.version == caller.version
        && owner.epoch == caller.epoch
        && caller.held_until.is_none_or(|end| end > now);
    if fresh {
        return Ok(Arc::clone(caller));
    }
    let holding = credentials::holding(tx, caller.user, &inner.platform_lines, now).await?;
    Ok(Arc::new(CallerState {
        user: caller.user,
        uuid: caller.uuid,
        login: owner.login,
        home: owner.home,
        platform: caller.platform,
        credential: caller.credential,
        proof: caller.proof,
        delegated: caller.delegated,
        proven: caller.proven,
        limits: caller.limits.clone(),
        organisation: caller.organisation,
        held: holding.held.into(),
        version: owner.version,
        epoch: owner.epoch,
        held_until: holding.until,
        since: None,
        until: None,
        must_change_password: owner.must_change_password,
        must_enrol_second_factor: caller.must_enrol_second_factor,
        context: caller.context.clone(),
        impersonator: None,
    }))
}
