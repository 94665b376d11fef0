//! From a credential to a caller: one statement per request when the caller is remembered.
//!
//! What somebody holds is remembered with the counters it was read at; the statement that fetches
//! the credential fetches the counters too, so a remembered right is used only while it still holds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;
use sha2::{Digest as _, Sha256};

use crate::caller::{Caller, CallerState, Credential, KeyLimits, RequestContext};
use crate::directory::{Directory, Inner};
use crate::handle::{Outcome, Stop};
use crate::model::{Fault, Held, Platform, Refusal, Standing, Time, UserId};
use crate::rules::{self, KeyGate};
use crate::store::credentials::{
    Holding, KeyRow, Owner, SessionRow, holding, key_by_digest, session_by_digest,
};
use crate::store::{Tx, lockouts};

/// Remembered rights.
#[derive(Default)]
pub(crate) struct Callers(Mutex<HashMap<UserId, Remembered>>);

#[derive(Clone)]
struct Remembered {
    version: i64,
    epoch: i64,
    held: Arc<[Held]>,
    until: Option<Time>,
}

/// How many callers are remembered before all are forgotten.
const REMEMBERED: usize = 10_000;

impl Callers {
    fn get(&self, owner: &Owner, now: Time) -> Option<Remembered> {
        let callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        callers
            .get(&owner.user)
            .filter(|one| {
                one.version == owner.version
                    && one.epoch == owner.epoch
                    && one.until.is_none_or(|end| end > now)
            })
            .cloned()
    }

    fn put(&self, owner: &Owner, one: &Remembered) {
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= REMEMBERED {
            callers.clear();
        }
        callers.insert(owner.user, one.clone());
    }
}

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

enum Found {
    Key(KeyRow),
    Session(SessionRow),
}

