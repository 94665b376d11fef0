//! The commands of an operator, on the real binary: backup, restore, check, recover, config, doctor.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::http::exchange;
use crate::server::{Folder, Server, output};

/// Runs a command to its end: the exit code, standard output, the last line of standard error.
fn run(folder: &Folder, arguments: &[&str]) -> (i32, String, String) {
    let done = output(folder, arguments, &[]);
    let error = String::from_utf8(done.stderr).unwrap();
    let line = error.lines().last().unwrap_or_default().to_owned();
    (
        done.status.code().unwrap(),
        String::from_utf8(done.stdout).unwrap(),
        line,
    )
}

fn signs_in(server: &Server, login: &str, password: &str) -> u16 {
    let body = json!({ "login": login, "password": password }).to_string();
    let headers = [("Content-Type", "application/json")];
    let answer = exchange(&server.address, "POST", "/api/v1/sign-in", &headers, &body);
    answer.unwrap().status
}

#[test]
fn a_backup_of_a_running_server_is_restored_elsewhere() {
    let folder = Folder::new();
    let server = Server::start_with(&folder, &["--demo"], &[]);
    let made = server.native("POST", "/users", r#"{"email":"kept@example.org"}"#);
    assert_eq!(made.status, 201, "{made:?}");
    let backup = ["backup", "b", "--data", "data"];
    let (code, out, error) = run(&folder, &backup);
    assert_eq!(code, 0, "{error}");
    assert!(
        out.starts_with("b: ") && out.contains("without the sealing key"),
        "{out}"
    );
    let file = folder.path().join("b");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(!folder.path().join("b.partial").exists());
    let key = std::fs::read_to_string(folder.data().join("secret.key")).unwrap();
    assert!(!std::fs::read_to_string(&file).unwrap().contains(key.trim()));
    // An older backup is not overwritten by accident.
    let (code, _, error) = run(&folder, &backup);
    assert_eq!(
        (code, error.as_str()),
        (
            5,
            "usher: b exists already: name another file, or replace it with --force"
        )
    );
    let (code, _, error) = run(
        &folder,
        &["backup", "b", "--data", "data", "--force", "--with-secret"],
    );
    assert_eq!(code, 0, "{error}");
    assert!(std::fs::read_to_string(&file).unwrap().contains(key.trim()));
    let (code, out, error) = run(&folder, &["check", "--data", "data"]);
    assert_eq!(code, 0, "{out}{error}");
    assert!(out.starts_with("nothing wrong: "), "{out}");
    let token = server.token().to_owned();
    server.kill();
    std::fs::rename(folder.data(), folder.path().join("old")).unwrap();
    let (code, out, error) = run(&folder, &["restore", "b", "--data", "data"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("the sealing key is there too"), "{out}");
    let server = Server::start(&folder);
    let authorization = format!("Bearer {token}");
    let headers = [("Authorization", authorization.as_str())];
    let kept = exchange(
        &server.address,
        "GET",
        "/api/v1/users/kept@example.org",
        &headers,
        "",
    );
    assert_eq!(kept.unwrap().json()["number"], made.json()["number"]);
    // A second time there is a directory.
    let (code, _, error) = run(&folder, &["restore", "b", "--data", "data"]);
    assert_eq!(code, 5, "{error}");
    assert!(error.contains("data"), "{error}");
    server.stop("TERM");
    let (code, _, error) = run(&folder, &["restore", "b", "--data", "data"]);
    assert_eq!(code, 5, "{error}");
    assert!(
        error.contains("there is a directory already; restore into an empty folder"),
        "{error}"
    );
}

#[test]
fn refusals_of_backup_and_restore() {
    let folder = Folder::new();
    Server::start(&folder).stop("TERM");
    std::fs::write(folder.path().join("text"), "hello\n").unwrap();
    let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let whole = ["backup", "whole", "--data", "data", "--with-secret"];
    assert_eq!(run(&folder, &whole).0, 0);
    let bytes = std::fs::read(folder.path().join("whole")).unwrap();
    std::fs::write(folder.path().join("half"), &bytes[..bytes.len() / 2]).unwrap();
    let newer = String::from_utf8(bytes)
        .unwrap()
        .replacen("\"format\":1", "\"format\":9", 1);
    std::fs::write(folder.path().join("newer"), newer).unwrap();
    std::fs::create_dir(folder.path().join("keyed")).unwrap();
    let key = folder.path().join("keyed/secret.key");
    std::fs::write(&key, other).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    for (arguments, code, wanted) in [
        (
            &["backup", "x", "--data", "nowhere"][..],
            3,
            "there is no nowhere/usher.sqlite3",
        ),
        (
            &["backup", "no/x", "--data", "data"],
            1,
            "cannot write no/x.partial",
        ),
        (
            &["backup", "x", "--data", "nowhere", "--with-secret"],
            3,
            "there is no sealing key in nowhere",
        ),
        (&["backup"], 2, ""),
        (&["restore", "none", "--data", "new"], 3, "cannot read none"),
        (
            &["restore", "text", "--data", "new"],
            2,
            "text: this is no backup of usher",
        ),
        (
            &["restore", "half", "--data", "new"],
            2,
            "half: the backup is not whole",
        ),
        (
            &["restore", "newer", "--data", "new"],
            2,
            "newer: the backup has format 9, and this usher reads format 1",
        ),
        (
            &["restore", "whole", "--data", "keyed"],
            5,
            "keyed/secret.key is another sealing key",
        ),
        (
            &["check", "--data", "nowhere"],
            3,
            "there is no nowhere/usher.sqlite3",
        ),
        (
            &["recover", "a@example.org", "--data", "nowhere"],
            3,
            "nowhere holds no directory",
        ),
        (
            &["recover", "a@example.org", "--data", "data"],
            3,
            "nobody has the login a@example.org",
        ),
        (
            &["recover", "a", "--data", "data", "--password", "word"],
            2,
            "--password takes @FILE",
        ),
        (
            &["recover", "a", "--data", "data", "--password", "@none"],
            2,
            "--password @none: ",
        ),
    ] {
        let (status, out, error) = run(&folder, arguments);
        assert_eq!(status, code, "{arguments:?}: {error}");
        assert!(error.contains(wanted), "{arguments:?}: {error}");
        assert_eq!(out, "", "{arguments:?}");
    }
    assert!(!folder.path().join("new/usher.sqlite3").exists());
    assert!(!folder.path().join("x").exists());
}

#[test]
fn an_owner_is_recovered() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let made =
        r#"{"email":"ada@example.org","password":"tangerine umbrella 42","status":"suspended"}"#;
    assert_eq!(server.native("POST", "/users", made).status, 201);
    let owner = server.variables["USHER_EMAIL"].clone();
    let (code, _, error) = run(&folder, &["recover", &owner, "--data", "data"]);
    assert_eq!(code, 5, "{error}");
    assert!(
        error.contains("in use by another Usher server: stop it first"),
        "{error}"
    );
    server.stop("TERM");
    let (code, out, error) = run(&folder, &["recover", "ADA@example.org", "--data", "data"]);
    assert_eq!(code, 0, "{error}");
    let password = out
        .lines()
        .find_map(|line| line.strip_prefix("password: "))
        .unwrap();
    let mut file = std::fs::File::create(folder.path().join("password")).unwrap();
    file.write_all(b"violet harbour 1907\n").unwrap();
    let by_file = [
        "recover",
        owner.as_str(),
        "--data",
        "data",
        "--password",
        "@password",
    ];
    let (code, out, error) = run(&folder, &by_file);
    assert_eq!(code, 0, "{error}");
    assert!(
        !out.contains("violet") && !out.contains("password:"),
        "{out}"
    );
    std::fs::write(folder.path().join("weak"), "short").unwrap();
    let weak = [
        "recover",
        owner.as_str(),
        "--data",
        "data",
        "--password",
        "@weak",
    ];
    assert_eq!(run(&folder, &weak).0, 2);
    assert_eq!(run(&folder, &["check", "--data", "data"]).0, 0);
    let server = Server::start(&folder);
    assert_eq!(signs_in(&server, "ada@example.org", password), 200);
    assert_eq!(signs_in(&server, &owner, "violet harbour 1907"), 200);
    let events = server
        .native("GET", "/events?verb=user.recovered", "")
        .json();
    let recovered = events["items"].as_array().unwrap();
    assert_eq!(recovered.len(), 2, "{events}");
    assert!(
        recovered.iter().all(|event| event["platform"] == "console"),
        "{events}"
    );
}

#[test]
fn findings_have_an_exit_code_of_their_own() {
    let folder = Folder::new();
    Server::start(&folder).stop("TERM");
    let file = folder.data().join("usher.sqlite3");
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute_batch("DELETE FROM sign_in_names")
        .unwrap();
    let (code, out, error) = run(&folder, &["check", "--data", "data"]);
    assert_eq!(code, 6, "{error}");
    assert!(
        out.contains("sign-in-names: user 1 is not found by the login"),
        "{out}"
    );
    let (code, out, _) = run(&folder, &["check", "--data", "data", "-o", "json"]);
    assert_eq!(code, 6);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["findings"][0]["invariant"], "sign-in-names");
    assert!(report["checked"].as_array().unwrap().len() > 15, "{report}");
}

