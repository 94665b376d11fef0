//! What writes cost: their answers are read in the transaction that writes, not by further ones.

use directory::{FIRST_OWNER, NewKey, ROOT};
use serde_json::{Value, json};

use super::Client;
use crate::world;

/// A key of an organisation: each transaction that shows people looks up first which of them it shows, so that each
/// further one would cost another statement.
#[tokio::test]
async fn answers_of_writes_are_read_in_their_transaction() {
    let world = world().await;
    let new = NewKey {
        organisation: Some(ROOT),
        ..NewKey::default()
    };
    let made = world.system().create_key(FIRST_OWNER, new).await.unwrap();
    let key = format!("auth_keys/edit/{}", made.key.id);
    let client = Client::new(&world, &made.secret);
    let ask = async |path: &str, body: Value| {
        let before = world.directory.statements();
        let reply = client.post(path, body).await;
        assert_eq!(reply.status, 200, "{path} {reply:?}");
        world.directory.statements() - before
    };
    let person = |name: &str| json!({"email": format!("{name}@example.org"), "role_id": 3});
    // The caller, the roles and the defaults for new people are remembered from the first request on.
    ask("admin/users/add", person("first")).await;
    let costs = [
        ("add", ask("admin/users/add", person("ada")).await),
        (
            "edit",
            ask("admin/users/edit/2", json!({"autoalert": true})).await,
        ),
        ("own", ask("users/edit", json!({"autoalert": true})).await),
        ("key", ask(&key, json!({"comment": "Renamed"})).await),
    ];
    insta::assert_debug_snapshot!(costs);
}
