//! The way in: folds the path, finds the dialect, and wraps what it answers.

use std::any::Any;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use directory::{Fault, RequestContext};
use serde_json::json;
use tower::Service as _;

use super::app_state::AppState;
use super::body_drain::BodyDrain;
use super::dialect::Dialect;
use super::observer::Answered;
use super::path::{LONGEST, fold_path};
use super::protocol::{RequestError, RoutedPath, UnrenderedError};
use super::rejection::Rejection;
use super::reply;
use super::request::RequestInfo;

/// The address of the other end of the connection, which the listener puts into the extensions.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub SocketAddr);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const FORM_TOKEN: HeaderName = HeaderName::from_static("form-token");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// All dialects under their mounts, and the server's own routes at the root.
#[derive(Clone)]
pub struct Dispatcher {
    dialects: Arc<[Served]>,
    root: Router,
    state: AppState,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dispatcher")
    }
}

impl Dispatcher {
    /// `dialects` under their mounts; `root` answers what no mount covers.
    #[must_use]
    pub fn new(dialects: &[&'static Dialect], root: Router, state: &AppState) -> Self {
        Self {
            dialects: dialects
                .iter()
                .map(|dialect| Served::mounted(dialect, state))
                .collect(),
            root,
            state: state.clone(),
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
        let request_id = self.state.request_id();
        let path = path.into_owned();
        let first = path.split('/').nth(1).unwrap_or_default();
        let meant = self.meant(first, request.headers());
        let mut response = match meant.as_slice() {
            [_, ..] => misdirected(&meant, &self.state),
            [] => {
                let headers = request.headers();
                let context = RequestContext {
                    address: self.state.client_address(peer(&request), headers),
                    agent: text(headers, &header::USER_AGENT),
                    request_id: request_id.clone(),
                    method: request.method().as_str().to_owned(),
                    path: path.clone(),
                };
                let mut request = with_path(request, &path);
                request.extensions_mut().insert(context);
                match catch_panic(self.root.clone().call(request)).await {
                    Ok(response) => response,
                    Err(panic) => {
                        log_panic(&request_id, &panic);
                        reply::empty(StatusCode::INTERNAL_SERVER_ERROR)
                    }
                }
            }
        };
        set_common_headers(&mut response, &request_id);
        response
    }
}

/// The answer to a request that cannot be read as HTTP, so that it belongs to no dialect.
#[must_use]
pub fn unreadable(state: &AppState, status: StatusCode, why: &str) -> Response {
    let mut response = reply::json(status, &json!({ "message": why }));
    set_common_headers(&mut response, &state.request_id());
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

impl Dispatcher {
    /// The dialects that a client may have meant which begins its path like this: of several, those
    /// whose credentials it presents; of none of these, all.
    fn meant(&self, first: &str, headers: &HeaderMap) -> Vec<&'static Dialect> {
        let named: Vec<&'static Dialect> = self
            .dialects
            .iter()
            .map(|served| served.dialect)
            .filter(|dialect| dialect.wrong_mount_prefixes.contains(&first))
            .collect();
        if named.len() < 2 {
            return named;
        }
        let credentialed: Vec<&'static Dialect> = named
            .iter()
            .copied()
            .filter(|dialect| !dialect.protocol.credentials(headers).is_empty())
            .collect();
        if credentialed.is_empty() {
            named
        } else {
            credentialed
        }
    }
}

/// A client was given the server's root in place of its dialect's address.
fn misdirected(meant: &[&Dialect], state: &AppState) -> Response {
    let addresses: Vec<String> = meant
        .iter()
        .map(|dialect| {
            let url = state.public_url();
            format!("{} is spoken at {url}{}/", dialect.name, dialect.mount)
        })
        .collect();
    let message = format!(
        "Nothing is served at this path. {} (the trailing slash matters to some clients): \
         give the client that address.",
        addresses.join(", ")
    );
    reply::json(StatusCode::NOT_FOUND, &json!({ "message": message }))
}

/// One dialect, ready to answer.
#[derive(Clone)]
pub struct Served {
    dialect: &'static Dialect,
    mount: &'static str,
    router: Router,
    state: AppState,
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Served").field(&self.dialect.name).finish()
    }
}

impl Served {
    /// The dialect below its mount.
    fn mounted(dialect: &'static Dialect, state: &AppState) -> Self {
        Self {
            mount: dialect.mount,
            ..Self::alone(dialect, state)
        }
    }

