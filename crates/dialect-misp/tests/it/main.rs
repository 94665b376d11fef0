//! MISP over its wire: see the crate `test-support` for the world, replays, coverage and hostile input.
#![expect(clippy::unwrap_used, reason = "tests")]

mod authority;
mod cases;
mod filters;
mod lists;
mod members;
mod replay;
mod rights;
mod shown;
mod statements;
mod wire;

use dialect_misp::DIALECT;
use serde_json::{Value, json};

use test_support::{Reply, World, world_of};

/// The dialect alone over a fresh directory.
pub async fn world() -> World {
    world_of(&[&DIALECT]).await
}

/// The header that carries a key.
pub fn sign(key: &str) -> (&'static str, String) {
    ("Authorization", key.to_owned())
}

/// Whether an error has one of the vendor's two shapes.
pub fn shaped(reply: &Reply) -> bool {
    let body = reply.json();
    let said =
        body["name"].is_string() && body["message"] == body["name"] && body["url"].is_string();
    let refused = body
        .get("saved")
        .is_none_or(|saved| saved == false && body.get("errors").is_some());
    said && refused
}

/// A client that speaks with one key.
pub struct Client<'w> {
    world: &'w World,
    key: String,
}

impl<'w> Client<'w> {
    /// A client with this key.
    pub fn new(world: &'w World, key: &str) -> Self {
        Self {
            world,
            key: key.to_owned(),
        }
    }

    /// Asks for a path.
    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path).await
    }

    /// Sends a request without a body.
    pub async fn call(&self, method: &str, path: &str) -> Reply {
        self.world
            .request(method, &format!("/misp/{path}"))
            .header("Authorization", &self.key)
            .header("User-Agent", "PyMISP 2.5.34.4")
            .send()
            .await
    }

    /// Posts a body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.world
            .post(&format!("/misp/{path}"))
            .header("Authorization", &self.key)
            .header("User-Agent", "PyMISP 2.5.34.4")
            .json(&body)
            .send()
            .await
    }

    /// Makes a user and returns their number and key.
    pub async fn user(&self, email: &str, body: Value) -> (String, String) {
        let mut body = body;
        body["email"] = json!(email);
        let reply = self.post("admin/users/add", body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let user = &reply.json()["User"];
        let text = |name: &str| user[name].as_str().unwrap().to_owned();
        (text("id"), text("authkey"))
    }

    /// Makes an organisation and returns its number.
    pub async fn organisation(&self, name: &str) -> String {
        let reply = self
            .post("admin/organisations/add", json!({ "name": name }))
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()["Organisation"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}
