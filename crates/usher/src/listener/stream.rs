//! The socket as hyper sees it: heads are checked before hyper reads them, and an answer that is not
//! taken ends the connection.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::framing::{Framing, Refusal, Step};
use super::places::Meter;
use super::socket::Socket;

/// Bytes read from the socket at once.
const PIECE: usize = 8 << 10;

/// How long, and how many bytes, the rest of a refused connection's input is read and thrown away, so
/// that the refusal is not lost in a reset.
const LINGER: Duration = Duration::from_millis(500);
const LINGER_BYTES: usize = 256 << 10;

/// What hyper is given in place of a request that is refused. The service knows it by its number.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nHost: -\r\nConnection: close\r\n\r\n";

/// What a connection's stream and its service know of each other: requests are counted on both sides,
/// and the last one may be the stand-in of one that is refused.
#[derive(Debug, Default)]
pub struct Verdict {
    passed: AtomicU64,
    answered: AtomicU64,
    refusal: OnceLock<(u64, Refusal)>,
}

impl Verdict {
    /// Counts one request more on the service's side; tells whether it stands in for a refused one.
    pub fn next(&self) -> Option<Refusal> {
        let number = self.answered.fetch_add(1, Ordering::AcqRel);
        let (refused, refusal) = self.refusal.get()?;
        (*refused == number).then_some(*refusal)
    }
}

/// How long a client may keep the server waiting for its taking of answers. Waiting uses it up and every
/// byte taken gives some back, so that a client which takes a little now and then does not hold its place
/// for longer than one which takes nothing.
#[derive(Debug)]
struct Allowance {
    patience: Duration,
    /// Bytes a second that give back as much as waiting for them uses up.
    rate: u32,
    waited: Duration,
    since: Option<Instant>,
}

impl Allowance {
    /// Begins to wait, or goes on; what is left.
    fn left(&mut self) -> Duration {
        self.since.get_or_insert_with(Instant::now);
        self.patience.saturating_sub(self.waited)
    }

    fn taken(&mut self, size: usize) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        let bytes = u32::try_from(size).unwrap_or(u32::MAX);
        let earned = Duration::from_secs(1) * bytes / self.rate.max(1);
        self.waited = self.waited.saturating_sub(earned);
    }
}

/// A checked stream.
pub struct Checked {
    socket: Socket,
    held: BytesMut,
    framing: Framing,
    /// How many of the held bytes hyper may have.
    passed: usize,
    /// Whether the last that hyper gets is among them.
    refused: bool,
    verdict: Arc<Verdict>,
    meter: Meter,
    allowance: Allowance,
    stalled: Option<Pin<Box<Sleep>>>,
    lingering: Option<(Pin<Box<Sleep>>, usize)>,
}

impl Checked {
    pub fn new(
        socket: Socket,
        verdict: Arc<Verdict>,
        meter: Meter,
        patience: Duration,
        rate: u32,
    ) -> Self {
        Self {
            socket,
            held: BytesMut::new(),
            framing: Framing::default(),
            passed: 0,
            refused: false,
            verdict,
            meter,
            allowance: Allowance {
                patience,
                rate,
                waited: Duration::ZERO,
                since: None,
            },
            stalled: None,
            lingering: None,
        }
    }

    /// Finds out how many more of the held bytes may be passed on.
    fn check(&mut self) -> io::Result<()> {
        let in_body = self.framing.in_body();
        match self.framing.step(&self.held) {
            Ok(Step::More) => {}
            Ok(Step::Head(size)) => {
                self.verdict.passed.fetch_add(1, Ordering::AcqRel);
                self.meter.moved();
                self.passed = size;
            }
            Ok(Step::Body(size)) => self.passed = size,
            // The handler of the request finds its body unreadable, and answers so.
            Err(refusal) if in_body => {
                self.refused = true;
                return Err(io::Error::new(io::ErrorKind::InvalidData, refusal.why));
            }
            Err(refusal) => {
                let number = self.verdict.passed.load(Ordering::Acquire);
                // Set once: nothing is read after it.
                let _ = self.verdict.refusal.set((number, refusal));
                self.refused = true;
                self.held.clear();
                self.held.extend_from_slice(STAND_IN);
                self.passed = STAND_IN.len();
            }
        }
        Ok(())
    }

    /// Begins, goes on with, or ends waiting for a client that does not take its answer.
    fn watched(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(size)) => {
                if size > 0 {
                    self.stalled = None;
                    self.allowance.taken(size);
                    self.meter.moved();
                }
                Poll::Ready(Ok(size))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                let left = self.allowance.left();
                let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(left)));
                ready!(stalled.as_mut().poll(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl AsyncRead for Checked {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.passed > 0 {
                let size = this.passed.min(buffer.remaining());
                buffer.put_slice(this.held.get(..size).unwrap_or_default());
                this.held.advance(size);
                this.passed -= size;
                return Poll::Ready(Ok(()));
            }
            if this.refused {
                return Poll::Pending;
            }
            this.check()?;
            if this.passed > 0 {
                continue;
            }
            if this.held.is_empty() {
                this.held = BytesMut::new();
            }
            if ready!(this.socket.poll_piece(context, &mut this.held, PIECE))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Checked {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = this.socket.poll_write(context, bytes);
        this.watched(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = this.socket.poll_write_vectored(context, slices);
        this.watched(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Socket::Plain(_) = this.socket {
            return this.socket.poll_flush(context);
        }
        // What is encrypted may wait here for a client that does not take it.
        let flushed = this.socket.poll_flush(context).map(|done| done.map(|()| 1));
        this.watched(context, flushed).map(|done| done.map(drop))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.lingering.is_none() {
            ready!(this.socket.poll_shutdown(context))?;
            this.lingering = Some((Box::pin(sleep(LINGER)), 0));
        }
        let Some((patience, thrown_away)) = &mut this.lingering else {
            return Poll::Ready(Ok(()));
        };
        while this.refused && *thrown_away < LINGER_BYTES {
            if patience.as_mut().poll(context).is_ready() {
                break;
            }
            this.held.clear();
            match ready!(this.socket.poll_piece(context, &mut this.held, PIECE)) {
                Ok(size) if size > 0 => *thrown_away += size,
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
