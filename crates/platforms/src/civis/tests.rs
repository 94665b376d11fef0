//! The Civis client: what it sends, and how it reads answers and refusals.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::Change;
use crate::civis::*;
use crate::core::error::{Error, Outcome};
use crate::core::operation::Operation;
use crate::testing::{FixedEnvironment, Script};

const KEY: &str = "canary-key-canary-key-canary-key-canary-key";

fn environment() -> FixedEnvironment {
    FixedEnvironment::at("2026-11-20T12:00:00Z".parse().unwrap())
}

fn client(script: &Script) -> Civis {
    client_with(script, &environment())
}

fn client_with(script: &Script, environment: &FixedEnvironment) -> Civis {
    Civis::builder("https://civis.example.org/civis")
        .key(KEY)
        .transport(script.clone())
        .environment(environment.clone())
        .build()
        .unwrap()
}

fn users(ids: &[i64]) -> String {
    let rows: Vec<_> = ids
        .iter()
        .map(|id| json!({"id": id, "user": format!("u{id}"), "email": "a@example.org"}))
        .collect();
    json!(rows).to_string()
}

/// A page with the headers that say how long the list is.
fn page(script: Script, ids: &[i64], pages: u64, total: u64) -> Script {
    let (pages, total) = (pages.to_string(), total.to_string());
    let headers = [
        ("content-type", "application/json"),
        ("x-pagination-total-pages", pages.as_str()),
        ("x-pagination-total-entries", total.as_str()),
    ];
    script.answer(200, &headers, &users(ids))
}

fn refusing(code: u16, error: &str, description: &str) -> String {
    json!({"error": error, "errorDescription": description, "code": code}).to_string()
}

fn ids(users: &[UserSummary]) -> Vec<i64> {
    users.iter().map(|user| user.id.0).collect()
}

