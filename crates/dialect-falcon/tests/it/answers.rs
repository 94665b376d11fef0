//! What each operation answers, as it stands on the wire.

use directory::{NewExtension, NewGrant, NewRecord, NewUser, ROOT};

use super::*;

/// An answer for a snapshot: ids that are made up anew in each run's order stay, being counted.
fn shown(what: &str, reply: &Reply) {
    insta::assert_snapshot!(what, reply.shown());
}

#[tokio::test]
async fn users() {
    let world = world().await;
    let token = owners_token(&world).await;
    let modern = "/user-management/entities/users/v1";
    let legacy = "/users/entities/users/v1";
    let new = json!({"uid": "Ada@Example.org", "first_name": "Ada", "last_name": "Lovelace", "password": null});
    let made = send(&world, &token, "POST", modern, new).await;
    shown("user_made", &made);
    let uuid = made.json()["resources"][0]["uuid"]
        .as_str()
        .unwrap()
        .to_owned();
    let validated = send(
        &world,
        &token,
        "POST",
        &format!("{modern}?validate_only=true"),
        json!({"uid": "b@example.org"}),
    )
    .await;
    shown("user_validated", &validated);
    let by_user = format!("user_uuid={uuid}");
    shown(
        "user_changed",
        &send(
            &world,
            &token,
            "PATCH",
            &format!("{modern}?{by_user}"),
            json!({"last_name": "King"}),
        )
        .await,
    );
    shown(
        "users_queried",
        &get(
            &world,
            &token,
            "/user-management/queries/users/v1?limit=1&sort=uid|asc",
        )
        .await,
    );
    shown(
        "users_read",
        &send(
            &world,
            &token,
            "POST",
            "/user-management/entities/users/GET/v1",
            json!({"ids": [uuid]}),
        )
        .await,
    );
    shown(
        "legacy_user_read",
        &get(&world, &token, &format!("{legacy}?ids={uuid}")).await,
    );
    shown(
        "addresses",
        &get(&world, &token, "/users/queries/emails-by-cid/v1").await,
    );
    shown(
        "uuids_by_address",
        &get(
            &world,
            &token,
            "/users/queries/user-uuids-by-email/v1?uid=ada@example.org",
        )
        .await,
    );
    let act = json!({"action": {"action_name": "reset_password"}, "ids": [uuid]});
    shown(
        "user_reset",
        &send(
            &world,
            &token,
            "POST",
            "/user-management/entities/user-actions/v1",
            act,
        )
        .await,
    );
    let counted = json!([{"name": "by_status", "type": "terms", "field": "status"}]);
    shown(
        "users_counted",
        &send(
            &world,
            &token,
            "POST",
            "/user-management/aggregates/users/v1",
            counted,
        )
        .await,
    );
    shown(
        "legacy_user_made",
        &send(
            &world,
            &token,
            "POST",
            legacy,
            json!({"uid": "bea@example.org", "firstName": "Bea"}),
        )
        .await,
    );
    shown(
        "legacy_user_changed",
        &send(
            &world,
            &token,
            "PATCH",
            &format!("{legacy}?{by_user}"),
            json!({"firstName": "A"}),
        )
        .await,
    );
    shown(
        "user_deleted",
        &call(&world, &token, "DELETE", &format!("{modern}?{by_user}"))
            .send()
            .await,
    );
    shown(
        "ccid",
        &get(&world, &token, "/sensors/queries/installers/ccid/v1").await,
    );
    shown(
        "invitations",
        &get(
            &world,
            &token,
            "/user-management/queries/user-invitations/v1",
        )
        .await,
    );
}

