use serde_json::{Value, json};

use super::{column, fault, owner, stable, with_key};
use crate::world;

#[tokio::test]
async fn a_group_goes_round_field_by_field() {
    let world = world().await;
    let sent = json!({
        "id": "6f1c0c52-3d1e-4b52-9b9a-0a1b2c3d4e5f", "organisation": 1, "name": "Analysts",
        "slug": "analysts", "description": "They analyse",
    });
    let made = owner(&world, "POST", "/groups", sent.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(&made.json()[field], value, "{field}");
    }
    insta::assert_snapshot!("group_made", stable(&made));
    let number = made.json()["number"].clone();
    let change = json!({"name": "Readers", "slug": "readers", "description": null});
    let changed = owner(&world, "PATCH", "/groups/analysts", change.clone()).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    for (field, value) in change.as_object().unwrap() {
        assert_eq!(&changed.json()[field], value, "{field}");
    }
    let echo = owner(&world, "PATCH", "/groups/readers", change).await;
    assert_eq!(echo.json(), changed.json());
    let list = owner(
        &world,
        "GET",
        "/groups?q=read&organisation=Example&sort=-name",
        Value::Null,
    )
    .await;
    assert_eq!(column(&list, "number"), [number]);
    assert_eq!(
        owner(&world, "DELETE", "/groups/readers", Value::Null)
            .await
            .status,
        204
    );
    let gone = owner(&world, "GET", "/groups/readers", Value::Null).await;
    assert_eq!(fault(&gone).0, 404);
}

#[tokio::test]
async fn members_and_managers_come_and_go() {
    let world = world().await;
    owner(&world, "POST", "/groups", json!({"name": "Analysts"})).await;
    owner(&world, "POST", "/groups", json!({"name": "Leads"})).await;
    let (_, ada) = world.powerless("ada@example.org").await;
    let (_, bob) = world.powerless("bob@example.org").await;
    for path in [
        "/groups/Analysts/members/ada@example.org",
        "/users/3/groups/analysts",
    ] {
        for _ in 0..2 {
            let put = owner(&world, "PUT", path, Value::Null).await;
            assert_eq!((put.status, put.text.as_str()), (204, ""), "{put:?}");
        }
    }
    let members = owner(
        &world,
        "GET",
        "/groups/Analysts/members?sort=login&total=true",
        Value::Null,
    )
    .await;
    assert_eq!(
        column(&members, "login"),
        ["ada@example.org", "bob@example.org"]
    );
    assert_eq!(members.json()["total"], 2);
    for (key, path) in [(&world.key, "/users/2/groups"), (&ada, "/me/groups")] {
        let groups = with_key(&world, key, "GET", path, Value::Null).await;
        assert_eq!(column(&groups, "name"), ["Analysts"], "{path} {groups:?}");
    }
    // A manager of the group changes its members; nobody else may, not even who sees them all.
    owner(
        &world,
        "POST",
        "/users/2/grants",
        json!({"role": "auditor"}),
    )
    .await;
    let foreign = with_key(
        &world,
        &ada,
        "DELETE",
        "/groups/Analysts/members/3",
        Value::Null,
    )
    .await;
    assert!([403, 404].contains(&fault(&foreign).0));
    let level = json!({"level": "manage"});
    let user = owner(
        &world,
        "PUT",
        "/groups/Analysts/managers/users/ada@example.org",
        level.clone(),
    )
    .await;
    assert_eq!(
        user.json(),
        json!({"user": 2, "group": null, "level": "manage", "platform": null}),
        "{user:?}"
    );
    let group = owner(
        &world,
        "PUT",
        "/groups/Analysts/managers/groups/Leads",
        json!({"level": "read"}),
    )
    .await;
    assert_eq!(group.json()["level"], "read", "{group:?}");
    let managers = owner(&world, "GET", "/groups/Analysts/managers", Value::Null).await;
    assert_eq!(managers.json()["items"].as_array().unwrap().len(), 2);
    let removed = with_key(
        &world,
        &ada,
        "DELETE",
        "/groups/Analysts/members/3",
        Value::Null,
    )
    .await;
    assert_eq!(removed.status, 204, "{removed:?}");
    assert!(
        column(
            &with_key(&world, &bob, "GET", "/me/groups", Value::Null).await,
            "name"
        )
        .is_empty()
    );
    for path in ["users/2", "groups/Leads"] {
        let gone = owner(
            &world,
            "DELETE",
            &format!("/groups/Analysts/managers/{path}"),
            Value::Null,
        )
        .await;
        assert_eq!(gone.status, 204, "{gone:?}");
    }
    for (body, field) in [
        (json!({}), "level"),
        (json!({"level": "own"}), "level"),
        (json!({"level": "read", "x": 1}), "x"),
    ] {
        let refused = owner(&world, "PUT", "/groups/Analysts/managers/users/2", body).await;
        assert_eq!(fault(&refused).2.as_deref(), Some(field));
    }
}

