//! The recorded requests of the real client, sent to this server in their order, and the recorded
//! answers of the real server compared with ours field by field.

use std::collections::BTreeMap;

use directory::{OrganisationChange, ROOT};
use serde_json::Value;

use crate::world;
use test_support::{Recorded, recorded};

/// Calls whose recorded answers depend on what the recorded world had before: their members are compared in
/// the test below, and what they say in tests of their own.
const ELSEWHERE: &[&str] = &[
    "/userSettings/index",
    "/users/statistics/data",
    "/users/statistics/orgs",
    "/users/statistics/users",
    "/users/registrations/index",
    "/orgBlocklists/index",
    "/admin/logs",
];

/// Where our answer differs from the recorded one on purpose: part of the call, path of the field,
/// and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "PyMISP(",
        "request_encoding",
        "packed request bodies are not read",
    ),
    ("", "uuid", "made by this installation"),
    ("", "created", "another day"),
    ("", "modified", "another day"),
    ("", "date_created", "another day"),
    ("", "date_modified", "another day"),
    ("", "last_pw_change", "another day"),
    ("", "last_api_access", "another day"),
    ("", "current_login", "nobody has signed in with a password"),
    ("", "authkey", "random"),
    ("", "authkey_raw", "random"),
    ("", "authkey_start", "random"),
    ("", "authkey_end", "random"),
    ("", "nids_sid", "made from the number in place of chance"),
    (
        "",
        "gpgkey",
        "an empty text where the recorded first user has null",
    ),
    (
        "",
        "external_auth_key",
        "an empty text where the recorded first user has null",
    ),
    ("", "change_pw", "the owner's password is their own choice"),
    (
        "",
        "unique_ips",
        "the recorded keys were used from elsewhere",
    ),
    (
        "update_user(usero)",
        "totp_is_set",
        "the written-back mask is not stored as a secret (§10)",
    ),
    (
        "update_user(usero)",
        "totp",
        "the written-back mask is not stored as a secret (§10)",
    ),
    (
        "auth_keys/edit",
        "expiration",
        "the truth in place of what was sent (§7)",
    ),
    (
        "auth_keys/edit",
        "read_only",
        "the truth in place of what was sent (§7)",
    ),
    (
        "auth_keys/edit",
        "allowed_ips",
        "the truth in place of what was sent (§7)",
    ),
    ("admin/users/view", "orgAdmins", "depends on who is there"),
    (
        "get_user(",
        "restricted_to_domain",
        "no domains are null, also after editing",
    ),
    (
        "own.update_user(",
        "restricted_to_domain",
        "no domains are null, also after editing",
    ),
    (
        "accept_user_registration(",
        "restricted_to_domain",
        "no domains are null, also after editing",
    ),
    (
        "admin/users/view",
        "restricted_to_domain",
        "no domains are null, also after editing",
    ),
    (
        "user_setting(",
        "id",
        "a setting's number follows from its owner and its name",
    ),
    ("user_setting(", "url", "the number stands in it"),
    ("user_setting(", "timestamp", "another day"),
    (
        "get_server_setting",
        "description",
        "in words of this project's own",
    ),
    (
        "get_server_setting",
        "test",
        "names a function of the vendor's code",
    ),
    (
        "users_heartbeat",
        "message",
        "in words of this project's own",
    ),
    (
        "organisation_blocklist",
        "id",
        "there are no entries from the start",
    ),
    (
        "set_default_role",
        "default_role",
        "follows the default role (§10)",
    ),
];

/// Calls whose recorded outcome depends on the vendor's password policy, which is not the default.
const POLICY: &[&str] = &["'onlylowercase'"];

fn ours(call: &str, field: &str) -> bool {
    DIFFERENCES
        .iter()
        .any(|(part, name, _)| *name == field && call.contains(part))
}

/// The recorded numbers and names by which the recorded world's things are known, and ours.
#[derive(Default)]
struct Renamed(BTreeMap<String, String>);

impl Renamed {
    fn text(&self, text: &str) -> String {
        self.0.get(text).cloned().unwrap_or_else(|| text.to_owned())
    }

