//! Mail as the directory knows it: a sealed row in the transaction that caused it, claimed later by
//! the server's background worker, which sends it and says how that went.

use base64::Engine as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::audit::About;
use crate::directory::Directory;
use crate::handle::Handle;
use crate::model::{
    Fault, MailEntry, MailField, MailId, Message, NewMail, Page, Query, QueuedMail, Scope, Setting,
    Time, User, UserRef,
};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::store::{Tx, outbox, pages, settings};

/// What outbox rows are sealed for.
const PURPOSE: &str = "mail";
/// What the password of the mail account is sealed for.
const PASSWORD_PURPOSE: &str = "mail password";
/// Milliseconds a worker has for a mail it claimed; then another may try.
pub const MAIL_LEASE: i64 = 300_000;
/// Letters of an error that are kept.
const ERROR_LENGTH: usize = 500;

/// The password of the mail account, apart from the settings that administrators read and write.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MailPassword {
    sealed: Option<String>,
}

impl Setting for MailPassword {
    const NAME: &'static str = "mail_password";
    const GOVERNS_SIGN_IN: bool = false;
}

/// Whether the stored password of the mail account, if there is one, opens with a key.
pub(crate) fn password_opens(document: &str, secret: &[u8; 32]) -> bool {
    let Ok(stored) = serde_json::from_str::<MailPassword>(document) else {
        return false;
    };
    let Some(sealed) = stored.sealed else {
        return true;
    };
    base64::engine::general_purpose::STANDARD
        .decode(sealed)
        .is_ok_and(|sealed| crate::sealing::open(secret, PASSWORD_PURPOSE, &sealed).is_some())
}

/// What the setting of the mail account's password is called.
pub(crate) const PASSWORD_SETTING: &str = MailPassword::NAME;

/// Whether the mail account has a password.
pub(crate) async fn has_password(work: &mut Work<'_>) -> Outcome<bool> {
    let inner = std::sync::Arc::clone(&work.inner);
    let stored: MailPassword = inner.setting(&mut work.tx).await?;
    Ok(stored.sealed.is_some())
}

/// Stores the password of the mail account, or takes it away. It is never shown again.
pub(crate) async fn put_password(work: &mut Work<'_>, password: &MailPassword) -> Outcome<()> {
    let (now, actor) = (work.now, work.actor());
    let name = MailPassword::NAME;
    settings::upsert(&mut work.tx, name, &json!(password).to_string(), now, actor).await?;
    let about = About {
        entity: "setting",
        name: Some(name),
        ..About::default()
    };
    let after = if password.sealed.is_some() {
        "set"
    } else {
        "removed"
    };
    work.event("setting.changed", about, Some(json!({ "after": after })))
        .await
}

/// Queues a mail in the transaction of its cause.
pub(crate) async fn enqueue(work: &mut Work<'_>, mail: &NewMail) -> Outcome<()> {
    let document = json!({ "to": mail.to, "values": mail.values });
    let sealed = work.inner.seal(PURPOSE, document.to_string().as_bytes())?;
    let uuid = work.inner.seams.uuid();
    let now = work.now;
    outbox::insert(&mut work.tx, uuid, &mail.template, mail.user, &sealed, now).await?;
    Ok(())
}

