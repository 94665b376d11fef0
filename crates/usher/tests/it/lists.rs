//! Every list of the native API, Civis and Falcon against what it shows: a filter by a member finds the rows that show
//! the value, a value that is none finds nothing or is refused, and an order is the order of what is shown. Members
//! and orders of the native lists are read from the tables that serve them, so a new one is tried as soon as it is
//! served. (The lists of MISP, OpenCTI and Tenable are compared in the same way by `shown.rs` and `filters.rs` of
//! their crates.)

use directory::filter::{self, FieldKind, FilterField};
use directory::{
    NewKey, NewOrganisation, NewUser, Query, Status, UserChange, UserKind, fold_search,
};
use serde_json::{Value, json};

use crate::world;
use test_support::{Reply, World};

/// The paths of lists below a mount, and how they are asked.
struct List<'w> {
    world: &'w World,
    door: &'static str,
    path: &'static str,
    /// Falcon's token.
    token: String,
}

impl List<'_> {
    /// The rows of an answer, whole; nothing when the request is refused.
    async fn rows(&self, parameters: &str) -> Option<Vec<Value>> {
        let target = format!("/{}{}?{parameters}", self.door, self.path);
        let reply = self.world.get(&target).bearer(&self.token).send().await;
        if (400..500).contains(&reply.status) {
            return None;
        }
        assert_eq!(reply.status, 200, "{target}: {reply:?}");
        Some(match self.door {
            "api/v1" => array(&reply.json()["items"]),
            "civis" => array(&reply.json()),
            _ => self.entities(&reply).await,
        })
    }

    /// Falcon's queries answer ids, whose rows are read by another request.
    async fn entities(&self, reply: &Reply) -> Vec<Value> {
        let ids = array(&reply.json()["resources"]);
        if ids.is_empty() {
            return Vec::new();
        }
        let path = match self.path {
            "/mssp/queries/children/v1" => "/mssp/entities/children/GET/v2",
            _ => "/user-management/entities/users/GET/v1",
        };
        let call = self.world.post(&format!("/falcon{path}"));
        let body = json!({ "ids": ids });
        let reply = call.bearer(&self.token).json(&body).send().await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        array(&reply.json()["resources"])
    }
}

fn array(value: &Value) -> Vec<Value> {
    value.as_array().unwrap().clone()
}