    /// Segments of a path.
    fn path(&self, path: &str) -> String {
        let segments: Vec<String> = path
            .split('/')
            .map(|segment| match segment.split_once(':') {
                Some((name, value)) => format!("{name}:{}", self.text(value)),
                None => self.text(segment),
            })
            .collect();
        segments.join("/")
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            // Numbers in a text of JSON.
            Value::String(text) if text.starts_with("[\"") => {
                let numbers: Value = serde_json::from_str(text).unwrap();
                Value::String(self.value(&numbers).to_string())
            }
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(values) => values.iter().map(|value| self.value(value)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| {
                    let kept = matches!(name.as_str(), "permission" | "rate_limit_count");
                    let value = if kept {
                        value.clone()
                    } else {
                        self.value(value)
                    };
                    (name.clone(), value)
                })
                .collect(),
            other => other.clone(),
        }
    }

    /// Learns our numbers, UUIDs and keys for the recorded ones from an answer about something new.
    fn learn(&mut self, recorded: &Value, ours: &Value) {
        for model in ["User", "Organisation", "Role", "AuthKey"] {
            for field in ["id", "uuid"] {
                if let (Some(theirs), Some(ours)) =
                    (recorded[model][field].as_str(), ours[model][field].as_str())
                {
                    self.0.insert(theirs.to_owned(), ours.to_owned());
                }
            }
        }
    }
}

/// Compares the recorded answer with ours; what is not the same goes into `differences`.
fn compare(call: &str, at: &str, theirs: &Value, ours_: &Value, differences: &mut Vec<String>) {
    let field = at.rsplit('.').next().unwrap_or_default();
    if ours(call, field) {
        return;
    }
    match (theirs, ours_) {
        (Value::Object(theirs), Value::Object(mine)) => {
            for (name, value) in theirs {
                if name == "..." {
                    continue;
                }
                match mine.get(name) {
                    None if ours(call, name) => {}
                    None => differences.push(format!("{call}: {at}.{name} is missing")),
                    Some(found) => {
                        compare(call, &format!("{at}.{name}"), value, found, differences)
                    }
                }
            }
            let all = !theirs.contains_key("...");
            for name in mine
                .keys()
                .filter(|name| all && !theirs.contains_key(*name))
            {
                differences.push(format!("{call}: {at}.{name} is too much"));
            }
        }
        // The recording shows the beginnings of long lists.
        (Value::Array(theirs), Value::Array(mine))
            if theirs.last().is_some_and(|last| last == "...") =>
        {
            let shown = theirs.len() - 1;
            let begins = mine.len() > shown && mine[..shown] == theirs[..shown];
            if !begins {
                differences.push(format!("{call}: {at} begins otherwise"));
            }
        }
        (Value::String(message), Value::String(mine))
            if message.contains("<40 random characters>") =>
        {
            let start = message.split('<').next().unwrap_or_default();
            if !mine.starts_with(start) || mine.len() != start.len() + 40 {
                differences.push(format!("{call}: {at} is {mine}"));
            }
        }
        (theirs, mine) if theirs == mine => {}
        (theirs, mine) => differences.push(format!("{call}: {at} is {mine}, recorded {theirs}")),
    }
}

/// The rows of a recorded list that we have too, each compared with ours.
fn compare_lists(
    call: &str,
    model: &str,
    theirs: &[Value],
    mine: &[Value],
    renamed: &Renamed,
    differences: &mut Vec<String>,
) {
    for row in theirs.iter().filter(|row| row.is_object()) {
        // Numbers of keys mean nothing to us unless we made one for them.
        let number = row[model]["id"].as_str().unwrap_or_default();
        if model == "AuthKey" && !renamed.0.contains_key(number) {
            continue;
        }
        let row = renamed.value(row);
        // What the recorded world had of its own is not there.
        let found = mine.iter().find(|one| {
            one[model]["id"] == row[model]["id"]
                && one[model]["name"] == row[model]["name"]
                && one[model]["email"] == row[model]["email"]
        });
        if let Some(found) = found {
            compare(call, model, &row, found, differences);
        }
    }
}

