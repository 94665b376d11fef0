//! Passwords: policy, change of one's own, setting of others'.

use crate::access::caller::Credential;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::hashing::Turn;
use crate::model::{
    Fault, NewPassword, OrganisationId, PasswordFigures, PasswordPolicy, PasswordRule, Platform,
    SessionId, TokenPurpose, User, UserId, UserKind, UserRef, Weakness,
};
use crate::outcome::{Abort, Outcome};
use crate::rules;
use crate::state::Inner;
use crate::store::{Tx, organisations, passwords, sessions, settings, tokens, users};

use super::mail;
use crate::operations::sessions::lockouts;
use crate::pending::Pending;

/// A password that passed the policy, hashed.
pub(crate) struct Prepared {
    pub hash: String,
    pub must_change: bool,
}

impl Handle {
    /// Changes the caller's own password. Who comes with a session gives the present one too, so that
    /// a stolen session alone changes nothing; a key need not. Other sessions and mailed tokens end.
    pub fn change_own_password<'a>(
        &'a self,
        old: Option<&'a str>,
        new: &'a str,
    ) -> Pending<'a, ()> {
        Box::pin(async move {
            let operation = Operation::ChangeOwnPassword;
            // What was not given is no guess.
            let old = old.filter(|old| !old.is_empty());
            let (user, stored, refused) = self
                .read(operation, async |work: &mut Work<'_>| {
                    let own = work.caller.user;
                    let user = work.target_user(&own.into()).await?;
                    let stored = passwords::find(&mut work.tx, own).await?;
                    Ok((user, stored, lockouts::refused_here(work).await?))
                })
                .await?;
            if user.kind == UserKind::Service {
                return Err(Fault::invalid("password", "service accounts have none"));
            }
            let hash = stored.map(|stored| stored.hash);
            match old {
                Some(_) if refused => return Err(Fault::WrongPassword),
                Some(old) if !self.is_own_password(old, hash.as_deref()).await? => {
                    self.count_wrong_proof(operation).await?;
                    return Err(Fault::WrongPassword);
                }
                None if self.by_session() => return Err(Fault::WrongPassword),
                // Whoever knows the present password has no need of the key, so its limits are none here.
                None => self.admit_unlimited(operation)?,
                Some(_) => {}
            }
            let prepared = self
                .inner
                .prepare_change(
                    self.caller.platform,
                    &user,
                    new,
                    false,
                    hash.as_deref(),
                    Turn::of_caller(&self.caller),
                )
                .await?;
            self.write(operation, async move |work: &mut Work<'_>| {
                let own = work.caller.user;
                let user = work.target_user(&own.into()).await?;
                let present = passwords::find(&mut work.tx, own).await?;
                if present.map(|stored| stored.hash) != hash {
                    return Err(Fault::WrongPassword.into());
                }
                let keep = match work.caller.credential {
                    Credential::Session(session, _) => Some(session),
                    _ => None,
                };
                replace(work, &user, Some(&prepared), keep).await
            })
            .await
        })
    }

    /// Sets somebody's password, or takes it away. Their sessions and mailed tokens end.
    pub fn set_password(&self, user: impl Into<UserRef>, new: NewPassword) -> Pending<'_, ()> {
        fn inner(handle: &Handle, user: UserRef, new: NewPassword) -> Pending<'_, ()> {
            Box::pin(async move {
                let which = user;
                let operation = Operation::SetPassword;
                handle.admit(operation)?;
                // The target is looked at first, so that a hidden one costs no hash and shows nothing.
                let name = which.clone();
                let (user, stored) = handle
                    .read(operation, async |work: &mut Work<'_>| {
                        let user = work.target_user(&name).await?;
                        work.guard_takeover(&user).await?;
                        let stored = passwords::find(&mut work.tx, user.id).await?;
                        Ok((user, stored))
                    })
                    .await?;
                if user.kind == UserKind::Service {
                    return Err(Fault::invalid("password", "service accounts have none"));
                }
                // A stolen session of an administrator's is a stolen session all the same.
                if user.id == handle.caller.user && handle.by_session() {
                    return Err(Fault::WrongPassword);
                }
                let (password, must_change) = match &new {
                    NewPassword::None => (None, false),
                    NewPassword::Chosen(password) => (Some(password), false),
                    NewPassword::MustChange(password) => (Some(password), true),
                };
                let hash = stored.map(|stored| stored.hash);
                let platform = handle.caller.platform;
                let prepared = match password {
                    None => None,
                    Some(password) => {
                        let change = handle.inner.prepare_change(
                            platform,
                            &user,
                            password,
                            must_change,
                            hash.as_deref(),
                            Turn::of_caller(&handle.caller),
                        );
                        Some(change.await?)
                    }
                };
                handle
                    .write(operation, async move |work: &mut Work<'_>| {
                        let user = work.target_user(&which).await?;
                        work.guard_takeover(&user).await?;
                        replace(work, &user, prepared.as_ref(), None).await
                    })
                    .await
            })
        }
        inner(self, user.into(), new)
    }

    /// The password rule in force at the caller's door under the `vendor` policy: the administrators'
    /// figures, else the vendor's.
    pub fn password_rule(&self) -> Pending<'_, PasswordRule> {
        Box::pin(async move {
            let platform = self.caller.platform;
            self.read(Operation::ReadSettings, async |work: &mut Work<'_>| {
                let inner = std::sync::Arc::clone(&work.inner);
                inner.password_rule(&mut work.tx, platform).await
            })
            .await
        })
    }

    /// Changes it.
    pub fn change_password_rule(&self, rule: PasswordRule) -> Pending<'_, ()> {
        Box::pin(async move {
            self.admit(Operation::ChangeSettings)?;
            rule.check()?;
            let platform = self.caller.platform;
            self.write(
                Operation::ChangeSettings,
                async move |work: &mut Work<'_>| {
                    work.require_everywhere()?;
                    work.caller.check_unlimited()?;
                    let name = rule_setting(platform);
                    let document = serde_json::json!(rule).to_string();
                    let (now, actor) = (work.now, work.actor());
                    settings::upsert(&mut work.tx, &name, &document, now, actor).await?;
                    let about = About {
                        entity: "setting",
                        name: Some(&name),
                        ..About::default()
                    };
                    let detail = serde_json::json!({ "after": rule });
                    work.event("setting.changed", about, Some(detail)).await
                },
            )
            .await
        })
    }

    /// Whether the credential is a session that is bound to no key. Such a one must prove itself again
    /// for what would hand the account over.
    pub(crate) fn by_session(&self) -> bool {
        matches!(self.caller.credential, Credential::Session(_, None))
    }

    pub(crate) async fn is_own_password(
        &self,
        given: &str,
        hash: Option<&str>,
    ) -> Result<bool, Fault> {
        match hash {
            Some(hash) if given.chars().count() <= LONGEST => {
                self.inner
                    .verify_password(
                        given.to_owned(),
                        hash.to_owned(),
                        Turn::of_caller(&self.caller),
                    )
                    .await
            }
            _ => Ok(false),
        }
    }

    /// A wrong password or code inside a session counts like one at the door, and is told like one.
    pub(crate) async fn count_wrong_proof(&self, operation: Operation) -> Result<(), Fault> {
        self.write(operation, async move |work: &mut Work<'_>| {
            let own = work.caller.user;
            if let Some(user) = users::by_id(&mut work.tx, own).await? {
                let detail = serde_json::json!({ "operation": operation.name() });
                work.event("proof.refused", About::user(&user), Some(detail))
                    .await?;
                lockouts::count(work, &user).await?;
            }
            Ok(())
        })
        .await
    }
}

