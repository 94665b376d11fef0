//! One call: credential, limits, tries, answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use serde_json::Value;
use tracing::Instrument;

use crate::core::auth::Authorize;
use crate::core::environment::Environment;
use crate::core::error::{Error, Outcome, Result, Vendor};
use crate::core::limits::{Account, Refused};
use crate::core::observe::{Observation, Observer};
use crate::core::operation::{Answer, Draft, Facts, Operation, Repeat, may_repeat};
use crate::core::pace;
use crate::core::retry::Retry;
use crate::core::transport::{Broken, Sent, Transport};

/// Tells a platform's refusals from its answers.
pub(crate) type Judge = fn(&Answer) -> Result<()>;

/// What all clones of a client share, and what a view of it replaces.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) platform: &'static str,
    pub(crate) base: Base,
    pub(crate) authorize: Arc<dyn Authorize>,
    pub(crate) judge: Judge,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) account: Account,
    pub(crate) retry: Retry,
    pub(crate) request_timeout: Duration,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// How one try ended, if not with success.
struct Failure {
    error: Error,
    again: bool,
    /// How long the platform wants to be left alone.
    wait: Option<Duration>,
}

impl Core {
    pub(crate) fn environment(&self) -> &dyn Environment {
        &*self.shared.environment
    }

    /// Makes the call.
    pub(crate) async fn call<T>(&self, operation: Operation<T>) -> Result<T> {
        let mut hidden = self.authorize.secrets();
        hidden.extend_from_slice(operation.secrets());
        self.tries(&operation).await.map_err(|error| {
            // A token that was asked for during the call is among them only now.
            hidden.extend(self.authorize.secrets());
            error.scrub(&hidden)
        })
    }

    async fn tries<T>(&self, operation: &Operation<T>) -> Result<T> {
        let facts = operation.facts();
        let Shared {
            environment,
            account,
            retry,
            ..
        } = &*self.shared;
        let deadline = environment.elapsed() + retry.in_all;
        let mut unknown = false;
        let mut renewed = false;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let failure = match self
                .attempt(operation, attempt, deadline, &mut renewed)
                .await
            {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            if unknown && let Some(value) = operation.settle(&failure.error) {
                return Ok(value);
            }
            unknown |= failure.error.outcome() == Outcome::Unknown;
            let with_outcome = |error: Error| {
                // After a try without a verdict a later refusal proves nothing.
                if unknown {
                    error.after_unknown()
                } else {
                    error
                }
            };
            let now = environment.elapsed();
            if let Some(wait) = failure.wait {
                // The platform wants quiet, from every clone of this client.
                account.block(now, wait);
            }
            let pause = failure
                .wait
                .unwrap_or_else(|| retry.pause_after(attempt, &**environment));
            if !failure.again || attempt >= retry.tries || now + pause >= deadline {
                return Err(with_outcome(self.dated(failure.error, failure.wait)));
            }
            tracing::debug!(
                platform = facts.platform,
                operation = facts.id,
                attempt,
                kind = failure.error.kind(),
                pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                "trying again"
            );
            environment.sleep(pause).await;
        }
    }

    /// Says when the platform wants to be asked again.
    fn dated(&self, error: Error, wait: Option<Duration>) -> Error {
        match (error, wait) {
            (Error::RateLimited { vendor, .. }, Some(wait)) => Error::RateLimited {
                until: self.environment().now().checked_add(wait).ok(),
                vendor,
            },
            (error, _) => error,
        }
    }

