//! One request on its way through a handler, and the answer it gets.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use directory::{Caller, Credential, Directory, Fault, Handle, Ref, Time};
use serde::Serialize;
use serde_json::Value;

use kit::{
    self, Anonymous, AppState, Authenticated, JsonBody, Rejection, RequestInfo, Serves, reply,
};

use super::errors::{Problem, show};
use super::fields::{Fields, Named};

/// A request of somebody who is signed in, read but not yet understood.
pub struct Call {
    /// The directory on the caller's behalf.
    pub handle: Handle,
    /// What is common to this request and its visit.
    pub visit: Visit,
}

/// A request of anybody.
pub struct Visit {
    /// What is known of the request.
    pub info: Arc<RequestInfo>,
    /// The path's variable segments, in order.
    pub path: Vec<String>,
    /// The parameters after `?`.
    pub parameters: Vec<(String, String)>,
    /// The body; `Null` when there was none.
    pub body: Value,
    /// The `If-Match` header.
    pub if_match: Option<String>,
}

impl Call {
    /// Reads a request in the order of checks: who asks, whether they may do such a thing at all,
    /// and only then the body.
    pub async fn begin(
        request: Request,
        state: &AppState,
        serves: Serves,
    ) -> Result<Self, kit::RequestError> {
        let (mut parts, body) = request.into_parts();
        let authenticated = Authenticated::from_request_parts(&mut parts, state).await?;
        let handle = authenticated.handle();
        if let Some(problem) = unfinished(&authenticated) {
            return Err(kit::RequestError::from(show(&problem, &authenticated.info)));
        }
        if let Serves::Operation(operation) = serves {
            handle.admit(operation)?;
        }
        let visit = Visit::read(parts, body, authenticated.info, state).await?;
        Ok(Self { handle, visit })
    }
}

impl Visit {
    /// Reads a request of anybody.
    pub async fn begin(
        request: Request,
        state: &AppState,
        _: Serves,
    ) -> Result<Self, kit::RequestError> {
        let (mut parts, body) = request.into_parts();
        let Anonymous(info) = Anonymous::from_request_parts(&mut parts, state).await?;
        Self::read(parts, body, info, state).await
    }
}

impl Visit {
    async fn read(
        mut parts: Parts,
        body: Body,
        info: Arc<RequestInfo>,
        state: &AppState,
    ) -> Result<Self, kit::RequestError> {
        let path: Vec<String> = match RawPathParams::from_request_parts(&mut parts, state).await {
            Ok(segments) => segments
                .iter()
                .map(|(_, segment)| segment.to_owned())
                .collect(),
            Err(_) => return Err(Rejection::BadPath.into()),
        };
        // No stored text holds a NUL, and not every store can be asked for one.
        if path.iter().any(|segment| segment.contains('\0')) {
            return Err(Rejection::BadPath.into());
        }
        let parameters = match parts.uri.query() {
            Some(query) => kit::parse_pairs(query)?.0,
            None => Vec::new(),
        };
        if parameters.iter().any(|(_, value)| value.contains('\0')) {
            return Err(Rejection::BadQuery.into());
        }
        let if_match = parts
            .headers
            .get(header::IF_MATCH)
            .map(|tag| String::from_utf8_lossy(tag.as_bytes()).into_owned());
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        let body = if reads {
            Value::Null
        } else {
            let JsonBody(body) =
                JsonBody::from_request(Request::from_parts(parts, body), state).await?;
            body
        };
        Ok(Self {
            info,
            path,
            parameters,
            body,
            if_match,
        })
    }

    /// The directory, for what needs no caller.
    pub fn directory(&self) -> &Directory {
        self.info.state.directory()
    }

    /// The fields of the body, which must be there.
    pub fn fields(&mut self) -> Result<Fields, Problem> {
        match self.body.take() {
            Value::Null => Err(Problem::body(
                "This request needs a JSON object as its body.",
            )),
            body => Fields::of(body),
        }
    }

    /// The fields of the body, none when there is no body.
    pub fn optional_fields(&mut self) -> Result<Fields, Problem> {
        match self.body.take() {
            Value::Null => Ok(Fields::default()),
            body => Fields::of(body),
        }
    }
}

impl std::ops::Deref for Call {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl std::ops::DerefMut for Call {
    fn deref_mut(&mut self) -> &mut Visit {
        &mut self.visit
    }
}

impl Call {
    /// The time by the directory's clock.
    pub fn now(&self) -> Time {
        self.handle.now()
    }

    /// Who asks.
    pub fn caller(&self) -> Caller {
        self.handle.caller()
    }

