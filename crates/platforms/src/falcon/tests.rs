//! The Falcon client: what it sends, how it reads answers and refusals, and how it keeps its tokens.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::core::error::{Error, Outcome};
use crate::core::limits::Limits;
use crate::core::operation::Operation;
use crate::core::secret::Secret;
use crate::core::transport::{BoxFuture, Broken, Transport};
use crate::falcon::*;
use crate::testing::{FixedEnvironment, Script};

const ID: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "canary-secret-canary-secret-canary-secre";
const CID: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const CHILD: &str = "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2";
const UUID: &str = "11111111-2222-4333-8444-555555555555";

fn environment() -> FixedEnvironment {
    FixedEnvironment::at("2026-11-20T12:00:00Z".parse().unwrap())
}

fn client(script: &Script) -> Falcon {
    client_at("https://falcon.example.org/falcon/", script, &environment())
}

fn client_at(cloud: &str, script: &Script, environment: &FixedEnvironment) -> Falcon {
    Falcon::builder(cloud)
        .api_client(ID, SECRET)
        .transport(script.clone())
        .environment(environment.clone())
        .build()
        .unwrap()
}

fn token(text: &str) -> String {
    json!({"access_token": text, "expires_in": 1799, "token_type": "bearer"}).to_string()
}

/// A script that begins with a token.
fn signed_in() -> Script {
    Script::new().json(201, &token("token-1"))
}

fn holding(resources: &Value) -> String {
    json!({"meta": {"query_time": 0.1, "trace_id": "t-1"}, "errors": [], "resources": resources})
        .to_string()
}

fn page(resources: &[&str], offset: u64, total: u64) -> String {
    json!({
        "meta": {"query_time": 0.1, "trace_id": "t-1", "pagination": {"offset": offset, "limit": 2, "total": total}},
        "errors": [], "resources": resources,
    })
    .to_string()
}

fn refusing(code: u16, message: &str) -> String {
    json!({"meta": {"query_time": 0.1, "trace_id": "trace-9"}, "errors": [{"code": code, "message": message}]})
        .to_string()
}

fn done() -> String {
    json!({"meta": {"query_time": 0.1, "trace_id": "t-1"}, "errors": []}).to_string()
}

fn targets(script: &Script) -> Vec<String> {
    let requests = script.requests();
    let shown = requests.iter().map(|it| {
        let target = it.uri().path_and_query().unwrap().as_str();
        format!("{} {}", it.method(), target.replace("/falcon/", "/"))
    });
    shown.collect()
}

