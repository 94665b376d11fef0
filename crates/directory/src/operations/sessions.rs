//! Sessions: list and end.

use serde_json::json;

use crate::access::Operation;
use crate::authentication::digest;
use crate::caller::Credential;
use crate::handle::{About, Handle, Outcome, Work};
use crate::model::{
    Fault, Kind, Permission, Ref, Session, SessionId, SessionRef, User, UserId, UserRef,
};
use crate::store::{sessions, users};

impl Handle {
    /// The live sessions of those of the users whose sessions the caller may see: their own, and those
    /// of people whose sessions they manage.
    pub async fn sessions(&self, of: &[UserId]) -> Result<Vec<Session>, Fault> {
        let of = of.to_vec();
        self.read(Operation::ListSessions, async move |work: &mut Work<'_>| {
            let scopes = work.scopes_of(Permission::ManageSessions);
            let (limit, own, now) = (work.limit(), work.caller.user, work.now);
            let found = sessions::of(&mut work.tx, &of, &scopes, limit, own, now).await?;
            Ok(live(work, found))
        })
        .await
    }

    /// The live sessions of everybody whose sessions the caller may see, newest first, ten thousand at
    /// most.
    pub async fn all_sessions(&self) -> Result<Vec<Session>, Fault> {
        self.read_slow(Operation::ListSessions, async |work: &mut Work<'_>| {
            let scopes = work.reading(Permission::ManageSessions);
            let (limit, now) = (work.limit(), work.now);
            let found = sessions::within(&mut work.tx, &scopes, limit, now).await?;
            Ok(live(work, found))
        })
        .await
    }

    /// Ends one session.
    pub async fn revoke_session(&self, which: impl Into<SessionRef>) -> Result<(), Fault> {
        let which = which.into();
        self.write(
            Operation::RevokeSessions,
            async move |work: &mut Work<'_>| {
                let missing = || Fault::NotFound(Kind::Session);
                let session = match &which {
                    Ref::Id(id) => sessions::by_id(&mut work.tx, *id).await?,
                    Ref::Uuid(uuid) => sessions::by_uuid(&mut work.tx, *uuid).await?,
                    Ref::Name(text) => match uuid::Uuid::parse_str(text) {
                        Ok(uuid) => sessions::by_uuid(&mut work.tx, uuid).await?,
                        Err(_) => None,
                    },
                }
                .ok_or_else(missing)?;
                let user = users::by_id(&mut work.tx, session.user)
                    .await?
                    .ok_or_else(missing)?;
                if !reaches(work, &user).await? {
                    return Err(missing().into());
                }
                end(work, &session, &user).await
            },
        )
        .await
    }

    /// Ends somebody's sessions but one; tells how many there were.
    pub async fn revoke_sessions_of(
        &self,
        user: impl Into<UserRef>,
        except: Option<SessionId>,
    ) -> Result<u64, Fault> {
        let which = user.into();
        self.write(
            Operation::RevokeSessions,
            async move |work: &mut Work<'_>| {
                let user = work.target_user(&which).await?;
                let count = sessions::delete_of(&mut work.tx, user.id, except).await?;
                if count > 0 {
                    let detail = json!({ "count": count });
                    work.event("sessions.revoked", About::user(&user), Some(detail))
                        .await?;
                }
                Ok(count)
            },
        )
        .await
    }

    /// Ends the session that the caller came with.
    pub async fn sign_out(&self) -> Result<(), Fault> {
        let Credential::Session(session, _) = self.caller.credential else {
            return Err(Fault::NotFound(Kind::Session));
        };
        self.write(Operation::SignOut, async move |work: &mut Work<'_>| {
            let own = work.caller.user;
            let user = work.target_user(&own.into()).await?;
            sessions::delete(&mut work.tx, session).await?;
            work.event("sign_out", About::user(&user), None).await
        })
        .await
    }

    /// Ends the caller's session of that token, as platforms do that let tokens be handed back. A token
    /// of somebody else's, or none at all, changes nothing: false.
    pub async fn revoke_token(&self, token: &str) -> Result<bool, Fault> {
        let digest = digest(token);
        self.write(Operation::SignOut, async move |work: &mut Work<'_>| {
            let own = work.caller.user;
            let user = work.target_user(&own.into()).await?;
            match sessions::by_digest(&mut work.tx, &digest).await? {
                Some(session) if session.user == own => {
                    end(work, &session, &user).await?;
                    Ok(true)
                }
                _ => Ok(false),
            }
        })
        .await
    }
}

/// Those that were used lately enough, uses of the last second included.
fn live(work: &Work<'_>, found: Vec<Session>) -> Vec<Session> {
    found
        .into_iter()
        .filter_map(|mut session| {
            session.last_seen_at = work.inner.last_seen(session.id, session.last_seen_at);
            (session.last_seen_at.plus(session.idle) > work.now).then_some(session)
        })
        .collect()
}

async fn reaches(work: &mut Work<'_>, user: &User) -> Outcome<bool> {
    Ok(user.id == work.caller.user || work.reaches_user(Permission::ManageSessions, user).await?)
}

async fn end(work: &mut Work<'_>, session: &Session, user: &User) -> Outcome<()> {
    sessions::delete(&mut work.tx, session.id).await?;
    let detail = json!({ "session": session.uuid });
    work.event("session.revoked", About::user(user), Some(detail))
        .await
}
