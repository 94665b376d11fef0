//! Sockets to requests: HTTP/1.1 with title-cased header names, bounded in headers, places and time.

mod framing;
mod places;
mod stream;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use kit::{AppState, Dispatcher, PeerAddress, Served, unreadable};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use framing::HEAD_SIZE;
use places::Place;
use stream::{Checked, Verdict};

pub use places::{Patience, Places, raise_files};

/// Connections that the system keeps until they are accepted.
const BACKLOG: u32 = 4_096;

/// Bytes of answers that the system keeps for a client which does not take them; a client may hold
/// twice as many.
const SEND_BUFFER: u32 = 256 << 10;

/// What a listener leads to.
#[derive(Clone)]
pub enum Entrance {
    /// Every dialect under its mount.
    Dispatcher(Arc<Dispatcher>),
    /// One dialect at the root.
    Alone(Arc<Served>),
}

impl Entrance {
    async fn answer(&self, request: hyper::Request<Incoming>, peer: SocketAddr) -> Response {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(PeerAddress(peer));
        match self {
            Entrance::Dispatcher(dispatcher) => dispatcher.answer(request).await,
            Entrance::Alone(served) => served.answer(request).await,
        }
    }
}

/// Begins to listen.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    let listen = || {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        // Accepted connections have what the listening socket has.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().with_context(|| format!("cannot listen on {address}"))
}

/// What all listeners share.
#[derive(Clone)]
pub struct House {
    /// What all requests share.
    pub state: AppState,
    /// The places of all connections.
    pub places: Arc<Places>,
    /// How long connections may do what.
    pub patience: Patience,
}

/// Serves what comes in until `stop` changes, then lets the requests under way finish.
pub fn serve(
    listener: TcpListener,
    entrance: Entrance,
    house: House,
    mut stop: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let graceful = GracefulShutdown::new();
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &house.places) => accepted,
                _ = stop.changed() => break,
            };
            let Some((stream, peer)) = accepted else {
                continue;
            };
            let place = house.places.take(peer.ip());
            let (entrance, house) = (entrance.clone(), house.clone());
            let connection = connection(stream, peer, entrance, house, &place, graceful.watcher());
            tokio::spawn(async move {
                tokio::select! {
                    () = connection => {}
                    () = place.ended() => tracing::debug!(%peer, "a connection gave its place up"),
                }
            });
        }
        drop(listener);
        graceful.shutdown().await;
    })
}

async fn accept(listener: &TcpListener, places: &Places) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok(accepted) => Some(accepted),
        Err(error) => {
            // Out of file descriptors, or the client is gone already: both pass.
            tracing::warn!(%error, "cannot accept a connection");
            places.free_one();
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    entrance: Entrance,
    house: House,
    place: &Place,
    watcher: Watcher,
) -> impl Future<Output = ()> + use<> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection without TCP_NODELAY");
    }
    let verdict = Arc::new(Verdict::default());
    let Patience { head, write, rate } = house.patience;
    let stream = Checked::new(stream, Arc::clone(&verdict), place.meter(), write, rate);
    let service = service_fn(move |request| {
        let refused = verdict.next();
        let (entrance, state) = (entrance.clone(), house.state.clone());
        async move {
            Ok::<_, Infallible>(match refused {
                Some(refusal) => unreadable(&state, refusal.status, refusal.why),
                None => entrance.answer(request, peer).await,
            })
        }
    });
    let connection = http1::Builder::new()
        .title_case_headers(true)
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(HEAD_SIZE)
        .serve_connection(TokioIo::new(stream), service);
    async move {
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
