//! HTTP, credentials and documents.

use dialect_opencti::DIALECT;
use serde_json::json;

use super::{complaint, opencti, send, told};
use test_support::{Reply, coverage, hostile};

fn sign(key: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {key}"))
}

#[tokio::test]
async fn every_route_asks_who_is_there() {
    fn refused(reply: &Reply) -> bool {
        reply.status == 200 && told(&reply.json()).starts_with("AUTH_REQUIRED ")
    }
    coverage(&DIALECT, sign, refused).await;
}

#[tokio::test]
async fn nonsense_is_refused_in_the_vendors_shape() {
    fn shaped(reply: &Reply) -> bool {
        let error = &reply.json()["errors"][0];
        error["name"].is_string() && error["name"] == error["extensions"]["code"]
    }
    hostile(&DIALECT, sign, shaped).await;
}

#[tokio::test]
async fn the_health_check_passes() {
    let world = opencti().await;
    let reply = send(
        &world,
        &world.key,
        "query healthCheck { about { version } }",
        json!({}),
    )
    .await;
    assert_eq!(reply.text, r#"{"data":{"about":{"version":"7.261026.0"}}}"#);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("set-cookie"), None);
}

#[tokio::test]
async fn only_whole_requests_are_taken() {
    let world = opencti().await;
    let call = || world.post("/opencti/graphql").bearer(&world.key);
    for (content, body, status) in [
        (
            "application/json",
            "[{\"query\":\"{ about { version } }\"}]",
            400,
        ),
        ("application/json", "{\"variables\":{}}", 400),
        ("application/json", "{\"query\":1}", 400),
        ("application/json", "not json", 400),
        ("text/plain", "{\"query\":\"{ about { version } }\"}", 415),
        (
            "application/x-www-form-urlencoded",
            "query=%7Bme%7Bid%7D%7D",
            415,
        ),
        ("multipart/form-data; boundary=b", "--b--", 400),
        (
            "application/json; charset=utf-8",
            "{\"query\":\"{ about { version } }\"}",
            200,
        ),
    ] {
        let reply = call()
            .header("Content-Type", content)
            .body(body)
            .send()
            .await;
        assert_eq!(reply.status, status, "{content} {body}");
        assert_eq!(reply.json().get("errors").is_some(), status != 200);
    }
    assert_eq!(
        world
            .get("/opencti/graphql")
            .bearer(&world.key)
            .send()
            .await
            .status,
        405
    );
    assert_eq!(
        world
            .post("/opencti/other")
            .bearer(&world.key)
            .send()
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn files_come_in_a_form() {
    let world = opencti().await;
    let operations = json!({
        "query": "mutation ($input: OrganizationAddInput!) { organizationAdd(input: $input) { name } }",
        "variables": {"input": {"name": "With file", "files": [null]}},
    });
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{operations}\r\n--b\r\n\
         Content-Disposition: form-data; name=\"map\"\r\n\r\n{{\"0\":[\"variables.input.files.0\"]}}\r\n--b\r\n\
         Content-Disposition: form-data; name=\"0\"; filename=\"a.txt\"\r\n\r\ntext\r\n--b--\r\n"
    );
    let call = world.post("/opencti/graphql").bearer(&world.key);
    let reply = call
        .header("Content-Type", "multipart/form-data; boundary=b")
        .body(body)
        .send()
        .await;
    assert_eq!(
        reply.json(),
        json!({"data": {"organizationAdd": {"name": "With file"}}})
    );
}

#[tokio::test]
async fn documents_that_do_not_fit_are_told_apart() {
    let world = opencti().await;
    for (query, variables, expected) in [
        ("{ me ", json!({}), "GRAPHQL_PARSE_FAILED"),
        (
            "{ me { password } }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "{ users(first: \"x\") { edges { node { id } } } }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "query ($n: Int) { users(first: $n) { edges { node { id } } } }",
            json!({"n": "x"}),
            "BAD_USER_INPUT",
        ),
        (
            "query A { me { id } } query B { me { id } }",
            json!({}),
            "BAD_USER_INPUT",
        ),
    ] {
        let told = complaint(&world, &world.key, query, variables).await;
        assert!(told.starts_with(expected), "{query}: {told}");
    }
}
#[tokio::test]
async fn strangers_are_not_even_read() {
    let world = opencti().await;
    for query in [
        "query { me { id } }",
        "{ token }",
        "{ broken",
        "{ __schema { queryType { name } } }",
        "mutation { token(input: {email: \"a\", password: \"b\"}) logout }",
        "mutation { userAdd(input: {name: \"token\"}) { id } }",
    ] {
        let call = world
            .post("/opencti/graphql")
            .json(&json!({"query": query}));
        let answer = call.send().await.json();
        assert_eq!(
            told(&answer),
            "AUTH_REQUIRED You must be logged in to do this.",
            "{query}"
        );
        let data = &answer["errors"][0]["extensions"]["data"];
        assert_eq!(data, &json!({"http_status": 401, "genre": "TECHNICAL"}));
    }
}