/// Characters of a password at most; longer ones are refused before they are hashed.
pub(crate) const LONGEST: usize = 1_024;

fn rule_setting(platform: Platform) -> String {
    format!("{platform}.password_rule")
}

impl Inner {
    /// Checks a new password against the policy and hashes it. `own` are the person's and the
    /// organisation's names.
    pub async fn prepare_password(
        &self,
        platform: Platform,
        new: &NewPassword,
        own: &[&str],
        turn: Turn,
    ) -> Result<Option<Prepared>, Fault> {
        let (password, must_change) = match new {
            NewPassword::None => return Ok(None),
            NewPassword::Chosen(password) => (password, false),
            NewPassword::MustChange(password) => (password, true),
        };
        self.check_password(platform, password, own).await?;
        Ok(Some(Prepared {
            hash: self.hash_password(password.clone(), turn).await?,
            must_change,
        }))
    }

    /// The same for somebody who exists: their own names are known, and the present password will
    /// not do.
    pub async fn prepare_change(
        &self,
        platform: Platform,
        user: &User,
        password: &str,
        must_change: bool,
        present: Option<&str>,
        turn: Turn,
    ) -> Result<Prepared, Fault> {
        let organisation = self.organisation_name(user.home).await?;
        let own = own_names(user, &organisation);
        self.check_password(platform, password, &own).await?;
        if let Some(present) = present
            && self
                .verify_password(password.to_owned(), present.to_owned(), turn)
                .await?
        {
            return Err(Fault::WeakPassword(Weakness::Unchanged));
        }
        Ok(Prepared {
            hash: self.hash_password(password.to_owned(), turn).await?,
            must_change,
        })
    }