fn targets(script: &Script) -> Vec<String> {
    let requests = script.requests();
    let shown = requests.iter().map(|it| {
        let target = it.uri().path_and_query().unwrap().as_str();
        target.trim_start_matches("/civis").to_owned()
    });
    shown.collect()
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
    let user = UserId(307);
    let new = NewUser::new("Wanda Wire", "wanda@example.org", 31, "wwire");
    let full = new
        .clone()
        .active(true)
        .city("Chicago")
        .state("IL")
        .time_zone("America/New_York")
        .initials("FF")
        .department("Ops")
        .title("Analyst")
        .prefers_sms_otp(false)
        .groups([31, 32])
        .vpn_enabled(true)
        .sso_disabled(false)
        .otp_required_for_login(true)
        .exempt_from_org_sms_otp_disabled(Change::Clear)
        .robot(false)
        .send_email(true);
    let change = UserChange::new()
        .name("Wanda Wired")
        .primary_group(32)
        .active(false)
        .city(Change::Clear)
        .state(Change::Keep)
        .phone("+15550100")
        .password("Cobalt-Lantern-73!")
        .otp_required_for_login(Change::Clear)
        .groups(Vec::<GroupId>::new())
        .account_status(AccountStatus::Suspended);
    let everything = UserQuery::new()
        .feature_flag("themes_api")
        .account_status(AccountFilter::All)
        .search("wanda & co")
        .group(31)
        .organization(4)
        .exclude_groups(true)
        .limit(5)
        .page_num(2)
        .order("user")
        .order_dir(Direction::Descending);
    let moment = "2025-01-02T03:04:05Z".parse().unwrap();
    let key = NewApiKey::new("ci", 3600)
        .constraint(Constraint::prefix("users").reading())
        .constraint(Constraint::exact("users/me").reading().writing())
        .constraint(Constraint::regex("users/[0-9]+").writing())
        .constraint(Constraint::any_path().reading());
    let requests = [
        shown(operations::list_users(&UserQuery::new())),
        shown(operations::list_users(&everything)),
        shown(operations::list_users(
            &UserQuery::new()
                .groups([31, 32])
                .account_status(AccountFilter::Inactive),
        )),
        shown(operations::create_user(&new)),
        shown(operations::create_user(&full)),
        shown(operations::me()),
        shown(operations::update_me(&MeChange::new())),
        shown(operations::update_me(
            &MeChange::new()
                .preference("default_success_notifications_on", false)
                .preference("preferred_server_id", 3)
                .remove_preference("welcome_order_dir")
                .last_checked_announcements(moment),
        )),
        shown(operations::my_activity(&ActivityQuery::new())),
        shown(operations::my_activity(
            &ActivityQuery::new()
                .status("succeeded")
                .authors([101, 102])
                .order("newest"),
        )),
        shown(operations::my_organization_admins()),
        shown(operations::my_themes()),
        shown(operations::my_theme(1.into())),
        shown(operations::user(user)),
        shown(operations::update_user(user, &change)),
        shown(operations::update_user(
            user,
            &UserChange::new().email("new@example.org"),
        )),
        shown(operations::list_api_keys(KeyOwner::Me, &KeyQuery::new())),
        shown(operations::list_api_keys(
            user,
            &KeyQuery::new()
                .limit(10)
                .page_num(1)
                .order("id")
                .order_dir(Direction::Ascending),
        )),
        shown(operations::create_api_key(
            KeyOwner::Me,
            &NewApiKey::new("ci", 3600),
        )),
        shown(operations::create_api_key(user, &key)),
        shown(operations::api_key(KeyOwner::Me, 591.into())),
        shown(operations::revoke_api_key(user, 591.into())),
        shown(operations::delete_sessions(user)),
        shown(operations::delete_2fa(user)),
        shown(operations::unsuspend(user)),
        shown(operations::send_access_email(user)),
        shown(operations::my_favorites(&FavoriteQuery::new())),
        shown(operations::my_favorites(
            &FavoriteQuery::new()
                .object(11, ObjectType::Project)
                .limit(10)
                .page_num(1)
                .order("position")
                .order_dir(Direction::Ascending),
        )),
        shown(operations::my_favorites(
            &FavoriteQuery::new().object_type(ObjectType::SqlScript),
        )),
        shown(operations::add_favorite(13, &ObjectType::SqlScript)),
        shown(operations::add_favorite(
            13,
            &ObjectType::Other("Dashboard".into()),
        )),
        shown(operations::delete_favorite(24.into())),
        shown(operations::rank_favorite(26.into(), Rank::Top)),
        shown(operations::rank_favorite(26.into(), Rank::Bottom)),
        shown(operations::rank_favorite(26.into(), Rank::Higher)),
        shown(operations::rank_favorite(26.into(), Rank::Lower)),
        shown(operations::list_groups(&GroupQuery::new())),
        shown(operations::list_groups(
            &GroupQuery::new()
                .search("def")
                .permission(Permission::Manage)
                .include_members(true)
                .organization(4)
                .users([307, 308])
                .limit(10)
                .page_num(1)
                .order("created_at")
                .order_dir(Direction::Descending),
        )),
        shown(operations::group(43.into())),
        shown(operations::add_group_member(43.into(), user)),
        shown(operations::remove_group_member(43.into(), user)),
        shown(operations::list_roles(&RoleQuery::new())),
        shown(operations::list_roles(
            &RoleQuery::new()
                .limit(50)
                .page_num(1)
                .order("id")
                .order_dir(Direction::Ascending),
        )),
    ];
    insta::assert_snapshot!(requests.join("\n"));
}

#[test]
fn what_contradicts_itself_is_refused_before_it_is_sent() {
    let refused = [
        operations::list_users(&UserQuery::new().group(1).groups([2])).err(),
        operations::create_api_key(KeyOwner::Me, &NewApiKey::new("ci", 0)).err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(Error::Config(_))), "{error:?}");
    }
    assert!(Civis::builder(PLATFORM).build().is_err());
    assert!(Civis::builder(PLATFORM).key(" ").build().is_err());
}

