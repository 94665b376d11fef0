//! Users: change and delete.

use serde_json::{Map, Value, json};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::hashing::Turn;
use crate::model::{
    Extended, Fault, GroupId, Kind, NewPassword, Permission, ProfileAttribute, Related, Time,
    TokenPurpose, User, UserChange, UserKind, UserRef, Wanted,
};
use crate::outcome::Outcome;
use crate::rules;
use crate::store::{
    extensions, lockouts, passwords as stored_passwords, second_factors, tokens as stored_tokens,
    users,
};

use super::checks::{check_home_domain, check_own_address, check_texts, take_names};
use super::related::load_related;
use super::{guarded_fields::touched, home};
use crate::operations::passwords::{self, Prepared};
use crate::operations::roles::{covering, owners};
use crate::operations::second_factors as required_factors;
use crate::operations::users::changed::Changed;
use crate::operations::{mail, tokens};
use crate::pending::Pending;

impl Handle {
    /// Changes a user. Only what is named changes; writing back what is stored changes nothing.
    ///
    /// `groups` replaces the memberships of groups that the caller's dialect shows and that the caller
    /// may change members of; others stay. `role` replaces the one role of the caller's platform.
    pub fn update_user(&self, which: impl Into<UserRef>, change: UserChange) -> Pending<'_, User> {
        fn inner(handle: &Handle, which: UserRef, change: UserChange) -> Pending<'_, User> {
            Box::pin(async move {
                let shown = handle.update_user_and_show(which, change, Wanted::default());
                Ok(shown.await?.0)
            })
        }
        inner(self, which.into(), change)
    }

    /// Changes a user, and reads what is wanted of the user: in one transaction.
    pub fn update_user_and_show(
        &self,
        which: impl Into<UserRef>,
        change: UserChange,
        wanted: Wanted,
    ) -> Pending<'_, (User, Related)> {
        self.change_user(Operation::UpdateUser, which.into(), change, wanted)
    }

    pub(super) fn change_user(
        &self,
        operation: Operation,
        which: UserRef,
        change: UserChange,
        wanted: Wanted,
    ) -> Pending<'_, (User, Related)> {
        Box::pin(async move {
            let prepared = self.prepare_change_of(operation, &which, &change).await?;
            self.write(operation, async move |work: &mut Work<'_>| {
                let user = update(work, &which, &change, prepared.as_ref()).await?;
                let related = load_related(work, &[user.id], wanted).await?;
                Ok((user, related))
            })
            .await
        })
    }

    /// The hash of the password that a change sets, if it sets one.
    async fn prepare_change_of(
        &self,
        operation: Operation,
        which: &UserRef,
        change: &UserChange,
    ) -> Result<Option<Prepared>, Fault> {
        let password = match &change.password {
            None | Some(NewPassword::None) => return Ok(None),
            Some(password) => password,
        };
        self.admit_unlimited(operation)?;
        // The target is looked at first, so that a hidden one costs no hash and shows nothing.
        let name = which.clone();
        let user = self
            .read(operation, async |work: &mut Work<'_>| {
                work.target_user(&name).await
            })
            .await?;
        if user.kind == UserKind::Service {
            return Err(Fault::invalid("password", "service accounts have none"));
        }
        // A stolen session does not take the account over; that needs the present password.
        if user.id == self.caller.user && self.by_session() {
            return Err(Fault::WrongPassword);
        }
        let organisation = self.inner.organisation_name(user.home).await?;
        let own = passwords::own_names(&user, &organisation);
        self.inner
            .prepare_password(
                self.caller.platform,
                password,
                &own,
                Turn::of_caller(&self.caller),
            )
            .await
    }
}

pub(crate) async fn update(
    work: &mut Work<'_>,
    which: &UserRef,
    change: &UserChange,
    prepared: Option<&Prepared>,
) -> Outcome<User> {
    Ok(Box::pin(update_noting(work, which, change, prepared))
        .await?
        .0)
}

