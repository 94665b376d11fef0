//! An operation as a value, before it is a call.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::core::error::{Error, Outcome, Result};
use crate::core::secret::Secret;

/// How often an operation may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It reads: as often as it takes.
    Safe,
    /// It changes, and ends in one state however often it is done.
    Idempotent,
    /// It makes something new or sends mail: again only when it surely was not done.
    Once,
}

/// What an operation is, apart from its contents: all that a log or a metric may say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// The platform: `misp`, `opencti`, `tenable`, `falcon`, `civis`.
    pub platform: &'static str,
    /// The operation's id, which is the method's name.
    pub id: &'static str,
    /// The path with names in place of values.
    pub template: &'static str,
    /// How often it may be sent.
    pub repeat: Repeat,
}

impl Facts {
    pub(crate) const fn new(
        platform: &'static str,
        id: &'static str,
        template: &'static str,
        repeat: Repeat,
    ) -> Self {
        Self {
            platform,
            id,
            template,
            repeat,
        }
    }
}

/// A call that has not been made: the request, relative to the client's base address and without its credential,
/// and how the answer is read.
///
/// Each operation of a platform is made by a pure function in the platform's `operations` module, so what would be sent can be
/// looked at, shown and tested without a network.
///
/// ```
/// use usher_platforms::misp::{operations, NewUser};
///
/// let operation = operations::add_user(&NewUser::new("ana@corp.example").organisation(2).role(3))?;
/// assert_eq!(operation.request().uri(), "/admin/users/add");
/// # Ok::<(), usher_platforms::Error>(())
/// ```
pub struct Operation<T> {
    facts: Facts,
    request: Request<Bytes>,
    read: fn(&Answer) -> Result<T>,
    /// Whether a failure means success once an earlier try has ended without a verdict.
    settled: fn(&Error) -> Option<T>,
    /// Values of the body that must not come back in an error.
    secrets: Vec<Secret>,
    /// Sent without the client's credential.
    anonymous: bool,
}

impl<T> Operation<T> {
    pub(crate) fn new(
        facts: Facts,
        request: Request<Bytes>,
        read: fn(&Answer) -> Result<T>,
    ) -> Self {
        Self {
            facts,
            request,
            read,
            settled: |_| None,
            secrets: Vec::new(),
            anonymous: false,
        }
    }

    /// Says which failures, after a try without a verdict, mean that the try had succeeded.
    pub(crate) fn settled_by(mut self, settled: fn(&Error) -> Option<T>) -> Self {
        self.settled = settled;
        self
    }

    pub(crate) fn hiding(mut self, secret: &Secret) -> Self {
        self.secrets.push(secret.clone());
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// The operation's id: the name of the method that makes the call.
    pub fn id(&self) -> &'static str {
        self.facts.id
    }

    /// How often it may be sent.
    pub fn repeat(&self) -> Repeat {
        self.facts.repeat
    }

    /// What a log or a metric may say of it.
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// What would be sent, relative to the client's base address and without its credential. It holds the secrets that the
    /// operation sends.
    pub fn request(&self) -> &Request<Bytes> {
        &self.request
    }

    /// Reads an answer to it.
    pub fn read(&self, answer: &Answer) -> Result<T> {
        (self.read)(answer)
    }

    pub(crate) fn settle(&self, error: &Error) -> Option<T> {
        (self.settled)(error)
    }

    pub(crate) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.anonymous
    }
}

impl<T> fmt::Debug for Operation<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Operation")
            .field("platform", &self.facts.platform)
            .field("id", &self.facts.id)
            .field("template", &self.facts.template)
            .field("repeat", &self.facts.repeat)
            .finish_non_exhaustive()
    }
}

/// A complete answer.
#[derive(Clone)]
#[non_exhaustive]
pub struct Answer {
    /// What was asked.
    pub facts: Facts,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
}

