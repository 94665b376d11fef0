//! What is left of a body when a request was refused before anybody read it. A connection on which
//! unread bytes lie cannot serve the next request, and a client that sends one meets a closed
//! connection in place of an answer. So what is left is read away, within bounds.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use futures_util::StreamExt as _;
use futures_util::stream::poll_fn;
use http_body::{Frame, SizeHint};

/// How long the rest of a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

/// The watching side of a body that was handed on; none where there was nothing to read.
pub struct BodyDrain(Option<SharedBody>);

type SharedBody = Arc<Mutex<Unread>>;

struct Unread {
    body: Body,
    begun: bool,
    ended: bool,
    failed: bool,
}

impl Unread {
    fn of(state: &Mutex<Self>) -> MutexGuard<'_, Self> {
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more piece, for whichever side asks.
    fn next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.begun = true;
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.failed |= matches!(polled, Poll::Ready(Some(Err(_))));
        self.ended |= matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }
}

/// The handler's side of the body. It knows how large the body says it is.
struct Handed(SharedBody);

impl HttpBody for Handed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Unread::of(&self.0).next(context)
    }

    fn is_end_stream(&self) -> bool {
        let unread = Unread::of(&self.0);
        unread.ended || unread.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Unread::of(&self.0).body.size_hint()
    }
}

impl BodyDrain {
    /// Gives a body to be handed on, and what will be left of it.
    pub fn split(body: Body) -> (Body, Self) {
        if body.is_end_stream() {
            return (body, Self(None));
        }
        let unread = Arc::new(Mutex::new(Unread {
            body,
            begun: false,
            ended: false,
            failed: false,
        }));
        let handed = Body::new(Handed(Arc::clone(&unread)));
        (handed, Self(Some(unread)))
    }

    /// Reads away what is left, at most that many bytes; false when the connection must close. A client
    /// that waits to be told to go on (`Expect: 100-continue`) is not told so by this, and a body that
    /// says it is larger is not begun.
    pub async fn drain(self, most: usize, expects: bool) -> bool {
        let Some(unread) = self.0 else {
            return true;
        };
        {
            let unread = Unread::of(&unread);
            let waits = expects && !unread.begun;
            let large = unread.body.size_hint().lower() > most as u64;
            if unread.failed || (!unread.ended && (waits || large)) {
                return false;
            }
        }
        let mut rest = poll_fn(move |context| Unread::of(&unread).next(context));
        let drain = async {
            let mut read = 0;
            while let Some(piece) = rest.next().await {
                let Ok(piece) = piece else {
                    return false;
                };
                read += piece.data_ref().map_or(0, Bytes::len);
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
        for (count, read_first, most, whole) in [
            (0, false, 0, true),
            (3, false, 12, true),
            (3, false, 11, false),
            (3, true, 0, true),
        ] {
            let (handed, drain) = BodyDrain::split(pieces(count));
            if read_first {
                assert_eq!(handed.collect().await.unwrap().to_bytes().len(), count * 4);
            }
            assert_eq!(drain.drain(most, false).await, whole, "{count} {most}");
        }
        // Nothing is asked of a client that waits to be told, and nothing of one that says too much.
        let (_handed, drain) = BodyDrain::split(pieces(3));
        assert!(!drain.drain(12, true).await);
        let (_handed, drain) = BodyDrain::split(Body::from("12345"));
        assert!(!drain.drain(4, false).await);
        let (_, drain) = BodyDrain::split(Body::empty());
        assert!(drain.drain(0, true).await);
    }
}
