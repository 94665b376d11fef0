//! The way in: folds the path, finds the dialect, and wraps what it answers.

use std::any::Any;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use directory::{Fault, RequestContext};
use serde_json::json;
use tower::Service as _;

use super::answer;
use super::dialect::Dialect;
use super::leftover::Leftover;
use super::path::{LONGEST, fold_path};
use super::shared::Shared;
use super::signed::Seen;
use super::voice::{Problem, Trouble, Unvoiced};

/// The address of the other end of the connection, which the listener puts into the extensions.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub SocketAddr);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// All dialects under their mounts, and the server's own routes at the root.
#[derive(Clone)]
pub struct Front {
    dialects: Arc<[Served]>,
    root: Router,
    shared: Shared,
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Front")
    }
}

impl Front {
    /// `dialects` under their mounts; `root` answers what no mount covers.
    #[must_use]
    pub fn new(dialects: &[&'static Dialect], root: Router, shared: &Shared) -> Self {
        Self {
            dialects: dialects
                .iter()
                .map(|dialect| Served::mounted(dialect, shared))
                .collect(),
            root,
            shared: shared.clone(),
        }
    }

    /// Answers a request. The server's own routes find what the directory is to know of it, its
    /// [`RequestContext`], among its extensions.
    pub async fn answer(&self, request: Request) -> Response {
        let path = fold_path(request.uri().path());
        for served in self.dialects.iter() {
            let below = path
                .strip_prefix(served.mount)
                .filter(|rest| rest.is_empty() || rest.starts_with('/'));
            if let Some(below) = below {
                let below = if below.is_empty() { "/" } else { below }.to_owned();
                return served.below(request, below).await;
            }
        }
        let request_id = self.shared.request_id();
        let path = path.into_owned();
        let first = path.split('/').nth(1).unwrap_or_default();
        let stray = self
            .dialects
            .iter()
            .find(|served| served.dialect.strays.contains(&first));
        let mut response = match stray {
            Some(served) => astray(served.dialect, &self.shared),
            None => {
                let headers = request.headers();
                let context = RequestContext {
                    address: self.shared.client_address(peer(&request), headers),
                    agent: text(headers, &header::USER_AGENT),
                    request_id: request_id.clone(),
                    method: request.method().as_str().to_owned(),
                    path: path.clone(),
                };
                let mut request = relocated(request, &path);
                request.extensions_mut().insert(context);
                match caught(self.root.clone().call(request)).await {
                    Ok(response) => response,
                    Err(panic) => {
                        told(&request_id, &panic);
                        answer::empty(StatusCode::INTERNAL_SERVER_ERROR)
                    }
                }
            }
        };
        finish(&mut response, &request_id);
        response
    }
}

/// The answer to a request that cannot be read as HTTP, so that it belongs to no dialect.
#[must_use]
pub fn unreadable(shared: &Shared, status: StatusCode, why: &str) -> Response {
    let mut response = answer::json(status, &json!({ "message": why }));
    finish(&mut response, &shared.request_id());
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// A client was given the server's root in place of its dialect's address.
fn astray(dialect: &Dialect, shared: &Shared) -> Response {
    let address = format!("{}{}/", shared.public_url(), dialect.mount);
    let message = format!(
        "Nothing is served at this path. {} is spoken at {address} (the trailing slash matters to some clients): \
         give the client that address.",
        dialect.name
    );
    answer::json(StatusCode::NOT_FOUND, &json!({ "message": message }))
}

/// One dialect, ready to answer.
#[derive(Clone)]
pub struct Served {
    dialect: &'static Dialect,
    mount: &'static str,
    router: Router,
    shared: Shared,
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Served").field(&self.dialect.name).finish()
    }
}

impl Served {
    /// The dialect below its mount.
    fn mounted(dialect: &'static Dialect, shared: &Shared) -> Self {
        Self {
            mount: dialect.mount,
            ..Self::alone(dialect, shared)
        }
    }

