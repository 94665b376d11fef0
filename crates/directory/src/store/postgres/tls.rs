//! Whether connections to PostgreSQL are encrypted and whose certificate is believed: `sslmode` and `sslrootcert`
//! of the address, as libpq means them.
//!
//! One thing differs: after a handshake that failed, `prefer` does not try again in the clear.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::error::{Res, StoreError};

#[cfg(test)]
mod tests;

/// The name by which PostgreSQL's protocol is known in a handshake.
const PROTOCOL: &[u8] = b"postgresql";

/// Settings of libpq that would go unheeded here, so that an address which holds one is refused by its name.
const UNHEEDED: &[&str] = &[
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslpassword",
    "sslsni",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
];

/// How much an address demands, from nothing to everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Demand {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server offers it.
    Prefer,
    /// Encrypted, whoever answers.
    Require,
    /// Encrypted, and the server's certificate comes from an authority that is believed.
    VerifyAuthority,
    /// The same, and the certificate bears the name in the address.
    VerifyFull,
}

/// Who may sign the server's certificate.
#[derive(Debug, PartialEq, Eq)]
enum Authorities {
    /// Whoever stands in this file, in PEM.
    File(PathBuf),
    /// The public authorities.
    Public,
}

/// What an address says of encryption.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    demand: Demand,
    authorities: Option<Authorities>,
}

/// Reads an address: where to connect, and how to encrypt.
pub(super) fn configured(url: &str) -> Res<(Config, MakeRustlsConnect)> {
    let (address, wish) = separated(url)?;
    // The parser's own message may quote the address, in which a password can stand.
    let mut config: Config = address
        .parse()
        .map_err(|_| refused("cannot be read".to_owned()))?;
    let local = config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(_) => false,
    });
    if config.get_hosts().is_empty() {
        // A certificate is compared with the name of a host; a bare address is one, too.
        for address in config.get_hostaddrs().to_vec() {
            config.host(address.to_string());
        }
    } else if local {
        // A socket of this machine is never encrypted, whatever is demanded.
        config.ssl_mode(SslMode::Disable);
        return Ok((
            config,
            MakeRustlsConnect::new(client(Demand::Disable, None)?),
        ));
    }
    config.ssl_mode(match wish.demand {
        Demand::Disable => SslMode::Disable,
        Demand::Prefer => SslMode::Prefer,
        Demand::Require | Demand::VerifyAuthority | Demand::VerifyFull => SslMode::Require,
    });
    let client = client(wish.demand, wish.authorities)?;
    Ok((config, MakeRustlsConnect::new(client)))
}

/// What is wrong with an address, without the address.
fn refused(why: String) -> StoreError {
    StoreError::Address(why)
}

/// Takes what is said of encryption out of an address, for the driver knows only half of it.
fn separated(url: &str) -> Res<(String, Wish)> {
    // An `@` ends the credentials, in which a question mark may stand.
    let credentials = url.find('@').unwrap_or(0);
    let Some(start) = url[credentials..].find('?') else {
        return Ok((url.to_owned(), wish(None, None)?));
    };
    let (address, parameters) = url.split_at(credentials + start);
    let (mut mode, mut authorities, mut others) = (None, None, Vec::new());
    for parameter in parameters[1..].split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match &*decoded(name)? {
            "sslmode" => mode = Some(decoded(value)?),
            "sslrootcert" => authorities = Some(decoded(value)?),
            name if UNHEEDED.contains(&name) => {
                return Err(refused(format!("holds {name}, which Usher does not heed")));
            }
            _ => others.push(parameter),
        }
    }
    let mut rest = address.to_owned();
    if !others.is_empty() {
        rest.push('?');
        rest.push_str(&others.join("&"));
    }
    Ok((rest, wish(mode.as_deref(), authorities.as_deref())?))
}

fn decoded(text: &str) -> Res<Cow<'_, str>> {
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| refused("cannot be read".to_owned()))
}

fn wish(mode: Option<&str>, authorities: Option<&str>) -> Res<Wish> {
    let authorities = match authorities {
        None | Some("") => None,
        Some("system") => Some(Authorities::Public),
        Some(path) => Some(Authorities::File(path.into())),
    };
    let demand = match (mode, &authorities) {
        (Some("disable"), _) => Demand::Disable,
        (Some("verify-full"), _) | (None, Some(Authorities::Public)) => Demand::VerifyFull,
        (Some(_), Some(Authorities::Public)) => {
            // Anybody gets a certificate from a public authority: without its name it says nothing.
            let why = "says sslrootcert=system, which takes sslmode=verify-full";
            return Err(refused(why.to_owned()));
        }
        // As with libpq: somebody who names an authority means it to be heeded.
        (Some("verify-ca"), _) | (Some("require"), Some(_)) => Demand::VerifyAuthority,
        (Some("require"), None) => Demand::Require,
        (Some("prefer") | None, _) => Demand::Prefer,
        (Some(_), _) => {
            let why = "has an sslmode other than disable, prefer, require, verify-ca, verify-full";
            return Err(refused(why.to_owned()));
        }
    };
    if demand >= Demand::VerifyAuthority && authorities.is_none() {
        let why = "demands to verify the server without saying by whom: add sslrootcert= and the file \
                   of the authority's certificate, or sslrootcert=system for the public ones";
        return Err(refused(why.to_owned()));
    }
    Ok(Wish {
        demand,
        authorities,
    })
}

fn client(demand: Demand, authorities: Option<Authorities>) -> Res<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = match authorities.filter(|_| demand >= Demand::VerifyAuthority) {
        Some(authorities) => Some(Arc::new(trusted(authorities)?)),
        None => None,
    };
    let verifier: Arc<dyn ServerCertVerifier> = match roots {
        None => Arc::new(Anybody(Arc::clone(&provider))),
        Some(roots) => {
            let verifier =
                WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
                    .build()
                    .map_err(|error| StoreError::Bug(error.to_string()))?;
            if demand == Demand::VerifyFull {
                verifier
            } else {
                Arc::new(AnyName(verifier))
            }
        }
    };
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Bug(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    client.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(client)
}

fn trusted(authorities: Authorities) -> Res<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Authorities::Public => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Authorities::File(path) => {
            let file = path.display();
            let unread = |why: String| refused(format!("names sslrootcert={file}: {why}"));
            let pem = std::fs::read(&path).map_err(|error| unread(error.to_string()))?;
            for certificate in CertificateDer::pem_slice_iter(&pem) {
                let added = certificate
                    .map_err(|error| error.to_string())
                    .and_then(|it| roots.add(it).map_err(|error| error.to_string()));
                added.map_err(unread)?;
            }
            if roots.is_empty() {
                return Err(unread("it holds no certificate in PEM".to_owned()));
            }
        }
    }
    Ok(roots)
}

/// Believes every certificate, and only that whoever shows it owns it: `prefer` and `require` ask for no more.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Believes the authorities' certificates under any name: `verify-ca`.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        revocation: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self
            .0
            .verify_server_cert(certificate, intermediates, name, revocation, now);
        match verified {
            // The name is looked at last, when the authority has been found and the time has been checked.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
