//! What a request costs the store: as many statements as the document has relations, however many
//! rows it gives.

use directory::{Names, NewGrant, NewUser, Platform, Ref};
use serde_json::{Value, json};

use super::{ask, group_with, opencti, token, user};
use test_support::World;

const WHOLE: &str = "query ($first: Int) { users(first: $first, orderBy: name) { edges { node { id user_email \
    roles { name capabilities { name } } capabilities { name } groups { edges { node { name roles { edges { node { name } } } } } } \
    objectOrganization { edges { node { name } } } administrated_organizations { name } api_tokens { name } sessions { id } \
    effective_confidence_level { max_confidence } creator { name } } } pageInfo { globalCount } } }";

/// What the client selects when it reads one user.
const READ: &str = "query UserRead($id: String!) { user(id: $id) { id standard_id individual_id user_email firstname lastname name \
    description language theme unit_system external restrict_delete account_status account_lock_after_date entity_type parent_types \
    created_at updated_at unit_system submenu_show_icons submenu_auto_collapse monochrome_labels roles { id, name, description \
    capabilities { id, name } capabilitiesInDraft { id, name } } groups { edges { node { id, name, description } } } \
    objectOrganization { edges { node { id, is_inferred, name, description } } } administrated_organizations { id, name, description } \
    user_confidence_level { max_confidence overrides { entity_type, max_confidence } } effective_confidence_level { max_confidence \
    source { type object { ... on Group { id, name } } } overrides { entity_type, max_confidence source { type object { ... on Group \
    { id, name } } } } } } }";

/// What a document costs the second time, when its plan and the caller's rights are known.
async fn cost(world: &World, key: &str, query: &str, variables: Value) -> (Value, u64) {
    ask(world, key, query, variables.clone()).await;
    let before = world.directory.statements();
    let data = ask(world, key, query, variables).await;
    (data, world.directory.statements() - before)
}

