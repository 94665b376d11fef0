//! What a request costs the store: as many statements as the document has relations, however many
//! rows it gives.

use directory::{Names, NewUser};
use serde_json::json;

use super::{ask, group_with, opencti, user};
use crate::support::World;

const WHOLE: &str = "query ($first: Int) { users(first: $first, orderBy: name) { edges { node { id user_email \
    roles { name capabilities { name } } capabilities { name } groups { edges { node { name roles { edges { node { name } } } } } } \
    objectOrganization { edges { node { name } } } administrated_organizations { name } api_tokens { name } sessions { id } \
    effective_confidence_level { max_confidence } creator { name } } } pageInfo { globalCount } } }";

async fn cost(world: &World, first: u32) -> (usize, u64) {
    let before = world.directory.statements();
    let data = ask(world, &world.key, WHOLE, json!({"first": first})).await;
    let rows = data["users"]["edges"].as_array().unwrap().len();
    (rows, world.directory.statements() - before)
}

#[tokio::test]
async fn a_page_of_five_hundred_costs_as_many_statements_as_one_of_five() {
    let world = opencti().await;
    let group = group_with(&world, "Analysts", &["KNOWLEDGE_KNUPDATE"]).await;
    for number in 0..3 {
        user(
            &world,
            &format!("Grouped {number}"),
            json!({"groups": [group]}),
        )
        .await;
    }
    let system = world.system();
    let new = |number: usize| NewUser {
        email: Some(format!("person{number}@example.org")),
        names: Names {
            display: Some(format!("Person {number:03}")),
            ..Names::default()
        },
        ..NewUser::default()
    };
    for chunk in 0..5 {
        system
            .create_users((0..100).map(|number| new(chunk * 100 + number)).collect())
            .await
            .unwrap();
    }
    let (few, least) = cost(&world, 5).await;
    let (many, most) = cost(&world, 500).await;
    assert_eq!((few, many), (5, 500));
    assert_eq!(most, least, "statements for 500 rows and for 5");
    assert!(most <= 40, "{most} statements");
}
