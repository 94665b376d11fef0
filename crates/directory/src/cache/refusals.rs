//! Refusals, for the audit trail: who was told that they may not, or came with a credential that no
//! longer opens. A refusal changes nothing, so it has no transaction to stand in, and it must cost
//! whoever asks in a loop nothing durable: refusals are collected in memory, equal ones are counted,
//! and each is written at once the first time (with the next flush) and then at most once in
//! [`PAUSE`]. What is hidden from somebody is not found, like what is missing, and is no refusal.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;

use crate::access::caller::CallerState;
use crate::access::caller::Credential;
use crate::access::caller::RequestContext;
use crate::access::table::Operation;
use crate::directory::{Directory, Inner};
use crate::handle::Handle;
use crate::model::{Fault, KeyId, OrganisationId, Platform, Refusal, SessionId, UserId};
use crate::model::{Standing, Time};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::store::events::{self, NewEvent};
use crate::store::{Tx, credentials::Owner};

/// The time in which a refusal that goes on is written once.
const PAUSE: Duration = Duration::from_secs(60);
/// Different refusals remembered at most; what is beyond is counted as one.
const REMEMBERED: usize = 2_000;

/// Refusals that are not written yet, and those that were written lately.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<Refused, Times>>);

/// What makes two refusals equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Refused {
    who: Option<UserId>,
    key: Option<KeyId>,
    session: Option<SessionId>,
    platform: Platform,
    address: Option<IpAddr>,
    operation: Option<Operation>,
    reason: &'static str,
}

/// How often it happened since it was last written, and what the first of those was.
#[derive(Clone, Debug)]
struct Times {
    count: i64,
    first: Time,
    last: Time,
    /// When it was last written, as time gone by.
    written: Option<Duration>,
    login: Option<String>,
    home: Option<OrganisationId>,
    request_id: String,
    method: String,
    path: String,
}

/// Why a fault is a refusal, in the trail's word; other faults are none.
fn reason(fault: &Fault) -> Option<&'static str> {
    match fault {
        Fault::Forbidden(_) => Some("permission"),
        Fault::KeyLimit => Some("key_limit"),
        Fault::ExceedsOwn => Some("exceeds_own"),
        Fault::OutranksCaller => Some("outranks_caller"),
        Fault::LastOwner => Some("last_owner"),
        Fault::PasswordChangeNeeded => Some("password_change_needed"),
        Fault::Unauthenticated(refusal) => match refusal {
            // Nothing was tried.
            Refusal::Missing => None,
            Refusal::Unknown => Some("credential"),
            Refusal::Address => Some("address"),
            Refusal::LockedOut => Some("locked_out"),
            Refusal::Standing(standing) => Some(match standing {
                Standing::Active => "standing",
                Standing::Inactive => "inactive",
                Standing::Suspended => "suspended",
                Standing::Expired => "expired",
                Standing::Locked => "locked",
                Standing::LockedOut => "locked_out",
            }),
            Refusal::SecondFactorNeeded
            | Refusal::SecondFactorWrong
            | Refusal::SecondFactorMissing => Some("second_factor"),
        },
        Fault::NotFound(_)
        | Fault::UnknownReference(_)
        | Fault::Taken { .. }
        | Fault::Invalid { .. }
        | Fault::WeakPassword(_)
        | Fault::WrongPassword
        | Fault::InUse(_)
        | Fault::Protected(_)
        | Fault::Stale
        | Fault::TooMany { .. }
        | Fault::Unavailable(_)
        | Fault::Internal(_) => None,
    }
}

impl Inner {
    /// Notes that somebody who is signed in was refused, if that is what the fault says.
    pub(crate) fn refused(
        &self,
        caller: &CallerState,
        operation: Option<Operation>,
        fault: &Fault,
    ) {
        let caller = caller.behind.as_deref().unwrap_or(caller);
        // What the server does by itself, or on the way through a sign-in, is told elsewhere.
        if caller.credential == Credential::System {
            return;
        }
        let Some(reason) = reason(fault) else {
            return;
        };
        let (key, session) = match caller.credential {
            Credential::Key(key) => (Some(key), None),
            Credential::Session(session, key) => (key, Some(session)),
            Credential::System => (None, None),
        };
        let refused = Refused {
            who: Some(caller.user),
            key,
            session,
            platform: caller.platform,
            address: caller.context.address,
            operation,
            reason,
        };
        let whose = Some((caller.login.as_str(), caller.home));
        self.note(refused, whose, &caller.context);
    }

    /// Notes that a credential opened nothing: somebody's that no longer counts, or one nobody knows.
    pub(crate) fn refused_credential(
        &self,
        platform: Platform,
        whose: Option<(&Owner, Credential)>,
        context: &RequestContext,
        fault: &Fault,
    ) {
        let Some(reason) = reason(fault) else {
            return;
        };
        let (key, session) = match whose {
            Some((_, Credential::Key(key))) => (Some(key), None),
            Some((_, Credential::Session(session, key))) => (key, Some(session)),
            Some((_, Credential::System)) | None => (None, None),
        };
        let refused = Refused {
            who: whose.map(|(owner, _)| owner.user),
            key,
            session,
            platform,
            address: context.address,
            operation: None,
            reason,
        };
        let whose = whose.map(|(owner, _)| (owner.login.as_str(), owner.home));
        self.note(refused, whose, context);
    }

