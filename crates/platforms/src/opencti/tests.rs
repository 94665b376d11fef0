//! The OpenCTI client: what it sends, and how it reads answers and refusals.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::core::error::{Error, Outcome};
use crate::core::operation::Operation;
use crate::core::secret::Secret;
use crate::opencti::selection::drop_fields;
use crate::opencti::{
    AccountStatus, Confidence, Edit, Filter, FilterGroup, GroupId, ListQuery, NewUser, OpenCti,
    OrganizationId, Selection, TemplateId, TokenId, TokenLife, User, UserId, UserQuery,
    UserSelector, operations,
};
use crate::testing::{FixedEnvironment, Script};

fn client(script: &Script) -> OpenCti {
    OpenCti::builder("https://opencti.example.org/prefix")
        .token("flgrn_octi_tkn_x")
        .transport(script.clone())
        .environment(FixedEnvironment::at(jiff::Timestamp::UNIX_EPOCH))
        .build()
        .unwrap()
}

fn body(request: &http::Request<bytes::Bytes>) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

fn shown<T>(operation: crate::Result<Operation<T>>) -> String {
    let operation = operation.unwrap();
    let request = operation.request();
    let body = body(request);
    format!(
        "{} {:?}: {} {}\n  {}\n  {}",
        operation.id(),
        operation.repeat(),
        request.method(),
        request.uri(),
        body["query"].as_str().unwrap(),
        body["variables"],
    )
}

#[test]
fn requests() {
    let id = UserId::new("u-1");
    let group = GroupId::new("g-1");
    let organization = OrganizationId::new("o-1");
    let core = Selection::core();
    let full = NewUser::new("Ada Lovelace", "ada@acme.test")
        .password("Str0ng!Passw0rd")
        .firstname("Ada")
        .lastname("Lovelace")
        .description("SOC lead")
        .language("en-us")
        .theme("dark")
        .unit_system("Metric")
        .status(&AccountStatus::Inactive)
        .email_template("t-1")
        .lock_after("2030-01-01T00:00:00Z".parse().unwrap())
        .submenu_show_icons(true)
        .submenu_auto_collapse(true)
        .monochrome_labels(true)
        .service_account(true)
        .prevent_default_groups(true)
        .groups([group.clone()])
        .organizations([organization.clone()])
        .confidence(Confidence::new(70).for_type("Indicator", 75));
    let edits = [
        Edit::status(&AccountStatus::Other("Away".into())),
        Edit::set("firstname", "Augusta"),
        Edit::clear("description"),
        Edit::add("unsubscribed_news_feed_types", "x").at("/a"),
        Edit::remove("unsubscribed_news_feed_types", "y"),
        Edit::password(&Secret::new("N3w!Passw0rd")),
        Edit::confidence(None),
        Edit::lock_after(crate::Change::Clear).unwrap(),
        Edit::lock_after(
            "2030-01-01T00:00:00.5Z"
                .parse::<jiff::Timestamp>()
                .unwrap()
                .into(),
        )
        .unwrap(),
    ];
    let filters = FilterGroup::all()
        .filter(
            Filter::equals("account_status", ["Active"])
                .or_field("name")
                .all_values(),
        )
        .group(FilterGroup::any().filter(Filter::is_empty("firstname")));
    let query = UserQuery::new()
        .page_size(7)
        .order_by("user_email")
        .descending()
        .filters(filters)
        .search("acme");
    let requests = [
        shown(operations::list_users(&UserQuery::new(), None, &core)),
        shown(operations::list_users(&query, Some("WzFd"), &"id".into())),
        shown(operations::read_user(&id, &core)),
        shown(operations::read_user(
            UserSelector::Search("ada".into()),
            &"id".into(),
        )),
        shown(operations::create_user(&full, &core)),
        shown(operations::delete_user(&id)),
        shown(operations::me(&Selection::me())),
        shown(operations::update_user(&id, &edits, &"id".into())),
        shown(operations::add_membership(&id, &group)),
        shown(operations::delete_membership(&id, &group, &core)),
        shown(operations::add_organization(&id, &organization, &core)),
        shown(operations::delete_organization(&id, &organization, &core)),
        shown(operations::create_token(&id, "ci", TokenLife::Days90)),
        shown(operations::remove_token(&id, &TokenId::new("k-1"))),
        shown(operations::send_mail(&id, &TemplateId::new("t-1"))),
        shown(operations::groups_page(&ListQuery::new(), None)),
        shown(operations::roles_page(
            &ListQuery::new().search("Analyst"),
            Some("c"),
        )),
        shown(operations::organizations_page(&ListQuery::new(), None)),
        shown(operations::sessions()),
        shown(operations::user_sessions_kill(&id)),
        shown(operations::otp_user_deactivation(&id)),
        shown(operations::about()),
        shown(operations::raw("query { settings { id } }", &json!({}))),
        shown(operations::raw("mutation { logout }", &json!({}))),
    ];
    insta::assert_snapshot!(requests.join("\n"));
}