/// What a credential brings beside its owner.
struct Presented {
    credential: Credential,
    limits: KeyLimits,
    organisation: Option<crate::model::OrganisationId>,
    must_enrol_second_factor: bool,
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
        let inner = &self.0;
        let mut found = None;
        if accepts != Accepts::Sessions {
            found = inner
                .store
                .read_single(async |tx: &mut Tx<'_>| -> Outcome<_> {
                    Ok(key_by_digest(tx, &digest).await?)
                })
                .await
                .map_err(Stop::into_fault)?
                .map(Found::Key);
        }
        if found.is_none() && accepts != Accepts::Keys {
            found = inner
                .store
                .read_single(async |tx: &mut Tx<'_>| -> Outcome<_> {
                    Ok(session_by_digest(tx, &digest).await?)
                })
                .await
                .map_err(Stop::into_fault)?
                .map(Found::Session);
        }
        match found {
            None => {
                let unknown = Fault::Unauthenticated(Refusal::Unknown);
                inner.refused_credential(platform, None, &context, &unknown);
                Err(unknown)
            }
            Some(Found::Key(row)) => {
                if let Err(fault) = self.key_opens(platform, &row, &context).await {
                    let whose = Some((&row.owner, Credential::Key(row.id)));
                    inner.refused_credential(platform, whose, &context, &fault);
                    return Err(fault);
                }
                self.with_key(platform, row, context).await
            }
            Some(Found::Session(row)) => {
                if let Err(fault) = self.session_opens(platform, &row, &context).await {
                    let whose = Some((&row.owner, Credential::Session(row.id, row.key)));
                    inner.refused_credential(platform, whose, &context, &fault);
                    return Err(fault);
                }
                self.with_session(platform, row, context).await
            }
        }
    }

    /// Whether a key counts at this door, from this address, for its owner as they stand.
    async fn key_opens(
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
        self.admit_standing(&row.owner, context, now).await?;
        gate(&row.addresses, &row.constraints, context)
    }

    async fn with_key(
        &self,
        platform: Platform,
        row: KeyRow,
        context: RequestContext,
    ) -> Result<Caller, Fault> {
        let now = self.now();
        let limits = KeyLimits {
            read_only: row.read_only,
            constraints: row.constraints,
            scopes: row.scopes,
            expires_at: row.expires_at,
        };
        self.used_key(row.id, row.owner.user, &context, now);
        let presented = Presented {
            credential: Credential::Key(row.id),
            limits,
            organisation: row.organisation,
            must_enrol_second_factor: false,
        };
        self.caller(platform, row.owner, presented, context).await
    }

    /// The same of a session, and of the key it is bound to.
    async fn session_opens(
        &self,
        platform: Platform,
        row: &SessionRow,
        context: &RequestContext,
    ) -> Result<(), Fault> {
        let now = self.now();
        if row.platform != platform.word()
            || row.expires_at <= now
            || self.0.last_seen(row.id, row.last_seen_at).plus(row.idle) <= now
            || row.key_revoked_at.is_some()
            || row.key_expires_at.is_some_and(|end| end <= now)
        {
            return Err(Fault::Unauthenticated(Refusal::Unknown));
        }
        self.admit_standing(&row.owner, context, now).await?;
        gate(&row.addresses, &row.constraints, context)
    }

    async fn with_session(
        &self,
        platform: Platform,
        row: SessionRow,
        context: RequestContext,
    ) -> Result<Caller, Fault> {
        let now = self.now();
        let limits = KeyLimits {
            read_only: row.read_only,
            constraints: row.constraints,
            scopes: row.scopes,
            expires_at: row.key_expires_at,
        };
        self.used_session(row.id, row.key, row.owner.user, &context, now);
        let presented = Presented {
            credential: Credential::Session(row.id, row.key),
            limits,
            organisation: row.organisation,
            must_enrol_second_factor: row.enrolment,
        };
        self.caller(platform, row.owner, presented, context).await
    }

    /// Only active accounts come in. A lock-out after wrong passwords refuses keys and sessions only
    /// from the addresses that caused it.
    async fn admit_standing(
        &self,
        owner: &Owner,
        context: &RequestContext,
        now: Time,
    ) -> Result<(), Fault> {
        let standing = rules::standing(
            owner.status,
            owner.lock_after,
            owner.locked_until,
            owner.lockout_until,
            now,
        );
        match standing {
            Standing::Active => Ok(()),
            Standing::LockedOut if !self.caused_lockout(owner.user, context).await? => Ok(()),
            Standing::LockedOut => Err(Fault::Unauthenticated(Refusal::LockedOut)),
            other => Err(Fault::Unauthenticated(Refusal::Standing(other))),
        }
    }

    /// Whether wrong passwords for this account came from the request's address.
    async fn caused_lockout(&self, user: UserId, context: &RequestContext) -> Result<bool, Fault> {
        let Some(address) = context.address else {
            return Ok(false);
        };
        let address = address.to_canonical().to_string();
        self.0
            .store
            .read_single(async |tx: &mut Tx<'_>| -> Outcome<bool> {
                Ok(lockouts::caused_by(tx, user, &address).await?)
            })
            .await
            .map_err(Stop::into_fault)
    }

    async fn caller(
        &self,
        platform: Platform,
        owner: Owner,
        presented: Presented,
        context: RequestContext,
    ) -> Result<Caller, Fault> {
        let Presented {
            credential,
            limits,
            organisation,
            must_enrol_second_factor,
        } = presented;
        let remembered = self.0.remembered(&owner).await.map_err(Stop::into_fault)?;
        Ok(Caller(Arc::new(CallerState {
            user: owner.user,
            uuid: owner.uuid,
            login: owner.login,
            home: owner.home,
            platform,
            credential,
            proof: false,
            limits,
            organisation,
            held: remembered.held,
            version: remembered.version,
            epoch: remembered.epoch,
            held_until: remembered.until,
            must_change_password: owner.must_change_password,
            must_enrol_second_factor,
            context,
        })))
    }
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
                    .ok_or(Stop::Fault(Fault::Unauthenticated(Refusal::Unknown)))?;
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

fn gate(
    addresses: &str,
    constraints: &[crate::model::Constraint],
    context: &RequestContext,
) -> Result<(), Fault> {
    if addresses == "[]" && constraints.is_empty() {
        return Ok(());
    }
    let nets: Vec<IpNet> = serde_json::from_str(addresses)
        .map_err(|error| Fault::Internal(format!("stored addresses: {error}")))?;
    let gate = KeyGate {
        method: &context.method,
        path: &context.path,
        address: context.address,
    };
    match rules::key_allows(&nets, constraints, gate) {
        (false, _) => Err(Fault::Unauthenticated(Refusal::Address)),
        (true, false) => Err(Fault::KeyLimit),
        (true, true) => Ok(()),
    }
}
