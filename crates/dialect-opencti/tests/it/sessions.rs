//! Signing in with a password, and what becomes of sessions.

use serde_json::{Value, json};

use super::{ask, complaint, group_with, opencti, token, told, user};
use test_support::{OWNER_PASSWORD, one_time_code};

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

/// A second factor from its beginning to its end: begun, confirmed by the code that an authenticator shows, asked for
/// at signing in, validated within a session, and taken away.
#[tokio::test]
async fn a_second_factor_from_its_beginning_to_its_end() {
    const ACTIVATE: &str = "mutation ($input: UserOTPActivationInput) { otpActivation(input: $input) { otp_activated } }";
    const LOGIN: &str = "mutation ($code: String) { otpLogin(input: {code: $code}) }";
    let world = opencti().await;
    let password = "Cobalt-Lantern-73!";
    let person = user(&world, "Ada Lovelace", json!({"password": password})).await;
    let key = token(&world, &person).await;
    let sign_in = async || {
        world.clock.advance(30_000);
        let body = json!({
            "query": "mutation ($input: UserLoginInput!) { token(input: $input) }",
            "variables": {"input": {"email": "ada.lovelace@example.org", "password": password}},
        });
        let reply = world.post("/opencti/graphql").json(&body).send().await;
        reply.json()
    };
    assert!(sign_in().await["data"]["token"].is_string());
    let begun = ask(&world, &key, "{ otpGeneration { secret uri } }", json!({})).await;
    let secret = begun["otpGeneration"]["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let code = || one_time_code(&secret, world.directory.now().seconds());
    // A wrong code confirms nothing, and nothing is asked for yet.
    let wrong = if code() == "000000" {
        "111111"
    } else {
        "000000"
    };
    let given = json!({"input": {"secret": secret, "code": wrong}});
    complaint(&world, &key, ACTIVATE, given).await;
    assert!(sign_in().await["data"]["token"].is_string());
    let given = json!({"input": {"secret": secret, "code": code()}});
    let activated = ask(&world, &key, ACTIVATE, given).await;
    assert_eq!(activated["otpActivation"]["otp_activated"], true);
    // The password alone no longer signs the person in; the password with the code does, at an API that takes codes.
    assert!(told(&sign_in().await).starts_with("OTP_REQUIRED"));
    world.clock.advance(30_000);
    let session = directory::SessionRequest::of(directory::SessionKind::Bearer);
    let context = directory::RequestContext::default();
    let platform = dialect_opencti::DIALECT.platform;
    let shown = code();
    let signed = world.directory.sign_in(
        platform,
        "ada.lovelace@example.org",
        password,
        Some(&shown),
        session,
        context,
    );
    let session = signed.await.unwrap().secret;
    let me = ask(
        &world,
        &session,
        "{ me { user_email otp_activated } }",
        json!({}),
    )
    .await;
    assert_eq!(
        me["me"],
        json!({"user_email": "ada.lovelace@example.org", "otp_activated": true})
    );
    // Within the session a code is validated, once, and a key has no session to validate.
    world.clock.advance(30_000);
    let given = json!({"code": code()});
    let valid = ask(&world, &session, LOGIN, given.clone()).await;
    assert_eq!(valid["otpLogin"], true);
    for (key, given) in [
        (&session, given.clone()),
        (&session, json!({"code": wrong})),
        (&session, json!({"code": ""})),
        (&key, given),
    ] {
        let refused = complaint(&world, key, LOGIN, given).await;
        assert!(refused.starts_with("AUTH_FAILURE"), "{refused}");
    }
    let taken = "mutation { otpDeactivation { otp_activated } }";
    let taken = ask(&world, &key, taken, json!({})).await;
    assert_eq!(taken["otpDeactivation"]["otp_activated"], false);
    assert!(sign_in().await["data"]["token"].is_string());
}

/// A token renewed as releases of the client before 7 do it takes the place of all that the user had, and is shown in
/// that answer alone.
#[tokio::test]
async fn a_renewed_token_takes_the_place_of_all_and_is_shown_once() {
    let world = opencti().await;
    let group = group_with(&world, "Readers", &["APIACCESS_USETOKEN"]).await;
    let ada = user(&world, "Ada Lovelace", json!({"groups": [group]})).await;
    let old = [token(&world, &ada).await, token(&world, &ada).await];
    let renew = "mutation ($id: ID!) { userEdit(id: $id) { tokenRenew { id api_token } } }";
    let shown = ask(&world, &world.key, renew, json!({"id": ada})).await;
    let renewed = &shown["userEdit"]["tokenRenew"];
    assert_eq!(renewed["id"], ada);
    let fresh = renewed["api_token"].as_str().unwrap();
    let me = "{ me { id api_token } }";
    let own = ask(&world, fresh, me, json!({})).await;
    assert_eq!(own["me"], json!({"id": ada, "api_token": null}));
    for gone in old {
        let refused = complaint(&world, &gone, me, json!({})).await;
        assert!(refused.starts_with("AUTH_REQUIRED"), "{refused}");
    }
    let read = "query ($id: String!) { user(id: $id) { api_token } }";
    let read = ask(&world, &world.key, read, json!({"id": ada})).await;
    assert_eq!(read["user"]["api_token"], Value::Null);
    // Neither one's own door nor that of a greater account is opened by it.
    let helper = group_with(
        &world,
        "Helpers",
        &["APIACCESS_USETOKEN", "SETTINGS_SETACCESSES"],
    )
    .await;
    let helper = user(&world, "Help Er", json!({"groups": [helper]})).await;
    let key = token(&world, &helper).await;
    let owner = ask(&world, &world.key, "{ me { id } }", json!({})).await["me"]["id"].clone();
    let before = world.state().await;
    let refused = complaint(&world, &key, renew, json!({"id": owner})).await;
    assert!(refused.starts_with("FORBIDDEN_ACCESS"), "{refused}");
    let unknown = json!({"id": "11111111-2222-4333-8444-555555555555"});
    let refused = complaint(&world, &key, renew, unknown).await;
    assert!(refused.starts_with("FUNCTIONAL_ERROR"), "{refused}");
    assert_eq!(world.state().await, before);
    let renewed = ask(&world, &key, renew, json!({"id": ada})).await;
    assert!(renewed["userEdit"]["tokenRenew"]["api_token"].is_string());
}
