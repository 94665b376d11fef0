//! `kill -9` and power cuts under mixed writes: what was acknowledged is there afterwards, and nothing is there by half.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{Reply, exchange};
use crate::server::{Folder, Server, output};

/// Crashes of one run; `USHER_CRASHES=1000` is the nightly size.
const CRASHES: u64 = 50;
const WRITERS: usize = 4;

/// One write about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Write {
    Made,
    Titled(String),
    Keyed(String),
    Deleted,
}

/// The writes about one person in their order, and whether the server said of each that it was done.
#[derive(Debug)]
pub struct Person {
    email: String,
    writes: Vec<(Write, bool)>,
}

impl Person {
    /// Whether any write about them was acknowledged.
    pub fn is_acknowledged(&self) -> bool {
        self.acknowledged() > 0
    }

    fn acknowledged(&self) -> usize {
        self.writes.iter().filter(|(_, done)| *done).count()
    }

    /// Whether a write was tried, and whether it was acknowledged.
    fn tried(&self, wanted: &Write) -> Option<bool> {
        let found = self.writes.iter().find(|(write, _)| write == wanted);
        found.map(|(_, done)| *done)
    }
}

/// The size of a run: what a variable says, or the usual one.
pub fn size(variable: &str, usual: u64) -> u64 {
    let stated = std::env::var(variable).ok();
    stated.map_or(usual, |text| text.parse().unwrap())
}

#[test]
fn acknowledged_writes_survive_fifty_crashes() {
    let crashes = size("USHER_CRASHES", CRASHES);
    let folder = Folder::new();
    let mut known: Vec<Person> = Vec::new();
    let mut server = Server::start(&folder);
    for round in 0..crashes {
        // Kills strike at different moments of a write; every fifth at the end of the start, the others when enough was written to mean
        // something, however slow the machine is.
        let pause = Duration::from_millis(20 + round * 37 % 90);
        let enough = if round % 5 == 0 { 0 } else { 14 };
        let tried = round_of_writes(server, &format!("r{round}"), |server, done| {
            std::thread::sleep(pause);
            while done.load(Ordering::Relaxed) < enough {
                std::thread::sleep(Duration::from_millis(1));
            }
            server.kill();
        });
        server = Server::start(&folder);
        check(&server, &tried);
        known.extend(tried);
    }
    // Nothing of the earlier rounds was lost by a later crash.
    let made: usize = known.iter().map(Person::acknowledged).sum();
    println!("{crashes} crashes, {made} acknowledged writes");
    assert!(
        made > 500,
        "the load was too small to mean anything: {made}"
    );
    check_all(&server, &known);
    end_well(&folder, server);
}

/// The server ends by itself, and `usher check` finds nothing in what it left.
pub fn end_well(folder: &Folder, server: Server) {
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    let checked = output(folder, &["check", "--data", "data"], &[]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
}

/// Writes from several connections until `ended` has ended the server.
pub fn round_of_writes(
    server: Server,
    round: &str,
    ended: impl FnOnce(Server, &AtomicUsize),
) -> Vec<Person> {
    let (address, token) = (server.address.clone(), server.token().to_owned());
    let stop = AtomicBool::new(false);
    write_until(&address, &token, round, &stop, |done| {
        ended(server, done);
        stop.store(true, Ordering::Relaxed);
    })
}

/// Writes from several connections while `meanwhile` runs, each until it is not answered or `stop` is set.
pub fn write_until(
    address: &str,
    token: &str,
    round: &str,
    stop: &AtomicBool,
    meanwhile: impl FnOnce(&AtomicUsize),
) -> Vec<Person> {
    let people = Mutex::new(Vec::new());
    // How many writes were acknowledged so far.
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (people, done) = (&people, &done);
            scope.spawn(move || {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let email = format!("{round}w{writer}n{number}@example.org");
                    let (person, answered) = write_about(address, token, email, number);
                    done.fetch_add(person.acknowledged(), Ordering::Relaxed);
                    people.lock().unwrap().push(person);
                    if !answered {
                        return;
                    }
                }
            });
        }
        meanwhile(&done);
    });
    people.into_inner().unwrap()
}

/// Makes a person, and by turns changes them, makes a key of theirs, or deletes them. Tells whether every write was answered.
fn write_about(address: &str, token: &str, email: String, number: u32) -> (Person, bool) {
    let authorization = format!("Bearer {token}");
    let ask = |method: &str, path: &str, body: Value| -> Option<Reply> {
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", "application/json"),
        ];
        exchange(address, method, path, &headers, &body.to_string()).ok()
    };
    let own = format!("/api/v1/users/{email}");
    let mut person = Person {
        email: email.clone(),
        writes: Vec::new(),
    };
    let new = json!({ "email": email, "given_name": "Ada" });
    let made = ask("POST", "/api/v1/users", new);
    // A server that has lost its database says so, and may have written.
    let answered = |reply: &Option<Reply>| {
        reply.as_ref().is_some_and(|reply| {
            let fine = matches!(reply.status, 200 | 201 | 204);
            assert!(fine || reply.status == 503, "{reply:?}");
            fine
        })
    };
    let done = answered(&made);
    person.writes.push((Write::Made, done));
    if !done {
        return (person, made.is_some());
    }
    let (write, reply) = match number % 4 {
        0 => return (person, true),
        1 => {
            let title = format!("Title {number}");
            let reply = ask("PATCH", &own, json!({ "title": title }));
            (Write::Titled(title), reply)
        }
        2 => {
            let reply = ask("POST", &format!("{own}/keys"), json!({ "name": "crash" }));
            let secret = reply
                .as_ref()
                .filter(|reply| reply.status == 201)
                .map(|reply| reply.json()["secret"].as_str().unwrap().to_owned());
            (Write::Keyed(secret.unwrap_or_default()), reply)
        }
        _ => (Write::Deleted, ask("DELETE", &own, json!({}))),
    };
    person.writes.push((write, answered(&reply)));
    (person, reply.is_some())
}

