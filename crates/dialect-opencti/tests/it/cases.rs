//! Small requests that public scripts, test suites and clients send, each with what the vendor answers and
//! where that is written, as data: `tests/fixtures/opencti.cases.json`.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{ask, group_with, opencti, stable, token, user};
use test_support::World;

const CASES: &str = include_str!("../fixtures/opencti.cases.json");
/// An id that a sender brings along: none that is computed.
const STIX_ID: &str = "identity--0b2f5cb0-4e27-4b0a-9b5e-3d6f4f0c7a11";
const PASSWORD: &str = "Cobalt-Lantern-73!";

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The people, groups and organisations that the cases speak of: what their placeholders stand for.
async fn actors(world: &World) -> HashMap<String, String> {
    let mut known: HashMap<String, String> = HashMap::new();
    let mut put = |name: &str, value: String| drop(known.insert(name.to_owned(), value));
    put("OWNER_KEY", world.key.clone());
    put("STIX_ID", STIX_ID.to_owned());
    let made = ask(
        world,
        &world.key,
        "mutation ($stix: StixId) { o: organizationAdd(input: {name: \"Case organisation\"}) { id } \
         r: organizationAdd(input: {name: \"To be renamed\"}) { id } \
         n: organizationAdd(input: {name: \"Known organisation\", description: \"one\", x_opencti_aliases: [\"Known\"]}) { id } \
         b: organizationAdd(input: {name: \"Brought along\", stix_id: $stix}) { id } \
         groupAdd(input: {name: \"Case group\", group_confidence_level: {max_confidence: 50, overrides: \
         [{entity_type: \"Report\", max_confidence: 70}, {entity_type: \"Malware\", max_confidence: 25}]}}) { id } \
         userAdd(input: {name: \"Machine\", user_service_account: true}) { id user_email } }",
        json!({"stix": STIX_ID}),
    )
    .await;
    for (name, at) in [
        ("O", "o"),
        ("R", "r"),
        ("N", "n"),
        ("BROUGHT", "b"),
        ("G", "groupAdd"),
        ("S", "userAdd"),
    ] {
        put(name, text(&made[at]["id"]));
    }
    put("S.email", text(&made["userAdd"]["user_email"]));
    let writers = group_with(
        world,
        "Knowledge writers",
        &["KNOWLEDGE_KNUPDATE", "APIACCESS_USETOKEN"],
    )
    .await;
    put("WRITERS", text(&writers));
    let organisation = &made["o"]["id"];
    for (name, full, input) in [
        ("P", "Plain Person", json!({"password": PASSWORD})),
        (
            "M",
            "Member Of It",
            json!({"password": PASSWORD, "objectOrganization": [organisation]}),
        ),
        (
            "A",
            "Administrator Of It",
            json!({"objectOrganization": [organisation]}),
        ),
        ("E", "Expired Password", json!({"password": PASSWORD})),
        (
            "WRITER",
            "Knowledge Writer",
            json!({"groups": [writers], "prevent_default_groups": true}),
        ),
    ] {
        let id = user(world, full, input).await;
        put(name, text(&id));
        put(&format!("{name}.name"), full.to_owned());
        put(
            &format!("{name}.email"),
            format!("{}@example.org", full.to_lowercase().replace(' ', ".")),
        );
        put(&format!("{name}.password"), PASSWORD.to_owned());
        put(&format!("{name}_TOKEN"), token(world, &id).await);
    }
    ask(
        world,
        &world.key,
        "mutation ($o: ID!, $a: String!, $e: ID!) { organizationAdminAdd(id: $o, memberId: $a) { id } \
         userEdit(id: $e) { fieldPatch(input: [{key: \"password_valid_until\", value: [\"2020-01-01T00:00:00.000Z\"]}]) { id } } }",
        json!({"o": known["O"], "a": known["A"], "e": known["E"]}),
    )
    .await;
    known
}

/// A value with its placeholders filled.
fn filled(value: &Value, known: &HashMap<String, String>) -> Value {
    match value {
        Value::String(text) => match text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
        {
            Some(name) => known[name].as_str().into(),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| filled(item, known)).collect(),
        Value::Object(members) => {
            let members = members.iter();
            Value::Object(
                members
                    .map(|(name, item)| (name.clone(), filled(item, known)))
                    .collect(),
            )
        }
        _ => value.clone(),
    }
}