#[tokio::test]
async fn the_key_is_a_name_without_a_password() {
    let script = Script::new().json(200, r#"{"id": 7, "username": "wwire"}"#);
    let civis = client(&script);
    assert_eq!(civis.me().await.unwrap().username, "wwire");
    let request = &script.requests()[0];
    assert_eq!(request.uri(), "https://civis.example.org/civis/users/me");
    let header = &request.headers()["authorization"];
    // base64 of the key and a colon.
    assert_eq!(
        header,
        "Basic Y2FuYXJ5LWtleS1jYW5hcnkta2V5LWNhbmFyeS1rZXktY2FuYXJ5LWtleTo="
    );
    assert!(header.is_sensitive());
    assert!(request.body().is_empty(), "what reads has no body");
    assert!(!format!("{civis:?}").contains("canary"));
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let script = page(Script::new(), &[1, 2], 2, 3);
    let script = page(script, &[3], 2, 3);
    let mut list = client(&script).list_users(&UserQuery::new());
    assert_eq!(ids(&list.next_page().await.unwrap().unwrap()), [1, 2]);
    assert_eq!(list.total(), Some(3));
    assert_eq!(ids(&list.all().await.unwrap()), [3]);
    assert_eq!(
        targets(&script),
        [
            "/users?limit=1000&page_num=1",
            "/users?limit=1000&page_num=2"
        ]
    );

    // Without the headers it ends with a page that is empty.
    let script = Script::new()
        .json(200, &users(&[1, 2]))
        .json(200, &users(&[3]))
        .json(200, "[]");
    let found: Vec<UserSummary> = client(&script)
        .list_users(&UserQuery::new().limit(2))
        .stream()
        .map(Result::unwrap)
        .collect()
        .await;
    assert_eq!(ids(&found), [1, 2, 3]);
    assert_eq!(script.left(), 0);
}

#[tokio::test]
async fn every_list_has_its_largest_page() {
    let mut script = Script::new();
    for _ in 0..5 {
        script = page(script, &[], 1, 0);
    }
    let civis = client(&script);
    civis
        .my_favorites(&FavoriteQuery::new())
        .all()
        .await
        .unwrap();
    civis
        .list_api_keys(KeyOwner::Me, &KeyQuery::new())
        .all()
        .await
        .unwrap();
    civis.list_groups(&GroupQuery::new()).all().await.unwrap();
    civis.list_roles(&RoleQuery::new()).all().await.unwrap();
    civis
        .list_users(&UserQuery::new().limit(7).page_num(3))
        .all()
        .await
        .unwrap();
    assert_eq!(
        targets(&script),
        [
            "/users/me/favorites?limit=1000&page_num=1",
            "/users/me/api_keys?limit=50&page_num=1",
            "/groups?limit=1000&page_num=1",
            "/roles?limit=50&page_num=1",
            "/users?limit=7&page_num=3",
        ]
    );
}

#[tokio::test]
async fn items_that_move_while_a_list_is_read_are_neither_lost_nor_doubled() {
    // One is added in front: 2 comes twice.
    let script = page(Script::new(), &[1, 2], 2, 4);
    let script = page(script, &[2, 3], 3, 5);
    let script = page(script, &[4], 3, 5);
    let query = UserQuery::new().limit(2);
    let found = client(&script).list_users(&query).all().await.unwrap();
    assert_eq!(ids(&found), [1, 2, 3, 4]);

    // 1 is deleted: 3 moves into the page that was read, which is read again.
    let script = page(Script::new(), &[1, 2], 3, 5);
    let script = page(script, &[4, 5], 2, 4);
    let script = page(script, &[2, 3], 2, 4);
    let found = client(&script).list_users(&query).all().await.unwrap();
    assert_eq!(ids(&found), [1, 2, 3, 4, 5]);
    assert_eq!(
        targets(&script)[1..],
        ["/users?limit=2&page_num=2", "/users?limit=2&page_num=1"]
    );
}

#[tokio::test]
async fn a_list_that_does_not_end_is_an_error() {
    // One page for ever, from a server that takes no notice of the page's number.
    let mut script = Script::new();
    for _ in 0..9 {
        script = script.json(200, &users(&[1, 2]));
    }
    let error = client(&script)
        .list_users(&UserQuery::new())
        .all()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("does not end"), "{error}");
    assert_eq!(script.left(), 6);

    // More than it is said to have.
    let mut script = Script::new();
    for first in 0..9 {
        script = page(script, &[first * 2, first * 2 + 1], 1000, 3);
    }
    let error = client(&script)
        .list_users(&UserQuery::new())
        .all()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("does not end"), "{error}");
}