/// Tells the old address about a change of its account.
pub(crate) async fn notice(work: &mut Work<'_>, user: &User, template: &str) -> Outcome<()> {
    let Some(to) = user.email.clone() else {
        return Ok(());
    };
    let values = json!({ "login": user.login, "name": user.shown.name });
    enqueue(
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

impl Directory {
    /// Claims mails that are due. Each is this worker's until its lease ends; two nodes never hold the
    /// same one.
    pub fn due_mail(&self, limit: u32) -> Pending<'_, Vec<QueuedMail>> {
        Box::pin(async move {
            let (now, limit) = (self.now(), i64::from(limit));
            // An empty outbox, which is the usual one, costs no write.
            let due = self
                .0
                .store
                .read(async |tx: &mut Tx<'_>| -> Outcome<_> {
                    Ok(outbox::due(tx, now, limit).await?)
                })
                .await
                .map_err(Abort::into_fault)?;
            if due.is_empty() {
                return Ok(Vec::new());
            }
            let claimed = self
                .0
                .store
                .write(async move |tx: &mut Tx<'_>| -> Outcome<_> {
                    let mut claimed = Vec::with_capacity(due.len());
                    for id in &due {
                        claimed.extend(outbox::claim(tx, *id, now, now.plus(MAIL_LEASE)).await?);
                    }
                    Ok(claimed)
                })
                .await
                .map_err(Abort::into_fault)?;
            let mut mails = Vec::with_capacity(claimed.len());
            for one in claimed {
                match self.opened(&one) {
                    Ok((to, values)) => mails.push(QueuedMail {
                        id: one.id,
                        uuid: one.uuid,
                        template: one.template,
                        user: one.user,
                        to,
                        values,
                        attempts: one.attempts,
                        created_at: one.created_at,
                    }),
                    Err(fault) => {
                        tracing::error!(mail = one.id.0, %fault, "a queued mail cannot be opened");
                        self.mail_failed(one.id, "cannot be opened", None).await?;
                    }
                }
            }
            Ok(mails)
        })
    }

    fn opened(&self, one: &outbox::Claimed) -> Result<(String, Value), Fault> {
        #[derive(Deserialize)]
        struct Document {
            to: String,
            values: Value,
        }
        let plain = self.0.unseal(PURPOSE, &one.sealed)?;
        let document: Document = serde_json::from_slice(&plain)
            .map_err(|_| Fault::Internal("a queued mail is malformed".to_owned()))?;
        Ok((document.to, document.values))
    }

    /// The mail went out; its contents are forgotten.
    pub fn mail_sent(&self, id: MailId) -> Pending<'_, ()> {
        self.mail_ended(id, false)
    }

    /// It was written as a file, since there is no server to send it by.
    pub fn mail_filed(&self, id: MailId) -> Pending<'_, ()> {
        self.mail_ended(id, true)
    }

    fn mail_ended(&self, id: MailId, filed: bool) -> Pending<'_, ()> {
        Box::pin(async move {
            let now = self.now();
            self.0
                .store
                .write(async move |tx: &mut Tx<'_>| -> Outcome<()> {
                    outbox::mark_sent(tx, id, filed, now).await?;
                    Ok(())
                })
                .await
                .map_err(Abort::into_fault)
        })
    }

    /// It did not. With a time it is tried again then, without it is given up. The error is the mail
    /// server's answer; it must not quote the mail.
    pub fn mail_failed<'a>(
        &'a self,
        id: MailId,
        error: &'a str,
        retry_at: Option<Time>,
    ) -> Pending<'a, ()> {
        Box::pin(async move {
            let now = self.now();
            let error: String = error
                .chars()
                .filter(|c| !c.is_control())
                .take(ERROR_LENGTH)
                .collect();
            self.0
                .store
                .write(async move |tx: &mut Tx<'_>| -> Outcome<()> {
                    match retry_at {
                        Some(at) => outbox::retry(tx, id, &error, at).await?,
                        None => outbox::failed(tx, id, &error, now).await?,
                    };
                    Ok(())
                })
                .await
                .map_err(Abort::into_fault)
        })
    }

    /// The password of the mail account, for the worker.
    pub fn mail_password(&self) -> Pending<'_, Option<String>> {
        Box::pin(async move {
            let stored: MailPassword = self
                .0
                .store
                .read(async |tx: &mut Tx<'_>| -> Outcome<_> { self.0.setting(tx).await })
                .await
                .map_err(Abort::into_fault)?;
            let Some(sealed) = stored.sealed else {
                return Ok(None);
            };
            let sealed = base64::engine::general_purpose::STANDARD
                .decode(sealed)
                .map_err(|_| Fault::Internal("the sealed mail password is malformed".to_owned()))?;
            let plain = self.0.unseal(PASSWORD_PURPOSE, &sealed)?;
            String::from_utf8(plain)
                .map(Some)
                .map_err(|_| Fault::Internal("the mail password is malformed".to_owned()))
        })
    }
}

