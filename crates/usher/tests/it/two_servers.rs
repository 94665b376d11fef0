//! Two servers on one PostgreSQL: of two that collide exactly one succeeds, the other gets the fault of its kind, and what one answers
//! the other knows at its next request.

use std::sync::Barrier;

use crate::http::{Reply, exchange};
use crate::server::{Folder, Schema, Server};

/// How many ask at once.
const AT_ONCE: usize = 64;

struct Pair {
    servers: [Server; 2],
    token: String,
    _folders: [Folder; 2],
}

impl Pair {
    fn start(server: &str, test: &str) -> Self {
        let schema = Schema::new(server, test);
        let secret = (
            "USHER_SECRET_KEY",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        );
        let key = "T".repeat(40);
        let variables = [
            secret,
            ("USHER_DATABASE", schema.url.as_str()),
            ("USHER_BOOTSTRAP_KEY", key.as_str()),
        ];
        let folders = [Folder::new(), Folder::new()];
        // The first makes the directory, the second finds it.
        let servers = [
            Server::start_with(&folders[0], &[], &variables),
            Server::start_with(&folders[1], &[], &variables),
        ];
        Self {
            servers,
            token: key,
            _folders: folders,
        }
    }

    fn ask(&self, server: usize, token: &str, method: &str, path: &str, body: &str) -> Reply {
        let authorization = format!("Bearer {token}");
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json"),
        ];
        let path = format!("/api/v1{path}");
        exchange(&self.servers[server].address, method, &path, &headers, body).unwrap()
    }

    fn owner(&self, server: usize, method: &str, path: &str, body: &str) -> Reply {
        self.ask(server, &self.token, method, path, body)
    }

    /// Asks the same of both servers by turns, all at once; the statuses.
    fn race(&self, request: impl Fn(usize) -> (&'static str, String, String) + Sync) -> Vec<u16> {
        let barrier = Barrier::new(AT_ONCE);
        std::thread::scope(|scope| {
            let racers: Vec<_> = (0..AT_ONCE)
                .map(|number| {
                    let (barrier, request) = (&barrier, &request);
                    scope.spawn(move || {
                        let (method, path, body) = request(number);
                        barrier.wait();
                        self.owner(number % 2, method, &path, &body).status
                    })
                })
                .collect();
            racers
                .into_iter()
                .map(|racer| racer.join().unwrap())
                .collect()
        })
    }
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|one| **one == status).count()
}

#[test]
fn of_those_who_collide_one_succeeds() {
    let Ok(server) = std::env::var("USHER_TEST_POSTGRES") else {
        return;
    };
    let pair = Pair::start(&server, "races");
    // One address.
    let statuses = pair.race(|_| {
        (
            "POST",
            "/users".to_owned(),
            r#"{"email":"one@example.org"}"#.to_owned(),
        )
    });
    assert_eq!(
        (count(&statuses, 201), count(&statuses, 409)),
        (1, AT_ONCE - 1),
        "{statuses:?}"
    );
    // One name.
    let statuses = pair.race(|_| {
        (
            "POST",
            "/organisations".to_owned(),
            r#"{"name":"One"}"#.to_owned(),
        )
    });
    assert_eq!(
        (count(&statuses, 201), count(&statuses, 409)),
        (1, AT_ONCE - 1),
        "{statuses:?}"
    );
    // A grant is given and taken by turns: whatever comes last, none is left by half.
    let grant = r#"{"role":"usher:helpdesk","organisation":1}"#;
    let statuses = pair.race(|number| {
        if number % 4 < 2 {
            (
                "POST",
                "/users/one@example.org/grants".to_owned(),
                grant.to_owned(),
            )
        } else {
            (
                "GET",
                "/users/one@example.org/grants".to_owned(),
                String::new(),
            )
        }
    });
    assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
    for server in 0..2 {
        let held = pair.owner(server, "GET", "/users/one@example.org/grants", "");
        assert_eq!(
            held.body.matches("\"word\":\"helpdesk\"").count(),
            1,
            "{held:?}"
        );
    }
    // The last two owners are switched off by each other.
    let made = pair.owner(0, "POST", "/users", r#"{"email":"second@example.org"}"#);
    assert_eq!(made.status, 201);
    let owner = r#"{"role":"usher:owner","organisation":1}"#;
    assert_eq!(
        pair.owner(1, "POST", "/users/second@example.org/grants", owner)
            .status,
        201
    );
    let key = pair.owner(
        0,
        "POST",
        "/users/second@example.org/keys",
        r#"{"name":"k"}"#,
    );
    let second = key.json()["secret"].as_str().unwrap().to_owned();
    let off = r#"{"status":"inactive"}"#;
    let barrier = Barrier::new(2);
    let statuses = std::thread::scope(|scope| {
        let one = scope.spawn(|| {
            barrier.wait();
            pair.owner(0, "PATCH", "/users/second@example.org", off)
                .status
        });
        let other = scope.spawn(|| {
            barrier.wait();
            pair.ask(1, &second, "PATCH", "/users/1", off).status
        });
        [one.join().unwrap(), other.join().unwrap()]
    });
    // A person who came second is no owner any more, or would take the last one.
    assert_eq!(count(&statuses, 200), 1, "{statuses:?}");
    assert!(
        statuses
            .iter()
            .any(|status| [401, 403, 409].contains(status)),
        "{statuses:?}"
    );
}

#[test]
fn what_one_answers_the_other_knows() {
    let Ok(server) = std::env::var("USHER_TEST_POSTGRES") else {
        return;
    };
    let pair = Pair::start(&server, "knows");
    let made = pair.owner(0, "POST", "/users", r#"{"email":"ada@example.org"}"#);
    assert_eq!(made.status, 201, "{made:?}");
    let grant = r#"{"role":"usher:auditor","organisation":1}"#;
    let granted = pair
        .owner(0, "POST", "/users/ada@example.org/grants", grant)
        .json();
    for (round, act) in ["revoke", "demote", "suspend"].into_iter().enumerate() {
        let fresh = pair
            .owner(0, "POST", "/users/ada@example.org/keys", r#"{"name":"k"}"#)
            .json();
        let key = fresh["secret"].as_str().unwrap();
        // Warm on both.
        for server in [0, 1, 0, 1] {
            let seen = pair.ask(server, key, "GET", "/events?limit=1", "");
            assert_eq!(seen.status, 200, "{act}: {seen:?}");
        }
        let (method, path, body, expected) = match act {
            "revoke" => ("DELETE", format!("/keys/{}", fresh["number"]), "", 401),
            "demote" => (
                "DELETE",
                format!("/users/ada@example.org/grants/{}", granted["number"]),
                "",
                200,
            ),
            _ => (
                "PATCH",
                "/users/ada@example.org".to_owned(),
                r#"{"status":"suspended"}"#,
                401,
            ),
        };
        if act == "suspend" {
            let again = pair.owner(1, "POST", "/users/ada@example.org/grants", grant);
            assert_eq!(again.status, 201, "{again:?}");
            assert_eq!(pair.ask(0, key, "GET", "/events?limit=1", "").status, 200);
        }
        let done = pair.owner(round % 2, method, &path, body);
        assert!(done.status < 300, "{act}: {done:?}");
        let other = pair.ask(1 - round % 2, key, "GET", "/events?limit=1", "");
        assert_eq!(other.status, expected, "{act}: {other:?}");
        if act == "demote" {
            // A person without the role may ask, and sees no event.
            assert_eq!(other.json()["items"], serde_json::json!([]), "{other:?}");
        }
    }
}