    /// What the path's variable segment names.
    pub fn named(&self, position: usize) -> Named {
        Named::of(self.path.get(position).map_or("", String::as_str))
    }

    /// The same as the directory's reference.
    pub fn reference<Id: From<i64>>(&self, position: usize) -> Ref<Id> {
        self.named(position).reference()
    }

    /// The revision that `If-Match` asks for. A tag that was never given matches nothing.
    pub fn revision(&self) -> Option<i64> {
        let tag = self.if_match.as_deref()?.trim();
        if tag == "*" {
            return None;
        }
        let tag = tag.strip_prefix("W/").unwrap_or(tag);
        let number = tag
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'))
            .and_then(|tag| tag.parse().ok());
        Some(number.unwrap_or(-1))
    }

    /// Refuses when `If-Match` asks for another revision.
    pub fn check_revision(&self, revision: i64) -> Result<(), Problem> {
        match self.revision() {
            Some(asked) if asked != revision => Err(Fault::Stale.into()),
            _ => Ok(()),
        }
    }
}

/// What a handler gives back.
pub type Answer = Result<Reply, Problem>;

/// An answer that is no refusal.
#[derive(Debug, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Option<Bytes>,
    /// The row's revision, shown as the `ETag`.
    pub revision: Option<i64>,
    /// Where the thing just made is, below the mount.
    pub location: Option<String>,
}

impl Reply {
    /// 200 with a body.
    pub fn shown(body: &impl Serialize) -> Answer {
        Self::with(200, body)
    }

    /// 200 with a body and its revision.
    pub fn revised(revision: i64, body: &impl Serialize) -> Answer {
        let mut reply = Self::with(200, body)?;
        reply.revision = Some(revision);
        Ok(reply)
    }

    /// 201 with the thing made and its address.
    pub fn made(location: String, revision: Option<i64>, body: &impl Serialize) -> Answer {
        let mut reply = Self::with(201, body)?;
        reply.location = Some(location);
        reply.revision = revision;
        Ok(reply)
    }

    /// 202: it will be done.
    pub fn accepted() -> Answer {
        Ok(Self {
            status: 202,
            ..Self::default()
        })
    }

    /// 204.
    pub fn nothing() -> Answer {
        Ok(Self {
            status: 204,
            ..Self::default()
        })
    }

    fn with(status: u16, body: &impl Serialize) -> Answer {
        let mut bytes = Vec::with_capacity(1024);
        match serde_json::to_writer(&mut bytes, body) {
            Ok(()) => Ok(Self {
                status,
                body: Some(bytes.into()),
                ..Self::default()
            }),
            Err(error) => Err(Fault::Internal(error.to_string()).into()),
        }
    }
}

impl Reply {
    /// The answer as it goes out.
    fn response(self, info: &RequestInfo) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = match self.body {
            Some(body) => reply::raw_json(status, body),
            None => reply::empty(status),
        };
        let headers = response.headers_mut();
        if let Some(revision) = self.revision {
            let tag = HeaderValue::from_str(&format!("\"{revision}\""));
            headers.extend(tag.ok().map(|tag| (header::ETAG, tag)));
        }
        if let Some(location) = self.location {
            let address = HeaderValue::from_str(&format!("{}{location}", info.mount));
            headers.extend(address.ok().map(|address| (header::LOCATION, address)));
        }
        response
    }
}

/// Runs a handler and turns what it gives back into the answer.
pub async fn answered(info: Arc<RequestInfo>, work: impl Future<Output = Answer>) -> Response {
    match work.await {
        Ok(reply) => reply.response(&info),
        Err(problem) => show(&problem, &info),
    }
}

/// A session that was begun with a password set by somebody else, or without the second factor that
/// the account needs, opens only what puts that right.
fn unfinished(authenticated: &Authenticated) -> Option<Problem> {
    if !matches!(
        authenticated.caller.credential(),
        Credential::Session(_, None)
    ) {
        return None;
    }
    let path = authenticated.info.path.as_str();
    if matches!(path, "/me" | "/sign-out") {
        return None;
    }
    if authenticated.caller.must_change_password() && path != "/me/password" {
        return Some(Fault::PasswordChangeNeeded.into());
    }
    let enrols = path.starts_with("/me/second-factor") || path == "/me/password";
    if authenticated.caller.must_enrol_second_factor() && !enrols {
        let detail = "This account needs a second factor. Enrol one first: POST /me/second-factor.";
        let title = "A second factor must be enrolled first";
        return Some(Problem::new(403, "second-factor-missing", title, detail));
    }
    None
}