#[tokio::test]
async fn a_role_goes_round_field_by_field() {
    let world = world().await;
    let sent = json!({
        "platform": "usher", "word": "greeter", "name": "Greeter", "description": "Greets newcomers",
        "lines": [
            {"word": "users.read", "reach": "subtree"},
            {"word": "users.create", "reach": "organisation"},
            {"word": "users.edit", "reach": {"listed": [1]}},
        ],
    });
    let made = owner(&world, "POST", "/roles", sent.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(&made.json()[field], value, "{field}");
    }
    insta::assert_snapshot!("role_made", stable(&made));
    let number = made.json()["number"].to_string();
    let platform_number = made.json()["platform_number"].to_string();
    for name in [
        &number,
        "usher:greeter",
        "greeter",
        &format!("usher:{platform_number}"),
    ] {
        let shown = owner(&world, "GET", &format!("/roles/{name}"), Value::Null).await;
        assert_eq!(shown.json(), made.json(), "{name}");
    }
    let change = json!({"name": "Usherette", "description": "", "lines": []});
    let changed = owner(&world, "PATCH", "/roles/greeter", change.clone()).await;
    for (field, value) in change.as_object().unwrap() {
        assert_eq!(&changed.json()[field], value, "{field}");
    }
    let builtin = owner(
        &world,
        "GET",
        "/roles?platform=usher&builtin=true&sort=word",
        Value::Null,
    )
    .await;
    assert_eq!(
        column(&builtin, "word"),
        ["administrator", "auditor", "helpdesk", "member", "owner"]
    );
    for (body, field) in [
        (
            json!({"lines": [{"word": "users.reed", "reach": "all"}], "name": "x"}),
            Some("lines"),
        ),
        (
            json!({"lines": [{"word": "users.read", "reach": "far"}], "name": "x"}),
            Some("lines"),
        ),
        (
            json!({"lines": [{"word": "users.read"}], "name": "x"}),
            Some("lines"),
        ),
        (
            json!({"lines": [{"word": "users.read", "reach": "all", "till": 1}], "name": "x"}),
            Some("lines"),
        ),
        (json!({"platform": "moon", "name": "x"}), Some("platform")),
        (json!({"name": "USHERETTE"}), Some("name")),
        (json!({}), Some("name")),
    ] {
        let refused = owner(&world, "POST", "/roles", body.clone()).await;
        assert_eq!(fault(&refused).2.as_deref(), field, "{body} {refused:?}");
    }
    for path in ["/roles/usher:owner", "/roles/1"] {
        let protected = owner(&world, "DELETE", path, Value::Null).await;
        assert_eq!(fault(&protected).1, "protected", "{path}");
    }
    assert_eq!(
        owner(&world, "DELETE", "/roles/greeter", Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(
        fault(&owner(&world, "GET", "/roles/greeter", Value::Null).await).0,
        404
    );
    assert_eq!(
        fault(&owner(&world, "GET", "/roles/moon:greeter", Value::Null).await).0,
        404
    );
}

#[tokio::test]
async fn grants_name_every_path() {
    let world = world().await;
    let (_, ada) = world.powerless("ada@example.org").await;
    owner(&world, "POST", "/groups", json!({"name": "Helpers"})).await;
    let role = json!({"role": "usher:helpdesk"});
    let through = owner(&world, "POST", "/groups/Helpers/roles", role.clone()).await;
    assert_eq!(through.status, 201, "{through:?}");
    assert_eq!(through.json()["role"]["word"], "helpdesk");
    assert_eq!(
        owner(&world, "POST", "/groups/Helpers/roles", role)
            .await
            .status,
        200
    );
    owner(&world, "PUT", "/groups/Helpers/members/2", Value::Null).await;
    let direct =
        json!({"role": "auditor", "organisation": "Example", "expires_at": "2026-06-01T00:00:00Z"});
    let direct = owner(&world, "POST", "/users/2/grants", direct).await;
    assert_eq!(direct.status, 201, "{direct:?}");
    for (key, path) in [
        (&world.key, "/users/ada@example.org/grants"),
        (&ada, "/me/grants"),
    ] {
        let held = with_key(&world, key, "GET", path, Value::Null).await;
        let held = held.json();
        let mut paths: Vec<(String, String)> = held["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                (
                    one["role"]["word"].to_string(),
                    one["path"]["kind"].to_string(),
                )
            })
            .collect();
        paths.sort();
        let expected = [("\"auditor\"", "\"direct\""), ("\"helpdesk\"", "\"group\"")];
        assert_eq!(
            paths,
            expected.map(|(a, b)| (a.to_owned(), b.to_owned())),
            "{path} {held}"
        );
    }
    // The rights work until they are taken away.
    let events = with_key(&world, &ada, "GET", "/users", Value::Null).await;
    assert_eq!(column(&events, "number"), [1, 2]);
    let number = direct.json()["number"].to_string();
    let location = direct.header("location").unwrap().to_owned();
    assert!(
        location.ends_with(&format!("/grants/{number}")),
        "{location}"
    );
    assert_eq!(
        owner(
            &world,
            "DELETE",
            &format!("/users/2/grants/{number}"),
            Value::Null
        )
        .await
        .status,
        204
    );
    assert_eq!(
        owner(
            &world,
            "DELETE",
            &format!("/users/2/grants/{number}"),
            Value::Null
        )
        .await
        .status,
        404
    );
    let row = through.json()["number"].to_string();
    assert_eq!(
        owner(
            &world,
            "DELETE",
            &format!("/groups/Helpers/roles/{row}"),
            Value::Null
        )
        .await
        .status,
        204
    );
    let list = with_key(&world, &ada, "GET", "/users", Value::Null).await;
    assert!(
        list.status == 403 || column(&list, "number") == [2],
        "{list:?}"
    );
    // Nobody grants more than they hold, and the last owner stays.
    let raised = with_key(
        &world,
        &ada,
        "POST",
        "/users/2/grants",
        json!({"role": "owner"}),
    )
    .await;
    assert_eq!(fault(&raised).0, 403);
    let owners = owner(&world, "GET", "/me/grants", Value::Null).await;
    let grant = owners.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["role"]["word"] == "owner")
        .unwrap()["number"]
        .to_string();
    let last = owner(
        &world,
        "DELETE",
        &format!("/users/1/grants/{grant}"),
        Value::Null,
    )
    .await;
    assert_eq!(fault(&last), (409, "last-owner".to_owned(), None));
}