#[tokio::test]
async fn recorded_requests_are_answered_as_recorded() {
    let world = world().await;
    let mut renamed = Renamed::default();
    let mut differences = Vec::new();
    let mut own_key = String::new();
    let mut seen = 0;
    // The recorded owner has another address, the recorded root another name.
    renamed.0.insert(
        "admin@admin.test".to_owned(),
        "owner@example.org".to_owned(),
    );
    let root = OrganisationChange {
        name: Some("ORGNAME".to_owned()),
        description: Some(Some(
            "Automatically generated admin organisation".to_owned(),
        )),
        ..OrganisationChange::default()
    };
    world
        .system()
        .update_organisation(ROOT, root)
        .await
        .unwrap();
    for one in recorded(include_str!("../fixtures/misp.requests.json")) {
        if one.path == "/users/registrations/index" {
            learn_registrations(&world, &one, &mut renamed).await;
        }
        if ELSEWHERE.iter().any(|path| one.path.starts_with(path))
            || POLICY.iter().any(|part| one.call.contains(part))
        {
            continue;
        }
        let mut one = one;
        one.path = renamed.path(&one.path);
        if !one.body.is_null() {
            one.body = renamed.value(&one.body);
        }
        wear(&world, &one, &renamed).await;
        let own = one.call.starts_with("own.");
        let key = if own { &own_key } else { &world.key };
        let reply = world
            .replay("/misp", &one, &[("<KEY>", key), ("<OWN KEY>", key)])
            .await;
        let status = one.status.unwrap();
        seen += 1;
        if reply.status != status {
            differences.push(format!(
                "{}: status {} not {status}: {}",
                one.call, reply.status, reply.text
            ));
            continue;
        }
        if one.method == "HEAD" {
            continue;
        }
        let Some(theirs) = one.response.clone().filter(|theirs| !theirs.is_null()) else {
            continue;
        };
        let mine = reply.json();
        if status == 200 && own_key.is_empty() && one.path.ends_with("/users/add") {
            mine["User"]["authkey"]
                .as_str()
                .unwrap()
                .clone_into(&mut own_key);
        }
        if status == 200 && one.path.contains("/add") {
            renamed.learn(&theirs, &mine);
        }
        match (&theirs, &mine) {
            (Value::Array(theirs), Value::Array(rows)) => {
                let model = ["AuthKey", "User", "Organisation", "Role"]
                    .into_iter()
                    .find(|model| theirs.first().is_some_and(|row| row.get(*model).is_some()));
                if let Some(model) = model {
                    compare_lists(&one.call, model, theirs, rows, &renamed, &mut differences);
                }
            }
            _ => compare(
                &one.call,
                "",
                &renamed_answer(&renamed, &theirs),
                &mine,
                &mut differences,
            ),
        }
    }
    assert!(seen > 100, "{seen}");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The names of all members of an answer and what kind of value each has, for any number of rows.
fn members(value: &Value, at: &str, found: &mut BTreeMap<String, &'static str>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "...") {
                members(value, &format!("{at}.{name}"), found);
            }
        }
        Value::Array(rows) => {
            for row in rows.iter().filter(|row| row.is_object()) {
                members(row, &format!("{at}[]"), found);
            }
        }
        Value::Null => {
            found.entry(at.to_owned()).or_insert("null");
        }
        Value::Bool(_) => {
            found.insert(at.to_owned(), "flag");
        }
        Value::Number(_) => {
            found.insert(at.to_owned(), "number");
        }
        Value::String(_) => {
            found.insert(at.to_owned(), "text");
        }
    }
}

