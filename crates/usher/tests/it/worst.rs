//! The worst that any route can be sent, derived from the tables of routes: a new route is tried as soon as it
//! has a row. What the requests cost is bounded in the time of the thread that serves them and in statements,
//! and, on the real binary, in memory.
//!
//! What only one route can be sent, such as a document of GraphQL, stands in `bounds.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use directory::{FIRST_OWNER, NewKey};
use kit::{Dialect, Route};
use rustix::time::{ClockId, clock_gettime};
use test_support::target;
use usher::DIALECTS;

use crate::http::exchange;
use crate::server::{Folder, Server};
use crate::world;

/// What one request may cost the thread that serves it. A build without optimisation is allowed more.
const MOST: Duration = if cfg!(debug_assertions) {
    Duration::from_millis(2_000)
} else {
    Duration::from_millis(100)
};

/// Statements that one refused request may cost.
const STATEMENTS: u64 = 300;

/// Megabytes that one request may add to what the server takes at its worst.
const MEGABYTES: u64 = 96;

/// The longest line of a request that is read at all, less what stands around it.
const LINE: usize = 56 * 1024;

fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap(),
        u32::try_from(time.tv_nsec).unwrap(),
    )
}

/// Names that lists and bodies have at one API or another; each is sent everywhere.
const NAMES: [&str; 24] = [
    "name",
    "email",
    "login",
    "password",
    "title",
    "text",
    "q",
    "query",
    "search",
    "filter",
    "sort",
    "user",
    "users",
    "groups",
    "roles",
    "organisations",
    "ids",
    "id",
    "items",
    "lines",
    "userIds",
    "groupIds",
    "constraints",
    "resources",
];

/// The worst bodies of a size: as many members, entries and references as fit, and long texts.
fn bodies(size: usize) -> Vec<(&'static str, String)> {
    let repeated = |piece: &dyn Fn(usize) -> String, most: usize| {
        let mut text = String::with_capacity(size);
        for number in 0.. {
            let piece = piece(number);
            if text.len() + piece.len() + 1 > most {
                break;
            }
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&piece);
        }
        text
    };
    let share = size / NAMES.len() - 32;
    let filled = |value: &dyn Fn() -> String| {
        let members: Vec<String> = NAMES
            .iter()
            .map(|name| format!("\"{name}\":{}", value()))
            .collect();
        format!("{{{}}}", members.join(","))
    };
    vec![
        (
            "members",
            format!(
                "{{{}}}",
                repeated(&|number| format!("\"m{number}\":0"), size - 2)
            ),
        ),
        (
            "objects",
            format!("[{}]", repeated(&|_| "{\"name\":1}".to_owned(), size - 2)),
        ),
        ("texts", filled(&|| format!("\"{}\"", "a".repeat(share)))),
        (
            "numbers",
            filled(&|| format!("[{}]", repeated(&|number| number.to_string(), share - 2))),
        ),
        (
            "lists",
            filled(&|| format!("[{}]", repeated(&|_| "{}".to_owned(), share - 2))),
        ),
    ]
}

/// The worst queries: as many references, a text as long, and as many parameters as a line holds.
fn queries() -> Vec<(&'static str, String)> {
    let share = LINE / NAMES.len() - 16;
    let texts: Vec<String> = NAMES
        .iter()
        .map(|name| format!("{name}={}", "a".repeat(share)))
        .collect();
    let ids: Vec<String> = (0..LINE / 9)
        .map(|number| format!("ids={number}"))
        .collect();
    let names: Vec<String> = (0..LINE / 9).map(|number| format!("m{number}=")).collect();
    let quoted = "%27a%27,".repeat(LINE / 9);
    let mut ids = ids.join("&");
    let mut names = names.join("&");
    ids.truncate(LINE);
    names.truncate(LINE);
    vec![
        ("texts", texts.join("&")),
        ("references", ids),
        ("parameters", names),
        ("a filter", format!("filter=name:[{quoted}%27a%27]")),
    ]
}

fn sign(dialect: &Dialect, key: &str) -> (&'static str, String) {
    match dialect.name {
        "misp" => ("Authorization", key.to_owned()),
        "tenable" => ("X-API-Key", key.to_owned()),
        _ => ("Authorization", format!("Bearer {key}")),
    }
}