impl Answer {
    /// Puts an answer together, as a transport does.
    pub fn new(facts: Facts, response: http::Response<Bytes>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            facts,
            status: head.status,
            headers: head.headers,
            body,
        }
    }

    /// The body as a JSON value.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = if self.body.is_empty() {
                "the answer is empty".to_owned()
            } else if self.is_html() {
                "the answer is a web page, not JSON: is there a gateway in between?".to_owned()
            } else if error.is_eof() {
                "the answer was cut off".to_owned()
            } else if error.is_data() {
                // The library's own words would quote the value, which may be a secret.
                format!(
                    "the answer has another shape than expected (line {}, column {})",
                    error.line(),
                    error.column()
                )
            } else {
                "the answer is not JSON".to_owned()
            };
            Error::unexpected(self, what)
        })
    }

    /// A member of the answer, for documents that are wrapped in one.
    pub(crate) fn member<T: DeserializeOwned>(&self, name: &'static str) -> Result<T> {
        let mut document: Value = self.json()?;
        let member = document
            .get_mut(name)
            .map(Value::take)
            .ok_or_else(|| Error::unexpected(self, format!("the answer has no `{name}`")))?;
        self.part(member)
    }

    /// Reads a part of the answer that has been taken out of it.
    pub(crate) fn part<T: DeserializeOwned>(&self, part: Value) -> Result<T> {
        serde_json::from_value(part)
            .map_err(|_| Error::unexpected(self, "the answer has another shape than expected"))
    }

    /// A header as text.
    pub fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn is_html(&self) -> bool {
        let typed = self
            .header(CONTENT_TYPE)
            .is_some_and(|it| it.trim_start().starts_with("text/html"));
        typed || self.body.trim_ascii_start().starts_with(b"<")
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Answer")
            .field("facts", &self.facts)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Builds requests relative to the base address.
pub(crate) struct Draft {
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Draft {
    /// A request with a path whose parts are encoded already (see [`crate::core::path`]).
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(&crate::core::path::query(name));
        self.query.push('=');
        self.query
            .push_str(&crate::core::path::query(&value.to_string()));
        self
    }

    /// A query parameter that is left out when it has no value.
    pub(crate) fn query_if(self, name: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Error::config(format!("the request cannot be written: {error}")))?;
        self.body = body.into();
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(self)
    }

    pub(crate) fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        let body: Vec<String> = pairs
            .iter()
            .map(|(name, value)| {
                format!(
                    "{}={}",
                    crate::core::path::query(name),
                    crate::core::path::query(value)
                )
            })
            .collect();
        self.body = body.join("&").into();
        self.headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        self
    }

    pub(crate) fn finish(self) -> Result<Request<Bytes>> {
        let target = if self.query.is_empty() {
            self.path
        } else {
            format!("{}?{}", self.path, self.query)
        };
        let mut request = Request::builder()
            .method(self.method)
            .uri(target)
            .body(self.body)
            .map_err(|error| Error::config(format!("the request cannot be written: {error}")))?;
        *request.headers_mut() = self.headers;
        Ok(request)
    }

    pub(crate) fn operation<T>(
        self,
        facts: Facts,
        read: fn(&Answer) -> Result<T>,
    ) -> Result<Operation<T>> {
        Ok(Operation::new(facts, self.finish()?, read))
    }
}

/// For deletions: what is gone after a try without a verdict was deleted by it.
pub(crate) fn gone_is_done(error: &Error) -> Option<()> {
    matches!(error, Error::NotFound(_)).then_some(())
}

/// Reads an answer whose body says nothing. A page from a gateway must not pass for something done.
pub(crate) fn nothing(answer: &Answer) -> Result<()> {
    if answer.is_html() {
        return Err(Error::unexpected(
            answer,
            "the answer is a web page: is there a gateway in between?",
        ));
    }
    Ok(())
}

/// Whether trying again may do harm, given how a try ended.
pub(crate) fn may_repeat(repeat: Repeat, outcome: Outcome) -> bool {
    match repeat {
        Repeat::Safe | Repeat::Idempotent => true,
        Repeat::Once => outcome == Outcome::NotDone,
    }
}