fn bearer(request: &Request<Bytes>) -> &str {
    request.headers()["authorization"].to_str().unwrap()
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
    let user = Uuid::from(UUID);
    let other = Uuid::from("66666666-7777-4888-9999-000000000000");
    let cid = Cid::from(CID);
    let child = Cid::from("B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2-7C");
    let roles = [RoleId::from("event_viewer"), RoleId::from("help_desk")];
    let users = UserGroupId::from("ug-1");
    let cids = CidGroupId::from("cg-1");
    let group = NewGroup::new("SOC").description("Analysts");
    let change = GroupChange::new().name("SOC L2").description("x");
    let window = PlainQuery::new().limit(10).offset(20).sort("name|desc");
    let new = NewUser::new("ada@example.org")
        .first_name("Ada")
        .last_name("O'Hara")
        .password("Cobalt-Lantern-73!");
    let grants = GrantQuery::new()
        .cid(CHILD)
        .direct_only(true)
        .filter(fql::equals("role_id", "event_viewer"))
        .limit(50)
        .offset(0)
        .sort("role_name|asc");
    let secret = Secret::new("s");
    let requests = [
        shown(operations::token(ID, &secret, None)),
        shown(operations::token(ID, &secret, Some(&child))),
        shown(operations::revoke_token(ID, &secret, &Secret::new("t"))),
        shown(operations::get_roles(&roles)),
        shown(operations::get_user_grants(&user, &GrantQuery::new())),
        shown(operations::get_user_grants(&user, &grants)),
        shown(operations::get_user_grants(&user, &grants.clone().v2())),
        shown(operations::query_roles(&RoleQuery::new())),
        shown(operations::query_roles(
            &RoleQuery::new()
                .action("grant")
                .cid(CHILD)
                .user(user.clone()),
        )),
        shown(operations::query_users(&UserQuery::new())),
        shown(operations::query_users(
            &UserQuery::new()
                .filter(
                    fql::equals("last_name", "O'Hara").and(fql::matches("uid", "*+a@example.org")),
                )
                .limit(500)
                .offset(1000)
                .sort("uid|asc"),
        )),
        shown(operations::get_roles_mssp(&roles, None)),
        shown(operations::get_roles_mssp(&roles, Some(&cid))),
        shown(operations::get_roles_mssp_v2(&roles, None)),
        shown(operations::get_roles_mssp_v2(&roles, Some(&cid))),
        shown(operations::user_action(
            &UserAction::ResetPassword,
            &[user.clone(), other.clone()],
        )),
        shown(operations::user_action(
            &UserAction::Reset2fa,
            std::slice::from_ref(&user),
        )),
        shown(operations::user_action(
            &UserAction::Other {
                name: "reset_password".into(),
                value: Some("x".into()),
            },
            std::slice::from_ref(&user),
        )),
        shown(operations::user_roles_action(
            RolesAction::Grant,
            &cid,
            &user,
            &roles,
            None,
        )),
        shown(operations::user_roles_action(
            RolesAction::Revoke,
            &cid,
            &user,
            &roles,
            None,
        )),
        shown(operations::user_roles_action(
            RolesAction::Grant,
            &child,
            &user,
            &roles,
            Some("2030-01-01T00:00:00Z".parse().unwrap()),
        )),
        shown(operations::grant_user_role_ids(&user, &roles)),
        shown(operations::revoke_user_role_ids(&user, &roles)),
        shown(operations::get_available_role_ids()),
        shown(operations::get_user_role_ids(&user)),
        shown(operations::retrieve_user(&[user.clone(), other.clone()])),
        shown(operations::retrieve_users(&[user.clone(), other.clone()])),
        shown(operations::create_user(&NewUser::new("ada@example.org"))),
        shown(operations::create_user(&new)),
        shown(operations::create_user_mssp(&NewUser::new(
            "ada@example.org",
        ))),
        shown(operations::create_user_mssp(&new.clone().cid(CHILD))),
        shown(operations::validate_user(&new)),
        shown(operations::delete_user(&user)),
        shown(operations::delete_user_mssp(&user)),
        shown(operations::update_user(
            &user,
            &Names::new().first_name("Augusta"),
        )),
        shown(operations::update_user(
            &user,
            &Names::new().first_name("Augusta").last_name("King"),
        )),
        shown(operations::update_user_mssp(
            &user,
            &Names::new().first_name("Augusta").last_name("King"),
        )),
        shown(operations::retrieve_emails_by_cid()),
        shown(operations::retrieve_user_uuids_by_cid()),
        shown(operations::retrieve_user_uuid(&[
            "ada+tag@example.org",
            "alan@example.org",
        ])),
        shown(operations::ccid()),
        shown(operations::query_children(&ChildQuery::new())),
        shown(operations::query_children(
            &ChildQuery::new()
                .filter(fql::equals("name", "Child"))
                .limit(100)
                .offset(0)
                .sort("last_modified_timestamp|desc"),
        )),
        shown(operations::get_children(std::slice::from_ref(&child))),
        shown(operations::query_user_groups(&GroupQuery::new())),
        shown(operations::query_user_groups(
            &GroupQuery::new()
                .name("SOC")
                .limit(10)
                .offset(0)
                .sort("name|asc"),
        )),
        shown(operations::get_user_groups(std::slice::from_ref(&users))),
        shown(operations::create_user_group(&group)),
        shown(operations::update_user_group(&users, &change)),
        shown(operations::delete_user_groups(std::slice::from_ref(&users))),
        shown(operations::query_user_group_members(&user, &window)),
        shown(operations::get_user_group_members(std::slice::from_ref(
            &users,
        ))),
        shown(operations::add_user_group_members(
            &users,
            std::slice::from_ref(&user),
        )),
        shown(operations::remove_user_group_members(
            &users,
            std::slice::from_ref(&user),
        )),
        shown(operations::query_cid_groups(
            &GroupQuery::new().name("EMEA"),
        )),
        shown(operations::get_cid_groups(std::slice::from_ref(&cids))),
        shown(operations::create_cid_group(&NewGroup::new("EMEA"))),
        shown(operations::update_cid_group(
            &cids,
            &GroupChange::new().name("EMEA 2"),
        )),
        shown(operations::delete_cid_groups(std::slice::from_ref(&cids))),
        shown(operations::query_cid_group_members(
            &child,
            &PlainQuery::new(),
        )),
        shown(operations::get_cid_group_members(std::slice::from_ref(
            &cids,
        ))),
        shown(operations::add_cid_group_members(
            &cids,
            std::slice::from_ref(&child),
        )),
        shown(operations::remove_cid_group_members(
            &cids,
            std::slice::from_ref(&child),
        )),
        shown(operations::query_role_links(
            &RoleLinkQuery::new()
                .user_group(users.clone())
                .cid_group(cids.clone())
                .role("event_viewer")
                .limit(10),
        )),
        shown(operations::get_role_links(&[RoleLinkId::from("cg-1:ug-1")])),
        shown(operations::add_role_link(&users, &cids, &roles)),
        shown(operations::remove_role_link(&users, &cids, Some(&roles))),
        shown(operations::remove_role_link(&users, &cids, None)),
        shown(operations::get_accessible_scopes()),
        shown(operations::query_api_clients(&window)),
        shown(operations::get_api_clients(&[ApiClientId::from(ID)])),
        shown(operations::create_api_client(
            &NewApiClient::new("reporting", ["user-management:read"]).description("read only"),
        )),
        shown(operations::update_api_client(
            &ApiClientId::from(ID),
            &ApiClientChange::new()
                .name("n")
                .description("d")
                .scopes(["user-management:read"]),
        )),
        shown(operations::delete_api_clients(&[ApiClientId::from(ID)])),
        shown(operations::reset_api_client_secret(&ApiClientId::from(ID))),
    ];
    insta::assert_snapshot!(requests.join("\n"));
}

#[test]
fn what_means_nothing_or_everything_is_refused_before_it_is_sent() {
    let user = Uuid::from(UUID);
    let unnamed = Uuid::from(" ");
    let (users, cids) = (UserGroupId::from("ug"), CidGroupId::from("cg"));
    let many = vec![user.clone(); 101];
    let refused = [
        operations::retrieve_users(&[]).err(),
        operations::retrieve_user(&many).err(),
        operations::delete_user(&unnamed).err(),
        operations::delete_user_mssp(&unnamed).err(),
        operations::get_user_role_ids(&unnamed).err(),
        operations::user_action(&UserAction::Reset2fa, &[]).err(),
        operations::user_roles_action(RolesAction::Revoke, &CID.into(), &user, &[], None).err(),
        operations::remove_role_link(&users, &cids, Some(&[])).err(),
        operations::delete_user_groups(&[]).err(),
        operations::create_user(&NewUser::new("a@example.org").cid(CHILD)).err(),
        operations::update_user(&user, &Names::new()).err(),
        operations::update_user_mssp(&user, &Names::new().last_name("King")).err(),
        operations::retrieve_user_uuid(&["a@example.org,b@example.org"]).err(),
        operations::query_users(&UserQuery::new().filter(fql::equals("uid:'x'+name", "y"))).err(),
        operations::query_users(&UserQuery::new().filter(fql::any_of::<&str>("uid", []))).err(),
    ];
    for (number, error) in refused.into_iter().enumerate() {
        assert!(
            matches!(error, Some(Error::Config(_))),
            "{number}: {error:?}"
        );
    }
    let filter = (0..21).fold(fql::equals("uid", "a"), |filter, _| {
        filter.or(fql::equals("uid", "b"))
    });
    let error = operations::query_users(&UserQuery::new().filter(filter)).unwrap_err();
    assert!(error.to_string().contains("any_of"), "{error}");
    assert!(Falcon::builder(Cloud::Us1).build().is_err());
    assert!(
        Falcon::builder(Cloud::Us1)
            .api_client(ID, " ")
            .build()
            .is_err()
    );
}

