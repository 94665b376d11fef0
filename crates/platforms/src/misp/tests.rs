//! The MISP client: what it sends, and how it reads answers and refusals.

use serde_json::json;

use crate::core::error::{Error, Outcome};
use crate::core::operation::Operation;
use crate::core::secret::Secret;
use crate::misp::{
    AuthKey, Misp, NewAuthKey, NewOrganisation, NewUser, OrganisationChange, OrganisationQuery,
    OrganisationRef, OrganisationScope, Role, User, UserChange, UserId, UserQuery, UserRef,
    operations,
};
use crate::testing::{FixedEnvironment, Script};

const KEY: &str = "0123456789012345678901234567890123456789";

fn client(script: &Script) -> Misp {
    Misp::builder("https://misp.example.org/prefix")
        .key(KEY)
        .transport(script.clone())
        .environment(FixedEnvironment::at(jiff::Timestamp::UNIX_EPOCH))
        .build()
        .unwrap()
}

fn shown<T>(operation: crate::Result<Operation<T>>) -> String {
    let operation = operation.unwrap();
    let request = operation.request();
    let mut text = format!(
        "{} {:?} {}: {} {}",
        operation.id(),
        operation.repeat(),
        operation.facts().template,
        request.method(),
        request.uri(),
    );
    for (name, value) in request.headers() {
        text.push_str(&format!("\n  {name}: {}", value.to_str().unwrap()));
    }
    if !request.body().is_empty() {
        text.push_str(&format!(
            "\n  {}",
            std::str::from_utf8(request.body()).unwrap()
        ));
    }
    text
}

#[test]
fn requests() {
    let user = UserId(7);
    let everything = NewUser::new("ana@corp.example")
        .organisation(2)
        .role(3)
        .password("Cobalt-Lantern-73!")
        .disabled(true)
        .change_password_at_sign_in(false)
        .terms_accepted(true)
        .autoalert(true)
        .contactalert(true)
        .gpgkey("-----BEGIN PGP PUBLIC KEY BLOCK-----")
        .certificate("-----BEGIN CERTIFICATE-----")
        .nids_sid(4_000_001)
        .notify(true)
        .set("external_auth_required", true);
    let requests = [
        shown(operations::users(&UserQuery::new())),
        shown(operations::users(
            &UserQuery::new().search("ana+b c|d%e").organisation(2),
        )),
        shown(operations::get_user(UserRef::Me)),
        shown(operations::get_user(user)),
        shown(operations::get_user_as_admin(user)),
        shown(operations::add_user(&NewUser::new("ana@corp.example"))),
        shown(operations::add_user(&everything)),
        shown(operations::update_user(
            user,
            &UserChange::new()
                .email("new@corp.example")
                .role(4)
                .organisation(5)
                .disabled(false),
        )),
        shown(operations::update_own_user(
            user,
            &UserChange::new().autoalert(false),
        )),
        shown(operations::delete_user(user)),
        shown(operations::change_own_password(&Secret::new(
            "Cobalt-Lantern-73!",
        ))),
        shown(operations::set_user_password(
            user,
            &Secret::new("Cobalt-Lantern-73!"),
        )),
        shown(operations::set_user_role(user, 4.into())),
        shown(operations::organisations(&OrganisationQuery::new())),
        shown(operations::organisations(
            &OrganisationQuery::new()
                .scope(OrganisationScope::All)
                .search("Corp Ltd"),
        )),
        shown(operations::organisations(
            &OrganisationQuery::new().scope(OrganisationScope::External),
        )),
        shown(operations::get_organisation(OrganisationRef::Id(2.into()))),
        shown(operations::get_organisation(OrganisationRef::Name(
            "Corp & Söhne/GmbH".into(),
        ))),
        shown(operations::organisation_exists(OrganisationRef::Uuid(
            "192dd0dd-8ed1-4b3c-9b3d-000000000002".into(),
        ))),
        shown(operations::add_organisation(
            &NewOrganisation::new("Corp")
                .description("d")
                .kind("CSIRT")
                .nationality("LU")
                .sector("it")
                .contacts("c")
                .local(true)
                .uuid("192dd0dd-8ed1-4b3c-9b3d-000000000002")
                .restricted_to_domain(&["corp.example"])
                .set("landingpage", "hello"),
        )),
        shown(operations::update_organisation(
            OrganisationRef::Id(2.into()),
            &OrganisationChange::new().name("Corp II").sector("energy"),
        )),
        shown(operations::delete_organisation(OrganisationRef::Id(
            2.into(),
        ))),
        shown(operations::roles()),
        shown(operations::get_role(3.into())),
        shown(operations::set_default_role(3.into())),
        shown(operations::auth_keys(None)),
        shown(operations::auth_keys(Some(user))),
        shown(operations::add_auth_key(UserRef::Me, &NewAuthKey::new())),
        shown(operations::add_auth_key(
            user,
            &NewAuthKey::new()
                .comment("ci")
                .expiration("2031-01-01")
                .allowed_ips(&["127.0.0.1", "10.0.0.0/8"])
                .read_only(true),
        )),
        shown(operations::delete_auth_key(9.into())),
        shown(operations::destroy_sessions(user)),
        shown(operations::delete_totp(user)),
        shown(operations::version()),
    ];
    insta::assert_snapshot!(requests.join("\n"));
}

