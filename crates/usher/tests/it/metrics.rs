//! What is served for those who watch the server, and what `packaging/` makes of it.

use std::collections::BTreeSet;

use crate::http::{Reply, exchange};
use crate::server::{Folder, Server};

fn free_port() -> String {
    // Found by binding and letting go; nobody else takes it within this moment.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn ask(server: &Server, key: Option<&str>) -> Reply {
    let authorization = key.map(|key| format!("Bearer {key}"));
    let headers: Vec<(&str, &str)> = authorization
        .iter()
        .map(|value| ("Authorization", value.as_str()))
        .collect();
    exchange(&server.address, "GET", "/metrics", &headers, "").unwrap()
}

fn key_of(server: &Server, user: &str) -> String {
    let made = server.native(
        "POST",
        &format!("/users/{user}/keys"),
        r#"{"name":"watch"}"#,
    );
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["secret"].as_str().unwrap().to_owned()
}

/// The value of a line that begins so.
fn value(text: &str, start: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(start));
    let line = line.unwrap_or_else(|| panic!("{start} is not in {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn metrics_are_for_those_who_may_read_them_and_name_nobody() {
    let folder = Folder::new();
    let alone = free_port();
    let server = Server::start_with(&folder, &["--listen-metrics", &alone], &[]);
    assert_eq!(
        server
            .native("POST", "/organisations", r#"{"name":"Branch"}"#)
            .status,
        201
    );
    for (email, role, place) in [
        ("auditor@example.org", "usher:auditor", "1"),
        ("branch@example.org", "usher:administrator", "\"Branch\""),
        ("member@example.org", "usher:member", "1"),
    ] {
        let body = format!(r#"{{"email":"{email}"}}"#);
        assert_eq!(server.native("POST", "/users", &body).status, 201);
        let grant = format!(r#"{{"role":"{role}","organisation":{place}}}"#);
        let granted = server.native("POST", &format!("/users/{email}/grants"), &grant);
        assert!([200, 201].contains(&granted.status), "{granted:?}");
        let expected = if email.starts_with("auditor") {
            200
        } else {
            403
        };
        let key = key_of(&server, email);
        let answer = ask(&server, Some(&key));
        assert_eq!(answer.status, expected, "{email}: {answer:?}");
    }
    let answer = ask(&server, None);
    assert_eq!(answer.status, 401);
    assert!(
        answer.head.contains("\r\nWww-Authenticate: Bearer"),
        "{}",
        answer.head
    );
    assert_eq!(ask(&server, Some("nonsense")).status, 401);
    let soon = server.native(
        "POST",
        "/me/keys",
        r#"{"name":"soon","expires_at":"2999-01-01T00:00:00Z"}"#,
    );
    assert_eq!(soon.status, 201, "{soon:?}");
    assert_eq!(
        server.native("GET", "/users/nobody@example.org", "").status,
        404
    );
    let answer = ask(&server, Some(server.token()));
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .head
            .contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8"),
        "{}",
        answer.head
    );
    let text = &answer.body;
    assert!(
        value(
            text,
            "usher_http_requests_total{dialect=\"native\",method=\"GET\",route=\"/api/v1/users/{user}\",status=\"404\"}"
        ) >= 1.0
    );
    assert!(
        value(
            text,
            "usher_http_request_duration_seconds_count{dialect=\"native\"}"
        ) >= 8.0
    );
    assert!(value(text, "usher_refusals_total{code=\"not-found\"}") >= 1.0);
    assert!((value(text, "usher_users{status=\"active\"}") - 4.0).abs() < 0.1);
    assert!(value(text, "usher_store_writes_total{outcome=\"done\"}") >= 8.0);
    assert!(value(text, "usher_keys_expiring{within=\"7d\"}") < 0.1);
    assert!(value(text, "process_resident_memory_bytes") > 1e6);
    assert!(value(text, "usher_build_info{version=\"") > 0.9);
    assert!((value(text, "usher_http_requests_in_flight")).abs() < 0.1);
    for secret in ["example.org", "127.0.0.1", server.token()] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
    // The listener of its own asks for nothing, and serves nothing else.
    let there = |path: &str| exchange(&alone, "GET", path, &[], "").unwrap();
    for path in ["/metrics", "/healthz", "/readyz"] {
        assert_eq!(there(path).status, 200, "{path}");
    }
    for path in ["/api/v1/me", "/misp/users", "/"] {
        assert_eq!(there(path).status, 404, "{path}");
    }
}

#[test]
fn too_many_strangers_are_refused_and_keys_are_told_what_is_left() {
    let folder = Folder::new();
    let limits = ["--limits-per-address", "5", "--limits-per-key", "50"];
    let server = Server::start_with(&folder, &limits, &[]);
    let stranger = || exchange(&server.address, "GET", "/api/v1/me", &[], "").unwrap();
    for left in (0..5).rev() {
        let answer = stranger();
        assert_eq!(answer.status, 401, "{answer:?}");
        let header = format!("\r\nRatelimit: \"address\";r={left};t=");
        assert!(answer.head.contains(&header), "{header}: {}", answer.head);
    }
    let refused = stranger();
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(
        refused.head.contains("\r\nRetry-After: "),
        "{}",
        refused.head
    );
    assert_eq!(server.get("/healthz").status, 200);
    // A person who has a key is not refused for the strangers' sake.
    let known = server.native("GET", "/me", "");
    assert_eq!(known.status, 200);
    assert!(
        known
            .head
            .contains("\r\nRatelimit-Policy: \"key\";q=50;w=60\r\n"),
        "{}",
        known.head
    );
    assert!(
        known.head.contains("\r\nRatelimit: \"key\";r=49;t=2"),
        "{}",
        known.head
    );
    let answers: Vec<u16> = (0..60)
        .map(|_| server.native("GET", "/me", "").status)
        .collect();
    assert!(answers.contains(&429), "{answers:?}");
    let text = ask(&server, Some(server.token()));
    // The key is spent at the native API; metrics are not counted.
    assert_eq!(text.status, 200, "{text:?}");
    assert!(value(&text.body, "usher_rate_limited_total{by=\"address\"}") >= 1.0);
    assert!(value(&text.body, "usher_rate_limited_total{by=\"key\"}") >= 1.0);
}

#[test]
fn alerts_and_dashboard_name_metrics_that_are_served() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let text = ask(&server, Some(server.token())).body;
    let mut served: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next())
        .collect();
    // Counters without a value yet, and what is served over TLS alone.
    served.extend([
        "usher_rate_limited_total",
        "usher_refusals_total",
        "usher_http_requests_total",
    ]);
    served.extend([
        "usher_http_request_duration_seconds",
        "usher_tls_certificate_expires_seconds",
    ]);
    let packaging = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
    for file in ["prometheus-alerts.yml", "grafana-dashboard.json"] {
        let text = std::fs::read_to_string(packaging.join(file)).unwrap();
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let named: BTreeSet<&str> = words
            .filter(|word| word.starts_with("usher_") || word.starts_with("process_"))
            .map(|word| word.strip_suffix("_bucket").unwrap_or(word))
            .collect();
        assert!(named.len() >= 8, "{file}: {named:?}");
        for name in named {
            assert!(
                served.contains(name),
                "{file} names {name}, which is not served"
            );
        }
    }
    let dashboard = std::fs::read_to_string(packaging.join("grafana-dashboard.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 10);
}