#[tokio::test]
async fn the_token_stands_in_its_header() {
    let script = Script::new().json(200, r#"{"data": {"about": {"version": "7.1"}}}"#);
    assert_eq!(client(&script).about().await.unwrap().version, "7.1");
    let request = &script.requests()[0];
    assert_eq!(request.uri(), "https://opencti.example.org/prefix/graphql");
    assert_eq!(
        request.headers()["authorization"],
        "Bearer flgrn_octi_tkn_x"
    );
}

fn refusal(code: &str, message: &str) -> String {
    json!({
        "errors": [{"message": message, "name": code, "extensions": {"code": code, "data": {"http_status": 400}}}],
        "data": {"userAdd": null},
    })
    .to_string()
}

#[tokio::test]
async fn refusals() {
    let rows: &[(&str, &str, &str)] = &[
        (
            "AUTH_REQUIRED",
            "You must be logged in to do this.",
            "unauthenticated",
        ),
        ("AUTH_FAILURE", "Bad login or password", "unauthenticated"),
        ("OTP_REQUIRED", "", "unauthenticated"),
        (
            "FORBIDDEN_ACCESS",
            "You are not allowed to do this.",
            "forbidden",
        ),
        (
            "MISSING_REFERENCE_ERROR",
            "Element(s) not found",
            "not_found",
        ),
        (
            "ALREADY_DELETED_ERROR",
            "Already deleted elements",
            "not_found",
        ),
        ("FUNCTIONAL_ERROR", "User already exists", "conflict"),
        ("FUNCTIONAL_ERROR", "User cannot be found.", "not_found"),
        ("FUNCTIONAL_ERROR", "Token not found", "not_found"),
        ("FUNCTIONAL_ERROR", "Invalid password: too short", "invalid"),
        ("UNSUPPORTED_ERROR", "Incorrect filter keys", "invalid"),
        (
            "UNSUPPORTED_ERROR",
            "Enterprise edition is not enabled",
            "unsupported",
        ),
        ("VALIDATION_ERROR", "no", "invalid"),
        ("BAD_USER_INPUT", "no", "invalid"),
        (
            "GRAPHQL_VALIDATION_FAILED",
            "Unknown argument \"x\"",
            "unsupported",
        ),
        ("INTERNAL_SERVER_ERROR", "boom", "unavailable"),
        ("SOMETHING_NEW", "boom", "unavailable"),
    ];
    for (code, message, kind) in rows {
        let script = Script::new().json(200, &refusal(code, message));
        let error = client(&script)
            .create_user(&NewUser::new("Ada", "ada@acme.test"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), *kind, "{code} {message}: {error:?}");
        assert_eq!(error.vendor().unwrap().code.as_deref(), Some(*code));
        let unknown = *kind == "unavailable";
        assert_eq!(error.outcome() == Outcome::Unknown, unknown, "{code}");
        assert_eq!(script.requests().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn answers_that_are_none() {
    let partial =
        json!({"data": {"userAdd": {"id": "u-1"}}, "errors": [{"message": "half"}]}).to_string();
    let rows: &[(u16, &str, &str)] = &[
        (200, &partial, "unavailable"),
        (200, "<html>gateway</html>", "unexpected"),
        (200, r#"{"data": {"userAdd": {"id": "#, "unexpected"),
        (200, r#"{"data": null}"#, "unexpected"),
        (200, r#"{"data": {}}"#, "unexpected"),
        (200, "{}", "unexpected"),
        (200, r#"{"errors": "no"}"#, "unexpected"),
        (400, &refusal("AUTH_REQUIRED", "x"), "unauthenticated"),
        (400, "{}", "invalid"),
        (401, "<html>gateway</html>", "unexpected"),
        (429, "slow", "rate_limited"),
        (502, "<html>gateway</html>", "unavailable"),
        (302, "", "unexpected"),
    ];
    for (status, answer, kind) in rows {
        let mut script = Script::new();
        for _ in 0..5 {
            script = script.json(*status, answer);
        }
        let error = client(&script)
            .create_user(&NewUser::new("Ada", "ada@acme.test"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), *kind, "{status} {answer}: {error:?}");
    }
}

#[tokio::test]
async fn a_password_is_made_where_none_is_given() {
    let made = r#"{"data": {"userAdd": {"id": "u-1"}}}"#;
    let script = Script::new()
        .json(200, made)
        .json(200, made)
        .json(200, made);
    let client = client(&script);
    client
        .create_user(&NewUser::new("A", "a@acme.test"))
        .await
        .unwrap();
    client
        .create_user(&NewUser::new("B", "b@acme.test"))
        .await
        .unwrap();
    client
        .create_user(&NewUser::new("C", "c@acme.test").password("given"))
        .await
        .unwrap();
    let passwords: Vec<String> = script
        .requests()
        .iter()
        .map(|it| {
            body(it)["variables"]["input"]["password"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(passwords[0].len(), 86);
    assert_ne!(passwords[0], passwords[1]);
    assert_eq!(passwords[2], "given");
}

fn unknown(fields: &[&str]) -> String {
    let errors: Vec<_> = fields
        .iter()
        .map(|field| {
            json!({"message": format!("Cannot query field \"{field}\" on type \"User\"."),
                   "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}})
        })
        .collect();
    json!({"errors": errors}).to_string()
}

#[tokio::test]
async fn fields_that_a_release_does_not_know_are_given_up_once() {
    let user =
        r#"{"data": {"user": {"id": "u-1"}, "userAdd": {"id": "u-1"}, "me": {"id": "u-1"}}}"#;
    let script = Script::new()
        .json(200, &unknown(&["monochrome_labels", "capabilitiesInDraft"]))
        .json(200, &unknown(&["user_confidence_level"]))
        .json(200, user)
        .json(200, user)
        .json(200, user);
    let client = client(&script);
    let id = UserId::new("u-1");
    client
        .clone()
        .create_user(&NewUser::new("A", "a@acme.test"))
        .await
        .unwrap();
    client.read_user(&id).await.unwrap().unwrap();
    client.me().await.unwrap();
    let documents: Vec<String> = script
        .requests()
        .iter()
        .map(|it| body(it)["query"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(documents.len(), 5);
    assert!(documents[0].contains("monochrome_labels"));
    assert!(
        documents[1].contains("user_confidence_level")
            && !documents[1].contains("monochrome_labels")
    );
    for document in &documents[2..] {
        for field in [
            "monochrome_labels",
            "capabilitiesInDraft",
            "user_confidence_level",
        ] {
            assert!(!document.contains(field), "{field}: {document}");
        }
        assert!(document.contains("objectOrganization") || document.contains("me {"));
    }
}

#[tokio::test]
async fn fields_that_matter_are_not_given_up() {
    let id = UserId::new("u-1");
    for field in ["user_email", "groups", "api_tokens", "sessions"] {
        let script = Script::new().json(200, &unknown(&["monochrome_labels", field]));
        let client = client(&script).with_tokens().with_sessions();
        let error = client.read_user(&id).await.unwrap_err();
        assert!(
            matches!(error, Error::Unsupported { .. }),
            "{field}: {error:?}"
        );
    }
    // What was selected by hand is sent as it is.
    let script = Script::new().json(200, &unknown(&["monochrome_labels"]));
    let error = client(&script)
        .select("id monochrome_labels")
        .read_user(&id)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    // A server that names the same field for ever is not asked for ever.
    let same = unknown(&["theme"]);
    let script = Script::new()
        .json(200, &same)
        .json(200, &same)
        .json(200, &same);
    client(&script).read_user(&id).await.unwrap_err();
    assert_eq!(script.requests().len(), 2);
}

#[test]
fn fields_are_taken_out_with_all_below_them() {
    let drop = |selection: &str, fields: &[&str]| {
        let fields: BTreeSet<String> = fields.iter().map(|it| (*it).to_owned()).collect();
        drop_fields(selection, &fields)
    };
    assert_eq!(drop("id a b", &["a"]), "id b");
    assert_eq!(drop("id a { x { y } z } b", &["a"]), "id b");
    assert_eq!(drop("id a { x { y } z } b", &["x"]), "id a { z } b");
    assert_eq!(drop("id a { x } b", &["x"]), "id b");
    assert_eq!(drop("a id", &["a"]), "id");
    assert_eq!(drop("id a { x }", &["a"]), "id");
    assert_eq!(drop("id", &["a"]), "id");
}

#[tokio::test]
async fn lists_come_page_by_page() {
    let page = |ids: &[&str], next: Option<&str>| {
        let edges: Vec<_> = ids.iter().map(|id| json!({"node": {"id": id}})).collect();
        json!({"data": {"users": {"edges": edges, "pageInfo": {
            "hasNextPage": next.is_some(), "endCursor": next.unwrap_or_default(), "globalCount": 3}}}})
        .to_string()
    };
    let script = Script::new()
        .json(200, &page(&["a", "b"], Some("c1")))
        .json(200, &page(&["c"], None));
    let users = client(&script)
        .list_users(&UserQuery::new().page_size(2))
        .all()
        .await
        .unwrap();
    assert_eq!(users.len(), 3);
    assert_eq!(body(&script.requests()[1])["variables"]["after"], "c1");

    // A page that names itself as the next is not followed.
    let script = Script::new()
        .json(200, &page(&["a"], Some("c1")))
        .json(200, &page(&["a"], Some("c1")));
    let error = client(&script)
        .list_users(&UserQuery::new())
        .all()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unexpected(_)), "{error:?}");
    let script = Script::new().json(200, &page(&["a"], Some("")));
    assert!(
        client(&script)
            .list_users(&UserQuery::new())
            .all()
            .await
            .is_err()
    );
}

#[tokio::test]
async fn unknown_users_are_none_and_are_found_by_the_whole_address() {
    let page = |emails: &[&str]| {
        let edges: Vec<_> = emails
            .iter()
            .map(|it| json!({"node": {"id": it, "user_email": it}}))
            .collect();
        json!({"data": {"users": {"edges": edges, "pageInfo": {"hasNextPage": false}}}}).to_string()
    };
    let script = Script::new()
        .json(200, r#"{"data": {"user": null}}"#)
        .json(200, &page(&[]))
        .json(200, &page(&["xa@acme.test", "A@acme.test"]))
        .json(200, &page(&["a@acme.test.evil"]));
    let client = client(&script);
    assert!(client.read_user(UserId::new("?")).await.unwrap().is_none());
    assert!(
        client
            .read_user(UserSelector::Search("?".into()))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        client
            .find_user("a@acme.test")
            .await
            .unwrap()
            .unwrap()
            .user_email,
        "A@acme.test"
    );
    assert!(client.find_user("a@acme.test").await.unwrap().is_none());
}

#[test]
fn connections_become_lists() {
    let user = User::from_value(json!({
        "id": "u-1", "account_status": "Away", "created_at": "2026-11-20T12:59:27.898Z",
        "groups": {"edges": [{"node": {"id": "g-1", "name": "Default"}}]},
        "objectOrganization": {"edges": []},
        "administrated_organizations": [{"id": "o-1", "name": "Acme"}],
        "roles": [{"id": "r-1", "name": "R", "capabilities": [{"id": "c", "name": "KNOWLEDGE"}], "capabilitiesInDraft": []}],
        "user_confidence_level": null, "effective_confidence_level": {"max_confidence": 100, "source": {"type": "Group"}, "overrides": []},
        "sessions": [], "brand_new": 1,
    }))
    .unwrap();
    assert_eq!(
        user.account_status,
        Some(AccountStatus::Other("Away".into()))
    );
    assert_eq!(user.groups[0].id, GroupId::new("g-1"));
    assert!(user.organizations.is_empty() && user.api_tokens.is_none());
    assert_eq!(user.sessions.as_deref().map(<[_]>::len), Some(0));
    assert_eq!(user.roles[0].capabilities[0].name, "KNOWLEDGE");
    assert_eq!(
        user.effective_confidence_level.unwrap().max_confidence,
        Some(100)
    );
    assert_eq!(user.other["brand_new"], 1);
    assert!(User::from_value(json!({"groups": {"nodes": []}})).is_err());
    assert!(User::from_value(json!([])).is_err());
}

#[tokio::test]
async fn what_is_gone_after_a_lost_answer_was_done() {
    let script = Script::new()
        .broken(crate::Sent::Maybe)
        .json(200, &refusal("FUNCTIONAL_ERROR", "Token not found"))
        .broken(crate::Sent::Maybe)
        .json(200, &refusal("FUNCTIONAL_ERROR", "User cannot be found."))
        .json(200, &refusal("FUNCTIONAL_ERROR", "User cannot be found."));
    let client = client(&script);
    let id = UserId::new("u-1");
    client
        .remove_token(&id, &TokenId::new("k-1"))
        .await
        .unwrap();
    client.delete_user(&id).await.unwrap();
    assert!(client.delete_user(&id).await.is_err());
}

#[tokio::test]
async fn a_new_token_is_a_secret() {
    let script = Script::new().json(
        200,
        r#"{"data": {"userAdminTokenAdd": {"token_id": "k-1", "plaintext_token": "canary", "expires_at": "2027-01-01T00:00:00.000Z"}}}"#,
    );
    let token = client(&script)
        .create_token(&UserId::new("u-1"), "ci", TokenLife::Days30)
        .await
        .unwrap();
    assert!(!format!("{token:?}").contains("canary"));
    assert_eq!(token.token.expose(), "canary");
    assert_eq!(
        token.expires_at.unwrap().to_string(),
        "2027-01-01T00:00:00Z"
    );
}
