//! Who may do what, field by field.

use serde_json::{Value, json};

use super::{ask, complaint, group_with, opencti, send, token, user};
use test_support::World;

/// Every root field with what it needs: any of these capabilities, or only signing in.
const NEEDS: &[(&str, &[&str])] = &[
    ("{ about { version } }", &[]),
    ("{ me { id } }", &[]),
    ("{ settings { id } }", &[]),
    ("{ markingDefinitions { edges { node { id } } } }", &[]),
    ("{ markingDefinition(id: \"$unknown\") { id } }", &[]),
    (
        "{ user(id: \"$unknown\") { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "{ users { edges { node { id } } } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "{ group(id: \"$unknown\") { id } }",
        &["SETTINGS_SETACCESSES", "SETTINGS_SECURITYACTIVITY"],
    ),
    (
        "{ groups { edges { node { id } } } }",
        &["SETTINGS_SETACCESSES", "SETTINGS_SECURITYACTIVITY"],
    ),
    (
        "{ role(id: \"$unknown\") { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "{ roles { edges { node { id } } } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "{ capabilities { edges { node { id } } } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "{ sessions { sessions { id } } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "{ identity(id: \"$unknown\") { id } }",
        &["KNOWLEDGE", "KNOWLEDGE_KNUPDATE"],
    ),
    (
        "{ identities { edges { node { id } } } }",
        &["KNOWLEDGE", "KNOWLEDGE_KNUPDATE"],
    ),
    (
        "{ organization(id: \"$unknown\") { id } }",
        &[
            "KNOWLEDGE",
            "KNOWLEDGE_KNUPDATE",
            "SETTINGS_SETACCESSES",
            "SETTINGS_SECURITYACTIVITY",
        ],
    ),
    (
        "{ organizations { edges { node { id } } } }",
        &[
            "KNOWLEDGE",
            "KNOWLEDGE_KNUPDATE",
            "SETTINGS_SETACCESSES",
            "SETTINGS_SECURITYACTIVITY",
        ],
    ),
    (
        "{ emailTemplate(id: \"$unknown\") { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "{ emailTemplates { edges { node { id } } } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { userAdd(input: {name: \"x\"}) { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { userEdit(id: \"$unknown\") { delete } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { userEdit(id: \"$unknown\") { fieldPatch(input: []) { id } } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { sendUserMail(input: {target_user_id: \"$unknown\", email_template_id: \"$unknown\"}) }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { userAdminTokenAdd(userId: \"$unknown\", input: {name: \"x\"}) { token_id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { userAdminTokenRevoke(userId: \"$unknown\", id: \"$unknown\") }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { sessionKill(id: \"$unknown\") }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { userSessionsKill(id: \"$unknown\") }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { otpUserDeactivation(id: \"$unknown\") { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { groupAdd(input: {name: \" \", group_confidence_level: {overrides: []}}) { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { groupEdit(id: \"$unknown\") { delete } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { roleAdd(input: {name: \" \"}) { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { roleEdit(id: \"$unknown\") { delete } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { organizationAdd(input: {name: \" \"}) { id } }",
        &["KNOWLEDGE_KNUPDATE"],
    ),
    (
        "mutation { organizationDelete(id: \"$unknown\") }",
        &["KNOWLEDGE_KNUPDATE_KNDELETE"],
    ),
    (
        "mutation { identityAdd(input: {type: Organization, name: \" \"}) { id } }",
        &["KNOWLEDGE_KNUPDATE"],
    ),
    (
        "mutation { identityEdit(id: \"$unknown\") { fieldPatch(input: []) { id } } }",
        &["KNOWLEDGE_KNUPDATE"],
    ),
    (
        "mutation { identityEdit(id: \"$unknown\") { delete } }",
        &["KNOWLEDGE_KNUPDATE_KNDELETE"],
    ),
    (
        "mutation { userEdit(id: \"$unknown\") { tokenRenew { id } } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { stixDomainObjectEdit(id: \"$unknown\") { delete } }",
        &["KNOWLEDGE_KNUPDATE_KNDELETE"],
    ),
    (
        "mutation { organizationAdminAdd(id: \"$unknown\", memberId: \"$unknown\") { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { organizationAdminRemove(id: \"$unknown\", memberId: \"$unknown\") { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { settingsEdit(id: \"$unknown\") { fieldPatch(input: []) { id } } }",
        &["SETTINGS_SETACCESSES", "SETTINGS_SETPARAMETERS"],
    ),
    (
        "mutation { settingsEdit(id: \"$unknown\") { deleteMessage(input: \"x\") { id } } }",
        &["SETTINGS_SETPARAMETERS"],
    ),
    (
        "mutation { emailTemplateAdd(input: {name: \" \", email_object: \"\", sender_email: \"\", template_body: \"\"}) { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { emailTemplateDelete(id: \"$unknown\") }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { emailTemplateFieldPatch(id: \"$unknown\", input: []) { id } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { userTokenRevoke(id: \"$unknown\") }",
        &["APIACCESS_USETOKEN"],
    ),
    (
        "{ capabilitiesInDraft { edges { node { id } } } }",
        &["SETTINGS_SETACCESSES"],
    ),
    ("{ otpGeneration { secret } }", &[]),
    (
        "{ stixDomainObject(id: \"$unknown\") { id } }",
        &["KNOWLEDGE"],
    ),
    (
        "{ stixDomainObjects { edges { node { id } } } }",
        &["KNOWLEDGE"],
    ),
    (
        "{ stixCoreObject(id: \"$unknown\") { id } }",
        &["KNOWLEDGE"],
    ),
    (
        "{ stixCoreObjects { edges { node { id } } } }",
        &["KNOWLEDGE"],
    ),
    (
        "{ securityOrganizations { edges { node { id } } } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "{ members { edges { node { id } } } }",
        &[
            "KNOWLEDGE_KNUPDATE",
            "EXPLORE_EXUPDATE",
            "CONNECTORAPI",
            "SETTINGS_SETACCESSES",
            "SETTINGS_SECURITYACTIVITY",
            "SETTINGS_SETCUSTOMIZATION",
            "INGESTION_SETINGESTIONS",
        ],
    ),
    (
        "{ systemMembers { edges { node { id } } } }",
        &[
            "KNOWLEDGE_KNUPDATE",
            "EXPLORE_EXUPDATE",
            "CONNECTORAPI",
            "SETTINGS_SETACCESSES",
            "SETTINGS_SECURITYACTIVITY",
            "SETTINGS_SETCUSTOMIZATION",
            "INGESTION_SETINGESTIONS",
        ],
    ),
    ("{ creators { edges { node { id } } } }", &["KNOWLEDGE"]),
    ("{ assignees { edges { node { id } } } }", &["KNOWLEDGE"]),
    ("{ participants { edges { node { id } } } }", &["KNOWLEDGE"]),
    (
        "mutation { otpActivation(input: {secret: \"x\", code: \"1\"}) { id } }",
        &[],
    ),
    ("mutation { otpDeactivation { id } }", &[]),
    ("mutation { otpLogin(input: {code: \"1\"}) }", &[]),
    (
        "mutation { organizationFieldPatch(id: \"$unknown\", input: []) { id } }",
        &["KNOWLEDGE_KNUPDATE", "SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { organizationContextPatch(id: \"$unknown\", input: {}) { id } }",
        &["KNOWLEDGE_KNUPDATE", "SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { organizationContextClean(id: \"$unknown\") { id } }",
        &["KNOWLEDGE_KNUPDATE", "SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { stixDomainObjectEdit(id: \"$unknown\") { fieldPatch(input: []) { id } } }",
        &["KNOWLEDGE_KNUPDATE"],
    ),
    (
        "mutation { stixDomainObjectEdit(id: \"$unknown\") { contextPatch(input: {focusOn: \"name\"}) { id } } }",
        &["KNOWLEDGE_KNUPDATE"],
    ),
    (
        "mutation { userEdit(id: \"$unknown\") { contextPatch(input: {focusOn: \"name\"}) { id } } }",
        &["SETTINGS_SETACCESSES"],
    ),
    (
        "mutation { settingsEdit(id: \"$unknown\") { contextClean { id } } }",
        &["SETTINGS_SETACCESSES", "SETTINGS_SETPARAMETERS"],
    ),
];

const HELD: &[&str] = &[
    "KNOWLEDGE",
    "KNOWLEDGE_KNUPDATE",
    "SETTINGS",
    "SETTINGS_SETACCESSES",
    "SETTINGS_SETPARAMETERS",
    "SETTINGS_SECURITYACTIVITY",
    "BYPASS",
];

/// Somebody with this capability and the use of tokens, and nothing else.
async fn holder(world: &World, capability: &str) -> String {
    let group = group_with(world, capability, &["APIACCESS_USETOKEN", capability]).await;
    let id = user(
        world,
        &format!("Holder of {capability}"),
        json!({"groups": [group], "prevent_default_groups": true}),
    )
    .await;
    token(world, &id).await
}

#[tokio::test]
async fn every_root_field_asks_for_its_capability() {
    let world = opencti().await;
    for held in HELD {
        let key = holder(&world, held).await;
        for (query, needs) in NEEDS {
            let query = query.replace("$unknown", "11111111-2222-4333-8444-555555555555");
            let implied = |wanted: &&str| {
                *held == "BYPASS" || held.contains(*wanted) || *wanted == "APIACCESS_USETOKEN"
            };
            let allowed = needs.is_empty() || needs.iter().any(implied);
            let answer = send(&world, &key, &query, json!({})).await.json();
            let refused = answer["errors"][0]["name"] == "FORBIDDEN_ACCESS";
            assert_eq!(refused, !allowed, "{held}: {query}: {answer}");
            assert_ne!(
                answer["errors"][0]["name"], "INTERNAL_SERVER_ERROR",
                "{query}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn the_table_names_every_root_field() {
    let world = opencti().await;
    let query = "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }";
    let data = ask(&world, &world.key, query, json!({})).await;
    let free = ["token", "logout", "meEdit", "userTokenAdd"];
    for kind in ["queryType", "mutationType"] {
        for field in data["__schema"][kind]["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            let listed = NEEDS.iter().any(|(query, _)| {
                query.contains(&format!(" {name}(")) || query.contains(&format!(" {name} "))
            });
            assert!(
                listed || free.contains(&name),
                "{name} is missing from the table"
            );
        }
    }
}

#[tokio::test]
async fn an_organisations_administrator_keeps_to_it() {
    let world = opencti().await;
    let made = ask(&world, &world.key, "mutation { a: organizationAdd(input: {name: \"Acme\"}) { id } b: organizationAdd(input: {name: \"Other\"}) { id } }", json!({})).await;
    let (acme, other) = (made["a"]["id"].clone(), made["b"]["id"].clone());
    let boss = user(&world, "Boss Person", json!({"objectOrganization": [acme]})).await;
    let ours = user(&world, "Our Person", json!({"objectOrganization": [acme]})).await;
    let theirs = user(
        &world,
        "Their Person",
        json!({"objectOrganization": [other]}),
    )
    .await;
    let admin = "mutation ($id: ID!, $m: String!) { organizationAdminAdd(id: $id, memberId: $m) { authorized_authorities } }";
    let data = ask(&world, &world.key, admin, json!({"id": acme, "m": boss})).await;
    assert_eq!(
        data["organizationAdminAdd"]["authorized_authorities"],
        json!([boss])
    );
    let key = token(&world, &boss).await;

    let list = "{ users(orderBy: name) { edges { node { name } } pageInfo { globalCount } } }";
    let data = ask(&world, &key, list, json!({})).await;
    assert_eq!(
        data["users"]["edges"],
        json!([{"node": {"name": "Boss Person"}}, {"node": {"name": "Our Person"}}])
    );
    assert_eq!(data["users"]["pageInfo"]["globalCount"], 2);
    let read = "query ($id: String!) { user(id: $id) { id } }";
    assert_eq!(
        ask(&world, &key, read, json!({"id": theirs})).await["user"],
        Value::Null
    );
    let patch = "mutation ($id: ID!) { userEdit(id: $id) { fieldPatch(input: {key: \"description\", value: \"x\"}) { description } } }";
    let data = ask(&world, &key, patch, json!({"id": ours})).await;
    assert_eq!(data["userEdit"]["fieldPatch"]["description"], "x");
    // A foreign user and a missing one answer alike.
    let unknown = json!("11111111-2222-4333-8444-555555555555");
    let foreign = complaint(&world, &key, patch, json!({"id": theirs})).await;
    assert_eq!(
        foreign,
        complaint(&world, &key, patch, json!({"id": unknown})).await
    );
    for (query, variables) in [
        (
            "mutation ($o: [ID!]) { userAdd(input: {name: \"New One\", user_email: \"new@example.org\", objectOrganization: $o}) { id } }",
            json!({"o": [other]}),
        ),
        (
            "mutation { userAdd(input: {name: \"New One\", user_email: \"new@example.org\"}) { id } }",
            json!({}),
        ),
        (
            "mutation ($id: ID!) { userAdminTokenAdd(userId: $id, input: {name: \"x\"}) { token_id } }",
            json!({"id": ours}),
        ),
        ("{ roles { edges { node { id } } } }", json!({})),
    ] {
        let told = complaint(&world, &key, query, variables).await;
        assert!(
            told.starts_with("FORBIDDEN_ACCESS") || told.starts_with("MISSING_REFERENCE_ERROR"),
            "{query}: {told}"
        );
    }
    // Of groups they read those they may hand out: here none, not even the one they are in.
    let own = ask(
        &world,
        &key,
        "{ me { groups { edges { node { id } } } } }",
        json!({}),
    )
    .await;
    let own = &own["me"]["groups"]["edges"][0]["node"]["id"];
    let groups = "query ($id: String!) { group(id: $id) { id } groups { edges { node { id } } } }";
    assert_eq!(
        ask(&world, &key, groups, json!({"id": own})).await,
        json!({"group": null, "groups": {"edges": []}})
    );
    let shown = ask(&world, &world.key, groups, json!({"id": own})).await;
    assert_eq!(&shown["group"]["id"], own);
    let data = ask(&world, &key, "mutation ($o: [ID!]) { userAdd(input: {name: \"New One\", user_email: \"new@example.org\", objectOrganization: $o}) \
        { objectOrganization { edges { node { id } } } } }", json!({"o": [acme]})).await;
    assert_eq!(
        data["userAdd"]["objectOrganization"]["edges"],
        json!([{"node": {"id": acme}}])
    );
}

#[tokio::test]
async fn an_organisations_administrator_writes_the_organisations_templates() {
    let world = opencti().await;
    let made = ask(&world, &world.key, "mutation { a: organizationAdd(input: {name: \"Acme\"}) { id } b: organizationAdd(input: {name: \"Other\"}) { id } }", json!({})).await;
    let admin =
        "mutation ($id: ID!, $m: String!) { organizationAdminAdd(id: $id, memberId: $m) { id } }";
    let mut keys = Vec::new();
    for (name, organisation) in [
        ("Boss Person", &made["a"]["id"]),
        ("Other Boss", &made["b"]["id"]),
    ] {
        let boss = user(&world, name, json!({"objectOrganization": [organisation]})).await;
        ask(
            &world,
            &world.key,
            admin,
            json!({"id": organisation, "m": boss}),
        )
        .await;
        keys.push(token(&world, &boss).await);
    }
    let add = "mutation ($name: String!) { emailTemplateAdd(input: {name: $name, email_object: \"x\", sender_email: \"y\", template_body: \"z\"}) { id } }";
    let patch = "mutation ($id: ID!) { emailTemplateFieldPatch(id: $id, input: {key: \"name\", value: \"Changed\"}) { name } }";
    let delete = "mutation ($id: ID!) { emailTemplateDelete(id: $id) }";
    let list = "{ emailTemplates { edges { node { name } } } }";
    let platforms = ask(&world, &world.key, add, json!({"name": "The platform's"})).await["emailTemplateAdd"]["id"].clone();
    let ours =
        ask(&world, &keys[0], add, json!({"name": "Ours"})).await["emailTemplateAdd"]["id"].clone();
    let names = |data: Value| -> Vec<String> {
        let edges = data["emailTemplates"]["edges"].as_array().unwrap();
        edges
            .iter()
            .map(|edge| edge["node"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    // Each organisation's administrator sees the platform's and their own; whoever manages everything sees all.
    assert_eq!(
        names(ask(&world, &keys[0], list, json!({})).await),
        ["Onboarding", "The platform's", "Ours"]
    );
    assert_eq!(
        names(ask(&world, &keys[1], list, json!({})).await),
        ["Onboarding", "The platform's"]
    );
    assert_eq!(
        names(ask(&world, &world.key, list, json!({})).await),
        ["Onboarding", "The platform's", "Ours"]
    );
    // The platform's they read and do not write; another organisation's are unknown.
    for query in [patch, delete] {
        let told = complaint(&world, &keys[0], query, json!({"id": platforms})).await;
        assert!(told.starts_with("FORBIDDEN_ACCESS"), "{told}");
        let missing = complaint(
            &world,
            &keys[1],
            query,
            json!({"id": "11111111-2222-4333-8444-555555555555"}),
        )
        .await;
        assert_eq!(
            complaint(&world, &keys[1], query, json!({"id": ours})).await,
            missing
        );
    }
    let data = ask(&world, &keys[0], patch, json!({"id": ours})).await;
    assert_eq!(data["emailTemplateFieldPatch"]["name"], "Changed");
    let data = ask(&world, &keys[0], delete, json!({"id": ours})).await;
    assert_eq!(data["emailTemplateDelete"], ours);
    assert_eq!(
        names(ask(&world, &world.key, list, json!({})).await),
        ["Onboarding", "The platform's"]
    );
}

#[tokio::test]
async fn those_who_bypass_everything_act_for_others() {
    let world = opencti().await;
    let plain = user(&world, "Plain Person", json!({})).await;
    let group = group_with(
        &world,
        "Access",
        &["SETTINGS_SETACCESSES", "APIACCESS_USETOKEN"],
    )
    .await;
    let manager = user(&world, "Access Manager", json!({"groups": [group]})).await;
    let manager = token(&world, &manager).await;
    let gone = user(&world, "Gone Person", json!({"account_status": "Inactive"})).await;
    let post = async |key: &str, applicant: &str, query: &str| -> Value {
        let call = world.post("/opencti/graphql").bearer(key);
        let call = call.header("opencti-applicant-id", applicant);
        call.json(&json!({"query": query})).send().await.json()
    };
    let id = plain.as_str().unwrap();
    let standard = dialect_opencti::ids::user("plain.person@example.org");
    let me = "{ me { id capabilities { name } } }";
    for applicant in [id, &standard] {
        let answer = post(&world.key, applicant, me).await;
        assert_eq!(answer["data"]["me"]["id"], plain, "{answer}");
        assert!(!answer.to_string().contains("BYPASS"));
    }
    // With that person's rights and no more.
    let answer = post(&world.key, id, "{ users { edges { node { id } } } }").await;
    assert_eq!(
        super::told(&answer),
        "FORBIDDEN_ACCESS You are not allowed to do this."
    );
    let edit = "mutation { meEdit(input: {key: \"theme\", value: \"dark\"}) { id theme } }";
    let answer = post(&world.key, id, edit).await;
    assert_eq!(
        answer["data"]["meEdit"],
        json!({"id": plain, "theme": "dark"})
    );
    // Blank, and one's own, are no other.
    let own = ask(&world, &world.key, me, json!({})).await["me"]["id"].clone();
    for applicant in ["", " ", own.as_str().unwrap()] {
        assert_eq!(
            post(&world.key, applicant, me).await["data"]["me"]["id"],
            own
        );
    }
    let before = world.state().await;
    for (key, applicant, expected) in [
        (manager.as_str(), id, "FORBIDDEN_ACCESS"),
        (
            &world.key,
            "11111111-2222-4333-8444-555555555555",
            "FUNCTIONAL_ERROR User cannot be found.",
        ),
        (
            &world.key,
            "nonsense",
            "FUNCTIONAL_ERROR User cannot be found.",
        ),
        (&world.key, gone.as_str().unwrap(), "AUTH_REQUIRED"),
        ("wrong", id, "AUTH_REQUIRED"),
    ] {
        let told = super::told(&post(key, applicant, edit).await);
        assert!(told.starts_with(expected), "{applicant}: {told}");
    }
    assert_eq!(world.state().await, before);
}

#[tokio::test]
async fn an_organisations_administrator_hands_out_the_groups_the_organisation_lists() {
    let world = opencti().await;
    let made = ask(
        &world,
        &world.key,
        "mutation { organizationAdd(input: {name: \"Acme\"}) { id } }",
        json!({}),
    )
    .await;
    let acme = made["organizationAdd"]["id"].clone();
    let boss = user(&world, "Boss Person", json!({"objectOrganization": [acme]})).await;
    let admin =
        "mutation ($id: ID!, $m: String!) { organizationAdminAdd(id: $id, memberId: $m) { id } }";
    ask(&world, &world.key, admin, json!({"id": acme, "m": boss})).await;
    let key = token(&world, &boss).await;
    let listed = group_with(&world, "Analysts", &["KNOWLEDGE_KNUPDATE"]).await;
    let other = group_with(&world, "Others", &["EXPLORE"]).await;
    let uuid = |id: &Value| directory::Ref::Uuid(id.as_str().unwrap().parse().unwrap());
    let system = world.system();
    let group = system.group(uuid(&listed)).await.unwrap();
    let organisation = directory::Ref::Uuid(acme.as_str().unwrap().parse().unwrap());
    system
        .set_grantable_groups(organisation, &[group.id])
        .await
        .unwrap();

    let groups =
        "query ($id: String!) { group(id: $id) { name } groups { edges { node { name } } } }";
    let found = json!({"edges": [{"node": {"name": "Analysts"}}]});
    assert_eq!(
        ask(&world, &key, groups, json!({"id": listed})).await,
        json!({"group": {"name": "Analysts"}, "groups": found})
    );
    assert_eq!(
        ask(&world, &key, groups, json!({"id": other})).await,
        json!({"group": null, "groups": found})
    );
    let shown = "query ($id: String!) { organization(id: $id) { grantable_groups { name } } }";
    let data = ask(&world, &key, shown, json!({"id": acme})).await;
    assert_eq!(
        data["organization"]["grantable_groups"],
        json!([{"name": "Analysts"}])
    );

    let add = "mutation ($input: UserAddInput!) { userAdd(input: $input) { id groups { edges { node { name } } } } }";
    let new = |name: &str, group: &Value| {
        json!({"input": {"name": name, "user_email": format!("{name}@example.org"), "objectOrganization": [acme],
            "groups": [group], "prevent_default_groups": true}})
    };
    let data = ask(&world, &key, add, new("anna", &listed)).await;
    assert_eq!(data["userAdd"]["groups"], found);
    let anna = &data["userAdd"]["id"];
    let told = complaint(&world, &key, add, new("bert", &other)).await;
    assert!(
        told.starts_with("FORBIDDEN_ACCESS") || told.starts_with("MISSING_REFERENCE_ERROR"),
        "{told}"
    );
    let everybody = "{ users { edges { node { name } } } }";
    let data = ask(&world, &key, everybody, json!({})).await;
    assert_eq!(data["users"]["edges"].as_array().unwrap().len(), 2);

    let join = "mutation ($id: ID!, $to: ID!) { userEdit(id: $id) { relationAdd(input: {relationship_type: \"member-of\", toId: $to}) { id } } }";
    let leave = "mutation ($id: ID!, $to: StixRef!) { userEdit(id: $id) { relationDelete(toId: $to, relationship_type: \"member-of\") { groups { edges { node { name } } } } } }";
    let data = ask(&world, &key, leave, json!({"id": anna, "to": listed})).await;
    assert_eq!(
        data["userEdit"]["relationDelete"]["groups"]["edges"],
        json!([])
    );
    ask(&world, &key, join, json!({"id": anna, "to": listed})).await;
    let told = complaint(&world, &key, join, json!({"id": anna, "to": other})).await;
    assert!(
        told.starts_with("FORBIDDEN_ACCESS") || told.starts_with("MISSING_REFERENCE_ERROR"),
        "{told}"
    );
}
