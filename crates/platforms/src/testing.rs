//! Clients without a network: scripted answers, a recorder, and a clock that can be set.
//!
//! ```
//! use usher_platforms::misp::Misp;
//! use usher_platforms::testing::{self, Script};
//!
//! # testing::run(async {
//! let script = Script::new().json(200, r#"[{"Role": {"id": "3", "name": "User"}}]"#);
//! let misp = Misp::builder("https://misp.example.org/")
//!     .key("0123456789012345678901234567890123456789")
//!     .transport(script.clone())
//!     .build()?;
//!
//! assert_eq!(misp.roles().await?[0].name, "User");
//! assert_eq!(script.requests()[0].uri(), "https://misp.example.org/roles/index");
//! # Ok(()) });
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::core::environment::Environment;
use crate::core::error::Result;
use crate::core::mask;
use crate::core::secret::Secret;
use crate::core::transport::{BoxFuture, Broken, Sent, Transport};

/// Answers from a list, in order, and keeps what it was asked. Clones share list and requests.
#[derive(Clone, Default)]
pub struct Script {
    state: Arc<Mutex<ScriptState>>,
}

#[derive(Default)]
struct ScriptState {
    answers: VecDeque<Result<Response<Bytes>, Broken>>,
    requests: Vec<Request<Bytes>>,
}

impl Script {
    /// A script without answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an answer with a JSON body.
    #[must_use]
    pub fn json(self, status: u16, body: &str) -> Self {
        self.answer(status, &[("content-type", "application/json")], body)
    }

    /// Adds an answer.
    #[must_use]
    pub fn answer(self, status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_str(value),
            ) {
                response.headers_mut().append(name, value);
            }
        }
        self.push(Ok(response))
    }

    /// Adds an exchange that fails.
    #[must_use]
    pub fn broken(self, sent: Sent) -> Self {
        self.push(Err(Broken::new(sent, "the script breaks the connection")))
    }

    fn push(self, answer: Result<Response<Bytes>, Broken>) -> Self {
        self.lock().answers.push_back(answer);
        self
    }

    /// What was asked so far, with the credentials it was asked with.
    pub fn requests(&self) -> Vec<Request<Bytes>> {
        self.lock().requests.clone()
    }

    /// How many answers have not been used.
    pub fn left(&self) -> usize {
        self.lock().answers.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ScriptState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Script {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        _: Duration,
    ) -> BoxFuture<'a, Result<Response<Bytes>, Broken>> {
        let mut state = self.lock();
        state.requests.push(request);
        let answer = state.answers.pop_front();
        drop(state);
        Box::pin(std::future::ready(answer.unwrap_or_else(|| {
            Err(Broken::new(Sent::No, "the script has no answer left"))
        })))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Script")
            .field("left", &self.left())
            .finish_non_exhaustive()
    }
}

/// Passes requests on and notes what went by, without credentials and with secrets masked.
#[derive(Clone)]
pub struct Recorder<T> {
    inner: T,
    notes: Arc<Mutex<Vec<Value>>>,
    /// The secrets that requests have carried so far; a later answer may repeat one.
    secrets: Arc<Mutex<Vec<Secret>>>,
}

impl<T: Transport> Recorder<T> {
    /// Records what goes through this transport.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            notes: Arc::new(Mutex::new(Vec::new())),
            secrets: Arc::default(),
        }
    }

    /// Keeps the secrets of a request, each once, and gives all that are known.
    fn learn(&self, request: &Request<Bytes>) -> Vec<Secret> {
        let mut known = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in carried(request) {
            if !known.iter().any(|one| one.expose() == secret.expose()) {
                known.push(secret);
            }
        }
        known.clone()
    }

    /// What went by: method, path, query, body, status, answer.
    pub fn recording(&self) -> Value {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        Value::Array(notes.clone())
    }
}

impl<T: Transport> Transport for Recorder<T> {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'a, Result<Response<Bytes>, Broken>> {
        let secrets = self.learn(&request);
        let mut note = json!({
            "method": request.method().as_str(),
            "path": request.uri().path(),
            "query": request.uri().query(),
            "body": noted(request.body(), request.headers().get(CONTENT_TYPE)),
        });
        let sent = self.inner.send(request, timeout);
        Box::pin(async move {
            let answer = sent.await;
            match &answer {
                Ok(response) => {
                    note["status"] = response.status().as_u16().into();
                    note["answer"] = noted(response.body(), response.headers().get(CONTENT_TYPE));
                }
                Err(broken) => note["broken"] = broken.to_string().into(),
            }
            scrub(&mut note, &secrets);
            self.notes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(note);
            answer
        })
    }
}

impl<T> fmt::Debug for Recorder<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Recorder").finish_non_exhaustive()
    }
}

