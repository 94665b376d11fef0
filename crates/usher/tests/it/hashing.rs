//! Password hashes are dear, and there are few places for them: one member who changes their password
//! without pause keeps no one from signing in.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::http::exchange;
use crate::server::{Folder, Server};

const PASSWORD: &str = "Cobalt-Lantern-73!";
const SIGN_INS: u32 = 6;

fn sign_in(server: &Server, login: &str) -> u16 {
    let body = json!({ "login": login, "password": PASSWORD }).to_string();
    let headers = [("Content-Type", "application/json")];
    let reply = exchange(&server.address, "POST", "/api/v1/sign-in", &headers, &body);
    reply.unwrap().status
}

#[test]
fn one_member_who_hashes_without_pause_keeps_no_one_from_signing_in() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for login in ["member@example.org", "other@example.org"] {
        let new = json!({ "email": login, "password": PASSWORD, "must_change_password": false });
        let made = server.native("POST", "/users", &new.to_string());
        assert_eq!(made.status, 201, "{made:?}");
    }
    let key = server.native("POST", "/users/member@example.org/keys", "{}");
    let key = key.json()["secret"].as_str().unwrap_or_default().to_owned();
    assert!(!key.is_empty());
    let authorization = format!("Bearer {key}");
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", "application/json"),
    ];
    let ask = |number: u32| {
        let body = json!({ "password": format!("Another-Lantern-{number}!") });
        let reply = exchange(
            &server.address,
            "PUT",
            "/api/v1/me/password",
            &headers,
            &body.to_string(),
        );
        reply.map(|reply| reply.status)
    };
    let stop = AtomicBool::new(false);
    let (told_to_wait, asked, hashed) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
    let (mut answers, mut between) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        for number in 0..66 {
            let (stop, told_to_wait, asked, hashed, ask) =
                (&stop, &told_to_wait, &asked, &hashed, &ask);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    asked.fetch_add(1, Ordering::Relaxed);
                    let counted = match ask(number) {
                        Ok(429) => told_to_wait,
                        _ => hashed,
                    };
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(Duration::from_millis(500));
        let before = hashed.load(Ordering::Relaxed);
        for _ in 0..SIGN_INS {
            answers.push(sign_in(&server, "other@example.org"));
        }
        between = hashed.load(Ordering::Relaxed) - before;
        stop.store(true, Ordering::Relaxed);
    });
    let (waiting, asked) = (told_to_wait.into_inner(), asked.into_inner());
    println!(
        "{between} requests of the member carried out between {SIGN_INS} sign-ins, {asked} made, {waiting} told to wait"
    );
    assert!(
        answers
            .iter()
            .all(|status| *status == 201 || *status == 200),
        "{answers:?}"
    );
    assert!(
        waiting > 0,
        "the load was too small to mean anything: {asked}"
    );
    // However fast the machine is: of 66 requests that wait, few are let by before a sign-in.
    assert!(between <= SIGN_INS, "{between}");
}

/// The threads that hash give way to those that serve.
#[test]
#[cfg(target_os = "linux")]
fn hashing_threads_have_the_lowest_priority() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    assert_eq!(sign_in(&server, "no.one@example.org"), 401);
    let mut nice = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{}/task", server.id())).unwrap() {
        let path = task.unwrap().path();
        let name = std::fs::read_to_string(path.join("comm")).unwrap();
        let stat = std::fs::read_to_string(path.join("stat")).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let own: i32 = fields.split(' ').nth(16).unwrap().parse().unwrap();
        nice.push((name.trim().starts_with("usher-hashing"), own));
    }
    assert!(nice.contains(&(true, 19)), "{nice:?}");
    assert!(
        nice.iter().all(|(hashing, own)| *hashing == (*own == 19)),
        "{nice:?}"
    );
}