/// Acknowledged writes are there; whoever is there is there whole: found by name, at home, and their name is taken.
pub fn check(server: &Server, people: &[Person]) {
    for person in people {
        let email = &person.email;
        let found = server.native("GET", &format!("/users/{email}"), "");
        let deleted = person.tried(&Write::Deleted);
        if found.status == 404 {
            let lost = person.tried(&Write::Made) == Some(true) && deleted.is_none();
            assert!(!lost, "{email} was acknowledged and is lost");
            continue;
        }
        assert_eq!(found.status, 200, "{email}: {found:?}");
        assert_ne!(deleted, Some(true), "{email} was deleted and is there");
        let user = found.json();
        assert_eq!(
            (&user["email"], &user["given_name"]),
            (&json!(email), &json!("Ada"))
        );
        for (write, done) in &person.writes {
            match write {
                Write::Titled(title) => {
                    let there = user["title"] == json!(title);
                    assert!(there || !done && user["title"].is_null(), "{user}");
                }
                Write::Keyed(secret) if *done => {
                    let bearer = format!("Bearer {secret}");
                    let headers = [("Authorization", bearer.as_str())];
                    let reply = exchange(&server.address, "GET", "/api/v1/me", &headers, "");
                    assert_eq!(reply.unwrap().status, 200, "{email}'s key");
                }
                Write::Made | Write::Keyed(_) | Write::Deleted => {}
            }
        }
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

/// What was acknowledged about people of many rounds is there still: read by pages, since each of them was looked at whole at the end
/// of its own round.
pub fn check_all(server: &Server, people: &[Person]) {
    let mut there = BTreeMap::new();
    each_page(server, "/users?limit=500", |user| {
        if let Some(email) = user["email"].as_str() {
            there.insert(email.to_owned(), user.clone());
        }
    });
    let made = events(server, "user.created");
    let deleted = events(server, "user.deleted");
    let count = |told: &BTreeMap<String, usize>, email: &str| told.get(email).copied().unwrap_or(0);
    for person in people {
        let email = &person.email;
        let user = there.get(email);
        let deletion = person.tried(&Write::Deleted);
        let acknowledged = person.tried(&Write::Made) == Some(true);
        assert!(
            user.is_some() || !acknowledged || deletion.is_some(),
            "{email} was acknowledged and is lost"
        );
        assert!(
            user.is_none() || deletion != Some(true),
            "{email} was deleted and is there"
        );
        for (write, done) in &person.writes {
            if let (Write::Titled(title), true, Some(user)) = (write, *done, user) {
                assert_eq!(user["title"], json!(title), "{email}");
            }
        }
        let (made, deleted) = (count(&made, email), count(&deleted, email));
        // A person who is not there was never made, or was deleted.
        assert_eq!(made - deleted, usize::from(user.is_some()), "{email}");
        assert!(made <= 1 && deleted <= 1, "{email}: {made}, {deleted}");
        assert!(made == 1 || !acknowledged, "{email}");
    }
    // Every key that was shown opens still, unless its owner is gone.
    let keyed = people
        .iter()
        .filter(|person| there.contains_key(&person.email));
    let secrets: Vec<&str> = keyed
        .flat_map(|person| &person.writes)
        .filter_map(|write| match write {
            (Write::Keyed(secret), true) => Some(secret.as_str()),
            _ => None,
        })
        .collect();
    std::thread::scope(|scope| {
        for share in secrets.chunks(secrets.len() / WRITERS + 1) {
            scope.spawn(move || {
                for secret in share {
                    let bearer = format!("Bearer {secret}");
                    let headers = [("Authorization", bearer.as_str())];
                    let reply = exchange(&server.address, "GET", "/api/v1/me", &headers, "");
                    assert_eq!(reply.unwrap().status, 200, "an acknowledged key");
                }
            });
        }
    });
}

/// Hands over each item of a list.
fn each_page(server: &Server, list: &str, mut item: impl FnMut(&Value)) {
    let mut path = list.to_owned();
    loop {
        let page = server.native("GET", &path, "").json();
        page["items"].as_array().unwrap().iter().for_each(&mut item);
        let Some(next) = page["next"].as_str() else {
            return;
        };
        path = format!("{list}&cursor={next}");
    }
}

/// How often events of a kind name whom.
fn events(server: &Server, verb: &str) -> BTreeMap<String, usize> {
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    each_page(server, &format!("/events?verb={verb}&limit=500"), |event| {
        let name = event["entity_name"].as_str().unwrap().to_owned();
        *told.entry(name).or_default() += 1;
    });
    told
}
