//! The outbox as administrators see it, and messages to people.

use directory::{MailEntry, MailId, MailState, Message, UserId, UserRef};
use serde::Serialize;
use uuid::Uuid;

use kit::{Authenticated, JsonBody};

use super::errors::Problem;
use super::fields::Named;
use super::lists;
use super::reply::{Answer, Reply};
use super::times::Moment;

/// A mail as shown; never its contents.
#[derive(Serialize)]
struct MailBody<'a> {
    id: Uuid,
    number: i64,
    template: &'a str,
    user: Option<i64>,
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

/// `GET /mails?before=&limit=`: newest first.
pub async fn list(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &["before", "limit"])?;
    let (mut before, mut limit) = (None, lists::USUAL);
    for (name, value) in &request.query()?.0 {
        match name.as_str() {
            "before" => {
                let Ok(number) = value.parse() else {
                    return Err(Problem::parameter("before", "must be a mail's number"));
                };
                before = Some(MailId(number));
            }
            _ => limit = lists::limit(value)?,
        }
    }
    let mails = request.mails(before, limit).await?;
    Reply::shown(&lists::whole(mails.iter().map(MailBody::of).collect()))
}

/// How many mails were queued.
#[derive(Serialize)]
struct Queued {
    queued: u64,
}

/// `POST /mails`: a message to people within reach.
pub async fn send(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = super::fields::required(body)?;
    let to: Vec<Named> = fields.need("to")?;
    let message = Message {
        subject: fields.need("subject")?,
        body: fields.need("body")?,
        html: false,
        sender: None,
    };
    fields.end()?;
    let to: Vec<UserRef> = to
        .into_iter()
        .map(|named| named.reference::<UserId>())
        .collect();
    let queued = request.send_message(&to, message).await?;
    let mut reply = Reply::shown(&Queued { queued })?;
    reply.status = 202;
    Ok(reply)
}