    /// The policy in force at this door.
    pub async fn check_password(
        &self,
        platform: Platform,
        password: &str,
        own: &[&str],
    ) -> Result<(), Fault> {
        // The directory's own door keeps the directory's own policy.
        let vendor = self.passwords == PasswordPolicy::Vendor && platform != Platform::USHER;
        let (figures, rule) = self
            .store
            .read(async |tx: &mut Tx<'_>| -> Outcome<_> {
                let figures: PasswordFigures = self.setting(tx).await?;
                let rule = if vendor {
                    Some(self.password_rule(tx, platform).await?)
                } else {
                    None
                };
                Ok((figures, rule))
            })
            .await
            .map_err(Abort::into_fault)?;
        match rule {
            Some(rule) => rules::check_vendor_password(password, &rule),
            None => rules::check_password(password, &figures, own),
        }
        .map_err(Fault::WeakPassword)
    }

    async fn password_rule(&self, tx: &mut Tx<'_>, platform: Platform) -> Outcome<PasswordRule> {
        let stored = settings::document(tx, &rule_setting(platform)).await?;
        match stored {
            Some(stored) => serde_json::from_str(&stored).map_err(|error| {
                Abort::Fault(Fault::Internal(format!("stored password rule: {error}")))
            }),
            None => Ok(self
                .platform(platform)
                .map_or(PasswordRule::length(12), |spec| spec.password_rule)),
        }
    }

    /// An organisation's name, which is no good password of its people.
    pub async fn organisation_name(&self, id: OrganisationId) -> Result<String, Fault> {
        let found = self
            .store
            .read(async |tx: &mut Tx<'_>| -> Outcome<_> { Ok(organisations::by_id(tx, id).await?) })
            .await
            .map_err(Abort::into_fault)?;
        Ok(found
            .map(|organisation| organisation.name)
            .unwrap_or_default())
    }
}

/// The names that a person's password is not to be made of.
pub(crate) fn own_names<'a>(user: &'a User, organisation: &'a str) -> Vec<&'a str> {
    [
        Some(user.login.as_str()),
        user.email.as_deref(),
        user.names.display.as_deref(),
        user.names.given.as_deref(),
        user.names.family.as_deref(),
        Some(user.shown.name.as_str()),
        Some(organisation),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Puts a new password in the place of the old, or takes it away, with all that follows.
pub(crate) async fn replace(
    work: &mut Work<'_>,
    user: &User,
    new: Option<&Prepared>,
    keep: Option<SessionId>,
) -> Outcome<()> {
    match new {
        Some(prepared) => store(work, user.id, prepared).await?,
        None => {
            passwords::delete(&mut work.tx, user.id).await?;
        }
    }
    end_sessions(work, user.id, keep.map(|session| session.0)).await?;
    let detail = serde_json::json!({
        "after": {
            "password": if new.is_some() { "set" } else { "removed" },
            "must_change": new.is_some_and(|prepared| prepared.must_change),
        }
    });
    work.event("password.changed", About::user(user), Some(detail))
        .await?;
    mail::notice(work, user, "notice_password").await
}

/// Stores a hash.
pub(crate) async fn store(work: &mut Work<'_>, user: UserId, prepared: &Prepared) -> Outcome<()> {
    let (now, actor) = (work.now, work.actor());
    passwords::upsert(
        &mut work.tx,
        user,
        &prepared.hash,
        prepared.must_change,
        now,
        actor,
    )
    .await?;
    Ok(())
}

/// Ends a user's sessions (all but one) and voids mailed links to a new password: after a password
/// change, and when an account stops being active.
pub(crate) async fn end_sessions(
    work: &mut Work<'_>,
    user: UserId,
    keep: Option<i64>,
) -> Outcome<()> {
    sessions::delete_of(&mut work.tx, user, keep.map(SessionId)).await?;
    for purpose in [TokenPurpose::Reset, TokenPurpose::Activate] {
        tokens::void(&mut work.tx, user, purpose).await?;
    }
    Ok(())
}
