//! API keys: list, make, change, revoke.

pub(crate) mod list;
mod notices;
pub(crate) mod renew;
mod text;

use serde_json::json;

use crate::access::authentication::digest;
use crate::access::scope::scope_reaches;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::handle::Handle;
use crate::model::{
    Constraint, Fault, FreshKey, Key, KeyChange, KeyField, KeyId, KeyOwner, KeyPolicy, KeyRef,
    Kind, NewKey, Page, Permission, Platform, Query, Time, User, UserId, UserRef,
};
use crate::operations::keys::list::{narrow, page, visible};
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::rules;
use crate::state::Inner;
use crate::store::keys;

pub use text::check_plain_key;
use text::hints;

impl Handle {
    /// Makes a key for oneself, or for somebody within reach. Its text is in the answer and nowhere
    /// else. People who are not active may have keys made; they open once the account does.
    pub fn create_key(&self, user: impl Into<UserRef>, new: NewKey) -> Pending<'_, FreshKey> {
        fn inner(handle: &Handle, user: UserRef, new: NewKey) -> Pending<'_, FreshKey> {
            Box::pin(async move {
                let secret = handle.inner.key_text(new.shape);
                handle.make_key(user, new, secret).await
            })
        }
        inner(self, user.into(), new)
    }

    /// Makes a key with a text chosen beforehand: only the server itself does so, at the first run.
    pub fn create_key_with(
        &self,
        user: impl Into<UserRef>,
        new: NewKey,
        secret: String,
    ) -> Pending<'_, FreshKey> {
        fn inner(
            handle: &Handle,
            user: UserRef,
            new: NewKey,
            secret: String,
        ) -> Pending<'_, FreshKey> {
            Box::pin(async move {
                if !handle.caller.is_system() {
                    return Err(Fault::Forbidden(Permission::ManageKeys));
                }
                check_plain_key(&secret)?;
                handle.make_key(user, new, secret).await
            })
        }
        inner(self, user.into(), new, secret)
    }

    async fn make_key(
        &self,
        which: UserRef,
        new: NewKey,
        secret: String,
    ) -> Result<FreshKey, Fault> {
        check_expressions(&new.constraints)?;
        let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
        self.write(Operation::CreateKey, async move |work: &mut Work<'_>| {
            let key = create(work, &which, &new, uuid, &secret).await?;
            check_title(work, &key).await?;
            Ok(FreshKey {
                key,
                secret: secret.clone(),
            })
        })
        .await
    }

    /// One page of the keys the caller sees: their own, and those of people whose keys they manage.
    /// Revoked and expired ones are among them.
    pub fn keys<'a>(&'a self, query: &'a Query<KeyField>) -> Pending<'a, Page<Key>> {
        Box::pin(async move {
            let query = query.clone();
            let bounded = query.search.is_none() && !query.total && narrow(&query.predicate);
            let list = async move |work: &mut Work<'_>| page(work, &query).await;
            if bounded {
                self.read(Operation::ListKeys, list).await
            } else {
                self.read_slow(Operation::ListKeys, list).await
            }
        })
    }

    /// One key the caller sees.
    pub fn key(&self, which: impl Into<KeyRef>) -> Pending<'_, Key> {
        fn inner(handle: &Handle, which: KeyRef) -> Pending<'_, Key> {
            Box::pin(async move {
                handle
                    .read(Operation::ListKeys, async |work: &mut Work<'_>| {
                        Ok(visible(work, &which).await?.0)
                    })
                    .await
            })
        }
        inner(self, which.into())
    }

    /// Changes a key. Its text never changes.
    pub fn update_key(&self, which: impl Into<KeyRef>, change: KeyChange) -> Pending<'_, Key> {
        fn inner(handle: &Handle, which: KeyRef, change: KeyChange) -> Pending<'_, Key> {
            Box::pin(async move {
                check_expressions(change.constraints.as_deref().unwrap_or_default())?;
                handle
                    .write(Operation::UpdateKey, async move |work: &mut Work<'_>| {
                        Ok(update(work, &which, &change).await?.0)
                    })
                    .await
            })
        }
        inner(self, which.into(), change)
    }

    /// Changes a key, and reads its owner, whom the caller must see: in one transaction.
    pub fn update_key_and_show(
        &self,
        which: impl Into<KeyRef>,
        change: KeyChange,
    ) -> Pending<'_, (Key, User)> {
        fn inner(handle: &Handle, which: KeyRef, change: KeyChange) -> Pending<'_, (Key, User)> {
            Box::pin(async move {
                check_expressions(change.constraints.as_deref().unwrap_or_default())?;
                handle
                    .write(Operation::UpdateKey, async move |work: &mut Work<'_>| {
                        let (key, owner) = update(work, &which, &change).await?;
                        if !work.sees_user(&owner).await? {
                            return Err(Fault::NotFound(Kind::User).into());
                        }
                        Ok((key, owner))
                    })
                    .await
            })
        }
        inner(self, which.into(), change)
    }

    /// Revokes a key for good; a second time changes nothing. That it was replaced by another is
    /// forgotten.
    pub fn revoke_key(&self, which: impl Into<KeyRef>) -> Pending<'_, Key> {
        fn inner(handle: &Handle, which: KeyRef) -> Pending<'_, Key> {
            Box::pin(async move {
                handle
                    .write(Operation::RevokeKey, async move |work: &mut Work<'_>| {
                        let (mut key, owner) = visible(work, &which).await?;
                        work.guard_takeover(&owner).await?;
                        revoke(work, &key, &owner).await?;
                        if key.replaced {
                            keys::put_replaced(&mut work.tx, key.id, false).await?;
                            let detail = json!({ "before": described(&key) });
                            event(work, "key.forgotten", &key, &owner, detail).await?;
                        }
                        key.replaced = false;
                        if key.revoked_at.is_none() {
                            key.revoked_at = Some(work.now);
                            key.revoked_by = work.actor();
                        }
                        Ok(key)
                    })
                    .await
            })
        }
        inner(self, which.into())
    }

    /// Revokes all of somebody's keys but one; tells how many there were.
    pub fn revoke_keys_of(
        &self,
        user: impl Into<UserRef>,
        except: Option<KeyId>,
    ) -> Pending<'_, u64> {
        fn inner(handle: &Handle, user: UserRef, except: Option<KeyId>) -> Pending<'_, u64> {
            Box::pin(async move {
                let which = user;
                handle
                    .write(Operation::RevokeKey, async move |work: &mut Work<'_>| {
                        revoke_of(work, &which, except).await
                    })
                    .await
            })
        }
        inner(self, user.into(), except)
    }
}

