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
use test_support::{World, target};
use usher::DIALECTS;

use crate::http::exchange;
use crate::server::{Folder, Server};
use crate::world;

/// How many times as long as a plain request to the same route one of the worst may take, what reading its text
/// takes aside.
const TIMES: u32 = 8;

/// How many times as long as it takes to read a text once, as JSON or as a query, a request that brings it may
/// take for it. The text is read from the connection, told apart, checked and refused.
const READINGS: u32 = 24;

/// Bytes of the largest body that is tried: `USHER_WORST_BODY`, else what a build without optimisation reads
/// in a short time. What grows faster than the body shows at that size too.
fn largest() -> usize {
    let usual = if cfg!(debug_assertions) { 256 } else { 1_024 } * 1_024;
    std::env::var("USHER_WORST_BODY").map_or(usual, |bytes| bytes.parse().unwrap())
}

/// What is too short to be measured.
const LEAST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 5 });

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

pub fn sign(dialect: &Dialect, key: &str) -> (&'static str, String) {
    match dialect.name {
        "misp" => ("Authorization", key.to_owned()),
        "tenable" => ("X-API-Key", key.to_owned()),
        _ => ("Authorization", format!("Bearer {key}")),
    }
}

/// How long this thread works to read a text once: the measure of this machine, this build and this moment.
fn reading(query: &str, body: &str) -> Duration {
    let before = worked();
    let body = serde_json::from_str::<serde_json::Value>(body);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let pairs: Vec<(String, String)> = pairs
        .map(|(name, value)| (name.to_owned(), value.replace("%27", "'")))
        .collect();
    std::hint::black_box((body.is_ok(), pairs.len()));
    worked() - before
}

fn brings_a_body(route: &Route) -> bool {
    !route.takes.is_empty() || matches!(route.method, "POST" | "PUT" | "PATCH")
}

/// Every worst request of a route: what it is, its target and its body.
fn requests(dialect: &Dialect, route: &Route) -> Vec<(&'static str, String, String)> {
    // Names nothing, so that nothing goes.
    let plain = target(dialect, route, "999999999999");
    let mut all = Vec::new();
    if brings_a_body(route) {
        let bodies = bodies(dialect.limits.body.min(largest()));
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

/// The form by which Falcon gives a token for a key.
pub fn token_form(uuid: &str, secret: &str) -> String {
    let uuid = uuid.replace('-', "");
    format!("client_id={uuid}&client_secret={secret}")
}

pub const FORM: &str = "application/x-www-form-urlencoded";

/// A fresh credential of the owner's, as a dialect takes it.
async fn credential(world: &World, dialect: &Dialect) -> String {
    let fresh = world
        .system()
        .create_key(FIRST_OWNER, NewKey::default())
        .await
        .unwrap();
    if dialect.name != "falcon" {
        return fresh.secret;
    }
    let form = token_form(&fresh.key.uuid.to_string(), &fresh.secret);
    let call = world.post("/falcon/oauth2/token");
    let reply = call.header("Content-Type", FORM).body(form).send().await;
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_route_bounds_its_work() {
    let world = world().await;
    let mut told = Vec::new();
    let mut dearest: BTreeMap<&str, (Duration, String)> = BTreeMap::new();
    let mut tried = 0;
    let mut signed_in: BTreeMap<&str, usize> = BTreeMap::new();
    for dialect in DIALECTS {
        for route in dialect.routes {
            // Keys of their own: some routes renew or revoke the one they are asked with.
            let (header, plain_key) = sign(dialect, &credential(&world, dialect).await);
            let (_, worst_key) = sign(dialect, &credential(&world, dialect).await);
            let call = |credential: &str, target: &str, body: String| {
                world
                    .request(route.method, target)
                    .header(header, credential)
                    .header("Accept", "application/json")
                    .header("Content-Type", "application/json")
                    .body(body)
            };
            let plain = target(dialect, route, "999999999999");
            let body = if matches!(route.method, "GET" | "DELETE") {
                ""
            } else {
                "{}"
            };
            let before = worked();
            call(&plain_key, &plain, body.to_owned()).send().await;
            let plain = worked() - before;
            for (name, target, body) in requests(dialect, route) {
                let query = target.split_once('?').map_or("", |(_, query)| query);
                let reading = reading(query, &body);
                let most = (plain * TIMES + reading * READINGS).max(LEAST);
                let call = call(&worst_key, &target, body);
                let (before, statements) = (worked(), world.directory.statements());
                let reply = call.send().await;
                let cost = worked() - before;
                let statements = world.directory.statements() - statements;
                tried += 1;
                if reply.status != 401 {
                    *signed_in.entry(dialect.name).or_default() += 1;
                }
                let what = format!("{} {route:?}, {name}: {}", dialect.name, reply.status);
                if reply.status >= 500 || cost > most || statements > STATEMENTS {
                    told.push(format!(
                        "{what}: {cost:?} of {most:?}, {statements} statements"
                    ));
                }
                let slot = dearest.entry(dialect.name).or_default();
                if cost > slot.0 {
                    *slot = (
                        cost,
                        format!("{what} (plain {plain:?}, reading {reading:?})"),
                    );
                }
            }
        }
    }
    for (cost, what) in dearest.values() {
        println!("{cost:?}: {what}");
    }
    assert!(tried > 1_000, "{tried}");
    // A request that is not signed in costs nothing, and shows nothing.
    for dialect in DIALECTS {
        let signed_in = signed_in.get(dialect.name).copied().unwrap_or_default();
        assert!(signed_in > 4, "{}: {signed_in}", dialect.name);
    }
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
    // What strangers may ask for in a minute is another test's matter.
    let server = Server::start_with(&folder, &["--limits-per-address", "0"], &[]);
    let process = server.id();
    let mut told = Vec::new();
    let mut dearest: BTreeMap<&str, (u64, String)> = BTreeMap::new();
    let mut signed_in: BTreeMap<&str, usize> = BTreeMap::new();
    for dialect in DIALECTS {
        let bodies = bodies(dialect.limits.body.min(largest()));
        for route in dialect.routes.iter().filter(|route| brings_a_body(route)) {
            let made = server.native("POST", "/me/keys", "{}").json();
            let mut secret = made["secret"].as_str().unwrap_or_default().to_owned();
            if dialect.name == "falcon" {
                let form = token_form(made["id"].as_str().unwrap_or_default(), &secret);
                let (address, path) = (&server.address, "/falcon/oauth2/token");
                let headers = [("Content-Type", FORM)];
                let token = exchange(address, "POST", path, &headers, &form).unwrap();
                let token = &token.json()["access_token"];
                token.as_str().unwrap().clone_into(&mut secret);
            }
            let (header, credential) = sign(dialect, &secret);
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
                if status != 401 {
                    *signed_in.entry(dialect.name).or_default() += 1;
                }
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
    for dialect in DIALECTS {
        let signed_in = signed_in.get(dialect.name).copied().unwrap_or_default();
        assert!(signed_in > 4, "{}: {signed_in}", dialect.name);
    }
    assert!(kilobytes(process, "VmRSS:") < 300 * 1_024);
    assert!(told.is_empty(), "{told:#?}");
}
