//! Mailed single-use tokens: a forgotten password, a first password, a new e-mail address.
//!
//! A token is 256 random bits; only its digest is stored, and the mail that carries it is sealed.

use serde_json::json;

use crate::access::authentication::digest;
use crate::access::caller::RequestContext;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::directory::Directory;
use crate::handle::Handle;
use crate::hashing::Turn;
use crate::model::{
    AccessLink, Fault, Kind, Lifetimes, NewMail, Platform, Standing, TokenPurpose, TokenState,
    User, UserKind, UserRef,
};
use crate::outcome::{Abort, Outcome};
use crate::rules;
use crate::store::tokens::{self, Token};
use crate::store::{Tx, passwords, users};

use super::mail;
use super::passwords as password_changes;
use crate::operations::sessions::lockouts;
use crate::pending::Pending;

/// Letters and digits of a token.
const TOKEN_LENGTH: usize = 43;
/// Milliseconds within which nobody is mailed a second link on a stranger's asking.
const PAUSE: i64 = 60_000;

impl Directory {
    /// Mails a link to a new password to whoever has that login or e-mail, if they are active and have
    /// an address. The answer is the same in every case, and the old password stays valid.
    pub fn request_password_reset<'a>(
        &'a self,
        name: &'a str,
        platform: Platform,
        context: RequestContext,
    ) -> Pending<'a, ()> {
        Box::pin(async move {
            self.0
                .link_limiter
                .check(context.address, self.0.elapsed())?;
            self.0.link_limiter.count(context.address, self.0.elapsed());
            let folded = rules::fold(name);
            let found = self
                .0
                .store
                .read(async |tx: &mut Tx<'_>| -> Outcome<Option<User>> {
                    Ok(users::by_sign_in_name(tx, &folded).await?)
                })
                .await
                .map_err(Abort::into_fault)?;
            let Some(user) = found else {
                let verb = "password.reset_requested";
                return self.tell_of_stranger(verb, platform, &context).await;
            };
            let handle = self.acting(platform, &user, context);
            handle
                .write(
                    Operation::RequestPasswordReset,
                    async |work: &mut Work<'_>| {
                        let own = work.caller.user;
                        let Some(user) = users::by_id(&mut work.tx, own).await? else {
                            return Ok(());
                        };
                        work.event("password.reset_requested", About::user(&user), None)
                            .await?;
                        let now = work.now;
                        let newest = tokens::newest(&mut work.tx, own, TokenPurpose::Reset).await?;
                        let soon = newest.is_some_and(|at| at.plus(PAUSE) > now);
                        if soon || !may_reset(work, &user) || user.email.is_none() {
                            return Ok(());
                        }
                        send(work, &user, TokenPurpose::Reset, "password_reset").await
                    },
                )
                .await
        })
    }

    /// What a token still to be used is for; a page asks before it shows a form.
    pub fn token_state<'a>(&'a self, token: &'a str) -> Pending<'a, TokenState> {
        Box::pin(async move {
            let (stored, user) = self.standing_token(token).await?;
            Ok(TokenState {
                purpose: stored.purpose,
                login: user.login,
                expires_at: stored.expires_at,
            })
        })
    }

    /// Sets a new password by a mailed token and uses the token up; a password that the policy refuses
    /// does not. It lifts a lock-out, ends sessions, and begins none: a second factor is not skipped.
    pub fn redeem_reset<'a>(
        &'a self,
        token: &'a str,
        new_password: &'a str,
        platform: Platform,
        context: RequestContext,
    ) -> Pending<'a, User> {
        Box::pin(async move {
            self.0
                .sign_in_limiter
                .check(context.address, self.0.elapsed())?;
            let found = self.standing_token(token).await;
            let (stored, user) = match found {
                Ok(found) if found.0.purpose != TokenPurpose::ConfirmEmail => found,
                other => {
                    self.0
                        .sign_in_limiter
                        .count(context.address, self.0.elapsed());
                    return Err(other.err().unwrap_or(Fault::NotFound(Kind::Token)));
                }
            };
            let own = user.id;
            let present = self
                .0
                .store
                .read(async |tx: &mut Tx<'_>| -> Outcome<_> { Ok(passwords::find(tx, own).await?) })
                .await
                .map_err(Abort::into_fault)?
                .map(|stored| stored.hash);
            let turn = Turn::of_account(own, &context);
            let prepared = self
                .0
                .prepare_change(
                    platform,
                    &user,
                    new_password,
                    false,
                    present.as_deref(),
                    turn,
                )
                .await?;
            let digest = digest(token);
            let purpose = stored.purpose;
            self.acting(platform, &user, context)
                .write(Operation::RedeemToken, async move |work: &mut Work<'_>| {
                    let missing = || Fault::NotFound(Kind::Token);
                    let user = users::by_id(&mut work.tx, own).await?.ok_or_else(missing)?;
                    if !tokens::take(&mut work.tx, &digest).await? || !may_reset(work, &user) {
                        return Err(missing().into());
                    }
                    let detail = json!({ "purpose": purpose.word() });
                    work.event("token.redeemed", About::user(&user), Some(detail))
                        .await?;
                    password_changes::replace(work, &user, Some(&prepared), None).await?;
                    lockouts::lift(work, &user).await?;
                    Ok(users::by_id(&mut work.tx, own).await?.ok_or_else(missing)?)
                })
                .await
        })
    }

    /// A token that may be used now, with its owner.
    pub(crate) async fn standing_token(&self, token: &str) -> Result<(Token, User), Fault> {
        let (digest, now) = (digest(token), self.now());
        let found = self
            .0
            .store
            .read(async |tx: &mut Tx<'_>| -> Outcome<_> {
                let Some(stored) = tokens::find(tx, &digest).await? else {
                    return Ok(None);
                };
                let user = users::by_id(tx, stored.user).await?;
                Ok(user.map(|user| (stored, user)))
            })
            .await
            .map_err(Abort::into_fault)?;
        found
            .filter(|(stored, user)| stored.expires_at > now && opens(user, now))
            .ok_or(Fault::NotFound(Kind::Token))
    }
}

