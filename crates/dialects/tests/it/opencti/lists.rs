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
    variables["after"] = json!("nonsense");
    assert!(
        complaint(&world, &world.key, PAGE, variables)
            .await
            .starts_with("UNSUPPORTED_ERROR")
    );
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
        dialects::opencti::ids::user("ada.lovelace@example.org")
    );
    let data = ask(&world, &world.key, read, json!({"id": standard})).await;
    assert_eq!(data["user"]["id"], id);
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
