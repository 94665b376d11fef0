//! Recovery from the console of the machine: for an installation whose owners are all locked out.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::directory::Directory;
use crate::hashing::Turn;
use crate::model::{Fault, Kind, Platform, Status, User, UserKind};
use crate::operations::roles::owners;
use crate::pending::Pending;
use crate::rules;
use crate::store::{grants, lockouts, passwords, roles, second_factors, sessions, users};

/// The platform of events that an operator caused at the machine itself.
const CONSOLE: Platform = Platform::new("console");

impl Directory {
    /// Makes a person an owner who can sign in with this password: active, unlocked, without a second factor. Their sessions end;
    /// their keys stay. Only an operator of the machine may do it, with the server stopped.
    pub fn recover(&self, login: String, password: String) -> Pending<'_, User> {
        Box::pin(async move {
            let own = [login.as_str()];
            self.0
                .check_password(Platform::USHER, &password, &own)
                .await?;
            let hash = self
                .0
                .hash_password(password.clone(), Turn::of_server())
                .await?;
            let handle = self.act(&self.system(CONSOLE));
            handle
                .write(Operation::SetPassword, async move |work: &mut Work<'_>| {
                    let folded = rules::fold(&login);
                    let mut user = users::by_sign_in_name(&mut work.tx, &folded)
                        .await?
                        .ok_or(Fault::NotFound(Kind::User))?;
                    if user.kind == UserKind::Service {
                        return Err(Fault::invalid(
                            "login",
                            "is a service account, which does not sign in",
                        )
                        .into());
                    }
                    let now = work.now;
                    user.status = Status::Active;
                    user.lock_after = None;
                    user.locked_until = None;
                    user.lockout_until = None;
                    user.updated_at = now;
                    user.updated_by = None;
                    let alias = work.inner.alias(&user);
                    users::update(&mut work.tx, &user, alias.as_deref()).await?;
                    lockouts::forget(&mut work.tx, user.id).await?;
                    second_factors::delete(&mut work.tx, user.id).await?;
                    passwords::upsert(&mut work.tx, user.id, &hash, false, now, None).await?;
                    sessions::delete_of(&mut work.tx, user.id, None).await?;
                    let owner = roles::by_word(&mut work.tx, Platform::USHER.word(), owners::OWNER)
                        .await?
                        .ok_or_else(|| Fault::Internal("there is no role of owners".to_owned()))?;
                    grants::upsert(
                        &mut work.tx,
                        user.id,
                        owner.id,
                        crate::ROOT,
                        None,
                        now,
                        None,
                    )
                    .await?;
                    owners::grant_owner_roles(work, user.id).await?;
                    work.event("user.recovered", About::user(&user), None)
                        .await?;
                    Ok(user)
                })
                .await
        })
    }
}
