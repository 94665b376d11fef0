//! Identities by the mutations of their own, which clients other than the vendor's use for organisations.

use serde_json::{Value, json};

use super::{ask, complaint, opencti};

const ADD: &str = "mutation ($input: IdentityAddInput!) { identityAdd(input: $input) \
    { id name description identity_class entity_type ... on Organization { x_opencti_organization_type } } }";

#[tokio::test]
async fn an_organisation_from_its_making_to_its_end() {
    let world = opencti().await;
    let input = json!({"type": "Organization", "name": "Cybersec Corp", "description": "one", "confidence": 70});
    let made = ask(&world, &world.key, ADD, json!({"input": input})).await;
    let made = &made["identityAdd"];
    assert_eq!(
        (&made["name"], &made["identity_class"], &made["entity_type"]),
        (
            &json!("Cybersec Corp"),
            &json!("organization"),
            &json!("Organization")
        )
    );
    // What is there is given, and changed where an update is asked for.
    let input = json!({"type": "Organization", "name": "Cybersec Corp", "description": "two"});
    let again = ask(&world, &world.key, ADD, json!({"input": input})).await;
    assert_eq!(again["identityAdd"], *made);
    let input = json!({"type": "Organization", "name": "Cybersec Corp", "description": "two", "update": true});
    let again = ask(&world, &world.key, ADD, json!({"input": input})).await;
    assert_eq!(again["identityAdd"]["id"], made["id"]);
    assert_eq!(again["identityAdd"]["description"], "two");
    let edit = "mutation ($id: ID!, $input: [EditInput]!) { identityEdit(id: $id) { fieldPatch(input: $input) { id description } } }";
    let input = json!({"key": "description", "value": ["three"]});
    let edited = ask(
        &world,
        &world.key,
        edit,
        json!({"id": made["id"], "input": input}),
    )
    .await;
    assert_eq!(
        edited["identityEdit"]["fieldPatch"],
        json!({"id": made["id"], "description": "three"})
    );
    let context = "mutation ($id: ID!) { identityEdit(id: $id) { contextPatch(input: {focusOn: \"name\"}) { id } } }";
    let begun = ask(&world, &world.key, context, json!({"id": made["id"]})).await;
    assert_eq!(begun["identityEdit"]["contextPatch"]["id"], made["id"]);
    let delete = "mutation ($id: ID!) { identityEdit(id: $id) { delete } }";
    let gone = ask(&world, &world.key, delete, json!({"id": made["id"]})).await;
    assert_eq!(gone["identityEdit"]["delete"], made["id"]);
    let again = complaint(&world, &world.key, delete, json!({"id": made["id"]})).await;
    assert!(again.starts_with("ALREADY_DELETED_ERROR"), "{again}");
    let read = "query ($id: String!) { identity(id: $id) { id } }";
    let read = ask(&world, &world.key, read, json!({"id": made["id"]})).await;
    assert_eq!(read["identity"], Value::Null);
}

/// Other identities are no people of this directory: they are refused, and nothing is made.
#[tokio::test]
async fn other_identities_are_refused() {
    let world = opencti().await;
    let before = world.state().await;
    for (kind, code) in [
        ("Sector", "UNSUPPORTED_ERROR"),
        ("Individual", "UNSUPPORTED_ERROR"),
        ("System", "UNSUPPORTED_ERROR"),
        ("SecurityPlatform", "UNSUPPORTED_ERROR"),
        ("organization", "BAD_USER_INPUT"),
        ("Country", "BAD_USER_INPUT"),
    ] {
        let input = json!({"type": kind, "name": "Somebody"});
        let refused = complaint(&world, &world.key, ADD, json!({"input": input})).await;
        assert!(refused.starts_with(code), "{kind}: {refused}");
    }
    assert_eq!(world.state().await, before);
}
