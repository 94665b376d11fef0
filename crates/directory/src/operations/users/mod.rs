//! Users: list, show, make.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod guarded_fields;
pub(crate) mod home;
mod inactivity;
pub(crate) mod list;
pub(crate) mod related;

use serde_json::{Value, json};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::hashing::Turn;
use crate::model::{
    Fault, FreshKey, NewKey, NewPassword, NewUser, OrganisationId, Permission, Scope, User,
    UserKind, UserRef,
};
use crate::outcome::{Abort, Outcome};
use crate::rules;
use crate::store::{organisations, users};

use super::keys;
use super::passwords::Prepared;
use crate::operations::users::create::create;
use crate::pending::Pending;

impl Handle {
    /// One user the caller sees.
    pub fn user(&self, which: impl Into<UserRef>) -> Pending<'_, User> {
        fn inner(handle: &Handle, which: UserRef) -> Pending<'_, User> {
            Box::pin(async move {
                let show = async |work: &mut Work<'_>| work.visible_user(&which).await;
                // Whoever sees everybody needs no look at where the user is.
                if handle.caller.reaches_all(Permission::ReadUsers.word()) {
                    handle.read_single(Operation::ShowUser, show).await
                } else {
                    handle.read(Operation::ShowUser, show).await
                }
            })
        }
        inner(self, which.into())
    }

    /// Makes a user.
    pub fn create_user(&self, new: NewUser) -> Pending<'_, User> {
        Box::pin(async move {
            let prepared = self.prepare_new(&new).await?;
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            self.write(Operation::CreateUser, async move |work: &mut Work<'_>| {
                create(work, &new, uuid, prepared.as_ref()).await
            })
            .await
        })
    }

    /// Makes a user with an API key of their own, in one transaction. The key is as limited as the
    /// one that asks: nobody gets more out of a limited key by way of a new account.
    pub fn create_user_with_key(&self, new: NewUser, key: NewKey) -> Pending<'_, (User, FreshKey)> {
        Box::pin(async move {
            keys::check_expressions(&key.constraints)?;
            let prepared = self.prepare_new(&new).await?;
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            let key_uuid = key.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            let secret = self.inner.key_text(key.shape);
            let text = secret.clone();
            let (user, key) = self
                .write(Operation::CreateUser, async move |work: &mut Work<'_>| {
                    let user = create(work, &new, uuid, prepared.as_ref()).await?;
                    let key = keys::first(work, &user, &key, key_uuid, &text).await?;
                    Ok((user, key))
                })
                .await?;
            Ok((user, FreshKey { key, secret }))
        })
    }

    /// Checks everything that making this user would check, and makes nothing.
    pub fn validate_user(&self, new: NewUser) -> Pending<'_, ()> {
        Box::pin(async move {
            let prepared = self.prepare_new(&new).await?;
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            let result = self
                .write_or_undo(Operation::CreateUser, async move |work: &mut Work<'_>| {
                    create(work, &new, uuid, prepared.as_ref()).await?;
                    Err::<(), Abort>(Abort::Undo)
                })
                .await;
            result.map(|_| ())
        })
    }

    /// Makes several users, all or none.
    pub fn create_users(&self, new: Vec<NewUser>) -> Pending<'_, Vec<User>> {
        Box::pin(async move {
            let mut all = Vec::with_capacity(new.len());
            for one in new {
                let prepared = self.prepare_new(&one).await?;
                let uuid = one.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
                all.push((one, uuid, prepared));
            }
            self.write(Operation::CreateUser, async move |work: &mut Work<'_>| {
                let mut made = Vec::with_capacity(all.len());
                for (one, uuid, prepared) in &all {
                    made.push(create(work, one, *uuid, prepared.as_ref()).await?);
                }
                Ok(made)
            })
            .await
        })
    }

    async fn prepare_new(&self, new: &NewUser) -> Result<Option<Prepared>, Fault> {
        // A caller without the permission learns nothing about the password, and costs no hash.
        if !self
            .caller
            .here()
            .any(|held| crate::model::word_covers(&held.word, Permission::CreateUsers.word()))
        {
            return Err(Fault::Forbidden(Permission::CreateUsers));
        }
        // A password sent when making a service account is ignored: clients always send one.
        if new.kind == Some(UserKind::Service) {
            return Ok(None);
        }
        if new.password == NewPassword::None {
            return Ok(None);
        }
        self.admit_unlimited(Operation::CreateUser)?;
        let home = new.home.or(new.organisations.first().copied());
        let home = home
            .or(self.caller.organisation)
            .unwrap_or(self.caller.home);
        let organisation = self.inner.organisation_name(home).await?;
        let own: Vec<&str> = [
            &new.login,
            &new.email,
            &new.names.display,
            &new.names.given,
            &new.names.family,
        ]
        .into_iter()
        .filter_map(|name| name.as_deref())
        .chain([organisation.as_str()])
        .collect();
        self.inner
            .prepare_password(
                self.caller.platform,
                &new.password,
                &own,
                Turn::of_caller(&self.caller),
            )
            .await
    }
}