#[test]
fn filters() {
    let moment: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let rows = [
        (
            fql::equals("uid", "ada@example.org"),
            "uid:'ada@example.org'",
        ),
        (fql::equals("last_name", r"O'H\a"), r"last_name:'O\'H\\a'"),
        (fql::equals("name", "a*"), "name:['a*']"),
        (fql::differs("name", "a*"), "name:!['a*']"),
        (fql::differs("status", "active"), "status:!'active'"),
        (
            fql::any_of("cid", [&Cid::from(CID)]),
            "cid:['a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1']",
        ),
        (fql::none_of("status", ["a", "b"]), "status:!['a','b']"),
        (fql::matches("uid", "*@example.org"), "uid:*'*@example.org'"),
        (fql::resembles("name", "ada"), "name:~'ada'"),
        (
            fql::above("created_at", moment),
            "created_at:>'2026-01-01T00:00:00Z'",
        ),
        (fql::at_least("n", 3), "n:>=3"),
        (fql::below("n", -3), "n:<-3"),
        (fql::at_most("n", 3), "n:<=3"),
        (
            fql::equals("has_temporary_roles", true),
            "has_temporary_roles:true",
        ),
        (
            fql::equals("a", "1")
                .or(fql::equals("b", "2"))
                .and(fql::equals("c", "3")),
            "(a:'1',b:'2')+c:'3'",
        ),
        (
            fql::equals("a", "1")
                .and(fql::equals("b", "2"))
                .or(fql::equals("c", "3")),
            "a:'1'+b:'2',c:'3'",
        ),
        (
            fql::equals("a", "1").and("b:'2',c:'3'"),
            "a:'1'+(b:'2',c:'3')",
        ),
    ];
    for (filter, text) in rows {
        assert_eq!(filter.as_str(), text);
    }
}

proptest! {
    /// Whatever a value holds, the filter ends where the value ends.
    #[test]
    fn values_stay_values(value in any::<String>()) {
        let filter = fql::equals("uid", value.as_str());
        let text = filter.as_str().strip_prefix("uid:").unwrap();
        let text = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
        let mut inside = text.strip_prefix('\'').unwrap().chars();
        let mut read = String::new();
        loop {
            match inside.next().unwrap() {
                '\'' => break,
                '\\' => read.push(inside.next().unwrap()),
                letter => read.push(letter),
            }
        }
        prop_assert_eq!(inside.as_str(), "");
        prop_assert_eq!(read, value);
    }
}

#[test]
fn a_customer_is_one_however_written() {
    for text in [
        CID,
        "A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1-5F",
        " a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1-5f ",
    ] {
        assert_eq!(Cid::new(text).as_str(), CID);
        let read: Cid = serde_json::from_value(json!(text)).unwrap();
        assert_eq!(read.as_str(), CID);
    }
}

