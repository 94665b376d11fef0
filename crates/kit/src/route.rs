//! The table of routes, and what happens to a request before its handler runs. The router, the
//! coverage tests and descriptions of an API are made from the one table.

use std::pin::Pin;
use std::sync::Arc;

use axum::RequestExt as _;
use axum::extract::{FromRequest as _, MatchedPath, RawPathParams, Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use directory::{Fault, Operation};

use super::app_state::AppState;
use super::body::JsonBody;
use super::dialect::Bodies;
use super::protocol::{Prepared, RequestError};
use super::rejection::Rejection;
use super::request::{Authenticated, RequestInfo, Segments, request_info};

/// One route.
pub struct Route {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path below the mount, with `{name}` segments.
    pub path: &'static str,
    /// Who may ask for it.
    pub serves: Serves,
    /// What else the caller needs, in the dialect's own terms.
    pub guard: Option<Guard>,
    /// What it does, in one line.
    pub summary: &'static str,
    /// The wire type of its body; empty when it takes none.
    pub takes: &'static str,
    /// The wire type of its answer, `[X]` for a list of X, with the status before it where that is
    /// not 200; empty for 204.
    pub gives: &'static str,
    /// Its handler, for the router.
    pub handler: fn() -> MethodRouter<AppState>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.path, self.serves)
    }
}

impl Route {
    /// The status of success.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.gives.get(..3) {
            Some(status) if status.bytes().all(|byte| byte.is_ascii_digit()) => status,
            _ if self.gives.is_empty() => "204",
            _ => "200",
        }
    }

    /// The wire type of the answer; empty when there is none.
    #[must_use]
    pub fn answer(&self) -> &'static str {
        match self.gives.strip_prefix(self.status()) {
            Some(answer) => answer.trim_start(),
            None => self.gives,
        }
    }
}

/// Who may ask for a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Anybody, without signing in.
    Open,
    /// Whoever is signed in; the operation depends on the body, or there is none.
    SignedIn,
    /// Whoever may do this operation of the access table somewhere, or on themselves.
    Operation(Operation),
    /// The handler looks at how signing in went, `Result<Authenticated, Fault>`, for its body may be
    /// a sign-in. It refuses everything else without one.
    Deferred,
}

/// Refuses callers who lack what a dialect's route needs beside the operation.
pub type Guard = fn(&Authenticated) -> Result<(), Fault>;

/// A table of routes, one line each:
///
/// ```text
/// METHOD "path" handler => open | signed_in | deferred | Operation [if guard], "summary"[, "Body"] [-> "Answer"];
/// ```
///
/// The name of the body may be a constant, as `(Type::NAME)`.
#[macro_export]
macro_rules! routes {
    ($($method:ident $path:literal $handler:path => $serves:ident $(if $guard:path)?
        $(, $summary:literal $(, $takes:tt)? $(-> $gives:literal)?)? ;)*) => {
        &[$($crate::Route {
            method: stringify!($method),
            path: $path,
            serves: $crate::routes!(@serves $serves),
            guard: $crate::routes!(@guard $($guard)?),
            summary: $crate::routes!(@text $($summary)?),
            takes: $crate::routes!(@text $($($takes)?)?),
            gives: $crate::routes!(@text $($($gives)?)?),
            handler: || {
                $crate::method_router(
                    $crate::MethodFilter::$method,
                    $crate::routes!(@serves $serves),
                    $crate::routes!(@guard $($guard)?),
                    $handler,
                )
            },
        }),*]
    };
    (@serves open) => { $crate::Serves::Open };
    (@serves signed_in) => { $crate::Serves::SignedIn };
    (@serves deferred) => { $crate::Serves::Deferred };
    (@serves $operation:ident) => { $crate::Serves::Operation($crate::Operation::$operation) };
    (@guard) => { None };
    (@guard $guard:path) => { Some($guard) };
    (@text) => { "" };
    (@text $text:expr) => { $text };
}

/// A handler with its extractors, behind a pointer: what is in front of it is compiled once, not for each handler.
type Handled = Pin<Box<dyn Future<Output = Response> + Send>>;
type BoxedHandler = Arc<dyn Fn(Request, AppState) -> Handled + Send + Sync>;

