//! Dry runs, repeats under one key, and revisions.

use serde_json::{Value, json};

use super::{by_owner, fault, owner};
use crate::world;
use test_support::{Reply, World};

/// Every kind of change, in an order in which each is possible.
fn changes() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("POST", "/organisations", json!({"name": "Child"})),
        ("PATCH", "/organisations/Child", json!({"sector": "Energy"})),
        (
            "POST",
            "/users",
            json!({"email": "ada@example.org", "title": "Analyst"}),
        ),
        (
            "POST",
            "/users/batch",
            json!({"items": [{"email": "bob@example.org"}, {"email": "cyd@example.org"}]}),
        ),
        (
            "PATCH",
            "/users/ada@example.org",
            json!({"department": "Engines"}),
        ),
        (
            "PUT",
            "/users/ada@example.org/password",
            json!({"password": "Cobalt-Lantern-73!"}),
        ),
        ("POST", "/users/ada@example.org/password-reset", json!({})),
        ("POST", "/users/bob@example.org/access-mail", Value::Null),
        ("POST", "/users/ada@example.org/unlock", Value::Null),
        (
            "PUT",
            "/users/ada@example.org/memberships/Child",
            json!({"administrator": true}),
        ),
        ("POST", "/groups", json!({"name": "SOC"})),
        ("PATCH", "/groups/SOC", json!({"description": "Watches"})),
        ("PUT", "/groups/SOC/members/ada@example.org", Value::Null),
        (
            "PUT",
            "/groups/SOC/managers/users/ada@example.org",
            json!({"level": "write"}),
        ),
        (
            "POST",
            "/groups/SOC/roles",
            json!({"role": "usher:auditor"}),
        ),
        (
            "PUT",
            "/organisations/Child/grantable-groups",
            json!({"groups": ["SOC"]}),
        ),
        (
            "POST",
            "/roles",
            json!({"word": "reader", "name": "Reader"}),
        ),
        (
            "PATCH",
            "/roles/usher:reader",
            json!({"description": "Reads"}),
        ),
        (
            "POST",
            "/users/ada@example.org/grants",
            json!({"role": "usher:reader"}),
        ),
        (
            "PUT",
            "/platforms/usher/default-roles",
            json!({"roles": ["usher:reader"]}),
        ),
        (
            "POST",
            "/collections",
            json!({"name": "North", "organisations": ["Child"]}),
        ),
        (
            "POST",
            "/users/ada@example.org/keys",
            json!({"name": "night job"}),
        ),
        ("POST", "/me/keys", json!({"name": "mine"})),
        ("PATCH", "/keys/2", json!({"name": "day job"})),
        ("DELETE", "/keys/2", Value::Null),
        (
            "PATCH",
            "/settings/public",
            json!({"title": "Our directory"}),
        ),
        (
            "PATCH",
            "/settings/mail",
            json!({"sender": "usher@example.org", "password": "Cobalt-Lantern-73!"}),
        ),
        (
            "PATCH",
            "/settings/mail_templates",
            json!({"welcome": {"subject": "Hello", "text": "Hello."}}),
        ),
        ("PATCH", "/me", json!({"title": "Owner"})),
        ("POST", "/me/second-factor", json!({})),
        (
            "POST",
            "/mails",
            json!({"to": ["ada@example.org"], "subject": "Hello", "body": "Hello."}),
        ),
        ("DELETE", "/groups/SOC/members/ada@example.org", Value::Null),
        (
            "DELETE",
            "/users/ada@example.org/memberships/Child",
            Value::Null,
        ),
        ("DELETE", "/users/cyd@example.org", Value::Null),
        ("DELETE", "/groups/SOC", Value::Null),
        ("DELETE", "/roles/usher:reader?take_away=true", Value::Null),
        ("DELETE", "/users/ada@example.org/sessions", Value::Null),
    ]
}

