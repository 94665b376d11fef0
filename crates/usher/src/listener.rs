//! Sockets to requests: HTTP/1.1 with title-cased header names, bounded in headers and time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::body::Body;
use axum::response::Response;
use dialects::kit::{Front, PeerAddress, Served};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;

/// How long a client may take for the head of a request, idle time between two included.
const HEAD: Duration = Duration::from_secs(30);

/// The most bytes of a request's head.
const HEAD_SIZE: usize = 64 << 10;

/// Connections at a time; more wait in the system's queue.
const CONNECTIONS: usize = 4_096;

/// What a listener leads to.
#[derive(Clone)]
pub enum Entrance {
    /// Every dialect under its mount.
    Front(Arc<Front>),
    /// One dialect at the root.
    Alone(Arc<Served>),
}

impl Entrance {
    async fn answer(&self, request: hyper::Request<Incoming>, peer: SocketAddr) -> Response {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(PeerAddress(peer));
        match self {
            Entrance::Front(front) => front.answer(request).await,
            Entrance::Alone(served) => served.answer(request).await,
        }
    }
}

/// Begins to listen.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

/// Serves what comes in until `stop` changes, then lets the requests under way finish.
pub fn serve(
    listener: TcpListener,
    entrance: Entrance,
    mut stop: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &places) => accepted,
                _ = stop.changed() => break,
            };
            let Some((stream, peer, place)) = accepted else {
                continue;
            };
            let connection = connection(stream, peer, entrance.clone(), graceful.watcher());
            tokio::spawn(async move {
                connection.await;
                drop(place);
            });
        }
        drop(listener);
        graceful.shutdown().await;
    })
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            // Out of file descriptors, or the client is gone already: both pass.
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, entrance: Entrance, watcher: Watcher) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection without TCP_NODELAY");
    }
    let service = service_fn(move |request| {
        let entrance = entrance.clone();
        async move { Ok::<_, Infallible>(entrance.answer(request, peer).await) }
    });
    let connection = http1::Builder::new()
        .title_case_headers(true)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_SIZE)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