/// `update`, with the names of what changed.
pub(crate) async fn update_noting(
    work: &mut Work<'_>,
    which: &UserRef,
    change: &UserChange,
    prepared: Option<&Prepared>,
) -> Outcome<(User, Changed)> {
    let old = work.target_user(which).await?;
    if change
        .if_revision
        .is_some_and(|revision| revision != old.revision)
    {
        return Err(Fault::Stale.into());
    }
    let mut user = old.clone();
    let mut changed = Changed::default();
    change_names(&mut user, change, &mut changed);
    change_addresses(work, &mut user, change, &mut changed).await?;
    change_standing(work, &mut user, change, &mut changed);
    let profile = change.profile.canonical();
    for attribute in ProfileAttribute::ALL {
        let slot = user.profile.value_mut(*attribute);
        changed.set(attribute.name(), slot, profile.value(*attribute));
    }
    changed.set(
        "second_factor_required",
        &mut user.second_factor_required,
        change.second_factor_required.as_ref(),
    );
    check_texts(&user)?;
    let touched = touched(change, &old, &user, work.now);
    if touched.opens {
        work.caller.check_unlimited()?;
        // Only choosing another password lifts one's own duty to do so.
        let lifts = change.must_change_password == Some(false) && old.must_change_password;
        if lifts && old.id == work.caller.user && prepared.is_none() {
            return Err(Fault::PasswordChangeNeeded.into());
        }
    }
    if touched.revives {
        work.caller.check_unlimited_beyond_time()?;
    }
    home::check_move(work, touched.moves)?;
    if touched.guarded {
        work.guard_takeover(&old).await?;
    }
    if let Some(home) = change.home.filter(|home| *home != old.home) {
        home::move_home(work, &mut user, home).await?;
        changed.note("home", old.home.0, home.0);
    }
    if user.email != old.email || user.login != old.login {
        if let Some(email) = user.email.clone().filter(|_| user.email != old.email) {
            let permission = work.operation.access().permission;
            check_home_domain(work, permission, user.home, &email).await?;
            check_own_address(work, &old, &email).await?;
        }
        take_names(work, &user).await?;
        let keep = [
            rules::fold(&user.login),
            user.email.as_deref().map(rules::fold).unwrap_or_default(),
        ];
        users::free_names(&mut work.tx, user.id, [&keep[0], &keep[1]]).await?;
    }
    change_primary_group(work, &mut user, change, &mut changed).await?;
    change_document(work, &user, change, &mut changed).await?;
    if !changed.is_empty() {
        user.updated_at = work.now;
        user.updated_by = work.actor();
        let alias = work.inner.alias(&user);
        (user.shown, user.revision) = users::update(&mut work.tx, &user, alias.as_deref()).await?;
        let required = user.second_factor_required;
        if user.home != old.home
            || required != old.second_factor_required && required != Some(false)
        {
            required_factors::require_in_sessions(work, Some(user.id)).await?;
        }
    }
    after_row(work, &old, &user, change, prepared, &mut changed).await?;
    if !changed.is_empty() {
        work.event("user.changed", About::user(&user), Some(changed.detail()))
            .await?;
    }
    if writes_beside_row(change, prepared) {
        user = users::by_id(&mut work.tx, user.id)
            .await?
            .ok_or(Fault::NotFound(Kind::User))?;
    }
    Ok((user, changed))
}

/// Whether a change may write what a user is read with and does not stand in the written row: only then is the user read again.
fn writes_beside_row(change: &UserChange, prepared: Option<&Prepared>) -> bool {
    prepared.is_some()
        || change.must_change_password.is_some()
        || change.kind.is_some()
        || change.groups.is_some()
        || change.role.is_some()
}

fn change_names(user: &mut User, change: &UserChange, changed: &mut Changed) {
    let names = rules::apply_names(
        &user.names,
        &user.login,
        change.display.as_ref(),
        change.given.as_ref(),
        change.family.as_ref(),
        change.names_shown,
    );
    changed.set("display", &mut user.names.display, Some(&names.display));
    changed.set("given", &mut user.names.given, Some(&names.given));
    changed.set("family", &mut user.names.family, Some(&names.family));
}

