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

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use directory::{
    Configuration, CountingEntropy, Directory, FIRST_OWNER, FirstRun, Handle, HashingCost,
    ManualClock, NewKey, NewUser, PasswordPolicy, Platform, Query, ROOT, Seams, StoreLocation,
    Time, User,
};
use http_body_util::BodyExt as _;
use kit::{Dialect, Facts, Front, PeerAddress, Route, Serves, Shared, platforms_of};
use serde_json::{Map, Value};

/// 2026-01-01T00:00:00Z.
pub const START: Time = Time(1_767_225_600_000);

/// The owner's key.
pub const OWNER_KEY: &str = "OwnerOwnerOwnerOwnerOwnerOwnerOwnerOwner";

/// The owner's password.
pub const OWNER_PASSWORD: &str = "correct horse battery staple";

pub struct World {
    pub directory: Directory,
    pub clock: Arc<ManualClock>,
    pub front: Front,
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
    let shared = Shared::new(
        directory.clone(),
        Facts {
            public_url: "http://usher.example".to_owned(),
            unset_url: Some("http://usher.example".to_owned()),
            proxies: Vec::new(),
            dialects: dialects.to_vec(),
        },
    );
    let world = World {
        front: Front::new(dialects, axum::Router::new(), &shared),
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
            door: directory::Door {
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
        let response = self.world.front.answer(request).await;
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

/// One request that a real client was seen to send.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub call: String,
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    pub status: Option<u16>,
    pub response: Option<Value>,
}

/// The requests of a recording, as `tests/fixtures/NAME.requests.json` holds it, that went over the
/// wire.
pub fn recorded(recording: &str) -> Vec<Recorded> {
    let entries: Vec<Map<String, Value>> = serde_json::from_str(recording).unwrap();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    entries
        .iter()
        .filter(|entry| entry.get("method").is_some_and(Value::is_string))
        .map(|entry| Recorded {
            call: text(&entry["call"]),
            method: text(&entry["method"]),
            path: text(&entry["path"]),
            query: query(entry.get("query").unwrap_or(&Value::Null)),
            headers: entry
                .get("headers")
                .and_then(Value::as_object)
                .map(|headers| {
                    headers
                        .iter()
                        .map(|(name, value)| (name.clone(), text(value)))
                        .collect()
                })
                .unwrap_or_default(),
            body: entry.get("body").cloned().unwrap_or(Value::Null),
            status: entry
                .get("status")
                .and_then(Value::as_u64)
                .map(|status| u16::try_from(status).unwrap()),
            response: entry.get("response").cloned(),
        })
        .collect()
}

/// Recordings state queries as text, as a map or as pairs.
fn query(recorded: &Value) -> String {
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pair = |name: &str, value: &Value| match value {
        Value::String(value) => format!("{}={}", encoded(name), encoded(value)),
        other => format!("{}={}", encoded(name), encoded(&other.to_string())),
    };
    let parts: Vec<String> = match recorded {
        Value::String(text) => return text.clone(),
        Value::Object(map) => map
            .iter()
            .flat_map(|(name, value)| match value {
                Value::Array(values) => values.iter().map(|value| pair(name, value)).collect(),
                value => vec![pair(name, value)],
            })
            .collect(),
        Value::Array(pairs) => pairs
            .iter()
            .filter_map(|one| Some(pair(one.get(0)?.as_str()?, one.get(1)?)))
            .collect(),
        _ => Vec::new(),
    };
    parts.join("&")
}

/// The header that carries a key in a dialect.
pub type Sign = fn(&str) -> (&'static str, String);

/// A target for a route's pattern, every `{name}` replaced.
pub fn target(dialect: &Dialect, route: &Route, segment: &str) -> String {
    let path: Vec<&str> = route
        .path
        .split('/')
        .map(|part| if part.starts_with('{') { segment } else { part })
        .collect();
    format!("{}{}", dialect.mount, path.join("/"))
}

/// Calls every route without credentials, with an unknown key and with a powerless person's key.
/// Whoever is not signed in gets the answer that `refused` recognises; the powerless get a refusal
/// wherever the table names an operation that is not allowed on oneself; nothing changes.
pub async fn coverage(dialect: &'static Dialect, sign: Sign, refused: fn(&Reply) -> bool) {
    let world = world_of(&[dialect]).await;
    let (_, powerless) = world.powerless("powerless@example.org").await;
    let before = world.state().await;
    for route in dialect.routes {
        let target = target(dialect, route, "1");
        let call = |key: Option<&str>| {
            let call = world.request(route.method, &target);
            match key.map(sign) {
                Some((name, value)) => call.header(name, &value),
                None => call,
            }
        };
        if route.serves != Serves::Open {
            for key in [None, Some("UnknownUnknownUnknownUnknownUnknownUnkno")] {
                let reply = call(key).send().await;
                assert!(refused(&reply), "{route:?} without sign-in: {reply:?}");
            }
        }
        let reply = call(Some(&powerless)).send().await;
        assert!(reply.status < 500, "{route:?}: {reply:?}");
        assert_ne!(reply.status, 405, "{route:?}");
        if let Serves::Operation(operation) = route.serves
            && !operation.access().own
        {
            assert!(reply.status >= 400, "{route:?} by the powerless: {reply:?}");
        }
    }
    assert_eq!(world.state().await, before);
}

/// Sends nonsense to every route as the owner: 4xx in the vendor's shape (`shaped`) with nothing
/// changed, or a plain success where a route reads no body, never a 5xx.
pub async fn hostile(dialect: &'static Dialect, sign: Sign, shaped: fn(&Reply) -> bool) {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let wide = format!("{{\"a\":\"{}\"}}", "x".repeat(dialect.limits.body + 1));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("application/json", b"{".to_vec()),
        ("application/json", b"\xff\xfe".to_vec()),
        ("application/json", b"null".to_vec()),
        ("application/json", b"[]".to_vec()),
        ("application/json", b"[null,1,{\"a\":[]}]".to_vec()),
        ("application/json", b"\"text\"".to_vec()),
        ("application/json", b"1e400".to_vec()),
        ("application/json", b"{\"id\":1,\"id\":2}".to_vec()),
        (
            "application/json",
            b"{\"email\":7,\"name\":{},\"id\":[],\"role_id\":\"x\",\"User\":null}".to_vec(),
        ),
        (
            "application/json",
            b"{\"email\":\"\\u0000\\ud800@\",\"name\":\"\\u202e\"}".to_vec(),
        ),
        ("application/json", deep.into_bytes()),
        ("application/json", wide.into_bytes()),
        ("text/plain", b"{}".to_vec()),
        ("application/x-www-form-urlencoded", b"a=%zz&%ff=1".to_vec()),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\n\r\n--x--".to_vec(),
        ),
    ];
    let segments = [
        "999999999999999999999999",
        "-1",
        "0",
        "%00",
        "%ff",
        "%2e%2e",
        "%27%20OR%201%3d1%20--",
        "00000000-0000-0000-0000-000000000000",
    ];
    let world = world_of(&[dialect]).await;
    let contents = std::cell::RefCell::new(world.contents().await);
    for route in dialect.routes {
        let send = async |segment: &str, content: &str, body: Vec<u8>| {
            let (name, value) = sign(&world.key);
            let target = target(dialect, route, segment);
            let call = world.request(route.method, &target).header(name, &value);
            let reply = call.header("Content-Type", content).body(body).send().await;
            assert!(
                reply.status < 500,
                "{route:?} {target} {content}: {reply:?}"
            );
            if reply.status >= 400 && route.method != "HEAD" {
                assert!(shaped(&reply), "{route:?} {target} {content}: {reply:?}");
            }
            let after = world.contents().await;
            let before = contents.replace(after.clone());
            if reply.status >= 400 || matches!(route.method, "GET" | "HEAD") {
                assert_eq!(before, after, "{route:?} {target} {content}: {reply:?}");
            }
        };
        // Deleting and reading need no body: these are tried with odd names only.
        if !matches!(route.method, "GET" | "DELETE" | "HEAD") {
            for (content, body) in &bodies {
                send("2", content, body.clone()).await;
            }
        }
        for segment in segments {
            send(segment, "application/json", b"{}".to_vec()).await;
        }
    }
}