    async fn attempt<T>(
        &self,
        operation: &Operation<T>,
        attempt: u32,
        deadline: Duration,
        renewed: &mut bool,
    ) -> std::result::Result<T, Failure> {
        let facts = operation.facts();
        let environment = self.environment();
        let fatal = |error| Failure {
            error,
            again: false,
            wait: None,
        };
        let mut credential = HeaderMap::new();
        if !operation.is_anonymous() {
            // Before a place is taken: asking for a token takes a place itself.
            self.authorize
                .authorize(self, &mut credential)
                .await
                .map_err(fatal)?;
        }
        // After the credential is there: it may say where the request goes.
        let mut request = self.request(operation).map_err(fatal)?;
        for (name, value) in &credential {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        let asked = environment.elapsed();
        let place = match self.shared.account.admit(environment, deadline).await {
            Ok(place) => place,
            Err(Refused::Rate(wait)) => return Err(fatal(self.held_back(&facts, wait))),
            Err(Refused::Place) => {
                return Err(fatal(Error::deadline(
                    &facts,
                    "no place among the requests that run at once was free in time",
                    Outcome::NotDone,
                )));
            }
        };
        let started = environment.elapsed();
        let timeout = self
            .shared
            .request_timeout
            .min(deadline.saturating_sub(started));
        if timeout.is_zero() {
            return Err(fatal(Error::deadline(
                &facts,
                "no time was left to send the request",
                Outcome::NotDone,
            )));
        }
        let span = tracing::debug_span!(
            "platform_request",
            platform = facts.platform,
            operation = facts.id,
            method = %request.method(),
            path = facts.template,
            attempt,
            status = tracing::field::Empty,
            milliseconds = tracing::field::Empty,
            trace_id = tracing::field::Empty,
        );
        let sent = self
            .shared
            .transport
            .send(request, timeout)
            .instrument(span.clone())
            .await;
        drop(place);
        let elapsed = environment.elapsed().saturating_sub(started);
        let status = sent
            .as_ref()
            .ok()
            .map(|response| response.status().as_u16());
        span.record("status", status.unwrap_or(0));
        span.record(
            "milliseconds",
            u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        );
        if let Some(observer) = &self.shared.observer {
            observer.tried(&Observation {
                facts,
                status,
                attempt,
                elapsed,
                waited: started.saturating_sub(asked),
            });
        }
        let response = match sent {
            Ok(response) => response,
            Err(broken) => return Err(Self::broken(&facts, &broken)),
        };
        let answer = Answer::new(facts, response);
        let advice = pace::read(&answer.headers, environment.now());
        self.shared.account.learn(environment.elapsed(), &advice);
        let result = self.judged(&answer).and_then(|()| operation.read(&answer));
        if let Some(trace_id) = result
            .as_ref()
            .err()
            .and_then(|it| it.vendor()?.trace_id.clone())
        {
            span.record("trace_id", trace_id);
        }
        match result {
            Ok(value) => Ok(value),
            Err(error) => Err(self
                .answered(error, &answer, advice.wait, &credential, renewed)
                .await),
        }
    }

    /// A redirect is never an answer; the rest is the platform's to judge.
    fn judged(&self, answer: &Answer) -> Result<()> {
        (self.judge)(answer)?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(if answer.status.is_redirection() {
            Error::unexpected(answer, "the answer is a redirect, which is not followed")
        } else {
            Vendor::of(answer, "").by_status()
        })
    }

    fn broken(facts: &Facts, broken: &Broken) -> Failure {
        let error = Error::unreachable(facts, broken);
        Failure {
            again: broken.sent == Sent::No || may_repeat(facts.repeat, error.outcome()),
            error,
            wait: None,
        }
    }

    async fn answered(
        &self,
        error: Error,
        answer: &Answer,
        wait: Option<Duration>,
        credential: &HeaderMap,
        renewed: &mut bool,
    ) -> Failure {
        let facts = &answer.facts;
        let (again, wait) = match answer.status {
            // A 429 says that nothing was done, so it is safe for everything.
            StatusCode::TOO_MANY_REQUESTS => (true, wait),
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => (facts.repeat != Repeat::Once, wait),
            StatusCode::UNAUTHORIZED if !*renewed => {
                *renewed = true;
                let again = self.authorize.refused(credential).await;
                (again, again.then_some(Duration::ZERO))
            }
            _ => (false, None),
        };
        Failure { error, again, wait }
    }

    /// The limits leave no turn before the deadline.
    fn held_back(&self, facts: &Facts, wait: Duration) -> Error {
        let mut vendor = Vendor::of(
            &Answer::new(*facts, http::Response::new(Bytes::new())),
            "the platform's rate limit leaves no turn before the deadline",
        );
        vendor.status = None;
        Error::RateLimited {
            until: self.environment().now().checked_add(wait).ok(),
            vendor: Box::new(vendor),
        }
    }

    fn request<T>(&self, operation: &Operation<T>) -> Result<Request<Bytes>> {
        let draft = operation.request();
        let base = self.authorize.base();
        let base = base.as_ref().unwrap_or(&self.base);
        let mut request = Request::builder()
            .method(draft.method().clone())
            .uri(base.join(draft.uri())?)
            .body(draft.body().clone())
            .map_err(|error| Error::config(format!("the request cannot be written: {error}")))?;
        *request.headers_mut() = draft.headers().clone();
        Ok(request)
    }

    /// The way out: any request, with the client's credential, limits, tries and errors. What does not read is sent once.
    pub(crate) async fn raw(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
        more: impl FnOnce(Draft) -> Draft,
    ) -> Result<Value> {
        let repeat = match method {
            Method::GET | Method::HEAD | Method::OPTIONS => Repeat::Safe,
            _ => Repeat::Once,
        };
        let facts = Facts::new(self.platform, "raw", "(raw)", repeat);
        let path = format!("/{}", path.trim_start_matches('/'));
        let mut draft = Draft::new(method, path);
        for (name, value) in query {
            draft = draft.query(name, value);
        }
        if let Some(body) = body {
            draft = draft.json(body)?;
        }
        let operation = more(draft).operation(facts, |answer| {
            if answer.body.is_empty() {
                return Ok(Value::Null);
            }
            answer.json()
        })?;
        self.call(operation).await
    }
}

/// Where the platform is: scheme, host and a prefix of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    scheme: String,
    authority: String,
    prefix: String,
}

impl Base {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            Error::config(format!(
                "the address must look like https://host/ or https://host/prefix/: {why}"
            ))
        };
        let uri: Uri = text.trim().parse().map_err(|_| wrong("it is no address"))?;
        let scheme = uri.scheme_str().ok_or_else(|| wrong("it has no scheme"))?;
        if !matches!(scheme, "http" | "https") {
            return Err(wrong("only http and https are spoken"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("credentials do not belong into it"));
        }
        if uri.query().is_some() {
            return Err(wrong("it has a query"));
        }
        Ok(Self {
            scheme: scheme.to_owned(),
            authority: authority.to_string(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The host, if it is an address and not a name.
    #[cfg(feature = "http")]
    pub(crate) fn literal_address(&self) -> Option<std::net::IpAddr> {
        let host = self.authority.parse::<http::uri::Authority>().ok()?;
        host.host().trim_matches(['[', ']']).parse().ok()
    }

    pub(crate) fn join(&self, relative: &Uri) -> Result<String> {
        let target = relative
            .path_and_query()
            .ok_or_else(|| Error::config("the request has no path"))?;
        Ok(format!(
            "{}://{}{}{target}",
            self.scheme, self.authority, self.prefix
        ))
    }
}