#[tokio::test]
async fn one_token_serves_many_calls() {
    let script = signed_in()
        .json(200, &holding(&json!(["event_viewer"])))
        .json(200, &holding(&json!(["event_viewer"])));
    let falcon = client(&script);
    falcon.get_available_role_ids().await.unwrap();
    falcon.clone().get_available_role_ids().await.unwrap();
    let requests = script.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(
        requests[0].uri(),
        "https://falcon.example.org/falcon/oauth2/token"
    );
    assert!(!requests[0].headers().contains_key("authorization"));
    let form = std::str::from_utf8(requests[0].body()).unwrap();
    assert_eq!(form, format!("client_id={ID}&client_secret={SECRET}"));
    for request in &requests[1..] {
        assert_eq!(bearer(request), "Bearer token-1");
        assert!(request.headers()["authorization"].is_sensitive());
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end() {
    let roles = holding(&json!([]));
    let script = signed_in()
        .json(200, &roles)
        .json(200, &roles)
        .json(201, &token("token-2"))
        .json(200, &roles);
    let clock = environment();
    let falcon = client_at("https://falcon.example.org/", &script, &clock);
    falcon.get_available_role_ids().await.unwrap();
    // 1799 seconds, less 120, less or more 30.
    clock.advance(Duration::from_secs(1648));
    falcon.get_available_role_ids().await.unwrap();
    clock.advance(Duration::from_secs(62));
    falcon.get_available_role_ids().await.unwrap();
    let requests = script.requests();
    let used: Vec<&str> = [1, 2, 4].iter().map(|it| bearer(&requests[*it])).collect();
    assert_eq!(used, ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
    assert_eq!(script.left(), 0);
}

#[tokio::test]
async fn a_token_that_lives_shortly_is_used_for_half_of_its_life() {
    let short = json!({"access_token": "token-1", "expires_in": 60}).to_string();
    let roles = holding(&json!([]));
    let script = Script::new()
        .json(201, &short)
        .json(200, &roles)
        .json(200, &roles)
        .json(201, &token("token-2"))
        .json(200, &roles);
    let clock = environment();
    let falcon = client_at("https://falcon.example.org/", &script, &clock);
    falcon.get_available_role_ids().await.unwrap();
    clock.advance(Duration::from_secs(29));
    falcon.get_available_role_ids().await.unwrap();
    clock.advance(Duration::from_secs(2));
    falcon.get_available_role_ids().await.unwrap();
    assert_eq!(bearer(&script.requests()[4]), "Bearer token-2");
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_list_is_renewed_there() {
    let clock = environment();
    let script = signed_in()
        .json(200, &page(&["u1", "u2"], 0, 5))
        .json(201, &token("token-2"))
        .json(200, &page(&["u3", "u4"], 2, 5))
        .json(401, &refusing(401, "access denied, invalid bearer token"))
        .json(201, &token("token-3"))
        .json(200, &page(&["u5"], 4, 5));
    let falcon = client_at("https://falcon.example.org/", &script, &clock);
    let mut list = falcon.query_users(&UserQuery::new().limit(2));
    let first = list.next_page().await.unwrap().unwrap();
    assert_eq!(first.len(), 2);
    clock.advance(Duration::from_secs(1800));
    let rest = list.all().await.unwrap();
    let ids: Vec<&str> = first.iter().chain(&rest).map(Uuid::as_str).collect();
    assert_eq!(ids, ["u1", "u2", "u3", "u4", "u5"]);
    assert_eq!(script.left(), 0);
    let last = script.requests().pop().unwrap();
    assert_eq!(bearer(&last), "Bearer token-3");
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_not_renewed_for_ever() {
    let denied = refusing(401, "access denied, invalid bearer token");
    let script = signed_in()
        .json(401, &denied)
        .json(201, &token("token-2"))
        .json(401, &denied);
    let error = client(&script).get_available_role_ids().await.unwrap_err();
    assert!(matches!(error, Error::Unauthenticated(_)), "{error:?}");
    assert_eq!(script.left(), 0);
    assert_eq!(error.vendor().unwrap().trace_id.as_deref(), Some("trace-9"));
}

/// A server with one valid token, which answers in its own time.
#[derive(Default)]
struct Server {
    valid: Mutex<String>,
    issued: AtomicUsize,
    refused: AtomicUsize,
    closed: bool,
}

impl Transport for Server {
    fn send<'a>(
        &'a self,
        request: Request<Bytes>,
        _: Duration,
    ) -> BoxFuture<'a, Result<Response<Bytes>, Broken>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let (status, body) = if request.uri().path() == "/oauth2/token" {
                let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
                let text = format!("token-{number}");
                *self.valid.lock().unwrap() = format!("Bearer {text}");
                if self.closed {
                    (403, refusing(403, "Failed to issue access token"))
                } else {
                    (201, token(&text))
                }
            } else if bearer(&request) == *self.valid.lock().unwrap() {
                (200, holding(&json!([])))
            } else {
                self.refused.fetch_add(1, Ordering::SeqCst);
                (401, refusing(401, "access denied, invalid bearer token"))
            };
            let mut response = Response::new(Bytes::from(body));
            *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
            Ok(response)
        })
    }
}

fn at_server(server: &Arc<Server>) -> Falcon {
    Falcon::builder("https://falcon.example.org/")
        .api_client(ID, SECRET)
        .transport(Arc::clone(server))
        .limits(Limits::at_once(64))
        .build()
        .unwrap()
}

