//! The lists in the vendor's index grammar against what they show: the rows that a filter finds are those of the
//! whole list that show the value, in the order of the whole list. The log, the block list of organisations and the
//! settings of users, each as every kind of caller sees it.

use directory::{NewUser, UserChange, UserKind};
use serde_json::{Value, json};

use super::Client;
use crate::world;
use test_support::World;

/// A list: its path, the model its rows stand under, what numbers its rows, and its filters.
struct List {
    path: &'static str,
    model: Option<&'static str>,
    number: &'static str,
    /// Filters on texts, where the row shows them.
    texts: &'static [&'static str],
    /// Filters on numbers.
    numbers: &'static [&'static str],
    /// Filters on times: the name, what of the row, and whether rows at or after it are meant, or at or before it.
    times: &'static [(&'static str, &'static str, bool)],
}

const LISTS: &[List] = &[
    List {
        path: "admin/logs",
        model: Some("Log"),
        number: "id",
        texts: &["model", "action", "email", "org", "ip"],
        numbers: &["id", "model_id", "user_id"],
        times: &[
            ("created", "created", true),
            ("from", "created", true),
            ("to", "created", false),
        ],
    },
    List {
        path: "orgBlocklists",
        model: None,
        number: "id",
        texts: &["org_uuid", "org_name", "comment"],
        numbers: &[],
        times: &[],
    },
    List {
        path: "userSettings",
        model: Some("UserSetting"),
        number: "id",
        texts: &["setting"],
        numbers: &["id", "user_id"],
        times: &[],
    },
];

