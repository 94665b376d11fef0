//! Every exit code, and what is said with it.

use serde_json::{Value, json};

use super::{Reply, Server, TOKEN, usher};
use crate::codes::CODES;
use crate::failure::Exit;

#[test]
fn a_command_that_did_it_ends_with_0() {
    let server = Server::answering(vec![Reply::json(json!({"number": 1}))]);
    let outcome = usher("me").at(&server).run();
    assert_eq!(outcome.exit, Exit::Done, "{}", outcome.err);
    assert_eq!(outcome.err, "");
}

#[test]
fn each_code_ends_with_its_exit() {
    for code in CODES {
        let server = Server::answering(vec![Reply::problem(code.status, code.code)]);
        let outcome = usher("user show ada").at(&server).run();
        assert_eq!(outcome.exit, code.exit, "{}", code.code);
        assert_eq!(outcome.out, "", "{}", code.code);
        let said = if matches!(code.code, "no-such-path" | "method-not-allowed") {
            "usher: This server does not offer GET /api/v1/users/ada".to_owned()
        } else {
            format!("usher: The detail of {}.", code.code)
        };
        assert!(outcome.err.starts_with(&said), "{}", outcome.err);
        let explained = format!("usher explain {}", code.code);
        assert!(outcome.err.contains(&explained), "{}", outcome.err);
    }
}

#[test]
fn a_refusal_without_a_code_ends_by_its_status() {
    for (status, exit) in [
        (301, Exit::Failed),
        (400, Exit::NotUnderstood),
        (401, Exit::NotPermitted),
        (403, Exit::NotPermitted),
        (404, Exit::NotFound),
        (405, Exit::NotUnderstood),
        (409, Exit::Conflict),
        (412, Exit::Conflict),
        (413, Exit::NotUnderstood),
        (415, Exit::NotUnderstood),
        (418, Exit::NotUnderstood),
        (422, Exit::NotUnderstood),
        (429, Exit::NotReached),
        (500, Exit::Failed),
        (502, Exit::NotReached),
        (503, Exit::NotReached),
        (504, Exit::NotReached),
    ] {
        let server = Server::answering(vec![Reply::new(status, "<html>a proxy</html>")]);
        let outcome = usher("me").at(&server).run();
        assert_eq!(outcome.exit, exit, "{status}");
        assert!(!outcome.err.contains("<html>"), "{}", outcome.err);
    }
}

#[test]
fn a_problem_of_an_unknown_code_ends_by_its_status() {
    let server = Server::answering(vec![Reply::problem(409, "a-new-one")]);
    let outcome = usher("me").at(&server).run();
    assert_eq!(outcome.exit, Exit::Conflict);
    assert_eq!(outcome.err, "usher: The detail of a-new-one.\n");
}

#[test]
fn an_older_servers_type_is_read_as_the_code() {
    let body = json!({"type": "urn:usher:problem:last-owner", "title": "T", "status": 409, "detail": "D."});
    let server = Server::answering(vec![Reply::new(409, body.to_string())]);
    let outcome = usher("user delete ada").at(&server).run();
    assert_eq!(outcome.exit, Exit::Conflict);
    assert_eq!(outcome.err, "usher: D. (usher explain last-owner)\n");
}

#[test]
fn a_server_that_is_not_there_or_too_slow_ends_with_7() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let gone = usher("me")
        .variable("USHER_URL", &url)
        .variable("USHER_TOKEN", TOKEN)
        .run();
    assert_eq!(gone.exit, Exit::NotReached);
    assert!(
        gone.err.contains(&format!("{url} cannot be reached")),
        "{}",
        gone.err
    );

    let slow = Reply::json(json!({})).after(std::time::Duration::from_secs(4));
    let server = Server::answering(vec![slow]);
    let late = usher("me --timeout 1").at(&server).run();
    assert_eq!(late.exit, Exit::NotReached);
    assert!(late.err.contains("not answered within 1 s"), "{}", late.err);
}

