//! Who asks, as a handler gets it: the only way for a request to reach the directory's use-cases.

use std::any::Any;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Method};
use directory::{
    Caller, Credential, Fault, Handle, Operation, Refusal, RequestContext, Time, WriteMode,
};

use super::app_state::AppState;
use super::dialect::Dialect;
use super::pairs::{Pairs, parse_pairs};
use super::protocol::RequestError;
use super::rate_limit::{Allowance, Client};
use super::rejection::Rejection;
use super::route::{Guard, Serves};

/// What is known of a request before anybody signs in.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    /// The id under which the log speaks of it.
    pub request_id: String,
    /// The method.
    pub method: Method,
    /// The path below the mount, folded, with its leading slash, not decoded.
    pub path: String,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The client's own name.
    pub agent: Option<String>,
    /// The `Accept` header.
    pub accept: Option<String>,
    /// The `If-Match` header.
    pub if_match: Option<String>,
    /// The `If-None-Match` header.
    pub if_none_match: Option<String>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
    /// The `Form-Token` header.
    pub form_token: Option<String>,
    /// What the dialect notes of the request for its answer.
    pub notes: Arc<OnceLock<Arc<dyn Any + Send + Sync>>>,
    /// What stands after `?`, not decoded.
    pub query: String,
    pub(super) pairs: OnceLock<Result<Pairs, Rejection>>,
    pub(super) parsed: Option<Arc<dyn Any + Send + Sync>>,
    /// The dialect spoken.
    pub dialect: &'static Dialect,
    /// Where the dialect is mounted here: empty on a listener of its own.
    pub mount: &'static str,
    /// What all requests share.
    pub state: AppState,
    /// When it came.
    pub received_at: Time,
    /// What is left of the client's minute, once it is known whose request it is.
    pub(super) remaining: OnceLock<u32>,
    /// The route that serves it, once it is found.
    pub(super) route: OnceLock<MatchedPath>,
    /// By what it was counted, and how many such requests there may be in a minute.
    pub(super) counted: OnceLock<(&'static str, u32)>,
}

impl RequestInfo {
    /// The pattern of the route that serves it, once it is found.
    #[must_use]
    pub fn route_pattern(&self) -> Option<&str> {
        self.route.get().map(MatchedPath::as_str)
    }

    /// Counts the request of a credential, and refuses it when too many came within a minute. Sessions
    /// that are bound to a key count as that key, so that another token begins no other minute.
    pub fn count(&self, credential: Credential) -> Result<(), Fault> {
        let Some(limit) = self.state.per_key(self.dialect.limits.requests_per_minute) else {
            return Ok(());
        };
        let credential = match credential {
            Credential::Session(_, Some(key)) => Credential::Key(key),
            other => other,
        };
        self.take(
            "key",
            Client::Credential(self.dialect.name, credential),
            limit,
        )
    }

    /// Counts a request that came without a valid credential.
    pub(super) fn count_stranger(&self) -> Result<(), Fault> {
        let (Some(limit), Some(address)) = (self.state.per_address(), self.address) else {
            return Ok(());
        };
        self.take("address", Client::at(address), limit)
    }

    fn take(&self, by: &'static str, client: Client, limit: u32) -> Result<(), Fault> {
        let now = self.state.directory().elapsed();
        let left = self.state.rate_limiter().take(client, limit, now);
        let remaining = left.as_ref().copied().unwrap_or(0);
        // Set twice by a request that counts twice; the first count is the one shown.
        let _ = self.remaining.set(remaining);
        let _ = self.counted.set((by, limit));
        if left.is_err()
            && let Some(observer) = self.state.observer()
        {
            observer.rate_limited(by);
        }
        left.map(|_| ())
    }

    /// `RateLimit-Policy` and `RateLimit` for an answer, where its request was counted.
    pub(super) fn rate_limit_headers(&self) -> Option<(String, String)> {
        let (by, limit) = *self.counted.get()?;
        let remaining = self.remaining.get().copied().unwrap_or(limit);
        // The bucket is full again after so many seconds.
        let used = u64::from(limit.saturating_sub(remaining));
        let full_in = (used * 60).div_ceil(u64::from(limit.max(1)));
        Some((
            format!("\"{by}\";q={limit};w=60"),
            format!("\"{by}\";r={remaining};t={full_in}"),
        ))
    }

    /// How many requests the client has in a minute, and how many are left; all of them for a request
    /// that nobody is known to have sent.
    #[must_use]
    pub fn allowance(&self) -> Allowance {
        let dialect = self.dialect.limits.requests_per_minute;
        let limit = self.state.per_key(dialect).unwrap_or(dialect);
        Allowance {
            limit,
            remaining: self.remaining.get().copied().unwrap_or(limit),
        }
    }

    /// The request as the directory's audit trail knows it.
    #[must_use]
    pub fn context(&self) -> RequestContext {
        RequestContext {
            address: self.address,
            agent: self.agent.clone(),
            request_id: self.request_id.clone(),
            method: self.method.as_str().to_owned(),
            path: self.path.clone(),
        }
    }

    /// The parameters after `?`; decoded once, when they are first asked for.
    pub fn query(&self) -> Result<&Pairs, Rejection> {
        let pairs = self.pairs.get_or_init(|| parse_pairs(&self.query));
        pairs.as_ref().map_err(Clone::clone)
    }

    /// The request as if a parameter had not been sent.
    #[must_use]
    pub fn without(&self, name: &str) -> RequestInfo {
        let info = self.clone();
        let pairs = self.query().cloned().map(|pairs| {
            let kept = pairs.0.into_iter().filter(|(known, _)| known != name);
            Pairs(kept.collect())
        });
        RequestInfo {
            pairs: OnceLock::from(pairs),
            ..info
        }
    }

