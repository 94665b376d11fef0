//! Every recorded request of the real client, sent again.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::{ask, opencti, stable, user};
use test_support::recorded;

/// What the recording server called its things, and what they are here.
async fn substitutes(world: &test_support::World) -> HashMap<&'static str, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let made = ask(
        world,
        &world.key,
        "mutation { organizationAdd(input: {name: \"Acme Corp\"}) { id } roleAdd(input: {name: \"Analyst\"}) { id } groupAdd(input: \
         {name: \"SOC\", group_confidence_level: {max_confidence: 80, overrides: []}}) { id } }",
        json!({}),
    )
    .await;
    let fixed = ask(
        world,
        &world.key,
        "{ settings { id } emailTemplates { edges { node { id } } } markingDefinitions(first: 1) { edges { node { id } } } \
         capabilities(first: 2) { edges { node { id } } } }",
        json!({}),
    )
    .await;
    let node =
        |list: &str| text(&fixed[list]["edges"].as_array().unwrap().last().unwrap()["node"]["id"]);
    HashMap::from([
        (
            "10b81aeb-d5e9-49c6-a34f-20985f1bc722",
            text(&made["organizationAdd"]["id"]),
        ),
        (
            "ba2b96d4-a460-4ef5-ac86-f2ecfa57a123",
            text(&made["roleAdd"]["id"]),
        ),
        (
            "33031d7d-6088-4eb5-a046-ad496830d176",
            text(&made["groupAdd"]["id"]),
        ),
        (
            "5109a99b-5db3-4d82-a57d-32a90329d3f5",
            text(&user(world, "Replayed Person", json!({})).await),
        ),
        ("403a847b-40b3-4180-b409-ca07e45ab85a", node("capabilities")),
        (
            "42e82c59-8025-433a-978e-1529f5ff050f",
            node("markingDefinitions"),
        ),
        (
            "3546bfb6-ff01-4860-892d-025d4bea90a8",
            node("emailTemplates"),
        ),
        (
            "0a3790fa-53d8-4e45-adde-ba5c2b1542fd",
            text(&fixed["settings"]["id"]),
        ),
    ])
}

#[tokio::test]
async fn every_recorded_request_is_answered_as_the_contract_says() {
    let world = opencti().await;
    let known = substitutes(&world).await;
    let mut pairs: Vec<(&str, &str)> = known
        .iter()
        .map(|(old, new)| (*old, new.as_str()))
        .collect();
    pairs.push(("<admin token>", &world.key));
    // The recording's password is one of those that everybody knows.
    pairs.push(("Str0ng!Passw0rd", "Correct-Horse-9-Battery"));
    pairs.push(("N3w!Passw0rd", "Another-Horse-9-Battery"));
    let mut answered = 0;
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for request in recorded(include_str!("../fixtures/opencti.requests.json")) {
        if request.body.is_null() {
            continue;
        }
        let form = request
            .headers
            .iter()
            .any(|(_, value)| value.starts_with("multipart/"));
        let reply = if form {
            let text = pairs
                .iter()
                .fold(request.body.to_string(), |text, (old, new)| {
                    text.replace(old, new)
                });
            let body = format!(
                "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{text}\r\n--b\r\nContent-Disposition: \
                 form-data; name=\"0\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n"
            );
            let call = world.post("/opencti/graphql").bearer(&world.key);
            call.header("Content-Type", "multipart/form-data; boundary=b")
                .body(body)
                .send()
                .await
        } else {
            world.replay("/opencti", &request, &pairs).await
        };
        assert_eq!(reply.status, 200, "{}: {}", request.call, reply.text);
        let answer = reply.json();
        let expected = match request.call.as_str() {
            call if call.contains("\"wrong\"") => Some("AUTH_REQUIRED"),
            // A name has two characters or more.
            call if call.contains("name=\"X\"") => Some("VALIDATION_ERROR"),
            call if call.contains("duplicate") => Some("FUNCTIONAL_ERROR"),
            // The ids of tokens and messages are made anew by each server.
            call if call.contains("remove_token") => Some("FUNCTIONAL_ERROR"),
            // Cursors are the server's own.
            call if call.contains("after=<endCursor>") || call.contains("follow-up") => {
                Some("UNSUPPORTED_ERROR")
            }
            // The user of the header was deleted before.
            call if call.contains("applicant") => Some("FUNCTIONAL_ERROR"),
            // Somebody is homed there by now.
            call if call.contains("stix_domain_object.delete") => Some("FUNCTIONAL_ERROR"),
            _ => None,
        };
        let class = request.call.trim_start_matches("client.");
        let class: String = class
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
            .collect();
        let text = shown.entry(class.to_lowercase()).or_default();
        text.push_str(&format!("== {}\n{}\n\n", request.call, stable(&reply)));
        let name = answer["errors"][0]["name"].as_str();
        assert_eq!(name, expected, "{}: {answer:#}", request.call);
        answered += 1;
    }
    assert_eq!(answered, 70);
    for (class, text) in shown {
        insta::assert_snapshot!(format!("answers_{class}"), text);
    }
}
