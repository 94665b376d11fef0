//! The kit, through a dialect of its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use directory::{Accepts, Fault, NewUser, Platform};
use kit::routes;
use kit::{
    Anonymous, Authenticated, Dialect, FirstRunFacts, FormBody, HandlerResult, JsonBody, Limits,
    Pairs, Path, Presented, Protocol, Rejection, RequestInfo, Route, TypedBody, bearer, reply,
};
use serde_json::{Value, json};

use test_support::{Reply, coverage, hostile, world_of};

static PLAIN: Dialect = Dialect {
    name: "plain",
    platform: Platform::USHER,
    mount: "/plain",
    specification: None,
    protocol: &Plain,
    routes: ROUTES,
    limits: Limits {
        body: 2_000,
        requests_per_minute: 5_000,
        ..Limits::DEFAULT
    },
    environment: |_: &FirstRunFacts| Vec::new(),
    wrong_mount_prefixes: &["lost"],
};

static ROUTES: &[Route] = routes![
    GET "/open" open => open;
    GET "/panic" panicking => open;
    GET "/internal" internal => open;
    GET "/me" me => signed_in;
    GET "/list/{length}" list => signed_in;
    POST "/form" form => open;
    POST "/echo" echo => signed_in;
    POST "/typed" typed => signed_in;
    POST "/users" create => CreateUser;
    DELETE "/users/{id}" delete => DeleteUser;
    POST "/guarded/{id}" guarded => CreateUser if only_ada, "Answer to one alone", "Anything" -> "201 Nothing";
];

struct Plain;

impl Protocol for Plain {
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        let presented = |text: &str| Presented {
            text: text.to_owned(),
            accepts: Accepts::Both,
        };
        bearer(headers)
            .map(|text| text.split(',').map(presented).collect())
            .unwrap_or_default()
    }

    fn render_fault(&self, fault: &Fault, info: &RequestInfo) -> Response {
        let status = match fault {
            Fault::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Fault::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Fault::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::FORBIDDEN,
        };
        let name = format!("{fault:?}");
        let name: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
        reply::json(status, &json!({ "fault": name, "at": info.path }))
    }

    fn render_rejection(&self, rejection: &Rejection, info: &RequestInfo) -> Response {
        reply::json(
            rejection.status(),
            &json!({ "trouble": rejection.to_string(), "at": info.path }),
        )
    }
}

async fn open(request: Anonymous, pairs: Pairs) -> HandlerResult {
    Ok(reply::json(
        StatusCode::OK,
        &json!({ "address": request.address, "pairs": pairs.0, "base": request.base_url() }),
    ))
}

async fn panicking(_: Anonymous) -> HandlerResult {
    panic!("nothing here")
}

async fn internal(_: Anonymous) -> HandlerResult {
    Err(Fault::Internal("the secret cause".to_owned()).into())
}

async fn me(request: Authenticated) -> HandlerResult {
    Ok(reply::json(StatusCode::OK, &json!(request.caller.login())))
}

async fn form(_: Anonymous, FormBody(pairs): FormBody) -> HandlerResult {
    Ok(reply::json(StatusCode::OK, &pairs.0))
}

async fn echo(_: Authenticated, JsonBody(body): JsonBody) -> HandlerResult {
    Ok(reply::json(StatusCode::OK, &body))
}

#[derive(serde::Deserialize)]
struct Shape {
    email: String,
}

async fn typed(_: Authenticated, TypedBody(shape): TypedBody<Shape>) -> HandlerResult {
    Ok(reply::json(StatusCode::OK, &shape.email))
}

async fn create(request: Authenticated, TypedBody(shape): TypedBody<Shape>) -> HandlerResult {
    let new = NewUser {
        email: Some(shape.email),
        ..NewUser::default()
    };
    let user = request.create_user(new).await?;
    Ok(reply::json(StatusCode::CREATED, &user.id))
}

fn only_ada(request: &Authenticated) -> Result<(), Fault> {
    match request.caller.login() {
        "ada@example.org" => Ok(()),
        _ => Err(Fault::ExceedsOwn),
    }
}

