//! Putting mails into envelopes and handing them over: to an SMTP server, or as files into the data
//! folder when none is set.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use directory::{MailSettings, Time};
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue,
};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
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

/// A reason why a mail need not be tried again.
#[derive(Debug)]
pub struct Final(pub &'static str);

impl fmt::Display for Final {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Final {}

/// Whether an error will be the same however often a mail is tried: the server has refused the mail or
/// its recipient for good. What it refuses for the account's sake (535 …) may be put right meanwhile.
pub fn is_final(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let code = cause
            .downcast_ref::<SmtpError>()
            .and_then(SmtpError::status);
        cause.is::<Final>() || code.is_some_and(|code| (550..=559).contains(&u16::from(code)))
    })
}

/// Whether a program wrote the mail, so that other programs send no answer (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted(bool);

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.trim() != "no"))
    }

    fn display(&self) -> HeaderValue {
        let value = if self.0 { "auto-generated" } else { "no" };
        HeaderValue::new(Self::name(), value.to_owned())
    }
}

/// The longest line of a mail, in bytes (RFC 5322, section 2.1.1).
const LINE: usize = 998;

/// Makes the message.
///
/// A mail for a file is read by people, who copy the link out of it: its lines are not broken up.
pub fn message(
    mail: &Rendered,
    to_file: bool,
    from: &str,
    to: &str,
    id: &str,
    now: Time,
) -> Result<Message> {
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
        .header(AutoSubmitted(!mail.personal))
        // The same mail sent twice after a lost answer carries one id, so that servers can tell.
        .message_id(Some(format!("<{id}@{domain}>")));
    let builder = match mail.reply_to.as_deref().map(str::parse) {
        Some(Ok(reply_to)) => builder.reply_to(reply_to),
        // An address that is none is left out rather than the mail.
        Some(Err(_)) | None => builder,
    };
    // As it is written: an encoding would break long lines up.
    let lines = mail.text.replace("\r\n", "\n").replace('\n', "\r\n");
    let whole = to_file && lines.lines().all(|line| line.len() < LINE);
    let plain = if whole {
        let text = Body::dangerous_pre_encoded(lines.into(), ContentTransferEncoding::EightBit);
        SinglePart::builder()
            .header(ContentType::TEXT_PLAIN)
            .body(text)
    } else {
        SinglePart::plain(mail.text.clone())
    };
    let message = match &mail.html {
        Some(html) => builder.multipart(
            MultiPart::alternative()
                .singlepart(plain)
                .singlepart(SinglePart::html(html.clone())),
        ),
        None => builder.singlepart(plain),
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
    // The settings refuse such an account too; this holds for whatever was stored before they did.
    ensure!(
        password.is_none() || settings.keeps_secrets(),
        "the account's password is not sent in clear to another machine: set start_tls or tls"
    );
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Time = Time(1_700_000_000_000);

    fn rendered() -> Rendered {
        Rendered {
            subject: "Grüße".to_owned(),
            text: "Good day.\nA link: https://usher.example/account/reset?token=t\n".to_owned(),
            html: None,
            reply_to: None,
            personal: false,
        }
    }

    fn formatted(mail: &Rendered) -> String {
        formatted_for(mail, false)
    }

    fn formatted_for(mail: &Rendered, to_file: bool) -> String {
        let made = message(
            mail,
            to_file,
            "door@example.org",
            "ada@example.org",
            "0-1",
            NOON,
        );
        let made = made.unwrap_or_else(|error| panic!("{error:#}"));
        String::from_utf8(made.formatted()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn names(formatted: &str) -> Vec<&str> {
        let (head, _) = formatted.split_once("\r\n\r\n").unwrap_or_default();
        let begins = |line: &&str| !line.starts_with([' ', '\t']);
        let lines = head.split("\r\n").filter(begins);
        lines
            .filter_map(|line| Some(line.split_once(':')?.0))
            .collect()
    }

    #[test]
    fn headers_are_whole() {
        let plain = formatted(&rendered());
        for line in [
            "From: door@example.org\r\n",
            "To: ada@example.org\r\n",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
            "Message-ID: <0-1@example.org>\r\n",
            "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "MIME-Version: 1.0\r\n",
        ] {
            assert!(plain.contains(line), "{line} in {plain}");
        }
        let written = Rendered {
            html: Some("<p>Good day.</p>".to_owned()),
            reply_to: Some("boss@example.org".to_owned()),
            personal: true,
            ..rendered()
        };
        let both = formatted(&written);
        for part in [
            "Reply-To: boss@example.org\r\n",
            "Auto-Submitted: no\r\n",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "Content-Type: text/html; charset=utf-8\r\n",
        ] {
            assert!(both.contains(part), "{part} in {both}");
        }
    }

    #[test]
    fn a_link_in_a_file_is_whole() {
        let token = "t=".repeat(60);
        let mail = Rendered {
            text: format!("Grüße.\nhttps://usher.example/account/reset?token={token}&x=1\n"),
            html: Some("<p>Grüße.</p>".to_owned()),
            ..rendered()
        };
        let link = format!("\r\nhttps://usher.example/account/reset?token={token}&x=1\r\n");
        let filed = formatted_for(&mail, true);
        assert!(filed.contains(&link), "{filed}");
        assert!(!formatted_for(&mail, false).contains(&link));
    }

    #[test]
    fn nothing_written_makes_a_header() {
        let known = names(&formatted(&rendered())).len();
        let hostile = "x\r\nBcc: <eve@example.org>\r\n\r\nbody";
        for (mail, headers) in [
            (
                Rendered {
                    subject: hostile.to_owned(),
                    ..rendered()
                },
                known,
            ),
            (
                Rendered {
                    text: hostile.to_owned(),
                    ..rendered()
                },
                known,
            ),
            // An address that is none is left out.
            (
                Rendered {
                    reply_to: Some(hostile.to_owned()),
                    ..rendered()
                },
                known,
            ),
            (
                Rendered {
                    reply_to: Some("a@example.org\r\nBcc: e@example.org".to_owned()),
                    ..rendered()
                },
                known,
            ),
        ] {
            let made = formatted(&mail);
            assert_eq!(names(&made).len(), headers, "{made}");
            assert!(!names(&made).contains(&"Bcc"), "{made}");
        }
        for (from, to) in [
            ("door@example.org\r\nBcc: e@example.org", "ada@example.org"),
            ("door@example.org", "a@example.org\r\nBcc: e@example.org"),
        ] {
            assert!(message(&rendered(), false, from, to, "0-1", NOON).is_err());
        }
    }
}