#[tokio::test]
async fn a_user_is_found_by_the_whole_address_or_login_only() {
    let rows = json!([
        {"id": 1, "user": "wanda", "email": "wanda@example.org.uk"},
        {"id": 2, "user": "wanda@example.org", "email": "w@example.org"},
        {"id": 3, "user": "wwire", "email": "Wanda@example.org"},
        {"id": 4, "user": "wwire2", "email": "wanda@example.org"},
    ])
    .to_string();
    let headers = [("x-pagination-total-pages", "1")];
    let script = Script::new()
        .answer(200, &headers, &rows)
        .answer(200, &headers, &rows)
        .answer(200, &headers, &rows);
    let civis = client(&script);
    let found = civis.find_users("wanda@example.org").await.unwrap();
    assert_eq!(ids(&found), [3, 4], "an address may be of several users");
    assert_eq!(civis.find_login("WWIRE").await.unwrap().unwrap().id.0, 3);
    assert!(civis.find_login("ww").await.unwrap().is_none());
    assert_eq!(
        targets(&script)[0],
        "/users?account_status=all&query=wanda%40example.org&limit=1000&page_num=1"
    );
}

/// Status, a header, body, and the error's kind.
type Refusal = (
    u16,
    Option<(&'static str, &'static str)>,
    String,
    &'static str,
);

/// How a user who is to be made is refused.
fn refusals() -> Vec<Refusal> {
    let taken =
        "The given request was not as expected: Validation failed: User has already been taken";
    vec![
        (400, None, refusing(400, "bad_request", taken), "conflict"),
        (
            400,
            None,
            refusing(400, "bad_request", "Validation failed: Email is invalid"),
            "invalid",
        ),
        (
            400,
            None,
            refusing(400, "invalid", "invalid 'page_num' 0"),
            "invalid",
        ),
        (
            401,
            Some((
                "www-authenticate",
                r#"Bearer realm="Civis Platform", error="invalid_token""#,
            )),
            String::new(),
            "unauthenticated",
        ),
        (
            401,
            None,
            refusing(401, "unauthorized", "no"),
            "unauthenticated",
        ),
        (403, None, refusing(403, "forbidden", "no"), "forbidden"),
        (
            404,
            None,
            refusing(
                404,
                "not_found",
                "The requested resource could not be found.",
            ),
            "not_found",
        ),
        (409, None, refusing(409, "conflict", "busy"), "conflict"),
        (422, None, refusing(422, "unprocessable", "no"), "invalid"),
        (500, None, refusing(500, "error", "sorry"), "unavailable"),
        (502, None, "<html>bad gateway</html>".into(), "unavailable"),
        (404, None, "<html>no such host</html>".into(), "unexpected"),
        (403, None, "blocked".into(), "unexpected"),
        (400, None, "{}".into(), "unexpected"),
        (
            200,
            None,
            "<html>Sign in to the network</html>".into(),
            "unexpected",
        ),
        (200, None, r#"{"id": 1, "name": "#.into(), "unexpected"),
        (200, None, String::new(), "unexpected"),
        (307, None, String::new(), "unexpected"),
    ]
}

#[tokio::test]
async fn refused_creates() {
    let new = NewUser::new("Wanda Wire", "wanda@example.org", 31, "wwire");
    for (status, header, body, kind) in refusals() {
        let headers: Vec<(&str, &str)> = header.into_iter().collect();
        let script = Script::new().answer(status, &headers, &body);
        let error = client(&script).create_user(&new).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}: {error:?}");
        assert_eq!(
            script.requests().len(),
            1,
            "a create is sent once: {error:?}"
        );
        let unknown = matches!(kind, "unavailable" | "unexpected");
        assert_eq!(
            error.outcome() == Outcome::Unknown,
            unknown,
            "{status} {body}: {error:?}"
        );
        if status == 401 && body.is_empty() {
            assert!(error.to_string().contains("invalid_token"), "{error}");
        }
    }
}

