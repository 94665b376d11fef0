use serde_json::{Value, json};

use super::{column, fault, owner, stable, with_key};
use crate::world;

#[tokio::test]
async fn an_organisation_goes_round_field_by_field() {
    let world = world().await;
    let sent = json!({
        "id": "6f1c0c52-3d1e-4b52-9b9a-0a1b2c3d4e5f", "parent": 1, "name": "Child", "slug": "the-child",
        "description": "A child", "kind": "CSIRT", "sector": "energy", "nationality": "Austria",
        "contacts": "call us", "local": true, "domains": ["example.org"],
    });
    let made = owner(&world, "POST", "/organisations", sent.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    for (field, value) in sent.as_object().unwrap() {
        assert_eq!(&made.json()[field], value, "{field}");
    }
    insta::assert_snapshot!("organisation_made", stable(&made));
    let change = json!({
        "name": "Grown", "slug": "grown", "description": null, "kind": "Bank", "sector": null,
        "nationality": null, "contacts": null, "local": false, "domains": [],
    });
    let changed = owner(&world, "PATCH", "/organisations/child", change.clone()).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    for (field, value) in change.as_object().unwrap() {
        assert_eq!(&changed.json()[field], value, "{field}");
    }
    let echo = owner(&world, "PATCH", "/organisations/2", change).await;
    assert_eq!(echo.json(), changed.json());
    for (query, names) in [
        ("", vec!["Example", "Grown"]),
        ("name=GROWN", vec!["Grown"]),
        ("slug=grown", vec!["Grown"]),
        ("kind=bank", vec!["Grown"]),
        ("local=false", vec!["Grown"]),
        ("parent=1", vec!["Grown"]),
        ("parent=", vec!["Example"]),
        ("below=2", vec!["Grown"]),
        ("q=grow", vec!["Grown"]),
        ("sort=-name", vec!["Grown", "Example"]),
    ] {
        let list = owner(
            &world,
            "GET",
            &format!("/organisations?{query}"),
            Value::Null,
        )
        .await;
        assert_eq!(column(&list, "name"), names, "{query}");
    }
    let stale = super::by_owner(&world, "DELETE", "/organisations/2").header("If-Match", "\"1\"");
    assert_eq!(fault(&stale.send().await).0, 412);
    let deleted = owner(&world, "DELETE", "/organisations/2", Value::Null).await;
    assert_eq!(deleted.status, 204);
    let root = owner(&world, "DELETE", "/organisations/1", Value::Null).await;
    assert!((400..500).contains(&fault(&root).0));
}

#[tokio::test]
async fn refused_values_name_their_field() {
    let world = world().await;
    owner(&world, "POST", "/organisations", json!({"name": "Child"})).await;
    for (method, path, body, expected) in [
        (
            "POST",
            "/organisations",
            json!({}),
            (422, "invalid", Some("name")),
        ),
        (
            "POST",
            "/organisations",
            json!({"name": ""}),
            (422, "invalid", Some("name")),
        ),
        (
            "POST",
            "/organisations",
            json!({"name": "CHILD"}),
            (409, "taken", Some("name")),
        ),
        (
            "POST",
            "/organisations",
            json!({"name": "x", "parent": 9}),
            (422, "unknown-reference", Some("parent")),
        ),
        (
            "POST",
            "/organisations",
            json!({"name": "x", "domains": "example.org"}),
            (422, "invalid", Some("domains")),
        ),
        (
            "PATCH",
            "/organisations/2",
            json!({"name": null}),
            (422, "invalid", Some("name")),
        ),
        (
            "PATCH",
            "/organisations/2",
            json!({"name": "Example"}),
            (409, "taken", Some("name")),
        ),
        (
            "PATCH",
            "/organisations/2",
            json!({"colour": "red"}),
            (422, "unknown-field", Some("colour")),
        ),
        (
            "PATCH",
            "/organisations/9",
            json!({"name": "x"}),
            (404, "not-found", None),
        ),
    ] {
        let reply = owner(&world, method, path, body.clone()).await;
        let (status, kind, field) = fault(&reply);
        assert_eq!(
            (status, kind.as_str(), field.as_deref()),
            expected,
            "{method} {body}"
        );
    }
}

#[tokio::test]
async fn members_come_and_go() {
    let world = world().await;
    owner(&world, "POST", "/organisations", json!({"name": "Child"})).await;
    let (user, key) = world.powerless("ada@example.org").await;
    let placed = owner(&world, "PUT", "/users/2/memberships/Child", Value::Null).await;
    assert_eq!(
        placed.json(),
        json!({"user": user.id.number(), "organisation": 2, "home": false, "administrator": false})
    );
    let raised = json!({"administrator": true});
    let raised = owner(
        &world,
        "PUT",
        "/organisations/2/members/ada@example.org",
        raised,
    )
    .await;
    assert_eq!(raised.json()["administrator"], true);
    let members = owner(
        &world,
        "GET",
        "/organisations/Child/members?total=true",
        Value::Null,
    )
    .await;
    assert_eq!(members.json()["total"], 1);
    assert_eq!(
        members.json()["items"][0]["user"]["login"],
        "ada@example.org"
    );
    assert_eq!(members.json()["items"][0]["administrator"], true);
    for (path, who) in [
        ("/users/2/memberships", &world.key),
        ("/me/memberships", &key),
    ] {
        let list = with_key(&world, who, "GET", path, Value::Null).await;
        assert_eq!(column(&list, "home"), [true, false], "{list:?}");
        assert_eq!(list.json()["items"][1]["organisation"]["name"], "Child");
    }
    for path in ["/users/2/memberships/2", "/organisations/9/members/2"] {
        let reply = owner(&world, "DELETE", path, Value::Null).await;
        assert!([204, 404].contains(&reply.status), "{reply:?}");
    }
    let list = owner(&world, "GET", "/users/2/memberships", Value::Null).await;
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 1);
}
