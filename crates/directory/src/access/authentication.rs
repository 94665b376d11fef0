//! From a credential to a caller: at most one statement per request when the caller is remembered.
//!
//! What somebody holds is remembered with the counters it was read at; the statement that fetches
//! the credential fetches the counters too, so a remembered right is used only while it still holds.
//!
//! On SQLite the credential itself is remembered too, for as long as the store says that nothing that
//! authentication reads has changed ([`Store::changes`](crate::store::Store::changes)); then no
//! statement is needed. Whatever the clock decides is decided anew each time.

use std::sync::Arc;

use ipnet::IpNet;
use sha2::{Digest as _, Sha256};

use crate::access::caller::Caller;
use crate::access::caller::CallerState;
use crate::access::caller::Credential;
use crate::access::caller::RequestContext;
use crate::cache::callers::{Found, Known, Remembered};
use crate::directory::Directory;
use crate::model::{Constraint, Fault, KeyLimits, Platform, Refusal, Standing, Time};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::rules::{self, KeyGate};
use crate::state::Inner;
use crate::store::credentials::{
    Holding, KeyRow, Owner, SessionRow, holding, key_by_digest, session_by_digest,
};
use crate::store::{AuthRevision, Tx};

/// Which kinds of credential a door takes in one header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// API keys only.
    Keys,
    /// Sessions only.
    Sessions,
    /// Either.
    Both,
}

/// The digest under which a secret is stored.
pub(crate) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether a credential is of a kind that the door takes.
fn accepted(found: &Found, accepts: Accepts) -> bool {
    match found {
        Found::Key(_) => accepts != Accepts::Sessions,
        Found::Session(_) => accepts != Accepts::Keys,
    }
}

/// What a credential brings beside its owner.
struct Presented {
    credential: Credential,
    limits: KeyLimits,
    organisation: Option<crate::model::OrganisationId>,
    must_enrol_second_factor: bool,
    /// When the clock alone may end it.
    until: Option<Time>,
}

impl Directory {
    /// Finds out who asks. A key or session token is looked up by its digest, whatever its shape.
    pub async fn authenticate(
        &self,
        platform: Platform,
        presented: &str,
        accepts: Accepts,
        context: RequestContext,
    ) -> Result<Caller, Fault> {
        let digest = digest(presented);
        // Taken before anything is read, so that a change in between is noticed.
        let since = self.0.store.changes();
        let known = since.and_then(|since| self.0.callers.known(&digest, since, self.now()));
        if let Some(known) = known.filter(|known| accepted(&known.found, accepts)) {
            let presented = self.admitted(platform, &known.found, &context)?;
            let owner = known.found.owner();
            return Ok(caller(
                platform,
                owner,
                known.remembered,
                presented,
                context,
                since,
            ));
        }
        self.authenticate_unknown(platform, digest, accepts, context, since)
            .await
    }

