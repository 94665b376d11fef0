//! First starts, second starts, and ends.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use crate::http::{exchange, raw};
use crate::server::{Folder, Server, output, variables_of};

#[test]
fn the_first_start_makes_an_owner_who_can_come_in() {
    let folder = Folder::new();
    let server = Server::start_with(
        &folder,
        &[],
        &[
            ("USHER_BOOTSTRAP_ORGANISATION", "Example Org"),
            ("USHER_BOOTSTRAP_EMAIL", "Olga@example.org"),
            ("USHER_BOOTSTRAP_PASSWORD", "it's a long password"),
        ],
    );
    assert_eq!(
        server.ready,
        format!(
            "usher ready on http://{} (new directory: {data}, first run: {data}/first-run.env)\n",
            server.address,
            data = folder.data().display()
        )
    );
    assert_eq!(
        server.variables["USHER_URL"],
        format!("http://{}", server.address)
    );
    assert_eq!(server.variables["USHER_EMAIL"], "Olga@example.org");
    assert_eq!(server.token().len(), 40);
    let me = server.native("GET", "/me", "").json();
    assert_eq!(
        (&me["number"], &me["email"]),
        (&1.into(), &"Olga@example.org".into())
    );
    let root = server.native("GET", "/organisations/1", "").json();
    assert_eq!(root["name"], "Example Org");
    for file in ["first-run.env", "secret.key"] {
        let mode = std::fs::metadata(folder.data().join(file))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{file}");
    }
    // A shell reads the file, quotes and all.
    let shell = std::process::Command::new("sh")
        .args([
            "-c",
            ". ./data/first-run.env; printf %s \"$USHER_PASSWORD\"",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(shell.stdout).unwrap(),
        "it's a long password"
    );
    // The key opens every dialect at once.
    let key = server.variables["MISP_KEY"].clone();
    let misp = exchange(
        &server.address,
        "GET",
        "/misp/servers/getVersion",
        &[("Authorization", &key)],
        "",
    );
    assert_eq!(misp.unwrap().status, 200);
}

#[test]
fn a_second_start_keeps_everything_and_moves_the_addresses() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let first = server.variables.clone();
    let made = server.native("POST", "/organisations", r#"{"name":"Kept"}"#);
    assert_eq!(made.status, 201, "{made:?}");
    let secret = std::fs::read(folder.data().join("secret.key")).unwrap();
    assert_eq!(server.stop("TERM").0, Some(0));
    let server = Server::start_with(&folder, &["--public-url", "https://usher.example/"], &[]);
    for (name, value) in &first {
        let expected = match value.strip_prefix(&first["USHER_URL"]) {
            Some(rest) => format!("https://usher.example{rest}"),
            None => value.clone(),
        };
        assert_eq!(server.variables[name], expected, "{name}");
    }
    assert_eq!(
        std::fs::read(folder.data().join("secret.key")).unwrap(),
        secret
    );
    let list = server.native("GET", "/organisations", "");
    assert!(list.body.contains("\"Kept\""), "{list:?}");
    // A file that was put away stays away.
    assert_eq!(server.stop("INT").0, Some(0));
    std::fs::remove_file(folder.data().join("first-run.env")).unwrap();
    let server = Server::start(&folder);
    assert!(server.variables.is_empty());
    // The line names no file that is not there.
    let data = folder.data();
    assert!(
        server
            .ready
            .ends_with(&format!("(data: {})\n", data.display())),
        "{}",
        server.ready
    );
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn a_start_that_was_cut_short_is_taken_up() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let first = server.variables.clone();
    server.kill();
    // As if it had ended before the key was announced.
    let (done, pending) = (
        folder.data().join("first-run.env"),
        folder.data().join("first-run.env.pending"),
    );
    std::fs::rename(&done, &pending).unwrap();
    let server = Server::start_with(&folder, &["--demo"], &[]);
    assert!(!pending.exists());
    assert_eq!(server.token(), first["USHER_TOKEN"]);
    assert_eq!(server.native("GET", "/me", "").status, 200);
}

#[test]
fn two_servers_never_share_a_folder() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let second = output(
        &folder,
        &["serve", "--data", "data", "--listen", "127.0.0.1:0"],
        &[],
    );
    let error = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(
        error.contains("is in use by another Usher server"),
        "{error}"
    );
    assert_eq!(server.native("GET", "/me", "").status, 200);
}

#[test]
fn without_its_secret_a_directory_stays_shut() {
    let folder = Folder::new();
    Server::start(&folder).kill();
    std::fs::remove_file(folder.data().join("secret.key")).unwrap();
    let refused = output(
        &folder,
        &["serve", "--data", "data", "--listen", "127.0.0.1:0"],
        &[],
    );
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("secret.key is missing"), "{error}");
    assert!(!folder.data().join("secret.key").exists());
}

