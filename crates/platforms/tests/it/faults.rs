//! What goes wrong between a client and a platform, on real connections.

use std::io::Write;
use std::time::Duration;

use usher_platforms::misp::{Misp, NewUser};
use usher_platforms::testing::FixedEnvironment;
use usher_platforms::{Error, Outcome, Retry};

use crate::server::{Act, Server, answer, json};

const KEY: &str = "0123456789012345678901234567890123456789";
const ADDED: &str = r#"{"User": {"id": "9", "email": "ana@corp.example"}}"#;

fn client(server: &Server) -> Misp {
    Misp::builder(&server.url)
        .key(KEY)
        .environment(FixedEnvironment::at(
            "2026-11-20T12:00:00Z".parse().unwrap(),
        ))
        .build()
        .unwrap()
}

fn new_user() -> NewUser {
    NewUser::new("ana@corp.example").role(3)
}

/// The length of the request that adds the user.
async fn length_of_the_create() -> usize {
    let server = Server::start(vec![Act::Answer(json("200 OK", ADDED))]).await;
    client(&server).add_user(&new_user()).await.unwrap();
    server.heard()[0].len()
}

#[tokio::test]
async fn a_create_is_sent_once_wherever_its_connection_breaks() {
    let length = length_of_the_create().await;
    assert!(length > 200, "{length}");
    for bytes in 1..length {
        let server = Server::start(vec![
            Act::CutRequest(bytes),
            Act::Answer(json("200 OK", ADDED)),
        ])
        .await;
        let error = client(&server).add_user(&new_user()).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable(_)), "{bytes}: {error:?}");
        assert_eq!(error.outcome(), Outcome::Unknown, "{bytes}");
        assert_eq!(server.heard().len(), 1, "{bytes}");
    }
}

#[tokio::test]
async fn a_create_is_sent_once_wherever_its_answer_breaks() {
    let whole = json("200 OK", ADDED);
    for bytes in 0..whole.len() {
        let server = Server::start(vec![
            Act::CutAnswer(whole.clone(), bytes),
            Act::Answer(whole.clone()),
        ])
        .await;
        let error = client(&server).add_user(&new_user()).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{bytes}: {error:?}");
        assert_eq!(server.complete(), 1, "{bytes}");
    }
}

#[tokio::test]
async fn a_create_on_a_kept_connection_is_sent_once() {
    let length = length_of_the_create().await;
    for bytes in 1..length {
        let server = Server::start(vec![
            Act::Answer(json("200 OK", "[]")),
            Act::CutRequest(bytes),
            Act::Answer(json("200 OK", ADDED)),
        ])
        .await;
        let misp = client(&server);
        misp.roles().await.unwrap();
        let error = misp.add_user(&new_user()).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{bytes}: {error:?}");
        assert_eq!(server.heard().len(), 2, "{bytes}");
    }
}