#[tokio::test]
async fn roles_and_grants() {
    let world = world().await;
    let token = owners_token(&world).await;
    let root = root_cid(&world).await;
    let user = person(&world, "ada@example.org", ROOT).await;
    shown(
        "roles_read",
        &get(
            &world,
            &token,
            "/user-management/entities/roles/v1?ids=event_viewer",
        )
        .await,
    );
    shown(
        "legacy_roles_read",
        &get(
            &world,
            &token,
            "/user-roles/entities/user-roles/v1?ids=event_viewer",
        )
        .await,
    );
    let body = json!({"action": "grant", "cid": root, "uuid": user.uuid, "role_ids": ["event_viewer"], "expires_at": "2030-01-01T00:00:00Z"});
    shown(
        "roles_granted",
        &send(
            &world,
            &token,
            "POST",
            "/user-management/entities/user-role-actions/v1",
            body,
        )
        .await,
    );
    let combined = |version: &str| {
        format!(
            "/user-management/combined/user-roles/{version}?user_uuid={}",
            user.uuid
        )
    };
    shown("grants_v1", &get(&world, &token, &combined("v1")).await);
    shown("grants_v2", &get(&world, &token, &combined("v2")).await);
    let of_user = format!("user_uuid={}", user.uuid);
    shown(
        "role_ids_of_user",
        &get(
            &world,
            &token,
            &format!("/user-roles/queries/user-role-ids-by-user-uuid/v1?{of_user}"),
        )
        .await,
    );
    let legacy = format!("/user-roles/entities/user-roles/v1?{of_user}");
    shown(
        "legacy_roles_granted",
        &send(
            &world,
            &token,
            "POST",
            &legacy,
            json!({"roleIds": ["help_desk"]}),
        )
        .await,
    );
    shown(
        "legacy_roles_revoked",
        &call(&world, &token, "DELETE", &format!("{legacy}&ids=help_desk"))
            .send()
            .await,
    );
    let asked = json!({"allowed_actions": [{"action": "grant", "cid": root, "uuid": user.uuid, "resource_ids": ["event_viewer"]}]});
    shown(
        "allowed_actions",
        &send(
            &world,
            &token,
            "POST",
            "/user-management/entities/user-allowed-actions/v1",
            asked,
        )
        .await,
    );
}