/// Every worst request of a route: what it is, its target and its body.
fn requests(dialect: &Dialect, route: &Route) -> Vec<(&'static str, String, String)> {
    // Names nothing, so that nothing goes.
    let plain = target(dialect, route, "999999999999");
    let mut all = Vec::new();
    if !route.takes.is_empty() || matches!(route.method, "POST" | "PUT" | "PATCH") {
        let bodies = bodies(dialect.limits.body.min(1 << 20));
        all.extend(
            bodies
                .into_iter()
                .map(|(name, body)| (name, plain.clone(), body)),
        );
    }
    if matches!(route.method, "GET" | "DELETE") {
        let queries = queries();
        all.extend(
            queries
                .into_iter()
                .map(|(name, query)| (name, format!("{plain}?{query}"), String::new())),
        );
    }
    if route.path.contains('{') {
        let long = target(dialect, route, &"9".repeat(LINE / 4));
        all.push(("a long name", long, String::new()));
    }
    all
}

#[tokio::test]
async fn every_route_bounds_its_work() {
    let world = world().await;
    let mut told = Vec::new();
    let mut dearest: BTreeMap<&str, (Duration, String)> = BTreeMap::new();
    let mut tried = 0;
    for dialect in DIALECTS {
        for route in dialect.routes {
            // A key of its own: some routes renew or revoke the one they are asked with.
            let fresh = world
                .system()
                .create_key(FIRST_OWNER, NewKey::default())
                .await;
            let (header, credential) = sign(dialect, &fresh.unwrap().secret);
            for (name, target, body) in requests(dialect, route) {
                let call = world
                    .request(route.method, &target)
                    .header(header, &credential);
                let call = call
                    .header("Accept", "application/json")
                    .header("Content-Type", "application/json")
                    .body(body);
                let (before, statements) = (worked(), world.directory.statements());
                let reply = call.send().await;
                let cost = worked() - before;
                let statements = world.directory.statements() - statements;
                tried += 1;
                let what = format!("{} {route:?}, {name}: {}", dialect.name, reply.status);
                if reply.status >= 500 || cost > MOST || statements > STATEMENTS {
                    told.push(format!("{what}: {cost:?}, {statements} statements"));
                }
                let slot = dearest.entry(dialect.name).or_default();
                if cost > slot.0 {
                    *slot = (cost, what);
                }
            }
        }
    }
    for (cost, what) in dearest.values() {
        println!("{cost:?}: {what}");
    }
    assert!(tried > 1_000, "{tried}");
    assert!(told.is_empty(), "{told:#?}");
}

/// Kilobytes of a process by a line of its status.
fn kilobytes(process: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|one| one.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn every_body_is_bounded_in_memory() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let process = server.id();
    let mut told = Vec::new();
    let mut dearest: BTreeMap<&str, (u64, String)> = BTreeMap::new();
    for dialect in DIALECTS {
        let bodies = bodies(dialect.limits.body.min(1 << 20));
        for route in dialect
            .routes
            .iter()
            .filter(|route| !route.takes.is_empty())
        {
            let made = server.native("POST", "/me/keys", "{}").json();
            let (header, credential) = sign(dialect, made["secret"].as_str().unwrap_or_default());
            let target = target(dialect, route, "999999999999");
            for (name, body) in &bodies {
                // The peak begins anew.
                std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
                let before = kilobytes(process, "VmRSS:");
                let headers = [
                    (header, credential.as_str()),
                    ("Accept", "application/json"),
                    ("Content-Type", "application/json"),
                ];
                let reply = exchange(&server.address, route.method, &target, &headers, body);
                let status = reply.map_or(0, |reply| reply.status);
                let grown = kilobytes(process, "VmHWM:").saturating_sub(before) / 1_024;
                let what = format!("{} {route:?}, {name}: {status}", dialect.name);
                if grown > MEGABYTES || status >= 500 {
                    told.push(format!("{what}: {grown} MB"));
                }
                let slot = dearest.entry(dialect.name).or_default();
                if grown > slot.0 {
                    *slot = (grown, what);
                }
            }
        }
    }
    for (grown, what) in dearest.values() {
        println!("{grown} MB: {what}");
    }
    println!("{} MB altogether", kilobytes(process, "VmRSS:") / 1_024);
    assert!(kilobytes(process, "VmRSS:") < 300 * 1_024);
    assert!(told.is_empty(), "{told:#?}");
}