/// What an answer lacks of what is expected; nothing when it is as expected.
fn wrong(answer: &Value, expect: &Value) -> Option<String> {
    let at = |pointer: &str| answer.pointer(pointer).cloned().unwrap_or(Value::Null);
    let members = |name: &str| expect[name].as_object().cloned().unwrap_or_default();
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    if code != expect["code"].as_str() {
        return Some(format!("the code is {code:?}"));
    }
    for (pointer, wanted) in members("equals") {
        if answer.pointer(&pointer) != Some(&wanted) {
            return Some(format!("{pointer} is not {wanted}"));
        }
    }
    for (pointer, wanted) in members("contains") {
        let holds = match (at(&pointer), &wanted) {
            (Value::Array(items), Value::Array(wanted)) => {
                wanted.iter().all(|one| items.contains(one))
            }
            (Value::String(text), Value::String(wanted)) => text.contains(wanted),
            _ => false,
        };
        if !holds {
            return Some(format!("{pointer} does not hold {wanted}"));
        }
    }
    for (order, up) in [("ascending", true), ("descending", false)] {
        for (pointer, below) in members(order) {
            let list = at(&pointer);
            let each = list.as_array().unwrap().iter();
            let mut shown: Vec<String> = each
                .map(|one| text(one.pointer(below.as_str().unwrap()).unwrap()))
                .collect();
            if !up {
                shown.reverse();
            }
            if !shown.is_sorted() || shown.len() < 3 {
                return Some(format!("{shown:?} is not {order}"));
            }
        }
    }
    let list = |name: &str| expect[name].as_array().cloned().unwrap_or_default();
    let texts = list("text");
    if let Some(pointer) = texts
        .iter()
        .find(|pointer| !at(pointer.as_str().unwrap()).is_string())
    {
        return Some(format!("{pointer} is no text"));
    }
    let absent = list("absent");
    let present = absent
        .iter()
        .find(|pointer| answer.pointer(pointer.as_str().unwrap()).is_some());
    present.map(|pointer| format!("{pointer} is there"))
}

async fn check(
    world: &World,
    step: &Value,
    known: &HashMap<String, String>,
    answers: &mut String,
) -> Option<String> {
    let body = match step.get("body") {
        Some(body) => body.clone(),
        None => json!({"query": step["query"], "variables": filled(&step["variables"], known)}),
    };
    let caller = step["caller"].as_str().unwrap();
    let secret = regex::Regex::new("\"token\": \"[^\"]+\"").unwrap();
    for _ in 0..step["times"].as_u64().unwrap_or(1) {
        let key = if caller.is_empty() {
            ""
        } else {
            known[caller].as_str()
        };
        let reply = world
            .post("/opencti/graphql")
            .bearer(key)
            .json(&body)
            .send()
            .await;
        let shown = stable(&reply);
        answers.push_str(&secret.replace_all(&shown, "\"token\": \"<secret>\""));
        answers.push_str("\n\n");
        let expect = filled(&step["expect"], known);
        if reply.status != 200 {
            return Some(format!("status {}: {}", reply.status, reply.text));
        }
        let answer = reply.json();
        if let Some(what) = wrong(&answer, &expect) {
            return Some(format!("{what}: {answer:#}"));
        }
    }
    None
}

#[tokio::test]
async fn every_case_is_answered_as_the_vendor_does() {
    let world = opencti().await;
    let known = actors(&world).await;
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    let mut failed = Vec::new();
    let mut answers = String::new();
    for case in &cases {
        answers.push_str(&format!("== {}\n", case["name"].as_str().unwrap()));
        let steps = std::iter::once(case).chain(case["after"].as_array().into_iter().flatten());
        for (index, step) in steps.enumerate() {
            // The vendor lets an address sign in once a second.
            if step["caller"] == "" {
                world.clock.advance(1_000);
            }
            if let Some(what) = check(&world, step, &known, &mut answers).await {
                failed.push(format!("{} step {index}: {what}", case["name"]));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(cases.len() > 25, "{}", cases.len());
    insta::assert_snapshot!("answers_cases", answers);
}
