//! The handle and the work: how a use-case gets at the store. A transaction opens only under an
//! [`Operation`] of the access table, and inside it the caller's rights are looked at again.

use std::sync::Arc;

use serde_json::Value;

use crate::access::Operation;
use crate::caller::{Caller, CallerState, Credential};
use crate::directory::Inner;
use crate::model::{
    Fault, GroupId, Held, Kind, Organisation, OrganisationId, OrganisationRef, Permission,
    Platform, Ref, Scope, Standing, Time, User, UserId, UserRef, word_covers,
};
use crate::rules;
use crate::store::{StoreError, Tx, credentials, events, organisations, users};

/// Why a use-case stopped: a fault for the caller, or the store's own failure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stop {
    Fault(Fault),
    Store(StoreError),
    /// All went well, and everything is to be undone: a trial run.
    Undo,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Stop::Store(error)
    }
}

impl Stop {
    pub fn into_fault(self) -> Fault {
        match self {
            Stop::Fault(fault) => fault,
            Stop::Store(StoreError::Busy) => Fault::Unavailable("busy"),
            Stop::Store(StoreError::Conflict) => Fault::Unavailable("busy"),
            Stop::Store(StoreError::Full) => Fault::Unavailable("full"),
            Stop::Store(StoreError::Lost(why)) => {
                tracing::error!(why, "the store is lost");
                Fault::Unavailable("lost")
            }
            Stop::Store(error) => Fault::Internal(error.to_string()),
            Stop::Undo => Fault::Internal("a trial run ended outside".to_owned()),
        }
    }
}

/// What a use-case returns inside a transaction.
pub(crate) type Outcome<T> = Result<T, Stop>;

/// The directory's use-cases on behalf of one caller.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inner: Arc<Inner>,
    pub(crate) caller: Arc<CallerState>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle")
            .field("caller", &self.caller.login)
            .finish_non_exhaustive()
    }
}

