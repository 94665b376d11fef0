//! How much of the real binary is in memory: little at its start, and no more for long after sign-ins, each of
//! which takes some 19 MB while its password is hashed.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::exchange;
use crate::server::{Folder, Server};

const PASSWORD: &str = "Cobalt-Lantern-73!";

/// Memory of a process that is of no file, in MB.
fn own_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let kilobytes: u64 = line
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    kilobytes / 1_024
}

fn sign_in(address: &str) -> u16 {
    let body = json!({ "login": "member@example.org", "password": PASSWORD }).to_string();
    let headers = [("Content-Type", "application/json")];
    let reply = exchange(address, "POST", "/api/v1/sign-in", &headers, &body);
    reply.unwrap().status
}

/// What a server holds at its start and, once it may rest, after sign-ins.
fn before_and_after(variables: &[(&str, &str)]) -> (u64, u64) {
    let folder = Folder::new();
    let server = Server::start_with(&folder, &[], variables);
    let begin = own_memory(server.id());
    let new = json!({ "email": "member@example.org", "password": PASSWORD, "must_change_password": false });
    let made = server.native("POST", "/users", &new.to_string());
    assert_eq!(made.status, 201, "{made:?}");
    for _ in 0..2 {
        std::thread::scope(|scope| {
            let signing: Vec<_> = (0..6)
                .map(|_| scope.spawn(|| sign_in(&server.address)))
                .collect();
            for one in signing {
                let status = one.join().unwrap();
                assert!(matches!(status, 200 | 201 | 429 | 503), "{status}");
            }
        });
    }
    let until = Instant::now() + Duration::from_secs(3);
    let mut end = own_memory(server.id());
    while end > begin + KEPT && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(100));
        end = end.min(own_memory(server.id()));
    }
    (begin, end)
}

/// MB that sign-ins may leave behind: threads, a session, what is remembered.
const KEPT: u64 = 16;

#[test]
fn memory_is_given_back_after_sign_ins() {
    let (begin, end) = before_and_after(&[]);
    println!("{begin} MB at the start, {end} MB after sign-ins");
    assert!(begin < 32, "{begin} MB at the start");
    assert!(end <= begin + KEPT, "{begin} MB became {end} MB");
    // An operator's own setting wins; with this one, nothing is given back.
    let (begin, end) = before_and_after(&[("MIMALLOC_PURGE_DELAY", "-1")]);
    println!("{begin} MB at the start, {end} MB after sign-ins, where nothing is given back");
    assert!(
        end > begin + KEPT,
        "{begin} MB became {end} MB: this test shows nothing"
    );
}
