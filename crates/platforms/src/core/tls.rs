//! Whom to trust: a finished configuration of rustls.
//!
//! It is made here, with ring, and handed over ready: left to itself the HTTP library would want a provider installed for
//! the whole process, which is not a library's to do. There is no way to switch verification off.

use std::path::Path;
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, WebPkiSupportedAlgorithms};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

use crate::core::error::{Error, Result};
use crate::core::network::Network;

pub(crate) fn configuration(network: &Network) -> Result<ClientConfig> {
    let provider = Arc::new(crypto::ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::config(format!("TLS cannot be set up: {error}")))?;
    let trusting = if network.pins.is_empty() {
        versions.with_root_certificates(roots(network)?)
    } else {
        versions
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned {
                pins: network.pins.clone(),
                algorithms,
            }))
    };
    match &network.identity {
        None => Ok(trusting.with_no_client_auth()),
        Some((certificate, key)) => {
            let chain = certificates(certificate)?;
            let key = PrivateKeyDer::from_pem_file(key).map_err(|error| {
                Error::config(format!(
                    "cannot read the client's private key in {}: {error}",
                    key.display()
                ))
            })?;
            trusting
                .with_client_auth_cert(chain, key)
                .map_err(|error| Error::config(format!("the client's certificate: {error}")))
        }
    }
}

fn roots(network: &Network) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    if network.system_roots {
        // Certificates that cannot be read are left out, as every TLS library does; with none at all nothing could be trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    for path in &network.ca_files {
        for certificate in certificates(path)? {
            roots.add(certificate).map_err(|error| {
                Error::config(format!(
                    "a certificate in {} is unusable: {error}",
                    path.display()
                ))
            })?;
        }
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path)
        .and_then(|certificates| certificates.collect::<std::result::Result<Vec<_>, _>>());
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(Error::config(format!(
            "there is no certificate in {}",
            path.display()
        ))),
        Err(error) => Err(Error::config(format!(
            "cannot read the certificates in {}: {error}",
            path.display()
        ))),
    }
}

/// Trusts the certificates with these digests and no others. That the server holds the certificate's key is
/// verified as ever.
#[derive(Debug)]
struct Pinned {
    pins: Vec<[u8; 32]>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let shown = digest(&SHA256, end_entity);
        if self.pins.iter().any(|pin| pin == shown.as_ref()) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
