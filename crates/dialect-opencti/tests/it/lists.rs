//! Lists over the wire: what only a fixed world can show.

use directory::{Names, NewUser};
use serde_json::{Value, json};

use super::{ask, complaint, opencti, user};

const PAGE: &str = "query ($first: Int, $after: ID, $filters: FilterGroup, $search: String, $orderBy: UsersOrdering, $orderMode: OrderingMode) \
    { users(first: $first, after: $after, filters: $filters, search: $search, orderBy: $orderBy, orderMode: $orderMode) \
    { edges { cursor node { name } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage globalCount } } }";

fn names(data: &Value) -> Vec<&str> {
    let edges = data["users"]["edges"].as_array().unwrap();
    edges
        .iter()
        .map(|edge| edge["node"]["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let world = opencti().await;
    for number in 0..7 {
        user(&world, &format!("Person {number}"), json!({})).await;
    }
    let mut variables = json!({"first": 3, "orderBy": "name", "orderMode": "asc"});
    let mut seen = Vec::new();
    for page in 0..10 {
        let data = ask(&world, &world.key, PAGE, variables.clone()).await;
        let info = &data["users"]["pageInfo"];
        assert_eq!(info["globalCount"], 8);
        assert_eq!(info["hasPreviousPage"], page > 0);
        seen.extend(names(&data).into_iter().map(str::to_owned));
        variables["after"] = info["endCursor"].clone();
        if info["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen.len(), 8);
    assert!(seen.is_sorted());
    // Behind the end there is nothing, and nobody begins again.
    let data = ask(&world, &world.key, PAGE, variables.clone()).await;
    assert_eq!(names(&data), [""; 0]);
    for nowhere in [
        "nonsense",
        "11111111-2222-4333-8444-555555555555",
        "user--11111111-2222-5333-8444-555555555555",
    ] {
        variables["after"] = json!(nowhere);
        let told = complaint(&world, &world.key, PAGE, variables.clone()).await;
        assert!(told.starts_with("UNSUPPORTED_ERROR"), "{nowhere}: {told}");
    }
}

/// Six people of whom every order but the constant ones makes another row.
async fn mixed(world: &test_support::World) {
    for (name, email, first, last, language) in [
        ("bea", "f", "Xenia", "Vogel", "fr-fr"),
        ("Ada", "e", "ada", "Zuse", "auto"),
        ("Élodie", "d", "Yves", "adler", "de-de"),
        ("Dora", "c", "Ada", "Weber", "it-it"),
        ("carl", "b", "zoe", "Ypsilon", "fr-fr"),
        ("Olga", "a", "Bea", "Beck", "auto"),
    ] {
        let input = json!({"user_email": format!("{email}@example.org"), "firstname": first, "lastname": last,
            "language": language});
        user(world, name, input).await;
        world.clock.advance(1_000);
    }
    // Changed in another order than made.
    for email in ["c@example.org", "f@example.org"] {
        world.clock.advance(1_000);
        let patch = "mutation ($id: ID!) { userEdit(id: $id) { fieldPatch(input: {key: \"description\", value: \"x\"}) { id } } }";
        let id = dialect_opencti::ids::user(email);
        ask(world, &world.key, patch, json!({"id": id})).await;
    }
}

#[tokio::test]
async fn every_order_orders() {
    let world = opencti().await;
    mixed(&world).await;
    let list = "query ($orderBy: UsersOrdering, $orderMode: OrderingMode, $search: String) { users(orderBy: $orderBy, \
        orderMode: $orderMode, search: $search) { edges { node { name } } } }";
    for (order, expected) in [
        ("name", "Ada bea carl Dora Élodie Olga Olga-Owner"),
        ("user_email", "Olga carl Dora Élodie Ada bea Olga-Owner"),
        ("firstname", "Ada Dora Olga Olga-Owner bea Élodie carl"),
        ("lastname", "Élodie Olga Olga-Owner bea Dora carl Ada"),
        // Where the values are equal the number decides; the owner is the first of all.
        ("language", "Olga-Owner Ada Olga Élodie bea carl Dora"),
        ("created_at", "Olga-Owner bea Ada Élodie Dora carl Olga"),
        ("updated_at", "Olga-Owner Ada Élodie carl Olga Dora bea"),
        // Everybody shows the same here.
        ("external", "Olga-Owner bea Ada Élodie Dora carl Olga"),
        ("_score", "Olga-Owner bea Ada Élodie Dora carl Olga"),
    ] {
        let mut expected: Vec<String> = expected
            .split(' ')
            .map(|name| name.replace('-', " "))
            .collect();
        for mode in ["asc", "desc"] {
            let variables = json!({"orderBy": order, "orderMode": mode});
            let data = ask(&world, &world.key, list, variables).await;
            assert_eq!(names(&data), expected, "{order} {mode}");
            expected.reverse();
        }
    }
    let told = complaint(&world, &world.key, list, json!({"orderBy": "user"})).await;
    assert!(told.starts_with("BAD_USER_INPUT"), "{told}");
}

#[tokio::test]
async fn a_page_begins_after_any_edge_and_after_any_user() {
    let world = opencti().await;
    mixed(&world).await;
    let list = "query ($orderBy: UsersOrdering, $orderMode: OrderingMode, $after: ID) { users(orderBy: $orderBy, \
        orderMode: $orderMode, after: $after) { edges { cursor node { id standard_id name } } pageInfo { startCursor endCursor } } }";
    for order in [
        "name",
        "user_email",
        "firstname",
        "lastname",
        "language",
        "external",
        "created_at",
        "updated_at",
        "_score",
    ] {
        for mode in ["asc", "desc"] {
            let variables = json!({"orderBy": order, "orderMode": mode});
            let whole = ask(&world, &world.key, list, variables.clone()).await;
            let edges = whole["users"]["edges"].as_array().unwrap();
            assert_eq!(
                whole["users"]["pageInfo"]["startCursor"],
                edges[0]["cursor"]
            );
            assert_eq!(whole["users"]["pageInfo"]["endCursor"], edges[6]["cursor"]);
            for (index, edge) in edges.iter().enumerate() {
                for after in [
                    &edge["cursor"],
                    &edge["node"]["id"],
                    &edge["node"]["standard_id"],
                ] {
                    let mut variables = variables.clone();
                    variables["after"] = after.clone();
                    let rest = ask(&world, &world.key, list, variables).await;
                    assert_eq!(
                        rest["users"]["edges"].as_array().unwrap(),
                        &edges[index + 1..],
                        "{order} {mode} {after}"
                    );
                }
            }
        }
    }
    // An empty one is none, as the client's documentation says.
    let data = ask(&world, &world.key, list, json!({"after": ""})).await;
    assert_eq!(names(&data).len(), 7);
}

#[tokio::test]
async fn groups_organisations_roles_and_shelves_order_and_lead_on_too() {
    let world = opencti().await;
    for (name, level, flag) in [
        ("Bees", json!(20), true),
        ("Ants", json!(90), false),
        ("Cats", Value::Null, false),
    ] {
        let query = "mutation ($input: GroupAddInput!) { groupAdd(input: $input) { id } }";
        let input = json!({"name": name, "no_creators": flag, "restrict_delete": !flag,
            "group_confidence_level": {"max_confidence": level, "overrides": []}});
        ask(&world, &world.key, query, json!({"input": input})).await;
        world.clock.advance(1_000);
    }
    for (name, score, kind) in [
        ("Mid", 50, "vendor"),
        ("High", 100, "partner"),
        ("Low", 7, "Customer"),
    ] {
        let query =
            "mutation ($input: OrganizationAddInput!) { organizationAdd(input: $input) { id } }";
        let input = json!({"name": name, "x_opencti_score": score, "confidence": 100 - score, "x_opencti_organization_type": kind});
        ask(&world, &world.key, query, json!({"input": input})).await;
        world.clock.advance(1_000);
    }
    for (list, order, expected) in [
        (
            "groups",
            "name",
            "Administrators Ants Bees Cats Connectors Default",
        ),
        (
            "groups",
            "default_assignation",
            "Administrators Connectors Bees Ants Cats Default",
        ),
        (
            "groups",
            "no_creators",
            "Default Administrators Connectors Ants Cats Bees",
        ),
        (
            "groups",
            "restrict_delete",
            "Default Administrators Connectors Bees Ants Cats",
        ),
        (
            "groups",
            "auto_new_marking",
            "Default Bees Ants Cats Administrators Connectors",
        ),
        (
            "groups",
            "created_at",
            "Default Administrators Connectors Bees Ants Cats",
        ),
        (
            "groups",
            "updated_at",
            "Default Administrators Connectors Bees Ants Cats",
        ),
        (
            "groups",
            "group_confidence_level",
            "Cats Bees Ants Connectors Administrators Default",
        ),
        ("organizations", "name", "Example High Low Mid"),
        ("organizations", "x_opencti_score", "Example Low Mid High"),
        ("organizations", "confidence", "Example High Mid Low"),
        (
            "organizations",
            "x_opencti_organization_type",
            "Example Low High Mid",
        ),
        ("organizations", "created_at", "Example Mid High Low"),
        ("organizations", "created", "Example Mid High Low"),
        ("organizations", "modified", "Example Mid High Low"),
        ("identities", "name", "Example High Low Mid"),
        ("roles", "name", "Administrator Connector Default"),
        ("roles", "created_at", "Default Administrator Connector"),
        (
            "markingDefinitions",
            "definition",
            "PAP:AMBER PAP:CLEAR PAP:GREEN PAP:RED TLP:AMBER TLP:AMBER+STRICT TLP:CLEAR TLP:GREEN TLP:RED",
        ),
    ] {
        let shown = match list {
            "markingDefinitions" => "name: definition",
            "identities" => "... on Organization { name }",
            _ => "name",
        };
        let kind = match list {
            "groups" => "Groups",
            "organizations" => "Organizations",
            "identities" => "Identities",
            "roles" => "Roles",
            _ => "MarkingDefinitions",
        };
        let query = format!(
            "query ($orderBy: {kind}Ordering, $orderMode: OrderingMode, $after: ID) {{ list: {list}(orderBy: $orderBy, orderMode: \
             $orderMode, after: $after) {{ edges {{ cursor node {{ id standard_id {shown} }} }} }} }}"
        );
        for mode in ["asc", "desc"] {
            let variables = json!({"orderBy": order, "orderMode": mode});
            let data = ask(&world, &world.key, &query, variables.clone()).await;
            let edges = data["list"]["edges"].as_array().unwrap();
            let mut found: Vec<&str> = edges
                .iter()
                .map(|edge| edge["node"]["name"].as_str().unwrap())
                .collect();
            if mode == "desc" {
                found.reverse();
            }
            assert_eq!(
                found,
                expected.split(' ').collect::<Vec<_>>(),
                "{list} {order} {mode}"
            );
            for after in [
                &edges[1]["cursor"],
                &edges[1]["node"]["id"],
                &edges[1]["node"]["standard_id"],
            ] {
                let mut variables = variables.clone();
                variables["after"] = after.clone();
                let rest = ask(&world, &world.key, &query, variables).await;
                assert_eq!(
                    rest["list"]["edges"].as_array().unwrap(),
                    &edges[2..],
                    "{list} {order} {mode} {after}"
                );
            }
        }
        let told = complaint(&world, &world.key, &query, json!({"after": "nowhere"})).await;
        assert!(told.starts_with("UNSUPPORTED_ERROR"), "{list}: {told}");
    }
}

#[tokio::test]
async fn people_made_elsewhere_are_found_by_the_defaults_they_show() {
    let world = opencti().await;
    world
        .person(NewUser {
            email: Some("grace@example.org".to_owned()),
            names: Names {
                given: Some("Grace".to_owned()),
                family: Some("Hopper".to_owned()),
                display: None,
            },
            ..NewUser::default()
        })
        .await;
    user(
        &world,
        "Ada Lovelace",
        json!({"language": "fr-fr", "theme": "dark"}),
    )
    .await;
    let one = |key: &str, value: &str| json!({"filters": {"mode": "and", "filters": [{"key": key, "values": [value]}], "filterGroups": []}, "orderBy": "name"});
    for (variables, expected) in [
        (one("language", "auto"), vec!["Grace Hopper", "Olga Owner"]),
        (one("language", "fr-fr"), vec!["Ada Lovelace"]),
        (one("firstname", "grace"), vec!["Grace Hopper"]),
        (
            one("user_service_account", "false"),
            vec!["Ada Lovelace", "Grace Hopper", "Olga Owner"],
        ),
        (json!({"search": "hopper"}), vec!["Grace Hopper"]),
        (
            json!({"search": "hopper lovelace", "orderBy": "name"}),
            vec!["Ada Lovelace", "Grace Hopper"],
        ),
    ] {
        let data = ask(&world, &world.key, PAGE, variables.clone()).await;
        assert_eq!(names(&data), expected, "{variables}");
    }
}

#[tokio::test]
async fn a_standard_id_serves_wherever_an_id_does() {
    let world = opencti().await;
    let id = user(&world, "Ada Lovelace", json!({})).await;
    let read = "query ($id: String!) { user(id: $id) { id standard_id } }";
    let data = ask(&world, &world.key, read, json!({"id": id})).await;
    let standard = data["user"]["standard_id"].clone();
    assert_eq!(
        standard,
        dialect_opencti::ids::user("ada.lovelace@example.org")
    );
    let data = ask(&world, &world.key, read, json!({"id": standard})).await;
    assert_eq!(data["user"]["id"], id);
    // Looked up, not searched for: the user and its document.
    let before = world.directory.statements();
    ask(&world, &world.key, read, json!({"id": standard})).await;
    assert_eq!(world.directory.statements() - before, 2);
    // It follows the address, whoever changes that; accounts without one have one too.
    let (grace, _) = world
        .person(NewUser {
            email: Some("Grace@example.org".to_owned()),
            ..NewUser::default()
        })
        .await;
    let robot = user(
        &world,
        "Robot One",
        json!({"user_email": null, "user_service_account": true}),
    )
    .await;
    for (standard, id) in [
        (
            dialect_opencti::ids::user("grace@example.org"),
            json!(grace.uuid),
        ),
        (dialect_opencti::ids::user("owner@example.org"), Value::Null),
        (
            dialect_opencti::ids::user(&format!(
                "automatic+{}@opencti.invalid",
                robot.as_str().unwrap()
            )),
            robot,
        ),
    ] {
        let data = ask(&world, &world.key, read, json!({"id": standard})).await;
        if id.is_null() {
            assert_eq!(data["user"]["standard_id"], standard);
        } else {
            assert_eq!(data["user"]["id"], id);
        }
    }
    let change = directory::UserChange {
        email: Some(Some("hopper@example.org".to_owned())),
        ..Default::default()
    };
    world.system().update_user(grace.id, change).await.unwrap();
    let gone = dialect_opencti::ids::user("grace@example.org");
    assert_eq!(
        ask(&world, &world.key, read, json!({"id": gone})).await["user"],
        Value::Null
    );
    let new = dialect_opencti::ids::user("hopper@example.org");
    assert_eq!(
        ask(&world, &world.key, read, json!({"id": new})).await["user"]["id"],
        json!(grace.uuid)
    );
    let filters = json!({"mode": "and", "filters": [{"key": "standard_id", "values": [standard]}], "filterGroups": []});
    let data = ask(&world, &world.key, PAGE, json!({"filters": filters})).await;
    assert_eq!(names(&data), ["Ada Lovelace"]);
    for unknown in [
        "user--11111111-2222-5333-8444-555555555555",
        "group--11111111-2222-5333-8444-555555555555",
        "1",
        "",
    ] {
        let data = ask(&world, &world.key, read, json!({"id": unknown})).await;
        assert_eq!(data["user"], Value::Null);
    }
}

#[tokio::test]
async fn searches_look_everywhere_and_the_best_answers_come_first() {
    let world = opencti().await;
    for (name, description) in [
        ("Ada Byron", "keeps the ÉCOLE's books"),
        ("Lovelace Institute", "a robot"),
        ("Ada Lovelace", "writes 100% of the programs"),
    ] {
        user(&world, name, json!({"description": description})).await;
    }
    let asked = async |variables: Value| -> Vec<String> {
        let data = ask(&world, &world.key, PAGE, variables).await;
        assert_eq!(
            data["users"]["pageInfo"]["globalCount"],
            names(&data).len(),
            "{data}"
        );
        names(&data).into_iter().map(str::to_owned).collect()
    };
    let standard = standard_id(&world, "ada.byron@example.org").await;
    for (search, expected) in [
        // Both words before one of them; those that answer alike as they were made.
        (
            "ada lovelace",
            vec!["Ada Lovelace", "Ada Byron", "Lovelace Institute"],
        ),
        ("\"ada lovelace\"", vec!["Ada Lovelace"]),
        // Descriptions, without case and accents; the signs of patterns are letters like others.
        ("ecole", vec!["Ada Byron"]),
        ("100%", vec!["Ada Lovelace"]),
        ("1_0", vec![]),
        ("robot byron", vec!["Ada Byron", "Lovelace Institute"]),
        (standard.as_str(), vec!["Ada Byron"]),
        ("ADA.BYRON@example.org", vec!["Ada Byron"]),
    ] {
        assert_eq!(asked(json!({"search": search})).await, expected, "{search}");
    }
    // An order that is asked for holds.
    let variables = json!({"search": "ada lovelace", "orderBy": "name", "orderMode": "desc"});
    assert_eq!(
        asked(variables).await,
        ["Lovelace Institute", "Ada Lovelace", "Ada Byron"]
    );
    let variables = json!({"search": "ada lovelace", "orderBy": "_score", "orderMode": "asc"});
    assert_eq!(asked(variables).await.last().unwrap(), "Ada Lovelace");
    // Pages of a ranked search follow each other, by cursor and by row.
    let first = json!({"search": "ada lovelace", "first": 1});
    let mut data = ask(&world, &world.key, PAGE, first.clone()).await;
    for expected in ["Ada Lovelace", "Ada Byron", "Lovelace Institute"] {
        assert_eq!(names(&data), [expected]);
        let info = data["users"]["pageInfo"].clone();
        assert_eq!(info["globalCount"], 3);
        assert_eq!(info["hasNextPage"], expected != "Lovelace Institute");
        let mut next = first.clone();
        next["after"] = info["endCursor"].clone();
        data = ask(&world, &world.key, PAGE, next).await;
    }
    assert_eq!(names(&data), [""; 0]);
    let behind = json!({"search": "ada lovelace", "first": 1, "after": standard});
    let data = ask(&world, &world.key, PAGE, behind).await;
    assert_eq!(names(&data), ["Lovelace Institute"]);
    // Long searches are searched, longer ones refused; neither breaks anything.
    let words = |count: usize| -> String {
        let words: Vec<String> = (0..count).map(|number| format!("none{number}")).collect();
        words.join(" ")
    };
    assert_eq!(asked(json!({"search": words(16)})).await, [""; 0]);
    let told = complaint(&world, &world.key, PAGE, json!({"search": words(17)})).await;
    assert!(told.starts_with("UNSUPPORTED_ERROR"), "{told}");
    let many = vec!["nobody"; 1_900];
    let filters =
        json!({"mode": "and", "filters": [{"key": "name", "values": many}], "filterGroups": []});
    assert_eq!(asked(json!({"filters": filters})).await, [""; 0]);
    // What is cleared is not found any more.
    let clear = "mutation ($id: ID!) { userEdit(id: $id) { fieldPatch(input: {key: \"description\", value: [null]}) { id } } }";
    ask(&world, &world.key, clear, json!({"id": standard})).await;
    assert_eq!(asked(json!({"search": "ecole"})).await, [""; 0]);
}

#[tokio::test]
async fn groups_roles_and_organisations_are_ranked_too() {
    let world = opencti().await;
    let make = "mutation ($name: String!, $alias: [String]) { groupAdd(input: {name: $name, group_confidence_level: {max_confidence: 1, overrides: []}}) { id } \
        roleAdd(input: {name: $name}) { id } organizationAdd(input: {name: $name, x_opencti_aliases: $alias}) { id } }";
    for (name, alias) in [("Senior analysts", "Ältere"), ("Analysts", "Volk")] {
        let variables = json!({"name": name, "alias": [alias]});
        ask(&world, &world.key, make, variables).await;
    }
    for list in ["groups", "roles", "organizations", "identities"] {
        let query = format!(
            "query ($search: String) {{ {list}(search: $search) {{ edges {{ node {{ standard_id name }} }} pageInfo {{ hasPreviousPage }} }} }}"
        )
        .replace("node { standard_id name }", match list {
            "identities" => "node { standard_id ... on Organization { name } }",
            _ => "node { standard_id name }",
        });
        let found = async |search: &str| {
            let data = ask(&world, &world.key, &query, json!({"search": search})).await;
            let edges = data[list]["edges"].as_array().unwrap().clone();
            let nodes = edges.into_iter().map(|edge| edge["node"].clone());
            nodes.collect::<Vec<Value>>()
        };
        let both = found("analysts").await;
        let shown: Vec<_> = both.iter().map(|node| node["name"].clone()).collect();
        assert_eq!(shown, ["Analysts", "Senior analysts"], "{list}");
        let standard = both[1]["standard_id"].as_str().unwrap();
        assert_eq!(found(standard).await, both[1..], "{list}");
        if list.ends_with("zations") || list == "identities" {
            assert_eq!(found("altere").await, both[1..], "{list}");
        }
    }
}

#[tokio::test]
async fn texts_of_documents_are_filtered_like_other_texts() {
    let world = opencti().await;
    user(
        &world,
        "Ada Lovelace",
        json!({"description": "Zählt Bücher", "theme": "Dark"}),
    )
    .await;
    let make = "mutation { organizationAdd(input: {name: \"Acme\", x_opencti_aliases: [\"ÄCME\"], x_opencti_reliability: \"A - Completely\"}) { id } }";
    ask(&world, &world.key, make, json!({})).await;
    let filter = |key: &str, operator: &str, values: Value| json!({"mode": "and", "filters": [{"key": key, "values": values, "operator": operator}], "filterGroups": []});
    for (list, key, operator, values, count) in [
        ("users", "description", "eq", json!(["zahlt bucher"]), 1),
        ("users", "description", "contains", json!(["BÜCH"]), 1),
        ("users", "description", "wildcard", json!(["zahlt*"]), 1),
        ("users", "description", "not_nil", json!([]), 1),
        ("users", "description", "nil", json!([]), 1),
        ("users", "theme", "eq", json!(["dark"]), 1),
        ("identities", "x_opencti_aliases", "eq", json!(["acme"]), 1),
        (
            "identities",
            "x_opencti_aliases",
            "ends_with",
            json!(["CME"]),
            1,
        ),
        (
            "identities",
            "x_opencti_reliability",
            "starts_with",
            json!(["a - c"]),
            1,
        ),
        (
            "identities",
            "x_opencti_reliability",
            "starts_with",
            json!(["b"]),
            0,
        ),
    ] {
        let query = format!(
            "query ($filters: FilterGroup) {{ {list}(filters: $filters) {{ edges {{ node {{ id }} }} }} }}"
        );
        let variables = json!({"filters": filter(key, operator, values)});
        let data = ask(&world, &world.key, &query, variables.clone()).await;
        assert_eq!(
            data[list]["edges"].as_array().unwrap().len(),
            count,
            "{variables}"
        );
    }
    let data = ask(&world, &world.key, PAGE, json!({"after": ""})).await;
    assert_eq!(data["users"]["pageInfo"]["hasPreviousPage"], false);
}

/// The standard id of the user of an address.
async fn standard_id(world: &test_support::World, email: &str) -> String {
    let query =
        "query ($search: String) { users(search: $search) { edges { node { standard_id } } } }";
    let data = ask(world, &world.key, query, json!({"search": email})).await;
    let id = &data["users"]["edges"][0]["node"]["standard_id"];
    id.as_str().unwrap().to_owned()
}
