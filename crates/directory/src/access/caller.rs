//! Who is asking: the caller of a request, computed from a credential. The directory's use-cases are
//! reachable only through a [`crate::Handle`] made from one.

use std::net::IpAddr;
use std::sync::Arc;

use uuid::Uuid;

use crate::access::table::Operation;
use crate::model::{
    Fault, Held, KeyId, KeyLimits, OrganisationId, Permission, Platform, Refusal, Scope, SessionId,
    Time, UserId, word_covers,
};
use crate::store::AuthRevision;

/// The request a credential came with.
#[derive(Clone, Debug, Default)]
pub struct RequestContext {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The client's own name (`User-Agent`).
    pub agent: Option<String>,
    /// The id under which the log speaks of the request.
    pub request_id: String,
    /// The HTTP method, in capitals.
    pub method: String,
    /// The path below the dialect's mount.
    pub path: String,
}

/// What a request was authenticated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// An API key.
    Key(KeyId),
    /// A session; a Falcon token names the key it is bound to as well.
    Session(SessionId, Option<KeyId>),
    /// The server itself: first run, background work, offline recovery.
    System,
}

/// What a caller amounts to.
#[derive(Clone, Debug)]
pub(crate) struct CallerState {
    pub user: UserId,
    pub uuid: Uuid,
    pub login: String,
    pub home: OrganisationId,
    pub platform: Platform,
    pub credential: Credential,
    /// The server itself acts, for somebody who just gave a password or mailed token: a single step,
    /// with no rights but their own.
    pub proof: bool,
    /// The server itself does a job that this person asked for in a session, with their rights of the
    /// moment.
    pub delegated: bool,
    /// They gave their password or a code once more, in this very request.
    pub proven: bool,
    pub limits: KeyLimits,
    /// The organisation a token is limited to.
    pub organisation: Option<OrganisationId>,
    /// Everything held, on every platform.
    pub held: Arc<[Held]>,
    /// `users.version` and `installation.epoch` when `held` was read.
    pub version: i64,
    pub epoch: i64,
    /// When the first of the expiring grants in `held` ends.
    pub held_until: Option<Time>,
    /// How many changes there had been when all this was read; none where that is not known.
    pub since: Option<AuthRevision>,
    /// When the clock alone may have ended the account, the credential or a part of `held`.
    pub until: Option<Time>,
    pub must_change_password: bool,
    /// The session was begun only to enrol a second factor.
    pub must_enrol_second_factor: bool,
    pub context: RequestContext,
    /// Who it really is, when they act in another's name.
    pub impersonator: Option<Arc<CallerState>>,
}

/// The caller of a request.
#[derive(Clone, Debug)]
pub struct Caller(pub(crate) Arc<CallerState>);

impl Caller {
    /// Who.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.0.user
    }

    /// Their UUID.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.0.uuid
    }

    /// Their login.
    #[must_use]
    pub fn login(&self) -> &str {
        &self.0.login
    }

    /// Their home organisation.
    #[must_use]
    pub fn home(&self) -> OrganisationId {
        self.0.home
    }

    /// The platform of the dialect they came through.
    #[must_use]
    pub fn platform(&self) -> Platform {
        self.0.platform
    }

    /// What they authenticated with.
    #[must_use]
    pub fn credential(&self) -> Credential {
        self.0.credential
    }

    /// Their key's limits (none for sessions without a key).
    #[must_use]
    pub fn limits(&self) -> &KeyLimits {
        &self.0.limits
    }

    /// The organisation a token is limited to, else the home.
    #[must_use]
    pub fn organisation(&self) -> OrganisationId {
        self.0.organisation.unwrap_or(self.0.home)
    }

    /// Whether the password must be changed first.
    #[must_use]
    pub fn must_change_password(&self) -> bool {
        self.0.must_change_password
    }

    /// Whether the session was begun only to enrol a second factor, which the account needs and lacks.
    #[must_use]
    pub fn must_enrol_second_factor(&self) -> bool {
        self.0.must_enrol_second_factor
    }

    /// Whether they hold a permission here at any reach.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        permission == Permission::SignedIn || self.holds(permission.word())
    }

    /// Whether they hold a word (a permission's or a vendor's) here at any reach.
    #[must_use]
    pub fn holds(&self, word: &str) -> bool {
        self.0.here().any(|held| word_covers(&held.word, word))
    }

    /// Whether a role of that platform brings them a word here, at any reach.
    #[must_use]
    pub fn holds_by(&self, platform: Platform, word: &str) -> bool {
        let mut here = self.0.here();
        here.any(|held| held.platform == platform && word_covers(&held.word, word))
    }

    /// Whether they hold a word here over the whole installation.
    #[must_use]
    pub fn holds_everywhere(&self, word: &str) -> bool {
        self.0.reaches_all(word)
    }

    /// The words held here, as the roles state them, sorted and without doubles.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> = self.0.here().map(|held| held.word.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    /// The request.
    #[must_use]
    pub fn context(&self) -> &RequestContext {
        &self.0.context
    }
}

impl CallerState {
    /// Whether it is the server itself, on nobody's behalf.
    pub fn is_system(&self) -> bool {
        self.credential == Credential::System && !self.proof && !self.delegated
    }

    /// Refuses a session that was begun with a password somebody else has chosen, or without the second
    /// factor that the account needs: until that is put right, it makes nothing that outlives it.
    pub fn check_finished(&self, operation: Operation) -> Result<(), Fault> {
        if !matches!(self.credential, Credential::Session(_, None)) {
            return Ok(());
        }
        if self.must_change_password {
            return Err(Fault::PasswordChangeNeeded);
        }
        if self.must_enrol_second_factor && operation != Operation::EnrolSecondFactor {
            return Err(Fault::Unauthenticated(Refusal::SecondFactorMissing));
        }
        Ok(())
    }

    /// Refuses a key that is limited in any way: what is made or changed here would be used without the
    /// limits.
    pub fn check_unlimited(&self) -> Result<(), Fault> {
        if self.limits.limited() {
            Err(Fault::KeyLimit)
        } else {
            Ok(())
        }
    }

    /// Refuses a key that is limited in anything but time: an end asks nothing more of a key while it lasts.
    pub fn check_unlimited_beyond_time(&self) -> Result<(), Fault> {
        if self.limits.limited_beyond_time() {
            Err(Fault::KeyLimit)
        } else {
            Ok(())
        }
    }

    /// What counts in this dialect: roles of `usher` and of its own platform.
    pub fn here(&self) -> impl Iterator<Item = &Held> {
        self.held
            .iter()
            .filter(|held| held.platform == Platform::USHER || held.platform == self.platform)
    }

    /// Whether a word counts over the whole installation, so that of nobody need be asked where they are.
    pub fn reaches_all(&self, word: &str) -> bool {
        self.organisation.is_none()
            && self
                .here()
                .any(|held| held.scope == Scope::All && word_covers(&held.word, word))
    }

    /// Where a permission counts here.
    pub fn scopes(&self, permission: Permission) -> Vec<Scope> {
        let mut scopes: Vec<Scope> = Vec::new();
        for held in self.here() {
            if word_covers(&held.word, permission.word()) && !scopes.contains(&held.scope) {
                if held.scope == Scope::All {
                    return vec![Scope::All];
                }
                scopes.push(held.scope.clone());
            }
        }
        scopes
    }
}
