//! What is left of a body when a request was refused before anybody read it. A connection on which
//! unread bytes lie cannot serve the next request, and a client that sends one meets a closed
//! connection in place of an answer. So what is left is read away, within bounds.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use futures_util::StreamExt as _;
use futures_util::stream::poll_fn;

/// How long the rest of a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

/// The watching side of a body that was handed on; none where there was nothing to read.
pub struct Leftover(Option<Arc<Mutex<Unread>>>);

struct Unread {
    body: BodyDataStream,
    ended: bool,
}

/// One more piece, for whichever side asks.
fn next(
    unread: &Mutex<Unread>,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, axum::Error>>> {
    let mut unread = unread.lock().unwrap_or_else(PoisonError::into_inner);
    if unread.ended {
        return Poll::Ready(None);
    }
    let polled = unread.body.poll_next_unpin(context);
    if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
        unread.ended = true;
    }
    polled
}

impl Leftover {
    /// Gives a body to be handed on, and what will be left of it.
    pub fn of(body: Body) -> (Body, Self) {
        if body.is_end_stream() {
            return (body, Self(None));
        }
        let unread = Arc::new(Mutex::new(Unread {
            body: body.into_data_stream(),
            ended: false,
        }));
        let handed = Arc::clone(&unread);
        let handed = Body::from_stream(poll_fn(move |context| next(&handed, context)));
        (handed, Self(Some(unread)))
    }

    /// Reads away what is left, at most that many bytes; false when the connection must close.
    pub async fn drained(self, most: usize) -> bool {
        let Some(unread) = self.0 else {
            return true;
        };
        let mut rest = poll_fn(move |context| next(&unread, context));
        let drain = async {
            let mut read = 0;
            while let Some(piece) = rest.next().await {
                let Ok(piece) = piece else {
                    return false;
                };
                read += piece.len();
                if read > most {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(PATIENCE, drain).await.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn pieces(count: usize) -> Body {
        Body::from_stream(futures_util::stream::iter(
            (0..count).map(|_| Ok::<_, axum::Error>(Bytes::from_static(b"1234"))),
        ))
    }

    #[tokio::test]
    async fn what_nobody_read_is_read_away_within_bounds() {
        for (count, read_first, most, drained) in [
            (0, false, 0, true),
            (3, false, 12, true),
            (3, false, 11, false),
            (3, true, 0, true),
        ] {
            let (handed, leftover) = Leftover::of(pieces(count));
            if read_first {
                assert_eq!(handed.collect().await.unwrap().to_bytes().len(), count * 4);
            }
            assert_eq!(leftover.drained(most).await, drained, "{count} {most}");
        }
        let (_, leftover) = Leftover::of(Body::empty());
        assert!(leftover.drained(0).await);
    }
}
