//! What is served for those who watch the server, and what `packaging/` makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

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
    // Counters show once they have counted.
    assert_eq!(ask(&server, None).status, 401);
    assert_eq!(server.native("GET", "/nothing", "").status, 404);
    let text = ask(&server, Some(server.token())).body;
    let mut served: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next())
        .collect();
    // Served over TLS alone.
    served.insert("usher_tls_certificate_expires_seconds");
    let packaging = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
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

/// The metrics that the native contract names, with their labels.
fn named_in_the_contract() -> BTreeMap<String, BTreeSet<String>> {
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/wire/native.md");
    let contract = std::fs::read_to_string(contract).unwrap();
    let line = contract
        .lines()
        .find(|line| line.contains("[N] `/metrics`"));
    let (_, names) = line.unwrap().split_once("Names: ").unwrap();
    let quoted = names.split('`').skip(1).step_by(2);
    let mut named = BTreeMap::new();
    for text in quoted.filter(|text| text.starts_with("usher_") || text.starts_with("process_")) {
        let (name, labels) = text.split_once('{').unwrap_or((text, ""));
        let labels = labels.trim_end_matches('}').split(',');
        let labels = labels.filter(|label| !label.is_empty()).map(str::to_owned);
        named.insert(name.to_owned(), labels.collect());
    }
    named
}

/// The labels of each sample, by the metric's name.
fn served_by(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut served: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (sample, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
        // A histogram is named by what it measures.
        let name = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .unwrap_or(name);
        let labels = labels
            .split("\",")
            .filter_map(|label| label.split_once('='));
        let labels = labels
            .map(|(label, _)| label.to_owned())
            .filter(|label| label != "le");
        served.entry(name.to_owned()).or_default().extend(labels);
    }
    served
}

#[test]
fn every_metric_of_the_contract_is_served_with_its_labels() {
    let folder = Folder::new();
    for (name, file) in [("first.crt", "c.pem"), ("first.key", "k.pem")] {
        std::fs::copy(crate::tls::fixture(name), folder.path().join(file)).unwrap();
    }
    let alone = free_port();
    let flags = [
        "--tls-certificate",
        "c.pem",
        "--tls-key",
        "k.pem",
        "--listen-metrics",
        &alone,
    ];
    let server = Server::start_with(&folder, &flags, &[]);
    let get = |path: &str, headers: &str| {
        let stream = std::net::TcpStream::connect(&server.address).unwrap();
        let answer = crate::tls::get_over(stream, "first.crt", path, headers).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    // Something of each kind happens: an answer, a refusal, a job, a mail, a key that ends.
    assert!(get("/api/v1/me", "").starts_with("HTTP/1.1 401 "));
    let text = exchange(&alone, "GET", "/metrics", &[], "").unwrap().body;
    let mut served = served_by(&text);
    // Counts by state have no line where there is nothing of the kind; that they are served is in their heads.
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap();
        served.entry(name.to_owned()).or_default();
    }
    let named = named_in_the_contract();
    assert!(named.len() >= 18, "{named:?}");
    for (name, labels) in named {
        let there = served.get(&name);
        assert!(there.is_some(), "{name} is not served: {text}");
        let there = there.unwrap();
        assert!(
            there.is_empty() || *there == labels,
            "{name}: {there:?}, not {labels:?}"
        );
    }
}

#[test]
fn sign_ins_are_counted_by_how_they_ended() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let (login, password) = (
        server.variables["USHER_EMAIL"].clone(),
        server.variables["USHER_PASSWORD"].clone(),
    );
    let new =
        r#"{"email":"off@example.org","status":"suspended","password":"second wooden Harbour 72"}"#;
    assert_eq!(server.native("POST", "/users", new).status, 201);
    let json = [("Content-Type", "application/json")];
    let sign_in = |login: &str, password: &str| {
        let body = serde_json::json!({ "login": login, "password": password }).to_string();
        let path = "/api/v1/sign-in";
        exchange(&server.address, "POST", path, &json, &body)
            .unwrap()
            .status
    };
    assert_eq!(sign_in(&login, &password), 200);
    assert_eq!(sign_in(&login, "wrong"), 401);
    assert_eq!(sign_in("nobody@example.org", "wrong"), 401);
    assert_eq!(sign_in("off@example.org", "second wooden Harbour 72"), 401);
    let body = serde_json::json!({ "email": login, "password": password }).to_string();
    let tenable = exchange(&server.address, "POST", "/tenable/api/login", &json, &body).unwrap();
    assert_eq!(tenable.status, 200, "{tenable:?}");
    let text = ask(&server, Some(server.token())).body;
    for (dialect, outcome, count) in [
        ("native", "succeeded", 1.0),
        ("native", "wrong-credential", 2.0),
        ("native", "not-active", 1.0),
        ("tenable", "succeeded", 1.0),
    ] {
        let start = format!("usher_sign_ins_total{{dialect=\"{dialect}\",outcome=\"{outcome}\"}}");
        assert!(
            (value(&text, &start) - count).abs() < 0.1,
            "{start}: {text}"
        );
    }
    assert!(!text.contains("example.org"), "{text}");
}