/// Refuses expressions beyond the bounds, before the transaction, which others wait for.
pub(crate) fn check_expressions(constraints: &[Constraint]) -> Result<(), Fault> {
    rules::CompiledLimits::compile(Vec::new(), constraints.to_vec()).map(drop)
}

impl Inner {
    /// Adds the uses that are not written yet.
    pub(super) fn with_pending_uses(&self, mut key: Key) -> Key {
        if let Some(pending) = self.usage.of_key(key.id) {
            key.use_count += pending.count;
            key.last_used_at = key.last_used_at.max(Some(pending.last));
            let addresses = pending.texts();
            if let Some(last) = addresses.last() {
                key.last_address = Some(last.clone());
            }
            keys::remember_addresses(&mut key.seen_addresses, &addresses);
        }
        key
    }
}

pub(crate) async fn create(
    work: &mut Work<'_>,
    which: &UserRef,
    new: &NewKey,
    uuid: uuid::Uuid,
    secret: &str,
) -> Outcome<Key> {
    let owner = work.target_user(which).await?;
    work.guard_takeover(&owner).await?;
    // A key outlives the session that made it, whoever's it is.
    work.require_proof().await?;
    create_for(work, &owner, new, uuid, secret).await
}

/// The first key of an account that is being made, as limited as the key that asks.
pub(crate) async fn first(
    work: &mut Work<'_>,
    owner: &User,
    new: &NewKey,
    uuid: uuid::Uuid,
    secret: &str,
) -> Outcome<Key> {
    let limits = work.caller.limits.clone();
    let new = match limits.limited() {
        true => new.clone().limited_by(limits),
        false => new.clone(),
    };
    let key = create_for(work, owner, &new, uuid, secret).await?;
    check_title(work, &key).await?;
    Ok(key)
}

