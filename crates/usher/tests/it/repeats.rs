//! `kill -9` between a change and its answer: what a repeat of the request under its key comes to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::http::{Reply, exchange};
use crate::server::{Folder, Server};

const WRITERS: usize = 4;

/// A request that a crash has left without an answer is repeated under its key: it is done then, or its answer
/// comes again, or the caller is told what it did. It is done once.
#[test]
fn a_request_that_a_crash_cut_off_can_be_repeated() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    let (mut fresh, mut lost) = (0, 0);
    for round in 0..12 {
        let cut = round_of_repeatable_writes(server, round);
        server = Server::start(&folder);
        for email in cut {
            let reply = repeatable(&server.address, server.token(), &email).unwrap();
            match reply.status {
                201 => fresh += 1,
                409 => {
                    lost += 1;
                    let problem = reply.json();
                    assert_eq!(problem["code"], "answer-lost", "{problem}");
                    let found = server.native("GET", &format!("/users/{email}"), "").json();
                    let done = problem["done"].as_array().unwrap();
                    let made = json!({ "verb": "user.created", "entity": "user", "number": found["number"] });
                    assert!(done.contains(&made), "{problem}");
                }
                _ => panic!("{email}: {reply:?}"),
            }
            let again = repeatable(&server.address, server.token(), &email).unwrap();
            assert_eq!(again.status, reply.status, "{again:?}");
            let events = format!("/events?verb=user.created&subject={email}");
            let events = server.native("GET", &events, "").json();
            assert_eq!(
                events["items"].as_array().map(Vec::len),
                Some(1),
                "{events}"
            );
        }
    }
    assert!(fresh + lost > 0, "no request was cut off");
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
}

fn repeatable(address: &str, token: &str, email: &str) -> std::io::Result<Reply> {
    let authorization = format!("Bearer {token}");
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", email),
    ];
    let body = json!({ "email": email }).to_string();
    exchange(address, "POST", "/api/v1/users", &headers, &body)
}

/// Writes under keys from several connections until the server is gone: the people whose requests were not
/// answered.
fn round_of_repeatable_writes(server: Server, round: u64) -> Vec<String> {
    let stop = AtomicBool::new(false);
    let cut = Mutex::new(Vec::new());
    let (address, token) = (server.address.clone(), server.token().to_owned());
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (stop, cut, address, token) = (&stop, &cut, &address, &token);
            scope.spawn(move || {
                for count in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let email = format!("k{round}w{writer}n{count}@example.org");
                    if repeatable(address, token, &email).is_err() {
                        cut.lock().unwrap().push(email);
                        return;
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(40 + round * 37 % 90));
        server.kill();
        stop.store(true, Ordering::Relaxed);
    });
    cut.into_inner().unwrap()
}