async fn calls(falcon: &Falcon, number: usize) -> Vec<Option<&'static str>> {
    let tasks: Vec<_> = (0..number)
        .map(|_| {
            let falcon = falcon.clone();
            tokio::spawn(async move { falcon.get_available_role_ids().await })
        })
        .collect();
    let mut kinds = Vec::new();
    for task in tasks {
        kinds.push(task.await.unwrap().err().map(|error| error.kind()));
    }
    kinds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_tasks_ask_for_one_token() {
    let server = Arc::new(Server::default());
    let falcon = at_server(&server);
    assert_eq!(calls(&falcon, 64).await, [None; 64]);
    assert_eq!(server.issued.load(Ordering::SeqCst), 1);
    assert_eq!(server.refused.load(Ordering::SeqCst), 0);

    // The token is revoked in the middle of the run.
    server.valid.lock().unwrap().clear();
    assert_eq!(calls(&falcon, 64).await, [None; 64]);
    assert_eq!(server.issued.load(Ordering::SeqCst), 2);
    let refused = server.refused.load(Ordering::SeqCst);
    assert!((1..=64).contains(&refused), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_tasks_share_one_refusal() {
    let server = Arc::new(Server {
        closed: true,
        ..Server::default()
    });
    let falcon = at_server(&server);
    // The first to ask takes the turn before the others come.
    let kinds = calls(&falcon, 64).await;
    assert_eq!(kinds, [Some("unauthenticated"); 64]);
    let issued = server.issued.load(Ordering::SeqCst);
    assert!(
        issued < 4,
        "{issued} requests for a token that none will get"
    );
}

#[tokio::test]
async fn views_have_tokens_of_their_own() {
    let roles = holding(&json!([]));
    let script = signed_in()
        .json(200, &roles)
        .json(201, &token("token-child"))
        .json(200, &roles)
        .json(200, &roles)
        .json(200, &roles);
    let falcon = client(&script);
    falcon.get_available_role_ids().await.unwrap();
    let child = falcon.for_cid("B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2B2-7C");
    child.get_available_role_ids().await.unwrap();
    falcon
        .for_cid(CHILD)
        .get_available_role_ids()
        .await
        .unwrap();
    falcon.get_available_role_ids().await.unwrap();
    let requests = script.requests();
    let form = std::str::from_utf8(requests[2].body()).unwrap();
    assert!(form.ends_with(&format!("&member_cid={CHILD}")), "{form}");
    let used: Vec<&str> = [1, 3, 4, 5]
        .iter()
        .map(|it| bearer(&requests[*it]))
        .collect();
    assert_eq!(
        used,
        [
            "Bearer token-1",
            "Bearer token-child",
            "Bearer token-child",
            "Bearer token-1"
        ]
    );
}

#[tokio::test]
async fn closing_revokes_every_token() {
    let roles = holding(&json!([]));
    let script = signed_in()
        .json(200, &roles)
        .json(201, &token("token-child"))
        .json(200, &roles)
        .json(200, &done())
        .json(200, &done())
        .json(201, &token("token-3"))
        .json(200, &roles);
    let falcon = client(&script);
    falcon.get_available_role_ids().await.unwrap();
    falcon
        .for_cid(CHILD)
        .get_available_role_ids()
        .await
        .unwrap();
    falcon.close().await.unwrap();
    falcon.close().await.unwrap();
    falcon.get_available_role_ids().await.unwrap();
    let requests = script.requests();
    let mut revoked = Vec::new();
    for request in &requests[4..6] {
        assert_eq!(request.uri().path(), "/falcon/oauth2/revoke");
        assert!(bearer(request).starts_with("Basic "));
        revoked.push(std::str::from_utf8(request.body()).unwrap().to_owned());
    }
    revoked.sort_unstable();
    assert_eq!(revoked, ["token=token-1", "token=token-child"]);
    assert_eq!(bearer(&requests[7]), "Bearer token-3");
    assert_eq!(script.left(), 0);
}

#[tokio::test]
async fn the_named_region_is_followed_by_auto_only() {
    let host =
        |script: &Script, number: usize| script.requests()[number].uri().host().unwrap().to_owned();
    let named = |status: u16, region: &str| {
        let headers = [
            ("x-cs-region", region),
            ("location", "https://elsewhere.example/"),
        ];
        let body = if status == 201 {
            token("token-1")
        } else {
            String::new()
        };
        Script::new().answer(status, &headers, &body)
    };
    let roles = holding(&json!([]));

    // A token that names the region.
    let script = named(201, "eu-1").json(200, &roles);
    client_at("auto", &script, &environment())
        .get_available_role_ids()
        .await
        .unwrap();
    assert_eq!(host(&script, 0), "api.crowdstrike.com");
    assert_eq!(host(&script, 1), "api.eu-1.crowdstrike.com");

    // A redirect that names it: its address is not looked at.
    let script = named(308, "us-2")
        .json(201, &token("token-1"))
        .json(200, &roles);
    client_at("auto", &script, &environment())
        .get_available_role_ids()
        .await
        .unwrap();
    assert_eq!(host(&script, 1), "api.us-2.crowdstrike.com");
    assert_eq!(host(&script, 2), "api.us-2.crowdstrike.com");

    let refusals = [
        ("auto", 201, "moon-1", "moon-1"),
        ("auto", 308, "evil.example", "evil.example"),
        ("us-1", 201, "eu-1", "eu-1"),
        ("us-1", 308, "eu-1", "eu-1"),
        ("https://falcon.example.org/", 308, "eu-1", "eu-1"),
    ];
    for (cloud, status, region, word) in refusals {
        let script = named(status, region);
        let error = client_at(cloud, &script, &environment())
            .get_available_role_ids()
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Config(_)),
            "{cloud} {status}: {error:?}"
        );
        assert!(error.to_string().contains(word), "{error}");
        assert_eq!(script.requests().len(), 1);
    }

    // The cloud's own name, and what an address of one's own says.
    for (cloud, address) in [
        ("eu-1", "api.eu-1.crowdstrike.com"),
        ("https://falcon.example.org/", "falcon.example.org"),
    ] {
        let script = named(201, "eu-1").json(200, &roles);
        client_at(cloud, &script, &environment())
            .get_available_role_ids()
            .await
            .unwrap();
        assert_eq!(host(&script, 1), address);
    }
}

#[test]
fn clouds_by_name() {
    for (text, cloud) in [
        ("us-1", Cloud::Us1),
        ("US-2", Cloud::Us2),
        ("us-3", Cloud::Us3),
        ("eu-1", Cloud::Eu1),
        ("us-gov-1", Cloud::UsGov1),
        ("us-gov-2", Cloud::UsGov2),
        ("auto", Cloud::Auto),
        (
            "https://x.example/",
            Cloud::Custom("https://x.example/".into()),
        ),
    ] {
        assert_eq!(Cloud::from(text), cloud);
        assert_eq!(text.parse::<Cloud>().unwrap(), cloud);
        let region = cloud.region().map(str::to_owned);
        let custom = matches!(cloud, Cloud::Custom(_) | Cloud::Auto);
        assert_eq!(region, (!custom).then(|| text.to_ascii_lowercase()));
    }
}

/// Status, body, and the error's kind, for a user who is to be made.
fn refusals() -> Vec<(u16, String, &'static str)> {
    vec![
        (
            401,
            refusing(401, "access denied, invalid bearer token"),
            "unauthenticated",
        ),
        (
            403,
            refusing(403, "access denied, authorization failed"),
            "forbidden",
        ),
        (
            400,
            refusing(400, &format!("invalid user uuid='{UUID}' specified")),
            "not_found",
        ),
        (
            400,
            refusing(400, "invalid user uuid='' specified"),
            "invalid",
        ),
        (
            400,
            refusing(400, "invalid roleID='x' specified"),
            "invalid",
        ),
        (400, refusing(400, "user already exists"), "conflict"),
        (404, refusing(404, "not found"), "not_found"),
        (409, refusing(409, "name is taken"), "conflict"),
        (500, refusing(500, "internal error"), "unavailable"),
        (502, "<html>bad gateway</html>".into(), "unavailable"),
        (200, refusing(400, "bad"), "invalid"),
        (200, refusing(404, "none"), "not_found"),
        (207, refusing(400, "one of them"), "partial"),
        (404, "<html>no such host</html>".into(), "unexpected"),
        (404, "not found".into(), "unexpected"),
        (
            403,
            "<!DOCTYPE html><title>blocked</title>".into(),
            "unexpected",
        ),
        (
            200,
            "<html>Sign in to the network</html>".into(),
            "unexpected",
        ),
        (
            200,
            r#"{"meta": {}, "resources": [{"uuid": "#.into(),
            "unexpected",
        ),
        (201, holding(&json!([])), "unexpected"),
        (201, "{}".into(), "unexpected"),
        (302, String::new(), "unexpected"),
    ]
}

