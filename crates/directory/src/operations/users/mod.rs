//! Users: list, show, make.

pub(crate) mod change;
pub(crate) mod changed;
pub(crate) mod checks;
mod confirm_email;
pub(crate) mod create;
pub(crate) mod delete;
mod facets;
pub(crate) mod guarded_fields;
pub(crate) mod home;
mod inactivity;
pub(crate) mod list;
mod many;
mod own_profile;
mod provisioning;
pub(crate) mod related;

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::hashing::Turn;
use crate::model::{
    Fault, FreshKey, NewKey, NewPassword, NewUser, Permission, Related, User, UserId, UserKind,
    UserRef, Wanted,
};
use crate::outcome::Abort;
use crate::rules::limits;

use super::keys;
use super::passwords::Prepared;
use crate::operations::users::create::create;
use crate::operations::users::related::load_related;
use crate::pending::Pending;

impl Handle {
    /// One user the caller sees.
    pub fn user(&self, which: impl Into<UserRef>) -> Pending<'_, User> {
        fn inner(handle: &Handle, which: UserRef) -> Pending<'_, User> {
            Box::pin(async move {
                let show = async |work: &mut Work<'_>| work.visible_user(&which).await;
                // Whoever sees everybody needs no look at where the user is.
                if handle.caller.reaches_all(Permission::ReadUsers.word()) {
                    handle.read_point(Operation::ShowUser, show).await
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
            // The answer that is kept under an idempotency key is written from what the transaction gives: the user alone.
            self.write(Operation::CreateUser, async move |work: &mut Work<'_>| {
                create(work, &new, uuid, prepared.as_ref()).await
            })
            .await
        })
    }

    /// Makes a user, and reads what is wanted of the user: in one transaction.
    pub fn create_user_and_show(
        &self,
        new: NewUser,
        wanted: Wanted,
    ) -> Pending<'_, (User, Related)> {
        Box::pin(async move {
            let prepared = self.prepare_new(&new).await?;
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            self.write(Operation::CreateUser, async move |work: &mut Work<'_>| {
                let user = create(work, &new, uuid, prepared.as_ref()).await?;
                let related = load_related(work, &[user.id], wanted).await?;
                Ok((user, related))
            })
            .await
        })
    }

    /// Makes a user with an API key of their own, in one transaction. The key is as limited as the
    /// one that asks: nobody gets more out of a limited key by way of a new account.
    pub fn create_user_with_key(&self, new: NewUser, key: NewKey) -> Pending<'_, (User, FreshKey)> {
        Box::pin(async move {
            let shown = self.create_user_with_key_and_show(new, key, Wanted::default());
            let (user, key, _) = shown.await?;
            Ok((user, key))
        })
    }

    /// Makes a user with an API key of their own, and reads what is wanted of the user: in one transaction.
    pub fn create_user_with_key_and_show(
        &self,
        new: NewUser,
        key: NewKey,
        wanted: Wanted,
    ) -> Pending<'_, (User, FreshKey, Related)> {
        Box::pin(async move {
            keys::check_expressions(&key.constraints)?;
            let prepared = self.prepare_new(&new).await?;
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            let key_uuid = key.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            let secret = self.inner.key_text(key.shape);
            let text = secret.clone();
            let (user, key, related) = self
                .write(Operation::CreateUser, async move |work: &mut Work<'_>| {
                    let user = create(work, &new, uuid, prepared.as_ref()).await?;
                    let key = keys::first(work, &user, &key, key_uuid, &text).await?;
                    let related = load_related(work, &[user.id], wanted).await?;
                    Ok((user, key, related))
                })
                .await?;
            Ok((user, FreshKey { key, secret }, related))
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
            let shown = self.create_users_and_show(new, Wanted::default());
            Ok(shown.await?.0)
        })
    }

    /// Makes several users, all or none, and reads what is wanted of them: in one transaction.
    pub fn create_users_and_show(
        &self,
        new: Vec<NewUser>,
        wanted: Wanted,
    ) -> Pending<'_, (Vec<User>, Related)> {
        Box::pin(async move {
            self.check_batch(&new)?;
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
                let ids: Vec<UserId> = made.iter().map(|user: &User| user.id).collect();
                let related = load_related(work, &ids, wanted).await?;
                Ok((made, related))
            })
            .await
        })
    }

    /// Refuses more people, or more passwords to hash, than one request may bring. What the server itself
    /// fills a directory with is no request.
    fn check_batch(&self, new: &[NewUser]) -> Result<(), Fault> {
        if self.caller.is_system() {
            return Ok(());
        }
        limits::check_references("users", new.len())?;
        let hashed = new.iter().filter(|one| one.password != NewPassword::None);
        limits::check_passwords(hashed.count())
    }

    pub(crate) async fn prepare_new(&self, new: &NewUser) -> Result<Option<Prepared>, Fault> {
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