/// An organisation of five hundred people with groups, roles and further organisations; the keys of
/// the owner, of an administrator of the organisation's subtree, and of one who administers it as the
/// vendor means it.
async fn members_of(world: &World) -> (Vec<(&'static str, String)>, Value) {
    let group = group_with(world, "Analysts", &["KNOWLEDGE_KNUPDATE"]).await;
    let second = group_with(world, "Readers", &["EXPLORE", "APIACCESS_USETOKEN"]).await;
    let made = ask(
        world,
        &world.key,
        "mutation { a: organizationAdd(input: {name: \"Acme\"}) { id } b: organizationAdd(input: {name: \"Branch\"}) { id } }",
        json!({}),
    )
    .await;
    let system = world.system();
    let uuid = |id: &Value| -> uuid::Uuid { id.as_str().unwrap().parse().unwrap() };
    let acme = system
        .organisation(Ref::Uuid(uuid(&made["a"]["id"])))
        .await
        .unwrap()
        .id;
    let branch = system
        .organisation(Ref::Uuid(uuid(&made["b"]["id"])))
        .await
        .unwrap()
        .id;
    let groups = [
        system.group(Ref::Uuid(uuid(&group))).await.unwrap().id,
        system.group(Ref::Uuid(uuid(&second))).await.unwrap().id,
    ];
    let new = |number: usize| NewUser {
        email: Some(format!("person{number}@example.org")),
        names: Names {
            display: Some(format!("Person {number:03}")),
            ..Names::default()
        },
        organisations: vec![acme, branch],
        groups: groups.to_vec(),
        ..NewUser::default()
    };
    for chunk in 0..5 {
        let people = (0..100).map(|number| new(chunk * 100 + number)).collect();
        system.create_users(people).await.unwrap();
    }
    let boss = user(
        world,
        "Boss Person",
        json!({"objectOrganization": [made["a"]["id"]]}),
    )
    .await;
    let admin =
        "mutation ($id: ID!, $m: String!) { organizationAdminAdd(id: $id, memberId: $m) { id } }";
    ask(
        world,
        &world.key,
        admin,
        json!({"id": made["a"]["id"], "m": boss}),
    )
    .await;
    let head = user(
        world,
        "Head Person",
        json!({"objectOrganization": [made["a"]["id"]]}),
    )
    .await;
    let role = system
        .role_by_word(Platform::USHER, "administrator")
        .await
        .unwrap();
    let grant = NewGrant {
        role: role.id,
        organisation: Some(acme),
        expires_at: None,
    };
    system
        .grant_role(Ref::Uuid(uuid(&head)), grant)
        .await
        .unwrap();
    let keys = vec![
        ("owner", world.key.clone()),
        ("subtree administrator", token(world, &head).await),
        ("organisation administrator", token(world, &boss).await),
    ];
    let one = ask(
        world,
        &world.key,
        "{ users(search: \"person7@example.org\") { edges { node { id } } } }",
        json!({}),
    )
    .await;
    (keys, one["users"]["edges"][0]["node"]["id"].clone())
}

#[tokio::test]
async fn a_page_of_five_hundred_costs_as_many_statements_as_one_of_five() {
    let world = opencti().await;
    let (keys, _) = members_of(&world).await;
    for (who, key) in keys {
        let (few, least) = cost(&world, &key, WHOLE, json!({"first": 5})).await;
        let (many, most) = cost(&world, &key, WHOLE, json!({"first": 500})).await;
        let edges = many["users"]["edges"].as_array().unwrap();
        assert_eq!(
            (few["users"]["edges"].as_array().unwrap().len(), edges.len()),
            (5, 500),
            "{who}"
        );
        let full = edges
            .iter()
            .find(|edge| edge["node"]["user_email"] == "person7@example.org")
            .unwrap();
        let shown = |field: &str| full["node"][field]["edges"].as_array().unwrap().len();
        if who == "owner" {
            assert_eq!(
                (shown("groups"), shown("objectOrganization")),
                (2, 2),
                "{full}"
            );
            assert_eq!(full["node"]["roles"].as_array().unwrap().len(), 2);
            assert!(full["node"]["capabilities"].as_array().unwrap().len() >= 3);
        } else {
            assert!(shown("objectOrganization") >= 1, "{who}: {full}");
        }
        assert_eq!(most, least, "{who}: statements for 500 rows and for 5");
        assert!(most <= 13, "{who}: {most} statements");
    }
}

#[tokio::test]
async fn one_user_costs_a_statement_for_each_kind_of_thing_told() {
    let world = opencti().await;
    let (keys, id) = members_of(&world).await;
    for (who, key) in keys {
        let (data, statements) = cost(&world, &key, READ, json!({"id": id})).await;
        assert_eq!(data["user"]["id"], id, "{who}");
        // The user with its document; groups, roles and organisations with theirs. Whoever does not
        // see everybody has it asked whether they see this one.
        let most = if who == "owner" { 4 } else { 5 };
        assert!(statements <= most, "{who}: {statements}");
    }
    let me = "{ me { id name } }";
    assert_eq!(cost(&world, &world.key, me, json!({})).await.1, 1);
    let short = "query ($id: String!) { user(id: $id) { id standard_id name } }";
    assert_eq!(
        cost(&world, &world.key, short, json!({"id": id})).await.1,
        1
    );
}

#[tokio::test]
async fn a_search_costs_as_many_statements_however_many_it_finds() {
    let world = opencti().await;
    let (keys, _) = members_of(&world).await;
    let search = "query ($search: String, $first: Int, $orderBy: UsersOrdering) { users(search: $search, first: $first, orderBy: $orderBy) \
        { edges { node { name groups { edges { node { name } } } } } pageInfo { globalCount } } }";
    for (who, key) in keys {
        for order in [json!(null), json!("name")] {
            let asked = |search: &str, first: usize| json!({"search": search, "first": first, "orderBy": order});
            let (one, least) =
                cost(&world, &key, search, asked("person007x \"person 007\"", 5)).await;
            let (all, most) = cost(&world, &key, search, asked("person007x person", 500)).await;
            assert_eq!(one["users"]["pageInfo"]["globalCount"], 1, "{who}");
            assert_eq!(
                all["users"]["edges"].as_array().unwrap().len(),
                500,
                "{who}"
            );
            assert_eq!(
                most, least,
                "{who}: statements for 500 rows found and for one"
            );
            assert!(most <= 10, "{who}: {most} statements");
        }
    }
}