impl Handle {
    /// Whose handle it is.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller(Arc::clone(&self.caller))
    }

    /// The time by the directory's clock.
    #[must_use]
    pub fn now(&self) -> Time {
        self.inner.now()
    }

    /// Refuses an operation that the caller may do nowhere.
    fn admit(&self, operation: Operation) -> Result<(), Fault> {
        let access = operation.access();
        if access.writes && self.caller.limits.read_only {
            return Err(Fault::KeyLimit);
        }
        let held = access.permission == Permission::SignedIn
            || self
                .caller
                .here()
                .any(|held| word_covers(&held.word, access.permission.word()));
        if held || access.own {
            Ok(())
        } else {
            Err(Fault::Forbidden(access.permission))
        }
    }

    /// Reads under an operation, in one snapshot.
    pub(crate) async fn read<T, F>(&self, operation: Operation, f: F) -> Result<T, Fault>
    where
        F: AsyncFnOnce(&mut Work<'_>) -> Outcome<T>,
    {
        self.admit(operation)?;
        let (inner, caller, now) = (
            Arc::clone(&self.inner),
            Arc::clone(&self.caller),
            self.now(),
        );
        self.inner
            .store
            .read(async move |tx: &mut Tx<'_>| {
                let mut work = Work {
                    tx: tx.reborrow(),
                    inner,
                    caller,
                    now,
                    operation,
                };
                f(&mut work).await
            })
            .await
            .map_err(Stop::into_fault)
    }

    /// The same for scans, searches and counts: away from the threads that serve requests.
    pub(crate) async fn read_slow<T, F>(&self, operation: Operation, f: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Work<'_>) -> Outcome<T> + Send + 'static,
    {
        self.admit(operation)?;
        let (inner, caller, now) = (
            Arc::clone(&self.inner),
            Arc::clone(&self.caller),
            self.now(),
        );
        self.inner
            .store
            .read_slow(async move |tx: &mut Tx<'_>| {
                let mut work = Work {
                    tx: tx.reborrow(),
                    inner,
                    caller,
                    now,
                    operation,
                };
                f(&mut work).await
            })
            .await
            .map_err(Stop::into_fault)
    }

    /// Writes under an operation, all or nothing. The use-case may run again on a conflict, so ids,
    /// secrets and hashes are made before.
    pub(crate) async fn write<T, F>(&self, operation: Operation, f: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Work<'_>) -> Outcome<T> + Send + 'static,
    {
        self.run_write(operation, f).await.map_err(Stop::into_fault)
    }

    /// A write whose use-case may ask to have everything undone ([`Stop::Undo`]), which is no fault.
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
            Err(Stop::Undo) => Ok(None),
            Err(stop) => Err(stop.into_fault()),
        }
    }

    async fn run_write<T, F>(&self, operation: Operation, f: F) -> Outcome<T>
    where
        T: Send + 'static,
        F: AsyncFn(&mut Work<'_>) -> Outcome<T> + Send + 'static,
    {
        self.admit(operation)?;
        let (inner, caller, now) = (
            Arc::clone(&self.inner),
            Arc::clone(&self.caller),
            self.now(),
        );
        self.inner
            .store
            .write(async move |tx: &mut Tx<'_>| {
                let caller = recheck(tx, &inner, &caller, now).await?;
                let mut work = Work {
                    tx: tx.reborrow(),
                    inner: Arc::clone(&inner),
                    caller,
                    now,
                    operation,
                };
                // The rights may have shrunk since the request came in.
                let access = operation.access();
                if access.permission != Permission::SignedIn
                    && !access.own
                    && work.caller.scopes(access.permission).is_empty()
                {
                    return Err(Fault::Forbidden(access.permission).into());
                }
                f(&mut work).await
            })
            .await
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
    if caller.credential == Credential::System {
        return Ok(Arc::clone(caller));
    }
    let unknown = || Stop::Fault(Fault::Unauthenticated(crate::model::Refusal::Unknown));
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
        limits: caller.limits.clone(),
        organisation: caller.organisation,
        held: holding.held.into(),
        version: owner.version,
        epoch: owner.epoch,
        held_until: holding.until,
        must_change_password: owner.must_change_password,
        context: caller.context.clone(),
    }))
}

/// One transaction of one operation: the store, the caller with the rights of now, the time.
pub(crate) struct Work<'c> {
    pub tx: Tx<'c>,
    pub inner: Arc<Inner>,
    pub caller: Arc<CallerState>,
    pub now: Time,
    pub operation: Operation,
}

