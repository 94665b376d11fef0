//! Lists come whole, and cost no statements per row.

use directory::{NewUser, ROOT};
use serde_json::json;

use super::Client;
use crate::world;

#[tokio::test]
async fn lists_are_whole_and_cost_statements_by_parts_alone() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    // Who asks is remembered from the first request on.
    admin.get("users/view/me").await;
    let count = async |path: &str| {
        let before = world.directory.statements();
        let reply = admin.get(path).await;
        assert_eq!(reply.status, 200);
        let rows = reply.json().as_array().unwrap().len();
        (rows, world.directory.statements() - before)
    };
    let add = async |from: usize, to: usize| {
        let many = (from..to)
            .map(|number| NewUser {
                email: Some(format!("p{number:05}@example.org")),
                home: Some(ROOT),
                ..NewUser::default()
            })
            .collect();
        world.system().create_users(many).await.unwrap();
    };
    add(0, 10).await;
    let (rows, few) = count("admin/users").await;
    assert_eq!(rows, 11);
    add(10, 900).await;
    // Long lists of numbers are asked for in a few pieces; that is all that grows.
    let (rows, one_part) = count("admin/users").await;
    assert_eq!(rows, 901);
    assert!(one_part <= few + 6, "{few} {one_part}");
    add(900, 2_500).await;
    let (rows, three_parts) = count("admin/users").await;
    assert_eq!(rows, 2_501);
    assert!(three_parts <= 3 * one_part, "{one_part} {three_parts}");
    let (rows, filtered) = count("admin/users/index/value:p0000").await;
    assert_eq!(rows, 10);
    assert!(filtered <= few + 4, "{filtered} {few}");
}

#[tokio::test]
async fn lists_of_organisations_and_keys_cost_no_statements_per_row() {
    let world = world().await;
    let admin = Client::new(&world, &world.key);
    // Who asks is remembered from the first request on.
    admin.get("users/view/me").await;
    let count = async |path: &str| {
        let before = world.directory.statements();
        let reply = admin.get(path).await;
        assert_eq!(reply.status, 200);
        world.directory.statements() - before
    };
    admin.organisation("First").await;
    admin.get("roles").await;
    let found = "admin/users/index/value:organisation";
    let few = (
        count("organisations").await,
        count("auth_keys").await,
        count(found).await,
    );
    for number in 0..40 {
        admin.organisation(&format!("Organisation {number}")).await;
        admin
            .user(&format!("p{number}@example.org"), json!({}))
            .await;
    }
    // Owners of several keys are read by one list, the owner of one by themselves.
    let many = (
        count("organisations").await,
        count("auth_keys").await,
        count(found).await,
    );
    assert_eq!(few.0, many.0);
    assert!(many.1 <= few.1 + 2, "{few:?} {many:?}");
    // However many organisations hold a text, they are not read for its sake.
    assert!(many.2 <= few.2 + 4, "{few:?} {many:?}");
}
