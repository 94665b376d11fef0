//! Ensure, batches, actions, imports, exports, jobs, access and the stream of events, over the wire.

use dialect_native::describe_fault;
use directory::JobWorker;
use serde_json::{Value, json};
use test_support::{Reply, World};

use super::{by_owner, column, fault, owner, with_key};
use crate::world;

pub async fn work(world: &World) {
    let mut worker = JobWorker::new(&world.directory, describe_fault);
    while worker.turn().await.unwrap() {}
}

/// The lines of an answer of JSON lines.
fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    let filled = reply.text.lines().filter(|line| !line.is_empty());
    filled
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub async fn import(world: &World, query: &str, content_type: &str, body: &str) -> Reply {
    by_owner(world, "POST", &format!("/imports?{query}"))
        .header("Content-Type", content_type)
        .body(body.to_owned())
        .send()
        .await
}

#[tokio::test]
async fn somebody_is_ensured() {
    let world = world().await;
    let sent = json!({
        "email": "ada@example.org", "given_name": "Ada", "title": "Analyst",
        "roles": ["usher:helpdesk"], "password": "Cobalt-Lantern-73!",
    });
    let made = owner(&world, "POST", "/users/ensure", sent.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.json()["outcome"], "created");
    assert!(made.header("location").is_some());
    let before = world.state().await;
    let same = owner(&world, "POST", "/users/ensure", sent.clone()).await;
    assert_eq!(
        (same.status, &same.json()["outcome"]),
        (200, &json!("unchanged"))
    );
    assert_eq!(same.json()["changed"], json!([]));
    assert_eq!(world.state().await, before);
    let other = json!({
        "email": "ADA@example.org", "display_name": "Ada L.", "title": null,
        "roles": ["usher:auditor"], "organisations": [],
    });
    let changed = owner(&world, "POST", "/users/ensure", other.clone()).await;
    assert_eq!(changed.json()["outcome"], "updated", "{changed:?}");
    let body = changed.json();
    assert_eq!(
        column_of(&body["changed"]),
        ["display_name", "title", "roles"]
    );
    let user = &body["user"];
    assert_eq!(
        (&user["title"], &user["given_name"]),
        (&Value::Null, &json!("Ada"))
    );
    // Added so far; `exact` takes the others away.
    let roles = async || {
        let held = owner(&world, "GET", "/users/ada@example.org/grants", Value::Null).await;
        let items = held.json()["items"].as_array().unwrap().clone();
        let words = items
            .iter()
            .map(|one| one["role"]["word"].as_str().unwrap().to_owned());
        let mut words: Vec<String> = words.collect();
        words.sort_unstable();
        words
    };
    assert!(roles().await.contains(&"helpdesk".to_owned()));
    let exact = owner(&world, "POST", "/users/ensure?exact=true", other).await;
    assert_eq!(exact.json()["changed"], json!(["roles"]), "{exact:?}");
    assert_eq!(roles().await, ["auditor"]);
    for (body, expected) in [
        (json!({}), (422, "invalid", Some("email"))),
        (
            json!({"email": "a@example.org", "emial": 1}),
            (422, "unknown-field", Some("emial")),
        ),
        (
            json!({"email": "a@example.org", "home": "Nowhere"}),
            (422, "unknown-reference", Some("home")),
        ),
        (
            json!({"email": "a@example.org", "kind": "robot"}),
            (422, "invalid", Some("kind")),
        ),
        (json!([]), (400, "malformed-body", None)),
    ] {
        let reply = owner(&world, "POST", "/users/ensure", body.clone()).await;
        let (status, kind, field) = fault(&reply);
        assert_eq!(
            (status, kind.as_str()),
            (expected.0, expected.1),
            "{body} {reply:?}"
        );
        if expected.2.is_some() {
            assert_eq!(field.as_deref(), expected.2, "{body}");
        }
    }
    // An address that a hidden person has is taken, for every caller.
    let (_, key) = world.powerless("powerless@example.org").await;
    let body = json!({"email": "ada@example.org", "title": "Mine"});
    let hidden = with_key(&world, &key, "POST", "/users/ensure", body).await;
    assert_eq!(fault(&hidden).1, "taken");
    let new = json!({"email": "new@example.org"});
    let refused = with_key(&world, &key, "POST", "/users/ensure", new).await;
    assert_eq!(fault(&refused).1, "forbidden");
}

