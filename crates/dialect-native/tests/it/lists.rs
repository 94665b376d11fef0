use serde_json::{Value, json};

use super::{column, fault, owner};
use crate::world;
use test_support::World;

/// Five people in two organisations, each different in one thing.
async fn peopled() -> World {
    let world = world().await;
    let child = owner(&world, "POST", "/organisations", json!({"name": "Child"})).await;
    assert_eq!(child.status, 201, "{child:?}");
    for (second, body) in [
        json!({"email": "ada@example.org", "given_name": "Ada", "family_name": "Lovelace", "department": "Engines"}),
        json!({"email": "bob@example.org", "login": "bobby", "home": "Child", "title": "Builder"}),
        json!({"email": "cyd@example.org", "status": "suspended", "organisations": ["Example", "Child"]}),
        json!({"login": "robot", "kind": "service"}),
        json!({"email": "eve@example.org", "locked": true, "lock_after": "2031-01-01"}),
    ]
    .into_iter()
    .enumerate()
    {
        world.clock.advance(1_000);
        let made = owner(&world, "POST", "/users", body).await;
        assert_eq!(made.status, 201, "{second}: {made:?}");
    }
    world
}

#[tokio::test]
async fn every_filter_narrows() {
    let world = peopled().await;
    let all = [
        "owner@example.org",
        "ada@example.org",
        "bobby",
        "cyd@example.org",
        "robot",
        "eve@example.org",
    ];
    for (query, logins) in [
        ("", &all[..]),
        ("number=2", &["ada@example.org"]),
        ("number=2&number=3", &["ada@example.org", "bobby"]),
        ("login=BOBBY", &["bobby"]),
        ("email=bob%40example.org", &["bobby"]),
        ("email=", &["robot"]),
        ("name=ada%20lovelace", &["ada@example.org"]),
        ("given_name=ada", &["ada@example.org"]),
        ("family_name=lovelace", &["ada@example.org"]),
        ("kind=service", &["robot"]),
        ("status=suspended", &["cyd@example.org"]),
        ("standing=locked", &["eve@example.org"]),
        (
            "standing=locked&standing=suspended",
            &["cyd@example.org", "eve@example.org"],
        ),
        ("home=Child", &["bobby"]),
        ("home=2", &["bobby"]),
        ("home_below=1", &all[..]),
        ("organisation=Child", &["bobby", "cyd@example.org"]),
        ("home=Nowhere", &[]),
        ("home=77", &[]),
        ("department=engines", &["ada@example.org"]),
        ("title=builder", &["bobby"]),
        ("second_factor=true", &[]),
        ("lock_after=2030-01-01", &["eve@example.org"]),
        ("lock_before=2030-01-01", &[]),
        ("created_after=2026-01-01T00:00:05Z", &["eve@example.org"]),
        (
            "created_before=2026-01-01T00:00:01Z",
            &["owner@example.org"],
        ),
        ("updated_after=2026-01-01T00:00:05Z", &["eve@example.org"]),
        ("q=lovelace", &["ada@example.org"]),
        ("q=love%20ada", &["ada@example.org"]),
        ("q=%20", &all[..]),
        ("q=nobody", &[]),
        ("home=1&kind=service", &["robot"]),
    ] {
        let reply = owner(&world, "GET", &format!("/users?{query}"), Value::Null).await;
        assert_eq!(reply.status, 200, "{query}: {reply:?}");
        assert_eq!(column(&reply, "login"), logins, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_in_every_order() {
    let world = peopled().await;
    for sort in [
        "number",
        "name",
        "login",
        "email",
        "given_name",
        "family_name",
        "kind",
        "status",
        "department",
        "title",
        "created_at",
        "updated_at",
        "last_seen_at",
        "signed_in_at",
    ] {
        for sign in ["", "-"] {
            let path = format!("/users?sort={sign}{sort}&limit=2&total=true");
            let mut numbers = Vec::new();
            let mut next = path.clone();
            loop {
                let page = owner(&world, "GET", &next, Value::Null).await;
                assert_eq!(page.status, 200, "{next}: {page:?}");
                assert_eq!(page.json()["total"], 6, "{next}");
                numbers.extend(column(&page, "number"));
                match page.json()["next"].as_str() {
                    Some(cursor) => next = format!("{path}&cursor={cursor}"),
                    None => break,
                }
            }
            let whole = owner(
                &world,
                "GET",
                &format!("/users?sort={sign}{sort}"),
                Value::Null,
            )
            .await;
            assert_eq!(numbers, column(&whole, "number"), "{sign}{sort}");
            assert_eq!(numbers.len(), 6, "{sign}{sort}");
        }
    }
    let up = owner(&world, "GET", "/users?sort=created_at", Value::Null).await;
    assert_eq!(column(&up, "number"), [1, 2, 3, 4, 5, 6]);
    let down = owner(&world, "GET", "/users?sort=-created_at", Value::Null).await;
    assert_eq!(column(&down, "number"), [6, 5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let world = world().await;
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("cursor=rubbish", "cursor"),
        ("total=yes", "total"),
        ("sort=age", "sort"),
        ("sort=", "sort"),
        ("page=2", "page"),
        ("number=x", "number"),
        ("kind=robot", "kind"),
        ("standing=gone", "standing"),
        ("second_factor=1", "second_factor"),
        ("created_after=soon", "created_after"),
    ] {
        let reply = owner(&world, "GET", &format!("/users?{query}"), Value::Null).await;
        let (status, kind, field) = fault(&reply);
        assert_eq!(
            (status, kind.as_str(), field.as_deref()),
            (400, "invalid-parameter", Some(name)),
            "{query}"
        );
    }
    // A cursor of one order is not one of another.
    let page = owner(&world, "GET", "/users?sort=name&limit=1", Value::Null).await;
    assert_eq!(page.json()["next"], Value::Null);
    for path in ["/users/1?x=1", "/me?full=true", "/organisations/1?x"] {
        assert_eq!(
            fault(&owner(&world, "GET", path, Value::Null).await).0,
            400,
            "{path}"
        );
    }
}

#[tokio::test]
async fn lists_page_both_ways_and_hold_their_cursors() {
    let world = peopled().await;
    owner(&world, "POST", "/groups", json!({"name": "SOC"})).await;
    for person in ["ada", "bob", "cyd"] {
        let made = json!({"email": format!("{person}@review.example"), "roles": ["usher:auditor"]});
        let made = owner(&world, "POST", "/users", made).await;
        assert_eq!(made.status, 201, "{made:?}");
        let export = owner(&world, "POST", "/exports", json!({"what": "groups"})).await;
        assert_eq!(export.status, 202, "{export:?}");
    }
    for path in [
        "/users?sort=name",
        "/users?sort=-last_seen_at",
        "/users?filter=number+ge+2",
        "/roles?sort=word",
        "/permissions?",
        "/keys?",
        "/events?sort=-number",
        "/platforms?",
        "/grants?",
        "/access?permission=users.read",
        "/jobs?",
    ] {
        let whole = owner(&world, "GET", &format!("{path}&limit=1000"), Value::Null).await;
        let count = whole.json()["items"].as_array().unwrap().len();
        let mut pages = vec![owner(&world, "GET", &format!("{path}&limit=2"), Value::Null).await];
        assert_eq!(pages[0].json()["previous"], Value::Null, "{path}");
        while let Some(cursor) = pages.last().unwrap().json()["next"]
            .as_str()
            .map(str::to_owned)
        {
            let link = pages.last().unwrap().header("link").unwrap().to_owned();
            assert!(
                link.contains(&format!("cursor={cursor}>; rel=\"next\""))
                    || link.contains("rel=\"prev\""),
                "{link}"
            );
            assert!(link.starts_with("<http://usher.example/api/v1/"), "{link}");
            pages.push(
                owner(
                    &world,
                    "GET",
                    &format!("{path}&limit=2&cursor={cursor}"),
                    Value::Null,
                )
                .await,
            );
        }
        assert_eq!(pages.len(), count.div_ceil(2).max(1), "{path}");
        // And back again, page by page.
        for pair in pages.windows(2).rev() {
            let previous = pair[1].json()["previous"].as_str().unwrap().to_owned();
            let back = owner(
                &world,
                "GET",
                &format!("{path}&limit=2&cursor={previous}"),
                Value::Null,
            )
            .await;
            assert_eq!(back.json()["items"], pair[0].json()["items"], "{path}");
            assert!(back.json()["next"].is_string(), "{path}");
        }
    }
    let first = owner(&world, "GET", "/users?sort=name&limit=1", Value::Null).await;
    let cursor = first.json()["next"].as_str().unwrap().to_owned();
    for other in [
        format!("/users?sort=-name&cursor={cursor}"),
        format!("/users?cursor={cursor}"),
        format!("/users?sort=name&kind=person&cursor={cursor}"),
        format!("/users?sort=name&q=ada&cursor={cursor}"),
        format!("/users?sort=name&filter=locked+eq+true&cursor={cursor}"),
        format!("/organisations?sort=name&cursor={cursor}"),
    ] {
        let refused = owner(&world, "GET", &other, Value::Null).await;
        assert_eq!(
            fault(&refused),
            (
                400,
                "invalid-parameter".to_owned(),
                Some("cursor".to_owned())
            ),
            "{other}"
        );
    }
    // The size of a page and the count may change on the way.
    let more = owner(
        &world,
        "GET",
        &format!("/users?sort=name&limit=3&total=bounded&cursor={cursor}"),
        Value::Null,
    )
    .await;
    assert_eq!(
        (&more.json()["total"], &more.json()["total_exceeded"]),
        (&json!(9), &json!(false))
    );
}

#[tokio::test]
async fn parameters_may_be_turned_round_and_times_be_relative() {
    let world = peopled().await;
    for (query, logins) in [
        (
            "home!=Child&kind!=service",
            &[
                "owner@example.org",
                "ada@example.org",
                "cyd@example.org",
                "eve@example.org",
            ][..],
        ),
        ("department!=", &["ada@example.org"]),
        (
            "department!=engines&department!=x&kind=person&number!=1",
            &["bobby", "cyd@example.org", "eve@example.org"],
        ),
        ("home!=Nowhere", &[]),
        (
            "created_after=-2s",
            &["cyd@example.org", "robot", "eve@example.org"],
        ),
        ("created_before=-5s", &[]),
        ("last_seen_before=&kind=service", &["robot"]),
        ("locked=true", &["eve@example.org"]),
        (
            "q=ada&filter=title+pr+or+department+pr",
            &["ada@example.org"],
        ),
    ] {
        let reply = owner(&world, "GET", &format!("/users?{query}"), Value::Null).await;
        assert_eq!(reply.status, 200, "{query}: {reply:?}");
        assert_eq!(column(&reply, "login"), logins, "{query}");
    }
}
