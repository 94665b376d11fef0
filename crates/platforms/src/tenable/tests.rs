//! The Tenable Identity Exposure client: what it sends, and how it reads answers and refusals.

use serde_json::json;

use crate::core::change::Change;
use crate::core::error::{Error, Outcome};
use crate::core::operation::Operation;
use crate::core::secret::Secret;
use crate::tenable::{
    IdentityExposure, Me, NewUser, Permission, Provider, RoleId, User, UserChange, UserId,
    operations,
};
use crate::testing::{FixedEnvironment, Script};

fn client(script: &Script) -> IdentityExposure {
    IdentityExposure::builder("https://tie.example.org/prefix/")
        .key("0123456789")
        .transport(script.clone())
        .environment(FixedEnvironment::at(jiff::Timestamp::UNIX_EPOCH))
        .build()
        .unwrap()
}

fn shown<T>(operation: crate::Result<Operation<T>>) -> String {
    let operation = operation.unwrap();
    let request = operation.request();
    let body = std::str::from_utf8(request.body()).unwrap();
    format!(
        "{} {:?} {}: {} {} {body}",
        operation.id(),
        operation.repeat(),
        operation.facts().template,
        request.method(),
        request.uri(),
    )
}

#[test]
fn requests() {
    let id = UserId(7);
    let secret = Secret::new("Cobalt-Lantern-73!");
    let small = NewUser::new("Ada", "ada@example.org", secret.clone());
    let full = NewUser::new("Grace", "grace@example.org", secret.clone())
        .surname("Hopper")
        .department("Navy")
        .biography("Compilers")
        .active(true)
        .picture([1, 2]);
    let requests = [
        shown(operations::users()),
        shown(operations::user(id)),
        shown(operations::whoami()),
        shown(operations::create_users(&[small])),
        shown(operations::create_users(&[full.clone(), full])),
        shown(operations::update_user(id, &UserChange::new())),
        shown(operations::update_user(
            id,
            &UserChange::new()
                .name("Ada")
                .email("ada2@example.org")
                .password(secret.clone())
                .surname("Lovelace".to_owned())
                .department(Change::Clear)
                .biography(Change::Keep)
                .active(false)
                .picture(vec![3])
                .unlock(),
        )),
        shown(operations::delete_user(id)),
        shown(operations::set_user_roles(id, &[RoleId(1), RoleId(2)])),
        shown(operations::set_user_roles(id, &[])),
        shown(operations::change_own_password(&secret, &secret)),
        shown(operations::send_password_mail("ada@example.org")),
        shown(operations::redeem_password_token(
            &Secret::new("token"),
            &secret,
        )),
        shown(operations::roles()),
        shown(operations::about()),
    ];
    insta::assert_snapshot!(requests.join("\n"));
}

#[tokio::test]
async fn the_key_stands_in_its_header() {
    let script = Script::new().json(200, "[]");
    client(&script).users().await.unwrap();
    let request = &script.requests()[0];
    assert_eq!(request.uri(), "https://tie.example.org/prefix/api/users");
    assert_eq!(request.headers()["x-api-key"], "0123456789");
    assert!(request.headers()["x-api-key"].is_sensitive());
    assert!(!request.headers().contains_key("authorization"));
}

#[test]
fn answers() {
    let user: User = serde_json::from_value(json!({
        "id": 18, "surname": null, "name": "Grace", "email": "grace@example.org", "lockedOut": true,
        "active": true, "picture": null, "roles": [2], "identifier": "grace", "provider": "saml",
        "eulaVersion": -1, "tenableCloudUserName": "x",
    }))
    .unwrap();
    assert_eq!((user.id, &user.roles[..]), (UserId(18), &[RoleId(2)][..]));
    assert!(user.locked_out && user.active);
    assert_eq!(user.provider, Provider::Saml);
    assert_eq!(user.other["tenableCloudUserName"], "x");
    let user: User = serde_json::from_value(json!({"id": 1, "provider": "okta"})).unwrap();
    assert_eq!(user.provider, Provider::Other("okta".into()));

    let me: Me = serde_json::from_value(json!({
        "id": 1, "name": "Admin", "internal": false,
        "roles": [{"id": 1, "name": "Global Administrator", "description": "All", "permissions": [
            {"entityName": "user", "action": "edit", "entityIds": null, "dynamicId": null},
            {"entityName": "user", "action": "read", "entityIds": [1, "2"], "dynamicId": "self-user-id"},
        ]}],
    }))
    .unwrap();
    let permissions: &[Permission] = &me.roles[0].permissions;
    assert_eq!(permissions[0].entity_ids, None);
    assert_eq!(permissions[1].entity_ids.as_deref().unwrap(), ["1", "2"]);
    assert_eq!(permissions[1].dynamic_id.as_deref(), Some("self-user-id"));
}

