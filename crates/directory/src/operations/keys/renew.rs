//! API keys: one in place of others.

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{Fault, FreshKey, Key, KeyId, KeyShape, Kind, NewKey, UserRef};
use crate::outcome::Outcome;
use crate::store::keys;

use crate::operations::keys::create;
use crate::operations::keys::revoke;
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
                            revoke(work, old, &owner).await?;
                        }
                        Ok(key)
                    })
                    .await?;
                Ok(FreshKey { key, secret })
            })
        }
        inner(self, user.into())
    }
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
        revoke(work, old, &owner).await?;
    }
    Ok(key)
}