#[tokio::test]
async fn users_are_made_with_roles_and_groups() {
    let world = world().await;
    owner(&world, "POST", "/groups", json!({"name": "Analysts"})).await;
    let body = json!({
        "email": "ada@example.org", "roles": ["helpdesk", "usher:auditor"], "groups": ["Analysts"],
        "primary_group": "Analysts",
    });
    let made = owner(&world, "POST", "/users", body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let grants = owner(&world, "GET", "/users/2/grants", Value::Null).await;
    assert_eq!(
        grants.json()["items"].as_array().unwrap().len(),
        2,
        "{grants:?}"
    );
    for query in [
        "group=Analysts",
        "primary_group=analysts",
        "role=helpdesk",
        "direct_role=usher:auditor",
    ] {
        let list = owner(&world, "GET", &format!("/users?{query}"), Value::Null).await;
        assert_eq!(column(&list, "number"), [2], "{query}");
    }
    for query in ["group=Nobody", "role=usher:nothing", "role=moon:landing"] {
        let list = owner(&world, "GET", &format!("/users?{query}"), Value::Null).await;
        assert!(column(&list, "number").is_empty(), "{query}");
    }
    for (body, field) in [
        (json!({"roles": ["usher:nothing"]}), "roles"),
        (json!({"groups": ["Nobody"]}), "groups"),
        (json!({"primary_group": 77}), "primary_group"),
    ] {
        let mut body = body;
        body["email"] = json!("bob@example.org");
        let refused = owner(&world, "POST", "/users", body).await;
        let (status, kind, at) = fault(&refused);
        assert_eq!(
            (status, kind.as_str(), at.as_deref()),
            (422, "unknown-reference", Some(field))
        );
    }
    let moved = owner(
        &world,
        "PATCH",
        "/users/2",
        json!({"primary_group": null, "groups": []}),
    )
    .await;
    assert_eq!(moved.json()["primary_group"], Value::Null, "{moved:?}");
    let groups = owner(&world, "GET", "/users/2/groups", Value::Null).await;
    assert!(column(&groups, "name").is_empty());
}

#[tokio::test]
async fn organisations_hand_out_groups_and_platforms_give_defaults() {
    let world = world().await;
    owner(&world, "POST", "/groups", json!({"name": "Analysts"})).await;
    let path = "/organisations/Example/grantable-groups";
    let put = owner(&world, "PUT", path, json!({"groups": ["Analysts"]})).await;
    assert_eq!(column(&put, "name"), ["Analysts"], "{put:?}");
    let shown = owner(&world, "GET", path, Value::Null).await;
    assert_eq!(shown.json(), put.json());
    let none = owner(&world, "PUT", path, json!({"groups": []})).await;
    assert!(column(&none, "name").is_empty());
    let platforms = owner(&world, "GET", "/platforms", Value::Null).await;
    assert_eq!(column(&platforms, "word")[0], "usher");
    let path = "/platforms/usher/default-roles";
    let shown = owner(&world, "GET", path, Value::Null).await;
    assert_eq!(column(&shown, "word"), ["member"]);
    let put = owner(&world, "PUT", path, json!({"roles": ["auditor", "member"]})).await;
    assert_eq!(column(&put, "word"), ["auditor", "member"], "{put:?}");
    let wrong = owner(&world, "PUT", path, json!({"roles": ["nothing"]})).await;
    assert_eq!(fault(&wrong).2.as_deref(), Some("roles"));
    assert_eq!(
        fault(&owner(&world, "GET", "/platforms/moon/default-roles", Value::Null).await).0,
        404
    );
    let permissions = owner(&world, "GET", "/permissions", Value::Null).await;
    assert!(column(&permissions, "word").contains(&json!("users.read")));
}

#[tokio::test]
async fn settings_change_field_by_field() {
    let world = world().await;
    let all = owner(&world, "GET", "/settings", Value::Null).await;
    insta::assert_snapshot!("settings", stable(&all));
    let changed = owner(
        &world,
        "PATCH",
        "/settings/lockout",
        json!({"threshold": 7}),
    )
    .await;
    assert_eq!(changed.json()["threshold"], 7, "{changed:?}");
    assert_eq!(
        changed.json()["duration"],
        all.json()["lockout"]["duration"]
    );
    for name in [
        "lockout",
        "mail",
        "mail_templates",
        "passwords",
        "public",
        "lifetimes",
        "inactivity",
        "retention",
        "notices",
        "keys",
    ] {
        let shown = owner(&world, "GET", &format!("/settings/{name}"), Value::Null).await;
        assert_eq!(shown.status, 200, "{name}");
        let unknown = owner(
            &world,
            "PATCH",
            &format!("/settings/{name}"),
            json!({"typo": 1}),
        )
        .await;
        assert_eq!(fault(&unknown).2.as_deref(), Some("typo"), "{name}");
    }
    for (name, body, field) in [
        ("lockout", json!({"threshold": "many"}), "threshold"),
        ("lockout", json!({"threshold": null}), "threshold"),
        ("lockout", json!({"threshold": -1}), "threshold"),
        ("public", json!({"url": 7}), "url"),
        ("public", json!({"url": "usher.example.org"}), "url"),
        ("passwords", json!({"minimum": 3}), "minimum"),
        (
            "inactivity",
            json!({"suspend_after_days": -1}),
            "suspend_after_days",
        ),
        ("retention", json!({"events_days": 7}), "events_days"),
        (
            "notices",
            json!({"key_expiry_days": [14, 0]}),
            "key_expiry_days",
        ),
        (
            "notices",
            json!({"key_expiry_days": vec![1; 11]}),
            "key_expiry_days",
        ),
        ("keys", json!({"longest_life": -1}), "longest_life"),
    ] {
        let refused = owner(&world, "PATCH", &format!("/settings/{name}"), body).await;
        assert_eq!(fault(&refused).2.as_deref(), Some(field), "{refused:?}");
    }
    assert_eq!(
        fault(&owner(&world, "GET", "/settings/moon", Value::Null).await).0,
        404
    );
    let (_, ada) = world.powerless("ada@example.org").await;
    for (method, body) in [("GET", Value::Null), ("PATCH", json!({"threshold": 1}))] {
        let refused = with_key(&world, &ada, method, "/settings/lockout", body).await;
        assert_eq!(fault(&refused).1, "forbidden");
    }
}

#[tokio::test]
async fn a_collection_goes_round_and_carries_roles() {
    let world = world().await;
    for name in ["North", "South"] {
        owner(&world, "POST", "/organisations", json!({"name": name})).await;
    }
    let sent =
        json!({"name": "Branches", "description": "All of them", "organisations": ["North"]});
    let made = owner(&world, "POST", "/collections", sent).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.json()["organisations"], json!([2]));
    insta::assert_snapshot!("collection_made", stable(&made));
    assert_eq!(
        owner(
            &world,
            "PUT",
            "/collections/1/organisations/South",
            Value::Null
        )
        .await
        .status,
        204
    );
    let shown = owner(&world, "GET", "/collections/1", Value::Null).await;
    assert_eq!(shown.json()["organisations"], json!([2, 3]), "{shown:?}");
    let within = owner(&world, "GET", "/collections/1/organisations", Value::Null).await;
    assert_eq!(column(&within, "name"), ["North", "South"]);
    let changed = owner(
        &world,
        "PATCH",
        "/collections/1",
        json!({"name": "Sites", "description": null}),
    )
    .await;
    assert_eq!(
        (&changed.json()["name"], &changed.json()["description"]),
        (&json!("Sites"), &Value::Null)
    );
    owner(&world, "POST", "/groups", json!({"name": "Helpers"})).await;
    let both = json!({"role": "helpdesk", "collection": 1, "organisation": "North"});
    let both = owner(&world, "POST", "/groups/Helpers/roles", both).await;
    assert_eq!(fault(&both).2.as_deref(), Some("collection"));
    let row = owner(
        &world,
        "POST",
        "/groups/Helpers/roles",
        json!({"role": "helpdesk", "collection": 1}),
    )
    .await;
    assert_eq!(
        (row.status, &row.json()["organisation"]),
        (201, &Value::Null),
        "{row:?}"
    );
    owner(
        &world,
        "POST",
        "/users",
        json!({"email": "ada@example.org", "groups": ["Helpers"], "default_roles": false}),
    )
    .await;
    let held = owner(&world, "GET", "/users/2/grants", Value::Null).await;
    assert_eq!(column(&held, "organisation"), [2, 3], "{held:?}");
    assert!(
        column(&held, "path")
            .iter()
            .all(|path| path["collection"] == made.json()["number"])
    );
    assert_eq!(
        owner(
            &world,
            "DELETE",
            "/collections/1/organisations/3",
            Value::Null
        )
        .await
        .status,
        204
    );
    let held = owner(&world, "GET", "/users/2/grants", Value::Null).await;
    assert_eq!(column(&held, "organisation"), [2]);
    assert_eq!(
        owner(&world, "DELETE", "/collections/1", Value::Null)
            .await
            .status,
        204
    );
    assert!(
        column(
            &owner(&world, "GET", "/users/2/grants", Value::Null).await,
            "role"
        )
        .is_empty()
    );
    assert_eq!(
        fault(&owner(&world, "GET", "/collections/1", Value::Null).await).0,
        404
    );
}

