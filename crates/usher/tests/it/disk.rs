//! A disk that fails at `fsync`, power that is cut while writes are under way, and a clock that is set: on the real binary, through
//! a library that stands between it and the system.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::crash::{check, check_all, end_well, round_of_writes, size};
use crate::server::{Folder, Server};

/// Builds the library; none where there is no C compiler.
fn faulty_disk(folder: &Folder) -> Option<PathBuf> {
    let library = folder.path().join("faulty_disk.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/faulty_disk.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .args([source, "-ldl"])
        .status();
    if built.is_ok_and(|status| status.success()) {
        return Some(library);
    }
    eprintln!("not tried: there is no C compiler on this machine");
    None
}

/// Starts the server with the library and these variables for it.
fn start(folder: &Folder, library: &Path, variables: &[(&str, &str)]) -> Server {
    let mut all = vec![("LD_PRELOAD", library.to_str().unwrap())];
    all.extend(variables);
    Server::start_with(folder, &[], &all)
}

fn create(server: &Server, name: &str) -> u16 {
    let new = json!({ "email": format!("{name}@example.org"), "given_name": "Ada" });
    server.native("POST", "/users", &new.to_string()).status
}

fn wait_for(what: &str, mut question: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !question() {
        assert!(
            begun.elapsed() < Duration::from_secs(45),
            "waited in vain: {what}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn writes_that_the_disk_does_not_take_are_not_acknowledged() {
    let folder = Folder::new();
    let Some(library) = faulty_disk(&folder) else {
        return;
    };
    let failing = folder.path().join("failing");
    let variables = [("FAIL_FILE", failing.to_str().unwrap())];
    let server = start(&folder, &library, &variables);
    let before: Vec<String> = (0..20).map(|number| format!("before{number}")).collect();
    for name in &before {
        assert_eq!(create(&server, name), 201);
    }
    std::fs::write(&failing, "").unwrap();
    for number in 0..20 {
        assert_eq!(create(&server, &format!("failed{number}")), 503);
    }
    // It is up, says so, and reads go on.
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(
        server
            .native("GET", "/users/before0@example.org", "")
            .status,
        200
    );
    let there = |server: &Server, name: &str| {
        let path = format!("/users/{name}@example.org");
        server.native("GET", &path, "").status == 200
    };
    assert!(!there(&server, "failed0"), "what failed is not shown");
    std::fs::remove_file(&failing).unwrap();
    assert_eq!(create(&server, "after"), 201);
    server.kill();
    let server = start(&folder, &library, &variables);
    for name in before.iter().map(String::as_str).chain(["after"]) {
        assert!(there(&server, name), "{name} was acknowledged and is lost");
    }
    assert!(!there(&server, "failed0"));
    end_well(&folder, server);
}

/// Power cuts of one run; `USHER_POWER_CUTS=200` is the nightly size.
const CUTS: u64 = 8;

#[test]
fn acknowledged_writes_survive_power_cuts() {
    let folder = Folder::new();
    let Some(library) = faulty_disk(&folder) else {
        return;
    };
    let cut = folder.path().join("cut");
    let begin = |seed: u64| {
        let seed = seed.to_string();
        let variables = [
            ("CUT_FILE", cut.to_str().unwrap()),
            ("CUT_SEED", seed.as_str()),
        ];
        start(&folder, &library, &variables)
    };
    let cuts = size("USHER_POWER_CUTS", CUTS);
    let mut known = Vec::new();
    let mut server = begin(0);
    for round in 0..cuts {
        // Some rounds reach a checkpoint at rest, which is cut as well.
        let pause = Duration::from_millis(60 + round * 131 % 400);
        let tried = round_of_writes(server, &format!("c{round}"), |server, _| {
            std::thread::sleep(pause);
            std::fs::write(&cut, "").unwrap();
            assert_eq!(server.wait(), Some(137), "the power was not cut");
        });
        std::fs::remove_file(&cut).unwrap();
        server = begin(round + 1);
        check(&server, &tried);
        known.extend(tried);
    }
    println!("{cuts} power cuts, {} people", known.len());
    check_all(&server, &known);
    end_well(&folder, server);
}

#[test]
fn a_clock_that_is_set_breaks_nothing() {
    const DAY: i64 = 86_400;
    let folder = Folder::new();
    let Some(library) = faulty_disk(&folder) else {
        return;
    };
    let clock = folder.path().join("clock");
    let variables = [("CLOCK_FILE", clock.to_str().unwrap())];
    let server = start(&folder, &library, &variables);
    let set = |seconds: i64| {
        // Replaced whole: a file that is being written would be read as none.
        let next = folder.path().join("clock.next");
        std::fs::write(&next, seconds.to_string()).unwrap();
        std::fs::rename(&next, &clock).unwrap();
    };
    let shown = |name: &str| {
        let user = server.native("GET", &format!("/users/{name}@example.org"), "");
        user.json()["created_at"].as_str().unwrap().to_owned()
    };
    let key = |body: &str| {
        let made = server.native("POST", "/me/keys", body);
        assert_eq!(made.status, 201, "{made:?}");
        let secret = made.json()["secret"].as_str().unwrap().to_owned();
        format!("Bearer {secret}")
    };
    let works = |bearer: &str| {
        let headers = [("Authorization", bearer)];
        crate::http::exchange(&server.address, "GET", "/api/v1/me", &headers, "")
            .unwrap()
            .status
            == 200
    };
    let lasting = key("{}");
    let ending = key(r#"{"expires_at":"2031-01-01T00:00:00Z"}"#);
    assert_eq!(create(&server, "now"), 201);
    assert!(works(&lasting) && works(&ending));
    let jumps = [3_600, 20 * 365 * DAY, -DAY, -20 * 365 * DAY, 0];
    for (number, jump) in jumps.into_iter().enumerate() {
        set(jump);
        for one in 0..10 {
            assert_eq!(create(&server, &format!("j{number}n{one}")), 201, "{jump}");
        }
        assert!(works(&lasting), "{jump}");
        assert_eq!(works(&ending), jump != 20 * 365 * DAY, "{jump}");
        wait_for("readiness", || server.get("/readyz").status == 200);
        // The flush of uses, the mailer and the worker turn once more.
        std::thread::sleep(Duration::from_millis(1_200));
    }
    assert!(shown("j1n0") > shown("now") && shown("j3n0") < shown("now"));
    // Events of later requests have later numbers, at any time of the clock.
    let events = server.native("GET", "/events?verb=user.created&limit=500&sort=number", "");
    let events = events.json();
    let told = events["items"].as_array().unwrap();
    let names: Vec<&str> = told
        .iter()
        .filter_map(|event| event["entity_name"].as_str())
        .filter(|name| name.starts_with("now@") || name.starts_with('j'))
        .collect();
    let mut expected = vec!["now@example.org".to_owned()];
    for jump in 0..jumps.len() {
        expected.extend((0..10).map(|one| format!("j{jump}n{one}@example.org")));
    }
    assert_eq!(names, expected, "the order of the trail");
    end_well(&folder, server);
}