/// The secrets of a request: its sensitive headers, and what its body holds under a secret member's name. Platforms
/// echo them in places that no name tells.
fn carried(request: &Request<Bytes>) -> Vec<Secret> {
    fn collect(value: &Value, secrets: &mut Vec<Secret>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text) if mask::is_secret(name) => {
                            secrets.push(Secret::new(text.as_str()));
                        }
                        value => collect(value, secrets),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, secrets)),
            _ => {}
        }
    }
    let mut secrets: Vec<Secret> = headers_of(request)
        .flat_map(|text| [text, text.rsplit(' ').next().unwrap_or(text)])
        .map(Secret::new)
        .collect();
    // What stands in base64 in a Basic credential may come back as it is.
    let basic = headers_of(request).filter_map(|text| text.strip_prefix("Basic "));
    for encoded in basic {
        let decoded = STANDARD.decode(encoded.trim()).unwrap_or_default();
        let decoded = String::from_utf8_lossy(&decoded);
        secrets.extend(
            decoded
                .split(':')
                .filter(|it| !it.is_empty())
                .map(Secret::new),
        );
    }
    if let Ok(body) = serde_json::from_slice(request.body()) {
        collect(&body, &mut secrets);
    } else if let Ok(form) = std::str::from_utf8(request.body()) {
        for (name, value) in form.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = value.replace('+', " ");
            let value = percent_encoding::percent_decode_str(&value).decode_utf8_lossy();
            if mask::is_secret(name) {
                secrets.push(Secret::new(value.as_ref()));
            }
        }
    }
    secrets
}

/// The sensitive headers of a request that are text.
fn headers_of(request: &Request<Bytes>) -> impl Iterator<Item = &str> {
    let values = request.headers().values();
    let sensitive = values.filter(|value| value.is_sensitive());
    sensitive.filter_map(|value| value.to_str().ok())
}

fn scrub(value: &mut Value, secrets: &[Secret]) {
    match value {
        Value::String(text) => mask::scrub(text, secrets),
        Value::Array(items) => items.iter_mut().for_each(|item| scrub(item, secrets)),
        Value::Object(members) => members.values_mut().for_each(|item| scrub(item, secrets)),
        _ => {}
    }
}

/// A body as it may be kept. A form is left out: where one is sent it holds a credential.
fn noted(body: &[u8], content_type: Option<&HeaderValue>) -> Value {
    let form = content_type.is_some_and(|it| it.as_bytes().starts_with(b"application/x-www-form"));
    if body.is_empty() {
        return Value::Null;
    }
    if form {
        return "(a form)".into();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            mask::mask(&mut value);
            value
        }
        Err(_) => mask::excerpt(body, 512).into(),
    }
}

/// A clock that stands still until it is slept on or set, and randomness that is no surprise. Sleeping takes no time
/// and moves the clock. For one task at a time.
#[derive(Clone)]
pub struct FixedEnvironment {
    start: Timestamp,
    state: Arc<Mutex<(Duration, u64)>>,
}

impl FixedEnvironment {
    /// Begins at a moment.
    pub fn at(start: Timestamp) -> Self {
        Self {
            start,
            state: Arc::new(Mutex::new((Duration::ZERO, 0))),
        }
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.lock().0 += by;
    }

    /// How far the clock has moved.
    pub fn passed(&self) -> Duration {
        self.lock().0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Duration, u64)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Environment for FixedEnvironment {
    fn now(&self) -> Timestamp {
        self.start
            .checked_add(self.passed())
            .unwrap_or(Timestamp::MAX)
    }

    fn elapsed(&self) -> Duration {
        self.passed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let this = self.clone();
        // When it is waited for, and not when it is made: a sleep that is dropped takes no time.
        Box::pin(async move { this.advance(duration) })
    }

    fn fill(&self, buffer: &mut [u8]) -> Result<()> {
        let mut state = self.lock();
        for byte in buffer {
            // An additive generator: good enough for what no one must guess in a test.
            state.1 = state.1.wrapping_add(0x9e37_79b9_7f4a_7c15);
            *byte = state.1.to_be_bytes()[0];
        }
        Ok(())
    }
}

impl fmt::Debug for FixedEnvironment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FixedEnvironment")
            .field("passed", &self.passed())
            .finish_non_exhaustive()
    }
}

/// Runs an example and panics if it fails; for documentation.
#[cfg(feature = "blocking")]
#[doc(hidden)]
pub fn run(example: impl Future<Output = Result<()>>) {
    #[expect(clippy::panic, reason = "a failed example must fail its test")]
    match crate::block_on(example) {
        Ok(()) => {}
        Err(error) => panic!("{error}"),
    }
}