async fn guarded(
    request: Authenticated,
    Path(_): Path<i64>,
    JsonBody(_): JsonBody,
) -> HandlerResult {
    Ok(reply::json(StatusCode::CREATED, &request.segments))
}

async fn delete(request: Authenticated, Path(id): Path<i64>) -> HandlerResult {
    request.delete_user(directory::UserId(id)).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Counts down in chunks of ten, every other one empty; at 13 the store fails.
async fn list(request: Authenticated, Path(length): Path<u64>) -> HandlerResult {
    let chunk = move |_, from: Option<u64>| async move {
        let from = from.unwrap_or(length);
        if from == 13 {
            return Err(Fault::Unavailable("lost"));
        }
        let until = from.saturating_sub(10);
        let odd = (from / 10) % 2 == 1;
        let rows = (until..from).rev().filter(|_| odd);
        reply::Chunk::of(rows, (until > 0).then_some(until))
    };
    Ok(reply::json_list(&request, "{\"rows\":[", "]}", chunk).await?)
}

/// A dialect of one long list, which counts the chunks that were read.
static COUNTING: Dialect = Dialect {
    name: "counting",
    platform: Platform::USHER,
    mount: "/counting",
    specification: None,
    protocol: &Plain,
    routes: routes![
        GET "/list" counted => ListUsers;
    ],
    limits: Limits::DEFAULT,
    environment: |_: &FirstRunFacts| Vec::new(),
    wrong_mount_prefixes: &[],
};

static CHUNKS: AtomicUsize = AtomicUsize::new(0);

async fn counted(request: Authenticated) -> HandlerResult {
    let chunk = |_, from: Option<u64>| {
        CHUNKS.fetch_add(1, Ordering::SeqCst);
        let from = from.unwrap_or(0);
        async move { reply::Chunk::of([from], (from < 999).then_some(from + 1)) }
    };
    Ok(reply::json_list(&request, "[", "]", chunk).await?)
}

fn sign(key: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {key}"))
}

fn shaped(reply: &Reply) -> bool {
    let body = reply.json();
    body["fault"].is_string() || body["trouble"].is_string()
}

#[tokio::test]
async fn every_route_is_guarded() {
    // The routes that fail on purpose would fail this test too.
    static GUARDED: Dialect = Dialect {
        routes: {
            let (_, rest) = ROUTES.split_at(3);
            rest
        },
        name: "guarded",
        platform: Platform::USHER,
        mount: "/plain",
        specification: None,
        protocol: &Plain,
        limits: Limits {
            body: 2_000,
            ..Limits::DEFAULT
        },
        environment: |_: &FirstRunFacts| Vec::new(),
        wrong_mount_prefixes: &[],
    };
    coverage(&GUARDED, sign, |reply| reply.status == 401 && shaped(reply)).await;
    hostile(&GUARDED, sign, shaped).await;
}

#[tokio::test]
async fn paths_fold_and_unknown_ones_are_voiced() {
    let world = world_of(&[&PLAIN]).await;
    for (method, target, status, at) in [
        ("GET", "//plain///open//", 200, ""),
        ("GET", "/plain/nothing", 404, "/nothing"),
        ("GET", "/plain", 404, "/"),
        ("POST", "/plain/open/", 405, "/open"),
        ("DELETE", "/plain/users/abc", 401, "/users/abc"),
    ] {
        let reply = world.request(method, target).send().await;
        assert_eq!(reply.status, status, "{method} {target}: {reply:?}");
        if status != 200 {
            assert_eq!(reply.json()["at"], at, "{method} {target}");
            assert!(shaped(&reply));
        }
        if status == 405 {
            assert_eq!(reply.header("allow"), Some("GET,HEAD"));
        }
    }
    let long = format!("/plain/{}", "a".repeat(5_000));
    assert_eq!(world.get(&long).send().await.status, 400);
    let nul = world.get("/plain/list/%00").bearer(&world.key);
    assert_eq!(nul.send().await.status, 400);
    let bad = world.delete("/plain/users/%ff").bearer(&world.key);
    assert_eq!(
        bad.send().await.json()["trouble"],
        "the path cannot be read"
    );
    for outside in ["/", "/plains", "/nothing"] {
        assert_eq!(world.get(outside).send().await.status, 404, "{outside}");
    }
}

#[tokio::test]
async fn a_client_at_the_root_is_told_the_mount() {
    let world = world_of(&[&PLAIN]).await;
    let reply = world.get("/lost/somewhere").send().await;
    assert_eq!(reply.status, 404);
    let message = reply.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("http://usher.example/plain/"), "{message}");
}

