//! Metrics in Prometheus' text format: what requests do is counted as they come, what stands in the store is counted when a person
//! asks, at most every few seconds. No label holds a person, a key, an address or a path.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use directory::{Accepts, Directory, Fault, Figures, Handle, Platform, Refusal, RequestContext};
use kit::{Answered, Observer, bearer, reply};
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use tokio::sync::Mutex;

use crate::tls::Tls;

const TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How long counts of what stands in the store serve those who ask.
const STANDS: Duration = Duration::from_secs(5);
/// The spans of requests, in seconds.
const BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// The metrics of one server.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    refusals: IntCounterVec,
    rate_limited: IntCounterVec,
    directory: Directory,
    tls: Option<Tls>,
    figures: Mutex<Option<(Duration, Figures)>>,
}

impl Metrics {
    /// Begins to count.
    pub fn new(directory: Directory, tls: Option<Tls>) -> Result<Arc<Self>> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec> {
            let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counters.clone()))?;
            Ok(counters)
        };
        let requests = counters(
            "usher_http_requests_total",
            "Requests answered.",
            &["dialect", "method", "route", "status"],
        )?;
        let refusals = counters(
            "usher_refusals_total",
            "Requests refused, by why.",
            &["code"],
        )?;
        let rate_limited = counters(
            "usher_rate_limited_total",
            "Requests refused for coming too often.",
            &["by"],
        )?;
        for by in ["address", "key"] {
            // Alerts on growth need the nought.
            rate_limited.with_label_values(&[by]);
        }
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "usher_http_request_duration_seconds",
                "From a request's head to its answer's.",
            )
            .buckets(BUCKETS.to_vec()),
            &["dialect"],
        )?;
        registry.register(Box::new(durations.clone()))?;
        let in_flight = IntGauge::new("usher_http_requests_in_flight", "Requests under way.")?;
        registry.register(Box::new(in_flight.clone()))?;
        #[cfg(target_os = "linux")]
        registry.register(Box::new(
            prometheus::process_collector::ProcessCollector::for_self(),
        ))?;
        Ok(Arc::new(Self {
            registry,
            requests,
            durations,
            in_flight,
            refusals,
            rate_limited,
            directory,
            tls,
            figures: Mutex::default(),
        }))
    }

    /// Everything, for a caller who may read it.
    async fn text(&self, handle: Option<&Handle>) -> Result<String, Fault> {
        let mut bytes = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut bytes)
            .map_err(|error| Fault::Internal(error.to_string()))?;
        let mut text =
            String::from_utf8(bytes).map_err(|error| Fault::Internal(error.to_string()))?;
        let figures = self.figures(handle).await?;
        // Writing to a text does not fail.
        let _ = self.write_figures(&mut text, &figures);
        Ok(text)
    }

    /// The counts of the store. The caller's right to them is looked at each time.
    async fn figures(&self, handle: Option<&Handle>) -> Result<Figures, Fault> {
        if let Some(handle) = handle {
            return handle.figures().await;
        }
        let mut kept = self.figures.lock().await;
        let now = self.directory.elapsed();
        if let Some((at, figures)) = &*kept
            && now.saturating_sub(*at) < STANDS
        {
            return Ok(figures.clone());
        }
        let figures = self.directory.figures().await?;
        *kept = Some((now, figures.clone()));
        Ok(figures)
    }

    fn write_figures(&self, text: &mut String, figures: &Figures) -> std::fmt::Result {
        let version = env!("CARGO_PKG_VERSION");
        head(text, "usher_build_info", "gauge", "The version that runs.")?;
        writeln!(text, "usher_build_info{{version=\"{version}\"}} 1")?;
        for (name, label, help, counts) in [
            ("usher_users", "status", "Users, by status.", &figures.users),
            ("usher_mails", "state", "Mails, by state.", &figures.mails),
            ("usher_jobs", "state", "Jobs, by state.", &figures.jobs),
        ] {
            head(text, name, "gauge", help)?;
            for (word, count) in counts {
                writeln!(text, "{name}{{{label}=\"{word}\"}} {count}")?;
            }
        }
        head(
            text,
            "usher_keys_expiring",
            "gauge",
            "API keys in force that end within a span.",
        )?;
        for (days, count) in &figures.keys_expiring {
            writeln!(text, "usher_keys_expiring{{within=\"{days}d\"}} {count}")?;
        }
        let name = "usher_sign_ins_total";
        head(
            text,
            name,
            "counter",
            "Sign-ins by password, by how they ended.",
        )?;
        for (platform, outcome, count) in &figures.sign_ins {
            // The directory's own roles and the native API are one platform.
            let dialect = match *platform {
                word if word == Platform::USHER.word() => "native",
                word => word,
            };
            writeln!(
                text,
                "{name}{{dialect=\"{dialect}\",outcome=\"{outcome}\"}} {count}"
            )?;
        }
        let writes = &figures.writes;
        head(
            text,
            "usher_store_writes_total",
            "counter",
            "Writes to the store, by how they ended.",
        )?;
        for (outcome, count) in &writes.outcomes {
            writeln!(
                text,
                "usher_store_writes_total{{outcome=\"{outcome}\"}} {count}"
            )?;
        }
        let name = "usher_store_write_duration_seconds";
        head(
            text,
            name,
            "histogram",
            "How long writes took, waiting included.",
        )?;
        for (milliseconds, count) in &writes.within {
            let bound = Duration::from_millis(*milliseconds).as_secs_f64();
            writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {count}")?;
        }
        let all: u64 = writes.outcomes.iter().map(|(_, count)| count).sum();
        writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {all}")?;
        writeln!(text, "{name}_sum {}", writes.total.as_secs_f64())?;
        writeln!(text, "{name}_count {all}")?;
        if let Some(tls) = &self.tls {
            let name = "usher_tls_certificate_expires_seconds";
            head(
                text,
                name,
                "gauge",
                "When the certificate ends, in seconds since 1970.",
            )?;
            writeln!(text, "{name} {}", tls.expires_at())?;
        }
        Ok(())
    }

    /// The answer for a bearer who may read the settings of the whole installation.
    pub async fn for_bearer(&self, request: Parts) -> Response {
        let Some(token) = bearer(&request.headers) else {
            return refused(&Fault::Unauthenticated(Refusal::Missing));
        };
        let context = request.extensions.get::<RequestContext>().cloned();
        let caller = self
            .directory
            .authenticate(
                Platform::USHER,
                token,
                Accepts::Both,
                context.unwrap_or_default(),
            )
            .await;
        let text = match caller {
            Ok(caller) => self.text(Some(&self.directory.act(&caller))).await,
            Err(fault) => Err(fault),
        };
        text.map_or_else(|fault| refused(&fault), shown)
    }

    /// The answer on the listener that asks for no credential.
    pub async fn for_everybody(&self) -> Response {
        self.text(None)
            .await
            .map_or_else(|fault| refused(&fault), shown)
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn shown(text: String) -> Response {
    reply::with_type(StatusCode::OK, TYPE, text)
}

fn refused(fault: &Fault) -> Response {
    let (status, why) = match fault {
        Fault::Unauthenticated(_) => (
            StatusCode::UNAUTHORIZED,
            "send an API key: Authorization: Bearer …\n",
        ),
        Fault::Forbidden(_) | Fault::KeyLimit => (
            StatusCode::FORBIDDEN,
            "metrics are for those who may read the settings of the whole installation\n",
        ),
        other => {
            tracing::warn!(%other, "no metrics");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the store does not answer\n",
            )
        }
    };
    let mut response: Response<Body> =
        reply::with_type(status, "text/plain; charset=utf-8", why.to_owned());
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

impl Observer for Metrics {
    fn begun(&self) {
        self.in_flight.inc();
    }

    fn answered(&self, answered: &Answered<'_>) {
        self.in_flight.dec();
        let route = answered.route.as_deref().unwrap_or("none");
        let method = match answered.method.as_str() {
            known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
            // A method that a client makes up is no label of its own.
            _ => "other",
        };
        let mut digits = [0_u8; 3];
        let status = status_text(answered.status, &mut digits);
        self.requests
            .with_label_values(&[answered.dialect, method, route, status])
            .inc();
        self.durations
            .with_label_values(&[answered.dialect])
            .observe(answered.took.as_secs_f64());
    }

    fn refused(&self, code: &'static str) {
        self.refusals.with_label_values(&[code]).inc();
    }

    fn rate_limited(&self, by: &'static str) {
        self.rate_limited.with_label_values(&[by]).inc();
    }
}

fn status_text(status: u16, digits: &mut [u8; 3]) -> &str {
    for (place, divisor) in [100, 10, 1].into_iter().enumerate() {
        if let (Some(digit), Ok(value)) =
            (digits.get_mut(place), u8::try_from(status / divisor % 10))
        {
            *digit = b'0' + value;
        }
    }
    std::str::from_utf8(digits).unwrap_or("000")
}
