//! Signing in: a login or e-mail, a password and perhaps a code give a session.
//!
//! Whoever is unknown, has no password, gave a wrong one or is locked out gets the same answer after
//! the same work. Only behind the right password does the answer say more.

use std::sync::Arc;

use serde_json::json;

use crate::access::authentication::digest;
use crate::access::caller::Caller;
use crate::access::caller::CallerState;
use crate::access::caller::Credential;
use crate::access::caller::RequestContext;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::directory::Directory;
use crate::handle::Handle;
use crate::hashing::Turn;
use crate::model::{
    Fault, FreshSession, KeyLimits, Lifetimes, Platform, Refusal, SecondFactorPolicy, Session,
    SessionId, SessionKind, SessionRequest, Standing, User,
};
use crate::outcome::{Abort, Outcome};
use crate::rules::{self, Locks};
use crate::store::events::{self, NewEvent};
use crate::store::second_factors::{self, Factor};
use crate::store::{Tx, lockouts, passwords, sessions, users};

use crate::operations::passwords::LONGEST;
use crate::operations::second_factors::Given;
use crate::operations::sessions::lockouts as failures;
use crate::pending::Pending;

/// Letters and digits of a session's token: 256 bits.
pub(super) const TOKEN_LENGTH: usize = 43;

/// What the store knows of whoever signs in.
struct Candidate {
    user: User,
    locks: Locks,
    hash: Option<String>,
    factor: Option<Factor>,
    policy: SecondFactorPolicy,
    /// Whether the home, or an organisation above it, requires a second factor of the people homed there.
    required_at_home: bool,
    lifetimes: Lifetimes,
}

impl Candidate {
    /// Whether the account must have a second factor. What an organisation requires is required of everybody homed there; what the
    /// installation does may be decided otherwise for one person.
    fn needs_second_factor(&self) -> bool {
        let policy = self.policy.required;
        self.required_at_home || self.user.second_factor_required.unwrap_or(policy)
    }
}

