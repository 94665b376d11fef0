//! The one HTTP client: every request of every command goes through here, with its time limit, and every
//! refusal becomes a [`Failure`] here.

pub mod address;
mod lines;
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::environment::Messages;
use crate::failure::{Exit, Failure, Result};
use crate::profiles::Target;
use crate::text::printable;

use address::{MOUNT, checked_url};

pub use lines::Stream;

/// The most that is read of one answer.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;
/// How much of an upload is read at once.
const CHUNK: usize = 64 * 1024;
/// What stands unencoded in a part of a path or a parameter.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A server, and the credential for it.
pub struct Connection {
    client: reqwest::Client,
    base: String,
    authorization: HeaderValue,
    timeout: Duration,
    messages: Messages,
    verbose: bool,
}

/// A request, before it goes out. It has no `Debug`: bodies hold secrets.
#[derive(Clone)]
pub struct Request {
    /// GET, POST …
    pub method: &'static str,
    /// Below the API's mount, encoded.
    pub path: String,
    /// Parameters, not encoded.
    pub query: Vec<(String, String)>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// A JSON body.
    pub body: Option<Value>,
}

/// An answer that is no refusal.
#[derive(Debug)]
pub struct Answer {
    /// Its JSON, if it has any.
    pub body: Option<Value>,
    /// Whether the server says that nothing was changed.
    pub dry_run: bool,
}

impl Request {
    /// Reads something.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// A request of this method.
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// With a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn sending(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// The request as a person reads it, without its parameters: those may hold names of people.
    fn spelled(&self) -> String {
        format!("{} {MOUNT}{}", self.method, self.path)
    }
}

/// A part of a path. What an address would swallow names nothing.
pub fn segment(text: &str) -> Result<String> {
    if matches!(text, "" | "." | "..") {
        return Err(Failure::usage(format!("`{text}` names nothing.")));
    }
    Ok(encoded(text))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &UNRESERVED).to_string()
}

