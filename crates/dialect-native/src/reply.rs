//! What a handler is asked in this API's terms, and the reply it gives.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use directory::{Credential, Fault, Ref};
use serde::Serialize;

use kit::{Authenticated, RequestError, RequestInfo, reply};

use super::codes::Code;
use super::errors::Problem;
use super::fields::Named;

/// What this API reads from a request's path and headers.
pub trait NativeRequest {
    /// What the path's variable segment names.
    fn named(&self, position: usize) -> Named;

    /// The revision that `If-Match` asks for. A tag that was never given matches nothing.
    fn revision(&self) -> Option<i64>;

    /// The directory's reference of what the path's variable segment names.
    fn reference<Id: From<i64>>(&self, position: usize) -> Ref<Id> {
        self.named(position).reference()
    }
}

impl NativeRequest for Authenticated {
    fn named(&self, position: usize) -> Named {
        Named::of(self.segments.get(position).map_or("", String::as_str))
    }

    fn revision(&self) -> Option<i64> {
        let tag = self.info.if_match.as_deref()?.trim();
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
    /// Where the thing just made is.
    pub location: Option<String>,
    /// Other pages of a list, as values of `Link`.
    pub links: Vec<String>,
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

    /// 201 with the thing made and its address below the mount.
    pub fn made(
        info: &RequestInfo,
        location: &str,
        revision: Option<i64>,
        body: &impl Serialize,
    ) -> Answer {
        let mut reply = Self::with(201, body)?;
        reply.location = Some(format!("{}{location}", info.mount));
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

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
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
            let address = HeaderValue::from_str(&location);
            headers.extend(address.ok().map(|address| (header::LOCATION, address)));
        }
        for link in self.links {
            let link = HeaderValue::from_str(&link);
            headers.extend(link.ok().map(|link| (header::LINK, link)));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        RequestError::Own(Arc::new(self)).into_response()
    }
}

/// A session that was begun with a password set by somebody else, or without the second factor that
/// the account needs, opens only what puts that right.
pub fn unfinished(authenticated: &Authenticated) -> Option<Problem> {
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
        return Some(Problem::of(Code::SecondFactorMissing, detail));
    }
    None
}