impl Directory {
    /// Begins a session for whoever proves to be the account of that login or e-mail.
    pub fn sign_in<'a>(
        &'a self,
        platform: Platform,
        name: &'a str,
        password: &'a str,
        code: Option<&'a str>,
        request: SessionRequest,
        context: RequestContext,
    ) -> Pending<'a, FreshSession> {
        Box::pin(async move {
            let ended = self
                .try_sign_in(platform, name, password, code, request, context)
                .await;
            self.0.sign_ins.count(platform, &ended);
            ended
        })
    }

    fn try_sign_in<'a>(
        &'a self,
        platform: Platform,
        name: &'a str,
        password: &'a str,
        code: Option<&'a str>,
        request: SessionRequest,
        context: RequestContext,
    ) -> Pending<'a, FreshSession> {
        Box::pin(async move {
            let unknown = Fault::Unauthenticated(Refusal::Unknown);
            self.0
                .sign_in_limiter
                .check(context.address, self.0.elapsed())?;
            // A password that was not given is no guess.
            if password.is_empty() {
                return Err(unknown);
            }
            let code = code.filter(|code| !code.trim().is_empty());
            if name.len() > 1_000 || password.chars().count() > LONGEST {
                self.0
                    .sign_in_limiter
                    .count(context.address, self.0.elapsed());
                return Err(unknown);
            }
            let candidate = self.candidate(name, &context).await?;
            let hash = candidate
                .as_ref()
                .and_then(|candidate| candidate.hash.clone());
            let has_password = hash.is_some();
            let hash = hash.unwrap_or_else(|| self.0.decoy_hash());
            let account = candidate.as_ref().map(|candidate| candidate.user.id);
            let turn = Turn::of_sign_in(account, &context);
            let same = self
                .0
                .verify_password(password.to_owned(), hash.clone(), turn)
                .await?;
            let Some(candidate) = candidate else {
                self.0
                    .sign_in_limiter
                    .count(context.address, self.0.elapsed());
                self.tell_of_stranger("sign_in.refused", platform, &context)
                    .await?;
                return Err(unknown);
            };
            let door = ProvisioningDefaults {
                handle: self.acting(platform, &candidate.user, context.clone()),
                context,
            };
            let standing = candidate.user.standing(self.now());
            if candidate.locks.refuse(self.now()) {
                self.0
                    .sign_in_limiter
                    .count(door.context.address, self.0.elapsed());
                door.refused("locked_out", false).await?;
                return Err(unknown);
            }
            if !has_password || !same {
                self.0
                    .sign_in_limiter
                    .count(door.context.address, self.0.elapsed());
                door.refused("password", has_password).await?;
                return Err(unknown);
            }
            let refusal = match self.second_step(&candidate, standing, code, request) {
                Ok(given) => {
                    let new_hash = if self.0.outdated(&hash) {
                        Some(self.0.hash_password(password.to_owned(), turn).await?)
                    } else {
                        None
                    };
                    let rehash = new_hash.map(|new| (hash.clone(), new));
                    let begun = door
                        .begin(&candidate, given, &hash, rehash, request)
                        .await?;
                    match begun {
                        Ok(fresh) => return Ok(fresh),
                        Err(refusal) => refusal,
                    }
                }
                Err(refusal) => refusal,
            };
            let wrong_code = refusal == Refusal::SecondFactorWrong;
            if wrong_code {
                self.0
                    .sign_in_limiter
                    .count(door.context.address, self.0.elapsed());
            }
            let reason = match refusal {
                Refusal::SecondFactorNeeded => "second_factor_needed",
                Refusal::SecondFactorWrong => "second_factor",
                Refusal::SecondFactorMissing => "second_factor_missing",
                Refusal::LockedOut => "locked_out",
                Refusal::Standing(_) => "standing",
                Refusal::Missing | Refusal::Unknown | Refusal::Address => "password",
            };
            door.refused(reason, wrong_code).await?;
            Err(match refusal {
                Refusal::LockedOut => unknown,
                other => Fault::Unauthenticated(other),
            })
        })
    }

    /// A handle of somebody who just proved who they are, for one step: they hold nothing but what
    /// everybody may do for themselves.
    pub(crate) fn acting(
        &self,
        platform: Platform,
        user: &User,
        context: RequestContext,
    ) -> Handle {
        self.act(&Caller(Arc::new(CallerState {
            user: user.id,
            uuid: user.uuid,
            login: user.login.clone(),
            home: user.home,
            platform,
            credential: Credential::System,
            proof: true,
            delegated: false,
            proven: false,
            limits: KeyLimits::default(),
            organisation: None,
            held: Arc::new([]),
            version: 0,
            epoch: 0,
            held_until: None,
            since: None,
            until: None,
            must_change_password: false,
            must_enrol_second_factor: false,
            context,
            impersonator: None,
        })))
    }

    async fn candidate(
        &self,
        name: &str,
        context: &RequestContext,
    ) -> Result<Option<Candidate>, Fault> {
        let folded = rules::fold(name);
        let network = rules::network(context.address);
        self.0
            .store
            .read(async |tx: &mut Tx<'_>| -> Outcome<Option<Candidate>> {
                let policy = self.0.setting(tx).await?;
                let lifetimes = self.0.setting(tx).await?;
                let Some(user) = users::by_sign_in_name(tx, &folded).await? else {
                    return Ok(None);
                };
                Ok(Some(Candidate {
                    locks: lockouts::locks(tx, user.id, &network).await?,
                    hash: passwords::find(tx, user.id)
                        .await?
                        .map(|stored| stored.hash),
                    factor: second_factors::find(tx, user.id)
                        .await?
                        .filter(|factor| factor.confirmed),
                    required_at_home: second_factors::required_in(tx, user.home).await?,
                    user,
                    policy,
                    lifetimes,
                }))
            })
            .await
            .map_err(Abort::into_fault)
    }

    /// What comes after the right password: the account's standing, then the second factor.
    fn second_step(
        &self,
        candidate: &Candidate,
        standing: Standing,
        code: Option<&str>,
        request: SessionRequest,
    ) -> Result<Option<Given>, Refusal> {
        // Guesses from elsewhere refuse nobody: whether they do here was looked at before.
        if !matches!(standing, Standing::Active | Standing::LockedOut) {
            return Err(Refusal::Standing(standing));
        }
        let required = candidate.needs_second_factor();
        match (&candidate.factor, code) {
            (None, _) if required && !request.may_enrol => Err(Refusal::SecondFactorMissing),
            (None, _) => Ok(None),
            (Some(_), None) => Err(Refusal::SecondFactorNeeded),
            (Some(factor), Some(code)) => self
                .0
                .given(factor, code, self.now())
                .map(Some)
                .ok_or(Refusal::SecondFactorWrong),
        }
    }

    /// Tells the trail that somebody nobody knows was refused or asked for something: as much work as
    /// for somebody known. The name they gave is not written down: it may be a password that was typed
    /// into the wrong field.
    pub(crate) async fn tell_of_stranger(
        &self,
        verb: &str,
        platform: Platform,
        context: &RequestContext,
    ) -> Result<(), Fault> {
        let (now, verb, context) = (self.now(), verb.to_owned(), context.clone());
        self.0
            .store
            .write(async move |tx: &mut Tx<'_>| -> Outcome<()> {
                let address = context
                    .address
                    .map(|address| address.to_canonical().to_string());
                let event = NewEvent {
                    at: now,
                    verb: &verb,
                    actor: None,
                    actor_name: None,
                    platform: platform.word(),
                    key: None,
                    session: None,
                    entity: "user",
                    entity_id: None,
                    entity_name: None,
                    organisation: None,
                    subject: None,
                    detail: Some(r#"{"reason":"unknown"}"#),
                    address: address.as_deref(),
                    request_id: Some(context.request_id.as_str()).filter(|id| !id.is_empty()),
                };
                Ok(events::append(tx, &event).await?)
            })
            .await
            .map_err(Abort::into_fault)
    }
}