    /// What the dialect read from the path when the request was routed.
    #[must_use]
    pub fn parsed<T: Any>(&self) -> Option<&T> {
        self.parsed.as_deref()?.downcast_ref()
    }

    /// The address of the dialect's own root, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("{}{}", self.state.public_url(), self.mount)
    }
}

pub(super) fn request_info(extensions: &Extensions) -> Result<&Arc<RequestInfo>, Fault> {
    extensions
        .get::<Arc<RequestInfo>>()
        .ok_or_else(|| Fault::Internal("a handler was called outside its mount".to_owned()))
}

/// A request of somebody who signed in: the directory's use-cases on their behalf.
#[derive(Clone, Debug)]
pub struct Authenticated {
    handle: Handle,
    /// Who asks.
    pub caller: Caller,
    /// The request.
    pub info: Arc<RequestInfo>,
    /// The path's variable segments, decoded, in order.
    pub segments: Vec<String>,
    /// What the route asks of the caller; nothing before the request was routed.
    pub(super) needs: Option<(Serves, Option<Guard>)>,
}

/// The path's variable segments, on their way to [`Authenticated`].
#[derive(Clone, Debug)]
pub(super) struct Segments(pub Vec<String>);

impl Authenticated {
    /// The use-cases, to be moved elsewhere (a stream, a task).
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// The parameters after `?`; decoded once, when they are first asked for.
    pub fn query(&self) -> Result<&Pairs, Rejection> {
        self.info.query()
    }

    /// This request on another caller's behalf.
    #[must_use]
    pub fn on_behalf_of(&self, caller: Caller) -> Self {
        Self {
            handle: self
                .state()
                .directory()
                .act(&caller)
                .in_mode_of(&self.handle),
            caller,
            info: Arc::clone(&self.info),
            segments: self.segments.clone(),
            needs: self.needs,
        }
    }

    /// The request with the caller's rights of now, for answers that are read in parts. Refused once
    /// the credential opens nothing any more, or the route would refuse the caller today.
    pub async fn renewed(&self) -> Result<Self, Fault> {
        let (operation, guard) = match self.needs {
            Some((Serves::Operation(operation), guard)) => (operation, guard),
            Some((_, guard)) => (Operation::ShowUser, guard),
            None => (Operation::ShowUser, None),
        };
        let handle = self.handle.renewed(operation).await?;
        let renewed = Self {
            caller: handle.caller(),
            handle,
            ..self.clone()
        };
        renewed.info.dialect.protocol.admit(&renewed.caller)?;
        if let Some(guard) = guard {
            guard(&renewed)?;
        }
        Ok(renewed)
    }

    /// This request with writes that end as the mode says.
    #[must_use]
    pub fn in_mode(self, mode: WriteMode) -> Self {
        Self {
            handle: self.handle.in_mode(mode),
            ..self
        }
    }

    /// What all requests share.
    #[must_use]
    pub fn state(&self) -> &AppState {
        &self.info.state
    }

    /// Finds out who asks, by the credentials that the dialect finds in the headers.
    pub(super) async fn find(info: &Arc<RequestInfo>, headers: &HeaderMap) -> Result<Self, Fault> {
        let dialect = info.dialect;
        let directory = info.state.directory();
        let mut refused = Fault::Unauthenticated(Refusal::Missing);
        for presented in dialect.protocol.credentials(headers) {
            let found = directory
                .authenticate(
                    dialect.platform,
                    &presented.text,
                    presented.accepts,
                    info.context(),
                )
                .await;
            match found {
                Ok(caller) => return Self::admitted(info, caller),
                // A credential that is known but refused says more than one nobody knows.
                Err(Fault::Unauthenticated(Refusal::Unknown))
                    if refused != Fault::Unauthenticated(Refusal::Missing) => {}
                Err(fault) => refused = fault,
            }
        }
        info.count_stranger()?;
        Err(refused)
    }

    fn admitted(info: &Arc<RequestInfo>, caller: Caller) -> Result<Self, Fault> {
        let (dialect, directory) = (info.dialect, info.state.directory());
        info.count(caller.credential())?;
        let handle = directory.act(&caller);
        dialect
            .protocol
            .admit(&caller)
            .inspect_err(|fault| handle.note_refusal(fault))?;
        Ok(Self {
            handle,
            caller,
            info: Arc::clone(info),
            segments: Vec::new(),
            needs: None,
        })
    }
}

impl Deref for Authenticated {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, RequestError> {
        let found = parts.extensions.remove::<Authenticated>();
        let mut found =
            found.ok_or_else(|| Fault::Internal("no sign-in before this handler".to_owned()))?;
        if let Some(Segments(segments)) = parts.extensions.remove() {
            found.segments = segments;
        }
        Ok(found)
    }
}

/// How signing in went, for the handler of a [`Serves::Deferred`] route.
#[derive(Debug)]
pub struct Deferred(pub Result<Authenticated, Fault>);

impl FromRequestParts<AppState> for Deferred {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, RequestError> {
        let found = parts.extensions.remove::<Result<Authenticated, Fault>>();
        let found =
            found.ok_or_else(|| Fault::Internal("a route that defers nothing".to_owned()))?;
        Ok(Deferred(found))
    }
}

/// A request of somebody who need not sign in, for open routes.
#[derive(Clone, Debug)]
pub struct Anonymous(pub Arc<RequestInfo>);

impl Deref for Anonymous {
    type Target = RequestInfo;

    fn deref(&self) -> &RequestInfo {
        &self.0
    }
}

impl FromRequestParts<AppState> for Anonymous {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, RequestError> {
        Ok(Anonymous(Arc::clone(request_info(&parts.extensions)?)))
    }
}