    /// The dialect at the root of a listener of its own.
    #[must_use]
    pub fn alone(dialect: &'static Dialect, shared: &Shared) -> Self {
        let mut router = Router::new();
        for route in dialect.routes {
            router = router.route(route.path, (route.handler)());
        }
        let router = router
            .fallback(async || Problem::Trouble(Trouble::NoRoute))
            .method_not_allowed_fallback(async || Problem::Trouble(Trouble::WrongMethod))
            .with_state(shared.clone());
        Self {
            dialect,
            mount: "",
            router,
            shared: shared.clone(),
        }
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Response {
        let path = fold_path(request.uri().path()).into_owned();
        self.below(request, path).await
    }

    async fn below(&self, request: Request, path: String) -> Response {
        let seen = Arc::new(self.seen(&request, path));
        let expects = request.headers().contains_key(header::EXPECT);
        let (parts, body) = request.into_parts();
        let (body, leftover) = Leftover::of(body);
        let request = Request::from_parts(parts, body);
        let voice = self.dialect.voice;
        let mut response = if seen.path.len() > LONGEST || seen.path.contains("%00") {
            voice.trouble(&Trouble::BadPath, &seen)
        } else {
            let mut request = relocated(request, &voice.route(&seen.path));
            request.extensions_mut().insert(Arc::clone(&seen));
            match caught(self.router.clone().call(request)).await {
                Ok(response) => self.voiced(response, &seen),
                Err(panic) => {
                    told(&seen.request_id, &panic);
                    voice.fault(&Fault::Internal("a panic".to_owned()), &seen)
                }
            }
        };
        finish(&mut response, &seen.request_id);
        if !leftover.drained(self.dialect.limits.body, expects).await {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        tracing::debug!(
            request_id = %seen.request_id,
            dialect = self.dialect.name,
            method = %seen.method,
            path = %seen.path,
            status = response.status().as_u16(),
            "answered"
        );
        response
    }

    fn seen(&self, request: &Request, path: String) -> Seen {
        let headers = request.headers();
        Seen {
            request_id: self.shared.request_id(),
            method: request.method().clone(),
            path,
            address: self.shared.client_address(peer(request), headers),
            agent: text(headers, &header::USER_AGENT),
            accept: text(headers, &header::ACCEPT),
            dialect: self.dialect,
            mount: self.mount,
            shared: self.shared.clone(),
        }
    }

    fn voiced(&self, mut response: Response, seen: &Seen) -> Response {
        let Some(unvoiced) = response.extensions_mut().remove::<Unvoiced>() else {
            return response;
        };
        let mut voiced = unvoiced.voiced(self.dialect.voice, seen);
        if let Some(allow) = response.headers_mut().remove(header::ALLOW)
            && voiced.status() == StatusCode::METHOD_NOT_ALLOWED
        {
            voiced.headers_mut().insert(header::ALLOW, allow);
        }
        voiced
    }
}

fn peer(request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<PeerAddress>();
    peer.map(|peer| peer.0.ip())
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    // A client's name goes into the audit trail; more of it than this tells nothing.
    let text: String = String::from_utf8_lossy(value.as_bytes())
        .chars()
        .filter(|letter| !letter.is_control())
        .take(512)
        .collect();
    Some(text)
}

/// The request at another path, with its query.
fn relocated(mut request: Request, path: &str) -> Request {
    if request.uri().path() != path {
        let target = match request.uri().query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        // Parts of a valid target make a valid target, so the old one stays only in theory.
        if let Ok(uri) = target.parse::<Uri>() {
            *request.uri_mut() = uri;
        }
    }
    request
}

/// Runs an answer to its end, or to its panic.
async fn caught<T>(
    future: impl Future<Output = Result<T, std::convert::Infallible>>,
) -> Result<T, Box<dyn Any + Send>> {
    let mut future = Box::pin(future);
    poll_fn(move |context| {
        let mut future: Pin<&mut _> = future.as_mut();
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(value))) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    })
    .await
}

fn told(request_id: &str, panic: &Box<dyn Any + Send>) {
    let why = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text");
    tracing::error!(request_id, why, "a request panicked");
}

/// What every answer carries.
fn finish(response: &mut Response<Body>, request_id: &str) {
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // Nothing here is a page to be framed; a page that is one states its own policy.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'",
        ));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
}