impl Handle {
    /// Seals a password of the mail account, or none, for [`put_password`].
    pub(crate) fn seal_mail_password(&self, password: Option<&str>) -> Result<MailPassword, Fault> {
        let sealed = password
            .map(|password| self.inner.seal(PASSWORD_PURPOSE, password.as_bytes()))
            .transpose()?
            .map(|sealed| base64::engine::general_purpose::STANDARD.encode(sealed));
        Ok(MailPassword { sealed })
    }

    /// Whether the mail account has a password, for doors that show a mask.
    pub fn has_mail_password(&self) -> Pending<'_, bool> {
        Box::pin(async move {
            self.read(Operation::ReadSettings, async |work: &mut Work<'_>| {
                work.require_everywhere()?;
                has_password(work).await
            })
            .await
        })
    }

    /// One page of what became of mails; never their contents.
    pub fn mail_page<'a>(&'a self, query: &'a Query<MailField>) -> Pending<'a, Page<MailEntry>> {
        Box::pin(async move {
            let query = query.clone();
            self.read_slow(Operation::ListMail, async move |work: &mut Work<'_>| {
                work.require_everywhere()?;
                let now = work.now;
                let statements =
                    pages::compile::<outbox::Mails>(&query, |_| {}, &[Scope::All], None, now)?;
                Ok(pages::run::<outbox::Mails>(&mut work.tx, &statements).await?)
            })
            .await
        })
    }

    /// What became of mails, newest first, below a number; never their contents.
    pub fn mails(&self, before: Option<MailId>, limit: u32) -> Pending<'_, Vec<MailEntry>> {
        Box::pin(async move {
            self.read(Operation::ListMail, async |work: &mut Work<'_>| {
                work.require_everywhere()?;
                let before = before.unwrap_or(MailId(i64::MAX));
                Ok(outbox::list(&mut work.tx, before, i64::from(limit.min(1_000))).await?)
            })
            .await
        })
    }

    /// Mails a message of the caller's own words to people within reach; those without an address get
    /// none. Tells how many were queued.
    pub fn send_message<'a>(&'a self, to: &'a [UserRef], message: Message) -> Pending<'a, u64> {
        Box::pin(async move {
            crate::rules::check_text("subject", &message.subject, 255, false)?;
            crate::rules::check_text("body", &message.body, 262_144, true)?;
            if let Some(sender) = &message.sender {
                crate::rules::check_email(sender)?;
            }
            crate::rules::limits::check_references("to", to.len())?;
            let to = to.to_vec();
            self.write(Operation::SendMail, async move |work: &mut Work<'_>| {
                let mut count = 0;
                let permission = work.operation.access().permission;
                let users = work.visible_users(&to).await?;
                let homes: Vec<_> = users.iter().map(|user| user.home).collect();
                work.look_up_organisations(&homes).await?;
                for user in users {
                    if !work.reaches_user(permission, &user).await? {
                        return Err(Fault::Forbidden(permission).into());
                    }
                    let Some(address) = user.email.clone() else {
                        continue;
                    };
                    let values = json!({
                        "login": user.login, "name": user.shown.name, "subject": message.subject,
                        "body": message.body, "html": message.html, "sender": message.sender,
                    });
                    let mail = NewMail {
                        template: "message".to_owned(),
                        user: Some(user.id),
                        to: address,
                        values,
                    };
                    enqueue(work, &mail).await?;
                    let detail = json!({ "subject": message.subject });
                    work.event("message.sent", About::user(&user), Some(detail))
                        .await?;
                    count += 1;
                }
                Ok(count)
            })
            .await
        })
    }
}
