//! For tests alone. A world to speak to: dialects over a fresh directory with a clock that stands still, counted
//! "randomness" and cheap hashes, so that answers are the same in every run.
//!
//! ```text
//! let world = world_of(&[&DIALECT]).await;
//! let reply = world.get("/misp/users/view/me").header("Authorization", &world.key).send().await;
//! assert_eq!(reply.status, 200);
//! insta::assert_snapshot!(reply.shown());
//! ```
#![expect(
    missing_docs,
    clippy::unwrap_used,
    reason = "what tests use says what it is by its name, and fails at once"
)]

mod one_time_code;
mod recorded;
mod rights;
mod routes;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use directory::{
    Configuration, CountingEntropy, Directory, FIRST_OWNER, FirstRun, Handle, HashingCost,
    ManualClock, NewKey, NewUser, PasswordPolicy, Platform, Query, ROOT, Seams, StoreLocation,
    Time, User,
};
use http_body_util::BodyExt as _;
use kit::{AppState, Dialect, Dispatcher, PeerAddress, ServerOptions, platforms_of};
use serde_json::Value;

pub use one_time_code::one_time_code;
pub use recorded::{Recorded, recorded};
pub use rights::{Right, everywhere, refusals_keep_nothing, words};
pub use routes::{Sign, coverage, hostile, target};

/// 2026-01-01T00:00:00Z.
pub const START: Time = Time(1_767_225_600_000);

/// The owner's key.
pub const OWNER_KEY: &str = "OwnerOwnerOwnerOwnerOwnerOwnerOwnerOwner";

/// The owner's password.
pub const OWNER_PASSWORD: &str = "cobalt lantern orchard nine";

pub struct World {
    pub directory: Directory,
    pub clock: Arc<ManualClock>,
    pub dispatcher: Dispatcher,
    /// The owner's key.
    pub key: String,
}