/// The door somebody known stands at.
struct ProvisioningDefaults {
    handle: Handle,
    context: RequestContext,
}

impl ProvisioningDefaults {
    /// Notes a refusal, and counts it against the account when it is a guess.
    async fn refused(&self, reason: &str, guess: bool) -> Result<(), Fault> {
        let reason = reason.to_owned();
        self.handle
            .write(Operation::SignIn, async move |work: &mut Work<'_>| {
                let own = work.caller.user;
                let Some(user) = users::by_id(&mut work.tx, own).await? else {
                    return Ok(());
                };
                let detail = json!({ "reason": reason });
                work.event("sign_in.refused", About::user(&user), Some(detail))
                    .await?;
                if guess {
                    failures::count(work, &user).await?;
                }
                Ok(())
            })
            .await
    }

    /// Begins the session, if all is still as it was when the password was compared.
    async fn begin(
        &self,
        candidate: &Candidate,
        given: Option<Given>,
        hash: &str,
        rehash: Option<(String, String)>,
        request: SessionRequest,
    ) -> Result<Result<FreshSession, Refusal>, Fault> {
        let lifetimes = &candidate.lifetimes;
        let lifetime = request
            .lifetime
            .unwrap_or(lifetimes.session.saturating_mul(1_000));
        let idle = request
            .idle
            .unwrap_or(lifetimes.session_idle.saturating_mul(1_000));
        let mut session = blank(&self.handle, request.kind, lifetime, idle);
        session.organisation = request.organisation;
        session.second_factor = given.is_some();
        let required = candidate.needs_second_factor();
        session.enrolment = required && candidate.factor.is_none();
        let secret = self.handle.inner.seams.letters_and_digits(TOKEN_LENGTH);
        let (text, hash, enrolled) = (secret.clone(), hash.to_owned(), candidate.factor.is_some());
        let begun = self
            .handle
            .write(Operation::SignIn, async move |work: &mut Work<'_>| {
                let own = work.caller.user;
                let Some(user) = users::by_id(&mut work.tx, own).await? else {
                    return Ok(Err(Refusal::Unknown));
                };
                if failures::refused_here(work).await? {
                    return Ok(Err(Refusal::LockedOut));
                }
                match user.standing(work.now) {
                    Standing::Active | Standing::LockedOut => {}
                    other => return Ok(Err(Refusal::Standing(other))),
                }
                let Some(stored) = passwords::find(&mut work.tx, own).await? else {
                    return Ok(Err(Refusal::Unknown));
                };
                if stored.hash != hash {
                    return Ok(Err(Refusal::Unknown));
                }
                if user.second_factor != enrolled {
                    return Ok(Err(Refusal::SecondFactorNeeded));
                }
                let by = given.as_ref().map(Given::word);
                if let Some(given) = given.clone()
                    && !given.use_up(work, own).await?
                {
                    return Ok(Err(Refusal::SecondFactorWrong));
                }
                if let Some((old, new)) = rehash.clone() {
                    passwords::rehash(&mut work.tx, own, &old, &new).await?;
                }
                let mut session = session.clone();
                session.id = sessions::insert(&mut work.tx, &session, &digest(&text)).await?;
                users::signed_in(&mut work.tx, own, work.now).await?;
                let network = rules::network(work.caller.context.address);
                lockouts::signed_in(&mut work.tx, own, &network, work.now).await?;
                let detail = json!({
                    "session": session.uuid,
                    "second_factor": by,
                });
                work.event("sign_in.succeeded", About::user(&user), Some(detail))
                    .await?;
                Ok(Ok((session, stored.must_change)))
            })
            .await?;
        Ok(begun.map(|(session, must_change_password)| FreshSession {
            session,
            secret,
            must_change_password,
        }))
    }
}

/// A session of the handle's caller that is not stored yet.
pub(super) fn blank(handle: &Handle, kind: SessionKind, lifetime: i64, idle: i64) -> Session {
    let (now, context) = (handle.now(), &handle.caller.context);
    Session {
        id: SessionId(0),
        uuid: handle.inner.seams.random_uuid(),
        user: handle.caller.user,
        platform: handle.caller.platform.word().to_owned(),
        kind,
        key: None,
        organisation: None,
        second_factor: false,
        enrolment: false,
        address: context
            .address
            .map(|address| address.to_canonical().to_string()),
        agent: context.agent.as_ref().map(|agent| {
            agent
                .chars()
                .take(255)
                .filter(|c| !c.is_control())
                .collect()
        }),
        created_at: now,
        last_seen_at: now,
        idle,
        expires_at: now.plus(lifetime),
    }
}
