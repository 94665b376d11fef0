//! What every answer carries: nothing is kept by caches, framed, or taken for another type.

use usher::DIALECTS;

use crate::http::exchange;
use crate::server::{Folder, Server};

#[test]
fn every_answer_is_private_and_not_to_be_framed() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let key = server.variables["MISP_KEY"].clone();
    let bearer = format!("Bearer {key}");
    let mut asked = 0;
    let mut check = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let reply = exchange(&server.address, method, path, headers, body);
        let reply = reply.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let value = |name: &str| {
            reply.head.lines().find_map(|line| {
                let (own, value) = line.split_once(": ")?;
                own.eq_ignore_ascii_case(name).then(|| value.to_owned())
            })
        };
        let policy = value("content-security-policy").unwrap_or_default();
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{method} {path}: {policy:?}"
        );
        assert!(
            policy.contains("default-src 'none'"),
            "{method} {path}: {policy:?}"
        );
        assert_eq!(
            value("x-content-type-options").as_deref(),
            Some("nosniff"),
            "{method} {path}"
        );
        let cached = value("cache-control");
        // A style sheet is nobody's.
        let expected = if path == "/account/style.css" && reply.status == 200 {
            "max-age=3600"
        } else {
            "no-store"
        };
        assert_eq!(
            cached.as_deref(),
            Some(expected),
            "{method} {path}: {}",
            reply.status
        );
        asked += 1;
    };
    let json = ("Content-Type", "application/json");
    for dialect in DIALECTS {
        for route in dialect.routes {
            // A number for every part that the route leaves open; whether it is found is not asked here.
            let path: Vec<String> = route
                .path
                .split('/')
                .map(|part| {
                    if part.starts_with('{') {
                        "2".to_owned()
                    } else {
                        part.to_owned()
                    }
                })
                .collect();
            let path = format!("{}{}", dialect.mount, path.join("/"));
            let headers = [
                (
                    "Authorization",
                    if dialect.name == "misp" {
                        &key
                    } else {
                        &bearer
                    },
                ),
                ("X-API-Key", &key),
            ];
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .chain([json])
                .collect();
            check(route.method, &path, &[], "");
            check(route.method, &path, &headers, "");
            check(route.method, &path, &headers, "{\"malformed\":");
        }
        check(
            "GET",
            &format!("{}/no/such/route", dialect.mount),
            &[json],
            "",
        );
        check("BREW", &format!("{}/", dialect.mount), &[json], "");
    }
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/nothing",
        "/users",
        "/account/forgot",
        "/account/style.css",
        "/account/reset?token=x",
        "/account/activate?token=x",
        "/account/confirm?token=x",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            check(
                method,
                path,
                &[("Content-Type", "application/x-www-form-urlencoded")],
                "token=x&password=a&again=b",
            );
        }
    }
    assert!(asked > 300, "{asked}");
}
