//! Signing in with a password, and what becomes of sessions.

use serde_json::{Value, json};

use super::{ask, complaint, opencti, told};
use test_support::OWNER_PASSWORD;

#[tokio::test]
async fn strangers_may_sign_in_and_nothing_else() {
    let world = opencti().await;
    let login = "mutation ($input: UserLoginInput!) { token(input: $input) }";
    let input =
        |password: &str| json!({"input": {"email": "owner@example.org", "password": password}});
    let post = async |query: &str, variables: Value| {
        let body = json!({"query": query, "variables": variables});
        world
            .post("/opencti/graphql")
            .json(&body)
            .send()
            .await
            .json()
    };
    let answer = post(login, input(test_support::OWNER_PASSWORD)).await;
    let session = answer["data"]["token"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned();
    let me = ask(&world, &session, "{ me { user_email } }", json!({})).await;
    assert_eq!(me["me"]["user_email"], "owner@example.org");
    // The same address within the same second.
    let told_off = told(&post(login, input("wrong")).await);
    assert!(told_off.starts_with("TOO_MANY_REQUESTS "), "{told_off}");
    world.clock.advance(1_000);
    assert_eq!(
        told(&post(login, input("wrong")).await),
        "AUTH_FAILURE Bad login or password"
    );
    for (query, variables) in [
        (
            "mutation ($input: UserLoginInput!) { token(input: $input) logout }",
            input("x"),
        ),
        ("query { me { id } }", json!({})),
        ("{ token }", json!({})),
        ("{ __schema { queryType { name } } }", json!({})),
        (
            "mutation { userAdd(input: {name: \"token\"}) { id } }",
            json!({}),
        ),
    ] {
        let answer = post(query, variables).await;
        assert_eq!(
            told(&answer),
            "AUTH_REQUIRED You must be logged in to do this.",
            "{query}"
        );
        assert_eq!(
            answer["errors"][0]["extensions"]["data"],
            json!({"http_status": 401, "genre": "TECHNICAL"})
        );
    }
    // A token is no session: it is told goodbye, and stays.
    let me = ask(&world, &world.key, "{ me { id } }", json!({})).await;
    for _ in 0..2 {
        let left = ask(&world, &world.key, "mutation { logout }", json!({})).await;
        assert_eq!(left["logout"], me["me"]["id"]);
    }
    ask(&world, &session, "mutation { logout }", json!({})).await;
    assert!(
        complaint(&world, &session, "{ me { id } }", json!({}))
            .await
            .starts_with("AUTH_REQUIRED")
    );
}

#[tokio::test]
async fn passwords_open_sessions_and_end_them() {
    let world = opencti().await;
    let login = "mutation ($input: UserLoginInput!) { token(input: $input) }";
    let body = json!({"query": login, "variables": {"input": {"email": "owner@example.org", "password": OWNER_PASSWORD}}});
    world.clock.advance(10_000);
    let reply = world
        .post("/opencti/graphql")
        .json(&body)
        .send()
        .await
        .json();
    let session = reply["data"]["token"]
        .as_str()
        .unwrap_or_else(|| panic!("{reply}"))
        .to_owned();
    let data = ask(
        &world,
        &world.key,
        "{ me { id } sessions { user { name } sessions { id ttl originalMaxAge } } }",
        json!({}),
    )
    .await;
    assert_eq!(data["sessions"][0]["user"]["name"], "Olga Owner");
    assert_eq!(data["sessions"][0]["sessions"][0]["originalMaxAge"], 1_200);
    let killed = ask(
        &world,
        &world.key,
        "mutation ($id: ID!) { userSessionsKill(id: $id) }",
        json!({"id": data["me"]["id"]}),
    )
    .await;
    assert_eq!(
        killed["userSessionsKill"],
        json!([data["sessions"][0]["sessions"][0]["id"]])
    );
    assert!(
        complaint(&world, &session, "{ me { id } }", json!({}))
            .await
            .starts_with("AUTH_REQUIRED")
    );
}
