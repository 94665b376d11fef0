//! The plain attributes of users: each goes through every door, whichever it is.

use directory::{AttributeKind, ProfileAttribute};
use serde_json::{Map, Value, json};
use test_support::{Reply, World};

use super::features::{import, work};
use super::{by_owner, column, fault, openapi, owner, with_key};
use crate::world;

/// A value for each attribute.
fn examples() -> Map<String, Value> {
    let attributes = ProfileAttribute::ALL.iter();
    attributes
        .map(|one| (one.name().to_owned(), one.example().into()))
        .collect()
}

/// Nothing for each attribute.
fn cleared() -> Map<String, Value> {
    let names = examples().into_iter();
    names.map(|(name, _)| (name, Value::Null)).collect()
}

fn with_email(email: &str, mut members: Map<String, Value>) -> Value {
    members.insert("email".to_owned(), email.into());
    members.into()
}

#[track_caller]
fn assert_shown(body: &Value, expected: &Map<String, Value>) {
    for (name, value) in expected {
        assert_eq!(&body[name], value, "{name} {body}");
    }
}

async fn ada(world: &World) -> Value {
    let shown = owner(world, "GET", "/users/ada@example.org", Value::Null).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    shown.json()
}

fn place(reply: &Reply) -> String {
    let location = reply.header("location").unwrap();
    location.strip_prefix("/api/v1").unwrap().to_owned()
}