    /// Looks a credential up that is not remembered. Boxed, so that its code is made once; the remembered ones need no box.
    fn authenticate_unknown(
        &self,
        platform: Platform,
        digest: [u8; 32],
        accepts: Accepts,
        context: RequestContext,
        since: Option<AuthRevision>,
    ) -> Pending<'_, Caller> {
        Box::pin(async move {
            let found = self
                .found(&digest, accepts)
                .await
                .map_err(Abort::into_fault)?;
            let Some(found) = found else {
                let unknown = Fault::Unauthenticated(Refusal::Unknown);
                self.0
                    .refused_credential(platform, None, &context, &unknown);
                return Err(unknown);
            };
            let presented = self.admitted(platform, &found, &context)?;
            let remembered = self
                .0
                .remembered(found.owner())
                .await
                .map_err(Abort::into_fault)?;
            let found = Arc::new(found);
            if let Some(since) = since {
                let known = Known {
                    since,
                    found: Arc::clone(&found),
                    remembered: remembered.clone(),
                };
                self.0.callers.know(digest, known);
            }
            Ok(caller(
                platform,
                found.owner(),
                remembered,
                presented,
                context,
                since,
            ))
        })
    }

    /// The caller that a key makes, for a job that was asked for with it: as at the door, with the
    /// key's limits and the owner's rights of now.
    pub(crate) async fn authenticate_key(
        &self,
        platform: Platform,
        key: crate::model::KeyId,
        context: RequestContext,
    ) -> Result<Caller, Fault> {
        let read = async |tx: &mut Tx<'_>| -> Outcome<_> {
            Ok(crate::store::credentials::key_by_id(tx, key).await?)
        };
        let row = self.0.store.read_point(read).await;
        let row = row.map_err(Abort::into_fault)?;
        let found = Found::Key(row.ok_or(Fault::Unauthenticated(Refusal::Unknown))?);
        let presented = self.admitted(platform, &found, &context)?;
        let remembered = self.0.remembered(found.owner()).await;
        let remembered = remembered.map_err(Abort::into_fault)?;
        Ok(caller(
            platform,
            found.owner(),
            remembered,
            presented,
            context,
            None,
        ))
    }

    /// Looks a credential up by its digest.
    async fn found(&self, digest: &[u8], accepts: Accepts) -> Outcome<Option<Found>> {
        let store = &self.0.store;
        if accepts != Accepts::Sessions {
            let key = store
                .read_point(async |tx: &mut Tx<'_>| -> Outcome<_> {
                    Ok(key_by_digest(tx, digest).await?)
                })
                .await?;
            if let Some(row) = key {
                return Ok(Some(Found::Key(row)));
            }
        }
        if accepts == Accepts::Keys {
            return Ok(None);
        }
        let session = store
            .read_point(async |tx: &mut Tx<'_>| -> Outcome<_> {
                Ok(session_by_digest(tx, digest).await?)
            })
            .await?;
        Ok(session.map(Found::Session))
    }

    /// Lets a credential in that still holds, and counts its use.
    fn admitted(
        &self,
        platform: Platform,
        found: &Found,
        context: &RequestContext,
    ) -> Result<Presented, Fault> {
        let opens = match found {
            Found::Key(row) => self.key_opens(platform, row, context),
            Found::Session(row) => self.session_opens(platform, row, context),
        };
        if let Err(fault) = opens {
            let whose = Some((found.owner(), found.credential()));
            self.0.refused_credential(platform, whose, context, &fault);
            return Err(fault);
        }
        match found {
            Found::Key(row) => self.with_key(row, context),
            Found::Session(row) => self.with_session(row, context),
        }
    }

    /// Whether a key counts at this door, from this address, for its owner as they stand.
    fn key_opens(
        &self,
        platform: Platform,
        row: &KeyRow,
        context: &RequestContext,
    ) -> Result<(), Fault> {
        let now = self.now();
        if row.revoked_at.is_some()
            || row.expires_at.is_some_and(|end| end <= now)
            || row
                .platform
                .as_deref()
                .is_some_and(|only| only != platform.word())
        {
            return Err(Fault::Unauthenticated(Refusal::Unknown));
        }
        Self::admit_standing(&row.owner, now)?;
        self.0.check_gate(&row.addresses, &row.constraints, context)
    }

    fn with_key(&self, row: &KeyRow, context: &RequestContext) -> Result<Presented, Fault> {
        self.0
            .usage
            .note_key(row.id, row.owner.user, context, self.now());
        Ok(Presented {
            credential: Credential::Key(row.id),
            limits: KeyLimits {
                read_only: row.read_only,
                addresses: networks(&row.addresses)?,
                organisation: row.organisation,
                constraints: row.constraints.clone(),
                scopes: row.scopes.clone(),
                expires_at: row.expires_at,
                platform: row.platform.clone(),
            },
            organisation: row.organisation,
            must_enrol_second_factor: false,
            until: row.expires_at,
        })
    }

    /// The same of a session, and of the key it is bound to.
    fn session_opens(
        &self,
        platform: Platform,
        row: &SessionRow,
        context: &RequestContext,
    ) -> Result<(), Fault> {
        let now = self.now();
        if row.platform != platform.word()
            || row.expires_at <= now
            || self
                .0
                .usage
                .last_seen(row.id, row.last_seen_at)
                .plus(row.idle)
                <= now
            || row.key_revoked_at.is_some()
            || row.key_expires_at.is_some_and(|end| end <= now)
        {
            return Err(Fault::Unauthenticated(Refusal::Unknown));
        }
        Self::admit_standing(&row.owner, now)?;
        self.0.check_gate(&row.addresses, &row.constraints, context)
    }

    fn with_session(&self, row: &SessionRow, context: &RequestContext) -> Result<Presented, Fault> {
        self.0
            .usage
            .note_session(row.id, row.key, row.owner.user, context, self.now());
        Ok(Presented {
            credential: Credential::Session(row.id, row.key),
            limits: KeyLimits {
                read_only: row.read_only,
                addresses: networks(&row.addresses)?,
                organisation: row.organisation,
                constraints: row.constraints.clone(),
                scopes: row.scopes.clone(),
                expires_at: row.key_expires_at,
                platform: row.key_platform.clone(),
            },
            organisation: row.organisation,
            must_enrol_second_factor: row.enrolment,
            until: earliest(row.key_expires_at, Some(row.expires_at)),
        })
    }

    /// Only active accounts come in. Guessed passwords refuse passwords, never keys and sessions.
    fn admit_standing(owner: &Owner, now: Time) -> Result<(), Fault> {
        let standing = rules::standing(
            owner.status,
            owner.lock_after,
            owner.locked_until,
            owner.lockout_until,
            now,
        );
        match standing {
            Standing::Active | Standing::LockedOut => Ok(()),
            other => Err(Fault::Unauthenticated(Refusal::Standing(other))),
        }
    }
}