#[test]
fn settings_are_shown_and_surroundings_examined() {
    let folder = Folder::new();
    let arguments = ["config", "--data", "data", "--listen", "localhost:9"];
    let variables = [("USHER_DATABASE", "postgresql://u:hunter2@127.0.0.1:1/d")];
    let shown = output(&folder, &arguments, &variables);
    assert_eq!(shown.status.code(), Some(0));
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(
        text.contains("listen = \"localhost:9\"  # --listen\n"),
        "{text}"
    );
    assert!(
        text.contains("database = \"postgresql://u:***@127.0.0.1:1/d\"  # USHER_DATABASE\n"),
        "{text}"
    );
    assert!(!text.contains("hunter2") && !folder.data().exists());
    let server = Server::start(&folder);
    let (code, out, error) = run(&folder, &["doctor", "--data", "data"]);
    assert_eq!(code, 0, "{out}{error}");
    for wanted in [
        "ok    clock: ",
        "ok    files: ",
        "ok    sealing key: data/secret.key",
        "invariants hold",
        "note  mail: ",
        "note  first run: ",
    ] {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
    server.stop("TERM");
    let key = folder.data().join("secret.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, out, _) = run(
        &folder,
        &["doctor", "--data", "data", "--listen", "0.0.0.0:80"],
    );
    assert_eq!(code, 6);
    for wanted in [
        "WRONG files: others may read data/secret.key",
        "WRONG sealing key: ",
        "WRONG listen: 0.0.0.0:80 is reached",
    ] {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
}