/// Refuses a title that another standing key of the same platform and organisation has. It is asked after
/// the key is written, in the transaction that wrote it, so two requests at once cannot both have it.
async fn check_title(work: &mut Work<'_>, key: &Key) -> Outcome<()> {
    let (Some(platform), Some(organisation), None) =
        (&key.platform, key.organisation, key.revoked_at)
    else {
        return Ok(());
    };
    let title = rules::key_title(&key.name);
    if title.is_empty() {
        return Ok(());
    }
    let others = keys::names_in(&mut work.tx, platform, organisation, key.id).await?;
    if others.iter().any(|other| rules::key_title(other) == title) {
        return Err(Fault::Taken { field: "name" }.into());
    }
    Ok(())
}

async fn create_for(
    work: &mut Work<'_>,
    owner: &User,
    new: &NewKey,
    uuid: uuid::Uuid,
    secret: &str,
) -> Outcome<Key> {
    rules::check_key_limits(&new.name, &new.addresses, &new.constraints, &new.scopes)?;
    if let Some(organisation) = new.organisation {
        work.require_named_organisation(organisation).await?;
    }
    let inner = std::sync::Arc::clone(&work.inner);
    let policy: KeyPolicy = inner.setting(&mut work.tx).await?;
    let expires_at = match work.caller.is_system() {
        true => new.expires_at,
        false => rules::key_end(new.expires_at, work.now, &policy)?,
    };
    let platform = work.caller.platform.word();
    let only_here = !new.constraints.is_empty()
        || !new.scopes.is_empty()
        || work.caller.limits.platform.is_some()
        || !opens_every_door(work, owner).await?;
    let (hint_start, hint_end) = hints(secret);
    let mut key = Key {
        id: KeyId(0),
        uuid,
        user: owner.id,
        name: new.name.clone(),
        hint_start,
        hint_end,
        origin: platform.to_owned(),
        platform: only_here.then(|| platform.to_owned()),
        read_only: new.read_only,
        addresses: new.addresses.clone(),
        constraints: new.constraints.clone(),
        scopes: new.scopes.clone(),
        organisation: new.organisation,
        expires_at,
        revoked_at: None,
        revoked_by: None,
        replaced: false,
        created_at: work.now,
        created_by: work.actor(),
        use_count: 0,
        last_used_at: None,
        last_address: None,
        seen_addresses: Vec::new(),
        version: 1,
        owner: KeyOwner::of(owner),
    };
    check_narrower(work, &key)?;
    key.id = keys::insert(&mut work.tx, &key, &digest(secret))
        .await?
        .ok_or(Fault::Taken { field: "uuid" })?;
    event(
        work,
        "key.created",
        &key,
        owner,
        json!({ "after": described(&key) }),
    )
    .await?;
    Ok(key)
}

/// Whether a key for this person may open every dialect. One for somebody else opens only the dialect it
/// is minted in, unless a role of `usher`, which counts in all of them, lets the caller mint it.
async fn opens_every_door(work: &mut Work<'_>, owner: &User) -> Outcome<bool> {
    if work.caller.is_system() {
        return Ok(true);
    }
    if work.caller.impersonator.is_some() {
        return Ok(false);
    }
    if owner.id == work.caller.user {
        return Ok(true);
    }
    let permission = work.operation.access().permission;
    let above = work.ancestors(owner.home).await?;
    Ok(work.caller.held.iter().any(|held| {
        held.platform == Platform::USHER
            && crate::model::word_covers(&held.word, permission.word())
            && scope_reaches(&held.scope, owner, &above)
    }))
}

/// A key that is limited itself makes and changes only keys that are as limited.
fn check_narrower(work: &Work<'_>, key: &Key) -> Result<(), Fault> {
    if key.limits().narrower_or_equal(&work.caller.limits) {
        Ok(())
    } else {
        Err(Fault::ExceedsOwn)
    }
}

