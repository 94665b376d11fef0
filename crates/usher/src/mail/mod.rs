//! Sending what the directory queued. A mail is written in the transaction that caused it and sent
//! here, apart from any request: sending never delays or fails what caused it. Settings are read for
//! each mail, so a change counts for the next one.

mod templates;
mod transport;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use directory::{Branding, Directory, MAIL_LEASE, MailSettings, MailTemplates, QueuedMail, Time};
use kit::AppState;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};

use templates::Surroundings;

pub use transport::Authorities;

/// How many mails are sent at once.
const AT_ONCE: usize = 16;
/// How often the outbox is looked into while there is room.
const TICK: Duration = Duration::from_millis(500);
/// How long one mail may take with everything: well within the lease, after which another node would
/// send it too.
const LIMIT: Duration = Duration::from_secs(120);
/// How long mails under way may still take when the server stops.
const LAST: Duration = Duration::from_secs(2);
const _: () = assert!(2 * LIMIT.as_millis() <= MAIL_LEASE as u128);
/// Tries before a mail is given up.
const TRIES: i64 = 12;

/// What became of a mail.
enum Way {
    /// A server took it.
    Sent,
    /// It lies in a file.
    Filed,
}

/// Sends queued mail.
#[derive(Clone)]
pub struct Mailer {
    state: AppState,
    /// Where `.eml` files go when no server is set.
    folder: PathBuf,
    /// Who may sign mail servers' certificates, beside the public authorities.
    authorities: Option<Authorities>,
}

impl Mailer {
    /// Sends the mail of a directory; files go below `folder`.
    pub fn new(state: AppState, folder: PathBuf, authorities: Option<Authorities>) -> Self {
        Self {
            state,
            folder,
            authorities,
        }
    }

    fn directory(&self) -> &Directory {
        self.state.directory()
    }

    /// Sends one mail and tells the directory how that went.
    async fn take(self, mail: QueuedMail) {
        let sent = tokio::time::timeout(LIMIT, self.send(&mail))
            .await
            .unwrap_or_else(|_| Err(anyhow!("the mail server took too long")));
        let noted = match sent {
            Ok(Way::Sent) => self.directory().mail_sent(mail.id).await,
            Ok(Way::Filed) => self.directory().mail_filed(mail.id).await,
            Err(error) => {
                // The recipient and the text stay out of the log; servers like to quote the first.
                let said = format!("{error:#}").replace(&mail.to, "the recipient");
                let over = mail.attempts >= TRIES || transport::is_final(&error);
                tracing::warn!(mail = %mail.uuid, template = mail.template, error = said, given_up = over, "a mail was not sent");
                let retry = (!over).then(|| self.directory().now().plus(pause(mail.attempts - 1)));
                self.directory().mail_failed(mail.id, &said, retry).await
            }
        };
        if let Err(fault) = noted {
            tracing::error!(mail = %mail.uuid, %fault, "what became of a mail cannot be written down");
        }
    }

    async fn send(&self, mail: &QueuedMail) -> Result<Way> {
        if self.directory().now() >= last_use(&mail.values) {
            return Err(transport::Final("its link is out of time by now").into());
        }
        let settings: MailSettings = self.directory().setting().await?;
        let overrides: MailTemplates = self.directory().setting().await?;
        let face: Branding = self.directory().setting().await?;
        // Another node may have changed it a moment ago.
        self.state.apply_branding(&face);
        let around = Surroundings {
            url: self.state.public_url(),
            title: face.name().to_owned(),
        };
        let rendered = templates::render(&mail.template, &mail.values, &overrides, &around)?;
        let id = mail.uuid.to_string();
        let to_file = settings.server.is_none();
        let message = transport::message(
            &rendered,
            to_file,
            &settings.sender,
            &mail.to,
            &id,
            self.directory().now(),
        )?;
        match &settings.server {
            None => {
                transport::write_file(&self.folder, &id, &message).await?;
                Ok(Way::Filed)
            }
            Some(server) => {
                let password = self
                    .directory()
                    .mail_password()
                    .await
                    .context("the mail password does not open")?;
                let trusted = self.authorities.as_ref();
                transport::send(&settings, server, password.as_deref(), trusted, message).await?;
                Ok(Way::Sent)
            }
        }
    }

    /// Sends until it is told to stop. Only as many mails are claimed as can be sent at once, so that each has its
    /// lease to itself and none waits behind a server that hangs.
    pub async fn run(self, mut stop: oneshot::Receiver<()>) {
        let mut sending = JoinSet::new();
        loop {
            let free = AT_ONCE - sending.len();
            let pause = match self
                .directory()
                .due_mail(u32::try_from(free).unwrap_or(0))
                .await
            {
                Ok(due) => {
                    let full = due.len() == free;
                    for mail in due {
                        sending.spawn(self.clone().take(mail));
                    }
                    // There may be more: the next one that ends makes room for it.
                    if full { LIMIT } else { TICK }
                }
                Err(fault) => {
                    tracing::error!(%fault, "the outbox cannot be read");
                    Duration::from_secs(5)
                }
            };
            // Whether one ended or the time is over: what is due is looked up again.
            tokio::select! {
                _ = &mut stop => break,
                ended = tokio::time::timeout(pause, ended(&mut sending)) => {
                    if let Ok(Some(Err(error))) = ended {
                        tracing::error!(%error, "sending a mail broke off");
                    }
                }
            }
            while sending.try_join_next().is_some() {}
        }
        let last = async { while sending.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST, last).await.is_err() {
            tracing::warn!("mails under way were cut off; they are tried again after their lease");
        }
        sending.shutdown().await;
    }
}

/// The next sending that ends; for ever, if there is none.
async fn ended(sending: &mut JoinSet<()>) -> Option<Result<(), JoinError>> {
    match sending.join_next().await {
        None => std::future::pending().await,
        ended => ended,
    }
}

/// When the link in a mail ends, so that the mail is of no use any more.
fn last_use(values: &Value) -> Time {
    let stated = values.get("expires_at").and_then(Value::as_str);
    stated.and_then(Time::parse).unwrap_or(Time::NEVER)
}

/// Milliseconds before the next try: 5 s, 10 s, 20 s … at most an hour.
fn pause(attempts: i64) -> i64 {
    let doubled = 5_000_i64.saturating_mul(1_i64 << attempts.clamp(0, 20));
    doubled.min(3_600_000)
}

#[cfg(test)]
mod tests {
    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<i64> = [0, 1, 2, 9, 10, 62].into_iter().map(super::pause).collect();
        assert_eq!(
            pauses,
            [5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000]
        );
    }
}