/// A world that speaks just these, and knows no other platform: what one dialect shows there does
/// not change with the others' catalogues, so snapshots are taken in it.
pub async fn world_of(dialects: &[&'static Dialect]) -> World {
    let clock = ManualClock::at(START);
    let directory = Directory::open(Configuration {
        location: StoreLocation::Temporary,
        platforms: platforms_of(dialects),
        passwords: PasswordPolicy::Default,
        secret: [7; 32],
        connections: 4,
        seams: Seams {
            clock: clock.clone(),
            entropy: CountingEntropy::seeded(1),
            hashing: HashingCost::cheap(),
        },
    })
    .await
    .unwrap();
    directory
        .first_run(FirstRun {
            email: "owner@example.org".to_owned(),
            given: "Olga".to_owned(),
            family: "Owner".to_owned(),
            password: OWNER_PASSWORD.to_owned(),
            organisation: "Example".to_owned(),
        })
        .await
        .unwrap();
    let state = AppState::new(
        directory.clone(),
        ServerOptions {
            public_url: "http://usher.example".to_owned(),
            unset_url: Some("http://usher.example".to_owned()),
            proxies: Vec::new(),
            dialects: dialects.to_vec(),
            unlimited: false,
            ..ServerOptions::default()
        },
    );
    let world = World {
        dispatcher: Dispatcher::new(dialects, axum::Router::new(), &state),
        directory,
        clock,
        key: OWNER_KEY.to_owned(),
    };
    world
        .system()
        .create_key_with(FIRST_OWNER, NewKey::default(), OWNER_KEY.to_owned())
        .await
        .unwrap();
    world
}

impl World {
    /// Use-cases as the server itself.
    pub fn system(&self) -> Handle {
        self.directory.act(&self.directory.system(Platform::USHER))
    }

    /// A person in the root who was made through no platform's door, with a key: without any right
    /// but to see themselves.
    pub async fn powerless(&self, email: &str) -> (User, String) {
        self.person(NewUser {
            email: Some(email.to_owned()),
            home: Some(ROOT),
            door: directory::ProvisioningDefaults {
                without_defaults: true,
                mail: None,
            },
            ..NewUser::default()
        })
        .await
    }

    /// A person with a key.
    pub async fn person(&self, new: NewUser) -> (User, String) {
        let user = self.system().create_user(new).await.unwrap();
        let key = self
            .system()
            .create_key(user.id, NewKey::default())
            .await
            .unwrap();
        (user, key.secret)
    }

    /// People, organisations, roles, keys, settings and how many events there are, to see that nothing
    /// changed.
    pub async fn state(&self) -> String {
        let counted = Query {
            limit: 0,
            total: true,
            ..Query::default()
        };
        let events = self.system().events(&counted).await.unwrap().total;
        format!("{} {events:?}", self.contents().await)
    }

    /// The same without the events, which tell of refusals too.
    pub async fn contents(&self) -> String {
        let handle = self.system();
        let users = handle.users(&Query::default()).await.unwrap().items;
        let organisations = handle.organisations(&Query::default()).await;
        let organisations = organisations.unwrap().items;
        let people: Vec<_> = users
            .iter()
            .map(|user| (user.id, user.revision, user.status, user.login.clone()))
            .collect();
        let keys = handle.keys(&Query::default()).await.unwrap().items;
        let keys: Vec<_> = keys
            .iter()
            .map(|key| (key.id, key.name.clone(), key.revoked_at))
            .collect();
        let roles = handle.roles(&Query::default()).await.unwrap().items;
        let roles: Vec<_> = roles.iter().map(|role| (role.id, role.version)).collect();
        let lockout: directory::LockoutPolicy = handle.setting().await.unwrap();
        let mail: directory::MailSettings = handle.setting().await.unwrap();
        format!("{people:?} {organisations:?} {keys:?} {roles:?} {lockout:?} {mail:?}")
    }

    pub fn request(&self, method: &str, target: &str) -> Call<'_> {
        Call {
            world: self,
            method: method.parse().unwrap(),
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: Body::empty(),
        }
    }

    pub fn get(&self, target: &str) -> Call<'_> {
        self.request("GET", target)
    }

    pub fn post(&self, target: &str) -> Call<'_> {
        self.request("POST", target)
    }

    pub fn delete(&self, target: &str) -> Call<'_> {
        self.request("DELETE", target)
    }

    /// Sends a recorded request below a mount. Every occurrence of a substitute's first text in the
    /// path, query, headers and body becomes its second (`("<KEY>", &world.key)`).
    pub async fn replay(
        &self,
        mount: &str,
        recorded: &Recorded,
        substitutes: &[(&str, &str)],
    ) -> Reply {
        let with = |text: &str| {
            substitutes
                .iter()
                .fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
        };
        let mut target = format!("{mount}{}", with(&recorded.path));
        let query = with(&recorded.query);
        if !query.is_empty() {
            target = format!("{target}?{query}");
        }
        let mut call = self.request(&recorded.method, &target);
        for (name, value) in &recorded.headers {
            call = call.header(name, &with(value));
        }
        if !recorded.body.is_null() {
            call = call.body(with(&recorded.body.to_string()));
        }
        call.send().await
    }
}

/// A request being put together.
pub struct Call<'w> {
    world: &'w World,
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Body,
}

impl Call<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.append(
            name.parse::<HeaderName>().unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
        self
    }

    /// A header in the place of those of that name.
    pub fn replace_header(mut self, name: &str, value: &str) -> Self {
        self.headers.remove(name);
        self.header(name, value)
    }

    /// A credential, in the header the dialect reads it from.
    pub fn key(self, name: &str, value: &str) -> Self {
        self.header(name, value)
    }

    pub fn bearer(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json")
            .body(body.to_string())
    }

    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub async fn send(self) -> Reply {
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.target)
            .body(self.body)
            .unwrap();
        *request.headers_mut() = self.headers;
        request
            .extensions_mut()
            .insert(PeerAddress("192.0.2.10:40000".parse().unwrap()));
        let response = self.world.dispatcher.answer(request).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status, the headers a client may look at, and the body, for snapshots.
    pub fn shown(&self) -> String {
        let mut headers: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| {
                ![
                    "x-request-id",
                    "x-content-type-options",
                    "cache-control",
                    "content-security-policy",
                    "date",
                ]
                .contains(&name.as_str())
            })
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        headers.sort();
        let body = serde_json::from_str::<Value>(&self.text).map_or_else(
            |_| self.text.clone(),
            |value| serde_json::to_string_pretty(&value).unwrap(),
        );
        format!("{}\n{}\n\n{body}", self.status, headers.join("\n"))
    }
}