impl Handle {
    /// Mails somebody a link to a new password. With `dead_at_once` the old one stops working now and
    /// their sessions end; without, when the link is used.
    pub fn send_password_reset(
        &self,
        user: impl Into<UserRef>,
        dead_at_once: bool,
    ) -> Pending<'_, ()> {
        fn inner(handle: &Handle, user: UserRef, dead_at_once: bool) -> Pending<'_, ()> {
            Box::pin(async move { handle.send_password_resets(vec![user], dead_at_once).await })
        }
        inner(self, user.into(), dead_at_once)
    }

    /// Does what [`Handle::send_password_reset`] does for several people, all or none.
    pub fn send_password_resets(&self, users: Vec<UserRef>, dead_at_once: bool) -> Pending<'_, ()> {
        Box::pin(async move {
            let operation = Operation::SendPasswordReset;
            crate::rules::limits::check_references("users", users.len())?;
            self.write(operation, async move |work: &mut Work<'_>| {
                for which in &users {
                    send_reset(work, which, dead_at_once).await?;
                }
                Ok(())
            })
            .await
        })
    }

    /// Mails somebody the way in: who never signed in a welcome with a link to a first password, others
    /// a link to a new one.
    pub fn send_access_mail(&self, user: impl Into<UserRef>) -> Pending<'_, ()> {
        fn inner(handle: &Handle, user: UserRef) -> Pending<'_, ()> {
            Box::pin(async move {
                let which = user;
                handle
                    .write(
                        Operation::SendAccessMail,
                        async move |work: &mut Work<'_>| {
                            let user = recipient(work, &which).await?;
                            let (purpose, template) = match (user.sign_in_count, user.has_password)
                            {
                                (0, false) => (TokenPurpose::Activate, "activation"),
                                (0, true) => (TokenPurpose::Activate, "welcome"),
                                _ => (TokenPurpose::Reset, "password_reset"),
                            };
                            let detail = json!({ "template": template });
                            work.event("access_mail.sent", About::user(&user), Some(detail))
                                .await?;
                            send(work, &user, purpose, template).await
                        },
                    )
                    .await
            })
        }
        inner(self, user.into())
    }
}

/// Mails a person a link to a new password, with every rule.
pub(crate) async fn send_reset(
    work: &mut Work<'_>,
    which: &UserRef,
    dead_at_once: bool,
) -> Outcome<()> {
    let user = recipient(work, which).await?;
    if dead_at_once {
        passwords::delete(&mut work.tx, user.id).await?;
        password_changes::end_sessions(work, user.id, None).await?;
    }
    let detail = json!({ "dead_at_once": dead_at_once });
    work.event("password.reset_sent", About::user(&user), Some(detail))
        .await?;
    send(work, &user, TokenPurpose::Reset, "password_reset").await
}

