//! PostgreSQL that crashes and comes back, is cut off, answers slowly or not at all, all while people are written: what was
//! acknowledged is there, nothing is there by half, and the server goes on by itself.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::crash::{check, check_all, size, write_until};
use crate::http::exchange;
use crate::postgres::Postgres;
use crate::server::{Folder, Schema, Server, output};

/// What becomes of the bytes between the server and its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Line {
    Fine = 0,
    /// Each piece comes late.
    Slow = 1,
    /// No packet comes through, and neither side gets an error.
    Silent = 2,
    /// Connections are ended, and new ones too.
    Cut = 3,
}

/// Stands between the server and its database.
struct Between {
    address: SocketAddr,
    line: Arc<AtomicU8>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

impl Between {
    fn start(database: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let line = Arc::new(AtomicU8::new(Line::Fine as u8));
        let connections: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let (lines, all) = (Arc::clone(&line), Arc::clone(&connections));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                if lines.load(Ordering::SeqCst) == Line::Cut as u8 {
                    continue;
                }
                let Ok(database) = TcpStream::connect(database) else {
                    continue;
                };
                for stream in [&client, &database] {
                    stream.set_nodelay(true).unwrap();
                    all.lock().unwrap().push(stream.try_clone().unwrap());
                }
                let back = (database.try_clone().unwrap(), client.try_clone().unwrap());
                for (from, to) in [(client, database), back] {
                    let lines = Arc::clone(&lines);
                    std::thread::spawn(move || pass_on(from, to, &lines));
                }
            }
        });
        Self {
            address,
            line,
            connections,
        }
    }

    fn set(&self, line: Line) {
        self.line.store(line as u8, Ordering::SeqCst);
        if line == Line::Cut {
            for stream in self.connections.lock().unwrap().drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, line: &AtomicU8) {
    let mut bytes = [0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        while line.load(Ordering::SeqCst) == Line::Silent as u8 {
            std::thread::sleep(Duration::from_millis(10));
        }
        if line.load(Ordering::SeqCst) == Line::Slow as u8 {
            std::thread::sleep(Duration::from_millis(40));
        }
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

fn ready_again(server: &Server) -> Duration {
    let begun = Instant::now();
    while server.get("/readyz").status != 200 {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it does not come back"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    begun.elapsed()
}

/// How often each fault strikes; `USHER_DATABASE_FAULTS=25` is the nightly size.
const ROUNDS: u64 = 1;

#[test]
fn acknowledged_writes_survive_a_database_that_fails() {
    let Some(mut postgres) = Postgres::start() else {
        println!("not tried: there is no PostgreSQL on this machine");
        return;
    };
    let between = Between::start(postgres.address());
    let folder = Folder::new();
    let url = format!("postgresql://usher@{}/postgres", between.address);
    let server = Server::start_with(&folder, &["--database", &url], &[]);
    let (address, token) = (server.address.clone(), server.token().to_owned());
    let mut known = Vec::new();
    for round in 0..size("USHER_DATABASE_FAULTS", ROUNDS) {
        for fault in ["restarted", "cut", "slow", "silent"] {
            let stop = AtomicBool::new(false);
            let begun = Instant::now();
            let name = format!("{fault}{round}");
            let tried = write_until(&address, &token, &name, &stop, |_| {
                std::thread::sleep(Duration::from_millis(300));
                match fault {
                    "restarted" => postgres.crash_and_restart(),
                    "cut" => {
                        between.set(Line::Cut);
                        std::thread::sleep(Duration::from_millis(700));
                    }
                    "slow" => {
                        between.set(Line::Slow);
                        std::thread::sleep(Duration::from_secs(2));
                    }
                    _ => {
                        between.set(Line::Silent);
                        std::thread::sleep(Duration::from_secs(6));
                    }
                }
                between.set(Line::Fine);
                std::thread::sleep(Duration::from_millis(500));
                stop.store(true, Ordering::Relaxed);
            });
            assert_eq!(server.get("/healthz").status, 200);
            let took = begun.elapsed();
            let back = ready_again(&server);
            let done = tried
                .iter()
                .filter(|person| person.is_acknowledged())
                .count();
            println!(
                "{fault}: {} people, {done} acknowledged, {took:?}, ready {back:?} later",
                tried.len()
            );
            assert!(done > 0, "{fault}: nothing was written before and after");
            check(&server, &tried);
            known.extend(tried);
        }
    }
    check_all(&server, &known);
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    let url = postgres.url.as_str();
    let checked = output(
        &folder,
        &["check", "--data", "data", "--database", url],
        &[],
    );
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
}

/// Every connection is ended again and again while people are read: each answer is the right one, and none is a fault. Reads of one row share
/// connections, and run once more on the connection that replaces a dead one.
#[test]
fn reads_go_on_when_their_connections_are_ended() {
    let Ok(database) = std::env::var("USHER_TEST_POSTGRES") else {
        return;
    };
    let name = format!("usher_point_reads_{}", std::process::id());
    let schema = Schema::new(&database, "point_reads");
    let url = format!("{}&application_name={name}", schema.url);
    let folder = Folder::new();
    let server = Server::start_with(&folder, &["--database", &url], &[]);
    let authorization = format!("Bearer {}", server.token());
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", "application/json"),
    ];
    let ask = |method: &str, path: &str, body: &str| {
        exchange(&server.address, method, path, &headers, body).unwrap()
    };
    let mut paths = Vec::new();
    for number in 0..8 {
        let email = format!("reader{number}@example.org");
        let made = ask(
            "POST",
            "/api/v1/users",
            &format!(r#"{{"email":"{email}"}}"#),
        );
        assert_eq!(made.status, 201, "{made:?}");
        let made: serde_json::Value = serde_json::from_str(&made.body).unwrap();
        let id = made["id"].as_str().unwrap();
        paths.push((format!("/api/v1/users/{id}"), email));
    }
    let stop = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        let readers: Vec<_> = paths
            .iter()
            .map(|(path, email)| {
                let (ask, stop) = (&ask, &stop);
                scope.spawn(move || {
                    let mut reads = 0;
                    while !stop.load(Ordering::Relaxed) {
                        let reply = ask("GET", path, "");
                        assert_eq!(reply.status, 200, "{reply:?}");
                        assert!(reply.body.contains(email.as_str()), "{reply:?}");
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        let mut ended = 0;
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(100));
            ended += end_connections(&database, &name);
        }
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().unwrap() > 5);
        }
        ended
    });
    assert!(ended >= 10, "two connections are shared: {ended}");
    for (path, email) in &paths {
        let reply = ask("GET", path, "");
        assert!(reply.status == 200 && reply.body.contains(email.as_str()));
    }
    let made = ask("POST", "/api/v1/users", r#"{"email":"late@example.org"}"#);
    assert_eq!(made.status, 201, "{made:?}");
}

/// Ends all connections of that name; tells how many there were.
fn end_connections(database: &str, name: &str) -> usize {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(database, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let sql =
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
        client.query(sql, &[&name]).await.unwrap().len()
    })
}
