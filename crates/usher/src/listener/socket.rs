//! The socket itself, in the clear or encrypted.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A connection's socket.
pub enum Socket {
    /// In the clear.
    Plain(TcpStream),
    /// Encrypted, after the handshake.
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Socket {
    /// Reads at most `most` bytes. In the clear no room is held while there is nothing to read.
    pub fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
        held: &mut BytesMut,
        most: usize,
    ) -> Poll<io::Result<usize>> {
        match self {
            Socket::Plain(socket) => loop {
                ready!(socket.poll_read_ready(context))?;
                held.reserve(most);
                match socket.try_read_buf(held) {
                    // The readiness was out of date, and has been taken back by this attempt.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    other => return Poll::Ready(other),
                }
            },
            Socket::Encrypted(stream) => {
                let mut room = [0_u8; 8 << 10];
                let most = most.min(room.len());
                let mut buffer = ReadBuf::new(room.get_mut(..most).unwrap_or_default());
                match ready!(Pin::new(stream).poll_read(context, &mut buffer)) {
                    Ok(()) => {
                        held.extend_from_slice(buffer.filled());
                        Poll::Ready(Ok(buffer.filled().len()))
                    }
                    // Many clients end without the close that TLS asks for.
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                        Poll::Ready(Ok(0))
                    }
                    Err(error) => Poll::Ready(Err(error)),
                }
            }
        }
    }

    pub fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Socket::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Socket::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    pub fn poll_write_vectored(
        &mut self,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Socket::Plain(socket) => Pin::new(socket).poll_write_vectored(context, slices),
            Socket::Encrypted(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    pub fn is_write_vectored(&self) -> bool {
        match self {
            Socket::Plain(socket) => socket.is_write_vectored(),
            Socket::Encrypted(stream) => stream.is_write_vectored(),
        }
    }

    pub fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Socket::Plain(socket) => Pin::new(socket).poll_flush(context),
            Socket::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    pub fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Socket::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Socket::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
