//! API keys: one in place of others.

use serde_json::json;

use crate::access::authentication::digest;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{Fault, FreshKey, Key, KeyId, KeyRef, KeyShape, Kind, NewKey, User, UserRef};
use crate::outcome::Outcome;
use crate::store::keys;

use super::list::visible;
use super::{check_narrower, check_title, create, event, hints, opens_every_door, replace};
use crate::pending::Pending;

impl Handle {
    /// Makes a key of one's own in place of others, in one transaction: of the one named, with its
    /// limits, or (of none) of those made through the caller's dialect.
    pub fn renew_own_key<'a>(
        &'a self,
        replaced: Option<KeyId>,
        name: &'a str,
    ) -> Pending<'a, FreshKey> {
        Box::pin(async move {
            let secret = self.inner.key_text(KeyShape::Plain);
            let uuid = self.inner.seams.random_uuid();
            let (text, name) = (secret.clone(), name.to_owned());
            let key = self
                .write(Operation::CreateKey, async move |work: &mut Work<'_>| {
                    renew(work, replaced, &name, uuid, &text).await
                })
                .await?;
            Ok(FreshKey { key, secret })
        })
    }

    /// Gives a key another text; its id, owner and limits stay. The old text and every token got with
    /// it open nothing from then on. Revoked keys stay revoked.
    pub fn renew_key_text(&self, which: impl Into<KeyRef>) -> Pending<'_, FreshKey> {
        fn inner(handle: &Handle, which: KeyRef) -> Pending<'_, FreshKey> {
            Box::pin(async move {
                let secret = handle.inner.key_text(KeyShape::Plain);
                let text = secret.clone();
                let key = handle
                    .write(Operation::UpdateKey, async move |work: &mut Work<'_>| {
                        Ok(replace_text(work, &which, &text).await?.0)
                    })
                    .await?;
                Ok(FreshKey { key, secret })
            })
        }
        inner(self, which.into())
    }

    /// Gives a key another text as [`Handle::renew_key_text`] does, and reads its owner, whom the caller must see: in one
    /// transaction.
    pub fn renew_key_text_and_show(
        &self,
        which: impl Into<KeyRef>,
    ) -> Pending<'_, (FreshKey, User)> {
        fn inner(handle: &Handle, which: KeyRef) -> Pending<'_, (FreshKey, User)> {
            Box::pin(async move {
                let secret = handle.inner.key_text(KeyShape::Plain);
                let text = secret.clone();
                let (key, owner) = handle
                    .write(Operation::UpdateKey, async move |work: &mut Work<'_>| {
                        let (key, owner) = replace_text(work, &which, &text).await?;
                        if !work.sees_user(&owner).await? {
                            return Err(Fault::NotFound(Kind::User).into());
                        }
                        Ok((key, owner))
                    })
                    .await?;
                Ok((FreshKey { key, secret }, owner))
            })
        }
        inner(self, which.into())
    }

    /// Makes a key for somebody in place of all they have, in one transaction.
    pub fn replace_keys_of(&self, user: impl Into<UserRef>) -> Pending<'_, FreshKey> {
        fn inner(handle: &Handle, user: UserRef) -> Pending<'_, FreshKey> {
            Box::pin(async move {
                let which = user;
                let secret = handle.inner.key_text(KeyShape::Plain);
                let uuid = handle.inner.seams.random_uuid();
                let text = secret.clone();
                let key = handle
                    .write(Operation::CreateKey, async move |work: &mut Work<'_>| {
                        let owner = work.target_user(&which).await?;
                        let gone = keys::standing_of(&mut work.tx, owner.id).await?;
                        // No limits are asked for here, so the new one has those of the key that asks.
                        let limits = work.caller.limits.clone();
                        let new = NewKey::default().limited_by(limits);
                        let key = create(work, &which, &new, uuid, &text).await?;
                        for old in &gone {
                            replace(work, old, &owner).await?;
                        }
                        check_title(work, &key).await?;
                        Ok(key)
                    })
                    .await?;
                Ok(FreshKey { key, secret })
            })
        }
        inner(self, user.into())
    }
}

/// The key as it is then, and its owner.
async fn replace_text(work: &mut Work<'_>, which: &KeyRef, secret: &str) -> Outcome<(Key, User)> {
    let (mut key, owner) = visible(work, which).await?;
    if key.revoked_at.is_some() {
        return Err(Fault::NotFound(Kind::Key).into());
    }
    work.guard_takeover(&owner).await?;
    work.require_proof().await?;
    check_narrower(work, &key)?;
    // Another text is another key: a caller whose roles count in one dialect gets none for others by it.
    let here = key.platform.as_deref() == Some(work.caller.platform.word());
    if !here && !opens_every_door(work, &owner).await? {
        return Err(Fault::ExceedsOwn.into());
    }
    (key.hint_start, key.hint_end) = hints(secret);
    if !keys::replace_text(&mut work.tx, &key, &digest(secret)).await? {
        return Err(Fault::Taken { field: "key" }.into());
    }
    event(work, "key.text_renewed", &key, &owner, json!({})).await?;
    Ok((key, owner))
}

async fn renew(
    work: &mut Work<'_>,
    replaced: Option<KeyId>,
    name: &str,
    uuid: uuid::Uuid,
    secret: &str,
) -> Outcome<Key> {
    let (own, door) = (work.caller.user, work.caller.platform.word());
    let standing = keys::standing_of(&mut work.tx, own).await?;
    let gone: Vec<&Key> = standing
        .iter()
        .filter(|key| match replaced {
            Some(id) => key.id == id,
            None => key.origin == door,
        })
        .collect();
    let new = match (replaced, gone.first()) {
        (Some(_), None) => return Err(Fault::NotFound(Kind::Key).into()),
        (Some(_), Some(old)) => NewKey {
            name: old.name.clone(),
            ..NewKey::default().limited_by(old.limits())
        },
        (None, _) => NewKey {
            name: name.to_owned(),
            ..NewKey::default()
        },
    };
    let key = create(work, &own.into(), &new, uuid, secret).await?;
    let owner = work.target_user(&own.into()).await?;
    for old in gone {
        replace(work, old, &owner).await?;
    }
    check_title(work, &key).await?;
    Ok(key)
}
