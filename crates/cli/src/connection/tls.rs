//! Whom to trust: the certificates of the system, with ring. Verification cannot be switched off.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use crate::failure::{Exit, Failure, Result};

/// The configuration for one address. Where nothing is encrypted, the system's certificates are not read.
pub fn configuration(encrypted: bool) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if encrypted {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(Failure::new(
                Exit::NotReached,
                "No certificates to trust were found on this system. Install its package of them (ca-certificates), or set SSL_CERT_FILE.",
            ));
        }
    }
    let configuration = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(Exit::Failed, format!("TLS cannot be set up: {error}.")))?;
    Ok(configuration
        .with_root_certificates(roots)
        .with_no_client_auth())
}
