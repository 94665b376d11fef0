//! Sessions: list and end.

mod key_tokens;
pub(crate) mod lockouts;
pub(crate) mod proof;
pub(crate) mod sign_in;

use serde_json::json;

use crate::access::authentication::digest;
use crate::access::caller::Credential;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Fault, Kind, Page, Permission, Query, Ref, Related, Scope, Session, SessionField, SessionId,
    SessionRef, User, UserId, UserRef, Wanted,
};
use crate::operations::users::related::load_related;
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::{pages, sessions, users};

impl Handle {
    /// The live sessions of those of the users whose sessions the caller may see: their own, and those
    /// of people whose sessions they manage.
    pub fn sessions<'a>(&'a self, of: &'a [UserId]) -> Pending<'a, Vec<Session>> {
        Box::pin(async move {
            let of = of.to_vec();
            self.read(Operation::ListSessions, async move |work: &mut Work<'_>| {
                let scopes = work.scopes_of(Permission::ManageSessions);
                let (limit, own, now) = (work.limit(), work.caller.user, work.now);
                let found =
                    sessions::list_for_users(&mut work.tx, &of, &scopes, limit, own, now).await?;
                Ok(live(work, found))
            })
            .await
        })
    }

    /// One page of the live sessions the caller may see: their own, and those of people whose sessions they
    /// manage. A session that ended for want of use within the last seconds may make a page shorter.
    pub fn session_page<'a>(
        &'a self,
        query: &'a Query<SessionField>,
    ) -> Pending<'a, Page<Session>> {
        Box::pin(async move {
            let query = query.clone();
            self.read_slow(Operation::ListSessions, async move |work: &mut Work<'_>| {
                let scopes = work.scopes_of(query.seen_by.unwrap_or(Permission::ManageSessions));
                let (limit, own, now) = (work.limit(), work.caller.user, work.now);
                let statements = pages::compile::<sessions::Sessions>(
                    &query,
                    |sql| sessions::live_and_seen(sql, &scopes, limit, own, now),
                    &[Scope::All],
                    None,
                    now,
                )?;
                let mut page = pages::run::<sessions::Sessions>(&mut work.tx, &statements).await?;
                page.items = live(work, page.items);
                Ok(page)
            })
            .await
        })
    }

    /// The live sessions of everybody whose sessions the caller may see, newest first, ten thousand at
    /// most.
    pub fn all_sessions(&self) -> Pending<'_, Vec<Session>> {
        Box::pin(async move {
            self.read_slow(Operation::ListSessions, async |work: &mut Work<'_>| {
                let scopes = work.reading(Permission::ManageSessions);
                let (limit, now) = (work.limit(), work.now);
                let found = sessions::within(&mut work.tx, &scopes, limit, now).await?;
                Ok(live(work, found))
            })
            .await
        })
    }

    /// Ends one session.
    pub fn revoke_session(&self, which: impl Into<SessionRef>) -> Pending<'_, ()> {
        fn inner(handle: &Handle, which: SessionRef) -> Pending<'_, ()> {
            Box::pin(async move {
                handle
                    .write(
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
            })
        }
        inner(self, which.into())
    }

    /// Ends somebody's sessions but one; tells how many there were.
    pub fn revoke_sessions_of(
        &self,
        user: impl Into<UserRef>,
        except: Option<SessionId>,
    ) -> Pending<'_, u64> {
        fn inner(handle: &Handle, user: UserRef, except: Option<SessionId>) -> Pending<'_, u64> {
            Box::pin(async move {
                let which = user;
                handle
                    .write(
                        Operation::RevokeSessions,
                        async move |work: &mut Work<'_>| revoke_of(work, &which, except).await,
                    )
                    .await
            })
        }
        inner(self, user.into(), except)
    }

    /// Ends all sessions of a user, and reads what is wanted of the user: in one transaction.
    pub fn revoke_sessions_and_show(
        &self,
        user: impl Into<UserRef>,
        wanted: Wanted,
    ) -> Pending<'_, (User, Related)> {
        fn inner(handle: &Handle, which: UserRef, wanted: Wanted) -> Pending<'_, (User, Related)> {
            Box::pin(handle.write(
                Operation::RevokeSessions,
                async move |work: &mut Work<'_>| {
                    let user = work.target_user(&which).await?;
                    end_all(work, &user, None).await?;
                    let related = load_related(work, &[user.id], wanted).await?;
                    Ok((user, related))
                },
            ))
        }
        inner(self, user.into(), wanted)
    }

    /// Ends the session that the caller came with.
    pub fn sign_out(&self) -> Pending<'_, ()> {
        Box::pin(async move {
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
        })
    }

    /// Ends the caller's session of that token, as platforms do that let tokens be handed back. A token
    /// of somebody else's, or none at all, changes nothing: false.
    pub fn revoke_token<'a>(&'a self, token: &'a str) -> Pending<'a, bool> {
        Box::pin(async move {
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
        })
    }
}

/// Ends a person's sessions but one, with every rule; tells how many there were.
pub(crate) async fn revoke_of(
    work: &mut Work<'_>,
    which: &UserRef,
    except: Option<SessionId>,
) -> Outcome<u64> {
    let user = work.target_user(which).await?;
    end_all(work, &user, except).await
}

async fn end_all(work: &mut Work<'_>, user: &User, except: Option<SessionId>) -> Outcome<u64> {
    let count = sessions::delete_of(&mut work.tx, user.id, except).await?;
    if count > 0 {
        let detail = json!({ "count": count });
        work.event("sessions.revoked", About::user(user), Some(detail))
            .await?;
    }
    Ok(count)
}

/// Those that were used lately enough, uses of the last second included.
fn live(work: &Work<'_>, found: Vec<Session>) -> Vec<Session> {
    found
        .into_iter()
        .filter_map(|mut session| {
            session.last_seen_at = work.inner.usage.last_seen(session.id, session.last_seen_at);
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
