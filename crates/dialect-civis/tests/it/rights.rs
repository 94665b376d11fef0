//! Callers who may change what they may not read: refused before anything is kept, or answered.

use directory::{
    Accepts, Manager, NewGroup, NewPassword, Permission, Platform, RequestContext, SessionKind,
    SessionRequest, UserChange,
};
use serde_json::json;
use test_support::{everywhere, one_time_code, refusals_keep_nothing, words};

use super::{keyed, shaped, world};

const PASSWORD: &str = "Cobalt-Lantern-73!";

#[tokio::test]
async fn a_refused_write_keeps_nothing() {
    use Permission::{
        CreateUsers, EditUsers, ManageGroups, ManageMembers, ManageSessions, ReadGroups,
        ReadOrganisations, ReadUsers, ResetCredentials,
    };
    let world = world().await;
    let acme = super::place(&world, "Acme").await;
    let group = NewGroup {
        name: "Engines".to_owned(),
        organisation: Some(acme.id),
        ..NewGroup::default()
    };
    let group = world.system().create_group(group).await.unwrap().id;
    let (ada, adas_key) = super::person(&world, &acme, "ada", &[acme.base]).await;
    let password = UserChange {
        password: Some(NewPassword::Chosen(PASSWORD.to_owned())),
        ..UserChange::default()
    };
    world.system().update_user(ada.id, password).await.unwrap();
    let (bob, _) = super::person(&world, &acme, "bob", &[acme.base]).await;
    let rows = [
        vec![ManageGroups],
        vec![ManageGroups, ReadGroups],
        vec![ManageGroups, ReadUsers],
        vec![ManageMembers],
        vec![ManageMembers, ReadUsers],
        vec![EditUsers],
        vec![EditUsers, ManageSessions],
        vec![EditUsers, ResetCredentials],
        vec![EditUsers, ManageSessions, ResetCredentials, ReadUsers],
        vec![CreateUsers],
        vec![CreateUsers, ReadGroups],
        vec![CreateUsers, ReadGroups, ReadOrganisations],
    ];
    let mut callers = Vec::new();
    for (number, permissions) in rows.iter().enumerate() {
        let email = format!("caller{number}@example.org");
        let (_, key) = world.holder(&email, &everywhere(permissions)).await;
        callers.push((words(permissions), key));
    }
    let requests = [
        "POST groups/".to_owned(),
        format!("PUT groups/{group}"),
        format!("PATCH groups/{group}"),
        format!("PUT groups/{group}/members/{}", ada.id),
        format!("PUT groups/{group}/shares/users"),
        format!("PUT groups/{group}/shares/groups"),
        "POST users/".to_owned(),
        format!("PATCH users/{}", ada.id),
        format!("DELETE users/{}/sessions", ada.id),
        format!("DELETE users/{}/2fa", ada.id),
    ];
    let requests: Vec<&str> = requests.iter().map(String::as_str).collect();
    let own = world.directory.authenticate(
        dialect_civis::DIALECT.platform,
        &adas_key,
        Accepts::Keys,
        RequestContext::default(),
    );
    let own = world.directory.act(&own.await.unwrap());
    // There is always a member and a manager to add, a session to end and a second factor to forget.
    let prepare = async |request: &str| {
        let system = world.system();
        system.remove_member(group, ada.id).await.unwrap();
        for manager in [Manager::User(bob.id), Manager::Group(acme.base)] {
            system.remove_manager(group, manager).await.unwrap();
        }
        if request.ends_with("/sessions") && own.sessions(&[ada.id]).await.unwrap().is_empty() {
            let begun = world.directory.sign_in(
                Platform::USHER,
                "ada@example.org",
                PASSWORD,
                None,
                SessionRequest::of(SessionKind::Browser),
                RequestContext::default(),
            );
            begun.await.unwrap();
        }
        if request.ends_with("/2fa") && !own.user(ada.id).await.unwrap().second_factor {
            let secret = own.begin_second_factor(None).await.unwrap().secret;
            let code = one_time_code(&secret, world.directory.now().seconds());
            own.confirm_second_factor(&code).await.unwrap();
        }
    };
    let send = async |request: &str, key: &str, turn: usize| {
        let (method, path) = request.split_once(' ').unwrap();
        let name = format!("t{turn}");
        let body = match (method, path) {
            ("POST", "users/") => json!({
                "name": name, "email": format!("{name}@example.org"), "user": name,
                "primary_group_id": acme.base.number(),
            }),
            ("POST", "groups/") | ("PUT", _) if path.matches('/').count() == 1 => json!({
                "name": name, "organization_id": acme.id.number(),
            }),
            ("PUT", _) if path.ends_with("shares/users") => json!({
                "user_ids": [bob.id.number()], "permission_level": "read",
            }),
            ("PUT", _) if path.ends_with("shares/groups") => json!({
                "group_ids": [acme.base.number()], "permission_level": "read",
            }),
            ("PATCH", _) if path.starts_with("users") => json!({ "department": name }),
            ("PATCH", _) => json!({ "description": name }),
            _ => json!({}),
        };
        keyed(&world, method, path, key).json(&body).send().await
    };
    let kept = async || world.kept().await;
    let lines = refusals_keep_nothing(&callers, &requests, prepare, send, kept, shaped).await;
    insta::assert_debug_snapshot!(lines);
}