#[tokio::test]
async fn refused_creates() {
    for (status, body, kind) in refusals() {
        let script = signed_in().json(status, &body);
        let script = if status == 401 {
            script.json(201, &token("token-2")).json(401, &body)
        } else {
            script
        };
        let error = client(&script)
            .create_user_mssp(&NewUser::new("ada@example.org"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{status} {body}: {error:?}");
        assert_eq!(script.left(), 0, "{status} {body}");
        let unknown = status < 300 || status == 302 || matches!(kind, "unavailable" | "unexpected");
        assert_eq!(
            error.outcome() == Outcome::Unknown,
            unknown,
            "{status} {body}: {error:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_token_says_that_nothing_was_done() {
    for (status, message) in [
        (400, "Failed to generate access token for clientID=x"),
        (
            403,
            "Failed to issue access token - Client authentication failed",
        ),
    ] {
        let script = Script::new().json(status, &refusing(status, message));
        let error = client(&script)
            .create_user_mssp(&NewUser::new("ada@example.org"))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Unauthenticated(_)), "{error:?}");
        assert_eq!(error.outcome(), Outcome::NotDone);
        assert_eq!(error.vendor().unwrap().operation, "token");
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    let clock = environment();
    // 2026-11-20T12:00:20Z.
    let headers = [
        ("x-ratelimit-retryafter", "1795176020"),
        ("content-type", "application/json"),
    ];
    let script = signed_in()
        .answer(429, &headers, &refusing(429, "API rate limit exceeded."))
        .json(
            201,
            &holding(&json!([{"uuid": UUID, "uid": "ada@example.org"}])),
        );
    let falcon = client_at("https://falcon.example.org/", &script, &clock);
    let user = falcon
        .create_user_mssp(&NewUser::new("ada@example.org"))
        .await
        .unwrap();
    assert_eq!(user.uuid.as_str(), UUID);
    assert_eq!(clock.passed(), Duration::from_secs(20));
}

#[tokio::test]
async fn secrets_that_are_echoed_are_masked() {
    let echo = format!("token-1 and {SECRET} and Cobalt-Lantern-73! are wrong");
    let script = signed_in().json(400, &refusing(400, &echo));
    let falcon = client(&script);
    let new = NewUser::new("ada@example.org").password("Cobalt-Lantern-73!");
    assert!(!format!("{new:?}").contains("Cobalt"));
    let error = falcon.create_user(&new).await.unwrap_err();
    let vendor = error.vendor().unwrap();
    for text in [format!("{error} {error:?}"), vendor.body.clone()] {
        for secret in ["token-1", SECRET, "Cobalt-Lantern-73!"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let debug = format!("{falcon:?}");
    assert!(!debug.contains("canary"), "{debug}");
}

#[tokio::test]
async fn several_refusals_are_named() {
    let body = json!({
        "meta": {"trace_id": "t"},
        "resources": [{"user_group_id": "ug-1", "user_uuids": ["u1"]}],
        "errors": [{"code": 400, "id": "u2", "message": "no such user"}, {"code": 400, "id": "u3", "message": "is full"}],
    });
    let script = signed_in().json(207, &body.to_string());
    let error = client(&script)
        .add_user_group_members(&"ug-1".into(), &["u1".into(), "u2".into(), "u3".into()])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Partial(_)), "{error:?}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    let fields = &error.vendor().unwrap().fields;
    assert_eq!(fields["u2"], ["no such user"]);
    assert_eq!(fields["u3"], ["is full"]);
}

#[tokio::test]
async fn unknown_ids_are_left_out_of_what_is_read() {
    let partly = json!({
        "meta": {"trace_id": "t"},
        "resources": [{"user_group_id": "ug-1", "name": "SOC"}],
        "errors": [{"code": 404, "message": "ug-2 is unknown"}],
    });
    let script = signed_in()
        .json(207, &partly.to_string())
        .json(404, &refusing(404, "no users found"))
        .json(404, &refusing(404, "no users found"))
        .json(404, "<html>no such host</html>");
    let falcon = client(&script);
    let groups = falcon
        .get_user_groups(&["ug-1".into(), "ug-2".into()])
        .await
        .unwrap();
    assert_eq!(groups.len(), 1);
    assert!(
        falcon
            .retrieve_user(&["u1".into()])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        falcon
            .retrieve_user_uuid(&["a@example.org"])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(falcon.retrieve_user_uuid(&["a@example.org"]).await.is_err());
}

#[tokio::test]
async fn a_token_that_is_not_found_is_not_a_user_that_is_not_found() {
    let nowhere = refusing(404, "no such route");
    let script = Script::new().json(404, &nowhere);
    let error = client(&script)
        .retrieve_user_uuid(&["a@example.org"])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unexpected(_)), "{error:?}");

    // The first try is lost, and meanwhile the token ends.
    let script = signed_in().broken(crate::Sent::Maybe).json(404, &nowhere);
    let clock = environment();
    let falcon = Falcon::builder("https://falcon.example.org/")
        .api_client(ID, SECRET)
        .transport(script.clone())
        .environment(clock)
        .retry(
            crate::Retry::default()
                .pauses(Duration::from_secs(4000), Duration::from_secs(4000))
                .in_all(Duration::from_secs(9000)),
        )
        .build()
        .unwrap();
    let error = falcon.delete_user_mssp(&UUID.into()).await.unwrap_err();
    assert_eq!(script.left(), 0);
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
}

#[tokio::test]
async fn long_lists_of_ids_are_split() {
    fn ids<I: From<String>>(number: usize) -> Vec<I> {
        (0..number).map(|it| I::from(format!("id-{it}"))).collect()
    }
    let none = holding(&json!([]));
    let mut script = signed_in();
    for _ in 0..12 {
        script = script.json(200, &none);
    }
    let falcon = client(&script);
    falcon.retrieve_user(&ids(250)).await.unwrap();
    falcon.get_roles(&ids(101)).await.unwrap();
    falcon.retrieve_users(&ids(12_000)).await.unwrap();
    falcon.delete_user_groups(&ids(150)).await.unwrap();
    falcon
        .revoke_user_role_ids(&UUID.into(), &ids(120))
        .await
        .unwrap();
    assert!(falcon.retrieve_users(&[]).await.unwrap().is_empty());
    let lengths: Vec<usize> = script.requests()[1..]
        .iter()
        .map(|request| {
            let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
            let in_body = body["ids"].as_array().map_or(0, Vec::len);
            let query = request.uri().query().unwrap_or_default();
            in_body + query.matches("ids=id-").count()
        })
        .collect();
    assert_eq!(
        lengths,
        [100, 100, 50, 100, 1, 5000, 5000, 2000, 100, 50, 100, 20]
    );

    // What the first part did is done, whatever happens to the second.
    let script = signed_in().json(200, &none).json(403, &refusing(403, "no"));
    let error = client(&script)
        .revoke_user_role_ids(&UUID.into(), &ids(120))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)));
    assert_eq!(error.outcome(), Outcome::Unknown);
}

