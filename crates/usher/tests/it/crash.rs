//! `kill -9` under a write load: what was acknowledged is there afterwards, and nothing is there by
//! half.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::http::exchange;
use crate::server::{Folder, Server, output};

/// Crashes of one run; `USHER_CRASHES=1000` is the nightly size.
const CRASHES: u64 = 50;
const WRITERS: usize = 4;

/// The people a round tried to make, and whether the server said they were made.
type Tried = Vec<(String, bool)>;

#[test]
fn acknowledged_writes_survive_fifty_crashes() {
    let stated = std::env::var("USHER_CRASHES").ok();
    let crashes = stated.map_or(CRASHES, |text| text.parse().unwrap());
    let folder = Folder::new();
    let mut known: Tried = Vec::new();
    let mut server = Server::start(&folder);
    for round in 0..crashes {
        let tried = round_of_writes(server, round);
        server = Server::start(&folder);
        check(&server, &tried);
        known.extend(tried);
    }
    // Nothing of the earlier rounds was lost by a later crash.
    let made = known
        .iter()
        .filter(|(_, acknowledged)| *acknowledged)
        .count();
    assert!(
        made > 500,
        "the load was too small to mean anything: {made}"
    );
    check(&server, &known);
    check_events(&server, &known);
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    let checked = output(&folder, &["check", "--data", "data"], &[]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
}

/// Writes from several connections until the server is gone.
fn round_of_writes(server: Server, round: u64) -> Tried {
    let stop = AtomicBool::new(false);
    let tried = Mutex::new(Vec::new());
    let (address, token) = (server.address.clone(), server.token().to_owned());
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (stop, tried, address, token) = (&stop, &tried, &address, &token);
            scope.spawn(move || {
                let authorization = format!("Bearer {token}");
                let headers = [
                    ("Authorization", authorization.as_str()),
                    ("Content-Type", "application/json"),
                ];
                for count in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let email = format!("r{round}w{writer}n{count}@example.org");
                    let body = json!({ "email": email, "given_name": "Ada" }).to_string();
                    let reply = exchange(address, "POST", "/api/v1/users", &headers, &body);
                    let acknowledged = match &reply {
                        Ok(reply) => {
                            assert_eq!(reply.status, 201, "{reply:?}");
                            true
                        }
                        Err(_) => false,
                    };
                    tried.lock().unwrap().push((email, acknowledged));
                    if !acknowledged {
                        return;
                    }
                }
            });
        }
        // Kills strike at different moments of a write, start-up's end included.
        std::thread::sleep(Duration::from_millis(20 + round * 37 % 90));
        server.kill();
        stop.store(true, Ordering::Relaxed);
    });
    tried.into_inner().unwrap()
}

/// Acknowledged people are there; whoever is there is there whole: found by name, at home, and their
/// name is taken.
fn check(server: &Server, tried: &Tried) {
    for (email, acknowledged) in tried {
        let found = server.native("GET", &format!("/users/{email}"), "");
        if found.status == 404 {
            assert!(!acknowledged, "{email} was acknowledged and is lost");
            continue;
        }
        assert_eq!(found.status, 200, "{email}: {found:?}");
        let user = found.json();
        assert_eq!(
            (&user["email"], &user["given_name"]),
            (&json!(email), &json!("Ada"))
        );
        let places = server
            .native("GET", &format!("/users/{email}/memberships"), "")
            .json();
        assert_eq!(
            places["items"].as_array().map(Vec::len),
            Some(1),
            "{email}: {places}"
        );
        let again = server.native("POST", "/users", &json!({ "email": email }).to_string());
        assert_eq!(again.status, 409, "{email}: {again:?}");
    }
}

/// Whoever is there has exactly one event that tells of their making, and no event tells of somebody
/// who is not there.
fn check_events(server: &Server, tried: &Tried) {
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    let mut path = "/events?verb=user.created&limit=500".to_owned();
    loop {
        let page = server.native("GET", &path, "").json();
        for event in page["items"].as_array().unwrap() {
            let name = event["entity_name"].as_str().unwrap().to_owned();
            *told.entry(name).or_default() += 1;
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/events?verb=user.created&limit=500&cursor={next}");
    }
    for (email, _) in tried {
        let there = server.native("GET", &format!("/users/{email}"), "").status == 200;
        let events = told.get(email).copied().unwrap_or_default();
        assert_eq!(events, usize::from(there), "{email}");
    }
}