#[test]
fn a_slash_is_refused_before_it_is_sent() {
    let refused = operations::users(&UserQuery::new().search("a/b"));
    assert!(matches!(refused, Err(Error::Config(_))));
}

#[tokio::test]
async fn the_key_stands_in_the_header_and_the_prefix_in_the_path() {
    let script = Script::new().json(200, "[]").json(200, "[]");
    client(&script).roles().await.unwrap();
    Misp::builder("https://misp.example.org")
        .key(KEY)
        .own_header()
        .transport(script.clone())
        .build()
        .unwrap()
        .roles()
        .await
        .unwrap();
    let requests = script.requests();
    assert_eq!(
        requests[0].uri(),
        "https://misp.example.org/prefix/roles/index"
    );
    assert_eq!(requests[0].headers()["authorization"], KEY);
    assert!(requests[0].headers()["authorization"].is_sensitive());
    assert_eq!(requests[0].headers()["accept"], "application/json");
    assert_eq!(requests[1].headers()["x-misp-auth"], KEY);
    assert!(!requests[1].headers().contains_key("authorization"));
}

#[test]
fn numbers_and_truths_are_read_however_they_are_written() {
    let user: User = serde_json::from_value(json!({
        "id": "2", "org_id": 3, "role_id": "9999", "email": "ana@corp.example", "disabled": "1",
        "totp_is_set": "0", "gpgkey": "", "expiration": null, "last_login": "0", "nids_sid": "5540409",
        "password": "*****", "brand_new": [1],
    }))
    .unwrap();
    assert_eq!((user.id.0, user.org_id.0, user.role_id.0), (2, 3, 9999));
    assert!(user.disabled);
    assert_eq!(user.totp_is_set, Some(false));
    assert_eq!((user.gpgkey, user.expiration), (None, None));
    assert_eq!(user.last_login, Some(0));
    assert_eq!(user.other["brand_new"], json!([1]));

    let role: Role =
        serde_json::from_value(json!({"id": null, "name": null, "perm_admin": null})).unwrap();
    assert_eq!(
        (role.id.0, role.name.as_str(), role.perm_admin),
        (0, "", false)
    );
    let key: AuthKey = serde_json::from_value(
        json!({"id": 9, "user_id": "2", "allowed_ips": null, "read_only": false}),
    )
    .unwrap();
    assert!(key.allowed_ips.is_empty());
}

#[tokio::test]
async fn the_first_key_is_taken_out_of_the_answer() {
    let script = Script::new().json(
        200,
        r#"{"User": {"id": "9", "email": "ana@corp.example", "authkey": "canarycanarycanarycanarycanarycanary1234"}}"#,
    );
    let added = client(&script)
        .add_user(&NewUser::new("ana@corp.example"))
        .await
        .unwrap();
    assert!(!format!("{added:?}").contains("canary"));
    assert_eq!(
        added.authkey.unwrap().expose(),
        "canarycanarycanarycanarycanarycanary1234"
    );
}

