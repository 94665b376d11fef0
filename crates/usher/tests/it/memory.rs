//! A mixed load at every API: the server holds no more memory after twice as much of it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::crash::size;
use crate::http::exchange;
use crate::server::{Folder, Server};

/// Requests of one run. `USHER_LOAD_REQUESTS=72000` are those of an hour at twenty a second.
const REQUESTS: u64 = 4_800;
const CLIENTS: u64 = 4;
/// How much may be held in KB at the end.
const HELD: u64 = 64 << 10;
/// Of what was held after three quarters of the load, the last may add this share in percent; and no less than
/// `LEAST` KB, which pools and the newest pages come and go by.
const GROWTH: u64 = 10;
const LEAST: u64 = 3 << 10;

/// What the server holds that is of no file: the mapped database grows with its people.
fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    line.unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

/// One of the requests of the mix, by its number; its status is one of these.
fn ask(server: &Server, number: u64) -> u16 {
    let token = server.token();
    let bearer = format!("Bearer {token}");
    let login = server.variables["USHER_EMAIL"].as_str();
    let ask = |method: &str, path: &str, authorization: &str, body: &str| {
        let headers = [
            ("Authorization", authorization),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
        ];
        exchange(&server.address, method, path, &headers, body).unwrap()
    };
    let person = format!("p{number}@example.org");
    let reply = match number % 16 {
        0 => {
            let body = format!(r#"{{"email":"{person}","given_name":"Ada","title":"Countess"}}"#);
            ask("POST", "/api/v1/users", &bearer, &body)
        }
        1 => {
            let body = format!(r#"{{"title":"Title {number}"}}"#);
            ask("PATCH", "/api/v1/me", &bearer, &body)
        }
        2 => ask("GET", "/api/v1/users?limit=50&total=true", &bearer, ""),
        3 => ask("GET", "/api/v1/users?q=ada&sort=-created_at", &bearer, ""),
        4 => ask("GET", "/api/v1/events?limit=50", &bearer, ""),
        5 => ask("GET", "/misp/users/view/me", token, ""),
        6 => ask("GET", "/misp/admin/users/index/limit:20", token, ""),
        7 => {
            let query =
                r#"{"query":"{ users(first: 20) { edges { node { id name user_email } } } }"}"#;
            ask("POST", "/opencti/graphql", &bearer, query)
        }
        8 => ask("GET", "/civis/users/me", &bearer, ""),
        9 => ask("GET", "/api/v1/nothing-of-that-name", &bearer, ""),
        // Strangers, whose names and keys are new each time.
        10 => ask("GET", "/api/v1/me", &format!("Bearer {number:040}"), ""),
        11 => {
            let body = format!(r#"{{"name":"key {number}"}}"#);
            let made = ask("POST", "/api/v1/me/keys", &bearer, &body);
            assert_eq!(made.status, 201, "{made:?}");
            let made = made.json();
            let own = format!("Bearer {}", made["secret"].as_str().unwrap());
            assert_eq!(ask("GET", "/api/v1/me", &own, "").status, 200);
            let path = format!("/api/v1/keys/{}", made["id"].as_str().unwrap());
            ask("DELETE", &path, &bearer, "")
        }
        12 if number % 64 == 12 => {
            let body = format!(
                r#"{{"login":"{login}","password":"{}"}}"#,
                server.variables["USHER_PASSWORD"]
            );
            let begun = ask("POST", "/api/v1/sign-in", "", &body);
            assert_eq!(begun.status, 200, "{begun:?}");
            let session = format!("Bearer {}", begun.json()["token"].as_str().unwrap());
            ask("POST", "/api/v1/sign-out", &session, "")
        }
        12 => ask("GET", "/api/v1/openapi.json", "", ""),
        13 => ask("GET", "/metrics", &bearer, ""),
        14 => ask("GET", "/api/v1/groups", &bearer, ""),
        _ => {
            let body = format!(r#"{{"email":"{person}"}}"#);
            assert_eq!(ask("POST", "/api/v1/users", &bearer, &body).status, 201);
            ask("DELETE", &format!("/api/v1/users/{person}"), &bearer, "")
        }
    };
    reply.status
}

#[test]
fn memory_stays_flat_under_a_mixed_load() {
    let requests = size("USHER_LOAD_REQUESTS", REQUESTS);
    let folder = Folder::new();
    let flags = ["--limits-per-address", "0", "--rate-limits", "off"];
    let server = Server::start_with(&folder, &flags, &[]);
    let next = AtomicU64::new(0);
    let run = |until: u64| {
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= until {
                            return;
                        }
                        let status = ask(&server, number);
                        assert!(
                            matches!(status, 200..=204 | 401 | 404),
                            "{number}: {status}"
                        );
                    }
                });
            }
        });
        next.store(until, Ordering::Relaxed);
        resident(&server)
    };
    let begun = std::time::Instant::now();
    // The first requests fill caches and pools; after them, memory stays as it is, however many come.
    let first = run(requests / 2);
    let second = run(requests / 4 * 3);
    let last = run(requests);
    let took = begun.elapsed();
    println!("{requests} requests in {took:?}: {first}, {second}, {last} KB");
    let most = HELD.min(second + (second * GROWTH / 100).max(LEAST));
    assert!(last <= most, "{first}, {second}, {last} KB");
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}
