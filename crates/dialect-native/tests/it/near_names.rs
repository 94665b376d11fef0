//! A reference that leads nowhere is named in the refusal, with what was perhaps meant: of what the caller may list, and by little work.

use serde_json::{Value, json};

use super::features::work;
use super::{by_owner, fault, owner, with_key};
use crate::world;
use dialect_native::describe_fault;
use directory::JobWorker;
use test_support::World;

/// An organisation, groups, a role and people whose names can be missed.
async fn fill(world: &World) {
    for (path, body) in [
        ("/organisations", json!({"name": "Cybersec Corp"})),
        ("/organisations", json!({"name": "Finance"})),
        ("/groups", json!({"name": "Analysts"})),
        ("/groups", json!({"name": "Night shift"})),
        (
            "/users",
            json!({"email": "ada@example.org", "given_name": "Ada", "family_name": "Lovelace"}),
        ),
        ("/users", json!({"email": "grace@example.org"})),
    ] {
        let made = owner(world, "POST", path, body).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
}

#[tokio::test]
async fn near_names_are_suggested_for_every_kind_of_reference() {
    let world = world().await;
    fill(&world).await;
    let none = Value::Null;
    let made = |member: &str, value: Value| {
        let mut body = json!({"email": "new@example.org"});
        body[member] = value;
        body
    };
    let table: Vec<(&str, &str, Value, u16, &str)> = vec![
        // In a path.
        (
            "GET",
            "/users/ada@exampel.org",
            none.clone(),
            404,
            "user `ada@exampel.org`, or you may not see it. Did you mean `ada@example.org`?",
        ),
        (
            "GET",
            "/users/lovelace",
            none.clone(),
            404,
            "user `lovelace`, or you may not see it. Did you mean `ada@example.org`?",
        ),
        (
            "DELETE",
            "/users/gracy@example.org",
            none.clone(),
            404,
            "Did you mean `grace@example.org`?",
        ),
        (
            "GET",
            "/organisations/Cybersec%20Crop",
            none.clone(),
            404,
            "organisation `Cybersec Crop`, or you may not see it. Did you mean `Cybersec Corp`?",
        ),
        (
            "PATCH",
            "/organisations/cybersec",
            json!({"description": "x"}),
            404,
            "Did you mean `Cybersec Corp`?",
        ),
        (
            "GET",
            "/groups/analyst",
            none.clone(),
            404,
            "group `analyst`, or you may not see it. Did you mean `Analysts`?",
        ),
        (
            "GET",
            "/groups/shift/members",
            none.clone(),
            404,
            "Did you mean `Night shift`?",
        ),
        (
            "PUT",
            "/groups/Analyst/members/ada@example.org",
            none.clone(),
            404,
            "group `Analyst`, or you may not see it. Did you mean `Analysts`?",
        ),
        (
            "PUT",
            "/groups/Analysts/members/adda@example.org",
            none.clone(),
            404,
            "user `adda@example.org`, or you may not see it. Did you mean `ada@example.org`?",
        ),
        (
            "GET",
            "/roles/usher:auditr",
            none.clone(),
            404,
            "role `usher:auditr`, or you may not see it. Did you mean `usher:auditor`?",
        ),
        // In a body.
        (
            "POST",
            "/users",
            made("home", json!("Finances")),
            422,
            "organisation `Finances`, or you may not see it. Did you mean `Finance`?",
        ),
        (
            "POST",
            "/users",
            made("organisations", json!(["Finance", "Cybersec Cor"])),
            422,
            "Did you mean `Cybersec Corp`?",
        ),
        (
            "POST",
            "/users",
            made("groups", json!(["anlaysts"])),
            422,
            "group `anlaysts`, or you may not see it. Did you mean `Analysts`?",
        ),
        (
            "POST",
            "/users",
            made("roles", json!(["usher:ownr"])),
            422,
            "role `usher:ownr`, or you may not see it. Did you mean `usher:owner`?",
        ),
        (
            "POST",
            "/users/ada@example.org/grants",
            json!({"role": "usher:administrater"}),
            422,
            "Did you mean `usher:administrator`?",
        ),
        (
            "POST",
            "/users/ensure",
            made("home", json!("Finances")),
            422,
            "organisation `Finances`, or you may not see it. Did you mean `Finance`?",
        ),
        (
            "POST",
            "/users/ensure",
            made("primary_group", json!("analyst")),
            422,
            "Did you mean `Analysts`?",
        ),
        (
            "POST",
            "/users/ensure",
            made("groups", json!(["Night shift", "anlaysts"])),
            422,
            "group `anlaysts`, or you may not see it. Did you mean `Analysts`?",
        ),
        (
            "POST",
            "/users/ensure",
            made("roles", json!(["usher:auditr@Finance"])),
            422,
            "role `usher:auditr`, or you may not see it. Did you mean `usher:auditor`?",
        ),
        (
            "POST",
            "/users/ensure",
            made("roles", json!(["usher:auditor@Finances"])),
            422,
            "organisation `Finances`, or you may not see it. Did you mean `Finance`?",
        ),
        (
            "POST",
            "/users/ensure",
            made("groups", json!(["zzzz"])),
            422,
            "The group `zzzz` does not exist, or you may not see it.",
        ),
        (
            "POST",
            "/users/ensure",
            made("groups", json!([4711])),
            422,
            "The group that the request names does not exist, or you may not see it.",
        ),
        // Nothing is near.
        (
            "GET",
            "/groups/zzzz",
            none.clone(),
            404,
            "There is no such group, or you may not see it.",
        ),
        (
            "POST",
            "/users",
            made("groups", json!(["zzzz"])),
            422,
            "The group `zzzz` does not exist, or you may not see it.",
        ),
        // Numbers and ids are near to nothing.
        (
            "GET",
            "/groups/4711",
            none.clone(),
            404,
            "There is no such group, or you may not see it.",
        ),
        (
            "POST",
            "/users",
            made("groups", json!([4711])),
            422,
            "The group `4711` does not exist, or you may not see it.",
        ),
    ];
    for (method, path, body, status, detail) in table {
        let before = world.directory.statements();
        let reply = owner(&world, method, path, body).await;
        let cost = world.directory.statements() - before;
        let shown = format!("{method} {path}: {reply:?}");
        let (refused, _, field) = fault(&reply);
        assert_eq!(refused, status, "{shown}");
        // The member at fault is named as before; a row says which only where it is by name.
        let named = status == 422 && !detail.starts_with("The group that the request");
        assert_eq!(field.is_some(), named, "{shown}");
        let told = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(told.contains(detail), "{shown}");
        assert!(cost <= 12, "{cost} statements: {shown}");
    }
}

#[tokio::test]
async fn what_a_caller_may_not_list_is_not_suggested() {
    let world = world().await;
    fill(&world).await;
    let hidden = json!({"name": "Hidden analysts", "organisation": "Finance"});
    assert_eq!(owner(&world, "POST", "/groups", hidden).await.status, 201);
    let head =
        json!({"email": "head@example.org", "home": "Cybersec Corp", "default_roles": false});
    assert_eq!(owner(&world, "POST", "/users", head).await.status, 201);
    let grant = json!({"role": "usher:administrator", "organisation": "Cybersec Corp"});
    let granted = owner(&world, "POST", "/users/head@example.org/grants", grant).await;
    assert_eq!(granted.status, 201, "{granted:?}");
    let made = owner(&world, "POST", "/users/head@example.org/keys", json!({})).await;
    let head = made.json()["secret"].as_str().unwrap().to_owned();
    let (_, powerless) = world.powerless("powerless@example.org").await;
    for key in [&head, &powerless] {
        for path in [
            "/users/ada@exampel.org",
            "/groups/hidden%20analyst",
            "/organisations/Financ",
        ] {
            let reply = with_key(&world, key, "GET", path, Value::Null).await;
            assert!(matches!(reply.status, 403 | 404), "{path}: {reply:?}");
            for name in ["ada@example.org", "Hidden analysts", "Finance`"] {
                assert!(!reply.text.contains(name), "{path}: {reply:?}");
            }
        }
    }
    // What the administrator may list is.
    let own = with_key(&world, &head, "GET", "/users/haed@example.org", Value::Null).await;
    assert!(own.text.contains("`head@example.org`"), "{own:?}");
    // The look-up of near names writes no event of a refusal.
    let events = owner(&world, "GET", "/events?verb=access.refused", Value::Null).await;
    assert!(!events.text.contains("ListUsers"), "{events:?}");
}

/// The change that an action makes says of a name that leads nowhere what was perhaps meant, at once and as a job.
#[tokio::test]
async fn a_change_of_many_people_says_what_was_meant() {
    let world = world().await;
    fill(&world).await;
    let table = [
        ("groups", json!(["anlaysts"]), "Did you mean `Analysts`?"),
        (
            "primary_group",
            json!("anlaysts"),
            "Did you mean `Analysts`?",
        ),
        ("home", json!("Finances"), "Did you mean `Finance`?"),
        ("groups", json!(["zzzz"]), "The group `zzzz` does not exist"),
    ];
    for (member, value, detail) in table {
        for mode in ["each", "all"] {
            let body = json!({
                "action": "set", "users": ["ada@example.org", 1], "mode": mode, "change": { member: value },
            });
            let reply = owner(&world, "POST", "/users/actions", body.clone()).await;
            if mode == "all" {
                assert_eq!(reply.status, 422, "{reply:?}");
                assert!(reply.text.contains(detail), "{reply:?}");
                continue;
            }
            for item in reply.json()["items"].as_array().unwrap() {
                assert_eq!(item["problem"]["code"], "unknown-reference", "{reply:?}");
                assert_eq!(item["problem"]["field"], member, "{reply:?}");
                let told = item["problem"]["detail"].as_str().unwrap();
                assert!(told.contains(detail), "{reply:?}");
            }
            let mut body = body;
            body["job"] = true.into();
            let begun = owner(&world, "POST", "/users/actions", body).await;
            assert_eq!(begun.status, 202, "{begun:?}");
            work(&world).await;
            let report = format!("/jobs/{}/report", begun.json()["number"]);
            let report = by_owner(&world, "GET", &report).send().await;
            assert_eq!(report.text.matches(detail).count(), 2, "{report:?}");
        }
    }
}

/// A change of many people suggests no name that the caller may not list.
#[tokio::test]
async fn a_change_of_many_people_suggests_what_may_be_listed() {
    let world = world().await;
    fill(&world).await;
    let hidden = json!({"name": "Hidden analysts", "organisation": "Finance"});
    assert_eq!(owner(&world, "POST", "/groups", hidden).await.status, 201);
    let head =
        json!({"email": "head@example.org", "home": "Cybersec Corp", "default_roles": false});
    assert_eq!(owner(&world, "POST", "/users", head).await.status, 201);
    let grant = json!({"role": "usher:administrator", "organisation": "Cybersec Corp"});
    let granted = owner(&world, "POST", "/users/head@example.org/grants", grant).await;
    assert_eq!(granted.status, 201, "{granted:?}");
    let made = owner(&world, "POST", "/users/head@example.org/keys", json!({})).await;
    let head = made.json()["secret"].as_str().unwrap().to_owned();
    let body = json!({
        "action": "set", "users": ["head@example.org"], "change": {"groups": ["hidden analyst"]},
    });
    let reply = with_key(&world, &head, "POST", "/users/actions", body.clone()).await;
    assert!(reply.text.contains("unknown-reference"), "{reply:?}");
    assert!(!reply.text.contains("Hidden analysts"), "{reply:?}");
    let reply = owner(&world, "POST", "/users/actions", body).await;
    assert!(
        reply.text.contains("Did you mean `Hidden analysts`?"),
        "{reply:?}"
    );
}

/// However many references of a request lead nowhere, one is looked up.
#[tokio::test]
async fn a_refused_request_costs_one_suggestion() {
    let world = world().await;
    fill(&world).await;
    let items: Vec<Value> = (0..100)
        .map(|number| json!({"email": format!("p{number}@example.org"), "groups": ["analyst"]}))
        .collect();
    let before = world.directory.statements();
    let body = json!({"mode": "each", "items": items});
    let reply = owner(&world, "POST", "/users/batch", body).await;
    let cost = world.directory.statements() - before;
    assert!(reply.status < 500, "{reply:?}");
    assert!(cost <= 320, "{cost} statements: {reply:?}");
}

/// Sends a table as a file, does the job, and gives the lines of its report.
async fn import(world: &World, key: &str, query: &str, table: &str) -> Vec<Value> {
    let target = format!("/api/v1/imports?{query}");
    let sent = world.request("POST", &target).bearer(key);
    let sent = sent.header("Content-Type", "text/csv");
    let job = sent.body(table.to_owned()).send().await;
    assert_eq!(job.status, 202, "{job:?}");
    let mut worker = JobWorker::new(&world.directory, describe_fault);
    while worker.turn().await.unwrap() {}
    let job = job.json();
    let report = format!("/api/v1/jobs/{}/report", job["id"].as_str().unwrap());
    let report = world.request("GET", &report).bearer(key).send().await;
    let lines = report.text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A line of an import that names what is not there says what was perhaps meant, in earnest and in a dry run; the lines beside
/// it are done as they are without it.
#[tokio::test]
async fn lines_of_an_import_say_what_was_perhaps_meant() {
    let world = world().await;
    fill(&world).await;
    let table = "email,home,groups,roles\n\
                 one@example.org,Finances,,\n\
                 two@example.org,Finance,Analysts,\n\
                 three@example.org,,Night shift;anlaysts,\n\
                 four@example.org,,anlaysts@Finance,usher:auditor\n\
                 five@example.org,,,usher:auditr\n\
                 six@example.org,,zzzz,\n\
                 seven@example.org,,4711,\n";
    let expected = [
        ("failed", "home", "Did you mean `Finance`?"),
        ("created", "", ""),
        (
            "failed",
            "groups",
            "group `anlaysts`, or you may not see it. Did you mean `Analysts`?",
        ),
        ("failed", "groups", "Did you mean `Analysts`?"),
        ("failed", "roles", "Did you mean `usher:auditor`?"),
        ("failed", "groups", "The group `zzzz` does not exist"),
        (
            "failed",
            "",
            "The group that the request names does not exist",
        ),
    ];
    for query in [
        "what=users&dry_run=true",
        "what=users&mode=all",
        "what=users&mode=each",
    ] {
        let lines = import(&world, &world.key, query, table).await;
        assert_eq!(lines.len(), expected.len(), "{query}: {lines:?}");
        for (line, (outcome, field, detail)) in lines.iter().zip(expected) {
            // What would have been made beside a line that fails is skipped where it is all or nothing.
            let all = query.contains("all") && outcome == "created";
            let outcome = if all { "skipped" } else { outcome };
            assert_eq!(line["outcome"], outcome, "{query}: {line}");
            let problem = &line["problem"];
            assert_eq!(
                problem["field"].as_str().unwrap_or_default(),
                field,
                "{line}"
            );
            let told = problem["detail"].as_str().unwrap_or_default();
            assert!(told.contains(detail), "{query}: {line}");
        }
    }
    let table = "user,organisation\nada@exampel.org,Finance\nada@example.org,Financ\n";
    let lines = import(&world, &world.key, "what=memberships", table).await;
    for (line, near) in lines.iter().zip(["`ada@example.org`?", "`Finance`?"]) {
        let told = line["problem"]["detail"].as_str().unwrap();
        assert!(told.contains(near), "{line}");
    }
}

/// A job suggests what its owner may list, and nothing else.
#[tokio::test]
async fn lines_of_an_import_suggest_nothing_hidden() {
    let world = world().await;
    fill(&world).await;
    let head =
        json!({"email": "head@example.org", "home": "Cybersec Corp", "default_roles": false});
    assert_eq!(owner(&world, "POST", "/users", head).await.status, 201);
    let grant = json!({"role": "usher:administrator", "organisation": "Cybersec Corp"});
    let granted = owner(&world, "POST", "/users/head@example.org/grants", grant).await;
    assert_eq!(granted.status, 201, "{granted:?}");
    let made = owner(&world, "POST", "/users/head@example.org/keys", json!({})).await;
    let head = made.json()["secret"].as_str().unwrap().to_owned();
    let table = "email,home\none@example.org,Financ\ntwo@example.org,Cybersec Cor\n";
    let lines = import(&world, &head, "what=users", table).await;
    let told: Vec<&str> = lines
        .iter()
        .map(|line| line["problem"]["detail"].as_str().unwrap())
        .collect();
    assert!(
        told[0].starts_with("The organisation `Financ` does not exist"),
        "{told:?}"
    );
    assert!(!told[0].contains("Finance"), "{told:?}");
    assert!(
        told[1].contains("Did you mean `Cybersec Corp`?"),
        "{told:?}"
    );
}

/// However many lines of a chunk name what is not there, a bounded number of names is looked up.
#[tokio::test]
async fn suggestions_of_an_import_are_bounded() {
    let world = world().await;
    fill(&world).await;
    let table = |names: usize| {
        let lines = (0..200).map(|line| {
            let name = line % names;
            format!("p{line}@example.org,analyst{name}\n")
        });
        format!("email,groups\n{}", lines.collect::<String>())
    };
    let mut costs = Vec::new();
    for names in [1, 10, 200] {
        let before = world.directory.statements();
        let lines = import(&world, &world.key, "what=users", &table(names)).await;
        costs.push(world.directory.statements() - before);
        assert!(
            lines.iter().all(|line| line["outcome"] == "failed"),
            "{lines:?}"
        );
        let near = lines
            .iter()
            .filter(|line| line.to_string().contains("Did you mean `Analysts`?"));
        let expected = if names == 200 { 10 } else { 200 };
        assert_eq!(near.count(), expected, "{names} names");
    }
    assert!(costs[2] < costs[1] + 2 * 200 * 8, "{costs:?}");
}
