//! The server's own certificate: read at the start, and anew when its files change or a SIGHUP comes.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, anyhow, bail};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use tokio_rustls::TlsAcceptor;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::configuration::TlsFiles;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// A certificate that fits its key.
pub struct Pair {
    key: Arc<CertifiedKey>,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
}

/// Reads both files. What cannot be used is refused by the name of its file.
pub fn read(files: &TlsFiles) -> Result<Pair> {
    let shown = files.certificate.display();
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| anyhow!("tls.certificate: {shown}: {error}"))?;
    let Some(first) = chain.first() else {
        bail!("tls.certificate: {shown} holds no certificate");
    };
    let certificate = Certificate::from_der(first)
        .map_err(|error| anyhow!("tls.certificate: {shown}: {error}"))?;
    let ends = certificate
        .tbs_certificate
        .validity
        .not_after
        .to_unix_duration();
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| anyhow!("tls.key: {}: {error}", files.key.display()))?;
    let key = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| {
        anyhow!(
            "tls.key: {} does not fit {shown}: {error}",
            files.key.display()
        )
    })?;
    Ok(Pair {
        key: Arc::new(key),
        expires_at: i64::try_from(ends.as_secs()).unwrap_or(i64::MAX),
    })
}

/// What tells that a file was replaced.
fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

type Stamps = [Option<(SystemTime, u64)>; 2];

struct Current {
    pair: Pair,
    stamps: Stamps,
}

/// The certificate in use.
#[derive(Clone)]
pub struct Tls {
    files: Arc<TlsFiles>,
    current: Arc<RwLock<Current>>,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// Reads the files for the first time.
    pub fn open(files: &TlsFiles) -> Result<Self> {
        let stamps = Self::stamps(files);
        let pair = read(files)?;
        let current = Arc::new(RwLock::new(Current { pair, stamps }));
        let resolver = Arc::new(Resolver(Arc::clone(&current)));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .context("cannot speak TLS")?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            files: Arc::new(files.clone()),
            current,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    fn stamps(files: &TlsFiles) -> Stamps {
        [stamp(&files.certificate), stamp(&files.key)]
    }

    /// What new connections are accepted with.
    pub fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// When the certificate in use ends, in seconds since 1970.
    pub fn expires_at(&self) -> i64 {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.pair.expires_at
    }

    /// Reads the files again. A pair that does not fit is refused, and the old one stays.
    pub fn reload(&self) -> Result<()> {
        let stamps = Self::stamps(&self.files);
        let read = read(&self.files);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // What was refused is refused once, until the files change again.
        current.stamps = stamps;
        current.pair = read.context("the certificate in use stays")?;
        Ok(())
    }

    /// Reads the files again whenever they have changed.
    pub async fn watch(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let known = {
                let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
                current.stamps
            };
            if Self::stamps(&self.files) == known {
                continue;
            }
            match self.reload() {
                Ok(()) => tracing::info!("the certificate has changed and was read anew"),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the certificate has changed")
                }
            }
        }
    }
}

struct Resolver(Arc<RwLock<Current>>);

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current.pair.key))
    }
}
