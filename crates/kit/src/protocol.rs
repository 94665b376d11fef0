//! How a dialect finds credentials, and how it renders errors.

use std::any::Any;
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use directory::{Accepts, Caller, Fault};

use super::observer::{code_of_fault, code_of_rejection};
use super::rejection::Rejection;
use super::request::{Authenticated, RequestInfo};

/// What a handler returns.
pub type HandlerResult = Result<Response, RequestError>;

/// A dialect's way of finding credentials and of showing what went wrong.
pub trait Protocol: Send + Sync + 'static {
    /// The credentials a request presents, in the order they are tried; the first that opens counts.
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented>;

    /// Whether somebody who is signed in may use the dialect at all.
    fn admit(&self, caller: &Caller) -> Result<(), Fault> {
        let _ = caller;
        Ok(())
    }

    /// Whether the caller must first put something right about the account, whatever they ask for.
    fn check_session(&self, request: &Authenticated) -> Result<(), RequestError> {
        let _ = request;
        Ok(())
    }

    /// The path that the table of routes knows a request's path by, for vendors whose URLs have a
    /// grammar of their own, and what else the path says. It is asked once for each request;
    /// [`RequestInfo::path`] stays as it was sent.
    fn route<'a>(&self, path: &'a str) -> RoutedPath<'a> {
        RoutedPath::plain(path)
    }

    /// The vendor's status and body for a fault: one exhaustive match without a wildcard. The text
    /// of [`Fault::Internal`] is in the log already and never goes onto the wire.
    fn render_fault(&self, fault: &Fault, info: &RequestInfo) -> Response;

    /// The vendor's status and body for a request that could not be read or has no route.
    fn render_rejection(&self, rejection: &Rejection, info: &RequestInfo) -> Response;

    /// Whether answers say by `RateLimit` how many requests are left. Vendors' APIs have headers of their own, or none.
    fn states_rate_limits(&self) -> bool {
        false
    }

    /// What the dialect does with requests that were let in, before their handlers and after.
    fn preparation(&self) -> Option<&dyn Preparation> {
        None
    }

    /// What every answer of the vendor's carries, errors included.
    fn finish(&self, response: &mut Response, info: &RequestInfo) {
        let _ = (response, info);
    }
}

/// What a dialect does with every request that was let in.
pub trait Preparation: Send + Sync {
    /// Looks at a request before its handler: on it goes, or is answered at once. A body that is not JSON is
    /// not seen here.
    fn prepare<'a>(
        &'a self,
        request: Authenticated,
        body: Option<&'a serde_json::Value>,
    ) -> Preparing<'a>;

    /// Looks at the answer as it goes out.
    fn conclude<'a>(&'a self, response: Response, info: &'a RequestInfo) -> Concluding<'a>;
}

/// A request that is being looked at.
pub type Preparing<'a> = Pin<Box<dyn Future<Output = Result<Prepared, RequestError>> + Send + 'a>>;

/// An answer that is being looked at.
pub type Concluding<'a> = Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

/// How a request goes on.
#[derive(Debug)]
pub enum Prepared {
    /// To its handler.
    Go(Box<Authenticated>),
    /// This answers it.
    Answer(Box<Response>),
}

/// A path as the table of routes knows it.
#[derive(Debug)]
pub struct RoutedPath<'a> {
    /// The path to look up.
    pub path: Cow<'a, str>,
    /// What the dialect read from the path, for [`RequestInfo::parsed`].
    pub parsed: Option<Arc<dyn Any + Send + Sync>>,
}

impl<'a> RoutedPath<'a> {
    /// A path that says nothing but itself.
    #[must_use]
    pub fn plain(path: &'a str) -> Self {
        Self {
            path: Cow::Borrowed(path),
            parsed: None,
        }
    }
}

/// A credential as a request presents it.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented {
    /// The key or token.
    pub text: String,
    /// What it may be.
    pub accepts: Accepts,
}

impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Presented({:?})", self.accepts)
    }
}

/// The token of an `Authorization: Bearer` header.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers
        .get(axum::http::header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Why a handler gives no ordinary answer. The dialect's [`Protocol`] renders it on the way out.
#[derive(Debug)]
pub enum RequestError {
    /// The directory refused or failed.
    Fault(Fault),
    /// The request could not be read.
    Rejection(Rejection),
    /// An error of the dialect's own, which renders itself.
    Own(Arc<dyn RenderError>),
    /// The dialect has rendered it already.
    Response(Box<Response>),
}

/// An error of a dialect's own, beside the directory's faults.
pub trait RenderError: std::fmt::Debug + Send + Sync + 'static {
    /// The status and body.
    fn render(&self, info: &RequestInfo) -> Response;

    /// The word by which it is counted among the refusals; none when it is not.
    fn code(&self) -> Option<&'static str> {
        None
    }
}

impl RequestError {
    /// Whether a write came too late: another one changed the same thing in between.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!(self, RequestError::Fault(Fault::Stale))
    }
}

impl From<Fault> for RequestError {
    fn from(fault: Fault) -> Self {
        RequestError::Fault(fault)
    }
}

impl From<Rejection> for RequestError {
    fn from(rejection: Rejection) -> Self {
        RequestError::Rejection(rejection)
    }
}

impl From<Response> for RequestError {
    fn from(response: Response) -> Self {
        RequestError::Response(Box::new(response))
    }
}

/// An error on its way out, in the extensions of an answer that is not sent as it is.
#[derive(Clone, Debug)]
pub(super) enum UnrenderedError {
    Own(Arc<dyn RenderError>),
    Fault(Fault),
    Rejection(Rejection),
}

impl UnrenderedError {
    /// The word by which it is counted; an error of the dialect's own says it itself.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            UnrenderedError::Fault(fault) => Some(code_of_fault(fault)),
            UnrenderedError::Rejection(rejection) => Some(code_of_rejection(rejection)),
            UnrenderedError::Own(error) => error.code(),
        }
    }

    pub fn render(&self, protocol: &dyn Protocol, info: &RequestInfo) -> Response {
        match self {
            UnrenderedError::Fault(fault) => {
                if let Fault::Internal(why) = fault {
                    tracing::error!(request_id = %info.request_id, why, "internal error");
                }
                protocol.render_fault(fault, info)
            }
            UnrenderedError::Rejection(rejection) => protocol.render_rejection(rejection, info),
            UnrenderedError::Own(error) => error.render(info),
        }
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let unrendered = match self {
            RequestError::Fault(fault) => UnrenderedError::Fault(fault),
            RequestError::Rejection(rejection) => UnrenderedError::Rejection(rejection),
            RequestError::Own(error) => UnrenderedError::Own(error),
            RequestError::Response(response) => return *response,
        };
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(unrendered);
        response
    }
}