#[tokio::test]
async fn what_may_be_repeated_is() {
    let deleted = json("200 OK", r#"{"saved": true}"#);
    for act in [
        Act::CutRequest(20),
        Act::CutAnswer(deleted.clone(), 0),
        Act::CutAnswer(deleted.clone(), 30),
        Act::CutAnswer(deleted.clone(), deleted.len() - 1),
    ] {
        let what = format!("{act:?}");
        let server = Server::start(vec![act, Act::Answer(deleted.clone())]).await;
        client(&server).delete_user(7).await.unwrap();
        assert_eq!(server.heard().len(), 2, "{what}");
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_closed_port_and_that_is_known() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let misp = Misp::builder(format!("http://{address}/"))
        .key(KEY)
        .environment(FixedEnvironment::at(jiff::Timestamp::UNIX_EPOCH))
        .build()
        .unwrap();
    let error = misp.add_user(&new_user()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert_eq!(error.outcome(), Outcome::NotDone);
}

#[tokio::test]
async fn no_answer_is_waited_for_beyond_the_time_given() {
    let server = Server::start(vec![Act::Silence]).await;
    let misp = Misp::builder(&server.url)
        .key(KEY)
        .request_timeout(Duration::from_millis(50))
        .retry(Retry::never())
        .build()
        .unwrap();
    let error = misp.add_user(&new_user()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere = Server::start(vec![Act::Answer(json("200 OK", "[]"))]).await;
    for status in [
        "301 Moved Permanently",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let server = Server::start(vec![Act::Answer(answer(
            status,
            &[("location", &elsewhere.url)],
            b"",
        ))])
        .await;
        let error = client(&server).roles().await.unwrap_err();
        assert!(matches!(error, Error::Unexpected(_)), "{status}: {error:?}");
        assert_eq!(server.complete(), 1);
    }
    assert_eq!(elsewhere.complete(), 0);
}

#[tokio::test]
async fn no_cookie_is_sent_back() {
    let server = Server::start(vec![Act::Answer(answer(
        "200 OK",
        &[
            ("set-cookie", "CAKEPHP=session; path=/"),
            ("content-type", "application/json"),
        ],
        b"[]",
    ))])
    .await;
    let misp = client(&server);
    misp.roles().await.unwrap();
    misp.roles().await.unwrap();
    for request in server.heard() {
        let request = String::from_utf8(request).unwrap().to_lowercase();
        assert!(!request.contains("cookie"), "{request}");
    }
}

#[tokio::test]
async fn a_small_answer_that_becomes_a_large_one_is_not_read_to_its_end() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"[").unwrap();
    let blanks = vec![b' '; 1024 * 1024];
    for _ in 0..80 {
        packer.write_all(&blanks).unwrap();
    }
    packer.write_all(b"]").unwrap();
    let packed = packer.finish().unwrap();
    assert!(packed.len() < 1024 * 1024);
    let server = Server::start(vec![Act::Answer(answer(
        "200 OK",
        &[
            ("content-encoding", "gzip"),
            ("content-type", "application/json"),
        ],
        &packed,
    ))])
    .await;
    let misp = Misp::builder(&server.url)
        .key(KEY)
        .retry(Retry::never())
        .build()
        .unwrap();
    let error = misp.roles().await.unwrap_err();
    assert!(error.to_string().contains("larger than 64 MiB"), "{error}");
}

#[tokio::test]
async fn an_answer_that_says_it_is_too_large_is_not_read() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n[";
    let server = Server::start(vec![Act::Answer(head.to_vec())]).await;
    let misp = Misp::builder(&server.url)
        .key(KEY)
        .retry(Retry::never())
        .build()
        .unwrap();
    let error = misp.roles().await.unwrap_err();
    assert!(error.to_string().contains("larger than 64 MiB"), "{error}");
}

#[tokio::test]
async fn packed_answers_are_read() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer
        .write_all(br#"[{"Role": {"id": "3", "name": "User"}}]"#)
        .unwrap();
    let server = Server::start(vec![Act::Answer(answer(
        "200 OK",
        &[("content-encoding", "gzip")],
        &packer.finish().unwrap(),
    ))])
    .await;
    assert_eq!(client(&server).roles().await.unwrap()[0].name, "User");
}

#[tokio::test]
async fn gateways_and_cut_off_answers_are_not_taken_for_the_platform() {
    let page = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>";
    let html: &[(&str, &str)] = &[("content-type", "text/html")];
    // The answer and the kind of the error.
    let rows = [
        (answer("200 OK", html, page), "unexpected"),
        (answer("403 Forbidden", html, page), "unexpected"),
        (answer("404 Not Found", html, page), "unexpected"),
        (answer("502 Bad Gateway", html, page), "unavailable"),
        (json("200 OK", r#"[{"Role": {"id": "3", "#), "unexpected"),
        (json("200 OK", r#"{"not": "a list"}"#), "unexpected"),
        (json("200 OK", "null"), "unexpected"),
        (answer("200 OK", &[], b""), "unexpected"),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "unreachable"),
    ];
    for (bytes, kind) in rows {
        let what = String::from_utf8_lossy(&bytes).into_owned();
        let server = Server::start(vec![Act::CutAnswer(bytes.clone(), bytes.len())]).await;
        let error = client(&server).roles().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{what}: {error:?}");
        let kept = error.vendor().map_or(0, |vendor| vendor.body.len());
        assert!(kept <= 512, "{what}: {kept}");
    }
}

#[tokio::test]
async fn every_way_to_say_when_is_heard() {
    let ways: &[&[(&str, &str)]] = &[
        &[("retry-after", "9")],
        &[
            ("date", "Fri, 20 Nov 2026 11:00:00 GMT"),
            ("retry-after", "Fri, 20 Nov 2026 11:00:09 GMT"),
        ],
        // This server's clock is an hour ahead; its own moments are to be taken by it.
        &[
            ("date", "Fri, 20 Nov 2026 13:00:00 GMT"),
            ("x-ratelimit-retryafter", "1795179609"),
        ],
        &[("retry-after-ms", "9000")],
    ];
    for headers in ways {
        let server = Server::start(vec![
            Act::Answer(answer("429 Too Many Requests", headers, b"slow down")),
            Act::Answer(json("200 OK", ADDED)),
        ])
        .await;
        let environment = FixedEnvironment::at("2026-11-20T12:00:00Z".parse().unwrap());
        let misp = Misp::builder(&server.url)
            .key(KEY)
            .environment(environment.clone())
            .build()
            .unwrap();
        misp.add_user(&new_user()).await.unwrap();
        assert_eq!(environment.passed(), Duration::from_secs(9), "{headers:?}");
        assert_eq!(server.complete(), 2);
    }
}

#[tokio::test]
async fn addresses_that_are_not_allowed_are_not_connected_to() {
    let server = Server::start(vec![Act::Answer(json("200 OK", "[]"))]).await;
    let named = server.url.replace("127.0.0.1", "localhost");
    let misp = Misp::builder(&named)
        .key(KEY)
        .allow_address(|address| !address.is_loopback())
        .retry(Retry::never())
        .build()
        .unwrap();
    let error = misp.roles().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotDone, "{error:?}");
    let literal = Misp::builder(&server.url)
        .key(KEY)
        .allow_address(|address| !address.is_loopback())
        .build();
    assert!(matches!(literal, Err(Error::Config(_))));
    let allowed = Misp::builder(&named)
        .key(KEY)
        .allow_address(|address| address.is_loopback())
        .build()
        .unwrap();
    allowed.roles().await.unwrap();
    assert_eq!(server.complete(), 1);
}

#[tokio::test]
async fn a_proxy_is_gone_through_when_it_is_named() {
    let proxy = Server::start(vec![Act::Answer(json("200 OK", "[]"))]).await;
    let misp = Misp::builder("http://misp.example.org/")
        .key(KEY)
        .proxy(proxy.url.as_str())
        .build()
        .unwrap();
    misp.roles().await.unwrap();
    let heard = String::from_utf8(proxy.heard().remove(0)).unwrap();
    assert!(
        heard.starts_with("GET http://misp.example.org/roles/index HTTP/1.1"),
        "{heard}"
    );
}
