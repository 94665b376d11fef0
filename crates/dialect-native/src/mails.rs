//! The outbox as administrators see it, and messages to people.

use std::sync::Arc;

use directory::filter::{BY_NUMBER, MAIL_FIELDS};
use directory::{MailEntry, MailField, MailState, Message, UserId, UserRef};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use kit::Authenticated;

use super::answers;
use super::bodies::{Sent, body};
use super::fields::Named;
use super::lists::{self, Listing};
use super::reply::{Answer, Reply};
use super::times::Moment;

/// A mail as shown; never its contents.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Mail")]
pub struct MailBody<'a> {
    id: Uuid,
    number: i64,
    template: &'a str,
    user: Option<i64>,
    #[schemars(extend("enum" = ["waiting", "sent", "filed", "failed"]))]
    state: &'static str,
    attempts: i64,
    next_at: Moment,
    last_error: Option<&'a str>,
    created_at: Moment,
    ended_at: Option<Moment>,
}

impl<'a> MailBody<'a> {
    fn of(mail: &'a MailEntry) -> Self {
        Self {
            id: mail.uuid,
            number: mail.id.0,
            template: &mail.template,
            user: mail.user.map(|user| user.0),
            state: match mail.state {
                MailState::Waiting => "waiting",
                MailState::Sent => "sent",
                MailState::Filed => "filed",
                MailState::Failed => "failed",
            },
            attempts: mail.attempts,
            next_at: Moment(mail.next_at),
            last_error: mail.last_error.as_deref(),
            created_at: Moment(mail.created_at),
            ended_at: Moment::maybe(mail.ended_at),
        }
    }
}

/// How mails are listed.
pub const LISTING: Listing<MailField> = Listing {
    fields: MAIL_FIELDS,
    usual: BY_NUMBER,
    sorts: &[
        ("template", MailField::Template),
        ("state", MailField::State),
        ("created_at", MailField::CreatedAt),
        ("next_at", MailField::NextAt),
        ("ended_at", MailField::EndedAt),
    ],
    facets: &["template", "user", "state"],
    downwards: false,
};

/// `GET /mails`: `sort=-number` begins with the newest.
pub async fn list(request: Authenticated) -> Answer {
    let query = LISTING.query(&request, &request.query()?.0).await?;
    let page = request.mail_page(&query).await?;
    LISTING.page(&request, &page, MailBody::of).await
}

/// How many mails were queued.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Queued")]
pub struct Queued {
    queued: u64,
}

body! {
    pub struct NewMailBody as "NewMail" {
        to: needed Vec<Named>,
        subject: needed String,
        body: needed String,
    }
}

/// `POST /mails`: a message to people within reach.
pub async fn send(request: Authenticated, body: Sent<NewMailBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let message = Message {
        subject: sent.subject,
        body: sent.body,
        html: false,
        sender: None,
    };
    let to: Vec<UserRef> = sent
        .to
        .into_iter()
        .map(|named| named.reference::<UserId>())
        .collect();
    let show = |queued: &u64| {
        let mut reply = Reply::shown(&Queued { queued: *queued })?;
        reply.status = 202;
        Ok(reply)
    };
    let handle = answers::answered_by(&request, &request, Arc::new(show));
    show(&handle.send_message(&to, message).await?)
}