#[tokio::test]
async fn answers_that_depend_on_the_world_have_the_recorded_members() {
    let world = world().await;
    let client = super::Client::new(&world, &world.key);
    let settings = serde_json::json!({ "setting": "homepage", "value": { "path": "/x" } });
    assert_eq!(
        client
            .post("userSettings/setSetting", settings)
            .await
            .status,
        200
    );
    let blocked = serde_json::json!({ "uuids": ["8883c02e-dd13-4ee3-bc27-4e51be7a355e"] });
    assert_eq!(client.post("orgBlocklists/add", blocked).await.status, 200);
    let mut compared = 0;
    for one in recorded(include_str!("../fixtures/misp.requests.json")) {
        let compares = ELSEWHERE.iter().any(|path| one.path.starts_with(path));
        let Some(theirs) = one.response.clone().filter(|_| compares) else {
            continue;
        };
        if one.path.starts_with("/users/registrations") {
            continue;
        }
        let reply = world.replay("/misp", &one, &[("<KEY>", &world.key)]).await;
        assert_eq!(reply.status, 200, "{}: {}", one.call, reply.text);
        let (mut recorded, mut found) = (BTreeMap::new(), BTreeMap::new());
        // Organisations stand under their names, each with the same members.
        let rows = |value: &Value| match value {
            Value::Object(by_name) if one.path.ends_with("/orgs") => {
                by_name.values().cloned().collect::<Vec<_>>().into()
            }
            other => other.clone(),
        };
        let (theirs, mine) = (rows(&theirs), rows(&reply.json()));
        members(&theirs, "", &mut recorded);
        members(&mine, "", &mut found);
        // A setting's value is the client's own.
        let free = |at: &String| at.contains(".value");
        for (at, kind) in recorded.iter().filter(|(at, _)| !free(at)) {
            let kinds = (found.get(at).copied(), *kind);
            let same = kinds.0 == Some(kinds.1) || kinds.1 == "null" || kinds.0 == Some("null");
            assert!(
                found.contains_key(at) && same,
                "{}: {at} {kinds:?}",
                one.call
            );
        }
        for at in found.keys().filter(|at| !free(at)) {
            assert!(recorded.contains_key(at), "{}: {at} is too much", one.call);
        }
        compared += 1;
    }
    assert!(compared >= 6, "{compared}");
}

/// Learns by what UUIDs and numbers the recorded registrations are known here.
async fn learn_registrations(world: &test_support::World, one: &Recorded, renamed: &mut Renamed) {
    let client = super::Client::new(world, &world.key);
    let ours = client.get("users/registrations/index").await.json();
    let email = |row: &Value| row["Inbox"]["data"]["email"].clone();
    for theirs in one.response.as_ref().unwrap().as_array().unwrap() {
        let mine = ours
            .as_array()
            .unwrap()
            .iter()
            .find(|row| email(row) == email(theirs));
        let mine = &mine.unwrap()["Inbox"];
        let mut differences = Vec::new();
        let known = [
            "id",
            "uuid",
            "timestamp",
            "ip",
            "user_agent",
            "user_agent_sha256",
        ];
        for (name, value) in theirs["Inbox"].as_object().unwrap() {
            if !known.contains(&name.as_str()) {
                compare(
                    &one.call,
                    name,
                    &renamed.value(value),
                    &mine[name],
                    &mut differences,
                );
            }
        }
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        for name in ["uuid", "id"] {
            let text = |row: &Value| row[name].as_str().unwrap().to_owned();
            renamed.0.insert(text(&theirs["Inbox"]), text(mine));
        }
    }
}

/// Paths inside answers are renamed too.
fn renamed_answer(renamed: &Renamed, theirs: &Value) -> Value {
    let mut theirs = renamed.value(theirs);
    if let Some(url) = theirs.get("url").and_then(Value::as_str) {
        theirs["url"] = Value::String(renamed.path(url));
    }
    if let Some(number) = theirs.get("id").and_then(Value::as_i64) {
        let ours = renamed.text(&number.to_string());
        theirs["id"] = Value::from(ours.parse::<i64>().unwrap());
    }
    theirs
}

/// What the recording did between its own calls: it gave the role to a user and took it away again.
async fn wear(world: &test_support::World, one: &Recorded, renamed: &Renamed) {
    let client = super::Client::new(world, &world.key);
    let user = renamed.text("196");
    if one.call.contains("# assigned to a user") {
        let role = one.path.rsplit('/').next().unwrap().to_owned();
        let reply = client
            .post(
                &format!("admin/users/edit/{user}"),
                serde_json::json!({ "role_id": role }),
            )
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    } else if one.call == "misp.delete_organisation(org_id)" {
        // The people whose registrations were accepted were gone by then.
        let path = "admin/users/index/searchemail:@x.example";
        for row in client.get(path).await.json().as_array().unwrap() {
            let id = row["User"]["id"].as_str().unwrap();
            let reply = client
                .call("POST", &format!("admin/users/delete/{id}"))
                .await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
    } else if one.call == "misp.delete_role(role)" {
        let reply = client
            .post(
                &format!("admin/users/edit/{user}"),
                serde_json::json!({ "role_id": 3 }),
            )
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}
