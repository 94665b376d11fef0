//! Every field that the schema names has something that answers it.

use std::collections::HashMap;

use dialect_opencti::SCHEMA;
use graphql::{Engine, Limits, ObjectType};
use serde_json::json;

use super::{ask, group_with, opencti, send, token, told, user};

/// Everything that can be selected of a type without arguments, as deep as told.
fn selection(types: &HashMap<String, ObjectType>, of: &str, depth: usize) -> String {
    let mut words = vec!["__typename".to_owned()];
    let fields = types.get(of).map(|it| it.fields.as_slice());
    for field in fields
        .unwrap_or_default()
        .iter()
        .filter(|field| !field.needs)
    {
        if field.leaf {
            words.push(field.name.clone());
        } else if depth > 0 {
            let below = selection(types, &field.of, depth - 1);
            words.push(format!("{} {{ {below} }}", field.name));
        }
    }
    words.join(" ")
}

/// In builds for tests a field without a resolver panics, so that its answer is none of these.
#[tokio::test]
async fn every_field_of_the_schema_has_a_resolver() {
    let engine = Engine::new(SCHEMA, Limits::default()).unwrap();
    let types = engine.object_types().into_iter();
    let types: HashMap<String, ObjectType> = types.map(|it| (it.name.clone(), it)).collect();
    let world = opencti().await;
    let group = group_with(&world, "Analysts", &["KNOWLEDGE"]).await;
    let ada = user(&world, "Ada Lovelace", json!({"groups": [group]})).await;
    token(&world, &ada).await;
    for (query, variables) in [
        (
            "mutation ($id: ID!) { groupEdit(id: $id) { editDefaultMarking(input: {entity_type: \"GLOBAL\", values: []}) { id } } }",
            json!({"id": group}),
        ),
        (
            "mutation { organizationAdd(input: {name: \"Part\"}) { id } }",
            json!({}),
        ),
        (
            "mutation { emailTemplateAdd(input: {name: \"Hello\", email_object: \"a\", sender_email: \"a@example.org\", template_body: \"b\"}) { id } }",
            json!({}),
        ),
    ] {
        ask(&world, &world.key, query, variables).await;
    }
    let mut asked = 0;
    for field in types["Query"].fields.iter().filter(|field| !field.needs) {
        let query = format!(
            "{{ {} {{ {} }} }}",
            field.name,
            selection(&types, &field.of, 5)
        );
        let reply = send(&world, &world.key, &query, json!({})).await;
        assert_eq!(reply.status, 200, "{}: {}", field.name, reply.text);
        let answer = reply.json();
        assert!(answer.get("errors").is_none(), "{}: {answer:#}", field.name);
        asked += 1;
    }
    let of_user = selection(&types, "User", 3);
    let query = format!("query ($id: String!) {{ user(id: $id) {{ {of_user} }} }}");
    ask(&world, &world.key, &query, json!({"id": ada})).await;
    assert!(asked > 10, "{asked}");
}

/// What the page of the dialect names as not served gets the error that it says: the name of the field first.
#[tokio::test]
async fn what_is_not_served_is_named_in_the_error() {
    let world = opencti().await;
    for (document, name) in [
        ("{ reports { edges { node { id } } } }", "reports"),
        ("{ indicators { edges { node { id } } } }", "indicators"),
        (
            "{ stixCyberObservables { edges { node { id } } } }",
            "stixCyberObservables",
        ),
        ("{ logs { edges { node { id } } } }", "logs"),
        ("{ audits { edges { node { id } } } }", "audits"),
        ("{ bookmarks { edges { node { id } } } }", "bookmarks"),
        ("{ workspaces { edges { node { id } } } }", "workspaces"),
        (
            "{ settings { platform_ip_whitelist } }",
            "platform_ip_whitelist",
        ),
        ("{ settings { xtm_hub_token } }", "xtm_hub_token"),
        ("{ settings { local_auth { enabled } } }", "local_auth"),
        (
            "mutation { reportAdd(input: {name: \"x\"}) { id } }",
            "reportAdd",
        ),
        (
            "mutation { markingDefinitionAdd(input: {definition_type: \"TLP\", definition: \"TLP:X\", x_opencti_order: 1}) { id } }",
            "markingDefinitionAdd",
        ),
        (
            "mutation { markingDefinitionEdit(id: \"x\") { delete } }",
            "markingDefinitionEdit",
        ),
        (
            "mutation { organizationRelationAdd(id: \"x\", input: {}) { id } }",
            "organizationRelationAdd",
        ),
        (
            "mutation { stixDomainObjectEdit(id: \"x\") { relationAdd(input: {}) { id } } }",
            "relationAdd",
        ),
    ] {
        let reply = send(&world, &world.key, document, json!({})).await;
        let told = told(&reply.json());
        assert!(
            told.starts_with("GRAPHQL_VALIDATION_FAILED"),
            "{document}: {told}"
        );
        assert!(told.contains(&format!("\"{name}\"")), "{document}: {told}");
    }
    // Fragments on types of knowledge are accepted and apply to nothing.
    let read = "query ($id: String!) { stixDomainObject(id: $id) { id ... on Report { name } ... on Malware { name } } }";
    let id = json!({"id": "11111111-2222-4333-8444-555555555555"});
    let data = ask(&world, &world.key, read, id).await;
    assert_eq!(data["stixDomainObject"], json!(null));
}