/// Falcon's token of the owner's API client.
async fn falcon_token(world: &World) -> String {
    let keys = world.system().keys(&Query::default()).await.unwrap().items;
    let id = keys[0].uuid.simple();
    let form = format!("client_id={id}&client_secret={}", world.key);
    let call = world.post("/falcon/oauth2/token");
    let call = call.header("Content-Type", "application/x-www-form-urlencoded");
    let reply = call.body(form).send().await;
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

/// What there is to be listed: people, organisations, groups, keys, sessions, events, mails, collections, each with
/// members set and not set, in differing letters.
async fn populate(world: &World) {
    let system = world.system();
    let owner = async |method: &str, path: &str, body: Value| {
        world.clock.advance(1_100);
        let call = world.request(method, &format!("/api/v1{path}"));
        let reply = call.bearer(&world.key).json(&body).send().await;
        assert!(reply.status < 300, "{method} {path} {body}: {reply:?}");
        reply.json()
    };
    for (name, more) in [
        (
            "Zebra",
            json!({ "description": "Stripes", "kind": "CSIRT", "sector": "Energy", "nationality": "FR" }),
        ),
        (
            "Ärger",
            json!({ "description": "ärger", "parent": "Zebra", "local": false }),
        ),
        ("berlin", json!({ "kind": "csirt", "sector": "energy" })),
    ] {
        let mut body = more;
        body["name"] = name.into();
        owner("POST", "/organisations", body).await;
    }
    for (name, more) in [
        (
            "Émile",
            json!({ "organisation": "Zebra", "description": "one" }),
        ),
        ("desk", json!({ "description": "Two" })),
        ("Archive", json!({ "organisation": "berlin" })),
    ] {
        let mut body = more;
        body["name"] = name.into();
        owner("POST", "/groups", body).await;
    }
    for (name, organisations) in [
        ("North", json!(["berlin"])),
        ("élan", json!(["Zebra", "berlin"])),
    ] {
        let body = json!({ "name": name, "organisations": organisations });
        owner("POST", "/collections", body).await;
    }
    for (word, name) in [("reader", "Reads"), ("äbc", "Äbc")] {
        let body = json!({ "platform": "usher", "word": word, "name": name, "lines": [] });
        let call = world.post("/api/v1/roles").bearer(&world.key);
        let reply = call.json(&body).send().await;
        assert!(reply.status < 500, "{reply:?}");
    }
    for body in [
        json!({ "email": "Zoe@example.org", "given_name": "Zoë", "family_name": "Åberg", "department": "Engines", "title": "Chief" }),
        json!({ "email": "adam@example.org", "display_name": "Adam One Two", "home": "Zebra", "department": "engines" }),
        json!({ "email": "émile@example.org", "family_name": "Zola", "home": "berlin", "status": "suspended" }),
        json!({ "email": "bob@Example.NET", "login": "BOBBY", "given_name": "bob", "locked": true, "time_zone": "Europe/Paris" }),
        json!({ "email": "nobody@example.org", "status": "inactive", "lock_after": "2031-01-01T00:00:00Z" }),
        json!({ "login": "robot", "kind": "service", "home": "Ärger" }),
        json!({ "login": "abacus", "kind": "service", "display_name": "zz top", "second_factor_required": false }),
        json!({ "email": "expired@example.org", "lock_after": "2025-01-01T00:00:00Z", "groups": ["desk"], "primary_group": "desk" }),
    ] {
        owner("POST", "/users", body).await;
    }
    for (email, name, password) in [
        ("sam@example.org", "Sam", "tangerine umbrella 42"),
        ("Ute@example.org", "ute", "umbrella tangerine 24"),
    ] {
        let body = json!({ "email": email, "given_name": name, "password": password });
        owner("POST", "/users", body).await;
        world.clock.advance(90_000);
        let body = json!({ "login": email, "password": password });
        let call = world.post("/api/v1/sign-in").json(&body);
        let reply = call.send().await;
        assert!(reply.status < 300, "{reply:?}");
        let user = system
            .user(directory::Ref::Name(email.to_owned()))
            .await
            .unwrap()
            .id;
        let new = NewKey {
            name: name.to_owned(),
            read_only: name == "Sam",
            expires_at: directory::Time::parse("2027-01-01T00:00:00Z"),
            ..NewKey::default()
        };
        let fresh = system.create_key(user, new).await.unwrap();
        if name == "ute" {
            system.revoke_key(fresh.key.id).await.unwrap();
        }
    }
    let suspended = UserChange {
        status: Some(Status::Suspended),
        ..UserChange::default()
    };
    let new = NewUser {
        login: Some("late".to_owned()),
        kind: Some(UserKind::Service),
        ..NewUser::default()
    };
    let late = system.create_user(new).await.unwrap();
    system
        .create_key(
            late.id,
            NewKey {
                name: "Éclair".to_owned(),
                ..NewKey::default()
            },
        )
        .await
        .unwrap();
    system.update_user(late.id, suspended).await.unwrap();
    let new = NewOrganisation {
        name: "ZZZ".to_owned(),
        ..NewOrganisation::default()
    };
    system.create_organisation(new).await.unwrap();
    for subject in ["First", "second"] {
        let body = json!({ "to": ["sam@example.org"], "subject": subject, "body": "Hello" });
        owner("POST", "/mails", body).await;
    }
    // Uses are kept in memory for a moment before filters see them.
    world.directory.flush_uses().await.unwrap();
}

/// Fields of native filters that rows do not show: what they relate to is looked up elsewhere.
const RELATIONS: &[(&str, &str)] = &[
    ("/users", "home_below"),
    ("/users", "organisation"),
    ("/users", "group"),
    ("/users", "role"),
    ("/users", "direct_role"),
    ("/organisations", "below"),
    ("/groups", "member"),
    ("/events", "subject"),
];

/// What a row shows of a field of a native filter.
fn native_shown(path: &str, field: &str, row: &Value) -> Value {
    match (path, field) {
        ("/groups", "newcomers") => (!row["newcomers_of"].is_null()).into(),
        ("/keys", "revoked") => (!row["revoked_at"].is_null()).into(),
        _ => {
            let shown = row.get(field);
            shown
                .unwrap_or_else(|| panic!("{path} shows no {field}: {row}"))
                .clone()
        }
    }
}

/// How a value stands in a native filter.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", text).replace("\\'", "'"),
        other => other.to_string(),
    }
}

