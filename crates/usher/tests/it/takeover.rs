//! Ways to get further than one's rights, each over the wire where it was found. The rules are tried in
//! full on the core (`crates/directory/tests/it/escalation.rs` and the golden access matrix); these show
//! that the doors ask them.

use directory::{
    GroupRoleScope, Line, NewGrant, NewGroup, NewOrganisation, NewRole, NewUser, OrganisationId,
    Permission, Platform, Reach, RoleId, User,
};
use serde_json::{Value, json};

use crate::world;
use test_support::{Reply, World};

const ADMINISTRATOR: RoleId = RoleId(2);
const HELPDESK: RoleId = RoleId(3);
const AUDITOR: RoleId = RoleId(4);
const PASSWORD: &str = "Cobalt-Lantern-73!";
const OTHER_PASSWORD: &str = "Walnut-Compass-58!";

/// Two organisations below the root, with an administrator of the first.
struct Places {
    harbour: OrganisationId,
    clinic: OrganisationId,
    rosa: String,
}

async fn organisation(world: &World, name: &str) -> OrganisationId {
    let new = NewOrganisation {
        name: name.to_owned(),
        ..NewOrganisation::default()
    };
    world.system().create_organisation(new).await.unwrap().id
}

async fn places() -> (World, Places) {
    let world = world().await;
    let harbour = organisation(&world, "Harbour Labs").await;
    let clinic = organisation(&world, "Northwind Clinic").await;
    let (_, rosa) = person(&world, "rosa@harbour.example", harbour, &[ADMINISTRATOR]).await;
    let places = Places {
        harbour,
        clinic,
        rosa,
    };
    (world, places)
}

async fn person(
    world: &World,
    email: &str,
    home: OrganisationId,
    roles: &[RoleId],
) -> (User, String) {
    let new = NewUser {
        email: Some(email.to_owned()),
        home: Some(home),
        roles: roles.to_vec(),
        ..NewUser::default()
    };
    world.person(new).await
}

/// A role of `usher` that the server itself makes.
async fn role(world: &World, name: &str, lines: &[(Permission, Reach)]) -> RoleId {
    let new = NewRole {
        name: name.to_owned(),
        lines: lines
            .iter()
            .map(|(permission, reach)| Line::may(*permission, reach.clone()))
            .collect(),
        ..NewRole::default()
    };
    world.system().create_role(new).await.unwrap().id
}

async fn grant(world: &World, user: &User, role: RoleId, organisation: OrganisationId) {
    let new = NewGrant {
        organisation: Some(organisation),
        ..NewGrant::from(role)
    };
    world.system().grant_role(user.id, new).await.unwrap();
}

async fn send(world: &World, key: &str, method: &str, target: &str, body: Value) -> Reply {
    let call = world.request(method, target);
    let mut call = match target.split('/').nth(1) {
        Some("misp") => call
            .header("Authorization", key)
            .header("Accept", "application/json"),
        Some("tenable") => call.header("X-API-Key", key),
        _ => call.bearer(key),
    };
    if !body.is_null() {
        call = call.json(&body);
    }
    call.send().await
}

async fn sign_in(world: &World, login: &str, password: &str) -> Reply {
    let body = json!({ "login": login, "password": password });
    world.post("/api/v1/sign-in").json(&body).send().await
}