/// A handler behind what the table says of it: who asks, whether they may do such a thing at all, and
/// only then the handler, whose extractors read path, query and body. So a refusal for want of rights
/// comes before any complaint about the request, at every door.
pub fn method_router<H, T>(
    method: MethodFilter,
    serves: Serves,
    guard: Option<Guard>,
    handler: H,
) -> MethodRouter<AppState>
where
    H: Handler<T, AppState, Future = Handled> + Sync,
    T: 'static,
{
    let boxed = move |request: Request, state: AppState| handler.clone().call(request, state);
    gate(method, serves, guard, Arc::new(boxed))
}

fn gate(
    method: MethodFilter,
    serves: Serves,
    guard: Option<Guard>,
    handler: BoxedHandler,
) -> MethodRouter<AppState> {
    let gated = move |State(state): State<AppState>, mut request: Request| {
        let handler = Arc::clone(&handler);
        async move {
            match prepare(&mut request, &state, serves, guard).await {
                Ok(None) => handler(request, state).await,
                Ok(Some(answer)) => answer,
                Err(error) => error.into_response(),
            }
        }
    };
    on(method, gated)
}

async fn prepare(
    request: &mut Request,
    state: &AppState,
    serves: Serves,
    guard: Option<Guard>,
) -> Result<Option<Response>, RequestError> {
    let info = Arc::clone(request_info(request.extensions())?);
    if let Some(matched) = request.extensions().get::<MatchedPath>() {
        // A request is routed once.
        let _ = info.route.set(matched.clone());
    }
    if serves == Serves::Open {
        info.count_stranger()?;
    } else {
        admit(request, &info, serves, guard).await?;
    }
    let segments: RawPathParams = request
        .extract_parts()
        .await
        .map_err(|_| Rejection::BadPath)?;
    let segments = segments.iter().map(|(_, segment)| segment.to_owned());
    let segments = Segments(segments.collect());
    request.extensions_mut().insert(segments);
    if info.dialect.limits.bodies == Bodies::Always {
        info.query()?;
        let streamed = info.dialect.limits.streamed.contains(&info.path.as_str());
        if !streamed && !matches!(info.method, Method::GET | Method::HEAD) {
            let body = std::mem::take(request.body_mut());
            let mut sent = Request::new(body);
            *sent.headers_mut() = request.headers().clone();
            sent.extensions_mut().insert(Arc::clone(&info));
            let read = JsonBody::from_request(sent, state).await?;
            request.extensions_mut().insert(read);
        }
    }
    let Some(preparation) = info.dialect.protocol.preparation() else {
        return Ok(None);
    };
    let Some(mut authenticated) = request.extensions_mut().remove::<Authenticated>() else {
        return Ok(None);
    };
    if let Some(Segments(segments)) = request.extensions().get() {
        authenticated.segments.clone_from(segments);
    }
    let body = request.extensions_mut().remove::<JsonBody>();
    let prepared = preparation
        .prepare(authenticated, body.as_ref().map(|body| &body.0))
        .await;
    if let Some(body) = body {
        request.extensions_mut().insert(body);
    }
    match prepared? {
        Prepared::Go(authenticated) => {
            request.extensions_mut().insert(*authenticated);
            Ok(None)
        }
        Prepared::Answer(answer) => Ok(Some(*answer)),
    }
}

async fn admit(
    request: &mut Request,
    info: &Arc<RequestInfo>,
    serves: Serves,
    guard: Option<Guard>,
) -> Result<(), RequestError> {
    let found = Authenticated::find(info, request.headers()).await;
    if serves == Serves::Deferred {
        request.extensions_mut().insert(found);
        return Ok(());
    }
    let mut authenticated = found?;
    authenticated.needs = Some((serves, guard));
    info.dialect.protocol.check_session(&authenticated)?;
    if let Some(guard) = guard {
        guard(&authenticated).inspect_err(|fault| authenticated.note_refusal(fault))?;
    }
    if let Serves::Operation(operation) = serves {
        authenticated.admit(operation)?;
    }
    request.extensions_mut().insert(authenticated);
    Ok(())
}
