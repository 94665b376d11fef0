//! Traces for a collector that speaks OTLP over HTTP: a span for each request, named by its route. Like metrics, spans hold no
//! person, key, address or path. Sending never holds up a request: what the collector does not take is dropped.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use directory::Directory;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use kit::{Answered, Observer};
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// How long a collector may take for one batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last batch may take when the server ends.
const LAST: Duration = Duration::from_secs(2);
/// Bytes of an answer that are read.
const ANSWER: usize = 64 << 10;
/// The port where none is stated.
const PORT: u16 = 4_318;

/// Makes spans of what another observer counts.
pub struct Traces {
    counting: Arc<dyn Observer>,
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    directory: Directory,
}

impl Traces {
    /// Begins to send to a collector.
    pub fn begin(
        endpoint: &Uri,
        directory: Directory,
        counting: Arc<dyn Observer>,
    ) -> Result<Arc<Self>> {
        let collector = Collector {
            host: endpoint.host().unwrap_or_default().to_owned(),
            port: endpoint.port_u16().unwrap_or(PORT),
            runtime: Handle::current(),
        };
        let place = endpoint.to_string();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(collector)
            .with_endpoint(format!("{}/v1/traces", place.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()
            .context("otlp.endpoint")?;
        let about = Resource::builder_empty()
            .with_service_name("usher")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(about)
            .build();
        Ok(Arc::new(Self {
            counting,
            tracer: provider.tracer("usher"),
            provider,
            directory,
        }))
    }

    /// Sends what is left and ends.
    pub async fn end(self: Arc<Self>) {
        let ended = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(LAST));
        match ended.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last traces were not sent"),
            Err(error) => tracing::warn!(%error, "the last traces were not sent"),
        }
    }

    fn trace(&self, answered: &Answered<'_>) {
        let milliseconds = u64::try_from(self.directory.now().0).unwrap_or(0);
        let ended: SystemTime = UNIX_EPOCH + Duration::from_millis(milliseconds);
        let begun = ended.checked_sub(answered.took).unwrap_or(UNIX_EPOCH);
        let route = answered.route.as_deref().unwrap_or("none");
        let method = answered.method.as_str().to_owned();
        let builder = SpanBuilder::from_name(format!("{method} {route}"))
            .with_kind(SpanKind::Server)
            .with_start_time(begun)
            .with_attributes([
                KeyValue::new("http.request.method", method),
                KeyValue::new("http.route", route.to_owned()),
                KeyValue::new("http.response.status_code", i64::from(answered.status)),
                KeyValue::new("usher.dialect", answered.dialect),
            ]);
        let mut span = self.tracer.build_with_context(builder, &Context::new());
        if answered.status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(ended);
    }
}

impl Observer for Traces {
    fn begun(&self) {
        self.counting.begun();
    }

    fn answered(&self, answered: &Answered<'_>) {
        self.counting.answered(answered);
        self.trace(answered);
    }

    fn refused(&self, code: &'static str) {
        self.counting.refused(code);
    }

    fn rate_limited(&self, by: &'static str) {
        self.counting.rate_limited(by);
    }
}

/// Sends batches. They are made on a thread of the library's own, which knows no runtime.
struct Collector {
    host: String,
    port: u16,
    runtime: Handle,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Collector({}:{})", self.host, self.port)
    }
}

impl HttpClient for Collector {
    fn send_bytes<'life0, 'async_trait>(
        &'life0 self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let (host, port) = (self.host.clone(), self.port);
        let sending = self.runtime.spawn(async move {
            tokio::time::timeout(PATIENCE, send(&host, port, request))
                .await
                .map_err(|_| anyhow!("the collector takes too long"))?
        });
        Box::pin(async move {
            let sent = sending.await.map_err(HttpError::from)?;
            let sent = sent.and_then(|answer| match answer.status().is_success() {
                true => Ok(answer),
                false => Err(anyhow!("the collector answers {}", answer.status())),
            });
            sent.map_err(|error| {
                tracing::warn!(error = format!("{error:#}"), "traces were not sent");
                error.into()
            })
        })
    }
}

async fn send(host: &str, port: u16, request: Request<Bytes>) -> Result<Response<Bytes>> {
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the sender.
    tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = path.parse()?;
    let name = HeaderValue::from_str(&format!("{host}:{port}"))?;
    head.headers.insert(HOST, name);
    let request = Request::from_parts(head, Full::new(body));
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, ANSWER).collect().await;
    let body = body.map_err(|error| anyhow!("the collector's answer: {error}"))?;
    Ok(Response::from_parts(head, body.to_bytes()))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use axum::http::Method;
    use directory::{
        Configuration, CountingEntropy, HashingCost, ManualClock, PasswordPolicy, Seams,
        StoreLocation, Time,
    };

    use super::*;

    struct Nothing;

    impl Observer for Nothing {
        fn begun(&self) {}
        fn answered(&self, _: &Answered<'_>) {}
        fn refused(&self, _: &'static str) {}
        fn rate_limited(&self, _: &'static str) {}
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_span_of_each_request_reaches_the_collector() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let place = format!("http://{}", listener.local_addr().unwrap());
        let collector = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut whole, mut bytes) = (Vec::new(), [0; 4_096]);
            loop {
                let count = stream.read(&mut bytes).unwrap();
                whole.extend_from_slice(&bytes[..count]);
                let text = String::from_utf8_lossy(&whole);
                let length = text.lines().find_map(|line| {
                    let (name, value) = line.split_once(": ")?;
                    name.eq_ignore_ascii_case("content-length")
                        .then(|| value.parse::<usize>().ok())?
                });
                let head = whole.windows(4).position(|four| four == b"\r\n\r\n");
                if let (Some(length), Some(head)) = (length, head)
                    && whole.len() >= head + 4 + length
                {
                    break;
                }
            }
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer).unwrap();
            whole
        });
        let opened = Directory::open(Configuration {
            location: StoreLocation::Temporary,
            platforms: crate::platforms(),
            passwords: PasswordPolicy::Default,
            secret: [7; 32],
            connections: 1,
            seams: Seams {
                clock: ManualClock::at(Time(1_767_225_600_000)),
                entropy: CountingEntropy::seeded(1),
                hashing: HashingCost::cheap(),
            },
        });
        let directory = opened.await.unwrap();
        let place: Uri = place.parse().unwrap();
        let traces = Traces::begin(&place, directory.clone(), Arc::new(Nothing)).unwrap();
        traces.answered(&Answered {
            dialect: "native",
            method: &Method::GET,
            route: Some("/api/v1/users/{user}".to_owned()),
            status: 503,
            took: Duration::from_millis(20),
        });
        traces.end().await;
        let sent = collector.join().unwrap();
        let text = String::from_utf8_lossy(&sent);
        assert!(text.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{text}");
        for part in [
            "GET /api/v1/users/{user}",
            "http.route",
            "native",
            "service.version",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        directory.close().await.unwrap();
    }
}