impl Work<'_> {
    /// Where the operation's permission counts.
    pub fn scopes(&self) -> Vec<Scope> {
        self.caller.scopes(self.operation.access().permission)
    }

    /// The scopes of another permission.
    pub fn scopes_of(&self, permission: Permission) -> Vec<Scope> {
        self.caller.scopes(permission)
    }

    /// The organisation a token is limited to.
    pub fn limit(&self) -> Option<i64> {
        self.caller.organisation.map(|organisation| organisation.0)
    }

    /// Whether `organisation` lies in the token's limit.
    async fn within_limit(&mut self, organisation: OrganisationId) -> Outcome<bool> {
        match self.caller.organisation {
            None => Ok(true),
            Some(limit) => Ok(organisations::ancestors(&mut self.tx, organisation)
                .await?
                .contains(&limit)),
        }
    }

    /// Whether any of the scopes holds an organisation.
    pub async fn scope_holds(
        &mut self,
        scopes: &[Scope],
        organisation: OrganisationId,
    ) -> Outcome<bool> {
        if !self.within_limit(organisation).await? {
            return Ok(false);
        }
        if scopes
            .iter()
            .any(|scope| *scope == Scope::All || *scope == Scope::Organisation(organisation))
        {
            return Ok(true);
        }
        if scopes
            .iter()
            .any(|scope| matches!(scope, Scope::Subtree(_)))
        {
            let above = organisations::ancestors(&mut self.tx, organisation).await?;
            return Ok(scopes
                .iter()
                .any(|scope| matches!(scope, Scope::Subtree(top) if above.contains(top))));
        }
        Ok(false)
    }

    /// Whether a permission reaches an organisation.
    pub async fn reaches_organisation(
        &mut self,
        permission: Permission,
        organisation: OrganisationId,
    ) -> Outcome<bool> {
        let scopes = self.caller.scopes(permission);
        self.scope_holds(&scopes, organisation).await
    }

    /// Refuses unless the operation's permission reaches an organisation.
    pub async fn require_organisation(&mut self, organisation: OrganisationId) -> Outcome<()> {
        let permission = self.operation.access().permission;
        if self.reaches_organisation(permission, organisation).await? {
            Ok(())
        } else {
            Err(Fault::Forbidden(permission).into())
        }
    }

    /// Whether a permission reaches a user so as to change them: by their home, themselves, a list or
    /// their primary group.
    pub async fn reaches_user(&mut self, permission: Permission, user: &User) -> Outcome<bool> {
        let scopes = self.caller.scopes(permission);
        if scopes.is_empty() {
            return Ok(false);
        }
        if !self.within_limit(user.home).await? {
            return Ok(false);
        }
        let personal = scopes.iter().any(|scope| match scope {
            Scope::Own(own) => *own == user.id,
            Scope::Users(listed) => listed.contains(&user.id),
            Scope::Groups(groups) => user
                .primary_group
                .is_some_and(|group| groups.contains(&group)),
            _ => false,
        });
        Ok(personal || self.scope_holds(&scopes, user.home).await?)
    }

    /// Whether the caller sees a user: themselves, or by a home or a membership within the reach of
    /// reading, or of the operation's own permission.
    pub async fn sees_user(&mut self, user: &User) -> Outcome<bool> {
        if user.id == self.caller.user {
            return Ok(true);
        }
        let mut scopes = self.caller.scopes(Permission::ReadUsers);
        let own = self.operation.access().permission;
        if own != Permission::SignedIn {
            scopes.extend(self.caller.scopes(own));
        }
        if scopes.is_empty() {
            return Ok(false);
        }
        if scopes.contains(&Scope::All) && self.caller.organisation.is_none() {
            return Ok(true);
        }
        let mut sql = crate::store::select::Sql::default();
        sql.push("SELECT 1 FROM users u WHERE u.id = ");
        sql.bind(crate::store::select::Bound::Int(user.id.0));
        crate::store::select::seen::<users::Users>(&mut sql, &scopes, self.limit());
        Ok(self
            .tx
            .one(&sql.text, &sql.vals(), |row| row.int(0))
            .await?
            .is_some())
    }

    /// Finds a user by whatever names them, visible or not.
    pub async fn find_user(&mut self, which: &UserRef) -> Outcome<Option<User>> {
        Ok(match which {
            Ref::Id(id) => users::by_id(&mut self.tx, *id).await?,
            Ref::Uuid(uuid) => users::by_uuid(&mut self.tx, *uuid).await?,
            Ref::Name(name) => users::by_sign_in_name(&mut self.tx, &rules::fold(name)).await?,
        })
    }

    /// A user the caller sees; a hidden one is not found, like a missing one.
    pub async fn visible_user(&mut self, which: &UserRef) -> Outcome<User> {
        match self.find_user(which).await? {
            Some(user) if self.sees_user(&user).await? => Ok(user),
            _ => Err(Fault::NotFound(Kind::User).into()),
        }
    }

    /// A user the operation's permission reaches (or oneself, where the table allows it): missing and
    /// hidden ones are not found, visible ones out of reach are forbidden.
    pub async fn target_user(&mut self, which: &UserRef) -> Outcome<User> {
        let user = self.visible_user(which).await?;
        let access = self.operation.access();
        if access.own && user.id == self.caller.user {
            return Ok(user);
        }
        if self.reaches_user(access.permission, &user).await? {
            Ok(user)
        } else {
            Err(Fault::Forbidden(access.permission).into())
        }
    }

    /// Finds an organisation, visible or not.
    pub async fn find_organisation(
        &mut self,
        which: &OrganisationRef,
    ) -> Outcome<Option<Organisation>> {
        Ok(match which {
            Ref::Id(id) => organisations::by_id(&mut self.tx, *id).await?,
            Ref::Uuid(uuid) => organisations::by_uuid(&mut self.tx, *uuid).await?,
            Ref::Name(name) => organisations::by_name(&mut self.tx, &rules::fold(name)).await?,
        })
    }

    /// Whether the caller sees an organisation: within the reach of reading organisations or of the
    /// operation's own permission, or one they belong to.
    pub async fn sees_organisation(&mut self, organisation: OrganisationId) -> Outcome<bool> {
        if organisation == self.caller.home && self.caller.organisation.is_none() {
            return Ok(true);
        }
        let mut scopes = self.caller.scopes(Permission::ReadOrganisations);
        scopes.extend(self.caller.scopes(self.operation.access().permission));
        if self.scope_holds(&scopes, organisation).await? {
            return Ok(true);
        }
        let own = organisations::memberships(&mut self.tx, &[self.caller.user]).await?;
        Ok(own
            .iter()
            .any(|membership| membership.organisation == organisation)
            && self.within_limit(organisation).await?)
    }

    /// An organisation the caller sees.
    pub async fn visible_organisation(&mut self, which: &OrganisationRef) -> Outcome<Organisation> {
        match self.find_organisation(which).await? {
            Some(organisation) if self.sees_organisation(organisation.id).await? => {
                Ok(organisation)
            }
            _ => Err(Fault::NotFound(Kind::Organisation).into()),
        }
    }

    /// An organisation the operation's permission reaches.
    pub async fn target_organisation(&mut self, which: &OrganisationRef) -> Outcome<Organisation> {
        let organisation = self.visible_organisation(which).await?;
        self.require_organisation(organisation.id).await?;
        Ok(organisation)
    }

    /// Whether what the caller holds covers a right, on whatever platform they hold it: the word, and
    /// the whole of its scope.
    pub async fn covers(&mut self, platform: Platform, word: &str, scope: &Scope) -> Outcome<bool> {
        let caller = Arc::clone(&self.caller);
        let candidates: Vec<&Held> = caller
            .held
            .iter()
            .filter(|held| {
                (held.platform == Platform::USHER || held.platform == platform)
                    && word_covers(&held.word, word)
            })
            .collect();
        if candidates
            .iter()
            .any(|held| held.scope == Scope::All || held.scope == *scope)
        {
            return Ok(true);
        }
        let wanted = match scope {
            Scope::Organisation(organisation) | Scope::Subtree(organisation) => *organisation,
            // What somebody may do to themselves, to listed people or to their groups is covered by
            // whoever covers their home; that is decided for their home by the callers of this.
            Scope::Own(user) => return self.covers_people(&candidates, &[*user]).await,
            Scope::Users(list) => return self.covers_people(&candidates, list).await,
            Scope::Groups(groups) => {
                let mut all = true;
                for group in groups {
                    let organisation = self.group_organisation(*group).await?;
                    all = all
                        && match organisation {
                            Some(organisation) => {
                                self.any_subtree(&candidates, organisation).await?
                            }
                            None => false,
                        };
                }
                return Ok(all);
            }
            Scope::All => return Ok(false),
        };
        self.any_subtree(&candidates, wanted).await
    }

    async fn any_subtree(
        &mut self,
        candidates: &[&Held],
        organisation: OrganisationId,
    ) -> Outcome<bool> {
        let above = organisations::ancestors(&mut self.tx, organisation).await?;
        Ok(candidates
            .iter()
            .any(|held| matches!(&held.scope, Scope::Subtree(top) if above.contains(top))))
    }

    async fn covers_people(&mut self, candidates: &[&Held], people: &[UserId]) -> Outcome<bool> {
        for user in people {
            let Some(user) = users::by_id(&mut self.tx, *user).await? else {
                continue;
            };
            let direct = candidates.iter().any(|held| match &held.scope {
                Scope::Organisation(organisation) => *organisation == user.home,
                Scope::Own(own) => *own == user.id,
                Scope::Users(list) => list.contains(&user.id),
                _ => false,
            });
            if !direct && !self.any_subtree(candidates, user.home).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn group_organisation(&mut self, group: GroupId) -> Outcome<Option<OrganisationId>> {
        Ok(self
            .tx
            .one(
                "SELECT organisation_id FROM groups WHERE id = $1",
                &[group.0.into()],
                |row| Ok(OrganisationId(row.int(0)?)),
            )
            .await?)
    }

    /// The take-over guard: nobody changes another's password, keys, factors, address, status, kind or
    /// existence unless their own rights cover the other's administrative ones.
    pub async fn guard_takeover(&mut self, user: &User) -> Outcome<()> {
        if user.id == self.caller.user || self.caller.credential == Credential::System {
            return Ok(());
        }
        let holding = credentials::holding(
            &mut self.tx,
            user.id,
            &self.inner.platform_lines.clone(),
            self.now,
        )
        .await?;
        for held in &holding.held {
            let administrative = match Permission::of_word(&held.word) {
                Some(permission) => permission.administrative(),
                // `*` and `<platform>:*` are administrative, other vendors' words are business.
                None => held.word.ends_with('*'),
            };
            // What reaches only its holder is no power over anybody.
            let personal = matches!(&held.scope, Scope::Own(_));
            if administrative
                && !personal
                && !self.covers(held.platform, &held.word, &held.scope).await?
            {
                return Err(Fault::OutranksCaller.into());
            }
        }
        Ok(())
    }

    /// Appends an audit event in the transaction of the change. `detail` holds no secret.
    pub async fn event(
        &mut self,
        verb: &str,
        about: About<'_>,
        detail: Option<Value>,
    ) -> Outcome<()> {
        let caller = Arc::clone(&self.caller);
        let detail = detail.map(|detail| detail.to_string());
        let address = caller
            .context
            .address
            .map(|address| address.to_canonical().to_string());
        let (key, session) = match caller.credential {
            Credential::Key(key) => (Some(key.0), None),
            Credential::Session(session, key) => (key.map(|key| key.0), Some(session.0)),
            Credential::System => (None, None),
        };
        let system = caller.credential == Credential::System;
        let event = events::NewEvent {
            at: self.now,
            verb,
            actor: if system { None } else { Some(caller.user.0) },
            actor_name: Some(&caller.login),
            platform: caller.platform.word(),
            key,
            session,
            entity: about.entity,
            entity_id: about.id,
            entity_name: about.name,
            organisation: about.organisation.map(|organisation| organisation.0),
            detail: detail.as_deref(),
            address: address.as_deref(),
            request_id: Some(caller.context.request_id.as_str()).filter(|id| !id.is_empty()),
        };
        events::append(&mut self.tx, &event).await?;
        Ok(())
    }

    /// The acting user's number for created-by columns; none for the server itself.
    pub fn actor(&self) -> Option<UserId> {
        (self.caller.credential != Credential::System).then_some(self.caller.user)
    }
}

/// What an event is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About<'a> {
    pub entity: &'a str,
    pub id: Option<i64>,
    pub name: Option<&'a str>,
    pub organisation: Option<OrganisationId>,
}

impl<'a> About<'a> {
    pub fn user(user: &'a User) -> Self {
        Self {
            entity: "user",
            id: Some(user.id.0),
            name: Some(&user.login),
            organisation: Some(user.home),
        }
    }

    pub fn organisation(organisation: &'a Organisation) -> Self {
        Self {
            entity: "organisation",
            id: Some(organisation.id.0),
            name: Some(&organisation.name),
            organisation: Some(organisation.id),
        }
    }
}
