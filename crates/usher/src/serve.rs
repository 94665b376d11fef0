//! Assembly: the directory, the dialects, the sockets; then waiting for the end.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::dialects::{DIALECTS, platforms};
use anyhow::{Context as _, Result, anyhow};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use directory::{Branding, Directory, Seams, StoreLocation};
use kit::{AppState, Dispatcher, Observer, Observing, Served, ServerOptions, reply};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::configuration::Configuration;
use crate::failure::{self, Failure, Kind};
use crate::listener::{self, Entrance, House, Patience, Places};
use crate::logging::Log;
use crate::mail::{Authorities, Mailer};
use crate::metrics::Metrics;
use crate::notify::notify;
use crate::tls::Tls;
#[cfg(feature = "otlp")]
use crate::traces::Traces;
use crate::{background, environment_file, first_run, pages, secret};

/// How long requests under way may take when the server is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// How long mails under way may take after that, and the store to write down what is left and to close.
const CLOSING: Duration = Duration::from_secs(7);

/// What an operator without the right secret key can do.
const WAY_OUT: &str = "put the right one back, set USHER_SECRET_KEY, or start once with --replace-secret-key \
     and set the SMTP password and all second factors anew";

/// Serves until told to stop.
pub async fn serve(
    configuration: Configuration,
    log: Log,
    reread: impl Fn() -> Result<Configuration>,
) -> Result<()> {
    let folded = Arc::clone(&log.folding);
    // A file that cannot be read and ports that are taken show before anything is made.
    let authorities = match &configuration.mail_ca_file {
        Some(file) => Some(Authorities::read(file).map_err(failure::misconfigured)?),
        None => None,
    };
    let tls = match &configuration.tls {
        Some(files) => Some(Tls::open(files).map_err(failure::misconfigured)?),
        None => None,
    };
    let room = listener::raise_files();
    let listener = listener::bind(configuration.listen).await?;
    let address = listener.local_addr()?;
    let mut alone = Vec::new();
    for (dialect, address) in &configuration.alone {
        alone.push((*dialect, listener::bind(*address).await?));
    }
    let metrics_listener = match configuration.listen_metrics {
        Some(address) => Some(listener::bind(address).await?),
        None => None,
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    // A file that may not grow is an error of one write, not the end of the process.
    let too_large = rustix::process::Signal::XFSZ.as_raw();
    let _too_large = signal(SignalKind::from_raw(too_large))?;

    let local_url = url(address, tls.is_some());
    let data = configuration.data.clone();
    let (directory, secret) = open(&configuration, Kind::Failed).await?;
    secret.save()?;
    let public_url = public_url(&configuration, &directory, &local_url).await?;
    let new = first_run::prepare(&directory, &data, &public_url, configuration.demo)
        .await
        .map_err(failure::misconfigured)?;
    if new {
        directory.check_secret(false).await?;
        tracing::info!(data = %absolute(&data).display(), "made a new directory");
    } else if configuration.demo {
        tracing::warn!(
            data = %absolute(&data).display(),
            "--demo does nothing: there is a directory already"
        );
    }

    let stated = !configuration.options.public_url.is_empty();
    let metrics = Metrics::new(directory.clone(), tls.clone())?;
    let observer: Arc<dyn Observer> = Arc::<Metrics>::clone(&metrics);
    #[cfg(feature = "otlp")]
    let traces = match &configuration.collector {
        Some(place) => {
            let counting = Arc::clone(&observer);
            Some(Traces::begin(place, directory.clone(), counting)?)
        }
        None => None,
    };
    #[cfg(feature = "otlp")]
    let observer = traces
        .clone()
        .map_or(observer, |traces| traces as Arc<dyn Observer>);
    let options = ServerOptions {
        observer: Observing(Some(observer)),
        public_url,
        unset_url: (!stated).then(|| local_url.clone()),
        dialects: DIALECTS.to_vec(),
        ..configuration.options
    };
    let places = Places::new(room, options.proxies.clone());
    let state = AppState::new(directory.clone(), options);
    let house = House {
        state: state.clone(),
        places,
        patience: Patience::default(),
        tls: tls.clone(),
    };
    let dispatcher = Dispatcher::new(
        DIALECTS,
        root(directory.clone(), &metrics).merge(pages::router(&state)),
        &state,
    );
    let (stop, stopping) = watch::channel(false);
    let mut accepting = vec![listener::serve(
        listener,
        Entrance::Dispatcher(Arc::new(dispatcher)),
        house.clone(),
        stopping.clone(),
    )];
    if let Some(listener) = metrics_listener {
        tracing::info!(address = %listener.local_addr()?, "metrics");
        let watched = watched(directory.clone(), &metrics);
        let dispatcher = Dispatcher::new(&[], watched, &state);
        let plain = House {
            tls: None,
            ..house.clone()
        };
        let entrance = Entrance::Dispatcher(Arc::new(dispatcher));
        accepting.push(listener::serve(listener, entrance, plain, stopping.clone()));
    }
    for (dialect, listener) in alone {
        tracing::info!(dialect = dialect.name, address = %listener.local_addr()?, "served alone");
        let served = Arc::new(Served::alone(dialect, &state));
        accepting.push(listener::serve(
            listener,
            Entrance::Alone(served),
            house.clone(),
            stopping.clone(),
        ));
    }
    let mailer = Mailer::new(state.clone(), data.clone(), authorities);
    let background = background::start(&directory, &state, mailer, Arc::clone(&folded));
    let watching = tls.clone().map(|tls| tokio::spawn(tls.watch()));
    announce(&local_url, &data, new)?;
    notify("READY=1");

    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => reload(&log, &reread, tls.as_ref()),
        }
    }
    notify("STOPPING=1");
    tracing::info!("stopping");
    if let Some(watching) = watching {
        watching.abort();
    }
    stop.send_replace(true);
    directory.end_streams();
    let drained = async {
        for task in accepting {
            if let Err(error) = task.await {
                tracing::error!(%error, "a listener failed");
            }
        }
    };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::warn!("requests under way were cut off");
    }
    #[cfg(feature = "otlp")]
    if let Some(traces) = traces {
        traces.end().await;
    }
    let closing = async {
        background.end().await;
        directory
            .flush_uses()
            .await
            .map_err(|fault| anyhow!("cannot write down the last uses of keys: {fault}"))?;
        directory
            .flush_last_refusals()
            .await
            .map_err(|fault| anyhow!("cannot write down the last refusals: {fault}"))?;
        directory
            .close()
            .await
            .map_err(|fault| anyhow!("cannot close the store: {fault}"))
    };
    let closed = tokio::time::timeout(CLOSING, closing).await;
    folded.tell();
    if closed.is_err() {
        directory.give_up();
    }
    closed.context("the store does not answer: the last uses of keys are not written down")?
}

