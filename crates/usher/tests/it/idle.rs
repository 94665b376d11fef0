//! A server without requests: it uses no CPU and writes nothing, and its write-ahead log is empty.

use std::time::{Duration, Instant};

use crate::crash::size;
use crate::server::{Folder, Server};

/// How many seconds a server is watched; `USHER_IDLE_SECONDS=130` holds two sweeps that find nothing.
const SECONDS: u64 = 6;
/// Within so many seconds the first sweep after a change has folded what the change left, and that has gone into the main file.
const FOLDED: u64 = 75;

/// The processor time of a process, in hundredths of a second.
fn processor_time(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = rest.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// How many bytes it has given to the disk.
fn written(process: u32) -> u64 {
    let io = std::fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    let line = io.lines().find(|line| line.starts_with("write_bytes: "));
    line.unwrap()["write_bytes: ".len()..].parse().unwrap()
}

#[test]
fn an_idle_server_costs_nothing_and_empties_its_log() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for number in 0..20 {
        let body = format!(r#"{{"email":"p{number}@example.org"}}"#);
        assert_eq!(server.native("POST", "/users", &body).status, 201);
    }
    let log = || {
        let file = folder.data().join("usher.sqlite3-wal");
        std::fs::metadata(file).unwrap().len()
    };
    assert!(log() > 0);
    let begun = Instant::now();
    while log() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{} bytes", log());
        std::thread::sleep(Duration::from_millis(100));
    }
    let emptied = begun.elapsed();
    let seconds = size("USHER_IDLE_SECONDS", SECONDS);
    if seconds > SECONDS {
        std::thread::sleep(Duration::from_secs(FOLDED));
    }
    let (time, bytes) = (processor_time(server.id()), written(server.id()));
    std::thread::sleep(Duration::from_secs(seconds));
    let time = processor_time(server.id()) - time;
    let bytes = written(server.id()) - bytes;
    println!(
        "the log was emptied after {emptied:?}; idle for {seconds} s: {time} hundredths of a second, {bytes} bytes written"
    );
    // Looking for mail and jobs twice a second, by a program that is not optimised.
    assert!(time * 100 <= seconds * 100 * 3, "more than 3 %: {time}");
    assert_eq!(bytes, 0);
    assert_eq!(
        server.native("GET", "/users/p19@example.org", "").status,
        200
    );
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
}

/// A reader from outside, such as a backup that goes on, keeps what it reads: writes go on beside it, and the log is emptied once the
/// reader has ended.
#[test]
fn a_read_that_goes_on_keeps_the_log_and_holds_up_nothing() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let create = |name: &str| {
        let body = format!(r#"{{"email":"{name}@example.org"}}"#);
        assert_eq!(server.native("POST", "/users", &body).status, 201);
    };
    create("ada");
    let reader = rusqlite::Connection::open(folder.data().join("usher.sqlite3")).unwrap();
    let count = || -> i64 {
        let sql = "SELECT COUNT(*) FROM users";
        reader.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    reader.execute_batch("BEGIN").unwrap();
    let before = count();
    create("bob");
    let log = || {
        let file = folder.data().join("usher.sqlite3-wal");
        std::fs::metadata(file).unwrap().len()
    };
    std::thread::sleep(Duration::from_secs(7));
    assert!(log() > 0);
    let begun = Instant::now();
    create("eva");
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(count(), before);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(), before + 2);
    let begun = Instant::now();
    while log() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{} bytes", log());
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(reader);
    assert_eq!(server.stop("TERM").0, Some(0));
}