fn texts(ids: &[Uuid]) -> Vec<&str> {
    ids.iter().map(Uuid::as_str).collect()
}

#[tokio::test]
async fn a_list_is_read_in_whole_pages_and_in_a_fixed_order() {
    let script = signed_in()
        .json(200, &page(&["u1", "u2"], 0, 3))
        .json(200, &page(&["u3"], 2, 3));
    let users = client(&script)
        .query_users(&UserQuery::new())
        .all()
        .await
        .unwrap();
    assert_eq!(texts(&users), ["u1", "u2", "u3"]);
    assert_eq!(
        targets(&script)[1..],
        [
            "GET /user-management/queries/users/v1?limit=500&offset=0&sort=uid%7Casc",
            "GET /user-management/queries/users/v1?limit=500&offset=2&sort=uid%7Casc",
        ]
    );
}

#[tokio::test]
async fn items_that_move_while_a_list_is_read_are_neither_lost_nor_doubled() {
    // u0 is added in front of the page that was read.
    let script = signed_in()
        .json(200, &page(&["u1", "u2"], 0, 4))
        .json(200, &page(&["u2", "u3"], 2, 5))
        .json(200, &page(&["u4"], 4, 5));
    let users: Vec<_> = client(&script)
        .query_users(&UserQuery::new().limit(2))
        .stream()
        .map(Result::unwrap)
        .collect()
        .await;
    assert_eq!(texts(&users), ["u1", "u2", "u3", "u4"]);

    // u1 is deleted: u3 moves into the first page, which is not asked for again as a whole.
    let script = signed_in()
        .json(200, &page(&["u1", "u2"], 0, 4))
        .json(200, &page(&["u4"], 2, 3))
        .json(200, &page(&["u3", "u4"], 1, 3));
    let users = client(&script)
        .query_users(&UserQuery::new().limit(2))
        .all()
        .await
        .unwrap();
    assert_eq!(texts(&users), ["u1", "u2", "u4", "u3"]);
    assert!(targets(&script)[3].contains("offset=1"));
}

/// A page of grants: of each, the role and the group that it comes by.
fn page_of_grants(rows: &[(&str, Option<&str>)], offset: usize, total: usize) -> String {
    let rows = rows.iter().map(|(role, group)| {
        let kind = group.map_or("direct", |_| "flightcontrol");
        json!({ "uuid": UUID, "role_id": role, "grant_type": kind, "user_group_id": group })
    });
    let pagination = json!({ "offset": offset, "limit": 2, "total": total });
    json!({ "meta": { "pagination": pagination }, "errors": [], "resources": rows.collect::<Vec<_>>() }).to_string()
}

#[tokio::test]
async fn grants_that_move_while_they_are_read_are_neither_lost_nor_doubled() {
    async fn read(script: Script) -> Vec<String> {
        let query = GrantQuery::new().limit(2).v2();
        let read = client(&script).get_user_grants(&UUID.into(), &query);
        let of = |grant: &crate::falcon::Grant| match &grant.user_group_id {
            Some(group) => format!("{} by {group}", grant.role_id),
            None => grant.role_id.to_string(),
        };
        read.all().await.unwrap().iter().map(of).collect()
    }
    // One is added in front of the page that was read. A role that comes by two paths is two grants.
    let script = signed_in()
        .json(
            200,
            &page_of_grants(&[("a", None), ("a", Some("g1"))], 0, 4),
        )
        .json(
            200,
            &page_of_grants(&[("a", Some("g1")), ("a", Some("g2"))], 2, 5),
        )
        .json(200, &page_of_grants(&[("b", None)], 4, 5));
    assert_eq!(read(script).await, ["a", "a by g1", "a by g2", "b"]);
    // One is revoked: what was behind it has moved into the page that was read.
    let script = signed_in()
        .json(200, &page_of_grants(&[("a", None), ("b", None)], 0, 4))
        .json(200, &page_of_grants(&[("d", None)], 2, 3))
        .json(200, &page_of_grants(&[("c", None), ("d", None)], 1, 3));
    assert_eq!(read(script).await, ["a", "b", "d", "c"]);
}