impl Handle {
    /// Makes the link that an access mail would hold and hands its token out, this once: for
    /// installations that send no mail. A person who has the token has the account, so it takes what resetting
    /// the password takes, and no limited key.
    pub fn create_access_link(&self, user: impl Into<UserRef>) -> Pending<'_, AccessLink> {
        fn inner(handle: &Handle, which: UserRef) -> Pending<'_, AccessLink> {
            Box::pin(async move {
                let operation = Operation::SendAccessMail;
                handle.admit_unlimited(operation)?;
                let token = handle.inner.seams.letters_and_digits(TOKEN_LENGTH);
                handle
                    .write(operation, async move |work: &mut Work<'_>| {
                        let user = work.target_user(&which).await?;
                        work.guard_takeover(&user).await?;
                        if user.id == work.caller.user {
                            work.require_proof().await?;
                        }
                        if user.kind == UserKind::Service {
                            return Err(
                                Fault::invalid("password", "service accounts have none").into()
                            );
                        }
                        if !may_reset(work, &user) {
                            return Err(Fault::invalid("status", "must be active").into());
                        }
                        let purpose = if user.sign_in_count == 0 {
                            TokenPurpose::Activate
                        } else {
                            TokenPurpose::Reset
                        };
                        let inner = std::sync::Arc::clone(&work.inner);
                        let lifetimes: Lifetimes = inner.setting(&mut work.tx).await?;
                        let seconds = match purpose {
                            TokenPurpose::Activate => lifetimes.activation,
                            _ => lifetimes.reset,
                        };
                        let now = work.now;
                        let stored = Token {
                            user: user.id,
                            purpose,
                            detail: None,
                            expires_at: now.plus(seconds.saturating_mul(1_000)),
                        };
                        tokens::insert(&mut work.tx, &digest(&token), &stored, now).await?;
                        let detail = json!({ "purpose": purpose.word() });
                        work.event("access_link.made", About::user(&user), Some(detail))
                            .await?;
                        Ok(AccessLink {
                            token: token.clone(),
                            purpose,
                            expires_at: stored.expires_at,
                        })
                    })
                    .await
            })
        }
        inner(self, user.into())
    }
}

/// Somebody within reach who can be mailed a link to a password.
async fn recipient(work: &mut Work<'_>, which: &UserRef) -> Outcome<User> {
    let user = work.target_user(which).await?;
    work.guard_takeover(&user).await?;
    if user.kind == UserKind::Service {
        return Err(Fault::invalid("password", "service accounts have none").into());
    }
    if user.email.is_none() {
        return Err(Fault::invalid("email", "is needed for a mail").into());
    }
    if !may_reset(work, &user) {
        return Err(Fault::invalid("status", "must be active").into());
    }
    Ok(user)
}

/// Only active people set passwords by mail; a lock-out after wrong ones is no hindrance.
fn may_reset(work: &Work<'_>, user: &User) -> bool {
    opens(user, work.now)
}

fn opens(user: &User, now: crate::model::Time) -> bool {
    user.kind == UserKind::Person
        && matches!(user.standing(now), Standing::Active | Standing::LockedOut)
}

/// Mails somebody who was just made. Without a password the mail is the way in: it carries a link to
/// set the first one.
pub(crate) async fn greet(
    work: &mut Work<'_>,
    user: &User,
    template: &str,
    has_password: bool,
) -> Outcome<()> {
    if !has_password && user.kind == UserKind::Person {
        return send(work, user, TokenPurpose::Activate, template).await;
    }
    mail::notice(work, user, template).await
}

/// Makes a token for somebody and queues the mail that carries it, in the transaction of its cause.
pub(crate) async fn send(
    work: &mut Work<'_>,
    user: &User,
    purpose: TokenPurpose,
    template: &str,
) -> Outcome<()> {
    let Some(to) = recipient_address(user, purpose) else {
        return Ok(());
    };
    let inner = std::sync::Arc::clone(&work.inner);
    let lifetimes: Lifetimes = inner.setting(&mut work.tx).await?;
    let seconds = match purpose {
        TokenPurpose::Reset => lifetimes.reset,
        TokenPurpose::Activate => lifetimes.activation,
        TokenPurpose::ConfirmEmail => lifetimes.confirmation,
    };
    let now = work.now;
    let token = inner.seams.letters_and_digits(TOKEN_LENGTH);
    let stored = Token {
        user: user.id,
        purpose,
        detail: (purpose == TokenPurpose::ConfirmEmail).then(|| to.clone()),
        expires_at: now.plus(seconds.saturating_mul(1_000)),
    };
    if purpose == TokenPurpose::ConfirmEmail {
        // Only the newest address asked for can be confirmed.
        tokens::void(&mut work.tx, user.id, purpose).await?;
    }
    tokens::insert(&mut work.tx, &digest(&token), &stored, now).await?;
    let values = json!({
        "login": user.login,
        "name": user.shown.name,
        "platform": work.caller.platform,
        "token": token,
        "expires_at": stored.expires_at.rfc3339(),
    });
    mail::enqueue(
        work,
        &NewMail {
            template: template.to_owned(),
            user: Some(user.id),
            to,
            values,
        },
    )
    .await
}

fn recipient_address(user: &User, purpose: TokenPurpose) -> Option<String> {
    match purpose {
        TokenPurpose::Reset | TokenPurpose::Activate => user.email.clone(),
        TokenPurpose::ConfirmEmail => user.pending_email.clone(),
    }
}
