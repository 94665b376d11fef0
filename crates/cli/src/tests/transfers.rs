//! Imports, exports, jobs, and the stream of events.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{Folder, Reply, Seen, Server, usher};
use crate::failure::Exit;

fn job(state: &str, failed: u64) -> Value {
    json!({
        "id": "0190-job", "number": 7, "kind": "import", "what": "users", "state": state, "dry_run": false,
        "total": 3, "done": 3, "created": 2, "updated": 0, "unchanged": 0, "skipped": 0, "failed": failed,
        "problem": null,
    })
}

/// A server that imports: the job runs for two looks, then it is over.
fn importing(end: Value, report: &'static str) -> Server {
    let looks = AtomicU32::new(0);
    Server::by(
        move |seen: &Seen| match (seen.method.as_str(), seen.path.as_str()) {
            ("POST", _) => Reply::json(job("waiting", 0)).status(202),
            (_, "/jobs/0190-job") if looks.fetch_add(1, Ordering::Relaxed) < 2 => {
                Reply::json(job("running", 0))
            }
            (_, "/jobs/0190-job") => Reply::json(end.clone()),
            (_, "/jobs/0190-job/result") => Reply::new(200, "number,email\n1,ada@example.org\n"),
            (_, path) if path.starts_with("/jobs/0190-job/report") => Reply::new(200, report),
            _ => Reply::new(404, ""),
        },
    )
}

const FAILED: &str = "{\"line\": 3, \"reference\": \"x\", \"outcome\": \"failed\", \"number\": null, \
                      \"problem\": {\"code\": \"invalid\", \"field\": \"email\", \"detail\": \"It has no @.\"}}\n";

#[test]
fn an_import_waits_and_counts() {
    let folder = Folder::new();
    let file = folder.with("people.csv", "email\nada@example.org\ngrace@example.org\n");
    let server = importing(job("done", 0), "");
    let outcome = usher("import users")
        .and(&file)
        .and("--on-conflict=update")
        .at(&server)
        .run();
    assert_eq!((outcome.exit, outcome.err.as_str()), (Exit::Done, ""));
    assert_eq!(
        outcome.out,
        "created 2, updated 0, unchanged 0, skipped 0, failed 0\n"
    );
    let sent = &server.seen()[0];
    assert_eq!(sent.path, "/imports?on_conflict=update&what=users");
    assert_eq!(sent.headers["content-type"], "text/csv");
    assert_eq!(sent.body, "email\nada@example.org\ngrace@example.org\n");
    let json = usher("import users -o json")
        .and(&file)
        .at(&importing(job("done", 0), ""))
        .run();
    assert_eq!(
        serde_json::from_str::<Value>(&json.out).unwrap()["created"],
        2
    );
}

#[test]
fn failed_lines_are_named_with_their_place() {
    let folder = Folder::new();
    let file = folder.with("people.jsonl", "{}\n");
    let report = folder.file("report.jsonl");
    let server = importing(job("done", 1), FAILED);
    let outcome = usher("import users --report")
        .and(&report)
        .and(&file)
        .at(&server)
        .run();
    assert_eq!(outcome.exit, Exit::InPart);
    assert_eq!(outcome.err, format!("{file}:3: It has no @.\n"));
    assert!(outcome.out.ends_with("failed 1\n"), "{}", outcome.out);
    assert_eq!(std::fs::read_to_string(&report).unwrap(), FAILED);
    assert_eq!(
        server.seen()[0].headers["content-type"],
        "application/x-ndjson"
    );
    assert!(
        server
            .asked()
            .contains(&"GET /jobs/0190-job/report?outcome=failed".to_owned())
    );
}

#[test]
fn an_import_comes_from_standard_input_too_however_long_it_is() {
    let server = importing(job("done", 0), "");
    let text = "email\n".to_owned() + &"somebody@example.org\n".repeat(50_000);
    let outcome = usher("import users - --format csv")
        .stdin(&text)
        .at(&server)
        .run();
    assert_eq!(outcome.exit, Exit::Done, "{}", outcome.err);
    assert_eq!(server.seen()[0].body.len(), text.len());
    assert!(
        server.seen()[0].headers.contains_key("transfer-encoding"),
        "it is not held in memory whole"
    );
}