#[tokio::test]
async fn a_list_that_does_not_end_or_comes_short_is_an_error() {
    // One page for ever, from a platform that names no total.
    let mut script = signed_in();
    for _ in 0..9 {
        script = script.json(200, &holding(&json!(["u1", "u2"])));
    }
    let query = UserQuery::new().limit(2);
    let error = client(&script).query_users(&query).all().await.unwrap_err();
    assert!(error.to_string().contains("does not end"), "{error}");
    assert_eq!(script.left(), 6);

    // A page that is empty though there is more.
    let script = signed_in()
        .json(200, &page(&["u1", "u2"], 0, 4))
        .json(200, &page(&[], 2, 4));
    let error = client(&script)
        .query_users(&UserQuery::new())
        .all()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unexpected(_)), "{error:?}");
    assert!(error.to_string().contains("does not advance"), "{error}");

    // Doubles in place of others.
    let script = signed_in()
        .json(200, &page(&["u1", "u2"], 0, 4))
        .json(200, &page(&["u1", "u2"], 2, 4));
    let error = client(&script)
        .query_users(&UserQuery::new())
        .all()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("incomplete: 2 of 4"), "{error}");

    // The offset is passed over, so the rest is complete.
    let script = signed_in().json(200, &page(&["u3", "u4"], 2, 4));
    let users = client(&script)
        .query_users(&UserQuery::new().offset(2))
        .all()
        .await
        .unwrap();
    assert_eq!(texts(&users), ["u3", "u4"]);

    // A platform that names no total is read until a page is not full.
    let script = signed_in()
        .json(200, &holding(&json!(["u1", "u2"])))
        .json(200, &holding(&json!(["u3"])));
    let users = client(&script)
        .query_users(&UserQuery::new().limit(2))
        .all()
        .await
        .unwrap();
    assert_eq!(texts(&users), ["u1", "u2", "u3"]);
}

#[tokio::test]
async fn a_user_is_found_by_the_whole_address_only() {
    let users = |uids: &[&str]| {
        let rows: Vec<_> = uids
            .iter()
            .map(|uid| json!({"uuid": uid, "uid": uid}))
            .collect();
        holding(&json!(rows))
    };
    let script = signed_in()
        .json(200, &page(&["1", "2"], 0, 2))
        .json(200, &users(&["ada@example.org.uk", "Ada@example.org"]))
        .json(200, &page(&["1"], 0, 1))
        .json(200, &users(&["ada@example.org.uk"]))
        .json(200, &page(&[], 0, 0));
    let falcon = client(&script);
    let found = falcon.find_user("ada@example.org").await.unwrap().unwrap();
    assert_eq!(found.uid, "Ada@example.org");
    assert!(falcon.find_user("ada@example.org").await.unwrap().is_none());
    assert!(
        falcon
            .find_user("o'hara@example.org")
            .await
            .unwrap()
            .is_none()
    );
    assert!(targets(&script)[5].contains("filter=uid%3A%27o%5C%27hara%40example.org%27"));
}

#[tokio::test]
async fn what_is_gone_after_a_lost_answer_was_done() {
    let gone = refusing(400, &format!("invalid user uuid='{UUID}' specified"));
    let script = signed_in()
        .broken(crate::Sent::Maybe)
        .json(400, &gone)
        .json(400, &gone);
    let falcon = client(&script);
    falcon.delete_user_mssp(&UUID.into()).await.unwrap();
    let error = falcon.delete_user_mssp(&UUID.into()).await.unwrap_err();
    assert!(matches!(error, Error::NotFound(_)), "{error:?}");

    // A user who is made, or mailed, is made once.
    let script = signed_in().broken(crate::Sent::Maybe);
    let falcon = client(&script);
    let error = falcon
        .create_user_mssp(&NewUser::new("a@example.org"))
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let script = signed_in().json(503, &refusing(503, "later"));
    let error = client(&script)
        .user_action(UserAction::ResetPassword, &[UUID.into()])
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn the_secret_of_an_api_client_is_taken_out_of_the_answer() {
    let made = json!([{"client_id": ID, "name": "reporting", "client_secret": "canary-of-the-client", "scopes": [{"id": "a:read"}]}]);
    let script = signed_in()
        .json(201, &holding(&made))
        .json(409, &refusing(409, "the name is taken"));
    let falcon = client(&script);
    let new = NewApiClient::new("reporting", ["a:read"]);
    let made = falcon.create_api_client(&new).await.unwrap();
    assert!(!format!("{made:?}").contains("canary"), "{made:?}");
    assert_eq!(made.client.id.as_str(), ID);
    assert_eq!(made.secret.expose(), "canary-of-the-client");
    let error = falcon.create_api_client(&new).await.unwrap_err();
    assert!(matches!(error, Error::Conflict(_)), "{error:?}");
}

#[test]
fn answers_are_read_whatever_they_leave_out() {
    let user: User = serde_json::from_value(json!({
        "uuid": UUID, "uid": "ada@example.org", "cid": "A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1-5F", "factors": null,
        "created_at": "2026-11-20T12:53:52.104Z", "updated_at": "", "brand_new": 1,
    }))
    .unwrap();
    assert_eq!(user.cid.unwrap().as_str(), CID);
    assert_eq!(
        user.created_at.unwrap().to_string(),
        "2026-11-20T12:53:52.104Z"
    );
    assert_eq!((user.updated_at, user.last_login_at), (None, None));
    assert_eq!(user.other["brand_new"], 1);
    // A moment that cannot be read must not pass for one that never was.
    assert!(serde_json::from_value::<User>(json!({"last_login_at": "yesterday"})).is_err());

    let legacy: LegacyUser = serde_json::from_value(
        json!({"uuid": UUID, "uid": "a", "firstName": "Ada", "lastName": "L", "customer": CID}),
    )
    .unwrap();
    assert_eq!(
        (legacy.first_name.as_str(), legacy.last_name.as_str()),
        ("Ada", "L")
    );

    let grant: Grant =
        serde_json::from_value(json!({"role_id": "r", "grant_type": "direct"})).unwrap();
    assert!(grant.is_direct());
    assert!(!Grant::default().is_direct());
    let client: ApiClient =
        serde_json::from_value(json!({"id": "a", "client_id": "a", "scopes": null})).unwrap();
    assert_eq!(client.id.as_str(), "a");
}