#[test]
fn what_is_not_understood_ends_with_2_before_anything_is_sent() {
    let server = Server::answering(vec![]);
    for (words, said) in [
        ("user", "Usage"),
        ("user frobnicate", "unrecognized subcommand"),
        ("user show", "required"),
        ("user list --limit 0", "--limit"),
        ("user list --limit 5 --all", "cannot be used with"),
        ("user list -o xml", "xml"),
        ("user list --columns ,", "--columns names no member"),
        ("user set ada", "Nothing is to be changed"),
        ("user set ada nonsense", "member=value"),
        ("user set ada title=a title=b", "`title` is given twice"),
        (
            "user set ada locked=perhaps",
            "`locked` must be true, false or null",
        ),
        ("user show ..", "`..` names nothing"),
        ("user delete .", "`.` names nothing"),
        ("user set ada title=x --if-match soon", "--if-match takes"),
        (
            "user disable ada grace --yes --if-match 3",
            "for one request",
        ),
        ("role create x lines=[", "`lines` must be JSON"),
        ("me --timeout 0", "--timeout"),
        ("user reset-password ada --link --password @x", "choose one"),
    ] {
        let outcome = usher(words).at(&server).run();
        assert_eq!(
            outcome.exit,
            Exit::NotUnderstood,
            "{words}: {}",
            outcome.err
        );
        assert!(outcome.err.contains(said), "{words}: {}", outcome.err);
        assert_eq!(outcome.out, "", "{words}");
    }
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[test]
fn which_server_is_asked_must_be_stated() {
    for (variables, said) in [
        (vec![], "No server is stated"),
        (vec![("USHER_URL", "http://127.0.0.1:1")], "no token for it"),
        (vec![("USHER_TOKEN", "x")], "USHER_URL is not"),
        (
            vec![("USHER_URL", "usher.example.org"), ("USHER_TOKEN", "x")],
            "is no address",
        ),
        (
            vec![
                ("USHER_URL", "ftp://usher.example.org"),
                ("USHER_TOKEN", "x"),
            ],
            "no server's address",
        ),
        (
            vec![
                ("USHER_URL", "https://ada:pw@usher.example.org"),
                ("USHER_TOKEN", "x"),
            ],
            "name or password",
        ),
        (
            vec![
                ("USHER_URL", "http://127.0.0.1:1"),
                ("USHER_TOKEN", "a\u{7}b"),
            ],
            "token holds characters",
        ),
        (vec![("USHER_PROFILE", "absent")], "no profile `absent`"),
    ] {
        let typed = usher("me").variable("XDG_CONFIG_HOME", "/nonexistent");
        let typed = variables
            .iter()
            .fold(typed, |typed, (name, value)| typed.variable(name, value));
        let outcome = typed.run();
        assert_eq!(
            outcome.exit,
            Exit::NotUnderstood,
            "{variables:?}: {}",
            outcome.err
        );
        assert!(outcome.err.contains(said), "{variables:?}: {}", outcome.err);
        assert!(!outcome.err.contains("pw@"), "{}", outcome.err);
    }
}

#[test]
fn json_shows_the_problem_document_on_standard_error() {
    let server = Server::answering(vec![Reply::problem(409, "taken")]);
    let outcome = usher("user create ada@example.org -o json")
        .at(&server)
        .run();
    let problem: Value = serde_json::from_str(&outcome.err).unwrap();
    assert_eq!(problem["code"], "taken");
    assert_eq!(problem["request_id"], "0190-request");
    let own = usher("user show .. -o json").at(&server).run();
    let problem: Value = serde_json::from_str(&own.err).unwrap();
    assert_eq!(problem["exit"], 2);
    assert_eq!(problem["title"], "`..` names nothing.");
}

#[test]
fn every_fault_of_several_members_is_told() {
    let body = json!({
        "type": "urn:usher:problem:invalid", "code": "invalid", "title": "T", "status": 422,
        "detail": "Two members cannot be accepted.",
        "errors": [
            {"field": "email", "code": "invalid", "detail": "It has no @."},
            {"field": "home", "code": "unknown-reference", "detail": "There is no such organisation."},
        ],
    });
    let server = Server::answering(vec![Reply::new(422, body.to_string())]);
    let outcome = usher("user create ada").at(&server).run();
    assert_eq!(
        outcome.err,
        "usher: Two members cannot be accepted.\n  email: It has no @.\n  home: There is no such \
         organisation. (usher explain invalid)\n"
    );
}

#[test]
fn a_server_that_asks_to_come_back_says_when() {
    let reply = Reply::problem(429, "too-many-requests").header("retry-after", "17");
    let outcome = usher("me").at(&Server::answering(vec![reply])).run();
    assert_eq!(outcome.exit, Exit::NotReached);
    assert!(outcome.err.contains("come back in 17 s"), "{}", outcome.err);
}

#[test]
fn what_a_server_holds_moves_no_cursor() {
    let nasty = "\u{1b}[2J\u{9b}31m\u{202e}gnp";
    let row = json!({"id": "1", "number": 1, "email": nasty, "name": nasty});
    for output in ["table", "csv", "json", "jsonl", "id"] {
        let list = json!({"items": [row.clone()], "next": null});
        let server = Server::answering(vec![Reply::json(list)]);
        let outcome = usher("user list -o").and(output).at(&server).run();
        if output != "csv" {
            assert!(
                !outcome.out.contains(['\u{1b}', '\u{9b}', '\u{202e}']),
                "{output}: {:?}",
                outcome.out
            );
        }
    }
    let body = json!({"type": "about:blank", "title": nasty, "detail": nasty});
    let server = Server::answering(vec![Reply::new(400, body.to_string())]);
    let outcome = usher("me").at(&server).run();
    assert!(
        !outcome.err.contains(['\u{1b}', '\u{9b}', '\u{202e}']),
        "{:?}",
        outcome.err
    );
}
