//! Users over the wire.

use serde_json::{Value, json};

use super::{ask, complaint, opencti, send, stable, user};

/// Everything that the client selects of a user.
const FULL: &str = "id standard_id individual_id user_email firstname lastname name description language theme \
    unit_system external restrict_delete account_status account_lock_after_date entity_type parent_types created_at \
    updated_at submenu_show_icons submenu_auto_collapse monochrome_labels roles { id, name, description capabilities \
    { id, name } capabilitiesInDraft { id, name } } groups { edges { node { id, name, description } } } \
    objectOrganization { edges { node { id, is_inferred, name, description } } } administrated_organizations { id, name, \
    description } user_confidence_level { max_confidence overrides { entity_type, max_confidence } } \
    effective_confidence_level { max_confidence source { type object { ... on Group { id, name } } } overrides { \
    entity_type, max_confidence source { type object { ... on Group { id, name } } } } } api_tokens { id name } \
    sessions { id, created, ttl, originalMaxAge }";

#[tokio::test]
async fn a_created_user_is_shown_whole() {
    let world = opencti().await;
    let data = ask(
        &world,
        &world.key,
        "mutation { organizationAdd(input: {name: \"Acme\"}) { id } groupAdd(input: {name: \"SOC\", group_confidence_level: \
         {max_confidence: 80, overrides: [{entity_type: \"Report\", max_confidence: 90}]}}) { id } }",
        json!({}),
    )
    .await;
    let input = json!({
        "name": "Ada Lovelace", "user_email": "Ada@Example.org", "password": "correct horse battery", "firstname": "Ada",
        "lastname": "Lovelace", "description": "SOC lead", "language": "en-us", "theme": "dark", "unit_system": "metric",
        "account_status": "Active", "account_lock_after_date": "2080-01-01T00:00:00.000Z",
        "submenu_show_icons": true, "submenu_auto_collapse": true, "monochrome_labels": true,
        "objectOrganization": [data["organizationAdd"]["id"]], "groups": [data["groupAdd"]["id"]],
        "user_confidence_level": null, "user_service_account": false,
    });
    let query =
        format!("mutation ($input: UserAddInput!) {{ userAdd(input: $input) {{ {FULL} }} }}");
    let reply = send(&world, &world.key, &query, json!({"input": input})).await;
    insta::assert_snapshot!("user_created", stable(&reply));
}

#[tokio::test]
async fn the_owner_is_shown_whole() {
    let world = opencti().await;
    let full = FULL.split(" api_tokens").next().unwrap().replace("roles { id, name, description capabilities { id, name } capabilitiesInDraft { id, name } } ", "");
    let query = format!(
        "{{ me {{ {full} capabilities {{ name }} can_manage_sensitive_config api_tokens {{ name masked_token }} }} }}"
    );
    let query = query.replace("is_inferred, name, description", "name");
    insta::assert_snapshot!(
        "me",
        stable(&send(&world, &world.key, &query, json!({})).await)
    );
}

#[tokio::test]
async fn a_duplicate_is_refused_as_the_contract_says() {
    let world = opencti().await;
    user(&world, "Ada Lovelace", json!({})).await;
    let query = "mutation { userAdd(input: {name: \"Again\", user_email: \"ADA.lovelace@example.org\"}) { id } }";
    insta::assert_snapshot!(
        "duplicate",
        stable(&send(&world, &world.key, query, json!({})).await)
    );
}

