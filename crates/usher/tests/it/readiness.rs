//! A store that cannot be written, read, or does not answer: requests fail closed, `/readyz` says so, and
//! the server ends when it is told to.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::postgres::Postgres;
use crate::server::{Folder, Server};

/// What `/readyz` says once it says this or the time is over; trials are remembered for a second.
fn readiness(server: &Server, status: u16) -> String {
    let begun = Instant::now();
    loop {
        let asked = Instant::now();
        let reply = server.get("/readyz");
        assert!(
            asked.elapsed() < Duration::from_secs(2),
            "{:?}",
            asked.elapsed()
        );
        if reply.status == status || begun.elapsed() > Duration::from_secs(8) {
            assert_eq!(reply.status, status, "{reply:?}");
            return reply.body;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn create(server: &Server, number: usize) -> u16 {
    let new = json!({ "email": format!("p{number}@example.org"), "given_name": "a".repeat(200) });
    server.native("POST", "/users", &new.to_string()).status
}

/// A file system of so many KB at the folder, until it is dropped.
struct Small<'f>(&'f Path);

impl<'f> Small<'f> {
    fn mount(path: &'f Path, kilobytes: u32) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        let done = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={kilobytes}k,mode=0700"),
                "tmpfs",
            ])
            .arg(path)
            .status();
        done.is_ok_and(|status| status.success())
            .then_some(Self(path))
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_from_a_fine_one() {
    let folder = Folder::new();
    let data = folder.data();
    let Some(_small) = Small::mount(&data, 8_192) else {
        println!(
            "not tried: this account may not mount a small file system; the limit of a file's size is"
        );
        return;
    };
    let server = Server::start(&folder);
    assert_eq!(readiness(&server, 200), "ready\n");
    let mut ballast = std::fs::File::create(data.join("ballast")).unwrap();
    while ballast.write_all(&[0; 4_096]).is_ok() {}
    let full = (0..500)
        .map(|number| create(&server, number))
        .find(|status| *status != 201);
    assert_eq!(full, Some(503));
    assert_eq!(readiness(&server, 503), "the store has no room left\n");
    assert_eq!(server.get("/healthz").status, 200);
    // Reading goes on.
    assert_eq!(server.native("GET", "/me", "").status, 200);
    drop(ballast);
    std::fs::remove_file(data.join("ballast")).unwrap();
    assert_eq!(create(&server, 1_000), 201);
    std::thread::sleep(Duration::from_secs(30));
    assert_eq!(readiness(&server, 200), "ready\n");
    assert_eq!(server.stop("TERM").0, Some(0));
}

/// The same where no file system can be mounted: the system refuses files beyond a size.
#[test]
fn a_file_that_may_not_grow_is_told_from_a_fine_one() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    assert_eq!(readiness(&server, 200), "ready\n");
    let log = folder.data().join("usher.sqlite3-wal");
    let size = std::fs::metadata(log).unwrap().len() + 20_000;
    let limited = Command::new("prlimit")
        .args([
            &format!("--pid={}", server.id()),
            &format!("--fsize={size}"),
        ])
        .status()
        .unwrap();
    assert!(limited.success());
    let refused = (0..500)
        .map(|number| create(&server, number))
        .find(|status| *status != 201);
    assert_eq!(refused, Some(503));
    assert_eq!(readiness(&server, 503), "the store cannot be written\n");
    assert_eq!(server.native("GET", "/me", "").status, 200);
}

#[test]
fn a_damaged_file_is_told_from_a_fine_one() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for number in 0..200 {
        assert_eq!(create(&server, number), 201);
    }
    server.kill();
    // Everything is in the file and nothing in the log beside it.
    let server = Server::start(&folder);
    assert_eq!(server.stop("TERM").0, Some(0));
    let server = Server::start(&folder);
    assert_eq!(readiness(&server, 200), "ready\n");
    let path = folder.data().join("usher.sqlite3");
    let pages = std::fs::metadata(&path).unwrap().len() / 4_096;
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    for page in 1..pages {
        std::os::unix::fs::FileExt::write_all_at(&file, &[0xA5; 4_096], page * 4_096).unwrap();
    }
    assert_eq!(readiness(&server, 503), "the store cannot be read\n");
    assert_eq!(server.get("/healthz").status, 200);
}