async fn send(
    world: &World,
    method: &str,
    path: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> Reply {
    let mut call = by_owner(world, method, path);
    for (name, value) in headers {
        call = call.header(name, value);
    }
    if !body.is_null() {
        call = call.json(body);
    }
    call.send().await
}

/// An answer without what is drawn anew each time, and without what only the real call shows.
fn comparable(reply: &Reply) -> Value {
    fn mask(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members.iter_mut() {
                    match name.as_str() {
                        "id" | "hint" | "secret" | "uri" | "number" | "organisations" => {
                            *value = Value::Null
                        }
                        _ => mask(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(mask),
            _ => {}
        }
    }
    if reply.text.is_empty() {
        return Value::Null;
    }
    let mut body = reply.json();
    mask(&mut body);
    body
}

#[tokio::test]
async fn a_dry_run_answers_like_the_real_call_and_changes_nothing() {
    let world = world().await;
    for (method, path, body) in changes() {
        let before = world.state().await;
        let joint = if path.contains('?') { '&' } else { '?' };
        let trial = send(
            &world,
            method,
            &format!("{path}{joint}dry_run=true"),
            &body,
            &[],
        )
        .await;
        assert_eq!(
            trial.header("usher-dry-run"),
            Some("true"),
            "{method} {path}: {trial:?}"
        );
        assert_eq!(trial.header("location"), None, "{method} {path}");
        assert_eq!(
            world.state().await,
            before,
            "{method} {path} changed something"
        );
        for secret in ["secret", "uri"] {
            if trial.text.contains(&format!("\"{secret}\":")) {
                assert_eq!(trial.json()[secret], Value::Null, "{method} {path}");
            }
        }
        let real = send(&world, method, path, &body, &[]).await;
        assert!(real.status < 300, "{method} {path}: {real:?}");
        assert_eq!(real.header("usher-dry-run"), None, "{method} {path}");
        assert_eq!(trial.status, real.status, "{method} {path}");
        assert_eq!(comparable(&trial), comparable(&real), "{method} {path}");
    }
}

#[tokio::test]
async fn a_dry_run_is_refused_like_the_real_call() {
    let world = world().await;
    let before = world.state().await;
    let taken = owner(
        &world,
        "POST",
        "/users?dry_run=true",
        json!({"email": "owner@example.org"}),
    )
    .await;
    assert_eq!(fault(&taken).1, "taken");
    let wrong = owner(
        &world,
        "POST",
        "/users?dry_run=maybe",
        json!({"email": "ada@example.org"}),
    )
    .await;
    assert_eq!(fault(&wrong).2.as_deref(), Some("dry_run"));
    assert_eq!(world.state().await, before);
    // Reading is no change, and there is no trial of a sign-in.
    for (method, path) in [
        ("GET", "/users?dry_run=true"),
        ("GET", "/me?dry_run=true"),
        ("POST", "/sign-in?dry_run=true"),
    ] {
        let body = if method == "POST" {
            json!({"login": "a", "password": "b"})
        } else {
            Value::Null
        };
        let refused = owner(&world, method, path, body).await;
        assert_eq!(
            fault(&refused),
            (
                400,
                "invalid-parameter".to_owned(),
                Some("dry_run".to_owned())
            ),
            "{path}"
        );
    }
    // A dry run uses up no number.
    let trial = owner(
        &world,
        "POST",
        "/users?dry_run=true",
        json!({"email": "ada@example.org"}),
    )
    .await;
    let real = owner(
        &world,
        "POST",
        "/users",
        json!({"email": "ada@example.org"}),
    )
    .await;
    assert_eq!(trial.json()["number"], real.json()["number"]);
}

#[tokio::test]
async fn a_request_sent_again_under_its_key_happens_once() {
    let world = world().await;
    owner(
        &world,
        "POST",
        "/users",
        json!({"email": "ada@example.org"}),
    )
    .await;
    for (number, (path, body, other)) in [
        (
            "/users",
            json!({"email": "bob@example.org"}),
            json!({"email": "cyd@example.org"}),
        ),
        (
            "/users/ada@example.org/keys",
            json!({"name": "job"}),
            json!({"name": "other job"}),
        ),
        ("/groups", json!({"name": "SOC"}), json!({"name": "NOC"})),
        ("/me/second-factor", json!({}), json!({"code": "123456"})),
        // A refusal is an answer too.
        (
            "/users",
            json!({"email": "owner@example.org"}),
            json!({"email": "eve@example.org"}),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("job-{number}");
        let headers = [("Idempotency-Key", key.as_str())];
        let first = send(&world, "POST", path, &body, &headers).await;
        assert_eq!(first.header("idempotency-replayed"), None);
        let after = world.contents().await;
        world.clock.advance(60_000);
        let again = send(&world, "POST", path, &body, &headers).await;
        assert_eq!(
            again.header("idempotency-replayed"),
            Some("true"),
            "{path}: {again:?}"
        );
        assert_eq!(
            (first.status, &first.text),
            (again.status, &again.text),
            "{path}"
        );
        for name in ["location", "etag", "content-type"] {
            assert_eq!(first.header(name), again.header(name), "{path}");
        }
        assert_eq!(world.contents().await, after, "{path}");
        let reused = send(&world, "POST", path, &other, &headers).await;
        assert_eq!(fault(&reused).1, "idempotency-key-reused", "{path}");
        // Another person's idempotency key of that text is another one.
        let (_, stranger) = world
            .powerless(&format!("stranger{number}@example.org"))
            .await;
        let theirs = world
            .request("POST", &format!("/api/v1{path}"))
            .bearer(&stranger)
            .header("Idempotency-Key", &key)
            .json(&other)
            .send()
            .await;
        assert_eq!(theirs.header("idempotency-replayed"), None, "{path}");
        // After a day it stands for nothing any more.
        world.clock.advance(86_400_001);
        let late = send(&world, "POST", path, &body, &headers).await;
        assert_eq!(late.header("idempotency-replayed"), None, "{path}");
    }
}

#[tokio::test]
async fn keys_of_repeats_are_read_strictly() {
    let world = world().await;
    let long = "k".repeat(256);
    for key in ["", "with blank", long.as_str()] {
        let call = by_owner(&world, "POST", "/groups").header("Idempotency-Key", key);
        let refused = call.json(&json!({"name": "SOC"})).send().await;
        assert_eq!(
            fault(&refused),
            (
                400,
                "invalid-parameter".to_owned(),
                Some("Idempotency-Key".to_owned())
            ),
            "{key:?}"
        );
    }
    // A dry run keeps nothing.
    let body = json!({"name": "SOC"});
    let headers = [("Idempotency-Key", "one")];
    send(&world, "POST", "/groups?dry_run=true", &body, &headers).await;
    let real = send(&world, "POST", "/groups", &body, &headers).await;
    assert_eq!(
        (real.status, real.header("idempotency-replayed")),
        (201, None)
    );
}

#[tokio::test]
async fn requests_of_one_key_at_once_happen_once() {
    let world = world().await;
    let body = json!({"name": "SOC"});
    let one = || async {
        send(
            &world,
            "POST",
            "/groups",
            &body,
            &[("Idempotency-Key", "one")],
        )
        .await
    };
    let replies = [one(), one(), one(), one()];
    let mut made = Vec::new();
    let mut statuses = Vec::new();
    for reply in Box::pin(futures(replies)).await {
        statuses.push(reply.status);
        if reply.status == 201 {
            made.push(reply.json()["number"].clone());
        } else {
            assert_eq!(fault(&reply).1, "idempotency-key-in-use", "{reply:?}");
            assert_eq!(reply.header("retry-after"), Some("1"));
        }
    }
    made.dedup();
    assert_eq!(made.len(), 1, "{statuses:?}");
    let groups = owner(&world, "GET", "/groups?name=soc", Value::Null).await;
    assert_eq!(groups.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_told_as_lost() {
    let world = world().await;
    let body = json!({"email": "ada@example.org"});
    let headers = [("Idempotency-Key", "one")];
    // A request that ended between its change and its answer: a change under the key, with no answer kept.
    let context = directory::RequestContext {
        request_id: "request-1".to_owned(),
        ..directory::RequestContext::default()
    };
    let (platform, accepts) = (directory::Platform::USHER, directory::Accepts::Both);
    let caller = world
        .directory
        .authenticate(platform, &world.key, accepts, context);
    let caller = caller.await.unwrap();
    let ticket = directory::IdempotencyTicket::new(
        "one",
        "/users",
        &[b"", body.to_string().as_bytes()],
        "request-1",
    );
    let handle = world.directory.act(&caller).in_mode(directory::WriteMode {
        idempotency: Some(ticket),
        ..directory::WriteMode::default()
    });
    let new = directory::NewUser {
        email: Some("ada@example.org".to_owned()),
        ..directory::NewUser::default()
    };
    let made = handle.create_user(new).await.unwrap();
    let early = send(&world, "POST", "/users", &body, &headers).await;
    assert_eq!(fault(&early).1, "idempotency-key-in-use", "{early:?}");
    world.clock.advance(10_000);
    let before = world.state().await;
    let late = send(&world, "POST", "/users", &body, &headers).await;
    assert_eq!((late.status, fault(&late).1.as_str()), (409, "answer-lost"));
    let done = json!({"verb": "user.created", "entity": "user", "number": made.id.0});
    assert_eq!(late.json()["done"], json!([done]), "{late:?}");
    let other = json!({"email": "bob@example.org"});
    let reused = send(&world, "POST", "/users", &other, &headers).await;
    assert_eq!(fault(&reused).1, "idempotency-key-reused");
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn jobs_are_begun_once() {
    let world = world().await;
    let send_file = async |key: &str, file: &str| {
        by_owner(&world, "POST", "/imports?what=users")
            .header("Content-Type", "text/csv")
            .header("Idempotency-Key", key)
            .body(file.to_owned())
            .send()
            .await
    };
    let file = "email\nada@example.org\n";
    let first = send_file("one", file).await;
    assert_eq!(
        (first.status, first.header("idempotency-replayed")),
        (202, None),
        "{first:?}"
    );
    let again = send_file("one", file).await;
    assert_eq!(
        again.header("idempotency-replayed"),
        Some("true"),
        "{again:?}"
    );
    assert_eq!((again.status, &again.text), (202, &first.text));
    // A file that differs late is another request, too.
    let other = send_file("one", "email\nbob@example.org\n").await;
    assert_eq!(fault(&other).1, "idempotency-key-reused", "{other:?}");
    let second = send_file("two", file).await;
    assert_eq!(second.header("idempotency-replayed"), None);
    // What is refused is begun by no repeat either.
    for _ in 0..2 {
        let wrong = send_file("three", "shoe\n1\n").await;
        assert_eq!(fault(&wrong).2.as_deref(), Some("shoe"), "{wrong:?}");
    }
    let export = json!({"what": "groups", "filter": "name sw a"});
    let headers = [("Idempotency-Key", "export")];
    let one = send(&world, "POST", "/exports", &export, &headers).await;
    let repeat = send(&world, "POST", "/exports", &export, &headers).await;
    assert_eq!((one.status, &one.text), (202, &repeat.text), "{one:?}");
    let trial = send(&world, "POST", "/exports?dry_run=true", &export, &[]).await;
    assert_eq!(
        (trial.status, trial.header("usher-dry-run")),
        (202, Some("true")),
        "{trial:?}"
    );
    let jobs = owner(&world, "GET", "/jobs", Value::Null).await;
    assert_eq!(
        jobs.json()["items"].as_array().unwrap().len(),
        3,
        "{jobs:?}"
    );
}

/// Runs all at once, in one task.
async fn futures<T, const N: usize>(all: [impl Future<Output = T>; N]) -> Vec<T> {
    let mut waiting: Vec<_> = all.into_iter().map(|one| Some(Box::pin(one))).collect();
    let mut done = Vec::new();
    std::future::poll_fn(move |context| {
        for slot in &mut waiting {
            if let Some(one) = slot
                && let std::task::Poll::Ready(value) = one.as_mut().poll(context)
            {
                done.push(value);
                *slot = None;
            }
        }
        if waiting.iter().all(Option::is_none) {
            std::task::Poll::Ready(std::mem::take(&mut done))
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn every_thing_with_a_revision_is_guarded_by_it() {
    let world = world().await;
    owner(
        &world,
        "POST",
        "/users",
        json!({"email": "ada@example.org"}),
    )
    .await;
    owner(&world, "POST", "/organisations", json!({"name": "Child"})).await;
    owner(&world, "POST", "/groups", json!({"name": "SOC"})).await;
    owner(
        &world,
        "POST",
        "/roles",
        json!({"word": "reader", "name": "Reader"}),
    )
    .await;
    owner(&world, "POST", "/collections", json!({"name": "North"})).await;
    owner(
        &world,
        "POST",
        "/users/ada@example.org/keys",
        json!({"name": "job"}),
    )
    .await;
    let collection = owner(&world, "GET", "/collections", Value::Null)
        .await
        .json()["items"][0]["number"]
        .clone();
    let collection = format!("/collections/{collection}");
    for (path, change, deletes) in [
        ("/organisations/Child", json!({"sector": "Energy"}), true),
        ("/groups/SOC", json!({"description": "Watches"}), true),
        ("/roles/usher:reader", json!({"description": "Reads"}), true),
        (collection.as_str(), json!({"description": "North"}), true),
        ("/keys/2", json!({"name": "other job"}), true),
        ("/settings/public", json!({"title": "Ours"}), false),
        // Last: a person's keys go with them.
        ("/users/ada@example.org", json!({"title": "Analyst"}), true),
        ("/settings/lockout", json!({"threshold": 7}), false),
        (
            "/settings/mail",
            json!({"sender": "usher@example.org"}),
            false,
        ),
    ] {
        let shown = owner(&world, "GET", path, Value::Null).await;
        let tag = shown
            .header("etag")
            .unwrap_or_else(|| panic!("{path}: {shown:?}"))
            .to_owned();
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"x\", {tag}"),
            "*".to_owned(),
        ] {
            let unchanged = send(
                &world,
                "GET",
                path,
                &Value::Null,
                &[("If-None-Match", &known)],
            )
            .await;
            assert_eq!(
                (unchanged.status, unchanged.text.as_str()),
                (304, ""),
                "{path} {known}"
            );
            assert_eq!(unchanged.header("etag"), Some(tag.as_str()), "{path}");
        }
        let changed = send(&world, "PATCH", path, &change, &[("If-Match", &tag)]).await;
        assert_eq!(changed.status, 200, "{path}: {changed:?}");
        assert_ne!(changed.header("etag"), Some(tag.as_str()), "{path}");
        let fresh = send(
            &world,
            "GET",
            path,
            &Value::Null,
            &[("If-None-Match", &tag)],
        )
        .await;
        assert_eq!(fresh.status, 200, "{path}");
        assert_eq!(fresh.header("etag"), changed.header("etag"), "{path}");
        let before = world.contents().await;
        for (method, body) in [("PATCH", &change), ("DELETE", &Value::Null)] {
            if method == "DELETE" && !deletes {
                continue;
            }
            let stale = send(&world, method, path, body, &[("If-Match", &tag)]).await;
            assert_eq!(
                fault(&stale),
                (412, "stale".to_owned(), None),
                "{method} {path}"
            );
        }
        assert_eq!(world.contents().await, before, "{path}");
        if deletes {
            let last = fresh.header("etag").unwrap().to_owned();
            let gone = send(&world, "DELETE", path, &Value::Null, &[("If-Match", &last)]).await;
            assert_eq!(gone.status, 204, "{path}: {gone:?}");
        }
    }
}

/// Posts whose answer is not kept in the transaction of what they did, and why.
const APART: &[(&str, &str)] = &[];

/// An act and its answer are one transaction: a crash leaves both or neither.
#[tokio::test]
async fn an_act_and_its_answer_are_one_transaction() {
    let world = world().await;
    let more = [
        ("POST", "/users/ensure", json!({"email": "eve@example.org"})),
        ("POST", "/organisations/ensure", json!({"name": "Ensured"})),
        ("POST", "/groups/ensure", json!({"name": "Ensured"})),
        (
            "POST",
            "/users/batch",
            json!({"mode": "each", "items": [{"email": "fay@example.org"}, {"email": "fay@example.org"}]}),
        ),
        ("POST", "/users/eve@example.org/access-link", Value::Null),
        ("POST", "/views", json!({"name": "Mine", "list": "users"})),
        (
            "POST",
            "/users/actions",
            json!({"action": "disable", "users": ["eve@example.org"]}),
        ),
    ];
    let writes = async || {
        let figures = world.directory.figures().await.unwrap();
        figures
            .writes
            .outcomes
            .iter()
            .find(|(word, _)| *word == "done")
            .unwrap()
            .1
    };
    let mut kept = 0;
    for (number, (method, path, body)) in changes().into_iter().chain(more).enumerate() {
        let key = format!("key-{number}");
        let headers = [("Idempotency-Key", key.as_str())];
        let before = writes().await;
        let reply = send(&world, method, path, &body, &headers).await;
        assert!(reply.status < 300, "{method} {path}: {reply:?}");
        if method != "POST" {
            continue;
        }
        if APART.iter().any(|(apart, _)| path.ends_with(apart)) {
            continue;
        }
        assert_eq!(writes().await - before, 1, "{method} {path}");
        let again = send(&world, method, path, &body, &headers).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{path}");
        assert_eq!(
            (again.status, &again.text),
            (reply.status, &reply.text),
            "{path}"
        );
        for name in ["location", "etag", "content-type"] {
            assert_eq!(again.header(name), reply.header(name), "{path} {name}");
        }
        kept += 1;
    }
    assert!(kept >= 20, "{kept}");
}
