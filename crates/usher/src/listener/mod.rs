//! Sockets to requests: HTTP/1.1 with title-cased header names, bounded in headers, places and time.

mod compression;
mod framing;
mod places;
mod socket;
mod stream;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use kit::{AppState, Dispatcher, PeerAddress, Served, unreadable};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use framing::HEAD_SIZE;
use places::Place;
use socket::Socket;
use stream::{Checked, Verdict};

use crate::tls::Tls;

pub use places::{Patience, Places, raise_files};

/// Connections that the system keeps until they are accepted.
const BACKLOG: u32 = 4_096;

/// Bytes of answers under way to a client that the system keeps until they are acknowledged; it keeps twice as many
/// at most. They bound how fast a distant client is sent to.
const SEND_BUFFER: u32 = 256 << 10;

/// Bytes of answers that the system keeps for a client which takes none (`TCP_NOTSENT_LOWAT`): without a bound of
/// its own, each such client would have its whole send buffer filled, and thousands of them cost the system
/// gigabytes and all others the seconds of copying.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 16 << 10;

/// How often a request without an answer is looked at, whether the store hangs.
const HANGING: Duration = Duration::from_secs(4);

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
        #[cfg(target_os = "linux")]
        socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT)?;
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
    /// The certificate, where connections are encrypted here.
    pub tls: Option<Tls>,
}

/// Tells browsers to come encrypted from now on, for a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

impl House {
    /// Whether clients reach the server encrypted, here or at a proxy.
    fn is_encrypted(&self) -> bool {
        self.tls.is_some() || self.state.public_url().starts_with("https://")
    }
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
    let meter = place.meter();
    let tls = house.tls.clone();
    async move {
        let socket = match tls {
            None => Socket::Plain(stream),
            Some(tls) => match timeout(head, tls.acceptor().accept(stream)).await {
                Ok(Ok(stream)) => Socket::Encrypted(Box::new(stream)),
                Ok(Err(error)) => return tracing::debug!(%peer, %error, "no handshake"),
                Err(_) => return tracing::debug!(%peer, "a handshake that does not come"),
            },
        };
        let stream = Checked::new(socket, Arc::clone(&verdict), meter, write, rate);
        let service = service_fn(move |request| {
            let refused = verdict.next();
            let (entrance, house) = (entrance.clone(), house.clone());
            async move { Ok::<_, Infallible>(answer(request, peer, refused, &entrance, &house).await) }
        });
        let connection = http1::Builder::new()
            .title_case_headers(true)
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .max_buf_size(HEAD_SIZE)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

async fn answer(
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
    refused: Option<framing::Refusal>,
    entrance: &Entrance,
    house: &House,
) -> Response {
    let compress = compression::is_wanted(request.headers());
    let mut response = match refused {
        Some(refusal) => unreadable(&house.state, refusal.status, refusal.why),
        None => answer_apart(request, peer, entrance.clone(), house).await,
    };
    if house.is_encrypted() {
        let headers = response.headers_mut();
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if compress {
        response = compression::compressed(response).await;
    }
    response
}

/// Answers on a task of its own. A disk that hangs at a read holds that task's thread up and not the
/// connection's, which then tells the client instead.
async fn answer_apart(
    request: hyper::Request<Incoming>,
    peer: SocketAddr,
    entrance: Entrance,
    house: &House,
) -> Response {
    // A client that goes away ends the set, and with it the request.
    let mut request = {
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { entrance.answer(request, peer).await });
        tasks
    };
    loop {
        match timeout(HANGING, request.join_next()).await {
            Ok(Some(Ok(response))) => return response,
            Ok(outcome) => {
                tracing::error!(?outcome, "a request ended without an answer");
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                return unreadable(&house.state, status, "Something went wrong. Try again.");
            }
            Err(_) if house.state.directory().store_hangs() => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                let why = "The store does not answer. Try again later.";
                return unreadable(&house.state, status, why);
            }
            Err(_) => {}
        }
    }
}