#[tokio::test]
async fn what_answers_nothing_is_not_taken_from_a_gateway() {
    let script = Script::new()
        .answer(
            200,
            &[("content-type", "text/html")],
            "<html>Sign in</html>",
        )
        .answer(204, &[], "");
    let civis = client(&script);
    let error = civis.send_access_email(7).await.unwrap_err();
    assert!(matches!(error, Error::Unexpected(_)), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    civis.send_access_email(7).await.unwrap();
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_whatever_its_body() {
    for body in [
        "",
        "<html>slow down</html>",
        r#"{"error": "rate", "errorDescription": "slow", "code": 429}"#,
    ] {
        let clock = environment();
        let script = Script::new()
            .answer(429, &[("retry-after", "7")], body)
            .json(200, r#"{"id": 9}"#);
        let new = NewUser::new("Wanda Wire", "wanda@example.org", 31, "wwire");
        let made = client_with(&script, &clock)
            .create_user(&new)
            .await
            .unwrap();
        assert_eq!(made.id.0, 9);
        assert_eq!(clock.passed(), Duration::from_secs(7));
    }
}

#[tokio::test]
async fn what_mails_or_steps_is_sent_once() {
    let script = || Script::new().json(503, "").json(200, r#"{"id": 9}"#);
    let name = UserChange::new().name("Wanda");
    let email = UserChange::new().email("w@example.org");

    let twice = script();
    client(&twice).update_user(9, &name).await.unwrap();
    assert_eq!(twice.left(), 0);
    let twice = script();
    client(&twice).rank_favorite(9, Rank::Top).await.unwrap();
    assert_eq!(twice.left(), 0);

    for number in 0..4 {
        let once = script();
        let civis = client(&once);
        let error = match number {
            0 => civis.update_user(9, &email).await.err(),
            1 => civis.send_access_email(9).await.err(),
            2 => civis.rank_favorite(9, Rank::Higher).await.err(),
            _ => civis
                .create_api_key(UserId(9), &NewApiKey::new("ci", 60))
                .await
                .err(),
        };
        let error = error.unwrap();
        assert_eq!(error.outcome(), Outcome::Unknown, "{number}");
        assert_eq!(once.left(), 1, "{number}");
    }
}

#[tokio::test]
async fn themes_may_be_gone() {
    let unknown_path = refusing(
        404,
        "not_found",
        "The requested endpoint could not be found.",
    );
    let unknown_theme = refusing(
        404,
        "not_found",
        "The requested resource could not be found.",
    );
    let script = Script::new()
        .json(404, &unknown_path)
        .json(404, &unknown_path)
        .json(404, &unknown_theme);
    let civis = client(&script);
    assert!(matches!(
        civis.my_themes().await,
        Err(Error::Unsupported { .. })
    ));
    assert!(matches!(
        civis.my_theme(1).await,
        Err(Error::Unsupported { .. })
    ));
    assert!(matches!(civis.my_theme(1).await, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn what_is_gone_after_a_lost_answer_was_done() {
    let gone = refusing(
        404,
        "not_found",
        "The requested resource could not be found.",
    );
    let script = Script::new()
        .broken(crate::Sent::Maybe)
        .json(404, &gone)
        .json(404, &gone);
    let civis = client(&script);
    civis.delete_favorite(24).await.unwrap();
    assert!(matches!(
        civis.delete_favorite(24).await,
        Err(Error::NotFound(_))
    ));
}

#[tokio::test]
async fn secrets_are_masked() {
    let script = Script::new()
        .json(200, r#"{"id": 9, "name": "ci", "active": true, "constraints": [], "token": "canary-token-canary"}"#)
        .json(400, &refusing(400, "bad_request", &format!("{KEY} and Cobalt-Lantern-73! are wrong")));
    let civis = client(&script);
    let made = civis
        .create_api_key(KeyOwner::Me, &NewApiKey::new("ci", 60))
        .await
        .unwrap();
    assert!(!format!("{made:?}").contains("canary"), "{made:?}");
    assert_eq!(made.token.expose(), "canary-token-canary");
    let change = UserChange::new().password("Cobalt-Lantern-73!");
    assert!(!format!("{change:?}").contains("Cobalt"));
    let error = civis.update_user(9, &change).await.unwrap_err();
    let text = format!("{error} {error:?} {}", error.vendor().unwrap().body);
    assert!(
        !text.contains("canary") && !text.contains("Cobalt"),
        "{text}"
    );
}

#[test]
fn answers_are_read_whatever_they_leave_out() {
    let user: UserDetail = serde_json::from_value(json!({
        "id": "4252", "user": "wwire", "active": true, "primaryGroupId": 4832,
        "groups": [{"id": 4832, "name": "Analysts", "organizationId": 99}],
        "city": null, "vpnEnabled": null, "ssoDisabled": false, "organizationSSODisableCapable": true,
        "createdAt": "2026-04-17T18:37:20.000Z", "lastSeenAt": null, "unconfirmedEmail": "n@example.org",
        "accountStatus": "Dormant", "brandNew": [1],
    }))
    .unwrap();
    assert_eq!((user.id.0, user.groups[0].id.0), (4252, 4832));
    assert_eq!(
        (user.city, user.vpn_enabled, user.sso_disabled),
        (None, None, Some(false))
    );
    assert_eq!(user.organization_sso_disable_capable, Some(true));
    assert_eq!(user.created_at.unwrap().to_string(), "2026-04-17T18:37:20Z");
    assert_eq!(user.last_seen_at, None);
    assert_eq!(
        user.account_status,
        Some(AccountStatus::Other("Dormant".into()))
    );
    assert_eq!(user.other["brandNew"], json!([1]));
    assert!(serde_json::from_value::<UserDetail>(json!({"lastSeenAt": "yesterday"})).is_err());

    let me: Me = serde_json::from_value(json!({
        "id": 7, "username": "wwire", "roles": ["org_admin"], "featureFlags": {"themes_api": false},
        "preferences": {"default_success_notifications_on": true}, "groups": null,
    }))
    .unwrap();
    assert_eq!(me.feature_flags["themes_api"], Value::Bool(false));
    assert_eq!(
        me.preferences["default_success_notifications_on"],
        Value::Bool(true)
    );

    let favorite: Favorite = serde_json::from_value(
        json!({"id": 1, "objectId": 2, "objectType": "R Script", "position": 1}),
    )
    .unwrap();
    assert_eq!(
        (favorite.object_type, favorite.position),
        (ObjectType::RScript, Some(1))
    );
    let key: ApiKey = serde_json::from_value(json!({
        "id": 1, "constraints": [{"constraint": null, "constraintType": "verb", "getAllowed": true}],
    }))
    .unwrap();
    assert_eq!(key.constraints[0].constraint_type, ConstraintType::Verb);
    let activity: Activity =
        serde_json::from_value(json!({"id": 5, "type": "Job", "lastRunId": 9})).unwrap();
    assert_eq!(
        (activity.id.as_str(), activity.last_run_id.as_deref()),
        ("5", Some("9"))
    );
}