/// E-mail and login. While the login equals the e-mail it follows it.
async fn change_addresses(
    work: &mut Work<'_>,
    user: &mut User,
    change: &UserChange,
    changed: &mut Changed,
) -> Outcome<()> {
    if let Some(email) = &change.email
        && *email != user.email
    {
        match email {
            Some(email) => rules::check_email(email)?,
            None if user.kind == UserKind::Person && user.email.as_ref() == Some(&user.login) => {
                return Err(Fault::invalid("email", "is the login and cannot be removed").into());
            }
            None => {}
        }
        let followed = user.email.as_deref() == Some(user.login.as_str());
        changed.set("email", &mut user.email, Some(email));
        if let (true, Some(email)) = (followed, email) {
            changed.set("login", &mut user.login, Some(email));
        }
        changed.set("pending_email", &mut user.pending_email, Some(&None));
    }
    if let Some(email) = &change.request_email {
        if user.email.as_ref() == Some(email) {
            changed.set("pending_email", &mut user.pending_email, Some(&None));
        } else {
            rules::check_email(email)?;
            check_home_domain(work, work.operation.access().permission, user.home, email).await?;
            changed.set(
                "pending_email",
                &mut user.pending_email,
                Some(&Some(email.clone())),
            );
        }
    }
    if let Some(login) = &change.login
        && *login != user.login
    {
        if work.operation == Operation::UpdateOwnProfile {
            return Err(Fault::Forbidden(Permission::EditUsers).into());
        }
        changed.set("login", &mut user.login, Some(login));
    }
    // One's own address is the way to a new password.
    let readdressed = ["email", "pending_email", "login"]
        .iter()
        .any(|field| changed.after.contains_key(*field));
    if readdressed && user.id == work.caller.user {
        work.require_proof().await?;
    }
    Ok(())
}

/// Kind, status, locks and the lock-after date.
fn change_standing(work: &Work<'_>, user: &mut User, change: &UserChange, changed: &mut Changed) {
    let now = work.now;
    changed.set("kind", &mut user.kind, change.kind.as_ref());
    changed.set(
        "lock_after",
        &mut user.lock_after,
        change.lock_after.as_ref(),
    );
    // A state that is already so changes nothing: coarser platforms write back what they show.
    changed.set("status", &mut user.status, change.status.as_ref());
    if rules::lifts_locks(change.status) {
        changed.set("locked_until", &mut user.locked_until, Some(&None));
        changed.set("lockout_until", &mut user.lockout_until, Some(&None));
        if change.lock_after.is_none() && user.lock_after.is_some_and(|end| end <= now) {
            changed.set("lock_after", &mut user.lock_after, Some(&None));
        }
    }
    match change.locked {
        Some(true) if user.locked_until.is_none_or(|end| end <= now) => {
            changed.set(
                "locked_until",
                &mut user.locked_until,
                Some(&Some(Time::NEVER)),
            );
        }
        Some(false) => {
            changed.set("locked_until", &mut user.locked_until, Some(&None));
            changed.set("lockout_until", &mut user.lockout_until, Some(&None));
        }
        _ => {}
    }
}

async fn change_primary_group(
    work: &mut Work<'_>,
    user: &mut User,
    change: &UserChange,
    changed: &mut Changed,
) -> Outcome<()> {
    let Some(group) = change.primary_group else {
        return Ok(());
    };
    if let Some(group) = group.filter(|group| Some(*group) != user.primary_group) {
        covering::may_come_under(work, user, group).await?;
        crate::operations::groups::members::join_named(work, user, &[group]).await?;
    }
    changed.set("primary_group", &mut user.primary_group, Some(&group));
    Ok(())
}

