//! Whom a client trusts.
//!
//! The certificates are made for these tests: an authority whose key is gone, and a server's for `localhost` that
//! the authority has signed.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use usher_platforms::misp::Misp;
use usher_platforms::{Builder, Error, Outcome, Retry};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/tls")
        .join(name)
}

/// A server that says `[]` to everything, and whether it wants a client certificate.
async fn server(wants_client: bool) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = CertificateDer::from_pem_file(fixture("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("server.key")).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = if wants_client {
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(fixture("ca.pem")).unwrap())
            .unwrap();
        let verifier =
            rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let config = builder.with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut buffer = [0; 4096];
                if matches!(stream.read(&mut buffer).await, Ok(1..)) {
                    let answer =
                        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]";
                    let _ = stream.write_all(answer).await;
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    format!("https://localhost:{port}/")
}

fn builder(url: &str) -> Builder<Misp> {
    Misp::builder(url).key("k").retry(Retry::never())
}

fn fingerprint() -> String {
    let certificate = CertificateDer::from_pem_file(fixture("server.pem")).unwrap();
    Sha256::digest(&certificate)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect::<Vec<_>>()
        .join(":")
}

#[tokio::test]
async fn an_unknown_authority_is_not_trusted_and_nothing_is_sent() {
    let url = server(false).await;
    let error = builder(&url).build().unwrap().roles().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert_eq!(error.outcome(), Outcome::NotDone);
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn an_authority_that_is_named_is_trusted() {
    let url = server(false).await;
    for builder in [
        builder(&url).ca_file(fixture("ca.pem")),
        builder(&url).only_ca_file(fixture("ca.pem")),
    ] {
        assert!(builder.build().unwrap().roles().await.unwrap().is_empty());
    }
    // For another name the certificate is good for nothing.
    let by_address = url.replace("localhost", "127.0.0.2");
    let client = builder(&by_address)
        .ca_file(fixture("ca.pem"))
        .build()
        .unwrap();
    assert!(client.roles().await.is_err());
}

#[tokio::test]
async fn a_pinned_certificate_is_trusted_and_no_other() {
    let url = server(false).await;
    let client = builder(&url).pin(&fingerprint()).unwrap().build().unwrap();
    assert!(client.roles().await.unwrap().is_empty());
    let client = builder(&url)
        .pin(&"ab".repeat(32))
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(
        client.roles().await.unwrap_err().outcome(),
        Outcome::NotDone
    );
    // A pin replaces the authorities: with both, the pin alone counts.
    let client = builder(&url)
        .ca_file(fixture("ca.pem"))
        .pin(&"ab".repeat(32))
        .unwrap()
        .build()
        .unwrap();
    assert!(client.roles().await.is_err());
    for bad in ["", "ab", "zz", &"ab".repeat(33)] {
        assert!(
            matches!(builder(&url).pin(bad), Err(Error::Config(_))),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let url = server(true).await;
    let without = builder(&url).ca_file(fixture("ca.pem")).build().unwrap();
    assert!(without.roles().await.is_err());
    let with = builder(&url)
        .ca_file(fixture("ca.pem"))
        .client_certificate(fixture("server.pem"), fixture("server.key"))
        .build()
        .unwrap();
    assert!(with.roles().await.unwrap().is_empty());
}

#[tokio::test]
async fn files_that_are_wrong_are_said_to_be() {
    for builder in [
        builder("https://localhost/").ca_file(fixture("missing.pem")),
        builder("https://localhost/").ca_file(fixture("server.key")),
        builder("https://localhost/").client_certificate(fixture("server.pem"), fixture("ca.pem")),
    ] {
        let Err(error) = builder.build() else {
            panic!("it must not be built");
        };
        assert!(matches!(error, Error::Config(_)), "{error:?}");
    }
}

#[tokio::test]
async fn no_provider_is_installed_for_the_whole_process() {
    let url = server(false).await;
    let _ = builder(&url).build().unwrap().roles().await;
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
}