#[tokio::test]
async fn events_tell_who_did_what() {
    let world = world().await;
    let made = owner(
        &world,
        "POST",
        "/users",
        json!({"email": "ada@example.org"}),
    )
    .await;
    owner(&world, "PATCH", "/users/2", json!({"title": "Countess"})).await;
    let (_, bob) = world.powerless("bob@example.org").await;
    with_key(&world, &bob, "PATCH", "/me", json!({"title": "Builder"})).await;
    let events = owner(
        &world,
        "GET",
        "/events?entity=user&entity_number=2&sort=number",
        Value::Null,
    )
    .await;
    assert_eq!(
        column(&events, "verb"),
        ["user.created", "user.changed"],
        "{events:?}"
    );
    let last = events.json()["items"][1].clone();
    assert_eq!(
        (&last["actor"], &last["address"]),
        (&json!(1), &json!("192.0.2.10"))
    );
    assert_eq!(last["detail"]["after"]["title"], "Countess");
    assert!(events.json()["items"][0]["request_id"].as_str() == made.header("x-request-id"));
    let newest = owner(&world, "GET", "/events?sort=-number&limit=1", Value::Null).await;
    assert_eq!(column(&newest, "actor"), [3]);
    let by_actor = owner(
        &world,
        "GET",
        "/events?actor=bob@example.org&platform=usher",
        Value::Null,
    )
    .await;
    assert_eq!(column(&by_actor, "verb"), ["user.changed"]);
    // Whoever reads no audit trail sees what they did themselves, and nothing else.
    let own = with_key(&world, &bob, "GET", "/events", Value::Null).await;
    assert!(
        own.status == 403
            || own.json()["items"]
                .as_array()
                .unwrap()
                .iter()
                .all(|one| one["actor"] == 3 || one["entity_number"] == 3),
        "{own:?}"
    );
}

