//! Tells the owners of keys before they end.

use serde_json::json;

use super::event;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::directory::Directory;
use crate::handle::Handle;
use crate::model::{Key, KeyId, NewMail, Notices, Platform, User, UserKind};
use crate::operations::mail;
use crate::outcome::Outcome;
use crate::pending::Pending;
use crate::store::{keys, users};

/// How many keys one transaction notes at most, so that other writes need not wait long.
const BATCH: i64 = 100;

impl Directory {
    /// Mails the owners of keys that end within one of the spans of the setting `notices`, once for each span; of several that a key has
    /// come into since, only the shortest. A key made for no longer than a span is not told of for it. Returns of how many keys
    /// was told. The binary calls it hourly; a run that finds nothing writes nothing.
    pub fn notify_expiring_keys(&self) -> Pending<'_, u64> {
        Box::pin(async move {
            let notices: Notices = self.setting().await?;
            let mut spans = notices.key_expiry_days;
            spans.sort_unstable();
            spans.dedup();
            let handle = self.act(&self.system(Platform::USHER));
            let mut told = 0;
            for days in spans {
                let mut after = KeyId(0);
                loop {
                    let due = handle
                        .read_slow(Operation::ListKeys, async move |work: &mut Work<'_>| {
                            let now = work.now;
                            Ok(keys::ending_untold(&mut work.tx, now, days, after, BATCH).await?)
                        })
                        .await?;
                    let Some(last) = due.last() else { break };
                    after = last.id;
                    told += tell(&handle, due, days).await?;
                }
            }
            Ok(told)
        })
    }
}

/// Sends the notices that no other server has sent meanwhile.
fn tell(handle: &Handle, due: Vec<Key>, days: i64) -> Pending<'_, u64> {
    Box::pin(async move {
        handle
            .write(Operation::UpdateKey, async move |work: &mut Work<'_>| {
                let mut told = 0;
                for key in &due {
                    told += u64::from(tell_of(work, key, days).await?);
                }
                Ok(told)
            })
            .await
    })
}

async fn tell_of(work: &mut Work<'_>, key: &Key, days: i64) -> Outcome<bool> {
    let Some(end) = key.expires_at else {
        return Ok(false);
    };
    let Some(owner) = users::by_id(&mut work.tx, key.user).await? else {
        return Ok(false);
    };
    if !keys::note_told(&mut work.tx, key.id, end, days).await? {
        return Ok(false);
    }
    let recipient = recipient(work, &owner).await?;
    let detail = json!({
        "expires_at": end.rfc3339(),
        "days": days,
        "mailed_to": recipient.as_ref().map(|user| user.id.0),
    });
    event(work, "key.expiring", key, &owner, detail).await?;
    if let Some(recipient) = recipient
        && let Some(to) = recipient.email.clone()
    {
        let values = json!({
            "login": owner.login,
            "name": recipient.shown.name,
            "key": if key.name.is_empty() { "(without a name)" } else { key.name.as_str() },
            "number": key.id.0,
            "hint": format!("{}…{}", key.hint_start, key.hint_end),
            "ends_at": end.plain(),
            // A notice that waited until the end is of no use, and is not sent.
            "expires_at": end.rfc3339(),
        });
        let new = NewMail {
            template: "notice_key_expiry".to_owned(),
            user: Some(recipient.id),
            to,
            values,
        };
        mail::enqueue(work, &new).await?;
    }
    Ok(true)
}

/// Who is told: the owner, or for a service account the person who made the account.
async fn recipient(work: &mut Work<'_>, owner: &User) -> Outcome<Option<User>> {
    let recipient = match (owner.kind, owner.created_by) {
        (UserKind::Person, _) => Some(owner.clone()),
        (UserKind::Service, Some(maker)) => users::by_id(&mut work.tx, maker).await?,
        (UserKind::Service, None) => None,
    };
    Ok(recipient.filter(|user| user.email.is_some()))
}