/// What there is to be listed, and the keys of callers: a site administrator's, an organisation's administrator's, a
/// user's.
async fn populate(world: &World) -> Vec<(&'static str, String)> {
    let admin = Client::new(world, &world.key);
    let branch = admin.organisation("Branch System Office").await;
    let other = admin.organisation("100% other").await;
    let gone = admin.organisation("Gone").await;
    let mut keys = vec![("site administrator", world.key.clone())];
    for (what, address, home, role) in [
        (
            "organisation's administrator",
            "Boss@example.org",
            &branch,
            2,
        ),
        ("user", "user@example.org", &branch, 3),
        ("elsewhere", "system@example.org", &other, 3),
    ] {
        world.clock.advance(700);
        let body = json!({ "org_id": home, "role_id": role });
        let (id, key) = admin.user(address, body).await;
        let edit = json!({ "autoalert": true, "email": format!("X{address}") });
        admin.post(&format!("admin/users/edit/{id}"), edit).await;
        keys.push((what, key));
    }
    let path = format!("admin/organisations/delete/{gone}");
    assert_eq!(admin.call("POST", &path).await.status, 200);
    world.clock.advance(61_250);
    // What acts without a person is the system.
    let system = world.system();
    let new = NewUser {
        login: Some("robot".to_owned()),
        kind: Some(UserKind::Service),
        ..NewUser::default()
    };
    let robot = system.create_user(new).await.unwrap();
    world.clock.advance(333);
    let change = UserChange {
        locked: Some(true),
        ..UserChange::default()
    };
    system.update_user(robot.id, change).await.unwrap();
    for (_, key) in &keys {
        let own = Client::new(world, key);
        for (setting, value) in [
            ("homepage", json!({ "path": "/x" })),
            ("publish_alert_filter", json!({})),
        ] {
            world.clock.advance(400);
            let body = json!({ "setting": setting, "value": value });
            let reply = own.post("userSettings/setSetting", body).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
    }
    for (uuid, name, comment) in [
        ("8883c02e-dd13-4ee3-bc27-4e51be7a355e", "Bad Org", "spam"),
        ("9983c02e-dd13-4ee3-bc27-4e51be7a355e", "bad", ""),
        ("7783c02e-dd13-4ee3-bc27-4e51be7a355e", "", "Spam, 100%"),
        ("1183c02e-dd13-4ee3-bc27-4e51be7a355e", "ÄRGER GmbH", "*"),
    ] {
        let body = json!({ "uuids": [uuid], "org_name": name, "comment": comment });
        let reply = admin.post("orgBlocklists/add", body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    keys
}

/// The rows of an answer; `None` when the caller may not ask.
async fn rows(client: &Client<'_>, list: &List, body: Value) -> Option<Vec<Value>> {
    let reply = client
        .post(&format!("{}/index", list.path), body.clone())
        .await;
    if matches!(reply.status, 403 | 405) {
        return None;
    }
    assert_eq!(reply.status, 200, "{} {body}: {}", list.path, reply.text);
    let rows = reply.json().as_array().unwrap().clone();
    let bare = |row: Value| match list.model {
        Some(model) => row[model].clone(),
        None => row,
    };
    Some(rows.into_iter().map(bare).collect())
}

fn shown<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap_or_default()
}

/// Whether a text matches a filter of the vendor's grammar: `%` at the ends, whole otherwise, without case.
fn like(shown: &str, filter: &str) -> bool {
    let (shown, filter) = (shown.to_lowercase(), filter.to_lowercase());
    let inner = filter.trim_matches('%');
    match (filter.starts_with('%'), filter.ends_with('%')) {
        (false, false) => shown == filter,
        _ if inner.is_empty() => true,
        (true, true) => shown.contains(inner),
        (true, false) => shown.ends_with(inner),
        (false, true) => shown.starts_with(inner),
    }
}

/// Filters worth trying on a text column: what is shown, without case, its parts, and what is nowhere.
fn filters(whole: &[Value], name: &str) -> Vec<String> {
    let mut filters = vec![
        String::new(),
        "zzz".to_owned(),
        "%".to_owned(),
        "%zzz%".to_owned(),
        "SYSTEM".to_owned(),
        "system".to_owned(),
        "%yste%".to_owned(),
    ];
    for row in whole {
        let letters: Vec<char> = shown(row, name).chars().collect();
        let (front, back) = letters.split_at(letters.len() / 2);
        let (front, back) = (
            front.iter().collect::<String>(),
            back.iter().collect::<String>(),
        );
        let text = shown(row, name);
        filters.extend([
            text.to_owned(),
            text.to_uppercase(),
            format!("{front}%"),
            format!("%{back}"),
            format!("%{}%", front.chars().skip(1).collect::<String>()),
        ]);
    }
    // A sign of the grammar's own within a text stands for anything; blanks around one are taken off.
    let plain = |text: &String| {
        let inner = text.trim_matches('%');
        !inner.contains(['%', '*']) && inner.trim() == inner
    };
    filters.retain(plain);
    filters.sort();
    filters.dedup();
    filters
}

#[tokio::test]
async fn filters_find_the_rows_that_show_the_value() {
    let world = world().await;
    let callers = populate(&world).await;
    let mut compared = 0;
    let mut wrong = Vec::new();
    for list in LISTS {
        for (what, key) in &callers {
            let client = Client::new(&world, key);
            // Reading the log is no event, so the list stands still.
            let Some(whole) = rows(&client, list, json!({})).await else {
                continue;
            };
            let number = |row: &Value| shown(row, list.number).parse::<i64>().unwrap();
            assert!(
                whole.is_sorted_by(|a, b| number(a) < number(b)),
                "{}",
                list.path
            );
            let mut check = |body: Value,
                             found: Option<Vec<Value>>,
                             keep: &dyn Fn(&Value) -> bool| {
                let expected: Vec<Value> = whole.iter().filter(|row| keep(row)).cloned().collect();
                if found.as_deref() != Some(&expected) {
                    let numbers = |rows: &[Value]| rows.iter().map(number).collect::<Vec<_>>();
                    wrong.push(format!(
                        "{} as {what}: {body} finds {:?}, shown by {:?}",
                        list.path,
                        found.as_deref().map(numbers),
                        numbers(&expected)
                    ));
                }
                compared += 1;
            };
            for name in list.texts {
                for filter in filters(&whole, name) {
                    let body = json!({ *name: filter });
                    let found = rows(&client, list, body.clone()).await;
                    check(body, found, &|row| like(shown(row, name), &filter));
                }
                let both =
                    json!({ *name: [shown(whole.first().unwrap_or(&Value::Null), name), "zzz"] });
                let found = rows(&client, list, both.clone()).await;
                let wanted = both[*name][0].as_str().unwrap().to_owned();
                if !wanted.contains(['%', '*']) {
                    check(both, found, &|row| like(shown(row, name), &wanted));
                }
            }
            for name in list.numbers {
                let mut values: Vec<String> = whole
                    .iter()
                    .map(|row| shown(row, name).to_owned())
                    .collect();
                values.extend([
                    "0".to_owned(),
                    "999999".to_owned(),
                    "x".to_owned(),
                    String::new(),
                ]);
                values.sort_unstable();
                values.dedup();
                for value in values {
                    let body = json!({ *name: value });
                    let found = rows(&client, list, body.clone()).await;
                    check(body, found, &|row| shown(row, name) == value);
                }
            }
            for (filter, name, after) in list.times {
                let mut values: Vec<String> = whole
                    .iter()
                    .map(|row| shown(row, name).to_owned())
                    .collect();
                values.dedup();
                for value in values {
                    let body = json!({ *filter: value });
                    let found = rows(&client, list, body.clone()).await;
                    check(body, found, &|row| {
                        let own = shown(row, name);
                        if *after {
                            own >= &*value
                        } else {
                            own <= &*value
                        }
                    });
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 300, "{compared}");
}

/// Pages of the log are the pieces of the whole list, filtered or not.
#[tokio::test]
async fn pages_are_pieces_of_the_whole() {
    let world = world().await;
    let callers = populate(&world).await;
    let list = &LISTS[0];
    for (what, key) in &callers {
        let client = Client::new(&world, key);
        for filter in [
            json!({}),
            json!({ "model": "User" }),
            json!({ "org": "%office" }),
        ] {
            let whole = rows(&client, list, filter.clone()).await.unwrap();
            for limit in [1, 3, 1_000] {
                let mut pieces = Vec::new();
                for page in 1..=whole.len() / limit + 1 {
                    let mut body = filter.clone();
                    body["limit"] = json!(limit);
                    body["page"] = json!(page);
                    let piece = rows(&client, list, body).await.unwrap();
                    assert!(piece.len() <= limit);
                    pieces.extend(piece);
                }
                assert_eq!(pieces, whole, "{what} {filter} {limit}");
            }
        }
    }
}
