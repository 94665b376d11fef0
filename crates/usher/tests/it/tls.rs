//! The server's own certificate, and what answers over it carry.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::server::{Folder, Server, output};

pub fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Puts a certificate and a key in place.
fn place(folder: &Folder, certificate: &str, key: &str) {
    std::fs::copy(fixture(certificate), folder.path().join("c.pem")).unwrap();
    std::fs::copy(fixture(key), folder.path().join("k.pem")).unwrap();
}

/// One request over TLS to a server that shows this certificate.
fn get(address: &str, certificate: &str, path: &str, headers: &str) -> std::io::Result<Vec<u8>> {
    get_over(TcpStream::connect(address)?, certificate, path, headers)
}

/// One request over TLS on a connection of the caller's.
pub fn get_over(
    socket: TcpStream,
    certificate: &str,
    path: &str,
    headers: &str,
) -> std::io::Result<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(fixture(certificate)).unwrap();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut stream = StreamOwned::new(client, socket);
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

const TLS: &[&str] = &["--tls-certificate", "c.pem", "--tls-key", "k.pem"];

#[test]
fn connections_are_encrypted_and_the_certificate_is_read_anew() {
    let folder = Folder::new();
    place(&folder, "first.crt", "first.key");
    let server = Server::start_with(&folder, TLS, &[]);
    assert!(
        server
            .ready
            .starts_with("usher ready on https://127.0.0.1:"),
        "{}",
        server.ready
    );
    assert!(server.variables["USHER_URL"].starts_with("https://127.0.0.1:"));
    let answer = get(&server.address, "first.crt", "/healthz", "").unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        answer.contains("\r\nStrict-Transport-Security: max-age=31536000\r\n"),
        "{answer}"
    );
    // Another authority's certificate is not believed, and nothing is said in the clear.
    get(&server.address, "second.crt", "/healthz", "").unwrap_err();
    let clear = crate::http::raw(&server.address, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(clear.is_err(), "{clear:?}");
    // A large answer, whole.
    let long = get(&server.address, "first.crt", "/api/v1/openapi.json", "").unwrap();
    let text = String::from_utf8(long).unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    let _: serde_json::Value = serde_json::from_str(body).unwrap();
    // A pair that does not fit changes nothing; one that does counts from the next connection on.
    place(&folder, "second.crt", "first.key");
    server.signal("HUP");
    std::thread::sleep(Duration::from_millis(300));
    get(&server.address, "first.crt", "/healthz", "").unwrap();
    place(&folder, "second.crt", "second.key");
    server.signal("HUP");
    let mut tries = 0;
    while get(&server.address, "second.crt", "/healthz", "").is_err() {
        tries += 1;
        assert!(tries < 50, "the new certificate was not taken");
        std::thread::sleep(Duration::from_millis(100));
    }
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the certificate in use stays"), "{log}");
}

#[test]
fn files_that_do_not_fit_are_refused_at_the_start() {
    let folder = Folder::new();
    for (certificate, key, wanted) in [
        (
            "first.crt",
            "second.key",
            "tls.key: k.pem does not fit c.pem",
        ),
        ("first.key", "first.key", "tls.certificate: c.pem"),
        ("first.crt", "first.crt", "tls.key: k.pem"),
    ] {
        place(&folder, certificate, key);
        let mut arguments = vec!["serve", "--data", "data", "--listen", "127.0.0.1:0"];
        arguments.extend(TLS);
        let refused = output(&folder, &arguments, &[]);
        let text = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{text}");
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

#[test]
fn answers_are_compressed_for_those_who_ask() {
    let folder = Folder::new();
    let server = Server::start_with(&folder, &["--public-url", "https://usher.example"], &[]);
    let ask = |path: &str, headers: &str| {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let head = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        (
            String::from_utf8(answer[..head].to_vec()).unwrap(),
            answer[head + 4..].to_vec(),
        )
    };
    let (plain_head, plain) = ask("/api/v1/openapi.json", "");
    assert!(!plain_head.contains("Content-Encoding"), "{plain_head}");
    // Behind a proxy that ends TLS browsers are told too.
    assert!(
        plain_head.contains("Strict-Transport-Security"),
        "{plain_head}"
    );
    let (head, packed) = ask("/api/v1/openapi.json", "Accept-Encoding: gzip, deflate\r\n");
    assert!(head.contains("\r\nContent-Encoding: gzip\r\n"), "{head}");
    assert!(
        head.contains(&format!("\r\nContent-Length: {}\r\n", packed.len()))
            || head.ends_with(&format!("Content-Length: {}", packed.len())),
        "{head}"
    );
    assert!(packed.len() * 3 < plain.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_end(&mut unpacked)
        .unwrap();
    assert!(unpacked == plain);
    let (head, _) = ask("/healthz", "Accept-Encoding: gzip\r\n");
    assert!(!head.contains("Content-Encoding"), "{head}");
}