#[tokio::test]
async fn what_create_refuses_makes_nobody() {
    let world = opencti().await;
    let before = world.state().await;
    let unknown = "11111111-2222-4333-8444-555555555555";
    let query = "mutation ($input: UserAddInput!) { userAdd(input: $input) { id } }";
    for (input, expected) in [
        (
            json!({"name": "A", "user_email": "a@example.org"}),
            "VALIDATION_ERROR",
        ),
        (
            json!({"name": "   ", "user_email": "a@example.org"}),
            "VALIDATION_ERROR",
        ),
        (json!({"name": "Ada"}), "FUNCTIONAL_ERROR"),
        (
            json!({"name": "Ada", "user_email": "nonsense"}),
            "VALIDATION_ERROR",
        ),
        (
            json!({"name": "Ada", "user_email": "automatic+1@opencti.invalid"}),
            "VALIDATION_ERROR",
        ),
        (
            json!({"name": "Ada", "user_email": "a@example.org", "password": "short"}),
            "FUNCTIONAL_ERROR Invalid password: ",
        ),
        (
            json!({"name": "Ada", "user_email": "a@example.org", "language": "tlh"}),
            "FUNCTIONAL_ERROR",
        ),
        (
            json!({"name": "Ada", "user_email": "a@example.org", "unit_system": "stones"}),
            "UNSUPPORTED_ERROR",
        ),
        (
            json!({"name": "Ada", "user_email": "a@example.org", "account_status": "Asleep"}),
            "UNSUPPORTED_ERROR",
        ),
        (
            json!({"name": "Ada", "user_email": "a@example.org", "groups": [unknown]}),
            "MISSING_REFERENCE_ERROR Element(s) not found",
        ),
        (
            json!({"name": "Ada", "user_email": "a@example.org", "objectOrganization": [unknown]}),
            "MISSING_REFERENCE_ERROR",
        ),
        (
            json!({"name": "Ada", "user_email": "a@example.org", "email_template_id": unknown}),
            "UNSUPPORTED_ERROR Invalid email template",
        ),
        (
            json!({"name": "Ada", "user_email": "a@example.org", "user_confidence_level": {"max_confidence": 101, "overrides": []}}),
            "FUNCTIONAL_ERROR",
        ),
        (
            json!({"name": "Ada", "user_email": "a@example.org", "account_lock_after_date": "soon"}),
            "BAD_USER_INPUT",
        ),
        (
            json!({"name": "Ada", "user_email": "a@example.org", "admin": true}),
            "BAD_USER_INPUT",
        ),
        (
            json!({"name": ["Ada"], "user_email": {"a": 1}}),
            "BAD_USER_INPUT",
        ),
    ] {
        let told = complaint(&world, &world.key, query, json!({"input": input})).await;
        assert!(told.starts_with(expected), "{input}: {told}");
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn statuses_follow_the_table() {
    let world = opencti().await;
    let id = user(
        &world,
        "Ada Lovelace",
        json!({"account_lock_after_date": "2026-06-01T00:00:00.000Z"}),
    )
    .await;
    let patch = "mutation ($id: ID!, $input: [EditInput]!) { userEdit(id: $id) { fieldPatch(input: $input) \
        { account_status account_lock_after_date } } }";
    let set = async |key: &str, value: Value| {
        let input = json!([{"key": key, "value": [value]}]);
        let data = ask(&world, &world.key, patch, json!({"id": id, "input": input})).await;
        let shown = &data["userEdit"]["fieldPatch"];
        (
            shown["account_status"].clone(),
            shown["account_lock_after_date"].clone(),
        )
    };
    let date = json!("2026-06-01T00:00:00.000Z");
    assert_eq!(
        set("account_status", json!("Locked")).await,
        (json!("Locked"), date.clone())
    );
    assert_eq!(
        set("account_status", json!("Inactive")).await,
        (json!("Inactive"), date.clone())
    );
    assert_eq!(
        set("account_status", json!("Expired")).await,
        (json!("Expired"), date.clone())
    );
    assert_eq!(
        set("account_status", json!("Active")).await,
        (json!("Active"), date.clone())
    );
    // A date that passes later expires the account by itself; any status but Expired clears it then.
    world.clock.advance(200 * 86_400_000);
    let read = "query ($id: String!) { user(id: $id) { account_status } }";
    let data = ask(&world, &world.key, read, json!({"id": id})).await;
    assert_eq!(data["user"]["account_status"], "Expired");
    assert_eq!(
        set("account_status", json!("Inactive")).await,
        (json!("Inactive"), Value::Null)
    );
    assert_eq!(
        set("account_status", json!("Active")).await,
        (json!("Active"), Value::Null)
    );
    let past = json!("2020-01-01T00:00:00.000Z");
    assert_eq!(
        set("account_lock_after_date", past.clone()).await,
        (json!("Expired"), past)
    );
}

#[tokio::test]
async fn writing_back_what_is_shown_changes_nothing() {
    let world = opencti().await;
    let service = user(
        &world,
        "Robot One",
        json!({"user_email": null, "user_service_account": true}),
    )
    .await;
    let read = "query ($id: String!) { user(id: $id) { user_email name firstname lastname account_status updated_at } }";
    let before = ask(&world, &world.key, read, json!({"id": service})).await;
    assert_eq!(
        before["user"]["user_email"],
        format!("automatic+{}@opencti.invalid", service.as_str().unwrap())
    );
    world.clock.advance(5_000);
    let input: Vec<Value> = [
        "user_email",
        "name",
        "firstname",
        "lastname",
        "account_status",
    ]
    .iter()
    .map(|key| json!({"key": key, "value": [before["user"][key]]}))
    .collect();
    let patch = "mutation ($id: ID!, $input: [EditInput]!) { userEdit(id: $id) { fieldPatch(input: $input) { id } } }";
    ask(
        &world,
        &world.key,
        patch,
        json!({"id": service, "input": input}),
    )
    .await;
    let stored = world
        .system()
        .user(directory::Ref::Uuid(
            service.as_str().unwrap().parse().unwrap(),
        ))
        .await
        .unwrap();
    assert_eq!(
        (stored.email, stored.names.given, stored.names.family),
        (None, None, None)
    );
    let after = ask(&world, &world.key, read, json!({"id": service})).await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn changes_at_the_same_time_all_count() {
    let world = opencti().await;
    let id = user(&world, "Ada Lovelace", json!({})).await;
    let patch = "mutation ($id: ID!, $input: [EditInput]!) { userEdit(id: $id) { fieldPatch(input: $input) { id } } }";
    let set = |key: &str, value: Value| {
        let variables = json!({"id": id, "input": [{"key": key, "value": value}]});
        ask(&world, &world.key, patch, variables)
    };
    tokio::join!(
        set("description", json!("Countess")),
        set("theme", json!("dark")),
        set("language", json!("fr-fr")),
        set("monochrome_labels", json!(true)),
        set("lastname", json!("King")),
    );
    let read = "query ($id: String!) { user(id: $id) { description theme language monochrome_labels lastname } }";
    let data = ask(&world, &world.key, read, json!({"id": id})).await;
    assert_eq!(
        data["user"],
        json!({"description": "Countess", "theme": "dark", "language": "fr-fr", "monochrome_labels": true, "lastname": "King"})
    );
}

#[tokio::test]
async fn a_change_of_the_document_alone_is_dated() {
    let world = opencti().await;
    let id = user(&world, "Ada Lovelace", json!({})).await;
    world.clock.advance(60_000);
    let patch = "mutation ($id: ID!) { userEdit(id: $id) { fieldPatch(input: {key: \"description\", value: \"x\"}) { updated_at } } }";
    let data = ask(&world, &world.key, patch, json!({"id": id})).await;
    assert_eq!(
        data["userEdit"]["fieldPatch"]["updated_at"],
        "2026-01-01T00:01:00.000Z"
    );
}

/// As many at once as a script with a pool of workers sends.
const AT_ONCE: usize = 20;

#[tokio::test]
async fn changes_of_groups_roles_templates_and_settings_at_the_same_time_all_count() {
    let world = opencti().await;
    let made = ask(
        &world,
        &world.key,
        "mutation { groupAdd(input: {name: \"Many\", group_confidence_level: {max_confidence: 1, overrides: []}}) { id } roleAdd(input: {name: \"Many\"}) { id } \
         emailTemplateAdd(input: {name: \"Many\", email_object: \"a\", sender_email: \"b\", template_body: \"c\"}) { id } }",
        json!({}),
    )
    .await;
    let fixed = ask(
        &world,
        &world.key,
        "{ settings { id } capabilities { edges { node { id name } } } markingDefinitions { edges { node { id } } } }",
        json!({}),
    )
    .await;
    let ids = |list: &str| -> Vec<Value> {
        let edges = fixed[list]["edges"].as_array().unwrap().iter();
        edges.map(|edge| edge["node"]["id"].clone()).collect()
    };
    // The first capability is the one that brings everything, and hides the others.
    let capabilities = ids("capabilities")[1..=AT_ONCE].to_vec();
    let all = async |query: &str, variables: Vec<Value>| {
        let answers = variables.into_iter();
        let answers = answers.map(|variables| ask(&world, &world.key, query, variables));
        futures_util::future::join_all(answers).await;
    };
    let group = &made["groupAdd"]["id"];
    all(
        "mutation ($id: ID!, $to: ID!) { groupEdit(id: $id) { relationAdd(input: {relationship_type: \"accesses-to\", toId: $to}) { id } } }",
        ids("markingDefinitions").into_iter().map(|to| json!({"id": group, "to": to})).collect(),
    )
    .await;
    all(
        "mutation ($id: ID!, $type: Any) { groupEdit(id: $id) { fieldPatch(input: {key: \"default_hidden_types\", value: [$type], operation: add}) { id } } }",
        (0..AT_ONCE).map(|number| json!({"id": group, "type": format!("Type-{number}")})).collect(),
    )
    .await;
    let role = &made["roleAdd"]["id"];
    all(
        "mutation ($id: ID!, $to: ID!) { roleEdit(id: $id) { relationAdd(input: {relationship_type: \"has-capability\", toId: $to}) { id } } }",
        capabilities.iter().map(|to| json!({"id": role, "to": to})).collect(),
    )
    .await;
    let settings = &fixed["settings"]["id"];
    all(
        "mutation ($id: ID!, $text: String!) { settingsEdit(id: $id) { editMessage(input: {message: $text, activated: true, dismissible: true}) { id } } }",
        (0..AT_ONCE).map(|number| json!({"id": settings, "text": format!("Message {number}")})).collect(),
    )
    .await;
    let template = &made["emailTemplateAdd"]["id"];
    let texts = [
        "name",
        "description",
        "email_object",
        "sender_email",
        "template_body",
    ];
    all(
        "mutation ($id: ID!, $key: String!) { emailTemplateFieldPatch(id: $id, input: [{key: $key, value: [\"new\"]}]) { id } }",
        texts.iter().map(|key| json!({"id": template, "key": key})).collect(),
    )
    .await;
    let read = "query ($group: String!, $role: String!, $template: ID!) { group(id: $group) { allowed_marking { id } default_hidden_types } \
        role(id: $role) { capabilities { id } } settings { messages_administration { id } } \
        emailTemplate(id: $template) { name description email_object sender_email template_body } }";
    let variables = json!({"group": group, "role": role, "template": template});
    let data = ask(&world, &world.key, read, variables).await;
    let count = |value: &Value| value.as_array().unwrap().len();
    assert_eq!(count(&data["group"]["allowed_marking"]), 9);
    assert_eq!(count(&data["group"]["default_hidden_types"]), AT_ONCE);
    assert_eq!(count(&data["role"]["capabilities"]), AT_ONCE);
    assert_eq!(count(&data["settings"]["messages_administration"]), AT_ONCE);
    for text in texts {
        assert_eq!(data["emailTemplate"][text], "new", "{text}");
    }
}

#[tokio::test]
async fn the_first_organisations_of_somebody_say_that_there_are_more() {
    let world = opencti().await;
    let mut organisations = Vec::new();
    for name in ["Beta", "Alpha", "Gamma"] {
        let make = "mutation ($name: String!) { organizationAdd(input: {name: $name}) { id } }";
        let data = ask(&world, &world.key, make, json!({"name": name})).await;
        organisations.push(data["organizationAdd"]["id"].clone());
    }
    let id = user(
        &world,
        "Ada Lovelace",
        json!({"objectOrganization": organisations}),
    )
    .await;
    let read = "query ($id: String!, $first: Int, $mode: OrderingMode) { user(id: $id) { objectOrganization(first: $first, orderBy: name, orderMode: $mode) \
        { edges { node { name } } pageInfo { hasNextPage hasPreviousPage globalCount } } } }";
    for (first, mode, names, more) in [
        (json!(null), "asc", vec!["Alpha", "Beta", "Gamma"], false),
        (json!(3), "desc", vec!["Gamma", "Beta", "Alpha"], false),
        (json!(2), "asc", vec!["Alpha", "Beta"], true),
        (json!(0), "asc", vec![], true),
    ] {
        let variables = json!({"id": id, "first": first, "mode": mode});
        let data = ask(&world, &world.key, read, variables).await;
        let shown = &data["user"]["objectOrganization"];
        let edges = shown["edges"].as_array().unwrap().iter();
        let found: Vec<_> = edges.map(|edge| edge["node"]["name"].clone()).collect();
        assert_eq!(found, names);
        assert_eq!(
            shown["pageInfo"],
            json!({"hasNextPage": more, "hasPreviousPage": false, "globalCount": 3})
        );
    }
}
