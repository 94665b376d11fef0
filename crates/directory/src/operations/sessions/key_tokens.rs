//! Short-lived tokens that are had for a key.

use serde_json::json;

use super::sign_in::{TOKEN_LENGTH, blank};
use crate::access::authentication::digest;
use crate::access::caller::{Caller, Credential};
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::directory::Directory;
use crate::handle::Handle;
use crate::model::{
    Fault, FreshSession, KeyId, OrganisationId, Ref, Refusal, Session, SessionKind,
};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::store::events::{self, NewEvent};
use crate::store::{Tx, sessions};

/// Milliseconds a token bound to a key lives when its door says nothing.
const TOKEN_LIFETIME: i64 = 1_800_000;

impl Directory {
    /// A short-lived session bound to the key the caller came with, perhaps limited to an organisation
    /// they see. It ends with the key, and its limits are the key's.
    pub fn mint_token<'a>(
        &'a self,
        caller: &'a Caller,
        organisation: Option<OrganisationId>,
        lifetime: Option<i64>,
    ) -> Pending<'a, FreshSession> {
        Box::pin(async move {
            let Credential::Key(key) = caller.credential() else {
                return Err(Fault::Unauthenticated(Refusal::Missing));
            };
            let handle = self.act(caller);
            if let Some(organisation) = organisation {
                handle
                    .read(Operation::ShowOrganisation, async |work: &mut Work<'_>| {
                        work.visible_organisation(&Ref::Id(organisation)).await
                    })
                    .await?;
            }
            let lifetime = lifetime.unwrap_or(TOKEN_LIFETIME);
            let mut session = blank(&handle, SessionKind::Token, lifetime, lifetime);
            session.key = Some(key);
            session.organisation = organisation.or(caller.0.organisation);
            let secret = self.0.seams.letters_and_digits(TOKEN_LENGTH);
            let text = secret.clone();
            // A read-only key gets its token too, so this is no write of the caller's.
            let session = self
                .0
                .store
                .write(async move |tx: &mut Tx<'_>| -> Outcome<Session> {
                    let mut session = session.clone();
                    session.id = sessions::insert(tx, &session, &digest(&text)).await?;
                    issued(tx, &handle, &session, key).await?;
                    Ok(session)
                })
                .await
                .map_err(Abort::into_fault)?;
            Ok(FreshSession {
                session,
                secret,
                must_change_password: caller.must_change_password(),
            })
        })
    }
}

/// Notes that a key got a token.
async fn issued(tx: &mut Tx<'_>, handle: &Handle, session: &Session, key: KeyId) -> Outcome<()> {
    let caller = &handle.caller;
    let detail = json!({ "session": session.uuid, "organisation": session.organisation });
    let event = NewEvent {
        at: session.created_at,
        verb: "token.issued",
        actor: Some(caller.user.0),
        actor_name: Some(&caller.login),
        platform: &session.platform,
        key: Some(key.0),
        session: Some(session.id.0),
        entity: "user",
        entity_id: Some(caller.user.0),
        entity_name: Some(&caller.login),
        organisation: Some(caller.home.0),
        subject: Some(caller.user.0),
        detail: Some(&detail.to_string()),
        address: session.address.as_deref(),
        request_id: Some(caller.context.request_id.as_str()).filter(|id| !id.is_empty()),
    };
    Ok(events::append(tx, &event).await?)
}
