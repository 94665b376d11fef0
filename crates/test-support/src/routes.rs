//! What is tried on every route of a dialect.

use kit::{Dialect, Route, Serves};

use super::{Reply, world_of};

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