#[tokio::test]
async fn a_user_is_found_by_the_whole_address_only() {
    let rows = |emails: &[&str]| {
        let rows: Vec<_> = emails
            .iter()
            .enumerate()
            .map(|(id, email)| json!({"User": {"id": id, "email": email}}))
            .collect();
        json!(rows).to_string()
    };
    let script = Script::new()
        .json(
            200,
            &rows(&[
                "ana@corp.example.org",
                "xana@corp.example",
                "Ana@corp.example",
            ]),
        )
        .json(200, &rows(&["ana@corp.example.org"]))
        .json(200, &rows(&["b@corp.example", "a/b@corp.example"]));
    let misp = client(&script);
    let found = misp.find_user("ana@corp.example").await.unwrap();
    assert_eq!(found.unwrap().user.id.0, 2);
    assert!(misp.find_user("ana@corp.example").await.unwrap().is_none());
    let found = misp.find_user("a/b@corp.example").await.unwrap();
    assert_eq!(found.unwrap().user.id.0, 1);
    assert_eq!(
        script.requests()[2].uri().path(),
        "/prefix/admin/users/index"
    );
}

#[tokio::test]
async fn who_does_not_administer_changes_only_themselves() {
    let me = |admin: bool| {
        json!({"User": {"id": "7"}, "Role": {"id": 3, "perm_admin": admin}, "UserSetting": []})
            .to_string()
    };
    let changed = r#"{"User": {"id": "7"}}"#;
    let change = UserChange::new().autoalert(true);

    let script = Script::new()
        .json(200, &me(true))
        .json(200, changed)
        .json(200, changed);
    let misp = client(&script);
    misp.update_user(7, &change).await.unwrap();
    misp.clone().update_user(8, &change).await.unwrap();
    let paths: Vec<_> = script
        .requests()
        .iter()
        .map(|it| it.uri().path().to_owned())
        .collect();
    assert_eq!(
        paths,
        [
            "/prefix/users/view/me",
            "/prefix/admin/users/edit/7",
            "/prefix/admin/users/edit/8"
        ],
        "the own role is asked once"
    );

    let script = Script::new()
        .json(200, &me(false))
        .json(200, &me(false))
        .json(200, changed);
    client(&script).update_user(7, &change).await.unwrap();
    assert_eq!(script.requests()[2].uri().path(), "/prefix/users/edit/7");

    let script = Script::new().json(200, &me(false)).json(200, &me(false));
    let refused = client(&script).update_user(8, &change).await;
    assert!(matches!(refused, Err(Error::Config(_))));
}