    /// The dialect at the root of a listener of its own.
    #[must_use]
    pub fn alone(dialect: &'static Dialect, state: &AppState) -> Self {
        let mut router = Router::new();
        for route in dialect.routes {
            router = router.route(route.path, (route.handler)());
        }
        let router = router
            .fallback(async || RequestError::Rejection(Rejection::NoRoute))
            .method_not_allowed_fallback(async || RequestError::Rejection(Rejection::WrongMethod))
            .with_state(state.clone());
        Self {
            dialect,
            mount: "",
            router,
            state: state.clone(),
        }
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Response {
        let path = fold_path(request.uri().path()).into_owned();
        self.below(request, path).await
    }

    async fn below(&self, request: Request, path: String) -> Response {
        let Some(observer) = self.state.observer() else {
            return self.below_unobserved(request, path).await.0;
        };
        observer.begun();
        let begun = self.state.directory().elapsed();
        let (response, info) = self.below_unobserved(request, path).await;
        let route = info.route.get();
        observer.answered(&Answered {
            dialect: self.dialect.name,
            method: &info.method,
            route: route.map(|route| format!("{}{}", self.dialect.mount, route.as_str())),
            status: response.status().as_u16(),
            took: self.state.directory().elapsed().saturating_sub(begun),
        });
        response
    }

    async fn below_unobserved(
        &self,
        request: Request,
        path: String,
    ) -> (Response, Arc<RequestInfo>) {
        let protocol = self.dialect.protocol;
        let bad = path.len() > LONGEST || path.contains("%00");
        let routed = if bad {
            RoutedPath::plain("")
        } else {
            protocol.route(&path)
        };
        let target = routed.path.into_owned();
        let info = Arc::new(self.info(&request, routed.parsed, path.clone()));
        let expects = request.headers().contains_key(header::EXPECT);
        let (parts, body) = request.into_parts();
        let (body, drain) = BodyDrain::split(body);
        let request = Request::from_parts(parts, body);
        let mut response = if bad {
            protocol.render_rejection(&Rejection::BadPath, &info)
        } else {
            let mut request = with_path(request, &target);
            request.extensions_mut().insert(Arc::clone(&info));
            match catch_panic(self.router.clone().call(request)).await {
                Ok(response) => self.rendered(response, &info),
                Err(panic) => {
                    log_panic(&info.request_id, &panic);
                    protocol.render_fault(&Fault::Internal("a panic".to_owned()), &info)
                }
            }
        };
        protocol.finish(&mut response, &info);
        if let Some(preparation) = protocol.preparation() {
            response = preparation.conclude(response, &info).await;
        }
        if protocol.states_rate_limits()
            && let Some((policy, left)) = info.rate_limit_headers()
        {
            let headers = response.headers_mut();
            for (name, text) in [("ratelimit-policy", policy), ("ratelimit", left)] {
                if let Ok(value) = HeaderValue::from_str(&text) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
        }
        set_common_headers(&mut response, &info.request_id);
        if !drain.drain(self.dialect.limits.body, expects).await {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        tracing::debug!(
            request_id = %info.request_id,
            dialect = self.dialect.name,
            method = %info.method,
            path = %info.path,
            status = response.status().as_u16(),
            "answered"
        );
        (response, info)
    }

    fn info(
        &self,
        request: &Request,
        parsed: Option<Arc<dyn Any + Send + Sync>>,
        path: String,
    ) -> RequestInfo {
        let headers = request.headers();
        RequestInfo {
            request_id: self.state.request_id(),
            method: request.method().clone(),
            path,
            address: self.state.client_address(peer(request), headers),
            agent: text(headers, &header::USER_AGENT),
            accept: text(headers, &header::ACCEPT),
            if_match: text(headers, &header::IF_MATCH),
            if_none_match: text(headers, &header::IF_NONE_MATCH),
            idempotency_key: text(headers, &IDEMPOTENCY_KEY),
            form_token: text(headers, &FORM_TOKEN),
            notes: Arc::default(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            pairs: OnceLock::new(),
            parsed,
            dialect: self.dialect,
            mount: self.mount,
            state: self.state.clone(),
            received_at: self.state.directory().now(),
            remaining: OnceLock::new(),
            route: OnceLock::new(),
            counted: OnceLock::new(),
        }
    }

    fn rendered(&self, mut response: Response, info: &RequestInfo) -> Response {
        let Some(unrendered) = response.extensions_mut().remove::<UnrenderedError>() else {
            return response;
        };
        if let Some(observer) = self.state.observer()
            && let Some(code) = unrendered.code()
        {
            observer.refused(code);
        }
        let mut rendered = unrendered.render(self.dialect.protocol, info);
        if let Some(allow) = response.headers_mut().remove(header::ALLOW)
            && rendered.status() == StatusCode::METHOD_NOT_ALLOWED
        {
            rendered.headers_mut().insert(header::ALLOW, allow);
        }
        rendered
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
fn with_path(mut request: Request, path: &str) -> Request {
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
async fn catch_panic<T>(
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

fn log_panic(request_id: &str, panic: &Box<dyn Any + Send>) {
    let why = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a text");
    tracing::error!(request_id, why, "a request panicked");
}

/// What every answer carries.
fn set_common_headers(response: &mut Response<Body>, request_id: &str) {
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