    fn note(
        &self,
        refused: Refused,
        whose: Option<(&str, OrganisationId)>,
        context: &RequestContext,
    ) {
        let now = self.now();
        let mut all = self
            .refusals
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let full = all.len() >= REMEMBERED && !all.contains_key(&refused);
        // Beyond the bound it is still told that there was more, but no longer by whom.
        let (refused, whose) = if full {
            let rest = Refused {
                who: None,
                key: None,
                session: None,
                platform: Platform::USHER,
                address: None,
                operation: None,
                reason: "many",
            };
            (rest, None)
        } else {
            (refused, whose)
        };
        let times = all.entry(refused).or_insert_with(|| Times {
            count: 0,
            first: now,
            last: now,
            written: None,
            login: whose.map(|(login, _)| login.to_owned()),
            home: whose.map(|(_, home)| home),
            request_id: String::new(),
            method: String::new(),
            path: String::new(),
        });
        if times.count == 0 {
            times.first = now;
            times.request_id.clone_from(&context.request_id);
            times.method.clone_from(&context.method);
            times.path = context
                .path
                .chars()
                .filter(|letter| !letter.is_control())
                .take(200)
                .collect();
        }
        times.count = times.count.saturating_add(1);
        times.last = times.last.max(now);
    }

    /// Takes what is to be written now; `all` does not wait for the end of a pause.
    fn due_refusals(&self, all: bool) -> Vec<(Refused, Times)> {
        let now = self.elapsed();
        let mut known = self
            .refusals
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return Vec::new();
        }
        let rested = |times: &Times| times.written.is_none_or(|at| at + PAUSE <= now);
        let mut due = Vec::new();
        known.retain(|refused, times| {
            if times.count > 0 && (all || rested(times)) {
                due.push((refused.clone(), times.clone()));
                times.count = 0;
                times.written = Some(now);
            }
            times.count > 0 || !rested(times)
        });
        due.sort_by_key(|(refused, times)| (times.first, refused.who));
        due
    }

    /// Refusals that could not be written wait for the next flush.
    fn put_back_refusals(&self, old: Vec<(Refused, Times)>) {
        let mut known = self
            .refusals
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (refused, times) in old {
            match known.get_mut(&refused) {
                Some(present) => {
                    present.written = times.written;
                    present.count = present.count.saturating_add(times.count);
                    present.first = times.first;
                }
                None => {
                    known.insert(refused, times);
                }
            }
        }
    }
}

impl Handle {
    /// Notes that the caller was refused by a rule of their door's own.
    pub fn note_refusal(&self, fault: &Fault) {
        self.inner.refused(&self.caller, None, fault);
    }
}

impl Directory {
    /// Writes the refusals that are due into the audit trail. The binary calls it about once a second.
    pub fn flush_refusals(&self) -> Pending<'_, ()> {
        Box::pin(async move { self.write_refusals(false).await })
    }

    /// Writes all that are known, without waiting for the end of a pause: before the server stops.
    pub fn flush_last_refusals(&self) -> Pending<'_, ()> {
        Box::pin(async move { self.write_refusals(true).await })
    }

    async fn write_refusals(&self, all: bool) -> Result<(), Fault> {
        let due = self.0.due_refusals(all);
        if due.is_empty() {
            return Ok(());
        }
        let rows = due.clone();
        let written = self
            .0
            .store
            .write(async move |tx: &mut Tx<'_>| -> Outcome<()> {
                for (refused, times) in &rows {
                    append(tx, refused, times).await?;
                }
                Ok(())
            })
            .await;
        if let Err(stop) = written {
            self.0.put_back_refusals(due);
            return Err(Abort::into_fault(stop));
        }
        Ok(())
    }
}

async fn append(tx: &mut Tx<'_>, refused: &Refused, times: &Times) -> Outcome<()> {
    let mut detail = json!({
        "reason": refused.reason,
        "count": times.count,
        "last_at": times.last.rfc3339(),
        "method": times.method,
        "path": times.path,
    });
    if let Some(operation) = refused.operation {
        detail["operation"] = operation.name().into();
        detail["permission"] = operation.access().permission.word().into();
    }
    let (detail, address) = (
        detail.to_string(),
        refused
            .address
            .map(|address| address.to_canonical().to_string()),
    );
    let event = NewEvent {
        at: times.first,
        verb: "access.refused",
        actor: refused.who.map(|user| user.0),
        actor_name: times.login.as_deref(),
        platform: refused.platform.word(),
        key: refused.key.map(|key| key.0),
        session: refused.session.map(|session| session.0),
        entity: "request",
        entity_id: None,
        entity_name: refused.operation.map(Operation::name),
        organisation: times.home.map(|home| home.0),
        detail: Some(&detail),
        address: address.as_deref(),
        request_id: Some(times.request_id.as_str()).filter(|id| !id.is_empty()),
    };
    Ok(events::append(tx, &event).await?)
}
