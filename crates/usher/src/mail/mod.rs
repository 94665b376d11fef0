//! Sending what the directory queued. A mail is written in the transaction that caused it and sent
//! here, apart from any request: sending never delays or fails what caused it. Settings are read for
//! each mail, so a change counts for the next one.

mod templates;
mod transport;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use directory::{Directory, MailSettings, MailTemplates, PublicFace, QueuedMail};

use templates::Surroundings;

pub use transport::Authorities;

/// How many mails are claimed at once.
const BATCH: u32 = 20;
/// Tries before a mail is given up.
const TRIES: i64 = 12;

/// Sends queued mail.
#[derive(Clone)]
pub struct Mailer {
    directory: Directory,
    /// Where `.eml` files go when no server is set.
    folder: PathBuf,
    /// The address in links, unless the settings name one.
    url: String,
    /// Who may sign mail servers' certificates, beside the public authorities.
    authorities: Option<Authorities>,
}

impl Mailer {
    /// Sends the mail of `directory`; files go below `folder`.
    pub fn new(
        directory: Directory,
        folder: PathBuf,
        url: String,
        authorities: Option<Authorities>,
    ) -> Self {
        Self {
            directory,
            folder,
            url,
            authorities,
        }
    }

    /// Sends what is due, once. Returns how many mails it took on.
    pub async fn round(&self) -> Result<usize> {
        let due = self.directory.due_mail(BATCH).await?;
        let count = due.len();
        for mail in due {
            match self.send(&mail).await {
                Ok(()) => self.directory.mail_sent(mail.id).await?,
                Err(error) => {
                    // The recipient and the text stay out of the log.
                    tracing::warn!(mail = %mail.uuid, template = mail.template, error = format!("{error:#}"), "a mail was not sent");
                    let retry = (mail.attempts < TRIES)
                        .then(|| self.directory.now().plus(pause(mail.attempts - 1)));
                    self.directory
                        .mail_failed(mail.id, &format!("{error:#}"), retry)
                        .await?;
                }
            }
        }
        Ok(count)
    }

    async fn send(&self, mail: &QueuedMail) -> Result<()> {
        let settings: MailSettings = self.directory.setting().await?;
        let overrides: MailTemplates = self.directory.setting().await?;
        let face: PublicFace = self.directory.setting().await?;
        let around = Surroundings {
            url: face.url.unwrap_or_else(|| self.url.clone()),
            title: face.title.unwrap_or_else(|| "Usher".to_owned()),
        };
        let rendered = templates::render(&mail.template, &mail.values, &overrides, &around)?;
        let id = mail.uuid.to_string();
        let message = transport::message(
            &rendered,
            &settings.sender,
            &mail.to,
            &id,
            self.directory.now(),
        )?;
        match &settings.server {
            None => transport::write_file(&self.folder, &id, &message).await,
            Some(server) => {
                let password = self
                    .directory
                    .mail_password()
                    .await
                    .context("the mail password does not open")?;
                let trusted = self.authorities.as_ref();
                transport::send(&settings, server, password.as_deref(), trusted, message).await
            }
        }
    }

    /// Sends for ever.
    pub async fn run(self) {
        loop {
            let pause = match self.round().await {
                Ok(count) if count == BATCH as usize => Duration::ZERO,
                Ok(_) => Duration::from_millis(500),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the outbox cannot be read");
                    Duration::from_secs(5)
                }
            };
            tokio::time::sleep(pause).await;
        }
    }
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
