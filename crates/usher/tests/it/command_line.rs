//! The command line and the server agree: on the requests that commands make, and on the codes of problems.

use std::collections::BTreeSet;

use crate::server::{Folder, Server, output};

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
