//! Assembly: the directory, the dialects, the sockets; then waiting for the end.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::dialects::{DIALECTS, platforms};
use anyhow::{Context as _, Result, anyhow, bail};
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use directory::{Directory, Fault, PublicFace, Seams, StoreLocation};
use kit::{AppState, Dispatcher, Served, ServerOptions, reply};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::configuration::Configuration;
use crate::listener::{self, Entrance, House, Patience, Places};
use crate::logging::Folding;
use crate::mail::{Authorities, Mailer};
use crate::{background, environment_file, first_run, pages, secret};

/// How long requests under way may take when the server is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// How long mails under way may take after that, and the store to write down what is left and to close.
const CLOSING: Duration = Duration::from_secs(7);

/// What an operator without the right secret key can do.
const WAY_OUT: &str = "put the right one back, set USHER_SECRET_KEY, or start once with --replace-secret-key \
     and set the SMTP password and all second factors anew";

/// Serves until told to stop.
pub async fn serve(configuration: Configuration, folded: Arc<Folding>) -> Result<()> {
    // A file that cannot be read and ports that are taken show before anything is made.
    let authorities = match &configuration.mail_ca_file {
        Some(file) => Some(Authorities::read(file)?),
        None => None,
    };
    let room = listener::raise_files();
    let listener = listener::bind(configuration.listen).await?;
    let address = listener.local_addr()?;
    let mut alone = Vec::new();
    for (dialect, address) in &configuration.alone {
        alone.push((*dialect, listener::bind(*address).await?));
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A file that may not grow is an error of one write, not the end of the process.
    let too_large = rustix::process::Signal::XFSZ.as_raw();
    let _too_large = signal(SignalKind::from_raw(too_large))?;

    let local_url = url(address);
    let data = configuration.data.clone();
    let (directory, secret) = open(&configuration).await?;
    secret.save()?;
    let public_url = public_url(&configuration, &directory, &local_url).await?;
    if first_run::prepare(&directory, &data, &public_url, configuration.demo).await? {
        directory.check_secret(false).await?;
    }

    let stated = !configuration.options.public_url.is_empty();
    let options = ServerOptions {
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
    };
    let dispatcher = Dispatcher::new(
        DIALECTS,
        root(directory.clone()).merge(pages::router(&state)),
        &state,
    );
    let (stop, stopping) = watch::channel(false);
    let mut accepting = vec![listener::serve(
        listener,
        Entrance::Dispatcher(Arc::new(dispatcher)),
        house.clone(),
        stopping.clone(),
    )];
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
    announce(&local_url, &data)?;

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
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
    let face: PublicFace = directory.setting().await?;
    let set = face.url.filter(|url| !url.is_empty());
    Ok(set.map_or_else(
        || local_url.to_owned(),
        |url| url.trim_end_matches('/').to_owned(),
    ))
}

/// Brings the tables up to this version.
pub async fn migrate(configuration: Configuration) -> Result<()> {
    let (directory, secret) = open(&configuration).await?;
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

async fn open(configuration: &Configuration) -> Result<(Directory, secret::Secret)> {
    let data = &configuration.data;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("cannot make the data folder {}", data.display()))?;
    let seams = Seams::default();
    let secret = secret::find(data, &*seams.entropy)?;
    let location = match &configuration.database {
        Some(url) => StoreLocation::Postgres(url.clone()),
        None => StoreLocation::Folder(data.clone()),
    };
    let directory = Directory::open(directory::Configuration {
        location,
        platforms: platforms(),
        passwords: configuration.passwords,
        secret: secret.key,
        connections: configuration.connections,
        seams,
    })
    .await
    .map_err(|fault| match fault {
        // At the start the operator is told the cause itself.
        Fault::Internal(why) => anyhow!("cannot open the store: {why}"),
        other => anyhow!("cannot open the store: {other}"),
    })?;
    let replace = configuration.replace_secret_key;
    if directory.installed().await? {
        if secret.is_new() && !replace {
            bail!(
                "the directory exists, but its {} is missing; {WAY_OUT}",
                secret.place
            );
        }
        if !directory.check_secret(replace).await? {
            bail!(
                "{} is not the key that this directory was sealed with; {WAY_OUT}",
                secret.place
            );
        }
    }
    Ok((directory, secret))
}

/// What is served beside the dialects.
fn root(directory: Directory) -> Router {
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
        .fallback(async || {
            let mounts: Vec<&str> = DIALECTS.iter().map(|dialect| dialect.mount).collect();
            let message = format!("Nothing is served at this path; see {}", mounts.join(", "));
            reply::json(StatusCode::NOT_FOUND, &json!({ "message": message }))
        })
}

fn plain(status: StatusCode, text: String) -> Response {
    reply::with_type(status, "text/plain; charset=utf-8", text)
}

/// The address as a client on this machine uses it.
fn url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        return format!("http://127.0.0.1:{}", address.port());
    }
    format!("http://{address}")
}

/// The one line on standard output: whoever started the server waits for it.
fn announce(url: &str, data: &Path) -> Result<()> {
    let mut stdout = std::io::stdout();
    let first_run = environment_file::path(data);
    writeln!(
        stdout,
        "usher ready on {url} (data: {}, first run: {})",
        data.display(),
        first_run.display()
    )?;
    stdout.flush()?;
    Ok(())
}