/// Status, headers, body, and the error's kind.
const REFUSALS: &[(u16, &str, &str)] = &[
    (
        403,
        r#"{"name":"Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization header.","message":"Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization header.","url":"/x"}"#,
        "unauthenticated",
    ),
    (
        403,
        r#"{"name":"x","message":"It is not possible to use this Auth key from your IP address","url":"/x"}"#,
        "unauthenticated",
    ),
    (
        403,
        r#"{"name":"x","message":"You do not have permission to use this functionality.","url":"/x"}"#,
        "forbidden",
    ),
    (
        403,
        r#"{"saved":false,"name":"Could not add User","message":"Could not add User","errors":{"email":["An account with this email address already exists."]}}"#,
        "conflict",
    ),
    (
        403,
        r#"{"saved":false,"name":"Could not add User","message":"Could not add User","errors":{"email":"Mandatory field not set."}}"#,
        "invalid",
    ),
    (
        403,
        r#"{"saved":false,"name":"x","message":"x","errors":["Invalid organisation"]}"#,
        "invalid",
    ),
    (
        403,
        r#"{"saved":false,"name":"x","message":"x","errors":"It is not possible"}"#,
        "invalid",
    ),
    (
        404,
        r#"{"name":"Invalid user","message":"Invalid user","url":"/x"}"#,
        "not_found",
    ),
    (
        405,
        r#"{"name":"Invalid role","message":"Invalid role","url":"/x"}"#,
        "invalid",
    ),
    (
        405,
        r#"{"name":"x","message":"Invalid user or insufficient privileges to interact with an authkey for the given user.","url":"/x"}"#,
        "forbidden",
    ),
    (302, "", "unauthenticated"),
    (301, "", "unexpected"),
    (
        200,
        r#"{"name":"/admin/users/add API description","description":"x","mandatory_fields":["email"],"optional_fields":[],"url":"/x"}"#,
        "invalid",
    ),
    (
        200,
        "<html><body>Sign in to the network</body></html>",
        "unexpected",
    ),
    (404, "<html><body>no such vhost</body></html>", "unexpected"),
    (403, "<!DOCTYPE html><title>blocked</title>", "unexpected"),
    (200, r#"{"User": {"id": "#, "unexpected"),
    (200, r#"{"saved": true}"#, "unexpected"),
    (200, r#"{"User": {}}"#, "unexpected"),
    (200, "", "unexpected"),
    (
        500,
        r#"{"name":"SQLSTATE[42S22]: Column not found","message":"SQLSTATE[42S22]: SELECT secret FROM users","url":"/x"}"#,
        "unavailable",
    ),
    (502, "<html>bad gateway</html>", "unavailable"),
];

#[tokio::test]
async fn refusals() {
    for (status, body, kind) in REFUSALS {
        let script = Script::new().json(*status, body);
        let error = client(&script)
            .add_user(&NewUser::new("ana@corp.example"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), *kind, "{status} {body}: {error:?}");
        assert_eq!(script.left(), 0);
        assert_eq!(
            script.requests().len(),
            1,
            "a create is sent once: {error:?}"
        );
        assert!(!error.to_string().contains("SELECT"), "{error}");
        let unknown = matches!(*kind, "unavailable" | "unexpected");
        assert_eq!(error.outcome() == Outcome::Unknown, unknown, "{error:?}");
    }
}

#[tokio::test]
async fn refused_fields_are_named() {
    let script = Script::new().json(
        403,
        r#"{"message":"Could not add User","errors":{"email":["Please enter a valid email address."],"password":"Password length requirement not met."}}"#,
    );
    let error = client(&script)
        .add_user(&NewUser::new("ana"))
        .await
        .unwrap_err();
    let fields = &error.vendor().unwrap().fields;
    assert_eq!(fields["email"], ["Please enter a valid email address."]);
    assert_eq!(fields["password"], ["Password length requirement not met."]);
    assert_eq!(
        error.to_string(),
        "misp add_user: 403 Could not add User; email: Please enter a valid email address.; \
         password: Password length requirement not met."
    );
}

#[tokio::test]
async fn an_organisation_in_use_is_a_conflict() {
    let script = Script::new().json(
        403,
        r#"{"saved":false,"message":"Organisation could not be deleted","errors":[],"id":"6"}"#,
    );
    let error = client(&script)
        .delete_organisation(OrganisationRef::Id(6.into()))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error:?}");
}

#[tokio::test]
async fn whether_an_organisation_exists() {
    let script = Script::new()
        .answer(200, &[], "")
        .answer(404, &[], "")
        .json(403, r#"{"message":"Authentication failed."}"#);
    let misp = client(&script);
    let which = OrganisationRef::Name("Corp".into());
    assert!(misp.organisation_exists(which.clone()).await.unwrap());
    assert!(!misp.organisation_exists(which.clone()).await.unwrap());
    assert!(misp.organisation_exists(which).await.is_err());
}

#[tokio::test]
async fn what_is_gone_after_a_lost_answer_was_done() {
    let gone = r#"{"name":"Invalid user","message":"Invalid user","url":"/x"}"#;
    let script = Script::new()
        .broken(crate::Sent::Maybe)
        .json(404, gone)
        .json(404, gone);
    let misp = client(&script);
    misp.delete_user(7).await.unwrap();
    let error = misp.delete_user(7).await.unwrap_err();
    assert!(
        matches!(error, Error::NotFound(_)),
        "without a lost answer it is an error"
    );

    let same = r#"{"message":"Could not change_pw User","errors":"Submitted new password cannot be the same as the current one"}"#;
    let script = Script::new()
        .answer(504, &[], "")
        .json(403, same)
        .json(403, same);
    let misp = client(&script);
    let password = Secret::new("Cobalt-Lantern-73!");
    misp.change_own_password(&password).await.unwrap();
    assert!(misp.change_own_password(&password).await.is_err());
}

#[tokio::test]
async fn a_gateways_page_is_no_deletion() {
    let page = "<html>Sign in to the network</html>";
    let script = Script::new().answer(200, &[("content-type", "text/html")], page);
    let error = client(&script).delete_user(7).await.unwrap_err();
    assert!(matches!(error, Error::Unexpected(_)), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn the_end_of_the_key_is_told() {
    let script = Script::new().answer(
        200,
        &[("x-auth-key-expiration", "2026-11-21T12:56:09+00:00")],
        r#"{"version": "2.5.1", "perm_sync": true}"#,
    );
    let version = client(&script).version().await.unwrap();
    assert_eq!(version.version, "2.5.1");
    assert_eq!(
        version.key_expiration.unwrap().to_string(),
        "2026-11-21T12:56:09Z"
    );
}
