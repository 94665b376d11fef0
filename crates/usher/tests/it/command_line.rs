//! The command line and the server agree: on the requests that commands make, and on the codes of problems.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::server::{Folder, Server, command, output};

/// A path with its variable parts unnamed: the command line and the server name them differently.
fn unnamed(path: &str) -> String {
    let parts = path.split('/');
    let parts = parts.map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_request_of_a_command_is_served() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let description = server.native("GET", "/openapi.json", "").json();
    let mut served = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            served.insert(format!("{} {}", method.to_uppercase(), unnamed(path)));
        }
    }
    for request in usher_cli::requests() {
        assert!(served.contains(&unnamed(&request)), "{request}");
    }
}

#[test]
fn every_code_of_a_problem_is_explained_and_ends_as_the_server_says() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let served = server.native("GET", "/problems", "").json();
    let served: BTreeSet<(String, u64, u64)> = served["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| {
            let number = |member: &str| code[member].as_u64().unwrap();
            let name = code["code"].as_str().unwrap().to_owned();
            (name, number("status"), number("exit_code"))
        })
        .collect();
    let explained: BTreeSet<(String, u64, u64)> = usher_cli::codes()
        .map(|(code, status, exit)| (code.to_owned(), u64::from(status), u64::from(exit)))
        .collect();
    assert_eq!(explained, served);
}

/// For a name that is not found the command prints the near names in one line, and ends with the exit code of "not found".
#[test]
fn a_name_that_leads_nowhere_is_told_with_near_ones() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for (path, body) in [
        ("/groups", r#"{"name":"Analysts"}"#),
        ("/users", r#"{"email":"ada@example.org"}"#),
    ] {
        assert_eq!(server.native("POST", path, body).status, 201);
    }
    let url = format!("http://{}", server.address);
    let variables = [("USHER_URL", url.as_str()), ("USHER_TOKEN", server.token())];
    let table: [(&[&str], i32, &str); 5] = [
        (
            &["group", "show", "analyst"],
            3,
            "There is no group `analyst`, or you may not see it. Did you mean `Analysts`?",
        ),
        (
            &["user", "show", "ada@exampel.org"],
            3,
            "Did you mean `ada@example.org`?",
        ),
        (
            &["user", "join", "ada@example.org", "Analystz"],
            3,
            "Did you mean `Analysts`?",
        ),
        (
            &["grant", "create", "ada@example.org", "usher:auditr"],
            2,
            "Did you mean `usher:auditor`?",
        ),
        (
            &["group", "show", "qqqq"],
            3,
            "There is no such group, or you may not see it.",
        ),
    ];
    for (arguments, code, told) in table {
        let done = output(&folder, arguments, &variables);
        let error = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
}

/// The exit codes of the table in `docs/cli.md`.
fn documented_exits() -> BTreeSet<i32> {
    let page = include_str!("../../../../docs/cli.md");
    let table = page.split_once("| exit | when |\n|---|---|\n").unwrap().1;
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('|').nth(1).unwrap().trim().parse().unwrap())
        .collect()
}

/// Ends a command that follows the events by the signal of Ctrl-C, once it has printed a line; its exit code.
fn interrupt_while_following(folder: &Folder, server: &Server, variables: &[(&str, &str)]) -> i32 {
    let mut following = command(folder, &["event", "follow", "-o", "jsonl"], variables)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = following.stdout.take().unwrap();
    let (send, printed) = std::sync::mpsc::channel();
    // Read to its end: a command whose output is not taken fails by itself.
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let _ = send.send(line.unwrap());
        }
    });
    // An event that came before the command listened is not shown, so there is one after the other.
    let line = (0..100).find_map(|number| {
        let body = format!(r#"{{"name":"Followed {number}"}}"#);
        assert_eq!(server.native("POST", "/groups", &body).status, 201);
        let wait = std::time::Duration::from_millis(100);
        printed.recv_timeout(wait).ok()
    });
    let line = line.unwrap_or_default();
    assert!(line.contains("group.created"), "{line:?}");
    let signalled = std::process::Command::new("kill")
        .args(["-INT", &following.id().to_string()])
        .status()
        .unwrap();
    assert!(signalled.success());
    let ended = following.wait().unwrap();
    reader.join().unwrap();
    ended.code().unwrap()
}

/// Every exit code of the command line's page, by a command against a server.
#[test]
fn every_documented_exit_code_is_met() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let url = format!("http://{}", server.address);
    let owner = [("USHER_URL", url.as_str()), ("USHER_TOKEN", server.token())];
    let unknown = [("USHER_URL", url.as_str()), ("USHER_TOKEN", "unknown")];
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let gone = [
        ("USHER_URL", gone.as_str()),
        ("USHER_TOKEN", server.token()),
    ];
    let why = ["user", "why", "ada@example.org", "users.delete"];
    let disable = ["user", "disable", "ada@example.org", "absent@example.org"];
    let disable = [disable.as_slice(), &["--yes"]].concat();
    type Row<'a> = (i32, &'a [(&'a str, &'a str)], &'a [&'a str]);
    let table: [Row; 10] = [
        (0, &owner, &["user", "create", "ada@example.org"]),
        (1, &owner, &why),
        (2, &owner, &["user", "frobnicate"]),
        (2, &owner, &["user", "set", "ada@example.org", "email=none"]),
        (3, &owner, &["user", "show", "absent@example.org"]),
        (3, &owner, &["explain", "nonsense"]),
        (4, &unknown, &["me"]),
        (5, &owner, &["user", "create", "ada@example.org"]),
        (6, &owner, &disable),
        (7, &gone, &["me"]),
    ];
    assert_eq!(interrupt_while_following(&folder, &server, &owner), 130);
    let mut met = BTreeSet::from([130]);
    for (exit, variables, arguments) in table {
        let done = output(&folder, arguments, variables);
        let error = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(exit), "{arguments:?}: {error}");
        met.insert(exit);
    }
    assert_eq!(met, documented_exits());
}