#[tokio::test]
async fn a_role_over_people_who_do_not_exist_yet_is_refused() {
    let (world, places) = places().await;
    let numbers: Vec<i64> = (3..500).collect();
    let lines: Vec<Value> = [
        "users.read",
        "users.edit",
        "credentials.reset",
        "keys.manage",
    ]
    .iter()
    .map(|word| json!({ "word": word, "reach": { "listed": numbers } }))
    .collect();
    let body = json!({
        "platform": "usher", "name": "later", "organisation": places.harbour.0, "lines": lines,
    });
    let made = send(&world, &places.rosa, "POST", "/api/v1/roles", body).await;
    assert_eq!(made.status, 403, "{made:?}");
    // The same by the numbers of Tenable's entities.
    let body = json!([{ "name": "later", "description": "later" }]);
    let (joan, key) = person(&world, "joan@harbour.example", places.harbour, &[]).await;
    let system = world.system();
    let tenable = system
        .role_by_number(Platform::new("tenable"), 1)
        .await
        .unwrap();
    grant(&world, &joan, tenable.id, places.harbour).await;
    let made = send(&world, &key, "POST", "/tenable/api/roles", body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let role = made.json()[0]["id"].as_i64().unwrap();
    let body = json!([{
        "entityName": "user", "action": "edit", "entityIds": numbers, "dynamicId": null,
    }]);
    let target = format!("/tenable/api/roles/{role}/permissions");
    let replaced = send(&world, &key, "PUT", &target, body).await;
    assert_eq!(replaced.status, 403, "{replaced:?}");
}

#[tokio::test]
async fn who_is_listed_is_reached_only_where_the_grant_counts() {
    let (world, places) = places().await;
    let (nils, _) = person(&world, "nils@harbour.example", places.harbour, &[]).await;
    let lines: Vec<Value> = ["users.read", "credentials.reset"]
        .iter()
        .map(|word| json!({ "word": word, "reach": { "listed": [nils.id.0] } }))
        .collect();
    let body = json!({
        "platform": "usher", "name": "desk", "organisation": places.harbour.0, "lines": lines,
    });
    let made = send(&world, &places.rosa, "POST", "/api/v1/roles", body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let (desk, key) = person(&world, "desk@harbour.example", places.harbour, &[]).await;
    let body = json!({ "role": made.json()["id"], "organisation": places.harbour.0 });
    let target = format!("/api/v1/users/{}/grants", desk.id.0);
    let granted = send(&world, &places.rosa, "POST", &target, body).await;
    assert!(granted.status < 300, "{granted:?}");
    let target = format!("/api/v1/users/{}/password", nils.id.0);
    let body = json!({ "password": PASSWORD });
    let set = send(&world, &key, "PUT", &target, body.clone()).await;
    assert_eq!(set.status, 204, "{set:?}");
    let change = directory::UserChange {
        home: Some(places.clinic),
        ..directory::UserChange::default()
    };
    world.system().update_user(nils.id, change).await.unwrap();
    let set = send(&world, &key, "PUT", &target, body).await;
    assert_eq!(set.status, 404, "{set:?}");
}

#[tokio::test]
async fn the_mail_server_is_a_right_of_its_own() {
    let (world, _) = places().await;
    let lines = [
        (Permission::ReadSettings, Reach::All),
        (Permission::ManageSettings, Reach::All),
        (Permission::ReadRoles, Reach::All),
    ];
    let settings = role(&world, "settings", &lines).await;
    let (sam, key) = person(&world, "sam@example.org", directory::ROOT, &[]).await;
    grant(&world, &sam, settings, directory::ROOT).await;
    let tenable = Platform::new("tenable");
    let new = NewRole {
        platform: Some(tenable),
        name: "settings".to_owned(),
        lines: vec![
            Line::word("tenable:application-settings.read", Reach::Subtree),
            Line::word("tenable:application-settings.edit", Reach::Subtree),
            Line::may(Permission::ReadSettings, Reach::Subtree),
            Line::may(Permission::ManageSettings, Reach::Subtree),
            Line::may(Permission::ReadRoles, Reach::Subtree),
        ],
        ..NewRole::default()
    };
    let vendor = world.system().create_role(new).await.unwrap();
    grant(&world, &sam, vendor.id, directory::ROOT).await;
    let mail = "/api/v1/settings/mail";
    let template = json!({ "subject": "Hello", "text": "{{ token }}" });
    for (target, change) in [
        (
            mail,
            json!({ "server": "127.0.0.1", "tls": false, "start_tls": false }),
        ),
        (mail, json!({ "port": 2525 })),
        (mail, json!({ "account": "other" })),
        (mail, json!({ "password": "other" })),
        (
            "/api/v1/settings/public",
            json!({ "url": "https://evil.example" }),
        ),
        (
            "/api/v1/settings/mail_templates",
            json!({ "password_reset": template }),
        ),
        (
            "/tenable/api/application-settings",
            json!({ "smtpServerAddress": "127.0.0.1" }),
        ),
        (
            "/tenable/api/application-settings",
            json!({ "smtpServerPort": 2525 }),
        ),
        (
            "/tenable/api/application-settings",
            json!({ "smtpAccountPassword": "other" }),
        ),
    ] {
        let refused = send(&world, &key, "PATCH", target, change.clone()).await;
        assert_eq!(refused.status, 403, "{target} {change}: {refused:?}");
    }
    // What leads no secret elsewhere is still theirs.
    for (target, change) in [
        ("/api/v1/settings/lockout", json!({ "threshold": 4 })),
        ("/api/v1/settings/public", json!({ "title": "Ours" })),
        (
            "/tenable/api/application-settings",
            json!({ "logRetentionPeriod": 300 }),
        ),
    ] {
        let changed = send(&world, &key, "PATCH", target, change.clone()).await;
        assert_eq!(changed.status, 200, "{target} {change}: {changed:?}");
    }
}

#[tokio::test]
async fn a_kept_password_does_not_follow_to_another_server() {
    let (world, _) = places().await;
    let set = json!({
        "server": "mail.example.org", "port": 465, "account": "mailer", "tls": true,
        "start_tls": false, "password": "Smtp-Canary-4711",
    });
    let key = world.key.clone();
    let mail = "/api/v1/settings/mail";
    let tenable = "/tenable/api/application-settings";
    for (target, change, stays) in [
        (mail, json!({ "sender": "door@example.org" }), true),
        (mail, json!({ "server": "mail.example.org" }), true),
        (mail, json!({ "server": "127.0.0.1" }), false),
        (mail, json!({ "port": 587 }), false),
        (mail, json!({ "account": "other" }), false),
        (mail, json!({ "tls": false, "start_tls": true }), false),
        (
            mail,
            json!({ "server": "smtp.example.org", "password": "Smtp-Canary-4711" }),
            true,
        ),
        (tenable, json!({ "smtpServerAddress": "127.0.0.1" }), false),
        (
            tenable,
            json!({ "smtpServerAddress": "127.0.0.1", "smtpAccountPassword": "********" }),
            false,
        ),
        (tenable, json!({ "smtpUseStartTLS": true }), false),
    ] {
        let ready = send(&world, &key, "PATCH", mail, set.clone()).await;
        assert_eq!(ready.status, 200, "{ready:?}");
        let changed = send(&world, &key, "PATCH", target, change.clone()).await;
        assert_eq!(changed.status, 200, "{target} {change}: {changed:?}");
        let kept = world.directory.mail_password().await.unwrap().is_some();
        assert_eq!(kept, stays, "{target} {change}");
    }
}

#[tokio::test]
async fn reach_over_the_root_alone_is_not_reach_over_everything() {
    let (world, places) = places().await;
    use Permission as P;
    let rootdesk: Vec<_> = P::ALL
        .iter()
        .map(|permission| (*permission, Reach::Organisation))
        .collect();
    let rootdesk = role(&world, "rootdesk", &rootdesk).await;
    let ward = role(&world, "ward", &[(P::ReadUsers, Reach::Organisation)]).await;
    let (ada, key) = person(&world, "ada@example.org", directory::ROOT, &[]).await;
    grant(&world, &ada, rootdesk, directory::ROOT).await;
    let (anders, _) = person(&world, "anders@clinic.example", places.clinic, &[]).await;
    grant(&world, &anders, ward, places.clinic).await;
    let target = format!("/api/v1/users/{}", anders.id.0);
    let hidden = send(&world, &key, "GET", &target, Value::Null).await;
    assert_eq!(hidden.status, 404, "{hidden:?}");
    let lines: Vec<Value> = [
        "users.read",
        "users.edit",
        "credentials.reset",
        "keys.manage",
    ]
    .iter()
    .map(|word| json!({ "word": word, "reach": "organisation" }))
    .collect();
    let title = json!({ "title": "Ours" });
    for (method, target, body) in [
        (
            "PATCH",
            "/api/v1/roles/usher:ward",
            json!({ "lines": lines }),
        ),
        (
            "DELETE",
            "/api/v1/roles/usher:ward?take_away=true",
            Value::Null,
        ),
        ("PATCH", "/api/v1/settings/public", title),
        ("GET", "/api/v1/settings", Value::Null),
        ("GET", "/api/v1/mails", Value::Null),
        (
            "PUT",
            "/api/v1/platforms/usher/default-roles",
            json!({ "roles": ["administrator"] }),
        ),
    ] {
        let refused = send(&world, &key, method, target, body).await;
        assert!(matches!(refused.status, 403 | 404), "{target}: {refused:?}");
        if target != "/api/v1/platforms/usher/default-roles" {
            assert_eq!(refused.status, 403, "{target}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_limited_key_does_not_get_rid_of_its_limits() {
    let (world, places) = places().await;
    let (liv, key) = person(
        &world,
        "liv@harbour.example",
        places.harbour,
        &[ADMINISTRATOR],
    )
    .await;
    let (nils, _) = person(&world, "nils@harbour.example", places.harbour, &[]).await;
    let verbs = json!(["GET", "PUT", "PATCH", "POST", "DELETE"]);
    for limits in [
        json!({ "addresses": ["192.0.2.0/24"] }),
        json!({ "organisation": places.harbour.0 }),
        json!({ "expires_at": "2026-06-01T00:00:00Z" }),
        json!({ "constraints": [{ "kind": "prefix", "pattern": "", "methods": verbs }] }),
    ] {
        let made = send(&world, &key, "POST", "/api/v1/me/keys", limits.clone()).await;
        assert_eq!(made.status, 201, "{limits}: {made:?}");
        let limited = made.json()["secret"].as_str().unwrap().to_owned();
        let new = json!({
            "email": "new@harbour.example", "password": PASSWORD, "must_change_password": false,
            "home": places.harbour.0,
        });
        let password = json!({ "password": PASSWORD });
        let others = format!("/api/v1/users/{}", nils.id.0);
        let free = json!({ "name": "free" });
        for (method, target, body) in [
            ("PUT", "/api/v1/me/password", password.clone()),
            (
                "PUT",
                "/api/v1/me/email",
                json!({ "email": "other@harbour.example" }),
            ),
            ("POST", "/api/v1/me/second-factor", json!({})),
            ("POST", "/api/v1/me/keys", free.clone()),
            ("POST", "/api/v1/users", new),
            ("PUT", &format!("{others}/password"), password),
            (
                "PATCH",
                &others,
                json!({ "email": "other@harbour.example" }),
            ),
            ("POST", &format!("{others}/keys"), free),
            (
                "PATCH",
                "/api/v1/settings/mail",
                json!({ "server": "127.0.0.1" }),
            ),
        ] {
            let refused = send(&world, &limited, method, target, body).await;
            assert_eq!(
                refused.status, 403,
                "{limits} {method} {target}: {refused:?}"
            );
        }
        let refused = send(
            &world,
            &limited,
            "POST",
            "/misp/users/change_pw",
            json!({ "password": PASSWORD }),
        )
        .await;
        assert!(refused.status >= 400, "{limits}: {refused:?}");
    }
    for login in [
        "liv@harbour.example",
        "nils@harbour.example",
        "new@harbour.example",
    ] {
        let refused = sign_in(&world, login, PASSWORD).await;
        assert_eq!(refused.status, 401, "{login}: {refused:?}");
    }
    assert_eq!(liv.login, "liv@harbour.example");
}

#[tokio::test]
async fn reading_is_not_taken_over() {
    let (world, _) = places().await;
    let (mateo, _) = person(&world, "mateo@example.org", directory::ROOT, &[AUDITOR]).await;
    let (_, gustav) = person(&world, "gustav@example.org", directory::ROOT, &[HELPDESK]).await;
    let target = format!("/api/v1/users/{}/password", mateo.id.0);
    let refused = send(
        &world,
        &gustav,
        "PUT",
        &target,
        json!({ "password": PASSWORD }),
    )
    .await;
    assert_eq!(refused.status, 403, "{refused:?}");
    // Whose right comes from another door mints no key for them either.
    let (otto, key) = person(&world, "otto@example.org", directory::ROOT, &[]).await;
    let accesses = accesses(&world, &otto).await;
    let add = |user: &User| {
        json!({ "query": format!(
            "mutation {{ userAdminTokenAdd(userId: \"{}\", input: {{ name: \"t\", duration: UNLIMITED }}) {{ plaintext_token }} }}",
            user.uuid,
        ) })
    };
    let refused = send(&world, &key, "POST", "/opencti/graphql", add(&mateo)).await;
    assert!(refused.json().get("errors").is_some(), "{refused:?}");
    // A key for somebody ordinary opens the door it was minted at, and no other.
    let (nils, _) = person(&world, "nils@example.org", directory::ROOT, &[]).await;
    let opencti = NewGrantee {
        group: accesses,
        user: &nils,
    };
    opencti.join(&world).await;
    let minted = send(&world, &key, "POST", "/opencti/graphql", add(&nils)).await;
    let text = minted.json()["data"]["userAdminTokenAdd"]["plaintext_token"].clone();
    let token = text
        .as_str()
        .unwrap_or_else(|| panic!("{minted:?}"))
        .to_owned();
    let me = send(&world, &token, "GET", "/api/v1/me", Value::Null).await;
    assert_eq!(me.status, 401, "{me:?}");
    let me = json!({ "query": "{ me { id } }" });
    let me = send(&world, &token, "POST", "/opencti/graphql", me).await;
    assert_eq!(
        me.json()["data"]["me"]["id"],
        nils.uuid.to_string(),
        "{me:?}"
    );
}

struct NewGrantee<'a> {
    group: directory::GroupId,
    user: &'a User,
}

impl NewGrantee<'_> {
    async fn join(&self, world: &World) {
        world
            .system()
            .add_member(self.group, self.user.id)
            .await
            .unwrap();
    }
}

/// A group of OpenCTI's whose members manage accesses, with one member.
async fn accesses(world: &World, user: &User) -> directory::GroupId {
    let add = json!({ "query": "mutation { roleAdd(input: { name: \"Accesses\" }) { id } }" });
    let made = send(world, &world.key, "POST", "/opencti/graphql", add).await;
    let role = made.json()["data"]["roleAdd"]["id"].clone();
    let role = role
        .as_str()
        .unwrap_or_else(|| panic!("{made:?}"))
        .to_owned();
    for name in ["SETTINGS_SETACCESSES", "APIACCESS_USETOKEN"] {
        let found = json!({ "query": format!(
            "{{ capabilities(first: 200) {{ edges {{ node {{ id name }} }} }} }}"
        ) });
        let found = send(world, &world.key, "POST", "/opencti/graphql", found)
            .await
            .json();
        let edges = found["data"]["capabilities"]["edges"]
            .as_array()
            .unwrap()
            .clone();
        let id = edges
            .iter()
            .find(|edge| edge["node"]["name"] == name)
            .unwrap()["node"]["id"]
            .clone();
        let add = json!({ "query": format!(
            "mutation {{ roleEdit(id: \"{role}\") {{ relationAdd(input: {{ toId: {id}, relationship_type: \"has-capability\" }}) {{ id }} }} }}"
        ) });
        let added = send(world, &world.key, "POST", "/opencti/graphql", add).await;
        assert!(added.json().get("errors").is_none(), "{added:?}");
    }
    let group = NewGroup {
        name: "Accesses".to_owned(),
        organisation: Some(directory::ROOT),
        ..NewGroup::default()
    };
    let group = world.system().create_group(group).await.unwrap().id;
    let roles = world.system().roles(&directory::Query::default()).await;
    let roles = roles.unwrap().items;
    let role = roles
        .iter()
        .find(|one| one.uuid.to_string() == role)
        .unwrap()
        .id;
    let scope = GroupRoleScope::Organisation(directory::ROOT);
    world
        .system()
        .add_group_role(group, role, scope)
        .await
        .unwrap();
    world.system().add_member(group, user.id).await.unwrap();
    group
}

#[tokio::test]
async fn nobody_takes_an_address_without_its_owner() {
    let (world, places) = places().await;
    let system = world.system();
    let misp = system
        .role_by_number(Platform::new("misp"), 3)
        .await
        .unwrap()
        .id;
    let (ada, key) = person(&world, "ada@harbour.example", places.harbour, &[]).await;
    grant(&world, &ada, misp, places.harbour).await;
    let edit = |email: &str| json!({ "email": email });
    let refused = send(
        &world,
        &key,
        "POST",
        "/misp/users/edit",
        edit("ceo@clinic.example"),
    )
    .await;
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.text.contains("administrator"), "{refused:?}");
    let own = send(
        &world,
        &key,
        "POST",
        "/misp/users/edit",
        edit("lady@harbour.example"),
    )
    .await;
    assert_eq!(own.status, 200, "{own:?}");
    let change = directory::OrganisationChange {
        domains: Some(vec!["harbour.example".to_owned(), "lab.example".to_owned()]),
        ..directory::OrganisationChange::default()
    };
    world
        .system()
        .update_organisation(places.harbour, change)
        .await
        .unwrap();
    let own = send(
        &world,
        &key,
        "POST",
        "/misp/users/edit",
        edit("ada@lab.example"),
    )
    .await;
    assert_eq!(own.status, 200, "{own:?}");
    let refused = send(
        &world,
        &key,
        "POST",
        "/misp/users/edit",
        edit("ceo@clinic.example"),
    )
    .await;
    assert_eq!(refused.status, 403, "{refused:?}");
}

#[tokio::test]
async fn a_password_that_must_be_changed_makes_no_key_at_any_door() {
    let (world, places) = places().await;
    let new = NewUser {
        email: Some("elif@harbour.example".to_owned()),
        home: Some(places.harbour),
        roles: vec![],
        ..NewUser::default()
    };
    let (elif, _) = world.person(new).await;
    let target = format!("/api/v1/users/{}/password", elif.id.0);
    let set = send(
        &world,
        &world.key,
        "PUT",
        &target,
        json!({ "password": PASSWORD }),
    )
    .await;
    assert_eq!(set.status, 204, "{set:?}");
    let body = json!({ "email": "elif@harbour.example", "password": PASSWORD });
    let login = world.post("/tenable/api/login").json(&body).send().await;
    assert_eq!(login.status, 200, "{login:?}");
    let token = login.json()["authToken"].as_str().unwrap().to_owned();
    for (method, path, body) in [
        ("GET", "/tenable/api/api-key", Value::Null),
        ("POST", "/tenable/api/api-key", json!({})),
    ] {
        let mut call = world.request(method, path).bearer(&token);
        if !body.is_null() {
            call = call.json(&body);
        }
        let refused = call.send().await;
        assert_eq!(refused.status, 403, "{method} {path}: {refused:?}");
    }
    // Once they have chosen their own, all is as usual.
    let change = json!({ "oldPassword": PASSWORD, "newPassword": OTHER_PASSWORD });
    let changed = world
        .request("PATCH", "/tenable/api/users/password")
        .bearer(&token);
    let changed = changed.json(&change).send().await;
    assert!(changed.status < 300, "{changed:?}");
    let shown = world
        .get("/tenable/api/api-key")
        .bearer(&token)
        .send()
        .await;
    assert_eq!(shown.status, 200, "{shown:?}");
}

/// A suspended person is not let in again by a limited key, at any door; each refuses in its own words. The
/// owner's key without limits does so by an equal request.
#[tokio::test]
async fn a_limited_key_lets_no_one_in_again_at_any_door() {
    let world = world().await;
    let limits = json!({ "organisation": "1" });
    let made = send(&world, &world.key, "POST", "/api/v1/me/keys", limits).await;
    assert_eq!(made.status, 201, "{made:?}");
    let limited = made.json()["secret"].as_str().unwrap().to_owned();
    let misp = json!({ "email": "suspended@example.org", "role_id": "3", "org_id": "1" });
    let made = send(&world, &world.key, "POST", "/misp/admin/users/add", misp).await;
    assert_eq!(made.status, 200, "{made:?}");
    let shown = "/api/v1/users/suspended@example.org";
    let shown = async || {
        send(&world, &world.key, "GET", shown, Value::Null)
            .await
            .json()
    };
    let person = shown().await;
    let (number, uuid) = (person["number"].as_i64().unwrap(), person["id"].clone());
    let status = |status: &str| json!({ "status": status });
    let native = format!("/api/v1/users/{number}");
    let opencti = json!({
        "query": "mutation ($id: ID!) { userEdit(id: $id) { fieldPatch(input: [{ key: \"account_status\", value: [\"Active\"] }]) { id } } }",
        "variables": { "id": uuid },
    });
    for (method, target, body, refused, words) in [
        ("PATCH", native.clone(), status("active"), 403, "key-limit"),
        (
            "POST",
            format!("/misp/admin/users/edit/{number}"),
            json!({ "disabled": "0" }),
            403,
            "You do not have permission to use this functionality.",
        ),
        (
            "PATCH",
            format!("/tenable/api/users/{number}"),
            json!({ "active": true }),
            403,
            "The API key does not permit this",
        ),
        (
            "POST",
            "/opencti/graphql".to_owned(),
            opencti,
            200,
            "FORBIDDEN_ACCESS",
        ),
        (
            "PATCH",
            format!("/civis/users/{number}"),
            json!({ "active": true }),
            403,
            "This API key does not permit the request.",
        ),
    ] {
        let suspended = send(&world, &world.key, "PATCH", &native, status("inactive")).await;
        assert_eq!(suspended.status, 200, "{suspended:?}");
        let reply = send(&world, &limited, method, &target, body.clone()).await;
        assert_eq!(reply.status, refused, "{method} {target}: {reply:?}");
        assert!(reply.text.contains(words), "{method} {target}: {reply:?}");
        assert_eq!(shown().await["status"], "inactive", "{method} {target}");
        let reply = send(&world, &world.key, method, &target, body).await;
        assert_eq!(reply.status, 200, "{method} {target}: {reply:?}");
        assert_eq!(
            shown().await["status"],
            "active",
            "{method} {target}: {reply:?}"
        );
        // A limited key may suspend.
        let reply = send(&world, &limited, "PATCH", &native, status("inactive")).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    for (method, target, body) in [
        ("POST", format!("{native}/unlock"), Value::Null),
        ("DELETE", format!("{native}/second-factor"), Value::Null),
        (
            "POST",
            "/api/v1/users/actions".to_owned(),
            json!({ "users": [number], "action": "remove_second_factor" }),
        ),
    ] {
        let reply = send(&world, &limited, method, &target, body).await;
        assert_eq!(reply.status, 403, "{method} {target}: {reply:?}");
    }
}