#[tokio::test]
async fn what_mails_say_can_be_read_before_it_is_changed() {
    let world = world().await;
    let list = async || {
        let reply = owner(&world, "GET", "/mail-templates", Value::Null).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["items"].clone()
    };
    let at_first = list().await;
    let names: Vec<&str> = at_first
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, directory::MailTemplates::NAMES);
    for one in at_first.as_array().unwrap() {
        assert_eq!(one["builtin"], true);
        assert!(one["subject"].as_str().unwrap().contains("{{ title }}"));
        assert!(one["text"].as_str().unwrap().contains("{{ login }}"));
    }
    // What was read can be changed and sent back, and taken back.
    let reset = &at_first[2];
    let mut own =
        json!({ "subject": reset["subject"], "text": reset["text"], "html": reset["html"] });
    own["subject"] = json!("A new password at {{ title }}");
    for (change, subject, builtin) in [
        (own.clone(), &own["subject"], false),
        (Value::Null, &reset["subject"], true),
    ] {
        let change = json!({ "password_reset": change });
        let reply = owner(&world, "PATCH", "/settings/mail_templates", change).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let now = list().await;
        assert_eq!(
            (&now[2]["subject"], &now[2]["builtin"]),
            (subject, &json!(builtin))
        );
        assert_eq!(now[0], at_first[0]);
    }
}