fn numbers(rows: &[Value]) -> Vec<i64> {
    rows.iter()
        .map(|row| row["number"].as_i64().unwrap())
        .collect()
}

fn folded(value: &Value) -> String {
    match value {
        Value::String(text) => fold_search(text),
        other => other.to_string(),
    }
}

/// What there is to say against the list's filter by one field.
async fn native_filter(
    list: &List<'_>,
    whole: &[Value],
    field: &str,
    kind: FieldKind,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let shown = |row: &Value| native_shown(list.path, field, row);
    let mut check =
        async |filter: String, must: &dyn Fn(&Value) -> bool, may: &dyn Fn(&Value) -> bool| {
            let parameters = format!("limit=1000&filter={}", kit::percent_encode(&filter));
            let Some(found) = list.rows(&parameters).await else {
                wrong.push(format!("{} {filter}: refused", list.path));
                return;
            };
            let found = numbers(&found);
            for row in whole {
                let number = row["number"].as_i64().unwrap();
                let is = found.contains(&number);
                if (must(row) && !is) || (is && !may(row)) {
                    wrong.push(format!(
                        "{} {filter}: {number} shows {}, found: {is}",
                        list.path,
                        shown(row)
                    ));
                }
            }
        };
    let some = |row: &Value| !matches!(shown(row), Value::Null);
    let full = |row: &Value| some(row) && shown(row) != "";
    check(format!("{field} pr"), &full, &some).await;
    let (none, bare) = (|row: &Value| !some(row), |row: &Value| !full(row));
    check(format!("not {field} pr"), &none, &bare).await;
    let mut values: Vec<Value> = Vec::new();
    for value in whole.iter().map(&shown) {
        if value != Value::Null && value != "" && !values.contains(&value) && values.len() < 5 {
            values.push(value);
        }
    }
    for value in &values {
        let text = literal(value);
        if kind == FieldKind::Time {
            let at = |row: &Value| shown(row).as_str().map(str::to_owned);
            let bound = value.as_str().unwrap().to_owned();
            for (operator, holds) in [("ge", true), ("lt", false)] {
                let is = |row: &Value| at(row).is_some_and(|own| (own >= bound) == holds);
                check(format!("{field} {operator} {text}"), &is, &is).await;
            }
            continue;
        }
        let same = |row: &Value| shown(row) == *value;
        let alike = |row: &Value| folded(&shown(row)) == folded(value);
        check(format!("{field} eq {text}"), &same, &alike).await;
        let (other, unlike) = (|row: &Value| !alike(row), |row: &Value| !same(row));
        check(format!("{field} ne {text}"), &other, &unlike).await;
    }
    // A value that is none of its kind.
    for value in ["\"zzz: no such value\"", "parsecs"] {
        for filter in [format!("{field} eq {value}"), format!("{field} gt {value}")] {
            let order = filter.contains(" gt ");
            let parameters = format!("limit=1000&filter={}", kit::percent_encode(&filter));
            let found = list.rows(&parameters).await;
            // Texts have an order, in which some stand behind any word.
            let ordered =
                order && matches!(kind, FieldKind::Text | FieldKind::Lower | FieldKind::Exact);
            if !ordered && found.is_some_and(|found| !found.is_empty()) {
                wrong.push(format!("{} {filter} finds rows", list.path));
            }
        }
    }
    wrong
}