/// Checks the texts of a user; they are stored as sent.
pub(crate) fn check_texts(user: &User) -> Result<(), Fault> {
    rules::check_text("login", &user.login, 254, false)?;
    for (field, text) in [
        ("display", &user.names.display),
        ("given", &user.names.given),
        ("family", &user.names.family),
        ("department", &user.department),
        ("title", &user.title),
        ("time_zone", &user.time_zone),
    ] {
        if let Some(text) = text {
            rules::check_text(field, text, 255, false)?;
        }
    }
    if user.login.trim().is_empty() || user.login.trim() != user.login {
        return Err(Fault::invalid(
            "login",
            "must not be empty or begin or end with a blank",
        ));
    }
    Ok(())
}

/// The organisation's allowed domains bind those who do not reach the whole installation.
pub(crate) async fn check_home_domain(
    work: &mut Work<'_>,
    permission: Permission,
    home: OrganisationId,
    email: &str,
) -> Outcome<()> {
    // What a limited key makes lies within them even so: the address is a way in without the limits.
    let free = !work.caller.limits.limited();
    if free && work.scopes_of(permission).contains(&Scope::All) {
        return Ok(());
    }
    if let Some(organisation) = organisations::by_id(&mut work.tx, home).await? {
        rules::check_domain(email, &organisation.domains)?;
    }
    Ok(())
}

/// One's own address changes at once only where nobody else's is taken by that: within the home's
/// domains, or the old address's. Whoever may edit the people of their home decides themselves, and a
/// mail to the new address has confirmed it.
pub(crate) async fn check_own_address(work: &mut Work<'_>, old: &User, email: &str) -> Outcome<()> {
    if old.id != work.caller.user || work.caller.proof || work.caller.is_system() {
        return Ok(());
    }
    if work
        .reaches_organisation(Permission::EditUsers, old.home)
        .await?
    {
        return Ok(());
    }
    let home = organisations::by_id(&mut work.tx, old.home)
        .await?
        .ok_or(Fault::NotFound(crate::model::Kind::Organisation))?;
    Ok(rules::check_own_address(
        old.email.as_deref(),
        email,
        &home.domains,
    )?)
}

/// Takes the login and the e-mail in the one name space.
pub(crate) async fn take_names(work: &mut Work<'_>, user: &User) -> Outcome<()> {
    let email = user.email.as_deref().map(rules::fold).unwrap_or_default();
    let login = rules::fold(&user.login);
    if !email.is_empty() && !users::take_name(&mut work.tx, &email, user.id).await? {
        return Err(Fault::Taken { field: "email" }.into());
    }
    if login != email && !users::take_name(&mut work.tx, &login, user.id).await? {
        return Err(Fault::Taken { field: "login" }.into());
    }
    Ok(())
}

/// What an event tells of a user; never a secret.
pub(crate) fn described(user: &User) -> Value {
    json!({
        "login": user.login,
        "email": user.email,
        "name": user.shown.name,
        "kind": user.kind,
        "status": user.status,
        "home": user.home,
    })
}
