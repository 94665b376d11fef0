//! Answers.

use std::future::Future;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use directory::Fault;
use serde::Serialize;

use super::request::Authenticated;

/// A JSON answer.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => raw_json(status, bytes),
        // Only a map with keys that are no text can fail here: a defect, found by its tests.
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            raw_json(StatusCode::INTERNAL_SERVER_ERROR, "{}")
        }
    }
}

/// A JSON answer that is written already.
pub fn raw_json(status: StatusCode, body: impl Into<Body>) -> Response {
    with_type(status, "application/json", body)
}

/// An answer of a stated content type.
pub fn with_type(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An answer without a body.
#[must_use]
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// A part of a list, and where the next begins.
#[derive(Debug)]
pub struct Chunk<C> {
    /// The rows as JSON texts separated by commas; may be empty.
    pub rows: Vec<u8>,
    /// The cursor of the next part; `None` ends the list.
    pub next: Option<C>,
}

impl<C> Chunk<C> {
    /// Writes rows one after the other.
    pub fn of<T: Serialize>(
        rows: impl IntoIterator<Item = T>,
        next: Option<C>,
    ) -> Result<Self, Fault> {
        let mut bytes = Vec::with_capacity(16 << 10);
        for row in rows {
            if !bytes.is_empty() {
                bytes.push(b',');
            }
            serde_json::to_writer(&mut bytes, &row)
                .map_err(|error| Fault::Internal(format!("writing a row: {error}")))?;
        }
        Ok(Self { rows: bytes, next })
    }
}

/// Streams an unpaged list: `open`, the rows of all chunks, `close`. The first chunk is read before
/// the status goes out, so that a refusal is still an ordinary answer; at most two chunks are in
/// memory at a time. Each later chunk is read with the caller's rights of its own time, so a list under
/// way ends when the key that asked for it is revoked. A fault in a later chunk breaks the connection:
/// half a list is not a list.
pub async fn json_list<C, F, T>(
    request: &Authenticated,
    open: impl Into<Bytes>,
    close: &'static str,
    chunk: F,
) -> Result<Response, Fault>
where
    C: Send + 'static,
    F: FnMut(Authenticated, Option<C>) -> T + Send + 'static,
    T: Future<Output = Result<Chunk<C>, Fault>> + Send + 'static,
{
    let open = open.into();
    let mut chunk = Chunks {
        request: request.clone(),
        read: chunk,
    };
    let mut first = (chunk.read)(request.clone(), None).await?;
    if first.rows.is_empty()
        && let Some(cursor) = first.next.take()
    {
        first = chunk.filled(cursor).await?;
    }
    if first.next.is_none() {
        let mut body = Vec::with_capacity(open.len() + first.rows.len() + close.len());
        body.extend_from_slice(&open);
        body.extend_from_slice(&first.rows);
        body.extend_from_slice(close.as_bytes());
        return Ok(raw_json(StatusCode::OK, body));
    }
    let state = Some((Some(first), false, chunk));
    let stream = futures_util::stream::unfold(state, move |state| {
        let open = open.clone();
        async move {
            let (ready, begun, mut chunk) = state?;
            let Some(part) = ready else {
                return Some((
                    Ok::<_, std::io::Error>(Bytes::from_static(close.as_bytes())),
                    None,
                ));
            };
            let mut bytes = Vec::with_capacity(part.rows.len() + open.len() + 1);
            if !begun {
                bytes.extend_from_slice(&open);
            }
            // Only the last chunk may be without rows, and the first one has some if there are any.
            if begun && !part.rows.is_empty() {
                bytes.push(b',');
            }
            bytes.extend_from_slice(&part.rows);
            let next = match part.next {
                None => None,
                Some(cursor) => match chunk.filled(cursor).await {
                    Ok(next) => Some(next),
                    Err(fault) => {
                        match fault {
                            Fault::Unauthenticated(_) | Fault::Forbidden(_) => {
                                tracing::info!(%fault, "a list broke off");
                            }
                            _ => tracing::error!(%fault, "a list broke off"),
                        }
                        let error = std::io::Error::other("the list broke off");
                        return Some((Err(error), None));
                    }
                },
            };
            Some((Ok(Bytes::from(bytes)), Some((next, true, chunk))))
        }
    });
    Ok(raw_json(StatusCode::OK, Body::from_stream(stream)))
}

/// What reads the chunks of a list, and for whom.
struct Chunks<F> {
    request: Authenticated,
    read: F,
}

impl<F> Chunks<F> {
    /// The next chunk that has rows, or the last; each with the rights of its time.
    async fn filled<C, T>(&mut self, cursor: C) -> Result<Chunk<C>, Fault>
    where
        F: FnMut(Authenticated, Option<C>) -> T,
        T: Future<Output = Result<Chunk<C>, Fault>>,
    {
        let mut cursor = cursor;
        loop {
            self.request = self.request.renewed().await?;
            let part = (self.read)(self.request.clone(), Some(cursor)).await?;
            match part.next {
                Some(next) if part.rows.is_empty() => cursor = next,
                _ => return Ok(part),
            }
        }
    }
}