/// The fields of a list, as one type.
fn fields<F>(of: &'static [FilterField<F>]) -> Vec<(&'static str, FieldKind)> {
    of.iter().map(|field| (field.name, field.kind)).collect()
}

/// The native lists and their fields.
fn native_lists() -> Vec<(&'static str, Vec<(&'static str, FieldKind)>)> {
    vec![
        ("/users", fields(filter::USER_FIELDS)),
        ("/organisations", fields(filter::ORGANISATION_FIELDS)),
        ("/groups", fields(filter::GROUP_FIELDS)),
        ("/roles", fields(filter::ROLE_FIELDS)),
        ("/keys", fields(filter::KEY_FIELDS)),
        ("/sessions", fields(filter::SESSION_FIELDS)),
        ("/events", fields(filter::EVENT_FIELDS)),
        ("/mails", fields(filter::MAIL_FIELDS)),
        ("/collections", fields(filter::COLLECTION_FIELDS)),
    ]
}

#[tokio::test]
async fn native_filters_find_the_rows_that_show_the_value() {
    let world = world().await;
    populate(&world).await;
    let mut wrong = Vec::new();
    for (path, fields) in native_lists() {
        let token = world.key.clone();
        let list = List {
            world: &world,
            door: "api/v1",
            path,
            token,
        };
        let whole = list.rows("limit=1000").await.unwrap();
        assert!(whole.len() > 1, "{path}: {whole:?}");
        for (field, kind) in fields {
            if !RELATIONS.contains(&(path, field)) {
                wrong.extend(native_filter(&list, &whole, field, kind).await);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every word that a row of a native list shows of a member may be asked for: the words of its schema are those of its
/// filter.
#[tokio::test]
async fn native_filters_take_every_word_that_rows_show() {
    let world = world().await;
    let call = world.get("/api/v1/openapi.json").bearer(&world.key);
    let described = call.send().await.json();
    let mut asked = 0;
    for (path, fields) in native_lists() {
        let token = world.key.clone();
        let list = List {
            world: &world,
            door: "api/v1",
            path,
            token,
        };
        let answer =
            &described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"];
        let named = |schema: &Value| -> Value {
            match schema["$ref"].as_str() {
                Some(at) => described
                    .pointer(at.trim_start_matches('#'))
                    .unwrap()
                    .clone(),
                None => schema.clone(),
            }
        };
        let page = named(&answer["schema"]);
        let row = named(&page["properties"]["items"]["items"]);
        for (field, kind) in fields {
            let FieldKind::Word(_) = kind else { continue };
            let words = named(&row["properties"][field]);
            for word in array(&words["enum"]) {
                let Some(word) = word.as_str() else { continue };
                let filter = kit::percent_encode(&format!("{field} eq {word}"));
                let found = list.rows(&format!("filter={filter}")).await;
                assert!(found.is_some(), "{path} {field} eq {word} is refused");
                asked += 1;
            }
        }
    }
    assert!(asked > 10, "{asked}");
}

/// Whether rows stand in the order of what they show: rows that show nothing at one end, the others by size, date
/// or letters (without case, and with or without accents).
fn is_ordered(rows: &[Value], shown: &dyn Fn(&Value) -> Value) -> bool {
    let values: Vec<Value> = rows.iter().map(shown).collect();
    let nothing = |value: &&Value| value.is_null() || **value == "";
    let first = values.iter().take_while(nothing).count();
    let last = values.iter().rev().take_while(nothing).count();
    let count = values.iter().filter(nothing).count();
    let middle: Vec<&Value> = values.iter().filter(|value| !nothing(value)).collect();
    let sorted = |fold: fn(&str) -> String| {
        middle.is_sorted_by_key(|value| match value {
            Value::Number(number) => format!("{:020}", number.as_i64().unwrap()),
            Value::String(text) => fold(text),
            other => other.to_string(),
        })
    };
    (first == count || last == count) && (sorted(fold_search) || sorted(str::to_lowercase))
}

/// The orders of every list: the door, the path, what orders up and down, and where rows show it.
async fn orders(world: &World) -> Vec<(&'static str, &'static str, [String; 2], String)> {
    let mut all = Vec::new();
    let described = world
        .get("/api/v1/openapi.json")
        .bearer(&world.key)
        .send()
        .await
        .json();
    for (path, _) in native_lists() {
        let parameters = array(&described["paths"][path]["get"]["parameters"]);
        let sort = parameters.iter().find(|one| one["name"] == "sort");
        let words = sort
            .map(|sort| array(&sort["schema"]["enum"]))
            .unwrap_or_default();
        assert!(words.len() > 2, "{path}");
        for word in words.iter().filter_map(Value::as_str) {
            if !word.starts_with('-') {
                let ways = [
                    format!("sort={word}&limit=1000"),
                    format!("sort=-{word}&limit=1000"),
                ];
                all.push(("api/v1", path, ways, word.to_owned()));
            }
        }
    }
    for (path, order, shown, more) in [
        ("/users", "name", "name", "account_status=all&"),
        ("/users", "user", "user", "account_status=all&"),
        ("/groups", "name", "name", ""),
        ("/groups", "created_at", "createdAt", ""),
        ("/roles", "id", "id", ""),
    ] {
        let way = |direction| format!("{more}limit=1000&order={order}&order_dir={direction}");
        all.push(("civis", path, [way("asc"), way("desc")], shown.to_owned()));
    }
    let (users, children) = (
        "/user-management/queries/users/v1",
        "/mssp/queries/children/v1",
    );
    for (path, property) in [
        (users, "uid"),
        (users, "first_name"),
        (users, "last_name"),
        (users, "status"),
        (users, "created_at"),
        (users, "last_login_at"),
        (children, "name"),
        (children, "last_modified_timestamp"),
    ] {
        let way = |direction| format!("limit=500&sort={property}%7C{direction}");
        all.push((
            "falcon",
            path,
            [way("asc"), way("desc")],
            property.to_owned(),
        ));
    }
    all
}

#[tokio::test]
async fn orders_are_those_of_what_is_shown() {
    let world = world().await;
    populate(&world).await;
    let falcon = falcon_token(&world).await;
    let query = Query {
        limit: 1_000,
        ..Query::default()
    };
    let organisations = world.system().organisations(&query).await.unwrap().items;
    let mut wrong = Vec::new();
    for (door, path, ways, member) in orders(&world).await {
        let token = if door == "falcon" {
            falcon.clone()
        } else {
            world.key.clone()
        };
        let list = List {
            world: &world,
            door,
            path,
            token,
        };
        let shown = |row: &Value| match (path, &*member) {
            // A home is shown by its number and ordered by its name.
            ("/users", "home") => {
                let home = organisations
                    .iter()
                    .find(|one| row["home"] == one.id.number());
                home.unwrap().name.clone().into()
            }
            _ => row.get(&member).cloned().unwrap_or(Value::Null),
        };
        for (way, down) in ways.iter().zip([false, true]) {
            let mut rows = list
                .rows(way)
                .await
                .unwrap_or_else(|| panic!("{door}{path}?{way} is refused"));
            assert!(rows.len() > 1, "{door}{path}?{way}: {rows:?}");
            if down {
                rows.reverse();
            }
            if !is_ordered(&rows, &shown) {
                let values: Vec<Value> = rows.iter().map(shown).collect();
                wrong.push(format!("{door}{path}?{way}: {values:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Falcon's properties and Civis's parameters find the rows that show the value.
#[tokio::test]
async fn the_vendors_filters_find_the_rows_that_show_the_value() {
    let world = world().await;
    populate(&world).await;
    let falcon = falcon_token(&world).await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (path, id, properties) in [
        (
            "/user-management/queries/users/v1",
            "uuid",
            &["uid", "uuid", "first_name", "last_name", "status", "cid"][..],
        ),
        ("/mssp/queries/children/v1", "child_cid", &["name"]),
    ] {
        let token = falcon.clone();
        let list = List {
            world: &world,
            door: "falcon",
            path,
            token,
        };
        let whole = list.rows("limit=500").await.unwrap();
        let ids = |rows: &[Value]| -> Vec<String> {
            let mut ids: Vec<String> = rows.iter().map(|row| row[id].to_string()).collect();
            ids.sort_unstable();
            ids
        };
        for property in properties {
            let mut values: Vec<String> = whole
                .iter()
                .filter_map(|row| row[property].as_str())
                .map(str::to_owned)
                .collect();
            values.retain(|value| !value.is_empty());
            values.sort_unstable();
            values.dedup();
            for value in values {
                let quoted = kit::percent_encode(&format!("'{value}'"));
                let found = list
                    .rows(&format!("limit=500&filter={property}:{quoted}"))
                    .await
                    .unwrap_or_default();
                let same = |row: &&Value| {
                    row[property].as_str().map(fold_search) == Some(fold_search(&value))
                };
                let expected: Vec<Value> = whole.iter().filter(same).cloned().collect();
                if ids(&found) != ids(&expected) {
                    wrong.push(format!(
                        "{path} {property}:'{value}' finds {} of {}",
                        found.len(),
                        expected.len()
                    ));
                }
                asked += 1;
                if *property == "cid" || *property == "uuid" {
                    continue;
                }
                let part: String = value.chars().skip(1).collect();
                let quoted = kit::percent_encode(&format!("'*{part}'"));
                let found = list
                    .rows(&format!("limit=500&filter={property}:*{quoted}"))
                    .await
                    .unwrap_or_default();
                let ends = |row: &&Value| {
                    row[property]
                        .as_str()
                        .is_some_and(|own| fold_search(own).ends_with(&fold_search(&part)))
                };
                let expected: Vec<Value> = whole.iter().filter(ends).cloned().collect();
                if ids(&found) != ids(&expected) {
                    wrong.push(format!(
                        "{path} {property}:*'*{part}' finds {} of {}",
                        found.len(),
                        expected.len()
                    ));
                }
            }
        }
    }
    let token = world.key.clone();
    let list = List {
        world: &world,
        door: "civis",
        path: "/users",
        token,
    };
    let whole = list.rows("account_status=all&limit=1000").await.unwrap();
    let ids = |rows: &[Value]| -> Vec<i64> {
        rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    for row in &whole {
        for member in ["name", "user", "email"] {
            let text = row[member].as_str().unwrap_or_default();
            let part: String = text.chars().take(5).collect();
            if part.trim() != part || part.is_empty() {
                continue;
            }
            let query = format!(
                "account_status=all&limit=1000&query={}",
                kit::percent_encode(&part)
            );
            let found = list.rows(&query).await.unwrap_or_default();
            let holds = |own: &Value| {
                own.as_str()
                    .is_some_and(|own| fold_search(own).contains(&fold_search(&part)))
            };
            let holds = |row: &&Value| {
                ["name", "user", "email"].iter().any(|one| holds(&row[one]))
                    || part.parse::<i64>().is_ok_and(|number| row["id"] == number)
            };
            let expected: Vec<Value> = whole.iter().filter(holds).cloned().collect();
            if ids(&found) != ids(&expected) {
                wrong.push(format!(
                    "civis users?query={part}: {:?}, shown by {:?}",
                    ids(&found),
                    ids(&expected)
                ));
            }
            asked += 1;
        }
    }
    for (status, active) in [("active", true), ("inactive", false)] {
        let found = list
            .rows(&format!("limit=1000&account_status={status}"))
            .await
            .unwrap();
        let expected: Vec<Value> = whole
            .iter()
            .filter(|row| row["active"] == active)
            .cloned()
            .collect();
        assert_eq!(ids(&found), ids(&expected), "{status}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 60, "{asked}");
}