#[tokio::test]
async fn refusals() {
    let body = r#"{"statusCode": 0, "error": "Its Name", "message": "why"}"#;
    // Status, body, the kind of the error, and what it says.
    const GATEWAY: &str = "<html>gateway</html>";
    let rows: &[(u16, &str, &str, &str)] = &[
        (400, body, "invalid", "tenable create_users: 400 why"),
        (
            401,
            body,
            "unauthenticated",
            "tenable create_users: 401 why",
        ),
        (403, body, "forbidden", "tenable create_users: 403 why"),
        (404, body, "not_found", "tenable create_users: 404 why"),
        (405, body, "invalid", "tenable create_users: 405 why"),
        (409, body, "conflict", "tenable create_users: 409 why"),
        (415, body, "invalid", "tenable create_users: 415 why"),
        (
            422,
            r#"{"message": ["a", "b"]}"#,
            "invalid",
            "tenable create_users: 422 a; b",
        ),
        (500, body, "unavailable", "tenable create_users: 500 why"),
        (
            503,
            GATEWAY,
            "unavailable",
            "tenable create_users: 503 no reason given",
        ),
        (404, GATEWAY, "unexpected", ""),
        (200, GATEWAY, "unexpected", ""),
        (200, r#"[{"id": "#, "unexpected", ""),
        (200, r#"[{"statusCode": 400}]"#, "unexpected", ""),
        (302, "", "unexpected", ""),
        (
            400,
            "",
            "invalid",
            "tenable create_users: 400 no reason given",
        ),
        (
            400,
            "plain words",
            "invalid",
            "tenable create_users: 400 no reason given",
        ),
    ];
    for (status, body, kind, text) in rows {
        let script = Script::new().json(*status, body);
        let new = NewUser::new("Ada", "ada@example.org", "Cobalt-Lantern-73!");
        let error = client(&script).create_users(&[new]).await.unwrap_err();
        assert_eq!(error.kind(), *kind, "{status} {body}: {error:?}");
        assert!(error.to_string().starts_with(text), "{error}");
        assert_eq!(script.requests().len(), 1, "a create is sent once");
        let unknown = matches!(*kind, "unavailable" | "unexpected");
        assert_eq!(error.outcome() == Outcome::Unknown, unknown, "{error:?}");
    }
}

#[tokio::test]
async fn calls_that_a_release_has_lost_are_unsupported() {
    let script = Script::new().json(404, "{}").json(405, "{}");
    let client = client(&script);
    let error = client
        .send_password_mail("ada@example.org")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    let secret = Secret::new("x");
    let error = client
        .redeem_password_token(&secret, &secret)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
}

#[tokio::test]
async fn passwords_are_changed_once() {
    let script = Script::new().answer(504, &[], "");
    let secret = Secret::new("x");
    let error = client(&script)
        .change_own_password(&secret, &secret)
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn a_user_is_found_by_the_whole_address() {
    let users =
        r#"[{"id": 1, "email": "ada@example.org.evil"}, {"id": 2, "email": "Ada@example.org"}]"#;
    let script = Script::new().json(200, users).json(200, users);
    let client = client(&script);
    assert_eq!(
        client
            .find_user("ada@example.org")
            .await
            .unwrap()
            .unwrap()
            .id,
        UserId(2)
    );
    assert!(client.find_user("da@example.org").await.unwrap().is_none());
}

#[tokio::test]
async fn a_gateways_page_is_no_deletion() {
    let script = Script::new().answer(200, &[], "<html>Sign in to the network</html>");
    let error = client(&script).delete_user(7).await.unwrap_err();
    assert!(matches!(error, Error::Unexpected(_)), "{error:?}");
}

#[tokio::test]
async fn a_deletion_that_was_lost_is_done_when_the_user_is_gone() {
    let script = Script::new()
        .broken(crate::Sent::Maybe)
        .json(404, "{}")
        .answer(204, &[], "");
    let client = client(&script);
    client.delete_user(7).await.unwrap();
    client.delete_user(8).await.unwrap();
}