#[tokio::test]
async fn attributes_are_set_shown_cleared_and_ensured() {
    let world = world().await;
    let all = with_email("ada@example.org", examples());
    let made = owner(&world, "POST", "/users", all.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_shown(&made.json(), &examples());
    assert_shown(&ada(&world).await, &examples());
    // One at a time: the others stay.
    for attribute in ProfileAttribute::ALL {
        let name = attribute.name();
        let mut expected = examples();
        expected.insert(name.to_owned(), Value::Null);
        let changed = owner(
            &world,
            "PATCH",
            "/users/ada@example.org",
            json!({ name: null }),
        )
        .await;
        assert_shown(&changed.json(), &expected);
        let again = json!({ name: attribute.example() });
        owner(&world, "PATCH", "/users/ada@example.org", again).await;
    }
    let same = owner(&world, "POST", "/users/ensure", all.clone()).await;
    assert_eq!(same.json()["outcome"], "unchanged", "{same:?}");
    let none = with_email("ada@example.org", cleared());
    let emptied = owner(&world, "POST", "/users/ensure", none).await;
    let names: Vec<_> = examples().keys().cloned().collect();
    assert_eq!(emptied.json()["changed"], json!(names), "{emptied:?}");
    assert_shown(&emptied.json()["user"], &cleared());
    let filled = owner(&world, "POST", "/users/ensure", all).await;
    assert_eq!(filled.json()["changed"], json!(names), "{filled:?}");
    // Everybody changes their own.
    let (_, key) = world.powerless("own@example.org").await;
    let own = with_key(&world, &key, "PATCH", "/me", examples().into()).await;
    assert_eq!(own.status, 200, "{own:?}");
    let me = with_key(&world, &key, "GET", "/me", Value::Null).await;
    assert_shown(&me.json(), &examples());
}

#[tokio::test]
async fn attributes_are_filtered_and_texts_sorted_by() {
    let world = world().await;
    let all = with_email("ada@example.org", examples());
    owner(&world, "POST", "/users", all).await;
    for attribute in ProfileAttribute::ALL {
        let (name, example) = (attribute.name(), attribute.example());
        let quoted = json!(example).to_string();
        let quoted = quoted.replace('/', "%2F").replace('"', "%22");
        for query in [
            format!("{name}={}", example.replace('/', "%2F")),
            format!("filter={name}+eq+{quoted}"),
            format!("filter={name}+pr"),
        ] {
            let found = owner(&world, "GET", &format!("/users?{query}"), Value::Null).await;
            assert_eq!(column(&found, "email"), ["ada@example.org"], "{query}");
        }
        let other = format!("/users?filter={name}+eq+another");
        let found = owner(&world, "GET", &other, Value::Null).await;
        assert!(column(&found, "email").is_empty(), "{other}");
        let sorted = owner(&world, "GET", &format!("/users?sort={name}"), Value::Null).await;
        match attribute.kind() {
            AttributeKind::Text => assert_eq!(sorted.status, 200, "{name}"),
            AttributeKind::Exact => assert_eq!(fault(&sorted).2.as_deref(), Some("sort")),
        }
    }
}

#[tokio::test]
async fn attributes_are_imported_exported_and_undone() {
    let world = world().await;
    let names: Vec<_> = examples().keys().cloned().collect();
    let values: Vec<_> = examples()
        .values()
        .map(|value| value.as_str().unwrap().to_owned())
        .collect();
    let table = format!(
        "email,{}\nada@example.org,{}\n",
        names.join(","),
        values.join(",")
    );
    let begun = import(&world, "what=users", "text/csv; charset=utf-8", &table).await;
    assert_eq!(begun.status, 202, "{begun:?}");
    work(&world).await;
    assert_shown(&ada(&world).await, &examples());
    let mut columns = vec!["email".to_owned()];
    columns.extend(names);
    let body = json!({"what": "users", "filter": "email eq ada@example.org", "columns": columns});
    let export = owner(&world, "POST", "/exports", body).await;
    work(&world).await;
    let result = by_owner(&world, "GET", &format!("{}/result", place(&export)));
    let result = result.send().await;
    assert_eq!(result.text.replace("\r\n", "\n"), table);
    let body = json!({
        "action": "set", "filter": "email eq ada@example.org", "job": true, "change": cleared(),
    });
    let acted = owner(&world, "POST", "/users/actions", body).await;
    assert_eq!(acted.status, 202, "{acted:?}");
    work(&world).await;
    assert_shown(&ada(&world).await, &cleared());
    let undo = format!("{}/undo", place(&acted));
    let undone = owner(&world, "POST", &undo, Value::Null).await;
    assert_eq!(undone.status, 202, "{undone:?}");
    work(&world).await;
    assert_shown(&ada(&world).await, &examples());
}

#[tokio::test]
async fn attributes_are_described() {
    let document = std::thread::spawn(openapi::document).join().unwrap();
    for (schema, required) in [
        ("User", true),
        ("Me", true),
        ("ProfileChange", false),
        ("NewUser", false),
        ("UserChange", false),
    ] {
        let schema = &document["components"]["schemas"][schema];
        for attribute in ProfileAttribute::ALL {
            let name = attribute.name();
            let stated = &schema["properties"][name];
            assert_eq!(stated["type"], json!(["string", "null"]), "{name}");
            let listed = schema["required"].as_array();
            let listed = listed.is_some_and(|names| names.contains(&name.into()));
            assert_eq!(listed, required, "{name}");
        }
    }
    assert!(!document.to_string().contains("$profile"));
}

#[tokio::test]
async fn a_locale_is_kept_in_its_usual_case() {
    let world = world().await;
    let new = json!({"email": "ada@example.org", "locale": "EN-gb"});
    let made = owner(&world, "POST", "/users", new).await;
    assert_eq!(made.json()["locale"], "en-GB", "{made:?}");
    let send = async |locale: &str| {
        let change = json!({ "locale": locale });
        owner(&world, "PATCH", "/users/ada@example.org", change).await
    };
    // Another spelling of what is there changes nothing.
    let echo = send("EN-GB").await;
    assert_eq!(echo.json()["revision"], 1, "{echo:?}");
    assert_eq!(send("zh-hant-tw").await.json()["locale"], "zh-Hant-TW");
    let ensured = json!({"email": "ada@example.org", "locale": "ZH-HANT-TW"});
    let ensured = owner(&world, "POST", "/users/ensure", ensured).await;
    assert_eq!(ensured.json()["outcome"], "unchanged", "{ensured:?}");
    let before = world.state().await;
    for locale in ["en_GB", "", "e", "en GB", "-"] {
        let refused = send(locale).await;
        let (status, code, field) = fault(&refused);
        let seen = (status, code.as_str(), field.as_deref());
        assert_eq!(seen, (422, "invalid", Some("locale")), "{locale:?}");
    }
    assert_eq!(world.state().await, before);
    let table = "email,locale\nbob@example.org,english_UK\n";
    import(&world, "what=users", "text/csv; charset=utf-8", table).await;
    work(&world).await;
    let bob = owner(&world, "GET", "/users/bob@example.org", Value::Null).await;
    assert_eq!(bob.status, 404);
}