/// The address people reach the server under: what the server was started with, else what its
/// administrators have set, else where it listens.
async fn public_url(
    configuration: &Configuration,
    directory: &Directory,
    local_url: &str,
) -> Result<String> {
    let stated = &configuration.options.public_url;
    if !stated.is_empty() {
        return Ok(stated.clone());
    }
    let face: Branding = directory.setting().await?;
    let set = face.url.filter(|url| !url.is_empty());
    Ok(set.map_or_else(
        || local_url.to_owned(),
        |url| url.trim_end_matches('/').to_owned(),
    ))
}

/// Reads anew what may change while it runs. A mistake is logged, and what held before goes on holding.
fn reload(log: &Log, reread: &impl Fn() -> Result<Configuration>, tls: Option<&Tls>) {
    notify("RELOADING=1");
    let filter = reread().and_then(|configuration| log.filter(&configuration.log_filter));
    let certificate = tls.map_or(Ok(()), Tls::reload);
    match filter.and(certificate) {
        Ok(()) => tracing::info!("the settings that may change were read anew"),
        Err(error) => tracing::error!(error = format!("{error:#}"), "nothing was changed"),
    }
    notify("READY=1");
}

/// Brings the tables up to this version.
pub async fn migrate(configuration: Configuration) -> Result<()> {
    let (directory, secret) = open(&configuration, Kind::Failed).await?;
    secret.save()?;
    if directory.installed().await? {
        directory.install_builtins().await?;
    }
    directory.close().await?;
    let mut stdout = std::io::stdout();
    writeln!(
        stdout,
        "the tables are those of usher {}",
        env!("CARGO_PKG_VERSION")
    )?;
    Ok(())
}

/// Makes the data folder, or looks whether the one there may hold secrets.
pub fn make_data_folder(configuration: &Configuration) -> Result<()> {
    let data = &configuration.data;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("cannot make the data folder {}", data.display()))?;
    let mode = std::fs::metadata(data)?.permissions().mode() & 0o7777;
    if mode & 0o002 != 0 {
        return Err(failure::misconfigured(anyhow!(
            "everybody may write into the data folder {} (mode {mode:04o}): chmod 700 it",
            data.display()
        )));
    }
    Ok(())
}

/// An empty database beside a folder that holds a directory is a mistake, or a move that was not made.
async fn refuse_left_behind(configuration: &Configuration) -> Result<()> {
    let (Some(url), Some(source)) = (&configuration.database, &configuration.database_source)
    else {
        return Ok(());
    };
    let refused = |error| failure::of_directory(error, Kind::Failed);
    let folder = StoreLocation::Folder(configuration.data.clone());
    if !directory::holds_directory(folder).await.map_err(refused)? {
        return Ok(());
    }
    let database = StoreLocation::Postgres(url.clone());
    if directory::holds_directory(database)
        .await
        .map_err(refused)?
    {
        return Ok(());
    }
    let data = configuration.data.display();
    Err(failure::misconfigured(anyhow!(
        "{source}: the database is empty, and {data} holds a directory: move it by `usher backup FILE --data {data}` and \
         `usher restore FILE --database …`, or give another --data"
    )))
}