#[tokio::test]
async fn flight_control() {
    let world = world().await;
    let token = owners_token(&world).await;
    let (_, cid) = child(&world, "North").await;
    let user = person(&world, "ada@example.org", ROOT).await;
    shown(
        "children",
        &get(&world, &token, "/mssp/queries/children/v1").await,
    );
    shown(
        "children_read",
        &get(
            &world,
            &token,
            &format!("/mssp/entities/children/v1?ids={cid}"),
        )
        .await,
    );
    let resources = |one: Value| json!({ "resources": [one] });
    let write = async |method: &str, path: &str, one: Value| {
        send(&world, &token, method, path, resources(one)).await
    };
    let made = write(
        "POST",
        "/mssp/entities/user-groups/v1",
        json!({"name": "SOC", "description": "d"}),
    )
    .await;
    shown("user_group_made", &made);
    let group = made.json()["resources"][0]["user_group_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let made = write(
        "POST",
        "/mssp/entities/cid-groups/v1",
        json!({"name": "APAC"}),
    )
    .await;
    shown("cid_group_made", &made);
    let cids = made.json()["resources"][0]["cid_group_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let members = json!({"user_group_id": group, "user_uuids": [user.uuid]});
    shown(
        "user_group_members",
        &write("POST", "/mssp/entities/user-group-members/v1", members).await,
    );
    let members = json!({"cid_group_id": cids, "cids": [cid]});
    shown(
        "cid_group_members",
        &write("POST", "/mssp/entities/cid-group-members/v1", members).await,
    );
    let link = json!({"user_group_id": group, "cid_group_id": cids, "role_ids": ["event_viewer"]});
    shown(
        "link_made",
        &write("POST", "/mssp/entities/mssp-roles/v1", link.clone()).await,
    );
    let grants = format!(
        "/user-management/combined/user-roles/v2?user_uuid={}&cid={cid}",
        user.uuid
    );
    shown("grants_by_group", &get(&world, &token, &grants).await);
    shown(
        "links",
        &get(&world, &token, "/mssp/queries/mssp-roles/v1").await,
    );
    shown(
        "link_dissolved",
        &write("DELETE", "/mssp/entities/mssp-roles/v1", link).await,
    );
    let several = json!({"resources": [{"name": "Blue"}, {"name": "SOC"}]});
    shown(
        "some_failed",
        &send(
            &world,
            &token,
            "POST",
            "/mssp/entities/user-groups/v1",
            several,
        )
        .await,
    );
    shown(
        "user_group_deleted",
        &call(
            &world,
            &token,
            "DELETE",
            &format!("/mssp/entities/user-groups/v1?user_group_ids={group}"),
        )
        .send()
        .await,
    );
}

#[tokio::test]
async fn api_clients() {
    let world = world().await;
    let token = owners_token(&world).await;
    let path = "/api-clients/entities/api-clients/v1";
    shown(
        "scopes",
        &get(&world, &token, "/api-clients/entities/accessible-scopes/v1").await,
    );
    let made = send(
        &world,
        &token,
        "POST",
        path,
        json!({"name": "ci", "description": "d", "scopes": ["user-management:read"]}),
    )
    .await;
    shown("client_made", &made);
    let id = made.json()["resources"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    shown(
        "clients",
        &get(&world, &token, "/api-clients/queries/api-clients/v1").await,
    );
    shown(
        "client_read",
        &get(&world, &token, &format!("{path}?ids={id}")).await,
    );
    shown(
        "client_changed",
        &send(
            &world,
            &token,
            "PATCH",
            &format!("{path}?ids={id}"),
            json!({"name": "cd"}),
        )
        .await,
    );
    let act =
        format!("/api-clients/entities/api-clients-actions/v1?ids={id}&action_name=reset_secret");
    shown(
        "client_reset",
        &call(&world, &token, "POST", &act).send().await,
    );
    shown(
        "client_deleted",
        &call(&world, &token, "DELETE", &format!("{path}?ids={id}"))
            .send()
            .await,
    );
    shown(
        "client_gone",
        &get(&world, &token, &format!("{path}?ids={id}")).await,
    );
}

#[tokio::test]
async fn people_of_other_doors() {
    let world = world().await;
    let token = owners_token(&world).await;
    let robot = NewUser {
        login: Some("robot".to_owned()),
        kind: Some(directory::UserKind::Service),
        ..NewUser::default()
    };
    let robot = world.system().create_user(robot).await.unwrap();
    let locked = NewUser {
        email: Some("Locked@example.org".to_owned()),
        names: directory::Names {
            display: Some("Sir Timothy John".to_owned()),
            given: None,
            family: None,
        },
        locked: true,
        ..NewUser::default()
    };
    let locked = world.system().create_user(locked).await.unwrap();
    let grant = NewGrant {
        role: directory::RoleId(2),
        organisation: Some(ROOT),
        expires_at: Some(test_support::START.plus(1_000)),
    };
    world.system().grant_role(locked.id, grant).await.unwrap();
    let ids = json!({"ids": [robot.uuid, locked.uuid]});
    shown(
        "people_of_other_doors",
        &send(
            &world,
            &token,
            "POST",
            "/user-management/entities/users/GET/v1",
            ids,
        )
        .await,
    );
    let grants = format!(
        "/user-management/combined/user-roles/v2?user_uuid={}",
        locked.uuid
    );
    shown(
        "an_administrator_of_the_directory",
        &get(&world, &token, &grants).await,
    );
}

/// An invitation as a single sign-on gateway would file it.
async fn file_invitation(world: &World, cid: &str, status: &str, email: &str) -> String {
    let document = json!({ "target_cid": cid, "status": status, "uid": email });
    let terms = [("status", status), ("target_cid", cid)];
    let terms = terms.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let record = NewRecord {
        uuid: None,
        kind: "invitation".to_owned(),
        owner: None,
        organisation: Some(ROOT),
        position: None,
        content: NewExtension {
            document,
            terms: terms.to_vec(),
        },
    };
    world.clock.advance(1_000);
    let here = world.directory.act(&world.directory.system(PLATFORM));
    here.create_record(record).await.unwrap().uuid.to_string()
}

#[tokio::test]
async fn filed_invitations_are_listed_filtered_sorted_and_shown() {
    let world = world().await;
    let token = owners_token(&world).await;
    let (root, (_, child)) = (root_cid(&world).await, child(&world, "North").await);
    let first = file_invitation(&world, &root, "pending", "ada@example.net").await;
    let second = file_invitation(&world, &child, "accepted", "ben@example.net").await;
    let third = file_invitation(&world, &child, "pending", "cleo@example.net").await;
    let all = [&first, &second, &third];
    for (query, expected) in [
        (String::new(), all.to_vec()),
        (
            "sort=created_at.desc".to_owned(),
            vec![&third, &second, &first],
        ),
        ("limit=1&offset=1".to_owned(), vec![&second]),
        ("filter=status:'Pending'".to_owned(), vec![&first, &third]),
        (
            format!("filter=target_cid:'{}'", child.to_uppercase()),
            vec![&second, &third],
        ),
        (format!("filter=target_cid:!'{child}'"), vec![&first]),
        (
            format!("filter=target_cid:'{child}'%2Bstatus:'pending'"),
            vec![&third],
        ),
        (
            "filter=created_at:%3E'2100-01-01T00:00:00Z'".to_owned(),
            vec![],
        ),
        ("sort=status|asc&limit=1".to_owned(), vec![&second]),
    ] {
        let path = format!("/user-management/queries/user-invitations/v1?{query}");
        let reply = get(&world, &token, &path).await;
        assert_eq!(resources(&reply), json!(expected), "{query}");
        let paged = if query.starts_with("filter") {
            expected.len()
        } else {
            3
        };
        assert_eq!(
            reply.json()["meta"]["pagination"]["total"],
            paged,
            "{query}"
        );
    }
    let read = "/user-management/entities/user-invitations/GET/v1";
    let unknown = "11111111-2222-4333-8444-555555555555";
    let body = json!({ "ids": [third, unknown, first] });
    shown(
        "invitations_read",
        &send(&world, &token, "POST", read, body.clone()).await,
    );
    // Who may read no users sees none.
    let (_, viewer) = with_role(&world, "viewer@example.org", "event_viewer").await;
    for reply in [
        get(
            &world,
            &viewer,
            "/user-management/queries/user-invitations/v1",
        )
        .await,
        send(&world, &viewer, "POST", read, body).await,
    ] {
        assert!(
            reply.status == 403 || resources(&reply) == json!([]),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn one_of_two_api_clients_of_one_name_is_made() {
    let world = world().await;
    let token = owners_token(&world).await;
    let (_, other) = with_role(&world, "admin@example.org", "falconhost_admin").await;
    let path = "/api-clients/entities/api-clients/v1";
    let body = json!({ "name": "report", "scopes": ["user-management:read"] });
    let (one, two) = tokio::join!(
        send(&world, &token, "POST", path, body.clone()),
        send(&world, &other, "POST", path, body),
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{one:?} {two:?}");
    // Neither case nor a change of another one's name gets around it.
    let body =
        json!({ "name": "Backup", "description": "nightly", "scopes": ["user-management:read"] });
    let made = resources(&send(&world, &token, "POST", path, body).await);
    let rename = format!("{path}?ids={}", made[0]["id"].as_str().unwrap());
    let refused = send(
        &world,
        &token,
        "PATCH",
        &rename,
        json!({ "name": "REPORT" }),
    )
    .await;
    assert!(refused.status == 409 && shaped(&refused), "{refused:?}");
}
