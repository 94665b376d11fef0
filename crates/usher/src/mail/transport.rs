//! Putting mails into envelopes and handing them over: to an SMTP server, or as files into the data
//! folder when none is set.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use directory::{MailSettings, Time};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::templates::Rendered;

/// How long one conversation with a server may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who may sign mail servers' certificates, beside the public authorities.
#[derive(Clone)]
pub struct Authorities(Certificate);

impl Authorities {
    /// Reads certificates in PEM, one or several.
    pub fn read(file: &Path) -> Result<Self> {
        let shown = file.display();
        let pem = std::fs::read(file).with_context(|| format!("mail.ca_file: {shown}"))?;
        // A file without any would trust nobody more, which nobody means.
        let begun = b"-----BEGIN CERTIFICATE-----";
        ensure!(
            pem.windows(begun.len()).any(|window| window == begun),
            "mail.ca_file: {shown} holds no certificate"
        );
        let certificate = Certificate::from_pem(&pem)
            .map_err(|error| anyhow!("mail.ca_file: {shown}: {error}"))?;
        // Such that cannot be trusted show at the start, not with the first mail.
        parameters("localhost", Some(&Self(certificate.clone())))
            .with_context(|| format!("mail.ca_file: {shown}"))?;
        Ok(Self(certificate))
    }
}

fn parameters(server: &str, trusted: Option<&Authorities>) -> Result<TlsParameters> {
    let mut builder = TlsParameters::builder(server.to_owned());
    if let Some(Authorities(certificate)) = trusted {
        builder = builder.add_root_certificate(certificate.clone());
    }
    Ok(builder.build()?)
}

/// Makes the message.
pub fn message(mail: &Rendered, from: &str, to: &str, id: &str, now: Time) -> Result<Message> {
    let sender: Mailbox = from
        .parse()
        .with_context(|| format!("the sender {from} is no address"))?;
    let recipient: Mailbox = to.parse().context("the recipient is no address")?;
    let domain = sender.email.domain().to_owned();
    let date = std::time::UNIX_EPOCH
        + Duration::from_millis(u64::try_from(now.milliseconds()).unwrap_or(0));
    let builder = Message::builder()
        .from(sender)
        .to(recipient)
        .date(date)
        .subject(&mail.subject)
        // The same mail sent twice after a lost answer carries one id, so that servers can tell.
        .message_id(Some(format!("<{id}@{domain}>")));
    let builder = match mail.reply_to.as_deref().map(str::parse) {
        Some(Ok(reply_to)) => builder.reply_to(reply_to),
        // An address that is none is left out rather than the mail.
        Some(Err(_)) | None => builder,
    };
    let message = match &mail.html {
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(
            mail.text.clone(),
            html.clone(),
        )),
        None => builder
            .header(lettre::message::header::ContentType::TEXT_PLAIN)
            .body(mail.text.clone()),
    };
    message.context("the mail cannot be put together")
}

/// Sends by the server the settings name.
pub async fn send(
    settings: &MailSettings,
    server: &str,
    password: Option<&str>,
    trusted: Option<&Authorities>,
    message: Message,
) -> Result<()> {
    let tls = if settings.tls {
        Tls::Wrapper(parameters(server, trusted)?)
    } else if settings.start_tls {
        Tls::Required(parameters(server, trusted)?)
    } else {
        Tls::None
    };
    let port = settings.port.unwrap_or(if settings.tls {
        465
    } else if settings.start_tls {
        587
    } else {
        25
    });
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
        .port(port)
        .tls(tls)
        .timeout(Some(PATIENCE))
        .hello_name(ClientId::default());
    if let Some(account) = &settings.account {
        builder = builder.credentials(Credentials::new(
            account.clone(),
            password.unwrap_or_default().to_owned(),
        ));
    }
    builder
        .build()
        .send(message)
        .await
        .context("the mail server refused")?;
    Ok(())
}

/// Writes a mail as a file, readable only by the server's own user.
pub async fn write_file(folder: &Path, id: &str, message: &Message) -> Result<()> {
    let folder = folder.join("mail");
    tokio::fs::create_dir_all(&folder).await?;
    let file = folder.join(format!("{id}.eml"));
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut opened = options
        .open(&file)
        .await
        .with_context(|| format!("writing {}", file.display()))?;
    tokio::io::AsyncWriteExt::write_all(&mut opened, &message.formatted()).await?;
    opened.sync_all().await?;
    Ok(())
}
