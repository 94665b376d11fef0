//! Answers that are kept: written in the transaction of the act, where it is one.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use axum::http::response::Parts;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse as _;
use directory::{AnswerWriter, FormTicket, Handle, IdempotencyTicket, Pending};
use kit::{Authenticated, RequestInfo};
use serde::{Deserialize, Serialize};

use super::reply::{Answer, Reply};

/// What is noted of a request for its answer.
pub struct Notes {
    /// Whether everything is undone.
    pub dry_run: bool,
    /// Under which key the answer is kept, and by whom.
    pub keeping: OnceLock<(Handle, IdempotencyTicket)>,
    /// The form that the request is.
    pub form: Option<FormTicket>,
    /// Writes the answer in the transaction of the act.
    pub answer: OnceLock<AnswerWriter>,
    /// Looks up what a name was perhaps meant to be.
    pub handle: Handle,
    /// The path's variable segments.
    pub segments: Vec<String>,
}

/// What was noted of a request.
pub fn notes(info: &RequestInfo) -> Option<&Notes> {
    let notes: &(dyn Any + Send + Sync) = info.notes.get()?.as_ref();
    notes.downcast_ref()
}

/// Does an act of one transaction and answers what it gave. Where the request may be sent again, its answer is kept in
/// that transaction: a crash leaves both or neither.
pub async fn once<T: 'static, A>(
    request: &Authenticated,
    handle: &Handle,
    show: impl Fn(&T) -> Answer + Send + Sync + 'static,
    act: A,
) -> Answer
where
    A: for<'h> FnOnce(&'h Handle) -> Pending<'h, T>,
{
    let show = Arc::new(show);
    let handle = answered_by(request, handle, Arc::clone(&show));
    let given = act(&handle).await?;
    show(&given)
}

/// A handle whose writes keep the answer that is made of what they give, where the request may be sent again.
pub fn answered_by<T: 'static>(
    request: &Authenticated,
    handle: &Handle,
    show: Arc<impl Fn(&T) -> Answer + Send + Sync + 'static>,
) -> Handle {
    let noted = notes(&request.info).filter(|notes| notes.keeping.get().is_some());
    let Some(notes) = noted else {
        return handle.clone();
    };
    let answer = AnswerWriter::new(move |given: &T| written(show(given).ok()?));
    // A request does one act.
    let _ = notes.answer.set(answer.clone());
    handle.with_answer(answer)
}

/// A reply as it is kept.
fn written(reply: Reply) -> Option<Vec<u8>> {
    let body = reply.body.clone().unwrap_or_default();
    let (parts, _) = reply.into_response().into_parts();
    serde_json::to_vec(&kept_of(&parts, &body)).ok()
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    /// The status.
    pub status: u16,
    /// The headers that are kept.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// The headers that are kept; others belong to the one answer.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// An answer, to be kept.
pub fn kept_of(parts: &Parts, body: &[u8]) -> Kept {
    Kept {
        status: parts.status.as_u16(),
        headers: KEPT_HEADERS
            .iter()
            .filter_map(|name| {
                let value = parts.headers.get(name)?.to_str().ok()?;
                Some((name.as_str().to_owned(), value.to_owned()))
            })
            .collect(),
        body: String::from_utf8_lossy(body).into_owned(),
    }
}
