//! Every copy that a careless operator might make, and every start that could do harm in silence: either it works whole, or it is
//! refused with one line that says what to do.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::server::{Folder, Schema, Server, output};

const FILES: &[&str] = &[
    "usher.sqlite3",
    "usher.sqlite3-wal",
    "usher.sqlite3-shm",
    "usher.lock",
    "secret.key",
    "first-run.env",
];

/// Copies files of a data folder as `cp` would, in this order.
fn copy(from: &Path, to: &Path, names: &[&str]) {
    std::fs::create_dir_all(to).unwrap();
    for name in names {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

/// The one line by which a start is refused.
fn refusal(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)], code: i32) -> String {
    let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
    all.extend(arguments);
    let refused = output(folder, &all, variables);
    let text = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(code), "{arguments:?}: {text}");
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("usher: "))
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    lines[0].to_owned()
}

fn people(server: &Server) -> String {
    server.native("GET", "/users?limit=1000", "").body
}

#[test]
fn copies_work_whole_or_are_refused() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let data = folder.data();
    let at = |name: &str| folder.path().join(name);
    assert_eq!(
        server
            .native("POST", "/users", r#"{"email":"first@example.org"}"#)
            .status,
        201
    );
    let without = "was copied while a server had it open, without the -wal file beside it";
    let half = "was copied while a server had it open, so that it may hold half of a change";
    // Of a running server, while it writes.
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let body = format!(r#"{{"email":"n{number}@example.org"}}"#);
                server.native("POST", "/users", &body);
            }
        });
        copy(&data, &at("alone"), &["usher.sqlite3", "secret.key"]);
        copy(&data, &at("all"), FILES);
        let backwards: Vec<&str> = FILES.iter().rev().copied().collect();
        copy(&data, &at("backwards"), &backwards);
        copy(
            &data,
            &at("unkeyed"),
            &["usher.sqlite3", "usher.sqlite3-wal"],
        );
        stop.store(true, Ordering::Relaxed);
    });
    let token = server.token().to_owned();
    server.kill();
    copy(&data, &at("killed"), FILES);
    for (name, wanted) in [
        ("alone", without),
        ("all", half),
        ("backwards", half),
        ("killed", half),
        ("unkeyed", half),
    ] {
        let line = refusal(&folder, &["--data", name], &[], 2);
        assert!(line.contains(wanted), "{name}: {line}");
        // A second try is refused as well.
        let again = refusal(&folder, &["--data", name], &[], 2);
        assert!(
            again.contains("was copied while a server had it open"),
            "{name}: {again}"
        );
        assert!(
            line.contains(&format!("{name}/usher.sqlite3")) && line.contains("usher backup"),
            "{line}"
        );
    }
    // In its own place a crash is no copy, and everything is there.
    let server = Server::start(&folder);
    assert!(people(&server).contains("first@example.org"));
    let (code, _, log) = server.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    // Of a stopped server the file alone is whole.
    copy(&data, &at("stopped"), &["usher.sqlite3", "secret.key"]);
    let moved = Folder::new();
    copy(
        &data,
        &moved.data(),
        &["usher.sqlite3", "secret.key", "first-run.env"],
    );
    let server = Server::start(&moved);
    assert_eq!(server.token(), token);
    assert!(people(&server).contains("first@example.org"));
    drop(server);
    // Without its key, and with another.
    copy(&data, &at("keyless"), &["usher.sqlite3"]);
    let line = refusal(&folder, &["--data", "keyless"], &[], 2);
    assert!(line.contains("secret.key is missing"), "{line}");
    // A copy of a running server, put over the file after the server was stopped.
    std::fs::copy(
        at("alone").join("usher.sqlite3"),
        data.join("usher.sqlite3"),
    )
    .unwrap();
    let line = refusal(&folder, &["--data", "data"], &[], 2);
    assert!(line.contains(without), "{line}");
    // Who has nothing else goes on with it.
    let accepted = Folder::new();
    copy(&at("killed"), &accepted.data(), FILES);
    let server = Server::start_with(&accepted, &["--accept-copy"], &[]);
    assert!(people(&server).contains("first@example.org"));
    server.kill();
    assert!(people(&Server::start(&accepted)).contains("first@example.org"));
}

#[test]
fn starts_that_could_do_harm_are_refused() {
    let folder = Folder::new();
    Server::start(&folder).stop("TERM");
    let open = folder.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let line = refusal(&folder, &["--data", "open"], &[], 2);
    assert!(
        line.contains("everybody may write into the data folder open (mode 0777): chmod 700 it"),
        "{line}"
    );
    let line = refusal(&folder, &["--data", "new"], &[("USHER_LISEN", "x")], 2);
    assert!(
        line.contains("USHER_LISEN: there is no such setting; USHER_LISTEN is one"),
        "{line}"
    );
    assert!(!folder.path().join("new").exists());
    let key = folder.data().join("secret.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let line = refusal(&folder, &["--data", "data"], &[], 2);
    assert!(
        line.contains("data/secret.key may be read by others: chmod 600 it"),
        "{line}"
    );
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    // An empty database beside a folder that holds a directory.
    if let Ok(server) = std::env::var("USHER_TEST_POSTGRES") {
        let schema = Schema::new(&server, "copies");
        let line = refusal(
            &folder,
            &["--data", "data"],
            &[("USHER_DATABASE", &schema.url)],
            2,
        );
        assert!(
            line.contains("USHER_DATABASE: the database is empty, and data holds a directory"),
            "{line}"
        );
        assert!(line.contains("usher restore"), "{line}");
        std::fs::write(folder.path().join("url"), format!("{}\n", schema.url)).unwrap();
        let by_file = ["--data", "data", "--database", "@url"];
        assert!(refusal(&folder, &by_file, &[], 2).contains("--database: the database is empty"));
        // Moved there, it is served.
        let arguments = ["backup", "b", "--data", "data"];
        assert_eq!(output(&folder, &arguments, &[]).status.code(), Some(0));
        let arguments = ["restore", "b", "--data", "data", "--database", "@url"];
        let restored = output(&folder, &arguments, &[]);
        assert_eq!(restored.status.code(), Some(0), "{restored:?}");
        let server = Server::start_with(&folder, &["--database", "@url"], &[]);
        assert_eq!(server.native("GET", "/me", "").status, 200);
        let checked = output(
            &folder,
            &["check", "--data", "data", "--database", "@url"],
            &[],
        );
        assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    }
    // A file of a newer version.
    rusqlite::Connection::open(folder.data().join("usher.sqlite3"))
        .unwrap()
        .execute_batch("INSERT INTO schema_migrations VALUES (999, 'x', 'x', 0)")
        .unwrap();
    let line = refusal(&folder, &["--data", "data"], &[], 2);
    assert!(
        line.contains("made by a newer usher: it has migration 999"),
        "{line}"
    );
    // Sample data on top of a directory are told of.
    let full = Folder::new();
    Server::start(&full).stop("TERM");
    let server = Server::start_with(&full, &["--demo"], &[]);
    let (_, _, log) = server.stop("TERM");
    assert!(
        log.contains("--demo does nothing: there is a directory already"),
        "{log}"
    );
}
