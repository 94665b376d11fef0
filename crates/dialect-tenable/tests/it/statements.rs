//! What writes cost: their answers are read in the transaction that writes, not by further ones.

use directory::{FIRST_OWNER, NewKey, ROOT};
use serde_json::{Value, json};

use super::keyed;
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
    let ask = async |method: &str, path: &str, body: Value| {
        // A create sets a password, which a key of an organisation may not, nor settings: the owner's key does.
        let key = if method == "POST" || path == "application-settings" {
            &world.key
        } else {
            &made.secret
        };
        let before = world.directory.statements();
        let reply = keyed(&world, method, path, key).json(&body);
        let reply = reply.send().await;
        assert!(reply.status < 300, "{method} {path} {reply:?}");
        world.directory.statements() - before
    };
    let person = |name: &str| {
        json!({
            "name": name, "email": format!("{name}@example.org"), "password": super::PASSWORD,
            "active": true, "biography": "Compilers",
        })
    };
    // The caller and the defaults for new people are remembered from the first request on.
    ask("POST", "users", json!([person("first")])).await;
    ask("PATCH", "users/2", json!({"department": "Signals"})).await;
    let costs = [
        ("one", ask("POST", "users", json!([person("ada")])).await),
        (
            "two",
            ask("POST", "users", json!([person("bob"), person("eve")])).await,
        ),
        (
            "change",
            ask("PATCH", "users/2", json!({"department": "Engines"})).await,
        ),
        (
            "roles",
            ask("PUT", "users/2/roles", json!({"roles": []})).await,
        ),
        (
            "preferences",
            ask("PATCH", "preferences", json!({"language": "fr"})).await,
        ),
        (
            "settings",
            ask(
                "PATCH",
                "application-settings",
                json!({"emailSender": "usher@example.org"}),
            )
            .await,
        ),
    ];
    insta::assert_debug_snapshot!(costs);
}