/// The key as it is then, and its owner.
async fn update(work: &mut Work<'_>, which: &KeyRef, change: &KeyChange) -> Outcome<(Key, User)> {
    let (old, owner) = visible(work, which).await?;
    work.guard_takeover(&owner).await?;
    let mut key = old.clone();
    if let Some(name) = &change.name {
        key.name.clone_from(name);
    }
    if let Some(expires_at) = change.expires_at {
        let inner = std::sync::Arc::clone(&work.inner);
        let policy: KeyPolicy = inner.setting(&mut work.tx).await?;
        key.expires_at = match expires_at == key.expires_at {
            // Writing back what is stored changes nothing.
            true => expires_at,
            false => rules::key_end(expires_at, work.now, &policy)?,
        };
    }
    if let Some(read_only) = change.read_only {
        key.read_only = read_only;
    }
    if let Some(addresses) = &change.addresses {
        key.addresses.clone_from(addresses);
    }
    if let Some(constraints) = &change.constraints {
        key.constraints.clone_from(constraints);
    }
    if let Some(scopes) = &change.scopes {
        key.scopes.clone_from(scopes);
    }
    rules::check_key_limits(&key.name, &key.addresses, &key.constraints, &key.scopes)?;
    // Limits are read in the dialect that set them, so they stay with it while there are any. What was
    // minted for one dialect alone stays there when they go, unless the caller could mint a freer one.
    let limited = !key.constraints.is_empty() || !key.scopes.is_empty();
    if limited {
        let here = || work.caller.platform.word().to_owned();
        key.platform = key.platform.or_else(|| Some(here()));
    } else if (!old.constraints.is_empty() || !old.scopes.is_empty())
        && opens_every_door(work, &owner).await?
    {
        key.platform = None;
    }
    if key == old {
        return Ok((key, owner));
    }
    work.require_proof().await?;
    check_narrower(work, &key)?;
    keys::update(&mut work.tx, &key).await?;
    key.version += 1;
    if (&key.name, &key.platform) != (&old.name, &old.platform) {
        check_title(work, &key).await?;
    }
    let detail = json!({ "before": described(&old), "after": described(&key) });
    event(work, "key.changed", &key, &owner, detail).await?;
    Ok((key, owner))
}

/// Revokes all of a person's keys but one, with every rule; tells how many there were.
pub(crate) async fn revoke_of(
    work: &mut Work<'_>,
    which: &UserRef,
    except: Option<KeyId>,
) -> Outcome<u64> {
    let owner = work.target_user(which).await?;
    work.guard_takeover(&owner).await?;
    let mut count = 0;
    for key in keys::standing_of(&mut work.tx, owner.id).await? {
        if Some(key.id) != except {
            revoke(work, &key, &owner).await?;
            count += 1;
        }
    }
    Ok(count)
}

pub(crate) async fn revoke(work: &mut Work<'_>, key: &Key, owner: &User) -> Outcome<()> {
    let (now, actor): (Time, _) = (work.now, work.actor());
    if keys::revoke(&mut work.tx, key.id, now, actor).await? {
        event(
            work,
            "key.revoked",
            key,
            owner,
            json!({ "before": described(key) }),
        )
        .await?;
    }
    Ok(())
}

/// Revokes a key that another takes the place of.
pub(crate) async fn replace(work: &mut Work<'_>, key: &Key, owner: &User) -> Outcome<()> {
    revoke(work, key, owner).await?;
    keys::put_replaced(&mut work.tx, key.id, true).await?;
    Ok(())
}

async fn event(
    work: &mut Work<'_>,
    verb: &str,
    key: &Key,
    owner: &User,
    detail: serde_json::Value,
) -> Outcome<()> {
    let about = About {
        entity: "key",
        id: Some(key.id.0),
        name: Some(&key.name),
        organisation: Some(owner.home),
        subject: Some(owner.id.0),
    };
    work.event(verb, about, Some(detail)).await
}

/// What an event tells of a key; never its text.
fn described(key: &Key) -> serde_json::Value {
    let UserId(user) = key.user;
    json!({
        "user": user,
        "name": key.name,
        "hint": format!("{}…{}", key.hint_start, key.hint_end),
        "read_only": key.read_only,
        "addresses": key.addresses,
        "constraints": key.constraints,
        "scopes": key.scopes,
        "organisation": key.organisation,
        "expires_at": key.expires_at,
    })
}