/// Opens the directory of a configuration. `occupied` is the kind of refusal when another process has it open.
pub async fn open(
    configuration: &Configuration,
    occupied: Kind,
) -> Result<(Directory, secret::Secret)> {
    let data = &configuration.data;
    make_data_folder(configuration)?;
    let seams = Seams::default();
    let secret = secret::find(data, &*seams.entropy).map_err(failure::misconfigured)?;
    refuse_left_behind(configuration).await?;
    let directory = Directory::open_or_refuse(directory::Configuration {
        location: location(configuration),
        platforms: platforms(),
        passwords: configuration.passwords,
        secret: secret.key,
        connections: configuration.connections,
        seams,
    })
    .await
    .map_err(|error| {
        let error = failure::of_directory(error, occupied);
        match error.downcast::<Failure>() {
            Ok(failure) => failure.within("cannot open the store").into(),
            Err(error) => error,
        }
    })?;
    let replace = configuration.replace_secret_key;
    if directory.installed().await? {
        if secret.is_new() && !replace {
            return Err(failure::misconfigured(anyhow!(
                "the directory exists, but its {} is missing; {WAY_OUT}",
                secret.place
            )));
        }
        if !directory.check_secret(replace).await? {
            return Err(failure::misconfigured(anyhow!(
                "{} is not the key that this directory was sealed with; {WAY_OUT}",
                secret.place
            )));
        }
    }
    Ok((directory, secret))
}

/// What is served on the listener for those who watch the server.
fn watched(directory: Directory, metrics: &Arc<Metrics>) -> Router {
    let metrics = Arc::clone(metrics);
    let shown = move || {
        let metrics = Arc::clone(&metrics);
        async move { metrics.for_everybody().await }
    };
    health(directory)
        .route("/metrics", get(shown))
        .fallback(async || plain(StatusCode::NOT_FOUND, "see /metrics\n".to_owned()))
}

/// What is served beside the dialects.
fn root(directory: Directory, metrics: &Arc<Metrics>) -> Router {
    let metrics = Arc::clone(metrics);
    let shown = move |request: Request| {
        let metrics = Arc::clone(&metrics);
        async move { metrics.for_bearer(request.into_parts().0).await }
    };
    health(directory)
        .route("/metrics", get(shown))
        .fallback(async || {
            let mounts: Vec<&str> = DIALECTS.iter().map(|dialect| dialect.mount).collect();
            let message = format!("Nothing is served at this path; see {}", mounts.join(", "));
            reply::json(StatusCode::NOT_FOUND, &json!({ "message": message }))
        })
}

fn health(directory: Directory) -> Router {
    let ready = move || {
        let directory = directory.clone();
        async move {
            match directory.check_readiness().await {
                Ok(()) => plain(StatusCode::OK, "ready\n".to_owned()),
                Err(unready) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("{unready}\n")),
            }
        }
    };
    Router::new()
        .route(
            "/healthz",
            get(async || plain(StatusCode::OK, "alive\n".to_owned())),
        )
        .route("/readyz", get(ready))
}

fn plain(status: StatusCode, text: String) -> Response {
    reply::with_type(status, "text/plain; charset=utf-8", text)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The address as a client on this machine uses it.
fn url(address: SocketAddr, encrypted: bool) -> String {
    let scheme = if encrypted { "https" } else { "http" };
    if address.ip().is_unspecified() {
        return format!("{scheme}://127.0.0.1:{}", address.port());
    }
    format!("{scheme}://{address}")
}

/// The one line on standard output: whoever started the server waits for it.
fn announce(url: &str, data: &Path, new: bool) -> Result<()> {
    let mut stdout = std::io::stdout();
    // Whole paths: a folder named from another place would be another one.
    let data = absolute(data);
    let first_run = environment_file::path(&data);
    let word = if new { "new directory" } else { "data" };
    write!(stdout, "usher ready on {url} ({word}: {}", data.display())?;
    if first_run.exists() {
        write!(stdout, ", first run: {}", first_run.display())?;
    }
    writeln!(stdout, ")")?;
    stdout.flush()?;
    Ok(())
}

/// Where the directory of a configuration is.
pub fn location(configuration: &Configuration) -> StoreLocation {
    match &configuration.database {
        Some(url) => StoreLocation::Postgres(url.clone()),
        None if configuration.accept_copy => {
            StoreLocation::AcceptedCopy(configuration.data.clone())
        }
        None => StoreLocation::Folder(configuration.data.clone()),
    }
}
