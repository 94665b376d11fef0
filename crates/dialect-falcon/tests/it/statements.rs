//! How many statements requests cost: no more with many people, many grants or late pages.

use super::*;

#[tokio::test]
async fn pages_cost_the_same_however_many_people_and_grants_there_are() {
    let world = world().await;
    let token = owners_token(&world).await;
    let mut costs: Vec<Vec<(&str, u64)>> = Vec::new();
    let (viewer, help_desk) = (
        role(&world, "event_viewer").await,
        role(&world, "help_desk").await,
    );
    let group = NewGroup {
        name: "Desk".to_owned(),
        organisation: Some(ROOT),
        ..NewGroup::default()
    };
    let system = world.system();
    let group = system.create_group(group).await.unwrap().id;
    system
        .add_group_role(group, help_desk, GroupRoleScope::Organisation(ROOT))
        .await
        .unwrap();
    for people in [20, 10_000] {
        // Two grants of each person, one of them by a group.
        let new = (0..people).map(|number| NewUser {
            email: Some(format!("p{people}-{number}@example.org")),
            roles: vec![viewer],
            groups: vec![group],
            ..NewUser::default()
        });
        let new: Vec<NewUser> = new.collect();
        let mut made = Vec::new();
        // No transaction of a test holds the database for long, however busy the machine is.
        for some in new.chunks(500) {
            made.extend(system.create_users(some.to_vec()).await.unwrap());
        }
        let last = made.last().unwrap();
        let uuids: Vec<String> = made
            .iter()
            .take(500)
            .map(|user| user.uuid.to_string())
            .collect();
        let mut round = Vec::new();
        for (what, method, path, body) in [
            ("users", "GET", "/user-management/queries/users/v1?limit=10".to_owned(), Value::Null),
            ("late users", "GET", "/user-management/queries/users/v1?limit=10&offset=15".to_owned(), Value::Null),
            (
                "filtered users",
                "GET",
                "/user-management/queries/users/v1?limit=10&filter=direct_assigned_cids:null,uid:*'p*'".to_owned(),
                Value::Null,
            ),
            ("read users", "POST", "/user-management/entities/users/GET/v1".to_owned(), json!({ "ids": uuids })),
            (
                "grants",
                "GET",
                format!("/user-management/combined/user-roles/v2?user_uuid={}&limit=10", last.uuid),
                Value::Null,
            ),
            (
                "late grants",
                "GET",
                format!("/user-management/combined/user-roles/v2?user_uuid={}&offset=500", last.uuid),
                Value::Null,
            ),
            (
                "role ids",
                "GET",
                format!("/user-roles/queries/user-role-ids-by-user-uuid/v1?user_uuid={}", last.uuid),
                Value::Null,
            ),
        ] {
            let ask = async || {
                let call = call(&world, &token, method, &path);
                let call = if body.is_null() { call } else { call.json(&body) };
                let reply = call.send().await;
                assert_eq!(reply.status, 200, "{what}: {reply:?}");
            };
            ask().await;
            let before = world.directory.statements();
            ask().await;
            round.push((what, world.directory.statements() - before));
        }
        costs.push(round);
        let path = format!(
            "/user-management/combined/user-roles/v2?user_uuid={}&limit=1",
            last.uuid
        );
        let grants = get(&world, &token, &path).await.json();
        assert_eq!(grants["meta"]["pagination"]["total"], 2, "{grants}");
    }
    assert_eq!(costs[0], costs[1]);
    for (what, statements) in &costs[0] {
        assert!(*statements <= 12, "{what}: {statements}");
    }
}

/// The answer of a change is read in the transaction that makes it.
#[tokio::test]
async fn a_change_reads_its_answer_in_its_transaction() {
    let world = world().await;
    let token = owners_token(&world).await;
    let new = NewUser {
        email: Some("ada@example.org".to_owned()),
        ..NewUser::default()
    };
    let ada = world.system().create_user(new).await.unwrap();
    let path = format!("/user-management/entities/users/v1?user_uuid={}", ada.uuid);
    let mut costs = Vec::new();
    for name in ["Ada", "Augusta"] {
        let before = world.directory.statements();
        let body = json!({ "first_name": name });
        let reply = send(&world, &token, "PATCH", &path, body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let shown = &reply.json()["resources"][0];
        assert_eq!(shown["first_name"], name);
        assert!(shown["cid"].is_string(), "{shown}");
        costs.push(world.directory.statements() - before);
    }
    insta::assert_debug_snapshot!(costs);
}

#[tokio::test]
async fn what_is_too_much_costs_nothing() {
    let world = world().await;
    let token = owners_token(&world).await;
    let ids = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    let nested = format!("{}uid:'a'", "(".repeat(60));
    for (method, path, body) in [
        (
            "POST",
            "/user-management/entities/users/GET/v1".to_owned(),
            json!({ "ids": ids(5_001) }),
        ),
        (
            "POST",
            "/user-management/entities/roles/GET/v2".to_owned(),
            json!({ "ids": ids(5_001) }),
        ),
        (
            "POST",
            "/user-management/entities/user-role-actions/v1".to_owned(),
            json!({
                "action": "grant", "cid": "f".repeat(32), "uuid": uuid(), "role_ids": ids(501),
            }),
        ),
        (
            "POST",
            "/user-management/entities/user-actions/v1".to_owned(),
            json!({ "action": { "action_name": "reset_2fa" }, "ids": ids(501) }),
        ),
        (
            "GET",
            format!("/user-management/queries/users/v1?filter={nested}"),
            Value::Null,
        ),
        (
            "GET",
            format!(
                "/user-management/queries/users/v1?filter={}",
                vec!["uid:'a'"; 21].join(",")
            ),
            Value::Null,
        ),
        (
            "GET",
            "/user-management/queries/users/v1?limit=501".to_owned(),
            Value::Null,
        ),
        (
            "GET",
            "/user-management/queries/users/v1?offset=99999999999999999999".to_owned(),
            Value::Null,
        ),
        (
            "GET",
            format!(
                "/user-roles/entities/user-roles/v1?ids={}",
                ids(5_001).join(",")
            ),
            Value::Null,
        ),
        (
            "GET",
            "/mssp/queries/user-groups/v1?limit=5001".to_owned(),
            Value::Null,
        ),
    ] {
        // The first call looks the caller up; the second costs nothing at all.
        let mut cost = 0;
        for _ in 0..2 {
            let before = world.directory.statements();
            let call = call(&world, &token, method, &path);
            let call = if body.is_null() {
                call
            } else {
                call.json(&body)
            };
            let reply = call.send().await;
            assert!(
                reply.status == 400 && shaped(&reply),
                "{path:.80}: {reply:?}"
            );
            cost = world.directory.statements() - before;
        }
        assert_eq!(cost, 0, "{path:.80}");
    }
}

fn uuid() -> &'static str {
    "11111111-2222-4333-8444-555555555555"
}