/// What follows a change of the row: password, role, groups, sessions, notices, the dialect's document.
async fn after_row(
    work: &mut Work<'_>,
    old: &User,
    user: &User,
    change: &UserChange,
    prepared: Option<&Prepared>,
    changed: &mut Changed,
) -> Outcome<()> {
    if let Some(prepared) = prepared {
        passwords::store(work, user.id, prepared).await?;
        let own = (user.id == work.caller.user).then_some(work.caller.credential);
        let keep = match own {
            Some(crate::access::caller::Credential::Session(session, _)) => Some(session.0),
            _ => None,
        };
        passwords::end_sessions(work, user.id, keep).await?;
        changed.note("password", "set", "set");
        mail::notice(work, old, "notice_password").await?;
    }
    if let Some(must_change) = change
        .must_change_password
        .filter(|flag| *flag != old.must_change_password)
    {
        stored_passwords::must_change(&mut work.tx, user.id, must_change).await?;
        changed.note(
            "must_change_password",
            old.must_change_password,
            must_change,
        );
    }
    if old.kind != user.kind && user.kind == UserKind::Service {
        stored_passwords::delete(&mut work.tx, user.id).await?;
        second_factors::delete(&mut work.tx, user.id).await?;
        passwords::end_sessions(work, user.id, None).await?;
        if old.has_password {
            mail::notice(work, old, "notice_password").await?;
        }
    }
    if let Some(role) = change.role {
        replace_role(work, user, role, changed).await?;
    }
    if let Some(wanted) = &change.groups {
        replace_groups(work, user, wanted, changed).await?;
    }
    let now = work.now;
    let opens = |user: &User| {
        matches!(
            user.standing(now),
            crate::model::Standing::Active | crate::model::Standing::LockedOut
        )
    };
    if opens(old) && !opens(user) {
        passwords::end_sessions(work, user.id, None).await?;
        if owners::is_owner(work, user.id).await? {
            owners::one_stays(work).await?;
        }
    }
    if user.email != old.email {
        // Links that were mailed to the old address lead nowhere any more.
        for purpose in TokenPurpose::ALL {
            stored_tokens::void(&mut work.tx, user.id, *purpose).await?;
        }
        mail::notice(work, old, "notice_email").await?;
    } else if user.login != old.login {
        mail::notice(work, old, "notice_login").await?;
    }
    if user.pending_email != old.pending_email {
        stored_tokens::void(&mut work.tx, user.id, TokenPurpose::ConfirmEmail).await?;
        tokens::send(work, user, TokenPurpose::ConfirmEmail, "confirm_email").await?;
    }
    if old.lockout_until.is_some() && user.lockout_until.is_none() {
        lockouts::forget(&mut work.tx, user.id).await?;
    }
    Ok(())
}

/// Stores the dialect's own document whole, or those of its members that were sent. That is a change
/// of the account too, counted by its revision.
async fn change_document(
    work: &mut Work<'_>,
    user: &User,
    change: &UserChange,
    changed: &mut Changed,
) -> Outcome<()> {
    if change.extension.is_none() && change.extension_members.is_none() {
        return Ok(());
    }
    let (now, platform) = (work.now, work.caller.platform.word());
    let of = (Extended::User, user.id.0);
    let stored = extensions::documents(&mut work.tx, of.0, &[of.1], platform).await?;
    let stored = stored.into_iter().next().map(|(_, document)| document);
    if let Some(extension) = &change.extension {
        crate::operations::extensions::check(extension)?;
        if stored.as_ref() != Some(&extension.document) {
            extensions::store_document(&mut work.tx, of.0, of.1, platform, extension, now).await?;
            changed.note("extension", platform, platform);
        }
    } else if let Some(members) = &change.extension_members {
        let mut new = match &stored {
            Some(Value::Object(map)) => map.clone(),
            _ => Map::new(),
        };
        for (name, value) in members {
            if value.is_null() {
                new.shift_remove(name);
            } else {
                new.insert(name.clone(), value.clone());
            }
        }
        let new = Value::Object(new);
        if new != stored.unwrap_or_else(|| json!({})) {
            crate::operations::extensions::check_document(&new)?;
            extensions::put_document(&mut work.tx, of.0, of.1, platform, &new, now).await?;
            changed.note("extension", platform, platform);
        }
    }
    Ok(())
}

/// Replaces the direct roles of the caller's platform by this one.
async fn replace_role(
    work: &mut Work<'_>,
    user: &User,
    role: crate::model::RoleId,
    changed: &mut Changed,
) -> Outcome<()> {
    if crate::operations::roles::granting::replace(work, user, &[role], Some(user.home)).await? {
        changed.note("role", Value::Null, role.0);
    }
    Ok(())
}

/// Replaces the memberships of groups that the dialect shows and the caller may change.
async fn replace_groups(
    work: &mut Work<'_>,
    user: &User,
    wanted: &[GroupId],
    changed: &mut Changed,
) -> Outcome<()> {
    if let Some((before, after)) =
        crate::operations::groups::members::replace(work, user, wanted).await?
    {
        changed.note("groups", json!(before), json!(after));
    }
    Ok(())
}