impl Connection {
    /// A connection that is opened when it is first needed.
    pub fn new(
        target: &Target,
        timeout: Duration,
        messages: Messages,
        verbose: bool,
    ) -> Result<Self> {
        let base = checked_url(&target.url)?;
        let mut authorization = HeaderValue::from_str(&format!(
            "Bearer {}",
            target.token.expose_secret()
        ))
        .map_err(|_| {
            Failure::usage("The token holds characters that no token has: look at its file.")
        })?;
        authorization.set_sensitive(true);
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::configuration(base.starts_with("https:"))?)
            // The server that a redirect leads to would get the credential.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Failure::usage(format!(
                    "The connection cannot be set up: {}.",
                    causes(&error)
                ))
            })?;
        Ok(Self {
            client,
            base,
            authorization,
            timeout,
            messages,
            verbose,
        })
    }

    /// Sends a request and reads its JSON.
    pub async fn send(&self, request: Request) -> Result<Answer> {
        let asked = request.spelled();
        let exchange = async {
            let response = self.execute(&request, self.prepared(&request)?).await?;
            let dry_run = response.headers().contains_key("usher-dry-run");
            let body = self.read_json(response).await?;
            Ok(Answer { body, dry_run })
        };
        self.limited(&asked, exchange).await
    }

    /// Sends a request whose answer is read as it comes. `patience` is how long nothing may come.
    pub async fn open(&self, request: Request, patience: Duration) -> Result<Stream> {
        let asked = request.spelled();
        let exchange = self.execute(&request, self.prepared(&request)?);
        let response = self.limited(&asked, exchange).await?;
        Ok(Stream::new(response, patience))
    }

    /// Sends a file of any length. It takes as long as it takes, as long as something goes out or comes in.
    pub async fn upload(
        &self,
        request: Request,
        reader: Box<dyn std::io::Read + Send>,
        mut sent: impl FnMut(u64),
    ) -> Result<Answer> {
        let asked = request.spelled();
        let count = Arc::new(AtomicU64::new(0));
        let body = reqwest::Body::wrap_stream(chunks(reader, count.clone()));
        let exchange = async {
            let prepared = self.prepared(&request)?.body(body);
            let response = self.execute(&request, prepared).await?;
            let body = self.read_json(response).await?;
            Ok(Answer {
                body,
                dry_run: false,
            })
        };
        let mut exchange = std::pin::pin!(exchange);
        let mut before = 0;
        let mut still = Duration::ZERO;
        let step = Duration::from_millis(100);
        loop {
            match tokio::time::timeout(step, &mut exchange).await {
                Ok(answer) => {
                    sent(count.load(Ordering::Relaxed));
                    return answer;
                }
                Err(_) => {
                    let now = count.load(Ordering::Relaxed);
                    sent(now);
                    still = if now == before {
                        still + step
                    } else {
                        Duration::ZERO
                    };
                    before = now;
                    if still > self.timeout {
                        return Err(too_long(&asked, self.timeout));
                    }
                }
            }
        }
    }

    fn prepared(&self, request: &Request) -> Result<reqwest::RequestBuilder> {
        let mut url = format!("{}{MOUNT}{}", self.base, request.path);
        for (position, (name, value)) in request.query.iter().enumerate() {
            url.push(if position == 0 { '?' } else { '&' });
            url.push_str(&encoded(name));
            url.push('=');
            url.push_str(&encoded(value));
        }
        let mut headers = HeaderMap::new();
        headers.insert("authorization", self.authorization.clone());
        headers.insert(
            "accept",
            HeaderValue::from_static("application/json, */*;q=0.1"),
        );
        for (name, value) in &request.headers {
            let value = HeaderValue::from_str(value).map_err(|_| {
                Failure::usage(format!(
                    "The value for {name} holds characters that cannot be sent."
                ))
            })?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        let mut builder = self.client.request(method, url).headers(headers);
        if let Some(body) = &request.body {
            builder = builder
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        Ok(builder)
    }

    /// The response if it is no refusal.
    async fn execute(
        &self,
        request: &Request,
        prepared: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response> {
        let sent = prepared.send().await;
        let response = sent.map_err(|error| self.not_reached(&error))?;
        let status = response.status();
        if self.verbose {
            let request_id = response
                .headers()
                .get("x-request-id")
                .and_then(|id| id.to_str().ok())
                .unwrap_or("-");
            self.messages.error(&format!(
                "{} {}{MOUNT}{} -> {} (request {})",
                request.method,
                self.base,
                request.path,
                status.as_u16(),
                printable(request_id)
            ));
        }
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = response
            .headers()
            .get("retry-after")
            .and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let body = self.read_whole(response).await?;
        let body = serde_json::from_slice(&body).ok();
        let mut failure = Failure::answered(status.as_u16(), body, &request.spelled());
        failure.retry_after = retry_after;
        Err(failure)
    }

    async fn read_json(&self, response: reqwest::Response) -> Result<Option<Value>> {
        let body = self.read_whole(response).await?;
        if body.is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&body).map(Some).map_err(|_| {
            Failure::new(
                Exit::Failed,
                format!(
                    "{} answered with something that is no JSON. Is the address that of an Usher server?",
                    self.base
                ),
            )
        })
    }

    async fn read_whole(&self, mut response: reqwest::Response) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.not_reached(&error))?
        {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Failure::new(
                    Exit::Failed,
                    format!(
                        "The answer is larger than {} MiB. Ask for less at a time.",
                        LARGEST_ANSWER >> 20
                    ),
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    async fn limited<T>(
        &self,
        asked: &str,
        exchange: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        tokio::time::timeout(self.timeout, exchange)
            .await
            .unwrap_or_else(|_| Err(too_long(asked, self.timeout)))
    }

    fn not_reached(&self, error: &reqwest::Error) -> Failure {
        if error.is_builder() {
            return Failure::usage(format!("The request cannot be written: {}.", causes(error)));
        }
        Failure::new(
            Exit::NotReached,
            format!("{} cannot be reached: {}.", self.base, causes(error)),
        )
    }
}

fn too_long(asked: &str, timeout: Duration) -> Failure {
    Failure::new(
        Exit::NotReached,
        format!(
            "{asked} was not answered within {} s. Give it longer: --timeout SECONDS.",
            timeout.as_secs()
        ),
    )
}

/// What is read by a thread of its own, for a body that goes out as it is read.
fn chunks(
    mut reader: Box<dyn std::io::Read + Send>,
    count: Arc<AtomicU64>,
) -> impl futures_util::Stream<Item = std::io::Result<Vec<u8>>> {
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut chunk = vec![0; CHUNK];
            let read = match reader.read(&mut chunk) {
                Ok(0) => return,
                Ok(length) => {
                    chunk.truncate(length);
                    Ok(chunk)
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let ended = read.is_err();
            if sender.blocking_send(read).is_err() || ended {
                return;
            }
        }
    });
    stream::unfold((receiver, count), |(mut receiver, count)| async move {
        let chunk = receiver.recv().await?;
        if let Ok(chunk) = &chunk {
            count.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        }
        Some((chunk, (receiver, count)))
    })
}

/// The causes of an error without the address that was asked, which may hold names of people.
fn causes(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        cause = error.source();
    }
    if parts.is_empty() {
        return "the exchange failed".to_owned();
    }
    printable(&parts.join(": "))
}