/// Stands between the server and the disk: while a file is there, nothing that is written or synchronised
/// comes to an end, and while another is there, nothing that is read.
const HANGING_DISK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>
static void wait_for(const char *file) {
    while (file && access(file, F_OK) == 0) usleep(20000);
}
static void hang(void) {
    wait_for(getenv("HANG_FILE"));
}
ssize_t pread64(int fd, void *bytes, size_t count, off64_t at) {
    wait_for(getenv("HANG_READS_FILE"));
    return ((ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64"))(fd, bytes, count, at);
}
int fsync(int fd) {
    hang();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
int fdatasync(int fd) {
    hang();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    hang();
    return ((ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"))(fd, bytes, count, at);
}
"#;

/// The library that hangs; none where it cannot be built.
fn hanging_disk(folder: &Folder) -> Option<std::path::PathBuf> {
    let (source, library) = (folder.path().join("hang.c"), folder.path().join("hang.so"));
    std::fs::write(&source, HANGING_DISK).unwrap();
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    if !built.is_ok_and(|status| status.success()) {
        eprintln!("not tried: there is no C compiler on this machine");
        return None;
    }
    Some(library)
}

/// A disk on which writes hang, as a lost network file system does: `/readyz` says so in its time, reading
/// goes on, and what was waiting is written when the disk comes back.
#[test]
fn a_disk_that_hangs_is_told_and_hangs_nothing_else() {
    let folder = Folder::new();
    let Some(library) = hanging_disk(&folder) else {
        return;
    };
    let hung = folder.path().join("hung");
    let variables = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("HANG_FILE", hung.to_str().unwrap()),
    ];
    let server = Server::start_with(&folder, &[], &variables);
    assert_eq!(create(&server, 1), 201);
    assert_eq!(readiness(&server, 200), "ready\n");
    std::fs::write(&hung, "").unwrap();
    assert_eq!(readiness(&server, 503), "the store does not answer\n");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| create(&server, 2));
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(server.get("/healthz").status, 200);
        assert_eq!(server.native("GET", "/me", "").status, 200);
        assert_eq!(readiness(&server, 503), "the store does not answer\n");
        assert!(!waiting.is_finished());
        std::fs::remove_file(&hung).unwrap();
        assert_eq!(waiting.join().unwrap(), 201);
    });
    assert_eq!(readiness(&server, 200), "ready\n");
    assert_eq!(create(&server, 3), 201);
}

/// How long a request may wait at most for a disk that hangs at reads: it is looked at every 4 s.
const HANGING: Duration = Duration::from_secs(10);

/// A disk on which reads hang takes a thread for every core and no more: every request is answered in its
/// time, those whose read hangs too, `/readyz` says why, and all is well when the disk comes back.
#[test]
fn a_disk_that_hangs_at_reads_is_told_and_every_request_is_answered() {
    let folder = Folder::new();
    let Some(library) = hanging_disk(&folder) else {
        return;
    };
    let hung = folder.path().join("hung");
    let variables = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("HANG_READS_FILE", hung.to_str().unwrap()),
    ];
    let server = Server::start_with(&folder, &[], &variables);
    assert_eq!(readiness(&server, 200), "ready\n");
    // What was written last makes the readers forget what they had kept.
    assert_eq!(create(&server, 1), 201);
    std::fs::write(&hung, "").unwrap();
    std::thread::scope(|scope| {
        let server = &server;
        let waiting: Vec<_> = (0..24)
            .map(|number| {
                let path = ["/users/1", "/users?q=a", "/organisations/1"][number % 3];
                scope.spawn(move || {
                    let asked = Instant::now();
                    let status = server.native("GET", path, "").status;
                    (path, status, asked.elapsed())
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        let asked = Instant::now();
        assert_eq!(server.get("/healthz").status, 200);
        assert!(asked.elapsed() < Duration::from_secs(1));
        assert_eq!(readiness(server, 503), "the store does not answer\n");
        for thread in waiting {
            let (path, status, took) = thread.join().unwrap();
            println!("{path}: {status} after {took:?}");
            assert_eq!(status, 503, "{path} after {took:?}");
            assert!(took < HANGING, "{path}: {took:?}");
        }
    });
    std::fs::remove_file(&hung).unwrap();
    assert_eq!(readiness(&server, 200), "ready\n");
    assert_eq!(server.native("GET", "/users/1", "").status, 200);
    // While the disk hangs the end comes all the same.
    assert_eq!(create(&server, 2), 201);
    std::fs::write(&hung, "").unwrap();
    let asked = Instant::now();
    std::thread::scope(|scope| {
        // A single request may hold up the very thread that waits for all the others.
        scope.spawn(|| assert_eq!(server.native("GET", "/users/1", "").status, 503));
        std::thread::sleep(Duration::from_millis(500));
        let asked = Instant::now();
        assert_eq!(server.get("/healthz").status, 200);
        assert!(
            asked.elapsed() < Duration::from_secs(1),
            "{:?}",
            asked.elapsed()
        );
        server.signal("TERM");
    });
    server.stop("TERM");
    let took = asked.elapsed();
    println!("ended after {took:?}");
    assert!(took < Duration::from_secs(22), "{took:?}");
}

#[test]
fn a_database_that_does_not_answer_hangs_nothing() {
    let Some(postgres) = Postgres::start() else {
        println!("not tried: there is no PostgreSQL on this machine");
        return;
    };
    let folder = Folder::new();
    let server = Server::start_with(&folder, &["--database", &postgres.url], &[]);
    assert_eq!(readiness(&server, 200), "ready\n");
    assert_eq!(create(&server, 1), 201);
    postgres.signal("STOP");
    assert_eq!(readiness(&server, 503), "the store does not answer\n");
    let timed = |work: &dyn Fn() -> u16| {
        let begun = Instant::now();
        (work(), begun.elapsed())
    };
    let read = || server.native("GET", "/me", "").status;
    let write = || create(&server, 2);
    let sign_in = || {
        let body = r#"{"login":"x@example.org","password":"whatever it is"}"#;
        let headers = [("Content-Type", "application/json")];
        crate::http::exchange(&server.address, "POST", "/api/v1/sign-in", &headers, body)
            .unwrap()
            .status
    };
    for (name, work) in [
        ("read", &read as &dyn Fn() -> u16),
        ("write", &write),
        ("sign-in", &sign_in),
    ] {
        let (status, took) = timed(work);
        println!("{name}: {status} after {took:?}");
        assert_eq!(status, 503, "{name}");
        assert!(took < Duration::from_secs(8), "{name}: {took:?}");
    }
    // Many at once wait no longer.
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                let (status, took) = timed(&read);
                assert_eq!(status, 503);
                assert!(took < Duration::from_secs(10), "{took:?}");
            });
        }
    });
    assert_eq!(server.get("/healthz").status, 200);
    // It comes back by itself.
    postgres.signal("CONT");
    assert_eq!(readiness(&server, 200), "ready\n");
    assert_eq!(create(&server, 3), 201);
    // And the server ends in its time while the database hangs.
    postgres.signal("STOP");
    let pending = std::thread::scope(|scope| {
        let begun = Instant::now();
        let waiting = scope.spawn(read);
        std::thread::sleep(Duration::from_millis(200));
        server.signal("TERM");
        let _ = waiting.join();
        begun.elapsed()
    });
    let begun = Instant::now();
    let (code, _, log) = server.stop("TERM");
    let took = begun.elapsed() + pending;
    println!("ended after {took:?}");
    assert!(took < Duration::from_secs(18), "{took:?}");
    assert_eq!(code, Some(1), "the last uses are not written down: {log}");
    // What went wrong is told without a line for each request.
    let errors = log
        .lines()
        .filter(|line| line.contains("ERROR") || line.contains("WARN"))
        .count();
    assert!((1..40).contains(&errors), "{errors} lines: {log}");
}

/// A lost database writes a line a minute and its number at the end, not one for each request.
#[test]
fn a_lost_database_is_told_once() {
    let Some(postgres) = Postgres::start() else {
        println!("not tried: there is no PostgreSQL on this machine");
        return;
    };
    let folder = Folder::new();
    let server = Server::start_with(&folder, &["--database", &postgres.url], &[]);
    assert_eq!(create(&server, 1), 201);
    postgres.signal("KILL");
    for number in 0..300 {
        assert_eq!(create(&server, number), 503);
    }
    let (_, _, log) = server.stop("TERM");
    assert!(log.lines().count() < 30, "{log}");
    assert!(log.contains("equal lines were left out"), "{log}");
}
