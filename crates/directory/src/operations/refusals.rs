//! Noting who was refused, and writing it into the audit trail.

use serde_json::json;

use crate::access::caller::CallerState;
use crate::access::caller::Credential;
use crate::access::caller::RequestContext;
use crate::access::table::Operation;
use crate::cache::refusals::{Refused, Times, reason};
use crate::directory::Directory;
use crate::handle::Handle;
use crate::model::{Fault, Platform};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::state::Inner;
use crate::store::events::{self, NewEvent};
use crate::store::{Tx, credentials::Owner};

impl Inner {
    /// Notes that a person who is signed in was refused, if that is what the fault says.
    pub(crate) fn refused(
        &self,
        caller: &CallerState,
        operation: Option<Operation>,
        fault: &Fault,
    ) {
        let caller = caller.impersonator.as_deref().unwrap_or(caller);
        // Acts of the server itself, and sign-ins, have events of their own.
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
        self.refusals
            .note(self.now(), refused, whose, &caller.context);
    }

    /// Notes that a credential opened nothing: a person's that no longer counts, or an unknown one.
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
        self.refusals.note(self.now(), refused, whose, context);
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
        let due = self.0.refusals.take_due(self.0.elapsed(), all);
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
            self.0.refusals.put_back(due);
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
        subject: refused.who.map(|user| user.0),
        detail: Some(&detail),
        address: address.as_deref(),
        request_id: Some(times.request_id.as_str()).filter(|id| !id.is_empty()),
    };
    Ok(events::append(tx, &event).await?)
}