/// PLAIN under another mount, for clients that present other credentials.
static OTHER: Dialect = Dialect {
    name: "other",
    platform: Platform::USHER,
    mount: "/other",
    specification: None,
    protocol: &Other,
    routes: &[],
    limits: Limits::DEFAULT,
    environment: |_: &FirstRunFacts| Vec::new(),
    wrong_mount_prefixes: &["lost", "found"],
};

struct Other;

impl Protocol for Other {
    fn credentials(&self, headers: &HeaderMap) -> Vec<Presented> {
        let key = headers.get("x-other").and_then(|key| key.to_str().ok());
        key.map(|text| Presented {
            text: text.to_owned(),
            accepts: Accepts::Both,
        })
        .into_iter()
        .collect()
    }

    fn render_fault(&self, fault: &Fault, info: &RequestInfo) -> Response {
        Plain.render_fault(fault, info)
    }

    fn render_rejection(&self, rejection: &Rejection, info: &RequestInfo) -> Response {
        Plain.render_rejection(rejection, info)
    }
}

#[tokio::test]
async fn of_several_dialects_a_lost_client_may_mean_the_credential_decides() {
    let world = world_of(&[&PLAIN, &OTHER]).await;
    let (plain, other) = ("http://usher.example/plain/", "http://usher.example/other/");
    for (path, header, named, unnamed) in [
        ("/lost/a", None, vec![plain, other], vec![]),
        (
            "/lost/a",
            Some(("authorization", "Bearer x")),
            vec![plain],
            vec![other],
        ),
        ("/lost/a", Some(("x-other", "x")), vec![other], vec![plain]),
        (
            "/found/a",
            Some(("authorization", "Bearer x")),
            vec![other],
            vec![plain],
        ),
    ] {
        let call = world.get(path);
        let call = match header {
            Some((name, value)) => call.header(name, value),
            None => call,
        };
        let reply = call.send().await;
        assert_eq!(reply.status, 404, "{path} {header:?}");
        for address in named {
            assert!(
                reply.text.contains(address),
                "{path} {header:?}: {}",
                reply.text
            );
        }
        for address in unnamed {
            assert!(
                !reply.text.contains(address),
                "{path} {header:?}: {}",
                reply.text
            );
        }
    }
}

/// Who asks, then what they may, then the path and the body, whatever the handler does.
#[tokio::test]
async fn rights_are_looked_at_before_the_request_is_read() {
    let world = world_of(&[&PLAIN]).await;
    let (_, powerless) = world.powerless("powerless@example.org").await;
    let (_, ada) = world.powerless("ada@example.org").await;
    let post = async |key: &str, target: &str| {
        let call = world.post(target).bearer(key);
        let call = call.header("Content-Type", "application/json").body("{");
        let reply = call.send().await;
        let body = reply.json();
        let said = body["fault"].as_str().or(body["trouble"].as_str());
        (reply.status, said.unwrap_or_default().to_owned())
    };
    for (key, target, status, said) in [
        ("nobody's", "/plain/users", 401, "Unauthenticated"),
        (&*powerless, "/plain/users", 403, "Forbidden"),
        (&*powerless, "/plain/guarded/%ff", 403, "ExceedsOwn"),
        (&*ada, "/plain/guarded/%ff", 403, "Forbidden"),
        (&*world.key, "/plain/users", 400, "not well-formed JSON"),
    ] {
        let (found, text) = post(key, target).await;
        assert_eq!(found, status, "{target}: {text}");
        assert!(text.starts_with(said), "{target}: {text}");
    }
    let route = ROUTES
        .iter()
        .find(|route| route.path == "/guarded/{id}")
        .unwrap();
    assert_eq!(
        (route.status(), route.answer(), route.takes),
        ("201", "Nothing", "Anything")
    );
}