#[test]
fn migrate_makes_the_tables_and_ends() {
    let folder = Folder::new();
    for _ in 0..2 {
        let done = output(&folder, &["migrate", "--data", "data"], &[]);
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        assert!(
            String::from_utf8(done.stdout)
                .unwrap()
                .starts_with("the tables are those of")
        );
    }
    // Nobody was made: the first start does so.
    assert!(variables_of(&folder.data()).is_empty());
    assert_eq!(Server::start(&folder).native("GET", "/me", "").status, 200);
}

#[test]
fn sample_data_have_people_everywhere() {
    let folder = Folder::new();
    let begun = Instant::now();
    let server = Server::start_with(&folder, &["--demo"], &[]);
    assert!(begun.elapsed() < Duration::from_secs(2));
    let organisations = server.native("GET", "/organisations?limit=100", "").json();
    let organisations = organisations["items"].as_array().unwrap();
    assert_eq!(organisations.len(), 3);
    for organisation in organisations {
        let number = &organisation["number"];
        let members = server.native("GET", &format!("/organisations/{number}/members"), "");
        assert!(
            members.json()["items"].as_array().unwrap().len() > 5,
            "{members:?}"
        );
    }
    let keys = server.native("GET", "/keys?limit=100", "").json();
    assert!(keys["items"].as_array().unwrap().len() >= 4);
    // Names fold into addresses, roles and memberships are there as they were drawn up.
    let ines = server.native("GET", "/users/ines.markovic@northwind.example", "");
    assert_eq!(ines.json()["name"], "Ines Marković", "{ines:?}");
    let guest = server.native("GET", "/users/priya.raman@harbour.example/memberships", "");
    assert_eq!(
        guest.json()["items"].as_array().unwrap().len(),
        2,
        "{guest:?}"
    );
    // A later start with the flag adds nothing.
    let count = |server: &Server| {
        let users = server.native("GET", "/users?limit=200", "").json();
        users["items"].as_array().unwrap().len()
    };
    let people = count(&server);
    assert!((40..60).contains(&people), "{people}");
    server.kill();
    let server = Server::start_with(&folder, &["--demo"], &[]);
    assert_eq!(count(&server), people);
}

#[test]
fn it_stops_when_told_and_finishes_what_it_began() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        let server = Server::start_with(&folder, &[], &[("USHER_LOG_FORMAT", "json")]);
        // A connection that stays open does not hold it up.
        let idle = std::net::TcpStream::connect(&server.address).unwrap();
        assert_eq!(server.get("/healthz").body, "alive\n");
        let begun = Instant::now();
        let (code, out, log) = server.stop(signal);
        assert_eq!((code, out.as_str()), (Some(0), ""), "{signal}: {log}");
        assert!(begun.elapsed() < Duration::from_secs(9), "{signal}");
        for line in log.lines() {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_ne!(entry["level"], "ERROR");
        }
        drop(idle);
    }
}

#[test]
fn a_dialect_alone_is_served_at_the_root() {
    let folder = Folder::new();
    // The port is found by binding and letting go; nobody else takes it within this moment.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let server = Server::start_with(&folder, &["--listen-misp", &port.to_string()], &[]);
    let key = server.variables["MISP_KEY"].clone();
    let headers = [("Authorization", key.as_str())];
    let ask = |address: &str, path: &str| exchange(address, "GET", path, &headers, "").unwrap();
    let port = port.to_string();
    assert_eq!(ask(&port, "//servers/getVersion/").status, 200);
    assert_eq!(ask(&port, "/misp/servers/getVersion").status, 404);
    // At the shared root the same call is told where it belongs.
    let stray = ask(&server.address, "/servers/getVersion");
    assert_eq!(stray.status, 404);
    assert!(
        stray
            .body
            .contains(&format!("http://{}/misp/", server.address)),
        "{stray:?}"
    );
}

#[test]
fn requests_on_the_wire() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let reply = server.get("/healthz");
    for header in [
        "Content-Type: ",
        "Cache-Control: no-store",
        "X-Request-Id: ",
        "Date: ",
    ] {
        assert!(
            reply.head.contains(&format!("\r\n{header}")),
            "{header}: {}",
            reply.head
        );
    }
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(server.get("/nothing").status, 404);
    let smuggled = |head: &str| raw(&server.address, head.as_bytes());
    for (head, statuses) in [
        // Two readers of such requests would see two different ones.
        (
            "POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            &[400][..],
        ),
        (
            "POST /api/v1/users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x\r\n\r\n",
            &[400, 501],
        ),
        ("GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n", &[400]),
        ("GET /heal\u{1}thz HTTP/1.1\r\nHost: x\r\n\r\n", &[400]),
        ("nonsense\r\n\r\n", &[400]),
    ] {
        let reply = smuggled(head).unwrap();
        assert!(statuses.contains(&reply.status), "{head:?}: {reply:?}");
    }
    let many = "A: b\r\n".repeat(200);
    let reply = smuggled(&format!("GET /healthz HTTP/1.1\r\n{many}\r\n")).unwrap();
    assert_eq!(reply.status, 431);
}