#[test]
fn a_detached_import_prints_the_jobs_id() {
    let server = importing(job("done", 0), "");
    let outcome = usher("import users - --detach")
        .stdin("email\n")
        .at(&server)
        .run();
    assert_eq!(
        (outcome.exit, outcome.out.as_str()),
        (Exit::Done, "0190-job\n")
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_dry_import_must_be_one() {
    let server = importing(job("done", 0), "");
    let outcome = usher("import users - --dry-run")
        .stdin("email\n")
        .at(&server)
        .run();
    assert_eq!(outcome.exit, Exit::Failed);
    assert_eq!(server.asked(), ["POST /imports?what=users&dry_run=true"]);
    assert!(outcome.err.contains("does not confirm"), "{}", outcome.err);
}

#[test]
fn a_job_that_failed_ends_by_its_problem() {
    for (problem, state, exit) in [
        (
            json!({"code": "not-active", "detail": "The account is not active."}),
            "failed",
            Exit::NotPermitted,
        ),
        (Value::Null, "failed", Exit::Failed),
        (Value::Null, "cancelled", Exit::Failed),
    ] {
        let mut end = job(state, 0);
        end["problem"] = problem;
        let outcome = usher("import users -")
            .stdin("email\n")
            .at(&importing(end, ""))
            .run();
        assert_eq!(outcome.exit, exit, "{state}: {}", outcome.err);
    }
    let waited = usher("job wait 0190-job -o json")
        .at(&importing(job("done", 2), ""))
        .run();
    assert_eq!(waited.exit, Exit::InPart);
    assert_eq!(
        serde_json::from_str::<Value>(&waited.out).unwrap()["failed"],
        2
    );
}

#[test]
fn a_server_without_imports_says_so() {
    let server = Server::by(|_| Reply::problem(404, "no-such-path"));
    for words in [
        "import users -",
        "export users",
        "job list",
        "event follow",
        "user ensure a@example.org",
        "user why ada users.edit",
        "grant list",
    ] {
        let outcome = usher(words).stdin("email\n").at(&server).run();
        assert_eq!(outcome.exit, Exit::NotFound, "{words}");
        assert!(
            outcome.err.contains("This server does not offer"),
            "{words}: {}",
            outcome.err
        );
    }
}

#[test]
fn an_export_is_fetched_into_a_file_or_shown() {
    let folder = Folder::new();
    let to = folder.file("users.csv");
    let server = importing(job("done", 0), "");
    let outcome = usher("export users --columns number,email --sort name --to")
        .and(&to)
        .at(&server)
        .run();
    assert_eq!(
        (outcome.exit, outcome.out.as_str()),
        (Exit::Done, ""),
        "{}",
        outcome.err
    );
    assert_eq!(
        std::fs::read_to_string(&to).unwrap(),
        "number,email\n1,ada@example.org\n"
    );
    let body: Value = serde_json::from_str(&server.seen()[0].body).unwrap();
    assert_eq!(
        body,
        json!({"what": "users", "format": "csv", "sort": "name", "columns": ["number", "email"]})
    );
    let shown = usher("export users --format ndjson")
        .at(&importing(job("done", 0), ""))
        .run();
    assert_eq!(shown.out, "number,email\n1,ada@example.org\n");
    let nowhere = usher("job result 0190-job --to /nonexistent/x")
        .at(&server)
        .run();
    assert_eq!(nowhere.exit, Exit::Failed);
    let left: Vec<_> = std::fs::read_dir(folder.file("")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half-written stays");
}

#[test]
fn a_report_is_shown_as_a_table() {
    let server = importing(job("done", 1), FAILED);
    let outcome = usher("job report 0190-job --outcome failed")
        .at(&server)
        .run();
    insta::assert_snapshot!(outcome.out, @r"
    line  reference  outcome  number  problem
    3     x          failed   -       It has no @.
    ");
    assert_eq!(server.asked(), ["GET /jobs/0190-job/report?outcome=failed"]);
}

#[test]
fn events_are_followed_over_broken_connections_each_once() {
    let connections = AtomicU32::new(0);
    let event = |number: u32| {
        let row =
            json!({"number": number, "verb": "users.created", "cursor": format!("c{number}")});
        format!("{row}\n")
    };
    let server = Server::by(
        move |seen| match connections.fetch_add(1, Ordering::Relaxed) {
            0 => Reply::new(200, format!("{}\n{}", event(1), event(2))),
            1 => {
                assert!(seen.path.contains("cursor=c2"), "{}", seen.path);
                Reply::new(503, "")
            }
            2 => Reply::new(200, event(3)),
            _ => Reply::problem(401, "unknown-credential"),
        },
    );
    let outcome = usher("event follow -o jsonl").at(&server).run();
    assert_eq!(outcome.exit, Exit::NotPermitted, "{}", outcome.err);
    let numbers: Vec<u64> = outcome
        .out
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["number"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
    let asked = server.asked();
    assert_eq!(asked[0], "GET /events/stream?follow=true&cursor=now");
    assert_eq!(asked[3], "GET /events/stream?follow=true&cursor=c3");
}

#[test]
fn a_follower_goes_on_after_a_cursor() {
    let server = Server::by(|_| Reply::problem(400, "invalid-parameter"));
    usher("event follow --cursor c9").at(&server).run();
    assert_eq!(server.asked(), ["GET /events/stream?follow=true&cursor=c9"]);
}