/// The earlier of two ends.
fn earliest(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    one.into_iter().chain(other).min()
}

fn caller(
    platform: Platform,
    owner: &Owner,
    remembered: Remembered,
    presented: Presented,
    context: RequestContext,
    since: Option<AuthRevision>,
) -> Caller {
    Caller(Arc::new(CallerState {
        user: owner.user,
        uuid: owner.uuid,
        login: owner.login.clone(),
        home: owner.home,
        platform,
        credential: presented.credential,
        proof: false,
        delegated: false,
        proven: false,
        limits: presented.limits,
        organisation: presented.organisation,
        held: remembered.held,
        version: remembered.version,
        epoch: remembered.epoch,
        held_until: remembered.until,
        since,
        until: earliest(
            earliest(presented.until, remembered.until),
            owner.lock_after,
        ),
        must_change_password: owner.must_change_password,
        must_enrol_second_factor: presented.must_enrol_second_factor,
        context,
        impersonator: None,
    }))
}

impl Inner {
    async fn remembered(&self, owner: &Owner) -> Outcome<Remembered> {
        let now = self.now();
        if let Some(one) = self.callers.get(owner, now) {
            return Ok(one);
        }
        let user = owner.user;
        // The counters are read again in the snapshot of the rights, so the two belong together.
        let (owner, holding) = self
            .store
            .read(async |tx: &mut Tx<'_>| -> Outcome<(Owner, Holding)> {
                let owner = crate::store::credentials::owner(tx, user)
                    .await?
                    .ok_or(Abort::Fault(Fault::Unauthenticated(Refusal::Unknown)))?;
                Ok((owner, holding(tx, user, &self.platform_lines, now).await?))
            })
            .await?;
        let one = Remembered {
            version: owner.version,
            epoch: owner.epoch,
            held: holding.held.into(),
            until: holding.until,
        };
        self.callers.put(&owner, &one);
        Ok(one)
    }
}

/// The addresses that a key may come from, as stored.
fn networks(stored: &str) -> Result<Vec<IpNet>, Fault> {
    if stored == "[]" {
        return Ok(Vec::new());
    }
    serde_json::from_str(stored)
        .map_err(|error| Fault::Internal(format!("stored addresses: {error}")))
}

impl Inner {
    /// Whether a key's limits let a request through.
    fn check_gate(
        &self,
        addresses: &str,
        constraints: &[Constraint],
        context: &RequestContext,
    ) -> Result<(), Fault> {
        if addresses == "[]" && constraints.is_empty() {
            return Ok(());
        }
        let gate = KeyGate {
            method: &context.method,
            path: &context.path,
            address: context.address,
        };
        match self.key_limits.get(addresses, constraints)?.allow(gate) {
            (false, _) => Err(Fault::Unauthenticated(Refusal::Address)),
            (true, false) => Err(Fault::KeyLimit),
            (true, true) => Ok(()),
        }
    }
}