fn column_of(values: &Value) -> Vec<&str> {
    values
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn organisations_and_groups_are_ensured() {
    let world = world().await;
    for (path, sent, change) in [
        (
            "/organisations/ensure",
            json!({"name": "North", "sector": "Energy"}),
            json!({"sector": "Water"}),
        ),
        (
            "/groups/ensure",
            json!({"name": "Blue", "description": "One"}),
            json!({"description": "Two"}),
        ),
    ] {
        let made = owner(&world, "POST", path, sent.clone()).await;
        assert_eq!(
            (made.status, &made.json()["outcome"]),
            (201, &json!("created")),
            "{made:?}"
        );
        let before = world.state().await;
        let same = owner(&world, "POST", path, sent.clone()).await;
        assert_eq!(
            (same.status, &same.json()["outcome"]),
            (200, &json!("unchanged"))
        );
        assert_eq!(world.state().await, before);
        let mut other = sent.clone();
        for (name, value) in change.as_object().unwrap() {
            other[name] = value.clone();
        }
        let changed = owner(&world, "POST", path, other).await;
        assert_eq!(changed.json()["outcome"], "updated");
        assert_eq!(column_of(&changed.json()["changed"]).len(), 1);
    }
}

/// A member that ensuring reads and forgets would be answered by "unchanged".
/// Null leaves out what cannot be cleared, for a thing that is ensured as for one that is made.
#[tokio::test]
async fn null_leaves_out_what_cannot_be_cleared() {
    let world = world().await;
    for (path, members) in [
        ("/groups", &["slug", "newcomers"][..]),
        (
            "/organisations",
            &[
                "slug",
                "parent",
                "local",
                "domains",
                "second_factor_required",
            ],
        ),
    ] {
        for member in members {
            for way in ["", "/ensure"] {
                let mut body = json!({ "name": format!("{member} {}", way.len()) });
                body[member] = Value::Null;
                let reply = owner(&world, "POST", &format!("{path}{way}"), body).await;
                assert_eq!(reply.status, 201, "{path}{way} {member}: {reply:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_member_of_an_organisation_is_ensured() {
    let world = world().await;
    for (number, (member, first, second)) in [
        ("slug", json!("one"), json!("two")),
        ("description", json!("One"), json!("Two")),
        ("kind", json!("CERT"), json!("CSIRT")),
        ("sector", json!("Energy"), json!("Water")),
        ("nationality", json!("Norway"), json!("Chile")),
        ("contacts", json!("a@example.org"), json!("b@example.org")),
        ("local", json!(true), json!(false)),
        ("domains", json!(["one.example"]), json!(["two.example"])),
        ("second_factor_required", json!(true), json!(false)),
    ]
    .into_iter()
    .enumerate()
    {
        for (value, status, changed) in [
            (&first, 201, json!([])),
            (&second, 200, json!([member])),
            (&second, 200, json!([])),
        ] {
            let body = json!({"name": format!("Member {number}"), member: value});
            let reply = owner(&world, "POST", "/organisations/ensure", body).await;
            assert_eq!(reply.status, status, "{member}: {reply:?}");
            assert_eq!(&reply.json()["organisation"][member], value, "{reply:?}");
            assert_eq!(reply.json()["changed"], changed, "{reply:?}");
        }
    }
}

#[tokio::test]
async fn batches_tell_of_each_item() {
    let world = world().await;
    let items = json!([
        {"email": "a@example.org"},
        {"email": "no-at"},
        {"email": "a@example.org"},
        {"email": "b@example.org", "home": "Nowhere"},
        {"email": "c@example.org", "title": "T"},
    ]);
    let before = world.state().await;
    let all = owner(&world, "POST", "/users/batch", json!({"items": items})).await;
    assert_eq!(fault(&all).2.as_deref(), Some("items[3].home"));
    let readable = json!([{"email": "a@example.org"}, {"email": "no-at"}]);
    let all = owner(
        &world,
        "POST",
        "/users/batch",
        json!({"items": readable, "mode": "all"}),
    )
    .await;
    let (status, kind, field) = fault(&all);
    assert_eq!(
        (status, kind.as_str(), field.as_deref()),
        (422, "invalid", Some("items[1].email"))
    );
    assert_eq!(world.state().await, before);
    let each = owner(
        &world,
        "POST",
        "/users/batch",
        json!({"items": items, "mode": "each"}),
    )
    .await;
    let body = each.json();
    assert_eq!(each.status, 200, "{each:?}");
    assert_eq!(
        (&body["succeeded"], &body["failed"]),
        (&json!(2), &json!(3))
    );
    let statuses: Vec<_> = column(&each, "status");
    assert_eq!(statuses, [201, 422, 409, 422, 201]);
    assert_eq!(body["items"][2]["problem"]["code"], "taken");
    assert_eq!(body["items"][4]["user"]["title"], "T");
    for (body, field) in [
        (json!({"items": []}), "items"),
        (
            json!({"items": [{"email": "x@example.org"}], "mode": "some"}),
            "mode",
        ),
    ] {
        let reply = owner(&world, "POST", "/users/batch", body).await;
        assert_eq!(fault(&reply).2.as_deref(), Some(field));
    }
}

async fn people(world: &World, count: usize) {
    let items: Vec<Value> = (0..count)
        .map(|number| json!({"email": format!("p{number}@example.org"), "department": "Signals"}))
        .collect();
    let made = owner(world, "POST", "/users/batch", json!({"items": items})).await;
    assert_eq!(made.status, 201, "{made:?}");
}

#[tokio::test]
async fn actions_on_those_named_and_those_found() {
    let world = world().await;
    people(&world, 3).await;
    let named = json!({
        "action": "disable", "users": ["p0@example.org", "nobody@example.org", 1],
    });
    let before = world.contents().await;
    let trial = owner(&world, "POST", "/users/actions?dry_run=true", named.clone()).await;
    assert_eq!(
        column(&trial, "outcome"),
        ["done", "failed", "failed"],
        "{trial:?}"
    );
    assert_eq!(world.contents().await, before);
    let acted = owner(&world, "POST", "/users/actions", named).await;
    assert_eq!(acted.text, trial.text);
    assert_eq!(column(&acted, "status"), [200, 404, 409]);
    let all = json!({"action": "enable", "users": ["p0@example.org", 99], "mode": "all"});
    let refused = owner(&world, "POST", "/users/actions", all).await;
    assert_eq!(fault(&refused).2.as_deref(), Some("users[1]"));
    let shown = owner(&world, "GET", "/users/p0@example.org", Value::Null).await;
    assert_eq!(shown.json()["status"], "inactive");
    // By filter, with the number that is expected.
    let found = |expect: i64| {
        json!({
            "action": "set", "filter": "department eq Signals and status eq active", "expect": expect,
            "change": {"title": "Chief"},
        })
    };
    let other = owner(&world, "POST", "/users/actions", found(3)).await;
    let (status, kind, field) = fault(&other);
    assert_eq!(
        (status, kind.as_str(), field.as_deref()),
        (409, "expectation-failed", Some("expect"))
    );
    let acted = owner(&world, "POST", "/users/actions", found(2)).await;
    assert_eq!(acted.json()["succeeded"], 2, "{acted:?}");
    let again = owner(&world, "POST", "/users/actions", found(2)).await;
    assert_eq!(column(&again, "outcome"), ["unchanged", "unchanged"]);
    for (body, field) in [
        (json!({"action": "dance", "users": [1]}), "action"),
        (json!({"action": "enable"}), "users"),
        (
            json!({"action": "enable", "users": [1], "filter": "email pr"}),
            "users",
        ),
        (json!({"action": "join", "users": [1]}), "group"),
        (
            json!({"action": "grant", "users": [1], "role": "usher:none"}),
            "role",
        ),
        (
            json!({"action": "enable", "users": [1], "group": 1}),
            "group",
        ),
    ] {
        let reply = owner(&world, "POST", "/users/actions", body.clone()).await;
        assert_eq!(fault(&reply).2.as_deref(), Some(field), "{body} {reply:?}");
    }
    let (_, key) = world.powerless("powerless@example.org").await;
    let body = json!({"action": "delete", "users": ["p1@example.org"]});
    let refused = with_key(&world, &key, "POST", "/users/actions", body).await;
    assert_eq!(fault(&refused).1, "forbidden");
}

#[tokio::test]
async fn a_plan_is_run_and_undone() {
    let world = world().await;
    people(&world, 4).await;
    let body = json!({"action": "disable", "filter": "department eq Signals", "job": true});
    let plan = owner(&world, "POST", "/users/actions?dry_run=true", body).await;
    assert_eq!(plan.status, 202, "{plan:?}");
    let place = |reply: &Reply| {
        let location = reply.header("location").unwrap();
        location.strip_prefix("/api/v1").unwrap().to_owned()
    };
    let planned = place(&plan);
    let early = owner(&world, "POST", &format!("{planned}/run"), Value::Null).await;
    assert_eq!(fault(&early).1, "in-use");
    work(&world).await;
    let shown = owner(&world, "GET", &planned, Value::Null).await.json();
    assert_eq!(
        (&shown["state"], &shown["dry_run"]),
        (&json!("done"), &json!(true))
    );
    assert_eq!(
        (&shown["action"], &shown["total"]),
        (&json!("disable"), &json!(4))
    );
    // Exactly these people; those who join meanwhile are left alone.
    owner(
        &world,
        "POST",
        "/users",
        json!({"email": "late@example.org", "department": "Signals"}),
    )
    .await;
    let run = owner(&world, "POST", &format!("{planned}/run"), Value::Null).await;
    work(&world).await;
    let inactive = async || {
        let found = owner(&world, "GET", "/users?status=inactive", Value::Null).await;
        column(&found, "email").len()
    };
    assert_eq!(inactive().await, 4);
    let undo = owner(
        &world,
        "POST",
        &format!("{}/undo", place(&run)),
        Value::Null,
    )
    .await;
    work(&world).await;
    assert_eq!(inactive().await, 0);
    let undone = owner(&world, "GET", &place(&undo), Value::Null)
        .await
        .json();
    assert_eq!(
        (&undone["updated"], &undone["failed"]),
        (&json!(4), &json!(0))
    );
    assert_eq!(
        undone["undoes"],
        owner(&world, "GET", &place(&run), Value::Null).await.json()["number"]
    );
    let report = by_owner(&world, "GET", &format!("{}/report", place(&undo)))
        .send()
        .await;
    assert_eq!(lines(&report).len(), 4);
    let wrong = owner(
        &world,
        "POST",
        &format!("{}/undo", place(&undo)),
        Value::Null,
    )
    .await;
    assert_eq!(fault(&wrong).1, "invalid");
}

#[tokio::test]
async fn a_table_is_imported_and_exported() {
    let world = world().await;
    let file = "email,given_name,title\nada@example.org,Ada,'=1+1\nno-at,,\n";
    let begun = import(&world, "what=users", "text/csv; charset=utf-8", file).await;
    assert_eq!(begun.status, 202, "{begun:?}");
    let place = begun
        .header("location")
        .unwrap()
        .strip_prefix("/api/v1")
        .unwrap()
        .to_owned();
    assert_eq!(begun.json()["state"], "waiting");
    work(&world).await;
    let shown = owner(&world, "GET", &place, Value::Null).await.json();
    assert_eq!(
        (&shown["state"], &shown["created"], &shown["failed"]),
        (&json!("done"), &json!(1), &json!(1))
    );
    let report = by_owner(&world, "GET", &format!("{place}/report"))
        .send()
        .await;
    let all = lines(&report);
    assert_eq!(all[0]["line"], 2);
    assert_eq!(
        (&all[0]["reference"], &all[0]["outcome"]),
        (&json!("ada@example.org"), &json!("created"))
    );
    assert_eq!(
        (&all[1]["problem"]["code"], &all[1]["problem"]["field"]),
        (&json!("invalid"), &json!("email"))
    );
    let failed = by_owner(&world, "GET", &format!("{place}/report?outcome=failed"))
        .send()
        .await;
    assert_eq!(lines(&failed).len(), 1);
    let body = json!({"what": "users", "filter": "email eq ada@example.org", "columns": ["email", "title", "number"]});
    let export = owner(&world, "POST", "/exports", body).await;
    let place = export
        .header("location")
        .unwrap()
        .strip_prefix("/api/v1")
        .unwrap()
        .to_owned();
    let early = by_owner(&world, "GET", &format!("{place}/result"))
        .send()
        .await;
    assert_eq!(fault(&early).1, "in-use");
    work(&world).await;
    let result = by_owner(&world, "GET", &format!("{place}/result"))
        .send()
        .await;
    assert_eq!(
        result.header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    assert!(
        result
            .text
            .starts_with("email,title,number\nada@example.org,'=1+1,"),
        "{result:?}"
    );
    let ranged = async |range: &str| {
        let call = by_owner(&world, "GET", &format!("{place}/result"));
        call.header("Range", range).send().await
    };
    let part = ranged("bytes=6-10").await;
    assert_eq!((part.status, part.text.as_str()), (206, "title"));
    let whole = result.text.len();
    assert_eq!(
        part.header("content-range"),
        Some(format!("bytes 6-10/{whole}").as_str())
    );
    assert_eq!(ranged("bytes=100000-").await.status, 416);
    assert_eq!(ranged("lines=1-2").await.text, result.text);
    let list = owner(&world, "GET", "/jobs?limit=1", Value::Null).await;
    assert_eq!(column(&list, "kind"), ["export"]);
    let next = list.json()["next"].as_str().unwrap().to_owned();
    let rest = owner(
        &world,
        "GET",
        &format!("/jobs?limit=1&cursor={next}"),
        Value::Null,
    )
    .await;
    assert_eq!(column(&rest, "kind"), ["import"]);
    assert_eq!(rest.json()["next"], Value::Null);
    let gone = owner(&world, "DELETE", &place, Value::Null).await;
    assert_eq!(gone.status, 204);
    assert_eq!(
        fault(&owner(&world, "GET", &place, Value::Null).await).0,
        404
    );
}

#[tokio::test]
async fn files_that_cannot_be_imported_are_refused_at_once() {
    let world = world().await;
    let before = world.state().await;
    for (query, content_type, body, expected) in [
        (
            "what=users",
            "application/json",
            "{}",
            (415, "unsupported-media-type", None),
        ),
        (
            "",
            "text/csv",
            "email\n",
            (400, "invalid-parameter", Some("what")),
        ),
        (
            "what=people",
            "text/csv",
            "email\n",
            (400, "invalid-parameter", Some("what")),
        ),
        (
            "what=users&mode=some",
            "text/csv",
            "email\n",
            (400, "invalid-parameter", Some("mode")),
        ),
        (
            "what=users&notify=maybe",
            "text/csv",
            "email\n",
            (400, "invalid-parameter", Some("notify")),
        ),
        ("what=users", "text/csv", "", (422, "invalid", Some("line"))),
        (
            "what=users",
            "text/csv",
            "given_name\nAda\n",
            (422, "invalid", Some("email")),
        ),
        (
            "what=users",
            "text/csv",
            "email,shoe\na,b\n",
            (422, "invalid", Some("shoe")),
        ),
        (
            "what=users",
            "text/csv",
            "email,email\na,b\n",
            (422, "invalid", Some("email")),
        ),
    ] {
        let reply = import(&world, query, content_type, body).await;
        let (status, kind, field) = fault(&reply);
        assert_eq!(
            (status, kind.as_str(), field.as_deref()),
            expected,
            "{query} {body} {reply:?}"
        );
    }
    let jobs = owner(&world, "GET", "/jobs", Value::Null).await;
    assert_eq!(column(&jobs, "kind").len(), 0);
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn access_is_explained() {
    let world = world().await;
    let own = owner(&world, "GET", "/me/access", Value::Null).await;
    let body = own.json();
    let star = body["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["word"] == "*");
    let star = star.unwrap();
    assert_eq!(
        (&star["role"], &star["path"]["kind"]),
        (&json!("usher:owner"), &json!("owner"))
    );
    assert!(body.get("allowed").is_none());
    people(&world, 1).await;
    let grant = json!({"role": "usher:helpdesk"});
    owner(&world, "POST", "/users/p0@example.org/grants", grant).await;
    let asked = "permission=credentials.reset&organisation=1";
    let why = owner(
        &world,
        "GET",
        &format!("/users/p0@example.org/access?{asked}"),
        Value::Null,
    )
    .await;
    assert_eq!(why.json()["allowed"], true, "{why:?}");
    assert_eq!(why.json()["items"][0]["role"], "usher:helpdesk");
    let who = owner(&world, "GET", &format!("/access?{asked}"), Value::Null).await;
    let logins: Vec<String> = who.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["user"]["login"].as_str().unwrap().to_owned())
        .collect();
    assert!(logins.contains(&"p0@example.org".to_owned()), "{who:?}");
    for path in [
        "/access",
        "/access?permission=users.edti",
        "/me/access?permission=nonsense",
    ] {
        let reply = owner(&world, "GET", path, Value::Null).await;
        assert_eq!(fault(&reply).2.as_deref(), Some("permission"), "{path}");
    }
    let grants = owner(&world, "GET", "/grants?role=usher:helpdesk", Value::Null).await;
    assert_eq!(column(&grants, "user").len(), 1);
    let (user, key) = world.powerless("powerless@example.org").await;
    let seen = with_key(&world, &key, "GET", "/grants", Value::Null).await;
    assert!(column(&seen, "user").iter().all(|one| *one == user.id.0));
    let hidden = with_key(&world, &key, "GET", "/users/1/access", Value::Null).await;
    assert_eq!(fault(&hidden).0, 404);
}

#[tokio::test]
async fn events_are_streamed_from_any_place() {
    let world = world().await;
    people(&world, 3).await;
    let stream = async |query: &str| {
        let reply = by_owner(&world, "GET", &format!("/events/stream{query}"))
            .send()
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        lines(&reply)
    };
    let all = stream("").await;
    let numbers: Vec<i64> = all
        .iter()
        .map(|line| line["number"].as_i64().unwrap())
        .collect();
    let listed = owner(&world, "GET", "/events?limit=1000", Value::Null).await;
    let expected: Vec<i64> = column(&listed, "number")
        .iter()
        .map(|number| number.as_i64().unwrap())
        .collect();
    assert_eq!(numbers, expected);
    let cursor = all[1]["cursor"].as_str().unwrap();
    let rest = stream(&format!("?cursor={cursor}")).await;
    assert_eq!(rest.len(), all.len() - 2);
    assert!(stream("?cursor=now").await.is_empty());
    let made = stream("?verb=user.created&entity=user").await;
    assert!(made.iter().all(|line| line["verb"] == "user.created"));
    for (query, field) in [
        ("cursor=nonsense", "cursor"),
        ("sort=-at", "sort"),
        ("follow=perhaps", "follow"),
        ("shoe=1", "shoe"),
    ] {
        let reply = owner(
            &world,
            "GET",
            &format!("/events/stream?{query}"),
            Value::Null,
        )
        .await;
        assert_eq!(fault(&reply).2.as_deref(), Some(field));
    }
    // What is kept open ends with the server.
    let call = by_owner(&world, "GET", "/events/stream?follow=true&cursor=now");
    let (reply, ()) = tokio::join!(call.send(), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        world.directory.end_streams();
    });
    assert_eq!((reply.status, reply.text.as_str()), (200, ""));
}

#[tokio::test]
async fn access_links_are_handed_out_once() {
    let world = world().await;
    people(&world, 1).await;
    let made = owner(
        &world,
        "POST",
        "/users/p0@example.org/access-link",
        Value::Null,
    )
    .await;
    assert_eq!(made.status, 201, "{made:?}");
    let body = made.json();
    assert_eq!(body["purpose"], "activate");
    let link = body["link"].as_str().unwrap();
    let token = link
        .strip_prefix("http://usher.example/account/activate?token=")
        .unwrap();
    let redeem = json!({"token": token, "password": "Cobalt-Lantern-73!"});
    let call = world
        .request("POST", "/api/v1/password-resets/redeem")
        .json(&redeem);
    assert_eq!(call.send().await.status, 204);
    let call = world
        .request("POST", "/api/v1/password-resets/redeem")
        .json(&redeem);
    assert_eq!(fault(&call.send().await).0, 404);
    let events = owner(&world, "GET", "/events?verb=access_link.made", Value::Null).await;
    assert_eq!(column(&events, "entity").len(), 1);
    assert!(!events.text.contains(token));
    let (_, key) = world.powerless("powerless@example.org").await;
    let refused = with_key(&world, &key, "POST", "/users/1/access-link", Value::Null).await;
    assert_eq!(fault(&refused).1, "forbidden");
}