#[tokio::test]
async fn failures_are_told_in_the_log_alone() {
    let world = world_of(&[&PLAIN]).await;
    for path in ["/plain/panic", "/plain/internal"] {
        let reply = world.get(path).send().await;
        assert_eq!((reply.status, shaped(&reply)), (500, true));
        assert!(!reply.text.contains("secret") && !reply.text.contains("nothing here"));
        assert!(
            reply
                .header("x-request-id")
                .is_some_and(|id| id.len() == 17)
        );
    }
    // The next request is served as if nothing had been.
    assert_eq!(world.get("/plain/open").send().await.status, 200);
}

#[tokio::test]
async fn answers_are_private_and_numbered() {
    let world = world_of(&[&PLAIN]).await;
    let first = world.get("/plain/open?a=1&a=2&b").send().await;
    assert_eq!(first.header("cache-control"), Some("no-store"));
    assert_eq!(first.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(
        first.json(),
        json!({
            "address": "192.0.2.10",
            "pairs": [["a", "1"], ["a", "2"], ["b", ""]],
            "base": "http://usher.example/plain",
        })
    );
    let second = world.get("/plain/open").send().await;
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn the_first_credential_that_opens_counts() {
    let world = world_of(&[&PLAIN]).await;
    let key = world.key.clone();
    for (presented, status) in [
        (key.clone(), 200),
        (format!("wrong,{key}"), 200),
        (format!("{key},wrong"), 200),
        ("wrong,wronger".to_owned(), 401),
        (key.to_lowercase(), 401),
    ] {
        let reply = world.get("/plain/me").bearer(&presented).send().await;
        assert_eq!(reply.status, status, "{presented}");
    }
    let bare = world.get("/plain/me").header("Authorization", &key);
    assert_eq!(bare.send().await.status, 401);
}

#[tokio::test]
async fn bodies_are_read_after_sign_in_and_within_bounds() {
    let world = world_of(&[&PLAIN]).await;
    let long = json!("x".repeat(2_000)).to_string();
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
    for (path, content, body, status) in [
        ("/plain/echo", Some("application/json"), r#"{"a":[1]}"#, 200),
        (
            "/plain/echo",
            Some("application/scim+json; charset=utf-8"),
            "1",
            200,
        ),
        ("/plain/echo", None, "", 200),
        ("/plain/echo", None, "1", 415),
        ("/plain/echo", Some("text/plain"), "1", 415),
        ("/plain/echo", Some("application/json"), "{", 400),
        (
            "/plain/echo",
            Some("application/json"),
            r#"{"a":1,"a":1}"#,
            400,
        ),
        ("/plain/echo", Some("application/json"), &deep, 400),
        ("/plain/echo", Some("application/json"), &long, 413),
        (
            "/plain/typed",
            Some("application/json"),
            r#"{"email":1}"#,
            400,
        ),
        ("/plain/typed", Some("application/json"), "", 400),
        (
            "/plain/typed",
            Some("application/json"),
            r#"{"email":"a"}"#,
            200,
        ),
    ] {
        let send = |key: Option<&str>| {
            let mut call = world.post(path).body(body.to_owned());
            if let Some(content) = content {
                call = call.header("Content-Type", content);
            }
            if let Some(key) = key {
                call = call.bearer(key);
            }
            call.send()
        };
        let reply = send(Some(&world.key)).await;
        assert_eq!(reply.status, status, "{path} {content:?}: {reply:?}");
        assert_eq!(send(None).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn forms_are_read_as_pairs() {
    let world = world_of(&[&PLAIN]).await;
    for (content, body, status) in [
        (
            "application/x-www-form-urlencoded",
            "a=1&b=x+y&a=%C3%A4",
            200,
        ),
        ("application/x-www-form-urlencoded; charset=utf-8", "", 200),
        ("application/x-www-form-urlencoded", "a=%ff", 400),
        ("application/json", "{}", 415),
    ] {
        let reply = world
            .post("/plain/form")
            .header("Content-Type", content)
            .body(body)
            .send()
            .await;
        assert_eq!(reply.status, status, "{content} {body}: {reply:?}");
        if body.len() > 6 {
            assert_eq!(reply.json(), json!([["a", "1"], ["b", "x y"], ["a", "ä"]]));
        }
    }
}

#[tokio::test]
async fn lists_stream_as_one_document() {
    let world = world_of(&[&PLAIN]).await;
    for length in [0_u64, 5, 10, 11, 20, 45, 60] {
        let reply = world
            .get(&format!("/plain/list/{length}"))
            .bearer(&world.key)
            .send()
            .await;
        let mut from = length;
        let mut rows: Vec<Value> = Vec::new();
        while from > 0 {
            let until = from.saturating_sub(10);
            if (from / 10) % 2 == 1 {
                rows.extend((until..from).rev().map(Value::from));
            }
            from = until;
        }
        assert_eq!(reply.json(), json!({ "rows": rows }), "{length}");
    }
    // A list that fails later breaks off: it must not look like a whole one.
    let request = axum::http::Request::get("/plain/list/33")
        .header("Authorization", format!("Bearer {}", world.key))
        .body(axum::body::Body::empty())
        .unwrap();
    let broken = world.dispatcher.answer(request).await;
    assert_eq!(broken.status(), 200);
    let body = http_body_util::BodyExt::collect(broken.into_body()).await;
    assert!(body.is_err());
    // A list that cannot begin is an ordinary refusal.
    let refused = world.get("/plain/list/13").bearer(&world.key).send().await;
    assert_eq!(refused.json()["fault"], "Unavailable");
}

#[tokio::test]
async fn lists_are_read_no_faster_than_they_are_taken_and_end_with_the_key() {
    use http_body_util::BodyExt as _;
    let world = world_of(&[&COUNTING]).await;
    let ask = async |key: &str| {
        let request = axum::http::Request::get("/counting/list")
            .header("Authorization", format!("Bearer {key}"))
            .body(axum::body::Body::empty());
        let response = world.dispatcher.answer(request.unwrap()).await;
        assert_eq!(response.status(), 200);
        response.into_body()
    };
    let mut body = ask(&world.key).await;
    let before = CHUNKS.load(Ordering::SeqCst);
    // What is on its way, and one that waits.
    for taken in 0..49 {
        assert_eq!(CHUNKS.load(Ordering::SeqCst), before + taken);
        let frame = body.frame().await.unwrap().unwrap();
        assert!(frame.into_data().unwrap().len() < 10);
    }
    // Whoever hangs up has nothing more read for them.
    drop(body);
    tokio::task::yield_now().await;
    assert_eq!(CHUNKS.load(Ordering::SeqCst), before + 49);
    // Each part is read with the rights of its own time.
    let owner = world.system().user(directory::FIRST_OWNER).await.unwrap();
    let key = directory::NewKey::default();
    let key = world.system().create_key(owner.id, key).await.unwrap();
    let mut body = ask(&key.secret).await;
    assert!(body.frame().await.unwrap().is_ok());
    world.system().revoke_key(key.key.id).await.unwrap();
    let read = CHUNKS.load(Ordering::SeqCst);
    let rest = body.collect().await;
    assert!(rest.is_err());
    assert_eq!(CHUNKS.load(Ordering::SeqCst), read);
}

#[tokio::test]
async fn a_key_that_comes_too_often_waits() {
    static SLOW: Dialect = Dialect {
        name: "slow",
        platform: Platform::USHER,
        mount: "/slow",
        specification: None,
        protocol: &Plain,
        routes: ROUTES,
        limits: Limits {
            requests_per_minute: 2,
            ..Limits::DEFAULT
        },
        environment: |_: &FirstRunFacts| Vec::new(),
        wrong_mount_prefixes: &[],
    };
    let world = world_of(&[&SLOW]).await;
    let status = async || world.get("/slow/me").bearer(&world.key).send().await.status;
    assert_eq!(
        (status().await, status().await, status().await),
        (200, 200, 429)
    );
    world.clock.advance(30_000);
    assert_eq!((status().await, status().await), (200, 429));
}
